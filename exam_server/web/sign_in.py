"""Sign-in and sign-out of staff, and the choice of language."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from exam_server.context import now, public, reading, transaction
from exam_server.languages import COOKIE, translated
from exam_server.web import forms
from exam_server.web.protection import LOGIN_COOKIE
from exam_server.context import surroundings
from registry.accounts import actions
from registry.errors import AssessmentError

blueprint = Blueprint("sign_in", __name__)
LANGUAGE_COOKIE_S = 365 * 24 * 3600


def safe_target(address: str | None) -> str:
    """Return the address to go on to when it lies on this server, else the workbench."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return url_for("home.workbench")
    parts = urlsplit(address)
    return url_for("home.workbench") if parts.scheme or parts.netloc else address
