"""Sign-in and sign-out of staff, their own password, and the choice of language."""

from urllib.parse import urlsplit

from flask import Blueprint, flash, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from werkzeug import Response

from exam_server.context import (
    current_actor,
    now,
    public,
    reading,
    requires,
    surroundings,
    transaction,
)
from exam_server.cookies import LANGUAGE_COOKIE, LOGIN_COOKIE
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.off_loop import password_off_the_loop
from registry.accounts import signing_in
from registry.accounts.passwords import password_fits
from registry.accounts.queries import password_hash_of
from registry.errors import AssessmentError

blueprint = Blueprint("sign_in", __name__)
LANGUAGE_COOKIE_S = 365 * 24 * 3600
MUST_CHANGE = "must_change_password"


def safe_target(address: str | None) -> str:
    """Return the address to go on to when it lies on this server, else the workbench."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return url_for("home.workbench")
    parts = urlsplit(address)
    return url_for("home.workbench") if parts.scheme or parts.netloc else address


@blueprint.get("/sign-in")
@public
def form() -> ResponseReturnValue:
    """Show the sign-in form, or go on when somebody is signed in."""
    target = safe_target(request.args.get("next"))
    if g.actor is not None:
        return redirect(target)
    return render_template("sign_in/form.html", error=None, login_name="", target=target)


@blueprint.post("/sign-in")
@public
def enter() -> ResponseReturnValue:
    """Sign in with login name and password."""
    target = safe_target(request.form.get("next"))
    login_name = request.form.get("login_name", "").strip()
    outcome = check_and_sign_in(login_name, request.form.get("password", ""))
    if outcome.refusal is not None or outcome.token is None:
        message = refusal_text(outcome.refusal) if outcome.refusal else ""
        page = render_template(
            "sign_in/form.html", error=message, login_name=login_name, target=target
        )
        return page, 403
    session.clear()  # a fresh forgery token for the person
    if outcome.must_change_password:
        session[MUST_CHANGE] = True
        target = url_for(".password")
    return with_login(redirect(target), outcome.token)


def check_and_sign_in(login_name: str, password: str) -> signing_in.SignIn:
    """Check the password between two transactions, then open the sign-in or count a failure."""
    with reading() as db:
        password_hash = password_hash_of(db, login_name)
    fits = password_off_the_loop(password_fits, password_hash, password)
    check = signing_in.PasswordCheck(password_hash, fits)
    with transaction() as db:
        return signing_in.sign_in_after_check(
            db, login_name, check, request.remote_addr or "", now=now()
        )


@blueprint.post("/sign-out")
@public
def leave() -> ResponseReturnValue:
    """Sign out and forget the browser's session."""
    token = request.cookies.get(LOGIN_COOKIE)
    if token:
        with transaction() as db:
            signing_in.sign_out(db, token, now=now())
        surroundings().sightings.forget(token)
    session.clear()
    flash(_("您已安全退出。"), "success")
    response = redirect(url_for(".form"))
    response.delete_cookie(LOGIN_COOKIE)
    return response


@blueprint.get("/password")
@requires()
def password() -> ResponseReturnValue:
    """Show the form for a new password of one's own."""
    return render_template("sign_in/password.html", errors=[], forced=session.get(MUST_CHANGE))


@blueprint.post("/password")
@requires()
def change_password() -> ResponseReturnValue:
    """Change one's own password; every sign-in of the account ends."""
    try:
        new = forms.read_text(request.form, "new", _("新密码"))
        if new != request.form.get("again"):
            raise forms.problem("再次输入新密码", "两次输入的新密码不一致，请重新输入。")
        old = request.form.get("old", "")
        with transaction() as db:
            signing_in.change_password(db, old, new, actor=current_actor(), now=now())
    except AssessmentError as error:
        forced, errors = session.get(MUST_CHANGE), [refusal_text(error)]
        return render_template("sign_in/password.html", errors=errors, forced=forced), 400
    session.clear()
    flash(_("密码已修改，请用新密码登录。"), "success")
    return redirect(url_for(".form"))


@blueprint.post("/language")
@public
def choose_language() -> ResponseReturnValue:
    """Remember the visitor's language."""
    chosen = "en" if request.form.get("language") == "en" else "zh"
    target = request.form.get("next", "/")
    response = redirect(target if safe_target(target) == target else "/")
    response.set_cookie(
        LANGUAGE_COOKIE, chosen, max_age=LANGUAGE_COOKIE_S, httponly=True, samesite="Lax"
    )
    return response


def with_login(response: Response, token: str) -> Response:
    """Give the browser the secret of its sign-in."""
    response.set_cookie(
        LOGIN_COOKIE,
        token,
        httponly=True,
        samesite="Lax",
        secure=surroundings().settings.secure_cookies,
    )
    return response
