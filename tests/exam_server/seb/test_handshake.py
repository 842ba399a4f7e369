"""The handshake of a computer: one address, one hash, thirty seconds; each refusal has its text."""

import re
from collections.abc import Callable

import pytest
from sqlalchemy import select

from exam_server.cookies import DEVICE_COOKIE
from exam_server.delivery.models import RoomEvent
from exam_server.seb.config_key import config_key, shown_hash
from exam_server.seb.models import SebSetting
from exam_server.seb.outcomes import WORDS, Outcome
from exam_server.seb.settings_file import read_settings_file
from tests.support.room import PASSWORD, Page, Room, token_of

ORIGIN = "https://192.168.1.10:8443"
BUILD = "5" * 64


class Computer:
    """A computer with Safe Exam Browser, or with another browser that pretends."""

    def __init__(self, room: Room, place: int = 0) -> None:
        self.room = room
        self.page: Page = room.page(place)
        self.client = self.page.client

    def enter(self) -> str:
        """Open the start address; return the one-time address it leads to."""
        answer = self.client.get(f"/seb/{self.room.sitting_id}/enter")
        assert answer.status_code == 200
        found = re.search(r'data-go="([^"]+)"', answer.text)
        assert found is not None
        return found.group(1)

    def by_header(self, path: str, shown: str, build: str = "") -> str:
        """Load the address with the headers of Windows; return the refusal, empty for success."""
        headers = {"X-SafeExamBrowser-ConfigKeyHash": shown}
        headers |= {"X-SafeExamBrowser-RequestHash": build} if build else {}
        answer = self.client.get(path, headers=headers)
        if answer.status_code == 302:
            return ""
        return next(words for words in WORDS.values() if words in answer.text)

    def by_script(self, path: str, shown: str) -> dict[str, object]:
        """Load the address without headers and post what the script was told."""
        token = token_of(self.client.get(path).text)
        told: dict[str, object] = self.client.post(
            f"{path}/key", json={"configKey": shown}, headers={"X-CSRF-Token": token}
        ).get_json()
        return told


@pytest.fixture
def key(room: Room) -> str:
    """The room is open and asks for the browser; returns its Config Key."""
    return ask(room)


def ask(room: Room, builds: str = "") -> str:
    page = room.server.app.test_client()
    token = token_of(page.get("/sign-in", base_url=ORIGIN).text)
    form = {"login_name": "jiankao01", "password": PASSWORD, "csrf_token": token}
    page.post("/sign-in", data=form, base_url=ORIGIN)
    address = f"/seb/{room.sitting_id}"
    token = token_of(page.get(address, base_url=ORIGIN).text)
    page.post(address, data={"csrf_token": token, "browser_keys": builds}, base_url=ORIGIN)
    sealed = page.get(f"{address}/sealed.seb", base_url=ORIGIN).data
    shown = page.get(address, base_url=ORIGIN).text
    password = re.search(r"文件口令</dt><dd class=\"num\">([^<]+)<", shown)
    assert password is not None
    made = config_key(read_settings_file(sealed, password.group(1)))
    with room.database.reading() as db:
        setting = db.get_one(SebSetting, room.sitting_id)
        assert (setting.config_key, setting.origin) == (made, ORIGIN)
    if room.wall()["sitting"]["state"] == "planned":
        room.open()
    return made


def test_a_computer_with_the_settings_signs_in(room: Room, key: str) -> None:
    computer = Computer(room)
    path = computer.enter()
    assert computer.by_header(path, shown_hash(ORIGIN + path, key)) == ""
    assert computer.page.sign_in(room.code()) == ""


def test_a_browser_that_sends_no_headers_shows_its_hash_by_script(room: Room, key: str) -> None:
    computer = Computer(room)
    path = computer.enter()
    assert computer.by_script(path, shown_hash(ORIGIN + path, key))["ok"] is True
    assert computer.page.sign_in(room.code()) == ""


def no_seb(computer: Computer, key: str) -> object:
    return computer.by_script(computer.enter(), "")["message"]


def other_configuration(computer: Computer, key: str) -> object:
    path = computer.enter()
    return computer.by_header(path, shown_hash(ORIGIN + path, config_key({"a": 1})))


def replayed(computer: Computer, key: str) -> object:
    path = computer.enter()
    shown = shown_hash(ORIGIN + path, key)
    assert computer.by_header(path, shown) == ""
    return computer.by_header(path, shown)


def other_address(computer: Computer, key: str) -> object:
    start = f"{ORIGIN}/seb/{computer.room.sitting_id}/enter"
    return computer.by_header(computer.enter(), shown_hash(start, key))


def hash_of_an_earlier_nonce(computer: Computer, key: str) -> object:
    first, second = computer.enter(), computer.enter()
    return computer.by_header(second, shown_hash(ORIGIN + first, key))


def other_computer(computer: Computer, key: str) -> object:
    path = Computer(computer.room, 1).enter()
    return computer.by_header(path, shown_hash(ORIGIN + path, key))


def late(computer: Computer, key: str) -> object:
    path = computer.enter()
    computer.room.clock.advance(seconds=31)
    return computer.by_header(path, shown_hash(ORIGIN + path, key))


@pytest.mark.parametrize(
    ("attempt", "outcome"),
    [
        (no_seb, Outcome.NO_SEB),
        (other_configuration, Outcome.OTHER_CONFIGURATION),
        (replayed, Outcome.REPLAYED),
        (other_address, Outcome.OTHER_ADDRESS),
        (hash_of_an_earlier_nonce, Outcome.OTHER_ADDRESS),
        (other_computer, Outcome.OTHER_COMPUTER),
        (late, Outcome.LATE),
    ],
)
def test_each_refusal_has_its_own_text_on_the_screen_and_on_the_wall(
    room: Room, key: str, attempt: Callable[[Computer, str], object], outcome: Outcome
) -> None:
    computer = Computer(room)
    assert attempt(computer, key) == WORDS[outcome]
    refused = computer.page.sign_in(room.code())
    assert "不能登录" in refused
    with room.database.reading() as db:
        alerts = db.scalars(select(RoomEvent.text).where(RoomEvent.kind == "alert")).all()
    assert WORDS[outcome] in alerts
    assert any(text.startswith("登录被拒") for text in alerts)


def test_the_texts_differ() -> None:
    assert len(set(WORDS.values())) == len(Outcome)


def test_only_listed_builds_are_let_in(room: Room) -> None:
    key = ask(room, BUILD)
    computer = Computer(room)
    path = computer.enter()
    right = shown_hash(ORIGIN + path, key)
    other = shown_hash(ORIGIN + path, "6" * 64)
    assert computer.by_header(path, right, other) == WORDS[Outcome.OTHER_BUILD]
    path = computer.enter()
    build = shown_hash(ORIGIN + path, BUILD)
    assert computer.by_header(path, shown_hash(ORIGIN + path, key), build) == ""


def test_an_address_in_the_request_is_never_read(room: Room, key: str) -> None:
    computer = Computer(room)
    path = computer.enter()
    token = token_of(computer.client.get(path).text)
    body = {"configKey": shown_hash("https://evil/", key), "url": "https://evil/"}
    told = computer.client.post(f"{path}/key", json=body, headers={"X-CSRF-Token": token})
    assert told.get_json()["ok"] is False


def test_a_computer_that_never_checked_is_refused_and_a_proctor_may_overrule(
    room: Room, key: str
) -> None:
    page = room.page()
    assert WORDS[Outcome.NO_SEB] in page.sign_in(room.code())
    room.command("override_seb", admission=page.admission_id, reason="机器装不上，李主任同意")
    assert page.sign_in(room.code()) == ""
    assert room.audited("override_seb") == [{"reason": "机器装不上，李主任同意"}]
    texts = [event["text"] for event in room.wall()["events"]]
    assert "免 SEB 校验放行：机器装不上，李主任同意" in texts
    assert room.page(1).sign_in(room.code())  # the others are still asked


def test_a_sitting_that_does_not_ask_lets_any_browser_in(room: Room) -> None:
    room.open()
    page = room.page()
    assert page.sign_in(room.code()) == ""
    assert page.client.get_cookie(DEVICE_COOKIE) is None
    assert page.client.get(f"/seb/{room.sitting_id}/enter").status_code == 404
