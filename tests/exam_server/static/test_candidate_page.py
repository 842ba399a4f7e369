"""The candidate's page from check of data to receipt, against a scripted room without sockets."""

# ruff: noqa: E501 - a script for the browser or a row of data is one line

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from exam_server.rich_html import rich
from tests.exam_server.static import canned_room as canned
from tests.exam_server.static.exam_site import ScriptedRoom, Site

pytestmark = pytest.mark.browser
AXE = (Path(__file__).resolve().parents[2] / "support/vendor/axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def violations(page: Page) -> list[str]:
    """What axe finds, one line each; it is evaluated because the policy blocks inline code."""
    page.evaluate(AXE)
    result = page.evaluate("tags => axe.run(document, {runOnly: tags})", RULES)
    return [
        f"{found['id']}: {node['target']} {node['failureSummary']}"
        for found in result["violations"]
        for node in found["nodes"]
    ]


@pytest.fixture
def room(site: Site) -> ScriptedRoom:
    return site.room.half_answered()


@pytest.fixture
def open_page(page: Page, site: Site) -> Callable[[], Page]:
    def opened() -> Page:
        page.goto(f"{site.address}/exam/room")
        page.wait_for_selector("#player:not([hidden]), #hall:not([hidden]) #main:not([aria-busy])")
        return page

    return opened


def look(page: Page) -> None:
    """Make the page talk to the server now instead of at the next heartbeat."""
    page.evaluate("dispatchEvent(new Event('online'))")


def go(page: Page, no: int) -> None:
    page.get_by_role("button", name=re.compile(f"^第 {no} 题，")).click()


def test_an_answer_is_saved_and_the_page_says_so(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 38)
    page.get_by_text("停止充电并断开输出", exact=True).click()
    expect(page.get_by_role("radio", name="停止充电并断开输出")).to_be_checked()
    expect(page.locator("#link")).to_contain_text("39 题中 39 题已存到服务器（09:17:43）")
    expect(page.locator("#item-state")).to_have_text("本题已存服务器")
    assert room.answers["q38"] == {"value": ["o38-2"], "flagged": False, "seq": 41}


def test_answers_flags_and_moves_by_keyboard_with_a_chinese_input_method(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 38)
    page.evaluate(
        """document.body.dispatchEvent(new KeyboardEvent("keydown", {key: "Process", code: "KeyB", bubbles: true}))"""
    )
    expect(page.locator("#answered")).to_have_text("39")
    page.keyboard.press("ArrowRight")
    expect(page.locator("#stem")).to_contain_text("39．")
    page.keyboard.press("m")
    expect(page.get_by_role("button", name="第 39 题，未答，已标记")).to_have_attribute(
        "aria-current", "true"
    )
    page.keyboard.press("n")
    expect(page.locator("#stem")).to_contain_text("40．")


def test_choosing_twice_withdraws_and_clear_empties(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 61)
    page.get_by_text("检查急停按钮是否有效").click()
    expect(page.get_by_role("checkbox", name="检查急停按钮是否有效")).not_to_be_checked()
    expect(page.locator("#answered")).to_have_text("38")
    page.get_by_role("button", name="清除本题").click()
    expect(page.locator("#answered")).to_have_text("37")
    expect(page.locator("#link")).to_contain_text("37 题已存到服务器")
    assert room.answers["q61"]["value"] == []


def test_two_quick_presses_are_two_changes(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 64)
    page.evaluate(
        """for (const code of ["KeyA", "KeyB", "KeyC"]) document.body.dispatchEvent(new KeyboardEvent("keydown", {code, bubbles: true}))"""
    )
    expect(page.locator("#link")).to_contain_text("39 题已存到服务器")
    assert room.answers["q64"]["value"] == ["o64-1", "o64-2", "o64-3"]


def test_a_quick_hand_that_turns_the_page_at_once_answers_the_right_questions(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 41)
    page.evaluate(
        """for (let i = 0; i < 8; i += 1) for (const code of ["KeyB", "ArrowRight"]) document.body.dispatchEvent(new KeyboardEvent("keydown", {code, bubbles: true}))"""
    )
    expect(page.locator("#link")).to_contain_text("46 题已存到服务器")
    assert [room.answers[f"q{no}"]["value"] for no in range(41, 49)] == [
        [f"o{no}-2"] for no in range(41, 49)
    ]


def test_answers_survive_a_network_loss_and_a_reload(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    room.is_down = True
    go(page, 40)
    page.keyboard.press("b")
    expect(page.locator("#link")).to_contain_text("网络中断 · 1 题已存本机")
    expect(page.locator("#notices")).to_contain_text("您的答案已保存在本机，可以继续作答")
    expect(page.get_by_role("button", name="第 40 题，已答，待上传")).to_be_visible()
    expect(page.locator("#item-state")).to_have_text("本题已存本机，待上传")
    page.reload()
    expect(page.get_by_role("button", name="第 40 题，已答，待上传")).to_be_visible()
    assert "q40" not in room.answers
    room.is_down = False
    look(page)
    expect(page.locator("#link")).to_contain_text("39 题已存到服务器")
    assert room.answers["q40"]["value"] == ["o40-2"]


def test_a_browser_without_a_safe_storage_says_so(
    room: ScriptedRoom, open_page: Callable[[], Page], page: Page
) -> None:
    page.add_init_script("Object.defineProperty(window, 'indexedDB', {value: undefined})")
    open_page()
    expect(page.locator("#notices")).to_contain_text("本机使用备用方式保存答案")


def test_hand_in_lists_open_questions_asks_twice_and_gives_a_receipt(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    page.get_by_role("button", name="交卷", exact=True).click()
    dialog = page.get_by_role("dialog", name="确认交卷")
    expect(dialog).to_contain_text("还有 52 道题未作答")
    expect(dialog.get_by_role("button", name="确认交卷")).to_be_disabled()
    assert violations(page) == []
    dialog.get_by_role("button", name="回到第 22 题").click()
    expect(page.locator("#stem")).to_contain_text("22．")
    page.get_by_role("button", name="交卷", exact=True).click()
    dialog.get_by_label("我已检查答卷").check()
    dialog.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", name="交卷成功")).to_be_focused()
    expect(page.locator(".receipt__code")).to_have_text("7K2M-9QXD")
    expect(page.locator(".receipt")).to_contain_text("38 / 90 题")
    assert violations(page) == []
    assert len(page.evaluate("indexedDB.databases()")) == 1  # a restored server may still need it
    page.get_by_role("button", name="退出").click()
    expect(page).to_have_url(re.compile("/exam/\\?leave=1$"))
    assert page.evaluate("indexedDB.databases()") == []


def test_a_closed_room_lets_the_pc_forget_and_an_older_server_is_given_again_what_it_lacks(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 40)
    page.keyboard.press("a")
    expect(page.locator("#stem")).to_contain_text("40")
    page.get_by_role("button", name="交卷", exact=True).click()
    page.get_by_label("我已检查答卷").check()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.get_by_role("heading", name="交卷成功")).to_be_visible()
    room.head, room.state, room.receipt, room.store_name = 38, "in_progress", None, "s-7f.9"
    del room.answers["q40"]
    look(page)
    expect(page.get_by_role("heading", name="交卷成功")).to_be_visible()
    for _ in range(50):
        page.wait_for_timeout(100)
        if room.state == "submitted":
            break
    assert room.answers["q40"]["value"] == ["o40-1"]
    room.store_name = "s-7f"  # the old server is back: whatever it says counts no more
    room.is_sealed = True
    look(page)
    page.wait_for_timeout(300)
    assert len(page.evaluate("indexedDB.databases()")) == 1
    room.store_name = "s-7f.9"
    look(page)
    page.wait_for_function("indexedDB.databases().then((found) => found.length === 0)")


def test_a_restored_server_is_heard_though_it_counts_from_its_copy_on(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    notices = page.locator("#notices .notice")
    for text in ("第一条", "第二条", "第三条"):
        room.say("message", text, needs_confirmation=False)
    room.deadline_ms += 10 * canned.MINUTE_MS
    room.deadline_version = 4
    look(page)
    expect(notices).to_have_count(3)
    expect(page.locator("#extra")).to_contain_text("+10 分钟")
    del room.events[1:]  # the copy knows of the first one only, and of no longer time
    room.store_name, room.deadline_version = "s-7f.2", 1
    room.deadline_ms -= 5 * canned.MINUTE_MS
    room.now_ms += canned.MINUTE_MS
    room.say("message", "服务器已恢复", needs_confirmation=False)  # under a number told before
    look(page)
    expect(notices).to_have_count(4)
    expect(notices.last).to_contain_text("服务器已恢复")
    expect(page.locator("#extra")).to_contain_text("+5 分钟")


def test_hand_in_waits_for_the_network(room: ScriptedRoom, open_page: Callable[[], Page]) -> None:
    page = open_page()
    room.is_down = True
    go(page, 40)
    page.keyboard.press("a")
    page.get_by_role("button", name="交卷", exact=True).click()
    expect(page.locator("#hand-in-body")).to_contain_text("有 1 道题还没有传到服务器")
    page.get_by_label("我已检查答卷").check()
    page.get_by_role("button", name="确认交卷").click()
    expect(page.locator("#main")).to_contain_text("网络恢复后自动送出")
    room.is_down = False
    look(page)
    expect(page.get_by_role("heading", name="交卷成功")).to_be_visible()
    assert room.answers["q40"]["value"] == ["o40-1"]


def test_the_way_to_the_paper_leads_over_data_and_rules(
    site: Site, open_page: Callable[[], Page]
) -> None:
    site.room.state = "claimed"
    site.room.confirmed = {"data": False, "rules": False}
    page = open_page()
    expect(page.get_by_role("heading", name="请核对您的信息")).to_be_visible()
    expect(page.locator("#main")).to_contain_text("320505********1234")
    assert violations(page) == []
    page.get_by_role("button", name="信息有误").click()
    expect(page.locator(".slip .note")).to_contain_text("请举手")
    page.get_by_role("button", name="信息无误，继续").click()
    enter = page.get_by_role("button", name="进入考场等候")
    expect(enter).to_be_disabled()
    assert violations(page) == []
    page.get_by_label("我已阅读").check()
    enter.click()
    expect(page.get_by_role("heading", name="等待监考员开考")).to_be_visible()
    expect(page.locator("#waiting-clock")).to_have_text(re.compile(r"09:1\d:\d\d"))
    assert violations(page) == []
    site.room.state = "in_progress"
    site.room.say("started", "考试开始", needs_confirmation=False)
    look(page)
    expect(page.locator("#stem")).to_contain_text("1．")


def test_a_page_whose_seat_moved_is_covered(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    room.epoch = 2
    page.keyboard.press("b")
    expect(page.get_by_role("heading", name="本场考试已在另一台机器上继续")).to_be_visible()
    expect(page.locator("#player")).to_be_hidden()
    assert violations(page) == []


def test_a_second_page_takes_over_from_the_first(
    room: ScriptedRoom, open_page: Callable[[], Page], site: Site
) -> None:
    page = open_page()
    second = page.context.new_page()
    second.goto(f"{site.address}/exam/room")
    expect(second.locator("#stem")).to_be_visible()
    expect(page.get_by_role("heading", name="本场考试已在另一个页面打开")).to_be_visible()


def test_a_message_waits_for_confirmation_and_an_extension_moves_the_clock(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    room.say("message", "请检查姓名和准考证号。", needs_confirmation=True)
    look(page)
    dialog = page.get_by_role("dialog", name="监考人员消息")
    expect(dialog).to_contain_text("请检查姓名和准考证号。")
    page.keyboard.press("Escape")
    dialog.get_by_role("button", name="我知道了").click()
    expect(dialog).to_be_hidden()
    room.say("extension", "监考人员为您延长 5 分钟。", needs_confirmation=False)
    room.deadline_ms += 5 * canned.MINUTE_MS
    room.deadline_version += 1
    look(page)
    expect(page.locator("#notices")).to_contain_text("延长 5 分钟")
    expect(page.locator("#remaining")).to_have_text(re.compile("01:17:1"))
    assert room.asked("event-seen") == [{"id": 118}]


def test_at_the_deadline_the_paper_locks_and_waits_for_the_server(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    room.now_ms = room.deadline_ms - 1200
    page = open_page()
    expect(page.locator("#notices")).to_contain_text("考试时间到，答卷已锁定")
    expect(page.get_by_role("button", name="交卷", exact=True)).to_be_disabled()
    head = room.head
    page.keyboard.press("b")
    room.end("expired")
    look(page)
    expect(page.get_by_role("heading", name="考试时间到，已自动交卷")).to_be_visible()
    assert room.head == head
    assert not any(op["kind"] == "submit" for sent in room.asked("ops") for op in sent["ops"])


def test_an_extension_after_the_deadline_opens_the_paper_again(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    room.now_ms = room.deadline_ms + 500
    page = open_page()
    expect(page.get_by_role("button", name="交卷", exact=True)).to_be_disabled()
    room.deadline_ms += canned.MINUTE_MS
    room.deadline_version += 1
    look(page)
    expect(page.get_by_role("button", name="交卷", exact=True)).to_be_enabled()


def test_a_raised_hand_names_the_question(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 37)
    page.get_by_role("button", name="举手").click()
    dialog = page.get_by_role("dialog", name="举手联系监考人员")
    dialog.get_by_label("试题问题").check()
    dialog.get_by_label("补充说明").fill("图看不清")
    assert violations(page) == []
    dialog.get_by_role("button", name="举手").click()
    expect(page.locator("#toast")).to_contain_text("已通知监考人员")
    assert room.asked("hand") == [{"kind": "question", "text": "图看不清", "item": "q37"}]


def test_typing_in_a_field_answers_nothing(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    page.get_by_role("button", name="举手").click()
    page.get_by_label("补充说明").type("abc")
    page.get_by_role("button", name="返回作答").click()
    expect(page.locator("#answered")).to_have_text("38")


def test_theme_and_size_are_kept_with_the_attempt(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    room.display = {"theme": "dark", "zoom": 1}
    page = open_page()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.locator("#zoom-value")).to_have_text("125%")
    page.get_by_role("button", name="A＋").click()
    page.get_by_role("button", name="显示").click()
    page.wait_for_timeout(900)
    assert room.asked("display") == [{"theme": "contrast", "zoom": 2}]


def test_leaving_the_page_is_reported_on_return(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    script = """(state) => {
      Object.defineProperty(document, "visibilityState", {value: state, configurable: true});
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(script, "hidden")
    page.wait_for_timeout(900)
    with page.expect_response("**/away"):
        page.evaluate(script, "visible")
    assert room.asked("away")[0]["hidden_ms"] >= 800


def test_formulas_are_set_under_the_content_policy(
    site: Site, open_page: Callable[[], Page]
) -> None:
    site.room.paper = canned.paper(with_formula=True)
    page = open_page()
    expect(page.locator("#stem .katex")).to_have_count(3)
    height = page.locator("#stem .mfrac").first.evaluate(
        "node => node.getBoundingClientRect().height"
    )
    assert height > 20  # a fraction, not its source on one line
    assert violations(page) == []


def test_marked_words_and_tables_stand_in_the_stem(
    site: Site, open_page: Callable[[], Page]
) -> None:
    site.room.paper = canned.paper()
    stem = "按下表**不得**合闸的是（ ）。\n| 开关 | 状态 |\n| QF1 | 分 |"
    site.room.paper["sections"][0]["questions"][0]["stem"] = str(rich(stem))
    page = open_page()
    expect(page.locator("#stem strong")).to_have_text("不得")
    expect(page.locator("#stem td")).to_have_text(["QF1", "分"])
    ruled = page.locator("#stem td").first.evaluate("node => getComputedStyle(node).borderTopStyle")
    assert ruled == "solid"
    assert violations(page) == []


def test_a_paper_without_formulas_fetches_no_katex(
    room: ScriptedRoom, open_page: Callable[[], Page], page: Page
) -> None:
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    open_page()
    assert not [url for url in fetched if "katex" in url]


def test_a_chain_conflict_is_settled_without_losing_the_answer(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 40)
    room.head = 41  # another writer took the number
    room.refusals = [{"error": "chain_conflict"}]
    with page.expect_request(lambda request: '"seq":42' in (request.post_data or "")):
        page.keyboard.press("a")
    expect(page.locator("#link")).to_contain_text("39 题已存到服务器")
    assert room.answers["q40"]["value"] == ["o40-1"]


@pytest.mark.parametrize(("theme", "no"), [("", 64), ("dark", 37), ("contrast", 37)])
def test_the_player_has_no_accessibility_violations(
    room: ScriptedRoom, open_page: Callable[[], Page], theme: str, no: int
) -> None:
    room.display = {"theme": theme, "zoom": 0}
    page = open_page()
    go(page, no)
    assert violations(page) == []


def test_no_sideways_scrolling_at_200_percent(
    room: ScriptedRoom, open_page: Callable[[], Page], page: Page
) -> None:
    page.set_viewport_size({"width": 683, "height": 384})
    room.display = {"theme": "", "zoom": 3}
    open_page()
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )


def test_the_number_panel_of_ninety_fits_a_small_screen(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    assert page.evaluate(
        "(() => { const box = document.querySelector('#groups'); return box.scrollHeight <= box.clientHeight; })()"
    )


@pytest.mark.parametrize("error", [None, "准考证号与考场口令不符。"])
def test_the_sign_in_page(page: Page, site: Site, error: str | None) -> None:
    site.pages["/exam/try"] = lambda: site.render(
        "candidate/sign_in.html",
        error=error,
        form={"admission_no": "2605003700126"} if error else {},
    )
    page.goto(f"{site.address}/exam/try")
    expect(page.get_by_label("考场口令" if error else "准考证号")).to_be_focused()
    assert violations(page) == []
    page.get_by_label("准考证号").fill("2605 0037 00126")
    page.get_by_label("考场口令").fill("４８３ 920")
    page.get_by_role("button", name="登录").click()
    expect(page).to_have_url(re.compile("/exam/sign-in$"))
    assert site.room.forms[-1] == {
        "csrf_token": ["token"],
        "admission_no": ["2605003700126"],
        "room_code": ["483920"],
    }
