"""The office's pages in a real Chromium: accessibility rules, no script or policy errors."""

import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext
from werkzeug.serving import make_server

from exam_server.cookies import LOGIN_COOKIE
from tests.exam_server.web.office_site import Site
from tests.support import browser

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
pytestmark = pytest.mark.browser
PAGES = [
    ("province_officer", "/exam-rules/"),
    ("", "/"),
    ("", "/sign-in"),
    ("", "/lookup"),
    ("", "/catalog"),
    ("", "{qr_path}"),
    ("city_officer", "/work"),
    ("city_officer", "/plans/"),
    ("city_officer", "/plans/{roster_plan}"),
    ("city_officer", "/plans/{roster_plan}/roster"),
    ("city_officer", "/enrolments/{enrolment}"),
    ("city_officer", "/plans/{arranged_plan}/arrangement"),
    ("city_officer", "/sittings/{practical}/staff"),
    ("city_officer", "/results/{published_plan}"),
    ("city_officer", "/certificates/{certificate}"),
    ("institution_officer", "/plans/new"),
    ("institution_officer", "/plans/{open_plan}/roster/new"),
    ("institution_officer", "/plans/{open_plan}/roster/import"),
    ("institution_officer", "/sittings/{theory}/door"),
    ("institution_officer", "/plans/{arranged_plan}/tickets"),
    ("examiner", "/practical/{practical}"),
    ("certificate_maker", "/certificates/plans/{published_plan}"),
    ("stock_keeper", "/certificates/stock"),
    ("system_administrator", "/accounts"),
    ("system_administrator", "/accounts/new"),
    ("audit_administrator", "/audit-log"),
]


@pytest.fixture(scope="module")
def address(quiet_site: Site) -> Iterator[str]:
    """The application behind a real socket."""
    server = make_server("127.0.0.1", 0, quiet_site.server.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser.chromium(browser.QUICK) as opened:
        yield opened


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    opened = chromium.new_context(viewport={"width": 1366, "height": 768}, locale="zh-CN")
    yield opened
    opened.close()


@pytest.mark.parametrize(("role", "path"), PAGES)
def test_page_keeps_the_rules_of_accessibility(
    quiet_site: Site, address: str, context: BrowserContext, role: str, path: str
) -> None:
    if role:
        cookie = quiet_site.signed_in(role).client.get_cookie(LOGIN_COOKIE)
        assert cookie is not None
        context.add_cookies([{"name": LOGIN_COOKIE, "value": cookie.value, "url": address}])
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda line: faults.append(line.text) if line.type == "error" else None)
    known = {**vars(quiet_site.known), **quiet_site.known.arranged_sittings}
    page.goto(address + path.format(**known))
    page.evaluate(browser.AXE)
    found = page.evaluate("tags => axe.run(document, {runOnly: tags})", RULES)
    faults += [
        f"{entry['id']}: {node['html'][:120]}"
        for entry in found["violations"]
        for node in entry["nodes"]
    ]
    assert faults == []
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
