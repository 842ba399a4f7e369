"""The counts that must tie before a room is closed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proctor.rules.room_counts import Place, count_room, named

PLACES = st.lists(
    st.builds(
        Place, st.integers(1, 99), st.just("考生"), st.booleans(), st.booleans(), st.booleans()
    ),
    max_size=40,
)


@given(PLACES)
def test_everyone_is_present_absent_or_named(places: list[Place]) -> None:
    counts = count_room(places)
    assert counts.expected == counts.present + counts.absent + len(counts.unknown)
    assert counts.present == counts.handed_in + len(counts.working)
    tied = counts.expected == counts.handed_in + counts.absent
    assert (counts.differences == ()) == tied


def test_differences_name_the_seats() -> None:
    counts = count_room(
        [
            Place(2, "演示乙", is_present=False, is_absent=False, has_ended=False),
            Place(1, "演示甲", is_present=True, is_absent=False, has_ended=False),
            Place(3, "演示丙", is_present=True, is_absent=True, has_ended=True),
        ]
    )
    assert counts.differences == (
        "还有 1 人未交卷：01 演示甲",
        "还有 1 人既未登录也未登记缺考：02 演示乙",
    )
    assert (counts.present, counts.absent, counts.handed_in) == (2, 0, 1)


@pytest.mark.parametrize(("count", "tail"), [(12, "12 人"), (13, "12 人 等 13 人")])
def test_many_are_named_by_the_first_twelve(count: int, tail: str) -> None:
    assert named(tuple(f"{n} 人" for n in range(1, count + 1))).endswith(tail)
