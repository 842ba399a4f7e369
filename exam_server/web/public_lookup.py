"""What anyone may ask: certificates, the page behind the QR code, the catalog."""

from itertools import groupby

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import now, public, reading
from exam_server.languages import refusal_text
from exam_server.web import forms
from exam_server.web.specification_pages import pdf_of, version_line
from registry.catalog import queries as catalog_queries
from registry.catalog.errors import SpecificationNotFiledError
from registry.catalog.models import Project, Specification
from registry.errors import AssessmentError, NotFoundError
from registry.local_time import local_date
from scoring.certificates.queries import look_up as find_certificate
from scoring.certificates.queries import verify_qr
from scoring.rules.printed import PrintMark

blueprint = Blueprint("public_lookup", __name__)


@blueprint.get("/catalog")
@public
def catalog() -> ResponseReturnValue:
    """Show a published state of the catalog, the newest unless another is asked for."""
    words, wanted = request.args.get("words", "").strip(), request.args.get("version", "")
    with reading() as db:
        versions = catalog_queries.catalog_versions(db)
        newest = next(iter(versions), None)
        version = next((one for one in versions if str(one.number) == wanted), newest)
        projects = catalog_queries.projects_in(db, version) if version else []
        readable = catalog_queries.projects_in_force(db, local_date(now()))
    chosen = [p for p in projects if words in p.name or words == str(p.number)]
    chosen.sort(key=lambda project: (project.industry_group, project.number))
    groups = [(name, list(found)) for name, found in groupby(chosen, lambda p: p.industry_group)]
    return render_template(
        "public_lookup/catalog.html",
        version=version,
        versions=versions,
        groups=groups,
        total=len(projects),
        readable=readable,
        words=words,
    )


@blueprint.get("/catalog/<int:number>")
@public
def project(number: int) -> ResponseReturnValue:
    """Show a project of the catalog with the specification in force."""
    with reading() as db:
        found = catalog_queries.catalog_project(db, number)
        version = _in_force(db, found)
        return render_template(
            "public_lookup/project.html",
            project=found,
            version=version,
            text=catalog_queries.text_of(version) if version else None,
            line=version_line(version) if version else "",
        )


@blueprint.get("/catalog/<int:number>/specification.pdf")
@public
def specification(number: int) -> Response:
    """Give the specification in force for printing."""
    with reading() as db:
        version = _in_force(db, catalog_queries.catalog_project(db, number))
        if version is None:
            raise NotFoundError(what="生效的考核规范")
        return pdf_of(version, PrintMark("—", now()))


def _in_force(db: Session, found: Project) -> Specification | None:
    try:
        return catalog_queries.specification_in_force(db, found, local_date(now()))
    except SpecificationNotFiledError:
        return None


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
        errors.append(refusal_text(error))
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
