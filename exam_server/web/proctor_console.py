"""The proctor's pages: own sittings and the wall of one room, with the commands by HTTP."""

from flask import Blueprint, Response, abort, render_template
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, reading, requires, surroundings
from exam_server.delivery import wire
from exam_server.delivery.late_evidence import evidence_of
from exam_server.delivery.queries import admission_in, run_on_duty, sittings_on_duty
from exam_server.proctor_commands import COMMANDS, carry_out
from exam_server.web.candidate import payload, room
from registry.access import Permission
from registry.scheduling.models import Admission

blueprint = Blueprint("proctor_console", __name__, url_prefix="/proctor")


@blueprint.get("/")
@requires(Permission.ROOM_PROCTOR)
def sittings() -> ResponseReturnValue:
    """List the proctor's sittings."""
    with reading() as db:
        runs = sittings_on_duty(db, actor=current_actor())
        return render_template("proctor_console/sittings.html", runs=runs)


@blueprint.get("/<int:sitting_id>")
@requires(Permission.ROOM_PROCTOR)
def wall(sitting_id: int) -> ResponseReturnValue:
    """Show the wall of one room."""
    with reading() as db:
        run = run_on_duty(db, sitting_id, actor=current_actor())
        return render_template("proctor_console/wall.html", run=run, sitting=run.sitting)


@blueprint.get("/<int:sitting_id>/api/snapshot")
@blueprint.post("/<int:sitting_id>/watch")
@requires(Permission.ROOM_PROCTOR)
def snapshot(sitting_id: int) -> ResponseReturnValue:
    """Return the room as the socket's ``watch`` does."""
    return room().watch(sitting_id, actor=current_actor())


@blueprint.get("/<int:sitting_id>/late")
@requires(Permission.ROOM_PROCTOR)
def late(sitting_id: int) -> ResponseReturnValue:
    """Return the evidence about operations that were kept apart and wait for two persons."""
    desks = room().desks
    with reading() as db:
        run_on_duty(db, sitting_id, actor=current_actor())
        people = evidence_of(db, sitting_id, desks.numbers)
    return {"ok": True, "people": people}


@blueprint.post("/<int:sitting_id>/api/<name>")
@blueprint.post("/<int:sitting_id>/<name>")
@requires(Permission.ROOM_PROCTOR)
def command(sitting_id: int, name: str) -> ResponseReturnValue:
    """Carry out one command."""
    if name not in COMMANDS:
        abort(404)
    body = payload()
    told = wire.read(
        {**(body if isinstance(body, dict) else {}), "sitting": sitting_id}, wire.RoomCommand
    )
    return carry_out(room(), name, told, current_actor())


@blueprint.get("/photo/<int:admission_id>")
@requires(Permission.ROOM_PROCTOR)
def photo(admission_id: int) -> ResponseReturnValue:
    """Return the photograph of a candidate in one of the proctor's rooms."""
    with reading() as db:
        admission = db.get(Admission, admission_id) or abort(404)
        run_on_duty(db, admission.sitting_id, actor=current_actor())
        digest = admission_in(
            db, admission.sitting_id, admission_id
        ).enrolment.candidate.photo_hash or abort(404)
    content = surroundings().database.files.get(digest)
    return Response(content, content_type="image/jpeg")
