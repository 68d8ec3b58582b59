"""Errors that `api` raises, and the one table from any domain error to an HTTP status and a title."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from pathlib import Path


class ApiError(Exception):
    """Root of all errors of this package."""


class BadInputError(ApiError, ValueError):
    """A file or option that someone gave cannot be used; the message is one line for that person."""


class SolverProcessError(ApiError, RuntimeError):
    """The child process that solves broke off or handed over what cannot be used."""


class InvalidWeekError(BadInputError):
    """A week is not written as ``2026-W50``, or the year has no such week."""


class OutputFolderError(BadInputError):
    """A folder for results cannot be written, or holds something that no plan wrote."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"Folder '{folder}' cannot take the plan: {reason}.")


class UnusableFolderError(BadInputError):
    """A folder cannot be served: it lacks a file, or its plan is not one of its instance."""

    def __init__(self, folder: Path, reason: str) -> None:
        super().__init__(f"Folder '{folder}' cannot be served: {reason}.")


class UnknownItineraryError(ApiError, LookupError):
    """A vehicle does not go out on that day."""

    def __init__(self, vehicle: str, day: date) -> None:
        super().__init__(f"Vehicle '{vehicle}' has no itinerary on {day.isoformat()}; see /api/v1/itineraries.")


class UnknownPlanError(ApiError, LookupError):
    """There is no plan of that week."""

    def __init__(self, week: str, known: str) -> None:
        super().__init__(f"There is no plan of week {week}; there is one of {known}.")


class UnknownParameterError(ApiError, ValueError):
    """A query bears a parameter that its address does not know."""

    def __init__(self, names: list[str], known: list[str]) -> None:
        right = " and ".join(known) if known else "none"
        super().__init__(f"Unknown query parameter {', '.join(names)}; this address knows {right}.")


STATUS: Mapping[type[ApiError], HTTPStatus] = {
    UnknownItineraryError: HTTPStatus.NOT_FOUND,
    UnknownPlanError: HTTPStatus.NOT_FOUND,
    UnknownParameterError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""What a caller is told; an error that is not in here is a fault of ours."""
