"""
The parts of a request as forms have them: the letter, pupils and time, people at home, whom to call.

Each part is read from a form into a request, and written from a request into the form's fields again.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from api.entities import RequestId, RequestLetter, RequestState, VisitRequest, Wish
from api.i18n import N_
from api.requests.answers import Answers
from api.requests.places import Host
from api.store.contacts import Contact
from geodata.requests import ServiceCounts
from geodata.sites import Signal
from geodata.times import resolve

MOST_PEOPLE: Final = 5_000
"""Of one request; more than that is a slip of the finger."""
MOST_AT_HOME: Final = 100
MORE_THAN_PUPILS: Final = 1.2
"""Counts beyond this share of a school's roll are warned of."""
_MOST_ATTACHMENTS: Final = 99
_YEAR: Final = timedelta(days=366)
_LINE: Final = 120
_NOTE: Final = 500
LETTER_FIELDS: Final = ("letter_number", "letter_written", "subject", "attachments", "signatory_position")
VISIT_FIELDS: Final = (
    *("record_and_print", "record_only", "child_id_card", "outside_domicile", "weekdays", "outside_working_hours"),
    *("not_after", "signal", "room", "power", "parking", "accessibility"),
)
PEOPLE_FIELDS: Final = ("people",)
_FORMER_LETTER: Final = N_("A letter's day is today at the latest, and not more than a year ago.")
_USELESS: Final = N_("The last useful day is today at the earliest, and within a year.")
_CALLING_CODE: Final = "62"
_PHONE: Final = re.compile(r"[0-9]{9,14}", re.ASCII)


def blank_request(wish: Wish, host: Host, received: date) -> VisitRequest:
    """A request of that host that says nothing yet and has no code."""
    return VisitRequest(
        RequestId(""),
        host.code,
        host.kind,
        received,
        ServiceCounts(),
        RequestLetter(),
        RequestState.SUBMITTED,
        needs_portable_kit=wish is Wish.HOME,
        wish=wish,
    )


def read_letter(request: VisitRequest, answers: Answers, today: date) -> VisitRequest:
    """The request with the letter that a form tells of; whether there is a scan stays."""
    letter = replace(
        request.letter,
        number=answers.text("letter_number", _LINE) or None,
        written=answers.day("letter_written", today - _YEAR, today, _FORMER_LETTER),
        subject=answers.text("subject", _NOTE),
        signatory_position=answers.text("signatory_position", _LINE),
    )
    details = replace(request.details, attachments=answers.whole("attachments", _MOST_ATTACHMENTS))
    return replace(request, letter=letter, details=details)


def read_visit(request: VisitRequest, answers: Answers, today: date) -> VisitRequest:
    """The request with counts, days, hours and what the place has."""
    counts = ServiceCounts(
        answers.whole("record_and_print", MOST_PEOPLE),
        answers.whole("record_only", MOST_PEOPLE),
        answers.whole("child_id_card", MOST_PEOPLE),
        answers.whole("outside_domicile", MOST_PEOPLE),
    )
    if not answers.faults:
        _check_counts(counts, answers)
    details = replace(
        request.details,
        room=answers.text("room", _NOTE, is_long=True),
        power=answers.text("power", _LINE),
        parking=answers.text("parking", _LINE),
        accessibility=answers.text("accessibility", _NOTE, is_long=True),
    )
    return replace(
        request,
        counts=counts,
        weekdays=answers.weekdays("weekdays"),
        hours=answers.hours("hours"),
        outside_working_hours=answers.ticked("outside_working_hours"),
        blocked=answers.days("blocked", today - _YEAR, today + _YEAR),
        not_after=answers.day("not_after", today, today + _YEAR, _USELESS),
        signal=Signal(answers.one_of("signal", list(Signal), Signal.UNKNOWN)),
        details=details,
    )


def read_people(request: VisitRequest, answers: Answers) -> VisitRequest:
    """The request with the number of people that are to be served at home or fetched."""
    people = answers.whole("people", MOST_AT_HOME)
    if not people:
        answers.refuse("people", N_("Write how many people it is for, at least 1."))
    return replace(request, counts=ServiceCounts(record_and_print=people))


def read_contact(answers: Answers) -> Contact:
    """Whom to call, from a form; the number as WhatsApp takes it."""
    name = answers.text("contact_name", _LINE, required=True)
    return Contact(name, _phone(answers))


def read_consent(request: VisitRequest, answers: Answers, *, required: bool = True) -> VisitRequest:
    """The request with the statement about consent."""
    message = N_("Without this statement the request cannot be filed.") if required else ""
    return replace(request, details=replace(request.details, consent=answers.ticked("consent", message)))


def typed_letter(request: VisitRequest) -> dict[str, list[str]]:
    """The letter as the form's fields."""
    letter = request.letter
    return _typed(
        {
            "letter_number": letter.number or "",
            "letter_written": "" if letter.written is None else letter.written.isoformat(),
            "subject": letter.subject,
            "attachments": _count(request.details.attachments),
            "signatory_position": letter.signatory_position,
        }
    )


def typed_visit(request: VisitRequest) -> dict[str, list[str]]:
    """Counts, days, hours and what the place has as the form's fields."""
    counts, details = request.counts, request.details
    typed = _typed(
        {
            "record_and_print": _count(counts.record_and_print),
            "record_only": _count(counts.record_only),
            "child_id_card": _count(counts.child_id_card),
            "outside_domicile": _count(counts.outside_domicile),
            "outside_working_hours": "yes" if request.outside_working_hours else "",
            "not_after": "" if request.not_after is None else request.not_after.isoformat(),
            "signal": request.signal,
            "room": details.room,
            "power": details.power,
            "parking": details.parking,
            "accessibility": details.accessibility,
        }
    )
    typed["weekdays"] = [str(int(day)) for day in request.weekdays]
    for number, hours in enumerate(request.hours, 1):
        typed |= _typed({f"hours_{number}_from": _clock(hours.start), f"hours_{number}_to": _clock(hours.end)})
    for number, days in enumerate(request.blocked, 1):
        ends = (resolve(days.first, request.received), resolve(days.last, request.received))
        typed |= _typed({f"blocked_{number}_from": ends[0].isoformat(), f"blocked_{number}_to": ends[1].isoformat()})
    return typed


def typed_people(request: VisitRequest) -> dict[str, list[str]]:
    """The number of people as the form's field."""
    return _typed({"people": _count(request.counts.people)})


def exceeds_roll(request: VisitRequest, host: Host) -> bool:
    """Whether more are announced than a school's roll makes likely: one may have typed a figure too many."""
    return host.pupils is not None and request.counts.people > host.pupils * MORE_THAN_PUPILS


def _check_counts(counts: ServiceCounts, answers: Answers) -> None:
    if not counts.people:
        answers.refuse("record_and_print", N_("Write for how many people, in at least one of the three."))
    elif counts.people > MOST_PEOPLE:
        answers.refuse("record_and_print", N_("One request is for at most {most} people."), most=MOST_PEOPLE)
    elif counts.outside_domicile > counts.recordings:
        answers.refuse("outside_domicile", N_("These are part of those to be recorded, so not more than they are."))


def _phone(answers: Answers) -> str:
    text = re.sub(r"[\s().-]+", "", answers.raw("contact_whatsapp"))
    digits = text.removeprefix("+")
    if digits.startswith("0"):
        digits = _CALLING_CODE + digits[1:]
    if not _PHONE.fullmatch(digits):
        answers.refuse("contact_whatsapp", N_("Write a WhatsApp number such as 0812 3456 7890."))
        return ""
    return digits


def _typed(values: Mapping[str, str]) -> dict[str, list[str]]:
    return {name: [str(value)] for name, value in values.items() if value}


def _count(count: int) -> str:
    return str(count) if count else ""


def _clock(minute: int) -> str:
    minute = min(minute, 24 * 60 - 1)
    return f"{minute // 60:02d}:{minute % 60:02d}"
