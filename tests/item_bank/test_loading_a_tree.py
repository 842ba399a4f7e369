"""A project gets the first levels of its table of elements once; a full bank takes their place."""

from dataclasses import dataclass

import pytest
from sqlalchemy import func, select
from support.factories import Office, make_office
from support.invented_bank import write_bank

from item_bank.actions import load_bank, load_element_tree
from item_bank.bank_queries import bank_summary
from item_bank.errors import FaultyBankError
from item_bank.exchange.bank_folder import read_bank
from item_bank.exchange.element_trees import read_element_trees
from item_bank.models import Element
from item_bank.queries import elements_of, range_weights
from item_bank.storing import store_elements
from registry.access import SYSTEM, Role
from registry.audit_log import AuditEntry
from registry.catalog.queries import project_by_number
from registry.errors import InvalidInputError, NotAllowedError, NotFoundError

HEADER = "project,code,name,level,weight\n"
TREE = HEADER + (
    "1,A,基本要求,1,20\n1,A-A,职业道德,2,20\n1,B,相关知识要求,1,80\n1,B-A,穿纱,2,50\n1,B-Z,看台,2,30\n"
)


@dataclass(frozen=True)
class Place:
    """A project without elements and the office of those who ask."""

    project_id: int
    office: Office


@pytest.fixture
def place(db, now):
    office = make_office(db, now=now)
    return Place(project_by_number(db, 1).id, office)


def load(db, now, text=TREE, actor=SYSTEM):
    trees = read_element_trees(text)
    return sum(load_element_tree(db, no, rows, actor=actor, now=now) for no, rows in trees.items())


def table(db, place):
    return [
        (row.code, row.name, row.level, row.weight) for row in elements_of(db, place.project_id)
    ]


def audit_lines(db, action):
    return db.scalar(select(func.count()).where(AuditEntry.action == action))


def test_a_tree_is_stored_under_its_project_with_one_audit_line(db, place, now):
    assert load(db, now, actor=place.office.actor(Role.BANK_MANAGER)) == 5
    assert ("B-A", "穿纱", 2, 50) in table(db, place)
    parents = dict(db.execute(select(Element.code, Element.parent_id)).all())
    assert parents["A"] is None
    assert parents["B-A"] == db.scalar(select(Element.id).where(Element.code == "B"))
    assert audit_lines(db, "load_element_tree") == 1


def test_loading_a_tree_twice_changes_nothing(db, place, now):
    load(db, now)
    before = table(db, place)
    assert load(db, now, text=TREE.replace("穿纱", "另一名称")) == 0
    assert table(db, place) == before
    assert audit_lines(db, "load_element_tree") == 1


def test_the_table_of_a_full_bank_is_never_overwritten_by_a_tree(db, bank, now):
    place = Place(bank.project_id, bank.office)
    before = table(db, place)
    assert load(db, now) == 0
    assert table(db, place) == before


def test_a_full_bank_takes_the_place_of_a_tree(db, place, now, tmp_path):
    load(db, now)
    source = read_bank(write_bank(tmp_path / "bank"))
    load_bank(db, 1, source, actor=SYSTEM, reviewer=SYSTEM, now=now)
    assert [row[0] for row in table(db, place)] == sorted(row.code for row in source.elements)
    assert sum(entry.weight for entry in range_weights(db, place.project_id)) == 100


def test_ranges_that_hold_points_stay_when_the_file_no_longer_names_them(db, bank):
    place = Place(bank.project_id, bank.office)
    before = table(db, place)
    store_elements(db, bank.project_id, read_bank(bank.folder).elements[:1])
    assert table(db, place) == before


def test_a_tree_alone_has_no_ranges_to_draw_from(db, place, now):
    load(db, now)
    summary = bank_summary(db, place.project_id, actor=place.office.actor(Role.BANK_MANAGER))
    assert (summary.ranges, summary.states) == ((), {})
    assert range_weights(db, place.project_id) == ()


def test_loading_a_tree_needs_the_permission_and_a_known_project(db, place, now):
    with pytest.raises(NotAllowedError):
        load(db, now, actor=place.office.actor(Role.PAPER_RELEASER))
    with pytest.raises(NotFoundError):
        load(db, now, text=TREE.replace("\n1,", "\n999,"))
    assert table(db, place) == []


def test_faults_of_a_tree_are_named_with_their_project(db):
    with pytest.raises(FaultyBankError) as refused:
        read_element_trees(TREE.replace("看台,2,30", "看台,2,31") + "1,C,其他,1,many\n")
    assert refused.value.faults == (
        "第 7 行：无法读取。",
        "项目 1：B 的比重为 80，下级之和为 81。",
    )


def test_a_file_without_a_column_is_refused():
    with pytest.raises(InvalidInputError, match="weight"):
        read_element_trees("project,code,name,level\n1,A,基本要求,1\n")
