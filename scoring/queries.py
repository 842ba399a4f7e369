"""Reads of score sheets, panels, results and outcomes within the actor's reach."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, selectinload

from registry.access import Actor, Permission
from registry.catalog.rules.subjects import Subject
from registry.enrolment.models import Enrolment, EnrolmentState
from registry.errors import NotAllowedError, NotFoundError
from registry.organisations.queries import within_reach
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of
from registry.scheduling.models import Admission, Dispatch, Sitting
from registry.staff.models import Examiner
from registry.staff.queries import examiner_of_account
from scoring.errors import NotDispatchedError, NotLeadError, OwnSheetFirstError
from scoring.models import PracticalPaper, Ruling, ScoreSheet, SheetMark, SubjectResult
from scoring.rules.examiner_panel import (
    EXAMINERS_MIN,
    Dispute,
    DisputeKind,
    PanelSheet,
    Rulings,
    find_disputes,
)
from scoring.rules.outcome import Outcome, decide_outcome
from scoring.rules.practical_paper import PracticalSource, read_practical_paper
from scoring.rules.score_sheet import overtime_of
from scoring.rules.states import ResultFlag, ResultState, SheetState

ADMITTED = (EnrolmentState.PASSED, EnrolmentState.ARRANGED)


@dataclass(frozen=True)
class Panel:
    """Everything the examiners have on record about one candidate."""

    admission: Admission
    paper: PracticalPaper
    source: PracticalSource
    sheets: tuple[ScoreSheet, ...]
    rulings: tuple[Ruling, ...]

    @property
    def submitted(self) -> tuple[PanelSheet, ...]:
        """Return the valid sheets as the rules take them."""
        valid = [sheet for sheet in self.sheets if sheet.state == SheetState.SUBMITTED]
        return tuple(panel_sheet(sheet, self.source) for sheet in valid)

    @property
    def outstanding_count(self) -> int:
        """Return how many sheets were begun and not submitted."""
        return sum(sheet.state == SheetState.OPENED for sheet in self.sheets)

    @property
    def ruled(self) -> Rulings:
        """Return the lead's decisions as the rules take them."""
        totals = [r.mark for r in self.rulings if r.kind == DisputeKind.TOTAL]
        vetoes = [r.veto_stands for r in self.rulings if r.kind == DisputeKind.VETO]
        items = {
            r.target: r.mark
            for r in self.rulings
            if r.kind == DisputeKind.ITEM and r.mark is not None
        }
        return Rulings(items, totals[0] if totals else None, vetoes[0] if vetoes else None)

    @property
    def disputes(self) -> tuple[Dispute, ...]:
        """Return the open disputes; none before enough sheets are submitted."""
        if self.outstanding_count or len(self.submitted) < EXAMINERS_MIN:
            return ()
        return find_disputes(self.source.allotted_items, self.submitted, self.ruled)


@dataclass(frozen=True)
class ExaminerSitting:
    """A practical sitting of an examiner with how far the own marking has come."""

    sitting: Sitting
    is_lead: bool
    done: int
    total: int


@dataclass(frozen=True)
class ExaminerCandidate:
    """A candidate of a practical sitting with the examiner's own sheet."""

    admission: Admission
    sheet: ScoreSheet | None
    total: Decimal | None
    is_scored: bool


@dataclass(frozen=True)
class CandidateOutcome:
    """The results of one candidate by subject; the verdict once every subject has one."""

    enrolment: Enrolment
    results: Mapping[Subject, SubjectResult]
    outcome: Outcome | None

    @property
    def is_absent(self) -> bool:
        """Say whether the candidate missed a subject."""
        return any(result.flag == ResultFlag.ABSENT for result in self.results.values())

    @property
    def is_published(self) -> bool:
        """Say whether every subject has a published mark."""
        states = {result.state for result in self.results.values()}
        return self.outcome is not None and states == {ResultState.PUBLISHED}


def source_of(paper: PracticalPaper) -> PracticalSource:
    """Return a stored practical paper as the rules take it."""
    return read_practical_paper(json.loads(paper.content))


def practical_paper_of(db: Session, project_id: int) -> PracticalPaper | None:
    """Return the newest practical paper of a project."""
    return db.scalar(
        select(PracticalPaper)
        .where(PracticalPaper.project_id == project_id)
        .order_by(PracticalPaper.id.desc())
        .limit(1)
    )


def panel_sheet(sheet: ScoreSheet, source: PracticalSource) -> PanelSheet:
    """Return a stored sheet as the rules take it, overtime applied."""
    overtime = overtime_of(source.time_rule, sheet.minutes_used or 0)
    marks = {entry.item.number: entry.mark for entry in sheet.marks}
    return PanelSheet(sheet.examiner_id, marks, sheet.veto, overtime.deduction)


def admission_of(db: Session, admission_id: int) -> Admission:
    """Return an admission; who may see it is decided by dispatch or by ``require_reach``."""
    admission = db.get(Admission, admission_id)
    if admission is None:
        raise NotFoundError(what="考生的场次安排")
    return admission


def require_reach(plan: AssessmentPlan, *, actor: Actor) -> None:
    """Raise ``NotFoundError`` for a plan outside the actor's reach."""
    if not actor.reaches(plan.institution.division_code, plan.institution_id):
        raise NotFoundError(what="考核计划")


def dispatch_of(db: Session, sitting_id: int, *, actor: Actor) -> Dispatch:
    """Return the actor's own dispatch to a sitting; raise ``NotDispatchedError`` without one."""
    dispatch = db.scalar(
        select(Dispatch)
        .join(Dispatch.examiner)
        .where(Dispatch.sitting_id == sitting_id, Examiner.account_id == actor.account_id)
    )
    if dispatch is None:
        raise NotDispatchedError
    return dispatch


def lead_of(db: Session, sitting_id: int, *, actor: Actor) -> Examiner:
    """Return the actor as lead examiner of a sitting; raise ``NotLeadError`` otherwise."""
    dispatch = dispatch_of(db, sitting_id, actor=actor)
    if not dispatch.is_lead:
        raise NotLeadError
    return dispatch.examiner


def examiner_sittings(db: Session, *, actor: Actor) -> list[ExaminerSitting]:
    """Return the practical sittings to which the actor is dispatched, newest first."""
    examiner = examiner_of_account(db, actor.account_id) if actor.account_id is not None else None
    if examiner is None:
        return []
    dispatches = db.scalars(
        select(Dispatch)
        .join(Dispatch.sitting)
        .where(Dispatch.examiner_id == examiner.id)
        .order_by(Sitting.starts_at.desc(), Sitting.id.desc())
    )
    return [_examiner_sitting(db, dispatch) for dispatch in dispatches]


def _examiner_sitting(db: Session, dispatch: Dispatch) -> ExaminerSitting:
    admissions = (
        select(func.count(Admission.id))
        .join(Admission.enrolment)
        .where(
            Admission.sitting_id == dispatch.sitting_id,
            Enrolment.state != EnrolmentState.DEFERRED,
        )
    )
    done = (
        select(func.count(ScoreSheet.id))
        .join(ScoreSheet.admission)
        .where(
            Admission.sitting_id == dispatch.sitting_id,
            ScoreSheet.examiner_id == dispatch.examiner_id,
            ScoreSheet.state == SheetState.SUBMITTED,
        )
    )
    counts = (db.scalar(done) or 0, db.scalar(admissions) or 0)
    return ExaminerSitting(dispatch.sitting, dispatch.is_lead, *counts)


def candidates_of_sitting(db: Session, sitting_id: int, *, actor: Actor) -> list[ExaminerCandidate]:
    """Return the candidates of a sitting with the actor's own sheets, by station."""
    examiner_id = dispatch_of(db, sitting_id, actor=actor).examiner_id
    sheets = {
        sheet.admission_id: sheet
        for sheet in db.scalars(
            select(ScoreSheet)
            .join(ScoreSheet.admission)
            .where(Admission.sitting_id == sitting_id, ScoreSheet.examiner_id == examiner_id)
        )
    }
    scored = set(
        db.scalars(
            select(SubjectResult.admission_id)
            .join(SubjectResult.admission)
            .where(Admission.sitting_id == sitting_id)
        )
    )
    admissions = db.scalars(
        select(Admission)
        .join(Admission.enrolment)
        .where(Admission.sitting_id == sitting_id, Enrolment.state != EnrolmentState.DEFERRED)
        .order_by(Admission.seat_no)
    )
    return [
        ExaminerCandidate(a, sheet, total_of(sheet) if sheet else None, a.id in scored)
        for a in admissions
        for sheet in [sheets.get(a.id)]
    ]


def total_of(sheet: ScoreSheet) -> Decimal:
    """Return the sum of a sheet as it stands, overtime taken off."""
    return panel_sheet(sheet, source_of(sheet.paper)).total


def own_sheet(db: Session, admission_id: int, *, actor: Actor) -> ScoreSheet | None:
    """Return the actor's own sheet of a candidate."""
    admission = admission_of(db, admission_id)
    examiner_id = dispatch_of(db, admission.sitting_id, actor=actor).examiner_id
    return db.scalar(
        select(ScoreSheet).where(
            ScoreSheet.admission_id == admission_id, ScoreSheet.examiner_id == examiner_id
        )
    )


def panel_of(db: Session, admission_id: int) -> Panel | None:
    """Return the panel of a candidate, None before any sheet; for actions and checks."""
    sheets = tuple(
        db.scalars(
            select(ScoreSheet)
            .where(ScoreSheet.admission_id == admission_id)
            .options(selectinload(ScoreSheet.marks).selectinload(SheetMark.item))
            .order_by(ScoreSheet.examiner_id)
        )
    )
    if not sheets:
        return None
    rulings = select(Ruling).where(Ruling.admission_id == admission_id).order_by(Ruling.id)
    paper = sheets[0].paper
    found = tuple(db.scalars(rulings))
    return Panel(sheets[0].admission, paper, source_of(paper), sheets, found)


def sheets_of(db: Session, admission_id: int, *, actor: Actor) -> Panel | None:
    """Return all sheets of a candidate, for the lead and the city.

    The lead sees them after submitting the own sheet: examiners mark independently.
    """
    admission = admission_of(db, admission_id)
    panel = panel_of(db, admission_id)
    if actor.may(Permission.RESULTS_READ):
        require_reach(admission.sitting.plan, actor=actor)
        return panel
    lead = lead_of(db, admission.sitting_id, actor=actor)
    own = [s for s in panel.sheets if s.examiner_id == lead.id] if panel else []
    if any(sheet.state != SheetState.SUBMITTED for sheet in own) or (panel and not own):
        raise OwnSheetFirstError
    return panel


def disputes_of(db: Session, admission_id: int, *, actor: Actor) -> tuple[Dispute, ...]:
    """Return the open disputes of a candidate, for the lead and the city."""
    panel = sheets_of(db, admission_id, actor=actor)
    return panel.disputes if panel else ()


def disputed_panels(db: Session, sitting_id: int, *, actor: Actor) -> list[Panel]:
    """Return the candidates of a sitting with open disputes, by station; for the lead."""
    lead_of(db, sitting_id, actor=actor)
    ids = select(Admission.id).where(Admission.sitting_id == sitting_id)
    panels = [panel_of(db, i) for i in db.scalars(ids.order_by(Admission.seat_no))]
    return [panel for panel in panels if panel is not None and panel.disputes]


def result_on_record(db: Session, enrolment_id: int, subject: Subject) -> SubjectResult | None:
    """Return a subject result whoever asks; for actions and checks."""
    return db.scalar(
        select(SubjectResult).where(
            SubjectResult.enrolment_id == enrolment_id, SubjectResult.subject == subject
        )
    )


def results_on_record(db: Session, enrolment_id: int) -> list[SubjectResult]:
    """Return the results of one enrolment whoever asks, theory first; for actions and checks."""
    chosen = select(SubjectResult).where(SubjectResult.enrolment_id == enrolment_id)
    return list(db.scalars(chosen.order_by(SubjectResult.subject.desc())))


def result_of(
    db: Session, enrolment_id: int, subject: Subject, *, actor: Actor
) -> SubjectResult | None:
    """Return the result of one subject; without the right to read results only if published."""
    chosen = _results_seen_by(actor).where(
        SubjectResult.enrolment_id == enrolment_id, SubjectResult.subject == subject
    )
    return db.scalar(chosen)


def results_of(db: Session, plan_id: int, *, actor: Actor) -> list[SubjectResult]:
    """Return the results of a plan by admission number, theory first."""
    chosen = _results_seen_by(actor).where(Enrolment.plan_id == plan_id)
    chosen = chosen.order_by(Enrolment.admission_no, SubjectResult.subject.desc())
    return list(db.scalars(chosen))


def outcome_of(db: Session, enrolment_id: int, *, actor: Actor) -> CandidateOutcome:
    """Return marks and verdict of one candidate, as far as the actor may see them."""
    enrolment = db.get(Enrolment, enrolment_id)
    if enrolment is None:
        raise NotFoundError(what="报名")
    require_reach(enrolment.plan, actor=actor)
    seen = _results_seen_by(actor).where(SubjectResult.enrolment_id == enrolment_id)
    return _outcome(enrolment, list(db.scalars(seen)))


def outcomes_of(db: Session, plan_id: int, *, actor: Actor) -> list[CandidateOutcome]:
    """Return marks and verdicts of a plan's candidates by admission number."""
    plan = plan_of(db, plan_id, actor=actor)
    by_enrolment: dict[int, list[SubjectResult]] = {}
    for result in results_of(db, plan_id, actor=actor):
        by_enrolment.setdefault(result.enrolment_id, []).append(result)
    return [_outcome(e, by_enrolment.get(e.id, [])) for e in admitted(db, plan)]


def admitted(db: Session, plan: AssessmentPlan) -> list[Enrolment]:
    """Return the enrolments that passed the audit and were not withdrawn."""
    return list(
        db.scalars(
            select(Enrolment)
            .where(Enrolment.plan_id == plan.id, Enrolment.state.in_(ADMITTED))
            .options(selectinload(Enrolment.candidate))
            .order_by(Enrolment.admission_no, Enrolment.id)
        )
    )


def _results_seen_by(actor: Actor) -> Select[SubjectResult]:
    chosen = (
        select(SubjectResult)
        .join(SubjectResult.enrolment)
        .join(Enrolment.plan)
        .join(AssessmentPlan.institution)
        .where(within_reach(actor))
    )
    if actor.may(Permission.RESULTS_READ):
        return chosen
    if not actor.may(Permission.PLAN_READ):
        raise NotAllowedError(permission=Permission.RESULTS_READ.value)
    return chosen.where(SubjectResult.state == ResultState.PUBLISHED)


def _outcome(enrolment: Enrolment, results: list[SubjectResult]) -> CandidateOutcome:
    by_subject = {Subject(result.subject): result for result in results}
    wanted = {Subject(part.subject) for part in enrolment.plan.subjects}
    marks = {subject: result.mark for subject, result in by_subject.items()}
    decided = decide_outcome(marks) if by_subject.keys() == wanted else None
    return CandidateOutcome(enrolment, by_subject, decided)
