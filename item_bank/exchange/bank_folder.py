"""Reads the folder of a bank: elements.csv, blueprint.toml, items.jsonl and its figures.

Nothing is stored here. Every fault found is located by file and line and raised together.
"""

import csv
import hashlib
import io
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

import msgspec

from item_bank.errors import FaultyBankError
from item_bank.rules.blueprint import SectionTerms, Shares
from item_bank.rules.blueprint_terms import BlueprintTerms, check_blueprint
from item_bank.rules.element_table import POINT_LEVEL, ElementRow, check_element_table
from item_bank.rules.figure import SVG_TYPE, check_svg
from item_bank.rules.item import (
    Figure,
    ItemContent,
    OptionContent,
    check_item,
    judgement_options,
    tidy,
)
from item_bank.rules.kinds import ItemKind

ELEMENTS, BLUEPRINT, ITEMS = "elements.csv", "blueprint.toml", "items.jsonl"


@dataclass(frozen=True)
class SourceItem:
    """An item under its code."""

    code: str
    content: ItemContent


@dataclass(frozen=True)
class BankSource:
    """A whole bank as read; ``figures`` holds the files by their SHA-256."""

    elements: tuple[ElementRow, ...]
    blueprint: BlueprintTerms
    items: tuple[SourceItem, ...]
    figures: Mapping[str, bytes]
    warnings: tuple[str, ...]


class _Option(msgspec.Struct, frozen=True):
    id: str
    content: str


class _Figure(msgspec.Struct, frozen=True):
    file: str
    description: str
    caption: str = ""


class _Line(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    code: str
    kind: ItemKind
    point: str
    difficulty: int
    stem: str
    key: tuple[str, ...]
    rationale: str
    source: str
    options: tuple[_Option, ...] = ()
    figure: _Figure | None = None


class _Section(msgspec.Struct, frozen=True):
    kind: ItemKind
    item_count: int
    points_each: Decimal


class _Importance(msgspec.Struct, frozen=True):
    x_at_least: Decimal
    z_at_most: Decimal


class _Difficulty(msgspec.Struct, frozen=True):
    shares: tuple[Decimal, Decimal, Decimal, Decimal, Decimal]
    tolerance: Decimal


class _Settings(msgspec.Struct, frozen=True):
    importance: _Importance
    difficulty: _Difficulty


class _Blueprint(msgspec.Struct, frozen=True):
    code: str
    minutes: int
    sections: tuple[_Section, ...]
    settings: _Settings


def read_bank(folder: Path) -> BankSource:
    """Read and check a bank's folder; raises ``FaultyBankError`` with every fault."""
    faults: list[str] = []
    elements = _read_elements(folder / ELEMENTS, faults)
    blueprint = _read_blueprint(folder / BLUEPRINT, faults)
    figures: dict[str, bytes] = {}
    warnings: list[str] = []
    points = {row.code for row in elements if row.level == POINT_LEVEL}
    items: dict[str, SourceItem] = {}
    for place, line in _lines(folder / ITEMS, faults):
        item = SourceItem(line.code, _content(line, folder, figures, faults))
        findings = check_item(item.content)
        faults += [f"{place}（{line.code}）：{error}" for error in findings.errors]
        warnings += [f"{place}（{line.code}）：{warning}" for warning in findings.warnings]
        if item.content.point not in points:
            faults.append(f"{place}（{line.code}）：细目表中没有鉴定点 {line.point}。")
        if line.code in items:
            faults.append(f"{place}：试题编号 {line.code} 重复。")
        items[line.code] = item
    if faults or blueprint is None:
        raise FaultyBankError(faults)
    return BankSource(elements, blueprint, tuple(items.values()), figures, tuple(warnings))


def _read_elements(path: Path, faults: list[str]) -> tuple[ElementRow, ...]:
    rows = []
    text = _text(path, faults)
    for number, row in enumerate(csv.DictReader(io.StringIO(text)), start=2):
        try:
            rows.append(
                ElementRow(
                    code=row["code"].strip(),
                    name=tidy(row["name"]),
                    level=int(row["level"]),
                    weight=Decimal(row["weight"]) if row["weight"] else None,
                    importance=row["importance"] or None,
                )
            )
        except (KeyError, TypeError, ValueError, AttributeError, InvalidOperation):
            faults.append(f"{path.name} 第 {number} 行：无法读取。")
    faults += [f"{path.name}：{fault}" for fault in check_element_table(rows)]
    return tuple(rows)


def _read_blueprint(path: Path, faults: list[str]) -> BlueprintTerms | None:
    try:
        found = msgspec.convert(tomllib.loads(_text(path, faults)), _Blueprint)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        faults.append(f"{path.name}：{error}。")
        return None
    terms = BlueprintTerms(
        code=found.code,
        minutes=found.minutes,
        sections=tuple(SectionTerms(s.kind, s.item_count, s.points_each) for s in found.sections),
        shares=Shares(
            core_at_least=found.settings.importance.x_at_least,
            auxiliary_at_most=found.settings.importance.z_at_most,
            difficulty=found.settings.difficulty.shares,
            tolerance=found.settings.difficulty.tolerance,
        ),
    )
    faults += [f"{path.name}：{fault}" for fault in check_blueprint(terms)]
    return terms


def _lines(path: Path, faults: list[str]) -> Iterator[tuple[str, _Line]]:
    for number, text in enumerate(_text(path, faults).splitlines(), start=1):
        if not text.strip():
            continue
        place = f"{path.name} 第 {number} 行"
        try:
            yield place, msgspec.json.decode(text, type=_Line)
        except msgspec.DecodeError as error:
            faults.append(f"{place}：{error}。")


def _content(
    line: _Line, folder: Path, figures: dict[str, bytes], faults: list[str]
) -> ItemContent:
    options = tuple(OptionContent(option.id, tidy(option.content)) for option in line.options)
    if line.kind is ItemKind.TRUE_FALSE and not options:
        options = judgement_options()
    return ItemContent(
        kind=line.kind,
        point=line.point,
        difficulty=line.difficulty,
        stem=tidy(line.stem),
        options=options,
        key=frozenset(line.key),
        rationale=tidy(line.rationale),
        source=tidy(line.source),
        figure=_figure(line, folder, figures, faults) if line.figure else None,
    )


def _figure(
    line: _Line, folder: Path, figures: dict[str, bytes], faults: list[str]
) -> Figure | None:
    assert line.figure is not None
    path = (folder / line.figure.file).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        faults.append(f"{line.code}：找不到插图 {line.figure.file}。")
        return None
    content = path.read_bytes()
    faults += [f"{line.code}（{line.figure.file}）：{reason}" for reason in check_svg(content)]
    digest = hashlib.sha256(content).hexdigest()
    figures[digest] = content
    return Figure(digest, SVG_TYPE, tidy(line.figure.description), tidy(line.figure.caption))


def _text(path: Path, faults: list[str]) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        faults.append(f"{path.name}：文件不存在或不是 UTF-8 文本。")
        return ""
