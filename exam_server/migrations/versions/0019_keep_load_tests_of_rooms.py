"""Keep the load tests of a room, and for their time what the robots save."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    when = registry.database.UtcDateTime(timezone=True)
    op.create_table(
        "load_test",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("robots", sa.Integer(), nullable=False),
        sa.Column("begun_at", when, nullable=False),
        sa.Column("until_at", when, nullable=False),
        sa.Column("begun_by_id", sa.Integer(), nullable=True),
        sa.Column("ended_at", when, nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["begun_by_id"], ["account.id"], name=op.f("fk_load_test_begun_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["sitting_run.sitting_id"],
            name=op.f("fk_load_test_sitting_id_sitting_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_load_test")),
    )
    with op.batch_alter_table("load_test", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_load_test_sitting_id"), ["sitting_id"])
    op.create_table(
        "load_test_save",
        sa.Column("load_test_id", sa.Integer(), nullable=False),
        sa.Column("computer", sa.Integer(), nullable=False),
        sa.Column("robot", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("received_at", when, nullable=False),
        sa.ForeignKeyConstraint(
            ["load_test_id"],
            ["load_test.id"],
            name=op.f("fk_load_test_save_load_test_id_load_test"),
        ),
        sa.PrimaryKeyConstraint(
            "load_test_id", "computer", "robot", "seq", name=op.f("pk_load_test_save")
        ),
    )


def downgrade() -> None:
    op.drop_table("load_test_save")
    op.drop_table("load_test")
