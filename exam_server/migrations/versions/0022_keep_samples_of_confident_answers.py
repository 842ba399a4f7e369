"""Keep samples of confident answers that a person compares with the picture."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

Instant = registry.database.UtcDateTime


def upgrade() -> None:
    op.create_table(
        "reading_audit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(length=16), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("drawn_at", Instant(timezone=True), nullable=False),
        sa.Column("drawn_by_id", sa.Integer(), nullable=True),
        *_references("reading_audit", batch_id="scan_batch", drawn_by_id="account"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_audit")),
    )
    op.create_index(op.f("ix_reading_audit_batch_id"), "reading_audit", ["batch_id"])
    op.create_table(
        "audited_answer",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("audit_id", sa.Integer(), nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("verdict", sa.String(length=8), nullable=True),
        sa.Column("decided_at", Instant(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        *_references(
            "audited_answer",
            audit_id="reading_audit",
            page_id="scan_page",
            decided_by_id="account",
        ),
        sa.CheckConstraint(
            "verdict IN ('agrees', 'differs')", name=op.f("ck_audited_answer_verdict")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audited_answer")),
        sa.UniqueConstraint("audit_id", "place", name=op.f("uq_audited_answer_audit_id_place")),
    )
    op.create_index(op.f("ix_audited_answer_page_id"), "audited_answer", ["page_id"])


def _references(table: str, **columns: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint(
            [column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}")
        )
        for column, target in columns.items()
    ]


def downgrade() -> None:
    op.drop_table("audited_answer")
    op.drop_table("reading_audit")
