"""The head of a card: title, written rows, number grid, paper type, proctor's boxes, notes."""

from collections.abc import Iterable

from omr.rules.card_design.design import CardDesign, ProctorMark, WrittenField
from omr.rules.card_design.parts import (
    ACCENT,
    LINE,
    NONE,
    PT_MM,
    Part,
    band,
    line,
    outline,
    slot,
    words,
)
from omr.rules.card_layout import Block, GroupKind
from omr.rules.card_print import Frame, Sample, SlotName

LEFT_MM = 26.0  # of all that is printed: clear of the markers and the timing bars
HEAD_TOP_MM = 40.0
GRID_TOP_MM = 48.7  # below the QR code and the serial under it
DIGIT_STEP_MM, DIGIT_ROW_MM = 6.5, 5.0
GRID_GAP_MM = 6.0  # to its left, for timing bars
ROW_MM = 6.4
NAME_MM = 17.0  # of the names of the rows
PART_GAP_MM = 1.5
BOX_MM = 14.0
NOTE_MM, NOTE_PT = 4.3, 7.5
DIGITS = tuple("0123456789")
TYPES = ("A", "B", "C", "D")
ROWS = {
    WrittenField.PROJECT: ("考核项目", SlotName.PROJECT),
    WrittenField.BATCH: ("考核批次", SlotName.BATCH),
    WrittenField.NAME: ("姓　　名", SlotName.NAME),
    WrittenField.PLACE: ("考场座位", None),
    WrittenField.SIGNATURE: ("考生签名", None),
    WrittenField.PROCTOR_SIGNATURE: ("监考签名", None),
}
MARKS = {ProctorMark.ABSENT: ("缺考", "Q"), ProctorMark.MISCONDUCT: ("违纪", "W")}
SAMPLES = ("tick", "cross", "dot", "half", "dash")


def head_parts(design: CardDesign, page: int) -> tuple[Part, ...]:
    """Return the parts above the items; pages after the first repeat title and rows only."""
    width_mm, _ = design.paper.size_mm
    inner_mm = width_mm - 2 * LEFT_MM
    grid = _number_grid(design, LEFT_MM + inner_mm) if page == 1 and design.number_digits else None
    left_mm = grid.x_mm - GRID_GAP_MM - LEFT_MM if grid else inner_mm - _code_mm(design)
    parts = [_title(design), _rows(design, left_mm)]
    if page == 1:
        boxes = [*_type_box(design), *_proctor_box(design)]
        parts += _arranged(boxes, left_mm, _bottom(parts[1:]) + PART_GAP_MM)
        if design.notes:
            parts.append(_notes(design, left_mm, _bottom(parts[1:]) + PART_GAP_MM))
    return tuple([*parts, grid] if grid else parts)


def _bottom(parts: Iterable[Part]) -> float:
    return max((part.y_mm + part.height_mm for part in parts), default=HEAD_TOP_MM)


def _code_mm(design: CardDesign) -> float:
    """Return the width that the QR code takes at the right, with its quiet zone."""
    return 25 * design.module_mm + 2 * GRID_GAP_MM


def _title(design: CardDesign) -> Part:
    width_mm = design.paper.size_mm[0] - 2 * LEFT_MM - _code_mm(design)
    centre = LEFT_MM + width_mm / 2
    return Part(
        "title",
        "标题",
        LEFT_MM,
        17.5,
        width_mm,
        17.5,
        words=(
            words(centre, 24, design.heading, size_pt=16, bold=True, align="centre", spacing_pt=1),
            words(
                *(centre, 32.6, design.title),
                size_pt=17,
                bold=True,
                ink=ACCENT,
                align="centre",
                spacing_pt=4,
            ),
        ),
    )


def _rows(design: CardDesign, width_mm: float) -> Part:
    height_mm = ROW_MM * len(design.fields)
    value_mm = LEFT_MM + NAME_MM
    rules, texts, slots = [], [], []
    for index, name in enumerate(design.fields):
        top = HEAD_TOP_MM + index * ROW_MM
        label, particular = ROWS[name]
        texts.append(
            words(
                *(LEFT_MM + NAME_MM / 2, top + 4.4, label), size_pt=8.5, ink=ACCENT, align="centre"
            )
        )
        if index:
            rules.append(line(LEFT_MM, top, LEFT_MM + width_mm, top))
        if particular is not None:
            slots.append(slot(particular, value_mm + 1.5, top + 4.5, width_mm - NAME_MM - 3))
        if name is WrittenField.PLACE:
            half_mm = (width_mm - NAME_MM) / 2
            rules.append(line(value_mm + half_mm, top, value_mm + half_mm, top + ROW_MM))
            for place, one in ((0, SlotName.ROOM), (1, SlotName.SEAT)):
                centre = value_mm + half_mm * (place + 0.5)
                slots.append(slot(one, centre, top + 4.5, half_mm - 1, align="centre"))
    frames: tuple[Frame, ...] = ()
    if design.fields:
        rules.append(line(value_mm, HEAD_TOP_MM, value_mm, HEAD_TOP_MM + height_mm))
        frames = (
            band(LEFT_MM, HEAD_TOP_MM, NAME_MM, height_mm),
            outline(LEFT_MM, HEAD_TOP_MM, width_mm, height_mm),
        )
    return Part(
        "fields",
        "书写栏",
        LEFT_MM,
        HEAD_TOP_MM,
        width_mm,
        height_mm,
        frames=frames,
        rules=tuple(rules),
        words=tuple(texts),
        slots=tuple(slots),
    )


def _number_grid(design: CardDesign, right_mm: float) -> Part:
    digits = design.number_digits
    width_mm = digits * DIGIT_STEP_MM + 3.5
    x_mm, y_mm = right_mm - width_mm, GRID_TOP_MM
    first = x_mm + 1.75 + DIGIT_STEP_MM / 2
    written_mm = (x_mm + 1.75, y_mm + 6.4, digits * DIGIT_STEP_MM, 7.0)
    height_mm = 18 + 9 * DIGIT_ROW_MM + 3.5
    borders = tuple(
        line(at, written_mm[1], at, written_mm[1] + written_mm[3])
        for at in (written_mm[0] + index * DIGIT_STEP_MM for index in range(1, digits))
    )
    grid = Block(
        kind=GroupKind.NUMBER,
        prefix="no",
        first=1,
        count=digits,
        values=DIGITS,
        labels=DIGITS,
        x_mm=first,
        y_mm=y_mm + 18,
        option_step_mm=(0, DIGIT_ROW_MM),
        group_step_mm=(DIGIT_STEP_MM, 0),
        gap_every=digits,
        gap_mm=0,
        number_dx_mm=0,
    )
    centre = x_mm + width_mm / 2
    return Part(
        "number",
        "准考证号",
        x_mm,
        y_mm,
        width_mm,
        height_mm,
        frames=(
            band(x_mm, y_mm, width_mm),
            outline(x_mm, y_mm, width_mm, height_mm),
            Frame(*written_mm, 0, 0.25, LINE, NONE),
        ),
        rules=borders,
        words=(
            words(
                *(centre, y_mm + 4.1, "准考证号"),
                size_pt=9,
                bold=True,
                ink=ACCENT,
                align="centre",
                spacing_pt=2,
            ),
        ),
        slots=(
            slot(
                *(SlotName.ADMISSION_NO, first, y_mm + 11.5, digits * DIGIT_STEP_MM),
                size_pt=12,
                align="centre",
                step_mm=DIGIT_STEP_MM,
            ),
        ),
        blocks=(grid,),
    )


def _single(kind: GroupKind, prefix: str, values: tuple[str, ...], labels: tuple[str, ...],
            place: tuple[float, float], step_mm: float = 7.6) -> Block:  # fmt: skip
    return Block(
        kind=kind,
        prefix=prefix,
        first=0,
        count=1,
        values=values,
        labels=labels,
        x_mm=place[0],
        y_mm=place[1],
        option_step_mm=(step_mm, 0),
        group_step_mm=(0, 5.0),
        gap_every=1,
        gap_mm=0,
        number_dx_mm=0,
    )


def _box(name: str, label: str, width_mm: float, **inside: object) -> Part:
    """Return a titled box at the origin, to be moved to its place."""
    title = words(*(width_mm / 2, 4.1, label), size_pt=8, bold=True, ink=ACCENT, align="centre")
    texts = inside.pop("words", ())
    assert isinstance(texts, tuple)
    return Part(
        name,
        label,
        0,
        0,
        width_mm,
        BOX_MM,
        frames=(band(0, 0, width_mm), outline(0, 0, width_mm, BOX_MM)),
        words=(title, *texts),
        **inside,  # type: ignore[arg-type]  # blocks or slots
    )


def _type_box(design: CardDesign) -> list[Part]:
    count = design.paper_types
    if not count:
        return []
    values = TYPES[:count]
    width_mm = 10.0 + 7.6 * count
    block = _single(GroupKind.TYPE, "type", values, values, (12.4, 9.9))
    printed = slot(SlotName.PAPER_TYPE, 4.8, 11.6, 8, size_pt=12, align="centre")
    return [_box("type", "试卷类型", width_mm, blocks=(block,), slots=(printed,))]


def _proctor_box(design: CardDesign) -> list[Part]:
    if not design.proctor_marks:
        return []
    step_mm = 18.4
    texts, blocks = [], []
    for index, mark in enumerate(design.proctor_marks):
        label, letter = MARKS[mark]
        x_mm = 11.8 + index * step_mm
        texts.append(words(x_mm - 3.6, 11.2, label, size_pt=8, align="right"))
        blocks.append(_single(GroupKind.PROCTOR, mark, ("yes",), (letter,), (x_mm, 9.9)))
    width_mm = max(18.4 * len(design.proctor_marks), 26.0)
    return [_box("proctor", "此处由监考员填涂", width_mm, blocks=tuple(blocks), words=tuple(texts))]


def _arranged(boxes: list[Part], width_mm: float, top_mm: float) -> list[Part]:
    """Set boxes side by side where the width allows, else below one another."""
    placed, x_mm, y_mm = [], LEFT_MM, top_mm
    for box in boxes:
        if x_mm > LEFT_MM and x_mm + box.width_mm > LEFT_MM + width_mm + 0.01:
            x_mm, y_mm = LEFT_MM, y_mm + BOX_MM + PART_GAP_MM
        placed.append(box.moved(x_mm, y_mm))
        x_mm += box.width_mm + PART_GAP_MM
    return placed


def _notes(design: CardDesign, width_mm: float, top_mm: float) -> Part:
    lines = [
        text
        for number, note in enumerate(design.notes, 1)
        for text in _wrapped(f"{number}．{note}", width_mm - 4)
    ]
    texts = [
        words(LEFT_MM + 2, top_mm + 4.4 + index * NOTE_MM, text) for index, text in enumerate(lines)
    ]
    y_mm = top_mm + 4.4 + len(lines) * NOTE_MM + 0.6
    texts.append(words(LEFT_MM + 2, y_mm, "正确", bold=True))
    texts.append(words(LEFT_MM + 16.5, y_mm, "错误", bold=True))
    shown = [shape for index, shape in enumerate(SAMPLES) if 26 + 6 * index + 4 <= width_mm]
    samples = [Sample("full", LEFT_MM + 11.5, y_mm - 1.0)]
    samples += [
        Sample(shape, LEFT_MM + 26 + 6 * index, y_mm - 1.0) for index, shape in enumerate(shown)
    ]
    height_mm = y_mm + 2.2 - top_mm
    return Part(
        "notes",
        "注意事项",
        LEFT_MM,
        top_mm,
        width_mm,
        height_mm,
        frames=(outline(LEFT_MM, top_mm, width_mm, height_mm),),
        words=tuple(texts),
        samples=tuple(samples),
    )


def _wrapped(text: str, width_mm: float) -> list[str]:
    """Break a line of mostly Chinese text; what goes on is set in under the first word."""
    lines, line_mm, current = [], 0.0, ""
    for character in text:
        step_mm = NOTE_PT * PT_MM * (0.56 if character.isascii() else 1.0)
        if line_mm + step_mm > width_mm and character not in "，。、；：）":
            lines.append(current)
            current, line_mm = "　", NOTE_PT * PT_MM
        current += character
        line_mm += step_mm
    return [*lines, current]
