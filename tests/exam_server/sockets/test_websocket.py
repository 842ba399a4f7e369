"""The WebSocket driver against RFC 6455, frame by frame, and inside engineio on gevent."""

import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import engineio
import gevent.socket
import pytest
from engineio.socket import Socket
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from exam_server.sockets.websocket import WebSocket, install

LIMIT = 1_000
KEY = b"\x37\xfa\x21\x3d"
TEXT, BINARY, CLOSE, PING, PONG, MORE = 0x1, 0x2, 0x8, 0x9, 0xA, 0x0
ECHO = Path(__file__).with_name("echo_server.py")


def frame(opcode: int, payload: bytes = b"", *, final: bool = True, head: bytes = b"") -> bytes:
    """Return a masked frame; ``head`` replaces its first bytes, up to the mask."""
    size = len(payload)
    short = size if size < 126 else 126 if size < 1 << 16 else 127
    longer = b"" if size < 126 else struct.pack("!H" if size < 1 << 16 else "!Q", size)
    start = head or bytes((opcode | (0x80 if final else 0), 0x80 | short)) + longer
    return start + KEY + bytes(byte ^ KEY[at % 4] for at, byte in enumerate(payload))


@pytest.fixture
def lines() -> Iterator[tuple[socket.socket, WebSocket]]:
    """The peer's end of a line, and the server's side of it."""
    peer, line = socket.socketpair()
    peer.settimeout(20)
    with peer, line:
        yield peer, WebSocket(line, LIMIT)


Lines = tuple[socket.socket, WebSocket]


@pytest.mark.parametrize("size", [0, 5, 125, 126, 500, LIMIT])
def test_a_message_of_any_allowed_size_arrives(lines: Lines, size: int) -> None:
    peer, server = lines
    peer.sendall(frame(TEXT, b"x" * size) + frame(BINARY, b"\xff" * size))
    assert server.wait() == "x" * size
    assert server.wait() == b"\xff" * size


def test_fragments_are_one_message_and_control_frames_inside_are_answered(lines: Lines) -> None:
    peer, server = lines
    half = "题".encode()
    peer.sendall(frame(TEXT, half[:1], final=False) + frame(PING, b"still there?"))
    peer.sendall(frame(MORE, half[1:], final=False) + frame(PONG) + frame(MORE, b"!"))
    assert server.wait() == "题!"
    assert peer.recv(100) == bytes((0x80 | PONG, 12)) + b"still there?"


def test_a_message_that_arrives_byte_by_byte_is_read(lines: Lines) -> None:
    peer, server = lines

    def dribble() -> None:
        for byte in frame(TEXT, b"slow" * 40):
            peer.sendall(bytes((byte,)))

    sender = threading.Thread(target=dribble)
    sender.start()
    assert server.wait() == "slow" * 40
    sender.join()


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        pytest.param(bytes((0x81, 2)) + b"hi", 1002, id="not masked"),
        pytest.param(frame(TEXT, b"a", head=b"\xc1\x81"), 1002, id="reserved bit"),
        pytest.param(frame(0x3), 1002, id="unknown kind"),
        pytest.param(frame(0xB), 1002, id="unknown control frame"),
        pytest.param(frame(MORE, b"a"), 1002, id="continues nothing"),
        pytest.param(frame(TEXT, b"a", final=False) + frame(TEXT, b"b"), 1002, id="begins anew"),
        pytest.param(frame(PING, b"a", final=False), 1002, id="fragmented ping"),
        pytest.param(frame(PING, b"a" * 126), 1002, id="long ping"),
        pytest.param(frame(TEXT, b"a" * 9, head=b"\x81\xfe\x00\x09"), 1002, id="length too wide"),
        pytest.param(b"\x81\xff\x80" + bytes(7) + KEY, 1002, id="length with its top bit"),
        pytest.param(frame(TEXT, b"\xce\xba\xed\xa0\x80"), 1007, id="no UTF-8"),
        pytest.param(frame(TEXT, "题".encode()[:2]), 1007, id="half a character"),
        pytest.param(b"\x81\xfe\x03\xe9" + KEY, 1009, id="one byte too large"),
        pytest.param(b"\x82\xff" + (1 << 40).to_bytes(8, "big") + KEY, 1009, id="a terabyte"),
        pytest.param(
            frame(TEXT, b"a" * LIMIT, final=False) + frame(MORE, b"b"), 1009, id="fragments"
        ),
        pytest.param(frame(CLOSE), 1000, id="goodbye"),
        pytest.param(frame(CLOSE, b"\x03\xe9bye"), 1001, id="goodbye with a code"),
        pytest.param(frame(CLOSE, b"\x03"), 1002, id="half a code"),
        pytest.param(frame(CLOSE, b"\x03\xed"), 1002, id="a code that may not be sent"),
        pytest.param(frame(CLOSE, b"\x03\xe8\xff"), 1007, id="a reason in no UTF-8"),
    ],
)
def test_the_connection_ends_with_the_code_that_says_why(
    lines: Lines, sent: bytes, code: int
) -> None:
    peer, server = lines
    peer.sendall(sent)
    assert server.wait() is None  # a frame that is too large is refused before it has arrived
    assert peer.recv(100) == bytes((0x80 | CLOSE, 2)) + struct.pack("!H", code)
    assert peer.recv(100) == b""
    with pytest.raises(ConnectionResetError):
        server.send("too late")


def test_a_line_that_breaks_off_is_the_end(lines: Lines) -> None:
    peer, server = lines
    peer.sendall(frame(TEXT, b"half of it")[:-3])
    peer.close()
    assert server.wait() is None
    assert not server.is_open


def test_large_messages_of_two_senders_stay_whole(lines: Lines) -> None:
    peer, server = lines
    size = 400_000  # far beyond what the line takes at once
    senders = [threading.Thread(target=server.send, args=(sign * size,)) for sign in "ab"]
    for sender in senders:
        sender.start()
    received = b""
    while len(received) < 2 * (size + 10):
        received += peer.recv(65_536)
    for sender in senders:
        sender.join()
    first, second = received[: size + 10], received[size + 10 :]
    for whole in (first, second):
        assert whole[:10] == b"\x81\x7f" + size.to_bytes(8, "big")
        assert len(set(whole[10:])) == 1


def test_the_library_still_asks_for_its_driver_where_ours_is_put() -> None:
    server = engineio.Server(async_mode="threading")
    install(server)
    told: list[str] = []
    environ = {"HTTP_CONNECTION": "Upgrade", "HTTP_UPGRADE": "websocket"}
    Socket(server, "sid").handle_get_request(environ, lambda status, _headers: told.append(status))
    assert told == ["426 Upgrade Required"]  # what ours says to a handshake without a key


@contextmanager
def served(*pace_s: str) -> Iterator[str]:
    """An engineio server on gevent with the driver, in a process of its own."""
    command = [sys.executable, str(ECHO), *pace_s]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        port = child.stdout.readline().strip()
        try:
            yield f"ws://127.0.0.1:{port}/engine.io/?EIO=4&transport=websocket"
        finally:
            child.kill()


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    with served() as address:
        yield address


@contextmanager
def opened(address: str) -> Iterator[ClientConnection]:
    """Connect as a browser does, offering compression."""
    with connect(address, compression="deflate", max_size=None, ping_interval=None) as client:
        assert str(client.recv()).startswith("0{")
        yield client


def test_engineio_talks_over_it_and_no_compression_is_agreed(address: str) -> None:
    with opened(address) as client:
        assert client.response is not None
        assert "Sec-WebSocket-Extensions" not in client.response.headers
        client.send(["4题", "目 17"])  # two fragments
        assert client.recv() == "4题目 17"
        client.ping().wait(20)


def test_a_quiet_connection_that_answers_pings_stays_and_one_that_does_not_is_given_up() -> None:
    with served("0.5") as address, opened(address) as client, opened(address) as mute:
        ends = time.monotonic() + 5  # of the pace in which the library gives up an empty queue
        pings = 0
        while time.monotonic() < ends:
            assert client.recv(20) == "2"
            client.send("3")
            pings += 1
        assert 5 <= pings <= 14  # one after three quarters of the pause at the soonest
        client.send("4still here")
        assert client.recv(20) == "4still here"
        assert mute.recv(20) == "2"
        with pytest.raises(ConnectionClosed):
            mute.recv(20)


def test_a_slow_reader_gets_a_large_event_whole(address: str) -> None:
    with opened(address) as client:
        client.send("4big")
        time.sleep(0.3)  # the line is full by now
        client.send("4after it")
        assert client.recv() == "4" + "x" * 4_000_000
        assert client.recv() == "4after it"


def test_what_the_line_takes_in_part_goes_on_before_the_next_message() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        peer = socket.create_connection(listening.getsockname())
        line = gevent.socket.socket(fileno=listening.accept()[0].detach())
    server, message = WebSocket(line, LIMIT), b"x" * 15_000
    received: list[bytes] = []

    def read() -> None:
        while part := peer.recv(65_536):
            received.append(part)

    with peer, line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 20_000)
        count = 1
        while server.send_at_once(message):
            count += 1
        reader = threading.Thread(target=read)
        reader.start()
        server.send(message.decode())
        line.shutdown(socket.SHUT_WR)
        reader.join(20)
    whole = struct.pack("!BBH", 0x80 | TEXT, 126, len(message)) + message
    assert b"".join(received) == whole * count


def test_a_frame_beyond_the_limit_ends_the_connection_at_once(address: str) -> None:
    with opened(address) as client:
        client.socket.sendall(b"\x81\xff" + (64 << 20).to_bytes(8, "big") + KEY)
        with pytest.raises(Exception, match="1009"):
            client.recv()


def test_what_arrives_after_the_end_is_no_request() -> None:
    with subprocess.Popen(
        [sys.executable, str(ECHO)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        port = child.stdout.readline().strip()
        with opened(f"ws://127.0.0.1:{port}/engine.io/?EIO=4&transport=websocket") as client:
            more = frame(TEXT, b"4" + b"x\n" * 60)
            client.socket.sendall(frame(TEXT, b"1") + more * 60)  # more than is read at once
            time.sleep(0.5)
        child.kill()
        _, told = child.communicate()
    assert told == ""
