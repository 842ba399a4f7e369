"""The process beside the room's server that ships every commit to the witness.

It reads the database's log from the disk, so the server's own processor time is hardly touched.
The server writes a byte for each commit that shall be acknowledged by both, and reads one back:
``k`` when the witness has it on disk, ``r`` when the room had to go on alone.
Run by ``link.py``: python -m exam_server.room_host.witness.shipping PORT MODE ASKS ANSWERS
"""

import contextlib
import json
import logging
import os
import select
import socket
import sqlite3
import sys
import threading
import time
from pathlib import Path

from exam_server.config import Settings, read_settings
from exam_server.context import wall_clock
from exam_server.room_host.record import program_version
from exam_server.room_host.self_test import database_file
from exam_server.room_host.witness.channel import Channel, Kind
from exam_server.room_host.witness.log_reader import LogBrokenOffError, LogReader, Piece
from exam_server.room_host.witness.pairing import is_witness, server_context
from exam_server.room_host.witness.status import Mode, Standing, WitnessStatus, write_status
from exam_server.room_host.witness.turnstile import Turnstile

ANY_HOST = "0.0.0.0"  # noqa: S104  (every network card of the room's server)
POLL_S = 0.05  # how often the log is looked at when nobody asks
ALIVE_S, FILES_S, STATUS_S = 1.0, 10.0, 1.0
SILENT_S = 5.0  # a witness that does not answer for so long is gone
TURN_FRAMES = 500  # half of what SQLite lets grow by itself
TOGETHER, ALONE = b"k", b"r"

log = logging.getLogger("kaohe.witness")


class Shipper:
    """Serves one witness at a time, the whole copy first, then every commit."""

    def __init__(self, settings: Settings, mode: Mode) -> None:
        database = database_file(settings)
        assert database is not None
        self._settings, self._mode = settings, mode
        self._reader = LogReader(database)
        self._turnstile = Turnstile()
        self._standing = Standing.ABSENT
        self._lag_s = 0.0
        self._shipping_since: float | None = None
        self._sent_files: set[Path] = set()

    def answer_commits(self, asks: int, answers: int) -> None:
        """Answer every byte of the server; end the process when the server is gone."""
        with contextlib.suppress(BrokenPipeError):
            while os.read(asks, 1):
                together = self._turnstile.pass_with_witness()
                os.write(answers, TOGETHER if together else ALONE)
        os._exit(0)

    def tell_status(self) -> None:
        """Keep the small file of the witness up to date."""
        while True:
            standing = self._standing
            if standing is Standing.FOLLOWING and self._turnstile.is_behind():
                standing = Standing.BEHIND
            since = self._shipping_since
            shipping_s = time.monotonic() - since if since is not None else 0.0
            lag_s = max(self._lag_s, self._turnstile.owed_s(), shipping_s)
            alone = self._turnstile.alone if self._mode is Mode.SYNC else 0
            now = wall_clock()
            write_status(
                self._settings.room_folder, WitnessStatus(now, self._mode, standing, lag_s, alone)
            )
            time.sleep(STATUS_S)

    def serve(self, listening: socket.socket) -> None:
        """Follow up every witness that comes, for ever."""
        context = server_context(self._settings.keys_folder)
        while True:
            connection, address = listening.accept()
            connection.settimeout(SILENT_S)
            try:
                with context.wrap_socket(connection, server_side=True) as tls:
                    if not is_witness(tls, self._settings.keys_folder):
                        log.warning("%s shows a certificate that is not paired any more", address)
                        continue
                    self._follow_up(Channel(tls), listening)
            except (OSError, LogBrokenOffError, sqlite3.OperationalError) as error:
                log.warning("the witness at %s is gone: %s", address[0], error)
            finally:
                self._turnstile.shut()
                self._standing, self._shipping_since, self._lag_s = Standing.ABSENT, None, 0.0
                self._reader.detach()

    def _follow_up(self, channel: Channel, listening: socket.socket) -> None:
        self._standing = Standing.COPYING
        told = {"store": self._reader.store(), "version": program_version(), "mode": self._mode}
        channel.tell(Kind.HELLO, json.dumps(told).encode())
        self._sent_files = set()
        self._reader.attach()
        for content in self._reader.database():
            channel.tell(Kind.DATABASE, content)
        self._ship_files(channel)
        self._ship(channel, self._reader.news())
        channel.tell(Kind.WHOLE)
        self._turnstile.open()
        self._standing = Standing.FOLLOWING
        alive_at = files_at = time.monotonic()
        while not _is_waiting(listening):  # a witness that comes anew takes the place of this one
            number = self._turnstile.next_round(POLL_S)
            began = self._shipping_since = time.monotonic()
            self._ship(channel, self._reader.news())
            self._turnstile.complete(number)
            self._lag_s, self._shipping_since = time.monotonic() - began, None
            if self._reader.frames() > TURN_FRAMES:
                self._ship(channel, self._reader.turn())
            if began - alive_at > ALIVE_S:
                alive_at = began
                channel.tell(Kind.ALIVE, json.dumps({"at": wall_clock().isoformat()}).encode())
            if began - files_at > FILES_S:
                files_at = began
                self._ship_files(channel)

    def _ship(self, channel: Channel, pieces: list[Piece]) -> None:
        for piece in pieces:
            frames = piece.frames.to_bytes(4, "big")
            channel.tell(Kind.FIRST if piece.is_first else Kind.LOG, frames + piece.content)

    def _ship_files(self, channel: Channel) -> None:
        root = self._settings.files_folder
        for path in sorted(set(root.glob("??/*")) - self._sent_files):
            if path.is_file():
                name = str(path.relative_to(root)).encode()
                channel.tell(Kind.FILE, name + b"\n" + path.read_bytes())
            self._sent_files.add(path)


def _is_waiting(listening: socket.socket) -> bool:
    return bool(select.select([listening], [], [], 0)[0])


def main(arguments: list[str]) -> None:
    """Listen and ship until the server ends."""
    port, mode, asks, answers = arguments
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    shipper = Shipper(read_settings(), Mode(mode))
    listening = socket.create_server((ANY_HOST, int(port)))
    pipe = (int(asks), int(answers))
    threading.Thread(target=shipper.answer_commits, args=pipe, daemon=True).start()
    threading.Thread(target=shipper.tell_status, daemon=True).start()
    shipper.serve(listening)


if __name__ == "__main__":
    main(sys.argv[1:])
