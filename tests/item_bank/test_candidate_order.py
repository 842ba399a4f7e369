"""A candidate's order is a rearrangement that can be undone and betrays nothing."""

import hashlib
import json
from dataclasses import asdict

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import chi2
from support.invented_bank import paper_content

from item_bank.rules.kinds import ItemKind
from item_bank.rules.ordering import (
    UnknownQuestionError,
    candidate_paper,
    canonical_answer,
    canonical_answers,
    opaque_ids,
)

PAPER = paper_content()
SEEDS = st.integers(0, 2**31 - 1)


def shown_questions(paper):
    return [question for section in paper.sections for question in section.questions]


@given(SEEDS)
def test_every_question_and_option_appears_once(seed):
    shown = shown_questions(candidate_paper(PAPER, seed))
    assert sorted(q.stem for q in shown) == sorted(q.stem for q in PAPER.questions)
    assert [q.number for q in shown] == list(range(1, len(shown) + 1))
    options = {q.stem: sorted(option.content for option in q.options) for q in PAPER.questions}
    assert all(sorted(o.content for o in q.options) == options[q.stem] for q in shown)


@given(SEEDS)
def test_ids_are_unique_short_and_plain(seed):
    shown = shown_questions(candidate_paper(PAPER, seed))
    ids = [q.id for q in shown] + [option.id for q in shown for option in q.options]
    assert len(set(ids)) == len(ids)
    assert all(name.isalnum() and len(name) <= 12 for name in ids)


@settings(max_examples=50)
@given(SEEDS, st.data())
def test_an_answer_leads_back_to_its_position_and_canonical_ids(seed, data):
    shown = shown_questions(candidate_paper(PAPER, seed))
    question = data.draw(st.sampled_from(shown))
    picked = data.draw(st.lists(st.sampled_from(question.options), unique=True))
    position, canonical_ids = canonical_answer(PAPER, seed, question.id, [o.id for o in picked])
    stored = next(q for q in PAPER.questions if q.position == position)
    contents = {option.canonical_id: option.content for option in stored.options}
    assert stored.stem == question.stem
    assert {contents[name] for name in canonical_ids} == {option.content for option in picked}


def test_all_answers_are_turned_back_at_once():
    shown = shown_questions(candidate_paper(PAPER, 7))
    answers = {q.id: [q.options[0].id] for q in shown}
    together = canonical_answers(PAPER, 7, answers)
    one_by_one = dict(canonical_answer(PAPER, 7, q, o) for q, o in answers.items())
    assert together == one_by_one
    assert set(together) == {question.position for question in PAPER.questions}


def test_ids_of_another_candidate_are_refused():
    other = shown_questions(candidate_paper(PAPER, 1))[0]
    own = shown_questions(candidate_paper(PAPER, 2))[0]
    with pytest.raises(UnknownQuestionError):
        canonical_answer(PAPER, 2, other.id, [])
    with pytest.raises(UnknownQuestionError):
        canonical_answer(PAPER, 2, own.id, [other.options[0].id])


@given(SEEDS)
def test_right_stays_before_wrong(seed):
    judged = candidate_paper(PAPER, seed).sections[-1]
    assert judged.kind is ItemKind.TRUE_FALSE
    assert all([o.content for o in q.options] == ["正确", "错误"] for q in judged.questions)


def test_sections_keep_their_order_with_title_points_and_rule():
    sections = candidate_paper(PAPER, 3).sections
    assert [(s.title, s.points_text) for s in sections] == [
        ("一、单项选择题", "每题 1 分"),
        ("二、多项选择题", "每题 1 分"),
        ("三、判断题", "每题 1 分"),
    ]
    assert sections[0].rule == "共 5 题，每题只有一个正确答案，选错或不选不得分。"


def test_the_same_seed_gives_the_same_paper_for_ever():
    first = candidate_paper(PAPER, 20191118)
    assert first == candidate_paper(PAPER, 20191118)
    shown = first.sections[0].questions
    assert shown[0].id == "q" + hashlib.sha256(b"20191118:1").hexdigest()[:8]
    assert [q.stem[1] for q in shown] == list("12435")
    assert "".join(option.content[-1] for option in shown[0].options) == "dacb"


def test_the_key_stands_at_every_place_equally_often():
    places = [0] * 4
    for seed in range(400):
        for question in candidate_paper(PAPER, seed).sections[0].questions:
            contents = [option.content for option in question.options]
            places[next(n for n, text in enumerate(contents) if text.endswith("选项b"))] += 1
    expected = sum(places) / 4
    assert sum((n - expected) ** 2 / expected for n in places) < chi2.ppf(0.9999, 3)


def test_two_sources_that_collide_get_different_ids():
    assert len(set(opaque_ids("q", ["same", "same", "same"]))) == 3


def test_a_candidate_paper_has_no_place_for_a_key_or_a_rationale():
    names = set()

    def collect(value):
        if isinstance(value, dict):
            names.update(value)
            for inner in value.values():
                collect(inner)
        elif isinstance(value, list | tuple):
            for inner in value:
                collect(inner)

    collect(json.loads(json.dumps(asdict(candidate_paper(PAPER, 1)), default=str)))
    assert not names & {"key", "keys", "rationale", "is_key", "canonical_id", "position", "source"}
