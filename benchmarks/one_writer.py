"""Whether two computers of one candidate can ever both write (G11); prints one JSON object.

``python benchmarks/one_writer.py [--interleavings 1000000] [--seed 1]``: random interleavings of
two computers and a proctor — write, send again, send late, ask, approve, take over, come back —
against the rule of the journal that the server runs for every operation. In no epoch may two
computers have had an operation accepted, and what was refused must be kept.
"""

import json
import random
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime

import click

from exam_server.delivery import journal
from exam_server.delivery.states import AttemptState
from exam_server.delivery.wire import Op

AT = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)
STEPS = 12  # of one interleaving
ACTS = ("write", "write", "again", "late", "move", "move", "move", "return")


@dataclass
class Computer:
    """A page with the epoch of its lease, 0 for none, and the numbers it believes in."""

    epoch: int
    seq: int = 0
    sent: list[Op] = field(default_factory=list)


@dataclass
class World:
    """One attempt and two computers."""

    head: journal._Head
    computers: tuple[Computer, Computer]
    asked: int | None = None
    approved: int | None = None
    writers: dict[int, set[int]] = field(default_factory=dict)  # epoch: who had one accepted
    refused: int = 0
    kept: int = 0


def new_world() -> World:
    """Begin with the first computer at work."""
    head = journal._Head(
        AttemptState.IN_PROGRESS,
        1,
        0,
        "",
        is_paused=False,
        closes_at=AT.replace(hour=9),
        may_leave_at=None,
        stored_seq=0,
    )
    return World(head, (Computer(1), Computer(0)))


def send(world: World, who: int, op: Op) -> None:
    """Let the rule of the server judge one operation of a computer."""
    computer, rows = world.computers[who], journal._Rows()
    head = world.head.seq
    message = journal.Delivered(1, computer.epoch, (op,), AT)
    reply = journal._take(message, world.head, rows)
    world.kept += len(rows.refused)
    if reply.error in ("fenced", "chain_conflict"):
        world.refused += 1
    if world.head.seq > head:
        world.writers.setdefault(world.head.epoch, set()).add(who)
        assert computer.epoch == world.head.epoch, "an older epoch was accepted"


def act(world: World, who: int, name: str) -> None:
    """Carry out one step of one computer, or of the proctor about it."""
    computer = world.computers[who]
    if name == "write" and computer.epoch:
        computer.seq += 1
        op = Op(computer.seq, "set", "q1", (f"o{who}",))
        computer.sent.append(op)
        send(world, who, op)
    elif name in ("again", "late") and computer.sent:
        send(world, who, computer.sent[-1 if name == "late" else 0])
    elif name == "move" and computer.epoch != world.head.epoch:
        if world.approved == who:
            take_over(world, computer)
        elif world.asked == who:
            world.approved = who
        else:
            world.asked, world.approved = who, None
    elif name == "return" and computer.epoch == world.head.epoch:
        take_over(world, computer)


def take_over(world: World, computer: Computer) -> None:
    """Give a computer the next epoch and the head of the server."""
    world.head.epoch += 1
    computer.epoch, computer.seq = world.head.epoch, world.head.seq
    world.asked = world.approved = None


@click.command()
@click.option("--interleavings", default=1_000_000, show_default=True)
@click.option("--seed", default=1, show_default=True)
def main(interleavings: int, seed: int) -> None:
    """Play the interleavings and count."""
    chance, began = random.Random(seed), time.monotonic()
    two_writers = steps = refused = kept = fenced_epochs = 0
    for _ in range(interleavings):
        world = new_world()
        for _ in range(STEPS):
            act(world, chance.getrandbits(1), ACTS[chance.getrandbits(3)])
        steps += STEPS
        two_writers += any(len(who) > 1 for who in world.writers.values())
        refused += world.refused
        kept += world.kept
        fenced_epochs += world.head.epoch - 1
    told = {
        "interleavings": interleavings,
        "steps": steps,
        "epochs_fenced": fenced_epochs,
        "operations_refused": refused,
        "operations_kept": kept,
        "two_writers": two_writers,
        "seconds": round(time.monotonic() - began, 1),
    }
    print(json.dumps(told))
    assert two_writers == 0
    assert refused == kept


if __name__ == "__main__":
    main()
