"""Where an item was seen: papers, sittings, candidates, and how many had it right.

Papers belong to the bank, attempts to the delivery and cards to the reader: they meet here.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.delivery.models import Attempt
from item_bank.models import ItemVersion, Paper, PaperItem
from omr.models import PrintedCard
from registry.access import Actor, Permission
from registry.plans.models import AssessmentPlan
from registry.scheduling.models import Admission, Sitting
from scoring.errata.queries import theory_results_of
from scoring.rules.evidence import item_marks

MAX_PAPERS = 500  # one paper per candidate makes many; the newest come first


@dataclass(frozen=True)
class Exposure:
    """A version of the item in one paper at one sitting; no sitting when nobody has seen it yet."""

    version: ItemVersion
    paper: Paper
    plan: AssessmentPlan
    sitting: Sitting | None
    seen_by: int
    right: int | None  # of those who are marked, all sittings of the paper together
    marked: int

    @property
    def first_seen_at(self) -> datetime | None:
        """Return when the sitting began."""
        return self.sitting.starts_at if self.sitting else None


def exposures_of(db: Session, item_id: int, *, actor: Actor) -> tuple[Exposure, ...]:
    """Return every paper and sitting with a version of the item, newest paper first."""
    actor.require(Permission.BANK_READ)
    chosen = (
        select(Paper, ItemVersion, PaperItem.position, AssessmentPlan)
        .join(PaperItem, PaperItem.paper_id == Paper.id)
        .join(ItemVersion, ItemVersion.id == PaperItem.item_version_id)
        .join(AssessmentPlan, AssessmentPlan.id == Paper.plan_id)
        .where(ItemVersion.item_id == item_id)
        .order_by(Paper.id.desc())
        .limit(MAX_PAPERS)
    )
    found: list[Exposure] = []
    for paper, version, position, plan in db.execute(chosen).all():
        sittings = _seen_at(db, paper.id)
        marks = [item_marks(r.evidence)[position] for r in theory_results_of(db, paper)]
        right = sum(mark.is_full for mark in marks) if marks else None
        for sitting, seen_by in sittings.items() or [(None, 0)]:
            found.append(Exposure(version, paper, plan, sitting, seen_by, right, len(marks)))
    return tuple(found)


def _seen_at(db: Session, paper_id: int) -> Mapping[Sitting | None, int]:
    """Count who has had a paper before the eyes: started at a computer, or was given a card."""
    started = (
        select(Attempt.sitting_id, func.count())
        .where(Attempt.paper_id == paper_id, Attempt.started_at.is_not(None))
        .group_by(Attempt.sitting_id)
    )
    printed = (
        select(Admission.sitting_id, func.count(func.distinct(Admission.id)))
        .join(PrintedCard, PrintedCard.admission_id == Admission.id)
        .where(PrintedCard.paper_id == paper_id)
        .group_by(Admission.sitting_id)
    )
    seen: Counter[int] = Counter()
    for statement in (started, printed):
        for sitting_id, count in db.execute(statement):
            seen[sitting_id] += count
    return {db.get(Sitting, sitting_id): count for sitting_id, count in sorted(seen.items())}
