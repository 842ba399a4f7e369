"""What anyone may ask: certificates, the page behind the QR code, the catalog."""

from itertools import groupby

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from exam_server.context import public, reading
from registry.catalog import queries as catalog_queries
from registry.catalog.models import CatalogVersion

blueprint = Blueprint("public_lookup", __name__)


@blueprint.get("/catalog")
@public
def catalog() -> ResponseReturnValue:
    """Show the published catalog, by industry."""
    words = request.args.get("words", "").strip()
    with reading() as db:
        projects = catalog_queries.projects(db)
        version = db.get(CatalogVersion, projects[-1].catalog_version_id) if projects else None
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
