"""When a person must look at an answer card; pure policy over the evidence of cells.

The evidence of a cell is the natural logarithm of how much likelier its ink is under a mark than
under none. Weighed with what is usual for the kind of group, it gives the probability of every
reading. Behind the limit stand costs: a wrong answer that nobody saw weighs several hundred times
a look by a person.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from omr.rules.card_layout import ABSENT_GROUP, MISCONDUCT_GROUP, GroupKind
from omr.rules.reasons import GroupReason, PageReason


class CellInk(NamedTuple):  # there are hundreds on a page
    """Ink of one cell, as shares of full black after the printed ink of the blank card is off.

    ``ink`` is the mean over the inner cell, ``peak`` the mean of its darkest eighth, ``cover`` the
    share that is inked as darkly as the page's marks are, ``spill`` the mean just outside,
    ``reach`` the darkness of strokes that run on over the paper beyond, and ``evidence`` what all
    of it says together.
    """

    ink: float
    peak: float
    cover: float
    spill: float
    reach: float
    evidence: float = 0.0


@dataclass(frozen=True)
class Usual:
    """How often a group of a kind is left blank and how often it is marked more than once."""

    blank: float
    several: float


USUAL = {
    GroupKind.SINGLE: Usual(0.04, 0.01),
    GroupKind.JUDGEMENT: Usual(0.04, 0.01),
    GroupKind.NUMBER: Usual(0.50, 0.005),
    GroupKind.TYPE: Usual(0.60, 0.005),
    GroupKind.PROCTOR: Usual(0.97, 0.0),
}
USUAL_MARK = 0.5  # of a cell that may be marked beside others


@dataclass(frozen=True)
class DoubtPolicy:
    """Where a person must look."""

    largest_risk: float = 0.0015  # that the likeliest reading of a group is wrong
    surest: float = 0.9999  # no reading is surer: not everything that happens was foreseen
    second_mark: float = 3.0  # evidence from which two marks are named as two
    largest_doubtful_share: float = 0.40  # of the groups of a page


POLICY = DoubtPolicy()


class GroupVerdict(NamedTuple):
    """What a group says: the values marked, why a person must look, how sure it is (0 to 1)."""

    values: tuple[str, ...]
    reason: GroupReason | None
    confidence: float


def judge_group(
    kind: GroupKind,
    values: Sequence[str],
    evidence: Sequence[float],
    policy: DoubtPolicy = POLICY,
) -> GroupVerdict:
    """Decide one group; whatever is not plain goes to a person, with a reason."""
    if kind is GroupKind.MULTIPLE:
        return _judge_several(values, evidence, policy)
    odds = list(map(math.exp, evidence))
    blank, one, several = _weights(USUAL[kind], odds)
    total = blank + one + several
    best = odds.index(max(odds))
    best_one = one * odds[best] / sum(odds)
    if several > max(blank, best_one):
        return _two_marks(values, evidence, several / total, policy)
    marked = (values[best],) if best_one >= blank else ()
    sure = max(blank, best_one) / total
    return _verdict(marked, sure, policy)


def _weights(usual: Usual, odds: Sequence[float]) -> tuple[float, float, float]:
    """Return how well no mark, one mark and several marks explain what is seen.

    Within one and several, every choice of cells is as likely as another.
    """
    cells, total = len(odds), sum(odds)
    one = (1 - usual.blank - usual.several) * total / cells
    if cells == 1 or usual.several == 0:
        return usual.blank, one, 0.0
    every = math.prod([1 + each for each in odds])
    choices = 2**cells - cells - 1
    return usual.blank, one, usual.several * max(every - 1 - total, 0.0) / choices


def _judge_several(
    values: Sequence[str], evidence: Sequence[float], policy: DoubtPolicy
) -> GroupVerdict:
    shift = math.log(USUAL_MARK / (1 - USUAL_MARK))
    marked = tuple(
        value for value, found in zip(values, evidence, strict=True) if found + shift > 0
    )
    sure = math.prod(1 / (1 + math.exp(-abs(found + shift))) for found in evidence)
    return _verdict(marked, sure, policy)


def _two_marks(
    values: Sequence[str], evidence: Sequence[float], sure: float, policy: DoubtPolicy
) -> GroupVerdict:
    marked = tuple(value for value, found in zip(values, evidence, strict=True) if found > 0)
    second = sorted(evidence)[-2]
    plain = second >= policy.second_mark
    reason = GroupReason.MULTIPLE if plain else GroupReason.DOUBTFUL
    return GroupVerdict(marked, reason, min(sure, policy.surest))


def _verdict(marked: tuple[str, ...], sure: float, policy: DoubtPolicy) -> GroupVerdict:
    confidence = min(sure, policy.surest)
    if 1 - sure <= policy.largest_risk:
        return GroupVerdict(marked, None, confidence)
    return GroupVerdict(marked, GroupReason.DOUBTFUL if marked else GroupReason.FAINT, confidence)


def number_reasons(
    verdicts: Mapping[str, GroupVerdict],
) -> Mapping[str, GroupReason]:
    """Return which digits of a filled number need a person; an unfilled number needs none."""
    begun = any(verdict.values for verdict in verdicts.values())
    reasons = {}
    for group_id, verdict in verdicts.items():
        if verdict.reason is not None:
            reasons[group_id] = verdict.reason
        elif begun and len(verdict.values) != 1:
            reasons[group_id] = GroupReason.INCOMPLETE_NUMBER
    return reasons


def proctor_reason(
    *, absent: GroupVerdict, misconduct: GroupVerdict, answers: int
) -> PageReason | None:
    """Say whether the marks of the proctor need a person."""
    if absent.reason is not None or misconduct.reason is not None:
        return PageReason.PROCTOR_MARK_DOUBTFUL
    if absent.values and answers:
        return PageReason.ABSENT_WITH_ANSWERS
    if misconduct.values:
        return PageReason.MISCONDUCT_MARKED
    return None


def proctor_doubts(
    reasons: Sequence[PageReason], misconduct: GroupVerdict
) -> dict[str, GroupReason]:
    """Return which marks of the proctor a person confirms although they are clear."""
    doubts = {}
    if PageReason.ABSENT_WITH_ANSWERS in reasons:
        doubts[ABSENT_GROUP] = GroupReason.AGAINST_RECORD
    if misconduct.values:
        doubts[MISCONDUCT_GROUP] = GroupReason.MISCONDUCT
    return doubts


def has_too_many_doubts(in_doubt: int, groups: int, policy: DoubtPolicy = POLICY) -> bool:
    """Say whether so many groups are in doubt that the whole page is.

    >>> has_too_many_doubts(10, 90), has_too_many_doubts(40, 90)
    (False, True)
    """
    return in_doubt > policy.largest_doubtful_share * groups
