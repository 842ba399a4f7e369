"""The ledger of exposure counts released papers by version, and knows when they were used last."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.factories import make_plan
from support.invented_bank import PER_CELL, item_lines, write_items

from item_bank.actions import load_bank
from item_bank.composing.actions import SetOrder, compose_set, release_set
from item_bank.composing.exposure_queries import exposure_ledger
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import Item, PaperItem
from item_bank.rules.kinds import ItemState, SetPurpose
from registry.access import SYSTEM, Role
from registry.errors import NotAllowedError


def released(db, bank, now, purpose=SetPurpose.ONE, papers=1, plan=None):
    order = SetOrder(bank.loaded.blueprint_id, 3, purpose, papers)
    made = compose_set(db, (plan or bank.plan).id, order, actor=bank.manager, now=now)
    return release_set(db, made.id, actor=bank.releaser, now=now)


def test_a_bank_without_papers_is_listed_unused(db, bank):
    ledger = exposure_ledger(db, bank.project_id, actor=bank.manager)
    assert (len(ledger.lines), ledger.papers, ledger.by_uses) == (108, 0, (108,))
    assert {(line.uses, line.last_used_at, line.share) for line in ledger.lines} == {(0, None, 0.0)}


def test_uses_are_papers_released_and_a_and_b_count_once(db, bank, now):
    released(db, bank, now, SetPurpose.AB)
    later = now + timedelta(days=1)
    made = released(db, bank, later, SetPurpose.PARALLEL, 2)
    order = SetOrder(bank.loaded.blueprint_id, 4)
    compose_set(db, bank.plan.id, order, actor=bank.manager, now=later)  # waits for release
    ledger = exposure_ledger(db, bank.project_id, actor=bank.releaser)
    assert ledger.papers == 3
    assert sum(line.uses for line in ledger.lines) == 60
    assert sum(number * items for number, items in enumerate(ledger.by_uses)) == 60
    newest = db.scalars(
        select(PaperItem.item_version_id).where(
            PaperItem.paper_id.in_([paper.id for paper in made.papers])
        )
    ).all()
    used = {line.item_id: line for line in ledger.lines if line.uses}
    for item in db.scalars(select(Item)):
        if item.versions[0].id in newest:
            assert used[item.id].last_used_at == later
            assert used[item.id].share == used[item.id].uses / 3


def test_a_version_that_was_used_stays_listed_beside_its_successor(db, bank, now):
    released(db, bank, now)
    lines = item_lines(PER_CELL)
    for line in lines:
        line["stem"] = "后来" + line["stem"]
    write_items(bank.folder, lines)
    load_bank(db, 1, read_bank(bank.folder), actor=SYSTEM, reviewer=SYSTEM, now=now)
    ledger = exposure_ledger(db, bank.project_id, actor=bank.manager)
    assert len(ledger.lines) == 108 + 20
    assert {line.uses for line in ledger.lines if line.version == 2} == {0}


def test_an_unused_item_that_rests_is_not_listed_a_used_one_is(db, bank, now):
    released(db, bank, now)
    for item in db.scalars(select(Item)):
        item.state = ItemState.RETIRED
    db.flush()
    ledger = exposure_ledger(db, bank.project_id, actor=bank.manager)
    assert {(line.uses, line.state) for line in ledger.lines} == {(1, ItemState.RETIRED)}


def test_another_project_has_a_ledger_of_its_own(db, bank, now):
    released(db, bank, now, plan=make_plan(db, bank.office, now=now))
    assert exposure_ledger(db, bank.project_id + 1, actor=bank.manager).lines == ()
    with pytest.raises(NotAllowedError):
        exposure_ledger(db, bank.project_id, actor=bank.office.actor(Role.SCANNER))
