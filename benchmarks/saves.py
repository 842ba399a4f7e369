"""Saves acknowledged by a real server over 200 sockets, durable before acknowledged; prints JSON.

The server runs in a process of its own on a SQLite file; the load comes from this process. Closed
loop: every client sends its next save when the last is acknowledged. Open load: a fixed rate.
Usage: python benchmarks/saves.py [--clients 200] [--seconds 8] [--rounds 3]
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

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

OPEN_RATE_PER_S = 100


class Client:
    """One signed-in candidate that saves and times the acknowledgements."""

    def __init__(self, socket: SocketClient, questions: list[dict]) -> None:
        self.socket = socket
        self.questions = questions
        self.seq = 0
        self.acknowledged = 0
        self.latencies_ms: list[float] = []

    async def save(self) -> None:
        self.seq += 1
        question = self.questions[self.seq % len(self.questions)]
        option = question["options"][self.seq % len(question["options"])]["id"]
        op = {"seq": self.seq, "kind": "set", "item": question["id"], "value": [option]}
        began = time.perf_counter()
        reply = await self.socket.call("ops", {"epoch": 1, "ops": [op]})
        if reply.get("ack", 0) >= self.seq:
            self.acknowledged += 1
            self.latencies_ms.append(1000 * (time.perf_counter() - began))


async def closed_loop(clients: list[Client], seconds: float) -> float:
    """Return acknowledged saves per second with every client always busy."""
    before = sum(client.acknowledged for client in clients)
    end = time.perf_counter() + seconds

    async def work(client: Client) -> None:
        while time.perf_counter() < end:
            await client.save()

    began = time.perf_counter()
    await asyncio.gather(*(work(client) for client in clients))
    took = time.perf_counter() - began
    return (sum(client.acknowledged for client in clients) - before) / took


async def open_load(clients: list[Client], seconds: float) -> dict[str, float]:
    """Return the latency at a fixed rate, spread over all clients."""
    for client in clients:
        client.latencies_ms.clear()
    tasks = []
    began = time.perf_counter()
    for number in range(int(OPEN_RATE_PER_S * seconds)):
        await asyncio.sleep(max(0.0, began + number / OPEN_RATE_PER_S - time.perf_counter()))
        tasks.append(asyncio.create_task(clients[number % len(clients)].save()))
    await asyncio.gather(*tasks)
    latencies = sorted(ms for client in clients for ms in client.latencies_ms)
    cuts = statistics.quantiles(latencies, n=100)
    return {
        "p50_ms": round(cuts[49], 2),
        "p95_ms": round(cuts[94], 2),
        "p99_ms": round(cuts[98], 2),
    }


async def connect_all(database, address: str, sitting_id: int) -> list[Client]:
    proctor = screen.Proctor(address, sitting_id)
    await asyncio.to_thread(proctor.sign_in, "jiankao01", PASSWORD)
    await asyncio.to_thread(proctor.command, "open_check_in")
    seated = screen.seat_robots(database, address, sitting_id, seed=1, habits=Habits())
    await screen.sign_in_all(seated, proctor.room_code(), lambda: None)
    await asyncio.to_thread(proctor.command, "start")
    clients = []
    for one in seated:
        state = await asyncio.to_thread(one.robot.web.get, "/exam/api/state")
        questions = [q for section in state["paper"]["sections"] for q in section["questions"]]
        socket = SocketClient(address, "/candidate", one.robot.web.cookie)
        await socket.connect()
        clients.append(Client(socket, questions))
    return clients


async def measure(database, address: str, sitting_id: int, seconds: float, rounds: int) -> dict:
    clients = await connect_all(database, address, sitting_id)
    rates = [await closed_loop(clients, seconds) for _ in range(rounds)]
    latencies = [await open_load(clients, seconds) for _ in range(rounds)]
    acknowledged = sum(client.seq for client in clients)
    for client in clients:
        await client.socket.close()
    return {
        "clients": len(clients),
        "saves_acknowledged_per_s": round(statistics.median(rates)),
        "open_load_per_s": OPEN_RATE_PER_S,
        **{
            name: statistics.median(latency[name] for latency in latencies)
            for name in ("p50_ms", "p95_ms", "p99_ms")
        },
        "acknowledged": acknowledged,
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        database = open_database(read_settings({"KAOHE_HOME": folder}))
        now = datetime.now(UTC)
        load_seeds(database, now=now - timedelta(days=60), tell=lambda _name, _count: None)
        with database.transaction() as db:
            office = build_office(db, hash_password(PASSWORD), now=now - timedelta(days=60))
            batch = build_batch(db, office, BatchOrder(options.clients, 0, now, 1))
        with ServerProcess(home) as server:
            found = asyncio.run(
                measure(
                    database,
                    server.address,
                    batch.screen_sitting_id,
                    options.seconds,
                    options.rounds,
                )
            )
        with database.reading() as db:
            stored = db.scalar(select(func.count()).select_from(AnswerOp)) or 0
        database.engine.dispose()
    print(json.dumps({**found, "stored": stored, "lost": found["acknowledged"] - stored}))


if __name__ == "__main__":
    main()
