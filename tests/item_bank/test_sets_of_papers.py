"""Sets of papers: composed whole or not at all, released by another person, frozen together."""

from collections import Counter
from dataclasses import replace

import pytest
from sqlalchemy import func, select, text
from support.factories import make_plan, make_scene
from support.invented_bank import RATIONALE_MARK

from item_bank.actions import move_item
from item_bank.composing.actions import (
    SetOrder,
    compose_set,
    draw,
    keep_set,
    order_basis,
    release_set,
)
from item_bank.composing.print_actions import mark_of, print_paper
from item_bank.composing.queries import paper_for, recent_item_ids, sets_to_release, uses_of
from item_bank.errors import AlteredPaperError, ChangedBankError
from item_bank.models import Blueprint, Item, Paper, PaperItem, PaperSet
from item_bank.queries import frozen_key, paper_content, paper_of
from item_bank.rules.kinds import ItemKind, ItemState, PaperState, SetPurpose
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from item_bank.rules.set_report import read_report
from registry.audit_log import AuditEntry
from registry.errors import InvalidInputError, NotAllowedError, SeparationError, WrongStateError
from registry.plans.rules.states import PlanState

SEED = 20191118
P = SetPurpose


def order(bank, purpose=P.PARALLEL, papers=2, seed=SEED):
    return SetOrder(bank.loaded.blueprint_id, seed, purpose, papers)


def compose(db, bank, now, purpose=P.PARALLEL, papers=2, **changes):
    plan = changes.pop("plan", bank.plan)
    actor = changes.pop("actor", bank.manager)
    return compose_set(db, plan.id, order(bank, purpose, papers, **changes), actor=actor, now=now)


def versions_of(db, paper):
    chosen = select(PaperItem.item_version_id).where(PaperItem.paper_id == paper.id)
    return db.scalars(chosen.order_by(PaperItem.position)).all()


def test_parallel_papers_hold_different_items_and_say_how_equal_they_are(db, bank, now):
    made = compose(db, bank, now, papers=3)
    assert [(paper.form, paper.version, paper.number) for paper in made.papers] == [
        (1, "", 1),
        (2, "", 2),
        (3, "", 3),
    ]
    assert len({tuple(sorted(versions_of(db, paper))) for paper in made.papers}) == 3
    report = read_report(made.report)
    assert (report.papers, report.items_each, report.missed) == (3, 20, ())
    assert all(margin.is_met for margin in report.margins)
    assert max(line.spread for line in report.scores) <= 2 * report.half_width
    assert sum(report.overlap_pairs) == 3
    assert sum(report.exposure_items) == report.usable_items == 108
    assert sum(n * items for n, items in enumerate(report.exposure_items)) == 60


def test_a_report_names_no_item_and_no_key(db, bank, now):
    made = compose(db, bank, now)
    codes = db.scalars(select(Item.code)).all()
    assert not any(code in made.report for code in codes)
    assert RATIONALE_MARK not in made.report


def test_versions_a_and_b_have_the_same_items_in_another_order(db, bank, now):
    made = compose(db, bank, now, P.AB, 1)
    first, second = made.papers
    assert [first.version, second.version] == ["A", "B"]
    one, other = versions_of(db, first), versions_of(db, second)
    assert sorted(one) == sorted(other)
    assert not any(a == b for a, b in zip(one, other, strict=True))


def test_the_printed_letters_of_the_key_change_round_between_a_and_b(db, bank, now):
    made = compose(db, bank, now, P.AB, 1)
    letters = [key_letters(db, paper) for paper in made.papers]
    assert all(letters[0][version] != letters[1][version] for version in letters[0])


def key_letters(db, paper):
    keys = {item.position: next(iter(item.key)) for item in frozen_key(db, paper.id)}
    versions = dict(enumerate(versions_of(db, paper), start=1))
    return {
        versions[q.position]: [o.canonical_id for o in q.options].index(keys[q.position])
        for q in paper_content(db, paper.id).questions
        if q.kind is ItemKind.SINGLE_CHOICE
    }


def test_every_letter_is_the_key_about_equally_often(db, bank, now):
    made = compose(db, bank, now, papers=4)
    for paper in made.papers:
        counts = Counter(key_letters(db, paper).values())
        assert max(counts.values()) - min(counts.values()) <= 1, counts


def test_the_same_order_gives_the_same_set(db, bank, now):
    plans = [make_plan(db, bank.office, now=now) for _ in range(2)]
    with db.begin_nested() as trial:
        made = compose(db, bank, now, plan=plans[0])
        first = [paper.paper_hash for paper in made.papers]
        trial.rollback()
    db.expire_all()
    made = compose(db, bank, now, plan=plans[1])
    assert [paper.paper_hash for paper in made.papers] == first


def test_an_infeasible_set_changes_nothing_and_names_every_deficit(db, bank, now):
    before = db.scalar(select(func.count()).select_from(AuditEntry))
    for item in db.scalars(select(Item)).all():
        if item.versions[0].element.code.startswith("B-A-A"):
            item.state = ItemState.SUSPENDED
    with pytest.raises(InfeasiblePaperError) as refused:
        compose(db, bank, now, papers=2)
    words = [deficit.words for deficit in refused.value.deficits]
    assert words == ["B-A-A 单选：需 5，缺 5", "B-A-A 多选：需 2，缺 2", "B-A-A 判断：需 3，缺 3"]
    counts = [db.scalar(select(func.count()).select_from(t)) for t in (PaperSet, Paper, PaperItem)]
    assert counts == [0, 0, 0]
    assert db.scalar(select(func.count()).select_from(AuditEntry)) == before


def test_a_bank_that_changed_while_papers_were_drawn_is_noticed(db, bank, now):
    wanted = order(bank)
    drawing = draw(wanted, order_basis(db, bank.plan.id, wanted, actor=bank.manager))
    item = db.scalars(select(Item)).first()
    move_item(db, item.id, ItemState.SUSPENDED, "标准在修订", actor=bank.manager, now=now)
    with pytest.raises(ChangedBankError):
        keep_set(db, bank.plan.id, drawing, actor=bank.manager, now=now)
    assert db.scalar(select(PaperSet)) is None


def test_release_freezes_every_paper_of_the_set(db, bank, now):
    made = compose(db, bank, now, papers=3)
    assert sets_to_release(db, [bank.plan.id], actor=bank.releaser) == 1
    release_set(db, made.id, actor=bank.releaser, now=now)
    assert {paper.state for paper in made.papers} == {PaperState.RELEASED}
    assert {paper.released_by_id for paper in made.papers} == {bank.releaser.account_id}
    assert sets_to_release(db, [bank.plan.id], actor=bank.releaser) == 0
    with pytest.raises(WrongStateError):
        release_set(db, made.id, actor=bank.releaser, now=now)


def test_who_composed_a_set_may_not_release_it(db, bank, now):
    both = replace(bank.manager, permissions=bank.manager.permissions | bank.releaser.permissions)
    made = compose(db, bank, now, actor=both)
    with pytest.raises(SeparationError):
        release_set(db, made.id, actor=both, now=now)
    assert {paper.state for paper in made.papers} == {PaperState.COMPOSED}
    with pytest.raises(NotAllowedError):
        release_set(db, made.id, actor=bank.manager, now=now)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE paper_set SET report = '{}'",
        "UPDATE paper SET paper_hash = replace(paper_hash, '0', '1') WHERE form = 2",
        "UPDATE paper SET form = 9 WHERE form = 2",
    ],
)
def test_a_set_that_was_changed_below_the_application_is_not_released(db, bank, now, change):
    made = compose(db, bank, now)
    db.execute(text(change))
    db.expire_all()
    with pytest.raises(AlteredPaperError):
        release_set(db, made.id, actor=bank.releaser, now=now)


@pytest.mark.parametrize(
    ("purpose", "papers"),
    [(P.ONE, 2), (P.AB, 2), (P.PARALLEL, 1), (P.PARALLEL, 51), (P.INDIVIDUAL, 1)],
)
def test_a_number_of_papers_that_makes_no_sense_is_refused(db, bank, now, purpose, papers):
    with pytest.raises(InvalidInputError):
        compose(db, bank, now, purpose, papers)


def test_only_released_papers_count_as_uses_and_versions_a_and_b_once(db, bank, now):
    made = compose(db, bank, now, P.AB, 1)
    assert uses_of(db, bank.project_id) == {}
    release_set(db, made.id, actor=bank.releaser, now=now)
    uses = uses_of(db, bank.project_id)
    assert len(uses) == 20
    assert set(uses.values()) == {1}


def test_items_that_were_used_are_drawn_less_often(db, bank, now):
    bank.plan.state = PlanState.APPROVED
    blueprint = db.get_one(Blueprint, bank.loaded.blueprint_id)
    first = compose(db, bank, now, P.ONE, 1)
    release_set(db, first.id, actor=bank.releaser, now=now)
    used = {item.version.item_id for item in paper_of(db, first.papers[0].id).items}
    assert recent_item_ids(db, bank.plan, sets=1) == used
    assert recent_item_ids(db, bank.plan, sets=0) == frozenset()
    second = compose(db, bank, now, P.ONE, 1)
    again = {item.version.item_id for item in paper_of(db, second.papers[0].id).items}
    assert not used & again
    assert blueprint.version == 1


def test_items_that_exclude_one_another_never_share_a_paper(db, bank, now):
    items = db.scalars(select(Item).order_by(Item.code)).all()
    for item in items[:12]:  # all of one point
        item.enemy_group = "同一情境"
    for seed in range(5):
        with db.begin_nested() as trial:
            made = compose(db, bank, now, papers=2, seed=seed)
            for paper in made.papers:
                chosen = [row.version.item for row in paper_of(db, paper.id).items]
                assert sum(item.enemy_group is not None for item in chosen) <= 1
            trial.rollback()


def test_printing_names_set_and_form(db, bank, now):
    made = compose(db, bank, now)
    release_set(db, made.id, actor=bank.releaser, now=now)
    mark = mark_of(bank.plan, made.papers[1])
    assert mark.startswith(f"计划 {bank.plan.number}　第 1 套 B 卷　校验 ")
    assert print_paper(db, made.papers[1].id, actor=bank.releaser, now=now)[:4] == b"%PDF"


def test_neighbours_get_different_forms(db, bank, now):
    scene = make_scene(db, now=now, count=6, office=bank.office)
    made = compose(db, bank, now)
    places = [a for a in scene.admissions if a.sitting_id == scene.sittings[0].id]
    columns = scene.sittings[0].room.column_count
    given = {a.seat_no: paper_for(db, made.id, a) for a in places}
    assert given == {a.seat_no: paper_for(db, made.id, a) for a in reversed(places)}
    for seat, paper in given.items():
        if seat % columns:
            assert given.get(seat + 1) != paper
        assert given.get(seat + columns) != paper
    assert len(set(given.values())) == 2


def test_a_paper_for_everybody_is_given_once(db, bank, now):
    scene = make_scene(db, now=now, count=6, office=bank.office)
    made = compose(db, bank, now, P.INDIVIDUAL, 6)
    theory = [a for a in scene.admissions if a.sitting.subject == "theory"]
    assert len({paper_for(db, made.id, admission) for admission in theory}) == len(theory) == 6


def test_another_try_for_the_same_plan_does_not_make_items_recent(db, bank, now):
    bank.plan.state = PlanState.APPROVED
    first = compose(db, bank, now, P.ONE, 1)
    assert recent_item_ids(db, bank.plan, sets=2) == frozenset()
    release_set(db, first.id, actor=bank.releaser, now=now)
    assert len(recent_item_ids(db, bank.plan, sets=2)) == 20
