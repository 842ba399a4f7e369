"""The exam room of this process: every write through one writer, every reply from what is stored.

Views and socket events call this class; it holds no state that matters beyond caches of frozen
papers and the presence board.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from exam_server.delivery import (
    candidate_actions,
    journal,
    outages,
    proctor_actions,
)
from exam_server.delivery.alarms import Alarms, unmoved
from exam_server.delivery.briefs import Brief, Briefs
from exam_server.delivery.candidate_actions import Claimed, refused_device
from exam_server.delivery.candidate_view import own_state, sitting_as_told
from exam_server.delivery.custody.queries import form_of, package_of, package_offer
from exam_server.delivery.desks import Desks
from exam_server.delivery.errors import (
    AttemptEndedError,
    BusyError,
    DeviceRefusedError,
    LateEntryError,
    NotInRoomError,
    OlderStoreError,
    WrongRoomCodeError,
)
from exam_server.delivery.generations import is_superseded
from exam_server.delivery.late_entry import Latecomers, refused_entry
from exam_server.delivery.load_test.running import LoadTests
from exam_server.delivery.models import Attempt, SittingRun
from exam_server.delivery.presence_board import Heartbeat, PresenceBoard
from exam_server.delivery.queries import (
    Seat,
    at_work,
    attempt_with_candidate,
    begun_attempts,
    candidate_events,
    live_lease,
    run_on_duty,
)
from exam_server.delivery.question_reports import ReportedQuestion
from exam_server.delivery.remembered import Remembered
from exam_server.delivery.roots import MinuteRoots
from exam_server.delivery.seats import Seats
from exam_server.delivery.silence import put_silence_down
from exam_server.delivery.states import BEGUN, ENDED
from exam_server.delivery.taking_up import own_store, take_up
from exam_server.delivery.telling import Telling
from exam_server.delivery.timing import milliseconds
from exam_server.delivery.walls import Walls
from exam_server.delivery.wire import MalformedMessageError, OpsMessage
from exam_server.delivery.writer import THREADS, Concurrency, Writer
from item_bank.rules.ordering import CandidateFigure
from registry.access import Actor
from registry.database import Database


class ExamRoom:
    """Candidates and proctors of this process."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        concurrency: Concurrency = THREADS,
        *,
        clock_step_s: Callable[[], float] = unmoved,
    ) -> None:
        self.database = database
        self.clock = clock
        self.writer = Writer(database, concurrency)
        self.journal = journal.Journal()
        self.alarms = Alarms(self.writer, clock_step_s)
        self.roots = MinuteRoots(self.writer, clock())
        self._endings = 0  # messages of attempts that were handed in
        self.latecomers = Latecomers(self.writer, self._stamp)
        self._begun = Remembered(self._read_begun, self._stamp)
        self.board = PresenceBoard(clock())
        self.telling = Telling()
        self.store = own_store(self.writer)
        take_up(self.writer, now=clock())
        self.signs_of_life = outages.SignsOfLife(self.writer, clock())
        self.desks = Desks(database)
        self.load_tests = LoadTests(database, self.writer, clock)
        self.walls = Walls(
            database, clock, self.board, self.telling, stamp=self._stamp, add=self._add_live
        )
        self._briefs = Briefs(database)
        self._seats = Seats(database, self.writer, clock, readmitted=self._briefs.forget)
        self._sittings: dict[int, dict[str, Any]] = {}  # as told, until the next command
        self._make_ready()

    # Candidates ---------------------------------------------------------------------------

    def sign_in(
        self,
        admission_no: str,
        room_code: str,
        *,
        address: str,
        gate: candidate_actions.Gate = candidate_actions.any_computer,
    ) -> Claimed:
        """Claim a seat, or ask for it while another computer has it; raises a worded refusal."""
        now = self.clock()
        number = admission_no.strip()
        try:
            return self.change_seat(
                lambda db: candidate_actions.claim_seat(
                    db, number, room_code, address=address, now=now, gate=gate
                )
            )
        except DeviceRefusedError as refused:
            event = refused_device(refused, address, now)
            self.writer.perform(lambda db: db.add(event))
            raise
        except LateEntryError as refused:
            event = refused_entry(refused, address, now)
            self.writer.perform(lambda db: db.add(event))
            raise
        except WrongRoomCodeError:
            self.writer.perform(lambda db: candidate_actions.record_failure(db, number, now=now))
            raise

    def seat(self, token: str | None) -> Seat:
        """Return the place of a lease token; raises ``NotInRoomError``."""
        return self._seats.of(token)

    def state(self, seat: Seat, *, with_paper: bool = True) -> dict[str, Any]:
        """Return all that the candidate's page needs; one with its package needs no paper."""
        now = self.clock()
        brief = self._brief(seat, now, fresh=True)
        if seat.epoch != brief.epoch:
            return {"ok": False, "error": "fenced", "state": brief.state.value}
        self.board.see(seat.attempt_id, now)
        with self.database.reading() as db:
            attempt = attempt_with_candidate(db, seat.attempt_id)
            form = form_of(db, seat.sitting_id, seat.admission_id)
            paper = None
            if brief.is_working and with_paper:
                paper = self.desks.shown(db, attempt, form)
            sitting = self._sittings.get(seat.sitting_id)
            if sitting is None:
                sitting = sitting_as_told(db.get_one(SittingRun, attempt.sitting_id))
                self._sittings[seat.sitting_id] = sitting
            told = own_state(
                db,
                attempt,
                form,
                paper=paper,
                sitting=sitting,
                brief=self._told(brief, now),
                now=now,
            )
            return {**told, "tools": self.desks.tools(attempt)}

    def save(self, seat: Seat, message: OpsMessage) -> dict[str, Any]:
        """Store operations and reply once they are durable; a heartbeat stores nothing."""
        now = self.clock()
        if message.store != self.store and is_superseded(self.store, message.store):
            raise OlderStoreError
        if message.epoch > seat.epoch:
            raise MalformedMessageError
        error = self._store(seat, message, now) if message.ops else {}
        told_at = self.clock()
        brief = self._brief(seat, told_at)
        if message.epoch != brief.epoch and not error:
            error = {"ok": False, "error": "fenced"}
        if message.epoch == brief.epoch:
            beat = Heartbeat(now, message.beat.pending, message.beat.visible, message.after_event)
            self.board.beat(seat.attempt_id, beat)
        if error.get("error") == "closed":
            error["message"] = AttemptEndedError.text
        if error.get("error") == "too_early":
            error["message"] = journal.told_early(brief.may_leave_at, now)
        if error.get("error") == "fenced":
            error["released"] = self._is_unclaimed(seat)
        events = self._events_after(seat, message.after_event, brief)
        told = self._told(brief, told_at)
        return {"ok": True, "ack": brief.head_seq, **told, "events": events, **error}

    def confirm(self, seat: Seat, step: str) -> dict[str, Any]:
        """Record the confirmation of own data or of the rules."""
        now = self.clock()

        def confirm(db: Session) -> tuple[str, dict[str, Any] | None]:
            state = candidate_actions.confirm_step(db, seat.attempt_id, step, now=now)
            return state.value, package_offer(db, db.get_one(Attempt, seat.attempt_id))

        state, offer = self._for_candidate(seat, confirm)
        return {"ok": True, "state": state, "package": offer}

    def package(self, seat: Seat, digest: str) -> bytes:
        """Return the candidate's own sealed paper."""
        with self.database.reading() as db:
            return package_of(db, db.get_one(Attempt, seat.attempt_id), digest)

    def see_event(self, seat: Seat, event_id: int) -> dict[str, Any]:
        """Record that an event was read."""
        now = self.clock()
        self._for_candidate(
            seat, lambda db: candidate_actions.see_event(db, seat.attempt_id, event_id, now=now)
        )
        return {"ok": True}

    def raise_hand(self, seat: Seat, kind: str, text: str, item: str | None) -> dict[str, Any]:
        """Call the proctor; names the question as the candidate sees it."""
        number = self.desks.numbers(seat.attempt_id).get(item) if item else None
        asked = ReportedQuestion(item, number) if item and number else None
        act = candidate_actions.raise_hand
        return self.report(
            seat, lambda db, now: act(db, seat.attempt_id, kind, text, now=now, asked=asked).id
        )

    def set_display(self, seat: Seat, theme: str, zoom: int) -> dict[str, Any]:
        """Keep the candidate's choice of theme and size."""
        self._for_candidate(
            seat, lambda db: candidate_actions.set_display(db, seat.attempt_id, theme, zoom)
        )
        return {"ok": True}

    def report_away(self, seat: Seat, hidden_ms: int) -> dict[str, Any]:
        """Record that the page was hidden."""
        act = candidate_actions.report_away
        return self.report(seat, lambda db, now: act(db, seat.attempt_id, hidden_ms, now=now))

    def report(self, seat: Seat, act: Callable[[Session, datetime], Any]) -> dict[str, Any]:
        """Put down what the candidate's page says of its computer."""
        now = self.clock()
        self._for_candidate(seat, lambda db: act(db, now))
        return {"ok": True}

    def figure(self, seat: Seat, question_id: str) -> CandidateFigure:
        """Return the figure of one of the candidate's own questions."""
        return self.desks.figure(seat.attempt_id, question_id)

    # Proctors -----------------------------------------------------------------------------

    def command(self, sitting_id: int, act: Callable[[Session, datetime], Any]) -> Any:
        """Carry out a proctor's action and let every page of the room look again.

        An action may return what each attempt is told instead of the mere hint.
        """
        now = self.clock()
        result = self.writer.perform(lambda db: act(db, now))
        self.load_tests.follow()
        self._briefs.forget_all()
        self._sittings.clear()
        if isinstance(result, dict) and result:
            for attempt_id, news in result.items():
                self.telling.attempt(attempt_id, news)
        else:
            self.telling.sitting(sitting_id, {"event": 0})
        self.walls.refresh(sitting_id)
        return result

    def watch(self, sitting_id: int, *, actor: Actor) -> dict[str, Any]:
        """Return the room's snapshot to a proctor on duty; deltas follow from its version."""
        with self.database.reading() as db:
            run_on_duty(db, sitting_id, actor=actor)
        return self.walls.watched(sitting_id)

    # Time ---------------------------------------------------------------------------------

    def tick(self) -> None:
        """Close what is out of time, notice who fell silent, sign the chains, refresh the walls."""
        now = self.clock()
        with contextlib.suppress(BusyError):  # tried again at the next tick; the walls go on
            self._put_down(now)
        self.walls.refresh_all()

    def _put_down(self, now: datetime) -> None:
        """Write what time itself brings about."""
        self.alarms.tick(now)
        self.latecomers.tick(now)
        begun = self._begun.get(now)
        over = [attempt_id for attempt_id, closes_at in begun.items() if closes_at < now]
        working = begun.keys() - over if over else begun
        put_silence_down(self.writer, self.board, working, now=now)
        if over:
            self.expire(over)
        if begun:
            self.signs_of_life.tick(now)
        self.roots.tick(now)
        self.load_tests.tick(now)

    def expire(self, attempt_ids: list[int]) -> list[int]:
        """Close attempts whose time is over and tell their pages."""
        now = self.clock()
        closed = self.writer.perform(
            lambda db: proctor_actions.expire_attempts(db, attempt_ids, now=now)
        )
        for attempt_id in closed:
            self._briefs.forget(attempt_id)
            self.telling.attempt(attempt_id, {"event": 0})
        return closed

    # Inside -------------------------------------------------------------------------------

    def _stamp(self) -> tuple[int, int]:
        """Return what differs after anything but answers was written."""
        return self.writer.changes, self._endings

    def _read_begun(self) -> dict[int, datetime]:
        with self.database.reading() as db:
            return begun_attempts(db)

    def _for_candidate(self, seat: Seat, act: Callable[[Session], Any]) -> Any:
        """Run a candidate's action unless the seat has been taken over."""

        def checked(db: Session) -> Any:
            attempt = db.get_one(Attempt, seat.attempt_id, populate_existing=True)
            if attempt.epoch != seat.epoch:
                raise NotInRoomError
            return act(db)

        result = self.writer.perform(checked)
        self._briefs.forget(seat.attempt_id)
        return result

    def _add_live(self, sitting: dict[str, Any]) -> None:
        """Add to what a wall shows of a sitting what no table holds."""
        sitting["alarm"] = self.alarms.of_the_store()
        self.load_tests.add_live(sitting["load_test"])

    def _make_ready(self) -> None:
        """Read what all pages of a room at work will ask for at once, before any of them can."""
        with self.database.reading() as db:
            examples = at_work(db)
            for sitting_id in set(examples.values()):
                self._seats.read_room(db, sitting_id)
        for attempt_id in examples:
            self._briefs.of(attempt_id)
            self.desks.set_up(attempt_id)

    def forget_everything(self) -> None:
        """Read everything anew: the store was changed behind this room."""
        self.journal.forget()
        self._briefs.forget_all()
        self._sittings.clear()
        self._begun.forget()
        self.walls.forget()
        self._seats.forget()

    def _store(self, seat: Seat, message: OpsMessage, now: datetime) -> dict[str, Any]:
        """Store operations; return what the reply says of a refusal, empty for none."""
        self.desks.check(seat.attempt_id, message.ops)
        delivered = journal.Delivered(seat.attempt_id, message.epoch, message.ops, now)
        stored: journal.Stored = self.writer.append(self.journal, delivered)
        if stored.error == "closed" or stored.state in ENDED:
            self._briefs.forget(seat.attempt_id)
            self._endings += 1  # only now, when it is committed
        self._briefs.advance(seat.attempt_id, stored.ack)
        if not stored.error:
            return {}
        expected = {} if stored.expected is None else {"expected": stored.expected}
        return {"ok": False, "error": stored.error, **expected}

    def _is_unclaimed(self, seat: Seat) -> bool:
        """Say whether nobody has signed in again since the seat was released."""
        with self.database.reading() as db:
            return live_lease(db, seat.attempt_id) is None

    def change_seat(self, change: Callable[[Session], Claimed]) -> Claimed:
        """Change who may write to an attempt; its pages look again, its wall within a second."""
        claimed = self.writer.perform(change)
        self._briefs.forget(claimed.attempt_id)
        self.telling.attempt(claimed.attempt_id, {"event": 0})
        return claimed

    def _brief(self, seat: Seat, now: datetime, *, fresh: bool = False) -> Brief:
        brief = self._briefs.fresh(seat.attempt_id) if fresh else self._briefs.of(seat.attempt_id)
        if brief.state in BEGUN and brief.closes_at and now > brief.closes_at:
            self.expire([seat.attempt_id])
            brief = self._briefs.fresh(seat.attempt_id)
        return brief

    def _told(self, brief: Brief, now: datetime) -> dict[str, Any]:
        return {"store": self.store, "server_ms": milliseconds(now), **brief.told}

    def _events_after(self, seat: Seat, after: int, brief: Brief) -> list[dict[str, Any]]:
        if after >= brief.last_event:
            return []
        with self.database.reading() as db:
            return candidate_events(db, seat.attempt_id, after)
