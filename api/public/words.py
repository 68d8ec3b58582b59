"""Words of the public pages that stand for codes."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Final
from urllib.parse import quote

from api.i18n import N_
from api.schedule import PublicVisit
from geodata.requests import RecurringRow
from geodata.sites import Amenity
from maps.cards import CountKind
from maps.words import FREE, Words

AMENITIES: Final[Mapping[Amenity, str]] = {
    Amenity.RAMP: N_("Ramp for wheelchairs"),
    Amenity.LACTATION_ROOM: N_("Lactation room"),
    Amenity.PLAY_CORNER: N_("Play corner"),
    Amenity.TOILET: N_("Toilet"),
    Amenity.WAITING_ROOM: N_("Waiting room"),
    Amenity.POWER: N_("Electric power"),
    Amenity.PARKING: N_("Parking"),
}
SERVICES: Final[Mapping[CountKind, str]] = {
    CountKind.RECORD_AND_PRINT: N_("KTP-el: recording and card, from age 17"),
    CountKind.RECORD_ONLY: N_("KTP-el: recording at age 16, the card comes at 17"),
    CountKind.CHILD_ID_CARD: N_("KIA: identity card for children"),
    CountKind.HANDOVER: N_("Handing over of cards that are ready"),
}
_MONDAY: Final = date(2024, 1, 1)
"""Any Monday, for names of days."""


def amenity_names(amenities: frozenset[Amenity], words: Words) -> list[str]:
    """What a place offers, in words and in one order."""
    return [words.gettext(AMENITIES[each]) for each in Amenity if each in amenities]


def rule_text(row: RecurringRow, words: Words) -> str:
    """A fixed round in words: which days, how often, at what hours."""
    days = ", ".join(words.day(_MONDAY + timedelta(days=int(day))).split(",")[0] for day in row.weekdays)
    if len(row.weekdays) > 1:
        every = words.gettext("Every week, on one of these days: {days}")
        rare = words.gettext("Every {weeks} weeks, on one of these days: {days}")
    else:
        every, rare = words.gettext("Every week: {days}"), words.gettext("Every {weeks} weeks: {days}")
    rule = every if row.every_weeks == 1 else rare
    told = rule.format(weeks=words.number(row.every_weeks), days=days)
    if row.hours is None:
        return told
    midnight = datetime.combine(_MONDAY, time())
    begin, end = (words.time(midnight + timedelta(minutes=each)) for each in (row.hours.start, row.hours.end))
    return words.gettext("{rule}, {start} to {end}").format(rule=told, start=begin, end=end)


def share_url(visit: PublicVisit, address: str, words: Words) -> str:
    """A link that opens WhatsApp with the visit in words."""
    when = f"{words.day(visit.starts.date())}, {words.span(visit.starts, visit.ends)}"
    lines = [
        words.gettext("Mobile civil registry service at {place}, {address}").format(
            place=visit.place.spot, address=visit.place.address
        ),
        when,
        *(words.gettext(SERVICES[each]) for each in visit.services),
        words.gettext(FREE),
        address,
    ]
    if visit.is_cancelled:
        lines.insert(0, words.gettext("CANCELLED"))
    return f"https://wa.me/?text={quote(chr(10).join(lines))}"
