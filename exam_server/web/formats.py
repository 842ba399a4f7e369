"""How values are written on pages: dates, times, marks, counts, addresses of other pages."""

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from flask import Flask, request, url_for
from werkzeug.datastructures import MultiDict

from exam_server.context import now
from exam_server.languages import language
from registry.local_time import JIANGSU

MISSING = "—"
THIN_SPACE = "\u2009"


def day(value: date | datetime | None) -> str:
    """Write a day as it stands in tables.

    >>> day(date(2026, 12, 5))
    '2026-12-05'
    """
    if value is None:
        return MISSING
    if isinstance(value, datetime):
        value = value.astimezone(JIANGSU).date()
    return value.isoformat()


def long_day(value: date | datetime | None) -> str:
    """Write a day in running text and print."""
    if value is None:
        return MISSING
    if isinstance(value, datetime):
        value = value.astimezone(JIANGSU).date()
    if language() == "en":
        return f"{value.day} {value:%B %Y}"
    return f"{value.year} 年 {value.month} 月 {value.day} 日"


def moment(value: datetime | None) -> str:
    """Write an instant to the minute, local time."""
    return MISSING if value is None else f"{value.astimezone(JIANGSU):%Y-%m-%d %H:%M}"


def second(value: datetime | None) -> str:
    """Write an instant to the second, local time."""
    return MISSING if value is None else f"{value.astimezone(JIANGSU):%Y-%m-%d %H:%M:%S}"


def time_of_day(value: datetime | None) -> str:
    """Write the time of an instant, local time."""
    return MISSING if value is None else f"{value.astimezone(JIANGSU):%H:%M}"


def count(value: int | None) -> str:
    """Write a count; thousands are parted by a thin space."""
    return MISSING if value is None else f"{value:,}".replace(",", THIN_SPACE)


def mark(value: Decimal | None) -> str:
    """Write a mark with the one decimal of the scale."""
    return MISSING if value is None else f"{value:.1f}"


def points(value: Decimal | None) -> str:
    """Write points or weights without trailing zeros.

    >>> points(Decimal("5.00"))
    '5'
    """
    if value is None:
        return MISSING
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: Decimal) -> str:
    """Write a difference with its sign, without trailing zeros.

    >>> signed(Decimal("0.50")), signed(Decimal("-2"))
    ('+0.5', '−2')
    """
    return ("+" if value > 0 else "−" if value < 0 else "") + points(abs(value))


def chinese_number(number: int) -> str:
    """Write a number below a hundred as it stands before a task.

    >>> chinese_number(3), chinese_number(10), chinese_number(21)
    ('三', '十', '二十一')
    """
    digits = "零一二三四五六七八九"
    tens, ones = divmod(number, 10)
    head = "" if tens == 0 else "十" if tens == 1 else f"{digits[tens]}十"
    return head + (digits[ones] if ones or not tens else "")


def or_dash(value: object) -> str:
    """Write a text, or a dash for nothing."""
    return MISSING if value is None or value == "" else str(value)


def address_with(**changes: object) -> str:
    """Return the address of this page with some query parameters changed; None removes one."""
    arguments = MultiDict(request.args)
    for name, value in changes.items():
        arguments.poplist(name)
        if value not in (None, ""):
            arguments.add(name, str(value))
    values = {**(request.view_args or {}), **arguments.to_dict(flat=False)}
    return url_for(str(request.endpoint), **values)


def page_address(number: int) -> str:
    """Return the address of another page of this list."""
    return address_with(page=number)


FILTERS: tuple[Callable[..., str], ...] = (
    day,
    long_day,
    moment,
    second,
    time_of_day,
    count,
    mark,
    points,
    signed,
    chinese_number,
    or_dash,
)


def register(app: Flask) -> None:
    """Give the formats to the templates."""
    for function in FILTERS:
        app.jinja_env.filters[function.__name__] = function
    app.jinja_env.globals.update(
        address_with=address_with, page_address=page_address, current_moment=now
    )
