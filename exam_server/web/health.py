"""The health of the room's server: a page for staff, JSON for machines, a sign of life."""

from flask import Blueprint, jsonify, make_response, render_template
from flask.typing import ResponseReturnValue

from exam_server.context import public, requires, surroundings
from exam_server.room_host.health import Figure, figures
from exam_server.room_host.self_test import Grade
from exam_server.web.candidate import room
from exam_server.web.off_loop import off_the_loop
from registry.access import Permission

blueprint = Blueprint("health", __name__, url_prefix="/health")
WATCHERS = (Permission.ROOM_PROCTOR, Permission.ACCOUNTS_MANAGE)


@blueprint.get("")
@requires(*WATCHERS)
def show() -> ResponseReturnValue:
    """Show every figure with what to do about it."""
    return render_template("health/show.html", figures=_figures())


@blueprint.get("/api/figures")
@requires(*WATCHERS)
def machine() -> ResponseReturnValue:
    """Return the figures as JSON; ``ok`` is false when one needs a person at once."""
    found = _figures()
    return jsonify(
        ok=all(figure.grade in (Grade.GOOD, Grade.WARNING) for figure in found),
        figures={
            figure.code: {
                "value": figure.value,
                "grade": figure.grade,
                "shown": figure.shown,
                "advice": figure.advice,
            }
            for figure in found
        },
    )


@blueprint.get("/live")
@public
def live() -> ResponseReturnValue:
    """Say that the server answers; the install page of a PC asks across origins."""
    response = make_response(jsonify(ok=True))
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _figures() -> list[Figure]:
    return off_the_loop(figures, room(), surroundings().settings)
