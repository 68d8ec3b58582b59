"""
Village backlog -> communities, and village halls that reach them.

A stop at a hall reaches its own village and, less with distance, its neighbours within the covering radius: with 151
villages and about 8 stops a week, one round of own visits would take 19 weeks. A stop plans for no more people than
`village_stop_people`; where more would come, it reaches a smaller share of each, so that what a plan wins and the time
it spends always speak of the same people.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from api.i18n import N_
from api.planning.frame import Frame, PlannedVisit, card_factors
from api.planning.letters import cards_needed, crew_notes, to_bring
from api.planning.notes import Note
from api.planning.places import Place, village_hall
from api.planning.windows import Stay, windows_for
from geodata.areas import neighbours
from geodata.requests import ServiceCounts
from geodata.sites import Signal
from geodata.times import TimeRange
from geodata.villages import Village
from maps.cards import CountKind, Origin, VisitCard
from optimizer.demand import (
    POINT_DECIMALS,
    SHARE_DECIMALS,
    Expected,
    PrizeFactors,
    covered_share,
    expected,
    waiting_factor,
    work_min,
)
from optimizer.problem import DAY_MIN, Community, CommunityId, Visit, VisitId

ROUND_TAG = "round"


@dataclass(frozen=True)
class VillageDemand:
    """
    What a week's stops at village halls can reach.

    Attributes
    ----------
    frame
        Region, week and settings.
    """

    frame: Frame

    @property
    def villages(self) -> tuple[Village, ...]:
        """All villages of the region, in its order."""
        return self.frame.region.villages

    def people(self, village: Village) -> int:
        """People of a village who come to a stop at their own hall, at most as many as a stop plans for."""
        options, most = self.frame.options, self.frame.region.planning.village_stop_people
        if village.unrecorded is None:
            return min(most, options.unknown_village_people)
        return min(most, expected(village.unrecorded, options.village_turnout))

    def weeks(self, village: Village) -> int:
        """Whole weeks since the last visit; the office's figure where none is known."""
        weeks = village.weeks_since_visit(self.frame.monday)
        return self.frame.region.planning.never_visited_weeks if weeks is None else weeks

    def factors(self, village: Village) -> PrizeFactors:
        """What the people of a village are worth this week."""
        options, longest = self.frame.options, self.frame.region.planning.longest_wait_weeks
        waiting = waiting_factor(self.weeks(village), longest, options.waiting_most)
        return PrizeFactors(self.people(village), options.village_urgency, waiting)

    @cached_property
    def overdue(self) -> frozenset[str]:
        """
        Codes of the villages whose wait would reach the longest one by next Monday, if no stop reached them now.

        Only known waits count: where no visit is on record nobody can say how long it was, and a region imported
        without dates would have no other duty than its villages. Such villages have the full waiting factor.
        """
        longest = self.frame.region.planning.longest_wait_weeks
        weeks = {village.code: village.weeks_since_visit(self.frame.monday) for village in self.villages}
        return frozenset(code for code, known in weeks.items() if known is not None and known + 1 >= longest)

    @cached_property
    def shares(self) -> Mapping[str, Mapping[str, float]]:
        """For each village the share of every village that a stop at its hall covers, by distance alone."""
        radius = self.frame.region.planning.covering_radius_km
        # People walk or ride to the hall: the line between the two points counts, not the van's detour.
        near = neighbours(self.frame.region, radius)
        return {
            village.code: {village.code: 1.0}
            | {code: share for code, km in near[village.code].items() if (share := covered_share(km, radius)) > 0}
            for village in self.villages
        }

    def reached(self, village: str) -> frozenset[str]:
        """Codes of the villages that count as reached by a stop at this one's hall."""
        least = self.frame.options.reached_share
        return frozenset(code for code, share in self.shares[village].items() if share >= least)

    def reaches(self, village: str) -> dict[CommunityId, float]:
        """Shares of the communities that a stop at this hall serves, cut to the people it plans for."""
        covered = {code: share for code, share in self.shares[village].items() if self._comers[code]}
        coming = sum(self._comers[code] * share for code, share in covered.items())
        cut = min(1.0, self.frame.region.planning.village_stop_people / coming) if coming else 1.0
        kept = {CommunityId(code): _rounded_down(share * cut) for code, share in covered.items()}
        return {code: share for code, share in kept.items() if share}

    def served(self, reaches: Mapping[CommunityId, float]) -> int:
        """People whom a stop with these shares serves, at least 1."""
        return max(1, round(sum(self._comers[code] * share for code, share in reaches.items())))

    def worth(self, reaches: Mapping[CommunityId, float]) -> float:
        """Points that a stop with these shares wins if no other reaches the same people."""
        return sum(self._worth[code] * share for code, share in reaches.items())

    @cached_property
    def communities(self) -> tuple[Community, ...]:
        """The people of all villages, with what they are worth this week; villages without anybody left out."""
        return tuple(
            Community(CommunityId(village.code), self._worth[village.code])
            for village in self.villages
            if self._comers[village.code]
        )

    def is_estimate(self, codes: Iterable[str]) -> bool:
        """Whether of any of these villages it is not counted how many people are left."""
        villages = self.frame.region.village_by_code
        return not all(villages[code].is_counted for code in codes)

    def estimate_notes(self, codes: Iterable[str]) -> tuple[str, ...]:
        """What a card says of those among these villages that have an estimate by their population, in few words."""
        villages = [self.frame.region.village_by_code[code] for code in codes]
        told = [f"{each.name} ≈ {each.backlog} ± {each.unrecorded_error}" for each in villages if each.unrecorded_error]
        if not told:
            return ()
        note = Note(N_("People left, estimated from the population: {villages}"), {"villages": ", ".join(told)})
        return (note.text(self.frame.gettext, self.frame.locale),)

    @cached_property
    def _comers(self) -> Mapping[str, int]:
        return {village.code: self.people(village) for village in self.villages}

    @cached_property
    def _worth(self) -> Mapping[str, float]:
        return {village.code: self.factors(village).prize for village in self.villages}


def reach_tags(demand: VillageDemand, village: str) -> frozenset[str]:
    """Tags that say which overdue villages a stop at this hall reaches."""
    return frozenset(f"reaches:{code}" for code in demand.reached(village) & demand.overdue)


def hall_visits(demand: VillageDemand, taken: frozenset[str]) -> tuple[PlannedVisit, ...]:
    """
    Candidate stops at village halls: those that reach overdue villages, then those worth most, up to the office's cap.

    Parameters
    ----------
    taken
        Codes of villages at whose hall a recurring stop is due anyway.
    """
    frame = demand.frame
    hours = _hall_hours(frame)
    if not hours:
        return ()
    hosts = [village for village in demand.villages if village.can_host and village.code not in taken]
    chosen = _best(demand, hosts, frame.options.max_village_stops)
    return tuple(_hall_visit(demand, village, hours) for village in chosen)


def _hall_hours(frame: Frame) -> dict[int, TimeRange]:
    """Hours of village halls on the days that vans go out."""
    worked = {shift.earliest // DAY_MIN for shift in frame.shifts}
    hours = {
        number: day.hours.work
        for number, day in enumerate(frame.week.days)
        if day.hours is not None and number in worked
    }
    # One closing time for the week, that of its shortest day: then `finish_by` is exact for every van, and nothing is
    # lost but the half hour by which a Friday is longer.
    closing = min((work.end for work in hours.values()), default=0)
    return {number: TimeRange(work.start, closing) for number, work in hours.items()}


def _best(demand: VillageDemand, hosts: Sequence[Village], most: int) -> list[Village]:
    def rank(village: Village) -> tuple[bool, float]:
        overdue = bool(demand.reached(village.code) & demand.overdue)
        return overdue, demand.worth(demand.reaches(village.code))

    useful = [village for village in hosts if any(rank(village))]
    kept = {village.code for village in sorted(useful, key=rank, reverse=True)[:most]}
    return [village for village in useful if village.code in kept]


def _hall_visit(demand: VillageDemand, village: Village, hours: Mapping[int, TimeRange]) -> PlannedVisit:
    frame, place = demand.frame, village_hall(village)
    reaches = demand.reaches(village.code)
    people = demand.served(reaches)
    stay = hall_stay(frame, place, people)
    shifts = frame.reachable_by(place)
    windows = windows_for(stay, {day: (each,) for day, each in hours.items()}, shifts, frame.drive)
    visit = Visit(
        VisitId(str(place.location.id)),
        place.location.id,
        0.0,  # The people reached are the prize.
        stay.work_min,
        windows.windows,
        setup_min=stay.setup_min,
        finish_by=windows.finish_by,
        demand=cards_needed(Expected(print_cards=people)),
        shifts=frame.allowed(shifts, windows.too_slow),
        tags=frozenset({ROUND_TAG, f"district:{village.district_code}"}) | reach_tags(demand, village.code),
        reaches=reaches,
    )
    return PlannedVisit(visit, _card(demand, village, place, visit, people), place)


def hall_stay(frame: Frame, place: Place, people: int) -> Stay:
    """How long a stop for so many people at a village hall takes."""
    work = work_min(
        Expected(print_cards=people),
        frame.times,
        weak_signal=place.signal is Signal.WEAK,
        printing_kits=frame.printing_kits,
    )
    return Stay(place.location.id, frame.times.fixed_min, work)


def _card(demand: VillageDemand, village: Village, place: Place, visit: Visit, people: int) -> VisitCard:
    counts = ServiceCounts(record_and_print=people)
    # One factor for all the villages reached: the mean of theirs, weighed by the people who come.
    urgency = demand.frame.options.village_urgency
    waiting = round(demand.worth(visit.reaches) / (people * urgency), POINT_DECIMALS)
    return VisitCard(
        visit.id,
        place.name,
        place.card_kind,
        Origin.BACKLOG,
        place.address,
        people,
        village_code=village.code,
        counts={CountKind.RECORD_AND_PRINT: people},
        bring=to_bring(counts),
        notes=(
            *crew_notes(demand.frame, counts, weak_signal=place.signal is Signal.WEAK),
            *demand.estimate_notes(visit.reaches),
        ),
        is_estimate=demand.is_estimate(visit.reaches),
        factors=card_factors(PrizeFactors(people, urgency, waiting)),
    )


def _rounded_down(share: float) -> float:
    scale: int = 10**SHARE_DECIMALS
    return round(math.floor(share * scale) / scale, SHARE_DECIMALS)
