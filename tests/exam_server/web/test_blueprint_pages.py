"""The editor of blueprints: who may use it, what it counts, tries and stores."""

import re
from pathlib import Path

import pytest

from item_bank.actions import load_bank
from item_bank.exchange.bank_folder import read_bank
from item_bank.queries import blueprints_of, terms_of
from item_bank.rules.blueprint_terms import PaperTool
from registry.access import SYSTEM
from registry.catalog.queries import project_by_number
from tests.exam_server.web.office_site import Site, Visitor
from tests.support.invented_bank import write_bank

CHOSEN = re.compile(r'<select class="input" id="f-(\w+)".*?<option value="(\w+)" selected', re.S)


@pytest.fixture
def project_id(site: Site, tmp_path: Path) -> int:
    with site.database.transaction() as db:
        source = read_bank(write_bank(tmp_path / "bank"))
        now = site.clock()  # type: ignore[operator]
        load_bank(db, 1, source, actor=SYSTEM, reviewer=SYSTEM, now=now)
        return project_by_number(db, 1).id


@pytest.fixture
def manager(site: Site) -> Visitor:
    return site.signed_in("bank_manager")


def values_of(page: str) -> dict[str, str]:
    """Return what the form of the page would send."""
    found = re.findall(r'name="([\w]+)"[^>]*? value="([^"]*)"', page)
    values = {name: value for name, value in found if name not in ("do", "csrf_token", "next")}
    return values | dict(CHOSEN.findall(page))


def opened(manager: Visitor, project_id: int) -> tuple[str, dict[str, str]]:
    """Open the editor of the blueprint that came with the bank."""
    manager.get(f"/bank/{project_id}/blueprints")
    link = re.search(rf"/bank/{project_id}/blueprints/\d+", manager.page)
    assert link is not None
    manager.get(link[0])
    return f"/bank/{project_id}/blueprints", values_of(manager.page)


def test_a_template_opens_with_its_counts_and_points(manager: Visitor, project_id: int) -> None:
    manager.get(f"/bank/{project_id}/blueprints/new?template=T-D")
    values = values_of(manager.page)
    assert (values["count_single_choice"], values["points_single_choice"]) == ("40", "1.5")
    assert (values["code"], values["minutes"], values["level_3"]) == ("T-D", "60", "40")
    assert '<b class="num" data-total>100</b> / 100' in manager.page


def test_totals_and_allocation_follow_what_is_typed(manager: Visitor, project_id: int) -> None:
    address, values = opened(manager, project_id)
    values |= {"count_single_choice": "11"}
    part = manager.post(f"{address}/outline", **values).get_data(as_text=True)
    assert "<html" not in part
    assert '<b class="num" data-total>104</b> / 100' in part
    assert "<b>6</b>" in part  # of 11 items half fall to the range of weight 50, and the remainder
    assert "5.50 ↑" in part


def test_a_change_is_saved_as_the_next_version(
    manager: Visitor, project_id: int, site: Site
) -> None:
    address, values = opened(manager, project_id)
    values |= {"minutes": "75", "overlap_at_most": "3", "is_strict": "strict", "level_1": "18"}
    response = manager.post(address, **values, do="save")
    assert response.status_code == 400
    assert "五级难度的比例之和应为 1" in manager.page
    values |= {"level_1": "20"}
    page = manager.follow(manager.post(address, **values, do="save"))
    assert "已保存为 T-X 第 2 版" in page
    assert "历史版本 1 个" in page
    with site.database.reading() as db:
        (newest,) = blueprints_of(db, project_id)
        terms = terms_of(newest)
    assert (newest.version, terms.minutes, terms.fairness.overlap_at_most) == (2, 75, 3)
    assert terms.fairness.is_strict
    address, values = opened(manager, project_id)
    assert "没有保存新版本" in manager.follow(manager.post(address, **values, do="save"))


def test_wrong_entries_are_named_with_their_fields(manager: Visitor, project_id: int) -> None:
    address, values = opened(manager, project_id)
    values |= {"minutes": "一小时", "theta_1": "", "points_true_false": "x"}
    assert manager.post(address, **values, do="save").status_code == 400
    for name in ("minutes", "theta_1", "points_true_false"):
        assert f'<a href="#f-{name}">' in manager.page
    assert 'value="一小时"' in manager.page


def test_a_check_says_whether_the_bank_carries_the_papers(
    manager: Visitor, project_id: int
) -> None:
    address, values = opened(manager, project_id)
    assert manager.post(address, **values, do="check").status_code == 200
    assert "可行：现有 108 题可以组成 2 卷" in manager.page
    values |= {"count_single_choice": "80", "points_single_choice": "0.5"}
    manager.post(address, **values, do="check")
    assert "不可行：现有 108 题组不成 2 卷" in manager.page
    assert "B-A-A 单选：需 40，缺 28" in manager.page


def test_only_a_bank_manager_edits_blueprints(site: Site, project_id: int) -> None:
    releaser = site.signed_in("paper_releaser")
    assert releaser.get(f"/bank/{project_id}/blueprints").status_code == 200
    assert "/blueprints/new" not in releaser.page
    assert releaser.get(f"/bank/{project_id}/blueprints/new").status_code == 403
    assert releaser.post(f"/bank/{project_id}/blueprints").status_code == 403


def test_a_blueprint_of_another_project_is_not_found(
    manager: Visitor, project_id: int, site: Site
) -> None:
    with site.database.reading() as db:
        (found,) = blueprints_of(db, project_id)
    assert manager.get(f"/bank/{project_id + 1}/blueprints/{found.id}").status_code == 404


def test_a_new_blueprint_starts_with_a_code_that_is_free(
    manager: Visitor, project_id: int, site: Site
) -> None:
    with site.database.reading() as db:
        taken = {found.code for found in blueprints_of(db, project_id)}
    manager.get(f"/bank/{project_id}/blueprints/new")
    assert "新建组卷方案" in manager.page
    assert values_of(manager.page)["code"] not in taken
    manager.get(f"/bank/{project_id}/blueprints/new?template=T-D")
    values = values_of(manager.page)
    manager.post(f"/bank/{project_id}/blueprints", **values, do="save")
    manager.get(f"/bank/{project_id}/blueprints/new?template=T-D")
    assert "编辑组卷方案" in manager.page
    assert "保存后为 T-D 第 2 版" in manager.page


def test_tools_are_ticked_and_stored_with_the_next_version(
    manager: Visitor, project_id: int, site: Site
) -> None:
    address, values = opened(manager, project_id)
    values = {name: value for name, value in values.items() if not name.startswith("tool_")}
    values |= {"tool_calculator": "1", "tool_eliminator": "1"}
    assert manager.post(address, **values, do="save").status_code == 302
    with site.database.reading() as db:
        stored = next(one for one in blueprints_of(db, project_id) if one.code == values["code"])
        assert terms_of(stored).tools == (PaperTool.CALCULATOR, PaperTool.ELIMINATOR)
        number = stored.id
    manager.get(f"{address}/{number}")
    assert 'name="tool_calculator" value="1" checked' in manager.page
    assert 'name="tool_highlighter" value="1">' in manager.page
