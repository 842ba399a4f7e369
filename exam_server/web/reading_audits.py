"""Samples of confident answers in the browser: drawn, judged one by one, and the batch report."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import translated as _
from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from exam_server.web.scan_rooms import RoomLine, batch_title, home_of, rooms_of_batch
from exam_server.web.scanner_words import ScannerHealth, scanner_health
from exam_server.web.words import word
from omr import queries
from omr.audit_actions import READY, draw_audit, judge_answer
from omr.audit_queries import AuditOutcome, answer_of, audit_of, audits_of, next_answer, outcome_of
from omr.audit_queries import previous_answer as judged_last
from omr.batch_queries import Tally, health_of_batch, tally_of
from omr.batch_report import BatchReport, print_batch_report
from omr.layout_queries import layout_of
from omr.models import AuditedAnswer, ScanBatch
from omr.queries import latest_reading
from omr.rules.silent_errors import TARGETS, sample_size
from omr.rules.states import Verdict
from omr.scans import crop_of
from registry.access import Permission
from registry.database import files_of
from registry.errors import InvalidInputError, NotFoundError

blueprint = Blueprint("reading_audits", __name__, url_prefix="/cards")
_P = Permission
JPEG = "image/jpeg"
ALONE_MM = (10.0, 1.5)  # about the cells: the number beside them, no other question
SEE_PAGES = (_P.CARDS_SCAN, _P.CARDS_REVIEW)


@dataclass(frozen=True)
class Told:
    """A sample in words."""

    outcome: AuditOutcome
    sentence: str


@blueprint.get("/batches/<int:batch_id>/report")
@requires(*SEE_PAGES)
def report(batch_id: int) -> ResponseReturnValue:
    """Show what the batch came to: counts that tie, the scanner, the bound of silent errors."""
    actor = current_actor()
    with reading() as db:
        batch = queries.batch_of(db, batch_id, actor=actor)
        tally, rooms = tally_of(db, batch), rooms_of_batch(db, batch, actor=actor)
        return render_template(
            "card_scanning/report.html",
            batch=batch,
            home=home_of(batch),
            rooms=rooms,
            of_no_room=tally.recorded - sum(line.pages for line in rooms),
            tally=tally,
            health=health_of(db, batch_id),
            audits=[_told(outcome) for outcome in audits_of(db, batch_id)],
            targets=[(str(target), _target_text(target)) for target in TARGETS],
            target=str(TARGETS[1]),
            may_draw=actor.may(_P.CARDS_REVIEW) and batch.state in READY,
        )


@blueprint.get("/batches/<int:batch_id>/report.pdf")
@requires(*SEE_PAGES)
def report_pdf(batch_id: int) -> Response:
    """Give the report for printing."""
    actor = current_actor()
    with reading() as db:
        batch = queries.batch_of(db, batch_id, actor=actor)
        rooms = rooms_of_batch(db, batch, actor=actor)
        made = _report_of(db, batch, tally_of(db, batch), rooms, health_of(db, batch_id))
    return shown(off_the_loop(print_batch_report, made), f"扫描批次-{batch_id}.pdf", PDF)


def health_of(db: Session, batch_id: int) -> ScannerHealth | None:
    """Return what the pages of a batch say about the scanner, if anything."""
    measured = health_of_batch(db, batch_id)
    return scanner_health(measured) if measured else None


def _target_text(target: float) -> str:
    return _(
        "{number} 题，无误时证明误读率不超过 {bound}",
        number=sample_size(target),
        bound=_percent(target),
    )


def _percent(rate: float) -> str:
    return f"{100 * rate:.2g}%" if rate < 0.1 else f"{100 * rate:.0f}%"


def _told(outcome: AuditOutcome) -> Told:
    if outcome.judged == 0:
        return Told(outcome, _("还没有核对，误读率没有上限可言。"))
    sentence = _(
        "核对 {judged} 题，误读 {errors} 题：静默误读率的 95% 置信上限为 {bound}。",
        judged=outcome.judged,
        errors=outcome.errors,
        bound=f"{100 * outcome.bound:.3f}%",
    )
    return Told(outcome, sentence)


def _report_of(
    db: Session,
    batch: ScanBatch,
    tally: Tally,
    rooms: Sequence[RoomLine],
    health: ScannerHealth | None,
) -> BatchReport:
    outcomes = audits_of(db, batch.id)
    return BatchReport(
        title=batch_title(batch),
        facts=(
            (_("批次"), batch.name),
            (_("状态"), word("scan_batch", batch.state)),
            (_("送入"), str(tally.promised)),
            (_("未识读"), str(tally.unread)),
        ),
        counts=tuple((word("page", state), number) for state, number in tally.by_state.items()),
        total=tally.recorded + tally.unread,
        ties=tally.ties,
        rooms=tuple(_room_row(line) for line in rooms),
        of_no_room=tally.recorded - sum(line.pages for line in rooms),
        scanner=health.sentences if health else (_("没有可用的测量数据。"),),
        charts=tuple((chart.name, str(chart.svg)) for chart in health.charts) if health else (),
        audits=tuple(
            f"{_('抽样种子')} {told.outcome.audit.seed} · {told.outcome.size} / "
            f"{told.outcome.audit.population}　{told.sentence}"
            for told in map(_told, outcomes)
        )
        or (_("没有做抽样核验：静默误读率未经证实。"),),
    )


def _room_row(line: RoomLine) -> tuple[str, ...]:
    sitting, found = line.sitting, line.found
    figures = (line.pages, found.issued, found.spoiled, found.scanned, found.kept, found.missing)
    name = f"{sitting.plan.number}-{sitting.number} {sitting.room.name}"
    return (name, *map(str, figures), word("room_of_pile", line.state))


@blueprint.post("/batches/<int:batch_id>/audits")
@requires(_P.CARDS_REVIEW)
def draw(batch_id: int) -> ResponseReturnValue:
    """Draw a sample of confident answers."""
    actor = current_actor()
    with transaction() as db:
        queries.batch_of(db, batch_id, actor=actor)
        audit_id = draw_audit(db, batch_id, _wanted_target(), actor=actor, now=now()).id
    return redirect(url_for(".desk", audit_id=audit_id))


def _wanted_target() -> float:
    wanted = request.form.get("target", "")
    for target in TARGETS:
        if str(target) == wanted:
            return target
    raise InvalidInputError(field="抽样题数", reason="请从列表中选择。")


@blueprint.get("/audits/<int:audit_id>")
@requires(_P.CARDS_REVIEW)
def desk(audit_id: int) -> ResponseReturnValue:
    """Show the next answer of the sample: its picture and what was read."""
    with reading() as db:
        audit = audit_of(db, audit_id, actor=current_actor())
        asked = _asked(audit.answers) or next_answer(db, audit_id)
        earlier = judged_last(db, audit_id)
        layout = layout_of(latest_reading(asked.page)) if asked else None
        group = layout.group(asked.group) if asked and layout else None
        read = asked.value.split(",") if asked else []
        return render_template(
            "card_scanning/audit.html",
            audit=audit,
            batch=audit.batch,
            told=_told(outcome_of(db, audit)),
            answer=asked,
            group=group,
            labels=[cell.label for cell in group.cells if cell.value in read] if group else [],
            earlier=earlier if earlier is not asked else None,
        )


def _asked(answers: list[AuditedAnswer]) -> AuditedAnswer | None:
    """Return the answer that is to be judged again."""
    place = request.args.get("place", "")
    return next((answer for answer in answers if str(answer.place) == place), None)


@blueprint.get("/audited-answers/<int:answer_id>/crop.jpg")
@requires(_P.CARDS_REVIEW)
def crop(answer_id: int) -> Response:
    """Give the picture of one answer of a sample, without the questions above and below."""
    with reading() as db:
        answer = answer_of(db, answer_id, actor=current_actor())
        jpeg = files_of(db).get(answer.page.image_hash or "")
        read = queries.latest_reading(answer.page)
        measures, group, layout = read.measures, answer.group, layout_of(read)
    content = off_the_loop(crop_of, jpeg, measures, group, layout, margin_mm=ALONE_MM)
    if content is None:
        raise NotFoundError(what="该题的图像")
    return shown(content, f"sample-{answer_id}.jpg", JPEG)


@blueprint.post("/audited-answers/<int:answer_id>")
@requires(_P.CARDS_REVIEW)
def judge(answer_id: int) -> ResponseReturnValue:
    """Record whether the person sees what was read."""
    actor = current_actor()
    with transaction() as db:
        audit_id = answer_of(db, answer_id, actor=actor).audit_id
        judge_answer(db, answer_id, _said(), actor=actor, now=now())
    return redirect(url_for(".desk", audit_id=audit_id))


def _said() -> Verdict:
    try:
        return Verdict(request.form.get("verdict", ""))
    except ValueError:
        raise InvalidInputError(field="核对结果", reason="请选择一致或不一致。") from None
