"""What people do with cards: issue, decide doubts, release to scoring; scans: batch_actions."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from item_bank.composing.queries import paper_for, set_of
from item_bank.rules.kinds import PaperState
from omr import queries
from omr.errors import (
    BatchUnreadError,
    CardTakenError,
    GroupsOpenError,
    NoCardsError,
    NoSuchMarkError,
    ReviewOpenError,
)
from omr.layouts import layout_named
from omr.models import Correction, PrintedCard, ScanBatch, ScanPage
from omr.rules.card_code import serial_of
from omr.rules.card_layout import CardLayout, Cell
from omr.rules.states import WAITING, BatchState, CardState, PageState
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError, WrongStateError
from registry.scheduling.models import ExamMode, Sitting

NOT_READ = (BatchState.RECEIVING, BatchState.QUEUED, BatchState.READING, BatchState.STUCK)


def issue_cards(
    db: Session,
    sitting_id: int,
    paper_id: int,
    layout: CardLayout,
    *,
    actor: Actor,
    now: datetime,
) -> list[PrintedCard]:
    """Give every candidate of a card sitting a card; those who hold one keep it."""
    sitting = _card_sitting(db, sitting_id, actor=actor)
    papers = {admission.id: paper_id for admission in sitting.admissions}
    return _issue(db, sitting, papers, layout, actor=actor, now=now)


def issue_set_cards(
    db: Session,
    sitting_id: int,
    set_id: int,
    layout: CardLayout,
    *,
    actor: Actor,
    now: datetime,
) -> list[PrintedCard]:
    """Give every candidate a card of the paper at their seat; neighbours get different ones."""
    sitting = _card_sitting(db, sitting_id, actor=actor)
    paper_set = set_of(db, set_id, actor=actor)
    letters = queries.paper_types(layout)
    if paper_set.plan_id != sitting.plan_id or paper_set.state != PaperState.RELEASED:
        raise InvalidInputError(field="试卷", reason="须为本计划已签发的试卷。")
    if paper_set.paper_count > len(letters):
        reason = f"答题卡只有 {len(letters)} 种试卷类型，请为本场指定其中一卷。"
        raise InvalidInputError(field="试卷", reason=reason)
    papers = {admission.id: paper_for(db, set_id, admission) for admission in sitting.admissions}
    return _issue(db, sitting, papers, layout, actor=actor, now=now)


def _card_sitting(db: Session, sitting_id: int, *, actor: Actor) -> Sitting:
    actor.require(Permission.CARDS_PRINT)
    sitting = queries.sitting_in_reach(db, sitting_id, actor=actor)
    if sitting.mode != ExamMode.ANSWER_CARD or not sitting.admissions:
        raise NoCardsError
    return sitting


def _issue(
    db: Session,
    sitting: Sitting,
    papers: Mapping[int, int],
    layout: CardLayout,
    *,
    actor: Actor,
    now: datetime,
) -> list[PrintedCard]:
    held = {
        card.admission_id
        for card in queries.cards_of(db, sitting.id)
        if card.state != CardState.SPOILED
    }
    issued = []
    running = db.scalar(select(func.max(PrintedCard.id))) or 0
    for admission in sitting.admissions:
        if admission.id in held:
            continue
        running += 1
        card = PrintedCard(
            serial=serial_of(running),
            admission_id=admission.id,
            paper_id=papers[admission.id],
            layout_code=layout.code,
            layout_hash=layout.layout_hash,
            state=CardState.ISSUED,
            printed_at=now,
        )
        db.add(card)
        db.flush()
        issued.append(card)
    detail = {"count": len(issued), "layout": layout.layout_hash}
    note(db, "issue_cards", ("sitting", sitting.id), actor=actor, now=now, detail=detail)
    return issued


def assign_page(
    db: Session, page_id: int, admission_no: str, *, actor: Actor, now: datetime
) -> ScanPage:
    """Tie a page whose code could not be read to the candidate's card; then it is reviewed."""
    actor.require(Permission.CARDS_REVIEW)
    page = queries.page_of(db, page_id, actor=actor)
    batch = queries.require_open(db.get_one(ScanBatch, page.batch_id))
    card = next(
        (
            card
            for card in queries.cards_of(db, batch.sitting_id)
            if card.admission.enrolment.admission_no == admission_no.strip()
        ),
        None,
    )
    if card is None:
        raise NotFoundError(what=f"本场准考证号 {admission_no} 的答题卡")
    if page.card_id != card.id and queries.has_page(db, card.id):
        raise CardTakenError(number=admission_no)
    before, page.card, page.state = page.card_id, card, PageState.REVIEW
    detail = {"before": before, "card": card.serial}
    note(db, "assign_page", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    return page


def correct_group(
    db: Session, page_id: int, group: str, values: tuple[str, ...], *, actor: Actor, now: datetime
) -> Correction:
    """Decide what one group says; the reading stays as it was, the last decision counts."""
    actor.require(Permission.CARDS_REVIEW)
    page = queries.page_of(db, page_id, actor=actor)
    queries.require_open(db.get_one(ScanBatch, page.batch_id))
    _require_review(page)
    allowed = {cell.value for cell in _group_cells(group)}
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
    actor.require(Permission.CARDS_REVIEW)
    page = queries.page_of(db, page_id, actor=actor)
    _require_review(page)
    left = queries.open_groups(page)
    if left:
        raise GroupsOpenError(count=len(left))
    if page.card_id is None:
        raise WrongStateError(what="本页", state="未对应考生", action="完成复核")
    page.state = PageState.REVIEWED
    note(db, "confirm_page", ("scan_page", page.id), actor=actor, now=now)
    return page


def reject_page(db: Session, page_id: int, reason: str, *, actor: Actor, now: datetime) -> ScanPage:
    """Set a page aside with a reason, for instance to scan it again."""
    actor.require(Permission.CARDS_REVIEW)
    page = queries.page_of(db, page_id, actor=actor)
    _require_review(page)
    page.state, page.reason = PageState.REJECTED, reason[:60]
    detail = {"reason": reason}
    note(db, "reject_page", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    return page


def release_batch(db: Session, batch_id: int, *, actor: Actor, now: datetime) -> int:
    """Hand the accepted pages of a batch to scoring; return how many."""
    actor.require(Permission.CARDS_REVIEW)
    batch = queries.open_batch_of(db, batch_id, actor=actor)
    if batch.state in NOT_READ and (batch.files or batch.state != BatchState.RECEIVING):
        raise BatchUnreadError(count=batch.page_total - batch.page_count)
    waiting = queries.pages_to_review(db, batch.id)
    if waiting:
        raise ReviewOpenError(count=len(waiting))
    count = 0
    for page in batch.pages:
        if page.state in (PageState.READ, PageState.REVIEWED) and page.card is not None:
            page.state = PageState.RELEASED
            page.card.state = CardState.READ
            count += 1
    batch.released_at, batch.released_by_id = now, actor.account_id
    batch.state = BatchState.RELEASED
    detail = {"count": count, "digest": _digest(batch)}
    note(db, "release_batch", ("scan_batch", batch.id), actor=actor, now=now, detail=detail)
    return count


def _digest(batch: ScanBatch) -> str:
    """Return the hash of all answers that are released, for the audit log."""
    released = [
        [page.card.serial if page.card else "", sorted(queries.final_answers(page).items())]
        for page in batch.pages
        if page.state == PageState.RELEASED
    ]
    return hashlib.sha256(json.dumps(released).encode()).hexdigest()


def _require_review(page: ScanPage) -> None:
    if page.state not in WAITING:
        raise WrongStateError(what="本页", state=page.state, action="复核")


def _group_cells(group: str) -> tuple[Cell, ...]:
    try:
        return layout_named().group(group).cells
    except KeyError:
        raise NotFoundError(what=f"题号 {group}") from None
