"""The platform's goals as ratios, Kaohe against stock Flask-SocketIO in one run; prints JSON.

``python -m benchmarks.saves [--clients 1000] [--seconds 6]``: each server is a process of its own,
the load others (``wire_load.py``). What is compared runs in turn, and medians are told
(``turns.py``). CPU is what the server's process used, by acknowledged save. Closed loop: every
client sends its next save as soon as the last is acknowledged. Open load: a fixed rate, timed from
the instant a save was due. Afterwards every acknowledged save is looked up. P8 repeats a kill under
load.
"""

import json
import os
import shutil
import socket
import struct
import tempfile
import threading
import time
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from statistics import median
from typing import Any

import click
from sqlalchemy import func, select

from benchmarks.exam_home import plan_of, prepare, seat_everyone
from benchmarks.processes import Measured, gunicorn, kaohe, stock
from benchmarks.turns import HOST, Party, Plans, Told, in_turn, medians, parties
from benchmarks.wire_load import NO_MASK, Crowd, frame
from exam_server.config import read_settings
from exam_server.delivery.models import AnswerOp, RoomEvent
from exam_server.opening import open_database
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.web_client import WebClient
from registry.database import Database

RATE_PER_S = 200  # open load of P3 and P7
ROUNDS = 5  # of each server, as fast as it can
STEADY_ROUNDS = 3
STEADY_S = 30.0  # pings of both servers fall into it: the library's come every 25 s
SIGN_INS_PER_S = 10
EVENT_BYTES = 4_000_000
FRAME_BYTES = 64 << 20
PAGES = 400


def stock_plans(plans: Plans, event: str) -> Plans:
    """Return the same clients for an event of the stock app."""
    changed = {"prefix": "", "event": event, "cookie": ""}
    return [plan | changed | {"store": f"{number}"} for number, plan in enumerate(plans)]


def spread(plans: Plans, clients: int) -> Plans:
    """Return so many clients; of several with one seat only the first may save."""
    return [plans[number % len(plans)] for number in range(clients)]


def compared(home: Path, folder: Path, plans: Plans, order: "Order") -> tuple[Told, Told]:
    """Load both servers in turn, as fast as they can and at a fixed rate."""
    with ExitStack() as stack:
        ours = stack.enter_context(kaohe(home))
        theirs = stack.enter_context(stock(folder))
        events = ("echo", "save_grouped", "save")
        sides = [(theirs, stock_plans(plans, event)) for event in events]
        everybody = own, echo, grouped, single = parties(stack, [(ours, plans), *sides])
        flooded = [own, echo, grouped]
        in_turn(everybody, flooded, "closed", rounds=1, seconds=1.0)  # every desk is set up
        fast = in_turn(everybody, flooded, "closed", rounds=ROUNDS, seconds=order.seconds / 2)
        steady = in_turn(
            everybody,
            [own, single],
            "open",
            rounds=STEADY_ROUNDS,
            seconds=STEADY_S,
            rate=RATE_PER_S,
        )
        plans[:] = continued(plans, own.crowd.ask("ledger")["acknowledged"])
    return (
        {"closed": fast[0], "open": steady[0]},
        {"echo": fast[1], "save_grouped": fast[2], "save": steady[1]},
    )


def connections(server: Measured, plans: Plans) -> dict[str, Any]:
    """Return CPU of a connect, memory of an idle client, and how long all need to be back."""
    with Crowd() as crowd:
        cpu, memory = server.cpu_s(), server.resident_kib()
        joined = crowd.ask("connect", host=HOST, port=server.port, plans=plans, deflate=True)
        connect_ms = 1000 * (server.cpu_s() - cpu) / len(plans)
        crowd.ask("idle", seconds=2.0)
        kept = (server.resident_kib() - memory) / len(plans)
        crowd.ask("cut")
        back = crowd.ask("reconnect")
        return {
            "joined": joined["joined"],
            "connect_cpu_ms": round(connect_ms, 2),
            "kib_per_client": round(kept, 1),
            "back": back["joined"],
            "back_s": round(back["seconds"], 2),
        }


def sign_ins(server: Measured, ends_at: float) -> None:
    """Let members of staff sign in with a password, so many a second, until then."""

    def sign_in() -> None:
        with suppress(Exception):  # a refusal costs the server the same
            browser = WebClient(f"http://{HOST}:{server.port}")
            browser.page("/sign-in")
            browser.submit("/sign-in", login_name="jiankao01", password=PASSWORD)

    while time.monotonic() < ends_at:
        threading.Thread(target=sign_in, daemon=True).start()
        time.sleep(1 / SIGN_INS_PER_S)


def during_sign_ins(server: Measured, plans: Plans, seconds: float) -> tuple[float, float]:
    """Return the 99th percentile without and with passwords being checked, in turn."""
    calm, busy = [], []
    with Crowd() as crowd:
        party = Party(server, crowd, plans)
        party.round("open", max(1.0, len(plans) / RATE_PER_S), rate=RATE_PER_S)
        for _round in range(STEADY_ROUNDS):
            calm.append(party.round("open", seconds, rate=RATE_PER_S))
            ends_at = time.monotonic() + seconds
            people = threading.Thread(target=sign_ins, args=(server, ends_at))
            people.start()
            busy.append(party.round("open", seconds, rate=RATE_PER_S))
            people.join()
        plans[:] = continued(plans, crowd.ask("ledger")["acknowledged"])
    return medians(calm)["ms"]["p99"], medians(busy)["ms"]["p99"]


def continued(plans: Plans, ledger: Sequence[int]) -> Plans:
    """Return the same clients with the numbers that they have reached."""
    return [plan | {"seq": seq} for plan, seq in zip(plans, ledger, strict=True)]


def opened(port: int) -> socket.socket:
    """Open a WebSocket by hand and return its line once the server has greeted."""
    line = socket.create_connection((HOST, port))
    line.sendall(
        f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {HOST}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
    )
    line.settimeout(10)
    greeting = b""
    while b"pingTimeout" not in greeting:
        greeting += line.recv(4096)
    return line


def reaches_slow_reader(server: Measured) -> bool:
    """Say whether a large event arrives whole at a reader that takes its time."""
    wanted = b'42["big","' + b"x" * EVENT_BYTES + b'"]'
    with opened(server.port) as line:
        line.sendall(frame("40"))
        line.recv(4096)
        line.sendall(frame(f'42["big",{EVENT_BYTES}]'))
        time.sleep(1.0)
        received = b""
        with suppress(OSError):
            while len(received) < len(wanted) + 10 and (part := line.recv(65_536)):
                received += part
                time.sleep(0.005)
    return wanted in received


def growth_from_a_large_frame(server: Measured) -> float:
    """Return by how many MB the server grows when one client sends a frame of 64 MB."""
    before = highest = server.resident_kib()
    with opened(server.port) as line, suppress(OSError):
        line.sendall(struct.pack("!BBQ", 0x81, 0xFF, FRAME_BYTES) + NO_MASK)
        for _ in range(FRAME_BYTES // 65_536):
            line.sendall(b"x" * 65_536)
            highest = max(highest, server.resident_kib())
        time.sleep(0.5)
    return round((max(highest, server.resident_kib()) - before) / 1024, 1)


def page_ms(server: Measured, path: str) -> float:
    """Return the median of one page asked again and again over one connection."""
    request = f"GET {path} HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode()
    times = []
    with socket.create_connection((HOST, server.port)) as line:
        for _ in range(PAGES):
            began = time.perf_counter()
            line.sendall(request)
            received = b""
            while b"\r\n\r\n" not in received:
                received += line.recv(65_536)
            head, _end, body = received.partition(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            while len(body) < length:
                body += line.recv(65_536)
            times.append(time.perf_counter() - began)
    return round(1000 * sorted(times)[PAGES // 2], 2)


def missing_or_twice(database: Database, plans: Plans) -> tuple[int, int]:
    """Return how many acknowledged saves are not stored as sent, and how many stored twice."""
    chosen = select(AnswerOp.attempt_id, AnswerOp.seq, AnswerOp.question_id, AnswerOp.value)
    with database.reading() as db:
        stored = [tuple(row) for row in db.execute(chosen)]
    known, missing = set(stored), 0
    for plan in plans:
        for seq in range(1, plan["seq"] + 1):
            item, options = plan["items"][seq % len(plan["items"])]
            value = options[seq % len(options)]
            missing += (plan["attempt"], seq, item, value) not in known
    return missing, len(stored) - len({row[:2] for row in stored})


def kill_under_load(home: Path, plans: Plans, kills: int) -> int:
    """Kill the server while everybody saves; return how many acknowledgements there were."""
    with Crowd() as crowd:
        for number in range(kills):
            with kaohe(home) as server:
                if number == 0:
                    crowd.ask("connect", host=HOST, port=server.port, plans=plans)
                else:
                    crowd.ask("reconnect", port=server.port)
                crowd.ask("closed", seconds=0.1)  # every desk is set up
                crowd.tell("closed", seconds=2.0)
                time.sleep(0.7 + 0.1 * number)
                os.kill(server.pid, 9)
                crowd.hear()
        before = sum(plan["seq"] for plan in plans)
        plans[:] = continued(plans, crowd.ask("ledger")["acknowledged"])
    return int(sum(plan["seq"] for plan in plans) - before)


def make_home(folder: Path, clients: int) -> Plans:
    """Prepare a home whose candidates are all at work."""
    database = open_database(read_settings({"KAOHE_HOME": str(folder)}))
    seats = seat_everyone(database, prepare(database, clients)[0])
    with database.reading() as db:
        last_event = db.scalar(select(func.max(RoomEvent.id))) or 0
    database.engine.dispose()
    return [plan_of(seat, "", last_event) | {"attempt": seat.attempt_id} for seat in seats]


def of_kaohe(home: Path, other: Path, plans: Plans, order: "Order") -> Told:
    """Measure Kaohe alone; ``plans`` end with every acknowledged number."""
    told: Told = {}
    with kaohe(home) as server:
        told["idle"] = connections(server, spread(plans, order.crowd))
    with kaohe(home) as server:
        told["sign_ins_p99"] = during_sign_ins(server, plans, order.seconds)
        told["process_mb"] = round(server.resident_kib() / 1024)
        told["page_ms"] = page_ms(server, "/health/live")
        told["frame_mb"] = growth_from_a_large_frame(server)
    told["kill_acks"] = kill_under_load(home, plans, order.kills)
    told["one"], told["two"] = one_and_two(home, other, plans, order.seconds)
    return told


def one_and_two(home: Path, other: Path, plans: Plans, seconds: float) -> tuple[int, int]:
    """Return the rate of one process and of two with a room each, in turn."""
    one, two = [], []
    with ExitStack() as stack:
        servers = [stack.enter_context(kaohe(folder)) for folder in (home, other)]
        first, second = parties(stack, [(server, plans) for server in servers])
        for party in (first, second):
            party.round("closed", 0.1)  # every desk is set up
        for _round in range(STEADY_ROUNDS):
            second.crowd.tell("idle", seconds=seconds / 2)
            one.append(first.round("closed", seconds / 2)["per_s"])
            second.crowd.hear()
            second.crowd.tell("closed", seconds=seconds / 2)
            both = first.round("closed", seconds / 2)["per_s"]
            two.append(both + second.crowd.hear()["per_s"])
        plans[:] = continued(plans, first.crowd.ask("ledger")["acknowledged"])
    return round(median(one)), round(median(two))


def of_stock(folder: Path, plans: Plans, order: "Order") -> Told:
    """Measure the stock app alone."""
    told: Told = {}
    with stock(folder) as server:
        told["idle"] = connections(server, stock_plans(spread(plans, order.crowd), "echo"))
    (folder / "stock.db").unlink()
    with stock(folder) as server:
        told["frame_mb"] = growth_from_a_large_frame(server)
        told["slow_reader"] = reaches_slow_reader(server)
    (folder / "stock.db").unlink()
    with stock(folder, "own") as server:
        told["slow_reader_own_driver"] = reaches_slow_reader(server)
    (folder / "stock.db").unlink()
    with gunicorn() as server:
        told["page_ms"] = page_ms(server, "/page")
    return told


def goals(ours: Told, theirs: Told) -> list[tuple[str, Any, str]]:
    """Return the lines of the table: what, seen, goal."""
    one, echo, grouped = ours["closed"], theirs["echo"], theirs["save_grouped"]
    idle, bare = ours["idle"], theirs["idle"]
    calm, busy = ours["sign_ins_p99"]
    return [
        ("P1 durable saves/s ÷ stock echo", ratio(one["per_s"], echo["per_s"]), "≥ 2.0"),
        ("P1 by CPU: stock echo ÷ durable save", ratio(echo["cpu_us"], one["cpu_us"]), "≥ 2.0"),
        ("P2 ÷ stock with group commit", ratio(one["per_s"], grouped["per_s"]), "≥ 2.5"),
        ("P2 by CPU", ratio(grouped["cpu_us"], one["cpu_us"]), "≥ 2.5"),
        ("P3 p99 at 200/s, ms; stock, one commit each",
         (ours["open"]["ms"]["p99"], theirs["save"]["ms"]["p99"]), "< 20, ≤ stock"),
        ("P4 everybody back ÷ stock", ratio(idle["back_s"], bare["back_s"]), "≤ 0.3"),
        ("P5 CPU of a connect with its lease ÷ stock bare",
         ratio(idle["connect_cpu_ms"], bare["connect_cpu_ms"]), "≤ 1.0"),
        ("P6 KiB an idle client, deflate offered ÷ stock",
         ratio(idle["kib_per_client"], bare["kib_per_client"]), "≤ 0.4"),
        ("P7 p99 during 10 sign-ins/s ÷ without", ratio(busy, calm), "≤ 3"),
        ("P8 acknowledged but missing after SIGKILL; acknowledged",
         (ours["missing"], ours["kill_acks"]), "0"),
        ("P9 4 MB to a slow reader whole: own driver, stock",
         (theirs["slow_reader_own_driver"], theirs["slow_reader"]), "whole"),
        ("P9 MB more from a 64 MB frame; stock", (ours["frame_mb"], theirs["frame_mb"]), "< 2"),
        ("P10 two processes by room ÷ one", ratio(ours["two"], ours["one"]), "≥ 1.6"),
        ("P11 page p50 ÷ gunicorn's gevent worker",
         ratio(ours["page_ms"], theirs["page_ms"]), "≤ 2.5"),
    ]  # fmt: skip


def ratio(part: float, whole: float) -> float:
    """Return a ratio with two digits."""
    return round(part / whole, 2) if whole else 0.0


class Order:
    """How large a run is."""

    def __init__(self, seconds: float, crowd: int, kills: int) -> None:
        self.seconds, self.crowd, self.kills = seconds, crowd, kills


@click.command()
@click.option("--clients", default=1000, help="Candidates with a socket each.")
@click.option("--crowd", default=3000, help="Sockets of the storm and of idle memory.")
@click.option("--seconds", default=6.0, help="Length of a round; half of it flooded.")
@click.option("--kills", default=3, help="Times that the server is killed under load.")
def main(clients: int, crowd: int, seconds: float, kills: int) -> None:
    """Measure and print."""
    order = Order(seconds, crowd, kills)
    with tempfile.TemporaryDirectory() as folder:
        home, other, plain = (Path(folder) / name for name in ("home", "other", "stock"))
        plain.mkdir()
        plans = make_home(home, clients)
        shutil.copytree(home, other)
        theirs = of_stock(plain, plans, order)
        both = compared(home, plain, plans, order)
        ours = both[0] | of_kaohe(home, other, plans, order)
        theirs |= both[1]
        database = open_database(read_settings({"KAOHE_HOME": str(home)}))
        ours["missing"], ours["twice"] = missing_or_twice(database, plans)
        database.engine.dispose()
    lines = goals(ours, theirs)
    for what, seen, goal in lines:
        click.echo(f"{what:58} {seen!s:>18}   {goal}", err=True)
    result = {"goals": lines, "kaohe": ours, "stock": theirs, "clients": clients}
    result |= {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    click.echo(json.dumps(result, indent=2, ensure_ascii=False))


if __name__ == "__main__":
    main()
