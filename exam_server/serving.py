"""Runs the server on gevent: the timekeeper, a clean end.

Import this module only in a process that gevent has patched (see cli/main.py).
"""

import gc
import logging
import resource
import signal
import ssl
import time
from collections.abc import Callable

import gevent
from gevent.pywsgi import WSGIServer

from exam_server.app import Server
from exam_server.listening import listener
from exam_server.reader_process import ReaderProcess

TICK_SECONDS = 1.0
SHORTEST_REST_S = 0.5  # between two rounds, however long one took
LOOK_SECONDS = 2.0  # for scans that wait
log = logging.getLogger("kaohe")


def serve(
    server: Server,
    host: str,
    port: int,
    *,
    ready: Callable[[str], None],
    tls: ssl.SSLContext | None = None,
) -> None:
    """Serve until told to stop; ``ready`` is called with the address once it listens."""
    _raise_file_limit()
    gc.set_threshold(50_000, 50, 1_000)
    listening = listener(host, port)
    secure = {"ssl_context": tls} if tls else {}
    http = WSGIServer(listening, server.app, log=None, error_log=log, **secure)
    timekeeper = gevent.spawn(_keep_time, server)
    reader = ReaderProcess(server.settings, server.room.database)
    caller = gevent.spawn(_keep_reading, reader)
    for sign in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(sign, http.stop)
    http.start()
    ready(f"{'https' if tls else 'http'}://{host}:{http.server_port}")
    try:
        http.serve_forever()
    finally:
        timekeeper.kill()
        caller.kill()
        reader.stop()
        server.close()


def _keep_time(server: Server) -> None:
    """Close what is out of time and refresh the walls, every second from begin to begin."""
    began_s = time.monotonic()
    while True:
        spent_s = time.monotonic() - began_s
        gevent.sleep(max(SHORTEST_REST_S, TICK_SECONDS - spent_s))
        began_s = time.monotonic()
        try:
            server.room.tick()
        except Exception:  # the clock must go on; what failed is in the log
            log.exception("the timekeeper's round failed")


def _keep_reading(reader: ReaderProcess) -> None:
    """Have scans read that wait, also those left by a server that was stopped."""
    while True:
        try:
            reader.look()
        except Exception:  # the next look may succeed; what failed is in the log
            log.exception("looking for scans failed")
        gevent.sleep(LOOK_SECONDS)


def _raise_file_limit() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
