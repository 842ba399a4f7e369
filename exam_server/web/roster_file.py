"""A roster in Excel: the template, reading a file, and trying every row before anything is kept."""

import io
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import datetime
from zipfile import BadZipFile

from openpyxl import Workbook, load_workbook
from openpyxl.styles import Font
from openpyxl.utils.exceptions import InvalidFileException
from openpyxl.worksheet.datavalidation import DataValidation
from sqlalchemy.orm import Session

from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from registry.access import Actor
from registry.database import keys_of
from registry.enrolment.actions import enrol_candidate
from registry.enrolment.applications import NewCandidate
from registry.enrolment.models import Enrolment
from registry.enrolment.rules.person import CandidateSource, Education
from registry.errors import AssessmentError, InvalidInputError

COLUMNS = ("姓名", "公民身份号码", "手机号码", "文化程度", "考生来源")
LONGEST_ROSTER = 1_000  # rows; larger batches are split over plans
LAST_ROW_READ = 20_000  # candidates may stand anywhere above it, with empty rows between


@dataclass(frozen=True)
class TypedRow:
    """One row of the file as it was typed."""

    number: int
    name: str
    id_number: str
    phone: str
    education: str
    source: str


@dataclass(frozen=True)
class CheckedRow:
    """A row with what is wrong with it, or the warning it would carry."""

    typed: TypedRow
    column: str = ""
    reason: str = ""
    warning: str = ""


@dataclass(frozen=True)
class Preview:
    """Every row of a file, checked."""

    rows: tuple[CheckedRow, ...]

    @property
    def bad_count(self) -> int:
        """Return how many rows have an error."""
        return sum(bool(row.reason) for row in self.rows)

    @property
    def good_count(self) -> int:
        """Return how many rows could be taken."""
        return len(self.rows) - self.bad_count


def template_file() -> bytes:
    """Return an empty roster with its header and lists of choices."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "花名册"
    sheet.append(COLUMNS)
    for letter, width in zip("ABCDE", (14, 24, 16, 16, 16), strict=True):
        sheet[f"{letter}1"].font = Font(bold=True)
        sheet.column_dimensions[letter].width = width
    for letter, choices in (("D", Education), ("E", CandidateSource)):
        listed = DataValidation(type="list", formula1=f'"{",".join(choices)}"', allow_blank=False)
        sheet.add_data_validation(listed)
        listed.add(f"{letter}2:{letter}{LONGEST_ROSTER + 1}")
    for row in range(2, LONGEST_ROSTER + 2):
        sheet.cell(row, 2).number_format = "@"  # as text: Excel rounds long numbers
        sheet.cell(row, 3).number_format = "@"
    return saved(book)


def saved(book: Workbook) -> bytes:
    """Return the bytes of a workbook."""
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def read_roster(content: bytes) -> list[TypedRow]:
    """Read the rows of a file; raise ``InvalidInputError`` when it is no roster."""
    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
    except (BadZipFile, InvalidFileException, KeyError, ValueError, OSError):
        raise _unreadable("不是有效的 xlsx 文件，请用模板填写后重新上传。") from None
    sheet = book.worksheets[0]
    rows = sheet.iter_rows(values_only=True, max_row=LAST_ROW_READ, max_col=20)
    header = [_text(value) for value in next(iter(rows), ())]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise _unreadable(f"缺少列：{'、'.join(missing)}。请用模板填写后重新上传。")
    places = [header.index(column) for column in COLUMNS]
    found = list(_typed_rows(rows, places))
    if not found:
        raise _unreadable("没有考生，请从第 2 行起填写。")
    if len(found) > LONGEST_ROSTER:
        raise _unreadable(f"超过 {LONGEST_ROSTER} 人，请分成几个文件。")
    return found


def _typed_rows(rows: Iterable[tuple[object, ...]], places: list[int]) -> Iterable[TypedRow]:
    for number, row in enumerate(rows, start=2):
        values = [_text(row[place]) if place < len(row) else "" for place in places]
        if any(values):
            yield TypedRow(number, *values)


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return "" if value is None else str(value).strip()


def _unreadable(reason: str) -> InvalidInputError:
    return InvalidInputError(field="名单文件", reason=reason)


def enrol_rows(
    db: Session, plan_id: int, rows: Iterable[TypedRow], *, actor: Actor, now: datetime
) -> Preview:
    """Enrol every row that is right; the caller keeps or drops the whole transaction."""
    checked = []
    for row in rows:
        try:
            with db.begin_nested():
                enrolment = _enrol(db, plan_id, row, actor=actor, now=now)
                checked.append(CheckedRow(row, warning=enrolment.warnings))
        except AssessmentError as error:
            column, reason = (_(str(error.details.get(key, ""))) for key in ("field", "reason"))
            reason = reason or refusal_text(error)
            checked.append(CheckedRow(row, column, reason))
    return Preview(tuple(checked))


def _enrol(db: Session, plan_id: int, row: TypedRow, *, actor: Actor, now: datetime) -> Enrolment:
    new = NewCandidate(
        name=row.name,
        id_number=row.id_number,
        education=row.education,
        candidate_source=row.source,
        phone=row.phone or None,
        confirmed_at=now,
    )
    return enrol_candidate(db, plan_id, new, actor=actor, now=now)


def seal_rows(db: Session, rows: Iterable[TypedRow], *, purpose: str) -> str:
    """Return the rows as a sealed text that a form may carry to the confirmation."""
    text = json.dumps([asdict(row) for row in rows], ensure_ascii=False)
    return keys_of(db).seal(text, purpose=purpose).hex()


def open_rows(db: Session, sealed: str, *, purpose: str) -> list[TypedRow]:
    """Return the rows of a sealed text; raises ``InvalidTag`` or ``ValueError`` if altered."""
    text = keys_of(db).reveal(bytes.fromhex(sealed), purpose=purpose)
    return [TypedRow(**row) for row in json.loads(text)]
