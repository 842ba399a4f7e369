"""Give batches of scans a state of their own, keep their files, name every fate of a page."""

import sqlalchemy as sa
from alembic import op

from registry.database import UtcDateTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

PAGE_STATES = "read review conflict reviewed released rejected duplicate foreign unknown wrong_form back blank"
EARLIER_PAGE_STATES = "read review reviewed rejected duplicate released"
BATCH_STATES = "receiving queued reading read cancelled stuck released"


def upgrade() -> None:
    op.create_table(
        "scan_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("size_bytes", sa.Integer(), nullable=False),
        sa.Column("pieces", sa.Text(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["scan_batch.id"], name=op.f("fk_scan_file_batch_id_scan_batch")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_file")),
        sa.UniqueConstraint("batch_id", "position", name=op.f("uq_scan_file_batch_id_position")),
    )
    with op.batch_alter_table("scan_batch") as batch_op:
        batch_op.add_column(
            sa.Column("state", sa.String(16), nullable=False, server_default="read")
        )
        batch_op.add_column(
            sa.Column("page_total", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("reading_since", UtcDateTime(), nullable=True))
        batch_op.add_column(
            sa.Column("pages_before", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(
            sa.Column("idle_starts", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("finished_at", UtcDateTime(), nullable=True))
    op.execute("UPDATE scan_batch SET state = 'released' WHERE released_at IS NOT NULL")
    op.execute("UPDATE scan_batch SET page_total = page_count, finished_at = uploaded_at")
    with op.batch_alter_table("scan_batch") as batch_op:
        for column in ("state", "page_total", "pages_before", "idle_starts"):
            batch_op.alter_column(column, server_default=None)
        batch_op.create_check_constraint(op.f("ck_scan_batch_state"), _one_of(BATCH_STATES))
    with op.batch_alter_table("scan_page") as batch_op:
        batch_op.add_column(sa.Column("file_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("health", sa.Text(), nullable=True))
        batch_op.create_foreign_key(
            op.f("fk_scan_page_file_id_scan_file"), "scan_file", ["file_id"], ["id"]
        )
        batch_op.create_index(op.f("ix_scan_page_file_id"), ["file_id"])
    _restate(PAGE_STATES)


def downgrade() -> None:
    gone = "'foreign', 'unknown', 'wrong_form', 'back', 'blank'"
    op.execute(f"UPDATE scan_page SET state = 'rejected' WHERE state IN ({gone})")  # noqa: S608
    op.execute("UPDATE scan_page SET state = 'review' WHERE state = 'conflict'")
    _restate(EARLIER_PAGE_STATES)
    with op.batch_alter_table("scan_page") as batch_op:
        batch_op.drop_index(op.f("ix_scan_page_file_id"))
        batch_op.drop_constraint(op.f("fk_scan_page_file_id_scan_file"), type_="foreignkey")
        batch_op.drop_column("health")
        batch_op.drop_column("file_id")
    with op.batch_alter_table("scan_batch") as batch_op:
        batch_op.drop_constraint(op.f("ck_scan_batch_state"), type_="check")
        for column in (
            "finished_at",
            "idle_starts",
            "pages_before",
            "reading_since",
            "page_total",
            "state",
        ):
            batch_op.drop_column(column)
    op.drop_table("scan_file")


def _one_of(names: str) -> str:
    return f"state IN ({', '.join(repr(name) for name in names.split())})"


def _restate(names: str) -> None:
    with op.batch_alter_table("scan_page") as batch_op:
        batch_op.drop_constraint(op.f("ck_scan_page_state"), type_="check")
        batch_op.create_check_constraint(op.f("ck_scan_page_state"), _one_of(names))
