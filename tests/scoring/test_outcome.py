"""Rounding half up and the verdict at 60 of 100."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.catalog.rules.subjects import Subject
from scoring.rules.outcome import (
    MarkOutOfRangeError,
    NoSubjectError,
    decide_outcome,
    is_pass,
    publish,
)

marks = st.decimals(min_value=0, max_value=100, places=4)


@pytest.mark.parametrize(
    ("exact", "published"),
    [
        ("59.94", "59.9"),
        ("59.95", "60.0"),
        ("59.949999999999999999999999999999", "59.9"),
        ("0", "0.0"),
        ("0.05", "0.1"),
        ("100", "100.0"),
        ("99.95", "100.0"),
    ],
)
def test_marks_are_rounded_half_up_to_one_decimal(exact, published):
    assert str(publish(Decimal(exact))) == published


@pytest.mark.parametrize("mark", [Decimal("-0.1"), Decimal("100.01"), Fraction(301, 3)])
def test_a_mark_outside_the_scale_is_a_bug(mark):
    with pytest.raises(MarkOutOfRangeError):
        publish(mark)


def test_a_verdict_needs_a_subject():
    with pytest.raises(NoSubjectError):
        decide_outcome({})


@pytest.mark.parametrize(
    ("theory", "practical", "short"),
    [
        ("60", "60", []),
        ("59.95", "60", []),
        ("59.94", "100", [Subject.THEORY]),
        ("100", "59.9", [Subject.PRACTICAL]),
        ("0", "0", [Subject.THEORY, Subject.PRACTICAL]),
    ],
)
def test_every_subject_stands_alone(theory, practical, short):
    outcome = decide_outcome(
        {Subject.THEORY: Decimal(theory), Subject.PRACTICAL: Decimal(practical)}
    )
    assert outcome.short == frozenset(short)
    assert outcome.passed == (not short)


@given(marks)
def test_a_printed_mark_never_contradicts_its_verdict(mark):
    published = publish(mark)
    assert 0 <= published <= 100
    assert abs(published - mark) <= Decimal("0.05")
    assert is_pass(mark) == (published >= 60)
    assert publish(published) == published


@given(marks, marks)
def test_a_higher_mark_is_never_published_lower(one, other):
    assert publish(max(one, other)) >= publish(min(one, other))
