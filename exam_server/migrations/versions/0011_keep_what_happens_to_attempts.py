"""Keep what happens to an attempt as rows, chained; state and times of an attempt follow from them.

Events of attempts from before are written from what is stored, and a root is signed over every
room, so that from the upgrade on nothing changes unnoticed.
"""

import hashlib
import json
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import context, op

import registry.database
from exam_server.migrations.append_only import protect, unprotect

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

GENESIS = "0" * 64
EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
GRACE = timedelta(seconds=15)
LATEST_END = timedelta(minutes=180)
REASON = "升级时补记"
BEFORE = "claimed waiting in_progress submitted forced expired"
AFTER = "claimed waiting in_progress paused transfer_pending submitted forced expired voided"
KINDS = (
    "claimed ready started extended paused resumed compensated transfer_asked transfer_approved"
    " transfer_denied released readmitted submitted forced expired reopened voided ops_accepted"
    " ops_refused sealed"
)
RUNS_BEFORE, RUNS_AFTER = (
    "planned check_in running closed",
    "planned check_in running paused closed",
)
Instant = registry.database.UtcDateTime
COLUMNS = ("paused_at", "deadline_at", "closes_at")


def _columns(names: str, *instants: str) -> list[sa.ColumnClause]:
    own = [sa.column(name) for name in names.split()]
    return own + [sa.column(name, Instant()) for name in instants]


ATTEMPTS = sa.table(
    "attempt",
    *_columns(
        "id sitting_id admission_id state epoch head_seq head_hash receipt number_in_room event_no"
        " event_hash",
        *("claimed_at", "rules_confirmed_at", "started_at", "ended_at", "deadline_at", "closes_at"),
    ),
)
EVENTS = sa.table(
    "attempt_event",
    *_columns("attempt_id number kind body reason actor second chain_hash", "at"),
)
ROOTS = sa.table(
    "chain_root",
    *_columns("sitting_id number heads root previous_root", "at"),
    sa.column("signature", sa.LargeBinary()),
)
EXTRA = sa.table("extra_time", *_columns("admission_id minutes", "given_at"))
RUNS = sa.table("sitting_run", *_columns("sitting_id state room_key", "closed_at"))
SITTINGS = sa.table("sitting", *_columns("id minutes"))


def upgrade() -> None:
    op.create_table(
        "attempt_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=120), nullable=False),
        sa.Column("second", sa.String(length=120), nullable=False),
        sa.Column("at", Instant(timezone=True), nullable=False),
        sa.Column("chain_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(_one_of("kind", KINDS), name=op.f("ck_attempt_event_kind")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_attempt_event_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt_event")),
        sa.UniqueConstraint(
            "attempt_id", "number", name=op.f("uq_attempt_event_attempt_id_number")
        ),
    )
    op.create_table(
        "outage",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=True),
        sa.Column("began_at", Instant(timezone=True), nullable=False),
        sa.Column("ended_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_outage_attempt_id_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["sitting_run.sitting_id"],
            name=op.f("fk_outage_sitting_id_sitting_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
    )
    op.create_index(op.f("ix_outage_sitting_id"), "outage", ["sitting_id"])
    op.add_column("store_identity", sa.Column("alive_at", Instant(timezone=True), nullable=True))
    _restate("sitting_run", RUNS_AFTER)
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.add_column(sa.Column("event_no", sa.Integer(), nullable=False, server_default="0"))
        batch_op.add_column(
            sa.Column("event_hash", sa.String(64), nullable=False, server_default=GENESIS)
        )
        for name in COLUMNS:
            batch_op.add_column(sa.Column(name, Instant(timezone=True), nullable=True))
    with op.batch_alter_table("attempt") as batch_op:
        batch_op.alter_column("event_no", existing_type=sa.Integer(), server_default=None)
        batch_op.alter_column("event_hash", existing_type=sa.String(64), server_default=None)
    _restate("attempt", AFTER)
    _write_events()
    _sign_roots()
    protect(op.get_bind(), "attempt_event")


def _one_of(column: str, names: str) -> str:
    return f"{column} IN ({', '.join(repr(name) for name in names.split())})"


def _restate(table: str, names: str) -> None:
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(op.f(f"ck_{table}_state"), type_="check")
        batch_op.create_check_constraint(op.f(f"ck_{table}_state"), _one_of("state", names))


def _write_events() -> None:
    bind = op.get_bind()
    minutes = dict(bind.execute(sa.select(SITTINGS.c.id, SITTINGS.c.minutes)).all())
    closed = dict(bind.execute(sa.select(RUNS.c.sitting_id, RUNS.c.closed_at)).all())
    extra: dict[int, list[sa.Row]] = defaultdict(list)
    for row in bind.execute(sa.select(EXTRA).order_by(EXTRA.c.given_at)):
        extra[row.admission_id].append(row)
    for attempt in bind.execute(sa.select(ATTEMPTS).order_by(ATTEMPTS.c.id)).all():
        given = extra[attempt.admission_id]
        allowance = minutes[attempt.sitting_id]
        told = _told(attempt, allowance, given, closed[attempt.sitting_id])
        times = {}
        if attempt.started_at is not None:
            ordinary = attempt.started_at + timedelta(minutes=allowance)
            ends_at = ordinary + timedelta(minutes=sum(row.minutes for row in given))
            ends_at = min(ends_at, ordinary + LATEST_END)
            times = {"deadline_at": ends_at, "closes_at": ends_at + GRACE}
        head = _chained(attempt, told)
        own = sa.update(ATTEMPTS).where(ATTEMPTS.c.id == attempt.id)
        bind.execute(own.values(event_no=len(told), event_hash=head, **times))


def _told(
    attempt: sa.Row, minutes: int, given: list[sa.Row], closed_at: datetime | None
) -> list[tuple[str, datetime, dict[str, object]]]:
    """Return what must have happened for the attempt to be as it is stored."""
    began = attempt.rules_confirmed_at or attempt.claimed_at
    told: list[tuple[str, datetime, dict[str, object]]] = [("claimed", attempt.claimed_at, {})]
    told += [("released", attempt.claimed_at, {})] * (attempt.epoch - 1)
    if attempt.state == "waiting" or attempt.started_at is not None:
        told.append(("ready", began, {}))
    if attempt.started_at is not None:
        stop = attempt.started_at + timedelta(minutes=minutes) + LATEST_END
        body = {
            "approved": 0,
            "clock_from": attempt.started_at.isoformat(),
            "hard_stop": stop.isoformat(),
            "minutes": minutes,
        }
        told.append(("started", max(began, attempt.started_at), body))
        told += [("extended", row.given_at, {"minutes": row.minutes}) for row in given]
    if attempt.ended_at is not None:
        code = json.loads(attempt.receipt or "{}").get("code", "")
        body = {"code": code, "head_seq": attempt.head_seq}
        told.append((attempt.state, attempt.ended_at, body))
        told += [("sealed", closed_at, {})] if closed_at else []
    return told


def _chained(attempt: sa.Row, told: list[tuple[str, datetime, dict[str, object]]]) -> str:
    previous, rows = GENESIS, []
    for number, (kind, at, body) in enumerate(told, start=1):
        written = json.dumps(body, ensure_ascii=False, sort_keys=True)
        at_us = (at - EPOCH_START) // timedelta(microseconds=1)
        own = attempt.number_in_room or attempt.id
        covered = [own, number, kind, written, REASON, "系统", "", at_us]
        text = previous + json.dumps(covered, ensure_ascii=False, separators=(",", ":"))
        previous = hashlib.sha256(text.encode()).hexdigest()
        rows.append(
            {
                "attempt_id": attempt.id,
                "number": number,
                "kind": kind,
                "body": written,
                "reason": REASON,
                "actor": "系统",
                "second": "",
                "at": at,
                "chain_hash": previous,
            }
        )
    op.get_bind().execute(sa.insert(EVENTS), rows)
    return previous


def _sign_roots() -> None:
    """Sign a root over every room of this installation; others keep the key of their room."""
    bind = op.get_bind()
    now = datetime.now(UTC)
    foreign = set(
        bind.execute(sa.select(RUNS.c.sitting_id).where(RUNS.c.room_key.is_not(None))).scalars()
    )
    rooms: dict[int, list[list[object]]] = {}
    for row in bind.execute(sa.select(ATTEMPTS).order_by(ATTEMPTS.c.id)):
        head = [row.id, row.head_seq, row.head_hash, row.event_no, row.event_hash]
        rooms.setdefault(row.sitting_id, []).append(head)
    for sitting_id, heads in rooms.items():
        if sitting_id in foreign:
            continue
        own = sa.select(ROOTS).where(ROOTS.c.sitting_id == sitting_id)
        last = bind.execute(own.order_by(ROOTS.c.number.desc()).limit(1)).one_or_none()
        root = {
            "sitting_id": sitting_id,
            "number": last.number + 1 if last else 1,
            "at": now,
            "heads": json.dumps(heads, separators=(",", ":")),
            "root": _merkle_root(heads),
            "previous_root": last.root if last else GENESIS,
        }
        bind.execute(sa.insert(ROOTS).values(**root, signature=_signature(root, now)))


def _signature(root: dict[str, object], now: datetime) -> bytes:
    words = {
        "number": root["number"],
        "at_us": (now - EPOCH_START) // timedelta(microseconds=1),
        "root": root["root"],
        "previous_root": root["previous_root"],
    }
    signature: bytes = context.config.attributes["keys"].sign(
        json.dumps(words, sort_keys=True).encode()
    )
    return signature


def _merkle_root(heads: list[list[object]]) -> str:
    level = [
        hashlib.sha256(b"\0" + json.dumps(head, separators=(",", ":")).encode()).digest()
        for head in heads
    ]
    while len(level) > 1:
        pairs = [level[at : at + 2] for at in range(0, len(level), 2)]
        level = [
            hashlib.sha256(b"\1" + b"".join(pair)).digest() if len(pair) > 1 else pair[0]
            for pair in pairs
        ]
    return level[0].hex()


def downgrade() -> None:
    unprotect(op.get_bind(), "attempt_event")
    op.drop_index(op.f("ix_outage_sitting_id"), "outage")
    for table in ("outage", "attempt_event"):
        op.drop_table(table)
    _restate("attempt", BEFORE)
    _restate("sitting_run", RUNS_BEFORE)
    with op.batch_alter_table("attempt") as batch_op:
        for name in ("event_no", "event_hash", *COLUMNS):
            batch_op.drop_column(name)
    op.drop_column("store_identity", "alive_at")
