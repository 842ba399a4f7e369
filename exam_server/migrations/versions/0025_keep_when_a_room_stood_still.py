"""Keep when a whole room was paused: its limits for entering and handing in move by it."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    column = sa.Column("pauses", sa.Text(), nullable=False, server_default="[]")
    op.add_column("sitting_run", column)
    with op.batch_alter_table("sitting_run") as batch_op:
        batch_op.alter_column("pauses", existing_type=sa.Text(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("sitting_run") as batch_op:
        batch_op.drop_column("pauses")
