"""The official calendar of a year as a CSV file: days off and make-up working days."""

from datetime import date
from typing import Final

from registry.errors import InvalidInputError
from registry.tables import read_table

COLUMNS: Final = ("day_on", "is_workday")


def read_calendar(text: str) -> dict[date, bool]:
    """Read the file: True for a make-up working day, False for a day off."""
    days: dict[date, bool] = {}
    for row in read_table(text, COLUMNS):
        try:
            day = date.fromisoformat(row["day_on"])
        except ValueError:
            raise InvalidInputError(field="日历", reason=f"“{row['day_on']}”不是日期。") from None
        if row["is_workday"] not in {"0", "1"} or day in days:
            raise InvalidInputError(field="日历", reason=f"{day}重复或标记不是0、1。")
        days[day] = row["is_workday"] == "1"
    return days
