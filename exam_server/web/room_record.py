"""The room record of a sitting: as a page at any time, as a PDF to be signed."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, reading, requires
from exam_server.room_record.record import record_for_print, room_record
from exam_server.room_record.sheet import print_room_record
from exam_server.web.candidate import room
from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from registry.access import Permission
from scoring.rules.printed import PrintMark

blueprint = Blueprint("room_record", __name__, url_prefix="/proctor")


@blueprint.get("/<int:sitting_id>/record")
@requires(Permission.ROOM_PROCTOR)
def show(sitting_id: int) -> ResponseReturnValue:
    """Show the record as it now stands."""
    with reading() as db:
        record = room_record(db, sitting_id, actor=current_actor())
    return render_template("proctor_console/record.html", record=record, sitting_id=sitting_id)


@blueprint.get("/<int:sitting_id>/record.pdf")
@requires(Permission.ROOM_PROCTOR)
def printed(sitting_id: int) -> ResponseReturnValue:
    """Give the record for printing; a draft says that it is one."""
    actor, instant = current_actor(), now()
    record = room().writer.perform(
        lambda db: record_for_print(db, sitting_id, actor=actor, now=instant)
    )
    content = off_the_loop(print_room_record, record, printed=PrintMark(actor.name, instant))
    return shown(content, f"考场情况记录单-{sitting_id}.pdf", PDF)
