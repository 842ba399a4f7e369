"""Rooms of an institution and their seats."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from registry.access import Permission
from registry.errors import AssessmentError
from registry.venues import actions
from registry.venues.models import RoomKind
from registry.venues.queries import rooms_of

blueprint = Blueprint("venues", __name__, url_prefix="/rooms")
_P = Permission


@blueprint.get("/")
@requires(_P.ARRANGE)
def index() -> ResponseReturnValue:
    """List the rooms of one's own institution, with the form for another."""
    return _page({}, [])


@blueprint.post("/")
@requires(_P.ARRANGE)
def add() -> ResponseReturnValue:
    """Enter a room."""
    form, actor = request.form, current_actor()
    try:
        room = actions.NewRoom(
            number=forms.read_text(form, "number", "考场编号"),
            name=forms.read_text(form, "name", "名称"),
            kind=forms.read_choice(form, "kind", "用途", RoomKind),
            row_count=forms.read_int(form, "row_count", "行数"),
            column_count=forms.read_int(form, "column_count", "列数"),
        )
        with transaction() as db:
            actions.add_room(db, actor.institution_id or 0, room, actor=actor, now=now())
    except AssessmentError as error:
        return _page(form, [refusal_text(error)]), 400
    flash(_("考场 {number} 已登记。", number=room.number), "success")
    return redirect(url_for(".index"))


def _page(values: Mapping[str, str], errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        rooms = rooms_of(db, actor.institution_id or 0, actor=actor)
        return render_template("venues/list.html", rooms=rooms, values=values, errors=errors)
