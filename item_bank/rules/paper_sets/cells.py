"""Cells: items that are alike for the blueprint, and the bounds on how many a paper takes of them.

A family is a set of disjoint margins, such as "so many items of every difficulty". Which features
tell cells apart depends on the terms: a feature that nothing bounds makes no cells.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

import numpy as np

from item_bank.rules.blueprint import quotas_of
from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.paper_sets.item_model import Flags, Floats, Integers
from item_bank.rules.paper_sets.terms import AssemblyTerms, CoolDown
from item_bank.rules.pool import PoolItem

ANY_LEVEL = 0
MAX_ROUNDS = 200  # of proportional fitting; it ends earlier when nothing moves any more
STILL = 1e-7  # items
LEAST_FACTOR = 1e-9  # a factor of nothing could never be taken back
RECENT_SHARE = 1e-3  # how little of an even draw falls to items of the last papers


@dataclass(frozen=True, order=True)
class Cell:
    """What the items of a cell have in common; empty where the feature does not matter."""

    range_code: str
    kind: ItemKind
    level: int
    importance: str
    point: str
    is_recent: bool


@dataclass(frozen=True)
class MarginName:
    """Which items a margin counts; None means any."""

    range_code: str | None = None
    kind: ItemKind | None = None
    level: int | None = None
    importance: Importance | None = None

    def covers(self, cell: Cell) -> bool:
        """Say whether the margin counts the items of a cell."""
        return (
            self.range_code in (None, cell.range_code)
            and self.kind in (None, cell.kind)
            and self.level in (None, cell.level)
            and self.importance in (None, cell.importance)
        )


@dataclass(frozen=True)
class Margin:
    """Bounds for the number of items that a paper takes; a goal may be missed, with a report."""

    name: MarginName
    low: int
    high: int
    is_goal: bool = False


@dataclass(frozen=True)
class Family:
    """Margins that no item falls under twice; ``labels`` says which one counts a cell, or -1."""

    margins: tuple[Margin, ...]
    labels: Integers

    @property
    def is_goal(self) -> bool:
        """Say whether the margins may be missed."""
        return any(margin.is_goal for margin in self.margins)

    @property
    def low(self) -> Integers:
        """Return the lower bounds."""
        return np.array([margin.low for margin in self.margins], dtype=np.int64)

    @property
    def high(self) -> Integers:
        """Return the upper bounds."""
        return np.array([margin.high for margin in self.margins], dtype=np.int64)

    def totals(self, counts: Integers) -> Integers:
        """Return how many items fall under every margin."""
        counted = self.labels >= 0
        size = len(self.margins)
        sums = np.bincount(self.labels[counted], weights=counts[counted], minlength=size)
        return np.rint(sums).astype(np.int64)


@dataclass(frozen=True)
class Stock:
    """The bank as cells: items in order of cells and then codes."""

    items: tuple[PoolItem, ...]
    cells: tuple[Cell, ...]
    cell_of: Integers  # (N,) the cell of every item
    starts: Integers  # (K + 1,) where the items of every cell begin
    families: tuple[Family, ...]  # the first counts by range and kind
    points: Integers  # (K,) the point of every cell, or -1
    point_limits: Integers  # (P,) how many items a point gives when all points carry alike
    pairs: Integers  # (N,) which pair of cell and enemy group an item belongs to, or -1
    pair_cells: Integers  # the cell of every such pair

    def sizes(self, is_free: Flags) -> Integers:
        """Return for every cell how many free items it can give to one paper.

        Of the items of a cell that exclude one another only one counts.
        """
        alone = np.bincount(self.cell_of[is_free & (self.pairs < 0)], minlength=len(self.cells))
        is_present = np.zeros(len(self.pair_cells), dtype=bool)
        is_present[self.pairs[is_free & (self.pairs >= 0)]] = True
        grouped = np.bincount(self.pair_cells[is_present], minlength=len(self.cells))
        return (alone + grouped).astype(np.int64)


def stock_of(terms: AssemblyTerms, bank: Iterable[PoolItem]) -> Stock:
    """Sort the items that the terms can use into cells."""
    wanted = {
        (quota.range_code, quota.kind): quota.count
        for quota in quotas_of(terms.sections, terms.ranges)
    }
    usable = [item for item in bank if (item.range_code, item.kind) in wanted]
    if terms.cool_down is CoolDown.EXCLUDE:
        usable = [item for item in usable if not item.is_recent]
    margins = margins_of_terms(terms, knows_importance=any(i.importance for i in usable))
    features = _features(terms, margins)
    usable.sort(key=lambda item: item.code)
    keys = [features.key_of(item) for item in usable]
    places = {key: place for place, key in enumerate(sorted(set(keys)))}
    cells = tuple(Cell(*key) for key in places)
    unsorted = np.array([places[key] for key in keys], dtype=np.int64)
    order = np.argsort(unsorted, kind="stable")
    cell_of: Integers = unsorted[order]
    points = {cell.point: 0 for cell in cells if cell.point}
    names = {point: place for place, point in enumerate(points)}
    labels = np.array([names.get(cell.point, -1) for cell in cells], dtype=np.int64)
    items = tuple([usable[place] for place in order.tolist()])
    pairs, pair_cells = _pairs(items, cell_of)
    return Stock(
        items=items,
        cells=cells,
        cell_of=cell_of,
        starts=np.searchsorted(cell_of, np.arange(len(cells) + 1)),
        families=tuple(_family(group, cells) for group in margins),
        points=labels,
        point_limits=_point_limits(wanted, cells, list(points)),
        pairs=pairs,
        pair_cells=pair_cells,
    )


def margins_of_terms(
    terms: AssemblyTerms, *, knows_importance: bool
) -> tuple[tuple[Margin, ...], ...]:
    """Return the margins by family; the first family counts by range and kind."""
    by_range = tuple(
        Margin(MarginName(quota.range_code, quota.kind), quota.count, quota.count)
        for quota in quotas_of(terms.sections, terms.ranges)
    )
    groups = [by_range, _level_margins(terms)]
    if knows_importance:
        groups.append(_importance_margins(terms))
    for quota in terms.quotas:
        name = MarginName(quota.range_code, quota.kind, quota.level, quota.importance)
        groups.append((Margin(name, quota.low, quota.high),))
    return tuple(group for group in groups if group)


def even_counts(stock: Stock, sizes: Integers) -> Floats:
    """Return the fractional counts that give all items as nearly equal chances as margins allow.

    Parameters
    ----------
    stock : Stock
        Cells and margins.
    sizes : (K,) int ndarray
        How many items every cell can give.

    Returns
    -------
    (K,) float ndarray
        Expected numbers of items of every cell in a paper.

    Notes
    -----
    Proportional fitting, for bounds as well as for totals: among all counts within the margins
    these have the least divergence from the stock.

    References
    ----------
    .. [1] W. E. Deming and F. F. Stephan, "On a least squares adjustment of a sampled frequency
       table when the expected marginal totals are known", 1940.
    .. [2] L. M. Bregman, "The relaxation method of finding the common point of convex sets", 1967.
    """
    counts = sizes.astype(np.float64)
    counts[[cell.is_recent for cell in stock.cells]] *= RECENT_SHARE
    by_range, *others = (_Scaling.of(f.labels, f.low, f.high) for f in stock.families)
    if len(stock.point_limits):
        others.append(_Scaling.of(stock.points, 0 * stock.point_limits, stock.point_limits))
    others.append(_Scaling.of(np.arange(len(sizes)), 0 * sizes, sizes))
    by_range.fit(counts)
    for _ in range(MAX_ROUNDS):
        before = counts.copy()
        for scaling in (*others, by_range):  # ranges last, so that their counts are exact
            scaling.fit(counts)
        if np.abs(counts - before).max(initial=0.0) < STILL:
            break
    return np.minimum(counts, sizes)


@dataclass
class _Scaling:
    """Factors that bring the counts under margins within bounds; none where none is needed."""

    labels: Integers
    counted: Flags
    low: Integers
    high: Integers
    factors: Floats

    @classmethod
    def of(cls, labels: Integers, low: Integers, high: Integers) -> "_Scaling":
        return cls(labels, labels >= 0, low, high, np.ones(len(low)))

    def fit(self, counts: Floats) -> None:
        """Choose the factors anew, as if they had not been applied, and apply the change."""
        mine = self.labels[self.counted]
        totals = np.bincount(mine, weights=counts[self.counted], minlength=len(self.low))
        plain = totals / self.factors
        goals = np.clip(plain, self.low, self.high)
        wanted = np.divide(goals, plain, out=np.ones_like(plain), where=plain > 0)
        wanted = np.maximum(wanted, LEAST_FACTOR)
        counts[self.counted] *= (wanted / self.factors)[mine]
        self.factors = wanted


def _level_margins(terms: AssemblyTerms) -> tuple[Margin, ...]:
    if terms.levels:
        return tuple(
            Margin(
                MarginName(level=goal.level),
                max(0, goal.count - goal.tolerance),
                goal.count + goal.tolerance,
                not terms.is_strict,
            )
            for goal in sorted(terms.levels, key=lambda goal: goal.level)
        )
    size, tolerance = terms.item_count, terms.shares.tolerance
    margins = []
    for level, share in enumerate(terms.shares.difficulty, start=1):
        low, high = _whole((share - tolerance) * size, (share + tolerance) * size)
        margins.append(Margin(MarginName(level=level), low, high, not terms.is_strict))
    is_bound = any(margin.low > 0 or margin.high < size for margin in margins)
    return tuple(margins) if is_bound else ()


def _importance_margins(terms: AssemblyTerms) -> tuple[Margin, ...]:
    size = terms.item_count
    core, _ = _whole(terms.shares.core_at_least * size, Decimal(size))
    _, auxiliary = _whole(Decimal(0), terms.shares.auxiliary_at_most * size)
    if core <= 0 and auxiliary >= size:
        return ()
    return (
        Margin(MarginName(importance=Importance.X), core, size, not terms.is_strict),
        Margin(MarginName(importance=Importance.Y), 0, size, not terms.is_strict),
        Margin(MarginName(importance=Importance.Z), 0, auxiliary, not terms.is_strict),
    )


def _whole(low: Decimal, high: Decimal) -> tuple[int, int]:
    """Return the whole numbers between the bounds, or around them when there are none."""
    first = int(max(low, Decimal(0)).to_integral_value(ROUND_CEILING))
    last = int(high.to_integral_value(ROUND_FLOOR))
    return (first, last) if first <= last else (last, first)


@dataclass(frozen=True)
class _Features:
    """Which features tell cells apart."""

    levels: bool
    importance: bool
    points: bool

    def key_of(self, item: PoolItem) -> tuple[str, ItemKind, int, str, str, bool]:
        return (
            item.range_code,
            item.kind,
            item.difficulty if self.levels else ANY_LEVEL,
            (item.importance or "") if self.importance else "",
            item.point_code if self.points and item.has_point else "",
            item.is_recent,
        )


def _features(terms: AssemblyTerms, margins: Sequence[Sequence[Margin]]) -> _Features:
    names = [margin.name for group in margins for margin in group]
    return _Features(
        levels=any(name.level is not None for name in names),
        importance=any(name.importance is not None for name in names),
        points=terms.one_per_point,
    )


def _family(margins: Sequence[Margin], cells: Sequence[Cell]) -> Family:
    """Label the cells; all margins of a family bound the same features."""
    by_name = {margin.name: place for place, margin in enumerate(margins)}
    bound = margins[0].name
    labels = [
        by_name.get(
            MarginName(
                None if bound.range_code is None else cell.range_code,
                None if bound.kind is None else cell.kind,
                None if bound.level is None else cell.level,
                Importance(cell.importance) if bound.importance and cell.importance else None,
            ),
            -1,
        )
        for cell in cells
    ]
    return Family(tuple(margins), np.array(labels, dtype=np.int64))


def _pairs(items: Sequence[PoolItem], cell_of: Integers) -> tuple[Integers, Integers]:
    found: dict[tuple[int, str], int] = {}
    pairs = np.full(len(items), -1, dtype=np.int64)
    for place, item in enumerate(items):
        if item.enemies:
            mark = (int(cell_of[place]), min(item.enemies))
            pairs[place] = found.setdefault(mark, len(found))
    return pairs, np.array([cell for cell, _ in found], dtype=np.int64)


def _point_limits(
    wanted: dict[tuple[str, ItemKind], int], cells: Sequence[Cell], points: Sequence[str]
) -> Integers:
    demand: Counter[str] = Counter()
    for (range_code, _), count in wanted.items():
        demand[range_code] += count
    range_of = {cell.point: cell.range_code for cell in cells if cell.point}
    carried = Counter(range_of[point] for point in points)
    return np.array(
        [-(-demand[range_of[point]] // carried[range_of[point]]) for point in points],
        dtype=np.int64,
    )
