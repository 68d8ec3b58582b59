"""
A crew's day: the stops of one vehicle as they are by now, what to load, and whom to call.

What was published stays as it is; a visit that was cancelled or moved since stands beside it with its change. A visit
that was moved to another day is seen on both days.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from api.auth.caller import Caller, CallerKind
from api.entities import PlanId, PlanState, RequestId
from api.errors import NotThereError
from api.office import Office
from api.store.changes import ChangeKind, VisitChange, list_changes, list_moves
from api.store.contacts import Contact, find_contact
from api.store.plans import find_published, get_plan
from api.store.scope import Reading, RegencyCode
from geodata.fleet import CardType, Unit
from maps.cards import CountKind
from maps.itinerary import Itinerary, Stop, WeekItinerary

_REQUEST_VISIT: Final = "request:"
_FARTHEST: Final = timedelta(days=366)
"""Days before and after today that have a page."""
_BLANKS: Final = {CardType.ID_CARD: CountKind.RECORD_AND_PRINT, CardType.CHILD_ID_CARD: CountKind.CHILD_ID_CARD}


@dataclass(frozen=True, slots=True)
class CrewStop:
    """
    A visit on a day of its vehicle, as it is by now.

    Attributes
    ----------
    change
        What became different since it was published; None where nothing did.
    starts, ends
        Of the service, local time; of a cancelled visit as published.
    is_off
        It is not made on this day: cancelled, or moved to another one.
    published
        When it begins by the plan, where that is another time.
    contact
        Whom to call there; None where nobody is known.
    """

    stop: Stop
    change: VisitChange | None
    starts: datetime
    ends: datetime
    is_off: bool
    published: datetime | None
    contact: Contact | None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the card says for the crew; a round's note that only repeats where it is says nothing."""
        return tuple(note for note in self.stop.card.notes if note != self.stop.card.name)


@dataclass(frozen=True, slots=True)
class Load:
    """
    What is brought along for the visits that are made.

    Attributes
    ----------
    blanks
        Blank cards by type, one for each person who asked, at most what the vehicle carries; empty where it cannot
        print.
    handover
        Printed cards to be handed over.
    notes
        What the places need, with the visits that need it.
    """

    blanks: Mapping[CardType, int]
    handover: int
    notes: Mapping[str, tuple[Stop, ...]]


@dataclass(frozen=True, slots=True)
class CrewDay:
    """
    One day of a vehicle.

    Attributes
    ----------
    number
        The vehicle's in its marks, from 1.
    itinerary
        As published; None where the vehicle stays at its base, or nothing is published.
    is_published
        Whether there is a published plan of the day's week.
    stops
        In the order of the day; those that are not made stand where they were.
    next_stop
        The first that is not over yet and is made; on days to come the day's first. None where there is none.
    week
        Days of the week on which the vehicle goes out by the plan, with its stops; this day's stops are of the plan
        too.
    """

    unit: Unit
    number: int
    day: date
    today: date
    itinerary: Itinerary | None
    is_published: bool
    stops: tuple[CrewStop, ...]
    next_stop: CrewStop | None
    load: Load
    week: tuple[tuple[date, int], ...]

    @property
    def changed(self) -> tuple[CrewStop, ...]:
        """Stops that are not as they were published."""
        return tuple(stop for stop in self.stops if stop.change is not None)

    @property
    def people(self) -> int:
        """People expected at the stops that are made."""
        return sum(stop.stop.card.people for stop in self.stops if not stop.is_off)


@dataclass(frozen=True, slots=True)
class _Found:
    week: WeekItinerary | None
    changes: Mapping[str, VisitChange]
    arriving: tuple[tuple[VisitChange, Stop], ...]


def may_see(caller: Caller, vehicle: str) -> bool:
    """Whether the caller may see that vehicle's days: a phone sees its own one alone."""
    return caller.kind is not CallerKind.DEVICE or caller.subject == vehicle


def find_unit(office: Office, regency: RegencyCode, vehicle: str) -> tuple[int, Unit]:
    """
    A vehicle of the regency with its number.

    Raises
    ------
    NotThereError
        When there is none of that code.
    """
    units = office.region(regency).fleet.units
    for number, unit in enumerate(units, start=1):
        if unit.id == vehicle:
            return number, unit
    raise NotThereError


def show_day(office: Office, caller: Caller, vehicle: str, day: date) -> CrewDay:
    """
    The day of a vehicle as it is now.

    Raises
    ------
    NotThereError
        When there is no such vehicle, it is not the caller's, or the day is more than a year away.
    """
    regency = _regency(caller)
    today = office.today(regency)
    if not may_see(caller, vehicle) or abs(day - today) > _FARTHEST:
        raise NotThereError
    number, unit = find_unit(office, regency, vehicle)
    found = _find(office, regency, vehicle, day)
    itinerary = None if found.week is None else found.week.find_itinerary(vehicle, day)
    stops = _with_contacts(office, regency, _stops(itinerary, found, office, regency, day))
    now = office.now()
    open_ones = (stop for stop in stops if not stop.is_off and (day > today or stop.ends > now))
    days = () if found.week is None else found.week.itineraries
    return CrewDay(
        unit=unit,
        number=number,
        day=day,
        today=today,
        itinerary=itinerary,
        is_published=found.week is not None,
        stops=stops,
        next_stop=None if day < today else next(open_ones, None),
        load=_load(unit, [stop for stop in stops if not stop.is_off]),
        week=tuple((each.day, len(each.stops)) for each in days if each.vehicle.id == vehicle),
    )


def published_day(office: Office, caller: Caller, vehicle: str, day: date) -> tuple[WeekItinerary, Itinerary]:
    """
    The week and the day of a vehicle as they were published, for its map.

    Raises
    ------
    NotThereError
        As `show_day`, and when the vehicle does not go out on that day.
    """
    regency = _regency(caller)
    if not may_see(caller, vehicle) or abs(day - office.today(regency)) > _FARTHEST:
        raise NotThereError
    plan = office.read(regency, lambda scope: find_published(scope, _monday(day)))
    week = None if plan is None else office.itinerary(regency, plan.id)
    itinerary = None if week is None else week.find_itinerary(vehicle, day)
    if week is None or itinerary is None:
        raise NotThereError
    return week, itinerary


def _find(office: Office, regency: RegencyCode, vehicle: str, day: date) -> _Found:
    midnight = datetime.combine(day, time(), office.zone(regency))

    def look(scope: Reading) -> tuple[PlanId | None, tuple[VisitChange, ...], list[VisitChange]]:
        plan = find_published(scope, _monday(day))
        changes = () if plan is None else list_changes(scope, plan.id)
        moves = list_moves(scope, midnight, midnight + timedelta(days=1))
        # What was told about a version that was replaced says nothing about the one in its place.
        return (
            None if plan is None else plan.id,
            changes,
            [each for each in moves if get_plan(scope, each.plan).state is PlanState.PUBLISHED],
        )

    plan, changes, moves = office.read(regency, look)
    arriving = []
    for move in moves:
        for each in office.itinerary(regency, move.plan).itineraries:
            if each.vehicle.id == vehicle and each.day != day:
                arriving += [(move, stop) for stop in each.stops if stop.card.visit == move.visit]
    week = None if plan is None else office.itinerary(regency, plan)
    return _Found(week, {each.visit: each for each in changes}, tuple(arriving))


def _stops(
    itinerary: Itinerary | None, found: _Found, office: Office, regency: RegencyCode, day: date
) -> Iterator[CrewStop]:
    zone = office.zone(regency)
    planned = () if itinerary is None else itinerary.stops
    known = [(found.changes.get(str(stop.card.visit)), stop) for stop in planned]
    for change, stop in (*known, *found.arriving):
        starts, is_off = stop.start, change is not None and change.kind is ChangeKind.CANCELLED
        if change is not None and change.moved_to is not None:
            starts = change.moved_to.astimezone(zone)
            is_off = starts.date() != day
        ends = starts + (stop.finish - stop.start)
        yield CrewStop(stop, change, starts, ends, is_off, None if starts == stop.start else stop.start, None)


def _with_contacts(office: Office, regency: RegencyCode, stops: Iterable[CrewStop]) -> tuple[CrewStop, ...]:
    ordered = sorted(stops, key=lambda each: each.stop.start if each.is_off else each.starts)

    def look(scope: Reading) -> list[Contact | None]:
        requests = [_request_of(each.stop) for each in ordered]
        return [None if request is None else find_contact(scope, request) for request in requests]

    contacts = office.read(regency, look)
    return tuple(replace(each, contact=contact) for each, contact in zip(ordered, contacts, strict=True))


def _request_of(stop: Stop) -> RequestId | None:
    visit = str(stop.card.visit)
    if not visit.startswith(_REQUEST_VISIT):
        return None
    return RequestId(visit.removeprefix(_REQUEST_VISIT).partition("/")[0])


def _load(unit: Unit, made: list[CrewStop]) -> Load:
    notes: dict[str, list[Stop]] = defaultdict(list)
    for each in made:
        for note in each.notes:
            notes[note].append(each.stop)

    def count(kind: CountKind) -> int:
        return sum(each.stop.card.counts.get(kind, 0) for each in made)

    needed = {card: count(kind) for card, kind in _BLANKS.items() if count(kind)}
    blanks = {card: min(needed[card], unit.cards_aboard.get(card, needed[card])) for card in needed}
    return Load(
        blanks if unit.can_print else {},
        count(CountKind.HANDOVER),
        {note: tuple(stops) for note, stops in notes.items()},
    )


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _regency(caller: Caller) -> RegencyCode:
    assert caller.regency is not None
    return caller.regency
