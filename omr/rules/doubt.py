"""When a person must look at an answer card; pure policy over measured ink.

The costs behind the figures: a wrong answer that nobody saw weighs a thousand times a look by a
person. Measures are shares of full black after the printed ink of the blank card is taken off.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from omr.rules.card_layout import GroupKind
from omr.rules.reasons import GroupReason, PageReason


class Evidence(IntEnum):
    """What one cell shows, from nothing to a mark beyond doubt."""

    CLEAR = 0
    TRACE = 1
    BAND = 2
    STROKE = 3
    MARK = 4


@dataclass(frozen=True, slots=True)
class CellInk:
    """Ink of one cell.

    ``ink`` is the mean over the inner cell, ``peak`` the mean of its darkest eighth, ``cover`` the
    share that is inked as darkly as the page's marks are, ``spill`` the mean just outside and
    ``reach`` the darkness of strokes that run on over the paper beyond.
    """

    ink: float
    peak: float
    cover: float
    spill: float
    reach: float


@dataclass(frozen=True)
class PageMark:
    """How this candidate marks: typical ink and peak of a mark, and the noise of empty cells."""

    ink: float
    peak: float
    noise: float


@dataclass(frozen=True)
class DoubtPolicy:
    """The figures of the decision, as shares of the page's own mark unless said otherwise."""

    mark_ink: float = 0.50
    mark_cover: float = 0.42
    least_mark_ink: float = 0.13  # absolute: below, no pencil is dark enough to be sure
    clear_ink: float = 0.10
    most_clear_ink: float = 0.060  # absolute
    least_clear_ink: float = 0.028  # absolute: never stricter than the noise of a good scan
    clear_peak: float = 0.45
    least_clear_peak: float = 0.16  # absolute
    trace_ink: float = 0.30
    trace_peak: float = 0.55
    stroke_ink: float = 0.20
    several_stroke_ink: float = 0.33  # where a group may hold other marks
    stroke_peak: float = 0.60
    most_stroke_reach: float = 0.35
    noise_factor: float = 4.0
    largest_doubtful_share: float = 0.25  # of the groups of a page


POLICY = DoubtPolicy()


@dataclass(frozen=True)
class GroupVerdict:
    """What a group says: the values marked, why a person must look, how sure it is (0 to 1)."""

    values: tuple[str, ...]
    reason: GroupReason | None
    confidence: float


@dataclass(frozen=True)
class Limits:
    """The policy in the measures of one page; made once, used for every cell."""

    usual_ink: float
    clear_ink: float
    clear_peak: float
    mark_ink: float
    mark_cover: float
    trace_ink: float
    trace_peak: float
    stroke_ink: float
    several_stroke_ink: float
    stroke_peak: float
    most_stroke_reach: float


def limits_of(page: PageMark, policy: DoubtPolicy = POLICY) -> Limits:
    """Scale the policy to the marks and the noise of one page."""
    clear_ink = max(
        policy.clear_ink * page.ink, policy.least_clear_ink, policy.noise_factor * page.noise
    )
    return Limits(
        usual_ink=max(page.ink, 1e-6),
        clear_ink=min(clear_ink, policy.most_clear_ink),
        clear_peak=max(policy.clear_peak * page.peak, policy.least_clear_peak),
        mark_ink=max(policy.mark_ink * page.ink, policy.least_mark_ink),
        mark_cover=policy.mark_cover,
        trace_ink=policy.trace_ink * page.ink,
        trace_peak=policy.trace_peak * page.peak,
        stroke_ink=policy.stroke_ink * page.ink,
        several_stroke_ink=policy.several_stroke_ink * page.ink,
        stroke_peak=policy.stroke_peak * page.peak,
        most_stroke_reach=policy.most_stroke_reach * page.peak,
    )


def evidence_of(cell: CellInk, limits: Limits) -> Evidence:
    """Say what one cell shows, against the marks and the noise of its own page."""
    if cell.ink <= limits.clear_ink and cell.peak <= limits.clear_peak:
        return Evidence.CLEAR
    if cell.ink >= limits.mark_ink and cell.cover >= limits.mark_cover:
        return Evidence.MARK
    if cell.ink <= limits.trace_ink and cell.peak <= limits.trace_peak:
        return Evidence.TRACE
    return Evidence.STROKE if _is_stroke(cell, limits) else Evidence.BAND


def _is_stroke(cell: CellInk, limits: Limits) -> bool:
    """Say whether a small mark is as dark as the page's marks and ends within its cell.

    A tick or a cross does; a stray line runs on, and what an eraser leaves is pale.
    """
    return (
        cell.ink >= limits.stroke_ink
        and cell.peak >= limits.stroke_peak
        and cell.reach <= limits.most_stroke_reach
    )


def judge_group(
    kind: GroupKind,
    values: Sequence[str],
    cells: Sequence[CellInk],
    limits: Limits,
) -> GroupVerdict:
    """Decide one group; whatever is not plain goes to a person, with a reason.

    A trace (rubbed out, or a shadow of the page behind) beside a plain mark is overlooked; a trace
    alone is not. A small dark stroke counts when nothing else is in the group.
    """
    shown = [evidence_of(cell, limits) for cell in cells]
    least = _least_evidence(kind, shown, cells, limits.several_stroke_ink)
    marked = tuple(v for v, e in zip(values, shown, strict=True) if e >= least)
    confidence = _confidence(cells, shown, limits.usual_ink)
    if any(Evidence.BAND <= evidence < least for evidence in shown):
        reason = GroupReason.DOUBTFUL if marked else GroupReason.FAINT
        return GroupVerdict(marked, reason, 0.0)
    if Evidence.TRACE in shown and (not marked or kind is GroupKind.MULTIPLE):
        return GroupVerdict(marked, GroupReason.FAINT, 0.0)
    if len(marked) > 1 and kind is not GroupKind.MULTIPLE:
        return GroupVerdict(marked, GroupReason.MULTIPLE, 0.0)
    return GroupVerdict(marked, None, confidence)


def _least_evidence(
    kind: GroupKind, shown: Sequence[Evidence], cells: Sequence[CellInk], strong_ink: float
) -> Evidence:
    """Return from which evidence on a cell of the group counts as marked."""
    if shown.count(Evidence.CLEAR) == len(shown) - 1:
        return Evidence.STROKE
    strokes = [c for c, e in zip(cells, shown, strict=True) if e is Evidence.STROKE]
    if kind is GroupKind.MULTIPLE and all(cell.ink >= strong_ink for cell in strokes):
        return Evidence.STROKE
    return Evidence.MARK


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


def has_too_many_doubts(in_doubt: int, groups: int, policy: DoubtPolicy = POLICY) -> bool:
    """Say whether so many groups are in doubt that the whole page is.

    >>> has_too_many_doubts(10, 90), has_too_many_doubts(30, 90)
    (False, True)
    """
    return in_doubt > policy.largest_doubtful_share * groups


def _confidence(cells: Sequence[CellInk], shown: Sequence[Evidence], usual_ink: float) -> float:
    """Distance of the weakest mark from the strongest other cell, in marks of this page."""
    inks = [cell.ink for cell in cells]
    marked = [i for i, e in zip(inks, shown, strict=True) if e >= Evidence.STROKE]
    weakest = min(marked, default=None)
    strongest = max(
        (i for i, e in zip(inks, shown, strict=True) if e < Evidence.STROKE), default=0.0
    )
    if weakest is None:
        return max(0.0, min(1.0, 1.0 - strongest / usual_ink))
    return max(0.0, min(1.0, (weakest - strongest) / usual_ink))
