"""Errors that `api` raises, and the one table from any domain error to an HTTP status and a title."""

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from pathlib import Path
from types import MappingProxyType

from api.entities import TransitionError
from api.i18n import N_, Gettext
from api.store.errors import DuplicateError, MissingError, StoreBusyError, StoreError, UnfitValueError


class ApiError(Exception):
    """Root of all errors of this package."""


class RefusedError(ApiError):
    """
    An http request is refused; the message is for whoever sent it, in their language.

    Attributes
    ----------
    message, params
        English sentence with named places, and what fills them; never what was sent.
    """

    usual: str

    def __init__(self, message: str = "", /, **params: object) -> None:
        self.message = message or self.usual
        self.params = MappingProxyType(params)
        super().__init__(self.text(str))

    def text(self, gettext: Gettext) -> str:
        """The message in the reader's language."""
        return gettext(self.message).format(**self.params)


class SignInNeededError(RefusedError, PermissionError):
    """Nobody has signed in, or the session has ended."""

    usual = N_("Sign in first.")


class ForbiddenError(RefusedError, PermissionError):
    """The caller may not do this."""

    usual = N_("Your account may not do this; ask the office's admin for the role.")


class ForgedError(RefusedError, PermissionError):
    """A change was not asked for by a page of ours."""

    usual = N_("This page was open for too long, or the form came from elsewhere. Open it again and send it once more.")


class NotThereError(RefusedError, LookupError):
    """An address names something that is not there, or is not the caller's."""

    usual = N_("There is no such page. The link may be cut off, or have run out.")


class UnfitFormError(RefusedError, ValueError):
    """What was sent cannot be taken as it is."""

    usual = N_("This cannot be taken as it is; check what was filled in.")


class ChangedMeanwhileError(RefusedError, ValueError):
    """Something is not as it was when the caller looked at it."""

    usual = N_("This was changed meanwhile. Look at it again, then decide anew.")


class TooManyAttemptsError(RefusedError, PermissionError):
    """Something was tried too often."""

    usual = N_("Too many attempts. Wait a quarter of an hour, then try again.")


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


STATUS: Mapping[type[Exception], HTTPStatus] = {
    SignInNeededError: HTTPStatus.UNAUTHORIZED,
    ForbiddenError: HTTPStatus.FORBIDDEN,
    ForgedError: HTTPStatus.FORBIDDEN,
    NotThereError: HTTPStatus.NOT_FOUND,
    UnfitFormError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ChangedMeanwhileError: HTTPStatus.PRECONDITION_FAILED,
    TooManyAttemptsError: HTTPStatus.TOO_MANY_REQUESTS,
    MissingError: HTTPStatus.NOT_FOUND,
    DuplicateError: HTTPStatus.CONFLICT,
    UnfitValueError: HTTPStatus.UNPROCESSABLE_ENTITY,
    StoreBusyError: HTTPStatus.SERVICE_UNAVAILABLE,
    StoreError: HTTPStatus.INTERNAL_SERVER_ERROR,
    TransitionError: HTTPStatus.CONFLICT,
    UnknownItineraryError: HTTPStatus.NOT_FOUND,
    UnknownPlanError: HTTPStatus.NOT_FOUND,
    UnknownParameterError: HTTPStatus.UNPROCESSABLE_ENTITY,
}
"""What a caller is told; an error that is not in here, nor of a class that is, is a fault of ours."""


def status_of(error: Exception) -> HTTPStatus:
    """The status of an error: of its own class, else of the nearest class above it."""
    return next((STATUS[each] for each in type(error).__mro__ if each in STATUS), HTTPStatus.INTERNAL_SERVER_ERROR)
