"""Keep papers in custody: sealings, the frozen form of every candidate, the key once put together."""

import sqlalchemy as sa
from alembic import op

import registry.database
from exam_server.migrations.append_only import protect, unprotect

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

RUN_STATES = "ck_sitting_run_state"


def upgrade() -> None:
    _allow("'planned', 'sealed', 'check_in', 'running', 'paused', 'closed'")
    _sealings()
    _forms()
    _keys()
    for table in ("form_snapshot", "paper_key"):
        protect(op.get_bind(), table)


def _allow(states: str) -> None:
    with op.batch_alter_table("sitting_run") as batch_op:
        batch_op.drop_constraint(op.f(RUN_STATES), type_="check")
        batch_op.create_check_constraint(op.f(RUN_STATES), f"state IN ({states})")


def _sealings() -> None:
    people = ("sealed_by_id", "witness_id", "undone_by_id", "undone_witness_id")
    op.create_table(
        "paper_sealing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("forms_hash", sa.String(length=64), nullable=False),
        sa.Column("head_share", sa.LargeBinary(), nullable=False),
        sa.Column("proctor_share", sa.LargeBinary(), nullable=False),
        sa.Column("unlock_minutes", sa.Integer(), nullable=False),
        sa.Column("sealed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("sealed_by_id", sa.Integer(), nullable=False),
        sa.Column("witness_id", sa.Integer(), nullable=False),
        sa.Column("undone_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("undone_by_id", sa.Integer(), nullable=True),
        sa.Column("undone_witness_id", sa.Integer(), nullable=True),
        *(_account("paper_sealing", column) for column in people),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["sitting_run.sitting_id"],
            name=op.f("fk_paper_sealing_sitting_id_sitting_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_sealing")),
        sa.UniqueConstraint(
            "sitting_id", "number", name=op.f("uq_paper_sealing_sitting_id_number")
        ),
    )
    in_force = sa.text("undone_at IS NULL")
    op.create_index(
        "ix_paper_sealing_in_force",
        "paper_sealing",
        ["sitting_id"],
        unique=True,
        sqlite_where=in_force,
        postgresql_where=in_force,
    )


def _forms() -> None:
    op.create_table(
        "form_snapshot",
        sa.Column("sealing_id", sa.Integer(), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("order_seed", sa.Integer(), nullable=False),
        sa.Column("form", sa.Text(), nullable=False),
        sa.Column("form_hash", sa.String(length=64), nullable=False),
        sa.Column("package_hash", sa.String(length=64), nullable=False),
        sa.Column("package_bytes", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["sealing_id"],
            ["paper_sealing.id"],
            name=op.f("fk_form_snapshot_sealing_id_paper_sealing"),
        ),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_form_snapshot_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name=op.f("fk_form_snapshot_paper_id_paper")
        ),
        sa.PrimaryKeyConstraint("sealing_id", "admission_id", name=op.f("pk_form_snapshot")),
    )


def _keys() -> None:
    op.create_table(
        "paper_key",
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("forms_hash", sa.String(length=64), nullable=False),
        sa.Column("key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("unlocked_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("proctor_id", sa.Integer(), nullable=True),
        sa.Column("head_id", sa.Integer(), nullable=True),
        *(_account("paper_key", column) for column in ("proctor_id", "head_id")),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["sitting_run.sitting_id"],
            name=op.f("fk_paper_key_sitting_id_sitting_run"),
        ),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_paper_key")),
    )


def _account(table: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column], ["account.id"], name=op.f(f"fk_{table}_{column}_account")
    )


def downgrade() -> None:
    for table in ("form_snapshot", "paper_key"):
        unprotect(op.get_bind(), table)
    for table in ("paper_key", "form_snapshot", "paper_sealing"):
        op.drop_table(table)
    op.execute("UPDATE sitting_run SET state = 'planned' WHERE state = 'sealed'")
    _allow("'planned', 'check_in', 'running', 'paused', 'closed'")
