"""Requests in a reader's words: kinds of hosts and wishes, the letter as a text, histories as timelines."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from api.entities import RequestState, VisitRequest, Wish
from api.i18n import N_
from api.requests.places import Host
from api.store.requests import RequestStep, standing_steps
from geodata.sites import Signal, SiteKind
from geodata.times import TimeRange, resolve
from maps.words import Words

KINDS: Final[Mapping[SiteKind, str]] = {
    SiteKind.SMA: N_("Senior high school"),
    SiteKind.SMK: N_("Vocational high school"),
    SiteKind.MA: N_("Islamic senior high school"),
    SiteKind.SLB: N_("Special school"),
    SiteKind.SMP: N_("Junior high school"),
    SiteKind.SD: N_("Primary school"),
    SiteKind.KINDERGARTEN: N_("Kindergarten"),
    SiteKind.PESANTREN: N_("Islamic boarding school"),
    SiteKind.ORPHANAGE: N_("Orphanage"),
    SiteKind.PRISON: N_("Prison"),
    SiteKind.MARKET: N_("Market"),
    SiteKind.HEALTH_CENTRE: N_("Health centre"),
    SiteKind.VILLAGE_HALL: N_("Village"),
    SiteKind.OTHER: N_("Other place"),
}
WISHES: Final[Mapping[Wish, str]] = {
    Wish.VISIT: N_("Visit of the van"),
    Wish.HOME: N_("Service at home"),
    Wish.PICKUP: N_("Fetching to the office"),
}
SIGNALS: Final[Mapping[Signal, str]] = {
    Signal.UNKNOWN: N_("Not known"),
    Signal.GOOD: N_("Good"),
    Signal.WEAK: N_("Weak"),
}
_STEPS: Final[Mapping[RequestState, str]] = {
    RequestState.DRAFT: N_("Draft begun"),
    RequestState.SUBMITTED: N_("Request filed"),
    RequestState.NEEDS_CORRECTION: N_("Returned for correction"),
    RequestState.ACCEPTED: N_("Accepted by the office"),
    RequestState.SLOT_OFFERED: N_("Time offered"),
    RequestState.CONFIRMED: N_("Time confirmed"),
    RequestState.SLOT_DECLINED: N_("Time declined"),
    RequestState.SCHEDULED: N_("Visit is in the published schedule"),
    RequestState.DONE: N_("Visit done"),
    RequestState.PARTLY_DONE: N_("Visit done in part"),
    RequestState.NOT_DONE: N_("Visit not made"),
    RequestState.DECLINED: N_("Declined by the office"),
    RequestState.CANCELLED: N_("Cancelled"),
}
_WAY: Final = (
    RequestState.SUBMITTED,
    RequestState.ACCEPTED,
    RequestState.SLOT_OFFERED,
    RequestState.CONFIRMED,
    RequestState.SCHEDULED,
    RequestState.DONE,
)
"""How a request comes to its visit; what follows the present state is still to come."""
_PLACE_ON_WAY: Final[Mapping[RequestState, RequestState]] = {
    RequestState.DRAFT: RequestState.SUBMITTED,
    RequestState.NEEDS_CORRECTION: RequestState.SUBMITTED,
    RequestState.SLOT_DECLINED: RequestState.ACCEPTED,
    RequestState.PARTLY_DONE: RequestState.DONE,
    RequestState.NOT_DONE: RequestState.DONE,
}
_MONDAY: Final = date(2027, 1, 4)


def timeline(steps: Sequence[RequestStep], zone: ZoneInfo, words: Words) -> list[dict[str, str]]:
    """What happened to a request and what comes, as the part `timeline` of pages takes it."""
    standing = [step for step in standing_steps(steps) if step.state is not RequestState.DRAFT]
    items = [
        {
            "word": words.gettext(_STEPS[step.state]),
            "when": moment(step.at, zone, words),
            "note": step.reason,
            "state": "done",
        }
        for step in standing
    ]
    if not items:
        return []
    state = standing[-1].state
    if state not in {RequestState.DECLINED, RequestState.CANCELLED}:
        items[-1]["state"] = "now"
        place = _WAY.index(_PLACE_ON_WAY.get(state, state))
        items += [
            {"word": words.gettext(_STEPS[each]), "when": "", "note": "", "state": "next"} for each in _WAY[place + 1 :]
        ]
    return items


def moment(at: datetime, zone: ZoneInfo, words: Words) -> str:
    """``Rabu, 13 Januari 2027, 13.45 WIB``."""
    local = at.astimezone(zone)
    return f"{words.day(local.date())}, {words.clock(local)}"


def counts_told(request: VisitRequest, words: Words) -> list[tuple[str, str]]:
    """Counts that are not 0, by service."""
    counts = request.counts
    if request.wish is not Wish.VISIT:
        return [(words.gettext("People"), words.number(counts.people))]
    told = (
        (words.gettext("Aged 17 and over, record and print"), counts.record_and_print),
        (words.gettext("Aged 16, record only"), counts.record_only),
        (words.gettext("Child cards (KIA)"), counts.child_id_card),
        (words.gettext("Of these from outside the regency"), counts.outside_domicile),
    )
    return [(label, words.number(count)) for label, count in told if count]


def letter_told(request: VisitRequest, words: Words) -> list[tuple[str, str]]:
    """What is known of the letter; parts that it lacks say so."""
    if request.wish is not Wish.VISIT:
        return []
    letter, lacks = request.letter, words.gettext("not given")
    told = [
        (words.gettext("Letter number"), letter.number or lacks),
        (words.gettext("Date of the letter"), lacks if letter.written is None else words.full_date(letter.written)),
        (words.gettext("File of the letter"), words.gettext("attached") if letter.has_scan else lacks),
    ]
    if letter.subject:
        told.append((words.gettext("Subject"), letter.subject))
    if letter.signatory_position:
        told.append((words.gettext("Signed by"), letter.signatory_position))
    if request.details.attachments:
        told.append((words.gettext("Attachments"), words.number(request.details.attachments)))
    return told


def time_told(request: VisitRequest, words: Words) -> list[tuple[str, str]]:
    """Wished days and hours, blocked days and what the place has; only what was said."""
    details = request.details
    told = []
    if request.weekdays:
        days = ", ".join(words.weekday(_MONDAY + timedelta(days=int(day))) for day in request.weekdays)
        told.append((words.gettext("Days"), days))
    if request.hours:
        told.append((words.gettext("Hours"), ", ".join(_hours(each, words) for each in request.hours)))
    if request.outside_working_hours:
        told.append((words.gettext("Outside working hours"), words.gettext("yes")))
    if request.blocked:
        told.append((words.gettext("Not on"), "; ".join(blocked_told(request, words))))
    if request.not_after is not None:
        told.append((words.gettext("Last useful day"), words.day(request.not_after)))
    if request.signal is not Signal.UNKNOWN:
        told.append((words.gettext("Mobile signal"), words.gettext(SIGNALS[request.signal])))
    for label, text in (
        (words.gettext("Room"), details.room),
        (words.gettext("Power"), details.power),
        (words.gettext("Parking"), details.parking),
        (words.gettext("Accessibility"), details.accessibility),
    ):
        if text:
            told.append((label, text))
    return told


def blocked_told(request: VisitRequest, words: Words) -> list[str]:
    """The blocked days, one range each."""
    told = []
    for each in request.blocked:
        first, last = resolve(each.first, request.received), resolve(each.last, request.received)
        one = words.full_date(first)
        text = words.gettext("{first} until {last}").format(first=one, last=words.full_date(last))
        told.append(one if first == last else text)
    return told


def host_told(host: Host | None, code: str) -> str:
    """Name of a host; its code where the region knows it no more."""
    return code if host is None else host.name


def _hours(hours: TimeRange, words: Words) -> str:
    def clock(minute: int) -> str:
        return words.time(datetime(2027, 1, 4) + timedelta(minutes=minute))  # noqa: DTZ001 (a clock on no day)

    return f"{clock(hours.start)}\N{EN DASH}{clock(hours.end)}"
