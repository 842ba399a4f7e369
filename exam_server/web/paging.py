"""Cuts a long list into pages of at most fifty lines; the page is a query parameter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

Line = TypeVar("Line")
PAGE_LENGTH = 50


@dataclass(frozen=True)
class Page(Generic[Line]):
    """One page of a list and where it stands in the whole."""

    lines: Sequence[Line]
    number: int
    pages: int
    total: int


def wanted_page(arguments: Mapping[str, str]) -> int:
    """Return the page asked for; anything that is no page is the first."""
    text = arguments.get("page", "1")
    return max(1, int(text)) if text.isdecimal() else 1


def cut(
    lines: Sequence[Line], arguments: Mapping[str, str], length: int = PAGE_LENGTH
) -> Page[Line]:
    """Return the page asked for; behind the end is the last one."""
    pages = max(1, -(-len(lines) // length))
    number = min(wanted_page(arguments), pages)
    start = (number - 1) * length
    return Page(lines[start : start + length], number, pages, len(lines))


def page_of(
    lines: Sequence[Line], total: int, number: int, length: int = PAGE_LENGTH
) -> Page[Line]:
    """Describe a page whose lines a query has already cut."""
    return Page(lines, number, max(1, -(-total // length)), total)
