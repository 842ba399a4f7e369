"""The resident ID number: every vector of the standard, every kind of mistake."""

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.enrolment.rules.id_number import (
    Gender,
    IdNumberBirthDateError,
    IdNumberCheckDigitError,
    IdNumberError,
    IdNumberImplausibleError,
    IdNumberLengthError,
    IdNumberProvinceError,
    check_character,
    lengthen_old_number,
    parse_id_number,
)
from registry.organisations.rules.division_files import read_divisions, read_former_divisions
from tests.support.factories import id_number, seed_text

TODAY = date(2026, 11, 24)
KNOWN = frozenset(row.code for row in read_divisions(seed_text("organisations/divisions.csv"))) | {
    row.code for row in read_former_divisions(seed_text("organisations/former_divisions.csv"))
}
NUMBERS = st.builds(
    id_number, st.integers(0, 20_000), born_on=st.just(date(1950, 1, 1)), male=st.booleans()
)


def parse(text: str):
    return parse_id_number(text, today=TODAY, known_regions=KNOWN)


@pytest.mark.parametrize(
    ("text", "gender", "born_on", "region"),
    [
        ("11010519491231002X", Gender.FEMALE, date(1949, 12, 31), "110105"),
        ("320102199003079994", Gender.MALE, date(1990, 3, 7), "320102"),
        ("320506200802299996", Gender.MALE, date(2008, 2, 29), "320506"),
        ("320602198806150005", Gender.FEMALE, date(1988, 6, 15), "320602"),
        ("329004196511010004", Gender.FEMALE, date(1965, 11, 1), "329004"),
        ("321088197809099990", Gender.MALE, date(1978, 9, 9), "321088"),
        ("810000198505059997", Gender.MALE, date(1985, 5, 5), "810000"),
        ("830000198505050005", Gender.FEMALE, date(1985, 5, 5), "830000"),
    ],
)
def test_a_valid_number_tells_gender_birth_date_and_region(text, gender, born_on, region):
    number = parse(text)
    assert (number.gender, number.born_on, number.region) == (gender, born_on, region)
    assert number.warnings == ()


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("440524188001010014", IdNumberImplausibleError),
        ("320102199902299990", IdNumberBirthDateError),
        ("32010219900307999", IdNumberLengthError),
        ("320102199003079995", IdNumberCheckDigitError),
        ("110105491231002", IdNumberLengthError),
        ("", IdNumberLengthError),
        ("32010219900307999Y", IdNumberLengthError),
        ("990102199003079994", IdNumberProvinceError),
    ],
)
def test_a_wrong_number_is_refused_with_what_to_check(text, error):
    with pytest.raises(error, match="核对"):
        parse(text)


def test_a_birth_date_after_today_is_implausible():
    with pytest.raises(IdNumberImplausibleError):
        parse(id_number(born_on=date(2026, 11, 25)))


def test_a_region_that_never_existed_only_warns():
    assert "321388" in parse("32138819900101999X").warnings[0]


@pytest.mark.parametrize(
    "typed",
    ["11010519491231002x", "１１０１０５１９４９１２３１００２ｘ", " 110105 19491231 002X　"],
)
def test_small_letters_full_width_characters_and_spaces_are_normalised(typed):
    assert parse(typed).text == "11010519491231002X"


def test_an_old_number_is_lengthened_for_searching():
    assert lengthen_old_number("110105491231002") == "11010519491231002X"
    with pytest.raises(IdNumberLengthError):
        lengthen_old_number("11010549123100")


@given(NUMBERS, st.integers(0, 16), st.integers(1, 9))
def test_every_single_wrong_digit_is_found(number, position, step):
    digit = str((int(number[position]) + step) % 10)
    changed = number[:position] + digit + number[position + 1 :]
    with pytest.raises(IdNumberError):
        parse(changed)


@given(NUMBERS, st.integers(0, 15))
def test_every_swap_of_neighbours_is_found(number, position):
    left, right = number[position : position + 2]
    swapped = number[:position] + right + left + number[position + 2 :]
    if left == right:
        assert swapped == number
    else:
        assert check_character(swapped[:17]) != swapped[17]


@given(st.text(max_size=20))
def test_any_text_is_read_or_refused_but_never_fails(text):
    with suppress(IdNumberError):
        assert parse(text).text.isascii()
