"""Plans what an import would do to a bank, without a database: new, known or faulty, item by item.

What an item still lacks before it may be reviewed (key, explanation, words for its figure) does not
keep it out: it comes in as a draft. Everything else the rules of the bank forbid does.
"""

import re
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from item_bank.exchange.bank_items import content_of_read
from item_bank.exchange.importing import FileReport
from item_bank.exchange.records import (
    FigureLink,
    Message,
    Part,
    ReadItem,
    Severity,
    Status,
    error,
    warning,
)
from item_bank.rules.duplicates import (
    DuplicateClass,
    DuplicateHit,
    KeyRelation,
    find_duplicates,
)
from item_bank.rules.figure import SVG_TYPE, check_svg
from item_bank.rules.item import ItemContent, check_item, content_hash
from item_bank.rules.item_fields import USUAL_DIFFICULTY
from item_bank.rules.kinds import ItemKind
from item_bank.rules.raster import RasterError, read_raster

HIDDEN_CODE = "题库中的试题"
CLASS_NAMES: Mapping[DuplicateClass, str] = {
    DuplicateClass.OTHER_KEY: "题干相同而答案不同",
    DuplicateClass.NEGATED: "题意相反",
    DuplicateClass.IDENTICAL: "相同",
    DuplicateClass.NEAR: "近似",
}
FAR_TOO_LONG = 4_000  # characters; twice the longest text of an item is not judged further
SHOWN_DUPLICATES = 5  # of one item
PART_OF_FAULT = (  # by how the texts of ``check_item`` begin
    ("题干", Part.STEM),
    ("判断题的题干", Part.STEM),
    ("解析", Part.RATIONALE),
    ("出处", Part.SOURCE),
    ("标准答案", Part.KEY),
    ("应有且只有一个正确选项", Part.KEY),
    ("多项选择题", Part.KEY),
    ("选项", Part.OPTIONS),
    ("有内容相同的选项", Part.OPTIONS),
    ("难度", Part.DIFFICULTY),
)
OPTION_AT_FAULT = re.compile(r"选项 ([a-z])")


class PlannedStatus(StrEnum):
    """What becomes of an item: a draft, or nothing because the bank has it, or for a fault."""

    NEW = "new"
    KNOWN = "known"
    FAULTY = "faulty"
    LEFT_OUT = "left_out"


class Lack(StrEnum):
    """What must be added before an imported draft may be reviewed."""

    KEY = "标准答案"
    RATIONALE = "解析"
    DESCRIPTION = "插图的文字说明"


@dataclass(frozen=True)
class ImportChoices:
    """What the person chose: point and level for items that state none, what is left out.

    ``left_out`` holds files and places of items, and of messages about files.
    """

    point: str = ""
    difficulty: int = USUAL_DIFFICULTY
    left_out: frozenset[tuple[str, str]] = frozenset()


@dataclass(frozen=True)
class KnownItem:
    """An item of the bank; ``code`` is empty where the person may not know it."""

    code: str
    content: ItemContent


@dataclass(frozen=True)
class KnownBank:
    """What a plan must know of a bank; ``hashes`` are of every version there ever was."""

    points: Collection[str] = ()
    hashes: Collection[str] = ()
    items: Sequence[KnownItem] = ()


@dataclass(frozen=True)
class PlannedDuplicate:
    """An item like the planned one: its code in the bank, or its place in the files."""

    duplicate_class: DuplicateClass
    similarity: float
    where: str
    is_in_bank: bool
    is_blocking: bool


@dataclass(frozen=True)
class PlannedItem:
    """One item of the files and what becomes of it; ``content`` is what its draft would say."""

    file: str
    item: ReadItem
    status: PlannedStatus
    content: ItemContent | None = None
    figure: bytes = field(default=b"", repr=False)
    duplicates: tuple[PlannedDuplicate, ...] = ()
    lacks: tuple[Lack, ...] = ()
    messages: tuple[Message, ...] = ()


@dataclass(frozen=True)
class ImportPlan:
    """What an import would do; ``messages`` are about whole files."""

    items: tuple[PlannedItem, ...]
    messages: tuple[tuple[str, Message], ...] = ()

    @property
    def counts(self) -> dict[PlannedStatus, int]:
        """Count the items by what becomes of them."""
        found = Counter(item.status for item in self.items)
        return {status: found[status] for status in PlannedStatus}

    @property
    def errors(self) -> tuple[str, ...]:
        """Return every error with its file and place; any of them stops the whole import."""
        located = [*self.messages, *((i.file, m) for i in self.items for m in i.messages)]
        return tuple(f"{file} {m}" for file, m in located if m.severity is Severity.ERROR)

    @property
    def new(self) -> tuple[PlannedItem, ...]:
        """Return the items that would become drafts."""
        return tuple(item for item in self.items if item.status is PlannedStatus.NEW)


@dataclass(frozen=True)
class _Read:
    """An item of the files as the bank would say it; ``refusal`` is about its figure."""

    file: str
    item: ReadItem
    content: ItemContent
    figure: bytes
    refusal: str = ""

    @property
    def place(self) -> str:
        """Return file and place."""
        return f"{self.file} {self.item.place}"


def planned_import(
    reports: Sequence[FileReport], bank: KnownBank, choices: ImportChoices
) -> ImportPlan:
    """Plan the import of all files together; items are compared with the bank and one another."""
    entries = [_prepared(report.file, item, choices) for report in reports for item in report.items]
    planner = _Planner(bank, choices, [entry for entry in entries if isinstance(entry, _Read)])
    items = [e if isinstance(e, PlannedItem) else planner.plan(e) for e in entries]
    messages = [(report.file, m) for report in reports for m in report.messages]
    kept = tuple((file, m) for file, m in messages if (file, m.place) not in choices.left_out)
    return ImportPlan(tuple(items), kept)


def _prepared(file: str, item: ReadItem, choices: ImportChoices) -> PlannedItem | _Read:
    """Return what the item would say, or what becomes of it without a look at the bank."""
    if (file, item.place) in choices.left_out:
        return PlannedItem(file, item, PlannedStatus.LEFT_OUT)
    if item.status is Status.ERROR:
        return PlannedItem(file, item, PlannedStatus.FAULTY, messages=item.messages)
    link = clean_figure(item.figure) if item.figure else None
    refusal = link if isinstance(link, str) else ""
    clean = replace(item, figure=link if isinstance(link, FigureLink) else None)
    content = content_of_read(clean, point=choices.point, difficulty=choices.difficulty)
    return _Read(file, item, content, clean.figure.content if clean.figure else b"", refusal)


class _Planner:
    """Plans item by item, in order; each is compared with the bank and the items before it."""

    def __init__(self, bank: KnownBank, choices: ImportChoices, entries: Sequence[_Read]) -> None:
        self.bank = bank
        self.choices = choices
        self.points = frozenset(bank.points)
        self.entries = entries
        contents = [item.content for item in bank.items] + [entry.content for entry in entries]
        self.hits = _hits_by_place(contents, since=len(bank.items))
        self.planned = 0

    def plan(self, entry: _Read) -> PlannedItem:
        """Plan the next item."""
        place = len(self.bank.items) + self.planned
        self.planned += 1
        item, content = entry.item, entry.content
        hashes = (content_hash(content), content_hash(replace(content, points=None)))
        if not entry.refusal and any(digest in self.bank.hashes for digest in hashes):
            known = PlannedStatus.KNOWN
            return PlannedItem(entry.file, item, known, content, messages=item.messages)
        hits = self.hits.get(place, ())
        found = tuple(self._duplicate(content, hit) for hit in hits[:SHOWN_DUPLICATES])
        lacks = lacks_of(content)
        messages = (
            *item.messages,
            *([error(item.place, entry.refusal)] if entry.refusal else ()),
            *self._faults(item, content),
            *(_told_duplicate(item, duplicate) for duplicate in found),
            *_told_lacks(item, lacks),
        )
        return PlannedItem(
            file=entry.file,
            item=item,
            status=_status(found, messages),
            content=content,
            figure=entry.figure,
            duplicates=found,
            lacks=lacks,
            messages=messages,
        )

    def _faults(self, item: ReadItem, content: ItemContent) -> Iterator[Message]:
        """Yield what keeps the item out of this bank."""
        if not content.point:
            told = "没有鉴定点；请为没有鉴定点的试题选择一个。"
            yield error(item.place_of(Part.POINT), told)
        elif content.point not in self.points:
            told = f"细目表中没有鉴定点 {content.point}。"
            yield error(item.place_of(Part.POINT), told)
        if any(len(text) > FAR_TOO_LONG for text in _texts(content)):
            yield error(item.place, f"有超过 {FAR_TOO_LONG} 字的内容。")
            return
        for text in check_item(_completed(content)).errors:
            if not text.startswith("鉴定点编号"):
                yield error(_place_of_fault(item, content, text), text)
        if item.difficulty is None:
            told = f"没有难度，按 {self.choices.difficulty} 级导入。"
            yield Message(item.place_of(Part.DIFFICULTY), told, Severity.NOTE)

    def _duplicate(self, content: ItemContent, hit: DuplicateHit) -> PlannedDuplicate:
        """Name a hit; a copy that has lost its key or its figure is the same again."""
        is_in_bank = hit.place < len(self.bank.items)
        kind = hit.likeness.duplicate_class
        evidence = hit.likeness.evidence
        has_lost_key = kind is DuplicateClass.OTHER_KEY and not content.key
        is_same_again = evidence.is_same_stem and evidence.keys is KeyRelation.SAME
        has_lost_figure = kind is DuplicateClass.NEAR and is_same_again and not content.figure
        if has_lost_key or has_lost_figure:
            kind = DuplicateClass.IDENTICAL
        where = (
            self.bank.items[hit.place].code or HIDDEN_CODE
            if is_in_bank
            else self.entries[hit.place - len(self.bank.items)].place
        )
        is_blocking = kind in (DuplicateClass.OTHER_KEY, DuplicateClass.NEGATED)
        return PlannedDuplicate(kind, hit.likeness.stem_similarity, where, is_in_bank, is_blocking)


def _hits_by_place(contents: Sequence[ItemContent], *, since: int) -> dict[int, list[DuplicateHit]]:
    """Return for each item from a place on those before it that it resembles, gravest first."""
    hits: dict[int, list[DuplicateHit]] = {}
    for pair in find_duplicates(contents):
        if pair.second >= since:
            hits.setdefault(pair.second, []).append(DuplicateHit(pair.first, pair.likeness))
    return hits


def _status(found: Sequence[PlannedDuplicate], messages: Sequence[Message]) -> PlannedStatus:
    if any(message.severity is Severity.ERROR for message in messages):
        return PlannedStatus.FAULTY
    is_known = any(one.duplicate_class is DuplicateClass.IDENTICAL for one in found)
    return PlannedStatus.KNOWN if is_known else PlannedStatus.NEW


def _texts(content: ItemContent) -> Iterator[str]:
    yield from (content.stem, content.rationale, content.source)
    yield from (option.content for option in content.options)


def lacks_of(content: ItemContent) -> tuple[Lack, ...]:
    """Return what an item must be given before it may be reviewed."""
    figure = content.figure
    found = {
        Lack.KEY: not content.key,
        Lack.RATIONALE: not content.rationale.strip(),
        Lack.DESCRIPTION: figure is not None and not figure.description.strip(),
    }
    return tuple(lack for lack, is_missing in found.items() if is_missing)


def clean_figure(link: FigureLink) -> FigureLink | str:
    """Return a figure as the bank takes it, or why it does not."""
    if not link.content:
        return f"插图 {link.file} 没有随文件一起上传。"
    if link.media_type == SVG_TYPE:
        reasons = check_svg(link.content)
        return f"插图 {link.file}：{reasons[0]}" if reasons else link
    try:
        raster = read_raster(link.content)
    except RasterError as fault:
        return f"插图 {link.file}：{fault}"
    return replace(link, content=raster.content, media_type=raster.media_type)


def _completed(content: ItemContent) -> ItemContent:
    """Return an item with something in the place of what it may lack, to judge all the rest."""
    count = 2 if content.kind is ItemKind.MULTIPLE_CHOICE else 1
    some_key = frozenset(option.canonical_id for option in content.options[:count])
    figure = content.figure
    return replace(
        content,
        key=content.key or some_key,
        rationale=content.rationale.strip() or Lack.RATIONALE.value,
        figure=figure and replace(figure, description=figure.description or Lack.DESCRIPTION.value),
    )


def _place_of_fault(item: ReadItem, content: ItemContent, text: str) -> str:
    """Return the cell that a rule of the bank speaks of, where the item comes from a table."""
    if named := OPTION_AT_FAULT.match(text):
        return item.place_of(named[1])
    if text.startswith("有内容相同"):
        texts = [option.content for option in content.options]
        repeated = (o for at, o in enumerate(content.options) if o.content in texts[:at])
        return item.place_of(next((o.canonical_id for o in repeated), Part.OPTIONS))
    parts = (part for words, part in PART_OF_FAULT if text.startswith(words))
    return item.place_of(next(parts, ""))


def _told_lacks(item: ReadItem, lacks: Sequence[Lack]) -> Iterator[Message]:
    if lacks:
        names = "、".join(lack.value for lack in lacks)
        yield warning(item.place, f"还缺{names}，导入为草稿，补齐后才能送审。")


def _told_duplicate(item: ReadItem, found: PlannedDuplicate) -> Message:
    told = f"与{found.where}{CLASS_NAMES[found.duplicate_class]}"
    if found.is_blocking:
        is_of_key = found.duplicate_class is DuplicateClass.OTHER_KEY
        place = item.place_of(Part.KEY if is_of_key else Part.STEM)
        return error(place, f"{told}，不能导入。")
    place = item.place_of(Part.STEM)
    if found.duplicate_class is DuplicateClass.IDENTICAL:
        return warning(place, f"{told}，不再导入。")
    return warning(place, f"{told}（相似度 {found.similarity:.2f}），请核对。")
