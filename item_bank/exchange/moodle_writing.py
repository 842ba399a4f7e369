"""Writes Moodle XML: multichoice and truefalse, what Moodle has no place for as tags."""

import base64
from collections.abc import Sequence
from decimal import Decimal

from lxml import etree

from item_bank.exchange.carried_pictures import packed_name
from item_bank.exchange.html_text import html_of_figure, html_of_text
from item_bank.exchange.item_tags import tags_of
from item_bank.exchange.records import ItemType, ReadItem
from item_bank.exchange.weights import shares_of
from item_bank.exchange.xml_tree import without_controls
from item_bank.rules.kinds import RIGHT, WRONG

PLUGIN_FILE = "@@PLUGINFILE@@"
NAME_LENGTH = 60  # characters of the stem that name a question without an identifier
VERDICTS = {RIGHT: "true", WRONG: "false"}


def write_moodle(items: Sequence[ReadItem]) -> bytes:
    """Return one quiz file."""
    root = etree.Element("quiz")
    for item in items:
        _add_question(root, item)
    return etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)


def _add_question(root: etree._Element, item: ReadItem) -> None:
    is_judgement = item.type is ItemType.JUDGE
    question = etree.SubElement(
        root, "question", type="truefalse" if is_judgement else "multichoice"
    )
    _add_text(question, "name", item.identifier or item.stem[:NAME_LENGTH])
    _add_stem(question, item)
    _add_html(question, "generalfeedback", item.rationale)
    if item.points is not None:
        _add(question, "defaultgrade", f"{item.points:f}")
    _add(question, "hidden", "0")
    _add(question, "idnumber", item.identifier)
    is_fixed = bool(item.locked) and len(item.locked) == len(item.options)
    if is_judgement:
        for name, word in VERDICTS.items():
            _add_answer(question, word, Decimal(name in (item.key or ())), is_html=False)
    else:
        _add(question, "single", "true" if item.type is ItemType.SINGLE else "false")
        _add(question, "shuffleanswers", "false" if is_fixed else "true")
        _add(question, "answernumbering", "ABCD")
        shares = shares_of(item)
        for option in item.options:
            _add_answer(question, option.text, shares.get(option.id, Decimal(0)), is_html=True)
    tags = etree.SubElement(question, "tags")
    for tag in tags_of(item, with_locked=not is_fixed):
        _add_text(tags, "tag", tag)


def _add(parent: etree._Element, name: str, text: str) -> etree._Element:
    element = etree.SubElement(parent, name)
    element.text = without_controls(text)
    return element


def _add_text(parent: etree._Element, name: str, text: str) -> None:
    _add(etree.SubElement(parent, name), "text", text)


def _add_html(parent: etree._Element, name: str, text: str) -> None:
    holder = etree.SubElement(parent, name, format="html")
    _add(holder, "text", html_of_text(text))


def _add_stem(question: etree._Element, item: ReadItem) -> None:
    """Add the text of the question; a figure stands in it as a file written as base64."""
    figure = item.figure
    if figure is None or not figure.content:
        _add_html(question, "questiontext", item.stem)
        return
    name = packed_name(figure)
    source = f"{PLUGIN_FILE}/{name}"
    shown = html_of_figure(source, figure.description, figure.caption)
    holder = etree.SubElement(question, "questiontext", format="html")
    _add(holder, "text", f"<p>{html_of_text(item.stem)}</p>{shown}")
    file = etree.SubElement(holder, "file", name=name, path="/", encoding="base64")
    file.text = base64.b64encode(figure.content).decode("ascii")


def _add_answer(parent: etree._Element, text: str, share: Decimal, *, is_html: bool) -> None:
    fraction = f"{(share * 100).normalize():f}"
    form = "html" if is_html else "moodle_auto_format"
    answer = etree.SubElement(parent, "answer", fraction=fraction, format=form)
    _add(answer, "text", html_of_text(text) if is_html else text)
