"""Cards against the room record 对账: nothing of a sitting goes to scoring before both agree.

Everyone who came has one card that counts, nobody who did not come has one with answers, and every
card that was issued and not spoiled is accounted for. Of a card of several pages, all have to be
there as soon as one is.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from omr import queries as cards
from omr.actions import releasable_batch, release_batch
from omr.models import PrintedCard, ScanPage
from omr.rules.states import WAITING, CardState
from proctor.actions import record_presence
from proctor.queries import presences
from proctor.rules.presence import Presence
from registry.access import Actor, Permission
from registry.errors import AssessmentError, InvalidInputError, WrongStateError
from registry.scheduling.models import Admission, ExamMode


class NotReconciledError(AssessmentError):
    """Cards and room record do not agree."""

    code = "not_reconciled"
    text = "答题卡与考场记录有 {count} 处不符（如座位 {seats}），不能移交评分。请在对账页逐一处理。"


class Verdict(StrEnum):
    """How the card of one seat agrees with the room record."""

    TIED = "tied"
    CARD_KEPT = "card_kept"  # absent, and the empty card was not scanned: agrees too
    NOT_RECORDED = "not_recorded"
    IN_REVIEW = "in_review"
    NO_CARD = "no_card"  # present
    SHEET_MISSING = "sheet_missing"  # one page of the card has come, another has not
    CARD_OF_ABSENT = "card_of_absent"  # recorded as absent, yet the card says otherwise
    MARKED_ABSENT = "marked_absent"  # recorded as present, the card is marked 缺考

    @property
    def agrees(self) -> bool:
        """Say whether nothing is left to do about the seat."""
        return self in (Verdict.TIED, Verdict.CARD_KEPT)


@dataclass(frozen=True)
class Line:
    """One seat: what the room record says, what came out of the scanner."""

    admission: Admission
    presence: Presence | None
    card: PrintedCard | None
    pages: tuple[ScanPage, ...]
    missing_sheets: tuple[int, ...]  # of a card of which others have come
    verdict: Verdict


@dataclass(frozen=True)
class Reconciliation:
    """All seats of a sitting that have to do with cards, by seat, and the count of its cards."""

    lines: tuple[Line, ...]
    issued: int
    spoiled: int

    @property
    def scanned(self) -> int:
        """Return how many cards have come with all pages, which count or wait for a person."""
        return sum(bool(line.pages) and not line.missing_sheets for line in self.lines)

    @property
    def kept(self) -> int:
        """Return how many cards of absentees were not scanned."""
        return sum(line.verdict is Verdict.CARD_KEPT for line in self.lines)

    @property
    def missing(self) -> int:
        """Return how many cards are neither spoiled, nor whole, nor an absentee's."""
        return self.issued - self.spoiled - self.scanned - self.kept

    @property
    def differing(self) -> tuple[Line, ...]:
        """Return the seats on which cards and room record do not agree."""
        return tuple(line for line in self.lines if not line.verdict.agrees)


def reconcile(db: Session, sitting_id: int, *, actor: Actor) -> Reconciliation:
    """Compare the cards of a sitting with its room record, seat by seat."""
    sitting = cards.sitting_in_reach(db, sitting_id, actor=actor)
    issued = cards.cards_of(db, sitting_id)
    usable = {card.admission_id: card for card in issued if card.state != CardState.SPOILED}
    pages = cards.by_card(cards.accepted_pages(db, sitting_id))
    seats = sorted(sitting.admissions, key=lambda one: one.seat_no)
    if sitting.mode != ExamMode.ANSWER_CARD:  # only those who went on with a pencil
        seats = [admission for admission in seats if admission.id in usable]
    recorded = presences(db, [admission.id for admission in seats])
    lines = []
    for admission in seats:
        presence, card = recorded.get(admission.id), usable.get(admission.id)
        own = pages.get(card.id, ()) if card else ()
        missing = cards.missing_sheets(card, own) if card and own else ()
        verdict = _verdict(presence, own, missing)
        lines.append(Line(admission, presence, card, own, missing, verdict))
    return Reconciliation(tuple(lines), len(issued), len(issued) - len(usable))


def _verdict(
    presence: Presence | None, pages: Sequence[ScanPage], missing: Sequence[int]
) -> Verdict:
    if presence is None:
        return Verdict.NOT_RECORDED
    is_present = presence is Presence.PRESENT
    if not pages:
        return Verdict.NO_CARD if is_present else Verdict.CARD_KEPT
    if missing:
        return Verdict.SHEET_MISSING
    if any(page.state in WAITING for page in pages):
        return Verdict.IN_REVIEW
    if cards.is_marked_absent(pages) is not is_present:
        return Verdict.TIED
    return Verdict.MARKED_ABSENT if is_present else Verdict.CARD_OF_ABSENT


def record_absentees(
    db: Session,
    sitting_id: int,
    absent: Collection[int],
    *,
    counted: int,
    actor: Actor,
    now: datetime,
) -> None:
    """Take over from the signed room record of a card sitting who was absent; all others came.

    ``absent`` holds admissions, ``counted`` is the number of absentees that the record states.
    """
    actor.require(Permission.CARDS_REVIEW)
    sitting = cards.sitting_in_reach(db, sitting_id, actor=actor)
    if sitting.mode != ExamMode.ANSWER_CARD:
        raise WrongStateError(what="本场", state="上机考试", action="补录到场情况")
    if cards.released_pages(db, sitting_id):
        raise WrongStateError(what="本场答题卡", state="已移交评分", action="修改到场情况")
    if strange := set(absent) - {admission.id for admission in sitting.admissions}:
        raise InvalidInputError(field="缺考考生", reason=f"有 {len(strange)} 人不在本场。")
    if counted != len(set(absent)):
        reason = f"填写 {counted} 人，勾选 {len(set(absent))} 人，请与考场记录核对。"
        raise InvalidInputError(field="考场记录缺考人数", reason=reason)
    recorded = presences(db, [admission.id for admission in sitting.admissions])
    for admission in sitting.admissions:
        presence = Presence.ABSENT if admission.id in absent else Presence.PRESENT
        if recorded.get(admission.id) is not presence:
            record_presence(db, admission.id, presence, actor=actor, now=now)


def release(db: Session, batch_id: int, *, actor: Actor, now: datetime) -> int:
    """Hand the pages of every sitting of a batch that is reconciled to scoring.

    Raises ``NotReconciledError`` for the first sitting when there is none. Returns the pages.
    """
    batch = releasable_batch(db, batch_id, actor=actor)
    open_ones = cards.open_sittings(batch)
    found = {sitting_id: reconcile(db, sitting_id, actor=actor) for sitting_id in open_ones}
    agreeing = [sitting_id for sitting_id, one in found.items() if not one.differing]
    if open_ones and not agreeing:
        differing = found[open_ones[0]].differing
        raise NotReconciledError(count=len(differing), seats=_seats(differing))
    return release_batch(db, batch_id, agreeing, actor=actor, now=now)


def verdict_counts(found: Reconciliation) -> Counter[Verdict]:
    """Return how many seats have each verdict; their sum is all seats."""
    return Counter(line.verdict for line in found.lines)


def _seats(lines: Sequence[Line]) -> str:
    return "、".join(f"{line.admission.seat_no:02d}" for line in lines[:5])
