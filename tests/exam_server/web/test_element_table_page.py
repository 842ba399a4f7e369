"""The element table and the analysis of the stock in the browser, for managers and readers."""

import io
import re
from html import unescape
from pathlib import Path

import openpyxl
import pytest

from item_bank.actions import load_bank
from item_bank.authoring.actions import appoint_member
from item_bank.exchange.bank_folder import read_bank
from item_bank.queries import elements_of
from item_bank.rules.kinds import BankDuty
from registry.access import Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.catalog.queries import project_by_number
from tests.exam_server.web.office_site import Site, Visitor
from tests.support import factories
from tests.support.invented_bank import write_bank

FIELDS = ("key", "level", "name", "weight", "importance")
ROW = re.compile(r'<tr id="r-(.*?)</tr>', re.S)


@pytest.fixture
def project_id(site: Site, tmp_path: Path) -> int:
    """A project with a loaded bank and an author."""
    now = site.clock()  # type: ignore[operator]
    with site.database.transaction() as db:
        own = factories.make_office(db, now=now, division="320902")
        reviewer = factories.make_account(db, Role.BANK_MANAGER, now=now)
        load_bank(
            db,
            1,
            read_bank(write_bank(tmp_path / "bank")),
            actor=own.actor(Role.BANK_MANAGER),
            reviewer=actor_of(reviewer),
            now=now,
        )
        project_id = project_by_number(db, 1).id
        author = factories.make_account(db, Role.ITEM_AUTHOR, now=now)
        appoint_member(
            db,
            project_id,
            author.id,
            BankDuty.AUTHOR,
            actor=own.actor(Role.BANK_MANAGER),
            now=now,
        )
        return project_id


@pytest.fixture
def manager(site: Site) -> Visitor:
    return site.signed_in(Role.BANK_MANAGER)


def value_of(row: str, field: str) -> str:
    if field == "importance" and "<select" in row:
        chosen = re.search(r'<option value="(\w*)" selected', row)
        return chosen[1] if chosen else ""
    found = re.search(rf'name="{field}" value="([^"]*)"', row)
    assert found is not None, (field, row)
    return unescape(found[1])


def typed(page: str) -> dict[str, list[str]]:
    """Return what the form on the page would send."""
    rows = ROW.findall(page)
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None
    form = {field: [value_of(row, field) for row in rows] for field in FIELDS}
    return {**form, "seen": [seen[1]]}


def opened(manager: Visitor, project_id: int) -> dict[str, list[str]]:
    manager.get(f"/bank/{project_id}/elements/edit")
    return typed(manager.page)


def send(manager: Visitor, project_id: int, form: dict[str, list[str]], step: str = "save"):
    return manager.post(f"/bank/{project_id}/elements/edit", **form, do=step)


def test_a_step_changes_the_form_and_stores_nothing(
    site: Site, manager: Visitor, project_id: int
) -> None:
    form = opened(manager, project_id)
    at = form["level"].index("3")
    form["name"][0] = "改了名称，还没保存"
    assert send(manager, project_id, form, f"child:{at}").status_code == 200
    after = typed(manager.page)
    assert len(after["key"]) == len(form["key"]) + 1
    assert after["name"][0] == "改了名称，还没保存"
    assert "A-A-A-004" in manager.page
    assert "有未保存的修改" in manager.page
    with site.database.reading() as db:
        assert len(elements_of(db, project_id)) == len(form["key"])


def test_a_saved_table_is_stored_and_logged(site: Site, manager: Visitor, project_id: int) -> None:
    form = opened(manager, project_id)
    at = form["level"].index("4")
    form["name"][at], form["importance"][at] = "改过名称的鉴定点", "Z"
    assert "改过名称的鉴定点" in manager.follow(send(manager, project_id, form))
    assert "细目表已保存" in manager.page
    with site.database.reading() as db:
        line = db.query(AuditEntry).order_by(AuditEntry.id.desc()).first()
        assert line is not None
        assert line.action == "save_element_table"
        assert "改过名称的鉴定点 Z" in line.detail


def test_faults_stand_beside_their_rows_and_nothing_typed_is_lost(
    manager: Visitor, project_id: int
) -> None:
    form = opened(manager, project_id)
    at = form["level"].index("3")
    form["weight"][at], form["name"][at] = "0.3", "保留的文字"
    response = send(manager, project_id, form)
    assert response.status_code == 400
    row = ROW.findall(manager.page)[at]
    assert "鉴定比重应为 0.5 至 100 之间的整数或半数。" in row
    assert 'value="0.3"' in row
    assert "保留的文字" in row
    assert f'href="#r-{form["key"][at]}"' in manager.page


def test_a_row_with_items_cannot_be_removed(manager: Visitor, project_id: int) -> None:
    form = opened(manager, project_id)
    at = form["level"].index("4")
    response = send(manager, project_id, form, f"remove:{at}")
    assert response.status_code == 400
    assert "已有试题或命题任务，不能删除" in manager.page
    short = {
        name: values[:at] + values[at + 1 :] for name, values in form.items() if name != "seen"
    }
    assert send(manager, project_id, {**short, "seen": form["seen"]}).status_code == 400
    assert "不能删除" in manager.page


def test_a_table_that_somebody_else_has_changed_is_not_overwritten(
    site: Site, manager: Visitor, project_id: int
) -> None:
    form = opened(manager, project_id)
    other = site.signed_in(Role.BANK_MANAGER)
    theirs = opened(other, project_id)
    theirs["name"][0] = "先保存的名称"
    other.follow(send(other, project_id, theirs))
    form["name"][0] = "后保存的名称"
    assert send(manager, project_id, form).status_code == 409
    assert "已被他人修改" in manager.page
    assert "后保存的名称" in manager.page


@pytest.mark.parametrize("step", ["up:999", "dance:1", "remove:-1", "up"])
def test_a_step_that_is_none_is_refused(manager: Visitor, project_id: int, step: str) -> None:
    assert send(manager, project_id, opened(manager, project_id), step).status_code == 400


def test_an_incomplete_form_is_refused(manager: Visitor, project_id: int) -> None:
    form = opened(manager, project_id)
    form["name"].pop()
    assert send(manager, project_id, form).status_code == 400


def test_an_exported_table_is_imported_as_a_preview_with_faults_by_line(
    site: Site, manager: Visitor, project_id: int
) -> None:
    before = opened(manager, project_id)
    exported = manager.get(f"/bank/{project_id}/elements/export").data
    book = openpyxl.load_workbook(io.BytesIO(exported))
    page = book.worksheets[0]
    page.cell(4, 14).value, page.cell(4, 15).value = "文件里的名称", "W"
    changed = io.BytesIO()
    book.save(changed)
    address = f"/bank/{project_id}/elements/import"
    manager.get(f"/bank/{project_id}/elements/edit")
    manager.post(address, file=(io.BytesIO(exported), "table.xlsx"))
    assert "新增 0 行，修改 0 行，删除 0 行" in manager.page
    assert typed(manager.page) == before
    manager.post(address, file=(io.BytesIO(changed.getvalue()), "table.xlsx"))
    assert "文件第 4 行：请选择重要程度 X、Y 或 Z。" in manager.page
    assert "文件里的名称" in manager.page
    with site.database.reading() as db:
        assert "文件里的名称" not in {element.name for element in elements_of(db, project_id)}
    assert manager.post(address, file=(io.BytesIO(b"no"), "x.xlsx")).status_code == 400


def test_the_heat_map_counts_items_and_leads_to_them(manager: Visitor, project_id: int) -> None:
    manager.get(f"/bank/{project_id}/adequacy")
    assert "题量充足" in manager.page
    cells = re.findall(
        r'<td class="heat--\w+"><a href="([^"]+)" aria-label="A-A-A [单多判][^"]+">(\d+)',
        manager.page,
    )
    assert len(cells) == 15
    address, count = next(cell for cell in cells if cell[1] != "0")
    manager.get(unescape(address))
    assert f'共 <span class="num">{count}</span>' in manager.page.replace("共</span>", "共")


def test_a_point_without_items_is_told_as_a_gap(manager: Visitor, project_id: int) -> None:
    form = opened(manager, project_id)
    at = form["level"].index("3")
    send(manager, project_id, form, f"child:{at}")
    form = typed(manager.page)
    new = form["name"].index("")
    form["name"][new], form["importance"][new] = "还没有试题的鉴定点", "X"
    manager.follow(send(manager, project_id, form))
    manager.get(f"/bank/{project_id}/adequacy?open=A-A-A")
    assert "1 个不足" in manager.page
    row = manager.page.split("还没有试题的鉴定点")[1].split("</tr>")[0]
    assert 'class="heat--empty"' in row
    assert "缺 4" in row
    order = re.search(r'<small><a href="([^"]+)"', row)
    assert order is not None
    manager.get(unescape(order[1]))
    assert re.search(r'name="element"[^>]* value="A-A-A-004"', manager.page)
    assert re.search(r'name="item_count"[^>]* value="4"', manager.page)


def test_points_are_shown_when_asked_for(manager: Visitor, project_id: int) -> None:
    manager.get(f"/bank/{project_id}/adequacy")
    assert "A-A-B-001" not in manager.page
    manager.get(f"/bank/{project_id}/adequacy?open=A-A-B")
    assert "A-A-B-001" in manager.page
    assert "A-A-A-001" not in manager.page
    manager.get(f"/bank/{project_id}/adequacy?open=all")
    assert "A-A-A-001" in manager.page


def test_the_analysis_is_given_as_a_workbook(manager: Visitor, project_id: int) -> None:
    content = manager.get(f"/bank/{project_id}/adequacy/export").data
    page = openpyxl.load_workbook(io.BytesIO(content)).worksheets[0]
    codes = [page.cell(row, 1).value for row in range(3, page.max_row + 1)]
    assert codes[:2] == ["A-A-A", "A-A-A-001"]
    assert page.cell(3, 18).value == sum(page.cell(3, column).value for column in range(3, 18))


def test_readers_of_the_bank_see_the_table_but_do_not_change_it(
    site: Site, project_id: int
) -> None:
    reader = site.signed_in(Role.PAPER_RELEASER)
    reader.get(f"/bank/{project_id}/elements")
    assert "编辑细目表" not in reader.page
    assert "题量分析" in reader.page
    assert reader.get(f"/bank/{project_id}/elements/edit").status_code == 403
    officer = site.signed_in(Role.CITY_OFFICER)
    assert officer.get(f"/bank/{project_id}/adequacy").status_code == 403


def test_a_project_without_a_table_says_how_to_begin(manager: Visitor) -> None:
    manager.get("/bank/9/elements/edit")
    assert "细目表还是空的" in manager.page
    manager.get("/bank/9/adequacy")
    assert "还不能分析题量" in manager.page
