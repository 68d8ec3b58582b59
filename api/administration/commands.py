"""`moling migrate`, `backup`, `restore`, and what `moling region load` and `save` do."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from api.errors import BadInputError
from api.i18n import Gettext, Language
from api.settings import SettingError, Settings, read_settings
from api.store.errors import StoreError

BY = "command"
"""Who did it, in the audit: whoever may run commands on the machine."""


def add_migrate_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling migrate``: none, the store is told by the settings."""
    del parser, gettext


def run_migrate(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Make the store's tables, or bring them to this version; 0 when done.

    Raises
    ------
    BadInputError
        When the store cannot be used; it is as it was then.
    """
    del arguments
    from api.store.store import make_store  # noqa: PLC0415 (slow to load)

    with telling(lang.gettext) as settings:
        address, before, after = make_store(settings.database_url, wait_s=settings.write_wait_s)
    text = lang.gettext("{address}: tables of version {after} (before: {before}).")
    print(text.format(address=address, after=after, before=before or "-"))
    return 0


def add_backup_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling backup``."""
    parser.add_argument("file", metavar="FILE", type=Path, help=gettext("the backup to write; a new file"))


def run_backup(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Write the whole store and its letters into one file; 0 when done.

    Raises
    ------
    BadInputError
        When the store cannot be used or is damaged, or the file not be written; none is left behind then.
    """
    from api.store.backup import back_up  # noqa: PLC0415 (slow to load)
    from api.store.database import open_database  # noqa: PLC0415
    from api.store.letter_folder import LetterFolder  # noqa: PLC0415

    with telling(lang.gettext) as settings:
        database = open_database(settings.database_url, wait_s=settings.write_wait_s)
        try:
            done = back_up(database, LetterFolder(settings.files), arguments.file, at=datetime.now(UTC))
        finally:
            database.close()
    text = lang.gettext("Written to {file}: rows {rows}, letters {letters}.")
    print(text.format(file=arguments.file, rows=done.rows, letters=done.letters))
    _tell_missing(done.missing, settings.files, lang.gettext)
    if done.letters:
        text = lang.gettext("The key {key} is not in it; keep a copy of it in another place.")
        print(text.format(key=settings.key_file))
    return 0


def add_restore_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling restore``."""
    parser.add_argument("file", metavar="FILE", type=Path, help=gettext("a file that moling backup wrote"))
    parser.add_argument("--replace", action="store_true", help=gettext("lose what the store holds now"))


def run_restore(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Fill the store from a backup; 0 when done.

    Raises
    ------
    BadInputError
        When the file is no backup, or the store cannot be used or is not empty; it is as it was then.
    """
    from api.store.backup import check_backup, restore  # noqa: PLC0415 (slow to load)
    from api.store.database import open_database  # noqa: PLC0415
    from api.store.letter_vault import LetterVault  # noqa: PLC0415

    with telling(lang.gettext) as settings:
        vault = LetterVault(settings.files, settings.key_file)
        key = vault.find_key_id()
        backup = check_backup(arguments.file)  # before a store is made for it
        database = open_database(settings.database_url, wait_s=settings.write_wait_s, creates=True)
        try:
            done = restore(database, vault.folder, backup, replaces=arguments.replace)
        finally:
            database.close()
    text = lang.gettext("Restored to {address}: rows {rows}, letters {letters}.")
    print(text.format(address=database.address, rows=done.rows, letters=done.letters))
    _tell_missing(done.missing, settings.files, lang.gettext)
    if done.keys - {key}:
        text = lang.gettext("Letters cannot be opened yet: {key} is not the key they were written with.")
        print(text.format(key=settings.key_file), file=sys.stderr)
    return 0


def _tell_missing(missing: int, folder: Path, gettext: Gettext) -> None:
    if missing:
        text = gettext("Letters that are not in folder {folder}: {missing}.")
        print(text.format(folder=folder, missing=missing), file=sys.stderr)


def load_folder(folder: Path, gettext: Gettext) -> int:
    """
    Take a region folder into the store, in the place of the regency's former one; 0 when done.

    Raises
    ------
    RegionError, RegionFolderError
        When the folder has faults or cannot be read.
    BadInputError
        When the store cannot be used.
    """
    from api.store.regions import put_region, read_region_documents  # noqa: PLC0415 (slow to load)
    from api.store.scope import regency_code  # noqa: PLC0415
    from api.store.store import open_store  # noqa: PLC0415

    with telling(gettext) as settings, open_store(settings.database_url, wait_s=settings.write_wait_s) as store:
        documents = read_region_documents(folder)
        regency = regency_code(documents.region.code)
        is_new = store.write(regency, lambda scope: put_region(scope, documents, by=BY, at=datetime.now(UTC)))
    text = gettext("{name} is new in the store.") if is_new else gettext("{name} is replaced in the store.")
    print(text.format(name=documents.region.name), gettext("Files:"), ", ".join(documents.files))
    if documents.left_out:
        print(gettext("No part of a region, not taken:"), ", ".join(documents.left_out))
    return 0


def save_folder(code: str, folder: Path, gettext: Gettext) -> int:
    """
    Write a regency of the store as a region folder; 0 when done.

    Raises
    ------
    BadInputError
        When the store does not know it or cannot be used, or the folder is not empty or cannot be written.
    """
    from api.store.regions import get_region_files  # noqa: PLC0415 (slow to load)
    from api.store.scope import regency_code  # noqa: PLC0415
    from api.store.store import open_store  # noqa: PLC0415
    from geodata.errors import RegionFolderError  # noqa: PLC0415
    from geodata.writing import write_new_folder  # noqa: PLC0415

    with telling(gettext) as settings:
        regency = regency_code(code)
        with open_store(settings.database_url, wait_s=settings.write_wait_s) as store:
            files = store.read(regency, get_region_files)
    try:
        write_new_folder(folder, files)
    except RegionFolderError as error:
        raise BadInputError(error.text(gettext)) from error
    print(gettext("Written to {folder}: {files}.").format(folder=folder, files=", ".join(files)))
    return 0


@contextmanager
def telling(gettext: Gettext) -> Iterator[Settings]:
    """
    The settings; what they and the store refuse within is told in one line.

    Raises
    ------
    BadInputError
        In place of the errors of settings and store.
    """
    try:
        yield read_settings()
    except StoreError as error:
        raise BadInputError(error.text(gettext)) from error
    except SettingError as error:
        raise BadInputError(gettext(error.message).format(name=error.name, value=error.value)) from error
