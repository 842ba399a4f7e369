"""A page that is in doubt as a whole: a person compares all of it and corrects what differs."""

import re

import cv2
import numpy as np
import pytest
from playwright.sync_api import FilePayload, Page, expect

from omr.reader.loading import decode_gray
from tests.support.browser import Journey, grave_violations, sign_in_staff, wait_for_keys
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
READ_WITHIN_MS = 60_000
DARK = 0.4  # of the light of a usual scan


@pytest.fixture
def clerk(journey: Journey) -> Page:
    page = journey.page()
    sign_in_staff(page, "saomiao01", PASSWORD)
    return page


def darker(scan: bytes) -> FilePayload:
    image = decode_gray(scan)
    assert image is not None
    _, dark = cv2.imencode(".png", (image * DARK).astype(np.uint8))
    return {"name": "dark.png", "mimeType": "image/png", "buffer": dark.tobytes()}


def set_aside(clerk: Page, batch_id: int) -> bytes:
    """Put the first page of a pile aside and return its scan."""
    clerk.goto(f"/cards/review/{batch_id}")
    original = str(clerk.locator("[data-original]").get_attribute("href"))
    scan = clerk.request.get(original).body()
    clerk.locator("summary").filter(has_text="剔除本页").focus()
    clerk.keyboard.press("Enter")  # a control with the focus takes the key, not the desk
    clerk.get_by_label("原因").fill("扫描过暗")
    clerk.get_by_role("button", name="剔除本页").click()
    expect(clerk.get_by_text("本页已剔除")).to_be_visible()
    return scan


def send_again(clerk: Page, sitting_id: int, scan: FilePayload) -> None:
    clerk.goto(f"/cards/sittings/{sitting_id}")
    clerk.locator("#f-files").set_input_files([scan])
    clerk.get_by_role("button", name="上传并识读").click()
    expect(clerk.get_by_text("识读完毕")).to_be_visible(timeout=READ_WITHIN_MS)
    clerk.get_by_role("link", name="开始复核 1").click()


def test_a_page_in_doubt_as_a_whole_is_compared_before_it_counts(
    clerk: Page, served: Served
) -> None:
    scan = set_aside(clerk, served.world.waiting_batch_id)
    send_again(clerk, served.world.waiting.card_sitting_id, darker(scan))
    compared = clerk.get_by_role("checkbox", name=re.compile("^已逐题对照全页"))
    while not compared.count():  # doubts of single groups come first
        wait_for_keys(clerk)
        with clerk.expect_navigation():
            clerk.keyboard.press("Enter")
    wait_for_keys(clerk)
    assert grave_violations(clerk) == []
    clerk.keyboard.press("Enter")
    expect(compared).to_be_visible()  # nothing is finished that was not compared

    first = clerk.get_by_role("link", name=re.compile("^第 1 题："))
    read = str(first.get_attribute("aria-label"))[-1]
    other = next(letter for letter in "AB" if letter != read)
    first.focus()
    with clerk.expect_navigation():
        clerk.keyboard.press("Enter")
    expect(clerk.get_by_role("img", name="第 1 题 的扫描图")).to_be_visible()
    wait_for_keys(clerk)
    clerk.keyboard.press(other)
    with clerk.expect_navigation():
        clerk.keyboard.press("Enter")
    expect(clerk.get_by_role("link", name=f"第 1 题：{other}")).to_be_visible()
    wait_for_keys(clerk)

    clerk.keyboard.press("Space")
    expect(compared).to_be_checked()
    clerk.keyboard.press("Enter")
    expect(clerk.get_by_text("本批次已复核完毕")).to_be_visible()
