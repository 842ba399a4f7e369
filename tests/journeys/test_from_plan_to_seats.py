"""An institution and its city take a plan from the first draft to printed tickets."""

import io
import re

import pypdfium2
from openpyxl import Workbook

from exam_server.web.roster_file import COLUMNS
from tests.exam_server.web.office_site import Site, Visitor
from tests.support.factories import id_number


def drafted(institution: Visitor) -> str:
    """Draft and submit a plan; returns its address."""
    institution.get("/plans/new")
    response = institution.post(
        "/plans/", project_number="1", planned_on="2027-01-20", expected_count="3"
    )
    page = institution.follow(response)
    assert "草稿" in page
    address = str(response.location)
    institution.follow(institution.post(f"{address}/submit", confirmed="1"))
    return address


def imported(institution: Visitor, address: str) -> str:
    """Import three candidates and hand the roster in."""
    book = Workbook()
    assert book.active is not None
    book.active.append(COLUMNS)
    for number in range(3):
        book.active.append(
            (f"考生旅程{'甲乙丙'[number]}", id_number(800 + number), "", "高中", "社会")
        )
    content = io.BytesIO()
    book.save(content)
    content.seek(0)
    institution.get(f"{address}/roster/import")
    institution.post(f"{address}/roster/import", file=(content, "roster.xlsx"))
    rows = institution.page.split('name="rows" value="')[1].split('"')[0]
    institution.follow(institution.post(f"{address}/roster/take", rows=rows, confirmed="1"))
    return institution.follow(institution.post(f"{address}/roster/submit", confirmed="1"))


def arranged(institution: Visitor, address: str) -> str:
    """Plan a sitting of each subject and assign the seats."""
    institution.get(f"{address}/arrangement")
    for mode, hour in (("on_screen", "13:00"), ("on_site", "09:00")):
        kind = {"on_screen": "机房", "on_site": "实操考场"}[mode]
        room = re.search(rf'<option value="(\d+)"[^>]*>[^<]*{kind}', institution.page)
        assert room is not None
        institution.follow(
            institution.post(
                f"{address}/sittings", mode=mode, room_id=room[1], starts_at=f"2027-01-20T{hour}"
            )
        )
    return institution.follow(institution.post(f"{address}/arrangement", confirmed="1"))


def test_plan_goes_from_draft_to_printed_tickets(site: Site) -> None:
    institution, city = site.signed_in("institution_officer"), site.signed_in("city_officer")
    address = drafted(institution)

    city.get("/work")
    assert "待审批的计划" in city.page
    city.follow(city.post(f"{address}/approve", confirmed="1"))
    assert "名单已提交" in imported(institution, address)

    city.get(f"{address}/roster")
    city.follow(city.post(f"{address}/roster/pass", confirmed="1"))
    city.follow(city.post(f"{address}/roster/release", confirmed="1"))

    page = arranged(institution, address)
    assert "座位已编排" in page
    institution.get(f"{address}/tickets")
    assert institution.page.count('class="ticket"') == 3
    assert institution.page.index("09:00") < institution.page.index("13:00")  # as the day goes


def test_returned_plan_shows_its_reason_and_can_be_submitted_again(site: Site) -> None:
    institution, city = site.signed_in("institution_officer"), site.signed_in("city_officer")
    address = drafted(institution)
    city.get(address)
    city.follow(city.post(f"{address}/return", reason="日期与其他考核冲突"))
    institution.get(address)
    assert "日期与其他考核冲突" in institution.page
    institution.follow(institution.post(f"{address}/submit", confirmed="1"))
    assert "待审批" in institution.page


def test_refused_candidate_is_corrected_and_audited_again(site: Site) -> None:
    institution, city = site.signed_in("institution_officer"), site.signed_in("city_officer")
    address = f"/plans/{site.known.roster_plan}"
    enrolment = f"/enrolments/{site.known.enrolment}"
    city.get(enrolment)
    city.follow(city.post(f"{enrolment}/refuse", reason="姓名与身份证不符"))
    city.follow(city.post(f"{address}/roster/pass", confirmed="1"))
    city.follow(city.post(f"{address}/roster/release", confirmed="1"))
    institution.get(f"{enrolment}/amend")
    institution.follow(
        institution.post(
            f"{enrolment}/amend",
            name="考生更正",
            id_number=id_number(200),
            education="高中",
            candidate_source="社会",
            confirmed="1",
        )
    )
    page = institution.follow(institution.post(f"{address}/roster/submit", confirmed="1"))
    assert "名单已提交" in page
    city.get(f"{address}/roster?state=submitted")
    assert "考生更正" in city.page


def test_released_results_become_certificates_by_two_people(site: Site) -> None:
    maker = site.signed_in("certificate_maker")
    address = f"/certificates/plans/{site.known.published_plan}"
    maker.get(address)
    response = maker.post(f"{address}/print")
    document = pypdfium2.PdfDocument(response.data)
    assert len(document) == 2
    document.close()
    assert maker.post(f"{address}/approve", confirmed="1").status_code == 403
