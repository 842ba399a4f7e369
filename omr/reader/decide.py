"""Hands the measured ink to the policy, group by group, and gathers what it says."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from omr.reader.evidence import CellMeasures, PageInk, evidence_of
from omr.reader.ink import InkSheet
from omr.reader.reading import FloatArray
from omr.rules.card_layout import ABSENT_GROUP, MISCONDUCT_GROUP, CardLayout, GroupKind
from omr.rules.doubt import (
    CellInk,
    GroupVerdict,
    has_too_many_doubts,
    judge_group,
    number_reasons,
    proctor_doubts,
    proctor_reason,
)
from omr.rules.reasons import GroupReason, PageReason

MEASURES = ("ink", "peak", "cover", "spill", "reach")
SHADOW_SHARE = 0.8  # of a cell's ink, as dark all along a side of it: light, not pencil
NOTHING = GroupVerdict((), None, 1.0)


@dataclass(frozen=True)
class Decisions:
    """All groups of a page, decided."""

    answers: dict[str, tuple[str, ...]]
    review: dict[str, GroupReason]
    confidence: dict[str, float]
    cells: dict[str, tuple[CellInk, ...]]
    number: str | None
    number_confidence: float
    reasons: tuple[PageReason, ...]


def decide_page(
    sheet: InkSheet,
    layout: CardLayout,
    in_sight: Sequence[bool],
    second: InkSheet | None = None,
) -> Decisions:
    """Decide every group and what their sum says of the page.

    ``second`` is the same page measured only where nothing is printed; where the two disagree on
    a cell, it says nothing either way.
    """
    found = _evidence(sheet)
    if second is not None:
        found = np.where((found > 0) == (_evidence(second) > 0), found, 0.0)
    evidence = found.tolist()
    columns = zip(
        *(getattr(sheet, name).tolist() for name in MEASURES),
        evidence,
        strict=True,
    )
    inks = list(map(CellInk._make, columns))
    verdicts: dict[str, GroupVerdict] = {}
    cells: dict[str, tuple[CellInk, ...]] = {}
    start = 0
    for group in layout.groups:
        stop = start + len(group.cells)
        if all(in_sight[start:stop]):
            values = [cell.value for cell in group.cells]
            verdicts[group.group_id] = judge_group(group.kind, values, evidence[start:stop])
        else:
            verdicts[group.group_id] = GroupVerdict((), GroupReason.OUT_OF_SIGHT, 0.0)
        cells[group.group_id] = tuple(inks[start:stop])
        start = stop
    return _gather(verdicts, cells, layout)


def _evidence(sheet: InkSheet) -> FloatArray:
    """Weigh the ink of every cell; one in a shadow's edge, or not to be seen, says nothing."""
    measures = CellMeasures(sheet.ink, sheet.peak, sheet.cover, sheet.spill, sheet.reach)
    found = evidence_of(measures, PageInk(sheet.mark_ink, sheet.mark_peak, sheet.noise))
    shaded = (found > 0) & (sheet.beside > SHADOW_SHARE * sheet.ink)
    unseen = (found < 0) & sheet.hidden
    return np.where(shaded | unseen, 0.0, found)


def _gather(
    verdicts: Mapping[str, GroupVerdict],
    cells: dict[str, tuple[CellInk, ...]],
    layout: CardLayout,
) -> Decisions:
    digits = {
        group.group_id: verdicts[group.group_id]
        for group in layout.groups
        if group.kind is GroupKind.NUMBER
    }
    review = {key: verdict.reason for key, verdict in verdicts.items() if verdict.reason}
    wrong_digits = number_reasons(digits)
    review = {**review, **wrong_digits}
    filled = any(verdict.values for verdict in digits.values()) and not wrong_digits
    reasons = _page_reasons(verdicts, review, layout, bool(wrong_digits))
    misconduct = verdicts.get(MISCONDUCT_GROUP, NOTHING)
    return Decisions(
        answers={key: verdict.values for key, verdict in verdicts.items()},
        review={**proctor_doubts(reasons, misconduct), **review},
        confidence={key: verdict.confidence for key, verdict in verdicts.items()},
        cells=cells,
        number="".join(verdict.values[0] for verdict in digits.values()) if filled else None,
        number_confidence=math.prod(verdict.confidence for verdict in digits.values()),
        reasons=reasons,
    )


def _page_reasons(
    verdicts: Mapping[str, GroupVerdict],
    review: Mapping[str, GroupReason],
    layout: CardLayout,
    number_doubtful: bool,  # noqa: FBT001 - private, named at its only call
) -> tuple[PageReason, ...]:
    items = [group.group_id for group in layout.groups if group.kind.is_item]
    types = [group.group_id for group in layout.groups if group.kind is GroupKind.TYPE]
    answered = sum(bool(verdicts[key].values) for key in items)
    doubts = sum(key in review for key in items)
    absent = verdicts.get(ABSENT_GROUP, NOTHING)
    reasons = []
    if has_too_many_doubts(doubts, len(items)):
        reasons.append(PageReason.MANY_DOUBTS)
    proctor = proctor_reason(
        absent=absent,
        misconduct=verdicts.get(MISCONDUCT_GROUP, NOTHING),
        answers=answered + doubts,
    )
    if proctor is not None:
        reasons.append(proctor)
    elif not answered and not doubts and not absent.values:
        reasons.append(PageReason.NOTHING_FILLED)
    if number_doubtful:
        reasons.append(PageReason.NUMBER_DOUBTFUL)
    if any(key in review for key in types):
        reasons.append(PageReason.TYPE_DOUBTFUL)
    if doubts:
        reasons.append(PageReason.GROUPS_IN_DOUBT)
    return tuple(reasons)
