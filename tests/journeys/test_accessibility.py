"""No page has a violation that axe calls serious or critical, in any state a person meets.

The pages of the office are found as people find them, from link to link; the address map of the
application says whether one was missed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import APIRequestContext, Browser, Page, expect
from sqlalchemy import select
from werkzeug.exceptions import HTTPException
from werkzeug.routing import MapAdapter

from exam_server.app import create_app
from exam_server.config import read_settings
from exam_server.rehearsal.office import PROJECT
from exam_server.rehearsal.web_client import WebClient
from item_bank.models import Item
from item_bank.rules.kinds import ItemState
from omr.audit_actions import draw_audit
from omr.design_actions import save_design
from omr.rules.card_design.design import CardDesign, Section
from omr.rules.card_layout import GroupKind
from omr.rules.silent_errors import TARGETS
from registry.catalog.queries import project_by_number
from registry.enrolment.models import Enrolment
from registry.scheduling.models import Sitting
from scoring.certificates.models import Certificate
from tests.support.browser import Journey, Paper, grave_violations, sign_in_candidate
from tests.support.rooms import OpenRoom, hand_in
from tests.support.sent_files import leave_upload
from tests.support.served import PASSWORD, Served

pytestmark = pytest.mark.browser
VISITOR = ""
PEOPLE = (
    VISITOR,
    "jigou01",
    "shi01",
    "tiku01",
    "qianfa01",
    "mingti01",
    "shenti01",
    "saomiao01",
    "kaoping01",
    "shenpi01",
    "zhizheng01",
    "kucun01",
    "jiankao01",
    "xitong01",
    "shenji01",
    "sheng01",
)
LINK = re.compile(r'(?:href|src)="(/[^"#]*)')
NO_PAGES = re.compile(
    r"^/(static/|exam/(api|photo|figure|room|package|transfer|worker)|proctor/(photo|\d+/api)|"
    r"proctor/\d+/(late|paper)|papers/sittings/[^/]+/custody|"  # of an open room
    r"cards/api/|(bank|review)/figures|"
    r"authoring/items/[^/]+/figures|health/(api|live)|seb/(verify|quit|[0-9]+/))"
)
THEMES = ("标准", "深色", "高对比")


@dataclass(frozen=True)
class Found:
    """A page or file of the application, and by whom it was opened."""

    login_name: str
    path: str
    is_page: bool


class Walker:
    """Opens what there is from link to link, one address of every kind for every person.

    Of a kind are addresses with the same endpoint and the same names in the query, turned
    pages aside.
    """

    def __init__(self, request: APIRequestContext, served: Served, addresses: MapAdapter) -> None:
        self._request = request
        self._served = served
        self._addresses = addresses
        self.found: dict[str, list[Found]] = {}

    def walk(self, login_name: str, cookie: str, *starts: str) -> None:
        """Follow every link that leads to a kind of page not yet seen by this person."""
        seen: set[str] = set()
        waiting = [*starts]
        while waiting:
            path = waiting.pop(0)
            kind = self._kind(path)
            if not kind or kind in seen or NO_PAGES.match(path):
                continue
            reply = self._request.get(
                self._served.address + path, headers={"Cookie": cookie}, max_redirects=0
            )
            if reply.status != 200:
                continue
            seen.add(kind)
            is_page = reply.headers["content-type"].startswith("text/html")
            self.found.setdefault(kind, []).append(Found(login_name, path, is_page))
            if is_page:
                waiting += [unescape(link) for link in LINK.findall(reply.text())]

    def endpoints(self) -> set[str]:
        """Return the names of everything that was opened."""
        return {kind.split("?")[0] for kind in self.found}

    def _kind(self, path: str) -> str:
        parts = urlsplit(path)
        try:
            endpoint, _arguments = self._addresses.match(parts.path, method="GET")
        except HTTPException:
            return ""
        names = "&".join(sorted(set(parse_qs(parts.query)) - {"page"}))
        return f"{endpoint}?{names}"


@pytest.fixture(scope="module")
def finished(served: Served) -> Served:
    """The office after certificates have been issued, with examiners in dispute."""
    served.certify()
    served.disagree()
    return served


@pytest.fixture(scope="module")
def cookies(finished: Served) -> dict[str, str]:
    """The cookies of everyone on the staff, and of a visitor who has not signed in."""
    made = {}
    for login_name in PEOPLE:
        client = WebClient(finished.address)
        client.page("/sign-in")
        if login_name:
            client.submit("/sign-in", login_name=login_name, password=PASSWORD)
        made[login_name] = client.cookie
    return made


@pytest.fixture(scope="module")
def addresses(finished: Served) -> MapAdapter:
    """The address map of the application."""
    server = create_app(read_settings({"KAOHE_HOME": str(finished.home)}))
    adapter = server.app.url_map.bind("localhost")
    server.close()
    return adapter


@pytest.fixture(scope="module")
def starts(finished: Served) -> dict[str, list[str]]:
    """Where people begin: pages that show more in the state of work that this person finds."""
    world = finished.world
    faulty_item_id, erratum_id = finished.find_faults()
    sent = uploads(finished)
    with finished.database.reading() as db:
        verified = db.scalars(select(Certificate.qr_payload)).first()
        item = db.scalars(select(Item).where(Item.state == ItemState.BANKED)).first()
        assert item is not None
        banked = f"/bank/{item.project_id}/items?item={item.id}"
        chosen = select(Enrolment.id).where(Enrolment.plan_id == world.audit_plan_id)
        audited_id = db.scalars(chosen).first()
        room_plan_id = db.get_one(Sitting, world.rooms[0]).plan_id
    return {
        VISITOR: ["/", "/exam/", str(verified)],
        "jigou01": [
            f"/plans/{world.open_plan_id}",
            f"/plans/{world.scored.plan_id}/arrangement",
        ],
        "shi01": [
            "/work",
            f"/plans/{room_plan_id}/arrangement",
            f"/plans/{world.audit_plan_id}",
            f"/plans/{world.audit_plan_id}/roster",
            f"/enrolments/{audited_id}",
        ],
        "shenti01": ["/undertaking/"],
        "tiku01": [banked, f"/bank/items/{faulty_item_id}/trace", sent["tiku01"]],
        "mingti01": [sent["mingti01"]],
        "sheng01": [f"/errata/{erratum_id}"],
        "saomiao01": [
            f"/cards/batches/{world.waiting_batch_id}",
            design(finished),
            sample(finished),
        ],
        "zhizheng01": [f"/certificates/plans/{world.scored.plan_id}"],
    }


def sample(served: Served) -> str:
    """Draw a sample of confident answers; return where the next of them is shown."""
    actor, batch_id = served.world.office.actors["saomiao01"], served.world.waiting_batch_id
    with served.database.transaction() as db:
        audit = draw_audit(db, batch_id, TARGETS[0], actor=actor, now=datetime.now(UTC))
        return f"/cards/audits/{audit.id}"


def design(served: Served) -> str:
    """Leave a card that was designed here; return where it is changed."""
    actor = served.world.office.actors["saomiao01"]
    card = CardDesign("KH-WALK", (Section(GroupKind.SINGLE, 10),))
    with served.database.transaction() as db:
        return f"/cards/designs/{save_design(db, card, actor=actor, now=datetime.now(UTC)).id}"


def uploads(served: Served) -> dict[str, str]:
    """Leave files to be imported by a manager and an author; returns where each sees them."""
    found, actors = {}, served.world.office.actors
    with served.database.transaction() as db:
        project_id = project_by_number(db, PROJECT).id
        for login_name, area in (("tiku01", "bank"), ("mingti01", "authoring")):
            sent = leave_upload(db, project_id, actor=actors[login_name], now=datetime.now(UTC))
            found[login_name] = f"/{area}/{project_id}/import/{sent}"
    return found


@pytest.fixture(scope="module")
def walker(
    browser: Browser,
    finished: Served,
    cookies: dict[str, str],
    addresses: MapAdapter,
    starts: dict[str, list[str]],
) -> Iterator[Walker]:
    """Everything that links lead to, by kind."""
    context = browser.new_context()
    walker = Walker(context.request, finished, addresses)
    for login_name, cookie in cookies.items():
        walker.walk(login_name, cookie, *starts.get(login_name, []), "/work")
    yield walker
    context.close()


def test_links_lead_to_every_page_of_the_address_map(walker: Walker, addresses: MapAdapter) -> None:
    expected = {
        rule.endpoint
        for rule in addresses.map.iter_rules()
        if "GET" in (rule.methods or ())
        and not NO_PAGES.match(rule.rule.replace("<int:sitting_id>", "1"))
    }
    missed = sorted(expected - walker.endpoints())
    assert not missed, f"no link leads to {missed}"


def test_no_page_of_the_office_or_the_public_has_grave_violations(
    walker: Walker, journey: Journey, cookies: dict[str, str], starts: dict[str, list[str]]
) -> None:
    once = {kind[0] for kind in walker.found.values() if kind[0].is_page}
    first = {Found(name, path, is_page=True) for name in starts for path in starts[name]}
    found = []
    for login_name, cookie in cookies.items():
        page = signed_in(journey, cookie)
        for one in sorted(once | first, key=lambda one: one.path):
            if one.login_name == login_name:
                page.goto(one.path)
                found += grave_violations(page)
        page.context.close()
    assert found == []


def signed_in(journey: Journey, cookie: str) -> Page:
    """Open the browser of somebody who has signed in already."""
    page = journey.page()
    pairs = [part.split("=", 1) for part in cookie.split("; ") if part]
    page.context.add_cookies(
        [{"name": name, "value": value, "url": journey.address} for name, value in pairs]
    )
    return page


def test_a_refused_sign_in_and_a_forged_certificate_have_no_grave_violations(
    journey: Journey, finished: Served
) -> None:
    page = journey.page()
    with journey.refusal("404 (NOT FOUND)"):
        page.goto("/verify/forged")
        expect(page.get_by_role("alert")).to_contain_text("不是本系统签发的证书")
    found = grave_violations(page)
    page.goto("/sign-in")
    page.get_by_label("登录名").fill("shi01")
    page.get_by_label("密码").fill("wrong")
    with journey.refusal("403 (FORBIDDEN)"):
        page.get_by_role("button", name="登录", exact=True).click()
        expect(page.get_by_role("alert")).to_be_visible()
    assert found + grave_violations(page) == []


def test_no_page_of_a_candidate_has_grave_violations(room: OpenRoom, journey: Journey) -> None:
    place = room.places[0]
    page = journey.page()
    sign_in_candidate(page, place.admission_no, room.code)
    found = grave_violations(page)
    page.get_by_role("button", name="信息无误，继续").click()
    expect(page.get_by_role("heading", name="考生须知")).to_be_visible()
    found += grave_violations(page)
    page.get_by_label("我已阅读并将遵守以上规定").check()
    page.get_by_role("button", name="进入考场等候").click()
    expect(page.get_by_role("heading", name="等待监考员开考")).to_be_visible()
    found += grave_violations(page)
    room.wall.sees(place.seat_no, "ready")
    room.start()
    paper = Paper(page)
    paper.open()
    paper.press("A")
    page.keyboard.press("m")
    for theme in THEMES:
        expect(page.locator("#theme")).to_contain_text(theme)
        found += grave_violations(page)
        page.get_by_role("button", name="交卷", exact=True).click()
        found += grave_violations(page)
        page.keyboard.press("Escape")
        page.locator("#theme").click()
    hand_in(page)
    assert found + grave_violations(page) == []


def test_the_wall_has_no_grave_violations(room: OpenRoom) -> None:
    wall = room.wall
    found = grave_violations(wall.page)
    paper = room.working_paper(room.places[0])
    paper.page.get_by_role("button", name="举手", exact=True).click()
    found += grave_violations(paper.page)
    paper.page.get_by_role("dialog").get_by_role("button", name="举手").click()
    wall.sees(room.places[0].seat_no, "help")
    wall.select(room.places[0].seat_no)
    for theme in THEMES:
        expect(wall.page.locator("#theme")).to_contain_text(theme)
        found += grave_violations(wall.page)
        wall.page.locator("#theme").click()
    wall.page.locator("#detail").get_by_role("button", name="延时", exact=True).click()
    assert found + grave_violations(wall.page) == []
