"""The walls that are watched: what each has been shown, and sending what changed since."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from exam_server.delivery.presence_board import PresenceBoard
from exam_server.delivery.queries import run_on_duty
from exam_server.delivery.states import RunState
from exam_server.delivery.telling import Telling
from exam_server.delivery.wall import difference, snapshot
from registry.access import SYSTEM
from registry.database import Database


@dataclass
class _Wall:
    """What the watchers of one room have been shown."""

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
        add: Callable[[dict[str, Any]], None],
    ) -> None:
        self._database = database
        self._clock = clock
        self._board = board
        self._telling = telling
        self._add = add
        self._walls: dict[int, _Wall] = {}

    def watched(self, sitting_id: int) -> dict[str, Any]:
        """Return the whole room as it is now; deltas follow from its version."""
        wall = self._walls.get(sitting_id)
        if wall is None:
            wall = self._walls[sitting_id] = _Wall(self._snapshot(sitting_id))
        else:
            self.refresh(sitting_id)
        return {**wall.shown, "version": wall.version}

    def refresh(self, sitting_id: int) -> None:
        """Compare the room with what its watchers have been shown and send what changed."""
        wall = self._walls.get(sitting_id)
        if wall is None:
            return
        before, wall.shown = wall.shown, self._snapshot(sitting_id)
        changed = difference(before, wall.shown)
        if changed is not None:
            wall.version += 1
            self._telling.wall(sitting_id, {"version": wall.version, **changed})

    def refresh_all(self) -> None:
        """Bring the walls of all rooms up to date but for those that are closed."""
        for sitting_id, wall in list(self._walls.items()):
            if wall.shown["sitting"]["state"] != RunState.CLOSED:
                self.refresh(sitting_id)

    def _snapshot(self, sitting_id: int) -> dict[str, Any]:
        with self._database.reading() as db:
            run = run_on_duty(db, sitting_id, actor=SYSTEM)
            fresh = snapshot(db, run, self._board, now=self._clock())
        self._add(fresh["sitting"])
        return fresh
