"""Reads of files sent to be imported: own ones only, as long as they wait."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from item_bank.errors import ExpiredUploadError
from item_bank.exchange.import_plan import ImportChoices
from item_bank.exchange.import_trial import Trial, trial_of_json
from item_bank.exchange.sniffing import Format
from item_bank.models import ItemUpload
from item_bank.rules.kinds import UploadState
from registry.access import Actor
from registry.database import files_of
from registry.errors import NotFoundError, WrongStateError

KEPT_HOURS = 24
KEPT = timedelta(hours=KEPT_HOURS)


@dataclass(frozen=True)
class SentFiles:
    """What was sent; ``upload_id`` keeps the stored bytes apart from those of any other file."""

    files: tuple[tuple[str, bytes], ...]  # name and content
    format: Format | None = None  # None: told by the content
    upload_id: int = 0

    @classmethod
    def of_bytes(cls, content: bytes) -> "SentFiles":
        """Return what ``to_bytes`` wrote."""
        return msgspec.msgpack.decode(content, type=cls)

    def to_bytes(self) -> bytes:
        """Write the files to be kept."""
        return msgspec.msgpack.encode(self)


def upload_in_reach(
    db: Session,
    project_id: int,
    upload_id: int,
    *,
    is_locked: bool = False,
    actor: Actor,
    now: datetime,
) -> ItemUpload:
    """Return an upload of the person; one that waited too long is refused."""
    upload = db.get(ItemUpload, upload_id, with_for_update=is_locked)
    if upload is None or upload.account_id != actor.account_id or upload.project_id != project_id:
        raise NotFoundError(what="导入文件")
    is_late = upload.state == UploadState.WAITING and now - upload.created_at > KEPT
    if is_late or upload.state == UploadState.EXPIRED:
        raise ExpiredUploadError(hours=KEPT_HOURS)
    return upload


def waiting_uploads(
    db: Session, project_id: int, *, actor: Actor, now: datetime
) -> list[ItemUpload]:
    """Return what the person has sent and not settled, newest first."""
    chosen = select(ItemUpload).where(
        ItemUpload.project_id == project_id,
        ItemUpload.account_id == actor.account_id,
        ItemUpload.state == UploadState.WAITING,
        ItemUpload.created_at >= now - KEPT,
    )
    return list(db.scalars(chosen.order_by(ItemUpload.id.desc())))


def require_waiting(upload: ItemUpload, action: str) -> None:
    """See that the person has not decided yet."""
    if upload.state != UploadState.WAITING:
        state = "已导入" if upload.state == UploadState.IMPORTED else "已放弃"
        raise WrongStateError(what="导入文件", state=state, action=action)


def trial_of_upload(db: Session, upload: ItemUpload) -> Trial:
    """Return what the person was shown."""
    require_waiting(upload, "查看")
    assert upload.trial_hash is not None
    return trial_of_json(files_of(db).get(upload.trial_hash))


def sent_files(db: Session, upload: ItemUpload) -> SentFiles:
    """Return the files themselves."""
    require_waiting(upload, "导入")
    assert upload.files_hash is not None
    return SentFiles.of_bytes(files_of(db).get(upload.files_hash))


def choices_of(upload: ItemUpload) -> ImportChoices:
    """Return what the person chose for items that state no point or level."""
    return ImportChoices(point=upload.point, difficulty=upload.difficulty)


def imported_codes(upload: ItemUpload) -> list[str]:
    """Return the codes of the items that came in, in their order."""
    return [str(code) for code in json.loads(upload.codes)]
