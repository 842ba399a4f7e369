"""What the review desk decides of a scanned page: whose it is, what it says, whether it counts.

Decisions are rows on top of the reading, which never changes; until its batch is released a page
can be taken back.
"""

import json
from datetime import datetime

from sqlalchemy.orm import Session

from omr import queries
from omr.absence import ask_about_absence
from omr.errors import (
    CardTakenError,
    GroupsOpenError,
    NoSuchMarkError,
    OtherCardKindError,
    OwnerOpenError,
)
from omr.layout_queries import layout_of, sheets_of_card
from omr.models import Correction, PageOwner, PrintedCard, ScanBatch, ScanPage
from omr.rules.card_layout import Cell
from omr.rules.states import PAGE_STATE_NAMES, WAITING, PageState
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError, WrongStateError

ASSIGNABLE = frozenset({*WAITING, PageState.REJECTED, PageState.UNKNOWN})
RETURNABLE = frozenset({PageState.READ, PageState.REVIEWED})


def assign_page(db: Session, page_id: int, number: str, *, actor: Actor, now: datetime) -> ScanPage:
    """Say whose card a page is; it is tied to it when a second person has said the same.

    ``number`` is the admission number, or the card's own: later pages print only that.
    """
    page = _page(db, page_id, actor=actor)
    if page.state not in ASSIGNABLE or page.image_hash is None:
        raise WrongStateError(
            what="本页", state=PAGE_STATE_NAMES[PageState(page.state)], action="对应考生"
        )
    if not json.loads(queries.latest_reading(page).answers):  # nothing of it could count
        raise WrongStateError(what="本页", state="未能识读", action="对应考生")
    card = _card_of_number(db, page, number)
    if layout_of(queries.latest_reading(page)) not in sheets_of_card(card):
        raise OtherCardKindError(number=number)
    if queries.is_sheet_taken(db, card.id, page.sheet, besides=page):
        raise CardTakenError(number=number)
    before = page.card_id
    db.add(
        PageOwner(page_id=page.id, card_id=card.id, decided_at=now, decided_by_id=actor.account_id)
    )
    db.flush()
    db.refresh(page, ["owners"])
    is_settled = queries.is_owner_settled(page)
    if is_settled:
        page.card = card
    page.state, page.set_aside = PageState.REVIEW, None
    detail = {"before": before, "card": card.serial, "settled": is_settled}
    note(db, "assign_page", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    return page


def _card_of_number(db: Session, page: ScanPage, number: str) -> PrintedCard:
    batch = db.get_one(ScanBatch, page.batch_id)
    sittings = [covered.sitting_id for covered in batch.covered]
    for card in queries.usable_cards(db, *sittings):
        if number.strip() in (card.admission.enrolment.admission_no, card.serial):
            queries.require_open(batch, card)
            return card
    raise NotFoundError(what=f"本批次各场准考证号或卡号 {number} 的答题卡")


def correct_group(
    db: Session, page_id: int, group: str, values: tuple[str, ...], *, actor: Actor, now: datetime
) -> Correction:
    """Decide what one group says; the reading stays as it was, the last decision counts."""
    page = _page_in_review(db, page_id, actor=actor)
    _require_unreleased(db, page)
    allowed = {cell.value for cell in _group_cells(page, group)}
    for value in values:
        if value not in allowed:
            raise NoSuchMarkError(group=group, value=value)
    before = ",".join(queries.final_answers(page).get(group, ()))
    correction = Correction(
        page_id=page.id,
        group=group,
        value=",".join(values),
        decided_at=now,
        decided_by_id=actor.account_id,
    )
    db.add(correction)
    db.flush()
    db.refresh(page, ["corrections"])
    detail = {"group": group, "before": before, "after": correction.value}
    note(db, "correct_group", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    return correction


def confirm_page(db: Session, page_id: int, *, actor: Actor, now: datetime) -> ScanPage:
    """Finish the review of a page: its owner is known and every doubt has been decided."""
    page = _page_in_review(db, page_id, actor=actor)
    _require_unreleased(db, page)
    if queries.wants_owner(page):
        raise OwnerOpenError
    left = queries.open_groups(page)
    if left:
        raise GroupsOpenError(count=len(left))
    page.state = PageState.REVIEWED
    page.finished_at, page.finished_by_id = now, actor.account_id
    note(db, "confirm_page", ("scan_page", page.id), actor=actor, now=now)
    ask_about_absence(db, page, actor=actor, now=now)
    return page


def confirm_as_read(db: Session, page_id: int, *, actor: Actor, now: datetime) -> ScanPage:
    """Finish a page in doubt as a whole: a person has compared every group with what was read."""
    page = _page_in_review(db, page_id, actor=actor)
    _require_unreleased(db, page)
    if single := queries.open_one_by_one(page):
        raise GroupsOpenError(count=len(single))
    answers = queries.final_answers(page)
    compared = queries.open_groups(page)
    for group in compared:
        db.add(
            Correction(
                page_id=page.id,
                group=group,
                value=",".join(answers[group]),
                decided_at=now,
                decided_by_id=actor.account_id,
            )
        )
    db.flush()
    db.refresh(page, ["corrections"])
    detail = {"groups": len(compared)}
    note(db, "confirm_as_read", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    return confirm_page(db, page_id, actor=actor, now=now)


def reject_page(db: Session, page_id: int, reason: str, *, actor: Actor, now: datetime) -> ScanPage:
    """Set a page aside with a reason, for instance to scan it again."""
    page = _page_in_review(db, page_id, actor=actor)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写剔除的原因。")
    page.state, page.set_aside = PageState.REJECTED, reason.strip()[:60]
    page.finished_at, page.finished_by_id = now, actor.account_id
    detail = {"reason": reason}
    note(db, "reject_page", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    return page


def take_back_page(db: Session, page_id: int, *, actor: Actor, now: datetime) -> ScanPage:
    """Bring a page that was read, reviewed or set aside back to the desk; decisions stay."""
    page = _page(db, page_id, actor=actor)
    _require_unreleased(db, page)
    is_set_aside = page.state == PageState.REJECTED and page.set_aside is not None
    if page.state not in RETURNABLE and not is_set_aside:
        raise WrongStateError(
            what="本页", state=PAGE_STATE_NAMES[PageState(page.state)], action="退回复核"
        )
    if (
        is_set_aside
        and page.card is not None
        and queries.is_sheet_taken(db, page.card.id, page.sheet, besides=page)
    ):
        raise CardTakenError(number=page.card.admission.enrolment.admission_no)
    before, page.state, page.set_aside = page.state, PageState.REVIEW, None
    detail = {"before": before}
    note(db, "take_back_page", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    return page


def _page(db: Session, page_id: int, *, actor: Actor) -> ScanPage:
    actor.require(Permission.CARDS_REVIEW)
    page = queries.page_of(db, page_id, actor=actor)
    queries.require_open(db.get_one(ScanBatch, page.batch_id))
    return page


def _require_unreleased(db: Session, page: ScanPage) -> None:
    """Refuse that a page counts, or counts otherwise, whose sitting has gone to scoring.

    Setting it aside, or telling that it is somebody else's, is left: its batch has to be finished.
    """
    queries.require_open(db.get_one(ScanBatch, page.batch_id), page.card)


def _page_in_review(db: Session, page_id: int, *, actor: Actor) -> ScanPage:
    page = _page(db, page_id, actor=actor)
    if page.state not in WAITING:
        raise WrongStateError(
            what="本页", state=PAGE_STATE_NAMES[PageState(page.state)], action="复核"
        )
    return page


def _group_cells(page: ScanPage, group: str) -> tuple[Cell, ...]:
    try:
        return layout_of(queries.latest_reading(page)).group(group).cells
    except KeyError:
        raise NotFoundError(what=f"题号 {group}") from None
