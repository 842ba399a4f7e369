"""Custody of a sitting's papers: two persons seal and see the slips once; two may undo it."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import (
    current_actor,
    database,
    now,
    reading,
    requires,
    surroundings,
    transaction,
)
from exam_server.delivery.custody import actions
from exam_server.delivery.custody.queries import custody_of, package_totals
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web.off_loop import off_the_loop, password_off_the_loop
from registry.access import Actor, Permission
from registry.accounts.models import Account
from registry.accounts.passwords import password_fits
from registry.accounts.queries import password_hash_of
from registry.accounts.signing_in import PasswordCheck, person_after_check
from registry.errors import AssessmentError

blueprint = Blueprint("paper_custody", __name__, url_prefix="/papers/sittings/<int:sitting_id>")
_P = Permission


@blueprint.get("/custody")
@requires(_P.PAPER_RELEASE, _P.PAPER_COMPOSE)
def show(sitting_id: int) -> ResponseReturnValue:
    """Show whether the sitting's papers are sealed, and the record of both persons."""
    return _page(sitting_id, [])


@blueprint.post("/seal")
@requires(_P.PAPER_RELEASE)
def seal(sitting_id: int) -> ResponseReturnValue:
    """Seal the papers; the reply is the only place where both codes ever stand."""
    actor = current_actor()
    try:
        witness_id = _witness(actor)
        prepared = off_the_loop(actions.prepare_sealing, database(), sitting_id, actor=actor)
        with transaction() as db:
            sealing = actions.keep_sealing(
                db,
                sitting_id,
                prepared,
                witness=db.get_one(Account, witness_id),
                unlock_minutes=surroundings().settings.unlock_minutes,
                actor=actor,
                now=now(),
            )
            return render_template(
                "paper_custody/slips.html",
                sealing=sealing,
                sitting=sealing.run.sitting,
                locked=prepared.locked,
                back=url_for(".show", sitting_id=sitting_id),
            )
    except AssessmentError as error:
        return _page(sitting_id, [refusal_text(error)]), 400


@blueprint.post("/undo-sealing")
@requires(_P.PAPER_RELEASE)
def undo(sitting_id: int) -> ResponseReturnValue:
    """Give up the packages before check-in: their slips open nothing any more."""
    actor = current_actor()
    try:
        witness_id = _witness(actor)
        with transaction() as db:
            witness = db.get_one(Account, witness_id)
            actions.undo_sealing(db, sitting_id, witness=witness, actor=actor, now=now())
    except AssessmentError as error:
        return _page(sitting_id, [refusal_text(error)]), 400
    flash(_("封存已撤销，原启封单作废。修改后请重新封存。"), "success")
    return redirect(url_for(".show", sitting_id=sitting_id))


def _page(sitting_id: int, errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        run = actions.run_in_reach(db, sitting_id, actor=actor)
        return render_template(
            "paper_custody/show.html",
            run=run,
            sitting=run.sitting,
            steps=custody_of(db, sitting_id),
            packages=package_totals(db, sitting_id),
            minutes=surroundings().settings.unlock_minutes,
            may_seal=actor.may(_P.PAPER_RELEASE),
            values=request.form,
            errors=errors,
        )


def _witness(actor: Actor) -> int:
    """Check the second person's own password; a failure is counted as at the sign-in."""
    login_name, password = request.form.get("witness", ""), request.form.get("password", "")
    with reading() as db:
        password_hash = password_hash_of(db, login_name)
    fits = password_off_the_loop(password_fits, password_hash, password)
    with transaction() as db:
        check = PasswordCheck(password_hash, fits)
        person = person_after_check(db, login_name, check, request.remote_addr or "", now=now())
        if isinstance(person, Account):
            return actions.witness_of(person, actor=actor).id
    raise person
