"""The unified social credit code and the institution code."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidInputError
from registry.organisations.rules.institution_code import (
    InstitutionCode,
    InstitutionType,
    appraisal_code_of,
    city_division_of,
    filing_number,
    parse_institution_code,
)
from registry.organisations.rules.uscc import (
    ALPHABET,
    UsccCheckDigitError,
    UsccError,
    UsccShapeError,
    parse_uscc,
)
from tests.support.factories import uscc

CITIES = (
    "01南京 02无锡 03徐州 04常州 05苏州 06南通 07连云港 08淮安 09盐城 10扬州 11镇江 12泰州 13宿迁"
)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("91350100M000100Y43", "企业"),
        ("123200000000000192", "事业单位"),
        ("52320500000000027J", "民办非企业单位"),
        ("91320100000000035P", "企业"),
        (" ９１３50100m000100y43 ", "企业"),
    ],
)
def test_a_valid_credit_code_names_its_kind(text, kind):
    assert parse_uscc(text).kind == kind


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("91350100M000100Y44", UsccCheckDigitError),
        ("91350100I000100Y43", UsccShapeError),
        ("91350100M000100Y4", UsccShapeError),
        ("91350100M000100Y33", UsccCheckDigitError),
    ],
)
def test_a_wrong_credit_code_is_refused_with_what_to_check(text, error):
    with pytest.raises(error, match="核对"):
        parse_uscc(text)


@given(st.integers(0, 99_999_999), st.integers(0, 17), st.integers(1, 30))
def test_every_single_wrong_character_of_a_credit_code_is_found(serial, position, step):
    code = uscc(serial)
    other = ALPHABET[(ALPHABET.index(code[position]) + step) % 31]
    with pytest.raises(UsccError):
        parse_uscc(code[:position] + other + code[position + 1 :])


@pytest.mark.parametrize("city", CITIES.split())
def test_the_cities_are_numbered_in_the_order_of_their_division_codes(city):
    assert appraisal_code_of(f"32{city[:2]}00") == f"10{city[:2]}"


def test_counties_carry_the_number_of_their_city():
    assert appraisal_code_of("320583") == "1005"
    assert city_division_of("320583") == "320500"


def test_a_division_outside_the_province_has_no_number():
    for division in ("110000", "321400"):
        with pytest.raises(InvalidInputError):
            appraisal_code_of(division)


def test_the_documented_institution_code_is_composed_and_read_back():
    code = InstitutionCode("1001", InstitutionType.LOCAL_STATION, 3)
    assert str(code) == "10012003"
    assert parse_institution_code("10012003") == code


@pytest.mark.parametrize("text", ["1001200", "10015003", "10012000", "1001A003"])
def test_a_malformed_institution_code_is_refused(text):
    with pytest.raises(InvalidInputError, match="机构编码"):
        parse_institution_code(text)


def test_filing_numbers_name_city_year_and_serial():
    assert filing_number("1013", 2026, 12) == "ZXBA-3213-2026-0012"
