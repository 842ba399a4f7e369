"""Messages between server and witness over TLS: kind, length, body; each is answered by one byte.

The answer to a piece of the log is sent when it is on the witness's disk.
"""

import socket
import ssl
import struct
from dataclasses import dataclass
from enum import StrEnum

HEAD = struct.Struct(">cQ")
DONE = b"k"
LARGEST_BYTES = 64 * 1024 * 1024


class Kind(StrEnum):
    """What a message brings."""

    HELLO = "H"  # JSON: store, version of the program, mode
    DATABASE = "D"
    FILE = "A"  # name, line feed, content
    FIRST = "W"  # piece of the log that begins a new run of it
    LOG = "L"
    WHOLE = "B"  # everything is there: the copy may be used
    ALIVE = "P"  # JSON: the server's clock


class ChannelClosedError(OSError):
    """The other side is gone, or is not what it says."""


@dataclass(frozen=True)
class Message:
    """One message."""

    kind: Kind
    body: bytes


class Channel:
    """One connection between the two."""

    def __init__(self, tls: ssl.SSLSocket) -> None:
        self._tls = tls
        tls.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def tell(self, kind: Kind, body: bytes = b"") -> None:
        """Send one message and wait until the other side is done with it."""
        self._tls.sendall(HEAD.pack(kind.encode(), len(body)) + body)
        if self._read(1) != DONE:
            raise ChannelClosedError("no answer")

    def hear(self) -> Message:
        """Wait for the next message."""
        letter, length = HEAD.unpack(self._read(HEAD.size))
        if length > LARGEST_BYTES:
            raise ChannelClosedError("too long")
        try:
            kind = Kind(letter.decode("ascii"))
        except ValueError:
            raise ChannelClosedError("unknown message") from None
        return Message(kind, self._read(length))

    def answer(self) -> None:
        """Say that the last message is dealt with."""
        self._tls.sendall(DONE)

    def close(self) -> None:
        """End the connection."""
        self._tls.close()

    def _read(self, length: int) -> bytes:
        parts = []
        while length:
            part = self._tls.recv(min(length, 1024 * 1024))
            if not part:
                raise ChannelClosedError("closed")
            parts.append(part)
            length -= len(part)
        return b"".join(parts)
