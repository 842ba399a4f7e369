"""Let a batch of scans hold the cards of several sittings, each released by itself."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

Instant = registry.database.UtcDateTime
FIRST_SITTING = (
    "UPDATE scan_batch SET sitting_id ="
    " (SELECT min(sitting_id) FROM batch_sitting WHERE batch_id = scan_batch.id)"
)


def upgrade() -> None:
    op.create_table(
        "batch_sitting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("released_at", Instant(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["scan_batch.id"], name=op.f("fk_batch_sitting_batch_id_scan_batch")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_batch_sitting_sitting_id_sitting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_batch_sitting")),
        sa.UniqueConstraint(
            "batch_id", "sitting_id", name=op.f("uq_batch_sitting_batch_id_sitting_id")
        ),
    )
    op.create_index(op.f("ix_batch_sitting_sitting_id"), "batch_sitting", ["sitting_id"])
    op.execute(
        "INSERT INTO batch_sitting (batch_id, sitting_id, released_at)"
        " SELECT id, sitting_id, released_at FROM scan_batch ORDER BY id"
    )
    with op.batch_alter_table("scan_batch") as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_scan_batch_sitting_id_sitting"), type_="foreignkey")
        batch_op.drop_column("sitting_id")


def downgrade() -> None:
    """Go back to one sitting a batch: a pile of several keeps the first, its pages all stay."""
    with op.batch_alter_table("scan_batch") as batch_op:
        batch_op.add_column(sa.Column("sitting_id", sa.Integer(), nullable=True))
    op.execute(FIRST_SITTING)
    with op.batch_alter_table("scan_batch") as batch_op:
        batch_op.alter_column("sitting_id", nullable=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_scan_batch_sitting_id_sitting"), "sitting", ["sitting_id"], ["id"]
        )
    op.drop_table("batch_sitting")
