"""
The tables, for reading and writing; `migrations` makes them, and a test holds both to be the same.

Every table bears the regency's code as first part of its key, and references from table to table hold it too: the
database itself refuses a row of one regency that points into another. Few types are used, so that both databases and
the backup keep the same: texts of bounded length, whole numbers, days, moments in UTC, bytes, and JSON as text.
"""

import json
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Dialect,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    TypeDecorator,
    text,
)

CODE: Final = 64
"""Most characters of an identifier, a state or a role."""
LINE: Final = 200
NOTE: Final = 5_000
"""Most characters of a free text."""


class Moment(TypeDecorator[datetime]):
    """A moment, kept in UTC and handed out in UTC; one without a time zone is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"Moment {value.isoformat()} has no time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """In UTC; SQLite forgets the zone."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Json(TypeDecorator[Any]):
    """JSON of a bounded number of characters, as text in one fixed form, so that equal values are equal texts."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: object, dialect: Dialect) -> str:
        """In the one form."""
        del dialect
        return json_text(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> Any:  # noqa: ANN401 (any JSON)
        """As it was."""
        del dialect
        return None if value is None else json.loads(value)


def json_text(value: object) -> str:
    """A value as JSON in the one form that is kept and hashed: sorted keys, no spaces, NaN refused."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))


METADATA: Final = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _regency() -> Column[str]:
    return Column("regency", String(4), nullable=False)


def _of_regency() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["regency"], ["regencies.regency"])


REGENCIES: Final = Table(
    "regencies",
    METADATA,
    _regency(),
    Column("name", String(LINE), nullable=False),
    Column("timezone", String(CODE), nullable=False),
    Column("loaded", Moment, nullable=False),
    PrimaryKeyConstraint("regency"),
)

REGION_FILES: Final = Table(
    "region_files",
    METADATA,
    _regency(),
    Column("name", String(CODE), nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("sha256", String(64), nullable=False),
    PrimaryKeyConstraint("regency", "name"),
    _of_regency(),
)

USERS: Final = Table(
    "users",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("name", String(LINE), nullable=False),
    Column("place", String(CODE)),
    Column("password_hash", String(LINE), nullable=False),
    Column("created", Moment, nullable=False),
    Column("is_active", Boolean, nullable=False),
    PrimaryKeyConstraint("regency", "id"),
    _of_regency(),
)

USER_ROLES: Final = Table(
    "user_roles",
    METADATA,
    _regency(),
    Column("user", String(CODE), nullable=False),
    Column("role", String(CODE), nullable=False),
    PrimaryKeyConstraint("regency", "user", "role"),
    ForeignKeyConstraint(["regency", "user"], ["users.regency", "users.id"]),
)

SECRETS: Final = Table(
    "secrets",
    METADATA,
    _regency(),
    Column("sha256", String(64), nullable=False),
    Column("purpose", String(CODE), nullable=False),
    Column("subject", String(CODE), nullable=False),
    Column("created", Moment, nullable=False),
    Column("expires", Moment, nullable=False),
    # A session's secret is changed for another on the way; none of them outlives the session.
    Column("ends", Moment),
    PrimaryKeyConstraint("regency", "sha256"),
    _of_regency(),
    Index(None, "regency", "purpose", "subject"),
)

REQUESTS: Final = Table(
    "requests",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("state", String(CODE), nullable=False),
    Column("place", String(CODE), nullable=False),
    Column("kind", String(CODE), nullable=False),
    Column("received", Date, nullable=False),
    Column("record_and_print", Integer, nullable=False),
    Column("record_only", Integer, nullable=False),
    Column("child_id_card", Integer, nullable=False),
    Column("outside_domicile", Integer, nullable=False),
    Column("letter_number", String(LINE)),
    Column("letter_written", Date),
    Column("has_scan", Boolean, nullable=False),
    Column("subject", String(NOTE), nullable=False),
    Column("signatory_position", String(NOTE), nullable=False),
    Column("weekdays", Json, nullable=False),
    Column("hours", Json, nullable=False),
    Column("outside_working_hours", Boolean, nullable=False),
    Column("blocked", Json, nullable=False),
    Column("not_after", Date),
    Column("urgency", String(CODE), nullable=False),
    Column("needs_portable_kit", Boolean, nullable=False),
    Column("signal", String(CODE), nullable=False),
    Column("notes", Json, nullable=False),
    Column("wish", String(CODE), nullable=False, server_default="visit"),
    Column("details", Json, nullable=False, server_default="{}"),
    PrimaryKeyConstraint("regency", "id"),
    _of_regency(),
    CheckConstraint(
        "record_and_print >= 0 AND record_only >= 0 AND child_id_card >= 0 AND outside_domicile >= 0", "counts"
    ),
    Index(None, "regency", "state", "received"),
    Index(None, "regency", "letter_number"),
)

REQUEST_HISTORY: Final = Table(
    "request_history",
    METADATA,
    _regency(),
    Column("request", String(CODE), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(CODE), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(CODE), nullable=False),
    Column("reason", String(NOTE), nullable=False),
    PrimaryKeyConstraint("regency", "request", "number"),
    ForeignKeyConstraint(["regency", "request"], ["requests.regency", "requests.id"]),
)

PLANS: Final = Table(
    "plans",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("week", Date, nullable=False),
    Column("version", Integer, nullable=False),
    Column("author", String(CODE), nullable=False),
    Column("state", String(CODE), nullable=False),
    Column("reason", String(NOTE), nullable=False),
    Column("hard_violations", Integer, nullable=False),
    Column("soft_violations", Integer, nullable=False),
    Column("created", Moment, nullable=False),
    Column("instance", LargeBinary, nullable=False),
    Column("instance_sha256", String(64), nullable=False),
    Column("plan", LargeBinary, nullable=False),
    Column("plan_sha256", String(64), nullable=False),
    Column("solver_state", LargeBinary),
    Column("cards", LargeBinary),
    Column("ways", LargeBinary),
    PrimaryKeyConstraint("regency", "id"),
    _of_regency(),
    Index("uq_plans_week_version", "regency", "week", "version", unique=True),
    # Two published plans of one week would send two vans by two papers.
    Index(
        "uq_plans_published_week",
        "regency",
        "week",
        unique=True,
        sqlite_where=text("state = 'published'"),
        postgresql_where=text("state = 'published'"),
    ),
)

PLAN_HISTORY: Final = Table(
    "plan_history",
    METADATA,
    _regency(),
    Column("plan", String(CODE), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(CODE), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(CODE), nullable=False),
    Column("reason", String(NOTE), nullable=False),
    PrimaryKeyConstraint("regency", "plan", "number"),
    ForeignKeyConstraint(["regency", "plan"], ["plans.regency", "plans.id"]),
)

DRAFTS: Final = Table(
    "drafts",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("fields", Json, nullable=False),
    Column("changed", Moment, nullable=False),
    PrimaryKeyConstraint("regency", "id"),
    _of_regency(),
)

CONTACTS: Final = Table(
    "contacts",
    METADATA,
    _regency(),
    Column("request", String(CODE), nullable=False),
    Column("name", String(LINE), nullable=False),
    Column("whatsapp", String(CODE), nullable=False),
    Column("signatory", String(LINE), nullable=False),
    # The only names of people outside the office; they go 30 days after the visit.
    Column("delete_after", Date),
    PrimaryKeyConstraint("regency", "request"),
    ForeignKeyConstraint(["regency", "request"], ["requests.regency", "requests.id"]),
)

ATTACHMENTS: Final = Table(
    "attachments",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("request", String(CODE), nullable=False),
    Column("purpose", String(CODE), nullable=False),
    Column("media_type", String(CODE), nullable=False),
    Column("size", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("file", String(CODE), nullable=False),
    Column("key_id", String(CODE), nullable=False),
    Column("created", Moment, nullable=False),
    Column("delete_after", Date),
    PrimaryKeyConstraint("regency", "id"),
    ForeignKeyConstraint(["regency", "request"], ["requests.regency", "requests.id"]),
    Index(None, "regency", "request"),
)

SLOTS: Final = Table(
    "slots",
    METADATA,
    _regency(),
    Column("request", String(CODE), nullable=False),
    Column("number", Integer, nullable=False),
    Column("state", String(CODE), nullable=False),
    Column("vehicle", String(CODE), nullable=False),
    Column("starts", Moment, nullable=False),
    Column("ends", Moment, nullable=False),
    Column("offered", Moment, nullable=False),
    Column("answered", Moment),
    Column("plan", String(CODE)),
    PrimaryKeyConstraint("regency", "request", "number"),
    ForeignKeyConstraint(["regency", "request"], ["requests.regency", "requests.id"]),
    ForeignKeyConstraint(["regency", "plan"], ["plans.regency", "plans.id"]),
)

VISIT_CHANGES: Final = Table(
    "visit_changes",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("plan", String(CODE), nullable=False),
    Column("visit", String(LINE), nullable=False),
    Column("state", String(CODE), nullable=False),
    Column("reason", String(NOTE), nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(CODE), nullable=False),
    Column("moved_to", Moment),
    Column("taken_back", Moment),
    PrimaryKeyConstraint("regency", "id"),
    ForeignKeyConstraint(["regency", "plan"], ["plans.regency", "plans.id"]),
    Index(None, "regency", "plan"),
)

FEEDBACK: Final = Table(
    "feedback",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("kind", String(CODE), nullable=False),
    Column("place", String(CODE)),
    Column("text", String(NOTE), nullable=False),
    Column("received", Moment, nullable=False),
    Column("state", String(CODE), nullable=False),
    Column("answer", String(NOTE), nullable=False),
    PrimaryKeyConstraint("regency", "id"),
    _of_regency(),
    Index(None, "regency", "state", "received"),
)

PARTNERS: Final = Table(
    "partners",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("name", String(LINE), nullable=False),
    Column("address", String(LINE), nullable=False),
    Column("offer", String(LINE), nullable=False),
    Column("changed", Moment, nullable=False),
    Column("is_active", Boolean, nullable=False),
    PrimaryKeyConstraint("regency", "id"),
    _of_regency(),
)

FACILITIES: Final = Table(
    "facilities",
    METADATA,
    _regency(),
    Column("place", String(CODE), nullable=False),
    Column("facilities", Json, nullable=False),
    Column("note", String(LINE), nullable=False),
    PrimaryKeyConstraint("regency", "place"),
    _of_regency(),
)

WEBHOOKS: Final = Table(
    "webhooks",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("address", String(NOTE), nullable=False),
    Column("events", Json, nullable=False),
    Column("created", Moment, nullable=False),
    Column("is_active", Boolean, nullable=False),
    PrimaryKeyConstraint("regency", "id"),
    _of_regency(),
)

DELIVERIES: Final = Table(
    "deliveries",
    METADATA,
    _regency(),
    Column("id", String(CODE), nullable=False),
    Column("webhook", String(CODE), nullable=False),
    Column("event", String(CODE), nullable=False),
    Column("payload", Json, nullable=False),
    Column("state", String(CODE), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt", Moment),
    Column("status", Integer),
    Column("created", Moment, nullable=False),
    PrimaryKeyConstraint("regency", "id"),
    ForeignKeyConstraint(["regency", "webhook"], ["webhooks.regency", "webhooks.id"]),
    Index(None, "regency", "state", "next_attempt"),
)

IDEMPOTENCY_KEYS: Final = Table(
    "idempotency_keys",
    METADATA,
    _regency(),
    Column("caller", String(CODE), nullable=False),
    Column("key", String(LINE), nullable=False),
    Column("request_sha256", String(64), nullable=False),
    Column("status", Integer, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("created", Moment, nullable=False),
    PrimaryKeyConstraint("regency", "caller", "key"),
    _of_regency(),
)

AUDIT: Final = Table(
    "audit",
    METADATA,
    _regency(),
    Column("number", BigInteger, nullable=False),
    Column("at", Moment, nullable=False),
    Column("by", String(CODE), nullable=False),
    Column("action", String(CODE), nullable=False),
    Column("subject", String(LINE), nullable=False),
    Column("details", Json, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("sha256", String(64), nullable=False),
    PrimaryKeyConstraint("regency", "number"),
    _of_regency(),
)

OFFICE_SETTINGS: Final = Table(
    "office_settings",
    METADATA,
    _regency(),
    Column("key", String(CODE), nullable=False),
    Column("value", Json, nullable=False),
    PrimaryKeyConstraint("regency", "key"),
    _of_regency(),
)
