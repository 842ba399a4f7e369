"""Who is in which room of the socket server, found by client as well as by room."""

from collections import defaultdict
from collections.abc import Hashable
from contextlib import suppress
from typing import Any

from socketio import Manager

Member = tuple[str, str]  # namespace, session id


class Members(Manager):  # type: ignore[misc]
    """The library's manager, whose disconnect asks every room of the server for one client.

    Every client has a room of its own, so that 3,000 who go at once cost nine million questions,
    half of the time until they are back. Here a client's rooms are looked up.
    """

    def __init__(self) -> None:
        super().__init__()
        self._rooms_of: defaultdict[Member, set[Hashable]] = defaultdict(set)

    def basic_enter_room(
        self, sid: str, namespace: str, room: Hashable, eio_sid: str | None = None
    ) -> None:
        """Put a client into a room."""
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._rooms_of[namespace, sid].add(room)

    def basic_leave_room(self, sid: str, namespace: str, room: Hashable) -> None:
        """Take a client out of a room."""
        super().basic_leave_room(sid, namespace, room)
        rooms = self._rooms_of.get((namespace, sid))
        if rooms is not None:
            rooms.discard(room)

    def basic_disconnect(self, sid: str, namespace: str, **_more: Any) -> None:
        """Take a client out of all its rooms and forget it."""
        for room in self._rooms_of.pop((namespace, sid), ()):
            super().basic_leave_room(sid, namespace, room)
        self.callbacks.pop(sid, None)
        for waiting in (self.pending_connect, self.pending_disconnect):
            with suppress(KeyError, ValueError):  # most wait for nothing
                waiting[namespace].remove(sid)
                if not waiting[namespace]:
                    del waiting[namespace]
