"""A wall with 200 seats while the room works: change to pixel, processor, memory (G17); JSON.

    python benchmarks/wall.py [--seats 200] [--rate 50] [--minutes 5]

A process of its own plays every candidate over a socket and notes when it sent which answer. The
wall is open in a real Chromium; a script notes the first frame after a tile has changed its count.
Both clocks are that of this machine. The processor is that of the renderer alone, in shares of one
core; the memory of the page's objects is taken after a collection, once a minute.
"""

import asyncio
import json
import os
import random
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
from playwright.sync_api import Browser, Page, expect

from benchmarks.exam_home import Seat, prepare, seat_everyone
from exam_server.config import read_settings
from exam_server.cookies import LEASE_COOKIE
from exam_server.opening import open_database
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.rehearsal.socket_client import SocketClient
from tests.support.browser import Journey, chromium, sign_in_staff

SETTLE_S = 10.0  # every page has been heard of before anything is measured
LAST_FRAMES_S = 5.0
PATIENCE_S = 120.0  # of one answer, on a machine that others use too
OPS = ("set", "clear")
TAKE_FRAMES = "() => frames_seen.splice(0)"
NOTE_FRAMES = """() => {
  window.frames_seen = [];
  const tiles = [...document.querySelectorAll("#seats .seat")];
  const note = (changed) => requestAnimationFrame(() => {
    const at = Date.now();
    for (const place of changed) {
      const count = tiles[place].querySelector(".seat__state").textContent;
      if (/^\\d+$/.test(count)) frames_seen.push([place, Number(count), at]);
    }
  });
  new MutationObserver((records) => {
    const nodes = records.map(({ target }) => (target.closest ? target : target.parentElement));
    const counts = nodes.filter((node) => node.closest(".seat__state"));
    const changed = new Set(counts.map((node) => tiles.indexOf(node.closest(".seat"))));
    if (changed.size) note(changed);
  }).observe(document.querySelector("#seats"), {
    subtree: true, childList: true, characterData: true,
  });
}"""


@dataclass(frozen=True)
class Sent:
    """One answer that changes what the wall shows of a seat: since when, and the count it makes."""

    place: int
    answered: int
    at_ms: float


@dataclass
class Candidate:
    """A page without a screen: answers a new question, and withdraws when all are answered."""

    place: int
    seat: Seat
    socket: SocketClient
    seq: int = 0

    def next_op(self) -> tuple[dict[str, Any], int]:
        """Return the next operation and how many questions are answered after it."""
        total = len(self.seat.items)
        turn, at = divmod(self.seq, total)
        self.seq += 1
        item, options = self.seat.items[at]
        kind = OPS[turn % 2]
        value = [options[0]] if kind == "set" else []
        answered = at + 1 if kind == "set" else total - at - 1
        return {"seq": self.seq, "kind": kind, "item": item, "value": value}, answered


def play(address: str, seats: list[Seat], rate: float, seconds: float) -> list[Sent]:
    """Be all candidates for so long; return what was sent when."""
    return asyncio.run(play_all(address, seats, rate, seconds))


async def play_all(address: str, seats: list[Seat], rate: float, seconds: float) -> list[Sent]:
    candidates = []
    for place, seat in enumerate(seats):
        socket = SocketClient(address, "/candidate", f"{LEASE_COOKIE}={seat.token}")
        await socket.connect(timeout_s=PATIENCE_S)
        await socket.call("ops", {"epoch": 1, "ops": []}, timeout_s=PATIENCE_S)
        candidates.append(Candidate(place, seat, socket))
    await asyncio.sleep(SETTLE_S)
    sent: list[Sent] = []
    began, pause_s, order = time.monotonic(), len(seats) / rate, random.Random(1)

    async def work(candidate: Candidate) -> None:
        await asyncio.sleep(pause_s * order.random())
        while time.monotonic() - began < seconds:
            op, answered = candidate.next_op()
            sent.append(Sent(candidate.place, answered, 1000 * time.time()))
            reply = await candidate.socket.call(
                "ops", {"epoch": 1, "ops": [op]}, timeout_s=PATIENCE_S
            )
            assert reply["ok"], reply
            await asyncio.sleep(pause_s * (0.5 + order.random()))

    await asyncio.gather(*(work(candidate) for candidate in candidates))
    await asyncio.sleep(LAST_FRAMES_S)
    for candidate in candidates:
        await candidate.socket.close()
    return sent


@dataclass
class Renderer:
    """What the page's process uses, asked for over the browser's own protocol."""

    browser: Browser
    page: Page

    def __post_init__(self) -> None:
        self._whole = self.browser.new_browser_cdp_session()
        self._own = self.page.context.new_cdp_session(self.page)
        self._own.send("Performance.enable")

    def cpu_s(self) -> dict[str, float]:
        """Return the processor time of every kind of process so far."""
        used: dict[str, float] = {}
        for process in self._whole.send("SystemInfo.getProcessInfo")["processInfo"]:
            used[process["type"]] = used.get(process["type"], 0.0) + process["cpuTime"]
        return used

    def heap_mib(self) -> float:
        """Return the memory of the page's objects after a collection."""
        self._own.send("HeapProfiler.collectGarbage")
        metrics = self._own.send("Performance.getMetrics")["metrics"]
        size = next(one["value"] for one in metrics if one["name"] == "JSHeapUsedSize")
        return round(float(size) / 2**20, 2)


def watch(
    page: Page, renderer: Renderer, minutes: float, frames: list[list[float]]
) -> tuple[dict[str, float], list[float]]:
    """Look on for so long; return shares of a core by process, and the heap once a minute."""
    page.wait_for_timeout(1000 * SETTLE_S)
    before, began = renderer.cpu_s(), time.monotonic()
    heap = [renderer.heap_mib()]
    for _ in range(max(1, round(minutes))):
        page.wait_for_timeout(60_000 * minutes / max(1, round(minutes)))
        frames += page.evaluate(TAKE_FRAMES)  # which are no memory of the wall
        heap.append(renderer.heap_mib())
    spent_s = time.monotonic() - began
    after = renderer.cpu_s()
    return {kind: round((after[kind] - before.get(kind, 0)) / spent_s, 3) for kind in after}, heap


def delays_ms(sent: list[Sent], frames: list[list[float]]) -> list[float]:
    """Return from each answer to the first frame that shows it or one given after it."""
    by_place: dict[int, list[tuple[float, int]]] = {}
    for place, answered, at in frames:
        by_place.setdefault(int(place), []).append((at, int(answered)))
    later: dict[int, list[Sent]] = {}
    for one in sent:
        later.setdefault(one.place, []).append(one)
    delays = []
    for place, answers in later.items():
        seen, at = by_place.get(place, []), 0
        counts = [one.answered for one in answers]
        for frame_ms, answered in seen:
            if answered not in counts[at:]:
                continue
            shown = counts.index(answered, at)
            delays += [frame_ms - one.at_ms for one in answers[at : shown + 1]]
            at = shown + 1
    return sorted(delays)


def measure(home: Path, seats: int, rate: float, minutes: float) -> dict[str, Any]:
    """Prepare, play, watch; return all figures."""
    database = open_database(read_settings({"KAOHE_HOME": str(home)}))
    (sitting_id,) = prepare(database, seats)
    begun = seat_everyone(database, sitting_id)
    click.echo(f"{len(begun)} candidates have begun", err=True)
    with ServerProcess(home) as server, chromium() as browser:
        journey = Journey(browser, server.address)
        page = journey.page(is_patient=False)
        sign_in_staff(page, "jiankao01", PASSWORD)
        page.goto(f"/proctor/{sitting_id}")
        expect(page.locator("#seats .seat")).to_have_count(seats)
        page.evaluate(NOTE_FRAMES)
        renderer = Renderer(browser, page)
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
            playing = pool.submit(play, server.address, begun, rate, 60 * minutes)
            frames: list[list[float]] = []
            cores, heap = watch(page, renderer, minutes, frames)
            sent = playing.result()
        frames += page.evaluate(TAKE_FRAMES)
        journey.close()
    database.engine.dispose()
    delays = delays_ms(sent, frames)
    return {
        "seats": seats,
        "changes": len(sent),
        "changes_per_s": round(len(sent) / (60 * minutes), 1),
        "seen": len(delays),
        "change_to_pixel_ms": {
            name: round(delays[min(len(delays) - 1, int(len(delays) * share))])
            for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("p100", 1.0))
        },
        "cores": cores,
        "heap_mib_each_minute": heap,
    }


@click.command()
@click.option("--seats", default=200, show_default=True)
@click.option("--rate", default=50.0, show_default=True, help="Changes of seats a second.")
@click.option("--minutes", default=5.0, show_default=True)
def main(seats: int, rate: float, minutes: float) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        figures = measure(Path(folder), seats, rate, minutes)
    figures |= {"machine_cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    click.echo(json.dumps(figures))


if __name__ == "__main__":
    main()
