"""A card from the drawing board to the printer: decided, moved, corrected, tried, released."""

import io
import json
import re

import pypdfium2
import pytest
from PIL import Image
from playwright.sync_api import Page, expect
from sqlalchemy import select

from omr.models import DesignedCard
from tests.support.browser import Journey, grave_violations, sign_in_staff
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
ROSTER = "准考证号,姓名,座位号\n2532010001019,张三,1\n2532010001027,李四,2\n"


@pytest.fixture
def clerk(journey: Journey) -> Page:
    page = journey.page()
    sign_in_staff(page, "saomiao01", PASSWORD)
    return page


def cells(page: Page, part: str) -> int:
    return page.locator(f'[data-part="{part}"] rect[fill="none"]').count()


def place_of(page: Page, part: str) -> tuple[float, float]:
    reach = page.locator(f'[data-part="{part}"] .board__reach')
    return float(reach.get_attribute("x") or 0), float(reach.get_attribute("y") or 0)


def file_behind(page: Page, name: str) -> bytes:
    row = page.locator("tr").filter(has_text="KH-MINE")
    reply = page.request.get(str(row.get_by_role("link", name=name).get_attribute("href")))
    assert reply.ok
    return reply.body()


def test_card_is_designed_moved_corrected_tried_released_and_printed(
    clerk: Page, journey: Journey, served: Served
) -> None:
    clerk.goto("/work")
    clerk.get_by_role("link", name="答题卡版式").click()
    clerk.get_by_role("link", name="设计新版式").click()
    clerk.get_by_label("版式代码").fill("kh-mine")
    clerk.get_by_label("第 1 行题数").fill("30")
    clerk.get_by_label("第 2 行题数").fill("")
    clerk.get_by_label("第 3 行题数").fill("10")
    expect(clerk.get_by_role("group", name="判断题 31—40")).to_be_visible()
    expect(clerk.locator("[data-findings]")).to_contain_text("没有影响识读的问题")
    assert cells(clerk, "q31") == 20
    assert grave_violations(clerk) == []

    before = place_of(clerk, "q31")
    clerk.get_by_role("group", name="判断题 31—40").focus()
    clerk.keyboard.press("Shift+ArrowRight")
    expect(clerk.locator('[data-part="q31"] .board__reach')).to_have_attribute(
        "x", re.compile(rf"^{before[0] + 5:g}$")
    )
    expect(clerk.get_by_role("group", name="判断题 31—40")).to_be_focused()
    box = clerk.get_by_role("group", name="注意事项", exact=True).bounding_box()
    assert box is not None
    clerk.mouse.move(box["x"] + 20, box["y"] + 20)
    clerk.mouse.down()
    clerk.mouse.move(box["x"] + 20, box["y"] + 120, steps=4)
    clerk.mouse.up()
    expect(clerk.locator("[data-findings]")).to_contain_text("重叠")
    expect(clerk.locator(".board__finding--fault").first).to_be_visible()
    clerk.get_by_role("button", name="复位移动").click()
    expect(clerk.locator("[data-findings]")).to_contain_text("没有影响识读的问题")

    clerk.get_by_label("行距（毫米）").fill("4.4")
    expect(clerk.locator("[data-findings]")).to_contain_text("行距 4.4 毫米")
    clerk.get_by_label("行距（毫米）").fill("99")
    expect(clerk.get_by_role("alert")).to_contain_text("行距须在")
    clerk.get_by_label("行距（毫米）").fill("5")
    expect(clerk.get_by_role("alert")).to_be_hidden()

    clerk.get_by_role("button", name="试印试读").click()
    table = clerk.locator("[data-trial-table] tbody")
    expect(table.locator("tr")).to_have_count(3, timeout=60_000)
    assert [row.locator("td").nth(2).inner_text() for row in table.locator("tr").all()] == ["0"] * 3
    assert grave_violations(clerk) == []

    clerk.get_by_role("button", name="保存为新版本").click()
    expect(clerk.get_by_role("status").filter(has_text="已保存为 KH-MINE 第 1 版")).to_be_visible()
    assert grave_violations(clerk) == []
    ask = clerk.locator("tr").filter(has_text="KH-MINE").locator("details.ask")
    ask.filter(has_text="发布").locator("summary").click()
    ask.get_by_role("checkbox").check()
    ask.get_by_role("button", name="发布").click()
    expect(clerk.locator("tr").filter(has_text="KH-MINE")).to_contain_text("已发布")

    assert len(pypdfium2.PdfDocument(file_behind(clerk, "PDF"))) == 1
    assert Image.open(io.BytesIO(file_behind(clerk, "PNG"))).size[1] == pytest.approx(3508, abs=2)
    boxes = json.loads(file_behind(clerk, "填涂框坐标"))
    assert sum(box["kind"] == "answer" for box in boxes) == 30 * 4 + 10 * 2
    with served.database.reading() as db:
        kept = db.scalars(select(DesignedCard).where(DesignedCard.code == "KH-MINE")).one()
        assert (kept.items, kept.pages, kept.state) == (40, 1, "released")


def test_cards_are_printed_for_a_list_and_as_spares(clerk: Page) -> None:
    clerk.goto("/cards/designs/")
    token = clerk.locator("input[name=csrf_token]").first.get_attribute("value") or ""
    roster = {"name": "a.csv", "mimeType": "text/csv", "buffer": ROSTER.encode()}
    for fields, pages in (
        ({"spare": "3"}, 3),
        ({"spare": "", "roster": roster}, 2),
    ):
        reply = clerk.request.post(
            "/cards/designs/kh-a4-100/cards.pdf", multipart={"csrf_token": token, **fields}
        )
        document = pypdfium2.PdfDocument(reply.body())
        assert len(document) == pages
    assert "李四" in document[1].get_textpage().get_text_range()
    reply = clerk.request.post(
        "/cards/designs/kh-a4-100/cards.pdf", multipart={"csrf_token": token, "spare": "0"}
    )
    assert "份数" in reply.text()
    assert clerk.request.get("/cards/designs/..%2Fprojects.toml/blank.pdf").status == 404
