"""Reads of errata: what stands for a paper, whom a change touches, what a mark was before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from item_bank.models import ItemVersion, Paper, PaperItem
from item_bank.sealing import revealed_json
from registry.access import Actor, Permission
from registry.catalog.rules.subjects import Subject
from registry.enrolment.models import Enrolment
from registry.errors import NotFoundError
from scoring.models import Erratum, ResultRevision, SubjectResult
from scoring.rules.errata import Correction, ErratumState, Remedy
from scoring.rules.evidence import EvidenceSource, source_in, theory_work
from scoring.rules.outcome import PASS_MARK
from scoring.rules.states import WITHOUT_WORK

SEALED_PURPOSE = "erratum.sealed"


@dataclass(frozen=True)
class ErratumWords:
    """What an erratum says: why, and the further answers that count, as option ids."""

    reason: str
    accepted: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Change:
    """One candidate's mark before and after."""

    result: SubjectResult
    before: Decimal
    after: Decimal

    @property
    def is_raised(self) -> bool:
        """Tell whether the candidate gains."""
        return self.after > self.before

    @property
    def turns_to_pass(self) -> bool:
        """Tell whether the subject was failed and is now passed."""
        return self.before < PASS_MARK <= self.after

    @property
    def turns_to_fail(self) -> bool:
        """Tell whether the subject was passed and is now failed."""
        return self.after < PASS_MARK <= self.before


def erratum_of(db: Session, erratum_id: int, *, actor: Actor) -> Erratum:
    """Return an erratum for those who propose or decide."""
    _require_reader(actor)
    erratum = db.get(Erratum, erratum_id)
    if erratum is None:
        raise NotFoundError(what="试题勘误")
    return erratum


def errata(db: Session, *, actor: Actor) -> Sequence[Erratum]:
    """Return all errata, those that wait for a decision first."""
    _require_reader(actor)
    chosen = (
        select(Erratum)
        .options(joinedload(Erratum.version).joinedload(ItemVersion.item))
        .order_by(Erratum.state != ErratumState.PROPOSED, Erratum.id.desc())
    )
    return db.scalars(chosen).all()


def errata_to_decide(db: Session, *, actor: Actor) -> int:
    """Return how many errata the actor, who proposed none of them, may decide."""
    chosen = select(func.count(Erratum.id)).where(
        Erratum.state == ErratumState.PROPOSED,
        Erratum.proposed_by_id.is_distinct_from(actor.account_id),
    )
    return db.scalar(chosen) or 0


def words_of(db: Session, erratum: Erratum) -> ErratumWords:
    """Return what an erratum says."""
    said = revealed_json(db, erratum.sealed, SEALED_PURPOSE)
    return ErratumWords(said["reason"], tuple(tuple(answer) for answer in said["accepted"]))


def correction_of(db: Session, erratum: Erratum) -> Correction:
    """Return an erratum as marking applies it."""
    accepted = frozenset(frozenset(answer) for answer in words_of(db, erratum).accepted)
    return Correction(erratum.id, Remedy(erratum.remedy), accepted)


def standing_corrections(db: Session, paper_id: int) -> dict[int, Correction]:
    """Return by position what was decided about the items of a paper; the latest decision holds."""
    chosen = (
        select(PaperItem.position, Erratum)
        .join(Erratum, Erratum.version_id == PaperItem.item_version_id)
        .where(PaperItem.paper_id == paper_id, Erratum.state == ErratumState.DECIDED)
        .order_by(Erratum.decided_at, Erratum.id)
    )
    return {position: correction_of(db, erratum) for position, erratum in db.execute(chosen)}


def papers_with(db: Session, version_id: int) -> Sequence[Paper]:
    """Return the papers that hold a version of an item."""
    chosen = (
        select(Paper)
        .join(PaperItem, PaperItem.paper_id == Paper.id)
        .where(PaperItem.item_version_id == version_id)
        .order_by(Paper.id)
    )
    return db.scalars(chosen).all()


def theory_results_of(db: Session, paper: Paper) -> list[SubjectResult]:
    """Return the marks that were taken with a paper; absences have none."""
    chosen = (
        select(SubjectResult)
        .join(Enrolment, Enrolment.id == SubjectResult.enrolment_id)
        .where(Enrolment.plan_id == paper.plan_id, SubjectResult.subject == Subject.THEORY)
        .options(joinedload(SubjectResult.enrolment).joinedload(Enrolment.candidate))
        .order_by(Enrolment.admission_no)
    )
    return [result for result in db.scalars(chosen) if _is_of(result, paper)]


def changes_by(db: Session, erratum: Erratum, *, actor: Actor) -> list[Change]:
    """Return what a decided erratum changed, by admission number."""
    _require_reader(actor)
    chosen = (
        select(ResultRevision)
        .where(ResultRevision.erratum_id == erratum.id)
        .options(
            joinedload(ResultRevision.result)
            .joinedload(SubjectResult.enrolment)
            .joinedload(Enrolment.candidate)
        )
    )
    rows = [Change(row.result, row.mark_before, row.mark_after) for row in db.scalars(chosen)]
    return sorted(rows, key=lambda change: change.result.enrolment.admission_no or "")


def as_of(db: Session, result: SubjectResult, at: datetime) -> tuple[Decimal, str]:
    """Return mark and evidence of a result as they stood at an instant."""
    later = db.scalar(
        select(ResultRevision)
        .where(ResultRevision.result_id == result.id, ResultRevision.revised_at > at)
        .order_by(ResultRevision.revised_at, ResultRevision.id)
        .limit(1)
    )
    if later is None:
        return result.mark, result.evidence
    return later.mark_before, later.evidence_before


def _is_of(result: SubjectResult, paper: Paper) -> bool:
    if result.flag in WITHOUT_WORK:
        return False
    if source_in(result.evidence) not in (EvidenceSource.ATTEMPT, EvidenceSource.CARD):
        return False
    return theory_work(result.evidence)[0].paper_hash == paper.paper_hash


def _require_reader(actor: Actor) -> None:
    if not actor.may(Permission.ERRATUM_DECIDE):
        actor.require(Permission.BANK_WRITE)
