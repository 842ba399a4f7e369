"""The whole course of a candidate over HTTP and sockets; prints JSON.

``python -m benchmarks.course [--candidates 500] [--seconds 8]``: server and candidates on the same
machine. Everybody signs in (form, sign-in, page), confirms data and rules, starts at the same
moment (state with the paper), saves over the socket, hands in; then the proctor closes the room,
which marks every attempt. For each step: how many a second, and the CPU time of the server for one.
"""

import json
import os
import re
import socket
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import click
from sqlalchemy import func, select

from benchmarks.exam_home import prepare
from benchmarks.processes import Measured, kaohe
from benchmarks.wire_load import Crowd
from exam_server.config import read_settings
from exam_server.delivery.models import Answer, RoomEvent
from exam_server.opening import open_database
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.screen import Proctor
from registry.database import Database
from registry.enrolment.models import Enrolment
from registry.scheduling.models import Admission
from scoring.models import SubjectResult

HOST = "127.0.0.1"
AT_ONCE = 16
TOKEN = re.compile(rb'name="csrf-token" content="([^"]+)"')
ELSEWHERE = {  # a well-known learning platform's quiz, tuned, on such a machine: per second, CPU ms
    "sign_in": (40, None),
    "start": (8.6, 210),
    "save": (114, 15.8),
    "hand_in": (7.8, 243),
}


class Browser:
    """One candidate's connection: kept alive, with its cookies and the forgery token."""

    def __init__(self, port: int, number: str) -> None:
        self.number = number
        self.cookies: dict[str, str] = {}
        self.state: dict[str, Any] = {}
        self._port = port
        self._line: socket.socket | None = None
        self._token = ""

    @property
    def cookie(self) -> str:
        """Return the cookies as a header."""
        return "; ".join(f"{name}={value}" for name, value in self.cookies.items())

    def sign_in(self, code: str) -> None:
        """Open the form, send it, open the page of the room."""
        self._token = self._page("GET", "/exam/")
        form = {"admission_no": self.number, "room_code": code, "csrf_token": self._token}
        self._page("POST", "/exam/sign-in", urlencode(form).encode())
        self._token = self._page("GET", "/exam/room") or self._token

    def confirm(self) -> None:
        """Confirm own data and the rules."""
        for step in ("data", "rules"):
            self.post("confirm", {"step": step})

    def start(self) -> None:
        """Fetch the state with the paper."""
        self.state = json.loads(self._send("GET", "/exam/api/state"))
        if not self.state["paper"]:
            raise RuntimeError(f"{self.number}: no paper")

    def hand_in(self) -> None:
        """Send the operation that hands in; the reply holds the receipt."""
        seq = self.state["head_seq"] + 1
        told = self.post("ops", {"epoch": 1, "ops": [{"seq": seq, "kind": "submit"}]})
        if not told["receipt"]:
            raise RuntimeError(f"{self.number}: no receipt")

    def post(self, name: str, body: object) -> dict[str, Any]:
        """Send one request of the page."""
        sent = json.dumps(body).encode()
        told: dict[str, Any] = json.loads(self._send("POST", f"/exam/api/{name}", sent))
        if not told["ok"]:
            raise RuntimeError(told)
        return told

    def _page(self, method: str, path: str, body: bytes = b"") -> str:
        found = TOKEN.search(self._send(method, path, body))
        return found[1].decode() if found else ""

    def _send(self, method: str, path: str, body: bytes = b"") -> bytes:
        if self._line is None:
            self._line = socket.create_connection((HOST, self._port), timeout=120)
            self._line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        kind = (
            "application/x-www-form-urlencoded" if path.endswith("sign-in") else "application/json"
        )
        head = (
            f"{method} {path} HTTP/1.1\r\nHost: {HOST}\r\nCookie: {self.cookie}\r\n"
            f"X-CSRF-Token: {self._token}\r\nContent-Type: {kind}\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        self._line.sendall(head.encode() + body)
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._line.recv(65_536)
        head_bytes, _end, content = received.partition(b"\r\n\r\n")
        length = 0
        for line in head_bytes.split(b"\r\n")[1:]:
            name, _colon, value = line.partition(b": ")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"set-cookie":
                key, _sign, kept = value.partition(b";")[0].partition(b"=")
                self.cookies[key.decode()] = kept.decode()
        parts = [content]
        missing = length - len(content)
        while missing > 0:
            parts.append(self._line.recv(min(missing, 262_144)))
            missing -= len(parts[-1])
        return b"".join(parts)


def everybody(
    server: Measured, browsers: Sequence[Browser], act: Callable[[Browser], None]
) -> dict[str, float]:
    """Let every candidate do something, some at the same time; return rate and CPU of one."""
    began, cpu = time.perf_counter(), server.cpu_s()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(act, browsers))
    return figures(len(browsers), time.perf_counter() - began, server.cpu_s() - cpu)


def figures(count: int, seconds: float, cpu_s: float) -> dict[str, float]:
    """Return how many a second, the CPU time of one, and how long all took."""
    return {
        "count": count,
        "per_s": round(count / seconds, 1),
        "cpu_ms": round(1000 * cpu_s / count, 3),
        "seconds": round(seconds, 2),
    }


def saves(
    server: Measured, browsers: Sequence[Browser], last_event: int, seconds: float
) -> dict[str, float]:
    """Let everybody save over the socket as fast as it is acknowledged."""
    plans = [plan_of(browser, last_event) for browser in browsers]
    with Crowd() as crowd:
        crowd.ask("connect", host=HOST, port=server.port, plans=plans)
        crowd.ask("closed", seconds=1.0)
        cpu = server.cpu_s()
        told = crowd.ask("closed", seconds=seconds)
        cpu = server.cpu_s() - cpu
        reached = crowd.ask("ledger")["acknowledged"]
    for browser, seq in zip(browsers, reached, strict=True):
        browser.state["head_seq"] = seq
    measured = figures(told["done"], told["done"] / told["per_s"], cpu)
    return {**measured, **told["ms"]}


def plan_of(browser: Browser, last_event: int) -> dict[str, Any]:
    """Return what the load process needs to go on for a candidate."""
    state = browser.state
    questions = [q for section in state["paper"]["sections"] for q in section["questions"]]
    return {
        "cookie": browser.cookie,
        "prefix": "/candidate,",
        "event": "ops",
        "store": state["store"],
        "after_event": last_event,
        "seq": state["head_seq"],
        "items": [(q["id"], [o["id"] for o in q["options"]]) for q in questions],
    }


def marking(server: Measured, proctor: Proctor, candidates: int) -> dict[str, float]:
    """Close the room, which marks every attempt; return rate and CPU of one."""
    began, cpu = time.perf_counter(), server.cpu_s()
    proctor.command("close")
    return figures(candidates, time.perf_counter() - began, server.cpu_s() - cpu)


def numbers_of(database: Database, sitting_id: int) -> list[str]:
    """Return the admission numbers of a sitting."""
    chosen = select(Enrolment.admission_no).join(Admission, Admission.enrolment_id == Enrolment.id)
    with database.reading() as db:
        found = db.scalars(chosen.where(Admission.sitting_id == sitting_id)).all()
    return [number or "" for number in found]


def newest_event(database: Database) -> int:
    """Return the id of the last event."""
    with database.reading() as db:
        return db.scalar(select(func.max(RoomEvent.id))) or 0


def run(folder: Path, candidates: int, seconds: float) -> dict[str, Any]:
    """Take all candidates through their exam."""
    database = open_database(read_settings({"KAOHE_HOME": str(folder)}))
    (sitting_id,) = prepare(database, candidates)
    told: dict[str, Any] = {}
    with kaohe(folder) as server:
        proctor = Proctor(f"http://{HOST}:{server.port}", sitting_id)
        proctor.sign_in("jiankao01", PASSWORD)
        proctor.command("open_check_in")
        code = proctor.room_code()
        browsers = [Browser(server.port, number) for number in numbers_of(database, sitting_id)]
        told["sign_in"] = everybody(server, browsers, lambda browser: browser.sign_in(code))
        told["confirm"] = everybody(server, browsers, Browser.confirm)
        told["start_command_s"] = timed(lambda: proctor.command("start"))
        told["start"] = everybody(server, browsers, Browser.start)
        told["save"] = saves(server, browsers, newest_event(database), seconds)
        told["hand_in"] = everybody(server, browsers, Browser.hand_in)
        told["process_mb"] = round(server.resident_kib() / 1024)
        told["marking"] = marking(server, proctor, candidates)
    with database.reading() as db:
        told["questions"] = len(plan_of(browsers[0], 0)["items"])
        told["answers"] = db.scalar(select(func.count()).select_from(Answer))
        told["marks"] = db.scalar(select(func.count()).select_from(SubjectResult))
    database.engine.dispose()
    both = told["hand_in"]["cpu_ms"] + told["marking"]["cpu_ms"]
    told["hand_in_with_marking"] = {
        "cpu_ms": round(both, 3),
        "per_s_of_one_core": round(1000 / both),
    }
    return told


def timed(act: Callable[[], object]) -> float:
    """Return how long something takes."""
    began = time.perf_counter()
    act()
    return round(time.perf_counter() - began, 2)


@click.command()
@click.option("--candidates", default=500)
@click.option("--seconds", default=8.0, help="How long everybody saves.")
def main(candidates: int, seconds: float) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        told = run(Path(folder), candidates, seconds)
    times = {}
    for step, (per_s, cpu_ms) in ELSEWHERE.items():
        times[step] = {"rate": round(told[step]["per_s"] / per_s, 1)}
        if cpu_ms:
            times[step]["cpu"] = round(cpu_ms / told[step]["cpu_ms"], 1)
    cpu_ms = told["hand_in_with_marking"]["cpu_ms"]
    times["hand_in_with_marking"] = {"cpu": round(ELSEWHERE["hand_in"][1] / cpu_ms, 1)}
    result = {**told, "times_the_learning_platform": times, "cores": os.cpu_count()}
    result["load_average"] = round(os.getloadavg()[0], 1)
    click.echo(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
