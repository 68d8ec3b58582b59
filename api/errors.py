"""Errors that `api` raises; each says what is wrong, with which value, and what would be right."""

from pathlib import Path


class ApiError(Exception):
    """Root of all errors of this package."""


class InvalidWeekError(ApiError, ValueError):
    """A week is not written as ``2026-W50``, or the year has no such week."""


class OutputFolderError(ApiError, OSError):
    """A folder for results cannot be written, or holds something that no plan wrote."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"Folder '{folder}' cannot take the plan: {reason}.")
