"""The walls that are watched: what each has been shown, and sending what changed since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from exam_server.delivery.presence_board import PresenceBoard
from exam_server.delivery.queries import run_on_duty
from exam_server.delivery.remembered import Remembered
from exam_server.delivery.states import RunState
from exam_server.delivery.telling import Telling
from exam_server.delivery.wall import Known, difference, known, snapshot
from registry.access import SYSTEM
from registry.database import Database


@dataclass
class _Wall:
    """What is known of one room, and what its watchers have been shown."""

    room: Remembered[Known]
    shown: dict[str, Any]
    version: int = 1


class Walls:
    """Rooms that somebody has asked to see; of others nothing is computed."""

    def __init__(
        self,
        database: Database,
        clock: Callable[[], datetime],
        board: PresenceBoard,
        telling: Telling,
        *,
        stamp: Callable[[], object],
        add: Callable[[dict[str, Any]], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._board = board
        self._telling = telling
        self._stamp = stamp  # differs after anything but answers was written
        self._add = add
        self._walls: dict[int, _Wall] = {}

    def watched(self, sitting_id: int) -> dict[str, Any]:
        """Return the whole room as it is now; deltas follow from its version."""
        wall = self._walls.get(sitting_id)
        if wall is None:
            room = Remembered(partial(self._known, sitting_id), self._stamp)
            wall = self._walls[sitting_id] = _Wall(room, self._snapshot(room))
        else:
            self.refresh(sitting_id)
        return {**wall.shown, "version": wall.version}

    def refresh(self, sitting_id: int) -> None:
        """Read a room whole, something in it was changed; send what its watchers do not know."""
        wall = self._walls.get(sitting_id)
        if wall is not None:
            wall.room.forget()
            self._show(sitting_id, wall)

    def refresh_all(self) -> None:
        """Bring the walls of all rooms up to date but for those that are closed."""
        for sitting_id, wall in list(self._walls.items()):
            if wall.shown["sitting"]["state"] != RunState.CLOSED:
                self._show(sitting_id, wall)

    def forget(self) -> None:
        """Read everything anew from now on."""
        for wall in self._walls.values():
            wall.room.forget()

    def _show(self, sitting_id: int, wall: _Wall) -> None:
        """Compare the room with what its watchers have been shown and send what changed."""
        before, wall.shown = wall.shown, self._snapshot(wall.room)
        changed = difference(before, wall.shown)
        if changed is not None:
            wall.version += 1
            self._telling.wall(sitting_id, {"version": wall.version, **changed})

    def _known(self, sitting_id: int) -> Known:
        with self._database.reading() as db:
            return known(db, run_on_duty(db, sitting_id, actor=SYSTEM))

    def _snapshot(self, room: Remembered[Known]) -> dict[str, Any]:
        now = self._clock()
        remembered = room.get(now)
        with self._database.reading() as db:
            fresh = snapshot(db, remembered, self._board, now=now)
        self._add(fresh["sitting"])
        return fresh
