"""When a person must look: the policy over measured ink."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omr.rules.card_layout import GroupKind
from omr.rules.doubt import (
    CellInk,
    Evidence,
    GroupVerdict,
    PageMark,
    evidence_of,
    judge_group,
    limits_of,
    number_reasons,
    proctor_reason,
)
from omr.rules.reasons import GroupReason, PageReason

PAGE = limits_of(PageMark(ink=0.6, peak=0.75, noise=0.004))
CLEAR = CellInk(0.0, 0.03, 0.0, 0.0, 0.02)
MARK = CellInk(0.62, 0.78, 0.95, 0.1, 0.05)
GHOST = CellInk(0.09, 0.15, 0.0, 0.02, 0.02)
TICK = CellInk(0.22, 0.70, 0.30, 0.10, 0.10)
LINE = CellInk(0.10, 0.60, 0.12, 0.06, 0.55)
SMEAR = CellInk(0.25, 0.30, 0.05, 0.2, 0.2)


def judge(kind, *cells):
    return judge_group(kind, "ABCDE"[: len(cells)], cells, PAGE)


@pytest.mark.parametrize(
    ("cell", "evidence"),
    [
        (CLEAR, Evidence.CLEAR),
        (GHOST, Evidence.TRACE),
        (LINE, Evidence.BAND),
        (SMEAR, Evidence.BAND),
        (TICK, Evidence.STROKE),
        (MARK, Evidence.MARK),
    ],
)
def test_ink_is_weighed_against_the_marks_of_the_same_page(cell, evidence):
    assert evidence_of(cell, PAGE) is evidence


def test_one_plain_mark_is_the_answer():
    verdict = judge(GroupKind.SINGLE, CLEAR, MARK, CLEAR, CLEAR)
    assert (verdict.values, verdict.reason) == (("B",), None)
    assert verdict.confidence > 0.9


def test_nothing_filled_is_an_answer_of_its_own():
    verdict = judge(GroupKind.SINGLE, CLEAR, CLEAR, CLEAR, CLEAR)
    assert (verdict.values, verdict.reason) == ((), None)


@pytest.mark.parametrize("kind", [GroupKind.SINGLE, GroupKind.JUDGEMENT, GroupKind.NUMBER])
def test_two_marks_go_to_a_person_where_one_is_allowed(kind):
    assert judge(kind, MARK, MARK).reason is GroupReason.MULTIPLE


def test_two_marks_are_an_answer_to_a_multiple_choice():
    verdict = judge(GroupKind.MULTIPLE, MARK, CLEAR, MARK, CLEAR, CLEAR)
    assert (verdict.values, verdict.reason) == (("A", "C"), None)


def test_erased_mark_beside_a_plain_one_is_overlooked():
    assert judge(GroupKind.SINGLE, GHOST, MARK, CLEAR, CLEAR).values == ("B",)
    assert judge(GroupKind.SINGLE, GHOST, MARK, CLEAR, CLEAR).reason is None


@pytest.mark.parametrize(
    ("kind", "cells"),
    [
        (GroupKind.SINGLE, (GHOST, CLEAR, CLEAR, CLEAR)),
        (GroupKind.SINGLE, (LINE, CLEAR, CLEAR, CLEAR)),
        (GroupKind.SINGLE, (SMEAR, CLEAR, CLEAR, CLEAR)),
        (GroupKind.SINGLE, (MARK, SMEAR, CLEAR, CLEAR)),
        (GroupKind.SINGLE, (MARK, TICK, CLEAR, CLEAR)),
        (GroupKind.MULTIPLE, (MARK, GHOST, CLEAR, CLEAR, CLEAR)),
    ],
)
def test_whatever_is_not_plain_goes_to_a_person(kind, cells):
    assert judge(kind, *cells).reason in (GroupReason.FAINT, GroupReason.DOUBTFUL)


def test_small_dark_mark_counts_when_it_is_alone():
    verdict = judge(GroupKind.SINGLE, CLEAR, CLEAR, TICK, CLEAR)
    assert (verdict.values, verdict.reason) == (("C",), None)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4))
def test_accepted_answer_is_always_the_cell_with_most_ink(inks):
    cells = [CellInk(ink, ink, ink, 0.0, 0.0) for ink in inks]
    verdict = judge(GroupKind.SINGLE, *cells)
    if verdict.reason is None and verdict.values:
        assert inks["ABCD".index(verdict.values[0])] == max(inks)


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
