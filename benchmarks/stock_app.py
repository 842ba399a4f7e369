"""What Kaohe's sockets are measured against: Flask-SocketIO as it comes, on gevent.

``python benchmarks/stock_app.py FOLDER [own]``: defaults throughout, the WebSocket driver that
comes with the library, or with ``own`` that of Kaohe and nothing else of it. Three events take the
same message and acknowledge it: ``echo`` stores nothing, ``save`` commits each one (SQLite in WAL,
fully durable), ``save_grouped`` hands it to one writer thread that commits what has come
meanwhile. ``big`` sends a large event, ``page`` a small page.
"""

from gevent import monkey

monkey.patch_all()

import sqlite3  # noqa: E402
import sys  # noqa: E402
from pathlib import Path  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402
from flask import Flask  # noqa: E402
from flask_socketio import SocketIO, emit  # noqa: E402
from gevent.event import AsyncResult  # noqa: E402
from gevent.pywsgi import WSGIServer  # noqa: E402

from exam_server.sockets import websocket  # noqa: E402

INSERT = "INSERT INTO op (attempt, seq, item, value) VALUES (?, ?, ?, ?)"
KEEP = (
    "INSERT INTO answer (attempt, item, value) VALUES (?, ?, ?) "
    "ON CONFLICT DO UPDATE SET value = excluded.value"
)
app = Flask(__name__)
sockets = SocketIO(app, async_mode="gevent")
waiting: list[tuple[tuple[Any, ...], AsyncResult]] = []


def opened(folder: Path) -> sqlite3.Connection:
    """Return a store of two tables, as durable as Kaohe's."""
    store = sqlite3.connect(folder / "stock.db", isolation_level=None, check_same_thread=False)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = FULL")
    store.execute("CREATE TABLE op (attempt, seq, item, value)")
    store.execute("CREATE TABLE answer (attempt, item, value, PRIMARY KEY (attempt, item))")
    return store


def write(store: sqlite3.Connection, rows: list[tuple[Any, ...]]) -> None:
    """Store rows in one durable transaction."""
    store.execute("BEGIN IMMEDIATE")
    store.executemany(INSERT, rows)
    store.executemany(KEEP, [(row[0], row[2], row[3]) for row in rows])
    store.execute("COMMIT")


def rows_of(message: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return what is stored of one message."""
    return [(message["store"], op["seq"], op["item"], op["value"][0]) for op in message["ops"]]


@sockets.on("echo")  # type: ignore[untyped-decorator]
def echo(message: dict[str, Any]) -> dict[str, Any]:
    """Acknowledge."""
    return {"ok": True, "ack": message["ops"][-1]["seq"]}


@sockets.on("save")  # type: ignore[untyped-decorator]
def save(message: dict[str, Any]) -> dict[str, Any]:
    """Store and acknowledge."""
    write(app.extensions["store"], rows_of(message))
    return {"ok": True, "ack": message["ops"][-1]["seq"]}


@sockets.on("save_grouped")  # type: ignore[untyped-decorator]
def save_grouped(message: dict[str, Any]) -> dict[str, Any]:
    """Store together with what others send meanwhile, then acknowledge."""
    done = AsyncResult()
    waiting.extend((row, done) for row in rows_of(message))
    done.get()
    return {"ok": True, "ack": message["ops"][-1]["seq"]}


@sockets.on("big")  # type: ignore[untyped-decorator]
def big(size: int) -> None:
    """Send one large event."""
    emit("big", "x" * size)


@app.get("/page")
def page() -> str:
    """Return a small page."""
    return "<!doctype html><title>page</title>" + "<p>line</p>" * 40


def keep_writing(store: sqlite3.Connection) -> None:
    """Commit what has gathered, on a native thread, while others go on."""
    pool = gevent.get_hub().threadpool
    while True:
        batch, waiting[:] = list(waiting), []
        if not batch:
            gevent.sleep(0.001)
            continue
        pool.spawn(write, store, [row for row, _done in batch]).get()
        for _row, done in batch:
            done.set()


if __name__ == "__main__":
    app.extensions["store"] = opened(Path(sys.argv[1]))
    if sys.argv[2:] == ["own"]:
        websocket.install(sockets.server.eio)
    gevent.spawn(keep_writing, app.extensions["store"])
    server = WSGIServer(("127.0.0.1", 0), app, log=None)
    server.start()
    print(f"listening http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
