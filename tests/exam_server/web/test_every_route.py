"""What holds for every address: a permission or a place in the public list, the headers."""

import pytest

from exam_server.context import PUBLIC, REQUIRED
from tests.exam_server.web.office_site import Site

PUBLIC_ENDPOINTS = {
    "health.live",
    "load_test.join",
    "load_test.look",
    "load_test.report",
    "load_test.save",
    "seb.enter",
    "seb.key",
    "seb.leave",
    "seb.verify",
    "rare_font",
    "home.start",
    "public_lookup.catalog",
    "public_lookup.look_up",
    "public_lookup.lookup",
    "public_lookup.project",
    "public_lookup.specification",
    "public_lookup.verify",
    "sign_in.choose_language",
    "sign_in.enter",
    "sign_in.form",
    "sign_in.leave",
}
CANDIDATES = "candidate."  # guarded by the lease of a seat, see the tests of the exam room
WITHOUT_PERMISSION = {"home.workbench", "sign_in.password", "sign_in.change_password"}


def test_every_route_needs_a_permission_or_is_listed_as_public(quiet_site: Site) -> None:
    app = quiet_site.server.app
    open_ones = set()
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint == "static" or hasattr(view, REQUIRED):
            continue
        assert getattr(view, PUBLIC, False), f"{rule.rule} is open to anyone"
        open_ones.add(rule.endpoint)
    assert {name for name in open_ones if not name.startswith(CANDIDATES)} == PUBLIC_ENDPOINTS


def test_only_what_concerns_oneself_needs_no_particular_permission(quiet_site: Site) -> None:
    views = quiet_site.server.app.view_functions
    found = {name for name, view in views.items() if getattr(view, REQUIRED, None) == ()}
    assert found == WITHOUT_PERMISSION


def test_every_changing_route_refuses_a_form_without_the_token(quiet_site: Site) -> None:
    app, client = quiet_site.server.app, quiet_site.signed_in("city_officer").client
    for rule in app.url_map.iter_rules():
        if "POST" not in (rule.methods or ()):
            continue
        values = dict.fromkeys(rule.arguments, 1)
        if "decision" in values:
            values["decision"] = "pass"  # type: ignore[assignment]
        with app.test_request_context():
            address = app.url_map.bind("localhost").build(rule.endpoint, values, method="POST")
        assert client.post(address, data={"x": "y"}).status_code == 400, rule.rule


def test_a_token_of_another_browser_is_refused(quiet_site: Site) -> None:
    first, second = quiet_site.visitor(), quiet_site.visitor()
    first.get("/lookup")
    second.get("/lookup")
    second.page = first.page
    assert second.post("/lookup", name="某人", certificate_no="1").status_code == 400


@pytest.mark.parametrize("address", ["/", "/sign-in", "/catalog", "/lookup", "/verify/none", "/no"])
def test_public_pages_carry_the_strict_policy_and_no_inline_code(
    quiet_site: Site, address: str
) -> None:
    response = quiet_site.visitor().get(address)
    page = response.get_data(as_text=True)
    assert "default-src 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["Cache-Control"] == "no-store"
    assert " style=" not in page
    assert "<style" not in page


def test_a_page_for_staff_leads_a_stranger_to_the_sign_in_and_back(quiet_site: Site) -> None:
    response = quiet_site.visitor().get("/plans/?state=draft")
    assert response.status_code == 302
    assert response.location.startswith("/sign-in?next=")
    assert "state%3Ddraft" in response.location
