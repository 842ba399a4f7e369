"""Wherever items are shown, the log says who saw them and a watermark lies over the page."""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import pypdfium2
import pytest
from sqlalchemy import func, select
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from item_bank.composing.actions import compose_paper, release_paper
from item_bank.models import Blueprint, ItemVersion, PaperItem
from registry.access import ROLE_PERMISSIONS, Permission, Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from scoring.errata.actions import NewErratum, propose_erratum
from scoring.rules.errata import Remedy
from tests.conftest import START, Clock
from tests.exam_server.web.office_site import Known, Site, Visitor, open_site
from tests.exam_server.web.review_office import ReviewOffice, open_review_office
from tests.support import factories
from tests.support.invented_bank import RATIONALE_MARK, SVG

WORDS = ("的虚构题干是", "题为虚构的说法", RATIONALE_MARK, "题选项")
WATERMARK = '<svg class="watermark"'
SECRET_PLACES = ("/bank", "/papers", "/errata")
NOT_OF_STAFF = ("candidate.", "static")
READERS = ("manager", "releaser", "decider", "first", "author")


@dataclass(frozen=True)
class SecretOffice:
    """An office with a bank, items under review, a released paper and an erratum."""

    review: ReviewOffice
    people: dict[str, Visitor]
    values: dict[str, tuple[object, ...]]  # what stands for the arguments of addresses

    def newest_entry(self) -> int:
        """Return the last line of the log."""
        with self.review.site.database.reading() as db:
            return db.scalar(select(func.max(AuditEntry.id))) or 0

    def lines_since(self, entry_id: int) -> list[AuditEntry]:
        """Return what was written to the log since."""
        with self.review.site.database.reading() as db:
            return list(db.scalars(select(AuditEntry).where(AuditEntry.id > entry_id)))


@pytest.fixture(scope="module")
def secrets(
    prepared_office: tuple[Path, Known], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[SecretOffice]:
    home, known = prepared_office
    folder = tmp_path_factory.mktemp("secrets")
    own = replace(known, logins=dict(known.logins))
    site = open_site(home, folder / "home", own, Clock(START))
    yield make_secrets(site, open_review_office(site, folder / "bank"))
    site.server.close()


def make_secrets(site: Site, review: ReviewOffice) -> SecretOffice:
    """Compose and release a paper of the bank, propose an erratum, sign everybody in."""
    now, desk = site.clock(), review.desk  # type: ignore[operator]
    with site.database.transaction() as db:
        blueprint_id = db.scalars(select(Blueprint.id)).one()
        releaser = actor_of(factories.make_account(db, Role.PAPER_RELEASER, now=now))
        decider_role = next(
            role for role, held in ROLE_PERMISSIONS.items() if Permission.ERRATUM_DECIDE in held
        )
        decider = actor_of(factories.make_account(db, decider_role, now=now))
        plan_id = site.known.arranged_plan
        paper = compose_paper(db, plan_id, blueprint_id, 7, actor=desk.manager, now=now)
        release_paper(db, paper.id, actor=releaser, now=now)
        paper_id, set_id = paper.id, paper.set_id
        used = db.scalars(select(PaperItem.item_version_id).order_by(PaperItem.position)).first()
        assert used is not None
        wanted = NewErratum(used, Remedy.GIVE_ALL, "题干有误")
        erratum_id = propose_erratum(db, wanted, actor=desk.manager, now=now).id
        with_figure = db.scalars(
            select(ItemVersion.id).where(ItemVersion.figure_hash.is_not(None))
        ).all()
        values: dict[str, tuple[object, ...]] = {
            "item_id": (1, *review.item_ids),
            "version_id": (used, *with_figure),
            "project_id": (desk.project_id,),
            "paper_id": (paper_id,),
            "set_id": (set_id,),
            "plan_id": (plan_id,),
            "erratum_id": (erratum_id,),
            "kind": ("door",),  # of the papers of a sitting
        }
    actors = {
        "manager": desk.manager,
        "releaser": releaser,
        "decider": decider,
        "first": desk.first,
        "author": desk.author,
    }
    people = {name: review.person(actor) for name, actor in actors.items()}
    return SecretOffice(review, people, values)


def addresses(rule: Rule, secrets: SecretOffice) -> Iterator[str]:
    """Return the addresses of a rule, for every value that its arguments may have."""
    names = sorted(rule.arguments)
    choices = [secrets.values.get(name, (1,)) for name in names]
    bound = secrets.review.site.server.app.url_map.bind("localhost")
    for values in product(*choices):
        address = bound.build(rule.endpoint, dict(zip(names, values, strict=True)))
        yield address
        if rule.endpoint == "question_bank.items":
            yield f"{address}?item={secrets.values['item_id'][1]}"
        if rule.endpoint == "errata.new":
            yield f"{address}?version={secrets.values['version_id'][0]}"


def says_item(response: TestResponse) -> bool:
    """Tell whether a reply holds words or the figure of an item."""
    if response.mimetype == "application/pdf":
        pages = pypdfium2.PdfDocument(response.data)
        text = "".join(page.get_textpage().get_text_bounded() for page in pages)
        pages.close()
    elif response.data.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(response.data)) as parts:
            text = "".join(parts.read(name).decode(errors="replace") for name in parts.namelist())
    else:
        text = response.data.decode(errors="replace")
    bare = re.sub(r"\s", "", text)
    return any(word in bare for word in WORDS) or SVG in text


def shown_items(secrets: SecretOffice, name: str) -> dict[str, list[str]]:
    """Open every address; return what showed items by endpoint, with what was missing."""
    app, visitor = secrets.review.site.server.app, secrets.people[name]
    found: dict[str, list[str]] = {}
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()) or rule.endpoint.startswith(NOT_OF_STAFF):
            continue
        for address in addresses(rule, secrets):
            before = secrets.newest_entry()
            response = visitor.get(address)
            if response.status_code != 200 or not says_item(response):
                continue
            faults = found.setdefault(rule.endpoint, [])
            if not secrets.lines_since(before):
                faults.append(f"{address}: no line in the log")
            if response.mimetype == "text/html" and WATERMARK not in response.get_data(True):
                faults.append(f"{address}: no watermark")
    return found


EXPECTED = {
    "manager": {
        "question_bank.items",
        "question_bank.figure",
        "question_bank.duplicates",
        "item_trace.show",
        "errata.new",
        "errata.show",
        "papers.show",
    },
    "releaser": {"question_bank.items", "papers.show", "paper_prints.booklet"},
    "decider": {"errata.show"},
    "first": {"item_review.queue", "item_review.show", "item_review.figure"},
    "author": set(),
}


@pytest.mark.parametrize("name", READERS)
def test_every_page_that_shows_items_is_logged_and_watermarked(
    secrets: SecretOffice, name: str
) -> None:
    found = shown_items(secrets, name)
    assert [fault for faults in found.values() for fault in faults] == []
    assert EXPECTED[name] <= set(found)


@pytest.mark.parametrize("name", ["first", "author"])
def test_authors_and_reviewers_open_neither_bank_nor_papers(
    secrets: SecretOffice, name: str
) -> None:
    app, visitor = secrets.review.site.server.app, secrets.people[name]
    tried = 0
    for rule in app.url_map.iter_rules():
        if "GET" in (rule.methods or ()) and rule.rule.startswith(SECRET_PLACES):
            for address in addresses(rule, secrets):
                assert visitor.get(address).status_code == 403, address
                tried += 1
    assert tried > 10


def test_what_is_written_to_the_log_holds_no_words_of_items(secrets: SecretOffice) -> None:
    secrets.people["first"].get("/review/")
    lines = secrets.lines_since(0)
    assert lines
    assert [line.id for line in lines if any(word in line.detail for word in WORDS)] == []


def test_printing_a_page_stands_in_the_log_by_its_address(secrets: SecretOffice) -> None:
    reviewer, before = secrets.people["first"], secrets.newest_entry()
    reviewer.get("/review/")
    assert reviewer.post("/printed", page="/review/").status_code == 204
    (line,) = [line for line in secrets.lines_since(before) if line.action == "print_page"]
    assert (line.object_id, line.account_id) == ("/review/", secrets.review.desk.first.account_id)
    assert reviewer.post("/printed", page=" ").status_code == 400
