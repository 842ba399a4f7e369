"""Puts together what the printed score sheets and summaries hold, within the actor's reach."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.catalog.rules.subjects import Subject
from registry.errors import NotFoundError
from registry.local_time import local_date
from registry.organisations.queries import centre_of_division
from registry.organisations.rules.institution_code import city_division_of
from registry.plans.queries import plan_of
from registry.scheduling.models import Admission, Sitting
from scoring import queries
from scoring.errors import NoPracticalPaperError
from scoring.models import ScoreSheet
from scoring.rules.practical_paper import PracticalSource
from scoring.rules.printed import MarkLine, ResultSummary, SheetFace, SummaryLine
from scoring.rules.states import ResultFlag


def blank_sheets_of(db: Session, sitting_id: int, *, actor: Actor) -> list[SheetFace]:
    """Return a blank score sheet per candidate of a practical sitting, by station."""
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or sitting.subject != Subject.PRACTICAL:
        raise NotFoundError(what="操作技能考核场次")
    _require_sight(db, sitting, actor=actor)
    project = sitting.plan.specification.project
    paper = queries.practical_paper_of(db, project.id)
    if paper is None:
        raise NoPracticalPaperError(project=project.name)
    source = queries.source_of(paper)
    return [_face(admission, source) for admission in sitting.admissions]


def filled_sheets_of(db: Session, admission_id: int, *, actor: Actor) -> list[SheetFace]:
    """Return every sheet of a candidate, filled; for the lead and the city."""
    panel = queries.sheets_of(db, admission_id, actor=actor)
    sheets = panel.sheets if panel else ()
    return [sheet_face(sheet) for sheet in sheets]


def sheet_face(sheet: ScoreSheet) -> SheetFace:
    """Return one sheet as it is printed."""
    source = queries.source_of(sheet.paper)
    marks = {entry.item.number: MarkLine(entry.mark, entry.remark) for entry in sheet.marks}
    return _face(
        sheet.admission,
        source,
        examiner=f"{sheet.examiner.account.name}（{sheet.examiner.card_no}）",
        marks=marks,
        veto=sheet.veto,
        minutes_used=sheet.minutes_used,
        signed_at=sheet.submitted_at,
    )


def result_summary_of(db: Session, plan_id: int, *, actor: Actor) -> ResultSummary:
    """Return the summary of a plan's results as far as the actor may see them."""
    plan = plan_of(db, plan_id, actor=actor)
    outcomes = queries.outcomes_of(db, plan_id, actor=actor)
    centre = centre_of_division(db, city_division_of(plan.institution.division_code))
    starts = db.scalars(select(Sitting.starts_at).where(Sitting.plan_id == plan.id)).all()
    return ResultSummary(
        project_name=plan.specification.project.name,
        plan_number=plan.number,
        institution=plan.institution.name,
        centre=centre.name,
        assessed_on=local_date(max(starts)) if starts else plan.planned_on,
        subjects=tuple(Subject(part.subject) for part in plan.subjects),
        lines=tuple(_summary_line(outcome) for outcome in outcomes),
    )


def _summary_line(outcome: queries.CandidateOutcome) -> SummaryLine:
    candidate = outcome.enrolment.candidate
    return SummaryLine(
        admission_no=outcome.enrolment.admission_no or "",
        name=candidate.name,
        id_number=candidate.id_number_masked,
        marks={subject: result.mark for subject, result in outcome.results.items()},
        flags={s: ResultFlag(result.flag) for s, result in outcome.results.items()},
        verdict=_verdict(outcome),
    )


def _verdict(outcome: queries.CandidateOutcome) -> str:
    if outcome.outcome is None:
        return ""
    if outcome.results and all(r.flag == ResultFlag.ABSENT for r in outcome.results.values()):
        return "缺考"
    return "合格" if outcome.outcome.passed else "不合格"


def _require_sight(db: Session, sitting: Sitting, *, actor: Actor) -> None:
    if actor.may(Permission.PLAN_READ) or actor.may(Permission.RESULTS_READ):
        queries.require_reach(sitting.plan, actor=actor)
    else:
        queries.dispatch_of(db, sitting.id, actor=actor)


def _face(admission: Admission, source: PracticalSource, **filled: object) -> SheetFace:
    enrolment, plan = admission.enrolment, admission.sitting.plan
    return SheetFace(
        project_name=plan.specification.project.name,
        plan_number=plan.number,
        institution=plan.institution.name,
        assessed_on=local_date(admission.sitting.starts_at),
        admission_no=enrolment.admission_no or "",
        name=enrolment.candidate.name,
        seat_no=admission.seat_no,
        paper=source,
        **filled,  # type: ignore[arg-type]  # the keywords of sheet_face
    )
