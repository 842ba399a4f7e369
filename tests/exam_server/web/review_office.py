"""A bank with items under review behind the application, and its people signed in."""

from dataclasses import dataclass, replace
from pathlib import Path

from item_bank.actions import load_bank
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import Item
from item_bank.rules.item import Figure
from registry.access import SYSTEM, Actor, Role
from registry.accounts.models import Account
from registry.accounts.queries import actor_of
from registry.catalog.queries import project_by_number
from registry.database import files_of
from tests.exam_server.web.office_site import Site, Visitor
from tests.support import factories
from tests.support.invented_bank import SVG, write_bank
from tests.support.review_desk import ReviewDesk, open_desk, written

ALL_POINTS = (
    "point",
    "knowledge",
    "stem",
    "options",
    "key",
    "rationale",
    "language",
    "difficulty",
    "fairness",
)


@dataclass(frozen=True)
class ReviewOffice:
    """Three items wait for their first review; the second of them has a figure."""

    site: Site
    desk: ReviewDesk
    item_ids: tuple[int, ...]

    def person(self, actor: Actor) -> Visitor:
        """Somebody of the desk, signed in."""
        with self.site.database.reading() as db:
            login_name = db.get_one(Account, actor.account_id).login_name
        self.site.known.logins[login_name] = login_name  # type: ignore[index]
        return self.site.signed_in(login_name)

    @property
    def first(self) -> Visitor:
        return self.person(self.desk.first)

    @property
    def second(self) -> Visitor:
        return self.person(self.desk.second)

    def state(self, place: int = 0) -> str:
        """Return the state of an item."""
        with self.site.database.reading() as db:
            return db.get_one(Item, self.item_ids[place]).state

    def add(self, number: int, **changes: object) -> int:
        """Let the author submit one more item."""
        now = self.site.clock()  # type: ignore[operator]
        with self.site.database.transaction() as db:
            return written(db, self.desk, number, now=now, **changes).id


def open_review_office(site: Site, folder: Path) -> ReviewOffice:
    """Load a bank into the office, appoint people, submit items."""
    now = site.clock()  # type: ignore[operator]
    with site.database.transaction() as db:
        manager = actor_of(factories.make_account(db, Role.BANK_MANAGER, now=now))
        source = read_bank(write_bank(folder))
        load_bank(db, 1, source, actor=manager, reviewer=SYSTEM, now=now)
        desk = open_desk(db, project_by_number(db, 1).id, manager, now=now)
        figure = Figure(files_of(db).put(SVG.encode()), "image/svg+xml", "一个方框", "图1")
        ids = [
            written(db, desk, number, now=now, figure=figure if number == 902 else None).id
            for number in (901, 902, 903)
        ]
        return ReviewOffice(site, replace(desk, manager=manager), tuple(ids))


def form_of(page: str) -> dict[str, object]:
    """Return the hidden fields of the decision as the page has them."""
    hidden = {}
    for name in ("version_id", "round"):
        hidden[name] = page.split(f'name="{name}" value="')[1].split('"')[0]
    return hidden
