"""Messages that are lost, come twice, too late, or before those that they follow."""

import asyncio
from collections import Counter
from collections.abc import Awaitable
from dataclasses import dataclass
from random import Random

from exam_server.rehearsal.robot import FAILURES, Message, Send
from exam_server.rehearsal.socket_client import SocketClosedError


@dataclass(frozen=True)
class Mishaps:
    """Shares of the messages that meet each mishap."""

    lost: float = 0.0  # never reaches the server
    reply_lost: float = 0.0  # reaches it, but nobody hears
    twice: float = 0.0  # arrives two times, at once
    late: float = 0.0  # arrives once more after a newer one
    ahead: float = 0.0  # its first operation is missing: the server must ask for it


class UnreliablePost:
    """Carries the messages of one robot; ``seen`` counts what happened."""

    def __init__(self, mishaps: Mishaps, draw: Random, seen: Counter[str]) -> None:
        self._mishaps = mishaps
        self._draw = draw
        self._seen = seen
        self._held: Message | None = None

    async def __call__(self, message: Message, send: Send) -> Message:
        """Carry a message; raises what a robot meets when its connection breaks."""
        if self._happens("lost"):
            raise SocketClosedError
        if len(message["ops"]) > 1 and self._happens("ahead"):
            await send({**message, "ops": message["ops"][1:]})
        if self._happens("twice"):
            reply = await _both(send(message), send(message))
        else:
            reply = await send(message)
        await self._deliver_held(send)
        if message["ops"] and self._happens("late"):
            self._held = message
        if self._happens("reply_lost"):
            raise SocketClosedError
        return reply

    async def _deliver_held(self, send: Send) -> None:
        held, self._held = self._held, None
        if held is None:
            return
        try:
            await send(held)
        except FAILURES:
            self._seen["late, never arrived"] += 1

    def _happens(self, mishap: str) -> bool:
        share: float = getattr(self._mishaps, mishap)
        happens = self._draw.random() < share
        self._seen[mishap] += happens
        return happens


async def _both(first: Awaitable[Message], second: Awaitable[Message]) -> Message:
    """Return the second reply once both have come: none may go on alone when the other fails."""
    outcomes = await asyncio.gather(first, second, return_exceptions=True)
    reply = outcomes[1]
    if isinstance(reply, BaseException):
        raise reply
    return reply
