"""The table of assessed elements as it is edited: rows in order, codes given by their place.

A row that items or task orders refer to is pinned: it keeps its code and cannot be removed, for
the code is part of what an item says. Every other code follows from the order of the rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from typing import Final

from item_bank.rules.element_table import (
    HALF,
    POINT_LEVEL,
    TOTAL_WEIGHT,
    ElementRow,
    ratio_of,
)
from item_bank.rules.kinds import Importance

WHOLE_TABLE: Final = -1  # the place of a fault that belongs to no row
NAME_LENGTH: Final = 80
LETTERS: Final = 26
MOST_POINTS: Final = 999
MOST_ROWS: Final = 2_000
UP, DOWN = -1, 1


@dataclass(frozen=True)
class OutlineRow:
    """One row as typed; ``code`` is the present one, empty for a row that is new."""

    key: str
    level: int
    name: str = ""
    weight: str = ""
    importance: str = ""
    code: str = ""
    is_pinned: bool = False


@dataclass(frozen=True)
class RowFault:
    """What is wrong with a row (or the whole table), and in which column."""

    place: int
    column: str  # name, weight, importance, code, level
    text: str


@dataclass(frozen=True)
class RowTotals:
    """What is computed beside a row: points below it by importance, weights of its children."""

    ratio: str
    points: int
    weight_of_children: Decimal | None  # None where no weights are below
    gap: Decimal  # what the children have more (or less) than the row itself


Rows = tuple[OutlineRow, ...]


# Changing the order -------------------------------------------------------------------------


def moved(rows: Rows, place: int, step: int) -> Rows:
    """Exchange a row, with all below it, with its neighbour of the same parent; or nothing."""
    siblings = siblings_of(rows, place)
    at = siblings.index(place) + step
    if not 0 <= at < len(siblings):
        return rows
    first, second = sorted((place, siblings[at]))
    end, after = end_of(rows, first), end_of(rows, second)
    return rows[:first] + rows[second:after] + rows[end:second] + rows[first:end] + rows[after:]


def removed(rows: Rows, place: int) -> Rows:
    """Take a row out with all below it."""
    return rows[:place] + rows[end_of(rows, place) :]


def with_child(rows: Rows, place: int, key: str) -> Rows:
    """Add an empty row as the last one below another, or as the last of level 1."""
    if place == WHOLE_TABLE:
        return (*rows, OutlineRow(key, 1))
    level = rows[place].level + 1
    if level > POINT_LEVEL:
        return with_sibling(rows, place, key)
    end = end_of(rows, place)
    return (*rows[:end], OutlineRow(key, level), *rows[end:])


def with_sibling(rows: Rows, place: int, key: str) -> Rows:
    """Add an empty row of the same level behind a row and all below it."""
    end = end_of(rows, place)
    return (*rows[:end], OutlineRow(key, rows[place].level), *rows[end:])


def end_of(rows: Rows, place: int) -> int:
    """Return the place behind a row and everything below it."""
    level = rows[place].level
    following = range(place + 1, len(rows))
    return next((at for at in following if rows[at].level <= level), len(rows))


def siblings_of(rows: Rows, place: int) -> list[int]:
    """Return the places of the rows with the same parent, in order."""
    parents = parents_of(rows)
    return [at for at in range(len(rows)) if parents[at] == parents[place]]


def parents_of(rows: Rows) -> list[int]:
    """Return for every row the place of the row above it, ``WHOLE_TABLE`` for level 1."""
    found: list[int] = []
    above: dict[int, int] = {}
    for at, row in enumerate(rows):
        found.append(above.get(row.level - 1, WHOLE_TABLE))
        above = {level: place for level, place in above.items() if level < row.level}
        above[row.level] = at
    return found


# Codes --------------------------------------------------------------------------------------


def coded(rows: Rows) -> tuple[Rows, tuple[RowFault, ...]]:
    """Give every row its code.

    Siblings whose present codes are in order keep them, and new rows get the next free ones;
    else all but the pinned ones are numbered anew. A pinned row that would stand behind a later
    code is a fault: it cannot be moved past rows that hold their codes too.
    """
    parents = parents_of(rows)
    children: dict[int, list[int]] = {}
    for at, parent in enumerate(parents):
        children.setdefault(parent, []).append(at)
    pinned = _pinned_places(rows, parents)
    codes: dict[int, str] = {WHOLE_TABLE: ""}
    faults: list[RowFault] = []
    for at, row in enumerate(rows):
        siblings = children[parents[at]]
        if siblings[0] != at:
            continue
        numbers, found = _numbered(
            [_wish(rows[s], is_pinned=s in pinned) for s in siblings], row.level
        )
        prefix = codes[parents[at]]
        for place, number in zip(siblings, numbers, strict=True):
            codes[place] = f"{prefix}-{_part(number, row.level)}".removeprefix("-")
        faults += [RowFault(siblings[index], "code", text) for index, text in found]
    told = {fault.place for fault in faults}
    faults += [
        RowFault(at, "code", f"{rows[at].code} 已有试题或命题任务，编号不能改为 {codes[at]}。")
        for at in sorted(pinned - told)
        if codes[at] != rows[at].code
    ]
    done = tuple(replace(row, code=codes[at]) for at, row in enumerate(rows))
    return done, tuple(sorted(faults, key=lambda fault: fault.place))


@dataclass(frozen=True)
class _Wish:
    number: int  # 0 for none
    is_pinned: bool


def _pinned_places(rows: Rows, parents: Sequence[int]) -> set[int]:
    """Return the pinned rows and all above them, whose letters are part of the code."""
    found: set[int] = set()
    for at, row in enumerate(rows):
        place = at if row.is_pinned else WHOLE_TABLE
        while place != WHOLE_TABLE and place not in found:
            found.add(place)
            place = parents[place]
    return found


def _wish(row: OutlineRow, *, is_pinned: bool) -> _Wish:
    part = row.code.rpartition("-")[2]
    if row.level == POINT_LEVEL:
        return _Wish(int(part) if part.isdecimal() else 0, is_pinned)
    is_letter = len(part) == 1 and "A" <= part <= "Z"
    return _Wish(ord(part) - ord("A") + 1 if is_letter else 0, is_pinned)


def _numbered(wishes: Sequence[_Wish], level: int) -> tuple[list[int], list[tuple[int, str]]]:
    kept = _kept_in_order(wishes)
    numbers, stuck = (kept, []) if kept is not None else _counted_anew(wishes)
    most = MOST_POINTS if level == POINT_LEVEL else LETTERS
    faults = [(at, "已有试题或命题任务，编号不能改变，不能移到这里。") for at in stuck]
    if max(numbers) > most:
        faults.append((numbers.index(max(numbers)), f"同级最多 {most} 项，没有可用的编号。"))
    return [min(number, most) for number in numbers], faults


def _kept_in_order(wishes: Sequence[_Wish]) -> list[int] | None:
    """Return the present numbers with new ones after the row before, if all fits."""
    numbers: list[int] = []
    for wish in wishes:
        numbers.append(wish.number or (numbers[-1] if numbers else 0) + 1)
    return numbers if all(one < other for one, other in pairwise(numbers)) else None


def _counted_anew(wishes: Sequence[_Wish]) -> tuple[list[int], list[int]]:
    """Number the rows round the pinned ones; return also which pinned ones stand out of order."""
    numbers: list[int] = []
    stuck: list[int] = []
    last = 0
    for at, wish in enumerate(wishes):
        if wish.is_pinned and wish.number <= last:
            stuck.append(at)
        numbers.append(wish.number if wish.is_pinned else last + 1)
        last = max(last, numbers[-1])
    return numbers, stuck


def _part(number: int, level: int) -> str:
    return f"{number:03d}" if level == POINT_LEVEL else chr(ord("A") + number - 1)


# Judging and totals -------------------------------------------------------------------------


def check_outline(rows: Rows) -> tuple[RowFault, ...]:
    """Return everything wrong with the rows, each fault at its row and column."""
    if not rows:
        return (RowFault(WHOLE_TABLE, "name", "细目表不能为空，请至少添加一个一级范围。"),)
    if len(rows) > MOST_ROWS:
        return (RowFault(WHOLE_TABLE, "name", f"细目表最多 {MOST_ROWS} 行。"),)
    faults = [*_level_faults(rows)]
    if faults:
        return tuple(faults)
    faults = [fault for at, row in enumerate(rows) for fault in _row_faults(at, row)]
    faults += _repeated_names(rows)
    faults += _weight_faults(rows)
    return tuple(sorted(faults, key=lambda fault: fault.place))


def totals_of(rows: Rows) -> tuple[RowTotals, ...]:
    """Return what is computed beside every row; the ratio is never typed."""
    found = []
    for at, row in enumerate(rows):
        below = range(at, end_of(rows, at))
        points = [rows[place].importance for place in below if rows[place].level == POINT_LEVEL]
        children = [rows[place] for place in below if rows[place].level == row.level + 1]
        if not children or row.level >= POINT_LEVEL - 1:
            found.append(RowTotals(ratio_of(points), len(points), None, Decimal(0)))
            continue
        weight = sum((read_weight(child.weight) or Decimal(0) for child in children), Decimal(0))
        gap = weight - (read_weight(row.weight) or Decimal(0))
        found.append(RowTotals(ratio_of(points), len(points), weight, gap))
    return tuple(found)


def weight_in_all(rows: Rows) -> Decimal:
    """Return what the weights of level 1 add up to."""
    weights = [read_weight(row.weight) or Decimal(0) for row in rows if row.level == 1]
    return sum(weights, Decimal(0))


def read_weight(text: str) -> Decimal | None:
    """Return a weight as typed, None unless it is a positive whole or half number up to 100.

    >>> read_weight("2.5"), read_weight("0.3"), read_weight("三")
    (Decimal('2.5'), None, None)
    """
    try:
        weight = Decimal(text.strip())
    except InvalidOperation:
        return None
    if not weight.is_finite() or not 0 < weight <= TOTAL_WEIGHT or weight % HALF:
        return None
    return weight


def element_rows(rows: Rows) -> tuple[ElementRow, ...]:
    """Return checked, coded rows as the table stores them."""
    return tuple(
        ElementRow(
            code=row.code,
            name=row.name.strip(),
            level=row.level,
            weight=read_weight(row.weight) if row.level < POINT_LEVEL else None,
            importance=row.importance if row.level == POINT_LEVEL else None,
        )
        for row in rows
    )


def _level_faults(rows: Rows) -> Iterator[RowFault]:
    above = 0
    for at, row in enumerate(rows):
        if not 1 <= row.level <= min(above + 1, POINT_LEVEL):
            yield RowFault(at, "level", "缺少上级鉴定范围。")
        above = row.level


def _row_faults(at: int, row: OutlineRow) -> Iterator[RowFault]:
    name = row.name.strip()
    if not name:
        yield RowFault(at, "name", "缺少名称。")
    elif len(name) > NAME_LENGTH:
        yield RowFault(at, "name", f"名称最多 {NAME_LENGTH} 字。")
    if row.level == POINT_LEVEL and row.importance not in {kind.value for kind in Importance}:
        yield RowFault(at, "importance", "请选择重要程度 X、Y 或 Z。")
    if row.level < POINT_LEVEL and read_weight(row.weight) is None:
        yield RowFault(at, "weight", "鉴定比重应为 0.5 至 100 之间的整数或半数。")


def _repeated_names(rows: Rows) -> Iterator[RowFault]:
    parents = parents_of(rows)
    seen: set[tuple[int, str]] = set()
    for at, row in enumerate(rows):
        named = (parents[at], row.name.strip())
        if row.name.strip() and named in seen:
            yield RowFault(at, "name", f"同一范围内已有“{row.name.strip()}”。")
        seen.add(named)


def _weight_faults(rows: Rows) -> Iterator[RowFault]:
    total = weight_in_all(rows)
    if total != TOTAL_WEIGHT:
        text = f"一级比重之和应为 100，现为 {written(total)}，{_difference(total, TOTAL_WEIGHT)}。"
        yield RowFault(WHOLE_TABLE, "weight", text)
    for at, (row, totals) in enumerate(zip(rows, totals_of(rows), strict=True)):
        weight, lower = read_weight(row.weight), totals.weight_of_children
        if weight is not None and lower is not None and totals.gap:
            text = f"下级比重之和为 {written(lower)}，{_difference(lower, weight)}。"
            yield RowFault(at, "weight", text)


def _difference(total: Decimal, wanted: Decimal) -> str:
    short = total < wanted
    return f"{'少' if short else '多'} {written(abs(wanted - total))}"


def written(weight: Decimal) -> str:
    """Write a weight without zeros that say nothing.

    >>> written(Decimal("12.50")), written(Decimal("100"))
    ('12.5', '100')
    """
    text = format(weight, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text
