"""Ties results to the records they rest on: panels into evidence, and the check of a result."""

from decimal import Decimal
from typing import Any

from sqlalchemy.orm import Session

from registry.catalog.rules.subjects import Subject
from registry.errors import AssessmentError
from scoring.errors import SheetsOutstandingError
from scoring.models import Ruling, ScoreSheet, SubjectResult
from scoring.queries import Panel, panel_of, panel_sheet
from scoring.rules.evidence import EvidenceSource, canonical, source_in, theory_fault
from scoring.rules.examiner_panel import MergeRule, PanelMark, merge_panel
from scoring.rules.states import WITHOUT_WORK


def merged(panel: Panel) -> PanelMark:
    """Merge a panel by the rule of its paper; every sheet that was begun must be submitted."""
    if panel.outstanding_count:
        raise SheetsOutstandingError(count=panel.outstanding_count)
    rule = MergeRule(panel.paper.merge_rule)
    return merge_panel(panel.source.allotted_items, panel.submitted, rule, panel.ruled)


def panel_evidence(panel: Panel, mark: PanelMark) -> str:
    """Write the evidence of a practical mark: every sheet, every ruling, the exact merge."""
    return canonical(
        {
            "source": EvidenceSource.PANEL,
            "paper": panel.paper.code,
            "paper_hash": panel.paper.content_hash,
            "merge_rule": panel.paper.merge_rule,
            "sheets": [_sheet_line(sheet, panel) for sheet in panel.sheets],
            "rulings": [_ruling_line(ruling) for ruling in panel.rulings],
            "exact": str(mark.exact),
        }
    )


def fault_in(db: Session, result: SubjectResult) -> str | None:
    """Say in Chinese why a result does not follow from the records, else None.

    A practical mark is merged again from the sheets on record.
    """
    if result.flag in WITHOUT_WORK:
        is_fair = result.mark == 0 and source_in(result.evidence) is EvidenceSource.ABSENCE
        return None if is_fair else "缺考或无效的记录与成绩不符。"
    if result.subject == Subject.THEORY:
        return theory_fault(result.evidence, result.mark)
    panel = panel_of(db, result.admission_id)
    if panel is None:
        return "缺少考评员评分记录表。"
    try:
        mark = merged(panel)
    except AssessmentError as refusal:
        return refusal.message
    same = panel_evidence(panel, mark) == result.evidence and mark.published == result.mark
    return None if same else "登记的成绩与评分记录表不符。"


def _sheet_line(sheet: ScoreSheet, panel: Panel) -> dict[str, Any]:
    read = panel_sheet(sheet, panel.source)
    return {
        "sheet": sheet.id,
        "examiner": sheet.examiner.card_no,
        "marks": {number: _text(mark) for number, mark in read.marks.items()},
        "minutes_used": sheet.minutes_used,
        "overtime": _text(read.overtime),
        "veto": sheet.veto,
        "total": _text(read.total),
    }


def _ruling_line(ruling: Ruling) -> dict[str, Any]:
    return {
        "target": ruling.target,
        "mark": None if ruling.mark is None else _text(ruling.mark),
        "veto_stands": ruling.veto_stands,
        "reason": ruling.reason,
        "lead": ruling.ruled_by.card_no,
    }


def _text(value: Decimal) -> str:
    return format(value, "f")
