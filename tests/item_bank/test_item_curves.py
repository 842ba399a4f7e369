"""Expected points of an item: known parameters, a cold start by level and kind, partial credit."""

from decimal import Decimal

import numpy as np
import pytest

from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.item_model import GUESSING, ItemCurves, in_micro
from item_bank.rules.paper_sets.terms import MultipleCredit
from item_bank.rules.pool import PoolItem

POINTS = {kind: Decimal("1.5") for kind in ItemKind}


def item(kind=ItemKind.SINGLE_CHOICE, level=3, **known):
    return PoolItem(1, "1", "1", kind, "A", "A", None, level, **known)


def test_known_parameters_give_the_logistic_curve():
    curves = ItemCurves.of([item(a=2.0, b=0.5, c=0.2)], POINTS)
    expected = [1.5 * (0.2 + 0.8 / (1 + np.exp(-2 * (theta - 0.5)))) for theta in (-1, 0.5, 2)]
    assert curves.means([-1, 0.5, 2])[0] == pytest.approx(expected)
    chance = curves.means([0.0])[0, 0] / 1.5
    assert curves.variances([0.0])[0, 0] == pytest.approx(1.5**2 * chance * (1 - chance))


def test_information_is_the_slope_squared_over_the_variance():
    curves = ItemCurves.of([item(a=1.3, b=0.2, c=0.25)], {kind: Decimal(1) for kind in ItemKind})
    step = 1e-5
    low, middle, high = curves.means([-step, 0.0, step])[0]
    slope = (high - low) / (2 * step)
    assert curves.information(0.0)[0] == pytest.approx(slope**2 / (middle * (1 - middle)), rel=1e-6)


def test_before_calibration_harder_levels_earn_less_and_guessing_follows_the_kind():
    by_level = ItemCurves.of([item(level=level) for level in range(1, 6)], POINTS).means([0.0])
    assert (np.diff(by_level[:, 0]) < 0).all()
    kinds = list(ItemKind)
    floor = ItemCurves.of([item(kind) for kind in kinds], POINTS).means([-50.0])[:, 0] / 1.5
    assert floor == pytest.approx([GUESSING[kind] for kind in kinds])
    assert {kinds[0]: 0.25, kinds[1]: 0.03, kinds[2]: 0.5} == GUESSING


def test_half_points_for_incomplete_sets_raise_only_multiple_choice():
    items = [item(kind) for kind in ItemKind]
    exact = ItemCurves.of(items, POINTS).means([0.0])[:, 0]
    halves = ItemCurves.of(items, POINTS, MultipleCredit.HALF_FOR_SUBSET)
    more = halves.means([0.0])[:, 0] - exact
    is_multiple = [entry.kind is ItemKind.MULTIPLE_CHOICE for entry in items]
    assert [gain > 0 for gain in more] == is_multiple
    missed = 1 - exact[is_multiple] / 1.5
    assert more[is_multiple] == pytest.approx(0.5 * 0.4 * missed * 1.5)
    assert (halves.variances([0.0]) > 0).all()


def test_scores_are_summed_as_whole_millionths():
    assert in_micro(np.array([0.1234567, 1.0])).tolist() == [123457, 1_000_000]
