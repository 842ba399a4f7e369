"""The findings of a trial as a workbook, for the person who mends the files."""

import io
import re
from collections.abc import Iterator, Sequence

import openpyxl

from item_bank.exchange.excel_writing import WRITTEN_AT, text_cell
from item_bank.exchange.import_trial import Finding, Trial
from item_bank.exchange.records import Severity

HEADER = ("文件", "位置", "单元格", "题号", "题干", "程度", "说明")
WIDTHS = (28, 34, 10, 14, 60, 10, 70)
GRADES = {Severity.ERROR: "有错", Severity.WARNING: "请核对", Severity.NOTE: "说明"}
CELL = re.compile(r"（([A-Z]{1,3}\d+)）$")


def write_fault_list(trial: Trial) -> bytes:
    """Return one row for every error and every doubt, in the order of the files."""
    book = openpyxl.Workbook(write_only=True)
    book.properties.created = book.properties.modified = WRITTEN_AT
    sheet = book.create_sheet("检查结果")
    for letter, width in zip("ABCDEFG", WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width
    sheet.freeze_panes = "A2"
    for row in (HEADER, *_rows(trial)):
        sheet.append([text_cell(sheet, value) for value in row])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _rows(trial: Trial) -> Iterator[Sequence[str]]:
    for file in trial.files:
        for finding in _grave(file.findings):
            yield _row(file.name, finding, "", "")
    for row in trial.rows:
        for finding in _grave(row.findings):
            yield _row(row.file, finding, row.identifier, row.stem)


def _grave(findings: Sequence[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is not Severity.NOTE]


def _row(file: str, finding: Finding, identifier: str, stem: str) -> Sequence[str]:
    cell = CELL.search(finding.place)
    place = finding.place[: cell.start()] if cell else finding.place
    named = cell[1] if cell else ""
    return (file, place, named, identifier, stem, GRADES[finding.severity], finding.text)
