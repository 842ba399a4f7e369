"""The ladder of rehearsals: seeded, and read without a silent error."""

import itertools

import pytest
from support.drawn_cards import clean_card, filled_card, rehearsed, some_answers, tally_of

from omr.reader.reading import rejected
from omr.rehearsal.pencil import TrueMark
from omr.rehearsal.severity import LADDER, Level, Mode
from omr.rehearsal.tally import Tally, compare
from omr.rules.reasons import PageReason


def test_same_seed_gives_the_same_scan():
    one, other = rehearsed(Level.L2, 5)[0], rehearsed(Level.L2, 5)[0]
    assert one == other
    assert one.jpeg != rehearsed(Level.L2, 6)[0].jpeg


def test_filling_leaves_the_printed_card_alone():
    before = clean_card().copy()
    filled_card(some_answers(), level=Level.L3)
    assert (clean_card() == before).all()


def test_every_rung_is_worse_than_the_one_before():
    rungs = [LADDER[level] for level in Level]
    for better, worse in itertools.pairwise(rungs):
        assert worse.noise > better.noise
        assert worse.darkness[0] < better.darkness[0]
        assert worse.perspective >= better.perspective


REGRESSION = [  # level, pages, most clear groups for a person, most pages rejected
    (Level.L0, 2, 0.0, 0),
    (Level.L1, 4, 0.005, 0),
    (Level.L2, 6, 0.02, 0),
    (Level.L3, 5, 0.05, 0),
    (Level.L4, 4, 0.15, 0),
    (Level.L5, 8, 0.30, 2),
]


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize(("level", "pages", "most_reviewed", "most_rejected"), REGRESSION)
def test_no_clear_group_is_misread_in_silence(level, pages, most_reviewed, most_rejected, mode):
    tally = tally_of(level, pages, mode)
    assert tally.clear_silent == 0
    assert tally.wrong_serial == 0
    assert tally.rejected <= most_rejected
    assert tally.review_share <= most_reviewed
    assert tally.marginal_silent <= 0.02 * max(tally.marginal, 50)
    assert tally.clear > 0.55 * 106 * (pages - tally.rejected)


def test_rejected_page_counts_no_group():
    tally = compare(rejected(PageReason.BLANK_PAGE), {"q1": TrueMark(("A",), marginal=False)})
    assert tally == Tally(pages=1, rejected=1)
    assert tally.silent_per_10k == 0.0
