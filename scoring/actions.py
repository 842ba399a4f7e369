"""What turns marks into results: recording, merging, confirming, publishing."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.rules.subjects import CHINESE, Subject
from registry.enrolment.models import Enrolment
from registry.errors import InvalidInputError, NotAllowedError, NotFoundError, SeparationError
from registry.plans.actions import advance_plan
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_to_change, require_state
from registry.plans.rules.states import PlanState
from registry.scheduling.models import Admission
from scoring import queries
from scoring.errors import (
    AlreadyScoredError,
    EvidenceBrokenError,
    MarkSettledError,
    ResultsIncompleteError,
)
from scoring.evidence import fault_in, merged, panel_evidence
from scoring.models import SubjectResult
from scoring.rules.evidence import (
    HASH_LENGTH,
    EvidenceSource,
    TheoryEvidence,
    absence_evidence,
    theory_evidence,
)
from scoring.rules.examiner_panel import EXAMINERS_MIN, TooFewSheetsError
from scoring.rules.marking import TheoryMark
from scoring.rules.outcome import FULL_MARK, publish
from scoring.rules.states import ResultFlag, ResultState

MISSING_SHOWN = 3  # so many missing results are named in the refusal


def record_theory(
    db: Session,
    admission_id: int,
    mark: TheoryMark,
    evidence: TheoryEvidence,
    *,
    actor: Actor,
    now: datetime,
) -> SubjectResult:
    """Record the theory mark of a marked attempt or a confirmed card.

    Recording the same again changes nothing; until confirmation a corrected card replaces the
    mark and the log keeps both.
    """
    _require_one_of(actor, Permission.ROOM_PROCTOR, Permission.CARDS_REVIEW)
    admission = _admission(db, admission_id, Subject.THEORY, actor=actor)
    if mark.full != FULL_MARK:
        raise InvalidInputError(field="理论试卷", reason=f"满分为{mark.full}，应为{FULL_MARK}。")
    is_work = evidence.source in (EvidenceSource.ATTEMPT, EvidenceSource.CARD)
    hashes = (evidence.source_hash, evidence.paper_hash)
    if not is_work or any(len(h) != HASH_LENGTH for h in hashes) or not evidence.presence:
        raise InvalidInputError(field="成绩依据", reason="缺少答卷、试卷或到场记录，不能登记成绩。")
    result = SubjectResult(mark=publish(mark.scaled), flag=ResultFlag.NONE)
    result.evidence = theory_evidence(mark, evidence)
    return _record(db, admission, result, actor=actor, now=now)


def record_absence(
    db: Session, admission_id: int, presence: str, *, actor: Actor, now: datetime
) -> SubjectResult:
    """Record that a candidate missed a subject: 0, flagged; ``presence`` says how it is known."""
    return _without_work(db, admission_id, ResultFlag.ABSENT, presence, actor=actor, now=now)


def record_invalid(
    db: Session, admission_id: int, decision: str, *, actor: Actor, now: datetime
) -> SubjectResult:
    """Record that a subject is invalid by a misconduct decision: 0, flagged; answers are kept."""
    return _without_work(db, admission_id, ResultFlag.INVALID, decision, actor=actor, now=now)


def _without_work(
    db: Session,
    admission_id: int,
    flag: ResultFlag,
    basis: str,
    *,
    actor: Actor,
    now: datetime,
) -> SubjectResult:
    _require_one_of(
        actor,
        Permission.ROOM_PROCTOR,
        Permission.CARDS_REVIEW,
        Permission.PRACTICAL_SCORE,
        Permission.RESULTS_CONFIRM,
    )
    admission = queries.admission_of(db, admission_id)
    subject = Subject(admission.sitting.subject)
    admission = _admission(db, admission_id, subject, actor=actor)
    if not basis.strip():
        raise InvalidInputError(field="缺考依据", reason="请写明缺考是如何记录的。")
    if queries.panel_of(db, admission_id) is not None:
        raise InvalidInputError(field="缺考", reason="该考生已有评分记录表，不能登记缺考。")
    known = queries.result_on_record(db, admission.enrolment_id, subject)
    if known is not None and known.flag != flag:
        raise AlreadyScoredError
    result = SubjectResult(mark=publish(Decimal(0)), flag=flag)
    result.evidence = absence_evidence(basis.strip())
    return _record(db, admission, result, actor=actor, now=now)


def merge_practical(
    db: Session, admission_id: int, *, actor: Actor, now: datetime
) -> SubjectResult:
    """Merge the submitted sheets of a candidate into the practical mark; the lead or the city."""
    admission = _admission(db, admission_id, Subject.PRACTICAL, actor=actor)
    if not actor.may(Permission.RESULTS_CONFIRM):
        actor.require(Permission.PRACTICAL_SCORE)
        queries.lead_of(db, admission.sitting_id, actor=actor)
    panel = queries.panel_of(db, admission_id)
    if panel is None:
        raise TooFewSheetsError(count=0, needed=EXAMINERS_MIN)
    mark = merged(panel)
    flag = ResultFlag.VETO if mark.is_veto else ResultFlag.NONE
    result = SubjectResult(mark=mark.published, flag=flag, evidence=panel_evidence(panel, mark))
    return _record(db, admission, result, actor=actor, now=now)


def confirm_results(
    db: Session, plan_id: int, *, actor: Actor, now: datetime
) -> list[SubjectResult]:
    """Confirm every mark of a plan: all subjects of all candidates scored, each from its evidence.

    From here on no mark changes.
    """
    actor.require(Permission.RESULTS_CONFIRM)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, PlanState.SCORING, action="确认成绩")
    results = complete_results(db, plan)
    require_evidence(db, results)
    for result in results:
        result.state = ResultState.CONFIRMED
        result.confirmed_at, result.confirmed_by_id = now, actor.account_id
    advance_plan(db, plan_id, PlanState.RESULTS_CONFIRMED, actor=actor, now=now)
    _note_plan(db, "confirm_results", plan, len(results), actor=actor, now=now)
    return results


def publish_results(
    db: Session, plan_id: int, *, actor: Actor, now: datetime
) -> list[SubjectResult]:
    """Publish the confirmed marks of a plan; another person than who confirmed them."""
    actor.require(Permission.RESULTS_PUBLISH)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, PlanState.RESULTS_CONFIRMED, action="公布成绩")
    results = complete_results(db, plan)
    if any(result.confirmed_by_id == actor.account_id for result in results):
        raise SeparationError(first="成绩确认人", second="成绩公布人")
    require_evidence(db, results)
    for result in results:
        result.state = ResultState.PUBLISHED
        result.published_at, result.published_by_id = now, actor.account_id
    advance_plan(db, plan_id, PlanState.PUBLISHED, actor=actor, now=now)
    _note_plan(db, "publish_results", plan, len(results), actor=actor, now=now)
    return results


def complete_results(db: Session, plan: AssessmentPlan) -> list[SubjectResult]:
    """Return the results of a plan; raise ``ResultsIncompleteError`` unless the counts tie."""
    admitted = queries.admitted(db, plan)
    found = db.scalars(
        select(SubjectResult).join(SubjectResult.enrolment).where(Enrolment.plan_id == plan.id)
    )
    by_key = {(result.enrolment_id, Subject(result.subject)): result for result in found}
    wanted = [(e, Subject(part.subject)) for e in admitted for part in plan.subjects]
    missing = [(e, subject) for e, subject in wanted if (e.id, subject) not in by_key]
    if missing or len(by_key) != len(wanted) or not wanted:
        named = [f"{e.admission_no or '未编排'} {CHINESE[s]}" for e, s in missing[:MISSING_SHOWN]]
        shown = "、".join(named) + ("等" if len(missing) > MISSING_SHOWN else "")
        present = len(wanted) - len(missing)
        missed = shown or "无（登记数与应有数不符）"
        raise ResultsIncompleteError(expected=len(wanted), present=present, missing=missed)
    return [by_key[e.id, subject] for e, subject in wanted]


def require_evidence(db: Session, results: Sequence[SubjectResult]) -> None:
    """Raise ``EvidenceBrokenError`` for the first mark that does not follow from its records."""
    for result in results:
        fault = fault_in(db, result)
        if fault is not None:
            subject = CHINESE[Subject(result.subject)]
            number = result.enrolment.admission_no
            raise EvidenceBrokenError(admission_no=number, subject=subject, fault=fault)


def _admission(db: Session, admission_id: int, subject: Subject, *, actor: Actor) -> Admission:
    admission = queries.admission_of(db, admission_id)
    if admission.sitting.subject != subject:
        raise NotFoundError(what=f"{CHINESE[subject]}科目的考生")
    queries.require_reach(admission.sitting.plan, actor=actor)
    return admission


def _require_one_of(actor: Actor, *permissions: Permission) -> None:
    if not any(actor.may(permission) for permission in permissions):
        raise NotAllowedError(permission=permissions[0].value)


def _record(
    db: Session, admission: Admission, result: SubjectResult, *, actor: Actor, now: datetime
) -> SubjectResult:
    """Put a result on record; replace one that is not yet confirmed."""
    subject = Subject(admission.sitting.subject)
    plan = admission.sitting.plan
    known = queries.result_on_record(db, admission.enrolment_id, subject)
    if known is not None and known.state != ResultState.SCORED:
        raise MarkSettledError
    if known is not None and known.admission_id != admission.id:
        raise AlreadyScoredError
    allowed = (PlanState.ARRANGED, PlanState.IN_PROGRESS, PlanState.SCORING)
    require_state(plan, *allowed, action="登记成绩")
    if known is not None and (known.evidence, known.flag) == (result.evidence, result.flag):
        return known
    before = None if known is None else f"{known.mark} {known.flag}".strip()
    if known is None:
        known = SubjectResult(enrolment_id=admission.enrolment_id, subject=subject)
        known.admission_id, known.state = admission.id, ResultState.SCORED
        db.add(known)
    known.mark, known.flag, known.evidence = result.mark, result.flag, result.evidence
    known.scored_at = now
    db.flush()
    after = f"{known.mark} {known.flag}".strip()
    detail = {"subject": subject, "before": before, "after": after}
    note(db, "record_result", ("admission", admission.id), actor=actor, now=now, detail=detail)
    _bring_to_scoring(db, plan, actor=actor, now=now)
    return known


def _bring_to_scoring(db: Session, plan: AssessmentPlan, *, actor: Actor, now: datetime) -> None:
    if plan.state == PlanState.ARRANGED:
        advance_plan(db, plan.id, PlanState.IN_PROGRESS, actor=actor, now=now)
    if plan.state == PlanState.IN_PROGRESS:
        advance_plan(db, plan.id, PlanState.SCORING, actor=actor, now=now)


def _note_plan(
    db: Session, action: str, plan: AssessmentPlan, count: int, *, actor: Actor, now: datetime
) -> None:
    db.flush()
    detail = {"number": plan.number, "results": count}
    note(db, action, ("assessment_plan", plan.id), actor=actor, now=now, detail=detail)
