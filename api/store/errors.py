"""Errors that the store raises; their messages are told in the reader's language."""

from types import MappingProxyType

from api.i18n import Gettext


class StoreError(Exception):
    """
    Root of all errors of the store.

    Attributes
    ----------
    message, params
        English sentence with named places, and what fills them. Never a password, never what was to be stored.
    """

    def __init__(self, message: str, /, **params: object) -> None:
        self.message = message
        self.params = MappingProxyType(params)
        super().__init__(self.text(str))

    def text(self, gettext: Gettext) -> str:
        """The message in the reader's language, on one line."""
        told = gettext(self.message).format(**self.params)
        return "".join(char if char.isprintable() else " " for char in told)


class UnusableStoreError(StoreError):
    """There is no store where one was named, or it cannot be used by this version."""


class StoreBusyError(StoreError, TimeoutError):
    """Another process kept the store for itself for too long; nothing was written, and one may try again."""


class StoreClosedError(StoreError):
    """The store was closed before or while it was asked to write; nothing was written."""


class UnfitValueError(StoreError, ValueError):
    """A value may not be kept: an identity number, a text too long, characters that no page shows."""


class UnauditedChangeError(StoreError, RuntimeError):
    """A change forgot its audit row; a fault of ours. Nothing was written."""


class MissingError(StoreError, LookupError):
    """The regency has no such thing."""


class DuplicateError(StoreError, ValueError):
    """The regency has such a thing already, and another one."""


class DamagedError(StoreError, ValueError):
    """What was kept is not what was written: a hash, a chain or an integrity check does not fit."""


class BackupFileError(StoreError, ValueError):
    """A backup cannot be written, or a file is none that can be restored here."""


class LetterFilesError(StoreError):
    """The folder of letters cannot be used: it is not there, not ours alone, or full."""


class LetterKeyError(StoreError):
    """The key of the letters is missing, another one, or no secret any more."""
