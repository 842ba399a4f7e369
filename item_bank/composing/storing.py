"""Writes the rows of a set of papers; who may do so is decided in ``actions``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from item_bank.composing.queries import DrawingBasis
from item_bank.models import Paper, PaperItem, PaperSet
from item_bank.rules.item import sha256_of
from item_bank.rules.kinds import PaperState, SetPurpose
from item_bank.rules.paper import SealedItem, seal_of
from item_bank.rules.paper_sets.results import PaperSet as DrawnSet
from item_bank.rules.paper_sets.results import PlacedItem, SetPaper
from item_bank.rules.pool import PoolItem
from item_bank.rules.set_report import SetReport, report_text
from registry.access import Actor
from registry.plans.models import AssessmentPlan


@dataclass(frozen=True)
class SealedSet:
    """A set as drawn, with the hash of every paper and the report on their fairness."""

    drawn: DrawnSet
    seals: tuple[str, ...]
    report: SetReport


def store_set(
    db: Session,
    plan: AssessmentPlan,
    blueprint_id: int,
    sealed: SealedSet,
    *,
    purpose: SetPurpose,
    actor: Actor,
    now: datetime,
) -> PaperSet:
    """Store a drawn set: every paper with its hash, the set with the hash of these."""
    drawn = sealed.drawn
    paper_set = PaperSet(
        plan_id=plan.id,
        blueprint_id=blueprint_id,
        number=_next(db, PaperSet, plan.id),
        purpose=purpose,
        paper_count=len(drawn.papers),
        seed=drawn.seed,
        engine_version=drawn.engine_version,
        bank_hash=drawn.bank_hash,
        report=report_text(sealed.report),
        state=PaperState.COMPOSED,
        composed_at=now,
        composed_by_id=actor.account_id,
    )
    paper_set.papers = _papers(paper_set, drawn, sealed.seals, _next(db, Paper, plan.id))
    paper_set.set_hash = hash_of_set(paper_set)
    db.add(paper_set)
    db.flush()
    rows = [
        _item_row(paper.id, item)
        for paper, made in zip(paper_set.papers, drawn.papers, strict=True)
        for item in made.items
    ]
    db.connection().execute(insert(PaperItem), rows)
    return paper_set


def hash_of_set(paper_set: PaperSet) -> str:
    """Return the hash of a set: what it was drawn by, and the hash of every paper."""
    papers = [[paper.form, paper.version, paper.paper_hash] for paper in paper_set.papers]
    basis = [paper_set.purpose, paper_set.engine_version, paper_set.seed, paper_set.bank_hash]
    return sha256_of([basis, sorted(papers), paper_set.report])


def _next(db: Session, table: type[Paper | PaperSet], plan_id: int) -> int:
    last = db.scalar(select(func.max(table.number)).where(table.plan_id == plan_id))
    return (last or 0) + 1


def _papers(
    paper_set: PaperSet, drawn: DrawnSet, seals: Sequence[str], first_number: int
) -> list[Paper]:
    return [
        Paper(
            plan_id=paper_set.plan_id,
            blueprint_id=paper_set.blueprint_id,
            form=made.number,
            version=made.version,
            number=number,
            seed=paper_set.seed,
            engine_version=paper_set.engine_version,
            bank_hash=paper_set.bank_hash,
            paper_hash=seal,
            state=PaperState.COMPOSED,
            composed_at=paper_set.composed_at,
            composed_by_id=paper_set.composed_by_id,
        )
        for number, (made, seal) in enumerate(
            zip(drawn.papers, seals, strict=True), start=first_number
        )
    ]


def seals_of(basis: DrawingBasis, drawn: DrawnSet) -> tuple[str, ...]:
    """Return the hash of every paper, as it will be computed from the stored rows."""
    by_id = {item.version_id: item for item in basis.pool}
    return tuple(_seal(paper, by_id, basis.version_numbers) for paper in drawn.papers)


def _seal(paper: SetPaper, by_id: Mapping[int, PoolItem], numbers: Mapping[int, int]) -> str:
    return seal_of(
        [
            SealedItem(
                position=placed.position,
                code=placed.code,
                version_number=numbers[placed.version_id],
                content_hash=by_id[placed.version_id].content_hash,
                kind=placed.kind,
                points=placed.points,
                key=",".join(sorted(by_id[placed.version_id].key)),
                option_order=",".join(placed.option_order),
            )
            for placed in paper.items
        ]
    )


def _item_row(paper_id: int, item: PlacedItem) -> dict[str, object]:
    return {
        "paper_id": paper_id,
        "position": item.position,
        "kind": item.kind,
        "item_version_id": item.version_id,
        "points": item.points,
        "option_order": ",".join(item.option_order),
    }
