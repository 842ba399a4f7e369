"""A loaded bank and an approved plan of the same project."""

from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.factories import Office, make_office, make_plan
from support.invented_bank import write_bank

from item_bank.actions import LoadResult, load_bank
from item_bank.exchange.bank_folder import read_bank
from registry.access import Actor, Role
from registry.catalog.queries import project_by_number
from registry.plans.models import AssessmentPlan
from tests.conftest import START, rolled_back_database

PROJECT_NUMBER = 1


@dataclass(frozen=True)
class Bank:
    folder: Path
    project_id: int
    office: Office
    plan: AssessmentPlan
    loaded: LoadResult

    @property
    def manager(self) -> Actor:
        return self.office.actor(Role.BANK_MANAGER)

    @property
    def releaser(self) -> Actor:
        return self.office.actor(Role.PAPER_RELEASER)


@pytest.fixture
def db(request):
    """One transaction, rolled back at the end: in the loaded bank, or in an empty database."""
    if "bank" in request.fixturenames:
        loaded, _ = request.getfixturevalue("loaded_bank")
        trial = loaded.begin_nested()
        yield loaded
        trial.rollback()
        loaded.expire_all()
        return
    with request.getfixturevalue("shared_database").session() as empty:
        yield empty
        empty.rollback()


@pytest.fixture
def bank(db, loaded_bank, tmp_path):
    """The loaded bank, its folder once more for this test alone."""
    return replace(loaded_bank[1], folder=write_bank(tmp_path / "bank"))


@pytest.fixture(scope="session")
def loaded_bank(request, tmp_path_factory):
    """A transaction in which the bank has been loaded, never committed, and the bank."""
    folder = tmp_path_factory.mktemp("bank") / "bank"
    with rolled_back_database(request, tmp_path_factory) as database, database.session() as db:
        yield db, load(db, START, folder)
        db.rollback()


def load(db, now, folder) -> Bank:
    office = make_office(db, now=now)
    plan = make_plan(db, office, now=now, project_number=PROJECT_NUMBER)
    write_bank(folder)
    loaded = load_bank(
        db,
        PROJECT_NUMBER,
        read_bank(folder),
        actor=office.actor(Role.BANK_MANAGER),
        reviewer=second_manager(db, now),
        now=now,
    )
    project = project_by_number(db, PROJECT_NUMBER)
    return Bank(folder, project.id, office, plan, loaded)


def second_manager(db, now) -> Actor:
    from support.factories import make_account

    from registry.accounts.queries import actor_of

    return actor_of(make_account(db, Role.BANK_MANAGER, now=now))
