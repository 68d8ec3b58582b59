"""Errors that `api` raises; each says what is wrong, with which value, and what would be right."""


class ApiError(Exception):
    """Root of all errors of this package."""


class BadInputError(ApiError, ValueError):
    """A file or option that someone gave cannot be used; the message is one line for that person."""


class SolverProcessError(ApiError, RuntimeError):
    """The child process that solves broke off or handed over what cannot be used."""
