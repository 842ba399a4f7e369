"""What a paper achieved against its goals: shares of importance and difficulty."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from item_bank.rules.blueprint import Shares
from item_bank.rules.kinds import Importance
from item_bank.rules.pool import PoolItem

LEVELS = 5


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
