"""Certificate numbers and ranges of blank serials."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidInputError
from scoring.certificates.rules.numbering import (
    NumbersExhaustedError,
    certificate_frame,
    certificate_no,
    is_certificate_no,
    read_range,
    read_serial,
)


def test_the_first_number_of_a_station_in_nanjing():
    assert certificate_no(certificate_frame(2026, "10012003"), 1) == "2610012003600001"


@given(st.integers(2019, 2099), st.integers(0, 9), st.integers(1, 99_999))
def test_numbers_have_16_digits(year, kind, running_no):
    number = certificate_no(certificate_frame(year, "10052001", kind), running_no)
    assert is_certificate_no(number)
    assert number[10] == str(kind)


@pytest.mark.parametrize("running_no", [0, 100_000])
def test_the_running_number_has_five_digits(running_no):
    with pytest.raises(NumbersExhaustedError):
        certificate_no(certificate_frame(2026, "10012003"), running_no)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [("JS000001", "JS000001"), (" js０００００１ ", "JS000001"), ("000123456789", "000123456789")],
)
def test_serials_are_stored_in_one_form(typed, stored):
    assert read_serial(typed) == stored


@pytest.mark.parametrize("typed", ["", "JS00001", "JSABC000001", "JS-000001", "1234567890123"])
def test_other_serials_are_refused(typed):
    with pytest.raises(InvalidInputError):
        read_serial(typed)


def test_a_range_keeps_leading_zeros():
    assert list(read_range("JS000098", "JS000101")) == [
        "JS000098",
        "JS000099",
        "JS000100",
        "JS000101",
    ]


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("JS000002", "JS000001"),
        ("JS000001", "JX000002"),
        ("JS000001", "JS0000002"),
        ("JS000001", "JS999999"),
    ],
)
def test_a_range_that_cannot_be_is_refused(first, last):
    with pytest.raises(InvalidInputError):
        read_range(first, last)
