"""Accounts for the system administrator; the audit log for the audit administrator."""

import secrets

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.audit_words import actions_named, object_named
from exam_server.web.off_loop import password_off_the_loop
from exam_server.web.paging import PAGE_LENGTH, cut, page_of, wanted_page
from registry.access import Permission, Role
from registry.accounts import actions
from registry.accounts.passwords import hash_password
from registry.accounts.queries import accounts_in_reach, roles_of
from registry.audit_log import AuditEntry, first_break
from registry.errors import AssessmentError
from registry.organisations.queries import centres_in_reach, institutions_in_reach

blueprint = Blueprint("accounts", __name__)
_P = Permission
LETTERS = "abcdefghjkmnpqrstuvwxyz"
CAPITALS = "ABCDEFGHJKLMNPQRSTUVWXYZ"
DIGITS = "23456789"
LENGTH_OF_EACH = 4  # letters, capitals and digits that nobody mistakes for one another


@blueprint.get("/accounts")
@requires(_P.ACCOUNTS_MANAGE)
def index() -> ResponseReturnValue:
    """List the accounts with their roles."""
    words, role = request.args.get("words", "").strip(), request.args.get("role", "")
    with reading() as db:
        found = [
            account
            for account in accounts_in_reach(db, actor=current_actor())
            if (words in account.login_name or words in account.name)
            and (role == "" or role in roles_of(account))
        ]
        return render_template(
            "accounts/list.html", page=cut(found, request.args), words=words, role=role
        )


@blueprint.get("/accounts/new")
@requires(_P.ACCOUNTS_MANAGE)
def new() -> ResponseReturnValue:
    """Show the form of a new account."""
    return _form([])


@blueprint.post("/accounts")
@requires(_P.ACCOUNTS_MANAGE)
def create() -> ResponseReturnValue:
    """Open an account with a first password, which is shown once."""
    form = request.form
    password = first_password()
    try:
        kind, office_id = read_office(form.get("office", ""))
        account = actions.NewAccount(
            login_name=forms.read_text(form, "login_name", "登录名"),
            name=forms.read_text(form, "name", "姓名"),
            password_hash=password_off_the_loop(hash_password, password),
            roles=[Role(role) for role in form.getlist("role") if role in set(Role)],
            centre_id=office_id if kind == "centre" else None,
            institution_id=office_id if kind == "institution" else None,
        )
        with transaction() as db:
            actions.open_account(db, account, actor=current_actor(), now=now())
    except AssessmentError as error:
        return _form([refusal_text(error)]), 400
    _show_password(account.login_name, password)
    return redirect(url_for(".index"))


def read_office(text: str) -> tuple[str, int | None]:
    """Return the kind and id of an office from the list of offices; none is the province."""
    kind, _sign, number = text.partition("-")
    return (kind, int(number)) if number.isdecimal() else ("", None)


def first_password() -> str:
    """Return a random first password; its owner must change it."""
    parts = (LETTERS, CAPITALS, DIGITS)
    chosen = ["".join(secrets.choice(part) for _n in range(LENGTH_OF_EACH)) for part in parts]
    return "-".join(chosen)


def _show_password(login_name: str, password: str) -> None:
    text = _(
        "账号 {name} 的初始密码：{password}。只显示这一次，请当面交给本人，首次登录须修改。",
        name=login_name,
        password=password,
    )
    flash(text, "warning")


def _form(errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        centres = [(f"centre-{c.id}", c.name) for c in centres_in_reach(db, actor=actor)]
        institutions = [
            (f"institution-{i.id}", i.name) for i in institutions_in_reach(db, actor=actor)
        ]
    return render_template(
        "accounts/new.html",
        errors=errors,
        values=request.form,
        chosen=request.form.getlist("role"),
        offices=[("", _("全省")), *institutions, *centres],
    )


@blueprint.post("/accounts/<int:account_id>/password")
@requires(_P.ACCOUNTS_MANAGE)
def reset(account_id: int) -> ResponseReturnValue:
    """Give an account a first password again, which is shown once."""
    password = first_password()
    password_hash = password_off_the_loop(hash_password, password)
    with transaction() as db:
        account = actions.reset_password(
            db, account_id, password_hash, actor=current_actor(), now=now()
        )
        login_name = account.login_name
    _show_password(login_name, password)
    return redirect(url_for(".index"))


@blueprint.post("/accounts/<int:account_id>/close")
@requires(_P.ACCOUNTS_MANAGE)
def close(account_id: int) -> ResponseReturnValue:
    """Close an account for good."""
    with transaction() as db:
        actions.close_account(db, account_id, actor=current_actor(), now=now())
    flash(_("账号已停用，已退出其全部登录。"), "success")
    return redirect(url_for(".index"))


@blueprint.get("/audit-log")
@requires(_P.AUDIT_READ)
def audit_log() -> ResponseReturnValue:
    """Show the audit log, newest first; check its chain when asked."""
    args = request.args
    number = wanted_page(args)
    with reading() as db:
        chosen = _entries(args.get("words", ""), args.get("person", ""), args.get("object", ""))
        total = db.scalar(select(func.count()).select_from(chosen.subquery())) or 0
        lines = chosen.order_by(AuditEntry.id.desc()).limit(PAGE_LENGTH)
        entries = db.scalars(lines.offset((number - 1) * PAGE_LENGTH)).all()
        return render_template(
            "accounts/audit_log.html",
            page=page_of(entries, total, number),
            chain=state_of_chain(db) if "check" in args else None,
            words=args.get("words", ""),
            person=args.get("person", ""),
            object=args.get("object", ""),
        )


def _entries(words: str, person: str, subject: str) -> Select[AuditEntry]:
    chosen = select(AuditEntry)
    kind, _sign, number = subject.strip().rpartition(" ")
    if not number.isdecimal():
        kind, number = subject.strip(), ""
    if words.strip():
        chosen = chosen.where(AuditEntry.action.in_(actions_named(words)))
    if person.strip():
        chosen = chosen.where(AuditEntry.actor_name.contains(person.strip(), autoescape=True))
    if kind:
        chosen = chosen.where(AuditEntry.object_type == object_named(kind))
    return chosen.where(AuditEntry.object_id == number) if number else chosen


def state_of_chain(db: Session) -> str | int:
    """Say whether the log is whole, cut off at its end, or where it breaks."""
    broken = first_break(db)
    if broken is None:
        return "whole"
    return broken or "cut"
