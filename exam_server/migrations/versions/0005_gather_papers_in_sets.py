"""Gather papers in sets; keep the order in which a paper shows its options.

Every paper from before becomes a set of one, without a report on its fairness.
"""

import hashlib
import json

import sqlalchemy as sa
from alembic import op

import registry.database
from exam_server.migrations.append_only import protect, unprotect

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

COPIED = (
    "plan_id, blueprint_id, number, seed, engine_version, bank_hash, state, composed_at, "
    "composed_by_id, released_at, released_by_id"
)


def upgrade() -> None:
    _create_sets()
    op.add_column("paper", sa.Column("set_id", sa.Integer(), nullable=True))
    op.add_column("paper", sa.Column("form", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "paper", sa.Column("version", sa.String(length=1), nullable=False, server_default="")
    )
    _fill_sets()
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.alter_column("set_id", existing_type=sa.Integer(), nullable=False)
        batch_op.alter_column("form", existing_type=sa.Integer(), server_default=None)
        batch_op.alter_column("version", existing_type=sa.String(length=1), server_default=None)
        batch_op.create_unique_constraint(
            batch_op.f("uq_paper_set_id_form_version"), ["set_id", "form", "version"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_paper_set_id_paper_set"), "paper_set", ["set_id"], ["id"]
        )
    unprotect(op.get_bind(), "paper_item")
    with op.batch_alter_table("paper_item", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("option_order", sa.String(length=80), nullable=False, server_default="")
        )
    with op.batch_alter_table("paper_item", schema=None) as batch_op:
        batch_op.alter_column(
            "option_order", existing_type=sa.String(length=80), server_default=None
        )
    protect(op.get_bind(), "paper_item")
    with op.batch_alter_table("sitting_run", schema=None) as batch_op:
        batch_op.add_column(sa.Column("set_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_sitting_run_set_id_paper_set"), "paper_set", ["set_id"], ["id"]
        )


def _create_sets() -> None:
    op.create_table(
        "paper_set",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("blueprint_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("paper_count", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("engine_version", sa.String(length=20), nullable=False),
        sa.Column("bank_hash", sa.String(length=64), nullable=False),
        sa.Column("set_hash", sa.String(length=64), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("composed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("composed_by_id", sa.Integer(), nullable=True),
        sa.Column("released_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("paper_count > 0", name=op.f("ck_paper_set_paper_count")),
        sa.CheckConstraint(
            "purpose IN ('one', 'ab', 'parallel', 'individual')",
            name=op.f("ck_paper_set_purpose"),
        ),
        sa.CheckConstraint("state IN ('composed', 'released')", name=op.f("ck_paper_set_state")),
        sa.ForeignKeyConstraint(
            ["blueprint_id"], ["blueprint.id"], name=op.f("fk_paper_set_blueprint_id_blueprint")
        ),
        sa.ForeignKeyConstraint(
            ["composed_by_id"], ["account.id"], name=op.f("fk_paper_set_composed_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["assessment_plan.id"], name=op.f("fk_paper_set_plan_id_assessment_plan")
        ),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["account.id"], name=op.f("fk_paper_set_released_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_set")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_paper_set_plan_id_number")),
    )


def _fill_sets() -> None:
    bind = op.get_bind()
    papers = bind.execute(
        sa.text(
            "SELECT id, plan_id, number, engine_version, seed, bank_hash, paper_hash FROM paper"
        )
    ).all()
    for paper in papers:
        basis = ["one", paper.engine_version, paper.seed, paper.bank_hash]
        covered = [basis, [[1, "", paper.paper_hash]], ""]
        text = json.dumps(covered, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        made = {"hash": hashlib.sha256(text.encode()).hexdigest(), "paper": paper.id}
        bind.execute(
            sa.text(
                f"INSERT INTO paper_set ({COPIED}, purpose, paper_count, report, set_hash) "  # noqa: S608
                f"SELECT {COPIED}, 'one', 1, '', :hash FROM paper WHERE id = :paper"
            ),
            made,
        )
    bind.execute(
        sa.text(
            "UPDATE paper SET set_id = (SELECT s.id FROM paper_set s "
            "WHERE s.plan_id = paper.plan_id AND s.number = paper.number)"
        )
    )


def downgrade() -> None:
    with op.batch_alter_table("sitting_run", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_sitting_run_set_id_paper_set"), type_="foreignkey")
        batch_op.drop_column("set_id")
    unprotect(op.get_bind(), "paper_item")
    with op.batch_alter_table("paper_item", schema=None) as batch_op:
        batch_op.drop_column("option_order")
    protect(op.get_bind(), "paper_item")
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_paper_set_id_paper_set"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("uq_paper_set_id_form_version"), type_="unique")
        for column in ("set_id", "form", "version"):
            batch_op.drop_column(column)
    op.drop_table("paper_set")
