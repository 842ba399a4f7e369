"""The form of a card's design: the decisions that were typed, and what the form shows of them."""

import json
from collections.abc import Mapping
from typing import Any

from werkzeug.datastructures import MultiDict

from omr.rules.card_design.design import (
    MOST_DIGITS,
    CardDesign,
    PaperSize,
    ProctorMark,
    Section,
    Shift,
    WrittenField,
)
from omr.rules.card_layout import CardLayoutError, GroupKind
from registry.errors import InvalidInputError

SECTION_ROWS = 6
KINDS = (GroupKind.SINGLE, GroupKind.MULTIPLE, GroupKind.JUDGEMENT)
USUAL = CardDesign(
    "",
    (
        Section(GroupKind.SINGLE, 60),
        Section(GroupKind.MULTIPLE, 20),
        Section(GroupKind.JUDGEMENT, 20, 2),
    ),
)
NUMBERS = {
    "number_digits": "准考证号位数",
    "paper_types": "试卷类型",
}
MEASURES = {
    "option_pitch_mm": "选项间距",
    "row_pitch_mm": "行距",
    "module_mm": "二维码模块",
}


def typed_design(form: MultiDict[str, str]) -> CardDesign:
    """Return the design as typed; raises ``InvalidInputError`` for the first thing amiss."""
    numbers = {name: _number(form, name, label) for name, label in NUMBERS.items()}
    measures = {name: _measure(form, name, label) for name, label in MEASURES.items()}
    return CardDesign(
        code=form.get("code", "").strip().upper(),
        sections=_sections(form),
        heading=form.get("heading", "").strip(),
        title=form.get("title", "").strip(),
        paper=_paper(form),
        number_digits=numbers["number_digits"],
        paper_types=numbers["paper_types"],
        proctor_marks=tuple(m for m in ProctorMark if m in form.getlist("proctor_marks")),
        fields=tuple(f for f in WrittenField if f in form.getlist("fields")),
        notes=tuple(line.strip() for line in form.get("notes", "").splitlines() if line.strip()),
        option_pitch_mm=measures["option_pitch_mm"],
        row_pitch_mm=measures["row_pitch_mm"],
        module_mm=measures["module_mm"],
        cell_ink=form.get("cell_ink", "").strip(),
        shifts=_shifts(form.get("shifts", "")),
    )


def values_of(design: CardDesign) -> MultiDict[str, str]:
    """Return what the form shows of a design."""
    values: MultiDict[str, str] = MultiDict(
        {
            "code": design.code,
            "heading": design.heading,
            "title": design.title,
            "paper": design.paper,
            "notes": "\n".join(design.notes),
            "cell_ink": design.cell_ink,
            "shifts": json.dumps([[s.part, s.dx_mm, s.dy_mm] for s in design.shifts]),
            **{name: str(getattr(design, name)) for name in NUMBERS},
            **{name: f"{getattr(design, name):g}" for name in MEASURES},
        }
    )
    values.setlist("proctor_marks", list(design.proctor_marks))
    values.setlist("fields", list(design.fields))
    for place, section in enumerate(design.sections, 1):
        values[f"kind_{place}"] = section.kind
        values[f"count_{place}"] = str(section.count)
        values[f"options_{place}"] = str(section.options)
    return values


def _sections(form: Mapping[str, str]) -> tuple[Section, ...]:
    sections = []
    for place in range(1, SECTION_ROWS + 1):
        if not form.get(f"count_{place}", "").strip():
            continue
        try:
            kind = GroupKind(form.get(f"kind_{place}", ""))
        except ValueError:
            raise InvalidInputError(field=f"第 {place} 行题型", reason="请从列表中选择。") from None
        count = _number(form, f"count_{place}", f"第 {place} 行题数")
        judged = kind is GroupKind.JUDGEMENT
        options = 2 if judged else _number(form, f"options_{place}", f"第 {place} 行选项数")
        sections.append(Section(kind, count, options))
    return tuple(sections)


def _paper(form: Mapping[str, str]) -> PaperSize:
    try:
        return PaperSize(form.get("paper", ""))
    except ValueError:
        raise InvalidInputError(field="纸张", reason="请从列表中选择。") from None


def _number(form: Mapping[str, str], name: str, label: str) -> int:
    text = form.get(name, "").strip()
    if not text.isdecimal() or len(text) > len(str(MOST_DIGITS)) + 1:
        raise InvalidInputError(field=label, reason=f"“{text}”不是整数，请填写数字。")
    return int(text)


def _measure(form: Mapping[str, str], name: str, label: str) -> float:
    text = form.get(name, "").strip()
    try:
        value = float(text)
    except ValueError:
        raise InvalidInputError(field=label, reason=f"“{text}”不是数字，请填写毫米数。") from None
    return round(value, 2)


def _shifts(text: str) -> tuple[Shift, ...]:
    """Read what was moved by hand: a list of part, millimetres right and millimetres down."""
    try:
        moved: Any = json.loads(text or "[]")
        shifts = [Shift(str(part), float(dx), float(dy)) for part, dx, dy in moved]
    except (ValueError, TypeError) as error:
        raise CardLayoutError(field="移动的部分", reason="内容损坏，请复位后再移动。") from error
    return tuple(shift for shift in shifts if shift.dx_mm or shift.dy_mm)
