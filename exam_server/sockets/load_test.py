"""Socket of the robots of a load test: the way of a candidate's answers, without a candidate."""

from typing import Any

from flask_socketio import SocketIO
from sqlalchemy.exc import OperationalError

from exam_server.delivery.errors import BusyError
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.wire import LoadSave, read
from exam_server.sockets.candidate import refusal
from registry.errors import AssessmentError

NAMESPACE = "/load_test"


def register(sockets: SocketIO, room: ExamRoom) -> None:
    """Attach the events; only computers that take part may connect."""

    def connect(_sid: str, _environ: dict[str, Any], auth: object = None) -> bool:
        shown = auth.get("pass") if isinstance(auth, dict) else None
        return isinstance(shown, str) and room.load_tests.takes_part(shown)

    def save(_sid: str, payload: object) -> dict[str, Any]:
        try:
            return room.load_tests.save(read(payload, LoadSave))
        except AssessmentError as error:
            return refusal(error)
        except OperationalError:
            return refusal(BusyError())

    sockets.server.on("connect", connect, namespace=NAMESPACE)
    sockets.server.on("save", save, namespace=NAMESPACE)
