"""
Fairness: what letters and villages owe each other in a week.

Two minima, both soft, because a plan must come out even where they cannot be kept: a share of the working time for the
fixed rounds (recurring stops and villages), and no village left beyond the longest wait. Their shortfall costs are
worked out from the week's own prizes, so that a missing unit costs more than any letters gained by it, and no more than
that: a plan gives up a minimum only where it cannot be kept. Letters hold their own without a minimum, because every
one of them was asked for and grows with its age.
"""

from collections.abc import Iterator, Sequence

from api.i18n import N_
from api.planning.frame import Frame, PlannedVisit
from api.planning.notes import Note
from api.planning.shifts import WeekShifts
from api.planning.villages import ROUND_TAG, VillageDemand
from optimizer.problem import Limit, LimitId, Measure, MeasureKind

_MARGIN = 4
"""A unit of a minimum is worth this many times what its own working time could win: set-up and driving come on top."""


def round_share_limit(visits: Sequence[PlannedVisit], shifts: WeekShifts, demand: VillageDemand) -> Limit | None:
    """
    The least working time of the fixed rounds, in kit minutes; None where nothing is to be shared.

    The share is of the time in which the crews serve people in regular hours, and not more than the people of the
    rounds need.
    """
    frame = demand.frame
    offered = shifts.regular_kit_min * frame.options.productive_share
    least = int(min(frame.region.planning.round_share * offered, _round_work(visits, demand)))
    if least <= 0:
        return None
    cost = _shortfall_cost(visits)
    return Limit(LimitId("rounds"), Measure(MeasureKind.WORK_MIN), tag=ROUND_TAG, min=least, shortfall_cost=cost)


def longest_wait_limits(visits: Sequence[PlannedVisit], demand: VillageDemand) -> tuple[Limit, ...]:
    """One limit for each village whose wait would grow too long: at least one visit that reaches it."""
    reachable = {tag for planned in visits for tag in planned.visit.tags}
    tags = sorted(f"reaches:{code}" for code in demand.overdue)
    cost = _missed_village_cost(visits, demand.frame)
    return tuple(
        Limit(LimitId(f"wait:{tag.removeprefix('reaches:')}"), _VISITS, tag=tag, min=1, shortfall_cost=cost)
        for tag in tags
        if tag in reachable
    )


def wait_notes(limits: Sequence[Limit], demand: VillageDemand) -> Iterator[Note]:
    """What the planner should know about waits: how many villages must be reached, and which no stop can reach."""
    if not demand.overdue:
        return
    yield Note(
        N_("Villages to be reached this week, so that none waits longer than {weeks} weeks: {count}."),
        {"count": len(demand.overdue), "weeks": demand.frame.region.planning.longest_wait_weeks},
    )
    held = {limit.id.removeprefix("wait:") for limit in limits}
    for village in demand.villages:
        if village.code in demand.overdue and village.code not in held:
            yield Note(N_("{name} cannot be reached by any stop of this week."), {"name": village.name})


_VISITS = Measure(MeasureKind.VISITS)


def _round_work(visits: Sequence[PlannedVisit], demand: VillageDemand) -> float:
    """Kit minutes that all the people of the rounds need; overlapping halls do not count anybody twice."""
    by_itself = sum(
        planned.visit.work_min for planned in visits if ROUND_TAG in planned.visit.tags and not planned.visit.reaches
    )
    reached = {code for planned in visits for code in planned.visit.reaches}
    people = sum(demand.people(village) for village in demand.villages if village.code in reached)
    return by_itself + people * demand.frame.times.recording_min


def _density(visits: Sequence[PlannedVisit]) -> float:
    """Most points a kit minute of letters can win."""
    return max(
        (each.visit.prize / each.visit.work_min for each in visits if ROUND_TAG not in each.visit.tags), default=0.0
    )


def _shortfall_cost(visits: Sequence[PlannedVisit]) -> float:
    return float(max(1, round(_MARGIN * _density(visits))))


def _missed_village_cost(visits: Sequence[PlannedVisit], frame: Frame) -> float:
    """More than all the letters of one van's day, and than what the rounds could lose by a detour to that village."""
    letters = max((each.visit.prize for each in visits if ROUND_TAG not in each.visit.tags), default=0.0)
    rounds = max((each.visit.work_min for each in visits if ROUND_TAG in each.visit.tags), default=0)
    return float(round(frame.region.planning.max_stops_per_day * letters + _shortfall_cost(visits) * rounds + 100))
