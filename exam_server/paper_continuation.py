"""When computers fail: candidates go on with a pencil on cards printed with their saved answers."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import add_event, end_attempt
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import Answer, AnswerOp, Attempt
from exam_server.delivery.proctor_actions import reviewer_of
from exam_server.delivery.queries import admission_in, run_on_duty
from exam_server.delivery.states import BEGUN, LIVE, EventKind
from item_bank.booklet import print_booklet
from item_bank.queries import paper_content
from item_bank.rules.card_form import (
    CardGroup,
    CardPlace,
    CardTooSmallError,
    form_text,
    in_card_order,
    lay_out,
)
from item_bank.rules.kinds import ItemKind
from omr.continuing import ContinuedPaper, issue_continuation
from omr.layout_queries import cards_for_sittings, sheets_of_card
from omr.models import PrintedCard
from omr.queries import continued_cards
from omr.rules.card_layout import GroupKind, Sheets, groups_on
from omr.rules.prefilled import SavedAnswer
from registry.access import Actor
from registry.audit_log import note
from registry.database import files_of
from registry.errors import InvalidInputError
from registry.scheduling.models import Admission

KINDS = {
    ItemKind.SINGLE_CHOICE: GroupKind.SINGLE,
    ItemKind.MULTIPLE_CHOICE: GroupKind.MULTIPLE,
    ItemKind.TRUE_FALSE: GroupKind.JUDGEMENT,
}
NOTES = (
    "本册题号、选项次序与您的答题卡一致；题号可能与电脑上不同，以本册为准。",
    "答题卡上已印好的填涂，是服务器保存的您的答案，不必再涂。",
    "要改答案时，把新选项涂满即可，已印的不必也不能擦去；由工作人员逐题核对，以您新涂的为准。",
    "多选题要去掉已印的选项，请在该选项上画一道横线。",
    "答题卡和本册一并交回，不得带出考场。",
)


@dataclass(frozen=True)
class Continuable:
    """One candidate as the page for going on on paper lists them."""

    admission: Admission
    attempt: Attempt
    card: PrintedCard | None

    @property
    def may_continue(self) -> bool:
        """Say whether the candidate is still at work on the computer."""
        return self.attempt.state in BEGUN

    @property
    def sheet_count(self) -> int:
        """Return how many pages the card has."""
        return len(sheets_of_card(self.card)) if self.card else 0


def continuable(db: Session, sitting_id: int, *, actor: Actor) -> list[Continuable]:
    """Return the candidates of a room who have begun, by seat."""
    run_on_duty(db, sitting_id, actor=actor)
    cards = continued_cards(db, sitting_id)
    begun = (
        select(Attempt)
        .join(Admission, Admission.id == Attempt.admission_id)
        .where(Attempt.sitting_id == sitting_id, Attempt.started_at.is_not(None))
        .order_by(Admission.seat_no)
    )
    return [
        Continuable(attempt.admission, attempt, cards.get(attempt.admission_id))
        for attempt in db.scalars(begun)
    ]


def refuse_continued(db: Session, sitting_id: int, admission_id: int | None) -> None:
    """Refuse to let a candidate work at the computer again who goes on on paper."""
    if admission_id in continued_cards(db, sitting_id):
        raise RoomNotReadyError(state="该考生已转纸笔作答", action="恢复作答", hint="")


def continue_on_paper(
    db: Session,
    sitting_id: int,
    numbers: Sequence[tuple[int, int]],
    reason: str,
    *,
    reviewer: str,
    actor: Actor,
    now: datetime,
) -> list[PrintedCard]:
    """End attempts at the computer and issue their cards; pairs of admission and drawn number.

    Answers that arrive later are kept apart as those of a closed attempt are.
    """
    run = run_on_duty(db, sitting_id, actor=actor)
    second = reviewer_of(db, sitting_id, reviewer, actor=actor)
    kinds = tuple(card for card in cards_for_sittings(db).values() if card[0].is_coded)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写转为纸笔作答的原因。")
    if not numbers:
        raise InvalidInputError(field="考生", reason="请至少选择一名考生。")
    cards = []
    for admission_id, number in numbers:
        admission = admission_in(db, sitting_id, admission_id)
        attempt = db.scalar(select(Attempt).where(Attempt.admission_id == admission.id))
        is_working = attempt is not None and attempt.state in BEGUN
        if run.state not in LIVE or attempt is None or not is_working:
            raise RoomNotReadyError(
                state=f"{admission.seat_no:02d} 座考生不在答题中", action="转为纸笔作答", hint=""
            )
        text = f"转为纸笔作答：{reason.strip()}，复核人 {second.name}"
        end_attempt(db, attempt, EventKind.FORCED, now=now, actor=actor, second=second, reason=text)
        add_event(db, attempt, "forced", text, now=now, for_candidate=True, actor=actor)
        sheets, places = _fitting(db, attempt, kinds)
        saved = _saved(db, attempt, places)
        continued = ContinuedPaper(attempt.paper_id, form_text(places), saved)
        cards.append(
            issue_continuation(
                db, admission, continued, sheets, number=number, actor=actor, now=now
            )
        )
    return cards


def booklets(
    db: Session, sitting_id: int, admission_ids: Iterable[int], *, actor: Actor, now: datetime
) -> list[bytes]:
    """Print the papers of candidates who went on on paper, each in the order of the own card."""
    run_on_duty(db, sitting_id, actor=actor)
    cards = continued_cards(db, sitting_id)
    printed = []
    for admission_id in admission_ids:
        card = cards[admission_id]
        attempt = db.scalars(select(Attempt).where(Attempt.admission_id == admission_id)).one()
        paper = paper_content(db, attempt.paper_id)
        places = _places(db, attempt, sheets_of_card(card))
        admission = card.admission
        mark = (
            f"{admission.seat_no:02d} 座　{admission.enrolment.candidate.name}　卡号 {card.serial}"
        )
        in_order = in_card_order(paper, places)
        printed.append(print_booklet(in_order, files_of(db).get, paper_mark=mark, notes=NOTES))
        where, detail = ("admission", admission_id), {"serial": card.serial}
        note(db, "print_continuation", where, actor=actor, now=now, detail=detail)
    return printed


def _fitting(
    db: Session, attempt: Attempt, kinds: Sequence[Sheets]
) -> tuple[Sheets, tuple[CardPlace, ...]]:
    """Return the card for the paper of an attempt: the usual one, else that of the fewest pages.

    Raises ``CardTooSmallError``, told of the usual card, when there is none.
    """
    usual, *others = kinds
    try:
        return usual, _places(db, attempt, usual)
    except CardTooSmallError:
        for sheets in sorted(others, key=len):
            with suppress(CardTooSmallError):
                return sheets, _places(db, attempt, sheets)
        raise


def _places(db: Session, attempt: Attempt, sheets: Sheets) -> tuple[CardPlace, ...]:
    groups = {
        kind: [
            CardGroup(group.group_id, group.number, len(group.cells))
            for group in groups_on(sheets)
            if group.kind is card_kind
        ]
        for kind, card_kind in KINDS.items()
    }
    return lay_out(paper_content(db, attempt.paper_id), attempt.order_seed, groups)


def _saved(db: Session, attempt: Attempt, places: Sequence[CardPlace]) -> dict[str, SavedAnswer]:
    rows = db.execute(
        select(Answer.question_id, Answer.value, AnswerOp.received_at)
        .join(AnswerOp, (AnswerOp.attempt_id == Answer.attempt_id) & (AnswerOp.seq == Answer.seq))
        .where(Answer.attempt_id == attempt.id, Answer.value != "")
    ).all()
    held = {row.question_id: row for row in rows}
    saved = {}
    for place in places:
        row = held.get(place.question_id)
        if row is not None:
            chosen = set(row.value.split(","))
            values = tuple(cell for cell, _name, shown in place.options if shown in chosen)
            saved[place.group] = SavedAnswer(values, row.received_at)
    return saved
