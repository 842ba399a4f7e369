"""Record checks of candidates' identity at the door."""

import sqlalchemy as sa
from alembic import op

import registry.database
from exam_server.migrations.append_only import protect, unprotect

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "identity_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("mark", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("checked_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("checked_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "mark IN ('match', 'doubtful', 'mismatch')", name=op.f("ck_identity_check_mark")
        ),
        sa.ForeignKeyConstraint(
            ["admission_id"],
            ["admission.id"],
            name=op.f("fk_identity_check_admission_id_admission"),
        ),
        sa.ForeignKeyConstraint(
            ["checked_by_id"],
            ["account.id"],
            name=op.f("fk_identity_check_checked_by_id_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identity_check")),
    )
    with op.batch_alter_table("identity_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_identity_check_admission_id"), ["admission_id"])
    protect(op.get_bind(), "identity_check")


def downgrade() -> None:
    unprotect(op.get_bind(), "identity_check")
    op.drop_table("identity_check")
