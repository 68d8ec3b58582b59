"""Visits as calendars take them (iCalendar, RFC 5545); the home of icalendar."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

from icalendar import Calendar, Event

MEDIA_TYPE: Final = "text/calendar; charset=utf-8"


def event(  # noqa: PLR0913 (what an entry is)
    uid: str,
    starts: datetime,
    ends: datetime,
    summary: str,
    location: str = "",
    description: str = "",
    *,
    cancelled: bool = False,
    sequence: int = 0,
    changed: datetime | None = None,
) -> Event:
    """
    An entry of a calendar.

    Parameters
    ----------
    uid
        The same for all versions of one visit, so that a calendar replaces what it has.
    starts, ends
        With their zone; calendars show them on their own clock.
    sequence
        Grows with each version.
    changed
        When this version was made; None: as its start.
    """
    entry = Event()
    entry.add("uid", uid)
    entry.add("dtstamp", changed or starts)
    entry.add("dtstart", starts)
    entry.add("dtend", ends)
    entry.add("summary", summary)
    entry.add("sequence", sequence)
    entry.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    if location:
        entry.add("location", location)
    if description:
        entry.add("description", description)
    return entry


def calendar(name: str, events: Iterable[Event]) -> bytes:
    """A calendar file with those entries."""
    made = Calendar()
    made.add("prodid", "-//Moling//Moling//EN")
    made.add("version", "2.0")
    made.add("method", "PUBLISH")
    made.add("x-wr-calname", name)
    for each in events:
        made.add_component(each)
    content: bytes = made.to_ical()
    return content
