"""Authors write their own items from draft to review; managers any; all of it stands in the log."""

import threading
from dataclasses import replace
from datetime import date

import pytest
from cryptography.exceptions import InvalidTag
from sqlalchemy import select
from support.factories import make_account
from support.review_desk import ALL, open_desk, verdict

from item_bank.authoring.actions import NewTask, appoint_member, dismiss_member, order_items
from item_bank.authoring.drafts import draft_of
from item_bank.authoring.item_actions import (
    add_figure,
    autosave_draft,
    create_item,
    discard_draft,
    save_version,
    set_enemy_group,
    settle_remark,
    submit_item,
    withdraw_item,
)
from item_bank.authoring.item_queries import (
    may_see_item,
    own_items,
    points_open_to,
    returned_count,
    work_in_hand,
)
from item_bank.errors import BlockedItemError, MissingUndertakingError, UnfinishedItemError
from item_bank.models import BankMember, Item, ItemDraft
from item_bank.reviewing.actions import add_remark, review_item
from item_bank.rules.item import Figure
from item_bank.rules.item_fields import (
    ItemFields,
    OptionField,
    content_of_fields,
    fields_of,
    with_option_added,
    with_option_moved,
    without_option,
)
from item_bank.rules.kinds import BankDuty, ItemKind, ItemState
from item_bank.rules.review import Remark
from item_bank.sealing import content_of
from registry.access import Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)

FIELDS = ItemFields(
    kind=ItemKind.SINGLE_CHOICE,
    point="A-A-A-001",
    stem="绝缘手套使用前应当（ ）。",
    options=(
        OptionField("充气检查"),
        OptionField("清水冲洗", is_key=True),
        OptionField("日光曝晒"),
        OptionField("以油擦拭", is_locked=True),
    ),
    rationale="规程有此规定。",
    source="虚构规程",
)


@pytest.fixture
def desk(db, bank, now):
    return open_desk(db, bank.project_id, bank.manager, now=now)


@pytest.fixture
def author(desk):
    return desk.author


@pytest.fixture
def item(db, desk, now):
    return create_item(db, desk.project_id, actor=desk.author, now=now)


@pytest.fixture
def stranger(db, desk, now):
    """Another author of the same bank."""
    actor = actor_of(make_account(db, Role.ITEM_AUTHOR, now=now))
    appoint_member(
        db, desk.project_id, actor.account_id, BankDuty.AUTHOR, actor=desk.manager, now=now
    )
    db.scalars(
        select(BankMember).where(BankMember.account_id == actor.account_id)
    ).one().undertaking_at = now
    return actor


def order(db, desk, now, code="A-A-A", **changes):
    wanted = NewTask(desk.author.account_id, code, ItemKind.TRUE_FALSE, 4, 6, date(2026, 12, 31))
    return order_items(db, desk.project_id, replace(wanted, **changes), actor=desk.manager, now=now)


def logged(db, action):
    return db.scalars(select(AuditEntry).where(AuditEntry.action == action)).all()


def save(db, item, now, fields=FIELDS, *, actor, base=None):
    base = len(item.versions) if base is None else base
    return save_version(db, item.id, fields, base, actor=actor, now=now)


def submitted(db, item, now, fields=FIELDS, *, actor):
    save(db, item, now, fields, actor=actor)
    return submit_item(db, item.id, actor=actor, now=now)


# Beginning ------------------------------------------------------------------------------------


def test_codes_follow_the_number_of_the_project(db, desk, author, now):
    codes = [create_item(db, desk.project_id, actor=author, now=now).code for _ in range(2)]
    assert codes == ["1-0001", "1-0002"]
    assert [entry.account_id for entry in logged(db, "create_item")] == [author.account_id] * 2


def test_two_people_who_begin_at_once_get_two_codes(database, now, tmp_path):
    from support.factories import load_office_data

    with database.transaction() as db:
        load_office_data(db, now=now)
        manager = actor_of(make_account(db, Role.BANK_MANAGER, now=now))
    codes, gate = [], threading.Barrier(4)

    def begin():
        gate.wait()
        with database.transaction() as db:
            codes.append(create_item(db, 1, actor=manager, now=now).code)

    threads = [threading.Thread(target=begin) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(codes) == ["1-0001", "1-0002", "1-0003", "1-0004"]


def test_a_task_sets_kind_level_and_range(db, desk, author, now):
    task = order(db, desk, now)
    item = create_item(db, desk.project_id, task.id, actor=author, now=now)
    work = work_in_hand(db, item.id, actor=author)
    assert (work.fields.kind, work.fields.difficulty) == (ItemKind.TRUE_FALSE, 4)
    codes = {element.code for element in points_open_to(db, item)}
    assert codes == {"A-A-A-001", "A-A-A-002", "A-A-A-003"}


def test_a_task_for_one_point_sets_the_point(db, desk, author, now):
    task = order(db, desk, now, code="A-A-A-002")
    item = create_item(db, desk.project_id, task.id, actor=author, now=now)
    assert work_in_hand(db, item.id, actor=author).fields.point == "A-A-A-002"
    assert [element.code for element in points_open_to(db, item)] == ["A-A-A-002"]


def test_an_item_outside_its_task_is_not_saved(db, desk, author, now):
    task = order(db, desk, now)
    item = create_item(db, desk.project_id, task.id, actor=author, now=now)
    with pytest.raises(UnfinishedItemError, match=r"不在可选范围内.*要求判断题"):
        save(db, item, now, replace(FIELDS, point="B-A-A-001"), actor=author)


def test_nobody_begins_for_a_closed_or_a_foreign_task(db, desk, author, stranger, now):
    task = order(db, desk, now)
    with pytest.raises(NotFoundError):
        create_item(db, desk.project_id, task.id, actor=stranger, now=now)
    task.closed_at = now
    with pytest.raises(WrongStateError, match="已结束"):
        create_item(db, desk.project_id, task.id, actor=author, now=now)


def test_secrecy_is_promised_before_anything_is_written(db, desk, author, item, now):
    member = db.scalars(select(BankMember).where(BankMember.account_id == author.account_id)).one()
    member.undertaking_at = None
    for attempt in (
        lambda: create_item(db, desk.project_id, actor=author, now=now),
        lambda: work_in_hand(db, item.id, actor=author),
        lambda: autosave_draft(db, item.id, FIELDS, actor=author, now=now),
    ):
        with pytest.raises(MissingUndertakingError):
            attempt()


def test_another_authors_item_is_not_found(db, item, stranger, now):
    for attempt in (
        lambda: work_in_hand(db, item.id, actor=stranger),
        lambda: autosave_draft(db, item.id, FIELDS, actor=stranger, now=now),
        lambda: save(db, item, now, actor=stranger),
        lambda: submit_item(db, item.id, actor=stranger, now=now),
        lambda: discard_draft(db, item.id, actor=stranger, now=now),
        lambda: withdraw_item(db, item.id, actor=stranger, now=now),
    ):
        with pytest.raises(NotFoundError):
            attempt()
    assert not may_see_item(db, item.id, actor=stranger)


def test_a_dismissed_author_finds_the_own_items_no_more(db, desk, author, item, now):
    member = db.scalars(select(BankMember).where(BankMember.account_id == author.account_id)).one()
    dismiss_member(db, member.id, actor=desk.manager, now=now)
    with pytest.raises(NotFoundError):
        work_in_hand(db, item.id, actor=author)


@pytest.mark.parametrize("role", [Role.ITEM_REVIEWER, Role.PAPER_RELEASER])
def test_others_of_the_office_write_nothing(db, desk, item, now, role):
    other = actor_of(make_account(db, role, now=now))
    with pytest.raises(NotAllowedError):
        create_item(db, desk.project_id, actor=other, now=now)
    with pytest.raises((NotAllowedError, NotFoundError)):
        autosave_draft(db, item.id, FIELDS, actor=other, now=now)


# Drafts ---------------------------------------------------------------------------------------


def test_unsaved_work_is_kept_sealed_and_comes_back(db, author, item, now):
    autosave_draft(db, item.id, FIELDS, actor=author, now=now)
    assert work_in_hand(db, item.id, actor=author).fields == FIELDS
    sealed = db.scalars(select(ItemDraft)).one().sealed
    assert "绝缘手套".encode() not in sealed
    other = create_item(db, item.project_id, actor=author, now=now)
    other.draft.sealed = sealed  # under another item it does not open
    with pytest.raises(InvalidTag):
        draft_of(db, other)


def test_only_the_beginning_of_unsaved_work_stands_in_the_log(db, author, item, now):
    save(db, item, now, actor=author)
    for stem in ("甲（ ）。", "乙（ ）。"):
        autosave_draft(db, item.id, replace(FIELDS, stem=stem), actor=author, now=now)
    assert len(logged(db, "begin_draft")) == 1
    assert work_in_hand(db, item.id, actor=author).unsaved_since == now


def test_work_that_says_what_the_version_says_is_no_unsaved_work(db, author, item, now):
    save(db, item, now, actor=author)
    autosave_draft(db, item.id, replace(FIELDS, stem="改（ ）。"), actor=author, now=now)
    autosave_draft(db, item.id, FIELDS, actor=author, now=now)
    assert item.draft is None


def test_discarding_returns_to_the_version(db, author, item, now):
    save(db, item, now, actor=author)
    autosave_draft(db, item.id, replace(FIELDS, stem="改（ ）。"), actor=author, now=now)
    assert discard_draft(db, item.id, actor=author, now=now) is item
    assert work_in_hand(db, item.id, actor=author).fields == FIELDS


def test_an_item_without_a_version_goes_with_its_draft(db, author, item, now):
    assert discard_draft(db, item.id, actor=author, now=now) is None
    assert db.get(Item, item.id) is None
    assert "is_removed" in logged(db, "discard_draft")[0].detail


def test_what_a_request_sends_beyond_all_bounds_is_cut(db, author, item, now):
    wild = replace(
        FIELDS, stem="长" * 50_000, difficulty=99, options=(OptionField("甲"),) * 40, verdict="?"
    )
    autosave_draft(db, item.id, wild, actor=author, now=now)
    kept = work_in_hand(db, item.id, actor=author).fields
    assert (len(kept.stem), kept.difficulty, len(kept.options), kept.verdict) == (20_000, 3, 5, "")


def test_a_figure_that_was_not_sent_for_the_item_is_dropped(db, author, item, now):
    foreign = Figure("f" * 64, "image/png", "别人的图", "")
    autosave_draft(db, item.id, replace(FIELDS, figure=foreign), actor=author, now=now)
    assert work_in_hand(db, item.id, actor=author).fields.figure is None
    digest = add_figure(db, item.id, b"<svg/>", "image/svg+xml", actor=author, now=now)
    sent = Figure(digest, "text/html", "自己的图", "")
    autosave_draft(db, item.id, replace(FIELDS, figure=sent), actor=author, now=now)
    kept = work_in_hand(db, item.id, actor=author).fields.figure
    assert kept == replace(sent, media_type="image/svg+xml")


# Versions -------------------------------------------------------------------------------------


def test_saving_makes_a_version_only_of_something_new(db, author, item, now):
    first = save(db, item, now, actor=author)
    again = save(db, item, now, actor=author)
    changed = save(db, item, now, replace(FIELDS, stem="改（ ）。"), actor=author)
    assert (first.number, again, changed.number) == (1, None, 2)
    assert item.draft is None
    assert content_of(changed).key == {"b"}
    assert [option.is_locked for option in content_of(first).options] == [False] * 3 + [True]


def test_an_item_with_faults_is_not_saved(db, author, item, now):
    for fields in (
        replace(FIELDS, stem="**没有配对（ ）。"),
        replace(FIELDS, point=""),
        replace(FIELDS, options=FIELDS.options[:2]),
        replace(FIELDS, stem="长" * 1600 + "（ ）。"),
        replace(FIELDS, options=(OptionField("甲", is_key=True), *FIELDS.options[1:])),
    ):
        with pytest.raises(UnfinishedItemError):
            save(db, item, now, fields, actor=author)
    assert item.versions == []


def test_a_version_that_somebody_overtook_is_not_saved(db, author, item, now):
    save(db, item, now, actor=author)
    with pytest.raises(ConflictError, match="第 1 版"):
        save(db, item, now, replace(FIELDS, stem="改（ ）。"), actor=author, base=0)


def test_shares_of_another_system_last_while_options_and_key_do(db, author, item, now):
    from decimal import Decimal

    before = replace(content_of_fields(FIELDS), weights=(("b", Decimal(1)),), points=Decimal(2))
    stem = content_of_fields(replace(FIELDS, stem="改（ ）。"), before)
    moved = content_of_fields(with_option_moved(FIELDS, 0, 1), before)
    assert (stem.weights, stem.points) == (before.weights, before.points)
    assert (moved.weights, moved.points) == ((), before.points)


def test_rows_are_added_moved_and_removed_with_their_key_and_lock():
    five = with_option_added(FIELDS)
    assert with_option_added(five) == five
    down = with_option_moved(FIELDS, 1, 1)
    assert [option.is_key for option in down.options] == [False, False, True, False]
    assert with_option_moved(FIELDS, 0, -1) == FIELDS
    assert [option.text for option in without_option(FIELDS, 1).options][1] == "日光曝晒"
    assert fields_of(content_of_fields(FIELDS)) == FIELDS
    assert content_of_fields(five) == content_of_fields(FIELDS)


def test_a_judgement_keeps_its_own_two_options():
    fields = replace(FIELDS, kind=ItemKind.TRUE_FALSE, stem="手套应检查。", verdict="right")
    content = content_of_fields(fields)
    assert [option.content for option in content.options] == ["正确", "错误"]
    assert content.key == {"right"}
    assert fields_of(content).verdict == "right"


# Reviews --------------------------------------------------------------------------------------


def test_a_saved_item_is_submitted_once_and_then_left_alone(db, author, item, now):
    with pytest.raises(InvalidInputError, match="未保存"):
        submit_item(db, item.id, actor=author, now=now)
    submitted(db, item, now, actor=author)
    assert item.state == ItemState.FIRST_REVIEW
    for attempt in (
        lambda: submit_item(db, item.id, actor=author, now=now),
        lambda: autosave_draft(db, item.id, FIELDS, actor=author, now=now),
        lambda: save(db, item, now, replace(FIELDS, stem="改（ ）。"), actor=author),
    ):
        with pytest.raises(WrongStateError, match="一审"):
            attempt()
    assert not work_in_hand(db, item.id, actor=author).may_write


def test_an_item_that_contradicts_the_bank_is_not_submitted(db, desk, author, item, now):
    submitted(db, item, now, actor=author)
    other = create_item(db, desk.project_id, actor=author, now=now)
    turned = replace(
        FIELDS,
        options=(
            OptionField("充气检查", is_key=True),
            *FIELDS.options[2:],
            OptionField("清水冲洗"),
        ),
    )
    with pytest.raises(BlockedItemError, match="1 道试题"):
        submitted(db, other, now, turned, actor=author)


def test_an_item_is_taken_back_while_nobody_has_decided(db, desk, author, item, now):
    submitted(db, item, now, actor=author)
    withdraw_item(db, item.id, actor=author, now=now)
    assert item.state == ItemState.DRAFT
    submit_item(db, item.id, actor=author, now=now)
    review_item(db, item.id, verdict(item), actor=desk.first, now=now)
    with pytest.raises(WrongStateError, match="二审"):
        withdraw_item(db, item.id, actor=author, now=now)


def test_a_returned_item_comes_first_until_it_is_submitted_again(db, desk, author, item, now):
    submitted(db, item, now, actor=author)
    remark = Remark("stem", "使用前", "改为“每次使用前”")
    row = add_remark(db, item.id, remark, actor=desk.first, now=now)
    refusal = verdict(item, accepted=False, in_order=ALL)
    review_item(db, item.id, refusal, actor=desk.first, now=now)
    create_item(db, desk.project_id, actor=author, now=now)
    lines = own_items(db, actor=author)
    assert [(line.is_returned, line.open_remarks) for line in lines] == [(True, 1), (False, 0)]
    assert returned_count(db, actor=author) == 1
    settle_remark(db, item.id, row.id, actor=author, now=now)
    settle_remark(db, item.id, row.id, actor=author, now=now)
    assert len(logged(db, "settle_remark")) == 1
    submitted(db, item, now, replace(FIELDS, stem="每次使用前应当（ ）。"), actor=author)
    assert returned_count(db, actor=author) == 0
    assert own_items(db, actor=author)[-1].open_remarks == 0


def test_a_remark_on_a_foreign_item_is_not_settled(db, desk, author, item, stranger, now):
    submitted(db, item, now, actor=author)
    row = add_remark(db, item.id, Remark("stem", "", "有歧义"), actor=desk.first, now=now)
    mine = create_item(db, desk.project_id, actor=stranger, now=now)
    with pytest.raises(NotFoundError):
        settle_remark(db, mine.id, row.id, actor=stranger, now=now)


def test_what_a_manager_saves_goes_back_through_the_reviews(db, desk, bank, now):
    item = db.scalars(select(Item).where(Item.state == ItemState.BANKED)).first()
    fields = replace(fields_of(content_of(item.versions[-1])), stem="改过的题干是（ ）。")
    autosave_draft(db, item.id, fields, actor=desk.manager, now=now)
    assert item.state == ItemState.BANKED
    save(db, item, now, fields, actor=desk.manager)
    assert item.state == ItemState.DRAFT
    submit_item(db, item.id, actor=desk.manager, now=now)
    assert item.state == ItemState.FIRST_REVIEW


def test_a_retired_or_compromised_item_is_not_written_again(db, desk, bank, now):
    item = db.scalars(select(Item)).first()
    item.state = ItemState.COMPROMISED
    with pytest.raises(WrongStateError, match="泄露"):
        autosave_draft(db, item.id, FIELDS, actor=desk.manager, now=now)


def test_two_people_do_not_write_over_each_other(db, desk, author, item, now):
    autosave_draft(db, item.id, FIELDS, actor=author, now=now)
    work = work_in_hand(db, item.id, actor=desk.manager)
    assert (work.may_write, work.fields.stem) == (False, "")
    assert work.editor_name == author.name
    with pytest.raises(WrongStateError, match="正在编辑"):
        autosave_draft(db, item.id, FIELDS, actor=desk.manager, now=now)


def test_an_enemy_group_is_set_and_taken_away_by_managers(db, desk, author, item, now):
    set_enemy_group(db, item.id, " 欧姆定律 ", actor=desk.manager, now=now)
    assert item.enemy_group == "欧姆定律"
    set_enemy_group(db, item.id, "", actor=desk.manager, now=now)
    assert item.enemy_group is None
    assert len(logged(db, "set_enemy_group")) == 2
    with pytest.raises(NotAllowedError):
        set_enemy_group(db, item.id, "甲", actor=author, now=now)
