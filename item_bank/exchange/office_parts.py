"""Opens files of Office (OOXML) safely: no macros, no entities, no way out of the archive."""

import posixpath
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass

from lxml import etree

from item_bank.exchange.limits import entry_bytes
from item_bank.exchange.records import UnreadableFileError
from item_bank.exchange.xml_tree import xml_root

CONTENT_TYPES = "[Content_Types].xml"
MACRO_MARKS = (b"macroEnabled", b"vbaProject")
DECLARATION = re.compile(rb"<!(DOCTYPE|ENTITY)", re.I)
XML_ENDS = (".xml", ".rels")


@dataclass(frozen=True)
class OfficeFile:
    """What a kind of file is called, and what to save it as without macros."""

    name: str
    safe_ending: str


@dataclass(frozen=True)
class Relation:
    """What a part points to; ``target`` is the path of another part unless it lies outside."""

    target: str
    is_outside: bool


def check_parts(archive: zipfile.ZipFile, office: OfficeFile) -> dict[str, bytes]:
    """Return the XML parts by name; macros and entities refuse the file."""
    names = archive.namelist()
    if CONTENT_TYPES not in names:
        raise UnreadableFileError(f"不是 {office.name}。")
    parts = {}
    advice = f"已拒绝；请另存为 {office.safe_ending}。"
    for name in names:
        if posixpath.basename(name).lower() == "vbaproject.bin":
            raise UnreadableFileError(f"{office.name}含有宏，{advice}", name)
        if not name.lower().endswith(XML_ENDS):
            continue
        part = entry_bytes(archive, name)
        if DECLARATION.search(part.replace(b"\0", b"")):
            raise UnreadableFileError("含有实体或文档类型声明，已拒绝。", name)
        if name == CONTENT_TYPES and any(mark in part for mark in MACRO_MARKS):
            raise UnreadableFileError(f"{office.name}带有宏，{advice}", name)
        parts[name] = part
    return parts


def part_root(parts: Mapping[str, bytes], name: str) -> etree._Element | None:
    """Return the tree of a part, None where there is none; faults name the part."""
    content = parts.get(name)
    if content is None:
        return None
    try:
        return xml_root(content)
    except UnreadableFileError as fault:
        place = name if fault.place == "文件" else f"{name} {fault.place}"
        raise UnreadableFileError(fault.reason, place) from fault


def relations_of(parts: Mapping[str, bytes], part: str) -> dict[str, Relation]:
    """Return what a part points to, by the identifiers it uses."""
    folder, name = posixpath.split(part)
    root = part_root(parts, posixpath.join(folder, "_rels", f"{name}.rels"))
    if root is None:
        return {}
    return {
        str(element.get("Id", "")): _relation(element, folder)
        for element in root.iterchildren(etree.Element)
    }


def _relation(element: etree._Element, folder: str) -> Relation:
    target = str(element.get("Target", ""))
    if element.get("TargetMode") == "External":
        return Relation(target, is_outside=True)
    path = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
    return Relation(path, is_outside=False)
