"""One process that cleans letters for all tests of them."""

from collections.abc import Iterator

import pytest

from api.attachments.cleaning import LetterCleaner


@pytest.fixture(scope="session")
def cleaner() -> Iterator[LetterCleaner]:
    """With the usual caps."""
    with LetterCleaner() as cleaner:
        yield cleaner
