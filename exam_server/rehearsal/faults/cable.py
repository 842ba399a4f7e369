"""The cable of one computer: a relay to the server that delays, narrows, breaks or goes quiet."""

import asyncio
import contextlib
from dataclasses import dataclass
from enum import StrEnum
from random import Random

READ_BYTES = 65_536
RETRANSMISSION_S = 0.2  # what a lost packet costs: the least that Linux waits before it sends again


class Fault(StrEnum):
    """What befalls a cable for a while."""

    CUT = "cut"  # connections break, new ones are refused
    DEAD = "dead"  # half open: everything is taken and nothing arrives
    MUTE = "mute"  # the server hears everything, its replies are lost


@dataclass(frozen=True)
class Line:
    """How good a cable is on a good day."""

    delay_s: float = 0.0  # one way
    loss: float = 0.0  # share of pieces that are sent again
    bytes_per_s: float = 0.0  # 0: as fast as it goes


class Cable:
    """Listens on a port of its own; open it on the event loop that uses it."""

    def __init__(self, host: str, port: int, line: Line, draw: Random) -> None:
        self._host, self._port = host, port
        self._line = line
        self._draw = draw
        self._fault: Fault | None = None
        self._writers: set[asyncio.StreamWriter] = set()
        self._relays: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Server | None = None

    async def open(self) -> str:
        """Begin to listen; return the address to use instead of the server's."""
        self._listening = await asyncio.start_server(self._take, "127.0.0.1", 0)
        return f"http://127.0.0.1:{self._listening.sockets[0].getsockname()[1]}"

    async def suffer(self, fault: Fault, seconds: float) -> None:
        """Let a fault last so long; bytes are missing afterwards, so that connections end."""
        self._fault = fault
        if fault is Fault.CUT:
            self._break_all()
        await asyncio.sleep(seconds)
        self._break_all()
        self._fault = None

    async def close(self) -> None:
        """End every connection."""
        if self._listening is not None:
            self._listening.close()
        self._break_all()
        for relay in self._relays:
            relay.cancel()
        await asyncio.gather(*self._relays, return_exceptions=True)
        self._break_all()  # also those whose relay had not begun
        await asyncio.sleep(0)

    def _break_all(self) -> None:
        for writer in self._writers:
            writer.transport.abort()

    def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writers.add(writer)
        relay = asyncio.create_task(self._relay(reader, writer))
        self._relays.add(relay)
        relay.add_done_callback(self._relays.discard)

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server = None
        try:
            if self._fault is Fault.CUT:
                return
            from_server, server = await asyncio.open_connection(self._host, self._port)
            self._writers.add(server)
            up = self._pump(reader, server, is_reply=False)
            await asyncio.gather(up, self._pump(from_server, writer, is_reply=True))
        except OSError:
            return
        finally:
            for end in (writer, server):
                if end is not None:
                    end.transport.abort()
                    self._writers.discard(end)

    async def _pump(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, is_reply: bool
    ) -> None:
        with contextlib.suppress(OSError):
            while piece := await source.read(READ_BYTES):
                if self._fault is Fault.DEAD or (self._fault is Fault.MUTE and is_reply):
                    continue
                await self._travel(len(piece))
                target.write(piece)
                await target.drain()
        target.transport.abort()  # the other direction ends with it

    async def _travel(self, size: int) -> None:
        line = self._line
        spent_s = line.delay_s * self._draw.uniform(0.5, 1.5)
        if line.bytes_per_s:
            spent_s += size / line.bytes_per_s
        if self._draw.random() < line.loss:
            spent_s += RETRANSMISSION_S
        if spent_s:
            await asyncio.sleep(spent_s)
