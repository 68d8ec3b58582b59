"""A request on one page: staff enters a letter on somebody's behalf, an account files for its own place."""

from typing import Final

from api.auth.caller import Caller
from api.entities import RequestState, Role, VisitRequest, Wish
from api.i18n import N_
from api.office import Office
from api.requests.answers import Answers, Typed
from api.requests.filing import Filed, Filing, file_request
from api.requests.letters import read_file
from api.requests.parts import (
    blank_request,
    read_consent,
    read_contact,
    read_letter,
    read_people,
    read_visit,
)
from api.requests.places import Host
from api.requests.quotas import SameLetterError, TooManyOpenError
from api.store.contacts import Contact
from api.store.requests import list_of_place
from api.store.scope import RegencyCode

_SAME: Final = N_("The same letter was filed as {code} on {day}. Tick the box below to file it all the same.")


def enter(
    office: Office, caller: Caller, host: Host, wish: Wish, typed: Typed, file: bytes
) -> tuple[Filed | None, Answers]:
    """
    File a request from one page; None with what is wrong.

    Staff is told of the same letter with its code, and may file it all the same; statement and contact are asked for
    where the letter has them. An account is bound as the public is.
    """
    is_staff = caller.has(Role.PLANNER)
    regency = _regency(caller)
    today = office.today(regency)
    answers = Answers(typed)
    request = read_entered(blank_request(wish, host, today), answers, is_staff=is_staff)
    contact: Contact | None = None
    if not is_staff or answers.raw("contact_name") or answers.raw("contact_whatsapp"):
        contact = read_contact(answers)
    clean = read_file(file, answers)
    if answers.faults:
        return None, answers
    filing = Filing(request, contact, clean, is_checked=not (is_staff and answers.ticked("anyway")))
    try:
        return file_request(office, regency, filing, by=caller.by), answers
    except SameLetterError as error:
        if is_staff:
            answers.refuse("letter_number", _SAME, code=error.earlier.id, day=error.earlier.received)
        else:
            answers.refuse("letter_number", error.message)
    except TooManyOpenError as error:
        answers.refuse("letter_number", error.message, **error.params)
    return None, answers


def read_entered(request: VisitRequest, answers: Answers, *, is_staff: bool) -> VisitRequest:
    """The request as the fields of one form say."""
    today = request.received
    if request.wish is Wish.VISIT:
        request = read_visit(read_letter(request, answers, today), answers, today)
    else:
        request = read_people(request, answers)
    return read_consent(request, answers, required=not is_staff)


def list_own(office: Office, caller: Caller) -> tuple[VisitRequest, ...]:
    """Requests of the place for which an account speaks, the newest first."""
    assert caller.place is not None
    place = caller.place
    found = office.read(_regency(caller), lambda scope: list_of_place(scope, place))
    return tuple(each for each in found if each.state is not RequestState.DRAFT)


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency
