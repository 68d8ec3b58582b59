"""
What a quarter's rounds came to: the rules that they end in, when each village is served, how long it waits.

A rule that the rounds make holds for the quarter and names one day of it: the day, the hours, the people. Copied into
the region folder, it is due in the week of that day and in no other of the quarter.
"""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property

from api.entities import RecurringStop
from api.i18n import N_, Gettext, Language
from api.planning.hubs import fortnights
from api.planning.kept_rules import ROUNDS_ID
from api.planning.notes import Note
from api.planning.rounds import Rounds, build_rounds, within_fortnights
from api.planning.service import Solver
from api.planning.shifts import duty_min
from api.weeks import week_name
from geodata.region import Region
from geodata.requests import HolidayPolicy, ServiceCounts
from geodata.times import TimeRange, Weekday
from geodata.villages import Village
from maps.itinerary import Itinerary, Stop, WeekItinerary, itineraries
from optimizer.instance import sha256_of, write_problem
from optimizer.plan import Plan
from optimizer.problem import DAY_MIN, WEEK_MIN, VisitId
from optimizer.solve import SolveOptions, solve

_FORTNIGHTS_SHARE, _FORTNIGHTS_LEAST_S = 0.4, 15.0
"""Part of the time, and seconds at least, that the plan in fortnights may take; it is mostly proved before."""
_WHOLE_LEAST_S = 2.0
"""With less time the whole is not looked at."""
_WELL_PROVED = 0.01
"""Gap within which a proof over the whole says more than the best one in fortnights."""
_HOURS_STEP_MIN = 30
"""Hours of a rule are told in half hours, rounded so that the stop lies within them."""


@dataclass(frozen=True, slots=True)
class DistrictFacts:
    """
    How a kecamatan fares.

    Attributes
    ----------
    stops
        Made in it, at halls and other places.
    people_left
        People of its villages still to be recorded, as the folder knows them at the beginning.
    is_estimate
        Some of these are estimated, or not known and left out.
    longest_wait_weeks
        Most whole weeks between two services of one of its villages, from the last one before the quarter to the
        quarter's end; None where no day of service is known.
    """

    name: str
    stops: int
    people_left: int
    is_estimate: bool
    longest_wait_weeks: int | None

    @property
    def stops_per_1000(self) -> float | None:
        """Stops for each 1,000 people left; None where none are known."""
        return 1000 * self.stops / self.people_left if self.people_left else None


@dataclass(frozen=True)
class PlannedRounds:
    """
    A quarter's rounds, solved.

    Attributes
    ----------
    instance
        Bytes of the instance document; ``plan`` names their hash.
    itinerary
        The plan as people read it.
    """

    rounds: Rounds
    instance: bytes
    plan: Plan
    itinerary: WeekItinerary

    @cached_property
    def keeps_fortnights(self) -> bool:
        """Whether the instance has each hub stop in its usual fortnight only, so that proofs speak of no others."""
        runs = fortnights(len(self.rounds.weeks))
        windows = self.rounds.problem.visit_by_id
        return all(
            window.start // WEEK_MIN in runs[stop.fortnight]
            for visit, stop in self.rounds.hub_stops.items()
            for window in windows[visit].windows
        )

    @cached_property
    def days_served(self) -> Mapping[str, tuple[date, ...]]:
        """Days on which each village, by its code, is served at a hall within reach, in order."""
        days: dict[str, list[date]] = defaultdict(list)
        for day, stop in self._stops:
            for village in self.villages_at(stop.card.visit):
                days[village.code].append(day.day)
        return {code: tuple(sorted(found)) for code, found in days.items()}

    def villages_at(self, visit: VisitId) -> tuple[Village, ...]:
        """The villages that a stop serves, that of its hall first; none where it is at no village hall."""
        rounds = self.rounds
        hall = self.itinerary.cards.get_visit(visit).village_code
        if visit in rounds.hub_stops:
            villages = rounds.hub_stops[visit].hub.villages
        else:
            villages = tuple(map(rounds.village, sorted(rounds.kept_stops[visit].villages)))
        return tuple(sorted(villages, key=lambda village: village.code != hall))

    def longest_wait_weeks(self, village: Village) -> int | None:
        """
        Most whole weeks between two services of a village, the last one before the quarter and its end included.

        None where no service is known at all.
        """
        before = [village.last_visit] if isinstance(village.last_visit, date) else []
        served = [*before, *self.days_served.get(village.code, ())]
        if not served:
            return None
        ends = [*served[1:], self.rounds.last_day]
        return max((after - day).days // 7 for day, after in zip(served, ends, strict=True))

    @cached_property
    def districts(self) -> tuple[DistrictFacts, ...]:
        """Each kecamatan, in the order of the region's villages."""
        stops: dict[str, int] = defaultdict(int)
        for _, stop in self._stops:
            stops[(stop.card.village_code or "")[:6]] += 1
        members: dict[str, list[Village]] = defaultdict(list)
        for village in self.rounds.region.villages:
            members[village.district_code].append(village)
        return tuple(
            DistrictFacts(
                villages[0].district,
                stops[code],
                sum(village.backlog for village in villages),
                not all(village.is_counted for village in villages),
                max((wait for each in villages if (wait := self.longest_wait_weeks(each)) is not None), default=None),
            )
            for code, villages in members.items()
        )

    @cached_property
    def never_served(self) -> tuple[tuple[Village, Note], ...]:
        """Villages that no stop of the quarter serves, each with the reason."""
        left_out: dict[str, str] = {}
        for each in self.plan.unserved:
            for village in self.villages_at(each.visit):
                left_out.setdefault(village.code, each.text)
        never = [village for village in self.rounds.region.villages if village.code not in self.days_served]
        reasons = self.rounds.unreached
        return tuple(
            (
                village,
                reasons.get(village.code)
                or Note(N_("Its stop is left out. {why}"), {"why": left_out.get(village.code, "")}),
            )
            for village in never
        )

    @cached_property
    def missed_rules(self) -> Mapping[str, tuple[str, ...]]:
        """Weeks in which the stop of a rule, by its id, is not made though vans work on its days."""
        unserved = {each.visit for each in self.plan.unserved}
        weeks: dict[str, list[str]] = defaultdict(list)
        for visit, stop in self.rounds.kept_stops.items():
            if visit in unserved:
                weeks[stop.rule.id].append(visit.rpartition("/")[2])
        return {rule: tuple(missed) for rule, missed in sorted(weeks.items())}

    @property
    def share_of_hours(self) -> float:
        """Part (0 to 1) of the vans' regular hours in which they are under way or serve; 0 where no van works."""
        shifts = self.rounds.problem.shift_by_id
        offered = sum(map(duty_min, shifts.values()))
        used = 0
        for route in self.plan.routes:
            pauses = shifts[route.shift].pauses
            rest = sum(max(0, min(each.end, route.back) - max(each.start, route.leave)) for each in pauses)
            used += route.back - route.leave - rest
        return used / offered if offered else 0.0

    def rules(self, gettext: Gettext = str) -> tuple[RecurringStop, ...]:
        """All rules of the quarter: those that stay, then one for each hub stop, by day and van."""
        made = [(day, stop) for day, stop in self._stops if stop.card.visit in self.rounds.hub_stops]
        return (
            *self.rounds.rules,
            *(self._rule(number, day, stop, gettext) for number, (day, stop) in enumerate(made, start=1)),
        )

    @cached_property
    def _stops(self) -> Sequence[tuple[Itinerary, Stop]]:
        return [(day, stop) for day in self.itinerary.itineraries for stop in day.stops]

    def _rule(self, number: int, day: Itinerary, stop: Stop, gettext: Gettext) -> RecurringStop:
        rounds = self.rounds
        others = ", ".join(village.name for village in self.villages_at(stop.card.visit)[1:])
        start = stop.start.hour * 60 + stop.start.minute
        end = stop.finish.hour * 60 + stop.finish.minute
        return RecurringStop(
            id=f"{ROUNDS_ID}{week_name(rounds.monday).replace('-', '')}-{number:03d}",
            place=str(stop.card.village_code),
            weekdays=(Weekday(day.day.weekday()),),
            every_weeks=len(rounds.weeks),
            anchor=day.day,
            counts=ServiceCounts(record_and_print=stop.card.people),
            valid_from=rounds.monday,
            valid_to=rounds.last_day,
            hours=TimeRange(
                start // _HOURS_STEP_MIN * _HOURS_STEP_MIN, min(DAY_MIN, -(-end // _HOURS_STEP_MIN) * _HOURS_STEP_MIN)
            ),
            holiday_policy=HolidayPolicy.MOVE,
            note=gettext("Also for {villages}").format(villages=others) if others else "",
        )


def plan_rounds(
    region: Region, monday: date, weeks: int, *, language: Language, options: SolveOptions, solver: Solver = solve
) -> PlannedRounds:
    """
    Build and solve the rounds of some weeks: in fortnights first, then as a whole from the plan that this gave.

    Where the time is too short for the whole to give a better plan, or a proof of this one, the rounds stay those in
    fortnights, with what was proved of them.

    Parameters
    ----------
    weeks
        At least 1 and at most `rounds.MAX_WEEKS`.
    options
        The hash of the instance and the plan to start from are filled in here.

    Raises
    ------
    UnknownPlaceError
        When a rule or a unit names a place that the region has not.
    """
    deadline = time.monotonic() + options.time_limit_s
    rounds = build_rounds(region, monday, weeks, gettext=language.gettext, locale=language.code)
    narrow = replace(rounds, problem=within_fortnights(rounds))
    if narrow.problem == rounds.problem:
        return _solved(rounds, options, solver)
    share = max(_FORTNIGHTS_SHARE * options.time_limit_s, min(_FORTNIGHTS_LEAST_S, options.time_limit_s))
    start = _solved(narrow, replace(options, time_limit_s=share), solver)
    left = deadline - time.monotonic()
    if left < _WHOLE_LEAST_S or start.plan.value is None:
        return start
    whole = _solved(rounds, replace(options, time_limit_s=left, initial_plan=start.plan), solver)
    value, gap = whole.plan.value, whole.plan.gap
    is_better = value is not None and value > start.plan.value
    return whole if is_better or (gap is not None and gap <= _WELL_PROVED) else start


def _solved(rounds: Rounds, options: SolveOptions, solver: Solver) -> PlannedRounds:
    instance = write_problem(rounds.problem)
    plan = solver(rounds.problem, replace(options, instance_sha256=sha256_of(instance)))
    return PlannedRounds(rounds, instance, plan, itineraries(rounds.problem, plan, rounds.cards))
