"""What a computer says of itself stands on the wall once, and never stops anyone."""

import json
from typing import Any

from exam_server.delivery.models import SittingRun
from tests.support.room import Room

GOOD = {"journal": "durable", "secure": True, "fonts": True, "socket": True, "clock_ms": -40}


def told(room: Room, beginning: str) -> list[dict[str, Any]]:
    """Return the events of one sort that the wall shows, oldest first."""
    events = room.wall()["events"]
    return [event for event in reversed(events) if event["text"].startswith(beginning)]


def test_a_good_self_test_says_nothing_a_poor_one_once_and_a_mended_one_closes_it(
    room: Room,
) -> None:
    room.open()
    page = room.seated()
    assert page.post("self-test", GOOD) == {"ok": True}
    assert told(room, "自检") == []
    poor = {**GOOD, "journal": "memory", "secure": False, "clock_ms": 3_600_000}
    page.post("self-test", poor)
    page.post("self-test", poor)
    [event] = told(room, "自检")
    assert event["open"]
    assert "答案不能存本机" in event["text"]
    assert "降低安全" in event["text"]
    assert "60 分钟" in event["text"]
    page.post("self-test", GOOD)
    assert [(e["open"], e["text"]) for e in told(room, "自检")][-1] == (False, "自检：全部正常")
    assert not any(e["open"] for e in told(room, "自检"))


def test_what_the_page_stopped_is_information_until_it_goes_on_and_on(room: Room) -> None:
    [page] = room.working()
    for _ in range(4):
        page.post("blocked", {"kind": "copy", "times": 2})
    assert [event["open"] for event in told(room, "已阻止")] == [False] * 4
    page.post("blocked", {"kind": "print", "times": 1})
    last = told(room, "已阻止")[-1]
    assert (last["open"], last["text"]) == (True, "已阻止：打印 1 次，累计第 5 条")
    assert page.post("blocked", {"kind": "telepathy", "times": 1})["error"] == "malformed"
    assert page.post("self-test", {**GOOD, "journal": "x"})["error"] == "malformed"


def test_the_state_names_the_tools_that_the_paper_allows(room: Room) -> None:
    with room.database.transaction() as db:
        run = db.get_one(SittingRun, room.sitting_id)
        blueprint = run.paper.blueprint
        blueprint.settings = json.dumps({**json.loads(blueprint.settings), "tools": ["calculator"]})
    room.open()
    page = room.seated()
    assert page.state()["tools"] == ["calculator"]
