"""
From people to the prize and the work of a visit, with the factors that made them.

The worth of a visit is people x urgency x waiting: people are those expected to come, urgency is the office's weight
for the kind of wish, waiting grows with the weeks since the place was last served or the letter came in. The factors
are kept, so that a planner can see why one visit went before another. Handling times are those of `HandlingTimes`;
their usual values come from reports of Indonesian registry offices (10 to 15 minutes a pupil with everything, about
12 recordings an hour and kit) and each office sets its own.
"""

import math
from dataclasses import dataclass

POINT_DECIMALS = 3
SHARE_DECIMALS = 4


@dataclass(frozen=True, slots=True)
class HandlingTimes:
    """
    How long service takes (waktu layanan).

    Attributes
    ----------
    recording_min, child_card_min
        Kit minutes of one recording, and of the check of one child card's papers.
    printing_min
        Minutes in which the printer of a van makes one card.
    setup_min, pack_up_min
        Fixed parts of a stay.
    weak_signal_factor
        Multiplies recording where the line to the registry is weak; papers are checked without it.
    home_visit_min
        Added for each person whom the crew visits with the portable kit, the way from door to door included.
    """

    recording_min: float = 5
    child_card_min: float = 2
    printing_min: float = 2
    setup_min: int = 20
    pack_up_min: int = 15
    weak_signal_factor: float = 2
    home_visit_min: float = 20

    @property
    def fixed_min(self) -> int:
        """Minutes of a stay in which nobody is served: set-up and packing."""
        return self.setup_min + self.pack_up_min


@dataclass(frozen=True, slots=True)
class Expected:
    """
    People expected to come, by what is done for them.

    Attributes
    ----------
    print_cards
        Recorded, and their id card made (rekam cetak).
    record_only
        Recorded now, the card comes later (rekam saja).
    child_cards
        Papers for a child card checked (KIA).
    """

    print_cards: int = 0
    record_only: int = 0
    child_cards: int = 0

    @property
    def people(self) -> int:
        """All of them."""
        return self.print_cards + self.record_only + self.child_cards


@dataclass(frozen=True, slots=True)
class PrizeFactors:
    """
    What a visit's prize was made of.

    Attributes
    ----------
    people
        Expected to come.
    urgency
        1 at ordinary urgency.
    waiting
        1 where nobody has waited yet, see `waiting_factor`.
    """

    people: float
    urgency: float = 1.0
    waiting: float = 1.0

    @property
    def prize(self) -> float:
        """Points: the product, to the 3 decimals that problems carry."""
        return round(self.people * self.urgency * self.waiting, POINT_DECIMALS)


def expected(count: int, attendance: float) -> int:
    """
    How many of ``count`` announced people come, rounded up.

    Parameters
    ----------
    attendance
        Part (0 to 1) that usually comes.
    """
    # Products such as 100 x 0.85 lie a hair above the whole number; without the cut one person would be invented.
    return math.ceil(round(count * attendance, 6))


def work_min(people: Expected, times: HandlingTimes, *, weak_signal: bool = False, printing_kits: int = 0) -> int:
    """
    Kit minutes of a visit, at least 1: recording and checking of papers, or printing where that takes longer.

    The printer is served by the crew's support while the operators record, so a card's minutes count only where the
    printer is slower than all kits together.

    Parameters
    ----------
    printing_kits
        Most kits aboard a van that prints on the spot; 0 where cards are printed at the office and handed over later.
    """
    recordings = people.print_cards + people.record_only
    signal = times.weak_signal_factor if weak_signal else 1.0
    minutes = recordings * times.recording_min * signal + people.child_cards * times.child_card_min
    printing = people.print_cards * times.printing_min * printing_kits
    return max(1, math.ceil(round(max(minutes, printing), 6)))


def home_visits_min(people: Expected, times: HandlingTimes) -> int:
    """
    Minutes that going from door to door with the portable kit adds to a stay.

    They belong to its fixed part: a second kit in the van makes no way shorter.
    """
    return math.ceil(round(people.people * times.home_visit_min, 6))


def waiting_factor(weeks: float, longest_weeks: float, most: float = 2.0) -> float:
    """
    How much more a person counts who has waited: from 1 in straight line to ``most`` at ``longest_weeks``, then level.

    Parameters
    ----------
    weeks
        Since the last visit or since the letter came in; less than 0 counts as 0.
    longest_weeks
        More than 0.
    """
    return round(1 + (most - 1) * min(1.0, max(0.0, weeks / longest_weeks)), SHARE_DECIMALS)


def covered_share(distance_km: float, radius_km: float) -> float:
    """
    Part (0 to 1) of a community that comes to a stop so far away: all at its own hall, none from the radius on.

    A straight line between the two: attendance at outreach falls with distance and nothing better is known here.
    """
    if distance_km <= 0:
        return 1.0
    return 0.0 if distance_km >= radius_km else round(1 - distance_km / radius_km, SHARE_DECIMALS)
