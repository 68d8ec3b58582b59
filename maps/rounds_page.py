"""
The calendar of a quarter's rounds as a page to print: a table a week, a row a day, a column a van.

It holds no script and opens without a network. What stands below the weeks comes in words already, because only the
office knows what its rounds owe whom.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from maps.itinerary import Itinerary, WeekItinerary
from maps.page import sheet_page
from maps.style import van_class
from maps.words import FREE, Words
from optimizer.problem import VisitId

_WEEK_DAYS = 7


@dataclass(frozen=True)
class RoundsSheet:
    """
    What a calendar says beside its stops, in the reader's language.

    Attributes
    ----------
    weeks
        Mondays in order, each with a remark or none.
    days_off
        Why nobody works on a day; weekends left out.
    also
        Names of the villages that share a stop, besides the one where it is.
    figures
        Names and values.
    district_heads, districts
        A table of the kecamatan: heads, and rows of as many cells.
    lists
        Headings with their lines.
    """

    title: str
    weeks: Mapping[date, str]
    days_off: Mapping[date, str]
    also: Mapping[VisitId, Sequence[str]]
    figures: tuple[tuple[str, str], ...]
    district_heads: tuple[str, ...]
    districts: tuple[tuple[str, ...], ...]
    lists: tuple[tuple[str, tuple[str, ...]], ...]


def rounds_page(sheet: RoundsSheet, rounds: WeekItinerary, *, gettext: Callable[[str], str], locale: str = "id") -> str:
    """
    A complete page with the calendar of all stops.

    Parameters
    ----------
    rounds
        The plan of all weeks as people read it.
    locale
        For dates and numbers: ``id`` or ``en``, the language that ``gettext`` answers in.
    """
    words = Words(gettext, locale)
    cards = rounds.cards
    context = {
        "_": gettext,
        "words": words,
        "title": sheet.title,
        "office": cards.office.name,
        "regency": cards.regency,
        "free": gettext(FREE),
        "figures": sheet.figures,
        "vans": [
            {"number": van.number, "name": van.name, "van_class": van_class(van.number)} for van in cards.vehicles
        ],
        "weeks": [{"title": words.week(monday), "days": _days(monday, sheet, rounds, words)} for monday in sheet.weeks],
        "district_heads": sheet.district_heads,
        "districts": sheet.districts,
        "lists": sheet.lists,
        "sources": cards.sources,
    }
    return sheet_page("rounds.html", context, style="rounds.css")


def week_heading(monday: date, sheet: RoundsSheet, words: Words) -> str:
    """A week with its remark."""
    remark = sheet.weeks[monday]
    return f"{words.week(monday)} · {remark}" if remark else words.week(monday)


def also_line(names: Sequence[str], words: Words) -> str:
    """The villages that share a stop, in words; empty where none does."""
    return words.gettext("also for {villages}").format(villages=", ".join(names)) if names else ""


def _days(monday: date, sheet: RoundsSheet, rounds: WeekItinerary, words: Words) -> list[dict[str, object]]:
    """The days of a week on which a van works, or that somebody has off beside the weekend."""
    worked = set(rounds.days)
    days = [monday + timedelta(days=number) for number in range(_WEEK_DAYS)]
    return [
        {
            "label": words.short_day(day),
            "off": sheet.days_off.get(day, ""),
            "vans": [
                _stops(rounds.find_itinerary(van.id, day), sheet, words) if day in worked else []
                for van in rounds.cards.vehicles
            ],
        }
        for day in days
        if day in worked or day in sheet.days_off
    ]


def _stops(itinerary: Itinerary | None, sheet: RoundsSheet, words: Words) -> list[dict[str, str]]:
    if itinerary is None:
        return []
    return [
        {
            "span": f"{words.time(stop.start)}\N{EN DASH}{words.time(stop.finish)}",
            "name": stop.card.name,
            "place": stop.card.place,
            "also": also_line(sheet.also.get(stop.card.visit, ()), words),
        }
        for stop in itinerary.stops
    ]
