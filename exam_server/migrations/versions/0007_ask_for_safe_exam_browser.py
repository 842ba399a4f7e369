"""Ask for Safe Exam Browser in a sitting; checks of computers and overrides."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "seb_setting",
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("origin", sa.String(length=120), nullable=False),
        sa.Column("config_key", sa.String(length=64), nullable=False),
        sa.Column("quit_password_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("file_password_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("browser_keys", sa.Text(), nullable=False),
        sa.Column("set_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("set_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["set_by_id"], ["account.id"], name=op.f("fk_seb_setting_set_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["sitting_run.sitting_id"],
            name=op.f("fk_seb_setting_sitting_id_sitting_run"),
        ),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_seb_setting")),
    )
    op.create_table(
        "seb_check",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("nonce", sa.String(length=32), nullable=False),
        sa.Column("device_hash", sa.String(length=64), nullable=False),
        sa.Column("made_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("settled_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('waiting', 'verified', 'no_seb', 'other_configuration', 'other_build', "
            "'replayed', 'late', 'other_computer', 'other_address')",
            name=op.f("ck_seb_check_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["seb_setting.sitting_id"],
            name=op.f("fk_seb_check_sitting_id_seb_setting"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_seb_check")),
        sa.UniqueConstraint("nonce", name=op.f("uq_seb_check_nonce")),
    )
    with op.batch_alter_table("seb_check", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_seb_check_device_hash"), ["device_hash"])
        batch_op.create_index(batch_op.f("ix_seb_check_sitting_id"), ["sitting_id"])
    op.create_table(
        "seb_override",
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("given_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_seb_override_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["account.id"], name=op.f("fk_seb_override_given_by_id_account")
        ),
        sa.PrimaryKeyConstraint("admission_id", name=op.f("pk_seb_override")),
    )


def downgrade() -> None:
    for table in ("seb_override", "seb_check", "seb_setting"):
        op.drop_table(table)
