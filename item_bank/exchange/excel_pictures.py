"""Finds the pictures of a workbook: anchored to cells, or inside cells as WPS keeps them."""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from item_bank.exchange.limits import entry_bytes
from item_bank.exchange.office_parts import Relation, part_root, relations_of
from item_bank.exchange.pictures import MAX_PICTURES, Picture, picture_of
from item_bank.exchange.records import UnreadableFileError
from item_bank.exchange.word_formulas import attribute, child
from item_bank.exchange.word_numbering import whole_number
from item_bank.exchange.xml_tree import local_name

CELL_IMAGE = re.compile(r"""DISPIMG\(\s{0,3}["'](\w{1,80})["']""")
CELL_IMAGES = "xl/cellimages.xml"
MAX_ANCHORS = 20_000
ANCHORS = frozenset(["twoCellAnchor", "oneCellAnchor"])
Found = Picture | str


@dataclass
class BookPictures:
    """Pictures, or why they are not kept: by part, row and column, and by name for WPS."""

    anchored: dict[str, dict[int, dict[int, list[Found]]]] = field(default_factory=dict)
    named: dict[str, Found] = field(default_factory=dict)
    count: int = 0

    def anchor(self, part: str, row: int, column: int, found: Found) -> None:
        """Add a picture at its cell; row from 1, column from 0."""
        self.count += 1
        if self.count > MAX_ANCHORS:
            raise UnreadableFileError(f"图片超过 {MAX_ANCHORS} 处。")
        rows = self.anchored.setdefault(part, {})
        rows.setdefault(row, {}).setdefault(column, []).append(found)

    def of_row(self, part: str, row: int) -> Mapping[int, list[Found]]:
        """Return the anchored pictures of a row by column."""
        return self.anchored.get(part, {}).get(row, {})

    def in_cell(self, text: str) -> list[Found]:
        """Return the picture that WPS keeps inside a cell."""
        name = CELL_IMAGE.search(text)
        missing = "单元格中的图片没有文件，没有读取"
        return [self.named.get(name[1], missing)] if name else []


class PictureReader:
    """Reads the drawings of a workbook, every file once."""

    def __init__(self, archive: zipfile.ZipFile, parts: Mapping[str, bytes]) -> None:
        self.archive = archive
        self.parts = parts
        self.known = frozenset(archive.namelist())
        self.files: dict[str, Found] = {}

    def read(self) -> BookPictures:
        """Return the pictures of all sheets."""
        book = BookPictures()
        for part in self.parts:
            if re.fullmatch(r"xl/worksheets/[^/]+\.xml", part):
                for row, column, found in self._anchored(part):
                    book.anchor(part, row, column, found)
        relations = relations_of(self.parts, CELL_IMAGES)
        root = part_root(self.parts, CELL_IMAGES)
        for picture in root.iter("{*}pic") if root is not None else ():
            name = attribute(child(picture, "nvPicPr", "cNvPr"), "name")
            book.named[name] = self._picture(picture, relations)
        return book

    def _anchored(self, sheet: str) -> Iterator[tuple[int, int, Found]]:
        for relation in relations_of(self.parts, sheet).values():
            if relation.is_outside or "drawings/" not in relation.target:
                continue
            root = part_root(self.parts, relation.target)
            relations = relations_of(self.parts, relation.target)
            for anchor in root.iterchildren(etree.Element) if root is not None else ():
                if local_name(anchor) in ANCHORS:
                    row, column = _number(anchor, "row"), _number(anchor, "col")
                    for picture in anchor.iter("{*}pic"):
                        yield row + 1, column, self._picture(picture, relations)

    def _picture(self, picture: etree._Element, relations: Mapping[str, Relation]) -> Found:
        settings = child(picture, "nvPicPr", "cNvPr")
        description = attribute(settings, "descr") or attribute(settings, "title")
        blip = next(picture.iter("{*}blip"), None)
        relation = relations.get(attribute(blip, "embed"))
        if relation is None or relation.is_outside or relation.target not in self.known:
            return "一幅图片没有文件，没有读取"
        path = relation.target
        if path not in self.files:
            if len(self.files) >= MAX_PICTURES:
                raise UnreadableFileError(f"图片超过 {MAX_PICTURES} 幅。")
            name = posixpath.basename(path)[:60]
            self.files[path] = picture_of(name, entry_bytes(self.archive, path))
        kept = self.files[path]
        if isinstance(kept, str):
            return kept
        return Picture(kept.name, kept.content, kept.media_type, description)


def _number(anchor: etree._Element, name: str) -> int:
    place = child(anchor, "from", name)
    return whole_number((place.text or "").strip(), 0) if place is not None else 0
