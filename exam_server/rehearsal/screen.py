"""The exam on screen: a proctor and robots against a real server, over its pages and sockets."""

import asyncio
import random
import ssl
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.models import Attempt
from exam_server.rehearsal.ability import Target, chooser, draw_ability
from exam_server.rehearsal.robot import Habits, IsOver, Ledger, Post, Robot, straight
from exam_server.rehearsal.web_client import WebClient
from item_bank.queries import frozen_key, paper_content, paper_of
from item_bank.rules.ordering import shown_ids
from item_bank.rules.paper import KeyedItem, PaperContent
from registry.database import Database
from registry.scheduling.models import Sitting

COMMAND_S = 120  # a thousand candidates are started or closed by one command
AT_ONCE = 12  # robots that sign in at the same time


class Proctor:
    """A proctor at the console, by HTTP."""

    def __init__(
        self, address: str, sitting_id: int, *, trusted: ssl.SSLContext | None = None
    ) -> None:
        self.web = WebClient(address, trusted=trusted, timeout_s=COMMAND_S)
        self.sitting_id = sitting_id

    def sign_in(self, login_name: str, password: str) -> None:
        """Sign in with a password."""
        self.web.page("/sign-in")
        self.web.submit("/sign-in", login_name=login_name, password=password)
        self.web.page("/proctor/")

    def command(self, name: str, **fields: Any) -> dict[str, Any]:
        """Carry out a command; raises ``RuntimeError`` for a refusal."""
        reply: dict[str, Any] = self.web.post(f"/proctor/{self.sitting_id}/api/{name}", fields)
        if not reply["ok"]:
            raise RuntimeError(reply["message"])
        return reply

    def room_code(self) -> str:
        """Return the code that the wall shows."""
        shown: str = self.snapshot()["sitting"]["room_code"]
        return shown

    def snapshot(self) -> dict[str, Any]:
        """Return the room as the wall sees it."""
        told: dict[str, Any] = self.web.get(f"/proctor/{self.sitting_id}/api/snapshot")
        return told


@dataclass(frozen=True)
class Seated:
    """A robot with the admission it sits for."""

    admission_id: int
    robot: Robot


@dataclass(frozen=True)
class Way:
    """How a robot reaches the server: where, and who carries its messages."""

    address: str
    post: Post = straight


def seat_robots(
    database: Database,
    address: str,
    sitting_id: int,
    *,
    seed: int,
    habits: Habits,
    leave_free: int = 0,
    trusted: ssl.SSLContext | None = None,
    ways: Sequence[Way] = (),
) -> list[Seated]:
    """Make a robot for every place of the sitting but the last ``leave_free``.

    ``ways`` says how each of them reaches the server, where that is not the plain way.
    """
    with database.reading() as db:
        sitting = db.get_one(Sitting, sitting_id)
        places = [
            (admission.id, admission.enrolment.admission_no or "")
            for admission in sitting.admissions
        ]
    taken = places[: len(places) - leave_free]
    return [
        Seated(
            admission_id,
            Robot(
                way.address,
                number,
                _unknown,
                seed=seed * 10_007 + admission_id,
                habits=habits,
                trusted=trusted,
                post=way.post,
            ),
        )
        for (admission_id, number), way in zip(
            taken, ways or [Way(address)] * len(taken), strict=True
        )
    ]


def _unknown(_question: object, _draw: random.Random) -> list[str]:
    raise RuntimeError("a robot cannot choose before it has signed in")


async def sign_in_all(seated: Sequence[Seated], room_code: str, done: Callable[[], None]) -> None:
    """Let every robot sign in, a dozen at a time."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def enter(robot: Robot) -> None:
        async with gate:
            await robot.sign_in(room_code)
        done()

    await asyncio.gather(*(enter(one.robot) for one in seated))


def give_abilities(database: Database, seated: Sequence[Seated], *, seed: int) -> None:
    """Tell every robot how well it answers; only robots may know what is right."""
    papers: dict[int, _KnownPaper] = {}
    with database.reading() as db:
        for one in seated:
            attempt = db.scalars(
                select(Attempt).where(Attempt.admission_id == one.admission_id)
            ).one()
            if attempt.paper_id not in papers:
                papers[attempt.paper_id] = _known_paper(db, attempt.paper_id)
            targets = papers[attempt.paper_id].targets(attempt.order_seed)
            draw = random.Random(f"{seed}:{one.admission_id}")
            one.robot.choose_by(chooser(targets, draw_ability(draw)))


@dataclass(frozen=True)
class _KnownPaper:
    """A paper with what only robots may know of it."""

    content: PaperContent
    key: Sequence[KeyedItem]
    difficulty: Mapping[int, int]

    def targets(self, order_seed: int) -> dict[str, Target]:
        """Return what is right, by the ids of one candidate's order."""
        ids = shown_ids(self.content, order_seed)
        targets = {}
        for item in self.key:
            question_id, option_ids = ids[item.position]
            targets[question_id] = Target(
                item.kind,
                self.difficulty[item.position],
                tuple(option_ids[name] for name in sorted(item.key)),
                tuple(option_ids.values()),
            )
        return targets


def _known_paper(db: Session, paper_id: int) -> _KnownPaper:
    difficulty = {row.position: row.version.difficulty for row in paper_of(db, paper_id).items}
    return _KnownPaper(paper_content(db, paper_id), frozen_key(db, paper_id), difficulty)


async def sit_all(
    seated: Sequence[Seated], done: Callable[[], None], *, is_over: IsOver | None = None
) -> dict[int, Ledger]:
    """Let every robot work through its paper; return their ledgers by admission.

    When one of them waits in vain, all stop: an exam that has failed need not be sat to its end.
    """

    async def sit(one: Seated) -> None:
        await one.robot.sit(is_over=is_over)
        done()

    async with asyncio.TaskGroup() as group:
        for one in seated:
            group.create_task(sit(one))
    return {one.admission_id: one.robot.ledger for one in seated}


def statuses(seated: Sequence[Seated]) -> dict[str, Any]:
    """Return how many requests of the robots were answered with each status of a failure."""
    total: Counter[int] = Counter()
    for one in seated:
        total += one.robot.web.failures
    return {str(status): count for status, count in sorted(total.items())}
