"""Reads XML without entities, without a document type and without the network."""

import re

from lxml import etree

from item_bank.exchange.records import UnreadableFileError
from item_bank.exchange.text_decoding import decoded

DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?encoding\s*=\s*["']([\w.-]{1,20})["']""")
PROLOG = re.compile(r"^\s*<\?xml[^>]*\?>")
CHINESE = frozenset(["gb2312", "gbk", "gb18030"])
FORBIDDEN = re.compile(r"<!(DOCTYPE|ENTITY)", re.I)
CONTROLS = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def xml_root(content: bytes) -> etree._Element:
    """Return the root element; raise ``UnreadableFileError`` with the line of the first fault."""
    text = PROLOG.sub(lambda found: "\n" * found[0].count("\n"), _text(content), count=1)
    if FORBIDDEN.search(_outside_cdata(text)):
        raise UnreadableFileError("含有文档类型或实体声明（DOCTYPE、ENTITY），已拒绝。")
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(text.encode("utf-8", "surrogatepass"), parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        line = getattr(fault, "lineno", None) or 1
        raise UnreadableFileError(f"不是有效的 XML（{fault}）。", f"第 {line} 行") from fault
    if root.getroottree().docinfo.internalDTD is not None:
        raise UnreadableFileError("含有文档类型声明（DOCTYPE），已拒绝。")
    return root


def local_name(element: etree._Element) -> str:
    """Return the name of an element without its namespace."""
    return str(etree.QName(element).localname)


def inner_text(element: etree._Element) -> str:
    """Return all text inside an element, trimmed."""
    return "".join(str(text) for text in element.itertext()).strip()


def without_controls(text: str) -> str:
    """Leave out the signs XML cannot hold."""
    return CONTROLS.sub("", text)


def _outside_cdata(text: str) -> str:
    first, *rest = text.split("<![CDATA[")
    return first + "".join(part.partition("]]>")[2] for part in rest)


def _text(content: bytes) -> str:
    declared = DECLARED.match(content)
    if declared and declared[1].decode().lower() in CHINESE:
        try:
            return content.decode("gb18030")
        except UnicodeDecodeError as fault:
            place = f"第 {fault.start + 1} 字节"
            raise UnreadableFileError("不是所声明的中文编码。", place) from fault
    return decoded(content)
