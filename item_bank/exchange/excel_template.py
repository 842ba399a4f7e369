"""The empty workbook authors fill in: a sheet for items, and one that says how."""

import io
from collections.abc import Sequence

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from item_bank.exchange.excel_writing import FEWEST_OPTIONS, LAST_COLUMNS, WRITTEN_AT
from item_bank.exchange.records import TYPE_NAMES
from item_bank.exchange.table_headers import INSTRUCTIONS
from item_bank.rules.item import DIFFICULTIES

LAST_ROW = 5_001  # rows with lists of choices
LETTERS = "ABCDEFGHIJKLMNOPQ"
HEADER = ("题号", "题型", "题干", *(f"选项{x}" for x in LETTERS[:FEWEST_OPTIONS]), *LAST_COLUMNS)
WIDTHS = {"题干": 60, "解析": 40, "来源": 24, "鉴定点编号": 14}
HELP: Sequence[tuple[str, str]] = (
    ("题号", "可不填。填写本项目的空闲编号（如 60-0123）时保留，其余由系统接着编号。"),
    ("题型", "单选、多选或判断。"),
    ("题干", "选择题有且只有一个空格“（ ）”，以句号结尾；判断题不写空格。公式写作 \\(x^{2}\\)。"),
    ("选项A–F", "单选为 4 个，多选为 4 至 6 个，从 A 起依次填写，中间不留空；判断题不填。"),
    (
        "答案",
        "单选写一个字母，多选写两个以上字母（如 ACD），判断写 √ 或 ×。不填则导入为缺答案的草稿。",
    ),
    ("分值", "可不填；组卷时按组卷方案计分。"),
    ("难度", "1（易）至 5（难）。不填则按导入时选择的等级。"),
    ("鉴定点编号", "见右侧列表。不填则按导入时选择的鉴定点。"),
    ("固定选项", "可不填；不得打乱次序的选项，如 D。"),
    ("选项得分", "可不填；如 A=0.5；B=0.5。"),
    ("解析", "送审前必须补齐。"),
    ("来源", "教材、标准或规程的名称和条款。"),
)


def excel_template(points: Sequence[tuple[str, str]]) -> bytes:
    """Return the workbook; ``points`` are the codes and names of the project's points."""
    book = Workbook()
    book.properties.created = book.properties.modified = WRITTEN_AT
    sheet = book.active
    assert isinstance(sheet, Worksheet)
    sheet.title = "试题"
    _head(sheet, HEADER)
    sheet.freeze_panes = "A2"
    for column, name in enumerate(HEADER):
        sheet.column_dimensions[LETTERS[column]].width = WIDTHS.get(name, 12)
    _offer(sheet, "题型", f'"{",".join(TYPE_NAMES.values())}"')
    _offer(sheet, "难度", f'"{",".join(map(str, DIFFICULTIES))}"')
    if points:
        _offer(sheet, "鉴定点编号", f"'{INSTRUCTIONS}'!$D$2:$D${len(points) + 1}")
    _write_help(book.create_sheet(INSTRUCTIONS), points)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _head(sheet: Worksheet, names: Sequence[str]) -> None:
    sheet.append(list(names))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.fill = PatternFill("solid", fgColor="DCE6F1")
        cell.alignment = Alignment(horizontal="center")


def _offer(sheet: Worksheet, name: str, choices: str) -> None:
    """Offer a list of choices in a column; other values stay possible and are judged later."""
    letter = LETTERS[HEADER.index(name)]
    listed = DataValidation(type="list", formula1=choices, allow_blank=True)
    listed.showErrorMessage = False
    sheet.add_data_validation(listed)
    listed.add(f"{letter}2:{letter}{LAST_ROW}")


def _write_help(sheet: Worksheet, points: Sequence[tuple[str, str]]) -> None:
    _head(sheet, ("列", "填写说明", "", "鉴定点编号", "鉴定点"))
    for row in range(max(len(HELP), len(points))):
        told = HELP[row] if row < len(HELP) else ("", "")
        code, name = points[row] if row < len(points) else ("", "")
        sheet.append([*told, None, code or None, name or None])
        sheet.cell(row + 2, 2).alignment = Alignment(wrap_text=True, vertical="top")
    for letter, width in zip("ABCDE", (14, 70, 4, 14, 44), strict=True):
        sheet.column_dimensions[letter].width = width
