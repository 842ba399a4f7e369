"""A bank manager imports 300 rows: 20 faults located, mended, imported, and never twice."""

import io
from pathlib import Path

import openpyxl
import pytest
from playwright.sync_api import FilePayload, Page, expect
from sqlalchemy import func, select

from exam_server.web.downloads import EXCEL
from item_bank.models import Item
from item_bank.queries import elements_of
from item_bank.rules.element_table import POINT_LEVEL
from item_bank.rules.kinds import ItemState
from registry.audit_log import AuditEntry
from registry.catalog.queries import project_by_number
from tests.support.browser import Journey, grave_violations, sign_in_staff
from tests.support.faulty_workbook import FAULTS, ROWS, workbook
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
PROJECT = 60
FILE = "三百题.xlsx"


@pytest.fixture
def manager(journey: Journey) -> Page:
    """The bank manager's browser, signed in."""
    page = journey.page()
    sign_in_staff(page, "tiku01", PASSWORD)
    return page


@pytest.fixture
def points(served: Served) -> list[str]:
    """The points of the project that the rows name."""
    with served.database.reading() as db:
        found = elements_of(db, project_by_number(db, PROJECT).id)
        return [element.code for element in found if element.level == POINT_LEVEL]


def excel(content: bytes) -> FilePayload:
    return {"name": FILE, "mimeType": EXCEL, "buffer": content}


def items_of(served: Served) -> int:
    with served.database.reading() as db:
        project_id = project_by_number(db, PROJECT).id
        chosen = select(func.count()).select_from(Item).where(Item.project_id == project_id)
        return db.scalar(chosen) or 0


def open_bank(page: Page) -> None:
    """Walk to the items of the project as people do."""
    page.get_by_role("link", name="题库", exact=True).click()
    page.get_by_label("关键词").fill(str(PROJECT))
    page.get_by_role("button", name="查询").click()
    page.locator("td.grid__id a").first.click()


def send(page: Page, content: bytes) -> None:
    """Choose the file and let it be checked."""
    page.get_by_label("试题文件").set_input_files(excel(content))
    expect(page.locator("[data-files]")).to_contain_text(FILE)
    page.get_by_role("button", name="上传并检查").click()
    expect(page.get_by_role("heading", name="检查结果", level=1)).to_be_visible()


def test_a_manager_imports_300_rows_after_mending_20_faults(
    manager: Page, served: Served, points: list[str]
) -> None:
    page, before = manager, items_of(served)
    open_bank(page)
    page.get_by_role("link", name="导入", exact=True).click()
    expect(page.get_by_role("heading", name="导入试题", level=1)).to_be_visible()
    assert grave_violations(page) == []

    send(page, workbook(points, is_faulty=True))
    expect(page.get_by_role("heading", level=2).first).to_have_text(
        "有 20 处错误，尚未导入任何试题"
    )
    page.get_by_role("link", name="有错 20").click()
    rows = page.locator("tr.grid__wrong")
    expect(rows).to_have_count(len(FAULTS))
    for fault in FAULTS:
        row = rows.filter(has_text=f"（{fault.cell}）")
        expect(row).to_have_count(1)
        expect(row).to_contain_text(f"第 {fault.row} 行")
        expect(row).to_contain_text(fault.words)
    assert grave_violations(page) == []
    with page.expect_download() as download:
        page.get_by_role("link", name="下载问题清单").click()
    sheet = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes())).active
    assert sheet is not None
    cells = {row[2] for row in sheet.iter_rows(min_row=2, values_only=True)}
    assert {fault.cell for fault in FAULTS} <= cells
    assert items_of(served) == before

    page.get_by_role("link", name="重新上传").click()
    send(page, workbook(points, is_faulty=False))
    expect(page.get_by_text("没有错误，尚未导入任何试题")).to_be_visible()
    assert grave_violations(page) == []
    page.get_by_role("button", name=f"确认导入 {ROWS} 题").click()
    expect(page.get_by_role("heading", name=f"已导入 {ROWS} 题")).to_be_visible()
    assert grave_violations(page) == []
    assert items_of(served) == before + ROWS

    page.get_by_role("link", name="继续导入").click()
    send(page, workbook(points, is_faulty=False))
    expect(page.get_by_role("heading", name="这些试题都已在库，无变化")).to_be_visible()
    expect(page.get_by_role("button", name="确认导入")).to_have_count(0)
    assert grave_violations(page) == []
    page.get_by_role("button", name="放弃").click()
    expect(page.get_by_role("status").filter(has_text="题库没有变化")).to_be_visible()
    assert items_of(served) == before + ROWS


def test_files_are_imported_without_scripts_and_submitted_together(
    journey: Journey, served: Served, points: list[str]
) -> None:
    page = journey.page(java_script_enabled=False)
    sign_in_staff(page, "tiku01", PASSWORD)
    open_bank(page)
    page.get_by_role("link", name="导入", exact=True).click()
    page.get_by_label("试题文件").set_input_files(excel(workbook(points, is_faulty=True, seed=4)))
    page.get_by_role("button", name="上传并检查").click()
    page.get_by_label("跳过有错的").check()
    page.get_by_role("button", name="只导入其余").click()
    expect(page.get_by_role("heading", level=2)).to_contain_text("已导入")
    page.locator("summary", has_text="全部送审").click()
    page.get_by_label("我已核对，确认办理").check()
    page.get_by_role("button", name="全部送审").click()
    expect(page.get_by_role("status").filter(has_text="已送审")).to_be_visible()
    with served.database.reading() as db:
        last = db.scalars(select(Item).order_by(Item.id.desc())).first()
        assert last is not None
        assert last.state == ItemState.FIRST_REVIEW


def test_items_are_exported_for_a_reason_that_stands_in_the_log(
    manager: Page, served: Served
) -> None:
    page = manager
    open_bank(page)
    page.get_by_role("link", name="导出", exact=True).click()
    expect(page.get_by_role("note")).to_contain_text("试题在启用前属于秘密")
    assert grave_violations(page) == []
    page.get_by_label("QTI 3.0 试题包").check()
    page.get_by_label("导出事由").fill("移交省题库")
    page.get_by_label("我知悉保密责任").check()
    with page.expect_download() as download:
        page.get_by_role("button", name="导出", exact=True).click()
    assert Path(download.value.path()).read_bytes().startswith(b"PK")
    with served.database.reading() as db:
        chosen = select(AuditEntry.detail).where(AuditEntry.action == "export_bank")
        assert "移交省题库" in db.scalars(chosen).one()
