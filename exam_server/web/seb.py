"""Pages of Safe Exam Browser: the handshake of a computer, and the settings of a sitting."""

import secrets

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import (
    current_actor,
    now,
    public,
    reading,
    requires,
    surroundings,
    transaction,
)
from exam_server.cookies import DEVICE_COOKIE
from exam_server.languages import translated as _
from exam_server.seb.actions import Shown, ask_for_seb, begin_check, settle_check
from exam_server.seb.outcomes import WORDS, Outcome
from exam_server.seb.queries import file_of, seb_of
from exam_server.web.candidate import payload, room
from registry.access import Permission

blueprint = Blueprint("seb", __name__, url_prefix="/seb")
CONFIGURATION, BUILD = "X-SafeExamBrowser-ConfigKeyHash", "X-SafeExamBrowser-RequestHash"
DEVICE_SECONDS = 24 * 3600
MEDIA_TYPE = "application/seb"


@blueprint.get("/<int:sitting_id>/enter")
@public
def enter(sitting_id: int) -> ResponseReturnValue:
    """Make a one-time address for this computer; the page itself goes there."""
    device = request.cookies.get(DEVICE_COOKIE) or secrets.token_urlsafe(32)
    instant = now()
    nonce = room().writer.perform(lambda db: begin_check(db, sitting_id, device, now=instant).nonce)
    response = make_response(
        render_template("seb/enter.html", address=url_for(".verify", nonce=nonce))
    )
    response.set_cookie(
        DEVICE_COOKIE,
        device,
        max_age=DEVICE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=surroundings().settings.secure_cookies,
    )
    return response


@blueprint.get("/verify/<nonce>")
@public
def verify(nonce: str) -> ResponseReturnValue:
    """Judge the headers of this very request, or let the page ask the browser for its hash."""
    shown = Shown(request.headers.get(CONFIGURATION, ""), request.headers.get(BUILD, ""))
    if not shown.configuration:
        return render_template("seb/ask.html", address=url_for(".key", nonce=nonce))
    return _answer(_settle(nonce, shown))


@blueprint.post("/verify/<nonce>/key")
@public
def key(nonce: str) -> ResponseReturnValue:
    """Judge the hash that the page got from the browser; an address in it is never read."""
    body = payload()
    told = body if isinstance(body, dict) else {}
    shown = Shown(str(told.get("configKey", "")), str(told.get("browserExamKey", "")))
    outcome = _settle(nonce, shown)
    return {"ok": outcome is Outcome.VERIFIED, "error": outcome, "message": _(WORDS[outcome])}


@blueprint.get("/quit")
@public
def leave() -> ResponseReturnValue:
    """Be the address at which the browser closes itself."""
    return render_template("seb/refused.html", message="考试浏览器即将关闭。")


@blueprint.get("/<int:sitting_id>")
@requires(Permission.ROOM_PROCTOR)
def show(sitting_id: int) -> ResponseReturnValue:
    """Show whether the sitting asks for the browser, with its files and passwords."""
    with reading() as db:
        shown = seb_of(db, sitting_id, actor=current_actor())
    return render_template("seb/show.html", shown=shown, sitting_id=sitting_id)


@blueprint.post("/<int:sitting_id>")
@requires(Permission.ROOM_PROCTOR)
def ask(sitting_id: int) -> ResponseReturnValue:
    """Ask for the browser, at the address under which this page was opened."""
    keys = request.form.get("browser_keys", "").split()
    origin = request.host_url.rstrip("/")
    with transaction() as db:
        ask_for_seb(db, sitting_id, origin, keys, actor=current_actor(), now=now())
    return redirect(url_for(".show", sitting_id=sitting_id))


@blueprint.get("/<int:sitting_id>/<kind>.seb")
@requires(Permission.ROOM_PROCTOR)
def download(sitting_id: int, kind: str) -> ResponseReturnValue:
    """Hand out the settings file: ``sealed`` with its password, or ``plain``."""
    with reading() as db:
        content = file_of(db, sitting_id, sealed=kind != "plain", actor=current_actor())
    response = Response(content, content_type=MEDIA_TYPE)
    name = f"kaohe-{sitting_id}-{'plain' if kind == 'plain' else 'sealed'}.seb"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _settle(nonce: str, shown: Shown) -> Outcome:
    device, instant = request.cookies.get(DEVICE_COOKIE, ""), now()
    outcome: Outcome = room().writer.perform(
        lambda db: settle_check(db, nonce, device, shown, now=instant)
    )
    return outcome


def _answer(outcome: Outcome) -> ResponseReturnValue:
    if outcome is Outcome.VERIFIED:
        return redirect("/exam/")
    return render_template("seb/refused.html", message=_(WORDS[outcome])), 403
