"""A PC is unwell: the candidate signs in at another one, a proctor approves, the paper goes on."""

import os

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from exam_server.delivery.models import RefusedOp
from tests.support.browser import UNPLUGGED, Journey, Paper, Stopwatch
from tests.support.rooms import OpenRoom
from tests.support.served import Served

pytestmark = pytest.mark.browser
MOVED_S = 60.0
SHOTS = os.environ.get("KAOHE_SHOTS", "")


def test_a_candidate_moves_to_another_pc_and_the_old_one_is_fenced(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    old = room.working_paper(place)
    for letter in "AB":
        old.press(letter)
        old.page.keyboard.press("ArrowRight")
    old.link("2 题已存到服务器")

    watch = Stopwatch()
    page = journey.page()
    page.goto("/exam/")
    page.get_by_label("准考证号").fill(place.admission_no)
    page.get_by_label("考场口令").fill(room.code)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="请等待监考人员批准换机")).to_be_visible()
    old.press("C")
    old.link("3 题已存到服务器")

    wall = room.wall.page
    room.wall.sees(place.seat_no, "alert")
    wall.get_by_role("button", name="核对并办理").click()
    dialog = wall.get_by_role("dialog")
    expect(dialog).to_contain_text(place.name)
    dialog.get_by_role("button", name="批准换机").click()
    expect(dialog.get_by_role("alert")).to_contain_text("核对照片")
    dialog.get_by_label("已当面核对，照片与考生本人一致").check()
    if SHOTS:
        wall.screenshot(path=f"{SHOTS}/transfer-wall.png")
        page.screenshot(path=f"{SHOTS}/transfer-new-pc.png")
    with journey.outage(UNPLUGGED):
        old.page.context.set_offline(True)
        old.page.keyboard.press("ArrowRight")
        old.press("D")  # cut off, the old PC does not know yet
        dialog.get_by_role("button", name="批准换机").click()
        new = Paper(page)
        new.open()
        new.chosen = dict(old.chosen)
        lost = new.chosen.popitem()
        new.answered(3)
        new.go(5)
        new.press("A")
        new.link("4 题已存到服务器")
        watch.within(MOVED_S, "sign-in at the new PC to an answer on the server", lambda: None)
        old.page.context.set_offline(False)
        covered = old.page.get_by_role("heading", name="本场考试已在另一台机器上继续")
        expect(covered).to_be_visible()
    room.wall.sees(place.seat_no, "active")
    assert served.answers(place) == new.chosen
    assert lost[0] not in new.chosen
    with served.database.reading() as db:
        kept = db.scalars(select(RefusedOp.reason).order_by(RefusedOp.id)).all()
    assert kept == ["fenced"]
    if SHOTS:
        old.page.screenshot(path=f"{SHOTS}/transfer-old-pc.png")


def test_refused_the_candidate_goes_on_at_the_old_pc(
    room: OpenRoom, served: Served, journey: Journey
) -> None:
    place = room.places[0]
    old = room.working_paper(place)
    page = journey.page()
    page.goto("/exam/")
    page.get_by_label("准考证号").fill(place.admission_no)
    page.get_by_label("考场口令").fill(room.code)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="请等待监考人员批准换机")).to_be_visible()
    wall = room.wall.page
    wall.get_by_role("button", name="核对并办理").click()
    dialog = wall.get_by_role("dialog")
    dialog.get_by_label("拒绝的原因").fill("不是本人")
    dialog.get_by_role("button", name="拒绝换机").click()
    expect(page.get_by_role("heading", name="监考人员没有批准换机")).to_be_visible()
    expect(wall.locator("#transfers")).to_be_hidden()
    old.press("B")
    old.link("1 题已存到服务器")
    assert served.answers(place) == old.chosen
