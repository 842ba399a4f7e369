"""The list of banks names every project with a table of elements, also those without items."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import event

from exam_server.seeding import SEEDS
from item_bank.actions import load_bank, load_element_tree
from item_bank.exchange.bank_folder import read_bank
from item_bank.exchange.element_trees import read_element_trees
from item_bank.models import Item
from item_bank.rules.kinds import ItemState
from registry.access import SYSTEM, Role
from registry.catalog.queries import project_by_number
from tests.exam_server.web.office_site import Site, Visitor
from tests.support.invented_bank import write_bank

TREES = read_element_trees((SEEDS / "element_trees" / "trees.csv").read_text("utf-8"))
BANKED, TREE_ONLY = 52, 1
MOST_STATEMENTS = 8  # the visitor's sign-in and rights included


@pytest.fixture
def manager(site: Site, tmp_path: Path) -> Visitor:
    """A bank manager; one project has a bank, the others of the file have trees."""
    now = site.clock()  # type: ignore[operator]
    source = read_bank(write_bank(tmp_path / "bank", per_cell=1))
    with site.database.transaction() as db:
        load_bank(db, BANKED, source, actor=SYSTEM, reviewer=SYSTEM, now=now)
        for number, rows in TREES.items():
            load_element_tree(db, number, rows, actor=SYSTEM, now=now)
    return site.signed_in(Role.BANK_MANAGER)


@contextmanager
def statements(site: Site) -> Iterator[list[str]]:
    """Collect the selects sent to the database."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(site.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(site.database.engine, "before_cursor_execute", note)


def listed(visitor: Visitor) -> list[tuple[str, str]]:
    """Return number and state of the projects on the page."""
    rows = re.findall(
        r'<td class="num right">(\d+)</td>.*?<span class="badge[^"]*">(.*?)</span>',
        visitor.page[visitor.page.index("<tbody>") :],
        re.S,
    )
    return [(number, state) for number, state in rows]


def project_id(site: Site, number: int) -> int:
    with site.database.reading() as db:
        return project_by_number(db, number).id


def test_projects_with_a_tree_only_wait_for_items(manager: Visitor) -> None:
    manager.get("/bank/?page=1")
    first = listed(manager)
    manager.get("/bank/?page=2")
    shown = dict(first + listed(manager))
    assert shown == {str(number): "待命题" for number in TREES} | {str(BANKED): "已建库"}


def test_list_is_narrowed_by_state_and_by_words(manager: Visitor) -> None:
    manager.get("/bank/?state=stocked")
    assert listed(manager) == [(str(BANKED), "已建库")]
    manager.get("/bank/?words=盾构")
    assert listed(manager) == [("67", "待命题")]
    manager.get("/bank/?words=盾构&state=in_work")
    assert "没有符合条件的项目" in manager.page


def test_a_page_behind_the_last_leads_to_the_first(site: Site, manager: Visitor) -> None:
    bank = f"/bank/{project_id(site, BANKED)}/items"
    response = manager.get(f"{bank}?page=99&kind=single_choice")
    assert response.status_code == 302
    assert response.location.endswith(f"{bank}?page=1&kind=single_choice")


def test_bank_without_a_banked_item_is_in_work(site: Site, manager: Visitor) -> None:
    with site.database.transaction() as db:
        db.query(Item).update({"state": ItemState.FIRST_REVIEW})
    manager.get("/bank/?state=in_work")
    assert listed(manager) == [(str(BANKED), "命题中")]


def test_long_list_takes_few_statements(site: Site, manager: Visitor) -> None:
    manager.get("/bank/")
    with statements(site) as seen:
        manager.get("/bank/")
    assert len(listed(manager)) == 50
    assert 0 < len(seen) <= MOST_STATEMENTS


def test_table_of_a_tree_shows_its_ranges_with_weights(site: Site, manager: Visitor) -> None:
    manager.get(f"/bank/{project_id(site, TREE_ONLY)}/elements")
    body = manager.page[manager.page.index("<tbody>") :]
    cells = re.findall(
        r'<td class="num">(\S+)</td>.*?<b>(.*?)</b>.*?right">([\d.]+)</td>', body, re.S
    )
    assert cells == [(row.code, row.name, str(row.weight)) for row in TREES[TREE_ONLY]]
    assert "只到二级，待细化" in manager.page
    assert "按鉴定范围汇总" not in manager.page


@pytest.mark.parametrize(
    ("part", "says"),
    [
        ("items", "本项目的题库还没有试题"),
        ("blueprints", "本项目还没有组卷方案"),
        ("duplicates", "没有发现重复试题"),
    ],
)
def test_other_pages_of_a_tree_say_that_there_is_nothing_yet(
    site: Site, manager: Visitor, part: str, says: str
) -> None:
    assert manager.get(f"/bank/{project_id(site, TREE_ONLY)}/{part}").status_code == 200
    assert says in manager.page
