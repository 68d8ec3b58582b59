"""The tables' versions: which one a database has, and the steps to the newest (Alembic's `migrations`)."""

from functools import cache
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from api.i18n import N_
from api.store.errors import UnusableStoreError

_MIGRATIONS: Final = Path(__file__).parent / "migrations"


def config_for(connection: Connection | None = None) -> Config:
    """Alembic's configuration; its commands run in the transaction of that connection."""
    config = Config()
    # Percent signs in a path would be taken for places to be filled.
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@cache
def head_revision() -> str:
    """The version that this program knows."""
    head = ScriptDirectory.from_config(config_for()).get_current_head()
    assert head is not None
    return head


def revision_of(connection: Connection) -> str | None:
    """The version of the tables that are there; None where there are none."""
    return MigrationContext.configure(connection).get_current_revision()


def migrate(connection: Connection, to: str = "head") -> tuple[str | None, str]:
    """
    Bring the tables to a version, all or nothing; returns the version before and after.

    Raises
    ------
    UnusableStoreError
        When the tables are of a version that this program does not know, or it does not know the one asked for.
    """
    before = revision_of(connection)
    for revision in (before, to):
        if revision not in {None, "head"} and not is_known(str(revision)):
            raise UnusableStoreError(
                N_("Tables of version {present} were made by a newer program; this one knows {wanted}."),
                present=revision,
                wanted=head_revision(),
            )
    command.upgrade(config_for(connection), to)
    after = revision_of(connection)
    assert after is not None
    return before, after


def is_known(revision: str) -> bool:
    """Whether this program has a version of that name."""
    return revision in {each.revision for each in ScriptDirectory.from_config(config_for()).walk_revisions()}
