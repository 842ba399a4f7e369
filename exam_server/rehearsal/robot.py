"""A candidate robot: sits the exam over the real wire and keeps its own ledger of answers.

The ledger is the judge: whatever the server acknowledged must be scored, once and unaltered.
"""

import asyncio
import itertools
import json
import random
import ssl
import time
from array import array
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from exam_server.rehearsal.patience import Patience
from exam_server.rehearsal.socket_client import SocketClient, SocketClosedError
from exam_server.rehearsal.web_client import RefusedError, WebClient

POLL_S = 0.5
PATIENCE_S = 300.0  # for one thing: a busy machine may take minutes to start a server
BEAT_S = 5.0
SHORTEST_BACK_OFF_S, LONGEST_BACK_OFF_S = 0.2, 4.0
FIRST_RECONNECT_S, LONGEST_RECONNECT_S = 0.5, 4.0  # of the socket, as pages tell it
RECONNECT_SPREAD = (0.1, 1.9)
COMPLAINTS = ("鼠标无反应", "屏幕太暗", "键盘按键不灵", "显示器闪烁")

Choice = Callable[[Mapping[str, Any], random.Random], list[str]]
"""Picks option ids for a question as the page shows it."""
Message = dict[str, Any]
IsOver = Callable[[], bool]
Send = Callable[[Message], Awaitable[Message]]
Post = Callable[[Message, Send], Awaitable[Message]]
"""Carries a message to ``Send`` and its reply back, or loses, repeats, delays one of them."""
FAILURES = (SocketClosedError, RefusedError, OSError, ValueError)


async def straight(message: Message, send: Send) -> Message:
    """Carry every message once and every reply back."""
    return await send(message)


def _again(questions: Sequence[Message], is_over: IsOver | None) -> Iterator[Message]:
    """Give every question once, or over and over until it is over."""
    if is_over is None:
        yield from questions
        return
    for question in itertools.cycle(questions):
        if is_over():
            return
        yield question


@dataclass
class Ledger:
    """What the robot did and what the server has acknowledged."""

    sent: list[dict[str, Any]] = field(default_factory=list)
    acknowledged: int = 0
    promised: int = 0  # the highest acknowledgement ever; a restore does not lower it
    sent_at: "array[float]" = field(default_factory=lambda: array("d"))
    acknowledged_at: "array[float]" = field(default_factory=lambda: array("d"))
    reconnects: int = 0
    refills: int = 0  # times that a restored server was filled up again
    receipt: dict[str, Any] | None = None
    receipts: set[str] = field(default_factory=set)  # every one that was told, as it was told
    state: str = ""

    def answers(self, unheard: int = 0) -> dict[str, list[str]]:
        """Fold the acknowledged operations, and so many more, into the answer of each question."""
        folded: dict[str, list[str]] = {}
        for op in self.sent[: self.acknowledged + unheard]:
            if op["kind"] == "set":
                folded[op["item"]] = op["value"]
            elif op["kind"] == "clear":
                folded[op["item"]] = []
        return {item: value for item, value in folded.items() if value}


@dataclass(frozen=True)
class Habits:
    """How a robot behaves: shares per question, seconds between questions."""

    pause_s: float = 0.0
    change: float = 0.08  # thinks again and picks anew
    clear: float = 0.02
    flag: float = 0.05
    cut: float = 0.02  # the cable is pulled
    repeat: float = 0.03  # sends what was already acknowledged
    by_http: float = 0.1  # the socket is not used for this one
    skip: float = 0.02
    hand: float = 0.0  # raises a hand
    away: float = 0.0  # leaves the window for some seconds
    outage_s: float = 0.0  # how long a pulled cable stays out
    hand_in: bool = True
    hand_in_again: int = 0  # times that the button is pressed once more
    patience_s: float = PATIENCE_S


class Robot:
    """One candidate at one computer."""

    def __init__(
        self,
        address: str,
        admission_no: str,
        choose: Choice,
        *,
        seed: int,
        habits: Habits,
        trusted: ssl.SSLContext | None = None,
        post: Post = straight,
    ) -> None:
        self.admission_no = admission_no
        self.web = WebClient(address, trusted=trusted)
        self._trusted = trusted
        self.ledger = Ledger()
        self._address = address
        self._choose = choose
        self._random = random.Random(seed)
        self._habits = habits
        self._socket: SocketClient | None = None
        self._connecting = asyncio.Lock()  # heartbeat and answers share one connection
        self._epoch = 1
        self.store = ""
        self._last_event = 0
        self._is_cut = False
        self._post = post
        self.patience = Patience(f"candidate {admission_no}", habits.patience_s)
        self.connected_at = 0.0  # of the newest connection, by the clock that never steps

    def choose_by(self, choose: Choice) -> None:
        """Take over how options are picked, once the paper's ids are known."""
        self._choose = choose

    async def sign_in(self, room_code: str) -> None:
        """Sign in and confirm data and rules, as a person would click."""
        await asyncio.to_thread(self._sign_in, room_code)

    def _sign_in(self, room_code: str) -> None:
        self.web.page("/exam/")
        self.web.submit("/exam/sign-in", admission_no=self.admission_no, room_code=room_code)
        self.web.page("/exam/room")
        for step in ("data", "rules"):
            self.web.post("/exam/api/confirm", {"step": step})

    async def sit(self, *, is_over: IsOver | None = None) -> Ledger:
        """Wait for the start, answer every question, hand in; return the ledger.

        With ``is_over``, begin again and again until it is.
        """
        state = await self._wait_for_start()
        self._epoch = state["epoch"]
        questions = [q for s in state["paper"]["sections"] for q in s["questions"]]
        beating = asyncio.create_task(self._beat())
        try:
            for question in _again(questions, is_over):
                if self.ledger.state:
                    break
                await self._work_on(question)
                await asyncio.sleep(self._habits.pause_s * self._random.uniform(0.5, 1.5))
            if self._habits.hand_in and not self.ledger.state:
                await self._record("submit", "", [])
                await self._press_again()
        finally:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)
            await self._drop(self._socket)
        return self.ledger

    async def _beat(self) -> None:
        """Show signs of life between the answers, and connect again at once, as every page does.

        The socket comes back by itself, whichever way the messages take, after the same waits.
        """
        failures, pause_s = 0, BEAT_S * self._random.random()
        while True:
            if self._socket is None:
                await asyncio.sleep(pause_s)
            else:
                await self._socket.closed(pause_s)
            pause_s = BEAT_S
            if self._is_cut:
                continue
            used = self._socket
            try:
                used = await self._connected()
                await self._exchange([])
                failures = 0
            except FAILURES:
                await self._drop(used)
                longest_s = min(LONGEST_RECONNECT_S, FIRST_RECONNECT_S * 2.0 ** min(failures, 10))
                pause_s = longest_s * self._random.uniform(*RECONNECT_SPREAD)
                failures += 1

    async def _press_again(self) -> None:
        """Press the button that hands in once more, and again; every receipt is kept."""
        for _ in range(self._habits.hand_in_again):
            used = self._socket
            try:
                self._settle(await self._exchange(self.ledger.sent[-1:]))
            except FAILURES:
                await self._drop(used)

    async def _wait_for_start(self) -> dict[str, Any]:
        self.patience.begin("the start")
        while True:
            try:
                state: dict[str, Any] = await asyncio.to_thread(self.web.get, "/exam/api/state")
            except FAILURES as error:
                self.patience.hear(error)
            else:
                self.patience.hear(state["state"])
                if state["state"] == "in_progress":
                    self.patience.end()
                    return state
            self.patience.check()
            await asyncio.sleep(POLL_S * self._random.uniform(0.5, 1.5))

    async def _work_on(self, question: Mapping[str, Any]) -> None:
        habits, chance = self._habits, self._random.random
        if chance() < habits.skip:
            return
        if chance() < habits.flag:
            await self._record("flag", question["id"], [])
        if chance() < habits.change:
            ids = [option["id"] for option in question["options"]]
            await self._record("set", question["id"], [self._random.choice(ids)])
        if chance() < habits.clear:
            await self._record("clear", question["id"], [])
        await self._record("set", question["id"], self._choose(question, self._random))
        if chance() < habits.hand:
            body = {"kind": "technical", "text": self._random.choice(COMPLAINTS), "item": None}
            await asyncio.to_thread(self.web.post, "/exam/api/hand", body)
        if chance() < habits.away:
            away = {"hidden_ms": self._random.randint(1000, 9000)}
            await asyncio.to_thread(self.web.post, "/exam/api/away", away)
        if chance() < habits.cut:
            await self._pull_cable()

    async def _pull_cable(self) -> None:
        self._is_cut = True
        await self._drop(self._socket)
        await asyncio.sleep(self._habits.outage_s * self._random.uniform(0.5, 1.5))
        self._is_cut = False

    async def _record(self, kind: str, item: str, value: list[str]) -> None:
        op = {"seq": len(self.ledger.sent) + 1, "kind": kind, "item": item, "value": value}
        self.ledger.sent.append(op | {"flagged": kind == "flag"})
        self.ledger.sent_at.append(time.monotonic())
        await self._flush()

    async def _flush(self) -> None:
        """Send until everything is acknowledged, whatever breaks meanwhile."""
        failures = 0
        self.patience.begin(f"the acknowledgement of operation {len(self.ledger.sent)}")
        while True:
            self.patience.check()
            start, used = self.ledger.acknowledged, self._socket
            if start and self._random.random() < self._habits.repeat:
                start -= 1  # an acknowledged operation once more: must change nothing
            try:
                reply = await self._exchange(self.ledger.sent[start : start + 64])
            except FAILURES as error:
                self.patience.hear(error)
                await self._drop(used)
                failures += 1
                await asyncio.sleep(self._back_off_s(failures))
                continue
            if self._settle(reply):
                self.patience.end()
                return
            if reply.get("error") == "paused":
                self.patience.begin("the end of a pause")
            self.patience.hear(reply.get("error", f"acknowledged up to {reply.get('ack')}"))
            await asyncio.sleep(reply.get("retry_after_ms", 100) / 1000)

    def _back_off_s(self, failures: int) -> float:
        """Return when to try again: full jitter between 0.2 and 4 s, as every page does."""
        longest_s = min(LONGEST_BACK_OFF_S, SHORTEST_BACK_OFF_S * 2.0 ** min(failures, 10))
        return max(SHORTEST_BACK_OFF_S, longest_s * self._random.random())

    def _settle(self, reply: dict[str, Any]) -> bool:
        ledger = self.ledger
        ledger.acknowledged = max(ledger.acknowledged, reply.get("ack", 0))
        ledger.promised = max(ledger.promised, ledger.acknowledged)
        now = time.monotonic()
        ledger.acknowledged_at.extend([now] * (ledger.promised - len(ledger.acknowledged_at)))
        if reply.get("receipt"):
            ledger.receipt = reply["receipt"]
            ledger.receipts.add(json.dumps(ledger.receipt))
        if reply.get("error") in ("closed", "fenced") or ledger.receipt:
            ledger.state = reply.get("state", "closed")
            return True
        return ledger.acknowledged >= len(ledger.sent)

    async def _exchange(self, ops: list[dict[str, Any]]) -> dict[str, Any]:
        message = {
            "epoch": self._epoch,
            "store": self.store,
            "after_event": self._last_event,
            "ops": ops,
        }
        answered = await self._post(message, self._send)
        store = answered.get("store", self.store)
        if self.store and store != self.store:  # restored from a copy: send what it lacks (R8)
            self.ledger.acknowledged = answered["ack"]
            self.ledger.refills += 1
            self._last_event = 0
        self.store = store
        for event in answered.get("events", ()):
            self._last_event = max(self._last_event, event["id"])
        return answered

    async def _send(self, message: dict[str, Any]) -> dict[str, Any]:
        if self._random.random() < self._habits.by_http:
            reply: dict[str, Any] = await asyncio.to_thread(self.web.post, "/exam/api/ops", message)
            return reply
        socket = await self._connected()
        try:
            told: dict[str, Any] = await socket.call("ops", message)
        except SocketClosedError:
            await self._drop(socket)
            raise
        return told

    async def _connected(self) -> SocketClient:
        async with self._connecting:
            if self._socket is None:
                cookie = self.web.cookie
                socket = SocketClient(self._address, "/candidate", cookie, trusted=self._trusted)
                try:
                    await socket.connect()
                except BaseException:  # a heartbeat that is cancelled half-way too
                    await socket.close()
                    raise
                self._socket = socket
                self.connected_at = time.monotonic()
            return self._socket

    async def _drop(self, used: SocketClient | None) -> None:
        """Leave a connection that failed, unless a newer one has taken its place."""
        if used is not None and used is self._socket:
            self.ledger.reconnects += 1
            self._socket = None
            await used.close()
