"""
The map of a week for everybody: where vans come on which day and at what hours.

There are no vans on it, no ways, no counts and no visits left out. The number in a mark is the day of the month, its
colour goes with the day.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import geopandas

from maps.cards import PlaceKind
from maps.drawing import map_words
from maps.page import Bounds, Ground, TileSource, bounds_of, map_page
from maps.style import QUIET_AREA, text_colour, van_class, van_colour
from maps.words import FREE, Words


@dataclass(frozen=True, slots=True)
class PublicMark:
    """
    One place on one day.

    Attributes
    ----------
    lines
        Of its popup: name, day and hours, and at most two more.
    point
        ``lon, lat``.
    """

    kind: PlaceKind
    name: str
    point: tuple[float, float]
    starts: datetime
    ends: datetime
    lines: tuple[str, ...]


def public_map(  # noqa: PLR0913 (what a map is of)
    monday: date,
    marks: Sequence[PublicMark],
    areas: geopandas.GeoDataFrame | None,
    *,
    sources: Sequence[str],
    gettext: Callable[[str], str],
    locale: str = "id",
    tiles: TileSource | None = None,
) -> str:
    """
    A complete page with the week's map, which opens without a network.

    Parameters
    ----------
    areas
        As for `maps.week_map.week_map`; their names are their column ``name``.
    sources
        Where places and areas come from.
    """
    words = Words(gettext, locale)
    days = sorted({mark.starts.date() for mark in marks})
    drawing = {
        "routes": [_day(number, day, marks) for number, day in enumerate(days, start=1)],
        "unserved": [],
        "unserved_lines": [],
        "bases": [],
        "shows_vans": False,
        "words": map_words(words, words.week(monday)),
    }
    context = {
        "_": gettext,
        "words": words,
        "title": words.week(monday),
        "free": gettext(FREE),
        "days": [
            {"date": day.isoformat(), "label": words.short_day(day), "van_class": van_class(number), "number": day.day}
            for number, day in enumerate(days, start=1)
        ],
        "sources": sources,
    }
    return map_page("public.html", context, drawing, bounds=_bounds(marks, areas), ground=_ground(areas), tiles=tiles)


def _day(number: int, day: date, marks: Sequence[PublicMark]) -> dict[str, object]:
    here = [mark for mark in marks if mark.starts.date() == day]
    colour = van_colour(number)
    stops = [
        {"point": list(mark.point), "kind": mark.kind, "number": day.day, "name": mark.name, "is_pinned": False}
        for mark in here
    ]
    return {
        "itinerary": {"date": day.isoformat(), "vehicle": {"number": number}, "legs": [], "stops": stops},
        "colour": colour,
        "text_colour": text_colour(colour),
        "day_label": "",
        "stop_lines": [list(mark.lines) for mark in here],
        "leg_lines": [],
    }


def _ground(areas: geopandas.GeoDataFrame | None) -> Ground | None:
    if areas is None or areas.empty:
        return None
    return Ground(areas, [QUIET_AREA] * len(areas), [[str(name)] for name in areas["name"]])


def _bounds(marks: Sequence[PublicMark], areas: geopandas.GeoDataFrame | None) -> Bounds:
    if marks:
        return bounds_of([mark.point for mark in marks])
    if areas is None or areas.empty:
        return bounds_of([(95.0, -11.0), (141.0, 6.0)])  # Indonesia
    west, south, east, north = areas.total_bounds
    return bounds_of([(west, south), (east, north)])
