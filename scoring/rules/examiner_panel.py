"""Several examiners, one mark: finding disputes, applying rulings, merging totals.

At least three examiners mark independently and the lead rules on disputes (part 3 (2) 5 of the
notice). The notice does not say how their marks become one; the rule is set for each paper.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from statistics import median
from typing import Final

from registry.errors import AssessmentError
from scoring.rules.outcome import publish
from scoring.rules.score_sheet import AllottedItem, sheet_total

EXAMINERS_MIN: Final = 3  # part 3 (2) 5 of the notice
TRIMMED_MIN: Final = 5  # without the highest and the lowest, three are left
TOTAL_SPREAD_LIMIT: Final = Decimal(10)
ITEM_SPREAD_SHARE: Final = Decimal("0.3")  # of the allotted marks


class MergeRule(StrEnum):
    """How the totals of the examiners become one mark."""

    MEAN = "mean"
    TRIMMED_MEAN = "trimmed_mean"
    MEDIAN = "median"
    ITEM_MEAN = "item_mean"


class DisputeKind(StrEnum):
    """About what the examiners differ."""

    ITEM = "item"
    TOTAL = "total"
    VETO = "veto"


class TooFewSheetsError(AssessmentError):
    """Fewer valid sheets than the notice and the rule demand."""

    code = "too_few_sheets"
    text = (
        "有效评分记录表只有{count}份，至少需要{needed}份，不能合成成绩。"
        "请等考评员提交评分；人数不足时，由市级中心补派考评员。"
    )


class OpenDisputeError(AssessmentError):
    """The examiners differ too much and the lead has not ruled yet."""

    code = "open_dispute"
    text = "还有{count}处评分争议未裁决（{targets}）。请考评组长先裁决。"


@dataclass(frozen=True)
class PanelSheet:
    """One examiner's submitted sheet; ``marks`` by number of the item."""

    examiner_id: int
    marks: Mapping[str, Decimal]
    veto: str | None = None
    overtime: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """Return the sum after overtime."""
        return sheet_total(self.marks.values(), self.overtime)


@dataclass(frozen=True)
class Rulings:
    """What the lead has decided: marks of items, the total, whether a veto stands."""

    items: Mapping[str, Decimal] = field(default_factory=dict)
    total: Decimal | None = None
    veto_stands: bool | None = None


@dataclass(frozen=True)
class Dispute:
    """One difference beyond its limit; ``target`` is the number of the item, or the kind."""

    kind: DisputeKind
    target: str
    marks: Mapping[int, Decimal]  # by examiner; for a veto 1 means seen
    spread: Decimal
    limit: Decimal


@dataclass(frozen=True)
class PanelMark:
    """The merged mark, exact and as published, with the totals it came from."""

    exact: Fraction
    published: Decimal
    totals: Mapping[int, Decimal]  # by examiner, after rulings
    is_veto: bool


def find_disputes(
    items: Sequence[AllottedItem], sheets: Sequence[PanelSheet], rulings: Rulings = Rulings()
) -> tuple[Dispute, ...]:
    """Return every difference that still needs the lead's ruling, vetoes first.

    A veto seen by all needs none; one that stands makes every other difference idle.
    """
    seen = [sheet.veto is not None for sheet in sheets]
    if rulings.veto_stands or (seen and all(seen)):
        return ()
    disputes = []
    if any(seen) and rulings.veto_stands is None:
        by_examiner = {sheet.examiner_id: Decimal(sheet.veto is not None) for sheet in sheets}
        one, none = Decimal(1), Decimal(0)
        disputes.append(Dispute(DisputeKind.VETO, DisputeKind.VETO, by_examiner, one, none))
    if rulings.total is not None:
        return tuple(disputes)
    ruled = with_rulings(sheets, rulings)
    disputes += [found for item in items if (found := _item_dispute(item, ruled))]
    totals = {sheet.examiner_id: sheet.total for sheet in ruled}
    if spread_of(totals) > TOTAL_SPREAD_LIMIT:
        kind, spread = DisputeKind.TOTAL, spread_of(totals)
        disputes.append(Dispute(kind, kind, totals, spread, TOTAL_SPREAD_LIMIT))
    return tuple(disputes)


def with_rulings(sheets: Sequence[PanelSheet], rulings: Rulings) -> tuple[PanelSheet, ...]:
    """Return the sheets with every ruled item replaced, for all examiners alike."""
    return tuple(
        PanelSheet(s.examiner_id, {**s.marks, **rulings.items}, s.veto, s.overtime) for s in sheets
    )


def spread_of(marks: Mapping[int, Decimal]) -> Decimal:
    """Return the distance between the highest and the lowest mark."""
    return max(marks.values()) - min(marks.values()) if marks else Decimal(0)


def merge_totals(totals: Sequence[Decimal], rule: MergeRule) -> Fraction:
    """Merge the totals into one exact mark; raise ``TooFewSheetsError`` below the least number.

    The mean per item, summed, equals the mean of the totals; it differs only in what it shows.
    """
    needed = TRIMMED_MIN if rule is MergeRule.TRIMMED_MEAN else EXAMINERS_MIN
    if len(totals) < needed:
        raise TooFewSheetsError(count=len(totals), needed=needed)
    exact = sorted(Fraction(total) for total in totals)
    if rule is MergeRule.MEDIAN:
        return median(exact)
    if rule is MergeRule.TRIMMED_MEAN:
        exact = exact[1:-1]
    return sum(exact, Fraction(0)) / len(exact)


def merge_panel(
    items: Sequence[AllottedItem],
    sheets: Sequence[PanelSheet],
    rule: MergeRule,
    rulings: Rulings = Rulings(),
) -> PanelMark:
    """Merge the sheets of one candidate, rulings applied.

    Raises ``TooFewSheetsError`` and, while a difference waits for the lead,
    ``OpenDisputeError``. A veto by all, or ruled to stand, gives 0.0.
    """
    ruled = with_rulings(sheets, rulings)
    totals = {sheet.examiner_id: sheet.total for sheet in ruled}
    exact = merge_totals(list(totals.values()), rule)
    disputes = find_disputes(items, sheets, rulings)
    if disputes:
        targets = "、".join(_NAMES.get(dispute.target, dispute.target) for dispute in disputes)
        raise OpenDisputeError(count=len(disputes), targets=targets)
    by_all = all(sheet.veto is not None for sheet in sheets)
    if rulings.veto_stands or (by_all and rulings.veto_stands is None):
        return PanelMark(Fraction(0), publish(Fraction(0)), totals, is_veto=True)
    if rulings.total is not None:
        exact = Fraction(rulings.total)
    return PanelMark(exact, publish(exact), totals, is_veto=False)


_NAMES: Final[Mapping[str, str]] = {DisputeKind.TOTAL: "总分", DisputeKind.VETO: "否定项"}


def _item_dispute(item: AllottedItem, sheets: Sequence[PanelSheet]) -> Dispute | None:
    marks = {sheet.examiner_id: sheet.marks[item.number] for sheet in sheets}
    limit = item.allotted * ITEM_SPREAD_SHARE
    if spread_of(marks) <= limit:
        return None
    return Dispute(DisputeKind.ITEM, item.number, marks, spread_of(marks), limit)
