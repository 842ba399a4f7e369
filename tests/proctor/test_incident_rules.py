"""What an incident is worth: nothing is cried about, nothing that repeats is lost."""

from datetime import UTC, datetime, timedelta

import pytest

from proctor.rules.incident import Severity, is_room_wide, severity_of_absence

NOW = datetime(2026, 12, 5, 2, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hidden_ms", "minutes_before", "severity"),
    [
        (799, [], Severity.LOG),
        (799, [1, 2, 3], Severity.LOG),
        (800, [], Severity.INFO),
        (5_000, [1], Severity.INFO),
        (5_001, [], Severity.NOTICE),
        (900, [1, 4], Severity.NOTICE),
        (900, [5, 5], Severity.NOTICE),
        (900, [1, 5.1], Severity.INFO),
        (900, [10, 20, 30, 40], Severity.INFO),
    ],
)
def test_an_absence_is_judged_by_length_and_by_how_often(
    hidden_ms: int, minutes_before: list[float], severity: Severity
) -> None:
    earlier = [NOW - timedelta(minutes=minutes) for minutes in minutes_before]
    assert severity_of_absence(hidden_ms, earlier, now=NOW) is severity


@pytest.mark.parametrize(
    ("silent", "working", "expected"),
    [(1, 1, False), (2, 3, False), (3, 3, True), (3, 7, False), (15, 30, True), (0, 0, False)],
)
def test_many_silent_computers_at_once_are_a_fault_of_the_room(
    silent: int, working: int, *, expected: bool
) -> None:
    assert is_room_wide(silent, working) is expected
