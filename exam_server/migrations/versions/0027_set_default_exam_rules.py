"""Let the province set the limits that new sittings at computers take over."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "default_rules",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("late_entry_minutes", sa.Integer(), nullable=False),
        sa.Column("early_leave_minutes", sa.Integer(), nullable=False),
        sa.Column("late_ops_minutes", sa.Integer(), nullable=False),
        sa.Column("set_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["account.id"], name=op.f("fk_default_rules_set_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_default_rules")),
    )


def downgrade() -> None:
    op.drop_table("default_rules")
