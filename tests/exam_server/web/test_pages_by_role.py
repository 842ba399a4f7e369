"""Every page renders for the roles that need it, and is closed to the others."""

import re

import pytest

from tests.exam_server.web.office_site import Site

OPEN = [
    ("city_officer", "/work"),
    ("city_officer", "/plans/"),
    ("city_officer", "/plans/?state=draft&words=示范"),
    ("city_officer", "/plans/?words=没有这样的计划"),
    ("city_officer", "/plans/{roster_plan}"),
    ("city_officer", "/plans/{roster_plan}/roster"),
    ("city_officer", "/plans/{roster_plan}/roster?words=zzz"),
    ("city_officer", "/enrolments/{enrolment}"),
    ("city_officer", "/plans/{arranged_plan}/arrangement"),
    ("city_officer", "/sittings/{practical}/staff"),
    ("city_officer", "/results/"),
    ("city_officer", "/results/{published_plan}?sort=theory"),
    ("city_officer", "/results/{published_plan}?verdict=failed"),
    ("city_officer", "/certificates/"),
    ("city_officer", "/certificates/{certificate}"),
    ("county_officer", "/plans/{arranged_plan}"),
    ("institution_officer", "/plans/new"),
    ("institution_officer", "/plans/{draft_plan}"),
    ("institution_officer", "/plans/{open_plan}/roster"),
    ("institution_officer", "/plans/{open_plan}/roster/new"),
    ("institution_officer", "/plans/{open_plan}/roster/import"),
    ("institution_officer", "/sittings/{theory}/staff"),
    ("institution_officer", "/sittings/{theory}/door"),
    ("institution_officer", "/sittings/{theory}/desks"),
    ("institution_officer", "/sittings/{theory}/signatures"),
    ("institution_officer", "/plans/{arranged_plan}/tickets"),
    ("institution_officer", "/cards/"),
    ("institution_officer", "/rooms/"),
    ("institution_officer", "/results/{published_plan}"),
    ("bank_manager", "/bank/"),
    ("bank_manager", "/bank/1/items"),
    ("bank_manager", "/bank/1/elements"),
    ("bank_manager", "/bank/1/elements/edit"),
    ("bank_manager", "/bank/1/adequacy"),
    ("bank_manager", "/bank/1/blueprints"),
    ("bank_manager", "/specifications/"),
    ("bank_manager", "/papers/"),
    ("bank_manager", "/papers/compose/{arranged_plan}"),
    ("bank_manager", "/errata/"),
    ("province_officer", "/errata/"),
    ("paper_releaser", "/papers/"),
    ("examiner", "/practical/"),
    ("examiner", "/practical/{practical}"),
    ("examiner", "/practical/{practical}/disputes"),
    ("scanner", "/cards/"),
    ("certificate_approver", "/certificates/plans/{published_plan}"),
    ("certificate_maker", "/certificates/plans/{published_plan}"),
    ("stock_keeper", "/certificates/stock"),
    ("stock_keeper", "/certificates/stock?state=used"),
    ("system_administrator", "/accounts"),
    ("system_administrator", "/accounts?role=examiner&words=工作"),
    ("system_administrator", "/accounts/new"),
    ("audit_administrator", "/audit-log"),
    ("audit_administrator", "/audit-log?check=1&words=sign"),
    ("province_officer", "/plans/"),
    ("province_officer", "/specifications/?state=none&words=面皮"),
    ("province_officer", "/specifications/?words=没有这样的项目"),
    ("province_officer", "/development/"),
    ("city_officer", "/specifications/"),
    ("city_officer", "/development/new?name=灯具"),
    ("proctor", "/password"),
]
CLOSED = [
    ("institution_officer", "/accounts", 403),
    ("institution_officer", "/audit-log", 403),
    ("institution_officer", "/bank/", 403),
    ("institution_officer", "/plans/{foreign_plan}", 404),
    ("system_administrator", "/plans/", 403),
    ("system_administrator", "/audit-log", 403),
    ("audit_administrator", "/accounts", 403),
    ("examiner", "/results/", 403),
    ("examiner", "/practical/999", 400),
    ("city_officer", "/bank/", 403),
    ("paper_releaser", "/bank/1/elements/edit", 403),
    ("examiner", "/specifications/", 403),
    ("institution_officer", "/development/", 403),
    ("province_officer", "/development/new", 403),
    ("city_officer", "/errata/", 403),
    ("province_officer", "/errata/new?version=1", 403),
    ("paper_releaser", "/errata/new?version=1", 403),
    ("city_officer", "/certificates/stock", 403),
    ("city_officer", "/plans/{foreign_plan}", 404),
    ("city_officer", "/plans/{foreign_plan}/roster", 404),
    ("city_officer", "/plans/{foreign_plan}/tickets", 404),
    ("city_officer", "/enrolments/{foreign_enrolment}", 404),
    ("city_officer", "/results/{foreign_plan}", 404),
    ("foreign_officer", "/plans/{arranged_plan}", 404),
    ("foreign_officer", "/certificates/{certificate}", 404),
    ("foreign_officer", "/sittings/{theory}/door", 404),
    ("foreign_officer", "/results/{published_plan}/export", 404),
]


def address_of(site: Site, address: str) -> str:
    return address.format(**vars(site.known), **site.known.arranged_sittings)


@pytest.mark.parametrize(("role", "address"), OPEN)
def test_page_opens_for_its_role(quiet_site: Site, role: str, address: str) -> None:
    response = quiet_site.signed_in(role).get(address_of(quiet_site, address))
    page = response.get_data(as_text=True)
    assert response.status_code == 200
    assert page.count("<h1") == 1
    assert " style=" not in page


@pytest.mark.parametrize(("role", "address", "status"), CLOSED)
def test_page_is_closed_to_another_role_or_city(
    quiet_site: Site, role: str, address: str, status: int
) -> None:
    response = quiet_site.signed_in(role).get(address_of(quiet_site, address))
    assert response.status_code == status


@pytest.mark.parametrize(
    ("role", "address", "media_type"),
    [
        ("city_officer", "/results/{published_plan}/export", "spreadsheetml"),
        ("city_officer", "/results/{published_plan}/summary.pdf", "pdf"),
        ("examiner", "/practical/{practical}/sheets.pdf", "pdf"),
        ("institution_officer", "/plans/{open_plan}/roster/template", "spreadsheetml"),
    ],
)
def test_file_is_given_to_its_role(
    quiet_site: Site, role: str, address: str, media_type: str
) -> None:
    response = quiet_site.signed_in(role).get(address_of(quiet_site, address))
    assert response.status_code == 200
    assert media_type in response.mimetype


@pytest.mark.parametrize("role", ["city_officer", "institution_officer", "examiner", "scanner"])
def test_every_link_of_the_menu_opens(quiet_site: Site, role: str) -> None:
    visitor = quiet_site.signed_in(role)
    visitor.get("/work")
    menu = visitor.page.split('<nav class="menu"')[1].split("</nav>")[0]
    links = [part.split('"')[0] for part in menu.split('href="')[1:]]
    assert links
    for link in links:
        assert visitor.get(link).status_code == 200, link


def test_pages_speak_english_when_the_visitor_chose_it(quiet_site: Site) -> None:
    visitor = quiet_site.signed_in("city_officer")
    visitor.get("/plans/")
    visitor.post("/language", language="en", next="/plans/")
    visitor.get("/plans/")
    assert '<html lang="en"' in visitor.page
    assert "Assessment plans" in visitor.page


def test_room_is_entered_once_and_faults_are_said(site: Site) -> None:
    visitor = site.signed_in("institution_officer")
    room = {"number": "77", "name": "机房七", "kind": "computer", "row_count": "4"}
    visitor.get("/rooms/")
    assert "机房七" in visitor.follow(visitor.post("/rooms/", **room, column_count="5"))
    assert visitor.post("/rooms/", **room, column_count="5").status_code == 400
    assert visitor.post("/rooms/", **{**room, "number": "78"}, column_count="x").status_code == 400


def test_refusal_leads_back_to_the_page_it_came_from(quiet_site: Site) -> None:
    visitor = quiet_site.signed_in("city_officer")
    origin = "http://localhost"
    refused = visitor.client.get("/audit-log", headers={"Referer": f"{origin}/plans/?page=1"})
    assert 'href="/plans/?page=1">返回上一页' in refused.get_data(as_text=True)
    foreign = visitor.client.get("/audit-log", headers={"Referer": "http://elsewhere/plans/"})
    assert "返回上一页" not in foreign.get_data(as_text=True)


def test_proctor_on_duty_is_not_offered_again(quiet_site: Site) -> None:
    visitor = quiet_site.signed_in("institution_officer")
    visitor.get(f"/sittings/{quiet_site.known.arranged_sittings['theory']}/staff")
    on_duty = re.findall(r"<li>([^<]+)</li>", visitor.page)
    assert on_duty
    assert not [name for name in on_duty if f">{name}</option>" in visitor.page]
