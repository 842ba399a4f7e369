"""Socket events of candidates; payloads are listed in docs/socket-events.md.

The event that saves answers is registered on the raw server, without a Flask request around it;
the browser's place is fixed when it connects, its right to write is checked at every message.
"""

from http.cookies import SimpleCookie
from typing import Any

from flask_socketio import SocketIO
from sqlalchemy.exc import OperationalError

from exam_server.cookies import LEASE_COOKIE
from exam_server.delivery.errors import BusyError, NotInRoomError
from exam_server.delivery.queries import Seat
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.wire import OpsMessage, read
from registry.errors import AssessmentError

NAMESPACE = "/candidate"


def register(sockets: SocketIO, room: ExamRoom) -> None:
    """Attach the events and give the room its way to reach candidates."""
    server = sockets.server
    seats: dict[str, Seat] = {}

    def connect(sid: str, environ: dict[str, Any], _auth: object = None) -> bool:
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        lease = cookies.get(LEASE_COOKIE)
        try:
            seat = room.seat(lease.value if lease else None)
        except NotInRoomError:
            return False
        seats[sid] = seat
        server.enter_room(sid, f"attempt:{seat.attempt_id}", namespace=NAMESPACE)
        server.enter_room(sid, f"sitting:{seat.sitting_id}", namespace=NAMESPACE)
        return True

    def disconnect(sid: str, _reason: object = None) -> None:
        seats.pop(sid, None)

    def ops(sid: str, payload: object) -> dict[str, Any]:
        try:
            return room.save(seats[sid], read(payload, OpsMessage))
        except AssessmentError as error:
            return refusal(error)
        except OperationalError:  # the store does not answer: nothing is lost, the page comes back
            return refusal(BusyError())

    server.on("connect", connect, namespace=NAMESPACE)
    server.on("disconnect", disconnect, namespace=NAMESPACE)
    server.on("ops", ops, namespace=NAMESPACE)
    room.telling.attempt = lambda attempt_id, payload: server.emit(
        "look", payload, room=f"attempt:{attempt_id}", namespace=NAMESPACE
    )
    room.telling.sitting = lambda sitting_id, payload: server.emit(
        "look", payload, room=f"sitting:{sitting_id}", namespace=NAMESPACE
    )


def refusal(error: AssessmentError) -> dict[str, Any]:
    """Word a refusal for the wire."""
    told: dict[str, Any] = {"ok": False, "error": error.code, "message": error.message}
    retry = getattr(error, "retry_after_ms", None)
    return told | ({"retry_after_ms": retry} if retry else {})
