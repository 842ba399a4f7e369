"""A candidate from sign-in to receipt, in a browser against the real server."""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from exam_server.delivery.states import AttemptState
from tests.support.browser import (
    UNPLUGGED,
    Journey,
    Paper,
    confirm_and_wait,
    sign_in_candidate,
)
from tests.support.rooms import OpenRoom, hand_in
from tests.support.served import Served

pytestmark = pytest.mark.browser


def first_of_section(page: Page, section: int) -> int:
    """Return the number of the first question of a section."""
    cell = page.locator("#groups section").nth(section).locator("button").first
    return int(cell.inner_text())


def test_a_candidate_sits_the_whole_exam_and_the_server_keeps_every_choice(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    page = journey.page()
    sign_in_candidate(page, place.admission_no, room.code)
    expect(page.locator(".identity")).to_contain_text(place.name)
    expect(page.locator(".identity")).to_contain_text(place.admission_no)
    confirm_and_wait(page)
    room.wall.sees(place.seat_no, "ready")
    began = room.start()
    paper = Paper(page)
    began.within(4.5, "start on the wall to the paper of the candidate", paper.open)

    paper.click(0)
    paper.click(2)
    paper.link("1 题中 1 题已存到服务器")
    page.keyboard.press("ArrowRight")
    paper.press("D")
    page.keyboard.press("m")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("n")
    expect(page.locator("#stem .stem__no")).to_have_text("4．")
    paper.press("B")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#stem .stem__no")).to_have_text("2．")
    expect(page.locator("#flag")).to_have_attribute("aria-pressed", "true")
    several = first_of_section(page, 1)
    paper.go(several)
    for letter in "ACA":
        paper.press(letter)
    judged = first_of_section(page, 2)
    paper.go(judged)
    paper.press("B")
    paper.answered(5)
    paper.link("5 题已存到服务器")

    page.reload()
    paper.open()
    expect(page.locator("#stem .stem__no")).to_have_text(f"{judged}．")
    expect(page.locator(".option input").nth(1)).to_be_checked()
    paper.answered(5)
    expect(page.locator("#flagged")).to_have_text("1")
    paper.link("5 题已存到服务器")

    paper.go(6)
    page.context.set_offline(True)
    with journey.outage(UNPLUGGED):
        paper.press("A")
        paper.link("网络中断 · 1 题已存本机")
        expect(page.locator("#notices")).to_contain_text("您的答案已保存在本机，可以继续作答")
        page.keyboard.press("ArrowRight")
        paper.press("C")
        paper.press("D")
        paper.link("网络中断 · 2 题已存本机")
        assert len(served.answers(place)) == 5
        page.context.set_offline(False)
        paper.link("7 题已存到服务器")
    expect(page.locator("#notices")).not_to_contain_text("网络中断")
    assert served.answers(place) == paper.chosen

    code = hand_in(page)
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", code)
    expect(page.locator(".receipt")).to_contain_text("7 / ")
    room.wall.sees(place.seat_no, "submitted")
    assert served.answers(place) == paper.chosen
    attempt = served.attempt(place)
    assert attempt.state == AttemptState.SUBMITTED
    assert json.loads(attempt.receipt or "")["code"] == code
    page.reload()
    expect(page.locator(".receipt__code")).to_have_text(code)


def test_a_hand_in_made_while_cut_off_arrives_with_all_answers(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    paper = room.working_paper(place)
    page = paper.page
    with journey.outage(UNPLUGGED):
        page.context.set_offline(True)
        for letter in "ABC":
            paper.press(letter)
            page.keyboard.press("ArrowRight")
        paper.link("网络中断 · 3 题已存本机")
        page.get_by_role("button", name="交卷", exact=True).click()
        dialog = page.get_by_role("dialog", name="确认交卷")
        expect(dialog).to_contain_text("有 3 道题还没有传到服务器")
        dialog.get_by_role("checkbox").check()
        dialog.get_by_role("button", name="确认交卷").click()
        expect(page.locator("#main")).to_contain_text("网络恢复后自动送出")
        page.context.set_offline(False)
        expect(page.get_by_role("heading", name="交卷成功")).to_be_visible()
    assert served.answers(place) == paper.chosen
    assert served.operations(place) == [(1, "set"), (2, "set"), (3, "set"), (4, "submit")]


def test_a_wrong_room_code_is_refused_and_nothing_is_lost_of_what_was_typed(
    room: OpenRoom, journey: Journey
) -> None:
    place = room.places[0]
    page = journey.page()
    page.goto("/exam/")
    page.get_by_label("准考证号").fill(place.admission_no)
    page.get_by_label("考场口令").fill("0" * 6 if room.code != "0" * 6 else "1" * 6)
    with journey.refusal("400 (BAD REQUEST)"):
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("准考证号")).to_have_value(place.admission_no)
