"""Writes items in the formats of other systems, with all that each has a place for."""

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum

from item_bank.exchange.excel_writing import write_excel
from item_bank.exchange.gift_writing import write_gift
from item_bank.exchange.jsonl_writing import write_jsonl
from item_bank.exchange.moodle_writing import write_moodle
from item_bank.exchange.qti_writing import write_qti3, write_qti21
from item_bank.exchange.records import ReadItem


class ExportFormat(StrEnum):
    """The formats items are written in."""

    QTI3 = "qti3"
    QTI21 = "qti21"
    MOODLE = "moodle"
    GIFT = "gift"
    EXCEL = "excel"
    JSONL = "jsonl"


PACKING = frozenset([ExportFormat.QTI3, ExportFormat.QTI21, ExportFormat.MOODLE])  # with figures
WRITERS: Mapping[ExportFormat, Callable[[Sequence[ReadItem]], bytes]] = {
    ExportFormat.QTI3: write_qti3,
    ExportFormat.QTI21: write_qti21,
    ExportFormat.MOODLE: write_moodle,
    ExportFormat.GIFT: write_gift,
    ExportFormat.EXCEL: write_excel,
    ExportFormat.JSONL: write_jsonl,
}


def written(items: Sequence[ReadItem], target: ExportFormat) -> bytes:
    """Return the file of these items in their order."""
    return WRITERS[target](items)
