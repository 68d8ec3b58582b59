"""Errors that `api` raises; each says what is wrong, with which value, and what would be right."""


class ApiError(Exception):
    """Root of all errors of this package."""


class InvalidWeekError(ApiError, ValueError):
    """A week is not written as ``2026-W50``, or the year has no such week."""


class TransitionError(ApiError, ValueError):
    """A request or plan cannot go from its state to the one asked for, or not by this person."""
