"""The work of the office, from the audit of a roster to the certificate that the public checks."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import select

from registry.enrolment.models import Enrolment, EnrolmentState
from scoring.certificates.models import Certificate
from scoring.models import ScoringItem
from tests.support.browser import Journey, sign_in_staff
from tests.support.served import PASSWORD, Served, good_mark

pytestmark = pytest.mark.browser
REASON = "证件号码与身份证复印件不符，请更正后重新提交"


@pytest.fixture
def desk(journey: Journey) -> Callable[[str], Page]:
    """Opens a browser in which one of the staff has signed in."""

    def opened(login_name: str) -> Page:
        page = journey.page()
        sign_in_staff(page, login_name, PASSWORD)
        return page

    return opened


def ask(page: Page, label: str) -> None:
    """Open a question of the page head, tick that all was checked, and go ahead."""
    box = page.locator("details.ask").filter(has_text=label).first
    box.locator("summary").click()
    box.get_by_role("checkbox").check()
    box.get_by_role("button", name=label, exact=True).click()


def told(page: Page, text: str) -> None:
    """See what the page says was done."""
    expect(page.get_by_role("status").filter(has_text=text)).to_be_visible()


def test_a_city_officer_audits_a_roster_and_answers_once(
    desk: Callable[[str], Page], served: Served
) -> None:
    plan_id = served.world.audit_plan_id
    officer, institution = desk("shi01"), desk("jigou01")
    officer.get_by_role("link", name="考核计划").first.click()
    officer.goto(f"/plans/{plan_id}")
    officer.get_by_role("link", name="查看花名册").click()
    refused = officer.locator("td.grid__id a").last
    name = refused.inner_text()
    refused.click()
    officer.get_by_label("不通过的原因").fill(REASON)
    officer.get_by_role("button", name="审核不通过").click()
    officer.goto(f"/plans/{plan_id}/roster")
    ask(officer, "无提示的全部通过")
    expect(officer.get_by_text("还有 ")).to_have_count(0)

    institution.goto(f"/plans/{plan_id}/roster")
    expect(institution.get_by_text(REASON)).to_have_count(0)
    ask(officer, "一次性反馈")
    institution.reload()
    row = institution.locator("tr").filter(has_text=name)
    expect(row).to_contain_text(REASON)
    with served.database.reading() as db:
        chosen = select(Enrolment.state).where(Enrolment.plan_id == plan_id)
        states = sorted(db.scalars(chosen))
    assert states == [EnrolmentState.PASSED, EnrolmentState.PASSED, EnrolmentState.REFUSED]


def test_from_the_last_score_sheet_to_a_certificate_that_the_public_checks(
    desk: Callable[[str], Page], served: Served, journey: Journey
) -> None:
    plan_id = served.world.scored.plan_id
    lead = desk("kaoping01")
    lead.goto(f"/practical/{served.world.scored.practical_sitting_id}")
    lead.get_by_role("button", name="评分", exact=True).click()
    fill_in(lead, served)
    lead.get_by_role("button", name="保存").click()
    told(lead, "已保存")
    ask(lead, "提交评分")
    told(lead, "已提交并锁定")
    ask(lead, "合成成绩")
    told(lead, "已合成 1 人的成绩")

    confirming, publishing = desk("shi01"), desk("shi02")
    confirming.goto(f"/results/{plan_id}")
    ask(confirming, "确认成绩")
    expect(confirming.locator(".page__head")).to_contain_text("已确认")
    with journey.refusal("400 (BAD REQUEST)"):
        ask(confirming, "公布成绩")
        expect(confirming.locator("main")).to_contain_text("不能是同一人")
    publishing.goto(f"/results/{plan_id}")
    ask(publishing, "公布成绩")
    expect(publishing.locator(".page__head")).to_contain_text("已公布")

    approving, making = desk("shenpi01"), desk("zhizheng01")
    approving.goto(f"/certificates/plans/{plan_id}")
    ask(approving, "审批发证")
    making.goto(f"/certificates/plans/{plan_id}")
    ask(making, "核发证书")
    number = making.locator("td.grid__id a").first.inner_text()
    check_in_public(journey.page(), served, number)


def fill_in(page: Page, served: Served) -> None:
    """Give every element of the sheet the mark that the other examiners gave."""
    with served.database.reading() as db:
        allotted = {item.id: item.allotted for item in db.scalars(select(ScoringItem))}
    for field in page.locator("input[name^=mark-]").all():
        item_id = int((field.get_attribute("name") or "").removeprefix("mark-"))
        field.fill(format(good_mark(allotted[item_id]), "f"))
    page.get_by_label("操作用时").fill("40")


def check_in_public(page: Page, served: Served, certificate_no: str) -> None:
    """Look a certificate up by name and number, then open the address in its QR code."""
    with served.database.reading() as db:
        chosen = select(Certificate).where(Certificate.certificate_no == certificate_no)
        certificate = db.scalars(chosen).one()
        name, path = certificate.enrolment.candidate.name, certificate.qr_payload
    page.goto("/lookup")
    page.get_by_label("姓名").fill(name)
    page.get_by_label("证书编号").fill(certificate_no)
    page.get_by_role("button", name="查询").click()
    verdict = page.locator(".verdict")
    expect(verdict).to_contain_text("证书有效")
    expect(verdict).to_contain_text(certificate_no)
    expect(verdict).not_to_contain_text(name)
    page.goto(path)
    expect(verdict).to_contain_text("证书有效")
    expect(verdict).to_contain_text(certificate_no)
