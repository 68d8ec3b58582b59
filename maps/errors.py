"""Errors that `maps` raises; each says what is wrong, with which value, and what would be right."""


class MapsError(Exception):
    """Root of all errors of this package."""


class InvalidCardsError(MapsError, ValueError):
    """Cards, or a document of cards, break a rule of their format (`cards.py`)."""


class InvalidWaysError(MapsError, ValueError):
    """A document of ways breaks a rule of its format (`ways_file.py`)."""


class MissingCardError(MapsError, LookupError):
    """A plan names a visit, a vehicle or a base for which there is no card."""


class InvalidTilesError(MapsError, ValueError):
    """A source of background tiles cannot be loaded from."""
