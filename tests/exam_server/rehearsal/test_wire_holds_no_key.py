"""Every byte that reaches a candidate, searched for what must not be there."""

import asyncio
import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from exam_server.rehearsal.screen import Proctor
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.rehearsal.socket_client import SocketClient
from exam_server.rehearsal.web_client import RefusedError, WebClient
from item_bank.models import ItemVersion, Paper, PaperItem
from item_bank.sealing import content_of
from registry.database import Database
from registry.scheduling.models import Sitting
from tests.support.recording_relay import RecordingRelay
from tests.support.room import PASSWORD, RATIONALE_MARK, SOURCE_MARK, Prepared, opened

LINK = re.compile(r'(?:src|href)="(/static/[^"]+)"')
OPAQUE = re.compile(r"[qo][0-9a-f]{8}")
Home = Callable[[int], Prepared]


def as_sent(text: str) -> set[bytes]:
    """Return a text as a page, and as JSON with and without escapes, would carry it."""
    written = (text, json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])
    return {form.encode() for form in written}


class Candidate:
    """One browser that does everything a page can do; ``files`` is where it gets static files."""

    def __init__(self, address: str, number: str, code: str, *, files: str = "") -> None:
        self.web = WebClient(address)
        self.files = WebClient(files) if files else None
        self.number, self.code = number, code
        self.address = address

    def enter(self) -> None:
        page = self.web.page("/exam/")
        self.fetch_files(page)
        for number, code in ((self.number[:-1] + "x", self.code), (self.number, "000000")):
            with pytest.raises(RefusedError):
                self.web.submit("/exam/sign-in", admission_no=number, room_code=code)
        self.web.page("/exam/")
        self.web.submit("/exam/sign-in", admission_no=self.number, room_code=self.code)
        self.fetch_files(self.web.page("/exam/room"))
        for step in ("data", "rules", "nonsense"):
            self.web.post("/exam/api/confirm", {"step": step})

    def fetch_files(self, page: str) -> None:
        for path in LINK.findall(page) if self.files else ():
            self.files.download(path)

    async def sit(self, halfway: Callable[[], object]) -> dict[str, Any]:
        """Answer everything over socket and HTTP, with errors in between; return the state seen."""
        state = await asyncio.to_thread(self.web.get, "/exam/api/state")
        socket = SocketClient(self.address, "/candidate", self.web.cookie)
        await socket.connect()
        questions = [q for s in state["paper"]["sections"] for q in s["questions"]]
        for number, question in enumerate(questions, start=1):
            if number == len(questions) // 2:
                await asyncio.to_thread(halfway)
            op = {
                "seq": number,
                "kind": "set",
                "item": question["id"],
                "value": [question["options"][0]["id"]],
            }
            if number % 3:
                await socket.call("ops", {"epoch": 1, "ops": [op]})
            else:
                await asyncio.to_thread(self.web.post, "/exam/api/ops", {"epoch": 1, "ops": [op]})
            if question["figure"]:
                await asyncio.to_thread(self.web.download, question["figure"]["src"])
        for broken in ({"epoch": 1, "ops": [{"seq": 1}]}, {"epoch": 9}, "?", self.altered(op)):
            await socket.call("ops", broken)
            await asyncio.to_thread(self.web.post, "/exam/api/ops", broken)
        last = {"seq": len(questions) + 1, "kind": "submit"}
        await socket.call("ops", {"epoch": 1, "ops": [last]})
        await asyncio.sleep(0.1)  # what the server says on its own has arrived
        await socket.close()
        return dict(state)

    def altered(self, op: dict[str, Any]) -> dict[str, Any]:
        return {"epoch": 1, "ops": [{**op, "kind": "clear", "value": []}]}

    def look_around(self) -> None:
        """Ask for everything else, allowed or not."""
        for name, body in (
            ("hand", {"kind": "question", "text": "看不清", "item": "q1"}),
            ("away", {"hidden_ms": 5_000}),
            ("display", {"theme": "dark", "zoom": 1}),
            ("event-seen", {"id": 1}),
            ("event-seen", {"id": 9_999}),
            ("hand", {"kind": "?"}),
        ):
            self.web.post(f"/exam/api/{name}", body)
        for path in (
            "/exam/figure/q00000000",
            "/exam/photo",
            "/exam/nothing",
            "/proctor/",
            "/proctor/1/api/snapshot",
        ):
            with contextlib.suppress(RefusedError):
                self.web.download(path)
        self.web.get("/exam/api/state")
        self.web.page("/exam/?leave=1")


def test_no_byte_to_a_candidate_holds_a_key_a_rationale_or_another_person(home_for: Home) -> None:
    prepared = home_for(3)
    sitting_id = prepared.batch.screen_sitting_id
    with opened(prepared) as database, ServerProcess(prepared.folder) as server:
        people, hidden = secrets_of(database, sitting_id)
        proctor = Proctor(server.address, sitting_id)
        proctor.sign_in("jiankao01", PASSWORD)
        proctor.command("open_check_in")
        code = proctor.room_code()
        others = [Candidate(server.address, number, code) for number, _name, _seat in people[1:]]
        with RecordingRelay(server.address) as relay, RecordingRelay(server.address) as fixed:
            candidate = Candidate(relay.address, people[0][0], code, files=fixed.address)
            for one in (*others, candidate):
                one.enter()
            proctor.command("start")
            proctor.command("message", admission=people[1][2], text="只给另一人")
            asyncio.run(others[0].sit(lambda: None))
            state = asyncio.run(
                candidate.sit(lambda: proctor.command("message", text="还有 15 分钟"))
            )
            candidate.look_around()
            wire, files = relay.received(), fixed.received()
    check_that_the_record_is_whole(wire, state, people[0])
    assert files.count(b"HTTP/1.1 200") >= 5
    for word in hidden:
        assert word not in wire + files, word
    for word in ("key", "difficulty", "right", "wrong", "a", "b", "c", "d"):
        assert f'"{word}"'.encode() not in wire, word
    for number, name, _admission in people[1:]:
        assert number.encode() not in wire
        assert not any(form in wire for form in as_sent(name)), name
    assert not any(form in wire for form in as_sent("只给另一人"))
    check_that_ids_are_opaque(state)


def secrets_of(
    database: Database, sitting_id: int
) -> tuple[list[tuple[str, str, int]], list[bytes]]:
    """Return the people of a sitting, and every text that only the office may know."""
    with database.reading() as db:
        places = db.get_one(Sitting, sitting_id).admissions
        people = [
            (p.enrolment.admission_no or "", p.enrolment.candidate.name, p.id) for p in places
        ]
        versions = db.scalars(select(ItemVersion).join(PaperItem)).all()
        contents = [content_of(version) for version in versions]
        assert all(RATIONALE_MARK in c.rationale and SOURCE_MARK in c.source for c in contents)
        hidden = [RATIONALE_MARK, SOURCE_MARK, "is_key", "rationale", "canonical", "order_seed"]
        hidden += [version.item.code for version in versions]
        hidden += [version.content_hash for version in versions]
        hidden += [paper.paper_hash for paper in db.scalars(select(Paper))]
    return people, [word.encode() for word in hidden]


def check_that_the_record_is_whole(
    wire: bytes, state: dict[str, Any], own: tuple[str, str, int]
) -> None:
    """The search means something: what the candidate did see is all in the record."""
    assert own[0].encode() in wire
    assert any(form in wire for form in as_sent(own[1]))
    for section in state["paper"]["sections"]:
        for question in section["questions"]:
            assert any(form in wire for form in as_sent(question["stem"])), question["stem"]
    assert b"<svg" in wire
    assert b'"receipt"' in wire
    assert b"chain_conflict" in wire
    assert b"42/candidate" in wire  # a packet that the server sent on its own


def check_that_ids_are_opaque(state: dict[str, Any]) -> None:
    for section in state["paper"]["sections"]:
        for question in section["questions"]:
            assert OPAQUE.fullmatch(question["id"])
            assert all(OPAQUE.fullmatch(option["id"]) for option in question["options"])
            assert question.keys() == {"id", "no", "stem", "options", "figure"}
            assert all(option.keys() == {"id", "content"} for option in question["options"])
