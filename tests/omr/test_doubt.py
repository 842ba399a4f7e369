"""When a person must look: the policy over the evidence of cells."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from omr.reader.evidence import CellMeasures, PageInk, evidence_of
from omr.rules.card_layout import GroupKind
from omr.rules.doubt import (
    GroupVerdict,
    judge_group,
    number_reasons,
    proctor_reason,
)
from omr.rules.reasons import GroupReason, PageReason

PAGE = PageInk(mark_ink=0.6, mark_peak=0.75, noise=0.004)
CELLS = {  # ink, peak, cover, spill, reach
    "clear": (0.0, 0.03, 0.0, 0.0, 0.02),
    "mark": (0.62, 0.78, 0.95, 0.1, 0.05),
    "pale": (0.30, 0.45, 0.40, 0.1, 0.05),
    "ghost": (0.06, 0.12, 0.0, 0.02, 0.02),
    "tick": (0.22, 0.70, 0.30, 0.10, 0.10),
    "line": (0.06, 0.42, 0.06, 0.06, 0.55),
    "shade": (0.15, 0.18, 0.0, 0.16, 0.18),
}
SURE, SURELY_NOT = 12.0, -10.0


def weighed(*names):
    """The evidence of these cells on a page that has many empty ones besides."""
    rows = np.array([CELLS[name] for name in (*names, *["clear"] * 40)])
    return evidence_of(CellMeasures(*rows.T), PAGE)[: len(names)].tolist()


def judge(kind, *names):
    return judge_group(kind, "ABCDE"[: len(names)], weighed(*names))


def test_marks_and_strokes_speak_for_a_mark_and_the_rest_against_it():
    evidence = dict(zip(CELLS, weighed(*CELLS), strict=True))
    assert {name for name, found in evidence.items() if found > 5} == {"mark", "pale", "tick"}
    assert evidence["clear"] < -8
    assert max(evidence[name] for name in ("ghost", "shade")) < -1


def test_more_ink_never_speaks_less_for_a_mark():
    shares = np.linspace(0, 1, 21)
    rows = np.array([(0.8 * s, 0.8 * s, s, 0.1 * s, 0.0) for s in (*shares, *[0.0] * 60)])
    evidence = evidence_of(CellMeasures(*rows.T), PAGE)[: len(shares)]
    assert (np.diff(evidence) >= 0).all()


def test_one_plain_mark_is_the_answer():
    verdict = judge(GroupKind.SINGLE, "clear", "mark", "clear", "clear")
    assert (verdict.values, verdict.reason) == (("B",), None)
    assert verdict.confidence > 0.995


def test_nothing_filled_is_an_answer_of_its_own():
    verdict = judge(GroupKind.SINGLE, "clear", "clear", "clear", "clear")
    assert (verdict.values, verdict.reason) == ((), None)


@pytest.mark.parametrize("kind", [GroupKind.SINGLE, GroupKind.JUDGEMENT, GroupKind.NUMBER])
def test_two_marks_go_to_a_person_where_one_is_allowed(kind):
    verdict = judge(kind, "mark", "mark")
    assert (verdict.values, verdict.reason) == (("A", "B"), GroupReason.MULTIPLE)


def test_two_marks_are_an_answer_to_a_multiple_choice():
    verdict = judge(GroupKind.MULTIPLE, "mark", "clear", "mark", "clear", "clear")
    assert (verdict.values, verdict.reason) == (("A", "C"), None)


def test_erased_mark_beside_a_plain_one_is_overlooked():
    verdict = judge(GroupKind.SINGLE, "ghost", "mark", "clear", "clear")
    assert (verdict.values, verdict.reason) == (("B",), None)


def test_small_dark_mark_counts_when_it_is_alone():
    verdict = judge(GroupKind.SINGLE, "clear", "clear", "tick", "clear")
    assert (verdict.values, verdict.reason) == (("C",), None)


@pytest.mark.parametrize(
    ("kind", "evidence", "reason"),
    [
        (GroupKind.SINGLE, (-3.0, -10, -10, -10), GroupReason.FAINT),
        (GroupKind.SINGLE, (2.0, -10, -10, -10), GroupReason.DOUBTFUL),
        (GroupKind.SINGLE, (12.0, 1.0, -10, -10), GroupReason.DOUBTFUL),
        (GroupKind.SINGLE, (12.0, 12.0, -10, -10), GroupReason.MULTIPLE),
        (GroupKind.MULTIPLE, (12.0, 1.0, -10, -10), GroupReason.DOUBTFUL),
        (GroupKind.MULTIPLE, (-2.0, -10, -10, -10), GroupReason.FAINT),
        (GroupKind.PROCTOR, (4.0,), GroupReason.DOUBTFUL),
    ],
)
def test_whatever_is_not_plain_goes_to_a_person(kind, evidence, reason):
    assert judge_group(kind, "ABCD"[: len(evidence)], evidence).reason is reason


@given(st.lists(st.floats(-16, 16), min_size=4, max_size=4))
def test_accepted_answer_is_always_the_cell_with_most_evidence(evidence):
    verdict = judge_group(GroupKind.SINGLE, "ABCD", evidence)
    if verdict.reason is None and verdict.values:
        assert evidence["ABCD".index(verdict.values[0])] == max(evidence)


@given(
    st.sampled_from([GroupKind.SINGLE, GroupKind.NUMBER, GroupKind.MULTIPLE]),
    st.lists(st.sampled_from([SURE, SURELY_NOT]), min_size=2, max_size=10),
)
def test_plain_cells_give_what_is_marked_and_a_probability(kind, evidence):
    values = [str(place) for place in range(len(evidence))]
    verdict = judge_group(kind, values, evidence)
    assert verdict.values == tuple(v for v, e in zip(values, evidence, strict=True) if e > 0)
    assert 0 < verdict.confidence < 1


def digits(*shown):
    return {f"no{place}": GroupVerdict(tuple(d), None, 1.0) for place, d in enumerate(shown)}


def test_unfilled_number_needs_nobody():
    assert number_reasons(digits("", "", "")) == {}


def test_number_with_a_gap_goes_to_a_person():
    assert number_reasons(digits("1", "", "3")) == {"no1": GroupReason.INCOMPLETE_NUMBER}


@pytest.mark.parametrize(
    ("absent", "misconduct", "answers", "reason"),
    [
        ((), (), 80, None),
        (("yes",), (), 0, None),
        (("yes",), (), 1, PageReason.ABSENT_WITH_ANSWERS),
        ((), ("yes",), 80, PageReason.MISCONDUCT_MARKED),
    ],
)
def test_marks_of_the_proctor_are_weighed_against_the_answers(absent, misconduct, answers, reason):
    shown = proctor_reason(
        absent=GroupVerdict(absent, None, 1.0),
        misconduct=GroupVerdict(misconduct, None, 1.0),
        answers=answers,
    )
    assert shown is reason
