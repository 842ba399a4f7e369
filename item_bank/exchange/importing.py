"""Reads files of any format for a trial: what would be taken over, and every fault at its place.

Each file is read by itself; one that is refused never harms another. Nothing is stored.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from item_bank.exchange.aiken_reading import read_aiken
from item_bank.exchange.csv_reading import read_csv
from item_bank.exchange.excel_reading import read_excel
from item_bank.exchange.gift_reading import read_gift
from item_bank.exchange.jsonl_reading import read_jsonl
from item_bank.exchange.limits import (
    MAX_ITEMS,
    MAX_UPLOAD_BYTES,
    MAX_UPLOAD_FILES,
    MEGABYTE,
    check_size,
)
from item_bank.exchange.moodle_reading import read_moodle
from item_bank.exchange.qti_reading import read_qti
from item_bank.exchange.records import (
    ItemType,
    Message,
    ReadFile,
    ReadItem,
    Severity,
    Status,
    UnreadableFileError,
    error,
)
from item_bank.exchange.sniffing import Format, format_of
from item_bank.exchange.text_bank import read_text
from item_bank.exchange.word_reading import read_word

READERS: Mapping[Format, Callable[[bytes], ReadFile]] = {
    Format.JSONL: read_jsonl,
    Format.CSV: read_csv,
    Format.EXCEL: read_excel,
    Format.GIFT: read_gift,
    Format.AIKEN: read_aiken,
    Format.MOODLE: read_moodle,
    Format.QTI: read_qti,
    Format.WORD: read_word,
    Format.TEXT: read_text,
}


@dataclass(frozen=True)
class FileReport:
    """What became of one file; ``format`` is None when it could not be told."""

    file: str
    format: Format | None
    messages: tuple[Message, ...]
    items: tuple[ReadItem, ...]

    @property
    def status(self) -> Status:
        """Return error when nothing could be read, warning when anything needs a look."""
        refused = any(m.severity is Severity.ERROR for m in self.messages)
        if refused and not self.items:
            return Status.ERROR
        if self.items and all(item.status is Status.ERROR for item in self.items):
            return Status.ERROR
        is_clean = all(m.severity is Severity.NOTE for m in self.messages)
        is_clean &= all(item.status is Status.ACCEPTED for item in self.items)
        return Status.ACCEPTED if is_clean else Status.WARNING

    @property
    def counts(self) -> dict[str, int]:
        """Count the items by status, and by type among those without error."""
        by_status = Counter(item.status.value for item in self.items)
        kinds = Counter(item.type.value for item in self.items)
        return {
            "items": len(self.items),
            **{status.value: by_status[status.value] for status in Status},
            **{kind.value: kinds[kind.value] for kind in ItemType},
        }


def read_file(name: str, content: bytes, chosen: Format | None = None) -> FileReport:
    """Read one file; ``chosen`` None means that its content tells the format."""
    found = chosen
    try:
        check_size(content)
        found = chosen or format_of(content)
        read = READERS[found](content)
        if len(read.items) > MAX_ITEMS:
            raise UnreadableFileError(f"试题超过 {MAX_ITEMS} 道。")
    except UnreadableFileError as fault:
        return FileReport(name, found, (error(fault.place, fault.reason),), ())
    messages = read.messages
    if not read.items and all(m.severity is not Severity.ERROR for m in messages):
        messages = (*messages, error("文件", "没有试题。"))
    return FileReport(name, found, messages, read.items)


def read_upload(
    files: Sequence[tuple[str, bytes]], chosen: Format | None = None
) -> list[FileReport]:
    """Read the files (name, content) that were sent together; those beyond the limits are refused.

    Nothing is kept of a file but what its report says.
    """
    reports = []
    total = 0
    for number, (name, content) in enumerate(files, start=1):
        total += len(content)
        if number > MAX_UPLOAD_FILES:
            told = error("文件", f"一次最多导入 {MAX_UPLOAD_FILES} 个文件。")
            reports.append(FileReport(name, None, (told,), ()))
        elif total > MAX_UPLOAD_BYTES:
            told = error("文件", f"一次导入的文件合计不超过 {MAX_UPLOAD_BYTES // MEGABYTE} MB。")
            reports.append(FileReport(name, None, (told,), ()))
        else:
            reports.append(read_file(name, content, chosen))
    return reports


def marked_repeats(reports: Sequence[FileReport]) -> list[FileReport]:
    """Name items that stand twice; a warning within one file or when their keys differ."""
    seen: dict[object, tuple[str, ReadItem]] = {}
    marked = []
    for report in reports:
        items = tuple(_marked(report.file, item, seen) for item in report.items)
        marked.append(replace(report, items=items))
    return marked


def _marked(file: str, item: ReadItem, seen: dict[object, tuple[str, ReadItem]]) -> ReadItem:
    if item.status is Status.ERROR:
        return item
    content = (item.stem, frozenset(option.text for option in item.options))
    if content not in seen:
        seen[content] = (file, item)
        return item
    where, first = seen[content]
    is_equal = _key_texts(first) == _key_texts(item)
    told = "内容相同" if is_equal else "题干和选项相同而答案不同"
    severity = Severity.NOTE if is_equal and where != file else Severity.WARNING
    repeat = Message(item.place, f"与 {where} {first.place} {told}。", severity)
    return replace(item, messages=(*item.messages, repeat))


def _key_texts(item: ReadItem) -> frozenset[str]:
    return frozenset(option.text for option in item.options if option.id in (item.key or ()))


def taken_over(items: Iterable[ReadItem]) -> list[ReadItem]:
    """Return the items without an error."""
    return [item for item in items if item.status is not Status.ERROR]
