"""What anyone may ask: certificates, the page behind the QR code, the catalog."""

from itertools import groupby

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from exam_server.context import public, reading
from exam_server.web import forms
from registry.catalog import queries as catalog_queries
from registry.errors import AssessmentError
from scoring.certificates.queries import look_up as find_certificate
from scoring.certificates.queries import verify_qr

blueprint = Blueprint("public_lookup", __name__)


@blueprint.get("/catalog")
@public
def catalog() -> ResponseReturnValue:
    """Show the published catalog, by industry."""
    words = request.args.get("words", "").strip()
    with reading() as db:
        projects = catalog_queries.projects(db)
        version = next(iter(catalog_queries.catalog_versions(db)), None)
    chosen = [p for p in projects if words in p.name or words == str(p.number)]
    chosen.sort(key=lambda project: (project.industry_group, project.number))
    groups = [(name, list(found)) for name, found in groupby(chosen, lambda p: p.industry_group)]
    return render_template(
        "public_lookup/catalog.html",
        version=version,
        groups=groups,
        total=len(projects),
        words=words,
    )


@blueprint.get("/lookup")
@public
def lookup() -> ResponseReturnValue:
    """Show the form of the lookup."""
    return render_template(
        "public_lookup/lookup.html", found=None, asked=False, errors=[], values={}
    )


@blueprint.post("/lookup")
@public
def look_up() -> ResponseReturnValue:
    """Find a certificate by name and number; both must fit."""
    errors, found = [], None
    try:
        name = forms.read_text(request.form, "name", "姓名")
        number = forms.read_text(request.form, "certificate_no", "证书编号")
        with reading() as db:
            found = find_certificate(db, name, number)
    except AssessmentError as error:
        errors.append(error.message)
    return render_template(
        "public_lookup/lookup.html",
        found=found,
        asked=True,
        errors=errors,
        values=request.form,
    )


@blueprint.get("/verify/<token>")
@public
def verify(token: str) -> ResponseReturnValue:
    """Show what the QR code of a certificate stands for: valid, voided or forged."""
    with reading() as db:
        verification = verify_qr(db, token)
    status = 404 if verification.certificate is None else 200
    page = render_template("public_lookup/verify.html", certificate=verification.certificate)
    return page, status
