"""
Which villages share a hall, how often a van comes in a quarter, and in which of its fortnights.

A hub is a hall with the villages near it that one stop serves together: as many as one stop has time for, nearest
first. All hubs together get a stop for each so many people left to be recorded at each of them, and more where the
longest wait asks for it; the stops beyond one for each hub go where kecamatan have fewest for their people. A hub's
stops stand as far apart as the quarter allows, each in a usual fortnight with a stretch of weeks around it; the day is
left to the solver. Hubs that have waited longest choose first, and each takes the fortnights that keep the longest
wait, then those in which vans have time and go to its neighbours anyway.
"""

import math
import sys
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from api.planning.frame import PlanningOptions
from api.planning.places import village_hall
from api.planning.villages import VillageDemand
from geodata.villages import Village
from optimizer.demand import expected

WEEKS_A_YEAR = 52
_WEEKS_A_FORTNIGHT = 2
_FAR_MIN = 60
"""A drive of so many minutes to the nearest stop of a fortnight weighs as much as the fortnight's whole time."""


@dataclass(frozen=True, slots=True)
class RoundsOptions:
    """
    Choices of a quarter's rounds for which the region folder has no key.

    Attributes
    ----------
    planning
        Those that hold for weeks as well.
    people_a_stop
        Hubs together get a stop for each so many people left to be recorded at a hub, its last ones counted as full.
    newly_eligible_share
        Part (0 to 1) of the population that turns 17 in a year; of a population that grows old evenly about a sixtieth.
    first_stop_factor
        How much more a person counts at a hub's first stop: that none goes without is more than that some get two.
    most_halls
        Most halls among which the solver may choose for one stop.
    stretch_share
        Where a hub has several stops, each may be made within this part (0 to 1) of an even share of the quarter.
    kecamatan_share
        Where a fortnight has not time for all stops, each kecamatan is owed this part of an even share of them.
    """

    planning: PlanningOptions = field(default_factory=PlanningOptions)
    people_a_stop: int = 120
    newly_eligible_share: float = 0.017
    first_stop_factor: float = 2.0
    most_halls: int = 3
    stretch_share: float = 0.5
    kecamatan_share: float = 0.9


@dataclass(frozen=True, slots=True)
class Hub:
    """
    Villages that are served by one stop, and how often.

    Attributes
    ----------
    villages
        All of them, the one that gives the hub its name first, the others by distance from it.
    halls
        Those of the villages whose hall all the others can come to, the first one's first.
    stops
        Stops in the quarter.
    weeks_waited
        At its beginning, by the village that has waited longest.
    """

    villages: tuple[Village, ...]
    halls: tuple[Village, ...]
    stops: int
    weeks_waited: int

    @property
    def code(self) -> str:
        """Of the village that gives it its name."""
        return self.villages[0].code

    @property
    def district_code(self) -> str:
        """Of the kecamatan to which its stops count."""
        return self.villages[0].district_code


@dataclass(frozen=True, slots=True)
class HubStop:
    """
    One stop of a hub, still without a day.

    Attributes
    ----------
    number
        From 1.
    fortnight
        Position of its usual fortnight, from 0.
    weeks
        The stretch of the quarter in which it may be made, its fortnight among them; counted from 0.
    is_due
        Whether some village would wait too long without it.
    people
        Who come to each hall, by its village's code.
    """

    hub: Hub
    number: int
    fortnight: int
    weeks: range
    is_due: bool
    people: Mapping[str, int]


def fortnights(weeks: int) -> tuple[range, ...]:
    """The weeks of each fortnight, counted from 0; with an odd number of weeks the last one has one."""
    return tuple(range(first, min(first + _WEEKS_A_FORTNIGHT, weeks)) for first in range(0, weeks, _WEEKS_A_FORTNIGHT))


def find_hubs(demand: VillageDemand, without: Collection[str], weeks: int, options: RoundsOptions) -> tuple[Hub, ...]:
    """
    Hubs that serve every village within reach of a hall to which a unit has a way, each village in one of them.

    Parameters
    ----------
    without
        Codes of villages that are served otherwise.
    weeks
        Of the quarter.
    """
    open_halls = [
        village for village in demand.villages if village.can_host and demand.frame.reachable_by(village_hall(village))
    ]
    near = {hall.code: by_nearness(demand, hall.code) for hall in open_halls}
    left = {village.code: village for village in demand.villages if village.code not in without}
    hubs: list[Hub] = []
    while left:
        # A hall whose own village is served otherwise is no hub.
        groups = [_group(demand, near[hall.code], left) for hall in open_halls if hall.code in left]
        best = max(groups, key=lambda group: sum(map(demand.people, group)), default=())
        if not best:
            break
        for village in best:
            del left[village.code]
        hubs.append(_hub(demand, best, weeks, options))
    return tuple(hubs)


def stops_needed(demand: VillageDemand, villages: Sequence[Village], weeks: int, options: RoundsOptions) -> int:
    """Stops that these villages need in a quarter: by people left to be recorded, and so that none waits too long."""
    people = sum(people_left(demand, village, weeks, options) for village in villages)
    # Two stops are at most their distance and a fortnight apart: each may be at either end of its own.
    spacing = max(1, demand.frame.region.planning.longest_wait_weeks - _WEEKS_A_FORTNIGHT)
    by_wait = math.ceil(weeks / spacing)
    return min(len(fortnights(weeks)), max(1, by_wait, math.ceil(people / options.people_a_stop)))


def even_out(
    demand: VillageDemand, hubs: Sequence[Hub], kept: Mapping[str, int], weeks: int, options: RoundsOptions
) -> tuple[Hub, ...]:
    """
    The hubs with as many stops in all, those beyond what the longest wait asks for shared evenly by kecamatan.

    Rounding up hub by hub favours kecamatan of many small hubs. So the stops are given out again, one after the other:
    to the kecamatan that has fewest for its people left to be recorded, stops of rules counted, and in it to the hub
    that has most people a stop.

    Parameters
    ----------
    kept
        Stops of rules in each kecamatan, by its code.
    """
    unlimited = replace(options, people_a_stop=sys.maxsize)
    stops = {hub.code: stops_needed(demand, hub.villages, weeks, unlimited) for hub in hubs}
    people = {hub.code: sum(people_left(demand, each, weeks, options) for each in hub.villages) for hub in hubs}
    in_district: dict[str, float] = defaultdict(float)
    for village in demand.frame.region.villages:
        in_district[village.district_code] += people_left(demand, village, weeks, options)
    made = Counter(kept)
    for hub in hubs:
        made[hub.district_code] += stops[hub.code]
    most = len(fortnights(weeks))
    for _ in range(sum(hub.stops for hub in hubs) - sum(stops.values())):
        open_hubs = [hub for hub in hubs if stops[hub.code] < most]
        needy = min(
            open_hubs,
            key=lambda hub: (
                made[hub.district_code] / max(1.0, in_district[hub.district_code]),
                -people[hub.code] / stops[hub.code],
                hub.code,
            ),
        )
        stops[needy.code] += 1
        made[needy.district_code] += 1
    return tuple(replace(hub, stops=stops[hub.code]) for hub in hubs)


def place_stops(
    demand: VillageDemand, hubs: Sequence[Hub], room: Sequence[int], weeks: int, options: RoundsOptions
) -> tuple[HubStop, ...]:
    """
    The stops of all hubs with their fortnights and the people who come.

    Parameters
    ----------
    room
        Minutes that vans have for stops in each fortnight; where there are none no stop is placed.
    """
    plan = _Placement(demand, room, weeks, options)
    stops = [stop for hub in sorted(hubs, key=lambda hub: -hub.weeks_waited) for stop in plan.place(hub)]
    return tuple(sorted(stops, key=lambda stop: (stop.fortnight, stop.hub.code)))


def _group(demand: VillageDemand, near: Sequence[str], left: Mapping[str, Village]) -> tuple[Village, ...]:
    """Of the villages near a hall those still left, its own first, while there is time for their people."""
    kept: list[Village] = []
    room = demand.frame.region.planning.village_stop_people
    for code in near:
        if code not in left or (kept and demand.people(left[code]) > room):
            continue
        kept.append(left[code])
        room -= demand.people(left[code])
    return tuple(kept)


def by_nearness(demand: VillageDemand, hall: str) -> list[str]:
    """Codes of the villages that a stop at this hall reaches, its own first."""
    shares = demand.shares[hall]
    return sorted(demand.reached(hall), key=lambda code: (code != hall, -shares[code], code))


def _hub(demand: VillageDemand, villages: tuple[Village, ...], weeks: int, options: RoundsOptions) -> Hub:
    codes = {village.code for village in villages}
    halls = [
        village
        for village in villages
        if village.can_host
        and codes <= demand.reached(village.code)
        and demand.frame.reachable_by(village_hall(village))
    ]
    return Hub(
        villages,
        tuple(halls[: options.most_halls]),
        stops_needed(demand, villages, weeks, options),
        max(map(demand.weeks, villages)),
    )


def people_left(demand: VillageDemand, village: Village, weeks: int, options: RoundsOptions) -> float:
    """People of a village with a duty to hold a card who are still to be recorded, now or in the quarter to come."""
    planning = demand.frame.options
    known = village.unrecorded
    now = planning.unknown_village_people / planning.village_turnout if known is None else known
    return now + (village.population or 0) * options.newly_eligible_share * weeks / WEEKS_A_YEAR


class _Placement:
    """Puts stops into fortnights, one hub after the other."""

    def __init__(self, demand: VillageDemand, room: Sequence[int], weeks: int, options: RoundsOptions) -> None:
        self._demand, self._room, self._weeks, self._options = demand, room, weeks, options
        self._fortnights = fortnights(weeks)
        self._used = [0.0] * len(room)
        self._halls: list[list[Village]] = [[] for _ in room]

    def place(self, hub: Hub) -> list[HubStop]:
        """The stops of the hub, where they fit best beside those that are placed already."""
        patterns = self._patterns(hub)
        best = min(
            patterns, key=lambda pattern: (self._weeks_late(hub, pattern[0]), self._cost(hub, pattern)), default=()
        )
        people = self._people(hub, len(best))
        longest = self._demand.frame.region.planning.longest_wait_weeks
        stops = []
        for number, (at, comers) in enumerate(zip(best, people, strict=True), start=1):
            self._used[at] += self._minutes(comers[hub.code])
            self._halls[at].append(hub.villages[0])
            is_due = number == 1 and hub.weeks_waited + self._weeks >= longest
            stops.append(HubStop(hub, number, at, self._stretch(hub, number, at), is_due, comers))
        return stops

    def _patterns(self, hub: Hub) -> list[tuple[int, ...]]:
        """The ways to spread the stops evenly over fortnights with vans, as many stops as can be: each begins later."""
        count = len(self._fortnights)
        steps = [round(number * count / hub.stops) for number in range(hub.stops)]
        spread = [tuple(first + step for step in steps) for first in range(count - steps[-1])]
        worked = [tuple(at for at in pattern if self._room[at] > 0) for pattern in spread]
        most = max(map(len, worked))
        return [pattern for pattern in worked if pattern and len(pattern) == most]

    def _stretch(self, hub: Hub, number: int, at: int) -> range:
        """
        Weeks around a fortnight in which a stop may be made.

        A single stop may be made in any week before the longest wait has passed. Of several, each keeps to the middle
        of its part of the quarter, so that two of them stand apart and the wait between them is kept.
        """
        usual, longest = self._fortnights[at], self._demand.frame.region.planning.longest_wait_weeks
        part = self._weeks / hub.stops
        wide = self._weeks if hub.stops == 1 else int(min(self._options.stretch_share * part, longest - part))
        beyond = max(0, wide - len(usual))
        first, end = max(0, usual.start - beyond // 2), min(self._weeks, usual.stop + beyond - beyond // 2)
        if hub.stops == 1:
            first, end = 0, self._weeks
        if number == 1:
            end = max(usual.stop, min(end, longest - hub.weeks_waited))
        return range(first, end)

    def _weeks_late(self, hub: Hub, at: int) -> int:
        """Weeks by which a first stop at the end of that fortnight passes the longest wait."""
        longest = self._demand.frame.region.planning.longest_wait_weeks
        return max(0, hub.weeks_waited + self._fortnights[at].stop - longest)

    def _cost(self, hub: Hub, pattern: Sequence[int]) -> float:
        """How full the fortnights are, and how far their stops are away."""
        minutes = self._minutes(self._people(hub, 1)[0][hub.code])
        costs = []
        for at in pattern:
            near = min((self._drive(hub, other) for other in self._halls[at]), default=_FAR_MIN // 2)
            costs.append((self._used[at] + minutes) / self._room[at] + near / _FAR_MIN)
        return max(costs)

    def _drive(self, hub: Hub, other: Village) -> int:
        return self._demand.frame.drive(village_hall(hub.villages[0]).location.id, village_hall(other).location.id)

    def _minutes(self, people: int) -> float:
        times, kits = self._demand.frame.times, [unit.kits for unit in self._demand.frame.region.fleet.units]
        return times.fixed_min + people * times.recording_min / (sum(kits) / len(kits))

    def _people(self, hub: Hub, stops: int) -> list[dict[str, int]]:
        """Who come to each stop, by the hall where it is: the office's turnout of those left at the time."""
        planning, most = self._demand.frame.options, self._demand.frame.region.planning.village_stop_people
        left = {
            village.code: people_left(self._demand, village, self._weeks, self._options) for village in hub.villages
        }
        people: list[dict[str, int]] = []
        shares = self._demand.shares
        for _ in range(stops):
            coming = {code: expected(math.ceil(count), planning.village_turnout) for code, count in left.items()}
            people.append(
                {
                    hall.code: max(
                        1, min(most, round(sum(count * shares[hall.code][code] for code, count in coming.items())))
                    )
                    for hall in hub.halls
                }
            )
            # Whom a stop has no time for comes again.
            served = min(1.0, most / sum(coming.values())) if any(coming.values()) else 1.0
            left = {code: max(0.0, count - served * coming[code]) for code, count in left.items()}
        return people
