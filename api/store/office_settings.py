"""What an office chose, by name; the names and their meaning belong to whoever asks for them."""

from datetime import datetime
from typing import Any

from api.store.audit import add_audit
from api.store.scope import Reading, Writing
from api.store.tables import OFFICE_SETTINGS


def get_setting(scope: Reading, key: str, default: Any = None) -> Any:  # noqa: ANN401 (any JSON)
    """The JSON value of that name, or the default."""
    row = scope.find(OFFICE_SETTINGS, OFFICE_SETTINGS.c.key == key)
    return default if row is None else row.value


def put_setting(scope: Writing, key: str, value: object, *, by: str, at: datetime) -> None:
    """
    Set the JSON value of that name; the former one stands in the audit.

    Raises
    ------
    UnfitValueError
        When the value may not be kept.
    """
    former = get_setting(scope, key)
    if not scope.update(OFFICE_SETTINGS, OFFICE_SETTINGS.c.key == key, value=value):
        scope.insert(OFFICE_SETTINGS, key=key, value=value)
    add_audit(scope, "setting.changed", key, by=by, at=at, details={"from": former, "to": value})
