"""One reason that holds for many people is said once."""

import pytest

from exam_server.web.practical import names_told


@pytest.mark.parametrize(
    ("names", "told"),
    [
        (["甲"], "甲"),
        (["甲", "乙", "丙", "丁", "戊"], "甲、乙、丙、丁、戊"),
        (["甲", "乙", "丙", "丁", "戊", "己", "庚"], "甲、乙、丙、丁、戊 等 7 人"),
    ],
)
def test_many_names_are_shortened_to_the_first_and_their_number(
    names: list[str], told: str
) -> None:
    assert names_told(names) == told
