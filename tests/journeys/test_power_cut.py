"""The server is killed while a candidate answers; nothing is lost and nothing comes twice."""

import pytest
from playwright.sync_api import expect

from tests.support.browser import SERVER_GONE, Journey
from tests.support.rooms import OpenRoom, hand_in
from tests.support.served import Served

pytestmark = pytest.mark.browser


def test_a_candidate_answers_on_through_a_killed_server(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    paper = room.working_paper(place)
    page = paper.page
    for letter in "ABC":
        paper.press(letter)
        page.keyboard.press("ArrowRight")
    paper.link("3 题已存到服务器")
    address = served.address
    with journey.outage(SERVER_GONE):
        served.server.kill()
        for letter in "DCBA":
            paper.press(letter)
            page.keyboard.press("ArrowRight")
        paper.link("网络中断 · 4 题已存本机")
        expect(page.locator("#notices")).to_contain_text("可以继续作答")
        expect(room.wall.page.locator("#link")).to_contain_text("连接中断")
        served.server.start()
        assert served.address == address
        paper.press("D")
        paper.link("8 题已存到服务器")
        expect(room.wall.page.locator("#link")).to_have_text("实时连接正常")
    room.wall.sees(place.seat_no, "active")
    assert served.answers(place) == paper.chosen
    assert served.operations(place) == [(number, "set") for number in range(1, 9)]
    hand_in(page)
    room.wall.sees(place.seat_no, "submitted")
    assert len(served.operations(place)) == 9
