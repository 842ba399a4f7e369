"""What is remembered between rounds: read again when it may have changed, never sooner."""

import time
from datetime import timedelta

from exam_server.delivery.remembered import LONG_S, READ_AGAIN_AFTER, RESTS, Remembered
from tests.support.room import START

SOON = START + timedelta(seconds=1)


class Store:
    """A value, how often it was read, and what tells that it changed."""

    def __init__(self, *, takes_s: float = 0.0) -> None:
        self.value, self.stamp, self.readings, self.takes_s = "first", 0, 0, takes_s

    def read(self) -> str:
        self.readings += 1
        ends = time.thread_time() + self.takes_s
        while time.thread_time() < ends:
            pass
        return self.value

    def change(self, value: str) -> None:
        self.value, self.stamp = value, self.stamp + 1

    def remembered(self) -> Remembered[str]:
        return Remembered(self.read, lambda: self.stamp)


def test_it_is_read_once_until_something_was_written():
    store = Store()
    kept = store.remembered()
    assert [kept.get(START), kept.get(SOON)] == ["first", "first"]
    assert store.readings == 1
    store.change("second")
    assert [kept.get(SOON), kept.get(SOON)] == ["second", "second"]
    assert store.readings == 2


def test_what_others_have_written_is_seen_after_a_few_seconds():
    store = Store()
    kept = store.remembered()
    kept.get(START)
    store.value = "by another process"
    assert kept.get(START + READ_AGAIN_AFTER - timedelta(milliseconds=1)) == "first"
    assert kept.get(START + READ_AGAIN_AFTER) == "by another process"


def test_what_takes_long_rests_although_it_changed_but_not_when_it_must_be_known():
    store = Store(takes_s=LONG_S + 0.05)
    kept = store.remembered()
    kept.get(START)
    store.change("second")
    assert kept.get(SOON) == "first"
    kept.forget()
    assert kept.get(SOON) == "second"
    store.change("third")
    assert kept.get(SOON) == "second"
    time.sleep(RESTS * (LONG_S + 0.1) + 0.3)
    assert kept.get(SOON) == "third"


def test_a_change_while_it_is_read_is_not_missed():
    store = Store()

    def read_slowly() -> str:
        value = store.read()
        store.change("written meanwhile")
        return value

    kept = Remembered(read_slowly, lambda: store.stamp)
    assert kept.get(START) == "first"
    assert kept.get(SOON) == "written meanwhile"
