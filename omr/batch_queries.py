"""What is known of a batch of scans: its progress, its counts that tie, its files."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, joinedload

from omr.models import PrintedCard, ScanBatch, ScanFile, ScanPage
from omr.queries import (
    WITH_CANDIDATE,
    cards_in,
    open_sittings,
    sheets_outstanding,
    sitting_in_reach,
    state_counts,
)
from omr.rules.batch_progress import BatchProgress, progress_of
from omr.rules.scanner_health import PageHealth, health_from
from omr.rules.states import ACCEPTED, UNFINISHED, WAITING, CardState, PageState
from registry.access import Actor
from registry.local_time import JIANGSU, local_date
from registry.plans.models import AssessmentPlan
from registry.scheduling.models import Admission, ExamMode, Sitting


@dataclass(frozen=True)
class Tally:
    """Pages in, and where every one of them is; both sides are equal."""

    promised: int
    by_state: dict[PageState, int]
    unread: int

    @property
    def recorded(self) -> int:
        """Return how many pages have their state."""
        return sum(self.by_state.values())

    @property
    def ties(self) -> bool:
        """Say whether every page that went in is in exactly one state or still unread."""
        return self.promised == self.recorded + self.unread


@dataclass(frozen=True)
class RoomProgress:
    """How far the cards of a sitting have come."""

    cards: int  # printed and not spoiled
    by_state: Counter[PageState]

    @property
    def waiting(self) -> int:
        """Return how many pages a person has to decide."""
        return sum(self.by_state[state] for state in WAITING)

    @property
    def scanned(self) -> int:
        """Return how many pages stand for their cards."""
        return sum(self.by_state[state] for state in ACCEPTED)

    @property
    def is_released(self) -> bool:
        """Say whether every page went to scoring."""
        return 0 < self.by_state[PageState.RELEASED] == self.scanned


@dataclass(frozen=True)
class FileProgress:
    """A file of a batch, and how many of its pages have their state."""

    file: ScanFile
    recorded: int


def tally_of(db: Session, batch: ScanBatch) -> Tally:
    """Count the pages of a batch."""
    counts = state_counts(db, batch.id)
    by_state = {state: counts.get(state, 0) for state in PageState}
    return Tally(batch.page_total, by_state, max(0, batch.page_total - batch.page_count))


def has_cards() -> ColumnElement[bool]:
    """Return the condition of sittings with cards, also of those that went on with a pencil."""
    printed = select(Admission.sitting_id).join(
        PrintedCard, PrintedCard.admission_id == Admission.id
    )
    return or_(Sitting.mode == ExamMode.ANSWER_CARD, Sitting.id.in_(printed))


def sittings_of_day(db: Session, sitting_id: int, *, actor: Actor) -> Sequence[Sitting]:
    """Return the sittings with cards that an institution holds on the same day as this one."""
    found = sitting_in_reach(db, sitting_id, actor=actor)
    begin = datetime.combine(local_date(found.starts_at), time.min, JIANGSU)
    chosen = (
        select(Sitting)
        .join(AssessmentPlan, AssessmentPlan.id == Sitting.plan_id)
        .where(
            AssessmentPlan.institution_id == found.plan.institution_id,
            Sitting.starts_at >= begin,
            Sitting.starts_at < begin + timedelta(days=1),
            has_cards(),
        )
    )
    return db.scalars(chosen.order_by(Sitting.starts_at, Sitting.id)).all()


def pages_of(
    db: Session, batch_id: int, *, state: str = "", sitting_id: int | None = None
) -> Sequence[ScanPage]:
    """Return the pages of a batch in scanning order: all, of one state, of one sitting."""
    chosen = select(ScanPage).where(ScanPage.batch_id == batch_id)
    if state:
        chosen = chosen.where(ScanPage.state == state)
    if sitting_id is not None:
        chosen = chosen.where(ScanPage.card_id.in_(cards_in(sitting_id)))
    with_card = joinedload(ScanPage.card).options(*WITH_CANDIDATE)
    return db.scalars(chosen.order_by(ScanPage.position).options(with_card)).all()


def seat_order_hint(
    db: Session, page: ScanPage
) -> tuple[Admission | None, Admission | None, list[PrintedCard]]:
    """Return whose the pages scanned before and after are, and cards between without this sheet.

    Piles come in the order of seats, so that the gap often says whose card a page is; it is only
    a hint. Where one room ends and another begins, all cards left of both are in question.
    """
    batch = db.get_one(ScanBatch, page.batch_id)
    before, after = _neighbour(db, page, -1), _neighbour(db, page, +1)
    near = {one.sitting_id for one in (before, after) if one is not None}
    left = sheets_outstanding(db, *(near or open_sittings(batch)))
    free = [card for card, sheets in left.items() if page.sheet in sheets]
    if len(near) == 1:
        low, high = sorted((before.seat_no if before else 0, after.seat_no if after else 10_000))
        free = [card for card in free if low <= card.admission.seat_no <= high]
    return before, after, free


def _neighbour(db: Session, page: ScanPage, way: int) -> Admission | None:
    """Return whose the nearest known page behind or before a page is."""
    place = ScanPage.position
    chosen = (
        select(Admission)
        .join(PrintedCard, PrintedCard.admission_id == Admission.id)
        .join(ScanPage, ScanPage.card_id == PrintedCard.id)
        .where(ScanPage.batch_id == page.batch_id)
        .where(place > page.position if way > 0 else place < page.position)
    )
    return db.scalar(chosen.order_by(place if way > 0 else place.desc()).limit(1))


def states_by_sitting(db: Session, batch_id: int) -> dict[int | None, Counter[PageState]]:
    """Count the pages of a batch by the sitting of their card; None for those that have none."""
    return _counted(db, ScanPage.batch_id == batch_id)


def _counted(db: Session, condition: ColumnElement[bool]) -> dict[int | None, Counter[PageState]]:
    rows = db.execute(
        select(Admission.sitting_id, ScanPage.state, func.count())
        .select_from(ScanPage)
        .outerjoin(PrintedCard, PrintedCard.id == ScanPage.card_id)
        .outerjoin(Admission, Admission.id == PrintedCard.admission_id)
        .where(condition)
        .group_by(Admission.sitting_id, ScanPage.state)
    )
    counts: dict[int | None, Counter[PageState]] = {}
    for sitting_id, state, number in rows:
        counts.setdefault(sitting_id, Counter())[PageState(state)] = int(number)
    return counts


def progress_of_rooms(db: Session, sitting_ids: Collection[int]) -> dict[int, RoomProgress]:
    """Return how far the cards of sittings have come."""
    rows = db.execute(
        select(Admission.sitting_id, func.count())
        .join(PrintedCard, PrintedCard.admission_id == Admission.id)
        .where(Admission.sitting_id.in_(sitting_ids), PrintedCard.state != CardState.SPOILED)
        .group_by(Admission.sitting_id)
    )
    cards = {sitting_id: int(number) for sitting_id, number in rows}
    pages = _counted(db, Admission.sitting_id.in_(sitting_ids))
    return {one: RoomProgress(cards.get(one, 0), pages.get(one, Counter())) for one in sitting_ids}


def progress_of_batch(batch: ScanBatch, *, now: datetime) -> BatchProgress:
    """Return how far the reading has come, and how long it will take."""
    reading = batch.state in UNFINISHED and batch.reading_since is not None
    since = batch.reading_since if reading else None
    return progress_of(
        batch.page_count,
        batch.page_total,
        done_before=batch.pages_before,
        running_s=(now - since).total_seconds() if since else 0.0,
    )


def files_of_batch(db: Session, batch: ScanBatch) -> list[FileProgress]:
    """Return the files of a batch with their pages."""
    rows = db.execute(
        select(ScanPage.file_id, func.count())
        .where(ScanPage.batch_id == batch.id)
        .group_by(ScanPage.file_id)
    )
    recorded = {file_id: int(count) for file_id, count in rows}
    return [FileProgress(file, recorded.get(file.id, 0)) for file in batch.files]


def health_of_batch(db: Session, batch_id: int) -> list[tuple[int, PageHealth]]:
    """Return what every page says about the scanner, in scanning order."""
    rows = db.execute(
        select(ScanPage.position, ScanPage.health)
        .where(ScanPage.batch_id == batch_id, ScanPage.health.is_not(None))
        .order_by(ScanPage.position)
    )
    return [(position, health_from(kept)) for position, kept in rows if kept is not None]
