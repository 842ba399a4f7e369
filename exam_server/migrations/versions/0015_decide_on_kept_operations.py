"""Decide on operations that were kept apart; let a mark be invalid by a misconduct decision.

Of rooms that are closed already nothing was decided, so what they kept stays refused.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "refused_op", sa.Column("decision", sa.String(length=10), nullable=False, server_default="")
    )
    with op.batch_alter_table("refused_op") as batch_op:
        batch_op.alter_column("decision", existing_type=sa.String(length=10), server_default=None)
    op.execute(
        "UPDATE refused_op SET decision = 'refused' WHERE attempt_id IN (SELECT attempt.id"
        " FROM attempt JOIN sitting_run ON sitting_run.sitting_id = attempt.sitting_id"
        " WHERE sitting_run.state = 'closed')"
    )
    _restate("'', 'absent', 'veto', 'invalid'")


def _restate(flags: str) -> None:
    with op.batch_alter_table("subject_result") as batch_op:
        batch_op.drop_constraint(op.f("ck_subject_result_flag"), type_="check")
        batch_op.create_check_constraint(op.f("ck_subject_result_flag"), f"flag IN ({flags})")


def downgrade() -> None:
    _restate("'', 'absent', 'veto'")
    with op.batch_alter_table("refused_op") as batch_op:
        batch_op.drop_column("decision")
