"""The check-in desk of a sitting: find a candidate by number, compare, record the mark."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, reading, requires
from exam_server.delivery.check_in import (
    at_the_desk,
    check_identity,
    desk_of,
    place_by_number,
)
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web.candidate import room
from proctor.rules.identity import CHINESE, Identity
from registry.access import Permission
from registry.errors import InvalidInputError, NotFoundError

blueprint = Blueprint("check_in", __name__, url_prefix="/proctor/<int:sitting_id>/check-in")


@blueprint.get("")
@requires(Permission.ROOM_PROCTOR)
def show(sitting_id: int) -> ResponseReturnValue:
    """Show the desk, and the candidate who stands at it."""
    admission_id = request.args.get("admission", type=int)
    actor = current_actor()
    with reading() as db:
        desk = desk_of(db, sitting_id, actor=actor)
        found = at_the_desk(db, sitting_id, admission_id, actor=actor) if admission_id else None
        return render_template("proctor_console/check_in.html", desk=desk, found=found)


@blueprint.post("/find")
@requires(Permission.ROOM_PROCTOR)
def find(sitting_id: int) -> ResponseReturnValue:
    """Look a number up; an ID number never stands in an address."""
    with reading() as db:
        try:
            number = request.form.get("number", "")
            place = place_by_number(db, sitting_id, number, actor=current_actor())
        except NotFoundError as error:
            flash(refusal_text(error), "error")
            return redirect(url_for(".show", sitting_id=sitting_id))
        return redirect(url_for(".show", sitting_id=sitting_id, admission=place.id))


@blueprint.post("/<int:admission_id>")
@requires(Permission.ROOM_PROCTOR)
def record(sitting_id: int, admission_id: int) -> ResponseReturnValue:
    """Record what the check came to; a refusal keeps the candidate at the desk."""
    actor, words = current_actor(), request.form.get("note", "")
    with reading() as db:
        at_the_desk(db, sitting_id, admission_id, actor=actor)  # before anything typed is judged
    try:
        mark = _mark(request.form.get("mark", ""))
        room().command(
            sitting_id,
            lambda db, at: check_identity(
                db, sitting_id, admission_id, mark, words, actor=actor, now=at
            ),
        )
    except InvalidInputError as error:
        flash(refusal_text(error), "error")
        return redirect(url_for(".show", sitting_id=sitting_id, admission=admission_id))
    with reading() as db:
        place = at_the_desk(db, sitting_id, admission_id, actor=actor).admission
        seat, name = place.seat_no, place.enrolment.candidate.name
    words = _("{seat} 号 {name}：{mark}", seat=f"{seat:02d}", name=name, mark=_(CHINESE[mark]))
    flash(words, "success" if mark is Identity.MATCH else "warning")
    return redirect(url_for(".show", sitting_id=sitting_id))


def _mark(told: str) -> Identity:
    try:
        return Identity(told)
    except ValueError:
        raise InvalidInputError(field="核验结果", reason="请选择一致、存疑或不符。") from None
