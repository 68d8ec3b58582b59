"""Hub stops as visits: one at each hall that would do, with the windows of its fortnight, and what the stops owe."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace

from api.planning.calendar import CalendarWeek
from api.planning.frame import PlannedVisit, card_factors
from api.planning.hubs import HubStop, RoundsOptions
from api.planning.letters import cards_needed, counts_on_card, crew_notes, to_bring
from api.planning.places import village_hall
from api.planning.villages import ROUND_TAG, VillageDemand, hall_stay
from api.planning.windows import windows_for
from geodata.requests import ServiceCounts
from geodata.sites import Signal
from geodata.villages import Village
from maps.cards import Origin, VisitCard
from optimizer.demand import Expected, PrizeFactors, waiting_factor
from optimizer.problem import DAY_MIN, WEEK_MIN, Limit, LimitId, Measure, MeasureKind, TimeWindow, Visit, VisitId

_VISITS = Measure(MeasureKind.VISITS)
DRIVE_TO_A_STOP_MIN = 20
"""What a stop takes beside its stay, where the time that a fortnight has for stops is reckoned."""


def hub_visits(
    stop: HubStop, demand: VillageDemand, weeks: Sequence[CalendarWeek], options: RoundsOptions
) -> Iterator[PlannedVisit]:
    """The stop at each of its halls; at most one of them is made."""
    shifts = tuple(shift for shift in demand.frame.shifts if shift.week in stop.weeks)
    worked = {shift.earliest // DAY_MIN for shift in shifts}
    days = enumerate(day for week in weeks for day in week.days)
    hours = {number: (day.hours.work,) for number, day in days if day.hours is not None and number in worked}
    if not hours:
        return
    frame, hub = demand.frame, stop.hub
    waiting = _waiting(stop, demand, len(weeks))
    urgency = frame.options.village_urgency * (options.first_stop_factor if stop.number == 1 else 1)
    for hall in hub.halls:
        place = village_hall(hall)
        people = stop.people[hall.code]
        stay = hall_stay(frame, place, people)
        reachable = frame.reachable_by(place)
        within = [shift for shift in reachable if shift.week in stop.weeks]
        windows = windows_for(stay, hours, within, frame.drive)
        factors = PrizeFactors(people, urgency, waiting)
        name = VisitId(f"hub:{hub.code}/{stop.number}" + ("" if hall is hub.halls[0] else f"/{hall.code}"))
        visit = Visit(
            name,
            place.location.id,
            factors.prize,
            stay.work_min,
            _late_ones_dearer(windows.windows, stop, factors.prize, frame.region.planning.longest_wait_weeks),
            setup_min=stay.setup_min,
            finish_by=windows.finish_by,
            demand=cards_needed(Expected(print_cards=people)),
            shifts=frame.allowed(reachable, windows.too_slow),
            group=f"{hub.code}/{stop.number}" if len(hub.halls) > 1 else None,
            tags=frozenset({ROUND_TAG, *_stop_tags(stop)}),
        )
        yield PlannedVisit(visit, _card(visit, stop, demand, factors, hall), place)


def _late_ones_dearer(
    windows: Sequence[TimeWindow], stop: HubStop, prize: float, longest_weeks: int
) -> tuple[TimeWindow, ...]:
    """A first stop that comes after the longest wait is worth little: better early, but better late than never."""
    if stop.number > 1:
        return tuple(windows)
    due = (longest_weeks - stop.hub.weeks_waited) * WEEK_MIN
    earliest = min(window.start for window in windows) // WEEK_MIN * WEEK_MIN + WEEK_MIN
    # Where every week is too late, the first one is the least so.
    return tuple(replace(each, cost=prize) if each.start >= max(due, earliest) else each for each in windows)


def _waiting(stop: HubStop, demand: VillageDemand, weeks: int) -> float:
    """How much a person counts: by the wait before the quarter, and after the first stop by that between stops."""
    longest, options = demand.frame.region.planning.longest_wait_weeks, demand.frame.options
    waited = stop.hub.weeks_waited if stop.number == 1 else weeks / stop.hub.stops
    return waiting_factor(waited, longest, options.waiting_most)


def _stop_tags(stop: HubStop) -> tuple[str, str, str]:
    district = stop.hub.district_code
    return f"district:{district}", f"district:{district}/{stop.fortnight + 1}", f"hub:{stop.hub.code}/{stop.number}"


def _card(visit: Visit, stop: HubStop, demand: VillageDemand, factors: PrizeFactors, hall: Village) -> VisitCard:
    place, people = village_hall(hall), int(factors.people)
    counts, codes = ServiceCounts(record_and_print=people), [village.code for village in stop.hub.villages]
    return VisitCard(
        visit.id,
        place.name,
        place.card_kind,
        Origin.BACKLOG,
        place.address,
        people,
        village_code=hall.code,
        counts=counts_on_card(counts),
        bring=to_bring(counts),
        notes=(
            *crew_notes(demand.frame, counts, weak_signal=place.signal is Signal.WEAK),
            *demand.estimate_notes(codes),
        ),
        is_estimate=demand.is_estimate(codes),
        part=stop.number,
        parts=stop.hub.stops,
        factors=card_factors(factors),
    )


def wait_limit(tag: str, most: float, demand: VillageDemand) -> Limit:
    """
    A stop without which some village waits too long, by the tag of its visits; soft, since a plan must come out anyway.

    Parameters
    ----------
    most
        Points of the most valuable visit. Leaving the stop out costs more than a van's day without it could win.
    """
    cost = float(round(demand.frame.region.planning.max_stops_per_day * most + 1))
    return Limit(LimitId(f"wait:{tag}"), _VISITS, tag=tag, min=1, shortfall_cost=cost)


def hub_limits(
    made: Sequence[tuple[HubStop, PlannedVisit]],
    demand: VillageDemand,
    room: Sequence[int],
    most: float,
    options: RoundsOptions,
) -> tuple[Limit, ...]:
    """
    What hub stops owe the longest wait and the kecamatan, both soft.

    In a fortnight that has not time for all its stops, each kecamatan is owed an even share of them. No limit reaches
    beyond a fortnight.

    Parameters
    ----------
    made
        Stops with their visits, those of one stop together and the one at its first hall before the others.
    room
        Minutes that vans have for hub stops in each fortnight.
    most
        As in `wait_limit`.
    """
    if not made:
        return ()
    first = {(stop.hub.code, stop.number): (stop, planned) for stop, planned in reversed(made)}.values()
    due = sorted(_stop_tags(stop)[2] for stop, _ in first if stop.is_due)
    waits = [wait_limit(tag, most, demand) for tag in due]
    kits = max(unit.kits for unit in demand.frame.region.fleet.units)
    need: Counter[int] = Counter()
    stops: Counter[tuple[int, str]] = Counter()
    for stop, planned in first:
        need[stop.fortnight] += planned.visit.service_duration(kits) + DRIVE_TO_A_STOP_MIN
        stops[stop.fortnight, _stop_tags(stop)[1]] += 1
    owed = {
        tag: int(number * options.kecamatan_share * room[at] / need[at])
        for (at, tag), number in sorted(stops.items())
        if need[at] > room[at]
    }
    even = [
        Limit(LimitId(f"even:{tag}"), _VISITS, tag=tag, min=least, shortfall_cost=float(round(most)))
        for tag, least in owed.items()
        if least
    ]
    return (*waits, *even)
