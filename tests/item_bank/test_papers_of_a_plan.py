"""A paper is composed by one person, released by another, and frozen with its key."""

from dataclasses import asdict, replace
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from support.factories import make_account, make_plan
from support.invented_bank import PER_CELL, RATIONALE_MARK, item_lines, write_items

from item_bank.actions import load_bank, move_item
from item_bank.composing.actions import compose_paper, release_paper
from item_bank.composing.print_actions import print_paper
from item_bank.composing.queries import people_of, sets_of
from item_bank.errors import AlteredPaperError, WrongBlueprintError
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import Item, Paper
from item_bank.queries import frozen_key, paper_content, paper_margins
from item_bank.rules.kinds import ItemKind, ItemState, PaperState
from item_bank.rules.ordering import candidate_paper, canonical_answers
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from registry.access import SYSTEM, Permission, Role
from registry.accounts.models import Account
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.catalog.models import Subject
from registry.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SeparationError,
    WrongStateError,
)
from registry.plans.rules.states import PlanState

SEED = 20191118


@pytest.fixture
def paper(db, bank, now):
    return compose(db, bank, now)


def compose(db, bank, now, seed=SEED, **changes):
    wanted = {"plan": bank.plan.id, "blueprint": bank.loaded.blueprint_id, **changes}
    actor = wanted.pop("actor", bank.manager)
    return compose_paper(db, wanted["plan"], wanted["blueprint"], seed, actor=actor, now=now)


def ids_of(paper):
    return [entry.item_version_id for entry in paper.items]


def test_a_paper_has_its_sections_points_and_minutes_of_the_plan(db, bank, paper):
    content = paper_content(db, paper.id)
    assert content.total_points == Decimal(100)
    assert [q.position for q in content.questions] == list(range(1, 21))
    assert content.minutes == 90
    assert content.title == bank.plan.specification.project.name
    assert paper_margins(db, paper.id).all_met


def test_the_same_seed_and_bank_give_the_same_paper(db, bank, now):
    plans = [make_plan(db, bank.office, now=now) for _ in range(2)]
    with db.begin_nested() as trial:
        first = ids_of(compose(db, bank, now, plan=plans[0].id))
        trial.rollback()
    db.expire_all()
    assert ids_of(compose(db, bank, now, plan=plans[1].id)) == first


def test_the_next_paper_of_the_city_avoids_the_items_of_the_last(db, bank, paper, now):
    release_paper(db, paper.id, actor=bank.releaser, now=now)
    following = compose(db, bank, now, seed=SEED + 1)
    assert following.number == 2
    assert not set(ids_of(paper)) & set(ids_of(following))


def test_another_person_releases_the_paper_and_it_is_on_record(db, bank, paper, now):
    release_paper(db, paper.id, actor=bank.releaser, now=now)
    assert (paper.state, paper.released_at) == (PaperState.RELEASED, now)
    actions = db.scalars(select(AuditEntry.action).order_by(AuditEntry.id.desc()).limit(2)).all()
    assert actions == ["release_set", "compose_set"]
    (made,) = sets_of(db, bank.plan.id, actor=bank.releaser)
    names = [db.get_one(Account, a.account_id).name for a in (bank.manager, bank.releaser)]
    people = people_of(db, made)
    assert [people.composer, people.releaser] == names
    assert (made.state, made.paper_count) == (PaperState.RELEASED, 1)


def test_who_composed_a_paper_may_not_release_it(db, bank, now):
    may_all = bank.manager.permissions | bank.releaser.permissions
    both = replace(bank.manager, permissions=may_all)
    paper = compose(db, bank, now, actor=both)
    with pytest.raises(SeparationError, match="组卷人与签发人"):
        release_paper(db, paper.id, actor=both, now=now)


def test_the_server_may_not_do_both_either(db, bank, now):
    paper = compose(db, bank, now, actor=SYSTEM)
    with pytest.raises(SeparationError):
        release_paper(db, paper.id, actor=SYSTEM, now=now)


def test_a_paper_is_released_once(db, bank, paper, now):
    release_paper(db, paper.id, actor=bank.releaser, now=now)
    with pytest.raises(WrongStateError):
        release_paper(db, paper.id, actor=bank.releaser, now=now)


def test_a_paper_that_no_longer_agrees_with_its_hash_is_not_released(db, bank, paper, now):
    paper.paper_hash = "0" * 64
    db.flush()
    with pytest.raises(AlteredPaperError):
        release_paper(db, paper.id, actor=bank.releaser, now=now)


def test_points_changed_below_the_triggers_are_noticed_at_release(db, bank, paper, now):
    disarm(db, "paper_item")
    db.execute(text("UPDATE paper_item SET points = '9' WHERE position = 1"))
    with pytest.raises(AlteredPaperError):
        release_paper(db, paper.id, actor=bank.releaser, now=now)


def test_words_changed_below_the_triggers_are_noticed_at_release(db, bank, paper, now):
    disarm(db, "item_version")
    db.execute(text("UPDATE item_version SET sealed = :other"), {"other": bytes(40)})
    with pytest.raises(AlteredPaperError):
        release_paper(db, paper.id, actor=bank.releaser, now=now)


def disarm(db, table):
    db.flush()
    if db.get_bind().dialect.name == "sqlite":
        db.execute(text(f"DROP TRIGGER {table}_no_update"))
    else:
        db.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


def test_the_items_of_a_paper_cannot_be_changed(db, paper):
    with pytest.raises(DBAPIError, match="append-only"), db.begin_nested():
        db.execute(text("UPDATE paper_item SET points = '1'"))


def test_the_frozen_key_is_untouched_by_a_later_version(db, bank, paper, now):
    before = frozen_key(db, paper.id)
    lines = item_lines(PER_CELL)
    for line in lines:
        line["key"] = ["wrong"] if line["kind"] == "true_false" else ["a", "b", "d"]
        if line["kind"] == "single_choice":
            line["key"] = ["d"]
        line["stem"] = "后来" + line["stem"]
    write_items(bank.folder, lines)
    changed = load_bank(db, 1, read_bank(bank.folder), actor=SYSTEM, reviewer=SYSTEM, now=now)
    assert changed.versions_added == 108
    assert frozen_key(db, paper.id) == before
    assert not any("后来" in q.stem for q in paper_content(db, paper.id).questions)
    release_paper(db, paper.id, actor=bank.releaser, now=now)


def test_the_frozen_key_names_kind_points_and_canonical_ids(db, paper):
    keyed = {entry.kind: entry for entry in frozen_key(db, paper.id)}
    assert keyed[ItemKind.SINGLE_CHOICE].key == {"b"}
    assert keyed[ItemKind.MULTIPLE_CHOICE].key == {"a", "c"}
    assert keyed[ItemKind.MULTIPLE_CHOICE].points == Decimal("7.5")
    assert keyed[ItemKind.TRUE_FALSE].key == {"right"}


def test_a_candidate_who_knows_everything_gets_every_key_back(db, paper):
    content = paper_content(db, paper.id)
    shown = candidate_paper(content, 4711)
    right = ("选项b", "选项a", "选项c", "正确")
    wanted = {
        ItemKind.SINGLE_CHOICE: right[:1],
        ItemKind.MULTIPLE_CHOICE: right[1:3],
        ItemKind.TRUE_FALSE: right[3:],
    }
    answers = {
        q.id: [o.id for o in q.options if o.content.endswith(wanted[section.kind])]
        for section in shown.sections
        for q in section.questions
    }
    key = {entry.position: entry.key for entry in frozen_key(db, paper.id)}
    assert canonical_answers(content, 4711, answers) == key


def test_what_a_candidate_gets_holds_no_key_and_no_rationale(db, paper):
    text_of_it = repr(asdict(candidate_paper(paper_content(db, paper.id), 1)))
    assert RATIONALE_MARK not in text_of_it
    assert "is_key" not in text_of_it


def test_a_bank_that_is_too_small_names_what_is_missing(db, bank, now):
    kept = db.scalars(select(Item).order_by(Item.code)).all()
    for item in kept:
        version = item.versions[0]
        if version.kind == ItemKind.MULTIPLE_CHOICE and version.element.code.startswith("B-A-A"):
            move_item(db, item.id, ItemState.SUSPENDED, "标准在修订", actor=bank.manager, now=now)
    with pytest.raises(InfeasiblePaperError, match="B-A-A 多选：需 2，缺 2"):
        compose(db, bank, now)
    assert db.scalar(select(Paper)) is None


def test_composing_and_releasing_need_their_permissions(db, bank, paper, now):
    with pytest.raises(NotAllowedError, match=Permission.PAPER_COMPOSE.value):
        compose(db, bank, now, actor=bank.releaser)
    with pytest.raises(NotAllowedError, match=Permission.PAPER_RELEASE.value):
        release_paper(db, paper.id, actor=bank.manager, now=now)


def test_a_plan_outside_the_reach_is_not_found(db, bank, now):
    elsewhere = make_account(db, Role.BANK_MANAGER, division="320100", now=now)
    with pytest.raises(NotFoundError):
        compose(db, bank, now, actor=actor_of(elsewhere))


def test_a_blueprint_of_another_project_does_not_fit(db, bank, now):
    other = make_plan(db, bank.office, now=now, project_number=2)
    with pytest.raises(WrongBlueprintError):
        compose(db, bank, now, plan=other.id)


def test_a_plan_without_theory_gets_no_paper(db, bank, now):
    practical = make_plan(db, bank.office, now=now, subjects=(Subject.PRACTICAL,))
    with pytest.raises(WrongBlueprintError):
        compose(db, bank, now, plan=practical.id)


def test_no_paper_is_composed_once_the_assessment_runs(db, bank, now):
    bank.plan.state = PlanState.IN_PROGRESS
    with pytest.raises(WrongStateError):
        compose(db, bank, now)


@pytest.mark.parametrize("seed", [-1, 2**31])
def test_a_seed_out_of_range_is_refused(db, bank, now, seed):
    with pytest.raises(InvalidInputError):
        compose(db, bank, now, seed=seed)


def test_a_paper_that_does_not_exist_is_not_found(db):
    with pytest.raises(NotFoundError):
        paper_content(db, 404)
    with pytest.raises(NotFoundError):
        frozen_key(db, 404)


def test_only_a_released_paper_is_printed_and_printing_is_on_record(db, bank, paper, now):
    with pytest.raises(WrongStateError, match="待签发"):
        print_paper(db, paper.id, actor=bank.releaser, now=now)
    release_paper(db, paper.id, actor=bank.releaser, now=now)
    pdf = print_paper(db, paper.id, actor=bank.releaser, now=now)
    assert pdf.startswith(b"%PDF")
    last = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert last.action == "print_paper"
    with pytest.raises(NotAllowedError):
        print_paper(db, paper.id, actor=bank.manager, now=now)
