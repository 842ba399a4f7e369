"""Calculator, highlighter and striking out: where the paper allows them, by mouse and by keyboard."""

# ruff: noqa: E501 - a script for the browser is one line

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.exam_server.static.exam_site import ScriptedRoom
from tests.exam_server.static.test_candidate_page import go, open_page, room, violations

__all__ = ["open_page", "room"]
pytestmark = pytest.mark.browser
ALL = ["calculator", "highlighter", "eliminator"]


@pytest.mark.parametrize(
    ("keys", "shown"),
    [
        ("2 + 3 × 4 =", "20"),
        ("0 . 1 + 0 . 2 =", "0.3"),
        ("2 4 ÷ 6 0 =", "0.4"),
        ("1 ÷ 3 × 3 =", "1"),
        ("9 √", "3"),
        ("9 + 1 6 √ =", "13"),
        ("2 0 0 + 1 0 % =", "220"),
        ("5 0 %", "0.5"),
        ("5 M+ C 2 × MR =", "10"),
        ("5 M+ M− MR", "0"),
        ("2 × 3 = = =", "54"),
        ("7 ± + 2 =", "-5"),
        ("1 2 ← 3 =", "13"),
        ("1 ÷ 0 =", "错误"),
        ("1 ÷ 0 = 5", "错误"),
        ("1 ÷ 0 = C 5", "5"),
        ("1 ± √", "错误"),
        ("9 9 9 9 9 9 9 9 9 9 9 9 + 1 =", "错误"),
        ("1 2 3 4 5 6 7 8 9 0 1 2 3", "123456789012"),
        ("1 . 5 . 5", "1.55"),
        ("6 + − 2 =", "4"),
        ("1 ÷ 1 0 0 0 0 0 0 0 0 =", "0.00000001"),
    ],
)
def test_the_calculator_counts_as_one_on_a_desk(run: Any, keys: str, shown: str) -> None:
    script = 'const { Calculator } = await import("/static/js/exam/calculator.js"); const c = new Calculator(); let shown = ""; '
    pressed = f"for (const key of '{keys}'.split(' ')) shown = c.press(key); return shown;"
    assert run(script + pressed) == shown


def test_passages_grow_together_and_lose_their_colour_again(run: Any) -> None:
    seen = run(
        """const { Markings } = await import("/static/js/candidate/markings.js");
        const one = new Markings("t", null), seen = [];
        for (const [from, to] of [[2, 5], [8, 9], [4, 8], [3, 4], [0, 9], [0, 9]]) { one.highlight("q1", from, to); seen.push(JSON.stringify(one.of("q1").passages)); }
        return seen;"""
    )
    assert seen == ["[[2,5]]", "[[2,5],[8,9]]", "[[2,9]]", "[[2,3],[4,9]]", "[[0,9]]", "[]"]


def test_a_paper_that_allows_no_tool_shows_none(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    expect(page.locator("#stem")).to_be_visible()
    expect(page.locator("#tools button, .option-row__out, .calculator")).to_have_count(0)


def test_struck_options_and_highlights_outlive_a_reload(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    room.paper["tools"] = ALL
    page = open_page()
    go(page, 38)
    page.get_by_role("button", name="排除选项 A").click()
    page.get_by_role("button", name="排除选项 C").press("Enter")
    page.get_by_role("button", name="排除选项 C").press("Enter")
    page.locator("#stem .rich").evaluate(
        "node => { const text = node.firstChild.firstChild || node.firstChild; getSelection().setBaseAndExtent(text, 2, text, 5); }"
    )
    page.locator("#highlight").click()
    marked = page.locator("#stem mark")
    expect(marked).to_have_count(1)
    words = marked.inner_text()
    assert len(words) == 3
    page.reload()
    expect(marked).to_have_text(words)
    expect(page.get_by_role("button", name="排除选项 A")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="排除选项 C")).to_have_attribute("aria-pressed", "false")
    assert violations(page) == []
    page.keyboard.press("b")  # striking out chooses nothing and forbids nothing
    expect(page.locator("#answered")).to_have_text("39")
    page.locator("#highlight").press("Enter")  # without a selection the whole stem
    expect(marked).not_to_have_text(words)
    page.locator("#highlight").press("Enter")
    expect(marked).to_have_count(0)


def test_the_calculator_works_by_keyboard_and_answers_nothing(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    room.paper["tools"] = ALL
    page = open_page()
    go(page, 38)
    page.locator("#calculator").press("Enter")
    panel = page.get_by_role("dialog", name="计算器")
    expect(panel).to_be_focused()
    page.keyboard.type("24*1.5")
    page.keyboard.press("Enter")
    expect(panel.locator("output")).to_have_text("36")
    panel.get_by_role("button", name="开平方").click()
    expect(panel.locator("output")).to_have_text("6")
    assert violations(page) == []
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.locator("#calculator")).to_be_focused()
    expect(page.locator("#answered")).to_have_text("38")


def test_tools_leave_room_for_the_words_at_200_percent(
    room: ScriptedRoom, open_page: Callable[[], Page], page: Page
) -> None:
    page.set_viewport_size({"width": 683, "height": 384})
    room.paper["tools"] = ALL
    room.display = {"theme": "", "zoom": 3}
    open_page()
    assert page.evaluate(
        "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
    )
