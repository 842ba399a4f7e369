"""Draws the score sheet 操作技能考核评分记录表 and the summary of results 成绩汇总表 as PDF."""

from collections.abc import Sequence
from typing import Any, Final

from reportlab.platypus import Flowable, PageBreak, Spacer, Table

from registry.catalog.rules.subjects import CHINESE
from registry.local_time import JIANGSU
from registry.typeface import register_fonts
from scoring.page_layout import (
    CENTRED,
    CONTENT_MM,
    SMALL,
    STRONG,
    SUBTITLE,
    TEXT,
    TITLE,
    PartStart,
    build,
    cell,
    grid,
    signature_row,
)
from scoring.rules.practical_paper import VETO_CHINESE, SourceItem, Task, criteria_lines
from scoring.rules.printed import (
    CHINESE_FLAG,
    PrintMark,
    ResultSummary,
    SheetFace,
    SummaryLine,
    shown,
)
from scoring.rules.states import ResultFlag

SHEET_TITLE: Final = "操作技能考核评分记录表"
SUMMARY_TITLE: Final = "成绩汇总表"
_DATE_PLACE: Final = "　　　年　　月　　日"
_TASK_WIDTHS_MM: Final = (10.0, 23.0, 43.0, 11.0, 53.0, 12.0, 12.0, 18.0)
_BLANK_ROW_MM: Final = 9.0


def print_score_sheets(sheets: Sequence[SheetFace], *, printed: PrintMark) -> bytes:
    """Draw the sheets, filled or blank, each with pages of its own, and return the PDF.

    Raises ``ValueError`` without sheets.
    """
    if not sheets:
        raise ValueError("there is no score sheet to print")
    register_fonts()
    story: list[Flowable] = []
    for index, sheet in enumerate(sheets):
        story += [PageBreak()] if index else []
        story += [PartStart(), *_sheet_pages(sheet)]
    return build(story, SHEET_TITLE, sheets[0].plan_number, printed)


def print_result_summary(summary: ResultSummary, *, printed: PrintMark) -> bytes:
    """Draw the summary of a plan's results and return the PDF."""
    register_fonts()
    story = [
        PartStart(),
        cell(f"{summary.project_name}专项职业能力考核", TITLE),
        cell(SUMMARY_TITLE, SUBTITLE),
        _summary_head(summary),
        Spacer(1, 6),
        _summary_table(summary),
        Spacer(1, 6),
        _summary_counts(summary),
        signature_row("统分人：", "核分人：", "考评组长："),
        signature_row(f"{summary.centre}（考核专用章）", f"日期：{_DATE_PLACE}"),
    ]
    return build(story, SUMMARY_TITLE, summary.plan_number, printed)


def _sheet_pages(sheet: SheetFace) -> list[Flowable]:
    pages = [*_heading(sheet, "总成绩表"), _totals(sheet), Spacer(1, 8), _conditions(sheet)]
    pages += [_signatures("统分人", sheet), Spacer(1, 1)]
    for task in sheet.paper.tasks:
        label = f"试题{task.number}　{task.name}（{shown(task.weight)}分）"
        pages += [PageBreak(), *_heading(sheet, label), _task_table(sheet, task)]
        pages += [_signatures("评分人", sheet)]
    return pages


def _heading(sheet: SheetFace, part: str) -> list[Flowable]:
    facts = (
        ("准考证号", sheet.admission_no, "姓名", sheet.name, "工位号", f"{sheet.seat_no:02d}"),
        (
            "考核机构",
            sheet.institution,
            "试卷代号",
            sheet.paper.code,
            "考核日期",
            sheet.assessed_on.isoformat(),
        ),
    )
    rows = [
        [cell(text, STRONG if place % 2 == 0 else CENTRED) for place, text in enumerate(row)]
        for row in facts
    ]
    return [
        cell(f"{sheet.project_name}专项职业能力考核", TITLE),
        cell(SHEET_TITLE, SUBTITLE),
        grid(rows, (20, 56, 20, 38, 20, 28), head_rows=0),
        Spacer(1, 6),
        cell(part, SUBTITLE),
    ]


def _totals(sheet: SheetFace) -> Table:
    head = [cell(text, STRONG) for text in ("序号", "试题名称", "配分（权重）", "得分", "备注")]
    rows: list[list[Any]] = [head]
    for task in sheet.paper.tasks:
        total = shown(sheet.task_total(task))
        names = (str(task.number), task.name, shown(task.weight), total, "")
        rows.append([cell(text) for text in names])
    overtime = "" if sheet.is_blank else shown(-sheet.overtime.deduction)
    used = "" if sheet.minutes_used is None else f"操作用时{sheet.minutes_used}分钟"
    stop = "，超时停止操作" if sheet.overtime.is_stopped else ""
    rows.append([cell(""), cell("超时"), cell("—"), cell(overtime), cell(used + stop)])
    veto = f"否定项：{sheet.veto}" if sheet.veto else ""
    total = shown(sheet.total)
    rows.append(
        [cell("合计", STRONG), "", cell("100", STRONG), cell(total, STRONG), cell(veto, SMALL)]
    )
    heights = [None] + [_BLANK_ROW_MM] * (len(rows) - 2) + [None if sheet.veto else _BLANK_ROW_MM]
    return grid(rows, (14, 78, 28, 24, 38), ("SPAN", (0, -1), (1, -1)), heights_mm=heights)


def _conditions(sheet: SheetFace) -> Table:
    paper, rule = sheet.paper, sheet.paper.time_rule
    per = "" if rule.per_minutes == 1 else f"{rule.per_minutes}"
    time = (
        f"准备时间{paper.prep_minutes}分钟（不计入考核时限），操作时间{rule.limit_minutes}分钟。"
        f"提前完成不加分，每超时{per or '1'}分钟扣{shown(rule.deduct)}分，"
        f"超时{rule.stop_after_minutes}分钟停止操作。"
    )
    vetoes = "\n".join(
        f"{n}）{veto.text}：{VETO_CHINESE[veto.effect]}。"
        for n, veto in enumerate(paper.vetoes, start=1)
    )
    notes = (
        "1）考评员独立评分，不得互相提示或商议。\n"
        f"2）得分以{shown(paper.mark_step)}分为单位，各要素得分不低于0分、不高于配分。\n"
        "3）记录有更改处由评分人签名；评分标准以外的扣分须在备注栏写明事实。"
    )
    rows = [
        [cell(name, STRONG), cell(text, TEXT, width_mm=CONTENT_MM - 24)]
        for name, text in (("考核时限", time), ("否定项", vetoes or "无"), ("说明", notes))
    ]
    return grid(rows, (24, CONTENT_MM - 24), head_rows=0)


def _task_table(sheet: SheetFace, task: Task) -> Table:
    names = ("序号", "考核要素", "考核要求", "配分", "评分标准", "扣分", "得分", "备注")
    rows: list[list[Any]] = [[cell(text, STRONG) for text in names]]
    rows += [_item_row(sheet, item) for item in task.items]
    total = shown(sheet.task_total(task))
    weight = cell(shown(task.weight), STRONG)
    rows.append([cell("合计", STRONG), "", "", weight, "", "", cell(total, STRONG), ""])
    return grid(rows, _TASK_WIDTHS_MM, ("SPAN", (0, -1), (2, -1)))


def _item_row(sheet: SheetFace, item: SourceItem) -> list[Any]:
    line = sheet.marks.get(item.number)
    taken = None if line is None else item.allotted - line.mark
    criteria = "\n".join(criteria_lines(item.criteria))
    return [
        cell(item.number),
        cell(item.name, SMALL, width_mm=_TASK_WIDTHS_MM[1]),
        cell(item.requirement, SMALL, width_mm=_TASK_WIDTHS_MM[2]),
        cell(shown(item.allotted)),
        cell(criteria, SMALL, width_mm=_TASK_WIDTHS_MM[4]),
        cell(shown(taken)),
        cell("" if line is None else shown(line.mark), STRONG),
        cell("" if line is None else line.remark, SMALL, width_mm=_TASK_WIDTHS_MM[7]),
    ]


def _signatures(role: str, sheet: SheetFace) -> Table:
    name = sheet.examiner if role == "评分人" else ""
    signed = sheet.signed_at.astimezone(JIANGSU) if sheet.signed_at and name else None
    at = f"{signed:%Y-%m-%d %H:%M}" if signed else _DATE_PLACE
    return signature_row(f"{role}：{name}", f"日期：{at}", "核分人：")


def _summary_head(summary: ResultSummary) -> Table:
    facts = (
        ("批次编号", summary.plan_number, "考核日期", summary.assessed_on.isoformat()),
        ("考核机构", summary.institution, "考核项目", summary.project_name),
    )
    rows = [
        [cell(text, STRONG if place % 2 == 0 else CENTRED) for place, text in enumerate(row)]
        for row in facts
    ]
    return grid(rows, (24, 74, 24, 60), head_rows=0)


def _summary_table(summary: ResultSummary) -> Table:
    subjects = [CHINESE[subject] for subject in summary.subjects]
    names = ("序号", "准考证号", "姓名", "身份证号", *subjects, "结论", "备注")
    rows = [[cell(text, STRONG) for text in names]]
    rows += [_summary_row(n, line, summary) for n, line in enumerate(summary.lines, start=1)]
    marks_mm = 20.0
    fixed = (12.0, 30.0, 26.0, 40.0)
    rest = CONTENT_MM - sum(fixed) - marks_mm * len(subjects) - 18
    return grid(rows, (*fixed, *([marks_mm] * len(subjects)), 18, rest))


def _summary_row(number: int, line: SummaryLine, summary: ResultSummary) -> list[Any]:
    marks = [
        "缺考" if line.flags.get(subject) is ResultFlag.ABSENT else str(line.marks.get(subject, ""))
        for subject in summary.subjects
    ]
    flags = [
        f"{CHINESE[subject]}{CHINESE_FLAG[flag]}"
        for subject, flag in line.flags.items()
        if flag is ResultFlag.VETO
    ]
    facts = (str(number), line.admission_no, line.name, line.id_number, *marks, line.verdict)
    return [*(cell(text) for text in facts), cell("；".join(flags), SMALL)]


def _summary_counts(summary: ResultSummary) -> Table:
    facts = (
        ("应考人数", str(len(summary.lines))),
        ("实考人数", str(summary.present_count)),
        ("缺考人数", str(summary.absent_count)),
        ("合格人数", str(summary.passed_count)),
        ("合格率", summary.pass_rate),
    )
    row = [
        cell(text, style)
        for pair in facts
        for text, style in zip(pair, (STRONG, CENTRED), strict=True)
    ]
    return grid([row], (20, 16.4) * len(facts), head_rows=0)
