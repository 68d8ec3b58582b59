"""Tables of the office: drafts, contacts, letters, slots, changes of visits, feedback, partners, webhooks."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

FROZEN = "regency, id, week, version, author, created, instance, instance_sha256, plan, plan_sha256, cards, ways"
"""Columns of a plan that never change once it is in."""


def upgrade() -> None:
    """From the first tables."""
    op.create_table(
        "drafts",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_drafts_regencies")),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_drafts")),
    )
    op.create_table(
        "facilities",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=False),
        sa.Column("facilities", sa.Text(), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_facilities_regencies")),
        sa.PrimaryKeyConstraint("regency", "place", name=op.f("pk_facilities")),
    )
    op.create_table(
        "feedback",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("kind", sa.String(length=64), nullable=False),
        sa.Column("place", sa.String(length=64), nullable=True),
        sa.Column("text", sa.String(length=5000), nullable=False),
        sa.Column("received", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("answer", sa.String(length=5000), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_feedback_regencies")),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_feedback")),
    )
    op.create_index(
        op.f("ix_feedback_regency_state_received"), "feedback", ["regency", "state", "received"], unique=False
    )
    op.create_table(
        "idempotency_keys",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("caller", sa.String(length=64), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("request_sha256", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_idempotency_keys_regencies")),
        sa.PrimaryKeyConstraint("regency", "caller", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_table(
        "partners",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("address", sa.String(length=200), nullable=False),
        sa.Column("offer", sa.String(length=200), nullable=False),
        sa.Column("changed", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_partners_regencies")),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_partners")),
    )
    op.create_table(
        "webhooks",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("address", sa.String(length=5000), nullable=False),
        sa.Column("events", sa.Text(), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["regency"], ["regencies.regency"], name=op.f("fk_webhooks_regencies")),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_webhooks")),
    )
    op.create_table(
        "attachments",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=64), nullable=False),
        sa.Column("media_type", sa.String(length=64), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("file", sa.String(length=64), nullable=False),
        sa.Column("key_id", sa.String(length=64), nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("delete_after", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["regency", "request"], ["requests.regency", "requests.id"], name=op.f("fk_attachments_requests")
        ),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_attachments")),
    )
    op.create_index(op.f("ix_attachments_regency_request"), "attachments", ["regency", "request"], unique=False)
    op.create_table(
        "contacts",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("whatsapp", sa.String(length=64), nullable=False),
        sa.Column("signatory", sa.String(length=200), nullable=False),
        sa.Column("delete_after", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["regency", "request"], ["requests.regency", "requests.id"], name=op.f("fk_contacts_requests")
        ),
        sa.PrimaryKeyConstraint("regency", "request", name=op.f("pk_contacts")),
    )
    op.create_table(
        "deliveries",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("webhook", sa.String(length=64), nullable=False),
        sa.Column("event", sa.String(length=64), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt", sa.DateTime(timezone=True), nullable=True),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["regency", "webhook"], ["webhooks.regency", "webhooks.id"], name=op.f("fk_deliveries_webhooks")
        ),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_deliveries")),
    )
    op.create_index(
        op.f("ix_deliveries_regency_state_next_attempt"),
        "deliveries",
        ["regency", "state", "next_attempt"],
        unique=False,
    )
    op.create_table(
        "slots",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("vehicle", sa.String(length=64), nullable=False),
        sa.Column("starts", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends", sa.DateTime(timezone=True), nullable=False),
        sa.Column("offered", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered", sa.DateTime(timezone=True), nullable=True),
        sa.Column("plan", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["regency", "plan"], ["plans.regency", "plans.id"], name=op.f("fk_slots_plans")),
        sa.ForeignKeyConstraint(
            ["regency", "request"], ["requests.regency", "requests.id"], name=op.f("fk_slots_requests")
        ),
        sa.PrimaryKeyConstraint("regency", "request", "number", name=op.f("pk_slots")),
    )
    op.create_table(
        "visit_changes",
        sa.Column("regency", sa.String(length=4), nullable=False),
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("plan", sa.String(length=64), nullable=False),
        sa.Column("visit", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=5000), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.String(length=64), nullable=False),
        sa.Column("moved_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("taken_back", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["regency", "plan"], ["plans.regency", "plans.id"], name=op.f("fk_visit_changes_plans")
        ),
        sa.PrimaryKeyConstraint("regency", "id", name=op.f("pk_visit_changes")),
    )
    op.create_index(op.f("ix_visit_changes_regency_plan"), "visit_changes", ["regency", "plan"], unique=False)
    op.add_column("plans", sa.Column("cards", sa.LargeBinary(), nullable=True))
    op.add_column("plans", sa.Column("ways", sa.LargeBinary(), nullable=True))
    op.add_column("requests", sa.Column("wish", sa.String(length=64), server_default="visit", nullable=False))
    op.add_column("requests", sa.Column("details", sa.Text(), server_default="{}", nullable=False))
    op.add_column("secrets", sa.Column("ends", sa.DateTime(timezone=True), nullable=True))

    op.execute("DROP TRIGGER plans_keep_documents" + ("" if _is_sqlite() else " ON plans"))
    if _is_sqlite():
        op.execute(
            f"CREATE TRIGGER plans_keep_documents BEFORE UPDATE OF {FROZEN} ON plans "
            "BEGIN SELECT RAISE(ABORT, 'a plan version never changes'); END"
        )
    else:
        op.execute(
            f"CREATE TRIGGER plans_keep_documents BEFORE UPDATE OF {FROZEN} ON plans "
            "FOR EACH STATEMENT EXECUTE FUNCTION moling_refuse('a plan version never changes')"
        )


def _is_sqlite() -> bool:
    return bool(op.get_bind().dialect.name == "sqlite")
