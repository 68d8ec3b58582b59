"""
Itineraries as plain JSON values: one form for the data block of a map and for the programming interface.

What is served for a van and a day is therefore, value for value, what its map was drawn from.
"""

from collections.abc import Callable

from maps.cards import VisitCard, translated
from maps.itinerary import Itinerary, Leg, Stop, UnservedVisit
from optimizer.problem import Location


def as_document(itinerary: Itinerary, *, gettext: Callable[[str], str]) -> dict[str, object]:
    """
    The itinerary as plain JSON values, the same on maps and from the programming interface.

    Times are ISO 8601 with their offset, points ``[lon, lat]``. What to bring and notes are translated.
    """
    return {
        "shift": itinerary.shift,
        "date": itinerary.day.isoformat(),
        "vehicle": {
            "id": itinerary.vehicle.id,
            "name": itinerary.vehicle.name,
            "number": itinerary.vehicle.number,
            "kits": itinerary.vehicle.kits,
            "can_print": itinerary.vehicle.can_print,
        },
        "leave": itinerary.leave.isoformat(),
        "back": itinerary.back.isoformat(),
        "distance_m": itinerary.distance_m,
        "overtime_min": itinerary.overtime_min,
        "people": itinerary.people,
        "stops": [stop_document(stop, gettext) for stop in itinerary.stops],
        "legs": [leg_document(leg) for leg in itinerary.legs],
        "pauses": [{"start": rest.start.isoformat(), "end": rest.end.isoformat()} for rest in itinerary.rests],
    }


def unserved_document(unserved: UnservedVisit, *, gettext: Callable[[str], str]) -> dict[str, object]:
    """A visit left out as plain JSON values, beside `as_document`."""
    return {
        **_card_document(unserved.card, gettext),
        "point": _point(unserved.location),
        "reason": unserved.reason.value,
        "text": translated(unserved.text, gettext),
        "by": list(unserved.by),
    }


def stop_document(stop: Stop, gettext: Callable[[str], str]) -> dict[str, object]:
    """One stop, as it stands in `as_document`."""
    return {
        "number": stop.number,
        **_card_document(stop.card, gettext),
        "point": _point(stop.location),
        "arrive": stop.arrive.isoformat(),
        "start": stop.start.isoformat(),
        "finish": stop.finish.isoformat(),
        "is_pinned": stop.is_pinned,
    }


def _card_document(card: VisitCard, gettext: Callable[[str], str]) -> dict[str, object]:
    return {
        "visit": card.visit,
        "name": card.name,
        "kind": card.kind.value,
        "origin": card.origin.value,
        "place": card.place,
        "village_code": card.village_code,
        "people": card.people,
        "is_estimate": card.is_estimate,
        "counts": {kind.value: count for kind, count in card.counts.items()},
        "letter_number": card.letter_number,
        "letter_date": None if card.letter_date is None else card.letter_date.isoformat(),
        "rule": None if card.rule is None else translated(card.rule, gettext),
        "bring": [translated(text, gettext) for text in card.bring],
        "notes": [translated(text, gettext) for text in card.notes],
        "part": card.part,
        "parts": card.parts,
        "factors": [{"label": translated(factor.label, gettext), "value": factor.value} for factor in card.factors],
    }


def leg_document(leg: Leg) -> dict[str, object]:
    """One drive, as it stands in `as_document`."""
    return {
        "from": {"name": leg.origin.name, "point": _point(leg.origin.location)},
        "to": {"name": leg.destination.name, "point": _point(leg.destination.location)},
        "depart": leg.depart.isoformat(),
        "arrive": leg.arrive.isoformat(),
        "duration_min": leg.duration_min,
        "distance_m": leg.distance_m,
        "is_straight": leg.is_straight,
        "way": [list(point) for point in leg.way],
    }


def _point(location: Location) -> list[float]:
    return [location.lon, location.lat]
