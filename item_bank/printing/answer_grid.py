"""The grid of numbers with a cell for the answer below each: empty, or filled with the key."""

from collections.abc import Mapping, Sequence

from reportlab.lib.colors import HexColor
from reportlab.platypus import Table

from item_bank.printing.frame import GREY, SHADE, TEXT_WIDTH_PT
from item_bank.rules.kinds import RIGHT, ItemKind
from item_bank.rules.paper import PaperQuestion
from item_bank.text_setting import BOLD, REGULAR

PER_ROW = 10
NUMBER_PT, ANSWER_PT = 15.0, 21.0  # heights of the two kinds of row
LETTERS = "ABCDEF"
MARKS = {True: "✓", False: "×"}


def answer_grid(numbers: Sequence[int], answers: Mapping[int, str]) -> Table:
    """Return the grid of some numbers; answers that are not given stay empty."""
    rows: list[list[str]] = []
    for start in range(0, len(numbers), PER_ROW):
        part = numbers[start : start + PER_ROW]
        blank = [""] * (PER_ROW - len(part))
        rows.append(["题号", *map(str, part), *blank])
        rows.append(["答案", *(answers.get(number, "") for number in part), *blank])
    label_pt = 34.0
    widths = [label_pt] + [(TEXT_WIDTH_PT - label_pt) / PER_ROW] * PER_ROW
    heights = [NUMBER_PT, ANSWER_PT] * (len(rows) // 2)
    style = [
        ("FONT", (0, 0), (-1, -1), REGULAR, 9.5),
        ("ALIGN", (0, 0), (-1, -1), "CENTER"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("GRID", (0, 0), (-1, -1), 0.5, HexColor(GREY)),
    ]
    for row in range(0, len(rows), 2):
        style.append(("BACKGROUND", (0, row), (-1, row), HexColor(SHADE)))
        style.append(("FONT", (1, row + 1), (-1, row + 1), BOLD, 11))
    return Table(rows, widths, heights, style=style)


def shown_answer(question: PaperQuestion, key: frozenset[str]) -> str:
    """Return the key of a question as its paper shows it: letters, or ✓ and ×."""
    if question.kind is ItemKind.TRUE_FALSE:
        return MARKS[RIGHT in key]
    names = [option.canonical_id for option in question.options]
    return "".join(LETTERS[names.index(name)] for name in sorted(key, key=names.index))
