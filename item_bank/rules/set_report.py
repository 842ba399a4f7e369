"""What is kept of a set of papers about their fairness; aggregates only, so that it may be shown.

No item and no key can be told from it. The engine's own report knows the papers; this one adds
the table of margins, counts of use and of key letters, and leaves out what names an item.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import msgspec

from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.paper_sets.cells import Margin, MarginName, margins_of_terms
from item_bank.rules.paper_sets.deficits import name_of
from item_bank.rules.paper_sets.results import PaperSet, SetPaper
from item_bank.rules.paper_sets.terms import AssemblyTerms
from item_bank.rules.pool import PoolItem

LARGEST_MATRIX = 26  # papers; beyond it only the counts of pairs are kept
PLACES = 4  # of points and chances


@dataclass(frozen=True)
class MarginLine:
    """So many items of some kind were wanted in every paper; the papers hold from least to most."""

    words: str
    range_code: str
    kind: str
    low: int
    high: int
    least: int
    most: int
    is_goal: bool

    @property
    def is_met(self) -> bool:
        """Say whether every paper lies within the bounds."""
        return self.low <= self.least and self.most <= self.high


@dataclass(frozen=True)
class ScoreLine:
    """Expected points at one ability; ``points`` by paper."""

    theta: float
    target: float
    points: tuple[float, ...]

    @property
    def least(self) -> float:
        """Return the points of the hardest paper."""
        return min(self.points)

    @property
    def most(self) -> float:
        """Return the points of the easiest paper."""
        return max(self.points)

    @property
    def spread(self) -> float:
        """Return how far the papers lie apart."""
        return self.most - self.least


@dataclass(frozen=True)
class Passing:
    """The chances to pass the papers, of a candidate who just passes the average one."""

    cut_theta: float
    pass_points: float
    score_sd: float
    hardest: float
    easiest: float
    hardest_form: int
    easiest_form: int

    @property
    def spread_percent(self) -> float:
        """Return the difference in points of percent."""
        return 100 * (self.easiest - self.hardest)


@dataclass(frozen=True)
class SetReport:
    """Everything that the certificate of a set says of its papers."""

    papers: int  # of different items
    items_each: int
    half_width: float
    scores: tuple[ScoreLine, ...]
    passing: Passing
    margins: tuple[MarginLine, ...]
    overlap_allowed: int | None
    overlap_most: int
    overlap_mean: float
    overlap_pairs: tuple[int, ...]  # pairs of papers with 0, 1, 2 … items in common
    overlap_matrix: tuple[tuple[int, ...], ...]  # empty for large sets
    usable_items: int
    exposure_cap: int
    exposure_lifted: tuple[str, ...]
    exposure_items: tuple[int, ...]  # items that stand in 0, 1, 2 … papers
    key_counts: tuple[int, ...]  # of the letters A, B, C … as keys of single choice
    key_share_least: float
    key_share_most: float
    recent_most: int  # items of the last sets of the city in one paper
    missed: tuple[str, ...]

    @property
    def is_even(self) -> bool:
        """Say whether everything was met."""
        return not self.missed

    @property
    def kinds(self) -> tuple[ItemKind, ...]:
        """Return the types that the papers hold."""
        held = {margin.kind for margin in self.margins}
        return tuple(kind for kind in ItemKind if kind in held)

    @property
    def ranges(self) -> dict[str, dict[str, MarginLine]]:
        """Return the margins by range and type."""
        rows: dict[str, dict[str, MarginLine]] = {}
        for margin in self.margins:
            if margin.range_code:
                rows.setdefault(margin.range_code, {})[margin.kind] = margin
        return rows

    @property
    def others(self) -> tuple[MarginLine, ...]:
        """Return the margins of whole papers: difficulty and importance."""
        return tuple(margin for margin in self.margins if not margin.range_code)


def report_of(drawn: PaperSet, terms: AssemblyTerms, pool: Sequence[PoolItem]) -> SetReport:
    """Sum up an assembled set.

    Parameters
    ----------
    drawn : PaperSet
        As the engine gave it.
    terms : AssemblyTerms
        What was wanted.
    pool : sequence of PoolItem
        The bank it was drawn from.
    """
    by_id = {item.version_id: item for item in pool}
    forms = [paper for paper in drawn.papers if paper.version in ("", "A")]
    found = drawn.report
    pairs = [row[other] for one, row in enumerate(found.overlap.matrix) for other in range(one)]
    passing = found.passing
    return SetReport(
        papers=len(forms),
        items_each=terms.item_count,
        half_width=terms.band.half_width,
        scores=tuple(
            ScoreLine(at.theta, round(at.target, PLACES), tuple(_at(forms, place)))
            for place, at in enumerate(found.scores)
        ),
        passing=Passing(
            round(passing.cut_theta, PLACES),
            round(passing.pass_points, PLACES),
            round(passing.score_sd, PLACES),
            round(passing.hardest, PLACES),
            round(passing.easiest, PLACES),
            passing.hardest_paper,
            passing.easiest_paper,
        ),
        margins=tuple(_margin_lines(forms, terms, by_id)),
        overlap_allowed=found.overlap.allowed,
        overlap_most=found.overlap.most,
        overlap_mean=round(found.overlap.mean, PLACES),
        overlap_pairs=_counted(pairs),
        overlap_matrix=found.overlap.matrix if len(forms) <= LARGEST_MATRIX else (),
        usable_items=found.exposure.usable_items,
        exposure_cap=found.exposure.cap,
        exposure_lifted=found.exposure.lifted,
        exposure_items=_exposure(forms, found.exposure.usable_items),
        key_counts=_key_counts(drawn.papers, by_id),
        key_share_least=round(found.key_share_least, PLACES),
        key_share_most=round(found.key_share_most, PLACES),
        recent_most=max(paper.recent_count for paper in forms),
        missed=tuple(residual.words for residual in found.residuals),
    )


def report_text(report: SetReport) -> str:
    """Write a report as JSON."""
    return msgspec.json.encode(report).decode()


def read_report(text: str) -> SetReport:
    """Read what ``report_text`` wrote."""
    return msgspec.json.decode(text, type=SetReport)


def _at(forms: Sequence[SetPaper], place: int) -> list[float]:
    return [round(paper.expected[place], PLACES) for paper in forms]


def _margin_lines(
    forms: Sequence[SetPaper], terms: AssemblyTerms, by_id: Mapping[int, PoolItem]
) -> list[MarginLine]:
    knows_importance = any(item.importance for item in by_id.values())
    families = margins_of_terms(terms, knows_importance=knows_importance)
    held = [[by_id[item.version_id] for item in paper.items] for paper in forms]
    return [
        _margin_line(margin, [sum(_covers(margin.name, item) for item in items) for items in held])
        for family in families
        for margin in family
        if margin.name.importance is not Importance.Y  # bound by the other two alone
    ]


def _margin_line(margin: Margin, counts: Sequence[int]) -> MarginLine:
    return MarginLine(
        words=name_of(margin.name),
        range_code=margin.name.range_code or "",
        kind=margin.name.kind or "",
        low=margin.low,
        high=margin.high,
        least=min(counts),
        most=max(counts),
        is_goal=margin.is_goal,
    )


def _covers(name: MarginName, item: PoolItem) -> bool:
    return (
        name.range_code in (None, item.range_code)
        and name.kind in (None, item.kind)
        and name.level in (None, item.difficulty)
        and name.importance in (None, item.importance)
    )


def _exposure(forms: Sequence[SetPaper], usable: int) -> tuple[int, ...]:
    uses = Counter(item.version_id for paper in forms for item in paper.items)
    return (usable - len(uses), *_counted(list(uses.values()))[1:])


def _counted(values: Sequence[int]) -> tuple[int, ...]:
    """Return how many of the values are 0, 1, 2 … up to the greatest."""
    counts = Counter(values)
    return tuple(counts[number] for number in range(max(values, default=0) + 1))


def _key_counts(papers: Sequence[SetPaper], by_id: Mapping[int, PoolItem]) -> tuple[int, ...]:
    places = [
        placed.option_order.index(next(iter(item.key)))
        for paper in papers
        for placed in paper.items
        if (item := by_id[placed.version_id]).kind is ItemKind.SINGLE_CHOICE
        and len(item.key) == 1
        and placed.option_order
    ]
    return _counted(places)
