"""A small HTTP server in front of the real templates and static files, with a scripted exam room.

The room keeps the rules of docs/socket-events.md for one candidate (sequence numbers, gap, fence,
closed) and can be told to fail, so that the pages run against a server without sockets.
"""

import json
from base64 import b64encode
from collections.abc import Callable
from hashlib import sha384
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from mimetypes import guess_type
from pathlib import Path
from socket import SHUT_RDWR
from threading import Condition, Thread
from typing import Any
from urllib.parse import parse_qs

from jinja2 import ChainableUndefined, Environment, FileSystemLoader

from tests.exam_server.static import canned_room as canned

PATIENCE_S = 15
SERVER = Path(__file__).resolve().parents[3] / "exam_server"
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'"


class ScriptedRoom:
    """The server's side of one attempt, and of one wall."""

    def __init__(self) -> None:
        self.state = "in_progress"
        self.epoch = 1
        self.head = 0
        self.now_ms = canned.START_MS + 17 * canned.MINUTE_MS + 43_000
        self.deadline_ms = canned.START_MS + 90 * canned.MINUTE_MS
        self.deadline_version = 1
        self.answers: dict[str, dict[str, Any]] = {}
        self.confirmed = {"data": True, "rules": True}
        self.display = {"theme": "", "zoom": 0}
        self.events: list[dict[str, Any]] = []
        self.receipt: dict[str, Any] | None = None
        self.is_sealed = False
        self.store_name = "s-7f"
        self.paper = canned.paper()
        self.is_down = False
        self.refusals: list[dict[str, Any]] = []
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.wall: dict[str, Any] = {}
        self.forms: list[dict[str, list[str]]] = []
        self.lock = Condition()
        self.journal_key = "5a" * 32
        self.key_copy: dict[str, Any] | None = None
        self.is_gone = False
        self.is_covered = False

    def half_answered(self) -> "ScriptedRoom":
        self.answers = canned.half_answered()
        self.head = len(self.answers)
        return self

    def state_reply(self) -> dict[str, Any]:
        started = self.state not in {"claimed", "waiting", "absent"}
        return {
            "ok": True,
            "state": self.state,
            "attempt": "a-17",
            "store": self.store_name,
            "epoch": self.epoch,
            "head_seq": self.head,
            "server_ms": self.now_ms,
            "started_ms": canned.START_MS if started else None,
            "deadline_ms": self.deadline_ms if started else None,
            "deadline_version": self.deadline_version,
            "candidate": canned.CANDIDATE,
            "sitting": canned.SITTING,
            "rules": canned.RULES,
            "confirmed": self.confirmed,
            "paper": self.paper if started else None,
            "tools": self.paper.get("tools", []),
            "answers": self.answers,
            "display": self.display,
            "events": [event for event in self.events if event["needs_confirmation"]],
            "last_event": max([event["id"] for event in self.events], default=0),
            "receipt": self.receipt,
            "covered": self.is_covered,
            "sealed": self.is_sealed,
            "journal_key": self.journal_key,
        }

    def ops_reply(self, message: dict[str, Any]) -> dict[str, Any]:
        if self.refusals:
            return {"ok": False, **self.refusals.pop(0)}
        if message["epoch"] < self.epoch:
            return {"ok": False, "error": "fenced"}
        if self.state in {"submitted", "forced", "expired"} and message["ops"]:
            return {"ok": False, "error": "closed", "state": self.state, "receipt": self.receipt}
        for op in message["ops"]:
            if op["seq"] > self.head + 1:
                return {"ok": False, "error": "gap", "expected": self.head + 1}
            if op["seq"] == self.head + 1:
                self.store(op)
        return {
            "ok": True,
            "ack": self.head,
            "store": self.store_name,
            "epoch": self.epoch,
            "state": self.state,
            "server_ms": self.now_ms,
            "deadline_ms": self.deadline_ms if self.state == "in_progress" else None,
            "deadline_version": self.deadline_version,
            "events": [event for event in self.events if event["id"] > message["after_event"]],
            "receipt": self.receipt,
            "covered": self.is_covered,
            "sealed": self.is_sealed,
        }

    def store(self, op: dict[str, Any]) -> None:
        self.head = op["seq"]
        if op["kind"] == "submit":
            self.end("submitted")
            return
        answer = self.answers.setdefault(op["item"], {"value": [], "flagged": False, "seq": 0})
        answer["seq"] = op["seq"]
        if op["kind"] == "flag":
            answer["flagged"] = op["flagged"]
        else:
            answer["value"] = op.get("value", [])

    def end(self, state: str) -> None:
        self.state = state
        answered = sum(bool(answer["value"]) for answer in self.answers.values())
        self.receipt = {
            "code": "7K2M-9QXD",
            "answered": answered,
            "total": 90,
            "submitted_ms": self.now_ms,
            "head_seq": self.head,
        }

    def say(self, kind: str, text: str, *, needs_confirmation: bool) -> None:
        self.events.append(
            {
                "id": len(self.events) + 118,
                "kind": kind,
                "text": text,
                "at_ms": self.now_ms,
                "needs_confirmation": needs_confirmation,
            }
        )

    def reply(self, name: str, message: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            self.requests.append((name, message))
            self.lock.notify_all()
            if name == "ops":
                return self.ops_reply(message)
            if name == "confirm":
                self.confirmed[message["step"]] = True
                self.state = "waiting" if message["step"] == "rules" else self.state
                return {"ok": True, "state": self.state}
            if name == "watch":
                return {"ok": True, **self.wall}
            return {"ok": True}

    def asked(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """Bodies of the requests of one name, in order; waits until so many have come."""

        def bodies() -> list[dict[str, Any]]:
            return [message for asked, message in self.requests if asked == name]

        with self.lock:
            self.lock.wait_for(lambda: len(bodies()) >= count, PATIENCE_S)
            return bodies()


def environment() -> Environment:
    """Templates with the globals and filters that the server gives them."""
    made = Environment(
        loader=FileSystemLoader(SERVER / "templates"), autoescape=True, undefined=ChainableUndefined
    )
    made.globals.update(
        static=lambda path: f"/static/{path}",
        integrity=lambda path: integrity(SERVER / "static" / path),
        csrf_token=lambda: "token",
        current_account={"name": "监考员 何文静"},
        get_flashed_messages=lambda **_: [],
        _=lambda text, **values: text % values if values else text,
    )
    return made


def integrity(path: Path) -> str:
    return "sha384-" + b64encode(sha384(path.read_bytes()).digest()).decode()


class Site:
    """One server for a test session; each test gives it a fresh room."""

    def __init__(self) -> None:
        self.room = ScriptedRoom()
        self.templates = environment()
        self.pages: dict[str, Callable[[], str]] = {
            "/exam/": lambda: self.render("candidate/sign_in.html"),
            "/exam/room": lambda: self.render("candidate/room.html"),
            "/health/api/figures": lambda: '{"ok": true, "figures": {}}',
            "/blank": lambda: "<!doctype html><html lang=zh-CN><title>blank</title>",
        }
        handler = type("Handler", (RequestHandler,), {"site": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, daemon=True).start()

    def render(self, template: str, **values: object) -> str:
        return self.templates.get_template(template).render(**values)

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()


class RequestHandler(BaseHTTPRequestHandler):
    """Static files, templates, and the requests of the contract."""

    site: Site
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        """Keep the output of tests quiet."""

    def answer(self, body: bytes, kind: str, status: int = 200) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(body)

    def answer_json(self, body: dict[str, Any], status: int = 200) -> None:
        self.answer(json.dumps(body).encode(), "application/json", status)

    def do_GET(self) -> None:
        path = self.path.split("?")[0]
        file = SERVER / path.lstrip("/")
        if self.site.room.is_gone:
            self.close_connection = True
            self.connection.shutdown(SHUT_RDWR)
            return
        if path.startswith("/static/") and file.is_file():
            self.answer(file.read_bytes(), guess_type(path)[0] or "application/octet-stream")
        elif path == "/exam/worker.js":
            self.answer((SERVER / "static/js/candidate/worker.js").read_bytes(), "text/javascript")
        elif path == "/exam/api/state":
            self.answer_json(self.site.room.state_reply())
        elif path == "/exam/api/key-copy":
            copy = self.site.room.key_copy
            self.answer_json({"ok": copy is not None, "copy": copy})
        elif path in self.site.pages:
            self.answer(self.site.pages[path]().encode(), "text/html; charset=utf-8")
        else:
            self.answer_json({"ok": False, "error": "not_found"}, 404)

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.site.room.is_down or self.site.room.is_gone:
            self.answer(b"down", "text/plain", 502)
            return
        if "json" not in self.headers["Content-Type"]:
            self.site.room.forms.append(parse_qs(body.decode()))
            self.answer(b"signed out", "text/plain")
            return
        self.answer_json(self.site.room.reply(self.path.split("/")[-1], json.loads(body)))
