"""Draws a specification on A4 pages in the usual layout of the document, as PDF."""

from collections.abc import Iterable
from typing import Any, Final

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, Spacer, Table

from exam_server.web.formats import chinese_number
from registry.catalog.rules.specification import SpecificationText, SubjectText
from registry.catalog.rules.subjects import CHINESE
from registry.typeface import register_fonts
from scoring.page_layout import (
    CENTRED,
    CONTENT_MM,
    STRONG,
    TEXT,
    TITLE,
    PartStart,
    build_pages,
    cell,
    grid,
    print_line,
)
from scoring.rules.printed import PrintMark
from scoring.typeface import BOLD

HEADING: Final = ParagraphStyle(
    "heading",
    parent=STRONG,
    alignment=TA_LEFT,
    fontName=BOLD,
    fontSize=11,
    leading=18,
    spaceBefore=8,
)
BODY: Final = ParagraphStyle("body", parent=TEXT, fontSize=10.5, leading=17)
LINE: Final = ParagraphStyle("line", parent=CENTRED, fontSize=10, leading=16)
INDENT: Final = "　　"
TASK_WIDTHS_MM: Final = (34.0, 70.0, 60.0, 18.0)
EQUIPMENT_WIDTHS_MM: Final = (12.0, 62.0, 80.0, 28.0)


def print_specification(text: SpecificationText, *, version_line: str, printed: PrintMark) -> bytes:
    """Draw the document and return the PDF."""
    register_fonts()
    title = f"{text.name}专项职业能力考核规范"
    story: list[Flowable] = [PartStart(), cell(title, TITLE, width_mm=CONTENT_MM)]
    story += [cell(version_line, LINE), Spacer(1, 4)]
    for heading, words in (
        ("一、名称", text.name),
        ("二、定义", text.definition),
        ("三、适用对象", text.applicable_to),
    ):
        story += [cell(heading, HEADING), *_paragraph(words)]
    story += [cell("四、能力标准与考核内容", HEADING), _task_table(text), Spacer(1, 6)]
    story += [cell("五、考核要求", HEADING), *_demands(text)]
    return build_pages(story, title, f"{title}　{print_line(printed)}")


def subject_line(entry: SubjectText) -> str:
    """Return how a subject is assessed and for how long, as the document words it."""
    return f"{CHINESE[entry.subject]}考核：{entry.method}，考核时间{entry.minutes}分钟。"


def _paragraph(words: str) -> list[Flowable]:
    return [
        cell(INDENT + line.strip(), BODY, width_mm=CONTENT_MM)
        for line in words.splitlines()
        if line.strip()
    ]


def _task_table(text: SpecificationText) -> Table:
    rows: list[list[Any]] = [
        [cell("能力名称", STRONG), cell(text.name), cell("职业领域", STRONG), ""],
        [cell(head, STRONG) for head in ("工作任务", "操作规范", "相关知识", "考核比重")],
    ]
    rows[0][2:] = [cell(f"职业领域：{text.occupation_domain}", width_mm=78), ""]
    for number, task in enumerate(text.tasks, start=1):
        rows.append(
            [
                cell(f"（{chinese_number(number)}）{task.title}", width_mm=TASK_WIDTHS_MM[0]),
                cell(_numbered(task.practices), TEXT, width_mm=TASK_WIDTHS_MM[1]),
                cell(_numbered(task.knowledge), TEXT, width_mm=TASK_WIDTHS_MM[2]),
                cell(f"{task.weight_percent}%"),
            ]
        )
    total = sum(task.weight_percent for task in text.tasks)
    rows.append([cell("合计", STRONG), "", "", cell(f"{total}%", STRONG)])
    return grid(
        rows, TASK_WIDTHS_MM, ("SPAN", (2, 0), (3, 0)), ("SPAN", (0, -1), (2, -1)), head_rows=2
    )


def _demands(text: SpecificationText) -> list[Flowable]:
    least = f"每个考评组中不少于{text.examiners_at_least}名考评员"
    expertise = text.examiner_expertise.strip().rstrip("。；;")
    story: list[Flowable] = []
    for heading, words in (
        ("1．申报条件", text.conditions),
        ("2．考评员构成", f"{expertise}；{least}。"),
        ("3．考核方式与考核时间", "\n".join(subject_line(entry) for entry in text.subjects)),
        ("4．考核场地与设备要求", text.venue),
    ):
        story += [cell(INDENT + heading, HEADING), *_paragraph(words)]
    if text.equipment:
        heads = ("序号", "设备、工具和材料名称", "规格与要求", "数量")
        rows = [[cell(head, STRONG) for head in heads]]
        for number, row in enumerate(text.equipment, start=1):
            rows.append(
                [
                    cell(str(number)),
                    cell(row.name, TEXT, width_mm=EQUIPMENT_WIDTHS_MM[1]),
                    cell(row.requirement, TEXT, width_mm=EQUIPMENT_WIDTHS_MM[2]),
                    cell(row.quantity, width_mm=EQUIPMENT_WIDTHS_MM[3]),
                ]
            )
        story += [Spacer(1, 2 * mm), grid(rows, EQUIPMENT_WIDTHS_MM)]
    return story


def _numbered(lines: Iterable[str]) -> str:
    return "\n".join(f"{number}．{line}" for number, line in enumerate(lines, start=1))
