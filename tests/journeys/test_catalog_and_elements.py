"""The catalog grows, a bank is looked after: a need decided, the element table, its stock."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from item_bank.queries import elements_of
from registry.catalog.queries import project_by_number
from tests.support.browser import Journey, grave_violations, sign_in_staff
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
NEED = "母婴护理服务"
POINT = "新生儿听力筛查常识"
CARE = 52


@pytest.fixture
def desk(journey: Journey) -> Callable[[str], Page]:
    """Opens a browser in which one of the staff has signed in."""

    def opened(login_name: str) -> Page:
        page = journey.page()
        sign_in_staff(page, login_name, PASSWORD)
        return page

    return opened


def told(page: Page, text: str) -> None:
    """See what the page says was done."""
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def test_a_city_proposes_a_project_like_another_and_the_province_decides_with_reasons(
    desk: Callable[[str], Page], journey: Journey
) -> None:
    city, province = desk("shi01"), desk("sheng01")
    city.get_by_role("link", name="立项开发").click()
    city.get_by_role("link", name="提出开发需求").first.click()
    city.get_by_label("项目名称").press_sequentially(NEED)
    expect(city.locator("#similar")).to_contain_text("名称包含")
    expect(city.locator("#similar")).to_contain_text("母婴护理")
    found = grave_violations(city)
    city.get_by_label("我已查看相近项目，确需提出").check()
    city.get_by_label("开发理由").fill("家庭服务与机构护理的要求不同")
    city.get_by_label("需求情况").fill("本市家政企业 300 家")
    city.get_by_label("预计年考核人数").fill("200")
    city.get_by_role("button", name="提出", exact=True).click()
    told(city, "等待省中心立项")

    province.goto("/work")
    province.get_by_role("link", name="待立项的开发需求").click()
    province.get_by_role("link", name=NEED).click()
    found += grave_violations(province)
    reason = province.get_by_label("有相近项目仍要开发的理由")
    province.get_by_role("button", name="同意立项").click()
    expect(reason).to_be_focused()  # the browser asks for the reason before anything is sent
    reason.fill("服务对象和场所不同，规范不能共用")
    province.get_by_role("button", name="同意立项").click()
    told(province, "已同意立项")
    found += grave_violations(province)
    city.reload()
    expect(city.locator("main")).to_contain_text("服务对象和场所不同，规范不能共用")
    assert found == []


def test_a_specification_is_written_row_by_row(desk: Callable[[str], Page]) -> None:
    province = desk("sheng01")
    province.goto("/specifications/?state=draft")
    province.get_by_role("link", name="手冲咖啡制作", exact=True).click()
    province.get_by_role("link", name="编辑").click()
    found = grave_violations(province)
    total = province.locator("[data-total-weight]")
    expect(total).to_have_text("70")
    province.get_by_role("button", name="添加工作任务").click()
    fresh = province.get_by_role("group", name="工作任务（三）")
    expect(fresh.get_by_label("名称")).to_be_focused()
    fresh.get_by_label("名称").fill("出品与清洁")
    fresh.get_by_label("考核比重").fill("30")
    expect(total).to_have_text("100")
    fresh.get_by_label("操作规范").fill("能装杯出品\n能清洁器具")
    fresh.get_by_label("相关知识").fill("食品卫生常识")
    fresh.get_by_role("button", name="上移").click()
    moved = province.get_by_role("group", name="工作任务（二）")
    expect(moved.get_by_label("名称")).to_have_value("出品与清洁")
    province.get_by_role("button", name="保存草稿").click()
    told(province, "草稿已保存")
    expect(province.locator(".document")).to_contain_text("（二）出品与清洁")
    assert found + grave_violations(province) == []


def test_a_manager_edits_the_element_table_and_follows_a_gap_to_its_items(
    desk: Callable[[str], Page], served: Served, journey: Journey
) -> None:
    with served.database.reading() as db:
        project_id = project_by_number(db, CARE).id
        before = {element.code: element.name for element in elements_of(db, project_id)}
    manager = desk("tiku01")
    manager.goto(f"/bank/{project_id}/elements")
    manager.get_by_role("link", name="编辑细目表").click()
    found = grave_violations(manager)
    weight = manager.get_by_label("鉴定比重 B-B 新生儿护理")
    weight.fill("39.5")
    row = manager.locator("tr", has=weight)
    expect(row.locator("[data-sum]")).to_have_text("40，差 +0.5")
    with journey.refusal("400 (BAD REQUEST)"):
        manager.get_by_role("button", name="保存", exact=True).click()
        expect(manager.get_by_role("alert")).to_contain_text("下级比重之和为 40，多 0.5。")
    expect(weight).to_have_value("39.5")
    found += grave_violations(manager)
    weight.fill("40")
    manager.get_by_role("button", name="加下级 B-B-A 喂养").click()
    fresh = manager.locator("tr", has=manager.locator("input[name=name]:focus"))
    expect(fresh).to_contain_text("B-B-A-008")
    fresh.get_by_label("名称").fill(POINT)
    fresh.get_by_label("重要程度").select_option("Z")
    feeding = manager.locator("tr", has=manager.get_by_label("鉴定比重 B-B-A 喂养"))
    expect(feeding.locator("[data-ratio]")).to_have_text("(05:01:02)")
    manager.get_by_role("button", name="保存", exact=True).click()
    told(manager, "细目表已保存")
    with served.database.reading() as db:
        after = {element.code: element.name for element in elements_of(db, project_id)}
    assert after == {**before, "B-B-A-008": POINT}

    manager.get_by_role("link", name="题量分析").click()
    found += grave_violations(manager)
    manager.get_by_role("link", name="8 个鉴定点 B-B-A").click()
    point = manager.locator("tr", has_text=POINT)
    expect(point).to_contain_text("缺 4")
    found += grave_violations(manager)
    gap = manager.locator("td.heat--short > a").first
    count = gap.inner_text()
    gap.click()
    expect(manager.locator(".pager")).to_contain_text(f"共 {count} 题")
    assert found == []
