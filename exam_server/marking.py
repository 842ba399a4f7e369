"""A submitted attempt or a confirmed card becomes a theory mark: where siblings meet.

The answer of a question travels as canonical option ids; on a card the letter says the place of the
option in the printed order, which is the stored order of the frozen paper.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.models import Answer, Attempt
from exam_server.delivery.queries import admissions_in
from exam_server.delivery.states import ENDED, AttemptState
from item_bank.composing.queries import credit_of
from item_bank.queries import frozen_key, paper_content, paper_of
from item_bank.rules.card_form import answers_by_form
from item_bank.rules.kinds import ItemKind
from item_bank.rules.ordering import canonical_answers
from item_bank.rules.paper import KeyedItem, PaperContent
from omr.models import PrintedCard, ScanPage
from omr.queries import (
    by_card,
    continued_cards,
    is_marked_absent,
    merged_answers,
    missing_sheets,
    released_pages,
    usable_cards,
)
from proctor.queries import presences
from proctor.rules.presence import Presence
from registry.access import Actor
from registry.audit_log import note
from registry.enrolment.models import EnrolmentState
from registry.errors import AssessmentError
from registry.scheduling.models import Admission, Sitting
from scoring.actions import record_absence, record_invalid, record_theory
from scoring.errata.queries import standing_corrections
from scoring.rules.errata import Correction
from scoring.rules.evidence import EvidenceSource, TheoryEvidence
from scoring.rules.marking import MultipleChoiceMarking, TheoryMark, mark_theory

LETTERS = "ABCDEF"
TRUE_FALSE_VALUES = frozenset({"right", "wrong"})


Pages: TypeAlias = tuple[ScanPage, ...]
"""The released pages of one card, by sheet; none where the answers came by computer."""


class UnfinishedRoomError(AssessmentError):
    """Candidates are still working, or nobody knows whether they came."""

    code = "unfinished_room"
    text = "本场还有 {count} 名考生未交卷或未登记到场情况，不能评分。请监考员先办理完毕。"


class CardMissingError(AssessmentError):
    """A candidate was present but no card of theirs has been released."""

    code = "card_missing"
    text = "还有 {count} 名到场考生没有答题卡（如座位 {seats}），不能评分。请补扫或登记缺考。"


VOIDED = "违纪处理决定：作答判为无效"


@dataclass(frozen=True)
class Marked:
    """How many of a sitting were marked and how many recorded as absent; together all of it."""

    marked: int
    absent: int
    waiting: int = 0  # went on with a pencil; their card is not released yet


def mark_screen_sitting(db: Session, sitting_id: int, *, actor: Actor, now: datetime) -> Marked:
    """Mark every attempt of a sitting at computers against the frozen key."""
    admissions = admissions_in(db, sitting_id)
    own = select(Attempt).where(
        Attempt.sitting_id == sitting_id, Attempt.state != AttemptState.DEFERRED
    )
    attempts = {attempt.admission_id: attempt for attempt in db.scalars(own)}
    absent = _absentees(db, admissions)
    open_ones = [
        admission
        for admission in admissions
        if admission.id not in absent
        and (admission.id not in attempts or attempts[admission.id].state not in ENDED)
    ]
    if open_ones:
        raise UnfinishedRoomError(count=len(open_ones))
    papers = {
        paper_id: _known_paper(db, paper_id)
        for paper_id in {attempt.paper_id for attempt in attempts.values()}
    }
    pages = _pages_on_paper(db, sitting_id)
    answers = answers_by_attempt(db, [attempt.id for attempt in attempts.values()])
    waiting = 0
    for attempt in attempts.values():
        # One whose attempt was opened again after the card was printed ended it otherwise.
        went_on = attempt.state == AttemptState.FORCED and attempt.admission_id in pages
        own_pages = pages[attempt.admission_id] if went_on else ()
        if attempt.state == AttemptState.VOIDED:
            record_invalid(db, attempt.admission_id, VOIDED, actor=actor, now=now)
        elif went_on and not own_pages:
            waiting += 1
        else:
            paper, stored = papers[attempt.paper_id], answers.get(attempt.id, {})
            canonical = attempt_answers(paper.content, attempt, stored, own_pages)
            _record_attempt(db, attempt, paper, canonical, own_pages, actor=actor, now=now)
    deferred = _settle_deferrals(db, admissions, actor=actor, now=now)
    missing = [one.id for one in admissions if one.id not in attempts and one.id not in deferred]
    for admission_id in missing:
        record_absence(db, admission_id, "监考员登记缺考", actor=actor, now=now)
    return Marked(len(attempts) - waiting, len(missing), waiting)


@dataclass(frozen=True)
class _KnownPaper:
    """What marking needs of a paper, read once for all who had it."""

    content: PaperContent
    key: Sequence[KeyedItem]
    rule: MultipleChoiceMarking
    errata: Mapping[int, Correction]
    paper_hash: str


def _known_paper(db: Session, paper_id: int) -> _KnownPaper:
    return _KnownPaper(
        paper_content(db, paper_id),
        frozen_key(db, paper_id),
        MultipleChoiceMarking(credit_of(db, paper_id)),
        standing_corrections(db, paper_id),
        paper_of(db, paper_id).paper_hash,
    )


def _record_attempt(
    db: Session,
    attempt: Attempt,
    paper: _KnownPaper,
    canonical: Mapping[int, frozenset[str]],
    pages: Pages,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Record what was answered at the computer, or the merged card of one who went on on paper."""
    mark = mark_theory(paper.key, canonical, multiple_choice=paper.rule, errata=paper.errata)
    receipt = json.loads(attempt.receipt or "{}")
    presence, source_hash = (
        f"上机签到，{attempt.state}，回执 {receipt['code']}",
        receipt["answers_hash"],
    )
    if pages:
        presence += f"；转纸笔作答，{_where(pages)}"
        source_hash = _hash_of(pages, canonical)
    evidence = TheoryEvidence(
        source=EvidenceSource.ATTEMPT,
        source_id=attempt.id,
        source_hash=source_hash,
        paper_hash=paper.paper_hash,
        presence=presence,
    )
    record_theory(db, attempt.admission_id, mark, evidence, actor=actor, now=now)


def attempt_answers(
    paper: PaperContent,
    attempt: Attempt,
    stored: Mapping[str, tuple[str, ...]],
    pages: Pages,
) -> dict[int, frozenset[str]]:
    """Return the answers of an attempt as canonical ids by position.

    The card of one who went on with a pencil was printed with the answers of the server, and every
    difference was decided by a person; so it holds all of them.
    """
    card = pages[0].card if pages else None
    if card is not None and card.form is not None:
        return answers_by_form(card.form, merged_answers(pages))
    return canonical_answers(paper, attempt.order_seed, stored)


def _pages_on_paper(db: Session, sitting_id: int) -> dict[int, Pages]:
    """Return by admission the released pages of each card on which a candidate went on.

    A card that has not come back whole has none.
    """
    whole = _whole_cards(db, sitting_id)
    cards = continued_cards(db, sitting_id)
    return {admission_id: whole.get(card.id, ()) for admission_id, card in cards.items()}


def _whole_cards(db: Session, sitting_id: int) -> dict[int, Pages]:
    """Return the released pages of every card of which no sheet is missing, by card."""
    pages = by_card(released_pages(db, sitting_id))
    cards = usable_cards(db, sitting_id)
    return {
        card.id: pages[card.id]
        for card in cards
        if card.id in pages and not missing_sheets(card, pages[card.id])
    }


def stored_answers(db: Session, attempt_id: int) -> dict[str, tuple[str, ...]]:
    """Return the answers of an attempt by the ids that its candidate saw."""
    return answers_by_attempt(db, [attempt_id]).get(attempt_id, {})


def answers_by_attempt(
    db: Session, attempt_ids: Sequence[int]
) -> dict[int, dict[str, tuple[str, ...]]]:
    """Return the answers of attempts by the ids that their candidates saw."""
    chosen = select(Answer.attempt_id, Answer.question_id, Answer.value)
    given = chosen.where(Answer.attempt_id.in_(attempt_ids), Answer.value != "")
    answers: dict[int, dict[str, tuple[str, ...]]] = {}
    for attempt_id, question_id, value in db.execute(given):
        answers.setdefault(attempt_id, {})[question_id] = tuple(value.split(","))
    return answers


def mark_card_sitting(db: Session, sitting_id: int, *, actor: Actor, now: datetime) -> Marked:
    """Mark every released card of a sitting on paper; each present candidate must have one."""
    sitting = db.get_one(Sitting, sitting_id)
    whole = _whole_cards(db, sitting_id)
    cards = {card.admission_id: card for card in usable_cards(db, sitting_id) if card.id in whole}
    absent = _absentees(db, sitting.admissions) | {
        i for i, card in cards.items() if is_marked_absent(whole[card.id])
    }
    missing = [
        admission
        for admission in sitting.admissions
        if admission.id not in cards and admission.id not in absent
    ]
    if missing:
        seats = "、".join(f"{admission.seat_no:02d}" for admission in missing[:5])
        raise CardMissingError(count=len(missing), seats=seats)
    marked = 0
    for admission in sitting.admissions:
        if admission.id in absent:
            record_absence(db, admission.id, "考场登记或答题卡填涂缺考", actor=actor, now=now)
        else:
            card = cards[admission.id]
            _record_card(db, card, whole[card.id], actor=actor, now=now)
            marked += 1
    return Marked(marked, len(sitting.admissions) - marked)


def _record_card(
    db: Session, card: PrintedCard, pages: Pages, *, actor: Actor, now: datetime
) -> None:
    mark, answers = mark_card(db, card, pages)
    evidence = TheoryEvidence(
        source=EvidenceSource.CARD,
        source_id=card.id,
        source_hash=_hash_of(pages, answers),
        paper_hash=paper_of(db, card.paper_id).paper_hash,
        presence=_where(pages),
    )
    record_theory(db, card.admission_id, mark, evidence, actor=actor, now=now)


def mark_card(
    db: Session, card: PrintedCard, pages: Pages
) -> tuple[TheoryMark, dict[int, frozenset[str]]]:
    """Mark one card by all its pages; returns the mark and the canonical answers it rests on."""
    answers = card_answers(paper_content(db, card.paper_id), merged_answers(pages))
    errata = standing_corrections(db, card.paper_id)
    mark = mark_theory(
        frozen_key(db, card.paper_id),
        answers,
        multiple_choice=MultipleChoiceMarking(credit_of(db, card.paper_id)),
        errata=errata,
    )
    return mark, answers


def card_answers(
    paper: PaperContent, groups: Mapping[str, tuple[str, ...]]
) -> dict[int, frozenset[str]]:
    """Turn the filled letters of a card into canonical ids by position.

    A letter beyond the options of its question answers nothing that exists; it keeps its letter
    and so can never match a key.
    """
    canonical = {}
    for question in paper.questions:
        values = groups.get(f"q{question.position}", ())
        if not values:
            continue
        if question.kind is ItemKind.TRUE_FALSE:
            canonical[question.position] = frozenset(values)
            continue
        by_letter = dict(zip(LETTERS, (o.canonical_id for o in question.options), strict=False))
        canonical[question.position] = frozenset(
            by_letter.get(letter, f"no option {letter}") for letter in values
        )
    return canonical


def letters_for(paper: PaperContent, position: int, ids: frozenset[str]) -> tuple[str, ...]:
    """Return what must be filled on the card to give this answer."""
    question = next(q for q in paper.questions if q.position == position)
    if question.kind is ItemKind.TRUE_FALSE:
        return tuple(ids)
    places = [option.canonical_id for option in question.options]
    return tuple(LETTERS[places.index(name)] for name in sorted(ids, key=places.index))


def _absentees(db: Session, admissions: Sequence[Admission]) -> set[int]:
    recorded = presences(db, [admission.id for admission in admissions])
    return {i for i, presence in recorded.items() if presence is not Presence.PRESENT}


def _settle_deferrals(
    db: Session, admissions: Sequence[Admission], *, actor: Actor, now: datetime
) -> set[int]:
    """Let those who were deferred be planned again; return their admissions."""
    recorded = presences(db, [admission.id for admission in admissions])
    deferred = {i for i, presence in recorded.items() if presence is Presence.DEFERRED}
    for admission in admissions:
        if admission.id in deferred:
            admission.enrolment.state = EnrolmentState.DEFERRED
            subject = ("enrolment", admission.enrolment_id)
            detail = {"sitting": admission.sitting_id}
            note(db, "defer_enrolment", subject, actor=actor, now=now, detail=detail)
    return deferred


def _where(pages: Pages) -> str:
    """Name the card and where every page of it was scanned."""
    card = pages[0].card
    assert card is not None
    places = [f"扫描批次 {page.batch_id} 第 {page.position} 页" for page in pages]
    if len(pages) > 1:
        pairs = zip(pages, places, strict=True)
        places = [f"卡页 {page.sheet}：{place}" for page, place in pairs]
    return f"答题卡 {card.serial}，{'；'.join(places)}"


def _hash_of(pages: Pages, answers: Mapping[int, frozenset[str]]) -> str:
    rows = [[position, sorted(ids)] for position, ids in sorted(answers.items())]
    images = [page.image_hash for page in pages]
    return hashlib.sha256(json.dumps([*images, rows]).encode()).hexdigest()
