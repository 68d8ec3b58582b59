"""
Answers to changes that a program may send twice: the second time it gets the first answer, and nothing happens.

The answer is kept in the write of the change itself, so that there is never the one without the other. It is kept for
`KEPT`, and holds no secret: whoever makes an answer adds those anew.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from api.i18n import N_
from api.store.errors import UnfitValueError
from api.store.scope import Writing
from api.store.tables import IDEMPOTENCY_KEYS

KEPT: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Answer:
    """
    What a change was answered with.

    Attributes
    ----------
    is_repeated
        Whether it was given before, and nothing was changed now.
    """

    status: int
    body: bytes
    is_repeated: bool = False


def answer_once(
    scope: Writing, caller: str, key: str, request_sha256: str, change: Callable[[Writing], Answer], *, at: datetime
) -> Answer:
    """
    Make a change and keep its answer, or give the answer that it had.

    Parameters
    ----------
    key
        As the program chose it; empty: the change is made each time that it is sent.
    request_sha256
        Of the address and what was sent.

    Raises
    ------
    UnfitValueError
        When the key was used for something else, or may not be kept.
    """
    if not key:
        return change(scope)
    same = (IDEMPOTENCY_KEYS.c.caller == caller, IDEMPOTENCY_KEYS.c.key == key)
    row = scope.find(IDEMPOTENCY_KEYS, *same)
    if row is not None and row.created > at - KEPT:
        if row.request_sha256 != request_sha256:
            raise UnfitValueError(N_("This Idempotency-Key was used for something else; choose a new one."))
        return Answer(row.status, row.body, is_repeated=True)
    answer = change(scope)
    scope.delete(IDEMPOTENCY_KEYS, IDEMPOTENCY_KEYS.c.created <= at - KEPT)
    scope.insert(
        IDEMPOTENCY_KEYS,
        caller=caller,
        key=key,
        request_sha256=request_sha256,
        status=answer.status,
        body=answer.body,
        created=at,
    )
    return answer
