"""An exam room in browsers: the proctor's wall and the candidates' pages."""

from dataclasses import dataclass

from playwright.sync_api import Page, expect

from tests.support.browser import (
    Journey,
    Paper,
    Stopwatch,
    Wall,
    confirm_and_wait,
    sign_in_candidate,
    sign_in_staff,
)
from tests.support.served import PASSWORD, Place, Served

PROCTOR, SECOND_PROCTOR = "jiankao01", "jiankao02"


@dataclass(frozen=True)
class OpenRoom:
    """A sitting whose candidates may sign in."""

    journey: Journey
    served: Served
    sitting_id: int
    wall: Wall
    code: str
    places: list[Place]

    def waiting_page(self, place: Place) -> Page:
        """Let a candidate sign in, confirm and wait at a computer of their own."""
        page = self.journey.page()
        sign_in_candidate(page, place.admission_no, self.code)
        confirm_and_wait(page)
        self.wall.sees(place.seat_no, "ready")
        return page

    def start(self) -> Stopwatch:
        """Start the exam for all who are waiting."""
        return self.wall.act("#phase", "开始考试")

    def working_paper(self, place: Place) -> Paper:
        """Let one candidate wait and the exam begin."""
        page = self.waiting_page(place)
        self.start()
        paper = Paper(page)
        paper.open()
        return paper


def open_room(journey: Journey, served: Served) -> OpenRoom:
    """Let a proctor sign in, enter an unused room and open its check-in."""
    sitting_id = served.next_room()
    page = journey.page()
    sign_in_staff(page, PROCTOR, PASSWORD)
    wall = Wall(page, sitting_id)
    code = wall.open_check_in()
    return OpenRoom(journey, served, sitting_id, wall, code, served.places(sitting_id))


def hand_in(page: Page) -> str:
    """Hand in, answering the dialog twice; returns the receipt code."""
    page.get_by_role("button", name="交卷", exact=True).click()
    dialog = page.get_by_role("dialog", name="确认交卷")
    confirm = dialog.get_by_role("button", name="确认交卷")
    expect(confirm).to_be_disabled()
    dialog.get_by_label("我已检查答卷，交卷后不能再修改。").check()
    confirm.click()
    expect(page.get_by_role("heading", name="交卷成功")).to_be_visible()
    return page.locator(".receipt__code").inner_text()
