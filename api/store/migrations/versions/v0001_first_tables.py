"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

APPEND_ONLY = ("audit", "request_history", "plan_history")
FROZEN = "regency, id, week, version, author, created, instance, instance_sha256, plan, plan_sha256"
"""Columns of a plan that never change once it is in."""


def upgrade() -> None:
    """From nothing."""
    op.create_table(
        "regencies",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("timezone", sa.String(length=64), nullable=False),
        sa.Column("loaded", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("regency", name=op.f("pk_regencies")),
    )
    op.create_table(
        "audit",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("previous", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_audit_regencies")),
        sa.PrimaryKeyConstraint("regency", "number", name=op.f("pk_audit")),
    )
    op.create_table(
        "office_settings",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_office_settings_regencies")),
        sa.PrimaryKeyConstraint("regency", "key", name=op.f("pk_office_settings")),
    )
    op.create_table(
        "plans",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("author", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=5000), nullable=False),
        sa.Column("hard_violations", sa.Integer(), nullable=False),
        sa.Column("soft_violations", sa.Integer(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("instance", sa.LargeBinary(), nullable=False),
        sa.Column("instance_sha256", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.LargeBinary(), nullable=False),
        sa.Column("plan_sha256", sa.String(length=64), nullable=False),
        sa.Column("solver_state", sa.LargeBinary(), nullable=True),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_plans_regencies")),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_plans")),
    )
    op.create_index(
        "uq_plans_published_week",
        "plans",
        ["regency", "week"],
        unique=True,
        sqlite_where=sa.text("state = 'published'"),
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_index("uq_plans_week_version", "plans", ["regency", "week", "version"], unique=True)
    op.create_table(
        "region_files",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_region_files_regencies")),
        sa.PrimaryKeyConstraint("regency", "name", name=op.f("pk_region_files")),
    )
    op.create_table(
        "requests",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("received", sa.Date(), nullable=False),
        sa.Column("record_and_print", sa.Integer(), nullable=False),
        sa.Column("record_only", sa.Integer(), nullable=False),
        sa.Column("child_id_card", sa.Integer(), nullable=False),
        sa.Column("outside_domicile", sa.Integer(), nullable=False),
        sa.Column("letter_number", sa.String(length=200), nullable=True),
        sa.Column("letter_written", sa.Date(), nullable=True),
        sa.Column("has_scan", sa.Boolean(), nullable=False),
        sa.Column("subject", sa.String(length=5000), nullable=False),
        sa.Column("signatory_position", sa.String(length=5000), nullable=False),
        sa.Column("weekdays", sa.Text(), nullable=False),
        sa.Column("hours", sa.Text(), nullable=False),
        sa.Column("outside_working_hours", sa.Boolean(), nullable=False),
        sa.Column("blocked", sa.Text(), nullable=False),
        sa.Column("not_after", sa.Date(), nullable=True),
        sa.Column("urgency", sa.String(length=64), nullable=False),
        sa.Column("needs_portable_kit", sa.Boolean(), nullable=False),
        sa.Column("signal", sa.String(length=64), nullable=False),
        sa.Column("notes", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "record_and_print >= 0 AND record_only >= 0 AND child_id_card >= 0 AND outside_domicile >= 0",
            name=op.f("ck_requests_counts"),
        ),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_requests_regencies")),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_regency_letter_number"), "requests", ["regency", "letter_number"], unique=False)
    op.create_index(
        op.f("ix_requests_regency_state_received"), "requests", ["regency", "state", "received"], unique=False
    )
    op.create_table(
        "secrets",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_secrets_regencies")),
        sa.PrimaryKeyConstraint("regency", "sha256", name=op.f("pk_secrets")),
    )
    op.create_index(
        op.f("ix_secrets_regency_purpose_subject"), "secrets", ["regency", "purpose", "subject"], unique=False
    )
    op.create_table(
        "users",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=True),
        sa.Column("password_hash", sa.String(length=200), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_users_regencies")),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_users")),
    )
    op.create_table(
        "plan_history",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=5000), nullable=False),
        sa.ForeignKeyConstraint(["regency", "plan"], ["plans.regency", "plans.id"], name=op.f("fk_plan_history_plans")),
        sa.PrimaryKeyConstraint("regency", "plan", "number", name=op.f("pk_plan_history")),
    )
    op.create_table(
        "request_history",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=5000), nullable=False),
        sa.ForeignKeyConstraint(
            ["regency", "request"], ["requests.regency", "requests.id"], name=op.f("fk_request_history_requests")
        ),
        sa.PrimaryKeyConstraint("regency", "request", "number", name=op.f("pk_request_history")),
    )
    op.create_table(
        "user_roles",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("user", sa.String(length=64), nullable=False),
        sa.Column("role", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["regency", "user"], ["users.regency", "users.id"], name=op.f("fk_user_roles_users")),
        sa.PrimaryKeyConstraint("regency", "user", "role", name=op.f("pk_user_roles")),
    )

    if op.get_bind().dialect.name == "sqlite":
        _protect_on_sqlite()
    else:
        _protect_on_postgresql()


def _protect_on_sqlite() -> None:
    for table in APPEND_ONLY:
        for verb in ("UPDATE", "DELETE"):
            op.execute(
                f"CREATE TRIGGER {table}_keeps_{verb.lower()} BEFORE {verb} ON {table} "
                f"BEGIN SELECT RAISE(ABORT, '{table} only grows'); END"
            )
    op.execute(
        f"CREATE TRIGGER plans_keep_documents BEFORE UPDATE OF {FROZEN} ON plans "
        "BEGIN SELECT RAISE(ABORT, 'a plan version never changes'); END"
    )


def _protect_on_postgresql() -> None:
    op.execute(
        "CREATE OR REPLACE FUNCTION moling_refuse() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$"
    )
    for table in APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_keeps BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION moling_refuse('{table} only grows')"
        )
    op.execute(
        f"CREATE TRIGGER plans_keep_documents BEFORE UPDATE OF {FROZEN} ON plans "
        "FOR EACH STATEMENT EXECUTE FUNCTION moling_refuse('a plan version never changes')"
    )
