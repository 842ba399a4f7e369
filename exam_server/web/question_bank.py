"""The item bank: projects, items with preview, table of elements, blueprints."""

from collections import Counter
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar
from urllib.parse import urlencode

from flask import Blueprint, Response, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import and_, func, select
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.web.downloads import shown
from exam_server.web.off_loop import off_the_loop
from exam_server.web.paging import PAGE_LENGTH, cut, page_of, wanted_page
from exam_server.web.secrecy import log_view
from exam_server.web.words import word
from item_bank.authoring.item_queries import may_write
from item_bank.bank_queries import ItemFilter, bank_summary, item_page, item_versions
from item_bank.composing.queries import blueprint_versions
from item_bank.duplicate_queries import ComparedItem, compared_items
from item_bank.element_queries import outline_of
from item_bank.models import Element, Item, ItemVersion
from item_bank.queries import assembly_pool, elements_of, terms_of
from item_bank.rules.blueprint_terms import BlueprintTerms
from item_bank.rules.duplicates import (
    DuplicateClass,
    DuplicatePair,
    differing_parts,
    find_duplicates,
)
from item_bank.rules.element_outline import totals_of
from item_bank.rules.item import DIFFICULTIES
from item_bank.rules.kinds import BankState, ItemKind, ItemState
from item_bank.rules.review import MOVES
from item_bank.sealing import content_of
from registry.access import Permission
from registry.audit_log import note
from registry.catalog.models import Origin, Project
from registry.catalog.queries import project_of
from registry.database import files_of
from registry.errors import NotFoundError


@dataclass(frozen=True)
class BankLine:
    """A project with a table of elements, and its items so far."""

    project: Project
    items: int
    banked: int

    @property
    def state(self) -> BankState:
        """Return how far the bank is."""
        if self.banked:
            return BankState.STOCKED
        return BankState.IN_WORK if self.items else BankState.AWAITING


@dataclass(frozen=True)
class BlueprintVersion:
    """One version of a blueprint, and how many sets of papers were drawn by it."""

    blueprint_id: int
    number: int
    terms: BlueprintTerms
    sets: int


blueprint = Blueprint("question_bank", __name__, url_prefix="/bank")
_P = Permission
Kind = TypeVar("Kind", bound=StrEnum)


@blueprint.get("/")
@requires(_P.BANK_READ)
def projects() -> ResponseReturnValue:
    """List the projects that have a bank or are to get one."""
    words = request.args.get("words", "").strip()
    state = one_of_kind(BankState, request.args.get("state"))
    with reading() as db:
        rows = [
            row
            for row in banks(db)
            if state in (None, row.state) and words in f"{row.project.number} {row.project.name}"
        ]
        page = cut(rows, request.args)
        return render_template("question_bank/projects.html", page=page, words=words, state=state)


def banks(db: Session) -> list[BankLine]:
    """Return projects with a table of elements and new ones: items they have, items banked."""
    is_developed = and_(Project.origin == Origin.DEVELOPED, Project.withdrawn_version_id.is_(None))
    counted = (
        select(Project, func.count(Item.id), func.count().filter(Item.state == ItemState.BANKED))
        .outerjoin(Item, Item.project_id == Project.id)
        .where(Project.id.in_(select(Element.project_id)) | is_developed)
        .group_by(Project.id)
        .order_by(Project.number)
    )
    return [BankLine(*row) for row in db.execute(counted)]


@blueprint.get("/<int:project_id>/items")
@requires(_P.BANK_READ)
def items(project_id: int) -> ResponseReturnValue:
    """List the items of a project with the chosen one beside."""
    args, actor = request.args, current_actor()
    number, chosen_id = wanted_page(args), args.get("item", "")
    narrowed = ItemFilter(
        kind=one_of_kind(ItemKind, args.get("kind")),
        state=one_of_kind(ItemState, args.get("state")),
        code_prefix=args.get("element", "").strip().upper(),
        difficulty=level_of(args.get("difficulty", "")),
        words=args.get("words", "").strip(),
    )
    offset = (number - 1) * PAGE_LENGTH
    with transaction() as db:
        found = item_page(db, project_id, narrowed, offset=offset, limit=PAGE_LENGTH, actor=actor)
        if found.total and not found.lines:
            return redirect(f"{request.path}?{urlencode({**args, 'page': '1'})}")
        wanted = int(chosen_id) if chosen_id.isdecimal() else None
        versions = item_versions(db, wanted, actor=actor) if wanted else ()
        seen = ("item", wanted) if wanted else ("project", project_id)
        note(db, "view_item" if wanted else "view_bank", seen, actor=actor, now=now())
        return render_template(
            "question_bank/items.html",
            project=project_of(db, project_id),
            page=page_of(found.lines, found.total, number),
            filters=args,
            narrowed=narrowed != ItemFilter(),
            chosen=versions[0] if versions else None,
            content=content_of(versions[0]) if versions else None,
            history=versions,
            may_keep=actor.may(_P.BANK_WRITE),
            may_export=actor.may(_P.BANK_EXPORT),
            moves=moves_from(versions[0].item.state) if versions else [],
            may_edit=bool(versions) and may_write(versions[0].item, actor=actor),
        )


def level_of(text: str) -> int | None:
    """Return the level of difficulty that a filter names; anything else does not narrow."""
    return int(text) if text in {str(level) for level in DIFFICULTIES} else None


def moves_from(state: str) -> list[tuple[str, str]]:
    """Return the states into which a manager may move an item, as choices."""
    allowed = MOVES.get(ItemState(state), frozenset())
    return [(wanted, word("item", wanted)) for wanted in ItemState if wanted in allowed]


def one_of_kind(kinds: type[Kind], text: str | None) -> Kind | None:
    """Return the value of an enumeration that a filter names; anything else does not narrow."""
    return kinds(text) if text in set(kinds) else None


@blueprint.get("/figures/<int:version_id>")
@requires(_P.BANK_READ)
def figure(version_id: int) -> Response:
    """Give the figure of an item."""
    with reading() as db:
        version = db.get(ItemVersion, version_id)
        if version is None or version.figure_hash is None:
            raise NotFoundError(what="插图")
        drawn = content_of(version).figure
        assert drawn is not None
        content, item_id = files_of(db).get(version.figure_hash), version.item_id
    log_view(item_id, figure=True)
    return shown(content, f"figure-{version_id}", drawn.media_type)


@blueprint.get("/<int:project_id>/elements")
@requires(_P.BANK_READ)
def elements(project_id: int) -> ResponseReturnValue:
    """Show the table of assessed elements with the banked items of every point."""
    with reading() as db:
        table = elements_of(db, project_id)
        totals = totals_of(outline_of(db, project_id))
        codes = [item.point_code for item in assembly_pool(db, project_id)]
        summary = bank_summary(db, project_id, actor=current_actor())
        rows = [
            {
                "element": element,
                "items": sum(code.startswith(element.code) for code in codes),
                "ratio": total.ratio if total.points else "—",
            }
            for element, total in zip(table, totals, strict=True)
        ]
        return render_template(
            "question_bank/elements.html",
            project=project_of(db, project_id),
            rows=rows,
            ranges=summary.ranges,
            thin={code for entry in summary.ranges for code in entry.thin_points},
            may_write=current_actor().may(_P.BANK_WRITE),
        )


@blueprint.get("/<int:project_id>/blueprints")
@requires(_P.BANK_READ)
def blueprints(project_id: int) -> ResponseReturnValue:
    """Show the blueprints of a project: the version in force, and those before."""
    with reading() as db:
        by_code: dict[str, list[BlueprintVersion]] = {}
        for found, sets in blueprint_versions(db, project_id):
            version = BlueprintVersion(found.id, found.version, terms_of(found), sets)
            by_code.setdefault(found.code, []).append(version)
        return render_template(
            "question_bank/blueprints.html",
            project=project_of(db, project_id),
            blueprints=list(by_code.values()),
            may_write=current_actor().may(_P.BANK_WRITE),
        )


@blueprint.get("/<int:project_id>/duplicates")
@requires(_P.BANK_READ)
def duplicates(project_id: int) -> ResponseReturnValue:
    """List the pairs of items that resemble each other, gravest class first."""
    wanted = one_of_kind(DuplicateClass, request.args.get("class"))
    with transaction() as db:
        compared = compared_items(db, project_id, actor=current_actor())
        note(db, "view_bank", ("project", project_id), actor=current_actor(), now=now())
    pairs = off_the_loop(find_duplicates, [item.content for item in compared])
    chosen = [pair for pair in pairs if wanted in (None, pair.likeness.duplicate_class)]
    page = cut(chosen, request.args)
    with reading() as db:
        return render_template(
            "question_bank/duplicates.html",
            project=project_of(db, project_id),
            compared=len(compared),
            counts=Counter(pair.likeness.duplicate_class for pair in pairs),
            wanted=wanted,
            page=page,
            rows=[side_by_side(compared, pair) for pair in page.lines],
        )


def side_by_side(compared: tuple[ComparedItem, ...], pair: DuplicatePair) -> dict[str, object]:
    """Return a pair with both items, their stems cut where they differ."""
    items = compared[pair.first], compared[pair.second]
    stems = differing_parts(items[0].content.stem, items[1].content.stem)
    sides = [{"item": item, "stem": stem} for item, stem in zip(items, stems, strict=True)]
    return {"likeness": pair.likeness, "sides": sides}
