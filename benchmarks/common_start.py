"""The common start: every candidate waits with a sealed paper, one click, all papers open (G7).

The server runs in a process of its own; this one plays the proctor and a socket for every
candidate, each opening its own package with the key that comes over the wire. Prints JSON.

    python benchmarks/common_start.py --clients 500
"""

import asyncio
import base64
import json
import os
import statistics
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from exam_server.config import read_settings
from exam_server.delivery.custody.actions import PreparedSealing, keep_sealing, prepare_sealing
from exam_server.delivery.custody.packages import unpack
from exam_server.opening import open_database
from exam_server.rehearsal import screen
from exam_server.rehearsal.batch import BatchOrder, build_batch
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.office import build_office, find_office
from exam_server.rehearsal.robot import Habits
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.rehearsal.socket_client import SocketClient
from exam_server.rehearsal.web_client import WebClient
from exam_server.seeding import load_seeds
from registry.accounts.models import Account
from registry.accounts.passwords import hash_password
from registry.database import Database

OFFICE_LEAD = timedelta(days=60)
WAIT_S = 60.0


@dataclass
class Waiting:
    """One candidate's page at the waiting view."""

    number: str
    web: WebClient
    socket: SocketClient
    package: bytes = b""
    opened_s: float = 0.0
    questions: int = 0


def prepare(database: Database, clients: int) -> int:
    """Build the office and one sitting with so many candidates; return its id."""
    now = datetime.now(UTC)
    load_seeds(database, now=now - OFFICE_LEAD, tell=lambda _name, _count: None)
    with database.transaction() as db:
        office = build_office(db, hash_password(PASSWORD), now=now - OFFICE_LEAD)
        return build_batch(db, office, BatchOrder(clients, 0, now, 1)).screen_sitting_id


def seal(database: Database, sitting_id: int) -> tuple[PreparedSealing, float]:
    """Seal the sitting; return the slips and the seconds it took."""
    began = time.perf_counter()
    with database.reading() as db:
        actors = find_office(db).actors
    sealer = actors["qianfa01"]
    prepared = prepare_sealing(database, sitting_id, actor=sealer)
    with database.transaction() as db:
        witness = db.get_one(Account, actors["tiku01"].account_id)
        now = datetime.now(UTC)
        keep_sealing(
            db, sitting_id, prepared, witness=witness, unlock_minutes=15, actor=sealer, now=now
        )
    return prepared, time.perf_counter() - began


async def wait_at_desks(database: Database, proctor: screen.Proctor, address: str) -> list[Waiting]:
    """Let every candidate sign in, fetch the package and open a socket."""
    seated = screen.seat_robots(database, address, proctor.sitting_id, seed=1, habits=Habits())
    await screen.sign_in_all(seated, proctor.room_code(), lambda: None)
    pages = []
    for one in seated:
        web = one.robot.web
        socket = SocketClient(address, "/candidate", web.cookie)
        await socket.connect()
        state = await asyncio.to_thread(web.get, "/exam/api/state")
        page = Waiting(one.robot.admission_no, web, socket)
        page.package = await asyncio.to_thread(web.download, state["package"]["url"])
        pages.append(page)
    return pages


async def open_when_told(page: Waiting) -> None:
    """Wait for the key and open the package, as a page does."""
    while True:
        _name, told = await page.socket.events.get()
        if "paper_key" in told:
            break
    paper = json.loads(unpack(page.package, base64.b64decode(told["paper_key"]), page.number))
    page.opened_s = time.perf_counter()
    page.questions = sum(len(section["questions"]) for section in paper["sections"])


def cpu_s(pid: int) -> float:
    """Return the processor time that a process has used, in seconds."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def start(pages: list[Waiting], proctor: screen.Proctor, pid: int) -> dict[str, Any]:
    """Click once; return the figures of the start."""
    waiting = [asyncio.create_task(open_when_told(page)) for page in pages]
    await asyncio.sleep(2)  # what the sign-ins left to do is done
    before, began = cpu_s(pid), time.perf_counter()
    click_task = asyncio.create_task(asyncio.to_thread(proctor.command, "start"))
    async with asyncio.timeout(WAIT_S):
        await asyncio.gather(*waiting)
    await click_task
    answered = time.perf_counter() - began
    used = cpu_s(pid) - before
    spans = sorted(page.opened_s - began for page in pages)
    return {
        "opened": sum(1 for page in pages if page.questions),
        "questions_each": pages[0].questions,
        "paper_open_s": {
            "p50": round(statistics.median(spans), 3),
            "p95": round(spans[int(len(spans) * 0.95)], 3),
            "p100": round(spans[-1], 3),
        },
        "start_acknowledged_s": round(answered, 3),
        "server_cpu_s": round(used, 3),
        "server_cpu_share": round(used / answered, 2),
    }


async def confirm_spread(pages: list[Waiting], pid: int) -> dict[str, float]:
    """Send what every page sends within five seconds of the start: one heartbeat each."""
    before, began = cpu_s(pid), time.perf_counter()

    async def beat(place: int, page: Waiting) -> None:
        await asyncio.sleep(5.0 * place / len(pages))
        await page.socket.call("ops", {"epoch": 1, "ops": []})

    await asyncio.gather(*(beat(place, page) for place, page in enumerate(pages)))
    used = cpu_s(pid) - before
    span = time.perf_counter() - began
    return {"first_beats_server_cpu_s": round(used, 2), "first_beats_s": round(span, 1)}


async def measure(database: Database, sitting_id: int, home: Path) -> dict[str, Any]:
    """Seal, wait, unlock, start; return all figures."""
    sealed, sealing_s = seal(database, sitting_id)
    with ServerProcess(home) as running:
        proctor = screen.Proctor(running.address, sitting_id)
        await asyncio.to_thread(proctor.sign_in, "jiankao01", PASSWORD)
        await asyncio.to_thread(proctor.command, "open_check_in")
        pages = await wait_at_desks(database, proctor, running.address)
        await asyncio.to_thread(
            proctor.command,
            "unlock",
            reviewer="jigou01",
            head_code=sealed.locked.head_code,
            proctor_code=sealed.locked.proctor_code,
        )
        click.echo(f"{len(pages)} wait", err=True)
        figures = await start(pages, proctor, running.pid)
        figures |= await confirm_spread(pages, running.pid)
        for page in pages:
            await page.socket.close()
    sizes = [form.package_bytes for form in sealed.forms]
    return {
        "clients": len(pages),
        "sealing_s": round(sealing_s, 1),
        "package_kib": round(statistics.mean(sizes) / 1024, 1),
        **figures,
    }


@click.command()
@click.option("--clients", default=500, help="Candidates who wait for the start.")
def main(clients: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(read_settings({"KAOHE_HOME": folder}))
        sitting_id = prepare(database, clients)
        figures = asyncio.run(measure(database, sitting_id, Path(folder)))
        database.engine.dispose()
    figures |= {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    click.echo(json.dumps(figures, indent=2))


if __name__ == "__main__":
    main()
