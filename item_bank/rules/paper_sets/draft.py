"""A paper under repair: how far it is from its goals, and what every exchange would make of it."""

from dataclasses import dataclass

import numpy as np

from item_bank.rules.paper_sets.enemies import NO_GROUP
from item_bank.rules.paper_sets.holdings import Holdings
from item_bank.rules.paper_sets.item_model import MICRO, Flags, Floats, Integers

OVERLAP_WEIGHT = MICRO // 2  # an item too many in common is as bad as half a point
ENEMY_WEIGHT = 1_000 * MICRO  # nothing outweighs it


@dataclass(frozen=True)
class Goals:
    """What the repair aims at, in millionths of a point and in items."""

    targets: Integers  # (T,)
    half_width: int
    overlap_at_most: int | None


class Draft:
    """A paper under repair."""

    def __init__(self, holdings: Holdings, goals: Goals, chosen: Integers, times: Floats) -> None:
        self.holdings = holdings
        self.goals = goals
        self.chosen = chosen.copy()
        self.times = times
        self.is_open = np.isfinite(times)  # free and not in the paper
        self.is_open[chosen] = False
        self.sums: Integers = holdings.scores[chosen].sum(axis=0)
        self.members = np.bincount(holdings.groups[chosen].ravel(), minlength=holdings.group_count)
        self.members[NO_GROUP] = 0
        self.overlaps = holdings.overlaps(chosen)
        self.near = self._near()

    def enemies(self) -> int:
        """Return how many items too many the enemy groups hold."""
        return int(np.maximum(self.members - 1, 0).sum())

    def penalty(self) -> int:
        """Return how far the paper is from its goals."""
        total = int(self._score_excess(self.sums[None, :])[0])
        total += ENEMY_WEIGHT * self.enemies()
        return total + self._overlap_excess(self.overlaps)

    def is_too_alike(self) -> bool:
        """Say whether too many items are in common with some finished paper."""
        return self._overlap_excess(self.overlaps) > 0

    def penalties(self, slot: int, candidates: Integers) -> Integers:
        """Return the penalty after every exchange of the position for a candidate."""
        held = self.holdings
        old = self.chosen[slot]
        total = self._score_excess(self.sums - held.scores[old] + held.scores[candidates])
        if held.group_count > 1:
            total = total + ENEMY_WEIGHT * self._enemies(held.groups[[old]], candidates)
        if len(self.near):
            rest = self.overlaps[self.near] - held.held[old, self.near]
            after = rest + held.held[candidates[:, None], self.near]
            excess = np.maximum(after - self.goals.overlap_at_most, 0).sum(axis=1)
            total = total + OVERLAP_WEIGHT * excess
        return total

    def exchange(self, slot: int, new: int) -> None:
        """Put another item at the position."""
        held = self.holdings
        old = int(self.chosen[slot])
        self.chosen[slot] = new
        self.is_open[new] = False
        self.is_open[old] = True
        self.sums = self.sums - held.scores[old] + held.scores[new]
        for place, step in ((old, -1), (new, 1)):
            for group in held.groups[place]:
                self.members[group] += step
        self.members[NO_GROUP] = 0
        done = held.papers_done
        self.overlaps = self.overlaps - held.held[old, :done] + held.held[new, :done]
        self.near = self._near()

    def culprits(self) -> Flags:
        """Return the positions whose exchange can help."""
        held = self.holdings
        if self._score_excess(self.sums[None, :])[0]:
            return np.ones(len(self.chosen), dtype=bool)
        found: Flags = np.any(self.members[held.groups[self.chosen]] > 1, axis=1)
        if self.goals.overlap_at_most is not None:
            above = np.flatnonzero(self.overlaps > self.goals.overlap_at_most)
            found |= np.any(held.held[self.chosen[:, None], above], axis=1)
        return found

    def _score_excess(self, sums: Integers) -> Integers:
        off = np.abs(sums - self.goals.targets) - self.goals.half_width
        excess: Integers = np.maximum(off, 0).sum(axis=1)
        return excess

    def _overlap_excess(self, overlaps: Integers) -> int:
        most = self.goals.overlap_at_most
        if most is None:
            return 0
        return OVERLAP_WEIGHT * int(np.maximum(overlaps - most, 0).sum())

    def _enemies(self, old: Integers, candidates: Integers) -> Integers:
        """Return how many items too many the groups hold after every exchange."""
        members = self.members.copy()
        members[old.ravel()] -= 1
        members[NO_GROUP] = 0
        stay = int(np.maximum(members - 1, 0).sum())
        meets = members[self.holdings.groups[candidates]] > 0
        found: Integers = stay + meets.sum(axis=1)
        return found

    def _near(self) -> Integers:
        """Return the finished papers that an exchange could bring above the limit."""
        most = self.goals.overlap_at_most
        if most is None:
            return np.empty(0, dtype=np.int64)
        return np.flatnonzero(self.overlaps >= most)
