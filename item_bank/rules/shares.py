"""Soft goals of a paper: shares of importance and difficulty, and their repair by swaps.

A swap exchanges a chosen item for another of the same kind and range and never spoils the hard
rules: the other item belongs to the same point, or to a point that carries fewer items.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from item_bank.rules.blueprint import Shares
from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.pool import PoolItem

MAX_PASSES = 8
LEVELS = 5
RECENT_WEIGHT = 0.2  # an item used before weighs less than one outside a share


@dataclass(frozen=True)
class Margins:
    """What a paper achieved against its soft goals."""

    importance: tuple[int, int, int]  # items of X, Y, Z
    difficulty: tuple[int, int, int, int, int]
    mean_difficulty: Decimal
    recent_count: int
    missed: tuple[str, ...]  # goals out of tolerance, in Chinese

    @property
    def all_met(self) -> bool:
        """Say whether every share lies within its tolerance."""
        return not self.missed


Trait = tuple[Importance, int, bool]


class _Tally:
    """Counts of a paper's traits and what they lack against the goals, in items."""

    def __init__(self, chosen: Sequence[PoolItem], shares: Shares) -> None:
        size = len(chosen)
        self.importance = Counter(item.importance for item in chosen)
        self.difficulty = Counter(item.difficulty for item in chosen)
        self.core_least = float(shares.core_at_least) * size
        self.auxiliary_most = float(shares.auxiliary_at_most) * size
        tolerance = float(shares.tolerance) * size
        goals = [float(share) * size for share in shares.difficulty]
        self.bounds = [(goal - tolerance, goal + tolerance) for goal in goals]
        self.memo: dict[tuple[Trait, Trait], float] = {}

    def shortfall(self) -> float:
        """Return by how many items the shares are missed."""
        lack = max(0.0, self.core_least - self.importance[Importance.X])
        lack += max(0.0, self.importance[Importance.Z] - self.auxiliary_most)
        for level, (low, high) in enumerate(self.bounds, start=1):
            count = self.difficulty[level]
            lack += max(0.0, low - count, count - high)
        return lack

    def gain(self, out: Trait, into: Trait) -> float:
        """Return how much better the paper gets by the exchange of traits."""
        pair = (out, into)
        if pair not in self.memo:
            before = self.shortfall()
            self._move(out, into)
            self.memo[pair] = before - self.shortfall() + RECENT_WEIGHT * (out[2] - into[2])
            self._move(into, out)
        return self.memo[pair]

    def exchange(self, out: Trait, into: Trait) -> None:
        """Make the exchange."""
        self._move(out, into)
        self.memo.clear()

    def _move(self, out: Trait, into: Trait) -> None:
        self.importance[out[0]] -= 1
        self.importance[into[0]] += 1
        self.difficulty[out[1]] -= 1
        self.difficulty[into[1]] += 1


def repair(
    chosen: Sequence[PoolItem],
    bank: Sequence[PoolItem],
    shares: Shares,
    random: np.random.Generator,
) -> list[PoolItem]:
    """Improve the soft goals by swaps until none helps; returns the items, hard rules kept."""
    paper = list(chosen)
    tally = _Tally(paper, shares)
    loads = Counter(item.point_code for item in paper)
    spare = _spare_items(paper, bank, random)
    for _ in range(MAX_PASSES):
        improved = False
        for place in random.permutation(len(paper)).tolist():
            if not _is_improvable(tally, paper):
                return paper
            improved |= _improve(place, paper, spare, tally, loads)
        if not improved:
            break
    return paper


def margins_of(chosen: Sequence[PoolItem], shares: Shares) -> Margins:
    """Count what was achieved and name the goals that were missed."""
    size = len(chosen)
    importance = Counter(item.importance for item in chosen)
    difficulty = Counter(item.difficulty for item in chosen)
    missed = []
    if importance[Importance.X] < shares.core_at_least * size:
        missed.append(
            f"核心要素 X {importance[Importance.X]} 题，应不少于 {shares.core_at_least:%}"
        )
    if importance[Importance.Z] > shares.auxiliary_at_most * size:
        most = f"{shares.auxiliary_at_most:%}"
        missed.append(f"辅助要素 Z {importance[Importance.Z]} 题，应不多于 {most}")
    for level, share in enumerate(shares.difficulty, start=1):
        if abs(difficulty[level] - share * size) > shares.tolerance * size:
            missed.append(f"难度 {level} 级 {difficulty[level]} 题，应为 {share:%} 左右")
    total = sum(level * count for level, count in difficulty.items())
    counts = [difficulty[level] for level in range(1, LEVELS + 1)]
    return Margins(
        importance=(importance[Importance.X], importance[Importance.Y], importance[Importance.Z]),
        difficulty=(counts[0], counts[1], counts[2], counts[3], counts[4]),
        mean_difficulty=(Decimal(total) / size).quantize(Decimal("0.01")),
        recent_count=sum(item.is_recent for item in chosen),
        missed=tuple(missed),
    )


def _spare_items(
    paper: Sequence[PoolItem], bank: Sequence[PoolItem], random: np.random.Generator
) -> dict[tuple[ItemKind, str], list[PoolItem]]:
    used = {item.code for item in paper}
    spare: dict[tuple[ItemKind, str], list[PoolItem]] = {}
    for place in random.permutation(len(bank)).tolist():
        item = bank[place]
        if item.code not in used:
            spare.setdefault((item.kind, item.range_code), []).append(item)
    return spare


def _is_improvable(tally: _Tally, paper: Sequence[PoolItem]) -> bool:
    return tally.shortfall() > 0 or any(item.is_recent for item in paper)


def _improve(
    place: int,
    paper: list[PoolItem],
    spare: dict[tuple[ItemKind, str], list[PoolItem]],
    tally: _Tally,
    loads: Counter[str],
) -> bool:
    """Make the best swap of one position, if any helps; the first of equals, in shuffled order."""
    old = paper[place]
    candidates = spare.get((old.kind, old.range_code), [])
    load = loads[old.point_code]
    best, best_gain = -1, 1e-9
    for index, new in enumerate(candidates):
        if new.point_code != old.point_code and loads[new.point_code] >= load:
            continue
        gain = tally.gain(_trait(old), _trait(new))
        if gain > best_gain:
            best, best_gain = index, gain
    if best < 0:
        return False
    new, candidates[best] = candidates[best], old
    paper[place] = new
    loads[old.point_code] -= 1
    loads[new.point_code] += 1
    tally.exchange(_trait(old), _trait(new))
    return True


def _trait(item: PoolItem) -> Trait:
    return (item.importance, item.difficulty, item.is_recent)
