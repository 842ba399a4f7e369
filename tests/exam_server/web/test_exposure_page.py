"""The page of the ledger: sorted, narrowed, exported, and it opens no item."""

import io
import re
from pathlib import Path

import openpyxl
import pytest

from item_bank.actions import load_bank
from item_bank.composing.actions import SetOrder, compose_set, release_set
from item_bank.exchange.bank_folder import read_bank
from item_bank.queries import blueprints_of
from item_bank.rules.kinds import SetPurpose
from registry.access import SYSTEM, Role
from registry.accounts.queries import actor_of
from registry.catalog.queries import project_by_number
from tests.exam_server.web.office_site import Site
from tests.support import factories
from tests.support.invented_bank import write_bank

USES = re.compile(r'<td class="num right">(\d+)</td><td class="num right">\d+\.\d%</td>')


@pytest.fixture
def ledger(site: Site, tmp_path: Path) -> str:
    """A bank of which three papers were released; returns the address of its ledger."""
    now = site.clock()  # type: ignore[operator]
    with site.database.transaction() as db:
        source = read_bank(write_bank(tmp_path / "bank"))
        load_bank(db, 1, source, actor=SYSTEM, reviewer=SYSTEM, now=now)
        project_id = project_by_number(db, 1).id
        (blueprint,) = blueprints_of(db, project_id)
        order = SetOrder(blueprint.id, 1, SetPurpose.PARALLEL, 3)
        releaser = actor_of(factories.make_account(db, Role.PAPER_RELEASER, now=now))
        made = compose_set(db, site.known.arranged_plan, order, actor=SYSTEM, now=now)
        release_set(db, made.id, actor=releaser, now=now)
    return f"/bank/{project_id}/exposure"


def test_the_most_used_come_first_and_the_order_can_be_turned(site: Site, ledger: str) -> None:
    manager = site.signed_in("bank_manager")
    manager.get(ledger)
    uses = [int(number) for number in USES.findall(manager.page)]
    assert uses == sorted(uses, reverse=True)
    assert uses[0] > 0
    manager.get(f"{ledger}?sort=least")
    assert set(USES.findall(manager.page)) == {"0"}
    manager.get(f"{ledger}?kind=true_false&element=b-a")
    assert "单选</td>" not in manager.page
    assert len(USES.findall(manager.page)) == 12


def test_the_page_names_items_but_opens_none(site: Site, ledger: str) -> None:
    releaser = site.signed_in("paper_releaser")
    assert releaser.get(ledger).status_code == 200
    assert "99-0" in releaser.page
    assert "虚构题干" not in releaser.page
    assert site.signed_in("scanner").get(ledger).status_code == 403


def test_the_workbook_has_the_lines_of_the_page_in_their_order(site: Site, ledger: str) -> None:
    manager = site.signed_in("bank_manager")
    reply = manager.get(f"{ledger}/export?sort=code&kind=single_choice")
    sheet = openpyxl.load_workbook(io.BytesIO(reply.data)).active
    assert sheet is not None
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][:3] == ("编号", "版本", "题型")
    assert len(rows) == 1 + 36
    assert [row[0] for row in rows[1:]] == sorted(str(row[0]) for row in rows[1:])
    assert sum(int(str(row[6])) for row in rows[1:]) == 30
