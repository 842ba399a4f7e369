"""Two reviewers pass an item or send it back; nobody decides on own work or twice."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier

import pytest
from sqlalchemy import select
from support.factories import make_account, make_office
from support.invented_bank import item_content, write_bank
from support.review_desk import ALL, count_of, open_desk, verdict, write_again, written

from item_bank.actions import load_bank, move_item
from item_bank.authoring.actions import dismiss_member
from item_bank.errors import AlreadyReviewedError, ContradictedItemError, FaultyItemError
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import BankMember, Item, ItemReview
from item_bank.reviewing.actions import review_item
from item_bank.reviewing.queries import reviews_of
from item_bank.rules.item import judgement_options
from item_bank.rules.kinds import ItemKind, ItemState
from item_bank.rules.review import ReviewPoint
from item_bank.sealing import content_of
from registry.access import ROLE_PERMISSIONS, SYSTEM, Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.catalog.queries import project_by_number
from registry.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SeparationError,
)


def test_two_reviewers_bring_an_item_into_the_bank(db, desk, now):
    item = written(db, desk, now=now)
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    assert item.state == ItemState.SECOND_REVIEW
    with pytest.raises(SeparationError, match="一审人与二审人"):
        review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    review_item(db, item.id, verdict(item), actor=desk.second, now=now)
    assert item.state == ItemState.BANKED
    chosen = select(AuditEntry).where(AuditEntry.action == "review_item")
    assert [entry.account_id for entry in db.scalars(chosen)] == [
        desk.first.account_id,
        desk.second.account_id,
    ]


def test_an_author_may_not_review_the_own_item_even_as_an_earlier_author(db, desk, now):
    item = written(db, desk, now=now)
    both = ROLE_PERMISSIONS[Role.ITEM_AUTHOR] | ROLE_PERMISSIONS[Role.ITEM_REVIEWER]
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.first, now=now)
    turned = replace(desk.first, permissions=both)
    write_again(db, replace(desk, author=turned), item, now=now, stem="改写的题干是（ ）。")
    with pytest.raises(SeparationError, match="命题人与审题人"):
        review_item(db, item.id, verdict(item), actor=turned, now=now)


def test_a_returned_item_is_a_draft_again_and_the_reason_is_kept(db, desk, now):
    item = written(db, desk, now=now)
    found = ALL - {ReviewPoint.STEM, ReviewPoint.KEY}
    refusal = verdict(item, accepted=False, in_order=found, reason=" 题干有歧义 ")
    review_item(db, item.id, refusal, actor=desk.first, now=now)
    assert item.state == ItemState.DRAFT
    (review,) = reviews_of(db, item)
    assert (review.reason, review.missing) == (
        "题干有歧义",
        (ReviewPoint.STEM, ReviewPoint.KEY),
    )
    assert "题干有歧义".encode() not in db.scalars(select(ItemReview.comment_sealed)).all()[-1]


def test_a_returned_and_rewritten_item_starts_with_the_first_review(db, desk, now):
    item = written(db, desk, now=now)
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.second, now=now)
    write_again(db, desk, item, now=now, stem="改写的题干是（ ）。")
    review_item(db, item.id, verdict(item), actor=desk.second, now=now)
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    assert item.state == ItemState.BANKED


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"in_order": ALL - {ReviewPoint.KEY}}, "还有 1 项"),
        ({"accepted": False, "reason": " "}, "写明原因"),
        ({"accepted": False, "reason": "长" * 501}, "最多 500 字"),
    ],
)
def test_passing_needs_every_point_and_returning_a_reason(db, desk, now, changes, words):
    item = written(db, desk, now=now)
    with pytest.raises(InvalidInputError, match=words):
        review_item(db, item.id, verdict(item, **changes), actor=desk.first, now=now)
    assert item.state == ItemState.FIRST_REVIEW


def test_an_item_that_breaks_its_form_does_not_pass(db, desk, now):
    item = written(db, desk, now=now, stem="没有空格的题干。")
    with pytest.raises(FaultyItemError, match="题干应有且只有一个"):
        review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.first, now=now)
    assert item.state == ItemState.DRAFT


def test_a_contradiction_stops_the_second_review_until_the_bank_is_settled(db, bank, desk, now):
    banked = db.scalars(select(Item).order_by(Item.code)).first()
    content = content_of(banked.versions[-1])
    item = written(db, desk, now=now, **{**vars(content), "key": frozenset({"a"})})
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    with pytest.raises(ContradictedItemError, match=banked.code):
        review_item(db, item.id, verdict(item), actor=desk.second, now=now)
    assert item.state == ItemState.SECOND_REVIEW
    move_item(db, banked.id, ItemState.RETIRED, "答案有误", actor=bank.manager, now=now)
    review_item(db, item.id, verdict(item), actor=desk.second, now=now)
    assert item.state == ItemState.BANKED


def test_a_contradiction_among_items_under_review_stops_nobody(db, desk, now):
    one = written(db, desk, 901, now=now)
    other = written(db, desk, 902, now=now, stem="第901题的虚构题干是（ ）。", key=frozenset("a"))
    for item in (one, other):
        review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    review_item(db, one.id, verdict(one), actor=desk.second, now=now)
    assert (one.state, other.state) == (ItemState.BANKED, ItemState.SECOND_REVIEW)


def test_a_judgement_item_passes_like_any_other(db, desk, now):
    content = {
        **vars(item_content(ItemKind.TRUE_FALSE, 903)),
        "options": judgement_options(),
        "key": frozenset({"wrong"}),
    }
    item = written(db, desk, now=now, **content)
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    assert item.state == ItemState.SECOND_REVIEW


def test_only_an_appointed_reviewer_in_office_decides(db, desk, now):
    item = written(db, desk, now=now)
    stranger = actor_of(make_account(db, Role.ITEM_REVIEWER, now=now))
    for actor in (stranger, SYSTEM):
        with pytest.raises(NotFoundError):
            review_item(db, item.id, verdict(item), actor=actor, now=now)
    with pytest.raises(NotAllowedError):
        review_item(db, item.id, verdict(item), actor=desk.author, now=now)
    membership = select(BankMember.id).where(BankMember.account_id == desk.first.account_id)
    dismiss_member(db, db.scalars(membership).one(), actor=desk.manager, now=now)
    with pytest.raises(NotFoundError):
        review_item(db, item.id, verdict(item), actor=desk.first, now=now)


def test_a_decision_on_an_older_version_or_round_is_refused(db, desk, now):
    item = written(db, desk, now=now)
    seen = verdict(item)
    review_item(db, item.id, seen, actor=desk.first, now=now)
    with pytest.raises(AlreadyReviewedError, match="现为“二审”"):
        review_item(db, item.id, seen, actor=desk.second, now=now)
    review_item(db, item.id, verdict(item, accepted=False), actor=desk.second, now=now)
    write_again(db, desk, item, now=now, stem="改写的题干是（ ）。")
    with pytest.raises(AlreadyReviewedError):
        review_item(db, item.id, seen, actor=desk.second, now=now)


def test_of_two_reviewers_at_once_one_decides_and_the_other_is_told(database, now, tmp_path):
    with database.transaction() as db:
        office = make_office(db, now=now)
        manager = office.actor(Role.BANK_MANAGER)
        source = read_bank(write_bank(tmp_path / "bank"))
        load_bank(db, 1, source, actor=manager, reviewer=SYSTEM, now=now)
        desk = open_desk(db, project_by_number(db, 1).id, manager, now=now)
        item = written(db, desk, now=now)
        item_id, seen = item.id, verdict(item)
        before = count_of(db, ItemReview)
    start = Barrier(2)

    def decide(actor):
        start.wait()
        try:
            with database.transaction() as db:
                review_item(db, item_id, seen, actor=actor, now=now)
        except AlreadyReviewedError as refused:
            return refused.message
        return "decided"

    with ThreadPoolExecutor(2) as pool:
        said = sorted(pool.map(decide, (desk.first, desk.second)))
    assert said[0] == "decided"
    assert "已由他人审过" in said[1]
    with database.reading() as db:
        assert count_of(db, ItemReview) == before + 1
