"""A batch of scans in the browser: sent file by file, started, watched, cancelled, gone on with."""

from pathlib import PurePath

from flask import Blueprint, flash, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from exam_server.context import current_actor, database, now, reading, requires, transaction
from exam_server.languages import translated as _
from exam_server.web.off_loop import off_the_loop
from exam_server.web.words import word
from omr import queries
from omr.batch_actions import add_file, cancel_batch, open_batch, start_batch
from omr.batch_queries import progress_of_batch, sittings_of_day, tally_of
from omr.errors import EmptyUploadError
from omr.models import ScanBatch
from omr.rules.batch_progress import BatchProgress
from omr.rules.states import UNFINISHED
from omr.scan_files import StoredFile, store_file
from registry.access import Permission

blueprint = Blueprint("scan_batches", __name__, url_prefix="/cards")
_P = Permission
SEE_PAGES = (_P.CARDS_SCAN, _P.CARDS_REVIEW)
NAME_LENGTH = 120


def sent_files() -> list[StoredFile]:
    """Bring every file of the request to the disk; raises ``EmptyUploadError`` without any."""
    files = [file for file in request.files.getlist("files") if file.filename]
    if not files:
        raise EmptyUploadError
    store = database().files
    return [off_the_loop(store_file, store, file.stream, _name_of(file)) for file in files]


def _name_of(file: FileStorage) -> str:
    return PurePath((file.filename or "").replace("\\", "/")).name


def sittings_asked(db: Session, sitting_id: int) -> list[int]:
    """Return the sittings a batch is for: the one of the address, or all of its day."""
    if not request.args.get("day"):
        return [sitting_id]
    sittings = sittings_of_day(db, sitting_id, actor=current_actor())
    return [sitting.id for sitting in sittings]


@blueprint.post("/api/sittings/<int:sitting_id>/batches")
@requires(_P.CARDS_SCAN)
def open_empty(sitting_id: int) -> ResponseReturnValue:
    """Open a batch that the page will send its files to, one after the other."""
    name = request.form.get("name", "").strip()[:NAME_LENGTH] or _("扫描件")
    with transaction() as db:
        sittings = sittings_asked(db, sitting_id)
        batch_id = open_batch(db, sittings, name, actor=current_actor(), now=now()).id
    return jsonify(
        ok=True,
        files=url_for(".receive", batch_id=batch_id),
        start=url_for(".start", batch_id=batch_id),
        page=url_for("card_scanning.batch", batch_id=batch_id),
    )


@blueprint.post("/api/batches/<int:batch_id>/files")
@requires(_P.CARDS_SCAN)
def receive(batch_id: int) -> ResponseReturnValue:
    """Take files into a batch that still receives; they are on the disk when this answers."""
    with reading() as db:
        queries.open_batch_of(db, batch_id, actor=current_actor())
    stored = sent_files()
    with transaction() as db:
        for file in stored:
            add_file(db, batch_id, file, actor=current_actor(), now=now())
    return jsonify(ok=True, files=len(stored))


@blueprint.post("/batches/<int:batch_id>/start")
@requires(_P.CARDS_SCAN)
def start(batch_id: int) -> ResponseReturnValue:
    """Have the batch read, from the beginning or from where it was left."""
    with transaction() as db:
        start_batch(db, batch_id, actor=current_actor(), now=now())
    return redirect(url_for("card_scanning.batch", batch_id=batch_id))


@blueprint.post("/batches/<int:batch_id>/cancel")
@requires(_P.CARDS_SCAN)
def cancel(batch_id: int) -> ResponseReturnValue:
    """Stop reading; what has been read stays."""
    with transaction() as db:
        cancel_batch(db, batch_id, actor=current_actor(), now=now())
    flash(_("已停止识读。已识读的页保留，其余的可以继续识读。"), "warning")
    return redirect(url_for("card_scanning.batch", batch_id=batch_id))


@blueprint.get("/api/batches/<int:batch_id>/progress")
@requires(*SEE_PAGES)
def progress(batch_id: int) -> ResponseReturnValue:
    """Tell how far the reading has come."""
    with reading() as db:
        batch = queries.batch_of(db, batch_id, actor=current_actor())
        made, tally = progress_of_batch(batch, now=now()), tally_of(db, batch)
        counts = {str(state): number for state, number in tally.by_state.items()}
        total = sum(counts.values()) + tally.unread
        return jsonify(
            ok=True,
            state=batch.state,
            state_text=word("scan_batch", batch.state),
            counts=counts | {"promised": made.total, "unread": tally.unread, "total": total},
            done=made.done,
            total=made.total,
            text=progress_text(batch, made),
            finished=batch.state not in UNFINISHED,
        )


def progress_text(batch: ScanBatch, made: BatchProgress) -> str:
    """Say in one line how far the reading has come."""
    if made.total == 0:
        return word("scan_batch", batch.state)
    text = _("已识读 {done} / {total} 页", done=made.done, total=made.total)
    if made.pages_per_s is None or made.left_s is None:
        return text
    pace = _(
        "每秒 {pace} 页，约剩 {left}",
        pace=f"{made.pages_per_s:.1f}",
        left=_duration(made.left_s),
    )
    return f"{text} · {pace}"


def _duration(seconds: float) -> str:
    whole = max(1, round(seconds))
    if whole < 60:
        return _("{number} 秒", number=whole)
    return _("{number} 分钟", number=-(-whole // 60))
