"""Create the tables of the first release."""

import sqlalchemy as sa
from alembic import op

import registry.database
from exam_server.migrations.append_only import protect, unprotect

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = (
    "audit_entry",
    "answer_op",
    "item_version",
    "item_option",
    "item_review",
    "paper_item",
)


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("actor_name", sa.String(length=60), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("object_type", sa.String(length=60), nullable=False),
        sa.Column("object_id", sa.String(length=60), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("previous_hash", sa.String(length=64), nullable=False),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_entry")),
        sa.UniqueConstraint("entry_hash", name=op.f("uq_audit_entry_entry_hash")),
    )
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.create_index("ix_audit_entry_object", ["object_type", "object_id"], unique=False)

    op.create_table(
        "calendar_day",
        sa.Column("day_on", sa.Date(), nullable=False),
        sa.Column("is_workday", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("day_on", name=op.f("pk_calendar_day")),
    )
    op.create_table(
        "candidate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("id_number_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("id_number_index", sa.String(length=64), nullable=False),
        sa.Column("id_number_masked", sa.String(length=18), nullable=False),
        sa.Column("gender", sa.String(length=8), nullable=False),
        sa.Column("born_on", sa.Date(), nullable=False),
        sa.Column("phone_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.String(length=64), nullable=True),
        sa.Column("education", sa.String(length=20), nullable=False),
        sa.Column("candidate_source", sa.String(length=20), nullable=False),
        sa.Column("photo_hash", sa.String(length=64), nullable=True),
        sa.CheckConstraint("gender IN ('male', 'female')", name=op.f("ck_candidate_gender")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_candidate")),
        sa.UniqueConstraint("id_number_index", name=op.f("uq_candidate_id_number_index")),
    )
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_candidate_phone_index"), ["phone_index"], unique=False)

    op.create_table(
        "catalog_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=False),
        sa.Column("published_on", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_catalog_version")),
        sa.UniqueConstraint("number", name=op.f("uq_catalog_version_number")),
    )
    op.create_table(
        "certificate_counter",
        sa.Column("frame", sa.String(length=20), nullable=False),
        sa.Column("last_number", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("frame", name=op.f("pk_certificate_counter")),
    )
    op.create_table(
        "division",
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("parent_code", sa.String(length=6), nullable=True),
        sa.CheckConstraint(
            "level IN ('province', 'city', 'county')", name=op.f("ck_division_level")
        ),
        sa.ForeignKeyConstraint(
            ["parent_code"], ["division.code"], name=op.f("fk_division_parent_code_division")
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_division")),
    )
    op.create_table(
        "former_division",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("used_from", sa.String(length=4), nullable=False),
        sa.Column("last_year_used", sa.String(length=4), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_former_division")),
        sa.UniqueConstraint(
            "code",
            "name",
            "last_year_used",
            name=op.f("uq_former_division_code_name_last_year_used"),
        ),
    )
    with op.batch_alter_table("former_division", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_former_division_code"), ["code"], unique=False)

    op.create_table(
        "sign_in_failure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=80), nullable=False),
        sa.Column("at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sign_in_failure")),
    )
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_sign_in_failure_subject"), ["subject"], unique=False)

    op.create_table(
        "store_identity",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("store", sa.String(length=20), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_store_identity")),
    )
    op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("entry_id", sa.Integer(), nullable=True),
        sa.Column("entry_hash", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(
            ["entry_id"], ["audit_entry.id"], name=op.f("fk_audit_head_entry_id_audit_entry")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_head")),
    )
    op.create_table(
        "centre",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("level", sa.String(length=16), nullable=False),
        sa.Column("division_code", sa.String(length=6), nullable=False),
        sa.Column("appraisal_code", sa.String(length=4), nullable=False),
        sa.CheckConstraint("level IN ('province', 'city', 'county')", name=op.f("ck_centre_level")),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_centre_division_code_division")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_centre")),
        sa.UniqueConstraint("division_code", name=op.f("uq_centre_division_code")),
        sa.UniqueConstraint("name", name=op.f("uq_centre_name")),
    )
    op.create_table(
        "institution",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("uscc", sa.String(length=18), nullable=False),
        sa.Column("division_code", sa.String(length=6), nullable=False),
        sa.Column("address", sa.String(length=120), nullable=False),
        sa.Column("legal_representative", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_institution_division_code_division")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution")),
        sa.UniqueConstraint("code", name=op.f("uq_institution_code")),
        sa.UniqueConstraint("uscc", name=op.f("uq_institution_uscc")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("catalog_version_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("name_in_notice", sa.String(length=80), nullable=False),
        sa.Column("origin", sa.String(length=16), nullable=False),
        sa.Column("industry_group", sa.String(length=40), nullable=False),
        sa.Column("industry_group_en", sa.String(length=60), nullable=False),
        sa.CheckConstraint("origin IN ('original', 'new')", name=op.f("ck_project_origin")),
        sa.ForeignKeyConstraint(
            ["catalog_version_id"],
            ["catalog_version.id"],
            name=op.f("fk_project_catalog_version_id_catalog_version"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("number", name=op.f("uq_project_number")),
    )
    op.create_table(
        "account",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("login_name", sa.String(length=40), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=True),
        sa.Column("institution_id", sa.Integer(), nullable=True),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("locked_until_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("must_change_password", sa.Boolean(), nullable=False),
        sa.CheckConstraint("state IN ('active', 'closed')", name=op.f("ck_account_state")),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name=op.f("fk_account_centre_id_centre")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institution.id"],
            name=op.f("fk_account_institution_id_institution"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("login_name", name=op.f("uq_account_login_name")),
    )
    op.create_table(
        "blank_certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(length=16), nullable=False),
        sa.Column("centre_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("received_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("spoiled_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint(
            "state IN ('in_stock', 'used', 'spoiled')", name=op.f("ck_blank_certificate_state")
        ),
        sa.ForeignKeyConstraint(
            ["centre_id"], ["centre.id"], name=op.f("fk_blank_certificate_centre_id_centre")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blank_certificate")),
        sa.UniqueConstraint("serial", name=op.f("uq_blank_certificate_serial")),
    )
    op.create_table(
        "blueprint",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_blueprint_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blueprint")),
        sa.UniqueConstraint(
            "project_id", "code", "version", name=op.f("uq_blueprint_project_id_code_version")
        ),
    )
    op.create_table(
        "element",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("parent_id", sa.Integer(), nullable=True),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("weight", registry.database.ExactDecimal(length=24), nullable=True),
        sa.Column("importance", sa.String(length=1), nullable=True),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["element.id"], name=op.f("fk_element_parent_id_element")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_element_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_element")),
        sa.UniqueConstraint("project_id", "code", name=op.f("uq_element_project_id_code")),
    )
    op.create_table(
        "institution_filing",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("filing_no", sa.String(length=24), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("submitted_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.String(length=500), nullable=True),
        sa.Column("valid_from_on", sa.Date(), nullable=True),
        sa.Column("valid_until_on", sa.Date(), nullable=True),
        sa.CheckConstraint(
            "state IN ('submitted', 'confirmed', 'returned', 'suspended')",
            name=op.f("ck_institution_filing_state"),
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institution.id"],
            name=op.f("fk_institution_filing_institution_id_institution"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_institution_filing")),
        sa.UniqueConstraint("filing_no", name=op.f("uq_institution_filing_filing_no")),
    )
    op.create_table(
        "practical_paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("merge_rule", sa.String(length=20), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("mark_step", registry.database.ExactDecimal(length=24), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.CheckConstraint(
            "merge_rule IN ('mean', 'trimmed_mean', 'median', 'item_mean')",
            name=op.f("ck_practical_paper_merge_rule"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_practical_paper_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_practical_paper")),
        sa.UniqueConstraint("project_id", "code", name=op.f("uq_practical_paper_project_id_code")),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("row_count", sa.Integer(), nullable=False),
        sa.Column("column_count", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('computer', 'paper', 'practical')", name=op.f("ck_room_kind")),
        sa.CheckConstraint("row_count > 0 AND column_count > 0", name=op.f("ck_room_shape")),
        sa.ForeignKeyConstraint(
            ["institution_id"], ["institution.id"], name=op.f("fk_room_institution_id_institution")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room")),
        sa.UniqueConstraint("institution_id", "number", name=op.f("uq_room_institution_id_number")),
    )
    op.create_table(
        "specification",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("ministry_filing_no", sa.String(length=60), nullable=False),
        sa.Column("effective_from_on", sa.Date(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("applicable_to", sa.Text(), nullable=False),
        sa.Column("occupation_domain", sa.String(length=80), nullable=False),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_specification_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specification")),
        sa.UniqueConstraint(
            "project_id", "version", name=op.f("uq_specification_project_id_version")
        ),
    )
    op.create_table(
        "account_role",
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.CheckConstraint(
            "role IN ('province_officer', 'city_officer', 'county_officer', 'institution_officer', 'bank_manager', 'paper_releaser', 'proctor', 'examiner', 'scanner', 'certificate_approver', 'certificate_maker', 'stock_keeper', 'system_administrator', 'audit_administrator')",
            name=op.f("ck_account_role_role"),
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_account_role_account_id_account")
        ),
        sa.PrimaryKeyConstraint("account_id", "role", name=op.f("pk_account_role")),
    )
    op.create_table(
        "assessment_plan",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=9), nullable=False),
        sa.Column("institution_id", sa.Integer(), nullable=False),
        sa.Column("specification_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("expected_count", sa.Integer(), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.Column("created_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("submitted_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("return_reason", sa.String(length=500), nullable=True),
        sa.Column(
            "roster_submitted_at", registry.database.UtcDateTime(timezone=True), nullable=True
        ),
        sa.Column("audit_due_on", sa.Date(), nullable=True),
        sa.Column("audit_due_is_provisional", sa.Boolean(), nullable=False),
        sa.Column(
            "roster_released_at", registry.database.UtcDateTime(timezone=True), nullable=True
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'returned', 'approved', 'roster_submitted', 'audited', 'arranged', 'in_progress', 'scoring', 'results_confirmed', 'published', 'certified', 'cancelled')",
            name=op.f("ck_assessment_plan_state"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_assessment_plan_created_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["institution_id"],
            ["institution.id"],
            name=op.f("fk_assessment_plan_institution_id_institution"),
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specification.id"],
            name=op.f("fk_assessment_plan_specification_id_specification"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assessment_plan")),
        sa.UniqueConstraint("number", name=op.f("uq_assessment_plan_number")),
    )
    op.create_table(
        "blueprint_section",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("blueprint_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("item_count", sa.Integer(), nullable=False),
        sa.Column("points_each", registry.database.ExactDecimal(length=24), nullable=False),
        sa.CheckConstraint(
            "kind IN ('single_choice', 'multiple_choice', 'true_false')",
            name=op.f("ck_blueprint_section_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["blueprint_id"],
            ["blueprint.id"],
            name=op.f("fk_blueprint_section_blueprint_id_blueprint"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_blueprint_section")),
        sa.UniqueConstraint(
            "blueprint_id", "position", name=op.f("uq_blueprint_section_blueprint_id_position")
        ),
    )
    op.create_table(
        "examiner",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("card_no", sa.String(length=30), nullable=False),
        sa.Column("card_valid_from_on", sa.Date(), nullable=False),
        sa.Column("card_valid_until_on", sa.Date(), nullable=False),
        sa.Column("division_code", sa.String(length=6), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_examiner_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["division_code"], ["division.code"], name=op.f("fk_examiner_division_code_division")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_examiner")),
        sa.UniqueConstraint("account_id", name=op.f("uq_examiner_account_id")),
        sa.UniqueConstraint("card_no", name=op.f("uq_examiner_card_no")),
    )
    op.create_table(
        "filing_project",
        sa.Column("filing_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["filing_id"],
            ["institution_filing.id"],
            name=op.f("fk_filing_project_filing_id_institution_filing"),
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_filing_project_project_id_project")
        ),
        sa.PrimaryKeyConstraint("filing_id", "project_id", name=op.f("pk_filing_project")),
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'first_review', 'second_review', 'banked', 'retired')",
            name=op.f("ck_item_state"),
        ),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_item_created_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_item_project_id_project")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
        sa.UniqueConstraint("project_id", "code", name=op.f("uq_item_project_id_code")),
    )
    op.create_table(
        "login",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_login_account_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_login_token_hash")),
    )
    op.create_table(
        "scoring_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(length=10), nullable=False),
        sa.Column("task_name", sa.String(length=80), nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("requirement", sa.String(length=300), nullable=False),
        sa.Column("allotted", registry.database.ExactDecimal(length=24), nullable=False),
        sa.Column("criteria", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"],
            ["practical_paper.id"],
            name=op.f("fk_scoring_item_paper_id_practical_paper"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scoring_item")),
        sa.UniqueConstraint("paper_id", "number", name=op.f("uq_scoring_item_paper_id_number")),
    )
    op.create_table(
        "specification_subject",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("specification_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "subject IN ('theory', 'practical')", name=op.f("ck_specification_subject_subject")
        ),
        sa.ForeignKeyConstraint(
            ["specification_id"],
            ["specification.id"],
            name=op.f("fk_specification_subject_specification_id_specification"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_specification_subject")),
        sa.UniqueConstraint(
            "specification_id",
            "subject",
            name=op.f("uq_specification_subject_specification_id_subject"),
        ),
    )
    op.create_table(
        "enrolment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("candidate_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("admission_no", sa.String(length=13), nullable=True),
        sa.Column("entered_by_id", sa.Integer(), nullable=True),
        sa.Column("confirmed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("warnings", sa.String(length=500), nullable=False),
        sa.Column("decision_reason", sa.String(length=500), nullable=True),
        sa.Column("decided_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'passed', 'refused', 'withdrawn', 'arranged')",
            name=op.f("ck_enrolment_state"),
        ),
        sa.ForeignKeyConstraint(
            ["candidate_id"], ["candidate.id"], name=op.f("fk_enrolment_candidate_id_candidate")
        ),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_enrolment_decided_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["entered_by_id"], ["account.id"], name=op.f("fk_enrolment_entered_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["assessment_plan.id"], name=op.f("fk_enrolment_plan_id_assessment_plan")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_enrolment")),
        sa.UniqueConstraint("admission_no", name=op.f("uq_enrolment_admission_no")),
        sa.UniqueConstraint(
            "plan_id", "candidate_id", name=op.f("uq_enrolment_plan_id_candidate_id")
        ),
    )
    op.create_table(
        "examiner_project",
        sa.Column("examiner_id", sa.Integer(), nullable=False),
        sa.Column("project_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["examiner_id"], ["examiner.id"], name=op.f("fk_examiner_project_examiner_id_examiner")
        ),
        sa.ForeignKeyConstraint(
            ["project_id"], ["project.id"], name=op.f("fk_examiner_project_project_id_project")
        ),
        sa.PrimaryKeyConstraint("examiner_id", "project_id", name=op.f("pk_examiner_project")),
    )
    op.create_table(
        "issue_approval",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("approved_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("approved_by_id", sa.Integer(), nullable=True),
        sa.Column("passing_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["approved_by_id"],
            ["account.id"],
            name=op.f("fk_issue_approval_approved_by_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["assessment_plan.id"],
            name=op.f("fk_issue_approval_plan_id_assessment_plan"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_approval")),
        sa.UniqueConstraint("plan_id", name=op.f("uq_issue_approval_plan_id")),
    )
    op.create_table(
        "item_version",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("element_id", sa.Integer(), nullable=False),
        sa.Column("difficulty", sa.Integer(), nullable=False),
        sa.Column("stem", sa.Text(), nullable=False),
        sa.Column("rationale", sa.Text(), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=False),
        sa.Column("figure_hash", sa.String(length=64), nullable=True),
        sa.Column("figure_media_type", sa.String(length=40), nullable=True),
        sa.Column("figure_description", sa.String(length=500), nullable=True),
        sa.Column("figure_caption", sa.String(length=80), nullable=True),
        sa.Column("content_hash", sa.String(length=64), nullable=False),
        sa.Column("created_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("created_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('single_choice', 'multiple_choice', 'true_false')",
            name=op.f("ck_item_version_kind"),
        ),
        sa.CheckConstraint("difficulty BETWEEN 1 AND 5", name=op.f("ck_item_version_difficulty")),
        sa.ForeignKeyConstraint(
            ["created_by_id"], ["account.id"], name=op.f("fk_item_version_created_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["element_id"], ["element.id"], name=op.f("fk_item_version_element_id_element")
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["item.id"], name=op.f("fk_item_version_item_id_item")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_version")),
        sa.UniqueConstraint("item_id", "number", name=op.f("uq_item_version_item_id_number")),
    )
    op.create_table(
        "paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("blueprint_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("engine_version", sa.String(length=20), nullable=False),
        sa.Column("bank_hash", sa.String(length=64), nullable=False),
        sa.Column("paper_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("composed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("composed_by_id", sa.Integer(), nullable=True),
        sa.Column("released_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("state IN ('composed', 'released')", name=op.f("ck_paper_state")),
        sa.ForeignKeyConstraint(
            ["blueprint_id"], ["blueprint.id"], name=op.f("fk_paper_blueprint_id_blueprint")
        ),
        sa.ForeignKeyConstraint(
            ["composed_by_id"], ["account.id"], name=op.f("fk_paper_composed_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["assessment_plan.id"], name=op.f("fk_paper_plan_id_assessment_plan")
        ),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["account.id"], name=op.f("fk_paper_released_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_paper_plan_id_number")),
    )
    op.create_table(
        "plan_subject",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "subject IN ('theory', 'practical')", name=op.f("ck_plan_subject_subject")
        ),
        sa.ForeignKeyConstraint(
            ["plan_id"],
            ["assessment_plan.id"],
            name=op.f("fk_plan_subject_plan_id_assessment_plan"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_plan_subject")),
        sa.UniqueConstraint("plan_id", "subject", name=op.f("uq_plan_subject_plan_id_subject")),
    )
    op.create_table(
        "sitting",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("plan_id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("mode", sa.String(length=16), nullable=False),
        sa.Column("starts_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "mode IN ('on_screen', 'answer_card', 'on_site')", name=op.f("ck_sitting_mode")
        ),
        sa.CheckConstraint("subject IN ('theory', 'practical')", name=op.f("ck_sitting_subject")),
        sa.ForeignKeyConstraint(
            ["plan_id"], ["assessment_plan.id"], name=op.f("fk_sitting_plan_id_assessment_plan")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_sitting_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sitting")),
        sa.UniqueConstraint("plan_id", "number", name=op.f("uq_sitting_plan_id_number")),
        sa.UniqueConstraint("room_id", "starts_at", name=op.f("uq_sitting_room_id_starts_at")),
    )
    op.create_table(
        "admission",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("seat_no", sa.Integer(), nullable=False),
        sa.CheckConstraint("seat_no > 0", name=op.f("ck_admission_seat_no")),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_admission_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_admission_sitting_id_sitting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_admission")),
        sa.UniqueConstraint(
            "sitting_id", "enrolment_id", name=op.f("uq_admission_sitting_id_enrolment_id")
        ),
        sa.UniqueConstraint("sitting_id", "seat_no", name=op.f("uq_admission_sitting_id_seat_no")),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("certificate_no", sa.String(length=24), nullable=False),
        sa.Column("blank_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("issued_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("issued_by_id", sa.Integer(), nullable=True),
        sa.Column("evidence_hash", sa.String(length=64), nullable=False),
        sa.Column("qr_payload", sa.String(length=400), nullable=False),
        sa.Column("voided_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("voided_by_id", sa.Integer(), nullable=True),
        sa.Column("void_reason", sa.String(length=200), nullable=True),
        sa.CheckConstraint("state IN ('issued', 'voided')", name=op.f("ck_certificate_state")),
        sa.ForeignKeyConstraint(
            ["blank_id"],
            ["blank_certificate.id"],
            name=op.f("fk_certificate_blank_id_blank_certificate"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"], ["enrolment.id"], name=op.f("fk_certificate_enrolment_id_enrolment")
        ),
        sa.ForeignKeyConstraint(
            ["issued_by_id"], ["account.id"], name=op.f("fk_certificate_issued_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["voided_by_id"], ["account.id"], name=op.f("fk_certificate_voided_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
        sa.UniqueConstraint("blank_id", name=op.f("uq_certificate_blank_id")),
        sa.UniqueConstraint("certificate_no", name=op.f("uq_certificate_certificate_no")),
        sa.UniqueConstraint("enrolment_id", name=op.f("uq_certificate_enrolment_id")),
    )
    op.create_table(
        "dispatch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("examiner_id", sa.Integer(), nullable=False),
        sa.Column("is_lead", sa.Boolean(), nullable=False),
        sa.Column("dispatched_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["examiner_id"], ["examiner.id"], name=op.f("fk_dispatch_examiner_id_examiner")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_dispatch_sitting_id_sitting")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispatch")),
        sa.UniqueConstraint(
            "sitting_id", "examiner_id", name=op.f("uq_dispatch_sitting_id_examiner_id")
        ),
    )
    op.create_table(
        "item_option",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("canonical_id", sa.String(length=8), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("is_key", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["version_id"], ["item_version.id"], name=op.f("fk_item_option_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_option")),
        sa.UniqueConstraint(
            "version_id", "canonical_id", name=op.f("uq_item_option_version_id_canonical_id")
        ),
    )
    op.create_table(
        "item_review",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("version_id", sa.Integer(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Boolean(), nullable=False),
        sa.Column("comment", sa.String(length=500), nullable=False),
        sa.Column("reviewed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["account.id"], name=op.f("fk_item_review_reviewed_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["item_version.id"], name=op.f("fk_item_review_version_id_item_version")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_review")),
    )
    with op.batch_alter_table("item_review", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_item_review_version_id"), ["version_id"], unique=False)

    op.create_table(
        "paper_item",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("item_version_id", sa.Integer(), nullable=False),
        sa.Column("points", registry.database.ExactDecimal(length=24), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_version_id"],
            ["item_version.id"],
            name=op.f("fk_paper_item_item_version_id_item_version"),
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name=op.f("fk_paper_item_paper_id_paper")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper_item")),
        sa.UniqueConstraint("paper_id", "position", name=op.f("uq_paper_item_paper_id_position")),
    )
    op.create_table(
        "scan_batch",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=False),
        sa.Column("uploaded_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("uploaded_by_id", sa.Integer(), nullable=True),
        sa.Column("released_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("released_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["released_by_id"], ["account.id"], name=op.f("fk_scan_batch_released_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_scan_batch_sitting_id_sitting")
        ),
        sa.ForeignKeyConstraint(
            ["uploaded_by_id"], ["account.id"], name=op.f("fk_scan_batch_uploaded_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_batch")),
    )
    op.create_table(
        "sitting_proctor",
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_sitting_proctor_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_proctor_sitting_id_sitting")
        ),
        sa.PrimaryKeyConstraint("sitting_id", "account_id", name=op.f("pk_sitting_proctor")),
    )
    op.create_table(
        "sitting_run",
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("room_code_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("room_code_index", sa.String(length=64), nullable=True),
        sa.Column("started_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("closed_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('planned', 'check_in', 'running', 'closed')",
            name=op.f("ck_sitting_run_state"),
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name=op.f("fk_sitting_run_paper_id_paper")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"], ["sitting.id"], name=op.f("fk_sitting_run_sitting_id_sitting")
        ),
        sa.PrimaryKeyConstraint("sitting_id", name=op.f("pk_sitting_run")),
    )
    op.create_table(
        "attempt",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("order_seed", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("head_seq", sa.Integer(), nullable=False),
        sa.Column("claimed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("data_confirmed_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column(
            "rules_confirmed_at", registry.database.UtcDateTime(timezone=True), nullable=True
        ),
        sa.Column("started_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("ended_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("receipt", sa.Text(), nullable=True),
        sa.Column("theme", sa.String(length=16), nullable=False),
        sa.Column("zoom", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('claimed', 'waiting', 'in_progress', 'submitted', 'forced', 'expired')",
            name=op.f("ck_attempt_state"),
        ),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_attempt_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(["paper_id"], ["paper.id"], name=op.f("fk_attempt_paper_id_paper")),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["sitting_run.sitting_id"],
            name=op.f("fk_attempt_sitting_id_sitting_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
        sa.UniqueConstraint("admission_id", name=op.f("uq_attempt_admission_id")),
    )
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_attempt_sitting_id"), ["sitting_id"], unique=False)

    op.create_table(
        "extra_time",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("minutes", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("given_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("given_by_id", sa.Integer(), nullable=True),
        sa.Column("reviewed_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("minutes > 0", name=op.f("ck_extra_time_minutes")),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_extra_time_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(
            ["given_by_id"], ["account.id"], name=op.f("fk_extra_time_given_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["reviewed_by_id"], ["account.id"], name=op.f("fk_extra_time_reviewed_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extra_time")),
    )
    with op.batch_alter_table("extra_time", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_extra_time_admission_id"), ["admission_id"], unique=False
        )

    op.create_table(
        "incident",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("recorded_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_incident_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"], ["account.id"], name=op.f("fk_incident_recorded_by_id_account")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incident")),
    )
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_incident_admission_id"), ["admission_id"], unique=False
        )

    op.create_table(
        "presence_record",
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("presence", sa.String(length=16), nullable=False),
        sa.Column("recorded_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("recorded_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "presence IN ('present', 'absent')", name=op.f("ck_presence_record_presence")
        ),
        sa.ForeignKeyConstraint(
            ["admission_id"],
            ["admission.id"],
            name=op.f("fk_presence_record_admission_id_admission"),
        ),
        sa.ForeignKeyConstraint(
            ["recorded_by_id"],
            ["account.id"],
            name=op.f("fk_presence_record_recorded_by_id_account"),
        ),
        sa.PrimaryKeyConstraint("admission_id", name=op.f("pk_presence_record")),
    )
    op.create_table(
        "printed_card",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("serial", sa.String(length=12), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("layout_code", sa.String(length=30), nullable=False),
        sa.Column("layout_hash", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("printed_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('issued', 'spoiled', 'read')", name=op.f("ck_printed_card_state")
        ),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_printed_card_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"], ["paper.id"], name=op.f("fk_printed_card_paper_id_paper")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_printed_card")),
        sa.UniqueConstraint("serial", name=op.f("uq_printed_card_serial")),
    )
    with op.batch_alter_table("printed_card", schema=None) as batch_op:
        batch_op.create_index(
            batch_op.f("ix_printed_card_admission_id"), ["admission_id"], unique=False
        )

    op.create_table(
        "room_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("sitting_id", sa.Integer(), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("text", sa.String(length=500), nullable=False),
        sa.Column("for_candidate", sa.Boolean(), nullable=False),
        sa.Column("is_open", sa.Boolean(), nullable=False),
        sa.Column("at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_room_event_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(
            ["by_id"], ["account.id"], name=op.f("fk_room_event_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["sitting_id"],
            ["sitting_run.sitting_id"],
            name=op.f("fk_room_event_sitting_id_sitting_run"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_event")),
    )
    with op.batch_alter_table("room_event", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_room_event_sitting_id"), ["sitting_id"], unique=False)

    op.create_table(
        "ruling",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("target", sa.String(length=10), nullable=False),
        sa.Column("mark", registry.database.ExactDecimal(length=24), nullable=True),
        sa.Column("veto_stands", sa.Boolean(), nullable=True),
        sa.Column("reason", sa.String(length=300), nullable=False),
        sa.Column("ruled_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ruled_by_id", sa.Integer(), nullable=False),
        sa.CheckConstraint("kind IN ('item', 'total', 'veto')", name=op.f("ck_ruling_kind")),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_ruling_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(
            ["ruled_by_id"], ["examiner.id"], name=op.f("fk_ruling_ruled_by_id_examiner")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ruling")),
        sa.UniqueConstraint("admission_id", "target", name=op.f("uq_ruling_admission_id_target")),
    )
    op.create_table(
        "score_sheet",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("examiner_id", sa.Integer(), nullable=False),
        sa.Column("paper_id", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("veto", sa.String(length=200), nullable=True),
        sa.Column("minutes_used", sa.Integer(), nullable=True),
        sa.Column("submitted_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.CheckConstraint("state IN ('opened', 'submitted')", name=op.f("ck_score_sheet_state")),
        sa.ForeignKeyConstraint(
            ["admission_id"], ["admission.id"], name=op.f("fk_score_sheet_admission_id_admission")
        ),
        sa.ForeignKeyConstraint(
            ["examiner_id"], ["examiner.id"], name=op.f("fk_score_sheet_examiner_id_examiner")
        ),
        sa.ForeignKeyConstraint(
            ["paper_id"],
            ["practical_paper.id"],
            name=op.f("fk_score_sheet_paper_id_practical_paper"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_score_sheet")),
        sa.UniqueConstraint(
            "admission_id", "examiner_id", name=op.f("uq_score_sheet_admission_id_examiner_id")
        ),
    )
    op.create_table(
        "subject_result",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("enrolment_id", sa.Integer(), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("admission_id", sa.Integer(), nullable=False),
        sa.Column("mark", registry.database.ExactDecimal(length=24), nullable=False),
        sa.Column("flag", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("scored_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by_id", sa.Integer(), nullable=True),
        sa.Column("published_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.Column("published_by_id", sa.Integer(), nullable=True),
        sa.CheckConstraint("flag IN ('', 'absent', 'veto')", name=op.f("ck_subject_result_flag")),
        sa.CheckConstraint(
            "state IN ('scored', 'confirmed', 'published')", name=op.f("ck_subject_result_state")
        ),
        sa.CheckConstraint(
            "subject IN ('theory', 'practical')", name=op.f("ck_subject_result_subject")
        ),
        sa.ForeignKeyConstraint(
            ["admission_id"],
            ["admission.id"],
            name=op.f("fk_subject_result_admission_id_admission"),
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by_id"],
            ["account.id"],
            name=op.f("fk_subject_result_confirmed_by_id_account"),
        ),
        sa.ForeignKeyConstraint(
            ["enrolment_id"],
            ["enrolment.id"],
            name=op.f("fk_subject_result_enrolment_id_enrolment"),
        ),
        sa.ForeignKeyConstraint(
            ["published_by_id"],
            ["account.id"],
            name=op.f("fk_subject_result_published_by_id_account"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_result")),
        sa.UniqueConstraint(
            "enrolment_id", "subject", name=op.f("uq_subject_result_enrolment_id_subject")
        ),
    )
    op.create_table(
        "answer",
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("question_id", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_answer_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("attempt_id", "question_id", name=op.f("pk_answer")),
    )
    op.create_table(
        "answer_op",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("question_id", sa.String(length=12), nullable=False),
        sa.Column("value", sa.String(length=80), nullable=False),
        sa.Column("flagged", sa.Boolean(), nullable=False),
        sa.Column("mono_ms", sa.Integer(), nullable=False),
        sa.Column("op_hash", sa.String(length=64), nullable=False),
        sa.Column("received_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('set', 'clear', 'flag', 'submit')", name=op.f("ck_answer_op_kind")
        ),
        sa.CheckConstraint("seq > 0", name=op.f("ck_answer_op_seq")),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_answer_op_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_op")),
        sa.UniqueConstraint("attempt_id", "seq", name=op.f("uq_answer_op_attempt_id_seq")),
    )
    op.create_table(
        "event_receipt",
        sa.Column("event_id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("seen_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_event_receipt_attempt_id_attempt")
        ),
        sa.ForeignKeyConstraint(
            ["event_id"], ["room_event.id"], name=op.f("fk_event_receipt_event_id_room_event")
        ),
        sa.PrimaryKeyConstraint("event_id", "attempt_id", name=op.f("pk_event_receipt")),
    )
    op.create_table(
        "lease",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=60), nullable=False),
        sa.Column("created_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("ended_at", registry.database.UtcDateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_lease_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lease")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_lease_token_hash")),
    )
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.create_index(
            "ix_lease_live",
            ["attempt_id"],
            unique=True,
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.create_table(
        "refused_op",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("attempt_id", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("received_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["attempt_id"], ["attempt.id"], name=op.f("fk_refused_op_attempt_id_attempt")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_op")),
    )
    with op.batch_alter_table("refused_op", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_refused_op_attempt_id"), ["attempt_id"], unique=False)

    op.create_table(
        "scan_page",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("batch_id", sa.Integer(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("file_name", sa.String(length=200), nullable=False),
        sa.Column("page_no", sa.Integer(), nullable=False),
        sa.Column("image_hash", sa.String(length=64), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=60), nullable=True),
        sa.Column("card_id", sa.Integer(), nullable=True),
        sa.CheckConstraint(
            "state IN ('read', 'review', 'reviewed', 'rejected', 'duplicate', 'released')",
            name=op.f("ck_scan_page_state"),
        ),
        sa.ForeignKeyConstraint(
            ["batch_id"], ["scan_batch.id"], name=op.f("fk_scan_page_batch_id_scan_batch")
        ),
        sa.ForeignKeyConstraint(
            ["card_id"], ["printed_card.id"], name=op.f("fk_scan_page_card_id_printed_card")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scan_page")),
        sa.UniqueConstraint("batch_id", "position", name=op.f("uq_scan_page_batch_id_position")),
    )
    with op.batch_alter_table("scan_page", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_scan_page_card_id"), ["card_id"], unique=False)
        batch_op.create_index(batch_op.f("ix_scan_page_image_hash"), ["image_hash"], unique=False)

    op.create_table(
        "sheet_mark",
        sa.Column("sheet_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("mark", registry.database.ExactDecimal(length=24), nullable=False),
        sa.Column("remark", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["scoring_item.id"], name=op.f("fk_sheet_mark_item_id_scoring_item")
        ),
        sa.ForeignKeyConstraint(
            ["sheet_id"], ["score_sheet.id"], name=op.f("fk_sheet_mark_sheet_id_score_sheet")
        ),
        sa.PrimaryKeyConstraint("sheet_id", "item_id", name=op.f("pk_sheet_mark")),
    )
    op.create_table(
        "correction",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("group_id", sa.String(length=20), nullable=False),
        sa.Column("value", sa.String(length=40), nullable=False),
        sa.Column("decided_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.Column("decided_by_id", sa.Integer(), nullable=True),
        sa.ForeignKeyConstraint(
            ["decided_by_id"], ["account.id"], name=op.f("fk_correction_decided_by_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["page_id"], ["scan_page.id"], name=op.f("fk_correction_page_id_scan_page")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
    )
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_correction_page_id"), ["page_id"], unique=False)

    op.create_table(
        "reading",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("page_id", sa.Integer(), nullable=False),
        sa.Column("engine_version", sa.String(length=20), nullable=False),
        sa.Column("layout_hash", sa.String(length=12), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("doubts", sa.Text(), nullable=False),
        sa.Column("measures", sa.Text(), nullable=False),
        sa.Column("crops_hash", sa.String(length=64), nullable=True),
        sa.Column("read_at", registry.database.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["page_id"], ["scan_page.id"], name=op.f("fk_reading_page_id_scan_page")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading")),
    )
    for table in APPEND_ONLY:
        protect(op.get_bind(), table)


def downgrade() -> None:
    for table in APPEND_ONLY:
        unprotect(op.get_bind(), table)
    op.drop_table("reading")
    with op.batch_alter_table("correction", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_correction_page_id"))

    op.drop_table("correction")
    op.drop_table("sheet_mark")
    with op.batch_alter_table("scan_page", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_scan_page_image_hash"))
        batch_op.drop_index(batch_op.f("ix_scan_page_card_id"))

    op.drop_table("scan_page")
    with op.batch_alter_table("refused_op", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_refused_op_attempt_id"))

    op.drop_table("refused_op")
    with op.batch_alter_table("lease", schema=None) as batch_op:
        batch_op.drop_index(
            "ix_lease_live",
            sqlite_where=sa.text("ended_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NULL"),
        )

    op.drop_table("lease")
    op.drop_table("event_receipt")
    op.drop_table("answer_op")
    op.drop_table("answer")
    op.drop_table("subject_result")
    op.drop_table("score_sheet")
    op.drop_table("ruling")
    with op.batch_alter_table("room_event", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_room_event_sitting_id"))

    op.drop_table("room_event")
    with op.batch_alter_table("printed_card", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_printed_card_admission_id"))

    op.drop_table("printed_card")
    op.drop_table("presence_record")
    with op.batch_alter_table("incident", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_incident_admission_id"))

    op.drop_table("incident")
    with op.batch_alter_table("extra_time", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_extra_time_admission_id"))

    op.drop_table("extra_time")
    with op.batch_alter_table("attempt", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_attempt_sitting_id"))

    op.drop_table("attempt")
    op.drop_table("sitting_run")
    op.drop_table("sitting_proctor")
    op.drop_table("scan_batch")
    op.drop_table("paper_item")
    with op.batch_alter_table("item_review", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_item_review_version_id"))

    op.drop_table("item_review")
    op.drop_table("item_option")
    op.drop_table("dispatch")
    op.drop_table("certificate")
    op.drop_table("admission")
    op.drop_table("sitting")
    op.drop_table("plan_subject")
    op.drop_table("paper")
    op.drop_table("item_version")
    op.drop_table("issue_approval")
    op.drop_table("examiner_project")
    op.drop_table("enrolment")
    op.drop_table("specification_subject")
    op.drop_table("scoring_item")
    op.drop_table("login")
    op.drop_table("item")
    op.drop_table("filing_project")
    op.drop_table("examiner")
    op.drop_table("blueprint_section")
    op.drop_table("assessment_plan")
    op.drop_table("account_role")
    op.drop_table("specification")
    op.drop_table("room")
    op.drop_table("practical_paper")
    op.drop_table("institution_filing")
    op.drop_table("element")
    op.drop_table("blueprint")
    op.drop_table("blank_certificate")
    op.drop_table("account")
    op.drop_table("project")
    op.drop_table("institution")
    op.drop_table("centre")
    op.drop_table("audit_head")
    op.drop_table("store_identity")
    with op.batch_alter_table("sign_in_failure", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_sign_in_failure_subject"))

    op.drop_table("sign_in_failure")
    with op.batch_alter_table("former_division", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_former_division_code"))

    op.drop_table("former_division")
    op.drop_table("division")
    op.drop_table("certificate_counter")
    op.drop_table("catalog_version")
    with op.batch_alter_table("candidate", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_candidate_phone_index"))

    op.drop_table("candidate")
    op.drop_table("calendar_day")
    with op.batch_alter_table("audit_entry", schema=None) as batch_op:
        batch_op.drop_index("ix_audit_entry_object")

    op.drop_table("audit_entry")
