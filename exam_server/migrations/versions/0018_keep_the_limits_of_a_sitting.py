"""Keep the limits of a sitting: late entry, early leave, decisions on operations kept apart.

Rooms that were prepared before announced no earliest hand-in, so they have none.
"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

LIMITS = {"late_entry_minutes": "30", "early_leave_minutes": "0", "late_ops_minutes": "30"}


def upgrade() -> None:
    for name, minutes in LIMITS.items():
        column = sa.Column(name, sa.Integer(), nullable=False, server_default=minutes)
        op.add_column("sitting_run", column)
    with op.batch_alter_table("sitting_run") as batch_op:
        for name in LIMITS:
            batch_op.alter_column(name, existing_type=sa.Integer(), server_default=None)


def downgrade() -> None:
    with op.batch_alter_table("sitting_run") as batch_op:
        for name in LIMITS:
            batch_op.drop_column(name)
