"""What the candidate's page does about the computer: self-test, full screen, stopped copying, the clock."""

# ruff: noqa: E501 - a script for the browser is one line

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.exam_server.static import canned_room as canned
from tests.exam_server.static.exam_site import ScriptedRoom, Site
from tests.exam_server.static.test_candidate_page import look, open_page, room, violations

__all__ = ["open_page", "room"]
pytestmark = pytest.mark.browser


@pytest.fixture
def waiting(site: Site, open_page: Callable[[], Page]) -> Page:
    site.room.state = "waiting"
    page = open_page()
    expect(page.get_by_role("heading", name="等待监考员开考")).to_be_visible()
    return page


def test_the_self_test_is_shown_and_told_to_the_room(waiting: Page, site: Site) -> None:
    box = waiting.locator(".self-test")
    expect(box).to_contain_text("写入并读回")
    expect(box).to_contain_text("实时连接不通，改用普通方式")  # the scripted room has no sockets
    expect(box.locator(".self-test__verdict")).to_contain_text("可以考试")
    [found] = site.room.asked("self-test")
    assert (found["journal"], found["socket"], found["secure"]) == ("durable", False, True)
    box.get_by_label("试输入中文").fill("苏州")
    expect(box).to_contain_text("可以输入中文")
    assert violations(waiting) == []
    box.get_by_role("button", name="重新自检").click()
    expect(box.locator(".self-test__verdict")).to_contain_text("可以考试")
    assert len(site.room.asked("self-test", 2)) == 2


def test_a_pc_that_keeps_nothing_is_told_and_still_lets_the_candidate_begin(
    site: Site, page: Page, open_page: Callable[[], Page]
) -> None:
    page.add_init_script(
        "Object.defineProperty(window, 'indexedDB', {value: undefined}); Object.defineProperty(window, 'localStorage', {get() { throw new DOMException('refused'); }})"
    )
    site.room.state = "waiting"
    open_page()
    expect(page.locator(".self-test")).to_contain_text("本机不能保存")
    expect(page.locator(".self-test__verdict")).to_contain_text("可以考试")
    assert site.room.asked("self-test")[0]["journal"] == "memory"
    site.room.state = "in_progress"
    look(page)
    expect(page.locator("#stem")).to_be_visible()


def test_copying_printing_and_the_menu_are_stopped_and_counted(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    page.locator("#stem").dblclick()
    page.keyboard.press("Control+c")
    page.locator("#stem").click(button="right")
    page.keyboard.press("Control+p")
    expect(page.locator("#toast")).to_contain_text("不能复制、粘贴或打印")
    told = room.asked("blocked", 3)
    assert {report["kind"] for report in told} == {"copy", "menu", "print"}
    assert [report["times"] for report in told] == [1, 1, 1]
    page.get_by_role("button", name="举手").click()
    field = page.get_by_label("补充说明")
    field.fill("图看不清")
    stopped = field.evaluate(
        "node => !node.dispatchEvent(new ClipboardEvent('copy', {bubbles: true, cancelable: true}))"
    )
    assert not stopped  # a person's own words may be copied


def test_extra_time_stands_beside_the_clock_with_the_time_of_the_change(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    expect(page.locator("#extra")).to_have_text("")
    room.deadline_ms += 5 * canned.MINUTE_MS
    room.deadline_version += 1
    look(page)
    expect(page.locator("#extra")).to_have_text(re.compile(r"\+5 分钟 · 09:\d\d:\d\d 起"))
    page.reload()
    expect(page.locator("#extra")).to_have_text("+5 分钟")


@pytest.mark.parametrize(("minutes", "words"), [(30, "还有 30 分钟"), (1, "还有 1 分钟")])
def test_marks_of_the_clock_are_shown_and_spoken(
    room: ScriptedRoom, open_page: Callable[[], Page], minutes: int, words: str
) -> None:
    room.now_ms = room.deadline_ms - minutes * canned.MINUTE_MS - 2500
    page = open_page()
    expect(page.locator("#notices")).to_contain_text(words)
    expect(page.locator("#announcer")).to_contain_text(words)


def test_a_paper_that_the_proctor_covers_is_hidden_until_it_is_let_go_on(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    room.is_covered = True
    look(page)
    expect(page.get_by_role("heading", name="答卷已遮盖")).to_be_focused()
    expect(page.locator("#player")).to_be_hidden()
    assert violations(page) == []
    page.reload()  # a reload is no way out
    expect(page.get_by_role("heading", name="答卷已遮盖")).to_be_visible()
    room.is_covered = False
    look(page)
    expect(page.locator("#stem")).to_be_visible()
