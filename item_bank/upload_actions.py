"""What a person does with files to be imported: send them, take them over, drop them, submit.

Sent files and their trial are kept sealed until the person decides, at most a day.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from item_bank.authoring.item_queries import require_author
from item_bank.duplicate_queries import items_in_use
from item_bank.errors import ChangedUploadError
from item_bank.exchange.import_plan import ImportChoices
from item_bank.exchange.import_trial import Trial, trial_json
from item_bank.exchange.importing import FileReport
from item_bank.import_actions import PreparedImport, import_items
from item_bank.models import Item, ItemUpload
from item_bank.rules.duplicates import find_duplicates
from item_bank.rules.item import check_item
from item_bank.rules.kinds import ItemState, UploadState
from item_bank.upload_queries import (
    KEPT,
    SentFiles,
    imported_codes,
    require_waiting,
    trial_of_upload,
    upload_in_reach,
)
from registry.access import Actor
from registry.audit_log import note
from registry.database import after_commit, files_of

SUBMITTED_AT_ONCE = 500  # items; writing their lines takes about a second


def keep_upload(
    db: Session,
    project_id: int,
    sent: SentFiles,
    trial: Trial,
    choices: ImportChoices,
    *,
    actor: Actor,
    now: datetime,
) -> ItemUpload:
    """Keep files with their trial until the person decides; nothing enters the bank."""
    require_author(db, project_id, actor=actor)
    upload = ItemUpload(
        project_id=project_id,
        account_id=actor.account_id,
        point=choices.point,
        difficulty=choices.difficulty,
        created_at=now,
    )
    db.add(upload)
    db.flush()
    upload.files_hash = files_of(db).put(replace(sent, upload_id=upload.id).to_bytes())
    upload.trial_hash = _stored_trial(db, upload, trial)
    detail = {
        "project": project_id,
        "files": [file.name for file in trial.files],
        "items": len(trial.rows),
        "faults": trial.fault_count,
    }
    note(db, "try_import", ("item_upload", upload.id), actor=actor, now=now, detail=detail)
    return upload


def renew_trial(db: Session, upload: ItemUpload, trial: Trial) -> None:
    """Keep another trial of the same files: the bank has changed since the last one."""
    former = upload.trial_hash
    upload.trial_hash = _stored_trial(db, upload, trial)
    if former is not None and former != upload.trial_hash:
        _remove(db, former)


def take_over(
    db: Session,
    upload: ItemUpload,
    reports: Sequence[FileReport],
    choices: ImportChoices,
    prepared: PreparedImport,
    *,
    actor: Actor,
    now: datetime,
) -> tuple[str, ...]:
    """Store what the person was shown as drafts, and return their codes; then drop the files.

    Raises ``ChangedUploadError`` when not just as many items as shown would come in.
    """
    require_waiting(upload, "导入")
    shown = trial_of_upload(db, upload)
    result = import_items(
        db, upload.project_id, reports, choices, prepared=prepared, actor=actor, now=now
    )
    if len(result.codes) != shown.new_count:
        raise ChangedUploadError
    upload.codes = json.dumps(result.codes)
    _settle(db, upload, UploadState.IMPORTED, now)
    return result.codes


def discard_upload(
    db: Session, project_id: int, upload_id: int, *, actor: Actor, now: datetime
) -> None:
    """Drop files without importing them."""
    upload = upload_in_reach(db, project_id, upload_id, actor=actor, now=now)
    require_waiting(upload, "放弃")
    _settle(db, upload, UploadState.DISCARDED, now)
    note(db, "discard_import", ("item_upload", upload.id), actor=actor, now=now)


def drop_old_uploads(db: Session, *, now: datetime) -> int:
    """Drop the files of everybody that waited too long; returns how many."""
    chosen = select(ItemUpload).where(
        ItemUpload.state == UploadState.WAITING, ItemUpload.created_at < now - KEPT
    )
    found = db.scalars(chosen).all()
    for upload in found:
        _settle(db, upload, UploadState.EXPIRED, now)
    return len(found)


def submit_imported(
    db: Session, project_id: int, upload_id: int, *, actor: Actor, now: datetime
) -> tuple[int, int]:
    """Send imported drafts without findings to their first review: how many, how many are left.

    At most ``SUBMITTED_AT_ONCE``, because every one has its line in the log.
    """
    upload = upload_in_reach(db, project_id, upload_id, actor=actor, now=now)
    require_author(db, project_id, actor=actor)
    drafts = drafts_of(db, upload, with_versions=True)
    ready = _without_findings(db, project_id, drafts)[:SUBMITTED_AT_ONCE]
    for item in ready:
        item.state = ItemState.FIRST_REVIEW
        detail = {"version": item.versions[-1].number, "upload": upload.id}
        note(db, "submit_item", ("item", item.id), actor=actor, now=now, detail=detail)
    return len(ready), len(drafts) - len(ready)


def _without_findings(db: Session, project_id: int, drafts: Sequence[Item]) -> list[Item]:
    """Return the drafts that keep the rules and contradict nothing under review or in the bank."""
    known = items_in_use(db, project_id)
    contents = {one.item_id: one.content for one in known}
    opposites: dict[int, set[int]] = {}
    for pair in find_duplicates([one.content for one in known]):
        if pair.likeness.is_blocking:
            first, second = known[pair.first].item_id, known[pair.second].item_id
            opposites.setdefault(first, set()).add(second)
            opposites.setdefault(second, set()).add(first)
    judged = {one.item_id for one in known if one.state is not ItemState.DRAFT}
    ready = []
    for item in drafts:
        is_blocked = bool(opposites.get(item.id, set()) & judged)
        if not is_blocked and item.draft is None and not check_item(contents[item.id]).errors:
            ready.append(item)
            judged.add(item.id)
    return ready


def drafts_of(db: Session, upload: ItemUpload, *, with_versions: bool = False) -> list[Item]:
    """Return the imported items that are still drafts, by code."""
    chosen = select(Item).where(
        Item.project_id == upload.project_id,
        Item.created_by_id == upload.account_id,
        Item.state == ItemState.DRAFT,
    )
    if with_versions:
        chosen = chosen.options(selectinload(Item.versions), joinedload(Item.draft))
    codes = set(imported_codes(upload))
    return [item for item in db.scalars(chosen.order_by(Item.code)) if item.code in codes]


def _stored_trial(db: Session, upload: ItemUpload, trial: Trial) -> str:
    return files_of(db).put(trial_json(trial, upload.id))


def _settle(db: Session, upload: ItemUpload, state: UploadState, now: datetime) -> None:
    kept = [digest for digest in (upload.files_hash, upload.trial_hash) if digest is not None]
    upload.state, upload.settled_at = state, now
    upload.files_hash = upload.trial_hash = None
    _remove(db, *kept)


def _remove(db: Session, *digests: str) -> None:
    """Remove files of uploads once the transaction that lets go of them is durable."""
    store = files_of(db)

    def remove() -> None:
        for digest in digests:
            store.remove(digest)

    after_commit(db, remove)
