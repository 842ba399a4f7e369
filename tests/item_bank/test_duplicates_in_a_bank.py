"""A new item is compared with what the bank of its project holds and has not retired."""

from dataclasses import replace

import pytest

from item_bank.actions import move_item
from item_bank.duplicate_queries import blocking_duplicates, compared_items
from item_bank.rules.duplicates import DuplicateClass
from item_bank.rules.kinds import ItemKind, ItemState
from registry.access import Role
from registry.errors import NotAllowedError


def judged_item(db, bank):
    items = compared_items(db, bank.project_id, actor=bank.office.actor(Role.BANK_MANAGER))
    return next(item for item in items if item.content.kind is ItemKind.TRUE_FALSE)


def with_other_key(item):
    return replace(item.content, key=frozenset({"wrong"}))


def test_same_stem_with_another_key_is_named_with_the_item_it_contradicts(db, bank):
    item = judged_item(db, bank)
    (found,) = blocking_duplicates(db, bank.project_id, with_other_key(item))
    assert found.item.code == item.code
    assert found.likeness.duplicate_class is DuplicateClass.OTHER_KEY


def test_identical_item_and_items_of_other_projects_do_not_block(db, bank):
    item = judged_item(db, bank)
    assert blocking_duplicates(db, bank.project_id, item.content) == ()
    assert blocking_duplicates(db, bank.project_id + 1, with_other_key(item)) == ()


def test_new_version_is_not_compared_with_the_item_it_changes(db, bank):
    item = judged_item(db, bank)
    changed = with_other_key(item)
    assert blocking_duplicates(db, bank.project_id, changed, except_item_id=item.item_id) == ()


def test_retired_item_does_not_block_its_correction(db, now, bank):
    item = judged_item(db, bank)
    move_item(
        db,
        item.item_id,
        ItemState.RETIRED,
        "答案有误",
        actor=bank.office.actor(Role.BANK_MANAGER),
        now=now,
    )
    db.flush()
    assert blocking_duplicates(db, bank.project_id, with_other_key(item)) == ()


def test_items_are_compared_only_for_those_who_may_read_the_bank(db, bank):
    with pytest.raises(NotAllowedError):
        compared_items(db, bank.project_id, actor=bank.office.actor(Role.PROCTOR))
