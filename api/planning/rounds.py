"""
A quarter's rounds as one problem: every village gets its stops, each in a stretch of the quarter.

Stops that the region folder has as rules stay as they are: people were told of them. The villages that they reach need
no others. The rest is served by hubs (`hubs`): each of their stops has windows on all days of its stretch, at one of
several halls where more than one will do. Stretches keep the stops of a hub apart and the longest wait; which stretch a
stop has is settled before, by a rule of thumb, and what is proved is that no other choice of days, halls, vans and
orders within them is worth more. `within_fortnights` narrows each stop to a fortnight: that falls into blocks, which
`solve` plans one by one in seconds, a good plan for the whole to start from.

Vans work their regular hours without overtime, which stays with letters, as does what the rounds leave of the rest.
Blank cards are not counted over a quarter: stock is filled up in between, and each week's plan counts it.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from api.entities import RecurringStop
from api.i18n import N_
from api.planning.calendar import CalendarWeek, calendar_week
from api.planning.frame import Frame, LeftOut, PlannedVisit, PlanningOptions
from api.planning.hub_visits import DRIVE_TO_A_STOP_MIN, hub_limits, hub_visits, wait_limit
from api.planning.hubs import HubStop, RoundsOptions, even_out, find_hubs, fortnights, place_stops
from api.planning.kept_rules import KeptStop, is_made_anew, kept_rules
from api.planning.notes import Note
from api.planning.places import (
    base_cards,
    bases_of,
    driving,
    find_place,
    office_of,
    routing_notes,
    vehicle_cards,
    village_hall,
)
from api.planning.recurring import saturdays_due
from api.planning.shifts import ShiftSettings, duty_min, week_shifts
from api.planning.villages import VillageDemand
from api.weeks import week_name
from geodata.region import Region
from geodata.times import all_resolved
from geodata.travel import travel_times
from geodata.villages import Village
from maps.cards import VillageCard, WeekCards
from optimizer.problem import (
    DAY_MIN,
    WEEK_MIN,
    Limit,
    Pause,
    Problem,
    Shift,
    VisitId,
)

MAX_WEEKS = 14
"""The time axis of a problem takes no more."""


@dataclass(frozen=True)
class Rounds:
    """
    A quarter ready to be solved.

    Attributes
    ----------
    region
        With every relative date counted from ``monday``.
    weeks
        Its calendar.
    rules
        The rules that stay, as the folder has them.
    hub_stops, kept_stops
        What each visit of the problem is; several visits, at different halls, may be one hub stop.
    left_out, moved
        As of `kept_rules.KeptRules`.
    unreached
        Why a village has no stop, by its code.
    notes
        On the travel times.
    """

    region: Region
    monday: date
    weeks: tuple[CalendarWeek, ...]
    demand: VillageDemand
    rules: tuple[RecurringStop, ...]
    problem: Problem
    cards: WeekCards
    hub_stops: Mapping[VisitId, HubStop]
    kept_stops: Mapping[VisitId, KeptStop]
    left_out: tuple[LeftOut, ...]
    moved: tuple[Note, ...]
    unreached: Mapping[str, Note]
    notes: tuple[Note, ...] = ()

    @property
    def last_day(self) -> date:
        """Sunday of the last week."""
        return self.monday + timedelta(days=7 * len(self.weeks) - 1)

    def village(self, code: str) -> Village:
        """The village with that code."""
        return self.region.village_by_code[code]


def build_rounds(
    region: Region,
    monday: date,
    weeks: int,
    *,
    options: RoundsOptions = RoundsOptions(),  # noqa: B008 (frozen)
    gettext: Callable[[str], str] = str,
    locale: str = "en",
) -> Rounds:
    """
    The problem of some weeks' rounds, with the cards that belong to it.

    Parameters
    ----------
    weeks
        At least 1 and at most `MAX_WEEKS`.
    gettext, locale
        Language of the rules and notes on cards; ``locale`` is ``id`` or ``en``.

    Raises
    ------
    UnknownPlaceError
        When a stop or a unit names a place that the region has not.
    """
    rules = tuple(rule for rule in region.recurring if not is_made_anew(rule, monday, weeks))
    fixed = all_resolved(region, monday)
    frames = _frames(fixed, monday, weeks, all_resolved(rules, monday), (options.planning, gettext, locale))
    shifts = tuple(_later(shift, week * WEEK_MIN) for week, frame in enumerate(frames) for shift in frame.shifts)
    demand = VillageDemand(replace(frames[0], shifts=shifts))
    kept = kept_rules(all_resolved(rules, monday), frames, demand, options)
    reached_by_rules = kept.reached(demand, weeks, options)
    found = find_hubs(demand, reached_by_rules, weeks, options)
    codes = [planned.card.village_code for planned in kept.visits]
    by_rules = Counter(fixed.village_by_code[code].district_code for code in codes if code is not None)
    hubs = even_out(demand, found, by_rules, weeks, options)
    room = _room(demand, kept.visits, weeks)
    calendar = tuple(frame.week for frame in frames)
    made = [
        (stop, planned)
        for stop in place_stops(demand, hubs, room, weeks, options)
        for planned in hub_visits(stop, demand, calendar, options)
    ]
    visits = (*kept.visits, *(planned for _, planned in made))
    most = max((planned.visit.prize for planned in visits), default=0.0)
    limits = (
        *(wait_limit(tag, most, demand) for tag in kept.due_tags(reached_by_rules, demand, weeks)),
        *hub_limits(made, demand, room, most, options),
    )
    served = {village.code for stop, _ in made for village in stop.hub.villages} | reached_by_rules
    return Rounds(
        region=fixed,
        monday=monday,
        weeks=calendar,
        demand=demand,
        rules=rules,
        problem=_problem(demand, visits, limits, weeks),
        cards=_cards(demand, visits),
        hub_stops={planned.visit.id: stop for stop, planned in made},
        kept_stops=kept.stops,
        left_out=kept.left_out,
        moved=kept.moved,
        unreached={
            village.code: _why_unreached(village, demand) for village in fixed.villages if village.code not in served
        },
        notes=tuple(routing_notes(fixed)),
    )


def within_fortnights(rounds: Rounds) -> Problem:
    """The problem with each hub stop kept to its usual fortnight; a plan of it is one of the whole, worth the same."""
    runs = fortnights(len(rounds.weeks))
    visits = []
    for visit in rounds.problem.visits:
        stop = rounds.hub_stops.get(visit.id)
        kept = visit.windows
        if stop is not None:
            run = runs[stop.fortnight]
            kept = tuple(window for window in kept if window.start // WEEK_MIN in run) or kept
        visits.append(replace(visit, windows=kept))
    return replace(rounds.problem, visits=tuple(visits))


def _frames(
    region: Region,
    monday: date,
    weeks: int,
    rules: Sequence[RecurringStop],
    reader: tuple[PlanningOptions, Callable[[str], str], str],
) -> list[Frame]:
    """Each week by itself, its shifts on its own axis."""
    places = [find_place(region, rule.place).location for rule in rules]
    places += [village_hall(village).location for village in region.villages]
    locations = {place.id: place for place in (office_of(region), *bases_of(region).values(), *places)}
    drive = driving(region, tuple(locations.values()))
    options, gettext, locale = reader
    frames = []
    for number in range(weeks):
        week = calendar_week(monday + timedelta(weeks=number), region.calendar)
        shifts = _shifts(region, week, rules)
        frames.append(Frame(region, week, shifts, drive, options, gettext, locale))
    return frames


def _shifts(region: Region, week: CalendarWeek, rules: Sequence[RecurringStop]) -> tuple[Shift, ...]:
    """Regular hours of all units, and Saturdays that only a rule asks for, within the crews' overtime."""
    settings = ShiftSettings(
        max_stops=region.planning.max_stops_per_day,
        overtime_cost_per_hour=region.planning.overtime_cost_per_hour,
        cost_per_km=region.planning.cost_per_km,
        saturday=region.calendar.school.saturday,
    )
    saturdays = saturdays_due(rules, week) if week.working_days else frozenset()
    bases = {unit: base.id for unit, base in bases_of(region).items()}
    made = week_shifts(week, replace(region.fleet, overtime_per_day_min=0), settings, bases=bases, saturdays=saturdays)
    budget = {unit.id: region.fleet.overtime_of(unit) for unit in region.fleet.units}
    kept = []
    for shift in made.shifts:
        if (week.monday + timedelta(days=shift.earliest // DAY_MIN)) in saturdays:
            budget[shift.vehicle] -= duty_min(shift)
            if budget[shift.vehicle] < 0:
                continue
        kept.append(shift)
    return tuple(kept)


def _later(shift: Shift, minutes: int) -> Shift:
    return replace(
        shift,
        earliest=shift.earliest + minutes,
        latest=shift.latest + minutes,
        pauses=tuple(Pause(pause.start + minutes, pause.end + minutes) for pause in shift.pauses),
    )


def _room(demand: VillageDemand, kept: Sequence[PlannedVisit], weeks: int) -> list[int]:
    """Minutes that vans have in each fortnight beside the stops of rules."""
    kits = max(unit.kits for unit in demand.frame.region.fleet.units)
    room = []
    for run in fortnights(weeks):
        offered = sum(duty_min(shift) for shift in demand.frame.shifts if shift.week in run)
        taken = sum(
            each.visit.service_duration(kits) + DRIVE_TO_A_STOP_MIN
            for each in kept
            if each.visit.windows[0].start // WEEK_MIN in run
        )
        room.append(max(0, offered - taken))
    return room


def _problem(demand: VillageDemand, visits: Sequence[PlannedVisit], limits: tuple[Limit, ...], weeks: int) -> Problem:
    region, monday = demand.frame.region, demand.frame.monday
    used = [office_of(region), *bases_of(region).values(), *(planned.place.location for planned in visits)]
    locations = tuple({location.id: location for location in used}.values())
    return Problem(
        f"{region.name} {week_name(monday)} +{weeks}",
        monday,
        region.timezone,
        locations,
        demand.frame.shifts,
        tuple(planned.visit for planned in visits),
        travel=travel_times(locations, region),
        limits=limits,
        horizon_days=7 * weeks,
    )


def _cards(demand: VillageDemand, visits: Sequence[PlannedVisit]) -> WeekCards:
    region = demand.frame.region
    return WeekCards(
        regency=region.name,
        bases=base_cards(region),
        vehicles=vehicle_cards(region),
        visits=tuple(planned.card for planned in visits),
        villages=tuple(
            VillageCard(village.code, village.name, village.weeks_since_visit(demand.frame.monday))
            for village in region.villages
        ),
        sources=region.sources,
    )


def _why_unreached(village: Village, demand: VillageDemand) -> Note:
    if not demand.frame.shifts:
        return Note(N_("No van works in these weeks."))
    if not demand.frame.reachable_by(village_hall(village)):
        return Note(N_("No unit has a way there, and no hall within reach has one."))
    if not village.can_host:
        return Note(N_("Its hall takes no stop, and no hall that does is near enough."))
    return Note(N_("No fortnight has time for its stop."))
