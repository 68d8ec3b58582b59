"""Errors that `optimizer` raises; each says what is wrong, with which value, and what would be right."""


class OptimizerError(Exception):
    """Root of all errors of this package."""


class InvalidProblemError(OptimizerError, ValueError):
    """A problem, or a part of one, breaks a rule of the format (`instance.py`)."""


class InvalidChangeError(OptimizerError, ValueError):
    """A change does not fit its problem or the plan of it, or a document of changes cannot be read."""


class InvalidPlanError(OptimizerError, ValueError):
    """A plan document cannot be read: it is not of the format, whatever the plan itself is worth."""


class InvalidStateError(OptimizerError, ValueError):
    """A state document cannot be read; a solve does without it."""


class BrokenPlanError(OptimizerError, AssertionError):
    """An engine's plan breaks a rule of its problem: an error of the program, never of the input."""


def one_line(text: str) -> str:
    """
    Show a text on one line: line breaks and other characters that print nothing are written as escapes.

    Names come from outside, and a message that holds one is read in logs and terminals line by line.
    """
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
