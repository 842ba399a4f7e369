"""Sets of papers: margins exact, scores within their band, limits of overlap and exposure kept."""

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest
from numpy.random import PCG64, Generator

from benchmarks.paper_assembly import SECTIONS, invented_bank, invented_terms
from item_bank.rules.blueprint import quotas_of
from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from item_bank.rules.paper_sets.engine import FaultyTermsError, assemble_set
from item_bank.rules.paper_sets.terms import CellQuota, CoolDown, LevelGoal, ScoreBand, SetMode

PAPERS = 12


@pytest.fixture(scope="module")
def measured():
    random = Generator(PCG64(5))
    terms = invented_terms(random)
    return terms, invented_bank(terms, 1_000, random)


@pytest.fixture(scope="module")
def papers(measured):
    terms, bank = measured
    return assemble_set(terms, bank, papers=PAPERS, seed=3)


def items_of(paper, bank):
    by_code = {item.code: item for item in bank}
    return [by_code[item.code] for item in paper.items]


def test_every_margin_is_met_exactly_in_every_paper(measured, papers):
    terms, bank = measured
    wanted = {(q.range_code, q.kind): q.count for q in quotas_of(terms.sections, terms.ranges)}
    assert len(papers.papers) == PAPERS
    for paper in papers.papers:
        items = items_of(paper, bank)
        assert Counter((item.range_code, item.kind) for item in items) == wanted
        levels = Counter(item.difficulty for item in items)
        assert [levels[level] for level in range(1, 6)] == [12, 22, 36, 20, 10]
        assert len({item.code for item in items}) == 100
    assert papers.report.residuals == ()


def test_expected_scores_stay_within_the_band(papers):
    for at in papers.report.scores:
        assert at.spread <= 1.0
        assert at.target - 0.5 <= at.least <= at.most <= at.target + 0.5
    for paper in papers.papers:
        assert len(paper.expected) == 3


def test_no_paper_holds_two_enemies(measured, papers):
    for paper in papers.papers:
        names = [name for item in items_of(paper, measured[1]) for name in item.enemies]
        assert len(names) == len(set(names))


def test_overlap_and_exposure_keep_their_limits(papers):
    codes = [{item.code for item in paper.items} for paper in papers.papers]
    most = max(len(a & b) for n, a in enumerate(codes) for b in codes[:n])
    uses = Counter(code for paper in codes for code in paper)
    report = papers.report
    assert most == report.overlap.most <= 20
    assert max(uses.values()) == report.exposure.most <= report.exposure.cap
    assert report.exposure.lifted == ()
    assert report.exposure.unused_share == pytest.approx(1 - len(uses) / 1_000)


def test_each_letter_is_the_key_a_quarter_of_the_time(measured, papers):
    keys = {item.code: item.key for item in measured[1]}
    for paper in papers.papers:
        letters = Counter(
            item.option_order.index(next(iter(keys[item.code])))
            for item in paper.items
            if item.kind is ItemKind.SINGLE_CHOICE
        )
        assert all(0.2 <= letters[letter] / 40 <= 0.3 for letter in range(4))
    assert 0.2 <= papers.report.key_share_least <= papers.report.key_share_most <= 0.3


def test_sections_come_in_the_order_of_the_blueprint(papers):
    for paper in papers.papers:
        kinds = list(dict.fromkeys(item.kind for item in paper.items))
        assert kinds == [kind for kind, _, _ in SECTIONS]
        assert [item.position for item in paper.items] == list(range(1, 101))


def test_the_order_of_the_bank_decides_nothing(measured, papers):
    terms, bank = measured
    assert assemble_set(terms, bank[::-1], papers=PAPERS, seed=3) == papers
    assert assemble_set(terms, bank, papers=PAPERS, seed=4).papers != papers.papers


def test_versions_a_and_b_have_the_same_items_at_other_numbers_with_other_letters(measured):
    terms, bank = measured
    keys = {item.code: item.key for item in bank}
    found = assemble_set(terms, bank, papers=2, seed=1, mode=SetMode.AB)
    assert [(p.number, p.version) for p in found.papers] == [(1, "A"), (1, "B"), (2, "A"), (2, "B")]
    for first, second in zip(found.papers[::2], found.papers[1::2], strict=True):
        assert {i.code for i in first.items} == {i.code for i in second.items}
        other = {item.code: item for item in second.items}
        for item in first.items:
            assert other[item.code].position != item.position
            if item.kind is ItemKind.SINGLE_CHOICE:
                key = next(iter(keys[item.code]))
                places = [i.option_order.index(key) for i in (item, other[item.code])]
                assert places[0] != places[1]


def test_locked_options_and_judgements_keep_their_places(measured):
    terms, bank = measured
    locked = [
        replace(item, locked=frozenset("d")) if item.kind is not ItemKind.TRUE_FALSE else item
        for item in bank
    ]
    keys = {item.code: item.key for item in locked}
    moved = 0
    for paper in assemble_set(terms, locked, papers=3, seed=1).papers:
        for item in paper.items:
            if item.kind is ItemKind.TRUE_FALSE:
                assert item.option_order == ("right", "wrong")
            else:
                assert item.option_order[3] == "d"
                assert sorted(item.option_order) == list("abcd")
                moved += item.option_order != tuple("abcd")
            assert keys[item.code] <= set(item.option_order)
    assert moved > 100


def test_items_of_the_last_papers_are_left_out_or_taken_last(measured):
    terms, bank = measured
    marked = [replace(item, is_recent=int(item.code) % 3 == 0) for item in bank]
    recent = {item.code for item in marked if item.is_recent}
    for cool_down in CoolDown:
        found = assemble_set(replace(terms, cool_down=cool_down), marked, papers=2, seed=1)
        for paper in found.papers:
            assert not recent & {item.code for item in paper.items}
            assert paper.recent_count == 0


def test_rarely_used_items_are_preferred(measured):
    terms, bank = measured
    worn = [replace(item, uses=9 if int(item.code) % 2 else 0) for item in bank]
    found = assemble_set(terms, worn, papers=1, seed=1)
    used = [item for item in items_of(found.papers[0], worn) if item.uses]
    assert len(used) < 20


def test_a_given_exposure_limit_is_never_exceeded(measured):
    terms, bank = measured
    strict = replace(terms, exposure_at_most=2)
    found = assemble_set(strict, bank, papers=15, seed=1)
    assert found.report.exposure.most == 2
    with pytest.raises(InfeasiblePaperError) as refused:
        assemble_set(strict, bank, papers=30, seed=1)
    assert sum(deficit.missing for deficit in refused.value.deficits) >= 500


def test_a_quota_for_one_cell_is_met_or_named(measured):
    terms, bank = measured
    judged = [item for item in bank if item.kind is ItemKind.TRUE_FALSE and item.difficulty == 4]
    code = Counter(item.range_code for item in judged).most_common(1)[0][0]
    wanted = replace(terms, quotas=(CellQuota(3, 3, code, ItemKind.TRUE_FALSE, 4),))
    paper = assemble_set(wanted, bank, papers=1, seed=1).papers[0]
    cells = Counter((i.range_code, i.kind, i.difficulty) for i in items_of(paper, bank))
    assert cells[code, ItemKind.TRUE_FALSE, 4] == 3
    scarce = [item for item in judged if item.range_code == code][1:]
    short = [item for item in bank if item not in scarce]
    with pytest.raises(InfeasiblePaperError) as refused:
        assemble_set(wanted, short, papers=1, seed=1)
    assert [deficit.words for deficit in refused.value.deficits] == [
        f"{code} 判断 难度4：需 3，缺 2"
    ]


def test_wishes_that_contradict_each_other_are_refused_before_the_bank_is_searched(measured):
    terms, bank = measured
    for faulty, said in (
        (replace(terms, levels=(LevelGoal(1, 99), LevelGoal(2, 9))), "各级难度共 108 题"),
        (replace(terms, sections=()), "至少有一种题型"),
        (replace(terms, band=ScoreBand(targets=(1.0,))), "一一对应"),
        (replace(terms, pass_share=Decimal(2)), "及格分"),
    ):
        with pytest.raises(FaultyTermsError, match=said):
            assemble_set(faulty, bank, papers=1, seed=1)
    impossible = replace(terms, quotas=(CellQuota(50, 50, "A-A-A", ItemKind.TRUE_FALSE),))
    with pytest.raises(InfeasiblePaperError, match="互相矛盾"):
        assemble_set(impossible, bank, papers=1, seed=1)


def test_chances_to_pass_say_what_the_spread_means(papers):
    passing = papers.report.passing
    assert passing.pass_points == 60
    assert 0.4 < passing.hardest <= 0.5 <= passing.easiest < 0.6
    assert 3.5 < passing.score_sd < 5.5
