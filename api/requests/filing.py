"""
Filing a request: the one way in, for the public form, for staff on somebody's behalf, and for a branch office's list.

A code is given in the write that files. A letter's file is bound to that code, so it cannot be written before it:
where there is one, the code is taken with a request that is a draft still, the file is encrypted, and a second write
makes all of it count at once. What is cut off between the two is a draft that nobody sees.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from api.entities import RequestId, RequestState, VisitRequest
from api.office import Office
from api.requests.letters import LetterFile, NewLetter, keep_letter
from api.requests.quotas import check_open, check_same_letter
from api.store.contacts import Contact, keep_contact
from api.store.requests import add_request, change_request, get_request, new_request_id, step_request
from api.store.scope import Reading, RegencyCode, Writing
from api.store.secrets import Purpose, keep_secret, new_secret

LINK_LASTS: Final = timedelta(days=400)
"""How long a status link opens: a school year and its end."""


@dataclass(frozen=True, slots=True)
class Filing:
    """
    A request to be filed.

    Attributes
    ----------
    request
        Without a code.
    contact
        Whom to call; None where nobody is known.
    letter
        The file of the letter; None where none came.
    is_checked
        Whether the same letter and the number of open requests are refused; staff that decided otherwise file anyway.
    """

    request: VisitRequest
    contact: Contact | None = None
    letter: NewLetter | None = None
    is_checked: bool = True


@dataclass(frozen=True, slots=True)
class Filed:
    """
    What became of it.

    Attributes
    ----------
    link
        Secret of the status link; it is known here and nowhere else.
    """

    request: VisitRequest
    link: str


def file_request(
    office: Office,
    regency: RegencyCode,
    filing: Filing,
    *,
    by: str,
    first: Callable[[Writing], RequestId | None] | None = None,
    then: Callable[[Writing, RequestId], None] | None = None,
) -> Filed:
    """
    File a request; it is on the disk when this returns.

    Parameters
    ----------
    first, then
        Part of the same write: a code that ``first`` finds was given before, and nothing is filed again; ``then`` is
        told the code that was given.

    Raises
    ------
    SameLetterError, TooManyOpenError
        When it is checked and refused.
    UnfitValueError
        When a text may not be kept.
    """
    at, link = office.now(), new_secret(regency)
    if filing.is_checked:
        office.read(regency, lambda scope: _check(scope, filing.request))
    code, kept = None, None
    if filing.letter is not None:
        code = office.write(regency, lambda scope: _take_code(scope, filing.request, by, at))
        kept = keep_letter(office, regency, code, filing.letter, at=at)

    def change(scope: Writing) -> RequestId:
        known = None if first is None else first(scope)
        if known is None:
            known = _file(scope, filing, code, kept, by, at)
            if then is not None:
                then(scope, known)
        elif code is not None:
            step_request(scope, code, RequestState.CANCELLED, by=by, at=at)
        keep_secret(scope, link, Purpose.STATUS_LINK, known, lasts=LINK_LASTS, by=by, at=at)
        return known

    filed = office.write(regency, change)
    return Filed(office.read(regency, lambda scope: get_request(scope, filed)), link)


def file_within(scope: Writing, filing: Filing, *, by: str, at: datetime) -> RequestId:
    """
    File a request without a letter's file, as part of a write; returns its code.

    Raises
    ------
    SameLetterError, TooManyOpenError
        When it is checked and refused.
    UnfitValueError
        When a text may not be kept.
    """
    return _file(scope, filing, None, None, by, at)


def new_link(office: Office, regency: RegencyCode, request: RequestId, *, by: str) -> str:
    """Secret of a further status link, for a host that lost the first."""
    link, at = new_secret(regency), office.now()

    def change(scope: Writing) -> None:
        get_request(scope, request)
        keep_secret(scope, link, Purpose.STATUS_LINK, request, lasts=LINK_LASTS, by=by, at=at)

    office.write(regency, change)
    return link


def _check(scope: Reading, request: VisitRequest) -> None:
    check_same_letter(scope, request)
    check_open(scope, request.place)


def _take_code(scope: Writing, request: VisitRequest, by: str, at: datetime) -> RequestId:
    code = new_request_id(scope, request.received.year)
    add_request(scope, replace(request, id=code, state=RequestState.DRAFT), by=by, at=at)
    return code


def _file(
    scope: Writing, filing: Filing, code: RequestId | None, kept: LetterFile | None, by: str, at: datetime
) -> RequestId:
    if filing.is_checked:
        _check(scope, filing.request)
    if code is None or kept is None:
        code = new_request_id(scope, filing.request.received.year)
        add_request(scope, replace(filing.request, id=code, state=RequestState.SUBMITTED), by=by, at=at)
    else:
        letter = replace(filing.request.letter, has_scan=True)
        draft = replace(filing.request, id=code, state=RequestState.DRAFT, letter=letter)
        kept.add(scope, by=by)
        change_request(scope, draft, by=by, at=at)
        step_request(scope, code, RequestState.SUBMITTED, by=by, at=at)
    if filing.contact is not None:
        keep_contact(scope, code, filing.contact, by=by, at=at)
    return code
