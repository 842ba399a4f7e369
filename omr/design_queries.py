"""Cards designed in this installation: which there are, and the sheets that one stands for."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from omr.layouts import layout_codes, sheets_of
from omr.models import DesignedCard
from omr.rules.card_design.compose import compose
from omr.rules.card_design.design import CardDesign, design_from_json
from omr.rules.card_layout import Sheets
from omr.rules.states import DesignState
from registry.errors import NotFoundError


@dataclass(frozen=True)
class ReadyCard:
    """A card that comes with the system."""

    code: str
    title: str
    pages: int
    items: int


def ready_cards() -> tuple[ReadyCard, ...]:
    """Return the cards that come with the system."""
    found = ((code, sheets_of(code)) for code in layout_codes())
    return tuple(
        ReadyCard(
            code,
            "；".join(sheet.title for sheet in sheets),
            len(sheets),
            sum(group.kind.is_item for sheet in sheets for group in sheet.groups),
        )
        for code, sheets in found
    )


def designed_cards(db: Session) -> Sequence[DesignedCard]:
    """Return every version, the newest of each code first."""
    ordered = select(DesignedCard).order_by(DesignedCard.code, DesignedCard.version.desc())
    return db.scalars(ordered).all()


def designed_card(db: Session, design_id: int) -> DesignedCard:
    """Return one version; raises ``NotFoundError``."""
    found = db.get(DesignedCard, design_id)
    if found is None:
        raise NotFoundError(what="答题卡设计")
    return found


def newest_version(db: Session, code: str) -> DesignedCard | None:
    """Return the newest version of a code."""
    versions = select(DesignedCard).where(DesignedCard.code == code)
    return db.scalars(versions.order_by(DesignedCard.version.desc()).limit(1)).first()


def printable_designs(db: Session) -> Sequence[DesignedCard]:
    """Return the versions by which cards may be printed."""
    released = select(DesignedCard).where(DesignedCard.state == DesignState.RELEASED)
    return db.scalars(released.order_by(DesignedCard.code, DesignedCard.version)).all()


def design_of(found: DesignedCard) -> CardDesign:
    """Return the decisions of a version."""
    return design_from_json(found.design)


def sheets_of_design(found: DesignedCard) -> Sheets:
    """Return the pages of a designed card."""
    return tuple(sheet.layout for sheet in compose(design_of(found)))
