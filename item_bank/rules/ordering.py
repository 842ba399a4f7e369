"""The order in which one candidate sees a paper, from the stored seed alone.

The types here have no field that could carry a key or a rationale; balance of key letters comes
from the uniform order of options. Places are sorted by SHA-256 of the seed, so that an order can
be rebuilt for as long as the paper is kept, on any machine and with any version of any library.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple, TypeVar

from item_bank.rules.item import Figure, OptionContent
from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper import PaperContent, PaperQuestion, heading_of, sections_of
from registry.errors import AssessmentError

ID_DIGITS = 8
Entry = TypeVar("Entry")


class CandidateFigure(NamedTuple):
    """A figure as a candidate's page needs it."""

    file_hash: str
    media_type: str
    description: str
    caption: str


class CandidateOption(NamedTuple):
    """An option under an id that means nothing outside this candidate's paper."""

    id: str
    content: str


class CandidateQuestion(NamedTuple):
    """A question as numbered and ordered for one candidate."""

    id: str
    number: int
    stem: str
    options: tuple[CandidateOption, ...]
    figure: CandidateFigure | None


@dataclass(frozen=True)
class CandidateSection:
    """The questions of one kind with their heading."""

    kind: ItemKind
    title: str
    points_text: str
    rule: str
    questions: tuple[CandidateQuestion, ...]


@dataclass(frozen=True)
class CandidatePaper:
    """The paper of one candidate."""

    title: str
    total_points: Decimal
    sections: tuple[CandidateSection, ...]


class UnknownQuestionError(AssessmentError):
    """An answer names a question or option that the candidate's paper does not have."""

    code = "unknown_question"
    text = "答案与试卷不符，未作记录。请刷新页面；如仍出现，请举手联系监考人员。"


def candidate_paper(paper: PaperContent, order_seed: int) -> CandidatePaper:
    """Return the paper in the candidate's order under ids that betray neither order nor key."""
    question_ids = _question_ids(paper, order_seed)
    sections = []
    number = 0
    for place, questions in enumerate(sections_of(paper)):
        shown = []
        for question in _shuffled(questions, f"{order_seed}:items", lambda q: str(q.position)):
            number += 1
            shown.append(_shown(question, number, question_ids[question.position], order_seed))
        heading = heading_of(place, questions, paper.multiple_credit)
        sections.append(
            CandidateSection(
                kind=questions[0].kind,
                title=heading.title,
                points_text=heading.points_text,
                rule=heading.rule,
                questions=tuple(shown),
            )
        )
    return CandidatePaper(paper.title, paper.total_points, tuple(sections))


def canonical_answer(
    paper: PaperContent, order_seed: int, question_id: str, option_ids: Iterable[str]
) -> tuple[int, frozenset[str]]:
    """Turn one answer back into the position and the canonical ids of its options.

    Raises ``UnknownQuestionError`` for an id that is not of this paper and seed.
    """
    answers = canonical_answers(paper, order_seed, {question_id: tuple(option_ids)})
    return next(iter(answers.items()))


def canonical_answers(
    paper: PaperContent, order_seed: int, answers: Mapping[str, Iterable[str]]
) -> dict[int, frozenset[str]]:
    """Turn all answers of a candidate into canonical ids by position; see ``canonical_answer``."""
    by_position = {question.position: question for question in paper.questions}
    positions = {name: position for position, name in _question_ids(paper, order_seed).items()}
    canonical = {}
    for question_id, option_ids in answers.items():
        if question_id not in positions:
            raise UnknownQuestionError
        position = positions[question_id]
        names = option_ids_of(by_position[position], order_seed)
        canonical_ids = {name: canonical_id for canonical_id, name in names.items()}
        chosen = tuple(option_ids)
        if not canonical_ids.keys() >= set(chosen):
            raise UnknownQuestionError
        canonical[position] = frozenset(canonical_ids[name] for name in chosen)
    return canonical


def _shown(
    question: PaperQuestion, number: int, question_id: str, order_seed: int
) -> CandidateQuestion:
    names = option_ids_of(question, order_seed)
    options: Sequence[OptionContent] = question.options
    if question.kind is not ItemKind.TRUE_FALSE:  # right stays first, wrong second
        salt = f"{order_seed}:options:{question.position}"
        options = shuffled_options(options, salt)
    return CandidateQuestion(
        id=question_id,
        number=number,
        stem=question.stem,
        options=tuple(CandidateOption(names[o.canonical_id], o.content) for o in options),
        figure=_figure(question.figure),
    )


def _figure(figure: Figure | None) -> CandidateFigure | None:
    if figure is None:
        return None
    return CandidateFigure(figure.file_hash, figure.media_type, figure.description, figure.caption)


def _question_ids(paper: PaperContent, order_seed: int) -> dict[int, str]:
    positions = sorted(question.position for question in paper.questions)
    sources = [f"{order_seed}:{position}" for position in positions]
    return dict(zip(positions, opaque_ids("q", sources), strict=True))


def questions_by_id(paper: PaperContent, order_seed: int) -> dict[str, PaperQuestion]:
    """Return the questions under the ids that the candidate of this seed sees."""
    names = _question_ids(paper, order_seed)
    return {names[question.position]: question for question in paper.questions}


def option_ids_of(question: PaperQuestion, order_seed: int) -> dict[str, str]:
    """Return the id that the candidate of this seed sees, by canonical id."""
    ids, head = question.canonical_ids, f"{order_seed}:{question.position}:"
    return dict(zip(ids, opaque_ids("o", [head + each for each in ids]), strict=True))


def opaque_ids(prefix: str, sources: Iterable[str]) -> list[str]:
    """Return a short hash per source, all different: of two that collide the later moves on."""
    digests = [hashlib.sha256(source.encode()).hexdigest() for source in sources]
    names = [prefix + digest[:ID_DIGITS] for digest in digests]
    if len(set(names)) < len(names):
        names = [prefix + name for name in _moved_on(digests)]
    return names


def _moved_on(digests: Sequence[str]) -> list[str]:
    taken: list[str] = []
    for digest in digests:
        start = 0
        while digest[start : start + ID_DIGITS] in taken:
            start += 1
        taken.append(digest[start : start + ID_DIGITS])
    return taken


def _shuffled(entries: Sequence[Entry], salt: str, name_of: Callable[[Entry], str]) -> list[Entry]:
    return sorted(
        entries, key=lambda entry: hashlib.sha256(f"{salt}:{name_of(entry)}".encode()).digest()
    )


def shuffled_options(options: Sequence[OptionContent], salt: str) -> list[OptionContent]:
    """Return the options in another order; a locked one keeps its place.

    Examples
    --------
    >>> last = OptionContent("d", "以上说法都不全面", is_locked=True)
    >>> options = [OptionContent(name, name) for name in "abc"] + [last]
    >>> [option.canonical_id for option in shuffled_options(options, "7")][-1]
    'd'
    """
    free = [option for option in options if not option.is_locked]
    moved = iter(_shuffled(free, salt, lambda option: option.canonical_id))
    return [option if option.is_locked else next(moved) for option in options]


def shown_ids(paper: PaperContent, order_seed: int) -> dict[int, tuple[str, dict[str, str]]]:
    """Return for every position the question's id and the id of each canonical option."""
    questions = _question_ids(paper, order_seed)
    return {
        question.position: (questions[question.position], option_ids_of(question, order_seed))
        for question in paper.questions
    }
