"""How often items were used 曝光台账: versions with the released papers that hold them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session, joinedload

from item_bank.models import ItemVersion, Paper, PaperItem
from item_bank.queries import versions_in_force
from item_bank.rules.kinds import ItemKind, ItemState, PaperState
from registry.access import Actor, Permission
from registry.catalog.models import Specification
from registry.plans.models import AssessmentPlan


@dataclass(frozen=True)
class LedgerLine:
    """One version of an item; versions A and B of a paper count once."""

    item_id: int
    code: str
    version: int
    kind: ItemKind
    point_code: str
    difficulty: int
    state: ItemState
    uses: int
    last_used_at: datetime | None
    share: float  # of all released papers of the project


@dataclass(frozen=True)
class Ledger:
    """All versions in force or used before, by code, and the released papers."""

    lines: tuple[LedgerLine, ...]
    papers: int

    @property
    def by_uses(self) -> tuple[int, ...]:
        """Return how many versions were used not at all, once, twice and so on."""
        most = max((line.uses for line in self.lines), default=0)
        counts = [0] * (most + 1)
        for line in self.lines:
            counts[line.uses] += 1
        return tuple(counts)


def exposure_ledger(db: Session, project_id: int, *, actor: Actor) -> Ledger:
    """Return how often every version of a project stands in released papers."""
    actor.require(Permission.BANK_READ)
    uses = _uses(db, project_id)
    papers = _released_count(db, project_id)
    lines = [_line(version, uses, papers) for version in _versions(db, project_id, list(uses))]
    return Ledger(tuple(sorted(lines, key=lambda line: (line.code, line.version))), papers)


def _uses(db: Session, project_id: int) -> dict[int, tuple[int, datetime]]:
    """Return uses and last use by version."""
    places = (
        select(
            PaperItem.item_version_id.label("version_id"),
            Paper.set_id,
            Paper.form,
            func.max(Paper.released_at).label("released_at"),
        )
        .join(Paper, Paper.id == PaperItem.paper_id)
        .join(AssessmentPlan, AssessmentPlan.id == Paper.plan_id)
        .join(Specification, Specification.id == AssessmentPlan.specification_id)
        .where(Specification.project_id == project_id, Paper.state == PaperState.RELEASED)
        .group_by(PaperItem.item_version_id, Paper.set_id, Paper.form)
        .subquery()
    )
    rows = db.execute(
        select(places.c.version_id, func.count(), func.max(places.c.released_at)).group_by(
            places.c.version_id
        )
    )
    return {version_id: (count, last) for version_id, count, last in rows}


def _released_count(db: Session, project_id: int) -> int:
    released = (
        select(Paper.set_id, Paper.form)
        .join(AssessmentPlan, AssessmentPlan.id == Paper.plan_id)
        .join(Specification, Specification.id == AssessmentPlan.specification_id)
        .where(Specification.project_id == project_id, Paper.state == PaperState.RELEASED)
        .distinct()
        .subquery()
    )
    return db.scalar(select(func.count()).select_from(released)) or 0


def _versions(db: Session, project_id: int, used: list[int]) -> Sequence[ItemVersion]:
    """Return the newest versions of banked and rested items, and every version that was used."""
    newest = versions_in_force().with_only_columns(ItemVersion.id).scalar_subquery()
    chosen = (
        select(ItemVersion)
        .join(ItemVersion.item)
        .where(
            ItemVersion.item.has(project_id=project_id),
            or_(
                ItemVersion.id.in_(used),
                and_(
                    ItemVersion.id.in_(newest),
                    ItemVersion.item.has(state=ItemState.BANKED),
                ),
            ),
        )
        .options(joinedload(ItemVersion.item), joinedload(ItemVersion.element))
    )
    return db.scalars(chosen).all()


def _line(version: ItemVersion, uses: dict[int, tuple[int, datetime]], papers: int) -> LedgerLine:
    count, last = uses.get(version.id, (0, None))
    return LedgerLine(
        item_id=version.item_id,
        code=version.item.code,
        version=version.number,
        kind=ItemKind(version.kind),
        point_code=version.element.code,
        difficulty=version.difficulty,
        state=ItemState(version.item.state),
        uses=count,
        last_used_at=last,
        share=count / papers if papers else 0.0,
    )
