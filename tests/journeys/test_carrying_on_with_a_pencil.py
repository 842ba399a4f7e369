"""A PC is given up: card and booklet are printed, the scan is merged at the review desk."""

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from omr.layouts import layout_named
from omr.reader.blank import render_page
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.scanner import scan_card
from omr.rehearsal.severity import LADDER, Level
from tests.support.browser import grave_violations, sign_in_staff
from tests.support.rooms import SECOND_PROCTOR, OpenRoom
from tests.support.served import PASSWORD

pytestmark = pytest.mark.browser
DPI = 200


def go_on_on_paper(page: Page, name: str) -> None:
    """Tick one candidate, say why, confirm."""
    page.get_by_role("link", name="转纸笔").click()
    expect(page.get_by_role("heading", name="转纸笔作答")).to_be_visible()
    page.get_by_label(name, exact=True).check()
    page.get_by_label("原因").fill("主机损坏")
    page.get_by_label("复核人登录名").fill(SECOND_PROCTOR)
    page.get_by_role("button", name="结束上机，转为纸笔作答").click()
    expect(page.locator(".note--ok")).to_contain_text("已为 1 名考生转为纸笔作答")
    page.wait_for_load_state()


def filled_and_scanned(pdf: bytes) -> bytes:
    """Fill B and C of the first single question with a pencil, whatever was printed."""
    rng = np.random.default_rng(3)
    clean = render_page(pdf, dpi=DPI)
    pencil = {"q1": ("B", "C")}
    level = LADDER[Level.L0]
    filled = fill_card(clean, layout_named(), pencil, dpi=DPI, severity=level, rng=rng)
    return scan_card(filled, severity=level, rng=rng, dpi=DPI).jpeg


def test_saved_answers_are_printed_and_a_difference_is_decided_by_a_person(room: OpenRoom) -> None:
    place = room.places[0]
    paper = room.working_paper(place)
    paper.press("A")
    paper.link("1 题已存到服务器")
    proctor = room.wall.page
    go_on_on_paper(proctor, place.name)
    assert grave_violations(proctor) == []
    expect(paper.page.get_by_role("heading", name="已由监考人员交卷")).to_be_visible()
    address = f"/proctor/{room.sitting_id}/paper"
    for link, name in (("booklets.pdf", "全部试题册（1 份）"), ("cards.pdf", "全部答题卡（1 张）")):
        expect(proctor.get_by_role("link", name=name)).to_be_visible()
        printed = proctor.request.get(f"{address}/{link}")
        assert printed.ok
        assert printed.body().startswith(b"%PDF")
    scan = filled_and_scanned(printed.body())
    scanner = room.journey.page()
    sign_in_staff(scanner, "saomiao01", PASSWORD)
    scanner.goto(f"/cards/sittings/{room.sitting_id}")
    file = {"name": "card.jpg", "mimeType": "image/jpeg", "buffer": scan}
    scanner.locator("input[type=file]").set_input_files(file)
    scanner.get_by_role("button", name="上传并识读").click()
    expect(scanner.get_by_text("识读完毕")).to_be_visible(timeout=60_000)
    scanner.wait_for_load_state()
    scanner.goto(scanner.url.replace("/batches/", "/review/"))
    expect(scanner.get_by_text("与服务器保存的答案不同")).to_be_visible()
    expect(scanner.locator("[data-saved]")).to_contain_text("卡上预印的是服务器保存的答案")
    assert grave_violations(scanner) == []
    scanner.locator("form[data-review]").get_by_text("C", exact=True).first.click()
    scanner.get_by_role("button", name="确认，下一处").click()
    expect(scanner.get_by_role("button", name="完成本页")).to_be_visible()
