"""An exam that everything befalls: kills, power cuts, full disks, moved clocks, lost disks, cables.

Robots work until the time is over and hand in; a director lets one trouble of the server follow
the other at seeded instants, and cables suffer meanwhile. It always ends: when somebody waits in
vain, ``Seen.stuck`` says who for what. The judge has the last word.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

from exam_server.config import Settings
from exam_server.rehearsal.faults.cable import Cable, Fault, Line
from exam_server.rehearsal.faults.faulty_server import Faults
from exam_server.rehearsal.faults.post import Mishaps, UnreliablePost
from exam_server.rehearsal.faults.unflushed import Forgotten, cut_power
from exam_server.rehearsal.patience import Patience
from exam_server.rehearsal.robot import Habits, Ledger
from exam_server.rehearsal.screen import (
    Proctor,
    Seated,
    Way,
    give_abilities,
    seat_robots,
    sign_in_all,
    sit_all,
)
from exam_server.rehearsal.server_process import ServerProcess
from exam_server.room_host.copies import make_copy, restore_copy
from registry.database import Database

THREADS = 48  # for the robots' requests, which block
CLOCK_STEP_S = 3_600.0
LONGEST_EXTENSION_MIN = 120
SAMPLE_S = 5.0
PATIENCE_S = 60.0  # until the times of a recovery are taken as they are
CABLES_WHOLE_S = 15.0  # after the last question
MOST_NAMED = 10
FIRST_AT, LAST_AT = 0.08, 0.85  # shares of the whole time between which troubles begin


@dataclass(frozen=True)
class ChaosOrder:
    """How many sit for how long, and what befalls them; everything else follows from the seed."""

    candidates: int
    seconds: float
    seed: int
    habits: Habits
    kills: int = 0
    power_cuts: int = 0
    full_disks: int = 0
    clock_steps: int = 0
    restores: int = 0
    end_within_s: float = 900.0  # from the last question to the last receipt
    full_for_s: float = 5.0
    copy_age_s: float = 10.0
    cable_faults: int = 0
    cable_fault_s: tuple[float, float] = (5.0, 60.0)
    line: Line = field(default_factory=Line)
    mishaps: Mishaps = field(default_factory=Mishaps)


@dataclass(frozen=True)
class Recovery:
    """What one end of the server cost: seconds until everything was well again."""

    after: str
    at_s: float
    start_s: float  # from the call that starts the process until it listens
    pending_s: float  # from then until all that was pending is acknowledged
    sockets_s: float  # from then until every page is connected again
    listening_at: float


@dataclass
class Seen:
    """What the director saw."""

    began_at: float = 0.0
    troubles: Counter[str] = field(default_factory=Counter)
    mishaps: Counter[str] = field(default_factory=Counter)
    recoveries: list[Recovery] = field(default_factory=list)
    forgotten: list[Forgotten] = field(default_factory=list)
    freed_s: list[float] = field(default_factory=list)
    memory: list[tuple[float, int, int]] = field(default_factory=list)  # at, process, KiB
    stuck: list[str] = field(default_factory=list)  # who waited in vain, and what failed
    late: int = 0  # operations still waiting when patience ended: a matter of speed alone
    complaints: list[str] = field(default_factory=list)  # what was not as it should be


class Chaos:
    """One exam under troubles, against a server process of its own."""

    def __init__(
        self,
        order: ChaosOrder,
        settings: Settings,
        database: Database,
        server: ServerProcess,
        sitting_id: int,
    ) -> None:
        self.order = order
        self.seen = Seen()
        self.seated: list[Seated] = []
        self._settings = settings
        self._home = Path(settings.database_url.removeprefix("sqlite:///")).parent
        self._database = database
        self._server = server
        self._draw = Random(order.seed)
        self._faults = Faults(self._home)
        self._proctor = Proctor(server.address, sitting_id)
        self._cables: list[Cable] = []
        self._afflicted: set[int] = set()  # places whose cable has a fault now
        self._patience = Patience("the director", PATIENCE_S)

    async def hold(self, password: str) -> dict[int, Ledger]:
        """Hold the whole exam; return the ledgers by admission."""
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(THREADS))
        self._proctor.sign_in("jiankao01", password)
        self._proctor.command("open_check_in")
        await self._seat()
        await asyncio.to_thread(self._proctor.command, "start")
        await asyncio.to_thread(self._extend)
        self._database.engine.dispose()  # nothing of this process may hold the store any longer
        self.seen.began_at = time.monotonic()
        beside = [asyncio.create_task(work) for work in (self._measure(), self._trouble_cables())]
        try:
            await self._work()
        finally:
            for task in beside:
                task.cancel()
            await asyncio.gather(*beside, return_exceptions=True)
            for cable in self._cables:
                await cable.close()
        if not self.seen.stuck:
            await self._close()
        return {one.admission_id: one.robot.ledger for one in self.seated}

    async def _close(self) -> None:
        try:
            await asyncio.to_thread(self._proctor.command, "close")
        except (RuntimeError, OSError) as error:
            self.seen.stuck.append(f"the room could not be closed: {error}")

    async def _work(self) -> None:
        """Let everyone work and everything befall them; the first who waits in vain ends it."""
        order = self.order
        try:
            async with (
                asyncio.timeout(order.seconds + order.end_within_s),
                asyncio.TaskGroup() as group,
            ):
                directing = group.create_task(self._direct())

                def is_over() -> bool:
                    passed_s = time.monotonic() - self.seen.began_at
                    return directing.done() and passed_s >= order.seconds

                group.create_task(sit_all(self.seated, lambda: None, is_over=is_over))
        except TimeoutError:
            late = f"{order.end_within_s:.0f} s after the last question"
            self.seen.stuck.append(f"not at an end {late}")
        except ExceptionGroup as group_of_errors:
            self.seen.stuck += _told(group_of_errors)
        if self.seen.stuck:
            waits = [self._patience, *(one.robot.patience for one in self.seated)]
            self.seen.stuck += [str(wait) for wait in waits if wait.what][:MOST_NAMED]

    async def _seat(self) -> None:
        ways = [await self._way(place) for place in range(self.order.candidates)]
        self.seated = seat_robots(
            self._database,
            self._server.address,
            self._proctor.sitting_id,
            seed=self.order.seed,
            habits=self.order.habits,
            ways=ways,
        )
        await sign_in_all(self.seated, self._proctor.room_code(), lambda: None)
        give_abilities(self._database, self.seated, seed=self.order.seed)

    async def _way(self, place: int) -> Way:
        """Lay a cable where one is to suffer; whole ones would only cost time."""
        order, address = self.order, self._server.address
        draw = Random(f"{order.seed}:{place}")
        if order.line != Line() or order.cable_faults:
            host, port = address.removeprefix("http://").rsplit(":", 1)
            self._cables.append(Cable(host, int(port), order.line, draw))
            address = await self._cables[-1].open()
        return Way(address, UnreliablePost(order.mishaps, draw, self.seen.mishaps))

    def _extend(self) -> None:
        """Give everyone the time that the chaos takes."""
        lacking = self.order.seconds / 60 + 30 - self._proctor.snapshot()["sitting"]["minutes"]
        while lacking > 0:
            minutes = min(LONGEST_EXTENSION_MIN, int(lacking) + 1)
            told = {"minutes": minutes, "reason": "长时间演练", "reviewer": "jiankao02"}
            self._proctor.command("extend", admission=None, **told)
            lacking -= minutes

    # Troubles of the server ---------------------------------------------------------------

    async def _direct(self) -> None:
        order, draw = self.order, self._draw
        acts = {
            self._kill: order.kills,
            self._cut_power: order.power_cuts,
            self._fill_disk: order.full_disks,
            self._move_clock: order.clock_steps,
            self._lose_disk: order.restores,
        }
        plan = [act for act, times in acts.items() for _ in range(times)]
        draw.shuffle(plan)
        span = order.seconds * (LAST_AT - FIRST_AT) / max(1, len(plan))
        for number, act in enumerate(plan):
            at_s = order.seconds * FIRST_AT + span * (number + draw.random() * 0.6)
            await asyncio.sleep(max(0.0, self.seen.began_at + at_s - time.monotonic()))
            self.seen.troubles[act.__name__.strip("_")] += 1
            self._patience.begin(f"the end of {act.__name__.strip('_')}")
            await act()
            self._patience.end()

    async def _kill(self) -> None:
        await asyncio.to_thread(self._server.kill)
        await self._begin_again("kill")

    async def _cut_power(self) -> None:
        await asyncio.to_thread(self._server.kill)
        self.seen.forgotten.append(cut_power(self._home, self._draw))
        await self._begin_again("power cut")

    async def _lose_disk(self) -> None:
        """Copy the store, go on, lose it, put the copy in its place (R8)."""
        copy = self._home.parent / f"copy-{self.seen.troubles['lose_disk']}.kaohe-copy"
        copying = {"passphrase": "", "now": datetime.now(UTC)}
        await asyncio.to_thread(lambda: make_copy(self._settings, copy, **copying))  # type: ignore[arg-type]
        await asyncio.sleep(self.order.copy_age_s)
        await asyncio.to_thread(self._server.kill)
        for path in self._home.glob("kaohe.db*"):
            path.unlink()
        now = datetime.now(UTC)
        await asyncio.to_thread(
            lambda: restore_copy(self._settings, copy, passphrase="", replace=False, now=now)
        )
        await self._begin_again("restore")

    async def _fill_disk(self) -> None:
        self._faults.fill_disk()
        try:
            await asyncio.sleep(self.order.full_for_s)
            shown = await self._wall_until(lambda wall: "磁盘已满" in wall["sitting"]["alarm"])
            pending = self._pending()
        finally:
            self._faults.free_disk()
        if "磁盘已满" not in shown["sitting"]["alarm"]:
            self.seen.complaints.append("the wall did not say that the disk is full")
        self.seen.freed_s.append(await self._settled(pending, time.monotonic()))

    async def _move_clock(self) -> None:
        before = await self._wall()
        known = {event["id"] for event in before["events"]}
        self._faults.step_clock(CLOCK_STEP_S * self._draw.choice((-1, 1)))
        after = await self._wall_until(lambda wall: _news_of_the_clock(wall, known))
        if after["sitting"]["ends_ms"] != before["sitting"]["ends_ms"]:
            self.seen.complaints.append("a moved clock moved the deadline")
        if abs(after["server_ms"] - before["server_ms"]) > 4 * PATIENCE_S * 1000:
            self.seen.complaints.append("a moved clock moved the time of the server")
        if not _news_of_the_clock(after, known):
            self.seen.complaints.append("the wall did not say that the clock was moved")
        self._faults.step_clock(0.0)
        await asyncio.sleep(2.0)

    async def _wall_until(self, is_told: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the wall once it tells something, or as it is when patience ends."""
        ends_at = time.monotonic() + PATIENCE_S
        while not is_told(shown := await self._wall()) and time.monotonic() < ends_at:
            await asyncio.sleep(0.5)
        return shown

    async def _wall(self) -> dict[str, Any]:
        """Return the wall; a slow machine may need more than one try, a refusal is an error."""
        ends_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                return await asyncio.to_thread(self._proctor.snapshot)
            except OSError as error:
                self._patience.hear(error)
                if time.monotonic() > ends_at:
                    raise

    async def _begin_again(self, after: str) -> None:
        await asyncio.sleep(self._draw.uniform(0.0, 2.0))
        began = time.monotonic()
        await asyncio.to_thread(self._server.start)
        listening = time.monotonic()
        pending_s, sockets_s = await asyncio.gather(
            self._settled(self._pending(), listening), self._connected(listening)
        )
        at_s = began - self.seen.began_at
        self.seen.recoveries.append(
            Recovery(after, at_s, listening - began, pending_s, sockets_s, listening)
        )

    # What is seen -------------------------------------------------------------------------

    def _pending(self) -> dict[int, int]:
        """Return how much has been done where something is not acknowledged, by place."""
        done = {place: len(one.robot.ledger.sent) for place, one in enumerate(self.seated)}
        return {place: count for place, count in done.items() if self._awaits(place, count)}

    def _awaits(self, place: int, count: int) -> bool:
        """Say whether one with a whole cable awaits that so many operations are acknowledged."""
        ledger = self.seated[place].robot.ledger
        return place not in self._afflicted and ledger.promised < count and not ledger.state

    async def _settled(self, pending: Mapping[int, int], began: float) -> float:
        waiting = dict(pending)
        while waiting and time.monotonic() < began + PATIENCE_S:
            await asyncio.sleep(0.02)
            waiting = {place: n for place, n in waiting.items() if self._awaits(place, n)}
        self.seen.late += len(waiting)
        return time.monotonic() - began

    async def _connected(self, began: float) -> float:
        newest = began
        while time.monotonic() < began + PATIENCE_S:
            pages = [
                one.robot
                for place, one in enumerate(self.seated)
                if place not in self._afflicted and not one.robot.ledger.state
            ]
            newest = max((robot.connected_at for robot in pages), default=began)
            if all(robot.connected_at >= began for robot in pages):
                break
            await asyncio.sleep(0.05)
        return newest - began

    async def _trouble_cables(self) -> None:
        order, draw = self.order, Random(f"{self.order.seed}:cables")
        instants = sorted(draw.uniform(0, order.seconds) for _ in range(order.cable_faults))
        running = set()
        for at_s in instants:
            await asyncio.sleep(max(0.0, self.seen.began_at + at_s - time.monotonic()))
            place, fault = draw.randrange(order.candidates), draw.choice(tuple(Fault))
            if place in self._afflicted:
                continue
            left_s = order.seconds + CABLES_WHOLE_S - at_s
            lasts_s = min(left_s, draw.uniform(*order.cable_fault_s))
            running.add(asyncio.create_task(self._suffer(place, fault, lasts_s)))
        await asyncio.gather(*running)

    async def _suffer(self, place: int, fault: Fault, seconds: float) -> None:
        self.seen.troubles[f"cable {fault}"] += 1
        self._afflicted.add(place)
        await self._cables[place].suffer(fault, seconds)
        self._afflicted.discard(place)

    async def _measure(self) -> None:
        while True:
            status = Path(f"/proc/{self._server.pid}/status")
            if status.exists():
                self.seen.memory.append(
                    (time.monotonic(), self._server.pid, _resident_kib(status.read_text()))
                )
            await asyncio.sleep(SAMPLE_S)


def _told(failed: BaseExceptionGroup[BaseException]) -> list[str]:
    """Return what every error of a group says."""
    told: list[str] = []
    for error in failed.exceptions:
        told += _told(error) if isinstance(error, BaseExceptionGroup) else [repr(error)]
    return told


def _news_of_the_clock(snapshot: dict[str, Any], known: set[int]) -> bool:
    return any(
        "时钟被拨动" in event["text"] for event in snapshot["events"] if event["id"] not in known
    )


def _resident_kib(status: str) -> int:
    for line in status.splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0
