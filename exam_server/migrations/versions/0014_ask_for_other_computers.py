"""Keep who asked to go on at another computer, and what a proctor decided."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    when = registry.database.UtcDateTime(timezone=True)
    op.create_table(
        "seat_transfer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("device_hash", sa.String(length=64), nullable=False),
        sa.Column("from_address", sa.String(length=60), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("seat_no", sa.Integer(), nullable=True),
        sa.Column("asked_at", when, nullable=False),
        sa.Column("decided_at", when, nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("taken_at", when, nullable=True),
        sa.CheckConstraint(
            "state IN ('asked', 'taken', 'denied', 'replaced')", name=op.f("ck_seat_transfer_state")
        ),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_seat_transfer_attempt_id_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_seat_transfer_decided_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seat_transfer")),
        sa.UniqueConstraint("device_hash", name=op.f("uq_seat_transfer_device_hash")),
    )
    with op.batch_alter_table("seat_transfer", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seat_transfer_attempt_id"), ["attempt_id"])


def downgrade() -> None:
    op.drop_table("seat_transfer")
