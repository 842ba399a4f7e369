"""Write specifications and develop projects."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


ORIGINS = "origin IN ('original', 'new', 'developed')"
STATES = "state IN ('draft', 'in_review', 'filed', 'published', 'withdrawn')"
NEW_COLUMNS = (
    (
        "specification",
        sa.Column("state", sa.String(16), nullable=False, server_default="published"),
    ),
    ("specification", sa.Column("name", sa.String(80), nullable=False, server_default="")),
    ("specification", sa.Column("conditions", sa.Text(), nullable=False, server_default="")),
    (
        "specification",
        sa.Column("examiner_expertise", sa.Text(), nullable=False, server_default=""),
    ),
    (
        "specification",
        sa.Column("examiners_at_least", sa.Integer(), nullable=False, server_default="3"),
    ),
    ("specification", sa.Column("venue", sa.Text(), nullable=False, server_default="")),
    (
        "specification_subject",
        sa.Column("method", sa.String(80), nullable=False, server_default=""),
    ),
)
"""What was entered before was filed and published."""


def upgrade() -> None:
    _create_tables()
    _open_projects()
    _widen_specifications()


def _create_tables() -> None:
    op.create_table(
        "development_project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("demand", sa.Text(), nullable=False),
        sa.Column("expected_per_year", sa.Integer(), nullable=False),
        sa.Column("division_code", sa.String(length=6), nullable=False),
        sa.Column("proposed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("proposed_by_id", sa.Integer(), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("similar_names", sa.Text(), nullable=False),
        sa.Column("decision_reason", sa.Text(), nullable=False),
        sa.Column("duplicate_reason", sa.Text(), nullable=False),
        sa.Column("decided_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("project_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('proposed', 'accepted', 'refused', 'in_development', 'in_review', 'filed', 'published', 'withdrawn')",
            name=op.f("ck_development_project_state"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_development_project_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_development_project")),
        sa.UniqueConstraint("project_id", name=op.f("uq_development_project_project_id")),
    )
    with op.batch_alter_table("development_project", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_development_project_division_code"), ["division_code"], unique=False
        )

    op.create_table(
        "equipment_requirement",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("specification_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("quantity", sa.String(length=80), nullable=False),
        sa.Column("requirement", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specification.id"],
            name=op.f("fk_equipment_requirement_specification_id_specification"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment_requirement")),
        sa.UniqueConstraint(
            "specification_id",
            "number",
            name=op.f("uq_equipment_requirement_specification_id_number"),
        ),
    )
    op.create_table(
        "work_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("specification_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=80), nullable=False),
        sa.Column("weight_percent", sa.Integer(), nullable=False),
        sa.Column("practices", sa.Text(), nullable=False),
        sa.Column("knowledge", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specification.id"],
            name=op.f("fk_work_task_specification_id_specification"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_task")),
        sa.UniqueConstraint(
            "specification_id", "number", name=op.f("uq_work_task_specification_id_number")
        ),
    )


def _open_projects() -> None:
    with op.batch_alter_table("project") as batch_op:
        batch_op.add_column(sa.Column("withdrawn_version_id", sa.Integer(), nullable=True))
        batch_op.alter_column("catalog_version_id", existing_type=sa.Integer(), nullable=True)
        batch_op.create_foreign_key(
            batch_op.f("fk_project_withdrawn_version_id_catalog_version"),
            "catalog_version",
            ["withdrawn_version_id"],
            ["id"],
        )
        batch_op.drop_constraint(op.f("ck_project_origin"), type_="check")
        batch_op.create_check_constraint(op.f("ck_project_origin"), ORIGINS)


def _widen_specifications() -> None:
    for table, column in NEW_COLUMNS:
        op.add_column(table, column._copy())
    named = "SELECT name FROM project WHERE project.id = specification.project_id"
    op.execute(f"UPDATE specification SET name = ({named})")  # noqa: S608 - no value from outside
    with op.batch_alter_table("specification") as batch_op:
        batch_op.alter_column("effective_from_on", existing_type=sa.Date(), nullable=True)
        batch_op.create_check_constraint(op.f("ck_specification_state"), STATES)
        for table, column in NEW_COLUMNS:
            if table == "specification":
                batch_op.alter_column(column.name, existing_type=column.type, server_default=None)
    with op.batch_alter_table("specification_subject") as batch_op:
        batch_op.alter_column("method", existing_type=sa.String(80), server_default=None)


def downgrade() -> None:
    raise ValueError("drafts have no place in the old tables; restore a copy made before")
