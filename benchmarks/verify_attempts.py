"""How long ``kaohe attempts verify`` takes, and whether it finds what was done; prints JSON.

``python benchmarks/verify_attempts.py [--attempts 1000] [--ops 110] [--roots 60]``: one sitting,
its operations stored through the journal with a signed root after every round, all handed in.
Then one row is changed, deleted, moved and put in below the triggers, and each time everything
is walked anew.
"""

import json
import os
import tempfile
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import click
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from benchmarks.exam_home import prepare
from exam_server.config import read_settings
from exam_server.delivery.journal import Delivered, store
from exam_server.delivery.models import Attempt, SittingRun
from exam_server.delivery.roots import sign_room
from exam_server.delivery.rules.deadline import beginning
from exam_server.delivery.states import EventKind as Kind
from exam_server.delivery.states import RunState
from exam_server.delivery.transitions import record
from exam_server.delivery.verification import verify
from exam_server.delivery.wire import Op
from exam_server.migrations.append_only import protect, unprotect
from exam_server.opening import open_database
from registry.database import Database
from registry.scheduling.models import Sitting

STEP = 50  # where the rows are tampered with
OF_ROW = "WHERE attempt_id = :attempt AND seq = :step"
HARM = {
    "changed": [f"UPDATE answer_op SET value = 'o9' {OF_ROW}"],
    "deleted": [f"DELETE FROM answer_op {OF_ROW}"],
    "reordered": [
        f"UPDATE answer_op SET seq = 9000 {OF_ROW}",
        "UPDATE answer_op SET seq = :step WHERE attempt_id = :attempt AND seq = :step + 2",
        "UPDATE answer_op SET seq = :step + 2 WHERE attempt_id = :attempt AND seq = 9000",
    ],
    "inserted": [
        "UPDATE answer_op SET seq = seq + 9000 WHERE attempt_id = :attempt AND seq >= :step",
        "UPDATE answer_op SET seq = seq - 8999 WHERE attempt_id = :attempt AND seq > 9000",
        "INSERT INTO answer_op (attempt_id, epoch, seq, kind, question_id, value, flagged, mono_ms,"
        " op_hash, chain_hash, received_at) SELECT attempt_id, epoch, :step, kind, question_id,"
        " 'o9', flagged, mono_ms, op_hash, chain_hash, received_at FROM answer_op"
        " WHERE attempt_id = :attempt AND seq = :step - 1",
    ],
}


def fill(database: Database, sitting_id: int, ops: int, roots: int) -> int:
    """Begin every attempt, store its operations round by round, hand in; return an attempt."""
    now = datetime.now(UTC)
    with database.transaction() as db:
        run = db.get_one(SittingRun, sitting_id)
        run.state, run.started_at = RunState.RUNNING, now
        made = [
            Attempt(
                admission_id=admission.id,
                sitting_id=sitting_id,
                paper_id=run.paper_id,
                order_seed=1,
                claimed_at=now,
            )
            for admission in db.get_one(Sitting, sitting_id).admissions
        ]
        db.add_all(made)
        db.flush()
        for kind, body in (
            (Kind.CLAIMED, {}),
            (Kind.READY, {}),
            (Kind.STARTED, beginning(now, 90)),
        ):
            record(db, made, kind, now=now, body=body)
        ids = [attempt.id for attempt in made]
    per_root = max(1, ops // roots)
    for first in range(1, ops, per_root):
        now += timedelta(minutes=1)
        _round(database, sitting_id, ids, range(first, min(first + per_root, ops)), now)
    with database.transaction() as db:
        hand_in = (Op(seq=ops, kind="submit"),)
        store(db, [Delivered(attempt_id, 1, hand_in, now) for attempt_id in ids])
        record(db, [db.get_one(Attempt, each) for each in ids], Kind.SEALED, now=now)
        sign_room(db, sitting_id, now=now)
        db.get_one(SittingRun, sitting_id).state = RunState.CLOSED
    return ids[len(ids) // 2]


def _round(
    database: Database, sitting_id: int, ids: list[int], steps: range, now: datetime
) -> None:
    with database.transaction() as db:
        part = tuple(Op(seq=s, kind="set", item=f"q{s % 90}", value=(f"o{s % 4}",)) for s in steps)
        store(db, [Delivered(attempt_id, 1, part, now) for attempt_id in ids])
        sign_room(db, sitting_id, now=now)


def timed(db: Session) -> tuple[float, list[str]]:
    """Walk everything; return the seconds it took and what was found."""
    began = time.perf_counter()
    report = verify(db)
    return round(time.perf_counter() - began, 2), [finding.text for finding in report.findings]


def harmed(database: Database, attempt_id: int, statements: list[str]) -> dict[str, Any]:
    """Do harm below the triggers, walk, and take the harm back."""
    with database.session() as db:
        unprotect(db.connection(), "answer_op")
        for statement in statements:
            db.execute(text(statement), {"attempt": attempt_id, "step": STEP})
        protect(db.connection(), "answer_op")
        seconds, found = timed(db)
    return {"seconds": seconds, "found": len(found), "first": found[:2]}


@click.command()
@click.option("--attempts", default=1000)
@click.option("--ops", default=110, help="Operations of each attempt.")
@click.option("--roots", default=60, help="Signed roots of the sitting.")
def main(attempts: int, ops: int, roots: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(read_settings({"KAOHE_HOME": folder}))
        (sitting_id,) = prepare(database, attempts)
        attempt_id = fill(database, sitting_id, ops, roots)
        with database.reading() as db:
            seconds, found = timed(db)
            count = len(db.scalars(select(Attempt.id)).all())
        result: dict[str, Any] = {"attempts": count, "ops": count * ops, "harmed": attempt_id}
        result |= {"untouched": {"seconds": seconds, "found": len(found)}}
        result |= {name: harmed(database, attempt_id, harm) for name, harm in HARM.items()}
        database.engine.dispose()
    result |= {"cores": os.cpu_count(), "load_average": round(os.getloadavg()[0], 1)}
    click.echo(json.dumps(result, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
