"""Reads QTI files: a single item, or a package with its manifest. Nothing is unpacked to disk."""

import posixpath
import zipfile
from collections.abc import Iterator
from functools import partial
from urllib.parse import unquote

from lxml import etree

from item_bank.exchange.item_draft import ItemDraft
from item_bank.exchange.limits import MAX_ITEMS, entry_bytes, opened_archive
from item_bank.exchange.qti_item_reading import ITEM, read_qti_item
from item_bank.exchange.qti_names import QTI, camel_case, normalise
from item_bank.exchange.records import (
    Message,
    ReadFile,
    ReadItem,
    UnreadableFileError,
    error,
    warning,
)
from item_bank.exchange.xml_tree import inner_text, local_name, xml_root

MANIFEST = "imsmanifest.xml"
TEST = "assessmentTest"
OLD_QTI = "questestinterop"  # QTI 1.x
DOCUMENTS = (".xml", ".qti")
NO_ITEMS = {
    "manifest": "是内容包的清单，没有试题；请导入整个压缩包。",
    "assessmentSection": "是测试卷的一部分，没有试题；请导入整个压缩包。",
    "assessmentStimulus": "是试题共用的材料，没有试题；请导入整个压缩包。",
    "assessmentResult": "是考试结果，没有试题。",
}
SHOWN_SECTIONS = 20


def read_qti(content: bytes) -> ReadFile:
    """Read one item or a package, told by the content."""
    if content.startswith(b"PK"):
        with opened_archive(content) as archive:
            return _Package(archive).read()
    return _read_document(xml_root(content))


def _read_document(root: etree._Element) -> ReadFile:
    name = _qti_name(root)
    if name == OLD_QTI:
        return ReadFile(tuple(_old_items(root)))
    if name == ITEM:
        return ReadFile((read_qti_item(root, f"第 {root.sourceline} 行"),))
    if name == TEST:
        raise UnreadableFileError(
            f"{described_test(root)}；没有试题，请导入整个压缩包。", "第 1 行"
        )
    reason = NO_ITEMS.get(name, "不是 QTI 试题。")
    raise UnreadableFileError(f"根元素是 {local_name(root)}，{reason}", "第 1 行")


def _old_items(root: etree._Element, entry: str = "") -> Iterator[ReadItem]:
    """Name every item of QTI 1.x, which is not read."""
    for item in root.iter("{*}item"):
        draft = ItemDraft(f"{entry} 第 {item.sourceline} 行".strip())
        draft.identifier = item.get("ident", "")
        draft.original = etree.tostring(item, encoding="unicode", with_tail=False)
        text = next(item.iter("{*}mattext"), None)
        draft.stem = "" if text is None else inner_text(text)
        yield draft.unsupported("QTI 1.x（questestinterop）；请从原系统导出为 QTI 2.1 或 3.0")


def _qti_name(root: etree._Element) -> str:
    name = local_name(root)
    return camel_case(name) if name.startswith(QTI) else name


class _Package:
    """A package while it is read; one faulty entry harms no other."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.archive = archive
        self.names = [n for n in archive.namelist() if not _is_litter(n) and not n.endswith("/")]
        self.known = frozenset(self.names)
        self.messages: list[Message] = []

    def read(self) -> ReadFile:
        """Read what the manifest lists, then items it forgot."""
        documents = [name for name in self.names if name.lower().endswith(DOCUMENTS)]
        manifests = [n for n in documents if posixpath.basename(n).lower() == MANIFEST]
        listed = [] if manifests else documents
        if not manifests:
            self.messages.append(warning(MANIFEST, "压缩包没有清单，逐个读取其中的 XML 文件。"))
        for manifest in manifests:
            listed += self._listed(manifest)
        items = list(self._items(listed))
        seen = {*listed, *manifests}
        forgotten = [name for name in documents if name not in seen]
        for item in self._items(forgotten):
            self.messages.append(warning(item.place, "清单没有列出这道题，仍予读取。"))
            items.append(item)
        if not items:
            self.messages.append(error("压缩包", "没有 QTI 试题。"))
        return ReadFile(tuple(items), tuple(self.messages))

    def _listed(self, manifest: str) -> list[str]:
        try:
            root = xml_root(entry_bytes(self.archive, manifest))
        except UnreadableFileError as fault:
            self.messages.append(error(f"{manifest} {fault.place}", fault.reason))
            return []
        folder = posixpath.dirname(manifest)
        found: dict[str, None] = {}
        for resource in root.iter("{*}resource"):
            href = resource.get("href", "")
            if not _is_document(resource.get("type", ""), href):
                continue
            name = self._entry_named(posixpath.normpath(posixpath.join(folder, href)))
            if name is None:
                place = f"{manifest} 第 {resource.sourceline} 行"
                self.messages.append(error(place, f"清单所列文件“{href}”不在压缩包中。"))
            else:
                found[name] = None
        return list(found)

    def _entry_named(self, path: str) -> str | None:
        return next((name for name in (path, unquote(path)) if name in self.known), None)

    def _items(self, names: list[str]) -> Iterator[ReadItem]:
        for name in names[:MAX_ITEMS]:
            try:
                root = xml_root(entry_bytes(self.archive, name))
            except UnreadableFileError as fault:
                place = name if fault.place in ("文件", name) else f"{name} {fault.place}"
                yield ItemDraft(place).broken(fault.reason)
                continue
            kind = _qti_name(root)
            if kind == ITEM:
                place = f"{name} 第 {root.sourceline} 行"
                yield read_qti_item(root, place, partial(self._media, name))
            elif kind == OLD_QTI:
                yield from _old_items(root, name)
            elif kind == TEST:
                told = f"{described_test(root)}；组织方式没有导入，只读取试题。"
                self.messages.append(warning(name, told))

    def _media(self, item: str, source: str) -> bytes | None:
        """Return a picture of the package by the address an item gives."""
        folder = posixpath.dirname(item)
        name = self._entry_named(posixpath.normpath(posixpath.join(folder, source)))
        try:
            return None if name is None else entry_bytes(self.archive, name)
        except UnreadableFileError:
            return None  # a damaged picture harms no text


def described_test(root: etree._Element) -> str:
    """Name a test with its sections, how many items each has and chooses."""
    normalise(root)
    sections = []
    for section in root.iter("assessmentSection"):
        count = sum(1 for _ in section.iterchildren("assessmentItemRef"))
        selection = section.find("selection")
        chosen = "" if selection is None else f"，选 {selection.get('select', '')[:6]} 题"
        name = section.get("title") or section.get("identifier") or ""
        sections.append(f"“{name[:40]}”（{count} 题{chosen}）")
    title = root.get("title") or root.get("identifier") or ""
    shown = "、".join(sections[:SHOWN_SECTIONS]) or "无"
    more = "等" if len(sections) > SHOWN_SECTIONS else ""
    return f"测试卷“{title[:60]}”，部分：{shown}{more}"


def _is_document(kind: str, href: str) -> bool:
    """Tell items and tests from pictures and style sheets of a manifest."""
    if kind:
        return any(word in kind for word in ("item", "test", "imsqti_xmlv1"))
    return href.lower().endswith(".xml")


def _is_litter(name: str) -> bool:
    return name.startswith("__MACOSX/") or posixpath.basename(name).startswith("._")
