"""The integer programme that says how many items of every cell a paper takes.

Counts are the fractional even counts rounded up or down at random so that every margin is met.
The costs make the chance of rounding up close to the fraction (Pareto sampling); the programme is
nearly always a transport problem, which its linear relaxation solves in whole numbers.
"""

from dataclasses import dataclass, field

import numpy as np
import scipy  # its parts are loaded when first used: a room's server never needs them

from item_bank.rules.paper_sets.cells import Stock
from item_bank.rules.paper_sets.item_model import Flags, Floats, Integers

GOAL_COST = 100.0  # one item outside a goal; random costs differ by about 20 at most
POINT_COST = 1_000.0  # one more item of a point that has one already
CROWD_COST = 3_000.0  # one more than when all points of the range carried alike
RECENT_COST = 30.0
WHOLE = 1e-6
LIKELY_EACH, LIKELY_MORE = 4, 12  # cells by item of a quota that are tried before all others
WIDENING = 3.0  # how many times its even count a cell may give when rounding is not enough


@dataclass(frozen=True)
class Counts:
    """How many items of every cell; what it cost to miss goals, points and freshness."""

    of_cell: Integers
    penalty: float


@dataclass
class Rows:
    """Constraints under construction: sums of columns between bounds, with slack columns."""

    columns: int
    entries: list[tuple[int, int, float]] = field(default_factory=list)  # row, column, factor
    low: list[float] = field(default_factory=list)
    high: list[float] = field(default_factory=list)
    slack_costs: list[float] = field(default_factory=list)
    slack_most: list[float] = field(default_factory=list)

    def add(self, members: Integers, low: float, high: float) -> int:
        """Bound the sum of the columns; returns the number of the row."""
        row = len(self.low)
        self.entries += [(row, int(column), 1.0) for column in members]
        self.low.append(low)
        self.high.append(high)
        return row

    def add_slack(self, row: int, factor: float, cost: float, most: float = np.inf) -> None:
        """Let the row be relieved at a cost."""
        self.entries.append((row, self.columns + len(self.slack_costs), factor))
        self.slack_costs.append(cost)
        self.slack_most.append(most)

    def constraint(self) -> "scipy.optimize.LinearConstraint":
        """Return all rows as one constraint."""
        rows, columns, factors = zip(*self.entries, strict=True) if self.entries else ((), (), ())
        shape = (len(self.low), self.columns + len(self.slack_costs))
        matrix = scipy.sparse.csc_array((factors, (rows, columns)), shape=shape)
        return scipy.optimize.LinearConstraint(matrix, np.array(self.low), np.array(self.high))


class CellModel:
    """The programme of one set of papers; only costs and bounds change from paper to paper."""

    def __init__(self, stock: Stock, even: Floats) -> None:
        self.even = even
        rows = Rows(len(stock.cells))
        for family in stock.families:
            for place, margin in enumerate(family.margins):
                members = np.flatnonzero(family.labels == place)
                row = rows.add(members, margin.low, margin.high)
                if margin.is_goal:
                    rows.add_slack(row, 1.0, GOAL_COST)
                    rows.add_slack(row, -1.0, GOAL_COST)
        _add_points(rows, stock)
        recent = np.array([cell.is_recent for cell in stock.cells], dtype=np.float64)
        self.constraint = rows.constraint()
        self.matrix = scipy.sparse.csc_array(self.constraint.A)
        self.ranges = stock.families[0].labels
        self.quotas = stock.families[0].high
        self.penalties = np.concatenate([RECENT_COST * recent, rows.slack_costs])
        self.slack_most = np.array(rows.slack_most)
        self.unavoidable = 0.0  # the least penalty that some paper of the set has shown

    def solve(self, sizes: Integers, random: np.random.Generator) -> Counts | None:
        """Return random counts within the sizes of cells; None when no counts meet the margins.

        References
        ----------
        .. [1] B. Rosén, "On sampling with probability proportional to size", 1997.
        """
        floors = np.floor(self.even + WHOLE)
        chance = np.clip(random.random(len(sizes)), 1e-9, 1 - 1e-9)
        share = np.clip(self.even - floors, 1e-4, 1 - 1e-4)
        costs = np.log(chance / (1 - chance)) - np.log(share / (1 - share))
        nothing = np.zeros(len(sizes))
        rounded_up = np.ceil(self.even - WHOLE)
        found = None
        for low, high in (
            (floors, np.where(self._is_likely(costs), rounded_up, floors)),
            (floors, rounded_up),
            (nothing, np.ceil(WIDENING * self.even) + 1),
            (nothing, sizes),
        ):
            most = np.minimum(high, sizes)
            found = self._solved(costs, np.minimum(low, most), most) or found
            if found is not None and found.penalty <= self.unavoidable + WHOLE:
                return found
        if found is not None:
            self.unavoidable = found.penalty
        return found

    def _is_likely(self, costs: Floats) -> Flags:
        """Say which cells are among the cheapest of their range and kind."""
        order = np.lexsort((costs, self.ranges))
        ranks = np.empty(len(costs), dtype=np.int64)
        ranks[order] = (
            np.arange(len(costs)) - np.searchsorted(self.ranges[order], self.ranges)[order]
        )
        likely: Flags = ranks < LIKELY_EACH * self.quotas[self.ranges] + LIKELY_MORE
        return likely

    def _solved(self, costs: Floats, low: Floats, high: Floats) -> Counts | None:
        """Solve over the columns that may be used at all; the others only cost time."""
        size = len(costs)
        kept = np.concatenate([np.flatnonzero(high > 0), np.arange(size, len(self.penalties))])
        whole = len(kept) - len(self.slack_most)
        objective = self.penalties[kept]
        objective[:whole] += costs[kept[:whole]]
        bounds = scipy.optimize.Bounds(
            np.concatenate([low, np.zeros(len(self.slack_most))])[kept],
            np.concatenate([high, self.slack_most])[kept],
        )
        constraint = scipy.optimize.LinearConstraint(
            self.matrix[:, kept], self.constraint.lb, self.constraint.ub
        )
        values = solved(objective, constraint, bounds, whole)
        if values is None:
            return None
        counts = np.zeros(size, dtype=np.int64)
        counts[kept[:whole]] = np.rint(values[:whole]).astype(np.int64)
        return Counts(counts, float((self.penalties[kept] * values).sum()))


def solved(
    objective: Floats,
    constraint: "scipy.optimize.LinearConstraint",
    bounds: "scipy.optimize.Bounds",
    whole: int,
) -> Floats | None:
    """Minimise with the first ``whole`` columns in whole numbers; None when infeasible.

    The relaxation is tried first: of a transport problem every vertex is whole.
    """
    found = scipy.optimize.milp(
        objective, constraints=constraint, bounds=bounds, options={"presolve": False}
    )
    if found.x is None:
        return None
    if np.abs(found.x[:whole] - np.rint(found.x[:whole])).max(initial=0.0) > WHOLE:
        integrality = np.zeros(len(objective), dtype=np.int64)
        integrality[:whole] = 1
        found = scipy.optimize.milp(
            objective,
            constraints=constraint,
            bounds=bounds,
            integrality=integrality,
            options={"mip_rel_gap": 0.0},
        )
    values: Floats | None = found.x
    return values


def _add_points(rows: Rows, stock: Stock) -> None:
    """Make a second item of a point dear, and dearer when points carry unevenly."""
    for place, limit in enumerate(stock.point_limits):
        row = rows.add(np.flatnonzero(stock.points == place), 0.0, 1.0)
        if limit > 1:
            rows.add_slack(row, -1.0, POINT_COST, float(limit - 1))
        rows.add_slack(row, -1.0, CROWD_COST)
