"""Keep what candidates report of questions, with the answers of proctor and bank."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = registry.database.UtcDateTime(timezone=True)
    op.create_table(
        "question_report",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("reported_at", instant, nullable=False),
        sa.Column("proctor_answer", sa.String(length=500), nullable=True),
        sa.Column("proctor_id", sa.Integer(), nullable=True),
        sa.Column("proctor_at", instant, nullable=True),
        sa.Column("bank_answer", sa.String(length=500), nullable=True),
        sa.Column("bank_by_id", sa.Integer(), nullable=True),
        sa.Column("bank_at", instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_question_report_attempt_id_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["bank_by_id"], ["account.id"], name=op.f("fk_question_report_bank_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["room_event.id"], name=op.f("fk_question_report_event_id_room_event")
        ),
        sa.ForeignKeyConstraint(
            ["proctor_id"], ["account.id"], name=op.f("fk_question_report_proctor_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_question_report")),
        sa.UniqueConstraint("event_id", name=op.f("uq_question_report_event_id")),
    )
    with op.batch_alter_table("question_report", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_question_report_attempt_id"), ["attempt_id"])


def downgrade() -> None:
    op.drop_table("question_report")
