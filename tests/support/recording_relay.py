"""A relay between one client and a server that keeps every byte on its way to the client."""

import contextlib
import socket
import threading
from types import TracebackType
from urllib.parse import urlsplit

READ_BYTES = 65_536


class RecordingRelay:
    """Listens on a port of its own; use as a context manager and give clients ``address``."""

    def __init__(self, server_address: str) -> None:
        parts = urlsplit(server_address)
        self._server = (parts.hostname or "127.0.0.1", parts.port or 80)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._connections: list[bytearray] = []
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def __enter__(self) -> "RecordingRelay":
        self._start(self._accept)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join()

    def received(self) -> bytes:
        """Return all that the server has sent so far, connection by connection."""
        return b"\n".join(bytes(kept) for kept in self._connections)

    def _start(self, run: object, *args: object) -> None:
        thread = threading.Thread(target=run, args=args)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                client, _address = self._listening.accept()
            except OSError:
                return
            server = socket.create_connection(self._server)
            kept = bytearray()
            self._connections.append(kept)
            self._start(self._pump, client, server, None)
            self._start(self._pump, server, client, kept)

    def _pump(self, source: socket.socket, target: socket.socket, kept: bytearray | None) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(READ_BYTES):
                if kept is not None:
                    kept += data
                target.sendall(data)
        for side in (source, target):
            with contextlib.suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
        if kept is not None:  # the way back ends last: the other thread has nothing more to read
            source.close()
            target.close()
