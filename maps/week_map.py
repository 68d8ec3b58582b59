"""
The map of a whole week for the planner: every van and day, the visits left out, and how long each village has waited.

All days are shown at first; a day, a van, the unserved visits and the areas can each be switched by mouse, finger or
keyboard. The tables below the map hold the same facts. Villages that were candidates and are not visited this week
get no mark, as nobody promised them a visit: the shading of their area says how long they have waited.
"""

from collections.abc import Callable

import geopandas

from maps.cards import VillageCard
from maps.document import unserved_document
from maps.drawing import base_drawings, day_line, map_words, route_drawing
from maps.itinerary import Itinerary, Leg, Stop, UnservedVisit, WeekItinerary
from maps.page import Ground, TileSource, bounds_of, map_page
from maps.style import AREA_STEPS, NO_DATA_FILL, QUIET_AREA, AreaStep, area_step, van_class
from maps.words import FREE, Words


def week_map(
    week: WeekItinerary,
    areas: geopandas.GeoDataFrame | None,
    *,
    gettext: Callable[[str], str],
    locale: str = "id",
    tiles: TileSource | None = None,
) -> str:
    """
    A complete page with the week's map and its tables, which opens without a network.

    Parameters
    ----------
    areas
        The villages' areas in EPSG:4326 with columns ``code`` (ten digits as text) and ``is_approximate``; None for a
        map without areas. Names and weeks come from the week's cards; an area without a card counts as without data.
    locale
        For dates and numbers: ``id`` or ``en``, the language that ``gettext`` answers in.
    tiles
        A background that the office has set up; without one the map's ground is plain.
    """
    words = Words(gettext, locale)
    drawing = {
        "routes": [route_drawing(itinerary, words) for itinerary in week.itineraries],
        "unserved": [unserved_document(visit, gettext=gettext) for visit in week.unserved],
        "unserved_lines": [_unserved_lines(visit, words) for visit in week.unserved],
        "bases": base_drawings(week.office, week.itineraries, words),
        "shows_vans": True,
        "words": map_words(words, words.week(week.week)),
    }
    context = {
        "_": gettext,
        "words": words,
        "title": words.week(week.week),
        "office": week.cards.office.name,
        "regency": week.cards.regency,
        "free": gettext(FREE),
        "totals": _totals(week, words),
        "notes": [words.text(note) for note in week.cards.notes],
        "days": [{"date": day.isoformat(), "label": words.short_day(day)} for day in week.days],
        "vans": [
            {"number": van.number, "name": van.name, "van_class": van_class(van.number)}
            for van in sorted(week.cards.vehicles, key=lambda van: van.number)
        ],
        "routes": [_route_row(index, itinerary, words) for index, itinerary in enumerate(week.itineraries)],
        "unserved": [_unserved_row(visit, words) for visit in week.unserved],
        "waiting_line": _waiting_line(week, words),
        "has_areas": areas is not None and not areas.empty,
        "areas_note": _areas_note(areas, words),
        "quiet_area": QUIET_AREA,
        "steps": [*(_step_key(step) for step in AREA_STEPS), {"fill": NO_DATA_FILL, "label": gettext("no data")}]
        if _is_any_visit_known(week)
        else [],
        "villages": _village_rows(week, words),
        "sources": week.cards.sources,
    }
    return map_page(
        "week.html",
        context,
        drawing,
        bounds=bounds_of(_points(week, areas)),
        ground=_ground(week, areas, words),
        tiles=tiles,
    )


def _unserved_lines(visit: UnservedVisit, words: Words) -> list[str]:
    reason = words.gettext("Not served: {reason}").format(reason=words.reason(visit.reason))
    detail = [words.text(visit.text)] if visit.text else []
    return [words.title(visit.card), reason, *detail, words.people(visit.card.people)]


def _ground(week: WeekItinerary, areas: geopandas.GeoDataFrame | None, words: Words) -> Ground | None:
    if areas is None or areas.empty:
        return None
    villages = {village.code: village for village in week.cards.villages}
    codes = [str(code) for code in areas["code"]]
    return Ground(
        areas,
        fills=[_fill(villages.get(code)) if _is_any_visit_known(week) else QUIET_AREA for code in codes],
        lines=[_area_lines(code, villages.get(code), words) for code in codes],
    )


def _is_any_visit_known(week: WeekItinerary) -> bool:
    """Whether the areas have something to tell: hatched all over, they would only hide the routes."""
    return any(village.weeks_since_visit is not None for village in week.cards.villages)


def _fill(village: VillageCard | None) -> str:
    weeks = None if village is None else village.weeks_since_visit
    return NO_DATA_FILL if weeks is None else AREA_STEPS[area_step(weeks)].colour


def _area_lines(code: str, village: VillageCard | None, words: Words) -> list[str]:
    name = code if village is None else village.name
    weeks = None if village is None else village.weeks_since_visit
    if weeks is None:
        return [name, words.gettext("No data on the last visit")]
    return [name, words.gettext("{weeks} weeks since the last visit").format(weeks=words.number(weeks))]


def _step_key(step: AreaStep) -> dict[str, str]:
    label = f"{step.least}+" if step.most is None else f"{step.least}\N{EN DASH}{step.most}"
    return {"fill": step.colour, "label": label}


def _areas_note(areas: geopandas.GeoDataFrame | None, words: Words) -> str | None:
    if areas is None or not areas["is_approximate"].any():
        return None
    return words.gettext("Areas are approximate: points nearest to each village, not its boundary.")


def _totals(week: WeekItinerary, words: Words) -> list[tuple[str, str]]:
    gettext, totals = words.gettext, week.totals
    figures = [
        (gettext("visits asked for"), f"{words.number(totals.visits_made)}/{words.number(totals.visits_all)}"),
        (gettext("villages more"), words.number(totals.villages_made)),
        (gettext("people"), f"≈ {words.number(totals.people)}"),
        (gettext("driven"), words.kilometres(totals.distance_m)),
        (gettext("overtime"), words.duration(totals.overtime_min)),
        *((words.resource(name), words.number(count)) for name, count in totals.cards_used.items()),
    ]
    gap = words.gap(week)
    return [*figures, (gettext("from the best, proved"), gap)] if gap else figures


def _route_row(index: int, itinerary: Itinerary, words: Words) -> dict[str, object]:
    return {
        "index": index,
        "number": itinerary.vehicle.number,
        "van_class": van_class(itinerary.vehicle.number),
        "van": itinerary.vehicle.name,
        "day": words.day(itinerary.day),
        "line": day_line(itinerary, words),
        "stops": [_stop_row(stop, leg, words) for stop, leg in zip(itinerary.stops, itinerary.legs[:-1], strict=True)],
    }


def _stop_row(stop: Stop, leg: Leg, words: Words) -> dict[str, object]:
    title = words.title(stop.card)
    return {
        "number": stop.number,
        "kind": stop.card.kind.value,
        "is_pinned": stop.is_pinned,
        "show": words.gettext("Show {place} on the map").format(place=title),
        "span": words.span(stop.start, stop.finish),
        "title": title,
        "place": stop.card.place,
        "people": f"≈ {words.number(stop.card.people)}",
        "services": words.services(stop.card),
        "cause": words.cause(stop.card),
        "drive": words.drive(leg),
    }


def _unserved_row(visit: UnservedVisit, words: Words) -> dict[str, object]:
    text = words.text(visit.text)
    if visit.by:
        by = words.gettext("In its way: {visits}").format(visits=", ".join(visit.by))
        text = f"{text} {by}".strip()
    return {
        "kind": visit.card.kind.value,
        "title": words.title(visit.card),
        "place": visit.card.place,
        "reason": words.reason(visit.reason),
        "text": text,
        "people": f"≈ {words.number(visit.card.people)}",
        "cause": words.cause(visit.card),
    }


def _waiting_line(week: WeekItinerary, words: Words) -> str | None:
    if not week.waiting:
        return None
    return words.gettext(
        "{count} more villages were candidates and wait for a later week; the areas show how long they have waited."
    ).format(count=words.number(len(week.waiting)))


def _village_rows(week: WeekItinerary, words: Words) -> list[dict[str, str]]:
    visited: dict[str, list[str]] = {}
    for itinerary in week.itineraries:
        for stop in itinerary.stops:
            if stop.card.village_code:
                day = f"{words.short_day(itinerary.day)}, {words.title(stop.card)}"
                visited.setdefault(stop.card.village_code, []).append(day)
    longest_first = sorted(week.cards.villages, key=_waited, reverse=True)
    return [
        {
            "name": village.name,
            "weeks": "–" if village.weeks_since_visit is None else words.number(village.weeks_since_visit),
            "visited": "; ".join(visited.get(village.code, ())),
        }
        for village in longest_first
    ]


def _waited(village: VillageCard) -> int:
    # A village of which no visit is known may have waited longest of all.
    return 1 << 30 if village.weeks_since_visit is None else village.weeks_since_visit


def _points(week: WeekItinerary, areas: geopandas.GeoDataFrame | None) -> list[tuple[float, float]]:
    """Points that the first view must hold: the routes; in a week without any the office, else the areas."""
    points = [point for day in week.itineraries for leg in day.legs for point in leg.line]
    points += [(visit.location.lon, visit.location.lat) for visit in week.unserved]
    if not points and week.office is not None:
        points = [(week.office.location.lon, week.office.location.lat)]
    if not points and areas is not None and not areas.empty:
        west, south, east, north = areas.total_bounds
        return [(west, south), (east, north)]
    return points or [_INDONESIA]


_INDONESIA = (117.0, -2.0)
"""About its middle: where a map without a single place opens."""
