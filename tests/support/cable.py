"""The cable between one exam PC and the server: it can be pulled, and plugged in again.

While it is out nothing passes and nobody is told: what is sent vanishes, connections that were open
never speak again, new ones get no answer until the cable is back. No event tells the browser.
"""

import contextlib
import socket
import threading
from types import TracebackType
from urllib.parse import urlsplit

READ_BYTES = 65_536


class Cable:
    """Listens on a port of its own; use as a context manager and give the PC ``address``."""

    def __init__(self, server_address: str) -> None:
        parts = urlsplit(server_address)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listening = socket.create_server(("127.0.0.1", 0), backlog=256)
        self._plugged = threading.Event()
        self._plugged.set()
        self._pulls = 0
        self._open: set[socket.socket] = set()
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> "Cable":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self.plug_in()
        for side in list(self._open):
            _close(side)

    def pull(self) -> None:
        """Take the cable out."""
        self._pulls += 1
        self._plugged.clear()

    def plug_in(self) -> None:
        """Put it back: connections begun meanwhile are served now, older ones stay dead."""
        self._plugged.set()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._listening.accept()
                threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        self._open.add(client)
        self._plugged.wait()
        pulls = self._pulls
        try:
            server = socket.create_connection(self._server)
        except OSError:
            _close(client)
            return
        self._open.add(server)
        back = threading.Thread(target=self._pump, args=(server, client, pulls), daemon=True)
        back.start()
        self._pump(client, server, pulls)
        back.join()
        for side in (client, server):
            self._open.discard(side)
            _close(side)

    def _pump(self, source: socket.socket, target: socket.socket, pulls: int) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(READ_BYTES):
                if pulls == self._pulls:
                    target.sendall(data)
        if pulls == self._pulls:  # a pulled cable does not carry the goodbye either
            with contextlib.suppress(OSError):
                target.shutdown(socket.SHUT_WR)


def _close(side: socket.socket) -> None:
    with contextlib.suppress(OSError):
        side.shutdown(socket.SHUT_RDWR)
    side.close()
