"""How well a robot answers: a seeded ability against the difficulty of each item."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from exam_server.rehearsal.robot import Choice
from item_bank.rules.kinds import ItemKind

MEAN_ABILITY, SPREAD = 1.7, 0.9  # so that most pass and some fail, as in a real batch
DIFFICULTY_STEP = 0.55
MIDDLE_DIFFICULTY = 3


@dataclass(frozen=True)
class Target:
    """What would be right, by ids as the answering side names them."""

    kind: ItemKind
    difficulty: int
    right: tuple[str, ...]
    options: tuple[str, ...]


def draw_ability(draw: random.Random) -> float:
    """Draw one person's ability."""
    return draw.gauss(MEAN_ABILITY, SPREAD)


def answer(target: Target, ability: float, draw: random.Random) -> list[str]:
    """Answer one item: right with a probability that rises with ability, else something else."""
    easiness = ability - DIFFICULTY_STEP * (target.difficulty - MIDDLE_DIFFICULTY)
    if draw.random() < 1 / (1 + math.exp(-easiness)):
        return list(target.right)
    if target.kind is ItemKind.MULTIPLE_CHOICE:
        size = draw.randint(1, len(target.options))
        chosen = draw.sample(target.options, size)
        return sorted(chosen) if set(chosen) != set(target.right) else sorted(chosen)[:1]
    return [draw.choice([option for option in target.options if option not in target.right])]


def chooser(targets: Mapping[str, Target], ability: float) -> Choice:
    """Return how a robot picks among the options that its page shows."""

    def choose(question: Mapping[str, Any], draw: random.Random) -> list[str]:
        return answer(targets[question["id"]], ability, draw)

    return choose
