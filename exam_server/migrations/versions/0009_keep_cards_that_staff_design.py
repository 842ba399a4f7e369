"""Keep cards that staff design, every version as it was saved."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "designed_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=24), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("design", sa.Text(), nullable=False),
        sa.Column("layout_hash", sa.String(length=12), nullable=False),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("saved_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("saved_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'released', 'withdrawn')", name=op.f("ck_designed_card_state")
        ),
        sa.ForeignKeyConstraint(
            ["saved_by_id"], ["account.id"], name=op.f("fk_designed_card_saved_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_designed_card")),
        sa.UniqueConstraint("code", "version", name=op.f("uq_designed_card_code_version")),
    )
    with op.batch_alter_table("designed_card", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_designed_card_layout_hash"), ["layout_hash"])


def downgrade() -> None:
    op.drop_table("designed_card")
