"""
The map of one van on one day for its crew, and below it the day sheet: a table that also prints on one side of A4.

The sheet is the map's twin: drives, stops and pauses in the order of the day. A stop has two links that act only when
they are tapped: one opens the map application of the phone (a ``geo:`` address, which works without a network), the
other the directions of a web map.
"""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

import geopandas

from maps.drawing import base_drawings, day_line, map_words, route_drawing
from maps.itinerary import Itinerary, Leg, Rest, Stop, WeekItinerary
from maps.page import Bounds, Ground, TileSource, bounds_of, map_page
from maps.style import QUIET_AREA, van_class
from maps.words import FREE, Words
from optimizer.problem import Location

_DIRECTIONS = "https://www.google.com/maps/dir/?api=1&travelmode=driving&destination="
_MARGIN_DEG = 0.1  # areas this far beyond the way are drawn: about what a first view shows around it


def daily_map(
    week: WeekItinerary,
    itinerary: Itinerary,
    areas: geopandas.GeoDataFrame | None,
    *,
    gettext: Callable[[str], str],
    locale: str = "id",
    tiles: TileSource | None = None,
) -> str:
    """
    A complete page with one van's day as map and as sheet, which opens without a network.

    Parameters
    ----------
    itinerary
        One of the week's.
    areas
        The villages' areas in EPSG:4326 with a column ``code``, or None; those near the way are drawn as quiet ground
        with the names that the week's cards give them.
    locale
        For dates and numbers: ``id`` or ``en``, the language that ``gettext`` answers in.
    tiles
        A background that the office has set up; without one the map's ground is plain.
    """
    words = Words(gettext, locale)
    title = f"{itinerary.vehicle.name} · {words.day(itinerary.day)}"
    bounds = bounds_of([point for leg in itinerary.legs for point in leg.line])
    drawing = {
        "routes": [route_drawing(itinerary, words)],
        "unserved": [],
        "unserved_lines": [],
        "bases": base_drawings(week.office, [itinerary], words),
        "shows_vans": False,
        "words": map_words(words, title),
    }
    context = {
        "_": gettext,
        "words": words,
        "title": title,
        "office": week.cards.office.name,
        "free": gettext(FREE),
        "van_class": van_class(itinerary.vehicle.number),
        "number": itinerary.vehicle.number,
        "line": day_line(itinerary, words),
        "equipment": _equipment(itinerary, words),
        "rows": _rows(itinerary, words),
        "estimates": _estimates(itinerary, words),
        "sources": week.cards.sources,
    }
    return map_page("day.html", context, drawing, bounds=bounds, ground=_ground(week, areas, bounds), tiles=tiles)


def _ground(week: WeekItinerary, areas: geopandas.GeoDataFrame | None, bounds: Bounds) -> Ground | None:
    if areas is None:
        return None
    (south, west), (north, east) = bounds
    near = areas.cx[west - _MARGIN_DEG : east + _MARGIN_DEG, south - _MARGIN_DEG : north + _MARGIN_DEG]
    if near.empty:
        return None
    names = {village.code: village.name for village in week.cards.villages}
    lines = [[names.get(code, code)] for code in map(str, near["code"])]
    return Ground(near, fills=[QUIET_AREA] * len(near), lines=lines)


def _equipment(itinerary: Itinerary, words: Words) -> str:
    van = itinerary.vehicle
    kits = words.gettext("{count} recording kits").format(count=van.kits)
    cards = (
        words.gettext("cards are printed on the spot")
        if van.can_print
        else words.gettext("cards are handed over later")
    )
    return f"{kits} · {cards}"


def _estimates(itinerary: Itinerary, words: Words) -> str:
    """Where the day's distances and times come from: the legs tell whether roads are known."""
    if all(leg.is_straight for leg in itinerary.legs):
        return words.gettext("Distances and times are estimates by a straight line with a factor for the road.")
    return words.gettext("Distances and times are estimates along the roads.")


def _rows(itinerary: Itinerary, words: Words) -> list[dict[str, object]]:
    """Drives, stops and pauses in the order of the day; a pause that falls into a drive or a stay follows its start."""
    timed: list[tuple[datetime, dict[str, object]]] = []
    for leg, stop in zip(itinerary.legs, [*itinerary.stops, None], strict=True):
        timed.append((leg.depart, _leg_row(leg, words)))
        if stop is not None:
            timed.append((stop.arrive, _stop_row(itinerary, stop, words)))
    timed += [(rest.start, _rest_row(rest, words)) for rest in itinerary.rests]
    return [row for _, row in sorted(timed, key=lambda each: each[0])]


def _leg_row(leg: Leg, words: Words) -> dict[str, object]:
    way = words.gettext("{origin} → {destination}").format(origin=leg.origin.name, destination=leg.destination.name)
    return {
        "type": "leg",
        "span": f"{words.time(leg.depart)}\N{EN DASH}{words.time(leg.arrive)}",
        "way": way,
        "drive": words.drive(leg),
    }


def _rest_row(rest: Rest, words: Words) -> dict[str, object]:
    return {"type": "rest", "span": f"{words.time(rest.start)}\N{EN DASH}{words.time(rest.end)}"}


def _stop_row(itinerary: Itinerary, stop: Stop, words: Words) -> dict[str, object]:
    card, title = stop.card, words.title(stop.card)
    return {
        "type": "stop",
        "index": stop.number - 1,
        "number": stop.number,
        "kind": card.kind.value,
        "is_pinned": stop.is_pinned,
        "show": words.gettext("Show {place} on the map").format(place=title),
        "span": words.span(stop.start, stop.finish),
        "arrive": words.gettext("arrive {time}").format(time=words.time(stop.arrive)),
        "title": title,
        "place": card.place,
        "people": words.people(card.people),
        "services": words.services(card),
        "cause": words.cause(card),
        "bring": [words.text(text) for text in card.bring],
        "notes": [words.text(text) for text in card.notes],
        "geo": geo_link(stop.location, title),
        "directions": directions_link(stop.location),
        "van": itinerary.vehicle.name,
    }


def directions_link(location: Location) -> str:
    """Address of the directions of a web map, from where the reader is."""
    return f"{_DIRECTIONS}{quote(_coordinates(location))}"


def geo_link(location: Location, title: str) -> str:
    """A ``geo:`` address (RFC 5870) with the label that Android's map applications show."""
    point = _coordinates(location)
    return f"geo:{point}?q={quote(f'{point}({title})', safe=',')}"


def _coordinates(location: Location) -> str:
    return f"{location.lat:.6f},{location.lon:.6f}"
