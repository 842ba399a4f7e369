"""A pile of scans from the upload to the proven bound, as the person at the scanner sees it."""

import numpy as np
import pytest
from playwright.sync_api import FilePayload, Page, expect

from tests.support.browser import Journey, grave_violations, sign_in_staff, wait_for_keys
from tests.support.scan_batches import png, zipped
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
EMPTY = png(np.full((1169, 827), 250, np.uint8))
READ_WITHIN_MS = 60_000


@pytest.fixture
def scanner(journey: Journey) -> Page:
    page = journey.page()
    sign_in_staff(page, "saomiao01", PASSWORD)
    return page


def file(name: str, content: bytes) -> FilePayload:
    return {"name": name, "mimeType": "application/octet-stream", "buffer": content}


def test_scans_are_sent_read_outside_the_page_and_every_page_is_accounted_for(
    scanner: Page, served: Served
) -> None:
    scanner.goto(f"/cards/sittings/{served.world.waiting.card_sitting_id}")
    pile = zipped({"1.png": EMPTY, "2.zip": zipped({"a": b"b"})})
    scanner.locator("#f-files").set_input_files([file("pile.zip", pile), file("x.txt", b"x")])
    scanner.get_by_role("button", name="上传并识读").click()
    heading = scanner.get_by_role("heading", name="扫描批次 pile.zip +1")
    expect(heading).to_be_visible()
    expect(scanner.get_by_text("识读完毕")).to_be_visible(timeout=READ_WITHIN_MS)
    expect(scanner.locator("[data-count=promised]")).to_have_text("3")
    expect(scanner.locator("[data-count=blank]")).to_have_text("1")
    expect(scanner.locator("[data-count=total]")).to_have_text("3")
    assert grave_violations(scanner) == []
    scanner.locator("[data-count=rejected] a").click()
    expect(scanner.get_by_text("压缩包里又有压缩包")).to_be_visible()
    expect(scanner.get_by_text("不支持的文件类型")).to_be_visible()


def test_a_sample_of_confident_answers_is_compared_by_keyboard(
    scanner: Page, served: Served
) -> None:
    scanner.goto(f"/cards/sittings/{served.world.waiting.card_sitting_id}")
    scanner.get_by_role("link", name="场答题卡").click()
    scanner.get_by_role("link", name="批次报告").click()
    scanner.get_by_label("抽样题数").select_option("0.02")
    scanner.get_by_role("button", name="抽样并核对").click()
    expect(scanner.get_by_text("0 / ")).to_be_visible()
    assert grave_violations(scanner) == []
    for key, judged in (("y", 1), ("Enter", 2), ("n", 3)):
        scanner.keyboard.press(key)
        expect(scanner.get_by_text(f"{judged} / ")).to_be_visible()
        wait_for_keys(scanner)
    scanner.get_by_role("link", name="批次报告").click()
    bound = scanner.get_by_text("核对 3 题，误读 1 题：静默误读率的 95% 置信上限为 86.465%")
    expect(bound).to_be_visible()
    assert grave_violations(scanner) == []
