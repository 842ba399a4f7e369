"""A bank comes in reviewed, once, and whole or not at all."""

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from support.invented_bank import PER_CELL, SVG, item_lines, write_bank, write_items

from item_bank.actions import load_bank, move_item
from item_bank.bank_queries import ItemFilter, bank_summary, item_page, item_versions
from item_bank.errors import AlteredItemError, FaultyBankError
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import Blueprint, Element, Item, ItemReview, ItemVersion
from item_bank.queries import blueprints_of
from item_bank.rules.item import content_hash
from item_bank.rules.kinds import ItemKind, ItemState
from item_bank.sealing import content_of
from registry.access import SYSTEM, Role
from registry.audit_log import AuditEntry
from registry.database import files_of
from registry.errors import InvalidInputError, NotAllowedError, SeparationError, WrongStateError

ITEMS = 108
STOCK_TABLES = (Element, Item, ItemVersion, ItemReview, Blueprint, AuditEntry)


def counts(db):
    return [db.scalar(select(func.count()).select_from(table)) for table in STOCK_TABLES]


def load_again(db, bank, now, **people):
    people = {"actor": SYSTEM, "reviewer": SYSTEM, **people}
    return load_bank(db, 1, read_bank(bank.folder), now=now, **people)


def change_first_item(bank, **changes):
    lines = item_lines(PER_CELL)
    lines[0] |= changes
    write_items(bank.folder, lines)


def retire(db, item, bank, now):
    move_item(db, item.id, ItemState.RETIRED, "标准已修订", actor=bank.manager, now=now)


def first_item(db):
    return db.scalar(select(Item).order_by(Item.code))


def test_every_item_is_banked_after_two_reviews(db, bank):
    assert bank.loaded.items_added == ITEMS
    assert set(db.scalars(select(Item.state))) == {ItemState.BANKED}
    assert db.scalar(select(func.count()).select_from(ItemReview)) == 2 * ITEMS


def test_loading_twice_changes_nothing(db, bank, now):
    before = counts(db)
    again = load_again(db, bank, now)
    assert (again.versions_added, again.unchanged, again.elements_added) == (0, ITEMS, 0)
    assert counts(db) == before
    assert not db.dirty


def test_a_changed_item_becomes_a_new_version_and_the_old_one_stays(db, bank, now):
    change_first_item(bank, stem="改过的题干是（ ）。")
    result = load_again(db, bank, now)
    assert (result.items_added, result.versions_added, result.unchanged) == (0, 1, ITEMS - 1)
    newest, old = item_versions(db, first_item(db).id, actor=bank.manager)
    assert (newest.number, content_of(newest).stem) == (2, "改过的题干是（ ）。")
    assert content_of(old).stem == "第1题的虚构题干是（ ）。"


def test_stored_versions_agree_with_their_hash_and_cannot_be_changed(db, bank):
    db.flush()
    for version in db.scalars(select(ItemVersion)):
        assert content_hash(content_of(version)) == version.content_hash
    for statement in (
        "UPDATE item_version SET sealed = 'x'",
        "DELETE FROM item_review",
    ):
        with pytest.raises(DBAPIError, match="append-only"), db.begin_nested():
            db.execute(text(statement))


def test_the_figure_is_in_the_file_store(db, bank):
    version = first_item(db).versions[0]
    assert files_of(db).get(version.figure_hash) == SVG.encode()
    assert content_of(version).figure.description == "一个方框"


def test_author_and_reviewer_must_be_two_people(db, bank, now):
    with pytest.raises(SeparationError):
        load_again(db, bank, now, actor=bank.manager, reviewer=bank.manager)


def test_loading_needs_the_permission(db, bank, now):
    with pytest.raises(NotAllowedError):
        load_again(db, bank, now, actor=bank.releaser)


def test_a_changed_blueprint_becomes_a_new_version(db, bank, now):
    path = bank.folder / "blueprint.toml"
    path.write_text(path.read_text().replace("minutes = 60", "minutes = 75"))
    assert load_again(db, bank, now).is_new_blueprint
    (newest,) = blueprints_of(db, bank.project_id)
    assert (newest.version, newest.minutes) == (2, 75)


def test_a_renamed_range_is_changed_in_place(db, bank, now):
    path = bank.folder / "elements.csv"
    path.write_text(path.read_text().replace("范围A-A-A", "新名称"))
    assert load_again(db, bank, now).elements_changed == 1


def test_every_fault_is_located_and_nothing_is_read_in(tmp_path):
    folder = write_bank(tmp_path)
    lines = item_lines(PER_CELL)
    lines[1]["key"] = ["f"]
    lines[2]["point"] = "B-B-B-001"
    lines[3]["code"] = lines[4]["code"]
    lines[5]["figure"] = {"file": "../../etc/passwd", "description": "x"}
    lines[6]["difficulty"] = "hard"
    write_items(folder, lines)
    with pytest.raises(FaultyBankError) as refused:
        read_bank(folder)
    said = "\n".join(refused.value.faults)
    for words in (
        "第 2 行（99-0002）：标准答案不在选项之中",
        "第 3 行（99-0003）：细目表中没有鉴定点 B-B-B-001",
        "第 5 行：试题编号 99-0005 重复",
        "99-0006：找不到插图 ../../etc/passwd",
        "第 7 行：",
    ):
        assert words in said
    assert "有 5 处错误" in refused.value.message


@pytest.mark.parametrize("name", ["elements.csv", "blueprint.toml", "items.jsonl"])
def test_a_missing_file_is_named(tmp_path, name):
    folder = write_bank(tmp_path)
    (folder / name).unlink()
    with pytest.raises(FaultyBankError) as refused:
        read_bank(folder)
    assert any(fault.startswith(name) for fault in refused.value.faults)


def test_a_figure_with_a_script_is_refused(tmp_path):
    folder = write_bank(tmp_path)
    (folder / "figures" / "one.svg").write_text(SVG.replace("<rect", "<script/><rect"))
    with pytest.raises(FaultyBankError, match="script"):
        read_bank(folder)


def test_a_retired_item_stays_retired(db, bank, now):
    item = first_item(db)
    retire(db, item, bank, now)
    with pytest.raises(WrongStateError, match="停用"):
        move_item(db, item.id, ItemState.BANKED, "改回", actor=bank.manager, now=now)


def test_a_suspended_item_comes_back_and_a_compromised_one_does_not(db, bank, now):
    item = first_item(db)
    for wanted in (ItemState.SUSPENDED, ItemState.BANKED, ItemState.COMPROMISED):
        move_item(db, item.id, wanted, "有人反映", actor=bank.manager, now=now)
        assert item.state == wanted
    with pytest.raises(WrongStateError, match="泄露"):
        move_item(db, item.id, ItemState.BANKED, "查无此事", actor=bank.manager, now=now)


def test_a_move_needs_its_reason(db, bank, now):
    with pytest.raises(InvalidInputError, match="原因"):
        move_item(db, first_item(db).id, ItemState.RETIRED, " ", actor=bank.manager, now=now)


def test_what_items_say_is_not_readable_in_the_database(db, bank):
    db.flush()
    content = content_of(first_item(db).versions[0])
    stored = first_item(db).versions[0].sealed
    for words in (content.stem, content.rationale, content.options[0].content, '"key"'):
        assert words.encode() not in stored


def test_the_words_of_another_version_do_not_open_in_its_place(db, bank):
    one, other = db.scalars(select(ItemVersion).limit(2)).all()
    with db.no_autoflush:
        one.sealed = other.sealed
        with pytest.raises(AlteredItemError):
            content_of(one)


def test_items_are_listed_by_page_and_filter(db, bank):
    def listed(offset=0, limit=50, **narrowed):
        wanted = ItemFilter(**narrowed)
        return item_page(
            db, bank.project_id, wanted, offset=offset, limit=limit, actor=bank.manager
        )

    assert listed().total == ITEMS
    assert [line.code for line in listed(offset=107).lines] == ["99-0108"]
    assert listed(kind=ItemKind.MULTIPLE_CHOICE).total == 36
    assert listed(code_prefix="B-A").total == 36
    assert listed(words="第108题").lines[0].point_code == "B-A-A-003"
    assert listed(words="%").total == 0
    assert listed(state=ItemState.RETIRED).total == 0
    assert listed(difficulty=3, code_prefix="A-A-A-001").total == 3
    assert [line.has_figure for line in listed(limit=2).lines] == [True, False]


def test_the_summary_counts_by_range_and_names_thin_points(db, bank, now):
    summary = bank_summary(db, bank.project_id, actor=bank.releaser)
    assert [entry.total for entry in summary.ranges] == [36, 36, 36]
    assert summary.ranges[0].ratio == "(02:01:00)"
    assert summary.ranges[0].thin_points == ()
    assert summary.total_of(ItemKind.TRUE_FALSE) == 36
    for item in db.scalars(select(Item).order_by(Item.code).limit(9)).all():
        retire(db, item, bank, now)
    summary = bank_summary(db, bank.project_id, actor=bank.releaser)
    assert summary.ranges[0].thin_points == ("A-A-A-001",)
    assert summary.states == {ItemState.BANKED: ITEMS - 9, ItemState.RETIRED: 9}


def test_the_bank_is_shown_to_those_with_the_permission_only(db, bank):
    proctor = bank.office.actor(Role.PROCTOR)
    with pytest.raises(NotAllowedError):
        bank_summary(db, bank.project_id, actor=proctor)
    with pytest.raises(NotAllowedError):
        item_versions(db, first_item(db).id, actor=proctor)
