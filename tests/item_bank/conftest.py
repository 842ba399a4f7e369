"""A loaded bank and an approved plan of the same project."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from support.factories import Office, make_office, make_plan
from support.invented_bank import write_bank

from item_bank.actions import LoadResult, load_bank
from item_bank.exchange.bank_folder import read_bank
from registry.access import Actor, Role
from registry.catalog.queries import project_by_number
from registry.plans.models import AssessmentPlan

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
def bank(db, now, tmp_path):
    office = make_office(db, now=now)
    plan = make_plan(db, office, now=now, project_number=PROJECT_NUMBER)
    folder = write_bank(tmp_path / "bank")
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
