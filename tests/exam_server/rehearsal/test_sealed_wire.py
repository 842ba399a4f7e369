"""All that reaches a PC before the start of a sealed exam, searched for the paper (G24).

The relay keeps the whole PC: whatever its disk could hold has come over this wire.
"""

import asyncio
import base64
import hashlib
from collections.abc import Callable
from typing import Any

from exam_server.rehearsal.office import find_office
from exam_server.rehearsal.screen import Proctor
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.rehearsal.socket_client import SocketClient
from item_bank.queries import paper_content
from item_bank.rules.rich_text import without_marks
from registry.database import Database
from registry.scheduling.models import Sitting
from tests.exam_server.rehearsal.test_wire_holds_no_key import Candidate, as_sent, secrets_of
from tests.support.recording_relay import RecordingRelay
from tests.support.room import PASSWORD, Prepared, opened
from tests.support.sealed_papers import opened_by_page, seal, slips

Home = Callable[[int], Prepared]
SHORTEST = 6  # characters: shorter runs of a stem may stand anywhere


def test_nothing_on_a_candidates_pc_opens_or_betrays_the_paper_before_the_start(
    home_for: Home,
) -> None:
    prepared = home_for(2)
    sitting_id = prepared.batch.screen_sitting_id
    with opened(prepared) as database, ServerProcess(prepared.folder) as server:
        with database.reading() as db:
            office = find_office(db)
        sealed = seal(database, office, sitting_id, now=prepared_start(database, sitting_id))
        people, hidden = secrets_of(database, sitting_id)
        proctor = Proctor(server.address, sitting_id)
        proctor.sign_in("jiankao01", PASSWORD)
        proctor.command("open_check_in")
        with RecordingRelay(server.address) as relay, RecordingRelay(server.address) as fixed:
            one = Candidate(relay.address, people[0][0], proctor.room_code(), files=fixed.address)
            one.enter()
            package = one.web.download(one.web.get("/exam/api/state")["package"]["url"])
            asyncio.run(wait_over_both_ways(one, proctor, slips(sealed)))
            before = relay.received() + fixed.received()
            proctor.command("start")
            state = one.web.get("/exam/api/state?paper=package")
            paper = opened_by_page(package, state["paper_key"], one.number)
            after = relay.received() + fixed.received()
    form = next(form for form in sealed.forms if form.admission_no == one.number)
    assert hashlib.sha256(package).hexdigest() == form.package_hash
    assert package in before  # the record is whole
    check_that_no_key_left(before, sealed.locked.key)
    assert base64.b64encode(sealed.locked.key) in after
    texts = texts_of(database, form.paper_id)
    assert len(texts) > 90
    for text in texts:
        assert not any(shape in before for shape in as_sent(text)), text
    told = str(paper).encode()
    for word in hidden:
        assert word not in after + told, word


async def wait_over_both_ways(one: Candidate, proctor: Proctor, codes: dict[str, str]) -> None:
    """Do before the start whatever a page can do, while both persons unlock the papers."""
    socket = SocketClient(one.address, "/candidate", one.web.cookie)
    await socket.connect()
    try:
        for name, fields in (("unlock", codes), ("message", {"text": "请保持安静"})):
            await asyncio.to_thread(proctor.command, name, **fields)
            await socket.call("ops", {"epoch": 1, "ops": []})
            await asyncio.to_thread(ask_for_everything, one)
    finally:
        await socket.close()


def ask_for_everything(one: Candidate) -> None:
    """Send every request that a waiting page may send."""
    for address in ("state", "state?paper=package"):
        told: dict[str, Any] = one.web.get(f"/exam/api/{address}")
        assert (told["paper"], told["paper_key"]) == (None, None)
    for name, body in (
        ("hand", {"kind": "question", "text": "看不清", "item": "q1"}),
        ("event-seen", {"id": 1}),
        ("ops", {"epoch": 1, "ops": [{"seq": 1, "kind": "submit"}]}),
    ):
        one.web.post(f"/exam/api/{name}", body)
    one.web.page("/exam/room")


def check_that_no_key_left(wire: bytes, key: bytes) -> None:
    """Neither the key nor half of it, in any of the ways that it could be written."""
    for part in (key, key[:16], key[16:]):
        shapes = (part, part.hex().encode(), base64.b64encode(part)[:20])
        assert not any(shape in wire for shape in shapes)


def prepared_start(database: Database, sitting_id: int) -> Any:
    """Return when the sitting is to begin."""
    with database.reading() as db:
        return db.get_one(Sitting, sitting_id).starts_at


def texts_of(database: Database, paper_id: int) -> set[str]:
    """Return the lines of every stem and option that are long enough to mean something."""
    with database.reading() as db:
        questions = paper_content(db, paper_id).questions
    texts = [q.stem for q in questions] + [o.content for q in questions for o in q.options]
    lines = {line for text in texts for line in without_marks(text).split("\n")}
    return {line for line in lines if len(line) >= SHORTEST}
