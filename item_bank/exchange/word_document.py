"""Reads a Word document (.docx) into paragraphs and tables; what they mean is decided elsewhere."""

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from item_bank.exchange.limits import entry_bytes, opened_archive
from item_bank.exchange.office_parts import (
    CONTENT_TYPES,
    OfficeFile,
    Relation,
    check_parts,
    part_root,
    relations_of,
)
from item_bank.exchange.pictures import MAX_PICTURES, Picture, picture_of
from item_bank.exchange.records import UnreadableFileError
from item_bank.exchange.word_formulas import attribute, child
from item_bank.exchange.word_numbering import Numbering, read_numbering, whole_number
from item_bank.exchange.word_paragraphs import REVISED, Content, ParagraphReader
from item_bank.exchange.xml_tree import local_name

WORD = OfficeFile("Word 文档", ".docx")
MAIN_TYPE = re.compile(r"application/.*wordprocessingml.*\.main\+xml")
USUAL_MAIN_PART = "word/document.xml"
HEADING_NAME = re.compile(r"heading \d|标题 ?\d|title|标题", re.I)
MAX_SPAN = 80  # columns one cell may cover
BLOCK_WRAPPERS = frozenset(["sdt", "sdtContent", "customXml", "ins", "moveTo"])


@dataclass(frozen=True)
class Paragraph:
    """A paragraph with the label its list gives it."""

    number: int  # 1… among the paragraphs outside tables; 0 in a table
    content: Content
    label: str = ""
    is_heading: bool = False

    @property
    def text(self) -> str:
        """Return the text with its label."""
        return f"{self.label} {self.content.text}" if self.label else self.content.text


@dataclass(frozen=True)
class Cell:
    """A cell of a table; ``is_continued`` when it belongs to the cell above."""

    paragraphs: tuple[Paragraph, ...] = ()
    is_continued: bool = False


@dataclass(frozen=True)
class TextTable:
    """A table 1… of the document."""

    number: int
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Styles:
    """What the styles say: which are headings, which number their paragraphs."""

    headings: frozenset[str] = frozenset()
    lists: Mapping[str, tuple[str, int]] = field(default_factory=dict)


def read_document(content: bytes) -> list[Paragraph | TextTable]:
    """Return the paragraphs and tables in their order."""
    with opened_archive(content) as archive:
        parts = check_parts(archive, WORD)
        main = _main_part(parts)
        root = part_root(parts, main)
        body = child(root, "body")
        if body is None:
            raise UnreadableFileError("不是 Word 文档：没有正文。", main)
        return list(_Reader(archive, parts, main).blocks(body))


def _main_part(parts: Mapping[str, bytes]) -> str:
    root = part_root(parts, CONTENT_TYPES)
    named = _named(root, "Override") if root is not None else ()
    names = (e.get("PartName", "") for e in named if MAIN_TYPE.match(e.get("ContentType", "")))
    name = next(names, USUAL_MAIN_PART).lstrip("/")
    if name not in parts:
        raise UnreadableFileError("不是 Word 文档：没有正文。", name or CONTENT_TYPES)
    return name


class _Reader:
    """Walks through the body and counts paragraphs, tables and lists."""

    def __init__(self, archive: zipfile.ZipFile, parts: Mapping[str, bytes], main: str) -> None:
        folder = posixpath.dirname(main)
        self.archive = archive
        self.known = frozenset(archive.namelist())
        self.relations: Mapping[str, Relation] = relations_of(parts, main)
        self.numbering: Numbering = read_numbering(part_root(parts, f"{folder}/numbering.xml"))
        self.styles = _read_styles(part_root(parts, f"{folder}/styles.xml"))
        self.paragraph_count = self.table_count = 0
        self.pictures: dict[str, Picture | str] = {}

    def blocks(self, body: etree._Element) -> Iterator[Paragraph | TextTable]:
        """Yield what stands in the body, wrappers opened."""
        pending: list[Paragraph] = []  # paragraphs whose end was deleted
        for element in _block_elements(body):
            if local_name(element) == "tbl":
                yield from _merged(pending)
                pending = []
                self.table_count += 1
                yield TextTable(self.table_count, tuple(self._rows(element)))
                continue
            self.paragraph_count += 1
            pending.append(self._paragraph(element, self.paragraph_count))
            if child(element, "pPr", "rPr", "del") is None:
                yield from _merged(pending)
                pending = []
        yield from _merged(pending)

    def _paragraph(self, element: etree._Element, number: int = 0) -> Paragraph:
        settings = child(element, "pPr")
        style = attribute(child(settings, "pStyle"), "val")
        content = ParagraphReader(self._media).read(element)
        has_outline = attribute(child(settings, "outlineLvl"), "val", "9") != "9"
        return Paragraph(
            number=number,
            content=content,
            label=self._label(settings, style) if content.text.strip() else "",
            is_heading=has_outline or style in self.styles.headings,
        )

    def _label(self, settings: etree._Element | None, style: str) -> str:
        own = child(settings, "numPr")
        number, depth = self.styles.lists.get(style, ("", 0))
        if own is not None:
            number = attribute(child(own, "numId"), "val", number)
            depth = whole_number(attribute(child(own, "ilvl"), "val"), depth)
        return self.numbering.label(number, depth) if number not in ("", "0") else ""

    def _rows(self, table: etree._Element) -> Iterator[tuple[Cell, ...]]:
        for row in _named(table, "tr"):
            if child(row, "trPr", "del") is None:
                cells = [cell for element in _named(row, "tc") for cell in self._cells(element)]
                yield tuple(cells[:MAX_SPAN])

    def _cells(self, element: etree._Element) -> Iterator[Cell]:
        settings = child(element, "tcPr")
        merge = child(settings, "vMerge")
        is_continued = merge is not None and attribute(merge, "val", "continue") == "continue"
        paragraphs = [self._paragraph(e) for e in element.iter("{*}p") if _is_written(e)]
        yield Cell(tuple(paragraphs), is_continued)
        span = whole_number(attribute(child(settings, "gridSpan"), "val"), 1)
        for _ in range(1, min(span, MAX_SPAN)):
            yield Cell(is_continued=is_continued)

    def _media(self, relation: str, description: str) -> Picture | str:
        """Return the picture of a relation or why it is not kept."""
        found = self.relations.get(relation)
        if found is None:
            return "一幅图片没有文件，没有读取"
        name = posixpath.basename(found.target)[:60]
        if found.is_outside or found.target not in self.known:
            return f"图片 {name} 不在文件之内，没有读取"
        if found.target not in self.pictures:
            if len(self.pictures) >= MAX_PICTURES:
                raise UnreadableFileError(f"图片超过 {MAX_PICTURES} 幅。")
            content = entry_bytes(self.archive, found.target)
            self.pictures[found.target] = picture_of(name, content)
        kept = self.pictures[found.target]
        if isinstance(kept, str):
            return kept
        return Picture(kept.name, kept.content, kept.media_type, description)


def _read_styles(root: etree._Element | None) -> Styles:
    headings, lists = set(), {}
    for style in _named(root, "style") if root is not None else ():
        name = attribute(style, "styleId")
        level = attribute(child(style, "pPr", "outlineLvl"), "val", "9")
        if level != "9" or HEADING_NAME.fullmatch(attribute(child(style, "name"), "val")):
            headings.add(name)
        listed = child(style, "pPr", "numPr")
        if listed is not None:
            number = attribute(child(listed, "numId"), "val")
            lists[name] = number, whole_number(attribute(child(listed, "ilvl"), "val"), 0)
    return Styles(frozenset(headings), lists)


def _block_elements(parent: etree._Element) -> Iterator[etree._Element]:
    for element in parent.iterchildren(etree.Element):
        name = local_name(element)
        if name in ("p", "tbl"):
            yield element
        elif name in BLOCK_WRAPPERS:
            yield from _block_elements(element)


def _named(parent: etree._Element, name: str) -> Iterator[etree._Element]:
    """Yield the children of a name, through wrappers."""
    for element in parent.iterchildren(etree.Element):
        found = local_name(element)
        if found == name:
            yield element
        elif found in BLOCK_WRAPPERS:
            yield from _named(element, name)


def _is_written(paragraph: etree._Element) -> bool:
    """Tell a paragraph of a cell from one inside a drawing."""
    return not any(local_name(e) == "txbxContent" for e in paragraph.iterancestors(etree.Element))


def _merged(paragraphs: list[Paragraph]) -> Iterator[Paragraph]:
    """Yield paragraphs between which a deleted paragraph mark stood as one."""
    if len(paragraphs) < 2:
        yield from paragraphs
        return
    first = paragraphs[0]
    content = Content(
        text="".join(p.content.text for p in paragraphs),
        pictures=tuple(picture for p in paragraphs for picture in p.content.pictures),
        findings=(REVISED, *(f for p in paragraphs for f in p.content.findings)),
    )
    yield Paragraph(first.number, content, first.label, first.is_heading)
