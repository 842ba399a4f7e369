"""Seal what items say; members of a bank, task orders, drafts and remarks of reviewers.

Texts, keys and figures' descriptions of items move from open columns into one sealed document.
There is no way back: the open columns would have to be filled with secrets again.
"""

import hashlib
import json
from collections.abc import Iterator

import sqlalchemy as sa
from alembic import context, op

import registry.database
from exam_server.migrations.append_only import protect, unprotect
from registry.keys import KeyRing

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


REBUILT = ("item_version", "item_review", "paper_item")
ITEM_STATES = (
    "state IN ('draft', 'first_review', 'second_review', 'pilot', 'banked', 'suspended', "
    "'compromised', 'retired')"
)
ROLES = (
    "role IN ('province_officer', 'city_officer', 'county_officer', 'institution_officer', "
    "'bank_manager', 'paper_releaser', 'item_author', 'item_reviewer', 'proctor', 'examiner', "
    "'scanner', 'certificate_approver', 'certificate_maker', 'stock_keeper', "
    "'system_administrator', 'audit_administrator')"
)


def upgrade() -> None:
    _create_tables()
    _widen_checks()
    for table in REBUILT:
        unprotect(op.get_bind(), table)
    _seal_reviews()
    _seal_versions()
    unprotect(op.get_bind(), "item_option")
    op.drop_table("item_option")
    with op.batch_alter_table("paper_item") as batch_op:
        batch_op.drop_column("key")
    for table in REBUILT:
        protect(op.get_bind(), table)


def _create_tables() -> None:
    op.create_table(
        "authoring_task",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("assignee_id", sa.Integer(), nullable=False),
        sa.Column("element_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("difficulty", sa.Integer(), nullable=True),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("instructions", sa.String(length=500), nullable=False),
        sa.Column("created_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("closed_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "kind IN ('single_choice', 'multiple_choice', 'true_false')",
            name=op.f("ck_authoring_task_kind"),
        ),
        sa.CheckConstraint("difficulty BETWEEN 1 AND 5", name=op.f("ck_authoring_task_difficulty")),
        sa.CheckConstraint("item_count > 0", name=op.f("ck_authoring_task_item_count")),
        sa.ForeignKeyConstraint(
            ["assignee_id"], ["account.id"], name=op.f("fk_authoring_task_assignee_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_authoring_task_created_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["element_id"], ["element.id"], name=op.f("fk_authoring_task_element_id_element")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_authoring_task_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authoring_task")),
    )
    with op.batch_alter_table("authoring_task", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_authoring_task_assignee_id"), ["assignee_id"], unique=False
        )

    op.create_table(
        "bank_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("duty", sa.String(length=16), nullable=False),
        sa.Column("appointed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("appointed_by_id", sa.Integer(), nullable=True),
        sa.Column("undertaking_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("dismissed_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("duty IN ('author', 'reviewer')", name=op.f("ck_bank_member_duty")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_bank_member_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["appointed_by_id"], ["account.id"], name=op.f("fk_bank_member_appointed_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_bank_member_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bank_member")),
        sa.UniqueConstraint(
            "project_id", "account_id", name=op.f("uq_bank_member_project_id_account_id")
        ),
    )
    with op.batch_alter_table("bank_member", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_bank_member_account_id"), ["account_id"], unique=False)

    op.create_table(
        "item_draft",
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("saved_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_item_draft_account_id_account")
        ),
        sa.ForeignKeyConstraint(["item_id"], ["item.id"], name=op.f("fk_item_draft_item_id_item")),
        sa.PrimaryKeyConstraint("item_id", name=op.f("pk_item_draft")),
    )
    op.create_table(
        "review_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("written_by_id", sa.Integer(), nullable=True),
        sa.Column("settled_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("settled_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["settled_by_id"], ["account.id"], name=op.f("fk_review_comment_settled_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["item_version.id"],
            name=op.f("fk_review_comment_version_id_item_version"),
        ),
        sa.ForeignKeyConstraint(
            ["written_by_id"], ["account.id"], name=op.f("fk_review_comment_written_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_comment")),
    )
    with op.batch_alter_table("review_comment", schema=None) as batch_op:
        batch_op.create_index("ix_review_comment_version_id", ["version_id"], unique=False)


def _widen_checks() -> None:
    with op.batch_alter_table("item") as batch_op:
        batch_op.add_column(sa.Column("task_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("enemy_group", sa.String(length=40), nullable=True))
        batch_op.create_index(batch_op.f("ix_item_task_id"), ["task_id"], unique=False)
        batch_op.create_foreign_key(
            batch_op.f("fk_item_task_id_authoring_task"), "authoring_task", ["task_id"], ["id"]
        )
    for table, name, text in (
        ("item", "ck_item_state", ITEM_STATES),
        ("account_role", "ck_account_role_role", ROLES),
    ):
        with op.batch_alter_table(table) as batch_op:
            batch_op.drop_constraint(op.f(name), type_="check")
            batch_op.create_check_constraint(op.f(name), text)


def _seal_reviews() -> None:
    bind = op.get_bind()
    op.add_column("item_review", sa.Column("comment_sealed", sa.LargeBinary(), nullable=True))
    op.add_column(
        "item_review", sa.Column("checklist", sa.Text(), nullable=False, server_default="[]")
    )
    rows = bind.execute(sa.text("SELECT id, comment FROM item_review WHERE comment <> ''")).all()
    for row in rows:
        sealed = _sealed(row.comment, "item_review.comment_sealed")
        _fill(bind, "item_review", "comment_sealed", row.id, sealed)
    with op.batch_alter_table("item_review") as batch_op:
        batch_op.drop_column("comment")
        batch_op.alter_column("checklist", server_default=None)


def _seal_versions() -> None:
    bind = op.get_bind()
    op.add_column("item_version", sa.Column("sealed", sa.LargeBinary(), nullable=True))
    for version_id, digest, document in _documents(bind):
        sealed = _sealed(document, f"item_version.sealed:{digest}")
        _fill(bind, "item_version", "sealed", version_id, sealed)
    with op.batch_alter_table("item_version") as batch_op:
        batch_op.alter_column("sealed", existing_type=sa.LargeBinary(), nullable=False)
        for column in (
            "stem",
            "rationale",
            "source",
            "figure_media_type",
            "figure_description",
            "figure_caption",
        ):
            batch_op.drop_column(column)


def _documents(bind: sa.Connection) -> Iterator[tuple[int, str, dict[str, object]]]:
    """Yield id, hash and content of every version; refuse one that does not fit its hash."""
    options: dict[int, list[sa.Row]] = {}
    for row in bind.execute(sa.text("SELECT * FROM item_option ORDER BY version_id, position")):
        options.setdefault(row.version_id, []).append(row)
    versions = bind.execute(
        sa.text(
            "SELECT v.*, e.code AS point FROM item_version v JOIN element e ON e.id = v.element_id"
        )
    ).all()
    for row in versions:
        mine = options.get(row.id, [])
        document = {
            "kind": row.kind,
            "point": row.point,
            "difficulty": row.difficulty,
            "stem": row.stem,
            "options": [[option.canonical_id, option.content] for option in mine],
            "key": sorted(option.canonical_id for option in mine if option.is_key),
            "rationale": row.rationale,
            "source": row.source,
            "figure": row.figure_hash
            and [
                row.figure_hash,
                row.figure_media_type or "",
                row.figure_description or "",
                row.figure_caption or "",
            ],
        }
        text = json.dumps(document, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if hashlib.sha256(text.encode()).hexdigest() != row.content_hash:
            raise ValueError(f"item version {row.id} does not agree with its hash")
        yield row.id, row.content_hash, document


def _sealed(value: object, purpose: str) -> bytes:
    keys: KeyRing = context.config.attributes["keys"]
    return keys.seal(json.dumps(value, ensure_ascii=False), purpose=purpose)


def _fill(bind: sa.Connection, table: str, column: str, row_id: int, value: bytes) -> None:
    statement = sa.text(f"UPDATE {table} SET {column} = :value WHERE id = :id")  # noqa: S608
    bind.execute(statement, {"value": value, "id": row_id})


def downgrade() -> None:
    raise ValueError("sealed items are not opened again; restore a copy made before")
