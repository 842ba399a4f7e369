"""One button before check-in: the exam PCs on the sign-in page play a full room."""

import re

import pytest
from playwright.sync_api import expect

from tests.support.browser import Journey, Wall, sign_in_staff
from tests.support.rooms import PROCTOR
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
COMPUTERS = 2


def test_exam_pcs_play_a_full_room_and_the_result_stands_in_the_record(
    journey: Journey, served: Served
) -> None:
    sitting_id = served.next_room()
    computers = [journey.page() for _ in range(COMPUTERS)]
    for page in computers:
        page.goto("/exam/")
    proctor = journey.page()
    sign_in_staff(proctor, PROCTOR, PASSWORD)
    wall = Wall(proctor, sitting_id)
    wall.act("#phase", "压力测试")
    phase = proctor.locator("#phase")
    expect(phase).to_contain_text(f"{COMPUTERS} 台考生机扮演 30 名考生")
    expect(phase).to_contain_text(re.compile(r"已保存 [1-9]\d{2,} 次"), timeout=60_000)
    expect(computers[0].locator("#load-test")).to_contain_text("本机正在模拟答题")
    computers[1].get_by_label("准考证号").fill("2")  # somebody sits down
    expect(computers[1].locator("#load-test")).to_be_hidden()
    wall.act("#phase", "停止测试")
    expect(phase).to_contain_text(f"{COMPUTERS} 台考生机，每秒保存")
    expect(phase).to_contain_text("出错 0 次")
    phase.get_by_role("link", name="记录单").click()
    expect(proctor.get_by_text("压力测试", exact=True)).to_be_visible()
