"""The integer programme over items themselves: exact, for one paper at a time.

It knows what cells cannot: that items of different cells exclude one another. The set of papers
needs it only where drawing and repair leave such a pair together; a flagship paper always does.
"""

from dataclasses import dataclass

import numpy as np
import scipy  # its parts are loaded when first used: a room's server never needs them

from item_bank.rules.paper_sets.cell_model import (
    CROWD_COST,
    GOAL_COST,
    POINT_COST,
    RECENT_COST,
    WHOLE,
    Rows,
)
from item_bank.rules.paper_sets.cells import Stock
from item_bank.rules.paper_sets.enemies import enemy_rows
from item_bank.rules.paper_sets.item_model import Floats, Integers

LIMIT_REACHED = 1  # status of scipy's milp
NODE_LIMIT = 2_000  # of the search; a limit in seconds would make papers depend on the machine
NEAREST_NODE_LIMIT = 60  # by then the distance is some thousandths of a point; its bound stays 0
NOWHERE = np.empty(0, dtype=np.int64)


@dataclass(frozen=True)
class Solution:
    """The chosen items, and how sure it is that none are better."""

    places: Integers  # in the stock
    value: float
    relaxed: float  # optimum of the linear relaxation
    is_optimal: bool


class ItemProgramme:
    """Rows for margins, points and enemies over some of the items of a stock."""

    def __init__(self, stock: Stock, groups: Integers, places: Integers) -> None:
        self.places = places
        cells = stock.cell_of[places]
        self.rows = Rows(len(places))
        for family in stock.families:
            labels = family.labels[cells]
            for number, margin in enumerate(family.margins):
                row = self.rows.add(np.flatnonzero(labels == number), margin.low, margin.high)
                if margin.is_goal:
                    self.rows.add_slack(row, 1.0, GOAL_COST)
                    self.rows.add_slack(row, -1.0, GOAL_COST)
        points = stock.points[cells]
        for number, limit in enumerate(stock.point_limits):
            row = self.rows.add(np.flatnonzero(points == number), 0.0, 1.0)
            if limit > 1:
                self.rows.add_slack(row, -1.0, POINT_COST, float(limit - 1))
            self.rows.add_slack(row, -1.0, CROWD_COST)
        for members in enemy_rows(groups[places]):
            self.rows.add(members, 0.0, 1.0)
        recent = np.array([cell.is_recent for cell in stock.cells], dtype=np.float64)
        self.penalties = RECENT_COST * recent[cells]

    def cheapest(self, costs: Floats) -> Solution | None:
        """Minimise the costs of items together with those of missed goals."""
        objective = np.concatenate([costs + self.penalties, self.rows.slack_costs])
        return self._solved(objective)

    def best(self, values: Floats) -> Solution | None:
        """Maximise the sum of values among the papers whose penalty is least."""
        self._keep_least_penalty()
        objective = np.concatenate([-values, np.zeros(len(self.rows.slack_costs))])
        found = self._solved(objective)
        if found is None:
            return None
        return Solution(found.places, -found.value, -found.relaxed, found.is_optimal)

    def nearest(self, scores: Floats, targets: Floats) -> Solution | None:
        """Minimise the greatest distance of the sums of scores, (n, T), from the targets."""
        self._keep_least_penalty()
        distance = len(self.rows.slack_costs)
        self.rows.slack_costs.append(0.0)
        self.rows.slack_most.append(np.inf)
        column = self.rows.columns + distance
        for number, target in enumerate(targets.tolist()):
            for sign, low, high in ((1.0, target, np.inf), (-1.0, -np.inf, target)):
                row = self.rows.add(NOWHERE, low, high)
                self.rows.entries += [
                    (row, place, score) for place, score in enumerate(scores[:, number].tolist())
                ]
                self.rows.entries.append((row, column, sign))
        objective = np.zeros(column + 1)
        objective[column] = 1.0
        return self._solved(objective, NEAREST_NODE_LIMIT)

    def _keep_least_penalty(self) -> None:
        """Allow no more missed goals, crowded points and recent items than are unavoidable."""
        costs = np.concatenate([self.penalties, self.rows.slack_costs])
        if not costs.any():
            return
        least = self.cheapest(np.zeros(len(self.places)))
        most = np.inf if least is None else least.value + WHOLE
        row = self.rows.add(NOWHERE, -np.inf, most)
        self.rows.entries += [
            (row, int(column), float(costs[column])) for column in np.flatnonzero(costs)
        ]

    def _solved(self, objective: Floats, node_limit: int = NODE_LIMIT) -> Solution | None:
        size = len(self.places)
        bounds = scipy.optimize.Bounds(0.0, np.concatenate([np.ones(size), self.rows.slack_most]))
        constraint = self.rows.constraint()
        relaxed = _minimised(objective, constraint, bounds, 0, node_limit)
        found = _minimised(objective, constraint, bounds, size, node_limit)
        if relaxed is None or found is None:
            return None
        values, is_optimal = found
        return Solution(
            places=self.places[values[:size] > 0.5],
            value=float((objective * values).sum()),
            relaxed=float((objective * relaxed[0]).sum()),
            is_optimal=is_optimal,
        )


def _minimised(
    objective: Floats,
    constraint: "scipy.optimize.LinearConstraint",
    bounds: "scipy.optimize.Bounds",
    whole: int,
    node_limit: int,
) -> tuple[Floats, bool] | None:
    """Minimise with the first columns in whole numbers; says whether the optimum is proved."""
    integrality = np.zeros(len(objective), dtype=np.int64)
    integrality[:whole] = 1
    found = scipy.optimize.milp(
        objective,
        constraints=constraint,
        bounds=bounds,
        integrality=integrality,
        options={"mip_rel_gap": 0.0, "node_limit": node_limit},
    )
    if found.x is None and found.status == LIMIT_REACHED:  # rare: search on, whatever it takes
        found = scipy.optimize.milp(
            objective, constraints=constraint, bounds=bounds, integrality=integrality
        )
    return None if found.x is None else (found.x, found.status == 0)
