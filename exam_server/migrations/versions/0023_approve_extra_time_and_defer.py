"""Approve extra time for a candidate before the exam; let a candidate be deferred to a later batch."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

STATES = "'draft', 'submitted', 'passed', 'refused', 'withdrawn', 'arranged'"
PRESENCES = "'present', 'absent'"


def upgrade() -> None:
    op.create_table(
        "accommodation",
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("approved_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("minutes >= 0", name=op.f("ck_accommodation_minutes")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_accommodation_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(
            ["approved_by_id"], ["account.id"], name=op.f("fk_accommodation_approved_by_id_account")
        ),
        sa.PrimaryKeyConstraint("enrolment_id", name=op.f("pk_accommodation")),
    )
    _restate("enrolment", "state", f"{STATES}, 'deferred'")
    _restate("presence_record", "presence", f"{PRESENCES}, 'deferred'")


def _restate(table: str, column: str, values: str) -> None:
    name = op.f(f"ck_{table}_{column}")
    with op.batch_alter_table(table) as batch_op:
        batch_op.drop_constraint(name, type_="check")
        batch_op.create_check_constraint(name, f"{column} IN ({values})")


def downgrade() -> None:
    _restate("presence_record", "presence", PRESENCES)
    _restate("enrolment", "state", STATES)
    op.drop_table("accommodation")
