"""Papers of a set differ without being told how much; items at rest come back where they must."""

from dataclasses import replace

import pytest
from numpy.random import PCG64, Generator

from benchmarks.paper_assembly import invented_bank, invented_terms
from item_bank.printing.fairness_sheet import conclusions
from item_bank.rules.kinds import SetPurpose
from item_bank.rules.paper_sets.engine import assemble_set
from item_bank.rules.paper_sets.results import ResidualKind
from item_bank.rules.set_report import report_of


@pytest.fixture(scope="module")
def wanted():
    terms = invented_terms(Generator(PCG64(5)))
    return replace(terms, overlap_at_most=None, is_strict=False)


@pytest.fixture(scope="module")
def small_bank(wanted):
    return invented_bank(wanted, 400, Generator(PCG64(7)))


def with_recent(bank, share):
    chances = Generator(PCG64(3)).random(len(bank))
    return [replace(i, is_recent=bool(c < share)) for i, c in zip(bank, chances, strict=True)]


@pytest.mark.parametrize("share", [0, 0.5, 0.8])
def test_two_papers_share_at_most_a_fifth_of_their_items(wanted, small_bank, share):
    found = assemble_set(wanted, with_recent(small_bank, share), papers=2, seed=1)
    assert found.report.overlap.allowed == 20 >= found.report.overlap.most
    assert found.report.residuals == ()


def test_papers_share_fresh_items_fairly_and_say_how_many_recent_ones_they_hold(wanted, small_bank):
    bank = with_recent(small_bank, 0.8)
    found = assemble_set(wanted, bank, papers=2, seed=1)
    recent = [paper.recent_count for paper in found.papers]
    assert min(recent) > 0
    assert max(recent) - min(recent) <= 10
    report = report_of(found, wanted, bank)
    assert report.recent_most == max(recent)
    said = "".join(conclusions(report, SetPurpose.PARALLEL))
    assert f"每卷至多有 {max(recent)} 题在本市最近的试卷中用过" in said
    assert "上限 20 题" in said


def test_one_paper_takes_as_few_recent_items_as_before(wanted, small_bank):
    bank = with_recent(small_bank, 0.5)
    one = assemble_set(wanted, bank, papers=1, seed=1)
    assert one.report.overlap.allowed is None
    assert one.papers[0].recent_count <= 2


def test_many_papers_of_a_small_bank_get_a_wider_limit_and_keep_it(wanted, small_bank):
    found = assemble_set(wanted, with_recent(small_bank, 0.5), papers=20, seed=1)
    overlap = found.report.overlap
    assert overlap.allowed is not None
    assert 20 < overlap.allowed < 50
    assert overlap.most <= overlap.allowed


def test_a_limit_that_was_given_is_not_widened_and_a_miss_is_reported(wanted, small_bank):
    found = assemble_set(replace(wanted, overlap_at_most=5), small_bank, papers=10, seed=1)
    missed = [r for r in found.report.residuals if r.kind is ResidualKind.OVERLAP]
    assert found.report.overlap.allowed == 5 < found.report.overlap.most
    assert missed
    assert report_of(found, replace(wanted, overlap_at_most=5), small_bank).is_even is False
