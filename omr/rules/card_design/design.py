"""What staff decide about a card: paper, sections, number, boxes, words; no positions.

Positions follow from the decisions; only what was moved by hand is kept, as shifts.
"""

import re
from dataclasses import dataclass, field
from enum import StrEnum

import msgspec

from omr.rules.card_layout import CardLayoutError, GroupKind

MOST_ITEMS = 400
MOST_OPTIONS = 8
MOST_DIGITS = 20
MOST_NOTES = 8
MOST_TYPES = 4
LONGEST_LINE = 40
CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
LONGEST_CODE = 24


class PaperSize(StrEnum):
    """Sheets that printers and scanners of an office take."""

    A4 = "a4"
    K16 = "16k"

    @property
    def size_mm(self) -> tuple[float, float]:
        """Return width and height."""
        return (210.0, 297.0) if self is PaperSize.A4 else (185.0, 260.0)


class WrittenField(StrEnum):
    """A row at the head of the card: printed for a known candidate, else written by hand."""

    PROJECT = "project"
    BATCH = "batch"
    NAME = "name"
    PLACE = "place"
    SIGNATURE = "signature"
    PROCTOR_SIGNATURE = "proctor_signature"


class ProctorMark(StrEnum):
    """What only the proctor fills."""

    ABSENT = "absent"
    MISCONDUCT = "misconduct"


@dataclass(frozen=True)
class Section:
    """Items of one type that follow one another."""

    kind: GroupKind
    count: int
    options: int = 4


@dataclass(frozen=True)
class Shift:
    """A part of the card that was moved by hand from where it would stand."""

    part: str
    dx_mm: float
    dy_mm: float


@dataclass(frozen=True)
class CardDesign:
    """All decisions about one card."""

    code: str
    sections: tuple[Section, ...]
    heading: str = "江苏省专项职业能力考核"
    title: str = "理论知识答题卡"
    paper: PaperSize = PaperSize.A4
    number_digits: int = 13
    paper_types: int = 2
    proctor_marks: tuple[ProctorMark, ...] = tuple(ProctorMark)
    fields: tuple[WrittenField, ...] = (
        WrittenField.PROJECT,
        WrittenField.BATCH,
        WrittenField.NAME,
        WrittenField.PLACE,
    )
    notes: tuple[str, ...] = (
        "填涂一律使用 2B 铅笔，涂满方框。",
        "修改时用橡皮擦净，保持卡面整洁。",
        "不得折叠、污损或在卡上做记号。",
        "缺考、违纪标记由监考员填涂。",
        "在试卷、草稿纸上作答无效。",
    )
    option_pitch_mm: float = 6.0
    row_pitch_mm: float = 5.0
    module_mm: float = 1.0  # of the QR code; 0: no codes, the filled number alone tells whose it is
    cell_ink: str = "#E27B7B"
    shifts: tuple[Shift, ...] = field(default=())

    @property
    def is_coded(self) -> bool:
        """Say whether the card carries codes that tell whose it is."""
        return self.module_mm > 0


def design_from_json(text: str | bytes) -> CardDesign:
    """Read a design; raises ``CardLayoutError`` with what is wrong and where."""
    try:
        design = msgspec.json.decode(text, type=CardDesign)
    except msgspec.DecodeError as error:
        raise CardLayoutError(field="答题卡设计", reason=str(error)) from error
    faults = design_faults(design)
    if faults:
        raise CardLayoutError(field="答题卡设计", reason="；".join(faults))
    return design


def design_json(design: CardDesign) -> str:
    """Return the design as text that ``design_from_json`` reads."""
    return msgspec.json.encode(design).decode()


def design_faults(design: CardDesign) -> tuple[str, ...]:
    """Return the decisions that cannot be drawn, in words; empty when all can."""
    items = sum(section.count for section in design.sections)
    lines = (design.heading, design.title, *design.notes)
    checks = (
        (
            not CODE.fullmatch(design.code) or len(design.code) > LONGEST_CODE,
            f"版式代码只用大写字母、数字和连字符，不超过 {LONGEST_CODE} 个字符，如 KH-90",
        ),
        (not 1 <= items <= MOST_ITEMS, f"题目总数须在 1 至 {MOST_ITEMS} 之间"),
        (any(s.count < 1 for s in design.sections), "每个题型的题数须为正整数"),
        (any(not s.kind.is_item for s in design.sections), "题型须为单选、多选或判断"),
        (
            any(not 2 <= s.options <= MOST_OPTIONS for s in design.sections),
            f"选项数须在 2 至 {MOST_OPTIONS} 之间",
        ),
        (not 0 <= design.number_digits <= MOST_DIGITS, f"准考证号不超过 {MOST_DIGITS} 位"),
        (not 0 <= design.paper_types <= MOST_TYPES, f"试卷类型不超过 {MOST_TYPES} 种"),
        (
            not design.is_coded and not design.number_digits,
            "不印二维码的卡须有准考证号填涂区，否则不知是谁的卡",
        ),
        (len(set(design.fields)) != len(design.fields), "书写栏重复"),
        (len(design.notes) > MOST_NOTES, f"注意事项不超过 {MOST_NOTES} 条"),
        (
            any(len(line) > LONGEST_LINE for line in lines),
            f"标题和注意事项每条不超过 {LONGEST_LINE} 个字",
        ),
        (
            not re.fullmatch(r"#[0-9A-Fa-f]{6}", design.cell_ink),
            "填涂框颜色须写作 #RRGGBB",
        ),
    )
    return tuple(words for applies, words in checks if applies) or _measure_faults(design)


def _measure_faults(design: CardDesign) -> tuple[str, ...]:
    measures = (
        ("选项间距", design.option_pitch_mm, 4.8, 12.0),
        ("行距", design.row_pitch_mm, 3.6, 10.0),
        ("二维码模块", design.module_mm or 0.5, 0.5, 1.0),
    )
    return tuple(
        f"{name}须在 {low:g} 至 {high:g} 毫米之间"
        for name, value, low, high in measures
        if not low <= value <= high
    )
