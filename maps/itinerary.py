"""
Routes with clock times, names and legs: what every map, sheet and file of a plan starts from.

Minutes of the problem's axis become local, timezone-aware datetimes: minute ``m`` is what a clock on the wall shows
``m`` minutes after Monday 00:00. Indonesia's three zones keep no summer time, so the two never part.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from types import MappingProxyType
from zoneinfo import ZoneInfo

from maps.cards import Origin, VehicleCard, VisitCard, WeekCards
from maps.errors import MissingCardError
from optimizer.plan import Plan, PlanStatus, Reason, Route, Unserved
from optimizer.plan import Stop as PlannedStop
from optimizer.problem import Location, LocationId, Problem, Shift, ShiftId, Visit, VisitId


@dataclass(frozen=True, slots=True)
class Place:
    """A named end of a leg: a base or a visit's place."""

    location: Location
    name: str


@dataclass(frozen=True, slots=True)
class Stop:
    """
    One visit of a van's day.

    Attributes
    ----------
    number
        Order in the day, from 1.
    arrive, start, finish
        The van is there; service begins; service ends and the van drives on.
    is_pinned
        Whether a planner has pinned the visit.
    """

    number: int
    card: VisitCard
    location: Location
    arrive: datetime
    start: datetime
    finish: datetime
    is_pinned: bool


@dataclass(frozen=True, slots=True)
class Leg:
    """
    One drive.

    Attributes
    ----------
    depart, arrive
        Clock times; a pause may lie between them.
    duration_min, distance_m
        Minutes and metres of driving, as planned.
    way
        Points along the roads, degrees, ``lon, lat``, the ends included; none where the roads are not known.
    """

    origin: Place
    destination: Place
    depart: datetime
    arrive: datetime
    duration_min: int
    distance_m: int
    way: tuple[tuple[float, float], ...] = ()

    @property
    def is_straight(self) -> bool:
        """Whether the way along the roads is unknown, so that maps draw a straight line and say so."""
        return not self.way

    @property
    def line(self) -> tuple[tuple[float, float], ...]:
        """What maps draw: the way, or a straight line from end to end."""
        ends = self.origin.location, self.destination.location
        return self.way or tuple((end.lon, end.lat) for end in ends)


@dataclass(frozen=True, slots=True)
class Rest:
    """A pause of the crew between leaving and being back: lunch, Friday prayer (istirahat)."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Itinerary:
    """
    One van on one day (jadwal harian unit).

    Attributes
    ----------
    overtime_min
        Clock minutes that the van is back past the end of its shift.
    """

    shift: ShiftId
    day: date
    vehicle: VehicleCard
    leave: datetime
    back: datetime
    distance_m: int
    overtime_min: int
    stops: tuple[Stop, ...]
    legs: tuple[Leg, ...]
    rests: tuple[Rest, ...]

    @property
    def name(self) -> str:
        """Name of the day's files, without their kind."""
        return f"day-{self.vehicle.id}-{self.day.isoformat()}"

    @property
    def file_name(self) -> str:
        """Name of the file that holds the day's map."""
        return f"{self.name}.html"

    @property
    def people(self) -> int:
        """People expected over the day."""
        return sum(stop.card.people for stop in self.stops)


@dataclass(frozen=True, slots=True)
class UnservedVisit:
    """
    A visit left out, with the reason (tidak terlayani).

    Attributes
    ----------
    text
        The reason in one sentence; empty where the engine gave none.
    by
        Names of the visits that would have to go.
    """

    card: VisitCard
    location: Location
    reason: Reason
    text: str
    by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Totals:
    """
    Sums over a week.

    Attributes
    ----------
    visits_made, visits_all
        Visits that a letter asked for or a round was due for: made, and all of them.
    villages_made
        Visits made beyond those, to villages that have waited long.
    cards_used
        Blank cards and other resources by name, over the visits made.
    """

    people: int
    distance_m: int
    overtime_min: int
    visits_made: int
    visits_all: int
    villages_made: int
    cards_used: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class WeekItinerary:
    """
    A whole plan as people read it.

    Attributes
    ----------
    week
        Its Monday.
    days
        Every day that has a shift, in order, whether a van goes out or not.
    office
        The office on the map; None where the problem has no location of that id.
    itineraries
        By day, then by the number of the van.
    unserved, waiting
        Visits left out that were asked for or due; villages that were candidates and are not visited this week.
    gap
        Proved relative distance from the best plan; None where none is proved.
    """

    name: str
    week: date
    timezone: str
    days: tuple[date, ...]
    office: Place | None
    itineraries: tuple[Itinerary, ...]
    unserved: tuple[UnservedVisit, ...]
    waiting: tuple[UnservedVisit, ...]
    totals: Totals
    cards: WeekCards
    status: PlanStatus
    gap: float | None

    def find_itinerary(self, vehicle: str, day: date) -> Itinerary | None:
        """The itinerary of that vehicle on that day; None when it stays at its base."""
        for itinerary in self.itineraries:
            if itinerary.vehicle.id == vehicle and itinerary.day == day:
                return itinerary
        return None


Ways = Mapping[tuple[LocationId, LocationId], tuple[tuple[float, float], ...]]
"""Points along the roads, degrees, ``lon, lat``, by where a drive starts and ends."""


def itineraries(problem: Problem, plan: Plan, cards: WeekCards, ways: Ways = MappingProxyType({})) -> WeekItinerary:
    """
    The plan as people read it: each route with clock times and names, the unserved visits, the sums.

    Parameters
    ----------
    ways
        Lines of the drives whose roads are known; the others are straight.

    Raises
    ------
    MissingCardError
        When the plan names a shift or a visit that is not in the problem, or one without a card.
    """
    source = _Source(problem, cards, ways)
    days = sorted((source.itinerary(route) for route in plan.routes), key=lambda day: (day.day, day.vehicle.number))
    left_out = [source.unserved(each) for each in plan.unserved]
    unserved = tuple(each for each in left_out if each.card.origin is not Origin.BACKLOG)
    office = cards.office
    return WeekItinerary(
        name=problem.name,
        week=problem.week,
        timezone=problem.timezone,
        days=tuple(sorted({source.clock(shift.earliest).date() for shift in problem.shifts})),
        office=source.place(office.location, office.name) if office.location in problem.location_index else None,
        itineraries=tuple(days),
        unserved=unserved,
        waiting=tuple(each for each in left_out if each.card.origin is Origin.BACKLOG),
        totals=_totals(days, len(unserved), source.demand(plan)),
        cards=cards,
        status=plan.status,
        gap=plan.gap,
    )


class _Source:
    """What the plan names, looked up in its problem and cards."""

    def __init__(self, problem: Problem, cards: WeekCards, ways: Ways) -> None:
        self._problem = problem
        self._cards = cards
        self._ways = ways
        self._midnight = datetime.combine(problem.week, time(), ZoneInfo(problem.timezone))

    def clock(self, minute: int) -> datetime:
        """A minute of the axis as local time: adding to an aware datetime moves the clock on the wall."""
        return self._midnight + timedelta(minutes=minute)

    def place(self, location: LocationId, name: str) -> Place:
        return Place(self._problem.locations[self._problem.location_index[location]], name)

    def demand(self, plan: Plan) -> Mapping[str, int]:
        used: Counter[str] = Counter()
        for route in plan.routes:
            for stop in route.stops:
                used.update(self._visit(stop.visit).demand)
        return dict(sorted(used.items()))

    def itinerary(self, route: Route) -> Itinerary:
        shift = self._problem.shift_by_id.get(route.shift)
        if shift is None:
            raise MissingCardError(f"The plan names shift '{route.shift}', which is not in the problem.")
        return Itinerary(
            shift=shift.id,
            day=self.clock(shift.earliest).date(),
            vehicle=self._cards.get_vehicle(shift.vehicle),
            leave=self.clock(route.leave),
            back=self.clock(route.back),
            distance_m=route.distance_m,
            overtime_min=max(0, route.back - shift.latest),
            stops=tuple(self._stop(number, stop) for number, stop in enumerate(route.stops, start=1)),
            legs=tuple(self._legs(route, shift)),
            rests=tuple(
                Rest(self.clock(pause.start), self.clock(pause.end))
                for pause in shift.pauses
                if pause.start < route.back and pause.end > route.leave
            ),
        )

    def unserved(self, unserved: Unserved) -> UnservedVisit:
        visit = self._visit(unserved.visit)
        card = self._cards.get_visit(visit.id)
        return UnservedVisit(
            card=card,
            location=self.place(visit.location, card.name).location,
            reason=unserved.reason,
            text=unserved.text,
            by=tuple(self._cards.get_visit(other).name for other in unserved.by),
        )

    def _visit(self, visit: VisitId) -> Visit:
        found = self._problem.visit_by_id.get(visit)
        if found is None:
            raise MissingCardError(f"The plan names visit '{visit}', which is not in the problem.")
        return found

    def _stop(self, number: int, stop: PlannedStop) -> Stop:
        visit = self._visit(stop.visit)
        card = self._cards.get_visit(visit.id)
        return Stop(
            number=number,
            card=card,
            location=self.place(visit.location, card.name).location,
            arrive=self.clock(stop.arrive),
            start=self.clock(stop.start),
            finish=self.clock(stop.finish),
            is_pinned=visit.fixed is not None,
        )

    def _legs(self, route: Route, shift: Shift) -> Iterator[Leg]:
        # The ends of the day and the stops between them, each with when the van arrives and when it drives on.
        calls = [(route.leave, self._base(shift.start_location), route.leave)]
        for stop in route.stops:
            visit = self._visit(stop.visit)
            calls.append((stop.arrive, self.place(visit.location, self._cards.get_visit(visit.id).name), stop.finish))
        calls.append((route.back, self._base(shift.end_location), route.back))
        travel, row = self._problem.travel_times, self._problem.location_index
        for (_, origin, depart), (arrive, destination, _) in pairwise(calls):
            way = row[origin.location.id], row[destination.location.id]
            yield Leg(
                origin,
                destination,
                self.clock(depart),
                self.clock(arrive),
                duration_min=int(travel.duration_min[way]),
                distance_m=int(travel.distance_m[way]),
                way=self._ways.get((origin.location.id, destination.location.id), ()),
            )

    def _base(self, location: LocationId) -> Place:
        return self.place(location, self._cards.get_base(location).name)


def _totals(days: Sequence[Itinerary], unserved: int, cards_used: Mapping[str, int]) -> Totals:
    made = [stop.card for day in days for stop in day.stops]
    asked = sum(card.origin is not Origin.BACKLOG for card in made)
    return Totals(
        people=sum(day.people for day in days),
        distance_m=sum(day.distance_m for day in days),
        overtime_min=sum(day.overtime_min for day in days),
        visits_made=asked,
        visits_all=asked + unserved,
        villages_made=len(made) - asked,
        cards_used=MappingProxyType(dict(cards_used)),
    )
