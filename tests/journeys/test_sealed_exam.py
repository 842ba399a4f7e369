"""An exam from sealed papers: slips, download, two persons at the wall, a cable cut at T0."""

import re

from playwright.sync_api import expect

from tests.support.browser import (
    UNPLUGGED,
    Journey,
    Paper,
    Wall,
    confirm_and_wait,
    sign_in_candidate,
    sign_in_staff,
)
from tests.support.rooms import PROCTOR
from tests.support.served import PASSWORD, Served

CODE = re.compile(r"(?:[0-9A-Z]{4}-){3}[0-9A-Z]{4}")


def test_a_paper_downloaded_before_the_start_opens_with_32_bytes(
    journey: Journey, served: Served
) -> None:
    sitting_id = served.next_room()
    head, proctor = sealed_by_two(journey, sitting_id)
    wall_page = journey.page()
    sign_in_staff(wall_page, PROCTOR, PASSWORD)
    wall = Wall(wall_page, sitting_id)
    code = wall.open_check_in()
    here, away = served.places(sitting_id)[:2]
    pages = [journey.page(), journey.page()]
    asked: list[str] = []
    pages[1].on("request", lambda request: asked.append(request.url))
    for page, place in zip(pages, (here, away), strict=True):
        sign_in_candidate(page, place.admission_no, code)
        confirm_and_wait(page)
        expect(page.get_by_text("试卷已加密下载到本机")).to_be_visible()
    assert sum("/exam/package/" in url for url in asked) == 1
    wall.act("#phase", "启封试卷", reviewer="jigou01", head_code=head, proctor_code=proctor)
    expect(wall_page.get_by_text("试卷已启封")).to_be_visible()
    late = Paper(pages[1])
    with journey.outage(UNPLUGGED):
        late.page.context.set_offline(True)
        wall.act("#phase", "开始考试")
        Paper(pages[0]).open()
        del asked[:]
        late.page.context.set_offline(False)
        late.open()
    assert not [url for url in asked if "/exam/package/" in url or url.endswith("/api/state")]
    late.click(0)
    late.answered(1)
    late.link("1 题已存到服务器")


def sealed_by_two(journey: Journey, sitting_id: int) -> tuple[str, str]:
    """Seal on the office's page; return the codes that its two slips show."""
    office = journey.page()
    sign_in_staff(office, "qianfa01", PASSWORD)
    office.goto(f"/papers/sittings/{sitting_id}/custody")
    office.wait_for_load_state()
    office.get_by_label("在场见证人账号").fill("tiku01")
    office.get_by_label("见证人密码").fill(PASSWORD)
    office.get_by_role("button", name="封存并显示启封单").click()
    expect(office.get_by_role("heading", name="试卷启封单")).to_have_count(2)
    codes = [found.inner_text() for found in office.locator(".unlock-slip__code").all()]
    assert all(CODE.fullmatch(code) for code in codes)
    office.context.close()
    return codes[0], codes[1]
