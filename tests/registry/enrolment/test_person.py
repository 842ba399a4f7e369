"""Names, mobile numbers, lists of choices; and how personal data are masked."""

import pytest

from registry.enrolment.rules.masking import (
    mask_id_number,
    mask_id_number_in_public,
    mask_name,
    mask_phone,
)
from registry.enrolment.rules.person import (
    CandidateSource,
    Education,
    read_candidate_source,
    read_education,
    read_name,
    read_phone,
)
from registry.errors import InvalidInputError


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("考生甲", "考生甲"),
        (" 考 生 ", "考生"),
        ("考生𬀩㛃", "考生𬀩㛃"),
        ("考生•甲", "考生·甲"),
        ("Demo  Person", "Demo Person"),
    ],
)
def test_names_are_kept_with_rare_characters_and_without_stray_spaces(typed, stored):
    assert read_name(typed) == stored


@pytest.mark.parametrize("typed", ["", "甲", "考生1", "考生@甲", "甲" * 31])
def test_names_of_wrong_length_or_with_signs_are_refused(typed):
    with pytest.raises(InvalidInputError, match="姓名"):
        read_name(typed)


def test_mobile_numbers_have_eleven_digits():
    assert read_phone("１３８ 0000 5678") == "13800005678"
    for typed in ("12800005678", "1380000567", "138000056789"):
        with pytest.raises(InvalidInputError, match="手机号码"):
            read_phone(typed)


def test_education_and_source_come_from_the_lists():
    assert read_education(" 高中 ") is Education.SENIOR_HIGH
    assert read_candidate_source("军队") is CandidateSource.ARMY
    with pytest.raises(InvalidInputError, match="研究生、大学本科"):
        read_education("博士后")
    with pytest.raises(InvalidInputError, match="企业、机关"):
        read_candidate_source("外星")


def test_masks_show_what_the_office_may_see_and_no_more():
    assert (mask_name("张三"), mask_name("欧阳小明"), mask_name("欧阳")) == (
        "张*",
        "欧阳**",
        "欧*",
    )
    assert mask_id_number("320102199003079994") == "320102********9994"
    assert mask_phone("13800005678") == "138****5678"
    assert (mask_id_number("12345"), mask_phone("12345")) == ("*****", "*****")


def test_the_public_never_sees_both_ends_of_an_id_number():
    assert mask_id_number_in_public("320102199003079994") == "*" * 14 + "9994"
