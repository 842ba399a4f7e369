"""What a bank lacks for a blueprint, by name; nothing is relaxed.

The elastic programme may invent items: the fewest with which every margin can be met. What it
invents is what is missing, so adding just these items makes the request feasible.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when first used

from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.paper_sets.cell_model import Rows, solved
from item_bank.rules.paper_sets.cells import Cell, Family, Margin, MarginName, Stock
from item_bank.rules.paper_sets.enemies import enemy_rows, groups_of, undominated
from item_bank.rules.paper_sets.item_model import Integers
from registry.errors import AssessmentError

SHORT_NAMES = {
    ItemKind.SINGLE_CHOICE: "单选",
    ItemKind.MULTIPLE_CHOICE: "多选",
    ItemKind.TRUE_FALSE: "判断",
}
LEVELS = range(1, 6)
PREFERENCE = 1e-4  # of an earlier cell, where it does not matter which one lacks items


@dataclass(frozen=True)
class Deficit:
    """Which items the bank lacks, or a margin that contradicts the others."""

    needed: int
    missing: int
    range_code: str | None = None
    kind: ItemKind | None = None
    level: int | None = None
    importance: Importance | None = None
    is_contradiction: bool = False

    @property
    def words(self) -> str:
        """Return the deficit as a person reads it."""
        name = name_of(MarginName(self.range_code, self.kind, self.level, self.importance))
        if self.is_contradiction:
            return f"{name}：要求 {self.needed} 题，与其他要求相差 {self.missing} 题，互相矛盾"
        return f"{name}：需 {self.needed}，缺 {self.missing}"


class InfeasiblePaperError(AssessmentError):
    """The bank cannot meet the hard counts; nothing is relaxed."""

    code = "infeasible_paper"
    text = "题库不足或要求互相矛盾，无法组卷。{deficits}。请补充试题或修改组卷方案。"

    def __init__(self, deficits: Sequence[Deficit]) -> None:
        super().__init__(deficits="；".join(deficit.words for deficit in deficits))
        self.deficits = tuple(deficits)


def name_of(name: MarginName) -> str:
    """Name the items that a margin counts.

    Examples
    --------
    >>> name_of(MarginName("A-B-A", ItemKind.TRUE_FALSE, 4))
    'A-B-A 判断 难度4'
    """
    words = [
        name.range_code or "",
        SHORT_NAMES[name.kind] if name.kind else "",
        f"难度{name.level}" if name.level else "",
        f"重要程度{name.importance}" if name.importance else "",
    ]
    return " ".join(word for word in words if word) or "全卷"


def deficits_of(stock: Stock, papers: int, uses_each: int | None) -> tuple[Deficit, ...]:
    """Return what the whole bank lacks for so many papers; empty when it may suffice.

    Items of different cells that exclude one another are weighed only where something is missing.
    """
    sizes = stock.sizes(np.ones(len(stock.items), dtype=bool))
    found = find_deficits(stock, sizes, papers=papers, uses_each=uses_each or papers)
    if not found or uses_each is not None or any(d.is_contradiction for d in found):
        return found
    groups = groups_of(stock.items)
    return enemy_deficits(stock, groups, np.arange(len(stock.items))) if groups.any() else found


def find_deficits(
    stock: Stock, sizes: Integers, *, papers: int = 1, uses_each: int = 1
) -> tuple[Deficit, ...]:
    """Return what is missing for so many papers together.

    Parameters
    ----------
    stock : Stock
        Cells and margins; margins that are goals are left out of account.
    sizes : (K,) int ndarray
        How many items every cell can give to one paper.
    papers : int
        For how many papers the items must do.
    uses_each : int
        In how many of them an item may stand.
    """
    programme = _Elastic(stock, np.arange(len(stock.cells)), papers)
    uses = min(uses_each, papers)
    found = programme.solved(uses * sizes)
    if found is None:
        return _contradictions(programme.families)
    _, invented = found
    return programme.named(sizes, -(-invented // uses))


def enemy_deficits(stock: Stock, groups: Integers, places: Integers) -> tuple[Deficit, ...]:
    """Return what some of the items lack for one paper, as enemies exclude one another."""
    enough = undominated(stock, groups, np.isin(np.arange(len(groups)), places).astype(float))
    places = np.intersect1d(places, enough)
    cells = stock.cell_of[places]
    programme = _Elastic(stock, cells, papers=1)
    for members in enemy_rows(groups[places]):
        programme.rows.add(members, 0.0, 1.0)
    found = programme.solved(np.ones(len(places), dtype=np.int64))
    assert found is not None, "margins that contradict each other are found by cells"
    taken, invented = found
    used = np.bincount(cells, weights=taken, minlength=len(stock.cells))
    return programme.named(used.astype(np.int64), invented)


class _Elastic:
    """The margins over columns that stand for cells or items, and over items yet to be written."""

    def __init__(self, stock: Stock, cell_of_column: Integers, papers: int) -> None:
        self.stock = stock
        self.families = [family for family in stock.families if not family.is_goal]
        self.names = _cells_to_invent(self.families)
        self.size = len(cell_of_column)
        self.rows = Rows(self.size + len(self.names))
        for family in self.families:
            labels = family.labels[cell_of_column]
            for place, margin in enumerate(family.margins):
                made = [n for n, name in enumerate(self.names) if _counts(margin, name)]
                members = [np.flatnonzero(labels == place), self.size + np.array(made, dtype=int)]
                self.rows.add(np.concatenate(members), margin.low * papers, margin.high * papers)

    def solved(self, supply: Integers) -> tuple[Integers, Integers] | None:
        """Return what is taken of every column, and the fewest invented uses by name."""
        invented = len(self.names)
        costs = np.concatenate([np.zeros(self.size), 1 + PREFERENCE * np.arange(invented)])
        most = np.concatenate([supply, np.full(invented, np.inf)])
        values = solved(
            costs, self.rows.constraint(), scipy.optimize.Bounds(0.0, most), whole=len(costs)
        )
        if values is None:
            return None
        counts = np.rint(values).astype(np.int64)
        return counts[: self.size], counts[self.size :]

    def named(self, used: Integers, missing: Integers) -> tuple[Deficit, ...]:
        """Name the missing items; ``used`` says how many items of every cell serve already."""
        return tuple(
            Deficit(
                self._count(used, name) + lacking,
                lacking,
                name.range_code,
                name.kind,
                name.level,
                name.importance,
            )
            for name, lacking in zip(self.names, missing.tolist(), strict=True)
            if lacking
        )

    def _count(self, used: Integers, name: MarginName) -> int:
        pairs = zip(used.tolist(), self.stock.cells, strict=True)
        return sum(size for size, cell in pairs if name.covers(cell))


def _cells_to_invent(families: Sequence[Family]) -> list[MarginName]:
    names = [margin.name for family in families for margin in family.margins]
    levels: Sequence[int | None] = [None]
    if any(name.level is not None for name in names):
        levels = list(LEVELS)
    importances: Sequence[Importance | None] = [None]
    if any(name.importance is not None for name in names):
        importances = list(Importance)
    return [
        MarginName(margin.name.range_code, margin.name.kind, level, importance)
        for margin in families[0].margins
        for level in levels
        for importance in importances
    ]


def _counts(margin: Margin, name: MarginName) -> bool:
    cell = Cell(
        name.range_code or "",
        name.kind or ItemKind.SINGLE_CHOICE,
        name.level or 0,
        name.importance or "",
        "",
        is_recent=False,
    )
    return margin.name.covers(cell)


def _contradictions(families: Sequence[Family]) -> tuple[Deficit, ...]:
    """Return the margins that no bank can meet together, with the least they must give way."""
    invented = _cells_to_invent(families)
    rows = Rows(len(invented))
    margins = [margin for family in families for margin in family.margins]
    for margin in margins:
        members = [number for number, name in enumerate(invented) if _counts(margin, name)]
        row = rows.add(np.array(members, dtype=np.int64), margin.low, margin.high)
        for factor in (1.0, -1.0):
            rows.add_slack(row, factor, 1 + PREFERENCE * (len(margins) - row))
    size = len(invented)
    costs = np.concatenate([np.zeros(size), rows.slack_costs])
    values = solved(costs, rows.constraint(), scipy.optimize.Bounds(0.0, np.inf), whole=size)
    assert values is not None
    slack = values[size:].reshape(-1, 2)
    return tuple(
        Deficit(
            margin.low if under > over else margin.high,
            int(np.rint(under + over)),
            margin.name.range_code,
            margin.name.kind,
            margin.name.level,
            margin.name.importance,
            is_contradiction=True,
        )
        for margin, (under, over) in zip(margins, slack, strict=True)
        if np.rint(under + over) > 0
    )
