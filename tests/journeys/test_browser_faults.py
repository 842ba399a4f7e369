"""A pulled cable, a set clock, lost replies, two tabs: the candidate's page stands them."""

import json
import math
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from exam_server.delivery.models import RoomEvent
from tests.support.browser import Journey, Paper, confirm_and_wait, sign_in_candidate
from tests.support.cable import Cable
from tests.support.lost_replies import (
    LOST,
    LostReplies,
    press_hand_in,
    receipts_sent_again,
)
from tests.support.rooms import OpenRoom
from tests.support.served import Place, Served

pytestmark = pytest.mark.browser
HOUR_MS = 3_600_000
SLEEP_MS = 600_000
LOST_REPLIES, PRESSES = 3, 10
SHAKEN_CLOCKS = """(() => {
  const clocks = window.clocks = {wall: 0, asleep: 0};
  const now = Date.now.bind(Date), monotonic = performance.now.bind(performance);
  Date.now = () => now() + clocks.wall;
  performance.now = () => monotonic() - clocks.asleep;
})()"""
SECONDS_SHOWN = """() => document.querySelector("#remaining").textContent
  .split(":").reduce((sum, part) => 60 * sum + Number(part), 0)"""


@pytest.fixture
def cable(served: Served) -> Iterator[Cable]:
    """The cable of the candidate's PC."""
    with Cable(served.address) as opened:
        yield opened


@pytest.fixture
def far(browser: Browser, cable: Cable) -> Iterator[Journey]:
    """The watched pages of a PC at the end of the cable."""
    opened = Journey(browser, cable.address)
    yield opened
    opened.close()


def silences(served: Served, place: Place) -> list[str]:
    """Return what the room's feed says of a seat that fell silent."""
    with served.database.reading() as db:
        chosen = select(RoomEvent.text).where(
            RoomEvent.admission_id == place.admission_id, RoomEvent.kind == "offline"
        )
        return list(db.scalars(chosen.order_by(RoomEvent.id)))


def test_everything_answered_with_the_cable_out_is_stored_within_seconds_of_its_return(
    room: OpenRoom, served: Served, far: Journey, cable: Cable
) -> None:
    place = room.places[0]
    page = far.page()
    sign_in_candidate(page, place.admission_no, room.code)
    confirm_and_wait(page)
    room.start()
    paper = Paper(page)
    paper.open()
    paper.press("A")
    paper.link("1 题已存到服务器")
    cable.pull()
    for letter in "BCABDCA":
        page.keyboard.press("ArrowRight")
        paper.press(letter)
    paper.link("网络中断 · 7 题已存本机")
    room.wall.sees(place.seat_no, "offline")
    assert len(served.answers(place)) == 1
    cable.plug_in()
    paper.link("8 题已存到服务器")
    room.wall.sees(place.seat_no, "active")
    assert served.answers(place) == paper.chosen
    assert len(silences(served, place)) == 1


def is_right(page: Page, served: Served, place: Place) -> bool:
    """Say whether the remaining time on the page is that of the server, to the second."""
    before = math.ceil(served.left_s(place))
    shown: int = page.evaluate(SECONDS_SHOWN)
    return math.ceil(served.left_s(place)) - 1 <= shown <= before + 1


def test_neither_a_set_clock_nor_a_sleep_of_the_pc_changes_the_time_of_the_exam(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    page = journey.page(timezone_id=None)  # set and changed below
    page.add_init_script(SHAKEN_CLOCKS)
    sign_in_candidate(page, place.admission_no, room.code)
    confirm_and_wait(page)
    room.start()
    Paper(page).open()
    devtools = page.context.new_cdp_session(page)
    deadline_at = served.deadline(place)

    def becomes_right() -> None:
        for _ in range(50):
            if is_right(page, served, place):
                return
            page.wait_for_timeout(100)
        pytest.fail(f"{page.evaluate(SECONDS_SHOWN)} shown, {served.left_s(place)} left")

    for wall, zone in ((HOUR_MS, "Asia/Tokyo"), (-HOUR_MS, "America/Los_Angeles"), (0, "")):
        page.evaluate("wall => { clocks.wall = wall; }", wall)
        devtools.send("Emulation.setTimezoneOverride", {"timezoneId": zone})
        page.wait_for_timeout(500)
        becomes_right()
    page.evaluate("ms => { clocks.asleep = ms; }", SLEEP_MS)
    becomes_right()
    devtools.send("Page.setWebLifecycleState", {"state": "frozen"})
    page.wait_for_timeout(2000)
    devtools.send("Page.setWebLifecycleState", {"state": "active"})
    becomes_right()
    assert served.deadline(place) == deadline_at


def test_a_hand_in_pressed_ten_times_with_three_lost_replies_is_one_receipt(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    page = journey.page()
    replies = LostReplies(page, LOST_REPLIES)
    with journey.outage(LOST):
        sign_in_candidate(page, place.admission_no, room.code)
        confirm_and_wait(page)
        room.start()
        paper = Paper(page)
        paper.open()
        paper.press("B")
        paper.link("1 题已存到服务器")
        press_hand_in(page, PRESSES)
    assert len(replies.lost) == LOST_REPLIES
    assert served.operations(place) == [(1, "set"), (2, "submit")]
    stored = json.loads(served.attempt(place).receipt or "")
    expect(page.locator(".receipt__code")).to_have_text(stored["code"])
    receipts = set(receipts_sent_again(page, replies.lost[0], PRESSES))
    assert len(receipts) == 1
    assert json.loads(receipts.pop()) == stored


def test_of_two_tabs_only_the_newer_one_writes(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    paper = room.working_paper(place)
    older = paper.page
    paper.press("A")
    paper.link("1 题已存到服务器")
    newer = Paper(older.context.new_page())
    newer.chosen = dict(paper.chosen)
    newer.page.goto("/exam/room")
    newer.open()
    expect(older.get_by_role("heading", name="本场考试已在另一个页面打开")).to_be_visible()
    older.keyboard.press("c")
    newer.go(2)
    newer.press("D")
    newer.link("2 题已存到服务器")
    assert served.answers(place) == newer.chosen
    assert served.operations(place) == [(1, "set"), (2, "set")]
