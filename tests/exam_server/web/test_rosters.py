"""Entry, import, audit and feedback of a roster through its pages."""

import io
from datetime import date

import pytest
from openpyxl import Workbook, load_workbook
from sqlalchemy import func, select

from exam_server.web.roster_file import COLUMNS
from registry.audit_log import AuditEntry
from registry.enrolment.models import Candidate, Enrolment
from tests.exam_server.web.office_site import Site, Visitor
from tests.support.factories import id_number

GOOD = {
    "name": "考生示范",
    "id_number": id_number(700),
    "phone": "13800138000",
    "education": "高中",
    "candidate_source": "社会",
    "confirmed": "1",
}


def counts(site: Site) -> tuple[int, ...]:
    with site.database.reading() as db:
        tables = (Enrolment, Candidate, AuditEntry)
        return tuple(db.scalar(select(func.count()).select_from(table)) or 0 for table in tables)


def workbook(
    *rows: tuple[object, ...], header: tuple[str, ...] = COLUMNS
) -> tuple[io.BytesIO, str]:
    book = Workbook()
    assert book.active is not None
    for row in (header, *rows):
        book.active.append(row)
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    return content, "roster.xlsx"


def upload(site: Site, *rows: tuple[object, ...], **more: object) -> Visitor:
    visitor = site.signed_in("institution_officer")
    address = f"/plans/{site.known.open_plan}/roster/import"
    visitor.get(address)
    visitor.response = visitor.post(address, file=workbook(*rows, **more))  # type: ignore[attr-defined,arg-type]
    return visitor


def test_entered_candidate_stands_on_the_roster_with_a_masked_number(site: Site) -> None:
    visitor = site.signed_in("institution_officer")
    address = f"/plans/{site.known.open_plan}/roster"
    visitor.get(f"{address}/new")
    page = visitor.follow(visitor.post(address, **GOOD))
    assert "考生示范" in page
    assert GOOD["id_number"] not in page
    assert f"{GOOD['id_number'][:6]}********{GOOD['id_number'][-4:]}" in page


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("id_number", GOOD["id_number"][:-1] + "0", "校验"),
        ("id_number", id_number(1, born_on=date(2015, 1, 1)), "16"),
        ("name", "", "不能为空"),
        ("name", "考生9", "数字"),
        ("phone", "12345", "11位"),
        ("education", "博士后", "文化程度"),
        ("confirmed", "", "自愿"),
    ],
)
def test_wrong_field_is_named_and_nothing_is_written(
    site: Site, field: str, value: str, words: str
) -> None:
    before = counts(site)
    visitor = site.signed_in("institution_officer")
    address = f"/plans/{site.known.open_plan}/roster"
    visitor.get(f"{address}/new")
    before = counts(site)
    response = visitor.post(address, **{**GOOD, field: value})
    assert response.status_code == 400
    assert words in visitor.page
    assert 'role="alert"' in visitor.page
    if field != "confirmed":
        assert f'id="f-{field}-error"' in visitor.page
    assert counts(site) == before


def test_preview_shows_every_fault_and_writes_nothing(site: Site) -> None:
    before = counts(site)
    visitor = upload(
        site,
        ("考生示范", GOOD["id_number"], "13800138000", "高中", "社会"),
        ("考生示例", GOOD["id_number"], "", "高中", "社会"),
        ("考生错号", "320505199003079990", "", "高中", "社会"),
        ("考生错项", id_number(701), "", "博士后", "社会"),
    )
    assert visitor.page.count("grid__wrong") == 3
    assert "有错 3 行" in visitor.page
    assert "确认导入" not in visitor.page
    assert counts(site)[:2] == before[:2]


def test_confirmed_import_enters_everybody(site: Site) -> None:
    visitor = upload(
        site,
        ("考生示范", GOOD["id_number"], 13800138000, "高中", "社会"),
        ("考生示例", id_number(701, male=False), None, "高中", "社会"),
    )
    rows = visitor.page.split('name="rows" value="')[1].split('"')[0]
    address = f"/plans/{site.known.open_plan}/roster/take"
    page = visitor.follow(visitor.post(address, rows=rows, confirmed="1"))
    assert "已导入 2 人" in page
    assert "考生示例" in page


def test_preview_altered_on_the_way_is_refused(site: Site) -> None:
    visitor = upload(site, ("考生示范", GOOD["id_number"], "", "高中", "社会"))
    rows = visitor.page.split('name="rows" value="')[1].split('"')[0]
    altered = rows[:-1] + ("0" if rows[-1] != "0" else "1")
    address = f"/plans/{site.known.open_plan}/roster/take"
    before = counts(site)
    assert visitor.post(address, rows=altered, confirmed="1").status_code == 400
    assert counts(site) == before


@pytest.mark.parametrize("header", [("姓名", "手机号码"), ("a", "b")])
def test_file_without_the_columns_is_refused(site: Site, header: tuple[str, ...]) -> None:
    visitor = upload(site, ("x", "y"), header=header)
    assert visitor.response.status_code == 400  # type: ignore[attr-defined]
    assert "缺少列" in visitor.page


def test_file_that_is_no_workbook_is_refused(site: Site) -> None:
    visitor = site.signed_in("institution_officer")
    address = f"/plans/{site.known.open_plan}/roster/import"
    visitor.get(address)
    response = visitor.post(address, file=(io.BytesIO(b"no workbook"), "x.xlsx"))
    assert response.status_code == 400
    assert "不是有效的 xlsx 文件" in visitor.page


def test_candidates_below_a_thousand_empty_rows_are_not_lost(site: Site) -> None:
    empty = [()] * 1_000
    visitor = upload(
        site,
        *empty,
        ("考生示范", GOOD["id_number"], None, "高中", "社会"),
        ("考生示例", id_number(701, male=False), None, "高中", "社会"),
    )
    assert "可导入 2 人" in visitor.page


def test_template_can_be_filled_in_and_read_back(site: Site) -> None:
    visitor = site.signed_in("institution_officer")
    content = visitor.get(f"/plans/{site.known.open_plan}/roster/template").data
    header = next(load_workbook(io.BytesIO(content)).worksheets[0].iter_rows(values_only=True))
    assert header[:5] == COLUMNS


def test_institution_sees_no_decision_before_the_release(site: Site) -> None:
    auditor, institution = site.signed_in("city_officer"), site.signed_in("institution_officer")
    roster = f"/plans/{site.known.roster_plan}/roster"
    auditor.get(roster)
    address = f"/enrolments/{site.known.enrolment}/refuse"
    auditor.follow(auditor.post(address, reason="照片不清"))
    institution.get(roster)
    assert "照片不清" not in institution.page
    auditor.get(roster)
    auditor.follow(auditor.post(f"{roster}/pass", confirmed="1"))
    auditor.follow(auditor.post(f"{roster}/release", confirmed="1"))
    institution.get(roster)
    assert "照片不清" in institution.page


def test_feedback_waits_for_the_last_decision(site: Site) -> None:
    auditor = site.signed_in("city_officer")
    roster = f"/plans/{site.known.roster_plan}/roster"
    auditor.get(roster)
    response = auditor.post(f"{roster}/release", confirmed="1")
    assert response.status_code == 400
    assert "未审核" in auditor.page


def test_full_id_number_is_shown_once_with_its_reason_in_the_log(site: Site) -> None:
    auditor = site.signed_in("city_officer")
    address = f"/enrolments/{site.known.enrolment}"
    auditor.get(address)
    page = auditor.follow(auditor.post(f"{address}/id-number", reason="核对原件"))
    assert id_number(200) in page or "完整证件号码" in page
    auditor.get(address)
    assert "完整证件号码：" not in auditor.page
    with site.database.reading() as db:
        last = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert last is not None
        assert last.action == "reveal_id_number"
        assert "核对原件" in last.detail
