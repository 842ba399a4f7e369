"""The time of day in Jiangsu; instants themselves are kept in UTC."""

from datetime import date, datetime, timedelta, timezone
from typing import Final

JIANGSU: Final = timezone(timedelta(hours=8), "Asia/Shanghai")  # no daylight saving since 1991


def local_date(at: datetime) -> date:
    """Return the calendar day of an instant in Jiangsu.

    >>> from datetime import UTC
    >>> local_date(datetime(2026, 12, 31, 16, 0, tzinfo=UTC))
    datetime.date(2027, 1, 1)
    """
    return at.astimezone(JIANGSU).date()
