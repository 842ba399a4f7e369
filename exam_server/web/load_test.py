"""What an exam PC on the sign-in page asks and sends in a load test; docs/socket-events.md."""

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from exam_server.context import public
from exam_server.delivery import wire
from exam_server.delivery.errors import BusyError
from exam_server.sockets.candidate import refusal
from exam_server.web.candidate import payload, room

blueprint = Blueprint("load_test", __name__, url_prefix="/exam/api/load-test")


@blueprint.get("")
@public
def look() -> ResponseReturnValue:
    """Say whether a load test is on."""
    return room().load_tests.look()


@blueprint.post("/join")
@public
def join() -> ResponseReturnValue:
    """Take part, or ask how many robots to play."""
    shown = wire.read(payload(), wire.LoadJoin).shown
    return room().load_tests.join(shown, request.remote_addr or "")


@blueprint.post("/save")
@public
def save() -> ResponseReturnValue:
    """Store one answer of a robot; the same reply as the socket's event."""
    message = wire.read(payload(), wire.LoadSave)
    try:
        return room().load_tests.save(message)
    except (BusyError, OperationalError):
        return refusal(BusyError()), 503


@blueprint.post("/report")
@public
def report() -> ResponseReturnValue:
    """Take down what the computer has measured."""
    return room().load_tests.report(wire.read(payload(), wire.LoadReport))
