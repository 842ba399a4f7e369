"""What a reviewer does: remark on passages, pass an item or return it to its author."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from item_bank.authoring.queries import require_member
from item_bank.duplicate_queries import blocking_duplicates
from item_bank.errors import AlreadyReviewedError, ContradictedItemError, FaultyItemError
from item_bank.models import Item, ItemReview, ItemVersion, ReviewComment
from item_bank.reviewing.queries import has_written, remarks_of, waiting_item
from item_bank.rules.item import check_item
from item_bank.rules.kinds import BankDuty, ItemState
from item_bank.rules.review import (
    IN_BANK,
    MAX_QUOTE,
    MAX_REASON,
    MAX_REMARK,
    ROUNDS,
    STATE_NAMES,
    Remark,
    Verdict,
    is_same_person,
    remark_fields,
)
from item_bank.sealing import REMARK_PURPOSE, content_of, sealed_json
from item_bank.storing import store_review
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError, SeparationError


def review_item(
    db: Session, item_id: int, verdict: Verdict, *, actor: Actor, now: datetime
) -> Item:
    """Decide the round an item waits for; the first of two reviewers decides.

    A second acceptance banks the item, unless the bank holds one that contradicts it.
    """
    actor.require(Permission.ITEM_REVIEW)
    item = db.get(Item, item_id, with_for_update=True, populate_existing=True)
    if item is None:
        raise NotFoundError(what="待审试题")
    _require_signed_reviewer(db, item, actor)
    version = _version_still_waiting(item, verdict)
    _require_other_people(db, version, actor)
    if verdict.accepted:
        _require_in_order(verdict)
        _require_bankable(db, version, verdict.round)
    reason = verdict.reason.strip()
    if not verdict.accepted and not reason:
        raise InvalidInputError(field="审题意见", reason="退回试题时请写明原因。")
    if len(reason) > MAX_REASON:
        raise InvalidInputError(field="审题意见", reason=f"最多 {MAX_REASON} 字。")
    store_review(db, version, verdict, reviewer=actor, now=now)
    detail = {
        "version": version.number,
        "round": verdict.round,
        "accepted": verdict.accepted,
        "state": item.state,
    }
    note(db, "review_item", ("item", item.id), actor=actor, now=now, detail=detail)
    return item


def add_remark(
    db: Session, item_id: int, remark: Remark, *, actor: Actor, now: datetime
) -> ReviewComment:
    """Keep a remark on an item of the queue; the same remark twice is kept once."""
    waiting = waiting_item(db, item_id, actor=actor)
    version = db.get_one(ItemVersion, waiting.version_id)
    remark = _checked(remark, version)
    for written in remarks_of(db, version.item):
        if (written.version_id, written.remark) == (version.id, remark):
            return db.get_one(ReviewComment, written.remark_id)
    row = ReviewComment(
        version_id=version.id,
        sealed=sealed_json(
            db,
            {"field": remark.field, "quote": remark.quote, "text": remark.text},
            REMARK_PURPOSE,
        ),
        written_at=now,
        written_by_id=actor.account_id,
    )
    db.add(row)
    db.flush()
    detail = {"version": version.number, "field": remark.field}
    note(db, "add_remark", ("item", item_id), actor=actor, now=now, detail=detail)
    return row


def withdraw_remark(
    db: Session, item_id: int, remark_id: int, *, actor: Actor, now: datetime
) -> None:
    """Take an own remark back while its item still waits for the reviewer."""
    waiting = waiting_item(db, item_id, actor=actor)
    row = db.get(ReviewComment, remark_id)
    is_own = row is not None and is_same_person(row.written_by_id, actor.account_id)
    if row is None or not is_own or row.version_id != waiting.version_id:
        raise NotFoundError(what="批注")
    db.delete(row)
    detail = {"version": waiting.version_number}
    note(db, "withdraw_remark", ("item", item_id), actor=actor, now=now, detail=detail)


# Conditions ----------------------------------------------------------------------------------


def _require_signed_reviewer(db: Session, item: Item, actor: Actor) -> None:
    member = require_member(db, item.project_id, BankDuty.REVIEWER, actor=actor)
    if member.undertaking_at is None:
        raise NotFoundError(what="待审试题")


def _version_still_waiting(item: Item, verdict: Verdict) -> ItemVersion:
    """Return the version that was decided, if it still waits for that round."""
    version, state = item.versions[-1], ItemState(item.state)
    if ROUNDS.get(state) != verdict.round or version.id != verdict.version_id:
        raise AlreadyReviewedError(item=item.code, state=STATE_NAMES[state])
    return version


def _require_other_people(db: Session, version: ItemVersion, reviewer: Actor) -> None:
    """Refuse who wrote any version, and a second acceptance by the person of the first."""
    account_id, item = reviewer.account_id, version.item
    wrote = db.scalar(select(has_written(item.id, account_id)))
    if wrote or is_same_person(item.created_by_id, account_id):
        raise SeparationError(first="命题人", second="审题人")
    if item.state == ItemState.SECOND_REVIEW:
        accepted = select(ItemReview.reviewed_by_id).where(
            ItemReview.version_id == version.id, ItemReview.accepted
        )
        if any(is_same_person(before, account_id) for before in db.scalars(accepted)):
            raise SeparationError(first="一审人", second="二审人")


def _require_in_order(verdict: Verdict) -> None:
    if verdict.missing:
        reason = f"还有 {len(verdict.missing)} 项没有勾选“符合”；不符合的请退回。"
        raise InvalidInputError(field="审题要点", reason=reason)


def _require_bankable(db: Session, version: ItemVersion, round_no: int) -> None:
    """Refuse an item that breaks its form, and at the second round one the bank contradicts."""
    item, content = version.item, content_of(version)
    if faults := check_item(content).errors:
        raise FaultyItemError(item=item.code, faults="".join(faults))
    if round_no < max(ROUNDS.values()):
        return
    found = blocking_duplicates(db, item.project_id, content, except_item_id=item.id)
    if others := [one.item.code for one in found if one.item.state in IN_BANK]:
        raise ContradictedItemError(item=item.code, others="、".join(others))


def _checked(remark: Remark, version: ItemVersion) -> Remark:
    text, quote = remark.text.strip(), remark.quote.strip()
    if remark.field not in remark_fields(content_of(version)):
        raise InvalidInputError(field="批注位置", reason="请从列表中选择一项。")
    if not text:
        raise InvalidInputError(field="批注", reason="请写明意见。")
    if len(text) > MAX_REMARK or len(quote) > MAX_QUOTE:
        reason = f"意见最多 {MAX_REMARK} 字，引用原文最多 {MAX_QUOTE} 字。"
        raise InvalidInputError(field="批注", reason=reason)
    return Remark(remark.field, quote, text)
