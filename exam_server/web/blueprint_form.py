"""The form of a blueprint: what it shows of stored terms, and the terms that were typed."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TypeVar

from exam_server.languages import refusal_text
from exam_server.web import forms
from item_bank.rules.blueprint import SectionTerms, Shares
from item_bank.rules.blueprint_terms import (
    ABILITIES,
    BlueprintTerms,
    FairnessTerms,
    PaperTool,
    Template,
)
from item_bank.rules.kinds import KIND_NAMES, ItemKind
from item_bank.rules.paper_sets.terms import CoolDown, MultipleCredit
from item_bank.rules.shares import LEVELS
from registry.errors import InvalidInputError

Value = TypeVar("Value")
PERCENT = Decimal(100)
STRICT, SOFT = "strict", "soft"


@dataclass
class Typed:
    """Reads one value after the other; keeps what is wrong with each."""

    form: Mapping[str, str]
    errors: list[tuple[str, str]] = field(default_factory=list)

    def read(
        self,
        reader: Callable[[Mapping[str, str], str, str], Value],
        name: str,
        label: str,
        otherwise: Value,
    ) -> Value:
        """Return the value of a field, or a stand-in after noting the error."""
        try:
            return reader(self.form, name, label)
        except InvalidInputError as error:
            self.errors.append((name, refusal_text(error)))
            return otherwise

    def number(self, name: str, label: str) -> int:
        """Return a whole number."""
        return self.read(forms.read_int, name, label, 0)

    def decimal(self, name: str, label: str) -> Decimal:
        """Return an exact decimal."""
        return self.read(forms.read_decimal, name, label, Decimal(0))

    def share(self, name: str, label: str) -> Decimal:
        """Return a percentage as a part of 1."""
        return self.decimal(name, label) / PERCENT

    def limit(self, name: str, label: str) -> int | None:
        """Return a whole number, None for an empty field."""
        return self.number(name, label) if self.form.get(name, "").strip() else None


def typed_terms(typed: Typed) -> BlueprintTerms:
    """Return the blueprint as typed; errors are left with ``typed``."""
    return BlueprintTerms(
        code=typed.read(forms.read_text, "code", "方案代码", ""),
        minutes=typed.number("minutes", "考试时间"),
        sections=_sections(typed),
        shares=Shares(
            core_at_least=typed.share("core_at_least", "核心要素 X"),
            auxiliary_at_most=typed.share("auxiliary_at_most", "辅助要素 Z"),
            difficulty=tuple(
                typed.share(f"level_{level}", f"难度 {level} 级") for level in range(1, LEVELS + 1)
            ),
            tolerance=typed.share("tolerance", "难度允许偏差"),
        ),
        fairness=_fairness(typed),
        tools=tuple(tool for tool in PaperTool if typed.form.get(f"tool_{tool}")),
    )


def _sections(typed: Typed) -> tuple[SectionTerms, ...]:
    sections = []
    for kind in ItemKind:
        if not typed.form.get(f"count_{kind}", "").strip("0 "):
            continue
        count = typed.number(f"count_{kind}", f"{KIND_NAMES[kind]}题数")
        points = typed.decimal(f"points_{kind}", f"{KIND_NAMES[kind]}每题分值")
        sections.append(SectionTerms(kind, count, points))
    return tuple(sections)


def _fairness(typed: Typed) -> FairnessTerms:
    def cool_down(form: Mapping[str, str], name: str, label: str) -> CoolDown:
        return forms.read_choice(form, name, label, CoolDown)

    def credit(form: Mapping[str, str], name: str, label: str) -> MultipleCredit:
        return forms.read_choice(form, name, label, MultipleCredit)

    return FairnessTerms(
        thetas=tuple(
            typed.decimal(f"theta_{place}", f"能力值 {place}") for place in range(1, ABILITIES + 1)
        ),
        half_width=typed.decimal("half_width", "期望分允许偏差"),
        overlap_at_most=typed.limit("overlap_at_most", "两卷重复题数上限"),
        exposure_at_most=typed.limit("exposure_at_most", "每题使用次数上限"),
        cool_down=typed.read(cool_down, "cool_down", "近期用过的试题", CoolDown.PENALISE),
        cool_down_sets=typed.number("cool_down_sets", "避用套数"),
        multiple_credit=typed.read(
            credit, "multiple_credit", "多选题计分", MultipleCredit.EXACT_SET
        ),
        is_strict=typed.form.get("is_strict") == STRICT,
    )


def values_of(terms: BlueprintTerms) -> dict[str, str]:
    """Return what the form shows of a blueprint."""
    shares, fairness = terms.shares, terms.fairness
    values = {
        "code": terms.code,
        "minutes": str(terms.minutes),
        "core_at_least": _percent(shares.core_at_least),
        "auxiliary_at_most": _percent(shares.auxiliary_at_most),
        "tolerance": _percent(shares.tolerance),
        "is_strict": STRICT if fairness.is_strict else SOFT,
        "half_width": _plain(fairness.half_width),
        "overlap_at_most": _limit(fairness.overlap_at_most),
        "exposure_at_most": _limit(fairness.exposure_at_most),
        "cool_down": fairness.cool_down,
        "cool_down_sets": str(fairness.cool_down_sets),
        "multiple_credit": fairness.multiple_credit,
    }
    values.update((f"tool_{tool}", "1") for tool in terms.tools)
    for level, share in enumerate(shares.difficulty, start=1):
        values[f"level_{level}"] = _percent(share)
    for place, theta in enumerate(fairness.thetas, start=1):
        values[f"theta_{place}"] = _plain(theta)
    for section in terms.sections:
        values[f"count_{section.kind}"] = str(section.item_count)
        values[f"points_{section.kind}"] = _plain(section.points_each)
    return values


def terms_of_template(template: Template) -> BlueprintTerms:
    """Return a template as a blueprint to go on from."""
    return BlueprintTerms(template.code, template.minutes, template.sections)


def _percent(share: Decimal) -> str:
    return _plain(share * PERCENT)


def _plain(value: Decimal) -> str:
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _limit(value: int | None) -> str:
    return "" if value is None else str(value)
