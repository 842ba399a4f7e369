"""Pages and requests of candidates at computers; the wire is described in docs/socket-events.md."""

from typing import Any

import msgspec
from flask import (
    Blueprint,
    Response,
    current_app,
    make_response,
    redirect,
    render_template,
    request,
    send_from_directory,
)
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from exam_server.context import public, reading, surroundings
from exam_server.cookies import DEVICE_COOKIE, LEASE_COOKIE, TRANSFER_COOKIE
from exam_server.delivery import candidate_reports, wire
from exam_server.delivery.candidate_actions import Gate
from exam_server.delivery.errors import BusyError, NotInRoomError
from exam_server.delivery.journal_keys import key_copy
from exam_server.delivery.models import Attempt, SittingRun
from exam_server.delivery.queries import Seat, operations_of
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.states import RunState
from exam_server.languages import refusal_text
from exam_server.seat_moves import go_back, go_over
from exam_server.seb.actions import require_seb
from exam_server.sockets.candidate import refusal
from exam_server.web.assets import STATIC
from exam_server.web.off_loop import off_the_loop
from registry.errors import AssessmentError

blueprint = Blueprint("candidate", __name__, url_prefix="/exam")
LEASE_SECONDS = 24 * 3600


def room() -> ExamRoom:
    """Return the exam room of this process."""
    exam_room: ExamRoom = current_app.extensions["exam_room"]
    return exam_room


def own_seat() -> Seat:
    """Return the place of the browser; raises ``NotInRoomError``."""
    return room().seat(request.cookies.get(LEASE_COOKIE))


@blueprint.get("/")
@public
def sign_in_form() -> ResponseReturnValue:
    """Show the sign-in form; a browser that holds a live seat goes back to its paper."""
    if request.cookies.get(LEASE_COOKIE) and "leave" not in request.args:
        try:
            state = room().state(own_seat())
        except NotInRoomError:
            state = {"ok": False}
        if state["ok"] and state["receipt"] is None:
            return redirect("/exam/room")
    response = make_response(render_template("candidate/sign_in.html", error=None, form={}))
    if "leave" in request.args:
        response.delete_cookie(LEASE_COOKIE, samesite="Strict")
    return response


@blueprint.post("/sign-in")
@public
def sign_in() -> ResponseReturnValue:
    """Claim a seat with admission number and room code."""
    number, code = request.form.get("admission_no", ""), request.form.get("room_code", "")
    try:
        claimed = room().sign_in(number, code, address=request.remote_addr or "", gate=_gate())
    except AssessmentError as error:
        page = render_template(
            "candidate/sign_in.html", error=refusal_text(error), form=request.form
        )
        return page, 400
    if claimed.device:
        waiting = make_response(redirect("/exam/transfer"))
        return _with_secret(waiting, TRANSFER_COOKIE, claimed.device)
    return _with_secret(make_response(redirect("/exam/room")), LEASE_COOKIE, claimed.token)


@blueprint.post("/api/return")
@public
def return_to_seat() -> ResponseReturnValue:
    """Take a browser that crashed back to its own seat."""
    shown = wire.read(payload(), wire.ReturnMessage).shown
    token = go_back(room(), shown, address=request.remote_addr or "", gate=_gate())
    return _with_secret(make_response({"ok": True}), LEASE_COOKIE, token)


@blueprint.get("/transfer")
@public
def transfer_page() -> ResponseReturnValue:
    """Show a computer that waits for a proctor's approval."""
    if not request.cookies.get(TRANSFER_COOKIE):
        return redirect("/exam/")
    return render_template("candidate/transfer.html")


@blueprint.post("/api/transfer")
@public
def transfer() -> ResponseReturnValue:
    """Say what became of the request; an approved computer gets its lease with the answer."""
    told, token = go_over(room(), request.cookies.get(TRANSFER_COOKIE))
    response = make_response(told)
    if not token:
        return response
    response.delete_cookie(TRANSFER_COOKIE, samesite="Strict")
    return _with_secret(response, LEASE_COOKIE, token)


def _with_secret(response: Response, cookie: str, secret: str) -> Response:
    """Let the browser keep a secret of its own."""
    response.set_cookie(
        cookie,
        secret,
        max_age=LEASE_SECONDS,
        httponly=True,
        samesite="Strict",
        secure=surroundings().settings.secure_cookies,
    )
    return response


def _gate() -> Gate:
    """Ask for the exam browser where the sitting does."""
    device = request.cookies.get(DEVICE_COOKIE, "")
    return lambda db, admission: require_seb(db, admission, device)


@blueprint.get("/room")
@public
def room_page() -> ResponseReturnValue:
    """Show the one page of the exam; without a seat, the sign-in form."""
    try:
        own_seat()
    except NotInRoomError:
        return redirect("/exam/")
    return render_template("candidate/room.html")


@blueprint.get("/api/state")
@public
def state() -> ResponseReturnValue:
    """Return everything the page needs to show itself afresh; the paper unless it has its own."""
    told = room().state(own_seat(), with_paper=request.args.get("paper") != "package")
    return Response(msgspec.json.encode(told), content_type="application/json")


@blueprint.get("/api/key-copy")
@public
def journal_key_copy() -> ResponseReturnValue:
    """Return the journal's key under the PIN of the seat, for a page that finds no server."""
    seat = own_seat()
    return {"ok": True, "copy": off_the_loop(key_copy, room().database.keys, seat.attempt_id)}


@blueprint.get("/api/sealed/<int:attempt_id>")
@public
def sealed(attempt_id: int) -> ResponseReturnValue:
    """Say whether an attempt left behind at this PC is over for good, so that it is forgotten."""
    own_seat()
    with reading() as db:
        attempt = db.get(Attempt, attempt_id)
        run = db.get(SittingRun, attempt.sitting_id) if attempt else None
        return {"ok": True, "sealed": run is not None and run.state == RunState.CLOSED}


@blueprint.get("/worker.js")
@public
def worker() -> ResponseReturnValue:
    """Return the service worker, from the folder whose page it keeps."""
    return send_from_directory(STATIC, "js/candidate/worker.js", mimetype="text/javascript")


@blueprint.get("/api/history")
@public
def history() -> ResponseReturnValue:
    """Return every operation so far, so that this computer too can fill up a restored server."""
    seat = own_seat()
    with reading() as db:
        return {"ok": True, "ops": operations_of(db, seat.attempt_id)}


@blueprint.post("/api/ops")
@public
def ops() -> ResponseReturnValue:
    """Store operations; the same handler and the same replies as the socket's event."""
    message = wire.read(payload(), wire.OpsMessage)
    try:
        return room().save(own_seat(), message)
    except (BusyError, OperationalError):
        return refusal(BusyError()), 503


@blueprint.post("/api/confirm")
@public
def confirm() -> ResponseReturnValue:
    """Confirm own data or the rules."""
    return room().confirm(own_seat(), wire.read(payload(), wire.ConfirmMessage).step)


@blueprint.post("/api/event-seen")
@public
def event_seen() -> ResponseReturnValue:
    """Confirm that a message was read."""
    return room().see_event(own_seat(), wire.read(payload(), wire.EventSeenMessage).id)


@blueprint.post("/api/hand")
@public
def hand() -> ResponseReturnValue:
    """Raise a hand."""
    message = wire.read(payload(), wire.HandMessage)
    return room().raise_hand(own_seat(), message.kind, message.text, message.item)


@blueprint.post("/api/display")
@public
def display() -> ResponseReturnValue:
    """Keep theme and size of text."""
    message = wire.read(payload(), wire.DisplayMessage)
    return room().set_display(own_seat(), message.theme, message.zoom)


@blueprint.post("/api/away")
@public
def away() -> ResponseReturnValue:
    """Report that the page was hidden."""
    return room().report_away(own_seat(), wire.read(payload(), wire.AwayMessage).hidden_ms)


@blueprint.post("/api/self-test")
@public
def self_test() -> ResponseReturnValue:
    """Take the result of the computer's self-test before the start."""
    seat, found = own_seat(), wire.read(payload(), wire.SelfTestMessage)
    return room().report(
        seat,
        lambda db, now: candidate_reports.report_self_test(db, seat.attempt_id, found, now=now),
    )


@blueprint.post("/api/blocked")
@public
def blocked() -> ResponseReturnValue:
    """Count what the page stopped: copying, pasting, printing."""
    seat, told = own_seat(), wire.read(payload(), wire.BlockedMessage)
    return room().report(
        seat, lambda db, now: candidate_reports.report_blocked(db, seat.attempt_id, told, now=now)
    )


@blueprint.get("/figure/<question_id>")
@public
def figure(question_id: str) -> ResponseReturnValue:
    """Return the figure of one of the candidate's own questions."""
    found = room().figure(own_seat(), question_id)
    content = surroundings().database.files.get(found.file_hash)
    return Response(content, content_type=found.media_type)


@blueprint.get("/package/<digest>")
@public
def package(digest: str) -> ResponseReturnValue:
    """Return the candidate's own sealed paper: bytes that never change."""
    return Response(room().package(own_seat(), digest), content_type="application/octet-stream")


@blueprint.get("/photo")
@public
def photo() -> ResponseReturnValue:
    """Return the candidate's own photograph."""
    seat = own_seat()
    with reading() as db:
        attempt = db.get_one(Attempt, seat.attempt_id)
        digest = attempt.admission.enrolment.candidate.photo_hash
    if digest is None:
        raise NotInRoomError
    return Response(surroundings().database.files.get(digest), content_type="image/jpeg")


def payload() -> Any:
    """Return the request's JSON, None when there is none to be read."""
    return request.get_json(silent=True)
