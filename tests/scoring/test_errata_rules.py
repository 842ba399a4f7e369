"""A faulty item counts for everyone as decided, and nobody's other answers are touched."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from item_bank.rules.kinds import ItemKind
from scoring.rules.errata import Correction, Remedy
from scoring.rules.evidence import EvidenceSource, TheoryEvidence, theory_evidence, theory_fault
from scoring.rules.marking import mark_theory
from scoring.rules.outcome import publish
from tests.scoring.exam_day import KeyedItem

KEY = [KeyedItem(n, ItemKind.SINGLE_CHOICE, Decimal(2), frozenset("a")) for n in range(1, 51)]
EVIDENCE = TheoryEvidence(EvidenceSource.CARD, 1, "a" * 64, "b" * 64, "到场")
B = frozenset("b")


def marked(right, errata, others=B):
    answers = {n: frozenset("a") if n in right else others for n in range(1, 51)}
    return mark_theory(KEY, answers, errata=errata)


def correction(remedy, *accepted):
    return Correction(7, remedy, frozenset(frozenset(answer) for answer in accepted))


def test_points_are_given_to_everyone():
    errata = {1: correction(Remedy.GIVE_ALL)}
    assert marked(set(), errata).total == 2
    assert marked({1}, errata).total == 2
    assert mark_theory(KEY, {}, errata=errata).total == 2


def test_a_further_answer_counts_and_the_key_still_does():
    errata = {1: correction(Remedy.ACCEPT, "b", "ac")}
    assert marked(set(), errata).total == 2
    assert marked({1}, errata).total == 2
    assert marked(set(), errata, others=frozenset("c")).total == 0
    assert marked(set(), errata, others=frozenset("ac")).total == 2


def test_what_is_removed_scales_the_rest_up():
    mark = marked(set(range(1, 31)), {1: correction(Remedy.REMOVE)})
    assert (mark.total, mark.full, mark.removed) == (58, 100, 2)
    assert mark.scaled == Fraction(5800, 98)
    assert publish(mark.scaled) == Decimal("59.2")


def test_a_paper_cannot_lose_everything():
    errata = {n: correction(Remedy.REMOVE) for n in range(1, 51)}
    with pytest.raises(ValueError, match="all its items"):
        _ = marked({1}, errata).scaled


@given(
    right=st.sets(st.integers(1, 50)),
    remedies=st.dictionaries(st.integers(1, 50), st.sampled_from(Remedy), max_size=20),
)
def test_the_evidence_proves_the_mark_whatever_was_decided(right, remedies):
    errata = {
        n: correction(remedy, *(["b"] if remedy is Remedy.ACCEPT else []))
        for n, remedy in remedies.items()
    }
    mark = marked(right, errata)
    published = publish(mark.scaled)
    text = theory_evidence(mark, EVIDENCE)
    assert theory_fault(text, published) is None
    assert theory_fault(text, published + 1) is not None
    generous = {n: c for n, c in errata.items() if c.remedy is not Remedy.REMOVE}
    assert marked(right, generous).total >= marked(right, {}).total
