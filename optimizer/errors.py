"""Errors that `optimizer` raises; each says what is wrong, with which value, and what would be right."""


class OptimizerError(Exception):
    """Root of all errors of this package."""


class InvalidProblemError(OptimizerError, ValueError):
    """A problem, or a part of one, breaks a rule of the format (`instance.py`)."""


class InvalidPlanError(OptimizerError, ValueError):
    """A plan document cannot be read: it is not of the format, whatever the plan itself is worth."""


class BrokenPlanError(OptimizerError, AssertionError):
    """An engine's plan breaks a rule of its problem: an error of the program, never of the input."""
