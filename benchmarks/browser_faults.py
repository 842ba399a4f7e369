"""What becomes of answers when browsers die and cables are pulled; prints JSON (G12, G13, G14).

    python benchmarks/browser_faults.py --kills 200 [--browsers 3]
    python benchmarks/browser_faults.py --cable-minutes 3 --cable-minutes 30
    python benchmarks/browser_faults.py --hand-ins 5

A kill is SIGKILL to every process of a real Chromium 50 ms after a click on an option; then the
browser starts again on its profile, and the click is looked for in the journal on the disk, on a
page that runs nothing of the exam. With the cable out a candidate answers 40 questions, and the
server is watched for them once it is in. A hand-in is pressed ten times and loses three replies.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import Page, expect, sync_playwright
from sqlalchemy import func, select

from benchmarks.exam_home import Seat, prepare, seat_everyone
from exam_server.config import read_settings
from exam_server.cookies import LEASE_COOKIE
from exam_server.delivery.journal_keys import journal_key
from exam_server.delivery.models import AnswerOp, Attempt, RoomEvent
from exam_server.marking import stored_answers
from exam_server.opening import open_database
from exam_server.rehearsal.server_process import ServerProcess
from registry.database import Database
from tests.support.browser import PATIENCE_MS, Journey, Paper, chromium
from tests.support.cable import Cable
from tests.support.exam_pc import ExamPc
from tests.support.lost_replies import LOST, LostReplies, press_hand_in, receipts_sent_again

KILLED_AFTER_MS = 50
QUESTIONS = 40  # answered with the cable out
LOST_REPLIES, PRESSES = 3, 10
UNREACHABLE = ("net::ERR_FAILED", "net::ERR_TIMED_OUT", "net::ERR_CONNECTION_TIMED_OUT")
STORED_WITHIN_S = 60.0  # patience, not the goal
BARE_PAGE = "/static/css/tokens.css"  # of the same origin, runs nothing of the exam
JOURNAL_ON_DISK = """async ([attempt, key]) => {
  const { openStorage } = await import("/static/js/exam/storage.js");
  const { SealedStorage, fromHex, openKey } = await import("/static/js/exam/sealing.js");
  const storage = new SealedStorage(await openStorage(`a-${attempt}`), await openKey(fromHex(key)));
  const ops = (await storage.load()).sort((a, b) => a.seq - b.seq);
  return [storage.grade, ops.length, ops.length ? ops[ops.length - 1].item : ""];
}"""
TELL_WHEN_PAINTED = """place => {
  const box = document.querySelectorAll(".option input")[place];
  addEventListener("click", () => console.info(`clicked ${Date.now()}`), { capture: true });
  const look = () => (box.checked ? console.info("painted") : requestAnimationFrame(look));
  look();
}"""


@dataclass(frozen=True)
class Computer:
    """What one process needs to play a PC whose browser is killed again and again."""

    address: str
    profile: Path
    attempt_id: int
    token: str
    key: str
    questions: int
    kills: int


@dataclass(frozen=True)
class Kill:
    """One try: was the click in the journal, was its mark painted, how long after was the end."""

    is_kept: bool
    is_painted: bool
    after_ms: float
    grade: str


def sit_down(page: Page, address: str, token: str) -> None:
    """Open the paper of a candidate who holds a lease."""
    page.context.add_cookies([{"name": LEASE_COOKIE, "value": token, "url": address}])
    page.goto(f"{address}/exam/room")
    expect(page.locator("#stem")).to_be_visible()


def play_kills(computer: Computer) -> list[Kill]:
    """Click, kill, look on the disk, again and again on one profile."""
    expect.set_options(timeout=PATIENCE_MS)
    seen: list[Kill] = []
    with sync_playwright() as playwright, ExamPc(playwright.chromium, computer.profile) as pc:
        page, kept = pc.start(), 0
        for turn in range(computer.kills):
            sit_down(page, computer.address, computer.token)
            item, is_painted, after_ms = click_and_kill(page, pc, *divmod(turn, computer.questions))
            page = pc.start()
            page.goto(computer.address + BARE_PAGE)
            own = [str(computer.attempt_id), computer.key]
            grade, count, newest = page.evaluate(JOURNAL_ON_DISK, own)
            is_kept = count == kept + 1 and newest == item
            kept = count
            seen.append(Kill(is_kept, is_painted, after_ms, grade))
    return seen


def click_and_kill(page: Page, pc: ExamPc, place: int, question: int) -> tuple[str, bool, float]:
    """Choose an option of a question and kill the browser; return what was clicked."""
    said: list[str] = []
    Paper(page).go(question + 1)
    box = page.locator(".option input").nth(place)
    item = box.get_attribute("name") or ""
    where = page.locator(".option").nth(place).bounding_box()
    assert where is not None
    page.on("console", lambda line: said.append(line.text))
    page.evaluate(TELL_WHEN_PAINTED, place)
    page.mouse.move(where["x"] + 20, where["y"] + where["height"] / 2)
    page.mouse.down()
    with page.expect_console_message(lambda line: line.text.startswith("clicked")) as clicked:
        page.mouse.up()
    clicked_ms = int(clicked.value.text.split()[1])
    page.wait_for_timeout(max(0.0, KILLED_AFTER_MS + clicked_ms - 1000 * time.time()))
    after_ms = 1000 * time.time() - clicked_ms
    pc.kill()
    return item, "painted" in said, after_ms


@dataclass
class Home:
    """A served room full of candidates who have begun; each is taken once."""

    database: Database
    server: ServerProcess
    seats: list[Seat]

    def take(self, count: int) -> list[Seat]:
        """Return candidates that nothing was done with yet."""
        return [self.seats.pop() for _ in range(count)]

    def hand_ins(self, attempt_id: int) -> int:
        """Count the operations that handed the attempt in."""
        with self.database.reading() as db:
            stored = select(func.count()).select_from(AnswerOp)
            return db.scalar(stored.filter_by(attempt_id=attempt_id, kind="submit")) or 0

    def answers(self, attempt_id: int) -> dict[str, tuple[str, ...]]:
        """Return the stored answers of an attempt."""
        with self.database.reading() as db:
            return dict(stored_answers(db, attempt_id))

    def incidents(self, attempt_id: int) -> list[str]:
        """Return what the wall was told of a seat that fell silent."""
        with self.database.reading() as db:
            admission_id = db.get_one(Attempt, attempt_id).admission_id
            told = select(RoomEvent.text).filter_by(admission_id=admission_id, kind="offline")
            return list(db.scalars(told.order_by(RoomEvent.id)))


def count_kills(home: Home, kills: int, browsers: int) -> dict[str, Any]:
    """Share the kills among browsers that run at once; return what the journals held."""
    share, rest = divmod(kills, browsers)
    with tempfile.TemporaryDirectory() as folder:
        computers = [
            Computer(
                home.server.address,
                Path(folder) / f"profile-{place}",
                seat.attempt_id,
                seat.token,
                journal_key(home.database.keys, seat.attempt_id),
                len(seat.items),
                share + (place < rest),
            )
            for place, seat in enumerate(home.take(browsers))
        ]
        began = time.monotonic()
        with ProcessPoolExecutor(browsers, mp_context=get_context("spawn")) as pool:
            seen = [kill for one in pool.map(play_kills, computers) for kill in one]
        took_s = time.monotonic() - began
    after_ms = sorted(kill.after_ms for kill in seen)
    return {
        "kills": len(seen),
        "in_the_journal": sum(kill.is_kept for kill in seen),
        "painted": sum(kill.is_painted for kill in seen),
        "painted_but_lost": sum(kill.is_painted and not kill.is_kept for kill in seen),
        "grades": sorted({kill.grade for kill in seen}),
        "killed_after_ms": {
            "least": round(after_ms[0], 1),
            "p50": round(statistics.median(after_ms), 1),
            "most": round(after_ms[-1], 1),
        },
        "minutes": round(took_s / 60, 1),
    }


def pull_cable(home: Home, minutes: float) -> dict[str, Any]:
    """Let a candidate answer with the cable out for so long; time its return."""
    (seat,) = home.take(1)
    with chromium() as browser, Cable(home.server.address) as cable:
        journey = Journey(browser, cable.address)
        page = journey.page()
        with journey.outage(UNREACHABLE):
            sit_down(page, cable.address, seat.token)
            before = len(home.incidents(seat.attempt_id))  # silent until somebody sat down
            cable.pull()
            paper = answer_slowly(page, 60 * minutes)
            paper.link(f"网络中断 · {QUESTIONS} 题已存本机")
            stored_before = len(home.answers(seat.attempt_id))
            cable.plug_in()
            stored_s = seconds_until_stored(home, seat.attempt_id, paper, page)
            paper.link(f"{QUESTIONS} 题已存到服务器")
        journey.close()
    return {
        "cable_out_minutes": minutes,
        "answered_meanwhile": len(paper.chosen),
        "on_the_server_before": stored_before,
        "stored": len(home.answers(seat.attempt_id)),
        "stored_after_s": round(stored_s, 2),
        "counter_seen": True,
        "incidents": home.incidents(seat.attempt_id)[before:],
    }


def answer_slowly(page: Page, seconds: float) -> Paper:
    """Answer the questions one by one, spread over so long."""
    paper, began = Paper(page), time.monotonic()
    for number in range(1, QUESTIONS + 1):
        paper.go(number)
        paper.press("A")
        due = began + seconds * number / QUESTIONS
        page.wait_for_timeout(max(0.0, 1000 * (due - time.monotonic())))
    return paper


def seconds_until_stored(home: Home, attempt_id: int, paper: Paper, page: Page) -> float:
    """Watch the server until it holds exactly what the candidate chose."""
    began = time.monotonic()
    while (took_s := time.monotonic() - began) < STORED_WITHIN_S:
        if home.answers(attempt_id) == paper.chosen:
            return took_s
        page.wait_for_timeout(50)
    raise TimeoutError(f"not stored within {STORED_WITHIN_S} s")


def hand_in_often(home: Home, times: int) -> dict[str, Any]:
    """Hand in so many papers, each pressed ten times with three lost replies."""
    submits, receipts, repeated = 0, 0, 0
    for seat in home.take(times):
        with chromium() as browser:
            journey = Journey(browser, home.server.address)
            page = journey.page()
            replies = LostReplies(page, LOST_REPLIES)
            with journey.outage(LOST):
                sit_down(page, home.server.address, seat.token)
                Paper(page).press("B")
                press_hand_in(page, PRESSES)
            assert len(replies.lost) == LOST_REPLIES
            again = receipts_sent_again(page, replies.lost[0], PRESSES)
            journey.close()
        with home.database.reading() as db:
            stored = json.loads(db.get_one(Attempt, seat.attempt_id).receipt or "{}")
        submits += home.hand_ins(seat.attempt_id)
        receipts += len(set(again))
        repeated += sum(json.loads(one) == stored for one in again)
    return {
        "hand_ins": times,
        "lost_replies": LOST_REPLIES * times,
        "submits_stored": submits,
        "repetitions": PRESSES * times,
        "repetitions_with_the_stored_receipt": repeated,
        "receipts_that_differ_in_bytes": receipts - times,
    }


@contextmanager
def served_home(candidates: int) -> Iterator[Home]:
    """Prepare a room whose candidates have all begun, and serve it."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(read_settings({"KAOHE_HOME": folder}))
        (sitting_id,) = prepare(database, candidates)
        seats = seat_everyone(database, sitting_id)
        click.echo(f"{len(seats)} candidates have begun", err=True)
        with ServerProcess(Path(folder)) as server:
            yield Home(database, server, seats)
        database.engine.dispose()


@click.command()
@click.option("--kills", default=0, help="How often a browser is killed.")
@click.option("--browsers", default=3, show_default=True, help="Killed side by side.")
@click.option("--cable-minutes", multiple=True, type=float, help="How long the cable is out.")
@click.option("--hand-ins", default=0, help="How many candidates hand in.")
def main(kills: int, browsers: int, cable_minutes: tuple[float, ...], hand_ins: int) -> None:
    """Measure what is asked for and print one line of JSON for each."""
    for minutes in cable_minutes:
        with served_home(1) as home:
            tell(pull_cable(home, minutes))
    with served_home(max(1, browsers + hand_ins)) as home:
        if kills:
            tell(count_kills(home, kills, browsers))
        if hand_ins:
            tell(hand_in_often(home, hand_ins))


def tell(figures: dict[str, Any]) -> None:
    """Print with what else says how much the machine had to do."""
    load = {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    click.echo(json.dumps(figures | load))


if __name__ == "__main__":
    main()
