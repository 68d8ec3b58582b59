"""
The one path from the office's words to a problem: a desk -> a week of shifts, visits, communities, limits and cards.

Every identifier can be read by a person: ``request:PM-014/2``, ``round:R3``, ``village:1219042001``, and shifts such as
``moling-1/2026-12-07``.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta

from api.entities import VisitRequest
from api.i18n import N_
from api.planning.calendar import CalendarWeek, calendar_week
from api.planning.desk import Desk
from api.planning.fairness import longest_wait_limits, round_share_limit, wait_notes
from api.planning.frame import Frame, LeftOut, PlannedVisit, PlanningOptions
from api.planning.hosts import request_hours
from api.planning.letters import SCHOOL_TAG, letter_visits
from api.planning.notes import Note, backlog_note
from api.planning.places import base_cards, bases_of, driving, find_place, office_of, routing_notes, vehicle_cards
from api.planning.recurring import recurring_visits, saturdays_due
from api.planning.shifts import ShiftSettings, WeekShifts, week_shifts
from api.planning.villages import VillageDemand, hall_visits
from api.weeks import week_name
from geodata.region import Region
from geodata.travel import travel_times, unreached
from maps.cards import VillageCard, WeekCards
from optimizer.problem import (
    Limit,
    LimitId,
    LimitScope,
    Location,
    Measure,
    MeasureKind,
    Problem,
)


@dataclass(frozen=True)
class PlanningWeek:
    """
    A week ready to be solved.

    Attributes
    ----------
    cards
        Names, counts and letters of everything in the problem.
    left_out
        Letters that go back, and letters and recurring stops that this week cannot hold, each with its reason.
    notes
        What the planner should know; they are on the cards too, in the reader's language.
    """

    problem: Problem
    cards: WeekCards
    calendar: CalendarWeek
    left_out: tuple[LeftOut, ...]
    notes: tuple[Note, ...]

    def with_note(self, note: Note, *, gettext: Callable[[str], str], locale: str) -> "PlanningWeek":
        """The same week with one more thing that the planner should know; the language is that of the cards."""
        cards = replace(self.cards, notes=(*self.cards.notes, note.text(gettext, locale)))
        return replace(self, cards=cards, notes=(*self.notes, note))


def build_week(
    desk: Desk,
    *,
    options: PlanningOptions = PlanningOptions(),  # noqa: B008 (frozen)
    gettext: Callable[[str], str] = str,
    locale: str = "en",
) -> PlanningWeek:
    """
    The problem of one week, with the cards that belong to it.

    A week without a working day gives a problem without shifts and a note that says so.

    Parameters
    ----------
    gettext, locale
        Language of the rules and notes on cards; ``locale`` is ``id`` or ``en``.

    Raises
    ------
    UnknownPlaceError
        When a request, a stop or a unit names a place that the region has not.
    """
    frame, shifts = _frame(desk, options, gettext, locale)
    demand = VillageDemand(frame)
    letters = letter_visits(desk.requests, frame)
    recurring = recurring_visits(desk.recurring, demand)
    taken = frozenset(each.place.village_code for each in recurring.visits if each.place.site is None)
    visits = (*letters.visits, *recurring.visits, *hall_visits(demand, taken))
    waits = longest_wait_limits(visits, demand)
    rounds = round_share_limit(visits, shifts, demand)
    limits = (
        *shifts.limits,
        *_day_limits(frame),
        *_stock_limits(frame),
        *(limit for planned in visits for limit in planned.limits),
        *((rounds,) if rounds else ()),
        *waits,
    )
    left_out = (*letters.left_out, *recurring.left_out)
    notes = (
        *frame.week.notes,
        *letters.notes,
        *recurring.notes,
        *_left_out_notes(left_out),
        *(wait_notes(waits, demand) if shifts.shifts else ()),
        *_region_notes(desk.region),
    )
    problem = _problem(desk, frame, visits, limits, demand)
    return PlanningWeek(problem, _cards(desk, frame, visits, notes), frame.week, left_out, notes)


def _frame(
    desk: Desk, options: PlanningOptions, gettext: Callable[[str], str], locale: str
) -> tuple[Frame, WeekShifts]:
    region = desk.region
    week = calendar_week(desk.monday, region.calendar)
    settings = ShiftSettings(
        max_stops=region.planning.max_stops_per_day,
        overtime_cost_per_hour=region.planning.overtime_cost_per_hour,
        cost_per_km=region.planning.cost_per_km,
        saturday=region.calendar.school.saturday,
    )
    bases = {unit: location.id for unit, location in bases_of(region).items()}
    shifts = week_shifts(week, region.fleet, settings, bases=bases, saturdays=_saturdays(desk, week))
    drive = driving(region, _all_locations(desk))
    return Frame(region, week, shifts.shifts, drive, options, gettext, locale), shifts


def _saturdays(desk: Desk, week: CalendarWeek) -> frozenset[date]:
    """Saturdays off on which a letter or a recurring stop wants a van; none at Lebaran, when the whole week is off."""
    if not week.working_days:
        return frozenset()
    rules = desk.region.calendar
    asked: set[date] = set()
    for request in _waiting(desk):
        hours = request_hours(request, find_place(desk.region, request.place), week, rules)
        asked |= {week.days[day].day for day in hours if week.days[day].allows_overtime}
    return saturdays_due(desk.recurring, week) | asked


def _waiting(desk: Desk) -> Iterator[VisitRequest]:
    end = desk.monday + timedelta(days=7)
    return (request for request in desk.requests if request.waits_for_slot and request.received < end)


def _all_locations(desk: Desk) -> tuple[Location, ...]:
    """Every place that the week may stop at, once each, the office first."""
    region = desk.region
    codes = [
        *(request.place for request in desk.requests),
        *(stop.place for stop in desk.recurring),
        *(village.code for village in region.villages),
    ]
    places = [office_of(region), *bases_of(region).values()]
    places += [find_place(region, code).location for code in codes]
    return tuple({place.id: place for place in places}.values())


def _day_limits(frame: Frame) -> tuple[Limit, ...]:
    if not frame.shifts:
        return ()
    most = frame.region.planning.max_schools_per_day
    visits = Measure(MeasureKind.VISITS)
    return (Limit(LimitId("schools-a-day"), visits, tag=SCHOOL_TAG, per=LimitScope.SHIFT, max=most),)


def _stock_limits(frame: Frame) -> tuple[Limit, ...]:
    """Blank cards in the office less the reserve, over the whole week."""
    if not frame.shifts:
        return ()
    return tuple(
        Limit(LimitId(f"stock:{stock.card}"), Measure(MeasureKind.DEMAND, stock.card.value), max=stock.usable)
        for stock in frame.region.fleet.stock
    )


def _left_out_notes(left_out: tuple[LeftOut, ...]) -> Iterator[Note]:
    for each in left_out:
        message = (
            N_("Letter {id}, {name}, goes back: {reason}")
            if each.returned
            else N_("{id}, {name}, is not in this week: {reason}")
        )
        yield Note(message, {"id": each.id, "name": each.name, "reason": each.reason})


def _region_notes(region: Region) -> Iterator[Note]:
    if region.is_example:
        yield Note(N_("Letters, stops and vans of this region are examples."))
    yield from routing_notes(region)
    if region.backlog is not None:
        yield backlog_note(region.backlog)
    off_road = unreached(region)
    if off_road:
        text = N_("No road leads to these places, so that no van is sent there: {places}.")
        yield Note(text, {"places": ", ".join(off_road.values())})
    unknown = sum(village.last_visit is None for village in region.villages)
    if unknown:
        yield Note(
            N_("Villages without a last visit on record: {count}. They count as waiting {weeks} weeks."),
            {"count": unknown, "weeks": region.planning.never_visited_weeks},
        )


def _problem(
    desk: Desk,
    frame: Frame,
    visits: tuple[PlannedVisit, ...],
    limits: tuple[Limit, ...],
    demand: VillageDemand,
) -> Problem:
    region = desk.region
    used = [office_of(region), *bases_of(region).values()]
    used += [planned.place.location for planned in visits]
    locations = tuple({location.id: location for location in used}.values())
    reached = {code for planned in visits for code in planned.visit.reaches}
    return Problem(
        f"{region.name} {week_name(desk.monday)}",
        desk.monday,
        region.timezone,
        locations,
        frame.shifts,
        tuple(planned.visit for planned in visits),
        travel=travel_times(locations, region),
        communities=tuple(each for each in demand.communities if each.id in reached),
        limits=limits,
    )


def _cards(desk: Desk, frame: Frame, visits: tuple[PlannedVisit, ...], notes: tuple[Note, ...]) -> WeekCards:
    region = desk.region
    return WeekCards(
        regency=region.name,
        bases=base_cards(region),
        vehicles=vehicle_cards(region),
        visits=tuple(planned.card for planned in visits),
        villages=tuple(
            VillageCard(village.code, village.name, village.weeks_since_visit(desk.monday))
            for village in region.villages
        ),
        notes=tuple(note.text(frame.gettext, frame.locale) for note in notes),
        sources=region.sources,
    )
