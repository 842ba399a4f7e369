"""Keep files sent to be imported until their sender decides."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_upload",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("point", sa.String(length=20), nullable=False),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column("files_hash", sa.String(length=64), nullable=True),
        sa.Column("trial_hash", sa.String(length=64), nullable=True),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.Column("created_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("settled_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'imported', 'discarded', 'expired')",
            name=op.f("ck_item_upload_state"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_item_upload_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_item_upload_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_upload")),
    )
    with op.batch_alter_table("item_upload", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_upload_account_id"), ["account_id"])
        batch_op.create_index(batch_op.f("ix_item_upload_project_id"), ["project_id"])


def downgrade() -> None:
    op.drop_table("item_upload")
