"""Writes QTI packages, 3.0 and 2.1: a manifest and one file per item.

Point and difficulty travel as classes of the item body, rationale and source as rubric blocks
for scorers and authors, points as MAXSCORE, locked options as ``fixed``.
"""

import io
import zipfile
from collections.abc import Sequence
from typing import Any

from lxml import etree

from item_bank.exchange.carried_pictures import packed_name
from item_bank.exchange.html_text import CAPTION
from item_bank.exchange.notation import html_of_notation, is_marked
from item_bank.exchange.qti_dialects import QTI_3, QTI_21, Dialect
from item_bank.exchange.records import FigureLink, ItemType, ReadItem
from item_bank.exchange.xml_tree import without_controls

WRITTEN_AT = (2019, 11, 18, 0, 0, 0)  # fixed, so that equal items give equal packages
XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
TITLE_LENGTH = 40
PICTURES = "images"
UNDERLINE = ('<span class="qti-underline">', "</span>")


def write_qti3(items: Sequence[ReadItem]) -> bytes:
    """Return a QTI 3.0 package."""
    return _package(items, QTI_3)


def write_qti21(items: Sequence[ReadItem]) -> bytes:
    """Return a QTI 2.1 package."""
    return _package(items, QTI_21)


def _package(items: Sequence[ReadItem], dialect: Dialect) -> bytes:
    file = io.BytesIO()
    pictures = {
        packed_name(item.figure): item.figure.content
        for item in items
        if item.figure and item.figure.content
    }
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        _store(archive, "imsmanifest.xml", _xml(_manifest(items, dialect)))
        for number, item in enumerate(items, start=1):
            _store(archive, _item_name(number), _xml(_item(item, number, dialect)))
        for name, content in pictures.items():
            _store(archive, f"{PICTURES}/{name}", content)
    return file.getvalue()


def _item_name(number: int) -> str:
    return f"items/item{number:05d}.xml"


def _xml(root: etree._Element) -> bytes:
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True)


def _store(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    entry = zipfile.ZipInfo(name, WRITTEN_AT)
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, content)


def _manifest(items: Sequence[ReadItem], dialect: Dialect) -> etree._Element:
    space = dialect.manifest_namespace
    spaces: Any = {None: space}
    root = etree.Element(f"{{{space}}}manifest", nsmap=spaces, identifier="kaohe-items")
    metadata = etree.SubElement(root, f"{{{space}}}metadata")
    etree.SubElement(metadata, f"{{{space}}}schema").text = dialect.schema
    etree.SubElement(metadata, f"{{{space}}}schemaversion").text = dialect.schema_version
    etree.SubElement(root, f"{{{space}}}organizations")
    resources = etree.SubElement(root, f"{{{space}}}resources")
    for number, item in enumerate(items, start=1):
        name = _item_name(number)
        resource = etree.SubElement(
            resources,
            f"{{{space}}}resource",
            identifier=f"item{number:05d}",
            type=dialect.resource_type,
            href=name,
        )
        etree.SubElement(resource, f"{{{space}}}file", href=name)
        if item.figure and item.figure.content:
            packed = f"{PICTURES}/{packed_name(item.figure)}"
            etree.SubElement(resource, f"{{{space}}}file", href=packed)
    return root


def _item(item: ReadItem, number: int, dialect: Dialect) -> etree._Element:
    title = item.identifier or item.stem[:TITLE_LENGTH]
    root = dialect.root(
        "assessmentItem",
        identifier=f"item{number:05d}",
        title=without_controls(title).replace("\n", " "),
        adaptive="false",
        timeDependent="false",
        label=without_controls(item.identifier),
        toolName="Kaohe",
    )
    root.set(XML_LANG, "zh-CN")
    is_multiple = item.type is ItemType.MULTIPLE
    response = dialect.add(
        root,
        "responseDeclaration",
        identifier="RESPONSE",
        cardinality="multiple" if is_multiple else "single",
        baseType="identifier",
    )
    _add_key(response, item, dialect)
    _add_outcome(root, "SCORE", "0", dialect)
    if item.points is not None:
        _add_outcome(root, "MAXSCORE", f"{item.points:f}", dialect)
    _add_body(root, item, dialect)
    _add_processing(root, item, dialect)
    return root


def _add_key(response: etree._Element, item: ReadItem, dialect: Dialect) -> None:
    if item.key is not None:
        correct = dialect.add(response, "correctResponse")
        for name in item.key:
            dialect.add(correct, "value").text = name
    if item.weights and item.key is not None:  # alone they would be read as the key
        mapping = dialect.add(response, "mapping", defaultValue="0")
        for name, weight in item.weights.items():
            dialect.add(mapping, "mapEntry", mapKey=name, mappedValue=f"{weight:f}")


def _add_outcome(root: etree._Element, name: str, value: str, dialect: Dialect) -> None:
    outcome = dialect.add(
        root, "outcomeDeclaration", identifier=name, cardinality="single", baseType="float"
    )
    dialect.add(dialect.add(outcome, "defaultValue"), "value").text = value


def _add_body(root: etree._Element, item: ReadItem, dialect: Dialect) -> None:
    classes = [f"kaohe-point-{item.point}"] if item.point else []
    classes += [f"kaohe-difficulty-{item.difficulty}"] if item.difficulty else []
    body = dialect.add(root, "itemBody")
    if classes:
        body.set("class", " ".join(classes))
    has_table = "<table>" in html_of_notation(item.stem)
    _add_text(dialect.html(body, "div" if has_table else "p"), item.stem, dialect)
    _add_figure(body, item.figure, dialect)
    is_judgement = item.type is ItemType.JUDGE
    is_fixed = is_judgement or (bool(item.locked) and len(item.locked) == len(item.options))
    choice = dialect.add(
        body,
        "choiceInteraction",
        responseIdentifier="RESPONSE",
        shuffle="false" if is_fixed else "true",
        maxChoices="0" if item.type is ItemType.MULTIPLE else "1",
    )
    for option in item.options:
        simple = dialect.add(choice, "simpleChoice", identifier=option.id)
        if option.id in item.locked:
            simple.set("fixed", "true")
        _add_text(simple, option.text, dialect)
    _add_rubric(body, "scorer", "kaohe-rationale", item.rationale, dialect)
    _add_rubric(body, "author", "kaohe-source", item.source, dialect)


def _add_figure(body: etree._Element, figure: FigureLink | None, dialect: Dialect) -> None:
    if figure is None or not figure.content:
        return
    picture = dialect.html(dialect.html(body, "p"), "img")
    picture.set("src", f"../{PICTURES}/{packed_name(figure)}")
    picture.set("alt", without_controls(figure.description))
    if figure.caption:
        below = dialect.html(body, "p")
        below.set("class", CAPTION)
        _add_text(below, figure.caption, dialect)


def _add_rubric(body: etree._Element, view: str, name: str, text: str, dialect: Dialect) -> None:
    if not text:
        return
    block = dialect.add(body, "rubricBlock", view=view)
    block.set("class", name)
    if dialect.rubric_use:
        block.set("use", dialect.rubric_use)
        block = dialect.add(block, "contentBody")
    _add_text(dialect.html(block, "p"), text, dialect)


def _add_text(parent: etree._Element, text: str, dialect: Dialect) -> None:
    text = without_controls(text)
    if is_marked(text):
        made = html_of_notation(text, UNDERLINE)
        inside = etree.fromstring(f'<p xmlns="{dialect.namespace}">{made}</p>')
        parent.text = inside.text
        parent.extend(list(inside))
        etree.cleanup_namespaces(parent)
        return
    first, *rest = text.split("\n")
    parent.text = first
    for line in rest:
        dialect.html(parent, "br").tail = line


def _add_processing(root: etree._Element, item: ReadItem, dialect: Dialect) -> None:
    """Give the mapped share of the points, or all of them for the exact key."""
    processing = dialect.add(root, "responseProcessing")
    if item.weights:
        assign = dialect.add(processing, "setOutcomeValue", identifier="SCORE")
        product = dialect.add(assign, "product")
        dialect.add(product, "mapResponse", identifier="RESPONSE")
        dialect.add(product, "baseValue", baseType="float").text = _points(item)
        return
    condition = dialect.add(dialect.add(processing, "responseCondition"), "responseIf")
    match = dialect.add(condition, "match")
    dialect.add(match, "variable", identifier="RESPONSE")
    dialect.add(match, "correct", identifier="RESPONSE")
    assign = dialect.add(condition, "setOutcomeValue", identifier="SCORE")
    dialect.add(assign, "baseValue", baseType="float").text = _points(item)


def _points(item: ReadItem) -> str:
    return "1" if item.points is None else f"{item.points:f}"
