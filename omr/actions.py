"""What people do with cards: issue, spoil, release to scoring; scans are in ``batch_actions``."""

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from item_bank.composing.queries import paper_for, set_of
from item_bank.rules.kinds import PaperState
from omr import queries
from omr.errors import BatchUnreadError, NoCardsError, ReviewOpenError
from omr.layout_queries import misfits
from omr.models import BatchSitting, PrintedCard, ScanBatch, ScanPage
from omr.rules.card_code import serial_of
from omr.rules.card_layout import CardLayout, GroupKind, Sheets, groups_on
from omr.rules.states import BatchState, CardState, PageState
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError, WrongStateError
from registry.scheduling.models import ExamMode, Sitting
from registry.scheduling.rules.admission_no import LENGTH

NOT_READ = (BatchState.RECEIVING, BatchState.QUEUED, BatchState.READING, BatchState.STUCK)


def issue_cards(
    db: Session,
    sitting_id: int,
    paper_id: int,
    sheets: Sheets,
    *,
    actor: Actor,
    now: datetime,
) -> list[PrintedCard]:
    """Give every candidate of a card sitting a card; those who hold one keep it."""
    sitting = _card_sitting(db, sitting_id, actor=actor)
    _require_fit(db, sheets, [paper_id])
    papers = {admission.id: paper_id for admission in sitting.admissions}
    return _issue(db, sitting, papers, sheets[0], actor=actor, now=now)


def issue_set_cards(
    db: Session,
    sitting_id: int,
    set_id: int,
    sheets: Sheets,
    *,
    actor: Actor,
    now: datetime,
) -> list[PrintedCard]:
    """Give every candidate a card of the paper at their seat; neighbours get different ones."""
    sitting = _card_sitting(db, sitting_id, actor=actor)
    paper_set = set_of(db, set_id, actor=actor)
    letters = queries.paper_types(sheets)
    if paper_set.plan_id != sitting.plan_id or paper_set.state != PaperState.RELEASED:
        raise InvalidInputError(field="试卷", reason="须为本计划已签发的试卷。")
    if paper_set.paper_count > len(letters):
        reason = f"答题卡只有 {len(letters)} 种试卷类型，请为本场指定其中一卷。"
        raise InvalidInputError(field="试卷", reason=reason)
    papers = {admission.id: paper_for(db, set_id, admission) for admission in sitting.admissions}
    _require_fit(db, sheets, set(papers.values()))
    return _issue(db, sitting, papers, sheets[0], actor=actor, now=now)


def _require_fit(db: Session, sheets: Sheets, paper_ids: Collection[int]) -> None:
    """Refuse a card on which an item of the papers, or the admission number, has no place."""
    digits = sum(group.kind is GroupKind.NUMBER for group in groups_on(sheets))
    if not all(sheet.is_coded for sheet in sheets) and (len(sheets), digits) != (1, LENGTH):
        reason = f"没有二维码的卡须只有一页，且有 {LENGTH} 位准考证号填涂区，请换一种版式。"
        raise InvalidInputError(field="答题卡版式", reason=reason)
    wrong = misfits(db, sheets, paper_ids)
    if wrong:
        numbers = "、".join(map(str, wrong[:5]))
        reason = f"{sheets[0].code} 没有第 {numbers} 题相应题型的填涂位，请换一种版式。"
        raise InvalidInputError(field="答题卡版式", reason=reason)


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
    first: CardLayout,
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
            layout_code=first.code,
            layout_hash=first.layout_hash,
            state=CardState.ISSUED,
            printed_at=now,
        )
        db.add(card)
        db.flush()
        issued.append(card)
    detail = {"count": len(issued), "layout": first.layout_hash}
    note(db, "issue_cards", ("sitting", sitting.id), actor=actor, now=now, detail=detail)
    return issued


def releasable_batch(db: Session, batch_id: int, *, actor: Actor) -> ScanBatch:
    """Return a batch of which every page is read and decided; raises what is still to do."""
    actor.require(Permission.CARDS_REVIEW)
    batch = queries.open_batch_of(db, batch_id, actor=actor)
    if _is_unread(batch):
        raise BatchUnreadError(count=batch.page_total - batch.page_count)
    waiting = queries.pages_to_review(db, batch.id)
    if waiting:
        raise ReviewOpenError(count=len(waiting))
    return batch


def _is_unread(batch: ScanBatch) -> bool:
    return batch.state in NOT_READ and bool(batch.files or batch.state != BatchState.RECEIVING)


def release_batch(
    db: Session, batch_id: int, sitting_ids: Collection[int], *, actor: Actor, now: datetime
) -> int:
    """Hand the pages of these sittings of a batch to scoring, wherever they were scanned.

    Every batch of which that was the last sitting is finished. Returns the number of pages.
    """
    batch = releasable_batch(db, batch_id, actor=actor)
    pages = [
        page
        for sitting_id in sitting_ids
        for page in queries.accepted_pages(db, sitting_id)
        if page.state in (PageState.READ, PageState.REVIEWED)
    ]
    for page in pages:
        assert page.card is not None
        page.state, page.card.state = PageState.RELEASED, CardState.READ
    covering = select(BatchSitting).where(BatchSitting.sitting_id.in_(sitting_ids))
    for covered in db.scalars(covering.where(BatchSitting.released_at.is_(None))):
        covered.released_at = now
    detail = {"count": len(pages), "sittings": list(sitting_ids), "digest": _digest(pages)}
    note(db, "release_batch", ("scan_batch", batch.id), actor=actor, now=now, detail=detail)
    db.flush()
    for one in {batch, *queries.batches_of(db, *sitting_ids, actor=actor)}:
        _finish_if_done(db, one, actor=actor, now=now)
    return len(pages)


def _finish_if_done(db: Session, batch: ScanBatch, *, actor: Actor, now: datetime) -> None:
    """Close a batch that is read and reviewed and of which no sitting is left."""
    left = queries.open_sittings(batch) or queries.pages_to_review(db, batch.id)
    if batch.released_at is None and not left and not _is_unread(batch):
        batch.released_at, batch.released_by_id = now, actor.account_id
        batch.state = BatchState.RELEASED


def _digest(pages: Sequence[ScanPage]) -> str:
    """Return the hash of the answers that are released, for the audit log."""
    released = [
        [page.card.serial if page.card else "", sorted(queries.final_answers(page).items())]
        for page in pages
    ]
    return hashlib.sha256(json.dumps(released).encode()).hexdigest()


def spoil_card(
    db: Session, card_id: int, reason: str, *, actor: Actor, now: datetime
) -> PrintedCard:
    """Take a card out of use, so that the next printing gives its candidate a new one 作废."""
    actor.require(Permission.CARDS_PRINT)
    card = db.get(PrintedCard, card_id)
    if card is None:
        raise NotFoundError(what="答题卡")
    queries.sitting_in_reach(db, card.admission.sitting_id, actor=actor)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写作废的原因。")
    if card.state != CardState.ISSUED or queries.has_page(db, card.id):
        raise WrongStateError(what="本卡", state="已扫描或已作废", action="作废本卡")
    card.state = CardState.SPOILED
    detail = {"serial": card.serial, "reason": reason.strip()}
    note(db, "spoil_card", ("printed_card", card.id), actor=actor, now=now, detail=detail)
    return card
