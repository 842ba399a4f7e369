"""A set of papers from its blueprint to the printer: two people, one after the other."""

import re
from collections.abc import Callable

import pypdfium2
import pytest
from playwright.sync_api import Locator, Page, expect

from item_bank.models import PaperSet
from tests.support.browser import Journey, grave_violations, sign_in_staff
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser


@pytest.fixture
def desk(journey: Journey) -> Callable[[str], Page]:
    """Opens a browser in which one of the staff has signed in."""

    def opened(login_name: str) -> Page:
        page = journey.page()
        sign_in_staff(page, login_name, PASSWORD)
        return page

    return opened


def words_of(page: Page, link: Locator) -> str:
    """Return the words of the document that a link leads to."""
    reply = page.request.get(str(link.get_attribute("href")))
    assert reply.headers["content-type"] == "application/pdf"
    document = pypdfium2.PdfDocument(reply.body())
    return "".join(one.get_textpage().get_text_range() for one in document)


def edit_the_blueprint(page: Page) -> None:
    """Change the shares of types, watch the totals, try with the bank, save the next version."""
    page.goto("/bank/?words=充电桩")
    page.locator("tr").filter(has_text="充电桩运维管理").get_by_role(
        "link", name="组卷方案"
    ).click()
    page.get_by_role("link", name="编辑、检查").click()
    total = page.locator("[data-total]")
    page.get_by_label("单选 题数").fill("58")
    expect(total).to_have_text("98")
    page.get_by_label("判断 题数").fill("22")
    expect(total).to_have_text("100")
    page.get_by_label("两卷重复题数上限").fill("30")
    page.get_by_label("按几卷检查").fill("9")
    page.get_by_role("button", name="检查", exact=True).click()
    expect(page.locator("#trial")).to_contain_text("可行")
    assert grave_violations(page) == []
    page.get_by_role("button", name="保存为新版本").click()
    expect(page.get_by_role("status").filter(has_text="已保存为 T-C 第 2 版")).to_be_visible()


def compose_two_papers(page: Page, plan_id: int) -> None:
    """Compose parallel papers and read what the certificate says of them."""
    page.goto(f"/papers/compose/{plan_id}")
    expect(page.get_by_label("卷数")).to_be_hidden()
    page.get_by_label("平行卷").check()
    page.get_by_label("卷数").fill("2")
    assert grave_violations(page) == []
    page.get_by_role("button", name="组卷", exact=True).click()
    expect(page.locator(".page__head")).to_contain_text("待签发")
    assert grave_violations(page) == []
    page.get_by_role("link", name="公平性证明").click()
    expect(page.locator("main")).to_contain_text("恰在及格线上的考生通过概率相差")
    expect(page.get_by_role("img", name="各卷期望分与目标之差")).to_be_visible()
    assert grave_violations(page) == []
    assert "组卷公平性证明" in words_of(page, page.get_by_role("link", name="打印证明"))


def test_from_the_blueprint_to_two_released_and_printed_papers(
    desk: Callable[[str], Page], served: Served, journey: Journey
) -> None:
    manager, releaser = desk("tiku01"), desk("qianfa01")
    edit_the_blueprint(manager)
    compose_two_papers(manager, served.world.audit_plan_id)
    address = manager.url.removesuffix("/certificate")

    manager.goto(address)
    expect(manager.get_by_text("签发试卷")).to_have_count(0)
    releaser.goto("/work")
    expect(releaser.locator("main")).to_contain_text("待签发的试卷")
    releaser.goto(address)
    box = releaser.locator("details.ask").filter(has_text="签发试卷")
    box.locator("summary").click()
    box.get_by_role("checkbox").check()
    box.get_by_role("button", name="签发试卷").click()
    expect(releaser.locator(".page__head")).to_contain_text("已签发")
    assert grave_violations(releaser) == []

    row = releaser.locator("tr").filter(has_text="B 卷")
    for name, said in (("试卷", "注意事项"), ("答题纸", "评阅栏"), ("标准答案", "评分说明")):
        text = words_of(releaser, row.get_by_role("link", name=name, exact=True))
        assert said in text
        assert "B 卷" in text
    assert re.search(r"顾三\s+2\d{3}-", text)
    with served.database.reading() as db:
        made = db.get_one(PaperSet, int(address.rsplit("/", 1)[1]))
        assert {paper.state for paper in made.papers} == {"released"}
