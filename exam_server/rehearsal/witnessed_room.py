"""A room whose server has a witness: both as real processes, promoted when the first one dies."""

import os
import shutil
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from exam_server.rehearsal.server_process import ServerProcess
from exam_server.room_host.witness.status import Standing, WitnessStatus, read_status

ADDRESS = "127.0.0.1"
PASSPHRASES = ("甲的口令甲的口令甲的口令", "乙的口令乙的口令乙的口令")
PROGRAM = "from exam_server.cli.main import main; main()"


def free_port() -> int:
    """Return a port nobody listens at."""
    with socket.socket() as probe:
        probe.bind((ADDRESS, 0))
        port: int = probe.getsockname()[1]
        return port


class WitnessedRoom:
    """The homes of a server and of its witness, with everything that runs on them."""

    def __init__(self, home: Path, *, mode: str) -> None:
        self.home, self.second = home, home.parent / "witness-home"
        self._pairing = home.parent / "stick" / "room.kaohe-witness"
        self._port = free_port()
        self._mode = mode
        self._witness: subprocess.Popen[bytes] | None = None
        self._files = []
        for number, words in enumerate(PASSPHRASES):
            self._files.append(home.parent / f"passphrase-{number}")
            self._files[-1].write_text(words, "utf-8")

    def pair(self) -> None:
        """Make the pairing file."""
        place = ("--address", ADDRESS, "--port", str(self._port), "--to", str(self._pairing))
        self._run(self.home, "pair", *place, *self.passphrases())

    def server(self, home: Path, *, port: int = 0, is_witnessed: bool = True) -> ServerProcess:
        """Return the server of the room on one of the homes, not started yet."""
        command = ["room", "serve", "--address", ADDRESS, "--install-port", "0", "--force"]
        if is_witnessed:
            command += ["--witness", self._mode, "--witness-port", str(self._port)]
        return ServerProcess(home, port=port, command=command)

    def trusted(self) -> ssl.SSLContext:
        """Trust the room's authority as a PC does."""
        return ssl.create_default_context(cafile=self.home / "keys" / "room-authority.crt")

    def status(self) -> WitnessStatus | None:
        """Return what the server's own file says of the witness."""
        return read_status(self.home / "room", now=datetime.now(UTC))

    def stands(self, standing: Standing) -> bool:
        """Say whether the witness stands so."""
        status = self.status()
        return status is not None and status.standing is standing

    @contextmanager
    def witness(self) -> Iterator[None]:
        """Run the witness beside."""
        self.start_witness()
        try:
            yield
        finally:
            self.stop_witness()

    def start_witness(self) -> None:
        """Start the witness's process."""
        self.second.mkdir(exist_ok=True)
        with (self.second / "witness.log").open("ab") as log:
            self._witness = subprocess.Popen(  # noqa: S603  (this very program)
                [sys.executable, "-c", PROGRAM, "room", "witness", "--from", str(self._pairing)],
                env={**os.environ, "KAOHE_HOME": str(self.second)},
                stdout=log,
                stderr=log,
            )

    def stop_witness(self) -> None:
        """Kill the witness's process."""
        if self._witness is not None:
            self._witness.kill()
            self._witness.wait()
            self._witness = None

    def promote(self) -> str:
        """Make the witness the server, by two persons; return what it says."""
        by = ("--by", "甲", "--by", "乙", *self.passphrases())
        return self._run(self.second, "promote", "--from", str(self._pairing), *by)

    def passphrases(self) -> tuple[str, ...]:
        """Return the options that name both files."""
        return tuple(part for path in self._files for part in ("--passphrase-file", str(path)))

    def lose_the_disk(self) -> None:
        """Remove everything the server had."""
        gone = self.home.with_name("gone")
        self.home.rename(gone)  # nothing finds it any more, whoever still holds it
        shutil.rmtree(gone, ignore_errors=True)

    def _run(self, home: Path, *arguments: str) -> str:
        done = subprocess.run(  # noqa: S603  (this very program)
            [sys.executable, "-c", PROGRAM, "room", *arguments],
            env={**os.environ, "KAOHE_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout
