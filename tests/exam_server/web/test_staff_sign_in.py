"""Signing in and out of the office."""

import pytest

from exam_server.cookies import LOGIN_COOKIE
from registry.access import Role
from tests.exam_server.web.office_site import Site, Visitor
from tests.support import factories


def sign_in(site: Site, password: str, *, role: str = "city_officer", **more: object) -> Visitor:
    visitor = site.visitor()
    visitor.get("/sign-in")
    name = site.known.logins[role]
    visitor.response = visitor.post("/sign-in", login_name=name, password=password, **more)  # type: ignore[attr-defined]
    return visitor


def test_right_password_leads_to_the_page_that_was_wanted(site: Site) -> None:
    visitor = sign_in(site, factories.PASSWORD, next="/results/")
    assert visitor.response.location == "/results/"  # type: ignore[attr-defined]
    assert visitor.get("/results/").status_code == 200


@pytest.mark.parametrize("target", ["https://elsewhere.example/", "//elsewhere.example", "/\\x"])
def test_sign_in_never_leads_to_another_server(site: Site, target: str) -> None:
    visitor = sign_in(site, factories.PASSWORD, next=target)
    assert visitor.response.location == "/work"  # type: ignore[attr-defined]


def test_wrong_password_keeps_the_name_and_says_nothing_about_it(site: Site) -> None:
    visitor = sign_in(site, "wrong")
    assert visitor.response.status_code == 403  # type: ignore[attr-defined]
    assert site.known.logins["city_officer"] in visitor.page
    assert "账号或密码不正确" in visitor.page
    assert visitor.get("/work").status_code == 302


def test_five_failures_lock_the_account_even_for_the_right_password(site: Site) -> None:
    for _attempt in range(5):
        visitor = sign_in(site, "wrong")
    assert "已锁定" in visitor.page
    assert "已锁定" in sign_in(site, factories.PASSWORD).page


def test_sign_out_ends_the_sign_in_on_the_server(site: Site) -> None:
    visitor = site.signed_in("city_officer")
    visitor.get("/work")
    cookie = visitor.client.get_cookie(LOGIN_COOKIE)
    assert cookie is not None
    visitor.post("/sign-out")
    visitor.client.set_cookie(LOGIN_COOKIE, cookie.value)
    assert visitor.get("/work").status_code == 302


def test_first_password_must_be_changed_before_anything_else(site: Site) -> None:
    with site.database.transaction() as db:
        factories.make_account(
            db,
            Role.CITY_OFFICER,
            now=site.clock(),  # type: ignore[operator]
            login_name="newcomer",
            division="320500",
            must_change_password=True,
        )
    visitor = site.visitor()
    visitor.get("/sign-in")
    page = visitor.follow(
        visitor.post("/sign-in", login_name="newcomer", password=factories.PASSWORD)
    )
    assert "请先设置自己的密码" in page
    assert visitor.get("/plans/").location == "/password"
    visitor.get("/password")
    new = "Another-2026-word"
    visitor.post("/password", old=factories.PASSWORD, new=new, again=new)
    visitor.get("/sign-in")
    assert visitor.post("/sign-in", login_name="newcomer", password=new).location == "/work"
    assert visitor.get("/plans/").status_code == 200


def test_idle_sign_in_runs_out(site: Site, clock: object) -> None:
    visitor = site.signed_in("city_officer")
    assert visitor.get("/work").status_code == 200
    clock.advance(minutes=16)  # type: ignore[attr-defined]
    assert visitor.get("/work").status_code == 302
