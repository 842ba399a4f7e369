"""Saves that our driver takes straight off the line: the same replies, nothing else taken."""

import json
import queue
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam_server.delivery.wire import MalformedMessageError, OpsMessage, read
from exam_server.sockets.candidate import SAVE, express
from exam_server.sockets.websocket import Outbox, WebSocket

OPS = {"epoch": 1, "ops": [{"seq": 1, "kind": "set", "item": "q1", "value": ["o1"]}]}


class Lane:
    """A line with the express lane on it, whose saves are kept."""

    def __init__(self, peer: socket.socket, line: socket.socket) -> None:
        self.peer, self.queue = peer, queue.Queue[Any]()
        self.outbox = Outbox(WebSocket(line, 100_000), self.queue)
        self.saved: list[OpsMessage] = []
        self.take = express(self.outbox, self.save)

    def save(self, message: OpsMessage) -> dict[str, Any]:
        self.saved.append(message)
        return {"ok": True, "ack": message.ops[-1].seq, "message": "已存"}

    def heard(self) -> bytes:
        head = self.peer.recv(2)
        assert head[0] == 0x81
        return self.peer.recv(head[1])


class _Line(socket.socket):
    """A line whose ``send`` takes a time limit, as gevent's does."""

    def send(self, data: Any, flags: int = 0, _timeout: float = 0) -> int:  # type: ignore[override]
        return super().send(data, flags)


@contextmanager
def opened() -> Iterator[Lane]:
    peer, line = socket.socketpair()
    peer.settimeout(5)
    with peer, _Line(fileno=line.detach()) as line:
        yield Lane(peer, line)


def packet(body: Any, number: str = "7", space: str = "/candidate,") -> bytes:
    return f"42{space}{number}{json.dumps(body)}".encode()


def test_a_save_is_taken_and_its_reply_is_the_librarys() -> None:
    with opened() as lane:
        assert lane.take(packet(["ops", OPS]))
        assert lane.heard() == '43/candidate,7[{"ok":true,"ack":1,"message":"已存"}]'.encode()
        assert lane.saved == [read(OPS, OpsMessage)]


@pytest.mark.parametrize(
    "sent",
    [
        packet(["ops", OPS], number=""),
        packet(["ops", OPS], number="-1"),
        packet(["ops", OPS], number="9" * 30),
        packet(["ops", OPS], space="/proctor,"),
        packet(["ops", OPS], space=""),
        packet(["look", OPS]),
        packet(["ops", OPS, OPS]),
        packet(["ops"]),
        packet(["ops", OPS | {"epoch": 0}]),
        packet(["ops", OPS | {"epoch": "1"}]),
        packet(["ops", OPS])[:-1],
        packet(["ops", {"epoch": 1, "ops": [{"seq": 1, "kind": "set", "value": ["\udc80"]}]}]),
        b'42/candidate,7["ops",{"epoch":1,"store":"\xff"}]',
        b"40/candidate,",
        b"41/candidate,",
        b"43/candidate,7[]",
        b"3",
        b"",
        b"42/candidate,",
        b"42/candidate,7",
    ],
)
def test_anything_else_goes_its_usual_way(sent: bytes) -> None:
    with opened() as lane:
        assert not lane.take(sent)
        assert not lane.saved
        assert lane.queue.empty()


values = st.none() | st.booleans() | st.integers(-3, 3) | st.text(max_size=3) | st.floats(0, 2)
bodies = st.dictionaries(
    st.sampled_from(["epoch", "store", "after_event", "ops", "beat", "other"]),
    values | st.lists(st.dictionaries(st.sampled_from(["seq", "kind", "item"]), values)),
)


@given(body=bodies)
def test_what_is_taken_is_what_the_usual_way_would_have_read(body: dict[str, Any]) -> None:
    with opened() as lane:
        if lane.take(packet(["ops", body])):
            assert lane.saved == [read(body, OpsMessage)]


def test_a_save_that_fails_is_not_acknowledged_and_ends_the_connection() -> None:
    with opened() as lane:
        take = express(lane.outbox, lambda _message: {}["a bug"])
        assert take(packet(["ops", OPS]))
        assert lane.queue.get_nowait() is None
        lane.peer.setblocking(False)
        with pytest.raises(BlockingIOError):
            lane.peer.recv(1)


def test_a_reply_waits_behind_what_waits_already() -> None:
    with opened() as lane:
        lane.queue.put("something before")
        assert lane.take(packet(["ops", OPS]))
        lane.queue.get_nowait()
        waiting = lane.queue.get_nowait()
        assert waiting.encode() == '43/candidate,7[{"ok":true,"ack":1,"message":"已存"}]'


def test_the_line_shows_texts_to_the_lane_and_hands_on_what_it_leaves() -> None:
    with opened() as lane:
        line = lane.outbox._line
        lane.outbox.take_express(lane.take)
        for text in (packet(["ops", OPS]), b"3", packet(["ops", OPS])):
            head = (
                struct.pack("!BBH", 0x81, 0x80 | 126, len(text))
                if len(text) > 125
                else bytes((0x81, 0x80 | len(text)))
            )
            lane.peer.sendall(head + bytes(4) + text)
        assert line.wait() == "3"
        assert len(lane.saved) == 1
        lane.outbox.take_express(None)
        assert line.wait() == packet(["ops", OPS]).decode()


def test_both_ways_read_strictly() -> None:
    with pytest.raises(MalformedMessageError):
        read({"epoch": 1.5}, OpsMessage)
    with pytest.raises(ValueError, match="int"):
        SAVE.decode(b'["ops",{"epoch":1.5}]')
