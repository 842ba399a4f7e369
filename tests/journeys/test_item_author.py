"""An author writes what was ordered: figure, formula, preview, warnings, draft, version, review."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from item_bank.authoring.actions import NewTask, order_items
from item_bank.models import Item
from item_bank.reviewing.actions import add_remark, review_item
from item_bank.rules.kinds import ItemKind, ItemState
from item_bank.rules.review import ROUNDS, Remark, Verdict
from item_bank.sealing import content_of
from registry.catalog.queries import project_by_number
from tests.support.browser import UNPLUGGED, Journey, grave_violations, sign_in_staff
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
PROJECT = 60
FIGURE = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 240 120"><g fill="none" stroke="#000" '
    'stroke-width="2"><rect x="20" y="20" width="200" height="80"/></g></svg>'
)
STEM = "如图，电阻 \\( R = 24\\ \\Omega \\) 接 12 V 电源，**通过的电流**是（　　）。"
OPTIONS = ("0.5 A", "2 A", "12 A", "以上都不对")


@pytest.fixture
def author(journey: Journey) -> Page:
    """The author's browser, signed in."""
    page = journey.page()
    sign_in_staff(page, "mingti01", PASSWORD)
    return page


def ordered(served: Served, kind: ItemKind = ItemKind.SINGLE_CHOICE) -> None:
    actors = served.world.office.actors
    author_id, due = actors["mingti01"].account_id, datetime.now(UTC).date() + timedelta(days=20)
    assert author_id is not None
    with served.database.transaction() as db:
        new = NewTask(author_id, "A-A-A", kind, 3, 4, due, "结合现行规程")
        project_id = project_by_number(db, PROJECT).id
        order_items(db, project_id, new, actor=actors["tiku01"], now=datetime.now(UTC))


def open_new(page: Page) -> None:
    """Begin an item without a task and wait until the editor works."""
    page.goto("/authoring/")
    page.get_by_role("button", name="自由命题").click()
    ready(page)


def ready(page: Page) -> None:
    expect(page.locator("html[data-ready=editor]")).to_be_attached()


def fill_options(page: Page, texts: tuple[str, ...], key: int) -> None:
    for place, text in enumerate(texts):
        page.locator("#rows [name=option]").nth(place).fill(text)
    page.locator("#rows [name=key]").nth(key).check()


def status(page: Page, words: str) -> None:
    expect(page.locator("#status")).to_contain_text(words)


def test_an_author_writes_what_was_ordered_and_submits_it(served: Served, author: Page) -> None:
    ordered(served)
    page = author
    page.goto("/work")
    page.get_by_role("link", name="待完成的命题").click()
    page.get_by_role("button", name="写一题").click()
    ready(page)
    expect(page.locator("#findings")).to_contain_text("写好题干后")
    found = grave_violations(page)
    page.get_by_label("鉴定点").fill("A-A-A-002")
    page.get_by_label("题干", exact=True).fill(STEM)
    fill_options(page, OPTIONS, key=0)
    page.get_by_label("解析").fill("由 \\( I = \\frac{U}{R} \\) 得 0.5 A。")
    figure = {"name": "电路.svg", "mimeType": "image/svg+xml", "buffer": FIGURE.encode()}
    page.get_by_label("SVG、PNG 或 JPEG 文件").set_input_files([figure])
    expect(page.locator("#findings")).to_contain_text("插图缺少文字说明")
    page.get_by_label("文字说明").fill("电阻与电源串联的电路")

    # the candidate's view is the player's own
    expect(page.locator("#body .katex")).to_have_count(1)
    expect(page.locator("#body strong").first).to_have_text("通过的电流")
    expect(page.locator("#body .option")).to_have_count(4)
    expect(page.locator("#body figure img")).to_have_attribute("alt", "电阻与电源串联的电路")
    page.get_by_role("button", name="放大 200%").click()
    assert page.locator("#body").evaluate("node => getComputedStyle(node).fontSize") == "36px"
    page.get_by_role("button", name="印刷试卷").click()
    four_columns = re.compile(r"^\S+( \S+){3}$")
    expect(page.locator(".printed__options")).to_have_css("grid-template-columns", four_columns)
    found += grave_violations(page)

    # style is only warned of; what is not saved yet comes back
    expect(page.locator("#findings")).to_contain_text("不宜使用")
    status(page, "已自动保存")
    page.reload()
    ready(page)
    expect(page.locator("#restored")).to_contain_text("已恢复您")
    expect(page.get_by_label("题干", exact=True)).to_have_value(STEM)
    found += grave_violations(page)
    page.locator("#rows [name=option]").nth(3).fill("24 A")
    page.locator("#rows [name=option]").nth(0).press("Alt+ArrowDown")
    expect(page.locator("#rows [name=option]").nth(1)).to_have_value("0.5 A")
    expect(page.locator("#rows [name=option]").nth(1)).to_be_focused()
    expect(page.locator("#checks-state")).to_have_text("可以送审")
    page.keyboard.press("Control+s")
    status(page, "已保存为第 1 版")
    expect(page.locator("#version")).to_have_text("第 1 版")
    expect(page.locator("#restored")).to_be_hidden()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="我的命题")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("已送审")
    expect(page.get_by_text("1 / 4 已送审")).to_be_visible()
    assert found + grave_violations(page) == []

    with served.database.reading() as db:
        item = db.scalars(select(Item).order_by(Item.id.desc()).limit(1)).one()
        content = content_of(item.versions[-1])
        assert (item.state, content.key, content.stem) == (ItemState.FIRST_REVIEW, {"b"}, STEM)
        assert [option.content for option in content.options] == ["2 A", "0.5 A", "12 A", "24 A"]
        assert content.figure is not None


def test_the_buttons_of_the_notation_write_where_the_cursor_is(author: Page) -> None:
    page = author
    open_new(page)
    stem = page.get_by_label("题干", exact=True)
    stem.fill("断电后必须验电")
    stem.evaluate("field => field.setSelectionRange(3, 5)")
    page.get_by_role("button", name="加重").click()
    expect(stem).to_have_value("断电后**必须**验电")
    stem.press("Control+z")
    expect(stem).to_have_value("断电后必须验电")
    stem.press("End")
    page.get_by_role("button", name="空格（　　）").click()
    page.get_by_role("button", name="表格").click()
    expect(page.locator("#body table th")).to_have_text(["项目", "数值"])
    page.locator("#rows [name=option]").first.click()
    page.get_by_role("button", name="a/b 分数").click()
    expect(page.locator("#rows [name=option]").first).to_have_value("\\( \\frac{□}{□} \\)")


def test_a_judgement_shows_its_two_answers_and_a_multiple_choice_takes_several_keys(
    author: Page,
) -> None:
    page = author
    open_new(page)
    page.locator("#rows [name=key]").nth(0).check()
    page.locator("#rows [name=key]").nth(2).check()
    expect(page.locator("#rows [name=key]").nth(0)).not_to_be_checked()
    page.locator("#kind").get_by_label("多选").check()
    page.locator("#rows [name=key]").nth(0).check()
    expect(page.locator("#rows [name=key]").nth(2)).to_be_checked()
    page.get_by_role("button", name="添加选项").click()
    expect(page.locator("#rows li")).to_have_count(5)
    expect(page.get_by_role("button", name="添加选项")).to_be_disabled()
    page.get_by_role("button", name="删除选项 B").click()
    expect(page.locator("#rows li")).to_have_count(4)
    page.locator("#kind").get_by_label("判断").check()
    expect(page.locator("#options")).to_be_hidden()
    page.locator("#judge").get_by_label("错误").check()
    expect(page.locator("#body .option")).to_have_count(2)
    status(page, "已自动保存")
    page.reload()
    ready(page)
    expect(page.locator("#judge input[value=wrong]")).to_be_checked()


def test_what_is_typed_while_the_server_is_away_is_kept_when_it_is_back(
    journey: Journey, author: Page
) -> None:
    page = author
    open_new(page)
    with journey.outage(UNPLUGGED):
        page.context.set_offline(True)
        page.get_by_label("题干", exact=True).fill("断网时写的题干（　　）。")
        status(page, "没有连上服务器")
        page.context.set_offline(False)
        status(page, "已自动保存")
    page.reload()
    ready(page)
    expect(page.get_by_label("题干", exact=True)).to_have_value("断网时写的题干（　　）。")


def test_at_double_zoom_the_editor_is_one_column_with_nothing_cut_off(journey: Journey) -> None:
    page = journey.page(viewport={"width": 683, "height": 384})
    sign_in_staff(page, "mingti01", PASSWORD)
    open_new(page)
    page.get_by_label("出处").click()
    page.get_by_role("button", name="放大 200%").click()
    expect(page.get_by_role("region", name="检查结果")).to_be_visible()
    boxes = [page.locator(part).bounding_box() for part in ("#figure-fields", "#views", "#checks")]
    tops = [box["y"] for box in boxes if box]
    assert tops == sorted(tops)
    assert boxes[0]["y"] + boxes[0]["height"] <= boxes[1]["y"]
    assert page.evaluate("document.documentElement.scrollWidth") <= 683
    assert grave_violations(page) == []


def test_a_figure_that_was_refused_is_not_overlooked_when_submitting(journey: Journey) -> None:
    page = journey.page()
    sign_in_staff(page, "mingti01", PASSWORD)
    open_new(page)
    page.get_by_label("鉴定点").fill("A-A-A-002")
    page.get_by_label("题干", exact=True).fill("被拒的插图不会被忽略的试题是（　　）。")
    fill_options(page, ("这一题", "前一题", "后一题", "另一题"), key=0)
    page.get_by_label("解析").fill("见题意。")
    figure = {"name": "图.svg", "mimeType": "image/svg+xml", "buffer": b"no picture"}
    with journey.refusal("400 (BAD REQUEST)"):
        page.get_by_label("SVG、PNG 或 JPEG 文件").set_input_files([figure])
        expect(page.locator("#f-file-error")).to_be_visible()
    page.keyboard.press("Control+Enter")
    expect(page.locator("#f-file-error")).to_contain_text("再点一次送审")
    expect(page.get_by_label("SVG、PNG 或 JPEG 文件")).to_be_focused()
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="我的命题")).to_be_visible()
    expect(page.get_by_role("status").first).to_contain_text("已送审")


def test_work_that_is_given_up_is_gone(author: Page) -> None:
    page = author
    open_new(page)
    code = page.get_by_role("heading", level=1).inner_text().split()[-1]
    page.get_by_label("题干", exact=True).fill("不要了（　　）。")
    status(page, "已自动保存")
    page.reload()
    ready(page)
    page.get_by_role("button", name="放弃，删除这道试题").click()
    expect(page.get_by_role("heading", name="我的命题")).to_be_visible()
    expect(page.get_by_role("link", name=code)).to_have_count(0)


def test_a_returned_item_is_mended_by_its_remarks(served: Served, author: Page) -> None:
    page = author
    open_new(page)
    page.get_by_label("鉴定点").fill("A-A-A-003")
    page.get_by_label("题干", exact=True).fill("巡检中发现枪线破损，首先应当（　　）。")
    fill_options(page, ("停用并挂牌", "缠胶带继续用", "等月度检修", "通知车主处理"), key=0)
    page.get_by_label("解析").fill("破损的枪线有触电危险。")
    expect(page.locator("#checks-state")).to_have_text("可以送审")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_role("heading", name="我的命题")).to_be_visible()
    reviewer = served.world.office.actors["shenti01"]
    with served.database.transaction() as db:
        item = db.scalars(select(Item).order_by(Item.id.desc()).limit(1)).one()
        remark = Remark("option.b", "缠胶带", "干扰项太明显")
        now = datetime.now(UTC)
        add_remark(db, item.id, remark, actor=reviewer, now=now)
        refusal = Verdict(
            item.versions[-1].id, ROUNDS[ItemState.FIRST_REVIEW], False, frozenset(), "区分度低"
        )
        review_item(db, item.id, refusal, actor=reviewer, now=now)
        code = item.code
    page.goto("/authoring/")
    row = page.get_by_role("row").filter(has_text=code)
    expect(row).to_contain_text("已退回")
    row.get_by_role("link", name=code).click()
    ready(page)
    opinion = page.get_by_role("region", name="审题意见")
    expect(opinion).to_contain_text("区分度低")
    expect(opinion).to_contain_text("干扰项太明显")
    opinion.get_by_role("button", name="已处理").click()
    ready(page)
    expect(page.get_by_text("干扰项太明显")).to_have_count(0)
    page.locator("#rows [name=option]").nth(1).fill("包扎后限流使用")
    page.keyboard.press("Control+s")
    status(page, "已保存为第 2 版")
    page.get_by_role("link", name="版本对比").click()
    expect(page.locator(".diff")).to_contain_text("包扎后限流使用")
    assert grave_violations(page) == []


def test_a_manager_appoints_orders_and_edits(journey: Journey) -> None:
    page = journey.page()
    sign_in_staff(page, "tiku01", PASSWORD)
    page.goto("/bank/?words=充电桩运维")
    page.get_by_role("link", name="充电桩运维管理").click()
    page.get_by_role("link", name="命题任务").click()
    page.get_by_label("鉴定范围或鉴定点").fill("B-A-A")
    page.get_by_label("题数").fill("6")
    page.get_by_label("截止日期").fill("2027-01-31")
    page.get_by_role("button", name="下达任务").click()
    expect(page.get_by_role("row").filter(has_text="B-A-A")).to_contain_text("0 / 6")
    found = grave_violations(page)
    page.get_by_role("link", name="成员", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="顾六")).to_contain_text("已签署")
    found += grave_violations(page)
    page.get_by_role("link", name=re.compile("充电桩运维管理")).click()
    page.get_by_role("link", name="60-0002", exact=True).click()
    page.get_by_text("互斥组", exact=True).click()
    found += grave_violations(page)
    page.get_by_role("link", name="编辑").click()
    ready(page)
    page.get_by_label("解析").fill("改过的解析。")
    status(page, "已自动保存")
    found += grave_violations(page)
    page.reload()
    page.get_by_role("button", name="放弃修改，回到第 1 版").click()
    expect(page.get_by_label("解析")).not_to_have_value("改过的解析。")
    assert found == []
