"""A WebSocket (RFC 6455) for engineio on gevent: the server's side, text and binary, no extensions.

Against the library's own driver it saves a greenlet and the compression window of each connection,
closes at the limit before anything larger is kept, and never leaves half a message on the line.
"""

import base64
import hashlib
import socket
import ssl
import struct
import threading
from collections.abc import Callable
from functools import partial
from random import uniform
from typing import Any

from engineio import packet as engine

GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # section 1.3
CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA
OPCODES = frozenset({CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG})
FINAL, RESERVED, OPCODE, MASKED = 0x80, 0x70, 0x0F, 0x80
CONTROL_LIMIT = 125  # bytes, section 5.5
READ_BYTES = 4_096
SHORT = 16_384  # bytes; the line takes messages of candidates whole but for one who reads nothing
NORMAL, PROTOCOL_ERROR, BAD_TEXT, TOO_BIG = 1000, 1002, 1007, 1009
CLOSE_CODES = frozenset({*range(1000, 1004), *range(1007, 1015), *range(3000, 5000)})
SOONEST = 0.75  # of the pause between two pings, so that those of a room spread
STALLED_AFTER_MS = 20_000  # a peer that takes nothing for so long is given up, as its pings are


class Violation(Exception):
    """The peer broke the protocol; carries the code of the close frame."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


Express = Callable[[bytes], bool]  # true when it has taken the message


class WebSocket:
    """One accepted connection: whole messages in, whole messages out."""

    __slots__ = (
        "_arrival",
        "_buffer",
        "_limit",
        "_line",
        "_rest",
        "_sending",
        "express",
        "is_open",
    )

    def __init__(self, line: socket.socket, limit_bytes: int) -> None:
        self._line = line
        self._arrival = _arrival(line)
        self._limit = limit_bytes
        self._buffer = b""
        self._rest = b""
        self._sending = threading.Lock()  # an event must not begin inside another one
        self.express: Express | None = None  # is shown every text first; never raises
        self.is_open = True

    def send(self, message: str | bytes) -> None:
        """Send one whole message; raises ``OSError`` when the connection is over."""
        if isinstance(message, str):
            self._send(TEXT, message.encode())
        else:
            self._send(BINARY, message)

    def send_at_once(self, payload: bytes, opcode: int = TEXT) -> bool:
        """Send a short message if that needs no waiting; a rest of it goes before the next one.

        False when nothing of it was sent. Raises ``OSError`` when the connection is over.
        """
        if len(payload) > SHORT or self._rest or not self._sending.acquire(blocking=False):
            return False
        try:
            if not self.is_open:
                raise ConnectionResetError
            frame = _head(opcode, len(payload)) + payload
            sent = self._line.send(frame, 0, 0)  # type: ignore[call-arg]  # gevent's takes a timeout
            self._rest = frame[sent:]
        except BlockingIOError:
            return False
        finally:
            self._sending.release()
        return True

    @property
    def has_rest(self) -> bool:
        """Say whether the line has not taken a message whole."""
        return bool(self._rest)

    def wait(self) -> str | bytes | None:
        """Return the next message, None when the connection is over."""
        try:
            while True:
                kind, payload = self._message()
                if kind == BINARY:
                    return payload
                if self.express is None or not self.express(payload):
                    return _text(payload)
        except Violation as broken:
            self.close(broken.code)
        except (OSError, ValueError):  # the latter from a line with TLS that was shut down
            self._hang_up()
        return None

    def close(self, code: int = NORMAL) -> None:
        """Say goodbye unless a message is under way, and end the connection."""
        if self.is_open and not self._rest and self._sending.acquire(blocking=False):
            try:
                self._line.sendall(_head(CLOSE, 2) + struct.pack("!H", code))
            except OSError:
                pass
            finally:
                self._sending.release()
        self._hang_up()

    def _message(self) -> tuple[int, bytes]:
        kind, is_final, payload = self._data_frame(self._limit)
        if kind == CONTINUATION:
            raise Violation(PROTOCOL_ERROR)
        if not is_final:
            payload = self._rest_of(payload)
        return kind, payload

    def _rest_of(self, first: bytes) -> bytes:
        whole, is_final = bytearray(first), False
        while not is_final:
            opcode, is_final, payload = self._data_frame(self._limit - len(whole))
            if opcode != CONTINUATION:
                raise Violation(PROTOCOL_ERROR)
            whole += payload
        return bytes(whole)

    def _data_frame(self, limit: int) -> tuple[int, bool, bytes]:
        """Read frames until one is no control frame; those are answered at once."""
        while True:
            opcode, is_final, payload = self._frame(limit)
            if opcode < CLOSE:
                return opcode, is_final, payload
            if opcode == CLOSE:
                raise Violation(_reply_to_close(payload))
            if opcode == PING:
                self._send(PONG, payload)

    def _frame(self, limit: int) -> tuple[int, bool, bytes]:
        first, second = self._take(2)
        opcode, length = first & OPCODE, second & ~MASKED
        if first & RESERVED or opcode not in OPCODES or not second & MASKED:
            raise Violation(PROTOCOL_ERROR)
        if opcode >= CLOSE:
            if length > CONTROL_LIMIT or not first & FINAL:
                raise Violation(PROTOCOL_ERROR)
        else:
            if length > CONTROL_LIMIT:
                length = self._long_length(length)
            if length > limit:
                raise Violation(TOO_BIG)  # before a byte of it is kept
        masked = self._take(4 + length)
        return opcode, bool(first & FINAL), unmasked(masked[4:], masked[:4])

    def _long_length(self, size: int) -> int:
        if size == CONTROL_LIMIT + 1:
            (length,) = struct.unpack("!H", self._take(2))
            least = CONTROL_LIMIT + 1
        else:
            (length,) = struct.unpack("!Q", self._take(8))
            least = 1 << 16
        if length < least or length >> 63:
            raise Violation(PROTOCOL_ERROR)
        return int(length)

    def _take(self, count: int) -> bytes:
        buffer = self._buffer
        if len(buffer) < count:
            buffer = self._fill(count)
        self._buffer = buffer[count:]
        return buffer[:count]

    def _fill(self, count: int) -> bytes:
        parts = [self._buffer]
        missing = count - len(self._buffer)
        if not parts[0]:
            self._arrival()
        while missing > 0:
            part = self._line.recv(max(missing, READ_BYTES))
            if not part:
                raise ConnectionResetError
            parts.append(part)
            missing -= len(part)
        return b"".join(parts)

    def _send(self, opcode: int, payload: bytes) -> None:
        with self._sending:
            if not self.is_open:
                raise ConnectionResetError
            rest, self._rest = self._rest, b""
            self._line.sendall(rest + _head(opcode, len(payload)) + payload)

    def _hang_up(self) -> None:
        """End both directions, so that whoever still waits on the line wakes up."""
        if self.is_open:
            self.is_open = False
            try:
                self._line.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


class Outbox:
    """What engineio puts its packets into: sent at once while nothing waits before them.

    Its own queue costs a timer and two switches of greenlets for each packet.
    """

    def __init__(self, line: WebSocket, queue: Any) -> None:
        self._line = line
        self._queue = queue

    def put(self, packet: Any) -> None:
        """Send a packet, or leave it to the greenlet that waits for the line."""
        if packet is None:
            self._queue.put(None)
            return
        message = packet.encode()
        if isinstance(message, str):
            self._send(message.encode(), TEXT, packet)
        else:
            self._send(message, BINARY, packet)

    def get(self, *, block: bool = True, timeout: float | None = None) -> Any:
        """Wait for what could not be sent at once, however long that takes.

        engineio takes an empty queue for a dead connection after a while; here it is the rule, and
        whoever does not answer pings is given up all the same.
        """
        del timeout
        return self._queue.get(block)

    def put_text(self, payload: bytes) -> None:
        """Send a text that is coded already, the letter of engineio's packet included."""
        self._send(payload, TEXT, None)

    def take_express(self, express: Express | None) -> None:
        """Show every text that arrives to ``express`` before engineio."""
        self._line.express = express

    def _send(self, payload: bytes, opcode: int, packet: Any) -> None:
        try:
            if self._queue.empty() and self._line.send_at_once(payload, opcode):
                if self._line.has_rest:
                    self._queue.put(engine.Packet(engine.NOOP))
                return
        except OSError:
            self._queue.put(None)  # the connection is over: lets that greenlet end
            return
        self._queue.put(packet or engine.Packet(encoded_packet=payload.decode()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._queue, name)


class Driver:
    """What engineio makes of every request to upgrade, and calls as a WSGI application."""

    def __init__(self, handler: Callable[[WebSocket], Any], server: Any) -> None:
        self._handler = handler
        self._limit = server.max_http_buffer_size

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
        """Shake hands and hand the connection to engineio until it is over."""
        key = environ.get("HTTP_SEC_WEBSOCKET_KEY", "")
        if environ.get("HTTP_SEC_WEBSOCKET_VERSION") != "13" or not key:
            start_response("426 Upgrade Required", [("Sec-WebSocket-Version", "13")])
            return [b""]
        line = environ["wsgi.input"].raw._sock
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, STALLED_AFTER_MS)
        line.sendall(_acceptance(key))
        accepted = WebSocket(line, self._limit)
        connection = getattr(self._handler, "__self__", None)
        if connection is not None and not connection.connected:  # no upgrade from polling
            connection.queue = Outbox(accepted, connection.queue)
        try:
            return self._handler(accepted)
        finally:
            accepted.close()
            environ["wsgi.input"].close()  # what still arrives is not the next request


def install(server: Any) -> None:
    """Let an engineio server on gevent take this driver; the one place that knows how.

    It sleeps before each ping, by nothing else: a room that connected at once would be pinged at
    once for ever, and every save meanwhile would wait.
    """
    server._async = {**server._async, "websocket": Driver}
    server.sleep = partial(_sleep_about, server.sleep)


def _sleep_about(sleep: Callable[[float], object], seconds: float = 0) -> object:
    return sleep(seconds * uniform(SOONEST, 1))


def unmasked(payload: bytes, mask: bytes) -> bytes:
    """Return the payload without its mask.

    >>> unmasked(bytes.fromhex("7f9f4d5158"), bytes.fromhex("37fa213d"))
    b'Hello'
    """
    count = len(payload)
    repeated = (mask * (count // 4 + 1))[:count]
    plain = int.from_bytes(payload, "little") ^ int.from_bytes(repeated, "little")
    return plain.to_bytes(count, "little")


def _arrival(line: socket.socket) -> Callable[[], object]:
    """Return what waits until something has come.

    gevent's line would be read in vain first, which costs as much as a twentieth of a save. What
    TLS has taken off the line already is told by nothing but reading.
    """
    if isinstance(line, ssl.SSLSocket) or not hasattr(line, "_read_event"):
        return lambda: None
    return partial(line._wait, line._read_event)  # type: ignore[attr-defined]


def _acceptance(key: str) -> bytes:
    accept = base64.b64encode(hashlib.sha1(key.encode() + GUID).digest())  # noqa: S324
    return (
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def _head(opcode: int, length: int) -> bytes:
    if length <= CONTROL_LIMIT:
        return bytes((FINAL | opcode, length))
    if length < 1 << 16:
        return struct.pack("!BBH", FINAL | opcode, CONTROL_LIMIT + 1, length)
    return struct.pack("!BBQ", FINAL | opcode, CONTROL_LIMIT + 2, length)


def _reply_to_close(payload: bytes) -> int:
    """Return what a close frame is answered with: its own code, or that of its fault."""
    if not payload:
        return NORMAL
    if len(payload) == 1:
        return PROTOCOL_ERROR
    (code,) = struct.unpack_from("!H", payload)
    _text(payload[2:])
    return int(code) if code in CLOSE_CODES else PROTOCOL_ERROR


def _text(payload: bytes) -> str:
    try:
        return payload.decode()
    except UnicodeDecodeError:
        raise Violation(BAD_TEXT) from None
