"""A Chromium for journeys: every page is watched, every page can be judged by axe.

Whatever a journey opens must stay on the server under test, write no error to the console and
raise none; only the lines of a deliberate outage are excepted, and only while it lasts.
"""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WHOLE = "/usr/bin/chromium"
SHELL = "/usr/bin/chromium-headless-shell"  # the same engine without its windows, at 2/3 the cost
QUICK = SHELL if Path(SHELL).exists() else WHOLE
SIZE = ViewportSize(width=1366, height=768)
PATIENCE_MS = 15_000  # of every wait; the machine may be busy
AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
IDS_TWICE = """() => [...document.querySelectorAll("[id]")].map((node) => node.id)
  .filter((id, at, all) => all.indexOf(id) !== at)"""
GRAVE = ("serious", "critical")
LOAD_FAILED = "Failed to load resource:"
NOTES_THE_LOAD = "addEventListener('load', () => document.documentElement.dataset.loaded = '')"
UNPLUGGED = ("net::ERR_INTERNET_DISCONNECTED", "net::ERR_FAILED")  # the page, its service worker
PAINTED = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
SERVER_GONE = (  # gone, or gone while it was answering
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_CONNECTION_RESET",
    "net::ERR_EMPTY_RESPONSE",
)


@contextmanager
def chromium(executable: str = WHOLE) -> Iterator[Browser]:
    """Start one browser; only one may be open at a time in a process."""
    expect.set_options(timeout=PATIENCE_MS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Journey:
    """The browsers of one test, each a context of its own, all watched."""

    def __init__(self, browser: Browser, address: str) -> None:
        self.address = address
        self.requests: list[str] = []
        self.problems: list[str] = []
        self._browser = browser
        self._contexts: list[BrowserContext] = []
        self._excepted: tuple[str, ...] = ()

    def page(self, *, is_patient: bool = True, **options: Any) -> Page:
        """Open a page of another person, at another computer.

        A patient person waits until a page is wholly there before doing or judging anything;
        without scripts a page cannot tell.
        """
        settings = {
            "viewport": SIZE,
            "locale": "zh-CN",
            "timezone_id": "Asia/Shanghai",
            "reduced_motion": "reduce",  # colours are judged as they are, not half-way to others
        }
        context = self._browser.new_context(base_url=self.address, **{**settings, **options})
        context.set_default_timeout(PATIENCE_MS)
        context.on("request", lambda request: self.requests.append(request.url))
        context.on("weberror", lambda error: self.problems.append(f"page error: {error.error}"))
        context.on("console", self._hear)
        page = context.new_page()
        if is_patient and options.get("java_script_enabled", True):
            _wait_for_each_load(page)
        page.on("websocket", lambda socket: self.requests.append(socket.url))
        self._contexts.append(context)
        return page

    @contextmanager
    def outage(self, reasons: tuple[str, ...]) -> Iterator[None]:
        """Except the browser's own lines about these network errors, while the outage lasts."""
        socket = f"ws://{urlsplit(self.address).netloc}/socket.io/?EIO=4&transport=websocket"
        refused = f"WebSocket connection to '{socket}' failed: Error in connection establishment:"
        self._excepted = tuple(
            f"{words} {reason}" for reason in reasons for words in (LOAD_FAILED, refused)
        )
        yield
        self._excepted = ()

    @contextmanager
    def refusal(self, status: str) -> Iterator[None]:
        """Except the browser's own line about a form that the server refuses."""
        self._excepted = (
            f"Failed to load resource: the server responded with a status of {status}",
        )
        yield
        self._excepted = ()

    def close(self) -> None:
        """Close every page and say what went wrong on any of them."""
        for context in self._contexts:
            context.close()
        host = urlsplit(self.address).netloc
        strange = [url for url in self.requests if not _is_own(url, host)]
        assert not strange, strange
        assert not self.problems, self.problems

    def _hear(self, line: Any) -> None:
        if line.type == "error" and line.text not in self._excepted:
            self.problems.append(f"console error on {line.page.url}: {line.text}")


def _wait_for_each_load(page: Page) -> None:
    page.add_init_script(NOTES_THE_LOAD)
    unloaded = page.locator("html:not([data-loaded])")
    page.add_locator_handler(unloaded, lambda: page.wait_for_load_state())


def wait_for_keys(page: Page) -> None:
    """Wait until the page takes keys: its scripts ran and its first picture was drawn.

    The browser drops what is pressed before that picture.
    """
    page.wait_for_load_state()
    page.evaluate(PAINTED)


def _is_own(url: str, host: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme == "data" or (parts.scheme in ("http", "ws") and parts.netloc == host)


def grave_violations(page: Page) -> list[str]:
    """Return what axe finds serious or critical, and ids that stand twice, one line each.

    The script is evaluated, not added: the content policy of the page stays on.
    """
    page.evaluate(AXE)
    found = page.evaluate("tags => axe.run({runOnly: tags, resultTypes: ['violations']})", AXE_TAGS)
    twice = page.evaluate(IDS_TWICE)
    return [f"{page.url} has the id {name} twice" for name in twice] + [
        f"{page.url} {rule['id']} ({rule['impact']}): {node['target']} {node['failureSummary']}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
        for node in rule["nodes"]
    ]


class Stopwatch:
    """Measures how long one screen takes to show what happened on another."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def within(self, limit_s: float, what: str, seen: Callable[[], None]) -> float:
        """Wait with patience until it is seen, then insist that it took less than the limit."""
        seen()
        took_s = time.monotonic() - self._began
        print(f"{what}: {took_s:.2f} s")
        assert took_s < limit_s, f"{what}: {took_s:.2f} s, at most {limit_s} s"
        return took_s


def sign_in_staff(page: Page, login_name: str, password: str) -> None:
    """Sign in at the form of staff."""
    page.goto("/sign-in")
    page.get_by_label("登录名").fill(login_name)
    page.get_by_label("密码").fill(password)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("button", name="退出")).to_be_visible()


def sign_in_candidate(page: Page, admission_no: str, room_code: str, address: str = "") -> None:
    """Sign in at the form of candidates; leaves the page at the check of own data.

    The page asks before it is left during the paper; whoever reloads it in a test means it.
    """
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{address}/exam/")
    page.get_by_label("准考证号").fill(admission_no)
    page.get_by_label("考场口令").fill(room_code)
    page.get_by_role("button", name="登录", exact=True).click()
    expect(page.get_by_role("heading", name="请核对您的信息")).to_be_visible()


def confirm_and_wait(page: Page) -> None:
    """Confirm data and rules; leaves the page waiting for the start."""
    page.get_by_role("button", name="信息无误，继续").click()
    page.get_by_label("我已阅读并将遵守以上规定").check()
    page.get_by_role("button", name="进入考场等候").click()
    expect(page.get_by_role("heading", name="等待监考员开考")).to_be_visible()


class Paper:
    """A candidate's paper as a test drives it, with its own record of what was chosen."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.chosen: dict[str, tuple[str, ...]] = {}

    def open(self) -> None:
        """Wait until the exam has begun on this page."""
        expect(self.page.locator("#stem")).to_be_visible()

    def go(self, number: int) -> None:
        """Turn to a question by the number panel."""
        self.page.get_by_role("button", name=re.compile(f"^第 {number} 题，")).click()
        expect(self.page.locator("#stem .stem__no")).to_have_text(f"{number}．")

    def click(self, place: int) -> None:
        """Choose an option by mouse."""
        self._note(place)
        self.page.locator(".option").nth(place).click()
        self._see(place)

    def press(self, letter: str) -> None:
        """Choose an option by its letter."""
        place = "ABCDEF".index(letter)
        self._note(place)
        self.page.keyboard.press(letter.lower())
        self._see(place)

    def answered(self, count: int) -> None:
        """See that so many questions count as answered."""
        expect(self.page.locator("#answered")).to_have_text(str(count))

    def link(self, words: str) -> None:
        """See what the save badge says."""
        expect(self.page.locator("#link")).to_contain_text(words)

    def _note(self, place: int) -> None:
        option = self.page.locator(".option input").nth(place)
        question, value = option.get_attribute("name"), option.get_attribute("value")
        assert question is not None
        assert value is not None
        before = self.chosen.get(question, ())
        several = option.get_attribute("type") == "checkbox"
        if value in before:
            after = tuple(one for one in before if one != value)
        else:
            after = (*before, value) if several else (value,)
        self.chosen[question] = after

    def _see(self, place: int) -> None:
        box = self.page.locator(".option input").nth(place)
        wanted = box.get_attribute("value") in self.chosen[box.get_attribute("name") or ""]
        expect(box).to_be_checked(checked=wanted)


class Wall:
    """The wall of a room as a test drives it."""

    def __init__(self, page: Page, sitting_id: int, *, is_open: bool = False) -> None:
        self.page = page
        if not is_open:
            page.goto(f"/proctor/{sitting_id}")
        expect(page.locator(".seat").first).to_be_visible()
        expect(page.locator("#link")).to_have_text("实时连接正常")

    def open_check_in(self) -> str:
        """Open the room to candidates; returns the room code on the wall."""
        self.act("#phase", "开放签到")
        shown = self.page.locator(".phase__code")
        expect(shown).to_have_text(re.compile(r"^\d{3} \d{3}$"))
        return shown.inner_text().replace(" ", "")

    def act(self, where: str, label: str, **fields: str) -> Stopwatch:
        """Press a button, fill the dialog it opens, confirm; the watch starts at the confirm."""
        self.page.locator(where).get_by_role("button", name=label, exact=True).click()
        dialog = self.page.get_by_role("dialog")
        for name, value in fields.items():
            dialog.locator(f"[name={name}]").fill(value)
        for tick in dialog.get_by_role("checkbox").all():
            tick.check()
        watch = Stopwatch()
        dialog.locator("#action-confirm").click()
        expect(dialog).to_have_count(0)
        return watch

    def select(self, seat_no: int) -> None:
        """Open the card of a seat."""
        self.seat(seat_no).click()
        expect(self.page.locator("#detail")).to_be_visible()

    def seat(self, seat_no: int) -> Any:
        """Return the tile of a seat."""
        return self.page.locator(".seat").nth(seat_no - 1)

    def sees(self, seat_no: int, state: str) -> None:
        """See that a seat is in a state."""
        expect(self.seat(seat_no)).to_have_attribute("data-state", state)
