"""Print cards with what the server holds: the candidate's own order and the saved answers."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("printed_card", sa.Column("form", sa.Text(), nullable=True))
    op.add_column("printed_card", sa.Column("prefilled", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("printed_card") as batch_op:
        batch_op.drop_column("prefilled")
        batch_op.drop_column("form")
