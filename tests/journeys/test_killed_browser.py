"""The browser of a candidate is killed the moment a mark is painted; the mark is in the journal."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import Paper, Stopwatch, confirm_and_wait, sign_in_candidate
from tests.support.cable import Cable
from tests.support.exam_pc import ExamPc
from tests.support.rooms import OpenRoom
from tests.support.served import Served

pytestmark = pytest.mark.browser
KILLS = 4
RESUMED_S = 20.0
PAINTED = """place => new Promise((resolve) => {
  const box = document.querySelectorAll(".option input")[place];
  const look = () => (box.checked ? resolve() : requestAnimationFrame(look));
  look();
})"""


@pytest.fixture
def cable(served: Served) -> Iterator[Cable]:
    """The cable of the candidate's PC."""
    with Cable(served.address) as opened:
        yield opened


@pytest.fixture
def pc(browser: Browser, tmp_path: Path) -> Iterator[ExamPc]:
    """A PC whose browser can be killed."""
    with ExamPc(browser.browser_type, tmp_path / "profile") as opened:
        yield opened


def resumed(pc: ExamPc, cable: Cable) -> Page:
    """Start the browser again and open the exam, as its start page does."""
    page = pc.start()
    page.goto(f"{cable.address}/exam/")
    expect(page.locator("#stem")).to_be_visible()
    return page


def test_a_painted_mark_survives_the_death_of_the_browser(
    room: OpenRoom, served: Served, cable: Cable, pc: ExamPc
) -> None:
    place = room.places[0]
    page = pc.start()
    sign_in_candidate(page, place.admission_no, room.code, cable.address)
    confirm_and_wait(page)
    room.start()
    expect(page.locator("#stem")).to_be_visible()
    ledger: dict[str, tuple[str, ...]] = {}
    for kill in range(KILLS):
        paper = Paper(page)
        paper.go(kill + 1)
        cable.pull()
        box = page.locator(".option input").nth(kill % 2)
        name, value = box.get_attribute("name") or "", box.get_attribute("value") or ""
        page.locator(".option").nth(kill % 2).click()
        page.evaluate(PAINTED, kill % 2)
        pc.kill()
        ledger[name] = (value,)
        assert served.answers(place).get(name) is None
        watch = Stopwatch()
        cable.plug_in()
        page = resumed(pc, cable)
        watch.within(RESUMED_S, "killed to paper", lambda: None)
        Paper(page).link(f"{kill + 1} 题已存到服务器")
        assert served.answers(place) == ledger
