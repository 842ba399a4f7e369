"""On a slow computer people type before a page's module runs.

A form's page catches up with what was typed; a desk worked by keys shows nothing before its keys
work, so that no key of an answer is lost and the Enter after it taken.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.browser import Journey, sign_in_staff
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(journey: Journey) -> Callable[[str], Page]:
    """Opens a browser, of a person who does not wait, in which one of the staff has signed in."""

    def opened(login_name: str) -> Page:
        page = journey.page(is_patient=False)
        sign_in_staff(page, login_name, PASSWORD)
        page.wait_for_load_state()
        return page

    return opened


@contextmanager
def before(page: Page, module: str, address: str) -> Iterator[None]:
    """Open a page whose module comes only after the block."""
    held: list[Route] = []
    pattern = f"**/js/{module}?*"
    page.route(pattern, lambda route: held.append(route))
    with page.expect_request(pattern):
        page.goto(address, wait_until="commit")
    yield
    held[0].continue_()
    page.wait_for_load_state()
    page.unroute(pattern)


def test_a_card_is_not_shown_before_the_keys_of_its_review_work(
    desk: Callable[[str], Page], served: Served
) -> None:
    page = desk("saomiao01")
    drawn = "() => performance.getEntriesByName('first-paint').length"
    with before(page, "review/main.js", f"/cards/review/{served.world.waiting_batch_id}"):
        page.locator("[data-crop]").evaluate("crop => crop.decode()")
        asked = page.url
        assert page.evaluate(drawn) == 0
        page.keyboard.press("b")
        page.keyboard.press("Enter")
    page.wait_for_function(drawn)
    assert page.url == asked
    expect(page.locator("[data-earlier]")).to_have_count(0)


def address_of(page: Page, project: str, link: str) -> str:
    """Find where a link beside a project of the bank leads."""
    page.goto(f"/bank/?words={project}")
    row = page.locator("tr").filter(has_text=project)
    return str(row.get_by_role("link", name=link).get_attribute("href"))


def test_the_totals_of_a_blueprint_count_what_was_typed(desk: Callable[[str], Page]) -> None:
    page = desk("tiku01")
    page.goto(address_of(page, "充电桩运维管理", "组卷方案"))
    edit = str(page.get_by_role("link", name="编辑、检查").get_attribute("href"))
    with before(page, "bank/blueprint.js", edit):
        page.get_by_label("单选 题数").fill("58")
    expect(page.locator("[data-total]")).to_have_text("98")


def test_the_weights_of_a_specification_add_up_what_was_typed(
    desk: Callable[[str], Page],
) -> None:
    page = desk("sheng01")
    page.goto("/specifications/?state=draft")
    page.get_by_role("link", name="手冲咖啡制作", exact=True).click()
    edit = str(page.get_by_role("link", name="编辑").get_attribute("href"))
    with before(page, "page/specification.js", edit):
        page.get_by_label("考核比重").first.fill("60")
    total = page.locator("[data-total-weight]")
    expect(total).not_to_have_text("70")
    typed = page.get_by_label("考核比重").evaluate_all("all => all.map(one => Number(one.value))")
    expect(total).to_have_text(str(sum(typed)))
    page.once("dialog", lambda dialog: dialog.accept())  # leaving asks: something was typed
    page.goto("/work")


def test_a_name_is_compared_that_was_typed(desk: Callable[[str], Page]) -> None:
    page = desk("shi01")
    with before(page, "page/similar.js", "/development/new"):
        page.get_by_label("项目名称").fill("母婴护理服务")
    expect(page.locator("#similar")).to_contain_text("名称包含")


def test_files_are_listed_that_were_chosen(desk: Callable[[str], Page], tmp_path: Path) -> None:
    page = desk("tiku01")
    file = tmp_path / "试题.csv"
    file.write_text("题干\n", encoding="utf-8")
    page.goto("/bank/?words=充电桩运维")
    page.get_by_role("link", name="充电桩运维管理").click()
    address = str(page.get_by_role("link", name="导入").first.get_attribute("href"))
    with before(page, "bank/import.js", address):
        page.get_by_label("试题文件").set_input_files(file)
    expect(page.locator("[data-files]")).to_contain_text("试题.csv")


def test_an_item_is_kept_that_was_typed(desk: Callable[[str], Page]) -> None:
    page = desk("mingti01")
    page.goto("/authoring/")
    page.get_by_role("button", name="自由命题").click()
    expect(page.locator("html[data-ready=editor]")).to_be_attached()
    with before(page, "bank/editor.js", page.url):
        page.locator("#f-stem").fill("充电桩检修前应当先断电并（　　）。")
    expect(page.locator("#status")).to_contain_text("已自动保存")
    expect(page.locator("#candidate-view")).to_contain_text("检修前应当先断电并")
