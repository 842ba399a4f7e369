"""A crowd of Socket.IO clients that costs little: one process, one epoll, frames built by hand.

Run as a process of its own (``Crowd`` starts it), so that its work is never counted as the
server's. It reads one command a line, as JSON, and answers each with one line. What was
acknowledged is kept for each client: the ledger, not the server, says what must be stored.
"""

import json
import select
import socket
import struct
import subprocess
import sys
import time
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

CONNECT_TIMEOUT_S = 120.0
SETTLE_S = 60.0  # how long the last acknowledgements of a round may take
DEFLATE = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
NO_MASK = b"\x00\x00\x00\x00"  # a mask like any other; the server has to apply it


def frame(text: str) -> bytes:
    """Return a masked text frame."""
    payload = text.encode()
    size = len(payload)
    if size < 126:
        return bytes((0x81, 0x80 | size)) + NO_MASK + payload
    return struct.pack("!BBH", 0x81, 0xFE, size) + NO_MASK + payload


class Client:
    """One connection and what it was told."""

    def __init__(self, number: int, plan: dict[str, Any]) -> None:
        self.number = number
        self.plan = plan
        self.line = socket.socket()
        self.buffer = b""
        self.stage = "new"
        self.seq = plan["seq"]
        self.acknowledged = plan["seq"]
        self.due = 0.0
        self.waits = False
        self.inflate: Any = None

    def inflated(self, message: bytes) -> bytes:
        """Return a message that the server has compressed, having been offered it."""
        self.inflate = self.inflate or zlib.decompressobj(wbits=-15)
        plain: bytes = self.inflate.decompress(message + b"\x00\x00\xff\xff")
        return plain

    def save(self, due: float) -> bytes:
        """Return the frame of the next save."""
        self.seq += 1
        seq, plan = self.seq, self.plan
        item, options = plan["items"][seq % len(plan["items"])]
        option = options[seq % len(options)]
        self.due, self.waits = due, True
        return frame(
            f'42{plan["prefix"]}{seq}["{plan["event"]}",{{"epoch":1,"store":"{plan["store"]}",'
            f'"after_event":{plan["after_event"]},"ops":[{{"seq":{seq},"kind":"set",'
            f'"item":"{item}","value":["{option}"],"mono_ms":{seq}000}}],'
            '"beat":{"visible":true,"pending":1}}]'
        )


class Load:
    """All clients of this process."""

    def __init__(self) -> None:
        self.poll = select.epoll()
        self.clients: list[Client] = []
        self.by_file: dict[int, Client] = {}
        self.address = ("", 0)
        self.offer = ""
        self.joined = 0
        self.lost = 0
        self.refused = 0
        self.latencies: list[float] = []
        self.repeat_until = 0.0

    def connect(
        self, host: str, port: int, plans: Sequence[dict[str, Any]], *, deflate: bool = False
    ) -> dict[str, Any]:
        """Open one connection for each plan, all at once; returns when every one has joined."""
        self.address = (host, port)
        self.offer = DEFLATE if deflate else ""
        self.clients += [Client(len(self.clients) + n, plan) for n, plan in enumerate(plans)]
        return self._join(self.clients[-len(plans) :])

    def cut(self) -> dict[str, Any]:
        """Drop every connection without a word."""
        for client in self.clients:
            self._forget(client)
        return {}

    def reconnect(self, port: int = 0) -> dict[str, Any]:
        """Come back all at once; returns how long it took until the last one was in."""
        self.address = (self.address[0], port or self.address[1])
        return self._join(self.clients)

    def closed(self, seconds: float, first: int = 0, count: int = 0) -> dict[str, Any]:
        """Let every client send its next save as soon as the last is acknowledged."""
        chosen = self.clients[first : first + count] if count else self.clients
        self.latencies = []
        began = time.perf_counter()
        self.repeat_until = began + seconds
        for client in chosen:
            if client.stage == "in":
                client.line.sendall(client.save(time.perf_counter()))
        self._until(lambda: time.perf_counter() >= self.repeat_until, seconds + SETTLE_S)
        took, done = time.perf_counter() - began, len(self.latencies)
        self._until(lambda: not any(client.waits for client in chosen), SETTLE_S)
        return {"per_s": done / took, "done": len(self.latencies), **self._told()}

    def open(self, rate: float, seconds: float) -> dict[str, Any]:
        """Send at a fixed rate over all clients, timed from the instant each save was due."""
        self.latencies, self.repeat_until = [], 0.0
        began, number, total, held = time.perf_counter(), 0, int(rate * seconds), 0
        while number < total:
            due = began + number / rate
            if due > time.perf_counter():
                self._serve(due - time.perf_counter())
                continue
            client = self.clients[number % len(self.clients)]
            number += 1
            if client.waits or client.stage != "in":
                held += 1  # its last save is still on the way: this one would have to queue
                continue
            client.line.sendall(client.save(due))
        took = time.perf_counter() - began
        self._until(lambda: not any(client.waits for client in self.clients), SETTLE_S)
        return {"per_s": len(self.latencies) / took, "held": held, **self._told()}

    def idle(self, seconds: float) -> dict[str, Any]:
        """Answer pings and nothing else."""
        ends = time.perf_counter() + seconds
        self._until(lambda: time.perf_counter() >= ends, seconds)
        return self._told()

    def ledger(self) -> dict[str, Any]:
        """Return the highest acknowledged number of each client."""
        return {"acknowledged": [client.acknowledged for client in self.clients]}

    def _told(self) -> dict[str, Any]:
        ms = sorted(1000 * latency for latency in self.latencies)
        shares = {f"p{share}": _share(ms, share) for share in (50, 95, 99)} if ms else {}
        return {"ms": shares, "lost": self.lost, "refused": self.refused}

    def _join(self, clients: Sequence[Client]) -> dict[str, Any]:
        began, before = time.perf_counter(), self.joined
        for client in clients:
            client.line = socket.socket()
            client.line.settimeout(0)
            client.seq = client.acknowledged  # what was not acknowledged is sent again
            client.stage, client.buffer, client.waits = "opening", b"", False
            client.inflate = None
            client.line.connect_ex(self.address)
            self.by_file[client.line.fileno()] = client
            self.poll.register(client.line, select.EPOLLOUT)
        self._until(lambda: self.joined - before >= len(clients), CONNECT_TIMEOUT_S)
        return {"seconds": time.perf_counter() - began, "joined": self.joined - before}

    def _until(self, done: Any, longest_s: float) -> None:
        ends = time.perf_counter() + longest_s
        while not done() and time.perf_counter() < ends:
            self._serve(0.05)

    def _serve(self, wait_s: float) -> None:
        for file, event in self.poll.poll(wait_s, 512):
            client = self.by_file.get(file)
            if client is None:
                continue
            if event & select.EPOLLOUT:
                self._greet(client)
                continue
            try:
                data = client.line.recv(65_536)
            except BlockingIOError:
                continue
            except OSError:
                data = b""
            if data:
                self._take(client, data)
            else:
                self._lose(client)

    def _greet(self, client: Client) -> None:
        if client.line.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._lose(client)
            return
        host, port = self.address
        client.line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.line.sendall(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}:{port}\r\n"
            "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
            f"{self.offer}Cookie: {client.plan['cookie']}\r\n\r\n".encode()
        )
        self.poll.modify(client.line, select.EPOLLIN)

    def _take(self, client: Client, data: bytes) -> None:
        client.buffer += data
        if client.stage == "opening":
            head, end, rest = client.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if b" 101 " not in head[:20]:
                self._lose(client)
                return
            client.buffer, client.stage = rest, "joining"
        for message in self._messages(client):
            self._packet(client, message)

    def _messages(self, client: Client) -> Iterator[bytes]:
        while len(client.buffer) >= 2:
            data = client.buffer
            size, at = data[1], 2
            if size == 126:
                size, at = int.from_bytes(data[2:4], "big"), 4
            elif size == 127:
                size, at = int.from_bytes(data[2:10], "big"), 10
            if len(data) < at + size:
                return
            client.buffer = data[at + size :]
            if data[0] & 0x0F == 0x01:
                message = data[at : at + size]
                yield client.inflated(message) if data[0] & 0x40 else message

    def _packet(self, client: Client, message: bytes) -> None:
        kind = message[:2]
        if kind == b"43":
            self._acknowledged(client, message)
        elif message == b"2":
            client.line.sendall(frame("3"))
        elif kind[:1] == b"0":
            client.line.sendall(frame(f"40{client.plan['prefix']}"))
        elif kind == b"40":
            client.stage = "in"
            self.joined += 1
        elif kind == b"44":
            self._lose(client)

    def _acknowledged(self, client: Client, message: bytes) -> None:
        now = time.perf_counter()
        self.latencies.append(now - client.due)
        client.waits = False
        if b'"ok":true' in message:
            client.acknowledged = client.seq
        else:
            self.refused += 1
            client.seq -= 1
        if now < self.repeat_until:
            client.line.sendall(client.save(now))

    def _lose(self, client: Client) -> None:
        self.lost += 1
        self._forget(client)

    def _forget(self, client: Client) -> None:
        self.by_file.pop(client.line.fileno(), None)
        client.waits, client.stage = False, "new"
        client.line.close()


def _share(ordered: Sequence[float], share: int) -> float:
    return round(ordered[min(len(ordered) - 1, len(ordered) * share // 100)], 2)


class Crowd:
    """The other end of the pipe: a load process and its commands; use as a context manager."""

    def __enter__(self) -> "Crowd":
        self._process = subprocess.Popen(
            [sys.executable, str(Path(__file__))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self

    def __exit__(self, *_ended: object) -> None:
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            pipe.close()

    def tell(self, name: str, **fields: Any) -> None:
        """Give a command without waiting for its answer."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps([name, fields]) + "\n")
        self._process.stdin.flush()

    def hear(self) -> dict[str, Any]:
        """Wait for the answer to the last command."""
        assert self._process.stdout is not None
        told: dict[str, Any] = json.loads(self._process.stdout.readline())
        return told

    def ask(self, name: str, **fields: Any) -> dict[str, Any]:
        """Give a command and wait for its answer."""
        self.tell(name, **fields)
        return self.hear()


def main() -> None:
    """Carry out commands until the pipe ends."""
    load = Load()
    for line in sys.stdin:
        name, fields = json.loads(line)
        print(json.dumps(getattr(load, name)(**fields)), flush=True)


if __name__ == "__main__":
    main()
