"""What is known of cards: who holds them, what was scanned, what still needs a person."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from item_bank.rules.forms import letter_of
from item_bank.rules.kinds import SetPurpose
from omr.errors import BatchReleasedError
from omr.layout_queries import sheets_of_card, sheets_of_reading
from omr.models import BatchSitting, PrintedCard, Reading, ScanBatch, ScanPage
from omr.printing import CardHolder
from omr.rules.card_layout import ABSENT_GROUP, GroupKind, Sheets, groups_on
from omr.rules.page_fate import FILLED
from omr.rules.prefilled import differing, saved_answers
from omr.rules.reasons import ABSENCE_REASONS, WHOLE_PAGE_REASONS, GroupReason, PageReason
from omr.rules.states import ACCEPTED, WAITING, CardState, PageState, Verdict
from registry.access import Actor
from registry.enrolment.models import Enrolment
from registry.errors import NotFoundError
from registry.scheduling.models import Admission, Sitting

WITH_CANDIDATE = (  # of a card
    joinedload(PrintedCard.admission)
    .joinedload(Admission.enrolment)
    .joinedload(Enrolment.candidate),
)
WITH_DECISIONS = (  # of a page; the measures of a reading are long and asked for one by one
    selectinload(ScanPage.readings).options(defer(Reading.measures)),
    selectinload(ScanPage.corrections),
)


def sitting_in_reach(db: Session, sitting_id: int, *, actor: Actor) -> Sitting:
    """Return a sitting of an institution the actor reaches."""
    sitting = db.get(Sitting, sitting_id)
    institution = sitting.plan.institution if sitting else None
    if institution is None or not actor.reaches(institution.division_code, institution.id):
        raise NotFoundError(what="场次")
    assert sitting is not None
    return sitting


def cards_of(db: Session, *sitting_ids: int) -> Sequence[PrintedCard]:
    """Return the cards printed for these sittings, by sitting and seat."""
    return db.scalars(
        select(PrintedCard)
        .join(Admission, Admission.id == PrintedCard.admission_id)
        .where(Admission.sitting_id.in_(sitting_ids))
        .order_by(Admission.sitting_id, Admission.seat_no, PrintedCard.id)
        .options(*WITH_CANDIDATE)
    ).all()


def usable_cards(db: Session, *sitting_ids: int) -> list[PrintedCard]:
    """Return the cards that may come back from these sittings, by sitting and seat."""
    return [card for card in cards_of(db, *sitting_ids) if card.state != CardState.SPOILED]


def continued_cards(db: Session, sitting_id: int) -> dict[int, PrintedCard]:
    """Return the cards on which candidates of a sitting at computers went on, by admission."""
    return {
        card.admission_id: card for card in usable_cards(db, sitting_id) if card.form is not None
    }


def holders_of(db: Session, sitting_id: int, *, actor: Actor) -> list[CardHolder]:
    """Return what to print on each card of a sitting."""
    sitting_in_reach(db, sitting_id, actor=actor)
    return holders_of_cards(usable_cards(db, sitting_id))


def holders_of_cards(cards: Iterable[PrintedCard]) -> list[CardHolder]:
    """Return what to print on each of these cards."""
    return [
        CardHolder(
            serial=card.serial,
            name=card.admission.enrolment.candidate.name,
            admission_no=card.admission.enrolment.admission_no or "",
            project=card.admission.sitting.plan.specification.project.name,
            batch=card.admission.sitting.plan.number,
            room=card.admission.sitting.room.number,
            seat=f"{card.admission.seat_no:02d}",
            paper_type=paper_type_of(card),
            filled={g: a.values for g, a in saved_answers(card.prefilled).items()},
        )
        for card in cards
    ]


def paper_type_of(card: PrintedCard) -> str:
    """Return the letter of the paper that lies with a card 试卷类型."""
    paper = card.paper
    return letter_of(SetPurpose(paper.paper_set.purpose), paper.form, paper.version)


def known_serials(db: Session, *sitting_ids: int) -> dict[str, str]:
    """Return the serials that may come back from these sittings, with their admission numbers."""
    return {
        card.serial: card.admission.enrolment.admission_no or ""
        for card in usable_cards(db, *sitting_ids)
    }


def batch_of(db: Session, batch_id: int, *, actor: Actor) -> ScanBatch:
    """Return a batch of which every sitting is within reach."""
    batch = db.get(ScanBatch, batch_id)
    if batch is None:
        raise NotFoundError(what="扫描批次")
    for covered in batch.covered:
        sitting_in_reach(db, covered.sitting_id, actor=actor)
    return batch


def require_open(batch: ScanBatch, card: PrintedCard | None = None) -> ScanBatch:
    """Return a batch of which neither all nor the sitting of this card has gone to scoring.

    Raises ``BatchReleasedError``.
    """
    if batch.released_at is not None:
        raise BatchReleasedError
    if card is not None and card.admission.sitting_id not in open_sittings(batch):
        raise BatchReleasedError
    return batch


def open_sittings(batch: ScanBatch) -> list[int]:
    """Return the sittings of a batch that have not gone to scoring."""
    return [covered.sitting_id for covered in batch.covered if covered.released_at is None]


def open_batch_of(db: Session, batch_id: int, *, actor: Actor) -> ScanBatch:
    """Return a batch within reach that has not gone to scoring."""
    return require_open(batch_of(db, batch_id, actor=actor))


def has_page(db: Session, card_id: int) -> bool:
    """Say whether any page stands for the card."""
    return db.scalar(_standing_for(card_id).limit(1)) is not None


def is_sheet_taken(
    db: Session, card_id: int, sheet: int, *, besides: ScanPage | None = None
) -> bool:
    """Say whether a page, other than ``besides``, stands for that sheet of the card.

    Whoever asks is about to give a page to it: readers and desk take turns at a card.
    """
    db.execute(select(PrintedCard.id).where(PrintedCard.id == card_id).with_for_update())
    taken = _standing_for(card_id).where(ScanPage.sheet == sheet)
    if besides is not None:
        taken = taken.where(ScanPage.id != besides.id)
    return db.scalar(taken.limit(1)) is not None


def _standing_for(card_id: int) -> Select[int]:
    return select(ScanPage.id).where(ScanPage.card_id == card_id, ScanPage.state.in_(ACCEPTED))


def batches_of(db: Session, *sitting_ids: int, actor: Actor) -> Sequence[ScanBatch]:
    """Return the batches in which cards of these sittings may lie, newest first."""
    for sitting_id in sitting_ids:
        sitting_in_reach(db, sitting_id, actor=actor)
    covering = select(BatchSitting.batch_id).where(BatchSitting.sitting_id.in_(sitting_ids))
    chosen = select(ScanBatch).where(ScanBatch.id.in_(covering))
    return db.scalars(chosen.order_by(ScanBatch.id.desc())).all()


def page_of(db: Session, page_id: int, *, actor: Actor) -> ScanPage:
    """Return a page within reach."""
    page = db.get(ScanPage, page_id)
    if page is None:
        raise NotFoundError(what="扫描页")
    batch_of(db, page.batch_id, actor=actor)
    return page


def state_counts(db: Session, batch_id: int) -> dict[PageState, int]:
    """Return how many pages of a batch are in each state; their sum is what was scanned."""
    rows = db.execute(
        select(ScanPage.state, func.count())
        .where(ScanPage.batch_id == batch_id)
        .group_by(ScanPage.state)
    )
    return {PageState(state): int(count) for state, count in rows}


def pages_waiting(db: Session, plan_ids: Collection[int]) -> int:
    """Return how many pages of these plans wait for a person."""
    chosen = (
        select(func.count(ScanPage.id.distinct()))
        .join(BatchSitting, BatchSitting.batch_id == ScanPage.batch_id)
        .join(Sitting, Sitting.id == BatchSitting.sitting_id)
        .where(Sitting.plan_id.in_(plan_ids), ScanPage.state.in_(WAITING))
    )
    return db.scalar(chosen) or 0


def pages_to_review(
    db: Session, batch_id: int, sitting_id: int | None = None
) -> Sequence[ScanPage]:
    """Return the pages that wait for a person, in scanning order; of one sitting or of all."""
    chosen = select(ScanPage).where(ScanPage.batch_id == batch_id, ScanPage.state.in_(WAITING))
    if sitting_id is not None:
        chosen = chosen.where(ScanPage.card_id.in_(cards_in(sitting_id)))
    with_card = joinedload(ScanPage.card).options(*WITH_CANDIDATE)
    told = (selectinload(ScanPage.owners), selectinload(ScanPage.audited))
    chosen = chosen.options(*WITH_DECISIONS, *told, with_card)
    return db.scalars(chosen.order_by(ScanPage.position)).all()


def cards_in(sitting_id: int) -> Select[int]:
    """Return the selection of the cards of a sitting."""
    chosen = select(PrintedCard.id).join(Admission, Admission.id == PrintedCard.admission_id)
    return chosen.where(Admission.sitting_id == sitting_id)


def next_for(
    db: Session, batch_id: int, sitting_id: int | None = None, *, actor: Actor
) -> tuple[list[ScanPage], int]:
    """Return the pages this person can go on with, riskiest first, and how many need another.

    A page whose owner this person has told already waits for somebody else.
    """
    waiting = pages_to_review(db, batch_id, sitting_id)
    own = [page for page in waiting if not _told_by(page, actor)]
    own.sort(key=lambda page: (not wants_owner(page), page.reason not in WHOLE_PAGE_REASONS))
    return own, len(waiting) - len(own)


def _told_by(page: ScanPage, actor: Actor) -> bool:
    return (
        wants_owner(page)
        and bool(page.owners)
        and page.owners[-1].decided_by_id == actor.account_id
    )


def last_decided(db: Session, batch_id: int, *, actor: Actor) -> ScanPage | None:
    """Return the page this person finished or set aside last and may still take back."""
    chosen = select(ScanPage).where(
        ScanPage.batch_id == batch_id,
        ScanPage.finished_by_id == actor.account_id,
        or_(ScanPage.state == PageState.REVIEWED, ScanPage.set_aside.is_not(None)),
    )
    return db.scalar(chosen.order_by(ScanPage.finished_at.desc(), ScanPage.id.desc()).limit(1))


def wants_owner(page: ScanPage) -> bool:
    """Say whether two persons have to tell whose card a page is: its codes do not, or disagree."""
    if page.reason == PageReason.NUMBER_CONFLICT or page.card_id is None:
        return not is_owner_settled(page)
    return False


def is_owner_settled(page: ScanPage) -> bool:
    """Say whether the two newest words on the owner are of two persons and name the same card."""
    newest = page.owners[-2:]
    return (
        len(newest) == 2
        and newest[0].card_id == newest[1].card_id
        and newest[0].decided_by_id != newest[1].decided_by_id
    )


def latest_reading(page: ScanPage) -> Reading:
    """Return the newest reading of a page; raises ``NotFoundError`` for a page never read."""
    if not page.readings:
        raise NotFoundError(what="识别结果")
    return page.readings[-1]


def sheet_count(page: ScanPage) -> int:
    """Return how many pages the card has that a page was read as."""
    return len(sheets_of_reading(latest_reading(page)))


def doubts_of(page: ScanPage) -> dict[str, str]:
    """Return the groups of a page that need a person, each with its reason."""
    reading = latest_reading(page)
    doubts: dict[str, str] = json.loads(reading.doubts)
    if page.card is not None:
        answers = json.loads(reading.answers)
        doubts |= dict.fromkeys(contradicted_types(page.card, answers), GroupReason.TYPE_CONFLICT)
        differs = differing(saved_answers(page.card.prefilled), answers)
        doubts |= dict.fromkeys(differs, GroupReason.DIFFERS_FROM_SAVED)
    if page.reason in ABSENCE_REASONS and ABSENT_GROUP in json.loads(reading.answers):
        doubts |= {ABSENT_GROUP: GroupReason.AGAINST_RECORD}
    return doubts | dict.fromkeys(_misread_groups(page), GroupReason.MISREAD)


def _misread_groups(page: ScanPage) -> list[str]:
    """Return the groups that a sample of confident answers has shown to be misread."""
    return [answer.group for answer in page.audited if answer.verdict == Verdict.DIFFERS]


def contradicted_types(card: PrintedCard, answers: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the groups of the paper type that are filled with another letter than printed.

    A letter that the card has no box for cannot be filled and contradicts nothing.
    """
    sheets, printed = sheets_of_card(card), paper_type_of(card)
    if printed not in paper_types(sheets):
        return []
    groups = [group.group_id for group in groups_on(sheets) if group.kind is GroupKind.TYPE]
    return [
        group
        for group in groups
        if len(answers.get(group, ())) == 1 and answers[group][0] != printed
    ]


def paper_types(sheets: Sheets) -> frozenset[str]:
    """Return the letters that a candidate can fill as the paper type."""
    types = [group for group in groups_on(sheets) if group.kind is GroupKind.TYPE]
    return frozenset(cell.value for group in types for cell in group.cells)


def open_groups(page: ScanPage) -> list[str]:
    """Return the groups of a page that nobody has decided yet."""
    return list(_open_doubts(page))


def open_one_by_one(page: ScanPage) -> list[str]:
    """Return those of the open groups that have a doubt of their own."""
    doubts = _open_doubts(page)
    return [group for group, reason in doubts.items() if reason != GroupReason.WHOLE_PAGE]


def steps_left(page: ScanPage) -> int:
    """Return how often a person has to decide; comparing a page as a whole counts as once."""
    reasons = list(_open_doubts(page).values())
    together = reasons.count(GroupReason.WHOLE_PAGE)
    return len(reasons) - together + (together > 0)


def _open_doubts(page: ScanPage) -> dict[str, str]:
    decided = {correction.group for correction in page.corrections}
    doubts = doubts_of(page)
    return {group: reason for group, reason in doubts.items() if group not in decided}


def final_answers(page: ScanPage) -> dict[str, tuple[str, ...]]:
    """Return the answers of a page: the reading with people's corrections on top."""
    answers = {
        group: tuple(values) for group, values in json.loads(latest_reading(page).answers).items()
    }
    for correction in page.corrections:
        answers[correction.group] = tuple(correction.value.split(",")) if correction.value else ()
    return answers


def merged_answers(pages: Iterable[ScanPage]) -> dict[str, tuple[str, ...]]:
    """Return the answers of a card: those of its pages together, which share no group."""
    return {group: values for page in pages for group, values in final_answers(page).items()}


def is_marked_absent(pages: Iterable[ScanPage]) -> bool:
    """Say whether the proctor's box 缺考 of a card is filled."""
    return merged_answers(pages).get(ABSENT_GROUP) == FILLED


def released_pages(db: Session, sitting_id: int) -> Sequence[ScanPage]:
    """Return the pages of a sitting that have gone to scoring, wherever they were scanned."""
    chosen = select(ScanPage).where(
        ScanPage.card_id.in_(cards_in(sitting_id)), ScanPage.state == PageState.RELEASED
    )
    return db.scalars(chosen.order_by(ScanPage.id)).all()


def accepted_pages(db: Session, sitting_id: int) -> Sequence[ScanPage]:
    """Return the pages that stand for the cards of a sitting, wherever they were scanned."""
    chosen = select(ScanPage).where(
        ScanPage.card_id.in_(cards_in(sitting_id)), ScanPage.state.in_(ACCEPTED)
    )
    return db.scalars(chosen.order_by(ScanPage.id).options(*WITH_DECISIONS)).all()


def by_card(pages: Iterable[ScanPage]) -> dict[int, tuple[ScanPage, ...]]:
    """Sort pages by card and sheet."""
    sorted_out: dict[int, tuple[ScanPage, ...]] = {}
    for page in sorted(pages, key=lambda page: page.sheet):
        if page.card_id is not None:
            sorted_out[page.card_id] = (*sorted_out.get(page.card_id, ()), page)
    return sorted_out


def missing_sheets(card: PrintedCard, pages: Iterable[ScanPage]) -> tuple[int, ...]:
    """Return the sheets of a card that are not among its pages."""
    there = {page.sheet for page in pages}
    return tuple(sheet.page for sheet in sheets_of_card(card) if sheet.page not in there)


def sheets_outstanding(db: Session, *sitting_ids: int) -> dict[PrintedCard, tuple[int, ...]]:
    """Return the issued cards of these sittings that have not all come back, with what is left."""
    cards = usable_cards(db, *sitting_ids)
    chosen = select(ScanPage.card_id, ScanPage.sheet).where(
        ScanPage.card_id.in_([card.id for card in cards]), ScanPage.state.in_(ACCEPTED)
    )
    there = {(card_id, sheet) for card_id, sheet in db.execute(chosen)}
    left = {
        card: tuple(one.page for one in sheets_of_card(card) if (card.id, one.page) not in there)
        for card in cards
    }
    return {card: sheets for card, sheets in left.items() if sheets}
