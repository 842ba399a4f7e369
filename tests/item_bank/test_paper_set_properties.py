"""Whatever the bank: a paper is exact or refused with exactly what is missing; draws are even."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2

from item_bank.rules.blueprint import RangeWeight, SectionTerms, Shares, quotas_of
from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from item_bank.rules.paper_sets.engine import assemble_set
from item_bank.rules.paper_sets.results import ResidualKind
from item_bank.rules.paper_sets.terms import AssemblyTerms, LevelGoal, ScoreBand
from item_bank.rules.pool import PoolItem

ANY = Shares(Decimal(0), Decimal(1), (Decimal("0.2"),) * 5, Decimal(1))
KINDS = (ItemKind.SINGLE_CHOICE, ItemKind.TRUE_FALSE)
CODES = ("A-A-A", "A-A-B")
LEVELS = (1, 2, 3)
DRAWS = 1_000


def item(number, code, kind, level, enemies=()):
    return PoolItem(
        version_id=number,
        code=f"{number:04d}",
        content_hash=f"{number:04d}",
        kind=kind,
        range_code=code,
        point_code=code,
        importance=None,
        difficulty=level,
        options=("a", "b", "c", "d") if kind is ItemKind.SINGLE_CHOICE else ("right", "wrong"),
        enemies=enemies,
    )


def terms(single, judged, levels, **more):
    sections = [
        SectionTerms(kind, count, Decimal(1))
        for kind, count in zip(KINDS, (single, judged), strict=True)
        if count
    ]
    weights = (RangeWeight(CODES[0], Decimal(40)), RangeWeight(CODES[1], Decimal(60)))
    goals = tuple(LevelGoal(*goal) for goal in zip(LEVELS, levels, strict=True))
    return AssemblyTerms(tuple(sections), weights, ANY, goals, **more)


@st.composite
def stocks(draw):
    """A bank with uneven cells and enemies across them, and a paper it may or may not carry."""
    bank = []
    for code in CODES:
        for kind in KINDS:
            for level in LEVELS:
                for _ in range(draw(st.integers(0, 4))):
                    names = draw(st.sampled_from([(), (), (), ("G",), ("H",), ("G", "H")]))
                    bank.append(item(len(bank) + 1, code, kind, level, names))
    single, judged = draw(st.integers(1, 6)), draw(st.integers(0, 6))
    first = draw(st.integers(0, single + judged))
    second = draw(st.integers(0, single + judged - first))
    return bank, terms(single, judged, (first, second, single + judged - first - second))


def check(paper, bank, wanted):
    by_code = {entry.code: entry for entry in bank}
    items = [by_code[placed.code] for placed in paper.items]
    cells = Counter((entry.range_code, entry.kind) for entry in items)
    quotas = quotas_of(wanted.sections, wanted.ranges)
    assert cells == {(quota.range_code, quota.kind): quota.count for quota in quotas}
    levels = Counter(entry.difficulty for entry in items)
    assert [levels[goal.level] for goal in wanted.levels] == [goal.count for goal in wanted.levels]
    names = Counter(name for entry in items for name in entry.enemies)
    assert max(names.values(), default=0) <= 1


def is_feasible(wanted, bank):
    try:
        assemble_set(wanted, bank, papers=1, seed=0)
    except InfeasiblePaperError:
        return False
    return True


@settings(max_examples=150, deadline=None)
@given(stocks(), st.integers(0, 2**31 - 1))
def test_a_paper_is_exact_or_refused_with_the_fewest_items_that_help(stock, seed):
    bank, wanted = stock
    try:
        found = assemble_set(wanted, bank, papers=1, seed=seed)
    except InfeasiblePaperError as refused:
        missing = [
            item(1_000 + number, deficit.range_code, deficit.kind, deficit.level)
            for number, deficit in enumerate(
                deficit for deficit in refused.deficits for _ in range(deficit.missing)
            )
        ]
        assert missing
        assert is_feasible(wanted, bank + missing)
        assert not is_feasible(wanted, bank + missing[1:])
        assert not is_feasible(wanted, bank + missing[:-1])
        return
    check(found.papers[0], bank, wanted)
    assert {residual.kind for residual in found.report.residuals} <= {ResidualKind.SCORE}


@settings(max_examples=40, deadline=None)
@given(stocks(), st.integers(2, 6), st.integers(0, 2**31 - 1))
def test_a_set_keeps_margins_and_enemies_in_every_paper(stock, papers, seed):
    bank, wanted = stock
    try:
        found = assemble_set(wanted, bank, papers=papers, seed=seed)
    except InfeasiblePaperError:
        assert not is_feasible(wanted, bank)
        return
    for paper in found.papers:
        check(paper, bank, wanted)
    assert found == assemble_set(wanted, bank[::-1], papers=papers, seed=seed)


def test_enemies_in_the_only_cells_are_a_deficit():
    bank = [
        item(1, "A-A-A", KINDS[0], 1, ("G",)),
        item(2, "A-A-A", KINDS[1], 1, ("G",)),
        item(3, "A-A-B", KINDS[0], 1),
        item(4, "A-A-B", KINDS[1], 1),
    ]
    wanted = replace(terms(2, 2, (4, 0, 0)), ranges=(RangeWeight("A-A-A", Decimal(1)),) * 1)
    both = replace(
        wanted, ranges=(RangeWeight("A-A-A", Decimal(1)), RangeWeight("A-A-B", Decimal(1)))
    )
    with pytest.raises(InfeasiblePaperError) as refused:
        assemble_set(both, bank, papers=1, seed=1)
    assert [deficit.words for deficit in refused.value.deficits] == ["A-A-A 单选 难度1：需 1，缺 1"]
    spare = [*bank, item(5, "A-A-A", KINDS[1], 1)]
    for seed in range(20):
        paper = assemble_set(both, spare, papers=1, seed=seed).papers[0]
        assert {placed.code for placed in paper.items} == {"0001", "0003", "0004", "0005"}


def test_items_of_a_cell_are_drawn_equally_often():
    sizes = {level: 3 + 2 * level for level in LEVELS}
    bank = []
    for code in CODES:
        for kind in KINDS:
            for level in LEVELS:
                for _ in range(sizes[level]):
                    bank.append(item(len(bank) + 1, code, kind, level))
    wanted = terms(10, 5, (3, 5, 7), band=ScoreBand(half_width=100.0))
    cell_of = {entry.code: (entry.range_code, entry.kind, entry.difficulty) for entry in bank}
    drawn: Counter[str] = Counter()
    variance: Counter[tuple[str, ItemKind, int]] = Counter()
    for seed in range(DRAWS):
        paper = assemble_set(wanted, bank, papers=1, seed=seed).papers[0]
        codes = [placed.code for placed in paper.items]
        drawn.update(codes)
        for cell, count in Counter(cell_of[code] for code in codes).items():
            size = sizes[cell[2]]
            variance[cell] += count * (size - count) / size**2
    statistic, freedom = 0.0, 0
    for cell, spread in variance.items():
        counts = [drawn[code] for code, mine in cell_of.items() if mine == cell]
        mean = sum(counts) / len(counts)
        scale = (len(counts) - 1) / len(counts) / spread
        statistic += scale * sum((count - mean) ** 2 for count in counts)
        freedom += len(counts) - 1
    assert freedom == 4 * sum(size - 1 for size in sizes.values())
    assert chi2.ppf(0.0001, freedom) < statistic < chi2.ppf(0.9999, freedom)


def test_cells_give_in_the_proportions_that_the_margins_leave():
    """Where only the range is fixed, every item of it comes about equally often."""
    bank = [item(number, "A-A-A", KINDS[0], 1 + (number > 12)) for number in range(1, 17)]
    free = AssemblyTerms(
        (SectionTerms(KINDS[0], 4, Decimal(1)),),
        (RangeWeight("A-A-A", Decimal(1)),),
        ANY,
        (LevelGoal(1, 2, 2), LevelGoal(2, 2, 2)),
        band=ScoreBand(half_width=100.0),
    )
    drawn = Counter(
        placed.code
        for seed in range(400)
        for placed in assemble_set(free, bank, papers=1, seed=seed).papers[0].items
    )
    few = sum(count for code, count in drawn.items() if int(code) > 12) / 4
    many = sum(count for code, count in drawn.items() if int(code) <= 12) / 12
    assert few == pytest.approx(many, rel=0.15)
