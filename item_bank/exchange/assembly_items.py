"""Reads the items of an assembly: lines of a bank's items.jsonl, with measured values added.

Only what assembly needs is checked; texts and figures are taken on trust.
"""

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Annotated

import msgspec

from item_bank.exchange.assembly_faults import FaultyAssemblyFileError, described
from item_bank.exchange.records import UnreadableFileError
from item_bank.exchange.text_decoding import decoded
from item_bank.rules.kinds import RIGHT, WRONG, Importance, ItemKind
from item_bank.rules.pool import PoolItem

NUMBER_LIMIT = 20.0  # of difficulties on the scale of ability
Level = Annotated[int, msgspec.Meta(ge=1, le=5)]
Count = Annotated[int, msgspec.Meta(ge=0, le=1_000_000)]
Slope = Annotated[float, msgspec.Meta(gt=0, le=NUMBER_LIMIT)]
Place = Annotated[float, msgspec.Meta(ge=-NUMBER_LIMIT, le=NUMBER_LIMIT)]
Chance = Annotated[float, msgspec.Meta(ge=0, lt=1)]
Name = Annotated[str, msgspec.Meta(min_length=1)]


class AssemblyOption(msgspec.Struct, frozen=True):
    """An option; only its id matters here."""

    id: str
    content: str = ""


class AssemblyLine(msgspec.Struct, frozen=True):
    """One item. Further fields of a bank's line, such as stem and figure, are passed over."""

    code: Name
    kind: ItemKind
    point: Name
    difficulty: Level
    options: tuple[AssemblyOption, ...] = ()
    key: tuple[str, ...] | None = None
    locked: tuple[str, ...] = ()
    importance: Importance | None = None
    a: Slope | None = None
    b: Place | None = None
    c: Chance | None = None
    enemies: str | tuple[str, ...] | None = None
    uses: Count = 0
    recent: bool = False
    last_used_on: date | None = None


@dataclass(frozen=True)
class ItemContext:
    """What the blueprint knows of items: ranges, importance of points, when cool-down began."""

    ranges: Collection[str]
    importance: Mapping[str, Importance]
    used_since: date | None = None

    def range_of(self, point: str) -> str:
        """Return the range that holds the point, or the point itself when none does."""
        code = point
        while code and code not in self.ranges:
            code = code.rpartition("-")[0]
        return code or point


def cool_down_start(on: date, days: int) -> date:
    """Return from when on a use counts as recent."""
    return on - timedelta(days=min(days, (on - date.min).days))


def read_assembly_items(content: bytes, name: str, context: ItemContext) -> list[PoolItem]:
    """Read all lines, or raise ``FaultyAssemblyFileError`` with every faulty one."""
    try:
        text = decoded(content)
    except UnreadableFileError as fault:
        raise FaultyAssemblyFileError([f"{name}：{fault.reason}"]) from fault
    decoder = msgspec.json.Decoder(AssemblyLine)
    items: list[PoolItem] = []
    places: dict[str, int] = {}
    faults: list[str] = []
    for number, line in _lines(text):
        place = f"{name} 第 {number} 行"
        try:
            found = decoder.decode(line)
        except (msgspec.DecodeError, RecursionError) as fault:
            faults.append(f"{place}：{described(fault)}")
            continue
        faults += [f"{place}（{found.code}）：{reason}" for reason in _faults(found)]
        if found.code in places:
            faults.append(f"{place}：试题编号 {found.code} 与第 {places[found.code]} 行重复")
        places.setdefault(found.code, number)
        items.append(_pool_item(found, len(items) + 1, line, context))
    if not items and not faults:
        faults.append(f"{name}：没有试题")
    if faults:
        raise FaultyAssemblyFileError(faults)
    return items


def _lines(text: str) -> Iterator[tuple[int, bytes]]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield number, line.strip().encode("utf-8", "surrogatepass")


def _option_ids(line: AssemblyLine) -> tuple[str, ...]:
    if line.kind is ItemKind.TRUE_FALSE and not line.options:
        return (RIGHT, WRONG)
    return tuple(option.id for option in line.options)


def _faults(line: AssemblyLine) -> Iterator[str]:
    ids = _option_ids(line)
    if len(set(ids)) < len(ids):
        yield "选项编号重复"
    if ids and not set(line.key or ()) <= set(ids):
        yield "标准答案不在选项之中"
    if ids and not set(line.locked) <= set(ids):
        yield "固定的选项不在选项之中"
    if line.kind is not ItemKind.MULTIPLE_CHOICE and len(line.key or ()) > 1:
        yield "只能有一个正确选项"


def _pool_item(line: AssemblyLine, number: int, source: bytes, context: ItemContext) -> PoolItem:
    since, used_on = context.used_since, line.last_used_on
    is_late = since is not None and used_on is not None and used_on > since
    enemies = (line.enemies,) if isinstance(line.enemies, str) else line.enemies or ()
    return PoolItem(
        version_id=number,
        code=line.code,
        content_hash=hashlib.sha256(source).hexdigest(),
        kind=line.kind,
        range_code=context.range_of(line.point),
        point_code=line.point,
        importance=line.importance or context.importance.get(line.point),
        difficulty=line.difficulty,
        is_recent=line.recent or is_late,
        options=_option_ids(line),
        key=frozenset(line.key or ()),
        locked=frozenset(line.locked),
        enemies=tuple(name for name in enemies if name),
        uses=line.uses,
        a=line.a,
        b=line.b,
        c=line.c,
    )
