"""Prints the sheet on which a candidate writes the answers by hand 答题纸; knows no key."""

from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from item_bank.printing.answer_grid import answer_grid
from item_bank.printing.frame import (
    BODY,
    GREY,
    HEADING,
    SMALL,
    SUBTITLE,
    TEXT_WIDTH_PT,
    TITLE,
    built,
    words,
)
from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper import PaperContent, PaperQuestion, heading_of, sections_of
from item_bank.text_setting import REGULAR

HINTS = {
    ItemKind.SINGLE_CHOICE: "每题填一个字母。",
    ItemKind.MULTIPLE_CHOICE: "每题填两个或两个以上字母。",
    ItemKind.TRUE_FALSE: "正确填“✓”，错误填“×”。",
}
NOTE = "用黑色签字笔填写，字迹清楚；修改时划去原答案，在旁边重写并签名。"


def print_answer_sheet(paper: PaperContent, *, mark: str) -> bytes:
    """Return the PDF: fields for the candidate, then an empty cell for every number."""
    name = f"{paper.title} 理论知识考试"
    story: list[Flowable] = [
        words(name, SUBTITLE),
        words("答题纸" + (f"（{paper.label}）" if paper.label else ""), TITLE),
        Spacer(1, 6),
        _fields(),
        Spacer(1, 6),
        words(NOTE, SMALL),
    ]
    for place, questions in enumerate(sections_of(paper)):
        story += _section(place, questions)
    story += [Spacer(1, 12), _marks(sections_of(paper))]
    return built(story, title=f"{name} 答题纸", mark=mark)


def _fields() -> Table:
    row = ["姓名", "", "准考证号", "", "座位号", ""]
    lines = [("LINEBELOW", (at, 0), (at, 0), 0.6, HexColor(GREY)) for at in (1, 3, 5)]
    style = [("FONT", (0, 0), (-1, -1), REGULAR, 10.5), *lines]
    return Table([row], [34, 100, 54, 150, 44, TEXT_WIDTH_PT - 382], style=style)


def _section(place: int, questions: Sequence[PaperQuestion]) -> list[Flowable]:
    heading = heading_of(place, questions)
    numbers = [question.position for question in questions]
    block = [
        Spacer(1, 6),
        words(f"{heading.title}（{heading.points_text}）", HEADING),
        words(HINTS[questions[0].kind], SMALL),
        Spacer(1, 3),
        answer_grid(numbers, {}),
    ]
    return [KeepTogether(block)]


def _marks(sections: Sequence[Sequence[PaperQuestion]]) -> Flowable:
    names = [heading_of(place, part).title for place, part in enumerate(sections)]
    width_pt = TEXT_WIDTH_PT / (len(names) + 4)
    style = [
        ("FONT", (0, 0), (-1, -1), REGULAR, 9.5),
        ("GRID", (0, 0), (-1, -1), 0.5, HexColor(GREY)),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ]
    rows = [["", *names, "总分", "评阅人", "复核人"], ["得分", *[""] * (len(names) + 3)]]
    table = Table(rows, [width_pt] * (len(names) + 4), [18, 24], style=style)
    return KeepTogether([words("评阅栏（考生不填）", BODY), table])
