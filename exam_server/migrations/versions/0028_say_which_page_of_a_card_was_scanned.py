"""Say of every scanned page which page of its card it is: a card may have several."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("scan_page", sa.Column("sheet", sa.Integer(), nullable=False, server_default="1"))
    with op.batch_alter_table("scan_page") as batch_op:
        batch_op.alter_column("sheet", existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("scan_page") as batch_op:
        batch_op.drop_column("sheet")
