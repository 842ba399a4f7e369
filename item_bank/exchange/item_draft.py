"""Turns what a reader found about one item into a checked ``ReadItem``.

Readers fill a draft with the identifiers of their format; ``finish`` gives canonical ids and
judges the structure. The rules of the bank itself stand in ``item_bank.rules.item``.
"""

import string
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from item_bank.exchange.answer_words import option_verdict
from item_bank.exchange.pictures import Picture, description_in
from item_bank.exchange.records import (
    FigureLink,
    ItemType,
    Message,
    Part,
    ReadItem,
    ReadOption,
    Severity,
)
from item_bank.rules.item import DIFFICULTIES, JUDGEMENT_OPTIONS, POINT_CODE, tidy
from item_bank.rules.kinds import RIGHT, WRONG

LETTERS = string.ascii_lowercase
MAX_TEXT = 20_000  # characters of one text; longer ones are no item text
MAX_NUMBER = 1_000_000


def is_plain_number(number: Decimal, *, at_least: int = -MAX_NUMBER) -> bool:
    """Tell a number of marks from infinities and absurd sizes."""
    return number.is_finite() and number.adjusted() > -12 and at_least <= number <= MAX_NUMBER


@dataclass
class DraftOption:
    """An option under the name its file gives it."""

    source_id: str
    text: str
    is_locked: bool = False


@dataclass
class ItemDraft:
    """An item while it is read; ``key`` holds names of the file, None when none is declared."""

    place: str
    type: ItemType = ItemType.SINGLE
    identifier: str = ""
    stem: str = ""
    options: list[DraftOption] = field(default_factory=list)
    key: list[str] | None = None
    points: Decimal | None = None
    point: str | None = None
    difficulty: int | None = None
    rationale: str = ""
    source: str = ""
    weights: dict[str, Decimal] = field(default_factory=dict)
    figure: FigureLink | None = None
    pictures: list[Picture] = field(default_factory=list)  # found in the text; one becomes figure
    has_partial_credit: bool = False  # equal shares are meant as they stand
    is_multiple: bool = False  # by a tag, where the answers alone do not show it
    caption: str = ""  # below that picture
    original: str = ""  # what the file says, kept for what is not taken over
    locked_letters: set[str] = field(default_factory=set)  # canonical, from a tag
    messages: list[Message] = field(default_factory=list)
    cells: dict[str, str] = field(default_factory=dict)  # of parts, of options by the file's names

    def note(self, text: str, place: str | None = None) -> None:
        """Say something that leaves the item accepted."""
        self.messages.append(Message(place or self.place, text, Severity.NOTE))

    def warn(self, text: str, place: str | None = None) -> None:
        """Say something a person must look at."""
        self.messages.append(Message(place or self.place, text, Severity.WARNING))

    def fail(self, text: str, place: str | None = None) -> None:
        """Say why the item cannot be taken over."""
        self.messages.append(Message(place or self.place, text, Severity.ERROR))

    def unsupported(self, reason: str) -> ReadItem:
        """Name an item that is not flattened into something it is not."""
        return self.broken(f"暂不支持：{reason}。")

    def broken(self, text: str) -> ReadItem:
        """Keep the place of something that could not be read as an item."""
        self.type = ItemType.UNSUPPORTED
        self.fail(text)
        return ReadItem(
            place=self.place,
            identifier=self.identifier,
            type=self.type,
            stem=tidy(self.stem)[:MAX_TEXT],
            options=(),
            key=None,
            messages=tuple(self.messages),
            original=self.original[:MAX_TEXT],
            cells=self.cells,
        )

    def lock_all(self) -> None:
        """Fix the place of every option."""
        for option in self.options:
            option.is_locked = True

    def finish(self) -> ReadItem:
        """Give canonical ids, check the structure and freeze."""
        self._tidy()
        names = self._judgement_names() or self._letter_names()
        options = tuple(
            ReadOption(names[o.source_id], o.text, o.source_id)
            for o in sorted(self.options, key=lambda o: names.get(o.source_id, "~"))
            if o.source_id in names
        )
        if self.type is ItemType.JUDGE:
            options = tuple(ReadOption(o.id, JUDGEMENT_OPTIONS[o.id], o.source_id) for o in options)
        key = self._key(names)
        self._take_picture()
        self._check(options, key)
        return ReadItem(
            place=self.place,
            identifier=self.identifier,
            type=self.type,
            stem=self.stem,
            options=options,
            key=key,
            points=self.points,
            point=self.point,
            difficulty=self.difficulty,
            rationale=self.rationale,
            source=self.source,
            locked=self._locked(names),
            weights={names[name]: w for name, w in self.weights.items() if name in names},
            figure=self.figure,
            messages=tuple(self.messages),
            cells={names.get(part, part): place for part, place in self.cells.items()},
        )

    def _tidy(self) -> None:
        self.identifier = tidy(self.identifier)
        self.stem, self.rationale = tidy(self.stem), tidy(self.rationale)
        self.source = tidy(self.source)
        self.point = tidy(self.point) if self.point else None
        for option in self.options:
            option.text = tidy(option.text)

    def _take_picture(self) -> None:
        """Keep a single picture as the figure; the bank holds one for an item."""
        if len({picture.content for picture in self.pictures}) > 1:
            names = "、".join(picture.name for picture in self.pictures[:5])
            self.warn(f"有 {len(self.pictures)} 幅图片（{names}），一题只能有一幅，没有导入。")
            return
        for picture in self.pictures[:1]:
            self.figure = FigureLink(
                file=picture.name,
                description=description_in(tidy(picture.description)),
                caption=tidy(self.caption),
                content=picture.content,
                media_type=picture.media_type,
            )
            size_kb = -(-len(picture.content) // 1000)
            told = f"图片 {picture.name}（{size_kb} kB）作为插图"
            if self.figure.description:
                self.note(f"{told}。")
            else:
                self.warn(f"{told}，缺少文字说明。")

    def _judgement_names(self) -> dict[str, str]:
        """Return right and wrong by the file's names, when the options are just these two."""
        if self.type not in (ItemType.SINGLE, ItemType.JUDGE):
            return {}
        names = {option.source_id: option_verdict(option.text) for option in self.options}
        found = {name: verdict for name, verdict in names.items() if verdict}
        if len(self.options) == 2 and set(found.values()) == {RIGHT, WRONG}:
            self.type = ItemType.JUDGE
            return found
        if self.type is ItemType.JUDGE:
            self.fail("判断题应有“正确”“错误”两个选项。")
        return {}

    def _letter_names(self) -> dict[str, str]:
        names: dict[str, str] = {}
        if self.type is ItemType.JUDGE:
            return names
        for option, letter in zip(self.options, LETTERS, strict=False):
            if option.source_id in names:
                self.fail(f"选项编号“{option.source_id}”重复。")
            names.setdefault(option.source_id, letter)
        if len(self.options) > len(LETTERS):
            self.fail(f"选项多于 {len(LETTERS)} 个。")
        return names

    def _locked(self, names: Mapping[str, str]) -> tuple[str, ...]:
        if self.type is ItemType.JUDGE:
            return ()
        locked = {names[o.source_id] for o in self.options if o.is_locked and o.source_id in names}
        return tuple(sorted(locked | self.locked_letters & set(names.values())))

    def _key(self, names: Mapping[str, str]) -> tuple[str, ...] | None:
        if self.key is None:
            return None
        strange = [name for name in self.key if name not in names]
        if strange and names:
            self.fail(f"标准答案“{'、'.join(strange)}”不在选项之中。")
        return tuple(sorted({names[name] for name in self.key if name in names})) or None

    def _check(self, options: tuple[ReadOption, ...], key: tuple[str, ...] | None) -> None:
        if not self.stem:
            self.fail("题干为空。", self.cells.get(Part.STEM))
        if len(options) < 2 and self.type is not ItemType.JUDGE:
            told = f"选项少于两个，现有 {len(options)} 个。"
            self.fail(told, self.cells.get(Part.OPTIONS))
        if any(not option.text for option in options):
            self.fail("有内容为空的选项。", self.cells.get(Part.OPTIONS))
        if len({option.text for option in options}) < len(options):
            self.warn("有内容相同的选项。", self._repeated_option())
        if any(len(text) > MAX_TEXT for text in (self.stem, *(o.text for o in options))):
            self.fail(f"文字超过 {MAX_TEXT} 字。")
        self._check_key(key)
        self._check_figures()

    def _repeated_option(self) -> str | None:
        """Return the cell of the first option that says what one before it says."""
        texts = [option.text for option in self.options]
        repeated = (o.source_id for at, o in enumerate(self.options) if o.text in texts[:at])
        return self.cells.get(next(repeated, Part.OPTIONS))

    def _check_key(self, key: tuple[str, ...] | None) -> None:
        where = self.cells.get(Part.KEY)
        if key is None:
            if not any(m.severity is Severity.ERROR for m in self.messages):
                self.warn("没有声明标准答案，按无答案草稿处理。", where)
        elif self.type is ItemType.MULTIPLE:
            if len(key) < 2:
                self.warn("多项选择题只有一个正确选项。", where)
        elif len(key) != 1:
            self.fail(f"应有且只有一个正确选项，现有 {len(key)} 个。", where)

    def _check_figures(self) -> None:
        if self.points is not None and not is_plain_number(self.points, at_least=0):
            told = f"分值“{self.points}”不是有效的非负数。"
            self.fail(told, self.cells.get(Part.POINTS))
            self.points = None
        if not all(is_plain_number(weight) for weight in self.weights.values()):
            self.fail("选项的得分权重不是有效的数。")
            self.weights = {}
        if self.difficulty is not None and self.difficulty not in DIFFICULTIES:
            told = f"难度“{self.difficulty}”应为 1 至 5。"
            self.fail(told, self.cells.get(Part.DIFFICULTY))
            self.difficulty = None
        if self.point and not POINT_CODE.fullmatch(self.point):
            self.warn(f"鉴定点“{self.point}”不是鉴定点编号（如 B-C-A-007）。")
