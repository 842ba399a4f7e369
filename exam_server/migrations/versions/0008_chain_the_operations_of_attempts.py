"""Chain the operations of attempts and sign roots over the chains of a room.

Rows from before are chained as they are found, and a first root is signed over every room, so that
from the upgrade on nothing changes unnoticed. Receipts given before keep their text and signature.
"""

import hashlib
import json
from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import context, op

import registry.database
from exam_server.migrations.append_only import protect, unprotect

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

GENESIS = "0" * 64
EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
OPS = sa.table(
    "answer_op",
    *(sa.column(name) for name in ("id", "attempt_id", "epoch", "seq", "kind", "question_id")),
    sa.column("value"),
    sa.column("flagged", sa.Boolean()),
    *(sa.column(name) for name in ("mono_ms", "op_hash", "chain_hash")),
    sa.column("received_at", registry.database.UtcDateTime()),
)
ATTEMPTS = sa.table(
    "attempt", *(sa.column(name) for name in ("id", "sitting_id", "head_seq", "head_hash"))
)
ROOTS = sa.table(
    "chain_root",
    *(sa.column(name) for name in ("sitting_id", "number", "heads", "root", "previous_root")),
    sa.column("at", registry.database.UtcDateTime()),
    sa.column("signature", sa.LargeBinary()),
)
COVERED = (
    "attempt_id epoch seq kind question_id value flagged mono_ms op_hash".split()  # noqa: SIM905
)


def upgrade() -> None:
    op.create_table(
        "chain_root",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("heads", sa.Text(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("previous_root", sa.String(length=64), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["sitting_run.sitting_id"],
            name=op.f("fk_chain_root_sitting_id_sitting_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_chain_root")),
        sa.UniqueConstraint("sitting_id", "number", name=op.f("uq_chain_root_sitting_id_number")),
    )
    op.add_column("sitting_run", sa.Column("room_key", sa.LargeBinary(), nullable=True))
    op.add_column("attempt", sa.Column("number_in_room", sa.Integer(), nullable=True))
    unprotect(op.get_bind(), "answer_op")
    _add_hash("attempt", "head_hash")
    _add_hash("answer_op", "chain_hash")
    _chain()
    _sign_roots()
    for table in ("answer_op", "chain_root"):
        protect(op.get_bind(), table)


def _add_hash(table: str, column: str) -> None:
    with op.batch_alter_table(table) as batch_op:
        batch_op.add_column(
            sa.Column(column, sa.String(length=64), nullable=False, server_default=GENESIS)
        )
    with op.batch_alter_table(table) as batch_op:
        batch_op.alter_column(column, existing_type=sa.String(length=64), server_default=None)


def _chain() -> None:
    bind = op.get_bind()
    heads: dict[int, str] = {}
    links = []
    for row in bind.execute(sa.select(OPS).order_by(OPS.c.attempt_id, OPS.c.seq)).all():
        previous = heads.get(row.attempt_id, GENESIS)
        received_us = (row.received_at - EPOCH_START) // timedelta(microseconds=1)
        covered = [*(getattr(row, name) for name in COVERED), received_us]
        text = previous + json.dumps(covered, ensure_ascii=False, separators=(",", ":"))
        heads[row.attempt_id] = hashlib.sha256(text.encode()).hexdigest()
        links.append({"row": row.id, "hash": heads[row.attempt_id]})
    ops = sa.update(OPS).where(OPS.c.id == sa.bindparam("row"))
    if links:
        bind.execute(ops.values(chain_hash=sa.bindparam("hash")), links)
    attempts = sa.update(ATTEMPTS).where(ATTEMPTS.c.id == sa.bindparam("attempt"))
    moved = [{"attempt": attempt, "hash": head} for attempt, head in heads.items()]
    if moved:
        bind.execute(attempts.values(head_hash=sa.bindparam("hash")), moved)


def _sign_roots() -> None:
    bind = op.get_bind()
    now = datetime.now(UTC)
    rooms: dict[int, list[list[object]]] = {}
    for row in bind.execute(sa.select(ATTEMPTS).order_by(ATTEMPTS.c.id)):
        rooms.setdefault(row.sitting_id, []).append([row.id, row.head_seq, row.head_hash])
    for sitting_id, heads in rooms.items():
        root = {
            "sitting_id": sitting_id,
            "number": 1,
            "at": now,
            "heads": json.dumps(heads, separators=(",", ":")),
            "root": _merkle_root(heads),
            "previous_root": GENESIS,
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
    for table in ("answer_op", "chain_root"):
        unprotect(op.get_bind(), table)
    for table, column in (
        ("answer_op", "chain_hash"),
        ("attempt", "head_hash"),
        ("attempt", "number_in_room"),
        ("sitting_run", "room_key"),
    ):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_column(column)
    op.drop_table("chain_root")
    protect(op.get_bind(), "answer_op")
