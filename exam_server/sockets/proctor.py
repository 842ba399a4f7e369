"""Socket events of proctors; payloads are listed in docs/socket-events.md."""

from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any

import msgspec
from flask_socketio import SocketIO

from exam_server.cookies import LOGIN_COOKIE
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.wire import Positive, RoomCommand, read
from exam_server.languages import language_of
from exam_server.proctor_commands import COMMANDS, carry_out
from exam_server.sockets.candidate import refusal
from registry.access import Actor
from registry.accounts.queries import account_by_token
from registry.accounts.sightings import Sightings
from registry.errors import AssessmentError

NAMESPACE = "/proctor"


class Watch(msgspec.Struct, frozen=True):
    """Which room a wall shows."""

    sitting: Positive


class ProctorSockets:
    """The walls that are connected, each with the sign-in it belongs to."""

    def __init__(self, server: Any, room: ExamRoom, sightings: Sightings) -> None:
        self._server = server
        self._room = room
        self._sightings = sightings
        self._tokens: dict[str, str] = {}
        self._spoken: dict[str, str] = {}  # the language of each browser

    def connect(self, sid: str, environ: dict[str, Any], _auth: object = None) -> bool:
        """Let in browsers with a live sign-in."""
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        login = cookies.get(LOGIN_COOKIE)
        if login is None or self._holder(login.value) is None:
            return False
        self._tokens[sid], self._spoken[sid] = login.value, language_of(cookies)
        return True

    def disconnect(self, sid: str, _reason: object = None) -> None:
        """Forget a browser that has gone."""
        self._tokens.pop(sid, None)
        self._spoken.pop(sid, None)

    def watch(self, sid: str, payload: object) -> dict[str, Any]:
        """Show a room from now on."""
        try:
            sitting_id = read(payload, Watch).sitting
            shown = self._room.watch(sitting_id, actor=self._person(sid))
        except AssessmentError as error:
            return refusal(error, self._spoken.get(sid, ""))
        self._server.enter_room(sid, f"wall:{sitting_id}", namespace=NAMESPACE)
        return shown

    def handler(self, name: str) -> Callable[[str, object], dict[str, Any]]:
        """Return the handler of one command."""

        def handle(sid: str, payload: object) -> dict[str, Any]:
            try:
                return carry_out(self._room, name, read(payload, RoomCommand), self._person(sid))
            except AssessmentError as error:
                return refusal(error, self._spoken.get(sid, ""))

        return handle

    def _person(self, sid: str) -> Actor:
        """Look the sign-in up at every event: signing out ends the socket's rights too."""
        actor = self._holder(self._tokens[sid])
        if actor is None:
            raise SignInOverError
        return actor

    def _holder(self, token: str) -> Actor | None:
        seen_at = self._sightings.of(token)
        with self._room.database.reading() as db:
            return account_by_token(db, token, now=self._room.clock(), seen_at=seen_at)


def register(sockets: SocketIO, room: ExamRoom, sightings: Sightings) -> None:
    """Attach the events and give the room its way to reach walls."""
    server = sockets.server
    walls = ProctorSockets(server, room, sightings)
    server.on("connect", walls.connect, namespace=NAMESPACE)
    server.on("disconnect", walls.disconnect, namespace=NAMESPACE)
    server.on("watch", walls.watch, namespace=NAMESPACE)
    for name in COMMANDS:
        server.on(name, walls.handler(name), namespace=NAMESPACE)
    room.telling.wall = lambda sitting_id, payload: server.emit(
        "delta", payload, room=f"wall:{sitting_id}", namespace=NAMESPACE
    )


class SignInOverError(AssessmentError):
    """The proctor's sign-in has ended."""

    code = "not_signed_in"
    text = "登录已过期。请重新登录后继续监考；考生答题不受影响。"
