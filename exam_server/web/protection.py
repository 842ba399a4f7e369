"""Headers, cross-site request forgery, sign-in of the request: what every page has in common."""

import hmac
import logging
import secrets
from datetime import UTC, datetime

from flask import Flask, Response, abort, g, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import OperationalError

from exam_server.context import now, reading, surroundings, transaction
from exam_server.cookies import LOGIN_COOKIE
from exam_server.web.off_loop import give_way
from registry.accounts.queries import hash_of_token, signed_in
from registry.accounts.signing_in import TOUCH_AFTER, keep_signed_in

OPEN_TO_FIRST_PASSWORD = frozenset(
    {"sign_in.password", "sign_in.change_password", "sign_in.leave", "static"}
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)
SEEN = "seen"  # of the signed session: whose sign-in, and when
log = logging.getLogger("kaohe")


def csrf_token() -> str:
    """Return the token that every changing request of this browser must carry."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def register(app: Flask) -> None:
    """Attach the checks before and the headers after every request."""
    app.before_request(check_forgery)
    app.before_request(find_person)
    app.before_request(ask_new_password)
    app.after_request(add_headers)
    app.jinja_env.globals["csrf_token"] = csrf_token


def check_forgery() -> None:
    """Refuse a changing request without the browser's own token."""
    if request.method in SAFE_METHODS:
        return
    sent = request.headers.get("X-CSRF-Token") or request.form.get("csrf_token", "")
    if not hmac.compare_digest(sent.encode(), str(session.get("csrf", "")).encode()) or not sent:
        abort(400)


def find_person() -> None:
    """Set ``g.actor`` when the browser holds a live sign-in; writes at most once a minute."""
    g.actor = None
    token = request.cookies.get(LOGIN_COOKIE)
    if not token or request.path.startswith("/static/"):
        return
    seen_at = _seen_at(token)
    with reading() as db:
        found = signed_in(db, token, now=now(), seen_at=seen_at)
    if found is None:
        return
    last_seen_at, g.actor = found
    if now() - max(last_seen_at, seen_at or last_seen_at) >= TOUCH_AFTER:
        _prolong(token)
    elif seen_at is not None:
        surroundings().sightings.note(token, seen_at)  # a socket of this browser asks there
    give_way()  # pages of staff take long: between two parts of one, answers are saved


def _seen_at(token: str) -> datetime | None:
    """Return when the holder was seen without its being put down.

    The browser keeps it as well, signed: it outlasts a server that starts anew on a full disk.
    """
    seen_at = surroundings().sightings.of(token)
    whose, at = session.get(SEEN, ("", ""))
    if whose != hash_of_token(token):
        return seen_at
    return max(datetime.fromisoformat(at), seen_at or datetime.min.replace(tzinfo=UTC))


def _prolong(token: str) -> None:
    """Keep a sign-in alive; a store that cannot be written neither hides nor ends anything."""
    sightings = surroundings().sightings
    try:
        with transaction() as db:
            g.actor = keep_signed_in(db, token, now=now(), seen_at=_seen_at(token))
        sightings.forget(token)
        session.pop(SEEN, None)
    except OperationalError as error:
        sightings.note(token, now())
        session[SEEN] = hash_of_token(token), now().isoformat()
        log.warning("a sign-in was not prolonged: %s", error.orig)


def ask_new_password() -> ResponseReturnValue | None:
    """Lead a person with a first password to its change before anything else."""
    if g.actor is None or not session.get("must_change_password"):
        return None
    if request.endpoint in OPEN_TO_FIRST_PASSWORD:
        return None
    return redirect(url_for("sign_in.password"))


def add_headers(response: Response) -> Response:
    """Set the content policy and keep dynamic pages out of caches."""
    response.headers["Content-Security-Policy"] = CONTENT_POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    if request.path.startswith("/static/"):
        fixed = "v" in request.args
        response.headers["Cache-Control"] = (
            "public, max-age=31536000, immutable" if fixed else "no-cache"
        )
    else:
        response.headers["Cache-Control"] = "no-store"
    if surroundings().settings.secure_cookies:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    return response
