"""Blueprints: the allocation shown, what makes no sense, the trial, versions that never change."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import select
from support.invented_bank import pool, ranges, write_bank

from item_bank.actions import load_bank
from item_bank.composing.actions import SetOrder, compose_set, save_blueprint
from item_bank.composing.queries import blueprint_versions, credit_of
from item_bank.errors import FaultyBlueprintError
from item_bank.exchange.bank_folder import read_bank
from item_bank.models import Blueprint
from item_bank.queries import blueprint_of, blueprints_of, paper_content, terms_of
from item_bank.rules.allocation import allocation
from item_bank.rules.blueprint import RangeWeight, SectionTerms
from item_bank.rules.blueprint_terms import (
    TEMPLATES,
    BlueprintTerms,
    FairnessTerms,
    assembly_terms,
    check_blueprint,
)
from item_bank.rules.feasibility import feasibility_of
from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.terms import CoolDown, MultipleCredit, check_terms
from registry.access import SYSTEM
from registry.audit_log import AuditEntry
from registry.errors import NotAllowedError

SINGLE, MULTIPLE, JUDGED = ItemKind
INFANT_CARE = dict(
    zip(
        ("A-A-A", "A-A-B", "B-A-A", "B-A-B", "B-A-C", "B-B-A", "B-B-B", "B-B-C", "B-C-A", "B-D-A"),
        (4, 6, 8, 6, 6, 12, 16, 12, 15, 15),
        strict=True,
    )
)


def test_the_worked_example_is_shown_with_exact_shares_and_remainders():
    weights = [RangeWeight(code, Decimal(weight)) for code, weight in INFANT_CARE.items()]
    stock = {(code, SINGLE): 6 for code in INFANT_CARE}
    rows = allocation(TEMPLATES[3].sections, weights, stock)
    assert [row.count // 2 for row in rows] == [2, 2, 3, 2, 2, 5, 7, 5, 6, 6]
    first, care = rows[0], rows[6]
    assert first.shares[0].exact == Fraction(8, 5)
    assert (first.shares[0].floor, first.shares[0].gets_remainder) == (1, True)
    assert not rows[1].shares[0].gets_remainder  # a tie at .4 goes to the heavier range
    assert (care.shares[0].is_short, care.shares[0].in_stock, care.points) == (True, 6, 17.5)
    assert sum(row.points for row in rows) == 100


def test_an_allocation_without_weights_is_empty():
    assert allocation(TEMPLATES[0].sections, [], {}) == ()
    assert allocation(TEMPLATES[0].sections, [RangeWeight("A-A-A", Decimal(0))], {}) == ()


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.code)
def test_every_template_makes_a_sound_blueprint_of_100_points(template):
    terms = BlueprintTerms(template.code, template.minutes, template.sections)
    assert check_blueprint(terms) == ()
    assert check_terms(assembly_terms(terms, ranges())) == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"thetas": (Decimal(0), Decimal(0), Decimal(1))}, "由低到高"),
        ({"thetas": (Decimal(-9), Decimal(0), Decimal(1))}, "能力值应在"),
        ({"half_width": Decimal(0)}, "允许偏差应大于 0"),
        ({"overlap_at_most": -1}, "不能为负"),
        ({"exposure_at_most": 0}, "不小于 1"),
        ({"cool_down_sets": 21}, "避用的套数"),
    ],
)
def test_wishes_that_make_no_sense_are_named(change, words):
    template = TEMPLATES[2]
    fairness = FairnessTerms(**change)
    terms = BlueprintTerms("T", 90, template.sections, fairness=fairness)
    (fault,) = check_blueprint(terms)
    assert words in fault


def test_a_trial_tells_what_is_missing_and_keeps_nothing():
    sections = (SectionTerms(SINGLE, 60, Decimal(1)), SectionTerms(JUDGED, 40, Decimal(1)))
    terms = assembly_terms(BlueprintTerms("T", 90, sections), ranges())
    found = feasibility_of(terms, pool(4), papers=1)
    assert not found.is_feasible
    words = [deficit.words for deficit in found.deficits]
    assert "B-A-A 单选：需 30，缺 18" in words
    assert feasibility_of(terms, pool(10), papers=1).report is not None


def test_a_trial_of_several_papers_needs_items_for_all_when_none_may_return():
    sections = (SectionTerms(SINGLE, 20, Decimal(5)),)
    fairness = FairnessTerms(exposure_at_most=1)
    terms = assembly_terms(BlueprintTerms("T", 90, sections, fairness=fairness), ranges())
    bank = pool(4)
    assert feasibility_of(terms, bank, papers=1).is_feasible
    (deficit,) = feasibility_of(terms, bank, papers=2).deficits
    assert deficit.words == "B-A-A 单选：需 20，缺 8"


def test_a_change_is_a_new_version_and_papers_keep_theirs(db, bank, now):
    order = SetOrder(bank.loaded.blueprint_id, 1)
    made = compose_set(db, bank.plan.id, order, actor=bank.manager, now=now)
    terms = terms_of(blueprint_of(db, bank.loaded.blueprint_id))
    fairness = FairnessTerms(
        thetas=(Decimal("-1.5"), Decimal("-0.2"), Decimal("0.75")),
        half_width=Decimal("0.8"),
        overlap_at_most=3,
        exposure_at_most=2,
        cool_down=CoolDown.EXCLUDE,
        cool_down_sets=4,
        multiple_credit=MultipleCredit.HALF_FOR_SUBSET,
        is_strict=True,
    )
    changed = replace(terms, minutes=75, fairness=fairness)
    stored, is_new = save_blueprint(db, bank.project_id, changed, actor=bank.manager, now=now)
    assert (stored.version, is_new) == (2, True)
    assert terms_of(stored) == changed
    assert made.blueprint.version == 1
    assert terms_of(made.blueprint) == terms
    assert [(found.version, sets) for found, sets in blueprint_versions(db, bank.project_id)] == [
        (2, 0),
        (1, 1),
    ]
    entry = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.account_id) == ("save_blueprint", bank.manager.account_id)
    again, is_new = save_blueprint(db, bank.project_id, changed, actor=bank.manager, now=now)
    assert (again.id, is_new) == (stored.id, False)
    back, is_new = save_blueprint(db, bank.project_id, terms, actor=bank.manager, now=now)
    assert (back.version, is_new) == (3, True)


def test_loading_the_bank_again_leaves_a_persons_version_in_force(db, bank, now, tmp_path):
    terms = terms_of(blueprint_of(db, bank.loaded.blueprint_id))
    changed = replace(terms, minutes=75)
    save_blueprint(db, bank.project_id, changed, actor=bank.manager, now=now)
    source = read_bank(write_bank(tmp_path / "again"))
    load_bank(db, 1, source, actor=SYSTEM, reviewer=SYSTEM, now=now)
    (newest,) = blueprints_of(db, bank.project_id)
    assert terms_of(newest) == changed


def test_a_faulty_blueprint_and_one_without_permission_are_not_stored(db, bank, now):
    terms = terms_of(blueprint_of(db, bank.loaded.blueprint_id))
    short = replace(terms, sections=terms.sections[:1])
    with pytest.raises(FaultyBlueprintError, match="总分应为 100，现为 40"):
        save_blueprint(db, bank.project_id, short, actor=bank.manager, now=now)
    with pytest.raises(NotAllowedError):
        save_blueprint(db, bank.project_id, terms, actor=bank.releaser, now=now)
    other = bank.project_id + 1
    with pytest.raises(FaultyBlueprintError, match="细目表还没有三级鉴定范围"):
        save_blueprint(db, other, terms, actor=bank.manager, now=now)
    assert Counter(db.scalars(select(Blueprint.version))) == {1: 1}


def test_half_points_for_part_of_a_multiple_choice_stand_in_the_paper(db, bank, now):
    terms = terms_of(blueprint_of(db, bank.loaded.blueprint_id))
    halves = FairnessTerms(multiple_credit=MultipleCredit.HALF_FOR_SUBSET)
    changed = replace(terms, fairness=halves)
    stored, _ = save_blueprint(db, bank.project_id, changed, actor=bank.manager, now=now)
    made = compose_set(db, bank.plan.id, SetOrder(stored.id, 1), actor=bank.manager, now=now)
    paper_id = made.papers[0].id
    assert credit_of(db, paper_id) is MultipleCredit.HALF_FOR_SUBSET
    assert paper_content(db, paper_id).multiple_credit is MultipleCredit.HALF_FOR_SUBSET
