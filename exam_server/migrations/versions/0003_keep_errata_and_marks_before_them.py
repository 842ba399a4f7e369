"""Keep errata and marks before them."""

import sqlalchemy as sa
from alembic import op

import registry.database
from exam_server.migrations.append_only import protect, unprotect

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "erratum",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("remedy", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("decided_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.Column("decision", sa.String(length=300), nullable=False),
        sa.CheckConstraint(
            "remedy IN ('give_all', 'accept', 'remove')", name=op.f("ck_erratum_remedy")
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'decided', 'refused')", name=op.f("ck_erratum_state")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_erratum_decided_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by_id"], ["account.id"], name=op.f("fk_erratum_proposed_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["item_version.id"], name=op.f("fk_erratum_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erratum")),
    )
    with op.batch_alter_table("erratum", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_erratum_version_id"), ["version_id"], unique=False)

    op.create_table(
        "result_revision",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("result_id", sa.Integer(), nullable=False),
        sa.Column("erratum_id", sa.Integer(), nullable=False),
        sa.Column("mark_before", registry.database.ExactDecimal(length=24), nullable=False),
        sa.Column("mark_after", registry.database.ExactDecimal(length=24), nullable=False),
        sa.Column("evidence_before", sa.Text(), nullable=False),
        sa.Column("revised_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["erratum_id"], ["erratum.id"], name=op.f("fk_result_revision_erratum_id_erratum")
        ),
        sa.ForeignKeyConstraint(
            ["result_id"],
            ["subject_result.id"],
            name=op.f("fk_result_revision_result_id_subject_result"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_result_revision")),
        sa.UniqueConstraint(
            "result_id", "erratum_id", name=op.f("uq_result_revision_result_id_erratum_id")
        ),
    )
    with op.batch_alter_table("result_revision", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_result_revision_erratum_id"), ["erratum_id"], unique=False
        )
    protect(op.get_bind(), "result_revision")


def downgrade() -> None:
    unprotect(op.get_bind(), "result_revision")
    with op.batch_alter_table("result_revision", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_result_revision_erratum_id"))

    op.drop_table("result_revision")
    with op.batch_alter_table("erratum", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_erratum_version_id"))

    op.drop_table("erratum")
