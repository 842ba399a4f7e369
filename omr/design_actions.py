"""What people do with designs of cards: save the next version, release it, withdraw it."""

from datetime import datetime

from sqlalchemy.orm import Session

from omr.design_queries import designed_card, newest_version, sheets_of_design
from omr.errors import DesignFaultyError
from omr.layouts import layout_codes
from omr.models import DesignedCard
from omr.rules.card_design.compose import compose
from omr.rules.card_design.design import CardDesign, design_json
from omr.rules.card_design.readability import findings_of
from omr.rules.states import DesignState
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import InvalidInputError, WrongStateError

STATE_WORDS = {
    DesignState.DRAFT: "草稿",
    DesignState.RELEASED: "已发布",
    DesignState.WITHDRAWN: "已停用",
}
CAME_WITH_US = "是系统自带版式的代码，请另取一个"


def save_design(db: Session, design: CardDesign, *, actor: Actor, now: datetime) -> DesignedCard:
    """Keep a design as the next version of its code; the same decisions are not kept twice.

    Raises ``CardLayoutError`` for what cannot be drawn. What reads badly may be kept as a draft.
    """
    actor.require(Permission.CARDS_DESIGN)
    if design.code.lower() in layout_codes():
        raise InvalidInputError(field="版式代码", reason=f"{design.code} {CAME_WITH_US}。")
    sheets = compose(design)
    text, before = design_json(design), newest_version(db, design.code)
    if before is not None and before.design == text:
        return before
    saved = DesignedCard(
        code=design.code,
        version=before.version + 1 if before else 1,
        design=text,
        layout_hash=sheets[0].layout.layout_hash,
        items=sum(section.count for section in design.sections),
        pages=len(sheets),
        state=DesignState.DRAFT,
        saved_at=now,
        saved_by_id=actor.account_id,
    )
    db.add(saved)
    db.flush()
    detail = {"code": saved.code, "version": saved.version, "layout": saved.layout_hash}
    note(db, "save_card_design", ("designed_card", saved.id), actor=actor, now=now, detail=detail)
    return saved


def release_design(db: Session, design_id: int, *, actor: Actor, now: datetime) -> DesignedCard:
    """Let cards be printed by a version; refused while it has faults of readability."""
    actor.require(Permission.CARDS_DESIGN)
    found = _in_state(db, design_id, DesignState.DRAFT, "发布")
    faults = [
        finding
        for sheet in sheets_of_design(found)
        for finding in findings_of(sheet)
        if finding.is_fault
    ]
    if faults:
        raise DesignFaultyError(count=len(faults), first=faults[0].text)
    found.state = DesignState.RELEASED
    note(db, "release_card_design", ("designed_card", found.id), actor=actor, now=now)
    return found


def withdraw_design(db: Session, design_id: int, *, actor: Actor, now: datetime) -> DesignedCard:
    """Print no more cards by a version; those in print are still read."""
    actor.require(Permission.CARDS_DESIGN)
    found = _in_state(db, design_id, DesignState.RELEASED, "停用版式")
    found.state = DesignState.WITHDRAWN
    note(db, "withdraw_card_design", ("designed_card", found.id), actor=actor, now=now)
    return found


def _in_state(db: Session, design_id: int, state: DesignState, action: str) -> DesignedCard:
    found = designed_card(db, design_id)
    if found.state != state:
        words = STATE_WORDS[DesignState(found.state)]
        raise WrongStateError(what="答题卡设计", state=words, action=action)
    return found
