"""Remarks on passages of an item are kept sealed, once, and may be taken back."""

import pytest
from sqlalchemy import select
from support.review_desk import count_of, verdict, written

from item_bank.models import ReviewComment
from item_bank.reviewing.actions import add_remark, review_item, withdraw_remark
from item_bank.reviewing.queries import own_decisions, remarks_of
from item_bank.rules.review import MAX_QUOTE, MAX_REMARK, Remark
from registry.errors import InvalidInputError, NotFoundError

STEM = Remark("stem", "虚构题干", "改为“题干”")


@pytest.fixture
def item(db, desk, now):
    return written(db, desk, now=now)


def test_a_remark_keeps_its_place_quote_and_words_unreadable_in_the_database(db, desk, item, now):
    add_remark(db, item.id, STEM, actor=desk.first, now=now)
    (kept,) = remarks_of(db, item)
    assert (kept.remark, kept.writer_id, kept.version_number) == (STEM, desk.first.account_id, 1)
    sealed = db.scalars(select(ReviewComment.sealed)).one()
    assert STEM.quote.encode() not in sealed
    assert STEM.text.encode() not in sealed


def test_the_same_remark_twice_is_kept_once(db, desk, item, now):
    for _ in range(2):
        add_remark(db, item.id, STEM, actor=desk.first, now=now)
    add_remark(db, item.id, Remark("option.a", "", "过长"), actor=desk.first, now=now)
    assert count_of(db, ReviewComment) == 2


@pytest.mark.parametrize(
    ("remark", "words"),
    [
        (Remark("stem", "", " "), "写明意见"),
        (Remark("option.f", "", "没有这一项"), "从列表中选择"),
        (Remark("figure", "", "没有插图"), "从列表中选择"),
        (Remark("stem", "", "长" * (MAX_REMARK + 1)), f"最多 {MAX_REMARK} 字"),
        (Remark("stem", "长" * (MAX_QUOTE + 1), "短"), f"最多 {MAX_QUOTE} 字"),
    ],
)
def test_a_remark_that_says_nothing_or_too_much_is_refused(db, desk, item, now, remark, words):
    with pytest.raises(InvalidInputError, match=words):
        add_remark(db, item.id, remark, actor=desk.first, now=now)
    assert count_of(db, ReviewComment) == 0


def test_a_remark_is_taken_back_by_its_writer_while_the_item_waits(db, desk, item, now):
    first = add_remark(db, item.id, STEM, actor=desk.first, now=now)
    second = add_remark(db, item.id, Remark("key", "", "存疑"), actor=desk.first, now=now)
    with pytest.raises(NotFoundError):
        withdraw_remark(db, item.id, first.id, actor=desk.second, now=now)
    withdraw_remark(db, item.id, first.id, actor=desk.first, now=now)
    assert [kept.remark.field for kept in remarks_of(db, item)] == ["key"]
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.first, now=now)
    with pytest.raises(NotFoundError):
        withdraw_remark(db, item.id, second.id, actor=desk.first, now=now)


def test_nobody_remarks_on_an_item_outside_the_own_queue(db, desk, item, now):
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    with pytest.raises(NotFoundError):
        add_remark(db, item.id, STEM, actor=desk.first, now=now)


def test_own_decisions_count_remarks_and_those_the_author_has_settled(db, desk, item, now):
    row = add_remark(db, item.id, STEM, actor=desk.first, now=now)
    add_remark(db, item.id, Remark("key", "", "存疑"), actor=desk.first, now=now)
    row.settled_at, row.settled_by_id = now, desk.author.account_id
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.first, now=now)
    (mine,) = own_decisions(db, actor=desk.first)
    assert (mine.remarks, mine.settled) == (2, 1)
