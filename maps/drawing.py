"""
What a map draws, as plain values for its data block: routes with the lines of their popups, bases, titles.

Popups have four lines at most. Their words are made here, so that the script in the page holds none.
"""

from collections.abc import Sequence

from maps.document import as_document
from maps.itinerary import Itinerary, Leg, Place, Stop
from maps.style import text_colour, van_colour
from maps.words import Words


def route_drawing(itinerary: Itinerary, words: Words) -> dict[str, object]:
    """One van's day for the map's data block: its document, its colour and the lines of its popups."""
    colour = van_colour(itinerary.vehicle.number)
    return {
        "itinerary": as_document(itinerary, gettext=words.gettext),
        "colour": colour,
        "text_colour": text_colour(colour),
        "day_label": words.weekday(itinerary.day),
        "stop_lines": [_stop_lines(itinerary, stop, words) for stop in itinerary.stops],
        "leg_lines": [_leg_lines(itinerary, leg, words) for leg in itinerary.legs],
    }


def base_drawings(office: Place | None, days: Sequence[Itinerary], words: Words) -> list[dict[str, object]]:
    """The office and every other place where one of these days starts or ends, once each."""
    places = [] if office is None else [office]
    places += [place for day in days for place in (day.legs[0].origin, day.legs[-1].destination)]
    return [
        {
            "point": [place.location.lon, place.location.lat],
            "label": words.gettext("O"),
            "lines": [place.name, words.gettext("Vans start and end here")],
        }
        for place in {place.location.id: place for place in places}.values()
    ]


def map_words(words: Words, title: str) -> dict[str, str]:
    """Titles of the map itself and of its buttons."""
    gettext = words.gettext
    return {
        "map": gettext("Map: {title}").format(title=title),
        "zoom_in": gettext("Zoom in"),
        "zoom_out": gettext("Zoom out"),
        "fit": gettext("Show everything"),
    }


def _stop_lines(itinerary: Itinerary, stop: Stop, words: Words) -> list[str]:
    when = f"{words.short_day(itinerary.day)}, {words.span(stop.start, stop.finish)}"
    who = f"{itinerary.vehicle.name} · {words.people(stop.card.people)}"
    return [words.title(stop.card), when, who, words.services(stop.card) or words.cause(stop.card)]


def _leg_lines(itinerary: Itinerary, leg: Leg, words: Words) -> list[str]:
    way = f"{words.time(leg.depart)}\N{EN DASH}{words.clock(leg.arrive)} · {words.drive(leg)}"
    lines = [f"{leg.origin.name} → {leg.destination.name}", f"{itinerary.vehicle.name}, {way}"]
    return [*lines, words.gettext("Straight line, not the road")] if leg.is_straight else lines


def day_line(itinerary: Itinerary, words: Words) -> str:
    """A van's day in one line: when it leaves and is back, people, way, overtime."""
    parts = [
        words.gettext("leaves {leave}, back {back}").format(
            leave=words.time(itinerary.leave), back=words.clock(itinerary.back)
        ),
        words.people(itinerary.people),
        words.kilometres(itinerary.distance_m),
    ]
    if itinerary.overtime_min:
        parts.append(words.gettext("overtime {time}").format(time=words.duration(itinerary.overtime_min)))
    return " · ".join(parts)
