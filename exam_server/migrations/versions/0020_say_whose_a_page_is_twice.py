"""Keep each person's word on whose card a page is, and why a person set a page aside."""

import sqlalchemy as sa
from alembic import op

import registry.database

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = registry.database.UtcDateTime(timezone=True)
    op.create_table(
        "page_owner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("card_id", sa.Integer(), nullable=False),
        sa.Column("decided_at", instant, nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["card_id"], ["printed_card.id"], name=op.f("fk_page_owner_card_id_printed_card")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_page_owner_decided_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["scan_page.id"], name=op.f("fk_page_owner_page_id_scan_page")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_page_owner")),
    )
    with op.batch_alter_table("page_owner") as batch_op:
        batch_op.create_index(batch_op.f("ix_page_owner_page_id"), ["page_id"])
    with op.batch_alter_table("scan_page") as batch_op:
        batch_op.add_column(sa.Column("set_aside", sa.String(length=60), nullable=True))
        batch_op.add_column(sa.Column("finished_at", instant, nullable=True))
        batch_op.add_column(sa.Column("finished_by_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_scan_page_finished_by_id_account"),
            "account",
            ["finished_by_id"],
            ["id"],
        )


def downgrade() -> None:
    with op.batch_alter_table("scan_page") as batch_op:
        batch_op.drop_constraint(
            batch_op.f("fk_scan_page_finished_by_id_account"), type_="foreignkey"
        )
        batch_op.drop_column("finished_by_id")
        batch_op.drop_column("finished_at")
        batch_op.drop_column("set_aside")
    op.drop_table("page_owner")
