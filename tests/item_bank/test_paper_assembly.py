"""Papers meet their hard counts exactly, repeat no point without need, and can be drawn again."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from support.invented_bank import RANGES, pool, pool_item, request
from support.single_papers import assemble

from item_bank.rules.blueprint import Shares, quotas_of
from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from item_bank.rules.pool import bank_hash

LOOSE = Shares(Decimal(0), Decimal(1), (Decimal("0.2"),) * 5, Decimal(1))
PAPERS_DRAWN = 1_000
CELLS = [(code, kind) for code in RANGES for kind in ItemKind]


@st.composite
def stocks(draw):
    """A bank with uneven stock per point, and a paper that it can carry."""
    bank = []
    for range_code, kind in CELLS:
        for point in range(1, draw(st.integers(1, 5)) + 1):
            for _ in range(draw(st.integers(0, 4))):
                bank.append(pool_item(len(bank) + 1, range_code, point, kind))
    wanted = request(*(draw(st.integers(0, 8)) for _ in range(3)))
    return bank, wanted


def chosen_of(paper, bank):
    by_id = {item.version_id: item for item in bank}
    return [by_id[item.version_id] for item in paper.items]


def is_short(wanted, bank):
    stock = Counter((item.range_code, item.kind) for item in bank)
    quotas = quotas_of(wanted.sections, wanted.ranges)
    return any(stock[quota.range_code, quota.kind] < quota.count for quota in quotas)


@settings(max_examples=150, deadline=None)
@given(stocks(), st.integers(0, 2**31 - 1))
def test_a_paper_is_exact_or_refused(stock, seed):
    bank, wanted = stock
    if not wanted.sections:
        return
    if is_short(wanted, bank):
        with pytest.raises(InfeasiblePaperError):
            assemble(wanted, bank, seed)
        return
    paper = assemble(wanted, bank, seed)
    chosen = chosen_of(paper, bank)
    counts = Counter((item.range_code, item.kind) for item in chosen)
    assert counts == {
        (q.range_code, q.kind): q.count for q in quotas_of(wanted.sections, wanted.ranges)
    }
    assert len({item.version_id for item in chosen}) == len(chosen)
    assert [item.position for item in paper.items] == list(range(1, len(chosen) + 1))


@settings(max_examples=100, deadline=None)
@given(stocks(), st.integers(0, 2**31 - 1))
def test_the_same_seed_and_bank_give_the_same_paper_in_any_order_of_rows(stock, seed):
    bank, wanted = stock
    if not wanted.sections or is_short(wanted, bank):
        return
    assert repr(assemble(wanted, bank, seed)) == repr(assemble(wanted, bank[::-1], seed))


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 9), st.integers(2, 9), st.integers(0, 2**31 - 1))
def test_no_point_comes_twice_while_others_of_its_range_are_unused(size, points, seed):
    bank = pool(per_cell=6, points=points)
    paper = assemble(request(size, size, size), bank, seed)
    chosen = chosen_of(paper, bank)
    for range_code in RANGES:
        loads = Counter(item.point_code for item in chosen if item.range_code == range_code)
        if max(loads.values(), default=0) > 1:
            assert len(loads) == points


def test_kinds_that_compete_for_a_point_are_placed_around_each_other():
    bank = [
        pool_item(1, "B-A-A", 1, ItemKind.SINGLE_CHOICE),
        pool_item(2, "B-A-A", 2, ItemKind.SINGLE_CHOICE),
        pool_item(3, "B-A-A", 1, ItemKind.TRUE_FALSE),
    ]
    wanted = replace(request(1, 0, 1), ranges=request().ranges[2:])
    for seed in range(30):
        assert [item.version_id for item in assemble(wanted, bank, seed).items] == [2, 3]


def test_every_deficit_is_named():
    bank = [
        item
        for item in pool(per_cell=1)
        if (item.range_code, item.kind) != ("B-A-A", ItemKind.MULTIPLE_CHOICE)
    ]
    with pytest.raises(InfeasiblePaperError) as refused:
        assemble(request(single=20, multiple=6, judged=3), bank, 1)
    assert [deficit.words for deficit in refused.value.deficits] == [
        "A-A-A 单选：需 4，缺 1",
        "A-A-B 单选：需 6，缺 3",
        "B-A-A 单选：需 10，缺 7",
        "B-A-A 多选：需 3，缺 3",
    ]
    assert "B-A-A 多选：需 3，缺 3" in refused.value.message


def test_soft_shares_are_met_where_the_bank_allows():
    bank = pool(per_cell=5)
    for seed in range(20):
        margins = assemble(request(), bank, seed).margins
        assert margins.all_met, margins.missed
        assert margins.importance[0] >= 14
        assert sum(margins.difficulty) == 20


def test_a_missed_share_is_reported_and_the_counts_hold():
    bank = [replace(item, importance=Importance.Z, difficulty=5) for item in pool()]
    paper = assemble(request(), bank, 1)
    assert len(paper.items) == 20
    assert paper.margins.importance == (0, 0, 20)
    assert any("核心要素 X 0 题" in words for words in paper.margins.missed)
    assert any("难度 5 级 20 题" in words for words in paper.margins.missed)


def test_items_of_the_last_papers_are_avoided_where_the_bank_allows():
    bank = pool(per_cell=6)
    first = {item.version_id for item in assemble(request(), bank, 1).items}
    marked = [replace(item, is_recent=item.version_id in first) for item in bank]
    paper = assemble(request(shares=LOOSE), marked, 2)
    assert paper.margins.recent_count == 0
    assert not first & {item.version_id for item in paper.items}


def test_equal_items_are_drawn_equally_often():
    bank = [replace(item, difficulty=3, importance=Importance.X) for item in pool(per_cell=3)]
    wanted = request(shares=LOOSE)
    drawn = Counter(
        item.version_id
        for seed in range(PAPERS_DRAWN)
        for item in assemble(wanted, bank, seed).items
    )
    statistic, freedom = 0.0, 0
    for quota in quotas_of(wanted.sections, wanted.ranges):
        cell = [i for i in bank if (i.range_code, i.kind) == (quota.range_code, quota.kind)]
        share = quota.count / len(cell)
        expected = PAPERS_DRAWN * share
        # Drawing without return: the counts vary less than a multinomial by the factor 1 - share.
        spread = expected * (1 - share) * len(cell) / (len(cell) - 1)
        statistic += sum((drawn[item.version_id] - expected) ** 2 / spread for item in cell)
        freedom += len(cell) - 1
    assert statistic < chi2.ppf(0.9999, freedom)


def test_the_hash_of_a_bank_changes_with_any_item_and_not_with_order():
    bank = pool()
    changed = [replace(bank[0], content_hash="f" * 64), *bank[1:]]
    assert bank_hash(bank) == bank_hash(bank[::-1])
    assert bank_hash(bank) != bank_hash(changed) != bank_hash(bank[1:])
