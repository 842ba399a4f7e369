"""A site with a scripted room, a Chromium, and a page that reports every script or policy error."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.exam_server.static.exam_site import ScriptedRoom, Site
from tests.support import browser
from tests.support.browser import PATIENCE_MS, QUICK

EXPECTED = (
    "WebSocket connection to",
    "Failed to load resource",
)  # no sockets here; scripted failures


@pytest.fixture(scope="session")
def running_site() -> Iterator[Site]:
    made = Site()
    yield made
    made.close()


@pytest.fixture
def site(running_site: Site) -> Site:
    running_site.room = ScriptedRoom()
    return running_site


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module; only one may be open in a process."""
    with browser.chromium(QUICK) as opened:
        yield opened


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    context = chromium.new_context(
        viewport={"width": 1366, "height": 768}, locale="zh-CN", timezone_id="Asia/Shanghai"
    )
    opened = context.new_page()
    opened.set_default_timeout(PATIENCE_MS)
    opened.on("dialog", lambda dialog: dialog.accept())  # leaving the paper asks first
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on(
        "console",
        lambda line: (
            problems.append(line.text)
            if line.type == "error" and not line.text.startswith(EXPECTED)
            else None
        ),
    )
    opened.on(
        "request",
        lambda request: (
            problems.append(request.url)
            if not request.url.startswith((site.address, "data:", "blob:"))
            else None
        ),
    )
    yield opened
    context.close()
    assert problems == []


@pytest.fixture(scope="module")
def run(chromium: Browser, running_site: Site) -> Iterator[Callable[[str], Any]]:
    """Run the body of an async function in an empty page; one page for all tests of a module."""
    context = chromium.new_context(locale="zh-CN")
    opened = context.new_page()
    opened.goto(f"{running_site.address}/blank")
    yield lambda script: opened.evaluate("async () => {" + script + "}")
    context.close()
