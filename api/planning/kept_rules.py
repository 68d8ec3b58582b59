"""Rules of the folder that stay in a quarter's rounds: their stops on its axis, and the villages that they serve."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from api.entities import RecurringStop
from api.planning.frame import Frame, LeftOut, PlannedVisit
from api.planning.hubs import RoundsOptions, by_nearness, people_left, stops_needed
from api.planning.notes import Note
from api.planning.recurring import recurring_visits
from api.planning.villages import VillageDemand
from api.weeks import week_name
from geodata.times import all_resolved
from optimizer.problem import WEEK_MIN, TimeWindow, VisitId

ROUNDS_ID = "TW-"
"""Begins the ids of the rules that a quarter's rounds end in (triwulan): a new run makes them anew."""


def is_made_anew(rule: RecurringStop, monday: date, weeks: int) -> bool:
    """Whether an earlier run made the rule, for a time that is over or that this one plans again."""
    if not rule.id.startswith(ROUNDS_ID):
        return False
    resolved = all_resolved(rule, monday)
    end = monday + timedelta(weeks=weeks)
    return not isinstance(resolved.valid_from, date) or resolved.valid_from < end


@dataclass(frozen=True, slots=True)
class KeptStop:
    """
    One stop of a rule that stays.

    Attributes
    ----------
    villages
        Codes of the villages that it serves; empty where it is not at a village hall.
    """

    rule: RecurringStop
    villages: frozenset[str]


@dataclass(frozen=True, slots=True)
class KeptRules:
    """
    The stops of all rules that stay, on the quarter's axis.

    Attributes
    ----------
    stops
        What each visit is.
    left_out, moved
        Stops that a day off or a week without vans keeps from being made, and those that one has moved.
    """

    visits: tuple[PlannedVisit, ...]
    stops: Mapping[VisitId, KeptStop]
    left_out: tuple[LeftOut, ...]
    moved: tuple[Note, ...]

    def reached(self, demand: VillageDemand, weeks: int, options: RoundsOptions) -> frozenset[str]:
        """Codes of villages to which the rules come as often as they need, and before they have waited too long."""
        times: dict[str, list[int]] = defaultdict(list)
        for planned in self.visits:
            for code in self.stops[planned.visit.id].villages:
                times[code].append(planned.visit.windows[0].start // WEEK_MIN)
        longest = demand.frame.region.planning.longest_wait_weeks
        return frozenset(
            village.code
            for village in demand.villages
            if len(times[village.code]) >= stops_needed(demand, [village], weeks, options)
            and min(times[village.code]) + demand.weeks(village) <= max(longest, demand.weeks(village))
        )

    def due_tags(self, villages: frozenset[str], demand: VillageDemand, weeks: int) -> tuple[str, ...]:
        """
        Tags of the stops without which one of these villages waits too long: the first that comes to each.

        Parameters
        ----------
        villages
            Codes of those that only rules serve.
        """
        longest = demand.frame.region.planning.longest_wait_weeks
        due = [each.code for each in demand.villages if each.code in villages and demand.weeks(each) + weeks >= longest]
        first = {code: visit for visit, stop in reversed(tuple(self.stops.items())) for code in stop.villages}
        return tuple(sorted({first[code] for code in due}))


def kept_rules(
    rules: tuple[RecurringStop, ...], frames: Sequence[Frame], demand: VillageDemand, options: RoundsOptions
) -> KeptRules:
    """
    The stops of rules over a quarter, each by its own policy for holidays.

    Parameters
    ----------
    rules
        With calendar days.
    frames
        Each week by itself.
    demand
        Of the quarter.

    Raises
    ------
    UnknownPlaceError
        When a rule names a place that the region has not.
    """
    by_id = {VisitId(f"round:{rule.id}"): rule for rule in rules}
    visits: list[PlannedVisit] = []
    made: dict[VisitId, tuple[RecurringStop, str | None]] = {}
    left_out: list[LeftOut] = []
    moved: list[Note] = []
    for number, frame in enumerate(frames):
        # From the second week on the last visit is that of the quarter itself.
        due = rules if number == 0 else tuple(replace(rule, last_visit=None) for rule in rules)
        found = recurring_visits(due, VillageDemand(frame))
        week = week_name(frame.monday)
        for each in found.visits:
            planned = _on_quarter(each, week, number)
            visits.append(planned)
            made[planned.visit.id] = by_id[each.visit.id], each.place.village_code if each.place.site is None else None
        left_out += [replace(each, id=f"{each.id}, {week}") for each in found.left_out]
        moved += found.notes
    served = _villages_of_halls(made.values(), demand, len(frames), options)
    stops = {visit: KeptStop(rule, served[hall] if hall else frozenset()) for visit, (rule, hall) in made.items()}
    return KeptRules(tuple(visits), stops, tuple(left_out), tuple(moved))


def _on_quarter(planned: PlannedVisit, week: str, number: int) -> PlannedVisit:
    """A week's visit on the quarter's axis; the people told of it are its prize, neighbours have stops of their own."""
    visit, later = planned.visit, number * WEEK_MIN
    name = VisitId(f"{visit.id}/{week}")
    windows = tuple(TimeWindow(each.start + later, each.end + later, each.cost) for each in visit.windows)
    tags = frozenset({name, *(tag for tag in visit.tags if not tag.startswith("reaches:"))})
    moved = replace(visit, id=name, windows=windows, reaches={}, tags=tags)
    return PlannedVisit(moved, replace(planned.card, visit=name), planned.place)


def _villages_of_halls(
    made: Iterable[tuple[RecurringStop, str | None]], demand: VillageDemand, weeks: int, options: RoundsOptions
) -> Mapping[str, frozenset[str]]:
    """For each hall with a rule the villages that it serves: its own, then the nearest while it has time for them."""
    recorded: dict[str, int] = defaultdict(int)
    for rule, hall in made:
        if hall is not None:
            recorded[hall] += rule.counts.recordings
    left = {village.code: people_left(demand, village, weeks, options) for village in demand.villages}
    taken = set(recorded)
    served: dict[str, frozenset[str]] = {}
    for hall, people in recorded.items():
        villages, room = {hall}, people - left[hall]
        for code in by_nearness(demand, hall):
            if code not in taken and left[code] <= room:
                villages.add(code)
                room -= left[code]
        taken |= villages
        served[hall] = frozenset(villages)
    return served
