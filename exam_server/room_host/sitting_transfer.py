"""A closed sitting on its way: exported by the room, imported by the centre once and unaltered."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Table, insert, select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import signature_of
from exam_server.delivery.models import SittingRun
from exam_server.delivery.states import BEFORE_CHECK_IN, RunState
from exam_server.marking import Marked, mark_screen_sitting
from exam_server.room_host.sitting_file import FORMAT, AlteredFileError, read_file, write_file
from exam_server.room_host.sitting_rows import KEPT_NUMBERS, TABLES, arrived, rows_of, table_of
from item_bank.models import Paper
from registry.access import SYSTEM
from registry.accounts.models import Account
from registry.audit_log import HEAD_ID, AuditHead, lines_about, note
from registry.database import keys_of
from registry.errors import ConflictError, NotFoundError, WrongStateError
from registry.plans.models import AssessmentPlan
from registry.scheduling.models import Sitting

IMPORT = "import_sitting"


@dataclass(frozen=True)
class Exported:
    """What a file holds."""

    hash: str
    rows: int


@dataclass(frozen=True)
class Imported:
    """What an import did; ``marked`` is None when the file had been imported before."""

    sitting_id: int
    rows: int
    marked: Marked | None


def export_sitting(db: Session, sitting_id: int, path: Path, *, now: datetime) -> Exported:
    """Write a closed sitting into a signed file, on record."""
    run = db.get(SittingRun, sitting_id)
    if run is None:
        raise NotFoundError(what="场次")
    if run.state != RunState.CLOSED:
        raise WrongStateError(what="本场考试", state="未结束", action="导出")
    rows = list(rows_of(db, sitting_id))
    digest = write_file(path, _lines(db, run, rows, now), keys_of(db))
    detail = {"file": path.name, "hash": digest, "rows": len(rows)}
    note(db, "export_sitting", ("sitting", sitting_id), actor=SYSTEM, now=now, detail=detail)
    return Exported(digest, len(rows))


def import_sitting(
    db: Session, path: Path, *, room_keys: Sequence[bytes], now: datetime
) -> Imported:
    """Take a sitting over and mark it; the same file again changes nothing."""
    lines, digest = read_file(path, [keys_of(db).verify_key(), *room_keys])
    header, rows = lines[0], lines[1:]
    _check_counts(header, rows)
    run = _run_of(db, header)
    before = [json.loads(line.detail) for line in lines_about(db, ("sitting", run.sitting_id))
              if line.action == IMPORT]  # fmt: skip
    if any(detail["hash"] == digest for detail in before):
        return Imported(run.sitting_id, len(rows), None)
    if run.state not in BEFORE_CHECK_IN:
        raise ConflictError(what="本场作答数据", value=f"场次 {header['sitting']}")
    numbers = _numbers(db, run, header)
    _check_receipts(rows, bytes.fromhex(header["room_key"]))
    _store(db, rows, numbers)
    run.state, run.room_key = RunState.CLOSED, bytes.fromhex(header["room_key"])
    run.started_at, run.closed_at = _instant(header["started_at"]), _instant(header["closed_at"])
    run.pauses = header.get("pauses", "[]")  # a room of before did not keep them
    detail = {"file": path.name, "hash": digest, "rows": len(rows), "room": header["room_key"]}
    note(db, IMPORT, ("sitting", run.sitting_id), actor=SYSTEM, now=now, detail=detail)
    marked = mark_screen_sitting(db, run.sitting_id, actor=SYSTEM, now=now)
    return Imported(run.sitting_id, len(rows), marked)


def _lines(
    db: Session, run: SittingRun, rows: Sequence[tuple[Table, dict[str, Any]]], now: datetime
) -> Iterator[dict[str, Any]]:
    sitting = run.sitting
    papers = {row["paper_id"] for table, row in rows if table.name == "attempt"}
    head = db.get(AuditHead, HEAD_ID, populate_existing=True)
    yield {
        "format": FORMAT,
        "room_key": keys_of(db).verify_key().hex(),
        "made_at": now.isoformat(),
        "plan": sitting.plan.number,
        "sitting": sitting.number,
        "sitting_id": run.sitting_id,
        "started_at": run.started_at.isoformat() if run.started_at else None,
        "closed_at": run.closed_at.isoformat() if run.closed_at else None,
        "pauses": run.pauses,
        "papers": {str(i): db.get_one(Paper, i).paper_hash for i in sorted(papers)},
        "admissions": {str(a.id): a.enrolment.admission_no for a in sitting.admissions},
        "people": {str(i): name for i, name in db.execute(select(Account.id, Account.login_name))},
        "audit_head": head.entry_hash if head else "",
        "counts": dict(Counter(table.name for table, _row in rows)),
    }
    for table, row in rows:
        yield {"table": table.name, "row": row}


def _check_counts(header: Mapping[str, Any], rows: Sequence[Mapping[str, Any]]) -> None:
    if header.get("format") != FORMAT:
        raise AlteredFileError(place="第 1 行的格式版本未知")
    if dict(Counter(row["table"] for row in rows)) != header["counts"]:
        raise AlteredFileError(place="行数与首行所记不符")


def _run_of(db: Session, header: Mapping[str, Any]) -> SittingRun:
    found = db.scalar(
        select(SittingRun)
        .join(Sitting, Sitting.id == SittingRun.sitting_id)
        .join(AssessmentPlan, AssessmentPlan.id == Sitting.plan_id)
        .where(AssessmentPlan.number == header["plan"], Sitting.number == header["sitting"])
    )
    if found is None:
        raise NotFoundError(what=f"计划 {header['plan']} 第 {header['sitting']} 场的上机考场")
    return found


def _numbers(db: Session, run: SittingRun, header: Mapping[str, Any]) -> dict[str, dict[int, int]]:
    """Find the centre's own numbers by what is the same on both sides."""
    places = {a.enrolment.admission_no or "": a.id for a in run.sitting.admissions}
    papers = {
        paper.paper_hash: paper.id
        for paper in db.scalars(select(Paper).where(Paper.plan_id == run.sitting.plan_id))
    }
    logins = {name: i for i, name in db.execute(select(Account.id, Account.login_name))}
    return {
        "sitting_run": {header["sitting_id"]: run.sitting_id},
        "admission": _matched(header["admissions"], places, "准考证号"),
        "paper": _matched(header["papers"], papers, "试卷"),
        "account": {int(i): logins[name] for i, name in header["people"].items() if name in logins},
        "attempt": {},
        "room_event": {},
    }


def _matched(names: Mapping[str, str], known: Mapping[str, int], what: str) -> dict[int, int]:
    for name in names.values():
        if name not in known:
            raise NotFoundError(what=f"{what} {name}")
    return {int(number): known[name] for number, name in names.items()}


def _check_receipts(rows: Iterable[Mapping[str, Any]], room_key: bytes) -> None:
    """Check each receipt's signature and that it covers the answers in the file."""
    public = Ed25519PublicKey.from_public_bytes(room_key)
    answers: dict[int, list[list[str]]] = {}
    attempts = []
    for line in rows:
        row = line["row"]
        if line["table"] == "answer" and row["value"]:
            answers.setdefault(row["attempt_id"], []).append([row["question_id"], row["value"]])
        elif line["table"] == "attempt":
            attempts.append(row)
    for row in attempts:
        receipt = json.loads(row["receipt"] or "{}")
        own = sorted(answers.get(row["id"], []))
        digest = hashlib.sha256(json.dumps(own).encode()).hexdigest()
        signature, signed = signature_of(receipt)
        try:
            public.verify(signature, signed)
        except InvalidSignature:
            raise AlteredFileError(place=f"作答 {row['id']} 的回执签名") from None
        if receipt["answers_hash"] != digest:
            raise AlteredFileError(place=f"作答 {row['id']} 的答案与回执不符")


def _store(
    db: Session, rows: Sequence[Mapping[str, Any]], numbers: dict[str, dict[int, int]]
) -> None:
    for model in TABLES:
        table = table_of(model)
        own = [line["row"] for line in rows if line["table"] == table.name]
        if table.name in KEPT_NUMBERS:
            for row in own:
                adding = insert(table).values(**arrived(table, row, numbers))
                given = db.execute(adding.returning(table.columns["id"])).scalar_one()
                numbers[table.name][row["id"]] = given
        elif own:
            db.execute(insert(table), [arrived(table, row, numbers) for row in own])
    db.expire_all()


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
