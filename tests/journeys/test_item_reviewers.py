"""Two reviewers bring items into the bank by keyboard alone, and send one back with a remark."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from item_bank.models import Item
from item_bank.reviewing.queries import remarks_of, reviews_of
from item_bank.rules.kinds import ItemState
from item_bank.rules.review import Remark
from registry.audit_log import AuditEntry
from tests.support.browser import Journey, grave_violations, sign_in_staff, wait_for_keys
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
POINTS = "123456789"
QUOTE = "黄绿双色组合"
ADVICE = "比其他选项长得多，容易猜中。"
REASON = "题干缺句号，C 项过长；与在库试题重复。"


@pytest.fixture
def desk(journey: Journey) -> Callable[..., Page]:
    """Opens a browser in which a reviewer stands before the queue."""

    def opened(login_name: str, **options: object) -> Page:
        page = journey.page(**options)
        sign_in_staff(page, login_name, PASSWORD)
        page.get_by_role("link", name="待审试题").click()
        expect(page.locator("[data-review]")).to_be_visible()
        return page

    return opened


def ready(page: Page) -> str:
    """Wait until the keys of the page work; returns the code of its item."""
    expect(page.get_by_role("button", name="快捷键")).to_be_visible()
    wait_for_keys(page)
    return code_of(page)


def code_of(page: Page) -> str:
    """Return the code of the item on the page."""
    return page.locator("h1 .num").inner_text()


def told(page: Page, text: str) -> None:
    """See what the page says was done."""
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def pass_by_keys(page: Page, outcome: str) -> str:
    """Tick every point and pass the item with keys; returns its code."""
    code = ready(page)
    for key in POINTS:
        page.keyboard.press(key)
    expect(page.locator("[data-ticked]")).to_have_text("9")
    page.keyboard.press("a")
    told(page, f"{code} {outcome}")
    return code


def state_of(served: Served, code: str) -> str:
    """Return how the database knows the item."""
    with served.database.reading() as db:
        return db.scalars(select(Item.state).where(Item.code == code)).one()


def test_reviewers_pass_two_items_and_return_one_by_keyboard_alone(
    desk: Callable[..., Page], served: Served
) -> None:
    first = desk("shenti01")
    expect(first.locator(".review__place")).to_have_text("1 / 7")
    banked = pass_by_keys(first, "二审通过，已入库。")
    passed = pass_by_keys(first, "一审通过，转入二审。")
    returned = ready(first)
    remark_on_passage(first)
    assert grave_violations(first) == []
    first.keyboard.press("r")
    first.keyboard.type(REASON)
    first.keyboard.press("Control+Enter")
    told(first, f"{returned} 已退回命题人修改。")
    expect(first.locator(".review__place")).to_have_text("1 / 4")

    second = desk("shenti02")
    while (before := ready(second)) != passed:
        second.keyboard.press("j")
        expect(second.locator("h1 .num")).not_to_have_text(before)
    expect(second.locator("h1")).to_contain_text("二审")
    pass_by_keys(second, "二审通过，已入库。")
    assert [state_of(served, code) for code in (banked, passed, returned)] == [
        ItemState.BANKED,
        ItemState.BANKED,
        ItemState.DRAFT,
    ]
    with served.database.reading() as db:
        item = db.scalars(select(Item).where(Item.code == returned)).one()
        assert [entry.remark for entry in remarks_of(db, item)] == [
            Remark("option.c", QUOTE, ADVICE)
        ]
        assert [review.reason for review in reviews_of(db, item)] == [REASON]


def remark_on_passage(page: Page) -> None:
    """Choose option C, type the passage and the remark, and add it; nothing ticked is lost."""
    page.keyboard.press("1")
    page.keyboard.press("c")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(page.get_by_label("批注位置")).to_have_value("option.c")
    page.keyboard.press("Tab")
    page.keyboard.type(QUOTE)
    page.keyboard.press("Tab")
    page.keyboard.type(ADVICE)
    page.keyboard.press("Control+Enter")
    expect(page.locator(".remark__text", has_text=ADVICE)).to_be_visible()
    expect(page.locator("[data-field='option.c'] mark.passage")).to_have_text(QUOTE)
    expect(page.locator("[data-ticked]")).to_have_text("1")
    ready(page)


def test_a_selected_passage_is_taken_over_and_keys_rest_in_text_and_when_switched_off(
    desk: Callable[..., Page],
) -> None:
    page = desk("shenti02")
    ready(page)
    option = page.locator("[data-field^='option.']").nth(1)
    words = option.inner_text()
    option.select_text()
    page.keyboard.press("c")
    expect(page.get_by_label("引用原文")).to_have_value(words)
    page.keyboard.type("1a?")
    expect(page.get_by_label("意见", exact=False).first).to_have_value("1a?")
    expect(page.locator("[data-ticked]")).to_have_text("0")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator("[data-incomplete]")).to_be_visible()
    page.keyboard.press("Shift+Slash")
    dialog = page.get_by_role("dialog")
    assert grave_violations(page) == []
    dialog.get_by_role("checkbox").uncheck()
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    page.keyboard.press("2")
    expect(page.locator("[data-ticked]")).to_have_text("0")
    page.get_by_role("button", name="快捷键").click()
    dialog.get_by_role("checkbox").check()
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(page.locator("[data-ticked]")).to_have_text("1")


def test_an_item_is_reviewed_without_scripts(desk: Callable[..., Page], served: Served) -> None:
    page = desk("shenti02", java_script_enabled=False)
    code = code_of(page)
    page.get_by_label("引用原文").fill("应")
    page.locator("[name=text]").fill("请写明依据")
    page.get_by_role("button", name="添加批注").click()
    expect(page.locator(".remark__text", has_text="请写明依据")).to_be_visible()
    page.get_by_role("button", name="撤回").click()
    expect(page.locator(".remark__text", has_text="请写明依据")).to_have_count(0)
    for box in page.locator(".points input").all():
        box.check()
    page.get_by_role("button", name="通过").click()
    told(page, f"{code} 二审通过，已入库。")
    assert state_of(served, code) == ItemState.BANKED


def test_printing_an_item_carries_the_watermark_and_stands_in_the_log(
    desk: Callable[..., Page], served: Served
) -> None:
    page = desk("shenti01")
    ready(page)
    with page.expect_response("**/printed"):
        page.pdf()
    expect(page.locator(".watermark text").first).to_contain_text("顾七")
    with served.database.reading() as db:
        chosen = select(AuditEntry).where(AuditEntry.action == "print_page")
        assert [entry.actor_name for entry in db.scalars(chosen)] == ["顾七"]
