"""A candidate's own order laid onto an answer card: which group of cells holds which question.

The card follows the order of the screen, so that the candidate finds the questions where they
were; sections keep to the part of the card that has their kind of cells.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from item_bank.rules.kinds import ItemKind
from item_bank.rules.ordering import candidate_paper, shown_ids
from item_bank.rules.paper import PaperContent, PaperQuestion
from registry.errors import AssessmentError

LETTERS = "ABCDEF"
TRUE_FALSE_VALUES = ("right", "wrong")


class CardTooSmallError(AssessmentError):
    """The paper does not fit on the card."""

    code = "card_too_small"
    text = "答题卡放不下这份试卷（{kind}，需要 {needed} 题，卡上 {given} 题），不能转为纸笔作答。"


@dataclass(frozen=True)
class CardGroup:
    """A group of cells on the card: its name, its printed number, how many options it has."""

    name: str
    number: int
    options: int


@dataclass(frozen=True)
class CardPlace:
    """Where one question stands: canonical ids of the options in the order of the cells."""

    group: str
    number: int
    position: int
    question_id: str
    options: tuple[tuple[str, str, str], ...]  # value of the cell, canonical id, shown id


def lay_out(
    paper: PaperContent, order_seed: int, groups: Mapping[ItemKind, Sequence[CardGroup]]
) -> tuple[CardPlace, ...]:
    """Give every question of a candidate a group of cells; raises ``CardTooSmallError``."""
    ids = shown_ids(paper, order_seed)
    positions = {question_id: position for position, (question_id, _options) in ids.items()}
    places = []
    for section in candidate_paper(paper, order_seed).sections:
        own = groups.get(section.kind, ())
        longest = max(len(question.options) for question in section.questions)
        used = own[: len(section.questions)]
        if len(used) < len(section.questions) or min(one.options for one in used) < longest:
            raise CardTooSmallError(
                kind=section.title, needed=len(section.questions), given=len(own)
            )
        for group, question in zip(own, section.questions, strict=False):
            position = positions[question.id]
            canonical = {shown: name for name, shown in ids[position][1].items()}
            is_judgement = section.kind is ItemKind.TRUE_FALSE
            cells = [canonical[o.id] for o in question.options] if is_judgement else LETTERS
            options = tuple(
                (cell, canonical[option.id], option.id)
                for cell, option in zip(cells, question.options, strict=False)
            )
            places.append(CardPlace(group.name, group.number, position, question.id, options))
    return tuple(places)


def in_card_order(paper: PaperContent, places: Sequence[CardPlace]) -> PaperContent:
    """Return the paper as it is printed for the candidate: numbers and letters of the card."""
    by_position = {question.position: question for question in paper.questions}
    return replace(
        paper,
        label="",
        questions=tuple(_renumbered(by_position[place.position], place) for place in places),
    )


def _renumbered(question: PaperQuestion, place: CardPlace) -> PaperQuestion:
    by_id = {option.canonical_id: option for option in question.options}
    options = tuple(by_id[canonical] for _cell, canonical, _shown in place.options)
    return replace(question, position=place.number, options=options)


def form_text(places: Sequence[CardPlace]) -> str:
    """Return the form as canonical JSON: group to position and canonical id of every cell."""
    form = {p.group: [p.position, {cell: name for cell, name, _shown in p.options}] for p in places}
    return json.dumps(form, sort_keys=True)


def answers_by_form(form: str, groups: Mapping[str, Sequence[str]]) -> dict[int, frozenset[str]]:
    """Turn the marks of a card back into canonical ids by position.

    A cell beyond the options of its question keeps its letter and so can never match a key.

    >>> answers_by_form('{"q1": [7, {"A": "c", "B": "a"}]}', {"q1": ["B"], "q2": ["A"]})
    {7: frozenset({'a'})}
    """
    canonical = {}
    for group, (position, cells) in json.loads(form).items():
        values = groups.get(group, ())
        if values:
            canonical[position] = frozenset(cells.get(v, f"no option {v}") for v in values)
    return canonical
