"""A Socket.IO client of one namespace over WebSocket, for robots and load tests.

Speaks the parts of Engine.IO 4 and Socket.IO 5 that the exam room uses: connect, event with
acknowledgement, ping, and events from the server.
"""

import asyncio
import json
import ssl
from typing import Any
from urllib.parse import urlsplit

from wsproto import ConnectionType, WSConnection
from wsproto.events import (
    AcceptConnection,
    CloseConnection,
    Ping,
    RejectConnection,
    Request,
    TextMessage,
)
from wsproto.utilities import ProtocolError

READ_BYTES = 65_536


class SocketClosedError(ConnectionError):
    """The connection ended before the answer came."""


class SocketClient:
    """One connection to one namespace; every call is awaited on the same event loop."""

    def __init__(
        self,
        address: str,
        namespace: str,
        cookie: str,
        *,
        trusted: ssl.SSLContext | None = None,
    ) -> None:
        parts = urlsplit(address)
        self._trusted = trusted
        self._host, self._port = parts.hostname or "127.0.0.1", parts.port or 80
        self._namespace = namespace
        self._cookie = cookie
        self._wire = WSConnection(ConnectionType.CLIENT)
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 0
        self._joined: asyncio.Future[None] | None = None
        self._text = ""
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None
        self.events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()

    async def connect(self, *, timeout_s: float = 10.0) -> None:
        """Open the connection and join the namespace; raises ``SocketClosedError`` if refused."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._connect()
        except TimeoutError:
            raise SocketClosedError from None

    async def _connect(self) -> None:
        reader, self._writer = await asyncio.open_connection(
            self._host, self._port, ssl=self._trusted
        )
        self._joined = asyncio.get_running_loop().create_future()
        request = Request(
            host=f"{self._host}:{self._port}",
            target="/socket.io/?EIO=4&transport=websocket",
            extra_headers=[(b"Cookie", self._cookie.encode())],
        )
        self._write(self._wire.send(request))
        self._task = asyncio.create_task(self._listen(reader))
        await self._joined

    async def call(self, event: str, payload: object, *, timeout_s: float = 10.0) -> Any:
        """Send an event and return its acknowledgement."""
        if self._task is None or self._task.done():
            raise SocketClosedError
        self._next_id += 1
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[self._next_id] = future
        body = json.dumps([event, payload], ensure_ascii=False)
        self._send(f"42{self._namespace},{self._next_id}{body}")
        try:
            async with asyncio.timeout(timeout_s):
                return await future
        except TimeoutError:
            raise SocketClosedError from None

    async def closed(self, timeout_s: float) -> None:
        """Wait until the connection has ended, at most so long."""
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=timeout_s)

    async def close(self) -> None:
        """Drop the connection without a word, as a pulled cable would."""
        if self._writer is not None:  # at once: whoever waits for the rest may be cancelled
            self._writer.transport.abort()  # waiting for a dead peer to close could take for ever
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await asyncio.sleep(0)

    def _send(self, text: str) -> None:
        self._write(self._wire.send(TextMessage(data=text)))

    def _write(self, data: bytes) -> None:
        assert self._writer is not None
        self._writer.write(data)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        try:
            while data := await reader.read(READ_BYTES):
                self._wire.receive_data(data)
                for event in self._wire.events():
                    self._take(event)
        except (OSError, ProtocolError):
            return
        finally:
            self._abandon()

    def _take(self, event: object) -> None:
        if isinstance(event, TextMessage):
            self._text += event.data
            if event.message_finished:
                text, self._text = self._text, ""
                self._packet(text)
        elif isinstance(event, Ping):
            self._write(self._wire.send(event.response()))
        elif isinstance(event, RejectConnection | CloseConnection):
            raise SocketClosedError
        elif isinstance(event, AcceptConnection):
            return

    def _packet(self, text: str) -> None:
        head = f"{self._namespace},"
        if text == "2":
            self._send("3")
        elif text.startswith("0"):
            self._send(f"40{head}")
        elif text.startswith(f"40{head}") and self._joined:
            self._joined.set_result(None)
        elif text.startswith(f"44{head}"):
            raise SocketClosedError
        elif text.startswith(f"43{head}"):
            self._acknowledge(text[len(head) + 2 :])
        elif text.startswith(f"42{head}"):
            name, *rest = json.loads(text[len(head) + 2 :])
            self.events.put_nowait((name, rest[0] if rest else None))

    def _acknowledge(self, text: str) -> None:
        at = text.index("[")
        future = self._waiting.pop(int(text[:at]), None)
        if future is not None and not future.done():
            future.set_result(json.loads(text[at:])[0])

    def _abandon(self) -> None:
        for future in [*self._waiting.values(), self._joined]:
            if future is not None and not future.done():
                future.set_exception(SocketClosedError())
                future.exception()  # someone may have stopped waiting
        self._waiting.clear()
