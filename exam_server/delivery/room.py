"""The exam room of this process: every write through one writer, every reply from what is stored.

Views and socket events call this class; it holds no state that matters beyond caches of frozen
papers and the presence board.
"""

import contextlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery import (
    candidate_actions,
    journal,
    outages,
    proctor_actions,
    readmission,
)
from exam_server.delivery.alarms import Alarms, unmoved
from exam_server.delivery.briefs import Brief, read_brief
from exam_server.delivery.candidate_actions import Claimed
from exam_server.delivery.candidate_view import own_state, sitting_as_told
from exam_server.delivery.custody.queries import package_of, package_offer
from exam_server.delivery.desks import Desks
from exam_server.delivery.ending import add_event
from exam_server.delivery.errors import (
    AttemptEndedError,
    BusyError,
    DeviceRefusedError,
    LateEntryError,
    NotInRoomError,
    OlderStoreError,
    WrongRoomCodeError,
)
from exam_server.delivery.generations import STORE_ID, is_superseded
from exam_server.delivery.late_entry import Latecomers, refused_entry
from exam_server.delivery.lease_tokens import read_token
from exam_server.delivery.load_test.running import LoadTests
from exam_server.delivery.models import Attempt, RoomEvent, SittingRun, StoreIdentity
from exam_server.delivery.presence_board import Heartbeat, PresenceBoard
from exam_server.delivery.queries import (
    Seat,
    attempt_with_candidate,
    candidate_events,
    due_attempts,
    live_lease,
    run_on_duty,
    seat_of,
)
from exam_server.delivery.question_reports import ReportedQuestion
from exam_server.delivery.roots import MinuteRoots
from exam_server.delivery.silence import gather_silence
from exam_server.delivery.states import BEGUN, ENDED, RunState
from exam_server.delivery.timing import milliseconds
from exam_server.delivery.wall import difference, snapshot
from exam_server.delivery.wire import MalformedMessageError, OpsMessage
from exam_server.delivery.writer import THREADS, Concurrency, Writer
from item_bank.rules.ordering import CandidateFigure
from registry.access import SYSTEM, Actor
from registry.database import Database


@dataclass
class _Wall:
    """What the watchers of one room have been shown."""

    version: int = 0
    shown: dict[str, Any] | None = None
    watched: bool = False


def _silent(_target: int, _payload: dict[str, Any]) -> None:
    """Tell nobody: before the sockets are attached."""


@dataclass
class Telling:
    """How the room reaches pages; the sockets module fills it in."""

    wall: Callable[[int, dict[str, Any]], None] = _silent
    attempt: Callable[[int, dict[str, Any]], None] = _silent
    sitting: Callable[[int, dict[str, Any]], None] = _silent


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
        self.latecomers = Latecomers(self.writer)
        self.board = PresenceBoard(clock())
        self.telling = Telling()
        self.store = self.writer.perform(_store_identity)
        self.writer.perform(lambda db: outages.wake(db, now=clock()))
        self.signs_of_life = outages.SignsOfLife(self.writer, clock())
        self.desks = Desks(database)
        self.load_tests = LoadTests(database, self.writer, clock)
        self._briefs: dict[int, Brief] = {}
        self._sittings: dict[int, dict[str, Any]] = {}  # as told, until the next command
        self._changes = 0  # a brief read before a change must not be kept after it
        self._walls: dict[int, _Wall] = {}

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
            event = _refused_device(refused, address, now)
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
        with self.database.reading() as db:
            seat = seat_of(db, token)
        if seat is None and token and read_token(self.database.keys, token):
            seat = self._readmitted(token)
        if seat is None:
            raise NotInRoomError
        return seat

    def state(self, seat: Seat, *, with_paper: bool = True) -> dict[str, Any]:
        """Return all that the candidate's page needs; one with its package needs no paper."""
        brief = self._brief(seat, fresh=True)
        paper = self.desks.shown(seat.attempt_id) if brief.is_working and with_paper else None
        said = {**self._told(brief), "tools": self.desks.of(seat.attempt_id).tools}
        with self.database.reading() as db:
            attempt = attempt_with_candidate(db, seat.attempt_id)
            sitting = self._sittings.get(seat.sitting_id)
            if sitting is None:
                sitting = sitting_as_told(db.get_one(SittingRun, attempt.sitting_id))
                self._sittings[seat.sitting_id] = sitting
            told = own_state(
                db, attempt, paper=paper, sitting=sitting, brief=said, now=self.clock()
            )
        if seat.epoch != brief.epoch:
            return {"ok": False, "error": "fenced", "state": brief.state.value}
        return told

    def save(self, seat: Seat, message: OpsMessage) -> dict[str, Any]:
        """Store operations and reply once they are durable; a heartbeat stores nothing."""
        now = self.clock()
        if is_superseded(self.store, message.store):
            raise OlderStoreError
        if message.epoch > seat.epoch:
            raise MalformedMessageError
        error = self._store(seat, message, now) if message.ops else {}
        brief = self._brief(seat)
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
        return {"ok": True, "ack": brief.head_seq, **self._told(brief), "events": events, **error}

    def confirm(self, seat: Seat, step: str) -> dict[str, Any]:
        """Record the confirmation of own data or of the rules."""
        now = self.clock()
        state = self._for_candidate(
            seat,
            lambda db: candidate_actions.confirm_step(db, seat.attempt_id, step, now=now),
        )
        with self.database.reading() as db:
            offer = package_offer(db, db.get_one(Attempt, seat.attempt_id))
        return {"ok": True, "state": state.value, "package": offer}

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
        number = self.desks.of(seat.attempt_id).numbers.get(item or "")
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
        now = self.clock()
        self._for_candidate(
            seat,
            lambda db: candidate_actions.report_away(db, seat.attempt_id, hidden_ms, now=now),
        )
        return {"ok": True}

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
        self._changes += 1
        self._briefs.clear()
        self._sittings.clear()
        if isinstance(result, dict) and result:
            for attempt_id, news in result.items():
                self.telling.attempt(attempt_id, news)
        else:
            self.telling.sitting(sitting_id, {"event": 0})
        self.refresh_wall(sitting_id)
        return result

    def watch(self, sitting_id: int, *, actor: Actor) -> dict[str, Any]:
        """Return the room's snapshot to a proctor on duty; deltas follow from its version."""
        with self.database.reading() as db:
            run_on_duty(db, sitting_id, actor=actor)
        wall = self._walls.setdefault(sitting_id, _Wall())
        wall.watched = True
        self.refresh_wall(sitting_id)
        assert wall.shown is not None
        return {**wall.shown, "version": wall.version}

    def refresh_wall(self, sitting_id: int) -> None:
        """Compare the room with what its watchers have been shown and send what changed."""
        wall = self._walls.get(sitting_id)
        if wall is None or not wall.watched:
            return
        now = self.clock()
        with self.database.reading() as db:
            fresh = snapshot(db, run_on_duty(db, sitting_id, actor=SYSTEM), self.board, now=now)
        fresh["sitting"]["alarm"] = self.alarms.of_the_store()
        self.load_tests.add_live(fresh["sitting"]["load_test"])
        before, wall.shown = wall.shown, fresh
        changed = difference(before, fresh) if before else None
        if before is None or changed is not None:
            wall.version += 1
        if changed is not None:
            self.telling.wall(sitting_id, {"version": wall.version, **changed})

    # Time ---------------------------------------------------------------------------------

    def tick(self) -> None:
        """Close what is out of time, notice who fell silent, sign the chains, refresh the walls."""
        now = self.clock()
        with contextlib.suppress(BusyError):  # tried again at the next tick; the walls go on
            self._put_down(now)
        for sitting_id, wall in list(self._walls.items()):
            if wall.shown is None or wall.shown["sitting"]["state"] != RunState.CLOSED:
                self.refresh_wall(sitting_id)

    def _put_down(self, now: datetime) -> None:
        """Write what time itself brings about."""
        self.alarms.tick(now)
        self.latecomers.tick(now)
        over = []
        with self.database.reading() as db:
            due = due_attempts(db)
        for attempt_id, closes_at in due.items():
            if now > closes_at:
                over.append(attempt_id)
                continue
            fell_silent = self.board.note_change(attempt_id, now)
            if fell_silent is not None:
                self._write_silence(attempt_id, fell_silent=fell_silent, now=now)
        if over:
            self.expire(over)
        if due:
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
            self._forget(attempt_id)
            self.telling.attempt(attempt_id, {"event": 0})
        return closed

    # Inside -------------------------------------------------------------------------------

    def _for_candidate(self, seat: Seat, act: Callable[[Session], Any]) -> Any:
        """Run a candidate's action unless the seat has been taken over."""

        def checked(db: Session) -> Any:
            attempt = db.get_one(Attempt, seat.attempt_id, populate_existing=True)
            if attempt.epoch != seat.epoch:
                raise NotInRoomError
            return act(db)

        result = self.writer.perform(checked)
        self._forget(seat.attempt_id)
        return result

    def _readmitted(self, token: str) -> Seat | None:
        """Take back a seat that a copy of the store has forgotten."""
        now = self.clock()

        def take_back(db: Session) -> Seat | None:
            readmission.readmit(db, token, address="", now=now)
            db.flush()
            return seat_of(db, token)

        seat = self.writer.perform(take_back)
        if seat is not None:
            self._forget(seat.attempt_id)
        return seat

    def _store(self, seat: Seat, message: OpsMessage, now: datetime) -> dict[str, Any]:
        """Store operations; return what the reply says of a refusal, empty for none."""
        self.desks.check(seat.attempt_id, message.ops)
        delivered = journal.Delivered(seat.attempt_id, message.epoch, message.ops, now)
        stored: journal.Stored = self.writer.append(self.journal, delivered)
        if stored.error == "closed" or stored.state in ENDED:
            self._forget(seat.attempt_id)
        self._advance(seat, stored)
        if not stored.error:
            return {}
        expected = {} if stored.expected is None else {"expected": stored.expected}
        return {"ok": False, "error": stored.error, **expected}

    def _write_silence(self, attempt_id: int, *, fell_silent: bool, now: datetime) -> None:
        last = self.board.last(attempt_id)
        pending = last.pending
        tail = f"，本机已存 {pending} 题" if pending else ""
        text = f"连接中断{tail}" if fell_silent else "连接恢复"

        def write(db: Session) -> None:
            attempt = db.get_one(Attempt, attempt_id)
            kind = "offline" if fell_silent else "info"
            if fell_silent:
                outages.seat_fell_silent(db, attempt, since=last.at)
            else:
                outages.seat_is_back(db, attempt, now=last.at)
                _close_silence(db, attempt)
            add_event(db, attempt, kind, text, now=now, is_open=fell_silent)
            gather_silence(db, attempt.sitting_id, self.board, now=now)

        self.writer.perform(write)

    def _is_unclaimed(self, seat: Seat) -> bool:
        """Say whether nobody has signed in again since the seat was released."""
        with self.database.reading() as db:
            return live_lease(db, seat.attempt_id) is None

    def change_seat(self, change: Callable[[Session], Claimed]) -> Claimed:
        """Change who may write to an attempt; its pages and its wall look again."""
        claimed = self.writer.perform(change)
        self._forget(claimed.attempt_id)
        self.telling.attempt(claimed.attempt_id, {"event": 0})
        self.refresh_wall(claimed.sitting_id)
        return claimed

    def _forget(self, attempt_id: int) -> None:
        self._changes += 1
        self._briefs.pop(attempt_id, None)

    def _advance(self, seat: Seat, stored: journal.Stored) -> None:
        brief = self._briefs.get(seat.attempt_id)
        if brief is not None and brief.head_seq != stored.ack:
            self._briefs[seat.attempt_id] = replace(brief, head_seq=stored.ack)

    def _brief(self, seat: Seat, *, fresh: bool = False) -> Brief:
        brief = None if fresh else self._briefs.get(seat.attempt_id)
        if brief is None:
            brief = self._read_brief(seat.attempt_id)
        if brief.state in BEGUN and brief.closes_at and self.clock() > brief.closes_at:
            self.expire([seat.attempt_id])
            brief = self._read_brief(seat.attempt_id)
        return brief

    def _read_brief(self, attempt_id: int) -> Brief:
        before = self._changes
        with self.database.reading() as db:
            brief = read_brief(db, attempt_id)
        if self._changes == before:
            self._briefs[attempt_id] = brief
        return brief

    def _told(self, brief: Brief) -> dict[str, Any]:
        return {
            "store": self.store,
            "epoch": brief.epoch,
            "state": brief.state.value,
            "server_ms": milliseconds(self.clock()),
            "deadline_ms": milliseconds(brief.deadline_at) if brief.deadline_at else None,
            "deadline_version": brief.deadline_version,
            "paused_ms": milliseconds(brief.paused_at) if brief.paused_at else None,
            "receipt": brief.receipt,
            "may_leave_ms": milliseconds(brief.may_leave_at) if brief.may_leave_at else None,
            "covered": brief.is_covered,
            "sealed": brief.is_sealed,
        }

    def _events_after(self, seat: Seat, after: int, brief: Brief) -> list[dict[str, Any]]:
        if after >= brief.last_event:
            return []
        with self.database.reading() as db:
            return candidate_events(db, db.get_one(Attempt, seat.attempt_id), after)


def _refused_device(refused: DeviceRefusedError, address: str, now: datetime) -> RoomEvent:
    return RoomEvent(
        sitting_id=refused.sitting_id,
        admission_id=refused.admission_id,
        kind="alert",
        text=f"登录被拒（{address}）：{refused.seen}",
        for_candidate=False,
        is_open=True,
        at=now,
        by_id=None,
    )


def _close_silence(db: Session, attempt: Attempt) -> None:
    silent = select(RoomEvent).where(
        RoomEvent.admission_id == attempt.admission_id,
        RoomEvent.kind == "offline",
        RoomEvent.is_open,
    )
    for event in db.scalars(silent):
        event.is_open = False


def _store_identity(db: Session) -> str:
    identity = db.get(StoreIdentity, STORE_ID)
    if identity is None:
        identity = StoreIdentity(id=STORE_ID, store=f"s-{secrets.token_hex(4)}")
        db.add(identity)
    return identity.store
