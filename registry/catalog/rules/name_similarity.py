"""How much the names of two projects resemble each other (R-204).

Names are short, so pairs of neighbouring characters are compared; a name within the other one
counts as alike however long the other is.
"""

import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

ALIKE_FROM: Final = 0.5  # of 1; the closest different projects of Annex 1 reach 0.6
CONTAINED: Final = 0.9
SHORTEST_CONTAINED: Final = 3  # characters; shorter words stand in names of every kind
EMPTY_ENDINGS: Final = ("专项职业能力", "技术", "技能", "能力")


class Likeness(StrEnum):
    """In which way a name resembles another."""

    SAME = "same"
    CONTAINED = "contained"
    SIMILAR = "similar"


@dataclass(frozen=True)
class Hit:
    """A known name that resembles the new one; ``place`` is its index among the known ones."""

    place: int
    name: str
    score: float
    likeness: Likeness


def bare_name(name: str) -> str:
    """Return a name without punctuation, width, case and words that say nothing.

    >>> bare_name("光纤到户（FTTH）安装调试技术")
    '光纤到户ftth安装调试'
    """
    folded = unicodedata.normalize("NFKC", name).casefold()
    bare = "".join(character for character in folded if character.isalnum())
    for ending in EMPTY_ENDINGS:
        if bare.endswith(ending) and len(bare) > len(ending) + 1:
            bare = bare.removesuffix(ending)
    return bare


def name_similarity(first: str, second: str) -> float:
    """Return 1 for the same bare name, 0 for names without a common pair of characters.

    References
    ----------
    .. [1] L. R. Dice, "Measures of the amount of ecologic association between species", 1945.

    Examples
    --------
    >>> name_similarity("电动自行车修理", "电动自行车维修技术")
    0.67
    >>> name_similarity("智能充电桩运维管理", "充电桩运维管理")
    0.9
    """
    one, other = bare_name(first), bare_name(second)
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    pairs, other_pairs = _pairs(one), _pairs(other)
    common = (pairs & other_pairs).total()
    score = round(2 * common / (pairs.total() + other_pairs.total()), 2)
    return max(score, CONTAINED) if _is_contained(one, other) else score


def similar_names(name: str, known: Sequence[str]) -> tuple[Hit, ...]:
    """Return the known names that resemble a new one, the closest first."""
    hits = []
    for place, other in enumerate(known):
        score = name_similarity(name, other)
        if score >= ALIKE_FROM:
            hits.append(Hit(place, other, score, _likeness(name, other, score)))
    return tuple(sorted(hits, key=lambda hit: (-hit.score, hit.place)))


def _likeness(name: str, other: str, score: float) -> Likeness:
    if score == 1:
        return Likeness.SAME
    contained = _is_contained(bare_name(name), bare_name(other))
    return Likeness.CONTAINED if contained else Likeness.SIMILAR


def _is_contained(one: str, other: str) -> bool:
    shorter, longer = sorted((one, other), key=len)
    return len(shorter) >= SHORTEST_CONTAINED and shorter in longer


def _pairs(text: str) -> Counter[str]:
    return Counter(text[at : at + 2] for at in range(len(text) - 1)) or Counter([text])
