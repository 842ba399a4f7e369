"""A batch of scans from the first file to the last page: receive, start, record, cancel."""

import json
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from omr import queries
from omr.absence import ask_about_absence
from omr.batch_reading.results import KeptPage
from omr.errors import BatchStateError, EmptyUploadError
from omr.filled_numbers import card_by_number
from omr.layout_queries import sheets_of_card
from omr.layouts import layout_named
from omr.models import BatchSitting, PrintedCard, Reading, ScanBatch, ScanFile, ScanPage
from omr.reader.reading import PageReading
from omr.rules.card_layout import CardLayout
from omr.rules.page_fate import absence_conflict, state_of_rejected, state_of_status
from omr.rules.prefilled import differing, saved_answers
from omr.rules.reasons import PageReason, PageStatus
from omr.rules.scanner_health import health_json
from omr.rules.states import UNFINISHED, BatchState, CardState, PageState
from omr.scan_files import StoredFile
from omr.scans import measures_json
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.database import files_of
from registry.errors import NotFoundError

MOST_IDLE_STARTS = 3  # of the readers without one page more; then a person has to look
NOTHING_RECORDED: Mapping[int, bool] = {}


def open_batch(
    db: Session, sitting_ids: Collection[int], name: str, *, actor: Actor, now: datetime
) -> ScanBatch:
    """Begin a batch of scanned pages of one sitting, or a pile of several."""
    actor.require(Permission.CARDS_SCAN)
    if not sitting_ids:
        raise NotFoundError(what="场次")
    for sitting_id in sitting_ids:
        queries.sitting_in_reach(db, sitting_id, actor=actor)
    batch = ScanBatch(
        covered=[BatchSitting(sitting_id=sitting_id) for sitting_id in sorted(set(sitting_ids))],
        name=name[:120],
        state=BatchState.RECEIVING,
        page_count=0,
        uploaded_at=now,
        uploaded_by_id=actor.account_id,
    )
    db.add(batch)
    db.flush()
    detail = {"name": name, "sittings": sorted(set(sitting_ids))}
    note(db, "open_batch", ("scan_batch", batch.id), actor=actor, now=now, detail=detail)
    return batch


def add_file(
    db: Session, batch_id: int, stored: StoredFile, *, actor: Actor, now: datetime
) -> ScanFile:
    """Add a file that is on the disk already to a batch that still receives.

    Sending the same file again under the same name, since the answer was lost, adds nothing.
    """
    actor.require(Permission.CARDS_SCAN)
    batch = queries.open_batch_of(db, batch_id, actor=actor)
    _require_state(batch, BatchState.RECEIVING)
    for held in batch.files:
        if (held.name, held.digest) == (stored.name[:200], stored.digest):
            return held
    file = ScanFile(
        batch_id=batch.id,
        position=len(batch.files) + 1,
        name=stored.name[:200],
        digest=stored.digest,
        size_bytes=stored.size_bytes,
        pieces=json.dumps(stored.pieces),
    )
    batch.files.append(file)
    db.flush()
    detail = {"name": file.name, "digest": stored.digest, "bytes": stored.size_bytes}
    note(db, "add_scan_file", ("scan_batch", batch.id), actor=actor, now=now, detail=detail)
    return file


def start_batch(db: Session, batch_id: int, *, actor: Actor, now: datetime) -> ScanBatch:
    """Hand a batch to the readers: the first time, or to go on with what was left."""
    actor.require(Permission.CARDS_SCAN)
    batch = queries.open_batch_of(db, batch_id, actor=actor)
    _require_state(batch, BatchState.RECEIVING, BatchState.CANCELLED, BatchState.STUCK)
    if not batch.files:
        raise EmptyUploadError
    detail = {"before": batch.state, "files": len(batch.files)}
    batch.state, batch.idle_starts = BatchState.QUEUED, 0
    note(db, "start_batch", ("scan_batch", batch.id), actor=actor, now=now, detail=detail)
    return batch


def cancel_batch(db: Session, batch_id: int, *, actor: Actor, now: datetime) -> ScanBatch:
    """Stop reading a batch; the pages read so far stay as they are."""
    actor.require(Permission.CARDS_SCAN)
    batch = queries.open_batch_of(db, batch_id, actor=actor)
    _require_state(batch, BatchState.RECEIVING, *UNFINISHED, BatchState.STUCK)
    detail = {"before": batch.state, "pages": batch.page_count}
    batch.state, batch.finished_at = BatchState.CANCELLED, now
    note(db, "cancel_batch", ("scan_batch", batch.id), actor=actor, now=now, detail=detail)
    return batch


# What the readers do, on behalf of the person who started the batch ------------------------


def begin_reading(batch: ScanBatch, *, now: datetime) -> bool:
    """Take a batch up, or leave it to a person when the readers get no further; say which."""
    if batch.idle_starts >= MOST_IDLE_STARTS:
        batch.state = BatchState.STUCK
        return False
    batch.state, batch.idle_starts = BatchState.READING, batch.idle_starts + 1
    batch.reading_since, batch.pages_before = now, batch.page_count
    return True


def promise_pages(batch: ScanBatch, promised: Mapping[int, int], *, now: datetime) -> None:
    """Record how many pages the files claim to have, by file; the pace counts from here."""
    batch.reading_since = now
    for file in batch.files:
        file.pages = promised[file.id]
    batch.page_total = sum(promised.values())


def finish_reading(db: Session, batch: ScanBatch, *, actor: Actor, now: datetime) -> None:
    """Record that every page of the batch has its state."""
    batch.state, batch.finished_at = BatchState.READ, now
    detail = {"pages": batch.page_count, "promised": batch.page_total}
    note(db, "finish_batch", ("scan_batch", batch.id), actor=actor, now=now, detail=detail)


def take_page(
    db: Session,
    batch_id: int,
    scanned: KeptPage,
    *,
    actor: Actor,
    now: datetime,
    file_id: int | None = None,
    absences: Mapping[int, bool] = NOTHING_RECORDED,
) -> ScanPage:
    """Record one page of a batch with its state; every page that went in comes out here.

    ``absences`` holds what the room record says of the sittings' admissions: absent or not.
    """
    actor.require(Permission.CARDS_SCAN)
    batch = queries.open_batch_of(db, batch_id, actor=actor)
    image_hash = files_of(db).put(scanned.jpeg) if scanned.jpeg else None
    card = _card_of(db, scanned.reading.serial)
    if card is None:
        card = card_by_number(db, batch, scanned.reading, image_hash, actor=actor, now=now)
    state, reason = _judge(db, batch, scanned, card, image_hash)
    if card is not None and state in (PageState.READ, PageState.REVIEW):
        recorded = absences.get(card.admission_id)
        conflict = _conflict(_sheet_read(card, scanned.reading), scanned.reading, recorded)
        state, reason = (PageState.CONFLICT, conflict) if conflict else (state, reason)
    batch.page_count += 1
    batch.page_total = max(batch.page_total, batch.page_count)
    batch.idle_starts = 0
    page = ScanPage(
        batch_id=batch.id,
        position=batch.page_count,
        file_id=file_id,
        file_name=scanned.file_name[:200],
        page_no=scanned.page_no,
        image_hash=image_hash,
        state=state,
        reason=reason,
        health=scanned.health and health_json(scanned.health),
        card_id=card.id if card and reason != PageReason.OTHER_EXAM else None,
        sheet=scanned.reading.sheet or 1,
    )
    db.add(page)
    db.flush()
    _add_reading(db, page, scanned.reading, now=now)
    detail = {"state": state, "reason": reason, "batch": batch.id}
    detail |= {"owner_by": scanned.reading.source and str(scanned.reading.source)}
    note(db, "take_page", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    ask_about_absence(db, page, actor=actor, now=now)
    return page


def _judge(
    db: Session,
    batch: ScanBatch,
    scanned: KeptPage,
    card: PrintedCard | None,
    image_hash: str | None,
) -> tuple[PageState, str | None]:
    reading = scanned.reading
    if card is not None and not _is_covered(batch, card):
        return PageState.FOREIGN, PageReason.OTHER_EXAM
    if reading.status is PageStatus.REJECTED:
        behind_card = _is_behind_card(db, batch)
        return state_of_rejected(reading.reason, behind_card=behind_card), str(reading.reason)
    if reading.serial is not None and card is None:
        return PageState.UNKNOWN, PageReason.UNKNOWN_SERIAL
    refused = _judge_place(db, card, reading) if card is not None else None
    if refused is not None:
        return refused
    if image_hash is not None and db.scalar(
        select(ScanPage.id).where(ScanPage.image_hash == image_hash).limit(1)
    ):
        return PageState.DUPLICATE, PageReason.SAME_IMAGE
    if card is None:
        return PageState.REVIEW, reading.reason or PageReason.NUMBER_ALONE
    if reading.status is PageStatus.OK:
        return _judge_print(card, reading)
    return state_of_status(reading.status), str(reading.reason) if reading.reason else None


def _judge_place(
    db: Session, card: PrintedCard, reading: PageReading
) -> tuple[PageState, PageReason] | None:
    """Say why a page cannot stand for the sheet of the card that its code names."""
    if card.state == CardState.SPOILED:
        return PageState.UNKNOWN, PageReason.SPOILED_CARD
    if _sheet_read(card, reading) is None:
        return PageState.WRONG_FORM, PageReason.WRONG_LAYOUT
    if queries.is_sheet_taken(db, card.id, reading.sheet):
        return PageState.DUPLICATE, PageReason.CARD_SEEN_BEFORE
    return None


def _is_behind_card(db: Session, batch: ScanBatch) -> bool:
    """Say whether the page before the next one of a batch shows a card."""
    before = select(ScanPage.card_id).where(
        ScanPage.batch_id == batch.id, ScanPage.position == batch.page_count
    )
    return db.scalar(before) is not None


def _is_covered(batch: ScanBatch, card: PrintedCard) -> bool:
    """Say whether a card is of one of the sittings the batch is for."""
    return card.admission.sitting_id in {covered.sitting_id for covered in batch.covered}


def _judge_print(card: PrintedCard, reading: PageReading) -> tuple[PageState, str | None]:
    """Send a card to a person whose marks are not what was printed on it."""
    if queries.contradicted_types(card, reading.answers):
        return PageState.REVIEW, PageReason.TYPE_CONFLICT
    if differing(saved_answers(card.prefilled), reading.answers):
        return PageState.REVIEW, PageReason.GROUPS_IN_DOUBT
    return PageState.READ, None


def _sheet_read(card: PrintedCard, reading: PageReading) -> CardLayout | None:
    """Return the sheet of a card that a page was read as, None where it is of another card."""
    sheets = sheets_of_card(card)
    return next((one for one in sheets if one.layout_hash == reading.layout_hash), None)


def _conflict(
    sheet: CardLayout | None,
    reading: PageReading,
    recorded_absent: bool | None,  # noqa: FBT001  (a value, not a switch)
) -> PageReason | None:
    items = [group.group_id for group in sheet.groups if group.kind.is_item] if sheet else []
    return absence_conflict(
        reading.answers, items, reading.reasons, recorded_absent=recorded_absent
    )


def _card_of(db: Session, serial: str | None) -> PrintedCard | None:
    if serial is None:
        return None
    return db.scalar(select(PrintedCard).where(PrintedCard.serial == serial))


def _add_reading(db: Session, page: ScanPage, reading: PageReading, *, now: datetime) -> None:
    db.add(
        Reading(
            page_id=page.id,
            engine_version=reading.engine_version,
            layout_hash=reading.layout_hash or layout_named().layout_hash,
            answers=json.dumps(reading.answers, sort_keys=True),
            doubts=json.dumps(reading.review, sort_keys=True),
            measures=measures_json(reading),
            crops_hash=page.image_hash,
            read_at=now,
        )
    )
    db.flush()


def _require_state(batch: ScanBatch, *states: BatchState) -> None:
    if batch.state not in states:
        raise BatchStateError
