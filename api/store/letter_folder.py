"""
The folder of letters: encrypted files under random names, which mean nothing without the store's rows and the key.

Nothing in here can read them; the backup takes them as they are.
"""

import os
import re
import secrets
import stat
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final

from api.i18n import N_
from api.store.errors import LetterFilesError, MissingError

_NAME: Final = re.compile(r"[0-9a-f]{64}")
_UNFINISHED: Final = re.compile(r"\.[0-9a-f]{64}-[0-9a-f]{16}")
"""Name of a file that is being written, or was when the machine stopped."""


class LetterFolder:
    """
    A folder that belongs to this user alone; it is made when the first file is put in.

    Parameters
    ----------
    path
        Of the folder; the one above it must be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def put(self, name: str, content: bytes) -> None:
        """
        Write a file, whole or not at all, in the place of one of that name; it is on the disk afterwards.

        Raises
        ------
        LetterFilesError
            When it cannot be written.
        """
        target = self._path_of(name)
        fresh = target.with_name(f".{name}-{secrets.token_hex(8)}")
        try:
            self.path.mkdir(mode=0o700, exist_ok=True)
            self._check()
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            fresh.replace(target)
            sync_folder(self.path)
        except OSError as error:
            raise LetterFilesError(
                N_("Folder {folder} cannot take a letter: {problem}."), folder=self.path, problem=error.strerror
            ) from error
        finally:
            with suppress(OSError):
                fresh.unlink(missing_ok=True)

    def get(self, name: str) -> bytes:
        """
        The file of that name.

        Raises
        ------
        MissingError
            When there is none.
        LetterFilesError
            When it cannot be read.
        """
        try:
            with os.fdopen(os.open(self._path_of(name), os.O_RDONLY | os.O_NOFOLLOW), "rb") as stream:
                return stream.read()
        except FileNotFoundError as error:
            raise MissingError(N_("A letter is not in folder {folder}."), folder=self.path) from error
        except OSError as error:
            raise LetterFilesError(
                N_("A letter in folder {folder} cannot be read: {problem}."), folder=self.path, problem=error.strerror
            ) from error

    def remove(self, name: str) -> bool:
        """
        Delete the file of that name; whether there was one.

        Raises
        ------
        LetterFilesError
            When it cannot be deleted.
        """
        try:
            self._path_of(name).unlink()
        except FileNotFoundError:
            return False
        except OSError as error:
            raise LetterFilesError(
                N_("A letter in folder {folder} cannot be deleted: {problem}."),
                folder=self.path,
                problem=error.strerror,
            ) from error
        return True

    def names(self) -> frozenset[str]:
        """Names of all letters there; nothing where there is no folder."""
        return frozenset(name for name in self._listed() if _NAME.fullmatch(name))

    def list_orphans(self, known: Collection[str], *, before: datetime) -> tuple[str, ...]:
        """
        Names of files that no row knows, unfinished ones with them.

        Parameters
        ----------
        known
            Names in the rows of all regencies.
        before
            Only those written earlier: a letter's file is there a moment before its row.
        """
        return tuple(
            name for name in sorted(self._listed()) if name not in known and self._is_older(name, before.timestamp())
        )

    def _is_older(self, name: str, moment: float) -> bool:
        try:
            return (self.path / name).lstat().st_mtime < moment
        except FileNotFoundError:
            return False

    def _listed(self) -> list[str]:
        try:
            found = [each.name for each in self.path.iterdir()]
        except FileNotFoundError:
            return []
        except OSError as error:
            raise LetterFilesError(
                N_("Folder {folder} cannot be read: {problem}."), folder=self.path, problem=error.strerror
            ) from error
        return [name for name in found if _NAME.fullmatch(name) or _UNFINISHED.fullmatch(name)]

    def _path_of(self, name: str) -> Path:
        # No other name reaches the disk, wherever it comes from: a row, a backup, an address.
        if not is_letter_name(name) and not _UNFINISHED.fullmatch(name):
            raise MissingError(N_("A letter is not in folder {folder}."), folder=self.path)
        return self.path / name

    def _check(self) -> None:
        found = self.path.stat()
        if stat.S_IMODE(found.st_mode) & 0o077 or found.st_uid != os.geteuid():
            raise LetterFilesError(
                N_("Folder {folder} must be open to the user of this program alone: chmod 700."), folder=self.path
            )


def new_letter_name() -> str:
    """A random name; 64 characters, since no hash of that length is taken for an identity number."""
    return secrets.token_hex(32)


def is_letter_name(name: str) -> bool:
    """Whether a letter can be called that."""
    return _NAME.fullmatch(name) is not None


def sync_folder(folder: Path) -> None:
    """Have the names in a folder on the disk."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
