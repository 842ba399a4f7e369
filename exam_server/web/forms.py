"""Reads typed values from forms; what does not fit names its field and the way to mend it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from registry.errors import InvalidInputError
from registry.local_time import JIANGSU

Choice = TypeVar("Choice", bound=StrEnum)


def problem(label: str, reason: str) -> InvalidInputError:
    """Return the error that names a field and how to mend it."""
    return InvalidInputError(field=label, reason=reason)


def read_text(form: Mapping[str, str], name: str, label: str, *, required: bool = True) -> str:
    """Return the trimmed text of a field."""
    value = form.get(name, "").strip()
    if required and not value:
        raise InvalidInputError(field=label, reason="不能为空，请填写。")
    return value


def read_int(form: Mapping[str, str], name: str, label: str) -> int:
    """Return a whole number."""
    value = read_text(form, name, label)
    if not value.lstrip("-").isdecimal():
        raise InvalidInputError(field=label, reason=f"“{value}”不是整数，请填写数字。")
    return int(value)


def read_decimal(form: Mapping[str, str], name: str, label: str) -> Decimal:
    """Return an exact decimal number."""
    value = read_text(form, name, label)
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise InvalidInputError(field=label, reason=f"“{value}”不是数字，请填写分数。") from None
    if not number.is_finite():
        raise InvalidInputError(field=label, reason=f"“{value}”不是数字，请填写分数。")
    return number


def read_date(form: Mapping[str, str], name: str, label: str) -> date:
    """Return a date written 2026-12-05."""
    value = read_text(form, name, label)
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InvalidInputError(field=label, reason="请按 2026-12-05 的格式填写日期。") from None


def read_instant(form: Mapping[str, str], name: str, label: str) -> datetime:
    """Return an instant typed as local time 2026-12-05T09:00."""
    value = read_text(form, name, label)
    try:
        return datetime.fromisoformat(value).replace(tzinfo=JIANGSU)
    except ValueError:
        raise InvalidInputError(field=label, reason="请填写完整的日期和时间。") from None


def read_choice(form: Mapping[str, str], name: str, label: str, choices: type[Choice]) -> Choice:
    """Return one of the values of an enumeration."""
    try:
        return choices(form.get(name, ""))
    except ValueError:
        raise InvalidInputError(field=label, reason="请从列表中选择一项。") from None
