"""Socket events of candidates; payloads are listed in docs/socket-events.md.

The event that saves answers is registered on the raw server, without a Flask request around it;
the browser's place is fixed when it connects, its right to write is checked at every message. With
our own driver below, such a message does not pass through the layers of the library at all.
"""

import logging
from collections.abc import Callable
from http.cookies import SimpleCookie
from typing import Any, Literal, NamedTuple

import msgspec
from flask_socketio import SocketIO
from sqlalchemy.exc import OperationalError

from exam_server.cookies import LEASE_COOKIE
from exam_server.delivery.errors import BusyError, NotInRoomError
from exam_server.delivery.queries import Seat
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.wire import OpsMessage, read
from exam_server.languages import language_of, refusal_text
from exam_server.sockets.websocket import Express, Outbox
from registry.errors import AssessmentError

NAMESPACE = "/candidate"
EVENT, REPLY = b"42/candidate,", b"43/candidate,"  # packets of engineio and of Socket.IO in one
LONGEST_ID = 20  # digits of the number under which a reply is expected
SAVE = msgspec.json.Decoder(tuple[Literal["ops"], OpsMessage])

log = logging.getLogger("kaohe")


class Desk(NamedTuple):
    """Where a connection sits, what our own driver gave it to send by, and its language."""

    seat: Seat
    outbox: Outbox | None
    spoken: str


def register(sockets: SocketIO, room: ExamRoom) -> None:
    """Attach the events and give the room its way to reach candidates."""
    server = sockets.server
    desks: dict[str, Desk] = {}

    def connect(sid: str, environ: dict[str, Any], _auth: object = None) -> bool:
        cookies = SimpleCookie(environ.get("HTTP_COOKIE", ""))
        lease = cookies.get(LEASE_COOKIE)
        try:
            seat = room.seat(lease.value if lease else None)
        except NotInRoomError:
            return False
        desk = desks[sid] = Desk(seat, _outbox(server, sid), language_of(cookies))
        if (outbox := desk.outbox) is not None:
            outbox.take_express(express(outbox, lambda message: save(room, desk, message)))
        server.enter_room(sid, f"attempt:{seat.attempt_id}", namespace=NAMESPACE)
        server.enter_room(sid, f"sitting:{seat.sitting_id}", namespace=NAMESPACE)
        return True

    def disconnect(sid: str, _reason: object = None) -> None:
        desk = desks.pop(sid, None)
        if desk is not None and desk.outbox is not None:
            desk.outbox.take_express(None)

    def ops(sid: str, payload: object) -> dict[str, Any]:
        try:
            message = read(payload, OpsMessage)
        except AssessmentError as error:
            return refusal(error, desks[sid].spoken)
        return save(room, desks[sid], message)

    server.on("connect", connect, namespace=NAMESPACE)
    server.on("disconnect", disconnect, namespace=NAMESPACE)
    server.on("ops", ops, namespace=NAMESPACE)
    room.telling.attempt = lambda attempt_id, payload: server.emit(
        "look", payload, room=f"attempt:{attempt_id}", namespace=NAMESPACE
    )
    room.telling.sitting = lambda sitting_id, payload: server.emit(
        "look", payload, room=f"sitting:{sitting_id}", namespace=NAMESPACE
    )


def save(room: ExamRoom, desk: Desk, message: OpsMessage) -> dict[str, Any]:
    """Store what a page sends and return what it is told."""
    try:
        return room.save(desk.seat, message)
    except AssessmentError as error:
        return refusal(error, desk.spoken)
    except OperationalError:  # the store does not answer: nothing is lost, the page comes back
        return refusal(BusyError(), desk.spoken)


def _outbox(server: Any, sid: str) -> Outbox | None:
    connection = server.eio.sockets.get(server.manager.eio_sid_from_sid(sid, NAMESPACE))
    queue = getattr(connection, "queue", None)
    return queue if isinstance(queue, Outbox) else None


def express(outbox: Outbox, save: Callable[[OpsMessage], dict[str, Any]]) -> Express:
    """Return what takes well-formed ``ops`` off the line; all else goes its usual way."""

    def take(packet: bytes) -> bool:
        opens = packet.find(b"[", len(EVENT), len(EVENT) + LONGEST_ID + 1)
        number = packet[len(EVENT) : opens]
        if not (packet.startswith(EVENT) and opens > 0 and number.isdigit()):
            return False
        try:
            _event, message = SAVE.decode(packet[opens:])
        except ValueError:
            return False  # is refused in words there
        try:
            told = save(message)
        except Exception:  # nothing was acknowledged: the page connects and sends again
            log.exception("a message of a candidate failed")
            outbox.put(None)
        else:
            outbox.put_text(b"%b%b[%b]" % (REPLY, number, msgspec.json.encode(told)))
        return True

    return take


def refusal(error: AssessmentError, spoken: str = "") -> dict[str, Any]:
    """Word a refusal for the wire, in the language of the request or the one named."""
    words = refusal_text(error, spoken)
    told: dict[str, Any] = {"ok": False, "error": error.code, "message": words}
    retry = getattr(error, "retry_after_ms", None)
    return told | ({"retry_after_ms": retry} if retry else {})
