"""A reload in the middle of an outage: the page comes back, and with the PIN of the seat the paper."""

# ruff: noqa: E501 - a script for the browser is one line

from collections.abc import Callable
from dataclasses import replace

import pytest
from playwright.sync_api import Page, expect

from exam_server.delivery.journal_keys import journal_key, key_copy, seat_pin
from registry.keys import KeyRing, new_key_ring
from tests.exam_server.static.exam_site import ScriptedRoom
from tests.exam_server.static.test_candidate_page import go, look, open_page, room

__all__ = ["open_page", "room"]
pytestmark = pytest.mark.browser
STORED = """async () => {
  const database = await new Promise((done) => { const asked = indexedDB.open("kaohe-a-17"); asked.onsuccess = () => done(asked.result); });
  const read = (store) => new Promise((done) => { const asked = database.transaction(store).objectStore(store).getAll(); asked.onsuccess = () => done(asked.result); });
  const all = JSON.stringify([await read("ops"), await read("kept")]);
  database.close();
  return all;
}"""
KEPT = """async () => {
  await navigator.serviceWorker.ready;
  while (!navigator.serviceWorker.controller || !(await caches.match("/exam/room"))) await new Promise((resolve) => setTimeout(resolve, 50));
}"""


@pytest.fixture
def keys(room: ScriptedRoom) -> KeyRing:
    drawn = new_key_ring()
    room.journal_key, room.key_copy = journal_key(drawn, 17), key_copy(drawn, 17)
    return drawn


def test_nothing_that_lies_on_the_pc_can_be_read(
    room: ScriptedRoom, keys: KeyRing, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    go(page, 40)
    page.keyboard.press("b")
    expect(page.locator("#link")).to_contain_text("39 题已存到服务器")
    stored = page.evaluate(STORED)
    assert '"seq":41' in stored
    for word in ('"q40"', "o40-2", "张", "充电桩", room.journal_key, seat_pin(keys, 17)):
        assert word not in stored


def test_a_reload_without_a_server_brings_the_paper_back_under_the_pin_of_the_seat(
    room: ScriptedRoom, keys: KeyRing, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    expect(page.locator("#stem")).to_be_visible()
    page.evaluate(KEPT)
    room.is_gone = True
    go(page, 40)
    page.keyboard.press("b")
    expect(page.get_by_role("button", name="第 40 题，已答，待上传")).to_be_visible()
    page.reload()
    field = page.get_by_label("机位口令")
    field.fill("0000 0000")
    page.get_by_role("button", name="继续作答").click()
    expect(page.get_by_role("alert")).to_contain_text("机位口令不对")
    field.fill(seat_pin(keys, 17))
    page.get_by_role("button", name="继续作答").click()
    expect(page.get_by_role("button", name="第 40 题，已答，待上传")).to_be_visible()
    expect(page.locator("#remaining")).to_contain_text("01:1")
    go(page, 41)
    page.keyboard.press("c")
    expect(page.get_by_role("button", name="第 41 题，已答，待上传")).to_be_visible()
    assert "q40" not in room.answers
    room.is_gone = False
    look(page)
    expect(page.locator("#link")).to_contain_text("40 题中 40 题已存到服务器")
    assert room.answers["q40"]["value"] == ["o40-2"]
    assert room.answers["q41"]["value"] == ["o41-3"]


def test_a_pc_without_a_copy_waits_for_the_server_and_goes_on_by_itself(
    room: ScriptedRoom, open_page: Callable[[], Page]
) -> None:
    page = open_page()
    page.evaluate(KEPT)
    room.is_gone = True
    page.reload()
    expect(page.locator("#main")).to_contain_text("暂时连不上考场服务器")
    expect(page.get_by_label("机位口令")).to_have_count(0)
    room.is_gone = False
    expect(page.locator("#stem")).to_be_visible()


def test_the_key_is_the_same_after_a_restore_and_the_pin_opens_no_other_attempt() -> None:
    drawn = new_key_ring()
    again = replace(drawn)
    assert journal_key(drawn, 17) == journal_key(again, 17) != journal_key(drawn, 18)
    assert len(seat_pin(drawn, 17)) == 8
    assert seat_pin(drawn, 17) != seat_pin(drawn, 18)
    assert key_copy(drawn, 17)["box"] != key_copy(drawn, 17)["box"]
