"""The element table in the database: saved as a whole, items keep their points, log and files."""

import io
import json
from dataclasses import replace

import openpyxl
import pytest
from sqlalchemy import select

from item_bank.element_actions import known_rows, save_element_table
from item_bank.element_queries import bank_adequacy, outline_of, print_of
from item_bank.errors import ChangedElementTableError, FaultyElementTableError
from item_bank.exchange.element_table_file import read_element_table, write_element_table
from item_bank.exchange.records import UnreadableFileError
from item_bank.models import Element, ItemVersion
from item_bank.queries import elements_of
from item_bank.rules.element_outline import (
    UP,
    check_outline,
    coded,
    moved,
    removed,
    with_child,
    with_sibling,
)
from registry.access import Role
from registry.audit_log import AuditEntry
from registry.catalog.queries import project_by_number
from registry.errors import NotAllowedError
from tests.item_bank.worked_example import RANGES, example_outline
from tests.support.refusals import refused

EMPTY = print_of(())


@pytest.fixture
def empty_project(db, bank):
    return project_by_number(db, 2).id


def save(db, bank, project_id, rows, now, *, seen=None):
    seen = print_of(outline_of(db, project_id)) if seen is None else seen
    return save_element_table(db, project_id, rows, seen, actor=bank.manager, now=now)


def place_of(rows, code):
    return next(at for at, row in enumerate(rows) if row.code == code)


def test_a_whole_table_is_stored_with_codes_and_parents(db, now, bank, empty_project):
    save(db, bank, empty_project, example_outline(), now)
    stored = {element.code: element for element in elements_of(db, empty_project)}
    assert [code for code in stored if code.count("-") < 3] == [code for code, *_rest in RANGES]
    point = stored["B-B-B-007"]
    assert (point.level, point.importance, point.weight) == (4, "X", None)
    assert point.parent_id == stored["B-B-B"].id
    assert stored["B-B-B"].parent_id == stored["B-B"].id


def test_saving_tells_the_log_what_was_before_and_after_and_nothing_for_nothing(
    db, now, bank, empty_project
):
    save(db, bank, empty_project, example_outline(), now)
    rows = outline_of(db, empty_project)
    at = place_of(rows, "A-A-A-001")
    rows = removed((*rows[:at], replace(rows[at], name="道德的概念"), *rows[at + 1 :]), at + 1)
    save(db, bank, empty_project, rows, now)
    save(db, bank, empty_project, outline_of(db, empty_project), now)
    lines = select(AuditEntry).where(AuditEntry.action == "save_element_table")
    entries = db.scalars(lines.order_by(AuditEntry.id)).all()
    assert len(entries) == 2
    assert json.loads(entries[1].detail) == {
        "added": [],
        "changed": [{"before": "A-A-A-001 职业道德要点1 X", "after": "A-A-A-001 道德的概念 X"}],
        "removed": ["A-A-A-002 职业道德要点2 X"],
    }


def test_rows_that_change_places_change_codes_without_colliding(db, now, bank, empty_project):
    save(db, bank, empty_project, example_outline(), now)
    rows = outline_of(db, empty_project)
    names = {element.id: element.name for element in elements_of(db, empty_project)}
    save(db, bank, empty_project, moved(rows, place_of(rows, "B-D"), UP), now)
    stored = elements_of(db, empty_project)
    assert {element.id: element.name for element in stored} == names
    by_code = {element.code: element.name for element in stored}
    assert (by_code["B-C"], by_code["B-D"]) == ("安全与应急", "早期潜能开发")


def test_nothing_is_stored_while_anything_is_wrong(db, now, bank, empty_project):
    rows = example_outline()
    wrong = (replace(rows[0], weight="11"), *rows[1:-1], replace(rows[-1], importance=""))
    with refused(db, FaultyElementTableError) as info:
        save(db, bank, empty_project, wrong, now)
    assert {(fault.place, fault.column) for fault in info.value.faults} == {
        (-1, "weight"),
        (0, "weight"),
        (len(rows) - 1, "importance"),
    }


def test_points_with_items_survive_with_their_codes(db, now, bank):
    rows = outline_of(db, bank.project_id)
    at = next(at for at, row in enumerate(rows) if row.level == 4)
    assert rows[at].is_pinned
    with refused(db, FaultyElementTableError, match="不能删除") as info:
        save(db, bank, bank.project_id, removed(rows, at), now)
    assert rows[at].code in info.value.faults[0].text
    with refused(db, FaultyElementTableError, match="编号不能改变"):
        save(db, bank, bank.project_id, moved(rows, at + 1, UP), now)
    renamed = (*rows[:at], replace(rows[at], name="新名称"), *rows[at + 1 :])
    save(
        db,
        bank,
        bank.project_id,
        with_sibling(renamed, at, "n1")[: at + 1] + renamed[at + 1 :],
        now,
    )
    version = db.scalars(
        select(ItemVersion).join(Element).where(Element.code == rows[at].code)
    ).first()
    assert version.element.name == "新名称"


def test_a_point_is_added_behind_those_with_items(db, now, bank):
    rows = outline_of(db, bank.project_id)
    at = place_of(rows, "A-A-A")
    longer = with_child(rows, at, "n1")
    new = next(place for place, row in enumerate(longer) if row.key == "n1")
    longer = (*longer[:new], replace(longer[new], name="新点", importance="Z"), *longer[new + 1 :])
    done = save(db, bank, bank.project_id, longer, now)
    assert done[new].code == "A-A-A-004"


def test_what_the_form_says_of_codes_and_items_is_not_believed(db, now, bank):
    present = outline_of(db, bank.project_id)
    forged = tuple(replace(row, code="Z", is_pinned=False) for row in present)
    assert known_rows(forged, present) == present


def test_a_table_changed_meanwhile_is_not_overwritten(db, now, bank, empty_project):
    save(db, bank, empty_project, example_outline(), now, seen=EMPTY)
    with refused(db, ChangedElementTableError):
        save(db, bank, empty_project, example_outline(), now, seen=EMPTY)


def test_only_managers_change_the_table(db, now, bank, empty_project):
    author = bank.office.actor(Role.PAPER_RELEASER)
    with refused(db, NotAllowedError):
        save_element_table(db, empty_project, example_outline(), EMPTY, actor=author, now=now)


def test_the_adequacy_of_a_loaded_bank_counts_every_banked_item(db, bank):
    lines = bank_adequacy(db, bank.project_id, actor=bank.manager)
    assert [line.code for line in lines] == ["A-A-A", "A-A-B", "B-A-A"]
    assert sum(line.total.count for line in lines) == bank.loaded.items_added
    assert all(cell.need >= 0 for line in lines for cell in line.cells)
    assert any(cell.need for line in lines for cell in line.cells)


# As a workbook ------------------------------------------------------------------------------


def stored_example():
    return coded(example_outline())[0]


def known(rows):
    return {row.code: row for row in rows}


def test_the_official_layout_holds_computed_ratios_and_merged_ranges():
    sheet = openpyxl.load_workbook(io.BytesIO(write_element_table(stored_example(), "母婴护理")))
    page = sheet.worksheets[0]
    assert [page.cell(2, column).value for column in (1, 5, 9, 13)] == [
        "鉴定范围 一级",
        "鉴定范围 二级",
        "鉴定范围 三级",
        "鉴定点",
    ]
    first = [page.cell(4, column).value for column in range(1, 16)]
    assert first == [
        *("A", "基本要求", "(05:02:01)", 10),
        *("A", "职业道德与法规", "(05:02:01)", 10),
        *("A", "职业道德", "(02:01:00)", 4),
        *("001", "职业道德要点1", "X"),
    ]
    assert "A4:A11" in {str(merged) for merged in page.merged_cells.ranges}


def test_a_written_table_is_read_back_as_the_same_rows():
    rows = stored_example()
    read = read_element_table(write_element_table(rows, "母婴护理"), known(rows))
    assert read.rows == rows
    assert read.lines[:4] == (4, 4, 4, 4)
    assert check_outline(read.rows) == ()


def test_a_table_of_two_levels_is_read_back_too():
    rows = tuple(row for row in stored_example() if row.level < 3)
    assert read_element_table(write_element_table(rows, "母婴护理"), known(rows)).rows == rows


def test_rows_that_are_new_in_the_file_are_new_and_changes_keep_their_row():
    rows = stored_example()
    book = openpyxl.load_workbook(io.BytesIO(write_element_table(rows, "母婴护理")))
    page = book.worksheets[0]
    last = page.max_row
    page.cell(last, 14).value = "改过的名称"
    for column, value in ((13, "009"), (14, "新的鉴定点"), (15, "z")):
        page.cell(last + 1, column, value)
    buffer = io.BytesIO()
    book.save(buffer)
    read = read_element_table(buffer.getvalue(), known(rows))
    changed, added = read.rows[-2:]
    assert (changed.key, changed.name) == (rows[-1].key, "改过的名称")
    assert (added.code, added.importance, read.lines[-1]) == ("B-D-A-009", "Z", last + 1)
    assert added.key not in {row.key for row in rows}


def test_a_code_that_stands_twice_is_a_row_of_its_own_and_found_by_its_place():
    rows = stored_example()
    book = openpyxl.load_workbook(io.BytesIO(write_element_table(rows, "母婴护理")))
    page = book.worksheets[0]
    page.cell(page.max_row, 13).value = "007"
    buffer = io.BytesIO()
    book.save(buffer)
    read = read_element_table(buffer.getvalue(), known(rows))
    assert len({row.key for row in read.rows}) == len(read.rows)


@pytest.mark.parametrize("content", [b"", b"not a workbook", b"PK\x03\x04broken"])
def test_what_is_no_workbook_is_refused(content):
    with pytest.raises(UnreadableFileError):
        read_element_table(content, {})


def test_a_workbook_without_the_header_is_refused():
    book = openpyxl.Workbook()
    book.active.append(["代码", "名称"])
    buffer = io.BytesIO()
    book.save(buffer)
    with pytest.raises(UnreadableFileError) as info:
        read_element_table(buffer.getvalue(), {})
    assert "表头" in info.value.reason
