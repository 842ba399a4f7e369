"""How many answers a server saves per second, and how soon it says so; prints one JSON object.

``python benchmarks/saves.py [--clients 200] [--seconds 10] [--rounds 3]``: the server is a process
of its own on a SQLite file, every acknowledged save is on disk; the load comes from this process,
one socket for each signed-in candidate. Closed loop: every client sends its next save as soon as
the last is acknowledged. Open load: a fixed rate, timed from the instant a save was due, so that a
server that falls behind cannot hide it. Afterwards every acknowledged save is looked up.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click
from sqlalchemy import select

from exam_server.config import read_settings
from exam_server.delivery.models import AnswerOp
from exam_server.opening import open_database
from exam_server.rehearsal import screen
from exam_server.rehearsal.batch import BatchOrder, build_batch
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.office import build_office
from exam_server.rehearsal.robot import Habits
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.rehearsal.socket_client import SocketClient
from exam_server.seeding import load_seeds
from registry.accounts.passwords import hash_password
from registry.database import Database

OPEN_RATE_PER_S = 100
OFFICE_LEAD = timedelta(days=60)
Saved = tuple[int, int, str, str]  # attempt, sequence number, question, value


class Client:
    """One signed-in candidate that saves and times the acknowledgements."""

    def __init__(self, socket: SocketClient, state: dict[str, Any]) -> None:
        self.socket = socket
        self.attempt_id = int(state["attempt"].removeprefix("a-"))
        self.questions = [q for part in state["paper"]["sections"] for q in part["questions"]]
        self.seq = 0
        self.acknowledged: list[Saved] = []
        self.latencies_ms: list[float] = []

    async def save(self, due: float) -> None:
        """Save one answer; the time runs from ``due``."""
        self.seq += 1
        seq = self.seq
        question = self.questions[seq % len(self.questions)]
        option = question["options"][seq % len(question["options"])]["id"]
        op = {"seq": seq, "kind": "set", "item": question["id"], "value": [option]}
        reply = await self.socket.call("ops", {"epoch": 1, "ops": [op]}, timeout_s=60)
        if reply["ok"] and reply["ack"] >= seq:
            self.latencies_ms.append(1000 * (time.perf_counter() - due))
            self.acknowledged.append((self.attempt_id, seq, question["id"], option))


def acknowledged(clients: Sequence[Client]) -> int:
    """Return how many saves have been acknowledged so far."""
    return sum(len(client.acknowledged) for client in clients)


async def closed_loop(clients: Sequence[Client], seconds: float) -> float:
    """Return acknowledged saves per second with every client always waiting for one."""
    before, began = acknowledged(clients), time.perf_counter()

    async def work(client: Client) -> None:
        while time.perf_counter() < began + seconds:
            await client.save(time.perf_counter())

    await asyncio.gather(*(work(client) for client in clients))
    return (acknowledged(clients) - before) / (time.perf_counter() - began)


async def open_load(clients: Sequence[Client], seconds: float) -> list[float]:
    """Return the latencies in milliseconds at a fixed rate spread over all clients."""
    for client in clients:
        client.latencies_ms.clear()
    saves, began = [], time.perf_counter()
    for number in range(int(OPEN_RATE_PER_S * seconds)):
        due = began + number / OPEN_RATE_PER_S
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        saves.append(asyncio.create_task(clients[number % len(clients)].save(due)))
    await asyncio.gather(*saves)
    return [ms for client in clients for ms in client.latencies_ms]


async def connect_all(database: Database, address: str, sitting_id: int) -> list[Client]:
    """Let every candidate sign in, start the exam and open a socket for each."""
    proctor = screen.Proctor(address, sitting_id)
    await asyncio.to_thread(proctor.sign_in, "jiankao01", PASSWORD)
    await asyncio.to_thread(proctor.command, "open_check_in")
    seated = screen.seat_robots(database, address, sitting_id, seed=1, habits=Habits())
    await screen.sign_in_all(seated, proctor.room_code(), lambda: None)
    await asyncio.to_thread(proctor.command, "start")
    clients = []
    for one in seated:
        state = await asyncio.to_thread(one.robot.web.get, "/exam/api/state")
        socket = SocketClient(address, "/candidate", one.robot.web.cookie)
        await socket.connect()
        clients.append(Client(socket, state))
    return clients


def percentile(latencies_ms: Sequence[float], share: int) -> float:
    """Return the latency below which so many percent of the saves lie."""
    return statistics.quantiles(latencies_ms, n=100)[share - 1]


async def measure(
    database: Database, address: str, sitting_id: int, seconds: float, rounds: int
) -> tuple[dict[str, Any], set[Saved]]:
    """Run all rounds; return the figures and every acknowledged save."""
    clients = await connect_all(database, address, sitting_id)
    rates = [await closed_loop(clients, seconds) for _ in range(rounds)]
    loads = [await open_load(clients, seconds) for _ in range(rounds)]
    for client in clients:
        await client.socket.close()
    saved = {save for client in clients for save in client.acknowledged}
    figures = {
        "clients": len(clients),
        "rounds": rounds,
        "round_s": seconds,
        "closed_loop_saves_per_s": round(statistics.median(rates)),
        "closed_loop_rounds": [round(rate) for rate in rates],
        "open_load_saves_per_s": OPEN_RATE_PER_S,
        "open_load_ms": {
            f"p{share}": round(statistics.median(percentile(load, share) for load in loads), 1)
            for share in (50, 95, 99)
        },
        "sent": sum(client.seq for client in clients),
        "acknowledged": len(saved),
    }
    return figures, saved


def missing_or_twice(database: Database, saved: set[Saved]) -> tuple[int, int]:
    """Return how many acknowledged saves are not stored as sent, and how many are stored twice."""
    chosen = select(AnswerOp.attempt_id, AnswerOp.seq, AnswerOp.question_id, AnswerOp.value)
    with database.reading() as db:
        stored = [tuple(row) for row in db.execute(chosen)]
    return len(saved - set(stored)), len(stored) - len({row[:2] for row in stored})


def prepare(database: Database, clients: int) -> int:
    """Build the office and one sitting with so many candidates; return its id."""
    now = datetime.now(UTC)
    load_seeds(database, now=now - OFFICE_LEAD, tell=lambda _name, _count: None)
    with database.transaction() as db:
        office = build_office(db, hash_password(PASSWORD), now=now - OFFICE_LEAD)
        return build_batch(db, office, BatchOrder(clients, 0, now, 1)).screen_sitting_id


@click.command()
@click.option("--clients", default=200, help="Candidates with a socket each.")
@click.option("--seconds", default=10.0, help="Length of a round.")
@click.option("--rounds", default=3, help="Rounds of each kind; medians are given.")
def main(clients: int, seconds: float, rounds: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(read_settings({"KAOHE_HOME": folder}))
        sitting_id = prepare(database, clients)
        with ServerProcess(Path(folder)) as server:
            figures, saved = asyncio.run(
                measure(database, server.address, sitting_id, seconds, rounds)
            )
        missing, twice = missing_or_twice(database, saved)
        database.engine.dispose()
    result = {**figures, "acknowledged_but_missing": missing, "stored_twice": twice}
    result |= {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    click.echo(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
