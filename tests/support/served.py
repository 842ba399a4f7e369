"""An assessment office with something for everybody to do, behind the real server process.

The home is built once through the actions that people use, and copied for every module of tests.
"""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.card_reconciliation import record_absentees, release
from exam_server.config import Settings, read_settings
from exam_server.delivery.models import AnswerOp, Attempt
from exam_server.marking import mark_card_sitting, stored_answers
from exam_server.opening import open_database
from exam_server.rehearsal import cards
from exam_server.rehearsal.batch import Batch, BatchOrder, build_batch
from exam_server.rehearsal.items_under_review import put_items_under_review
from exam_server.rehearsal.new_projects import begin_new_projects
from exam_server.rehearsal.office import EXAMINERS, PROJECT, Office, build_office
from exam_server.rehearsal.people import candidates
from exam_server.rehearsal.practical import score_practical
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.seeding import load_seeds
from item_bank.models import Paper
from registry.database import Database, engine_for
from registry.enrolment.actions import enrol_candidate, submit_roster
from registry.files import FileStore
from registry.keys import open_key_ring
from registry.local_time import local_date
from registry.plans.actions import NewPlan, approve_plan, draft_plan, submit_plan
from registry.scheduling.models import Sitting
from scoring.actions import confirm_results, merge_practical, publish_results
from scoring.certificates.actions import approve_issue, issue_certificates, receive_blanks
from scoring.errata.actions import NewErratum, decide_erratum, propose_erratum
from scoring.panel_actions import MarkEntry, open_sheet, record_marks, submit_sheet
from scoring.rules.errata import Remedy
from tests.support.made_once import quick_hash

PASSWORD = "Kaohe-demo-2026"
SEED = 2026
ROOMS, SEATS = 14, 3  # examinations on screen, one for each test that needs a room
SCORED, TO_REVIEW = 2, 3  # candidates on answer cards; the third card is filled in carelessly
TO_AUDIT = 3
GOOD_SHARE = Decimal("0.8")  # of the allotted marks, given by every examiner to the last candidate
STRANGE_SHARES = (Decimal("0.9"), Decimal("0.5"), Decimal("0.2"))
BLANKS = ("YS01000001", "YS01000100")


@dataclass(frozen=True)
class World:
    """What there is to do: rooms to open, cards to review, a roster to audit, a last sheet."""

    office: Office
    rooms: tuple[int, ...]  # sittings at computers
    scored: Batch  # everything marked but one sheet of the last candidate, by the lead examiner
    reviewed_batch_id: int
    waiting: Batch  # its cards are scanned; some wait for review
    waiting_batch_id: int
    audit_plan_id: int
    open_plan_id: int  # its roster is being entered


@dataclass(frozen=True)
class Place:
    """A seat in a room and who may sit there."""

    admission_id: int
    seat_no: int
    name: str
    admission_no: str


class Served:
    """A copy of the home, its database, and the server process in front of it."""

    def __init__(self, home: Path, world: World, server: ServerProcess) -> None:
        self.home = home
        self.world = world
        self.server = server
        self.database = _opened(_settings(home))
        self._rooms = iter(world.rooms)

    def disagree(self) -> None:
        """Leave a dispute among the examiners, and a sheet that has been opened only."""
        office, now = self.world.office, datetime.now(UTC)
        with self.database.transaction() as db:
            sitting = db.get_one(Sitting, self.world.waiting.practical_sitting_id)
            begun, disputed = [admission.id for admission in sitting.admissions][:2]
            open_sheet(db, begun, actor=office.actors[EXAMINERS[0]], now=now)
            for login_name, share in zip(EXAMINERS, STRANGE_SHARES, strict=True):
                mark_fully(db, office, login_name, disputed, now=now, share=share)

    @property
    def address(self) -> str:
        """Where the server listens."""
        return self.server.address

    def next_room(self) -> int:
        """Return a sitting at computers that no other test has used."""
        return next(self._rooms)

    def places(self, sitting_id: int) -> list[Place]:
        """Return the seats of a sitting in their order."""
        with self.database.reading() as db:
            admissions = sorted(db.get_one(Sitting, sitting_id).admissions, key=_seat)
            return [
                Place(
                    admission.id,
                    admission.seat_no,
                    admission.enrolment.candidate.name,
                    admission.enrolment.admission_no or "",
                )
                for admission in admissions
            ]

    def answers(self, place: Place) -> Mapping[str, tuple[str, ...]]:
        """Return the stored answers of a candidate: question to options, as shown to them."""
        with self.database.reading() as db:
            return stored_answers(db, _attempt(db, place).id)

    def attempt(self, place: Place) -> Attempt:
        """Return the attempt of a candidate, read anew."""
        with self.database.reading() as db:
            found = _attempt(db, place)
            db.expunge(found)
            return found

    def deadline(self, place: Place) -> datetime:
        """Return when the candidate must stop."""
        ends_at = self.attempt(place).deadline_at
        assert ends_at is not None
        return ends_at

    def left_s(self, place: Place) -> float:
        """Return how many seconds the candidate has left now."""
        return (self.deadline(place) - datetime.now(UTC)).total_seconds()

    def operations(self, place: Place) -> list[tuple[int, str]]:
        """Return sequence number and kind of everything the candidate did, in stored order."""
        with self.database.reading() as db:
            chosen = (
                select(AnswerOp.seq, AnswerOp.kind)
                .where(AnswerOp.attempt_id == _attempt(db, place).id)
                .order_by(AnswerOp.id)
            )
            return [(seq, kind) for seq, kind in db.execute(chosen)]

    def find_faults(self) -> tuple[int, int]:
        """Have two items of a marked paper found faulty, the second decided: its item, erratum."""
        actors, now = self.world.office.actors, datetime.now(UTC)
        with self.database.transaction() as db:
            chosen = select(Paper).where(Paper.plan_id == self.world.scored.plan_id)
            paper = db.scalars(chosen.order_by(Paper.number)).first()
            assert paper is not None
            entries = paper.items[:2]
            for entry in entries:
                new = NewErratum(entry.item_version_id, Remedy.GIVE_ALL, "题干与新标准不符")
                erratum = propose_erratum(db, new, actor=actors["tiku01"], now=now)
            decide_erratum(db, erratum.id, "同意", actor=actors["sheng01"], now=now)
            return entry.version.item_id, erratum.id

    def certify(self) -> None:
        """Bring the scored plan to certificates without a browser."""
        actors, now = self.world.office.actors, datetime.now(UTC)
        plan_id = self.world.scored.plan_id
        with self.database.transaction() as db:
            admission_id = _last_admission(db, self.world.scored)
            mark_fully(db, self.world.office, EXAMINERS[0], admission_id, now=now)
            merge_practical(db, admission_id, actor=actors[EXAMINERS[0]], now=now)
            confirm_results(db, plan_id, actor=actors["shi01"], now=now)
            publish_results(db, plan_id, actor=actors["shi02"], now=now)
            approve_issue(db, plan_id, actor=actors["shenpi01"], now=now)
            issue_certificates(db, plan_id, actor=actors["zhizheng01"], now=now)


@contextmanager
def served_copy(prepared: tuple[Path, World], home: Path) -> Iterator[Served]:
    """Copy the prepared home and serve it until the end."""
    template, world = prepared
    shutil.copytree(template, home)
    with ServerProcess(home) as server:
        opened = Served(home, world, server)
        try:
            yield opened
        finally:
            opened.database.engine.dispose()


def build_world(folder: Path) -> tuple[Path, World]:
    """Load the seeds, build the office, and leave work of every kind undone."""
    home = folder / "home"
    home.mkdir()
    settings = _settings(home)
    database = open_database(settings)
    now = datetime.now(UTC)
    try:
        load_seeds(database, now=now - timedelta(days=60), tell=lambda _name, _count: None)
        with database.transaction() as db:
            office = build_office(db, quick_hash(PASSWORD), now=now - timedelta(days=60))
            receive_blanks(db, office.centre_id, *BLANKS, actor=office.actors["kucun01"], now=now)
            put_items_under_review(db, office, now=now)
            begin_new_projects(db, office, now=now)
            rooms = [_room(db, office, number, now=now) for number in range(ROOMS)]
            audit_plan_id = _roster(db, office, 900, now=now)
            submit_roster(db, audit_plan_id, actor=office.actors["jigou01"], now=now)
            open_plan_id = _roster(db, office, 950, now=now)
        order = BatchOrder(0, SCORED, now - timedelta(hours=7), SEED, 400, timedelta(hours=2))
        scored, reviewed_id = _on_cards(database, office, home, order)
        order = BatchOrder(0, TO_REVIEW, now - timedelta(days=2), SEED, 500, timedelta(hours=2))
        waiting, waiting_id = _on_cards(database, office, home, order)
        _settle(database, office, scored, reviewed_id)
    finally:
        database.engine.dispose()
    made = (tuple(rooms), scored, reviewed_id, waiting, waiting_id, audit_plan_id, open_plan_id)
    return home, World(office, *made)


def mark_fully(
    db: Session,
    office: Office,
    login_name: str,
    admission_id: int,
    *,
    now: datetime,
    share: Decimal = GOOD_SHARE,
) -> None:
    """Let one examiner give a share of every allotted mark and sign."""
    actor = office.actors[login_name]
    sheet = open_sheet(db, admission_id, actor=actor, now=now)
    marks = {item.id: MarkEntry(good_mark(item.allotted, share)) for item in sheet.paper.items}
    record_marks(db, sheet.id, marks, veto=None, minutes_used=40, actor=actor, now=now)
    submit_sheet(db, sheet.id, actor=actor, now=now)


def good_mark(allotted: Decimal, share: Decimal = GOOD_SHARE) -> Decimal:
    """Return a share of the allotted mark, in steps of a half."""
    return Decimal(round(allotted * share * 2)) / 2


def _room(db: Session, office: Office, number: int, *, now: datetime) -> int:
    """Prepare an exam on screen; each on a day of its own, for the proctors are the same."""
    starts_at = now - timedelta(days=3 + number)
    order = BatchOrder(SEATS, 0, starts_at, SEED + number, first_person=100 + 10 * number)
    return build_batch(db, office, order).screen_sitting_id


def _on_cards(
    database: Database, office: Office, home: Path, order: BatchOrder
) -> tuple[Batch, int]:
    """Hold an exam on answer cards up to the reading of the scans."""
    with database.transaction() as db:
        batch = build_batch(db, office, order)
    with database.reading() as db:
        people = cards.paper_candidates(db, batch.card_sitting_id, seed=SEED)
        pdf = cards.print_sitting(db, batch.card_sitting_id, actor=office.actors["jigou01"])
    last = people[-1]  # fills in two boxes of a question with one answer: a person must look
    filled = [*people[:-1], replace(last, groups={**last.groups, "q1": ("A", "B")})]
    folder = home.parent / f"scans-{batch.plan_id}"
    files = list(cards.scan_all(pdf, filled, folder, seed=SEED))
    batch_id = cards.read_all(
        database,
        batch.card_sitting_id,
        files,
        actor=office.actors["saomiao01"],
        clock=lambda: datetime.now(UTC),
        done=lambda: None,
    )
    return batch, batch_id


def _settle(database: Database, office: Office, batch: Batch, batch_id: int) -> None:
    """Review, release and mark the cards; score all but one sheet of the last candidate."""
    now, scanner = datetime.now(UTC), office.actors["saomiao01"]
    with database.transaction() as db:
        people = cards.paper_candidates(db, batch.card_sitting_id, seed=SEED)
        by_file = {f"scan-{at:04d}.jpg": person for at, person in enumerate(people, start=1)}
        pair = (scanner, office.actors["saomiao02"])
        cards.review_all(db, batch_id, by_file, pair=pair, now=now)
        sitting_id = batch.card_sitting_id
        record_absentees(db, sitting_id, (), counted=0, actor=scanner, now=now)
        release(db, batch_id, actor=scanner, now=now)
        mark_card_sitting(db, batch.card_sitting_id, actor=scanner, now=now)
    score_practical(
        database,
        office,
        batch.practical_sitting_id,
        seed=SEED,
        clock=lambda: datetime.now(UTC),
        done=lambda: None,
        share=(SCORED - 1) / SCORED,
    )
    with database.transaction() as db:
        for login_name in EXAMINERS[1:]:
            mark_fully(db, office, login_name, _last_admission(db, batch), now=now)


def _roster(db: Session, office: Office, first_person: int, *, now: datetime) -> int:
    """Enter a roster for an approved plan; not handed in yet."""
    officer, then = office.actors["jigou01"], now - timedelta(days=2)
    planned_on = local_date(now + timedelta(days=30))
    new = NewPlan(office.institution_id, PROJECT, planned_on, TO_AUDIT)
    plan = draft_plan(db, new, actor=officer, now=then)
    submit_plan(db, plan.id, actor=officer, now=then)
    approve_plan(db, plan.id, actor=office.actors["shi01"], now=then)
    for person in candidates(TO_AUDIT, seed=SEED, confirmed_at=then, first=first_person):
        enrol_candidate(db, plan.id, person, actor=officer, now=then)
    return plan.id


def _last_admission(db: Session, batch: Batch) -> int:
    return [one.id for one in db.get_one(Sitting, batch.practical_sitting_id).admissions][-1]


def _attempt(db: Session, place: Place) -> Attempt:
    return db.scalars(select(Attempt).where(Attempt.admission_id == place.admission_id)).one()


def _seat(admission: object) -> int:
    return admission.seat_no  # type: ignore[attr-defined, no-any-return]


def _settings(home: Path) -> Settings:
    return read_settings({"KAOHE_HOME": str(home)})


def _opened(settings: Settings) -> Database:
    keys = open_key_ring(settings.keys_folder)
    files = FileStore(settings.files_folder, keys)
    return Database(engine_for(settings.database_url), keys, files)
