"""Headers, cross-site request forgery, sign-in of the request: what every page has in common."""

import hmac
import secrets

from flask import Flask, Response, abort, g, request, session

from exam_server.context import now, surroundings, transaction
from exam_server.cookies import LOGIN_COOKIE
from registry.accounts.queries import account_by_token

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
    "frame-ancestors 'none'; form-action 'self'"
)


def csrf_token() -> str:
    """Return the token that every changing request of this browser must carry."""
    if "csrf" not in session:
        session["csrf"] = secrets.token_urlsafe(24)
    return str(session["csrf"])


def register(app: Flask) -> None:
    """Attach the checks before and the headers after every request."""
    app.before_request(check_forgery)
    app.before_request(find_person)
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
    """Set ``g.actor`` and ``g.account`` when the browser holds a live sign-in."""
    g.actor = g.account = None
    token = request.cookies.get(LOGIN_COOKIE)
    if not token or request.path.startswith("/static/"):
        return
    with transaction() as db:
        found = account_by_token(db, token, now=now())
        if found is not None:
            g.actor = found


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
