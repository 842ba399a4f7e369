"""Rounds of several servers in turn: what disturbs the machine for a minute disturbs all of them.

Each server keeps a crowd of its own, connected from the first round to the last; while one is
loaded the others answer pings and nothing else. What is told of a server are the medians of its
rounds, so that a round in which somebody else had the disk or the processor does not count.
"""

from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from statistics import median
from typing import Any

from benchmarks.processes import Measured
from benchmarks.wire_load import Crowd

HOST = "127.0.0.1"
Plans = list[dict[str, Any]]
Told = dict[str, Any]


class Party:
    """A server under load and its crowd."""

    def __init__(self, server: Measured, crowd: Crowd, plans: Plans) -> None:
        self.server, self.crowd = server, crowd
        crowd.ask("connect", host=HOST, port=server.port, plans=plans)

    def round(self, command: str, seconds: float, **fields: Any) -> Told:
        """Load the server once; return what the crowd told, with the CPU of an acknowledgement."""
        before = self.server.cpu_s()
        told = self.crowd.ask(command, seconds=seconds, **fields)
        used = self.server.cpu_s() - before
        return {**told, "cpu_us": 1e6 * used / max(1, told["per_s"] * seconds)}


def parties(stack: ExitStack, joining: Iterable[tuple[Measured, Plans]]) -> list[Party]:
    """Connect a crowd to each server for as long as the stack is open."""
    return [Party(server, stack.enter_context(Crowd()), plans) for server, plans in joining]


def in_turn(
    all_parties: Sequence[Party],
    loaded: Sequence[Party],
    command: str,
    *,
    rounds: int,
    seconds: float,
    **fields: Any,
) -> list[Told]:
    """Load some of the parties one after the other; return the medians of each."""
    told: dict[Party, list[Told]] = {party: [] for party in loaded}
    for party in list(loaded) * rounds:
        resting = [other.crowd for other in all_parties if other is not party]
        for crowd in resting:
            crowd.tell("idle", seconds=seconds)
        told[party].append(party.round(command, seconds, **fields))
        for crowd in resting:
            crowd.hear()
    return [medians(told[party]) for party in loaded]


def medians(rounds: Sequence[Told]) -> Told:
    """Return the medians of rate, CPU and latencies; and of every round its 99th percentile."""
    shares = rounds[0]["ms"]
    return {
        "per_s": round(median(told["per_s"] for told in rounds)),
        "cpu_us": round(median(told["cpu_us"] for told in rounds)),
        "ms": {share: median(told["ms"][share] for told in rounds) for share in shares},
        "p99_of_rounds": [told["ms"]["p99"] for told in rounds],
        "refused": sum(told["refused"] for told in rounds),
        "lost": rounds[-1]["lost"],
    }
