"""Prints a paper as an A4 booklet for candidates with answer cards; knows no key.

Items carry their position, options the letters of the card in stored order, so that a bubble
read from a card names the option with that letter.
"""

import io
from collections.abc import Callable, Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.platypus import Flowable, KeepTogether, SimpleDocTemplate, Spacer, Table

from item_bank.figure_drawing import figure_block
from item_bank.formula_text import text_runs
from item_bank.printing.frame import (
    GREY,
    MARGIN_PT,
    SUBTITLE,
    TEXT_WIDTH_PT,
    TITLE,
    canvas_maker,
)
from item_bank.rich_setting import set_blocks, set_lines
from item_bank.rules.item import OptionContent
from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper import (
    PaperContent,
    PaperQuestion,
    heading_of,
    plain_number,
    sections_of,
)
from item_bank.text_setting import BOLD, REGULAR, TextBlock, TextStyle
from registry.typeface import register_fonts

LETTERS = "ABCDEF"
FIGURE_WIDTH_PT = 72 * mm
FIGURE_HEIGHT_PT = 90 * mm
HANGING_PT = 22.0  # room for the number of an item
NOTES = (
    "答题前请核对试卷名称，并在答题卡上核对姓名、准考证号和条形码。",
    "所有答案都填涂在答题卡相应题号处，写在试卷上无效。",
    "判断题认为说法正确的涂“✓”，认为错误的涂“×”。",
    "考试结束时试卷和答题卡一并交回，不得带出考场。",
)
TYPE_NOTE = "本卷为 {label}，答题卡上印的和填涂的试卷类型应与此一致，不一致时请立即报告监考员。"

STEM = TextStyle(REGULAR, hanging_pt=HANGING_PT)
OPTION = TextStyle(REGULAR, hanging_pt=18)
NOTE = TextStyle(REGULAR, 9.5, 14.5, hanging_pt=16)
LABEL = TextStyle(BOLD, 9.5, 14.5)
SECTION = TextStyle(BOLD, 11.5, 18)
CAPTION = TextStyle(REGULAR, 9, 12, align="centre", ink=GREY)


def print_booklet(
    paper: PaperContent,
    read_figure: Callable[[str], bytes],
    *,
    paper_mark: str,
    notes: Sequence[str] = NOTES,
) -> bytes:
    """Return the PDF; the same paper gives the same bytes.

    Parameters
    ----------
    paper : PaperContent
        The paper in stored order.
    read_figure : callable
        Gives the bytes of a figure by its hash.
    paper_mark : str
        Printed at the foot of every page: which plan and which paper this is.
    notes : sequence of str
        What candidates are told before they begin.
    """
    register_fonts()
    stream = io.BytesIO()
    document = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN_PT,
        rightMargin=MARGIN_PT,
        topMargin=18 * mm,
        bottomMargin=20 * mm,
        title=title_of(paper),
        invariant=1,
    )
    story = _head(paper, notes)
    for place, questions in enumerate(sections_of(paper)):
        story += _section(paper, place, questions, read_figure)
    document.build(story, canvasmaker=canvas_maker(paper_mark))
    return stream.getvalue()


def title_of(paper: PaperContent) -> str:
    """Return the title above a paper."""
    name = f"{paper.title} 理论知识试卷"
    return f"{name}（{paper.label}）" if paper.label else name


def _head(paper: PaperContent, notes: Sequence[str]) -> list[Flowable]:
    total = plain_number(paper.total_points)
    facts = f"考试时间 {paper.minutes} 分钟　　满分 {total} 分　　共 {len(paper.questions)} 题"
    fields = Table(
        [["姓名", "", "准考证号", "", "座位号", ""]],
        colWidths=[34, 100, 54, 150, 44, TEXT_WIDTH_PT - 382],
        style=[
            ("FONT", (0, 0), (-1, -1), REGULAR, 10.5),
            *[("LINEBELOW", (column, 0), (column, 0), 0.6, HexColor(GREY)) for column in (1, 3, 5)],
        ],
    )
    given = (*notes, TYPE_NOTE.format(label=paper.label)) if paper.label else notes
    lines = [_text(note, NOTE, f"{number}．") for number, note in enumerate(given, start=1)]
    box = Table(
        [[[_text("注意事项", LABEL), *lines]]],
        colWidths=[TEXT_WIDTH_PT],
        style=[
            ("BOX", (0, 0), (-1, -1), 0.6, HexColor(GREY)),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 7),
        ],
    )
    return [
        _text("专项职业能力考核", SUBTITLE),
        _text(title_of(paper), TITLE),
        _text(facts, SUBTITLE),
        Spacer(1, 8),
        fields,
        Spacer(1, 10),
        box,
        Spacer(1, 4),
    ]


def _section(
    paper: PaperContent,
    place: int,
    questions: Sequence[PaperQuestion],
    read_figure: Callable[[str], bytes],
) -> list[Flowable]:
    heading = heading_of(place, questions, paper.multiple_credit)
    words = f"{heading.title}（{heading.points_text}。{heading.rule}）"
    blocks = [_item(question, read_figure) for question in questions]
    first = KeepTogether([_text(words, SECTION), *blocks[0]])
    return [Spacer(1, 8), first, *(KeepTogether(block) for block in blocks[1:])]


def _item(question: PaperQuestion, read_figure: Callable[[str], bytes]) -> list[Flowable]:
    stem = set_blocks(question.stem, STEM, f"{question.position}．", TEXT_WIDTH_PT)
    block: list[Flowable] = [Spacer(1, 4), *stem]
    if question.figure is not None:
        figure = question.figure
        content = read_figure(figure.file_hash)
        drawn = figure_block(content, figure.media_type, FIGURE_WIDTH_PT, FIGURE_HEIGHT_PT, REGULAR)
        drawn.hAlign = "CENTER"
        block += [Spacer(1, 3), drawn]
        if figure.caption:
            block += [_text(figure.caption, CAPTION), Spacer(1, 3)]
    if question.kind is not ItemKind.TRUE_FALSE:
        block.append(_options(question.options))
    return block


def _options(options: Sequence[OptionContent]) -> Table:
    """Set the options in four columns, two or one, as their lengths permit."""
    cells = [
        set_lines(option.content, OPTION, f"{letter}．")
        for letter, option in zip(LETTERS, options, strict=False)
    ]
    width_pt = TEXT_WIDTH_PT - HANGING_PT
    widest_pt = max(cell.one_line_pt for cell in cells)
    columns = next(n for n in (4, 2, 1) if n == 1 or widest_pt <= width_pt / n - 8)
    cells += [_text("", OPTION)] * (-len(cells) % columns)
    rows = [cells[start : start + columns] for start in range(0, len(cells), columns)]
    table = Table(
        rows,
        colWidths=[width_pt / columns] * columns,
        style=[
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("RIGHTPADDING", (0, 0), (-1, -1), 6),
            ("TOPPADDING", (0, 0), (-1, -1), 0),
            ("BOTTOMPADDING", (0, 0), (-1, -1), 0),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ],
    )
    return Table([["", table]], colWidths=[HANGING_PT, width_pt], style=_NO_PADDING)


_NO_PADDING = [
    (side, (0, 0), (-1, -1), 0)
    for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
]


def _text(words: str, style: TextStyle, label: str = "") -> TextBlock:
    return TextBlock(text_runs(words), style, label)
