"""The load test that is on: which computers take part and what they measured, kept in memory.

A restart forgets them; the test is then over with nothing known, and can be begun again.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from exam_server.delivery.bulk import INSTANT, INTEGER, TEXT, Bulk, written
from exam_server.delivery.load_test.actions import GATHERING, keep_result
from exam_server.delivery.load_test.errors import LoadTestOverError
from exam_server.delivery.load_test.queries import has_open_room, unfinished_test
from exam_server.delivery.rules.load_figures import Computer, load_figures, share_of
from exam_server.delivery.timing import milliseconds
from exam_server.delivery.wire import LoadReport, LoadSave
from exam_server.delivery.writer import Writer
from registry.database import Database

REPORTING = timedelta(seconds=4)  # in which the computers tell the last of what they measured
ASK_AGAIN_MS, ASK_SELDOM_MS = 5_000, 30_000
MOST_COMPUTERS = 500
MOST_SAVES_PER_ROBOT_S = 4  # four times as many as a robot makes
ADD_SAVES = Bulk(
    "INSERT INTO load_test_save ({names}) SELECT {names} FROM {rows} WHERE true"
    " ON CONFLICT DO NOTHING",
    {
        "load_test_id": INTEGER,
        "computer": INTEGER,
        "robot": INTEGER,
        "seq": INTEGER,
        "value": TEXT,
        "received_at": INSTANT,
    },
)


@dataclass
class Taking:
    """One exam PC that takes part."""

    place: int
    address: str
    saves: int = 0
    errors: int = 0
    ack_ms: list[int] = field(default_factory=list)


@dataclass
class Running:
    """The test as the database has it, and its computers by their passes."""

    id: int
    sitting_id: int
    robots: int
    begins_at: datetime
    ends_at: datetime
    computers: dict[str, Taking] = field(default_factory=dict)
    gathered: int = 0  # computers when the robots began


class Saves:
    """Stores what robots save in one batch with the answers of everybody else."""

    def store(self, db: Session, payloads: Sequence[tuple[Any, ...]]) -> list[bool]:
        """Store them all; they are durable when the writer tells."""
        ADD_SAVES.run(db.connection(), payloads)
        return [True] * len(payloads)

    def forget(self) -> None:
        """Nothing is remembered."""


class LoadTests:
    """The load test of this process."""

    def __init__(self, database: Database, writer: Writer, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock
        self._saves = Saves()
        self._running: Running | None = None

    def follow(self) -> None:
        """Go along with what the database says after a command: begun, or ended."""
        with self._database.reading() as db:
            test = unfinished_test(db)
            if test is None:
                return
            if self._running is None or self._running.id != test.id:
                begins_at = test.begun_at + GATHERING
                self._running = Running(
                    test.id, test.sitting_id, test.robots, begins_at, test.until_at
                )
            self._running.ends_at = test.ended_at or test.until_at

    def look(self) -> dict[str, Any]:
        """Say to an idle computer whether a test is on, and when to ask again."""
        if self._running is not None and self._clock() < self._running.ends_at:
            return {"ok": True, "test": self._running.id, "again_ms": ASK_AGAIN_MS}
        with self._database.reading() as db:
            again_ms = ASK_SELDOM_MS if has_open_room(db) else ASK_AGAIN_MS
        return {"ok": True, "test": None, "again_ms": again_ms}

    def join(self, shown: str, address: str) -> dict[str, Any]:
        """Take a computer in, or tell one that has joined how many robots it plays."""
        now = self._clock()
        test = self._on(now)
        if shown not in test.computers:
            if len(test.computers) >= MOST_COMPUTERS:
                raise LoadTestOverError
            shown = secrets.token_hex(8)
            test.computers[shown] = Taking(len(test.computers), address)
        robots = 0
        if now >= test.begins_at:
            test.gathered = test.gathered or len(test.computers)
            robots = share_of(test.robots, test.gathered, test.computers[shown].place)
        return {
            "ok": True,
            "pass": shown,
            "robots": robots,
            "begins_in_ms": max(0, milliseconds(test.begins_at) - milliseconds(now)),
            "ends_in_ms": milliseconds(test.ends_at) - milliseconds(now),
        }

    def takes_part(self, shown: str) -> bool:
        """Say whether a computer with that pass takes part in the test that is on."""
        return self._running is not None and shown in self._running.computers

    def save(self, told: LoadSave) -> dict[str, Any]:
        """Store one answer of a robot; reply once it is durable, as for a candidate's."""
        now = self._clock()
        test = self._on(now)
        computer = test.computers.get(told.shown)
        if computer is None or now < test.begins_at:
            raise LoadTestOverError
        played_s = (now - test.begins_at).total_seconds() + 1
        if computer.saves > MOST_SAVES_PER_ROBOT_S * played_s * test.robots:
            raise LoadTestOverError
        place = (test.id, computer.place, told.robot, told.seq)
        row = (*place, ",".join(told.value), written(now))
        self._writer.append(self._saves, row)
        computer.saves += 1
        return {"ok": True, "ack": told.seq, "server_ms": milliseconds(self._clock())}

    def report(self, told: LoadReport) -> dict[str, Any]:
        """Take down what a computer has measured since its last report."""
        if self._running is None or told.shown not in self._running.computers:
            raise LoadTestOverError
        computer = self._running.computers[told.shown]
        computer.errors += told.errors
        computer.ack_ms += told.ack_ms[: max(0, computer.saves - len(computer.ack_ms))]
        return {"ok": True}

    def add_live(self, told: dict[str, Any] | None) -> None:
        """Add to what the wall is told of a test how it goes."""
        test = self._running
        if told is None or test is None or told["id"] != test.id:
            return
        told["computers"] = len(test.computers)
        told["saves"] = sum(one.saves for one in test.computers.values())
        told["errors"] = sum(one.errors for one in test.computers.values())

    def tick(self, now: datetime) -> None:
        """Write the result down once the test is over and its computers have told theirs."""
        test = self._running
        if test is None or now < test.ends_at + REPORTING:
            return
        seconds = max(0, round((test.ends_at - test.begins_at).total_seconds()))
        figures = load_figures([_counted(one) for one in test.computers.values()], seconds)
        self._writer.perform(lambda db: keep_result(db, test.id, figures, now=now))
        self._running = None

    def _on(self, now: datetime) -> Running:
        if self._running is None or now >= self._running.ends_at:
            raise LoadTestOverError
        return self._running


def abandon_test(db: Session, *, now: datetime) -> None:
    """Close the test that an earlier process left behind."""
    test = unfinished_test(db)
    if test is not None:
        keep_result(db, test.id, load_figures([], 0), now=now)


def _counted(one: Taking) -> Computer:
    return Computer(f"{one.address}（第 {one.place + 1} 台）", one.saves, one.errors, one.ack_ms)
