"""A reviewer reads the items of the own queue and nothing else of the bank."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from support.invented_bank import SVG
from support.review_desk import appointed, open_desk, verdict, write_again, written

from item_bank.authoring.queries import unsigned_memberships
from item_bank.models import Item
from item_bank.reviewing.actions import review_item
from item_bank.reviewing.queries import (
    figure_under_review,
    item_under_review,
    own_decisions,
    waiting_count,
    waiting_items,
)
from item_bank.rules.duplicates import DuplicateClass
from item_bank.rules.item import Figure
from item_bank.rules.kinds import BankDuty, ItemState
from item_bank.sealing import content_of
from registry.catalog.queries import project_by_number
from registry.database import files_of
from registry.errors import NotAllowedError, NotFoundError


def codes(db, actor):
    return [entry.code for entry in waiting_items(db, actor=actor)]


def test_the_queue_begins_with_what_was_written_first(db, desk, now):
    written(db, desk, 902, now=now)
    written(db, desk, 901, now=now - timedelta(hours=1))
    assert codes(db, desk.first) == ["99-901", "99-902"]
    assert waiting_count(db, actor=desk.first) == 2


def test_an_item_leaves_the_queue_of_who_passed_it_and_stays_in_the_others(db, desk, now):
    item = written(db, desk, now=now)
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    assert codes(db, desk.first) == []
    (entry,) = waiting_items(db, actor=desk.second)
    assert (entry.code, entry.round) == (item.code, 2)


def test_items_of_other_projects_drafts_and_banked_ones_are_not_in_the_queue(db, desk, now):
    elsewhere = project_by_number(db, 2).id
    foreign = open_desk(db, elsewhere, desk.manager, now=now)
    item = written(db, desk, now=now)
    banked = db.scalars(select(Item).where(Item.state == ItemState.BANKED)).first()
    assert codes(db, foreign.first) == []
    for reader, item_id in ((foreign.first, item.id), (desk.first, banked.id)):
        with pytest.raises(NotFoundError):
            item_under_review(db, item_id, actor=reader)
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.first, now=now)
    with pytest.raises(NotFoundError):
        item_under_review(db, item.id, actor=desk.first)


def test_nothing_is_shown_before_secrecy_is_promised(db, desk, now):
    written(db, desk, now=now)
    new = appointed(db, desk.project_id, BankDuty.REVIEWER, desk.manager, now=now, is_signed=False)
    assert codes(db, new) == []
    assert [member.account_id for member in unsigned_memberships(db, actor=new)] == [new.account_id]
    assert unsigned_memberships(db, actor=desk.first) == ()


def test_authors_have_no_queue(db, desk):
    with pytest.raises(NotAllowedError):
        waiting_items(db, actor=desk.author)


def test_the_own_item_is_not_in_the_queue_of_its_writer(db, desk, now):
    item = written(db, desk, now=now)
    item.created_by_id = desk.first.account_id
    assert codes(db, desk.first) == []
    assert codes(db, desk.second) == [item.code]


def test_a_reviewer_sees_what_resembles_the_item_and_what_is_wrong_with_it(db, desk, now):
    banked = db.scalars(select(Item).order_by(Item.code)).first()
    content = content_of(banked.versions[-1])
    stem = content.stem.removesuffix("。")
    item = written(db, desk, now=now, **{**vars(content), "stem": stem, "key": frozenset("a")})
    shown = item_under_review(db, item.id, actor=desk.first)
    assert shown.findings.warnings == ("题干应以句号结尾。",)
    first = shown.duplicates[0]
    assert (first.item.code, first.likeness.duplicate_class) == (
        banked.code,
        DuplicateClass.OTHER_KEY,
    )


def test_earlier_versions_say_what_was_changed_and_reviews_why(db, desk, now):
    item = written(db, desk, now=now)
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.first, now=now)
    write_again(db, desk, item, now=now, difficulty=5, stem="第1题的新题干是（ ）。")
    shown = item_under_review(db, item.id, actor=desk.second)
    (earlier,) = shown.earlier
    changed = {change.field: change for change in earlier.changes}
    assert earlier.number == 1
    assert [part.text for part in changed["difficulty"].after] == ["5"]
    assert any(part.is_different for part in changed["stem"].before)
    assert [(review.version_number, review.is_accepted) for review in shown.reviews] == [(1, False)]


def test_the_figure_is_given_with_the_item(db, desk, now):
    file_hash = files_of(db).put(SVG.encode())
    figure = Figure(file_hash, "image/svg+xml", "一个方框", "图1")
    item = written(db, desk, 901, now=now, figure=figure)
    plain = written(db, desk, 902, now=now)
    assert figure_under_review(db, item.id, actor=desk.first) == (file_hash, "image/svg+xml")
    with pytest.raises(NotFoundError, match="插图"):
        figure_under_review(db, plain.id, actor=desk.first)


def test_own_decisions_say_what_has_become_of_the_item(db, desk, now):
    item = written(db, desk, now=now)
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.second, now=now)
    (mine,) = own_decisions(db, actor=desk.first)
    assert (mine.code, mine.round, mine.is_accepted, mine.state) == (
        item.code,
        1,
        True,
        ItemState.DRAFT,
    )
