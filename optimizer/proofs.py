"""
What testing each visit and each hard minimum by itself proves: impossible visits, infeasible problems.

A visit is *impossible* when every shift class bars it (`network.Bar`), or when required visits stand in its way: one of
its group, or so many that a limit over the plan has no room for it. A problem is infeasible when a required visit is
impossible, or when all visits that are not impossible fall short of a hard minimum. Nothing more is tried, so no answer
means that nothing was proved.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from optimizer.network import Bar, Network, ShiftClass, load_with_pins
from optimizer.problem import DAY_MIN, Limit, LimitScope, MeasureKind, VisitId
from optimizer.violation import N_, Gettext
from optimizer.working_time import IntArray, start_pieces

_WEEKDAYS = (
    N_("Monday"),
    N_("Tuesday"),
    N_("Wednesday"),
    N_("Thursday"),
    N_("Friday"),
    N_("Saturday"),
    N_("Sunday"),
)
_DAYS_A_WEEK = 7
_BAR_MESSAGES = {
    Bar.PINNED_ELSEWHERE: N_("it is pinned to shift {pinned}"),
    Bar.NOT_ALLOWED: N_("the visit is not allowed on the shifts of that day"),
    Bar.SKILL: N_("the van lacks {skills}"),
    Bar.CAPACITY: N_("it needs {amount} of {resource}, the van has {capacity} for it"),
    Bar.LIMIT: N_("limit {limit} allows {most}, the visit comes to {amount}"),
    Bar.STOPS: N_("the pinned stops leave no stop free"),
    Bar.NO_WINDOW: N_("no time window falls within working hours"),
    Bar.TOO_FAR: N_("the van cannot be there before the last window ends"),
    Bar.FINISH_BY: N_("the service cannot end by {finish}"),
    Bar.NOT_BACK: N_("the van cannot be back by {back}"),
    Bar.DUTY: N_("limit {limit} allows {most} minutes on duty, the visit alone needs more"),
}


class BarrierKind(Enum):
    """Why no plan holds a visit: no shift can, a required visit of its group does, or a limit has no room left."""

    ALONE = auto()
    GROUP = auto()
    LIMIT = auto()


@dataclass(frozen=True, slots=True)
class Barrier:
    """
    The proof that no plan that keeps all rules holds a visit.

    Attributes
    ----------
    conflict
        Ids of the visit, of the required visits, shift and limits that cannot hold together.
    """

    kind: BarrierKind
    conflict: tuple[str, ...]


def find_barriers(network: Network) -> dict[int, Barrier]:
    """The visits, by position, that no plan can hold, each with the proof."""
    barriers: dict[int, Barrier] = {}
    for found in (_barred_by_limits(network), _barred_by_group(network), _barred_alone(network)):
        barriers.update(found)  # the simplest proof is told: it comes last
    return dict(sorted(barriers.items()))


def find_conflict(network: Network, barriers: dict[int, Barrier]) -> tuple[str, ...]:
    """
    Ids that prove the problem infeasible; empty where nothing is proved.

    Parameters
    ----------
    barriers
        Of `find_barriers`.
    """
    for position, barrier in barriers.items():
        if network.must[position]:
            return barrier.conflict
    for limit, amounts in zip(network.problem.limits, network.amounts, strict=True):
        if limit.min is None or limit.shortfall_cost is not None:
            continue
        most = _most_of(network, amounts, barriers)
        if min(most, limit.max if limit.max is not None else most) < limit.min:
            return (limit.id,)
    return ()


def _most_of(network: Network, amounts: IntArray, barriers: dict[int, Barrier]) -> int:
    """The most that all possible visits add up to, one of each group."""
    by_group: dict[str, int] = {}
    for position, visit in enumerate(network.problem.visits):
        if position not in barriers:
            group = f"group {visit.group}" if visit.group is not None else f"visit {visit.id}"
            by_group[group] = max(by_group.get(group, 0), int(amounts[position]))
    return sum(by_group.values())


def _barred_alone(network: Network) -> Iterator[tuple[int, Barrier]]:
    visits = network.problem.visits
    barred = np.ones(len(visits), dtype=np.bool_)
    for shift_class in network.classes:
        barred &= shift_class.bars != Bar.NONE
    for position in np.flatnonzero(barred):
        visit = visits[position]
        ids: list[str] = [visit.id]
        if visit.fixed is not None:
            ids.append(visit.fixed.shift)
        for shift_class in network.classes:
            ids += _ids_in_the_way(network, int(position), shift_class)
        yield int(position), Barrier(BarrierKind.ALONE, tuple(dict.fromkeys(ids)))


def _ids_in_the_way(network: Network, position: int, shift_class: ShiftClass) -> list[str]:
    """Limits and pinned visits that a class's bar on a visit rests on."""
    bar = shift_class.bars[position]
    ids: list[str] = []
    if bar == Bar.LIMIT:
        ids.append(_broken_limit(network, position, shift_class).id)
    if bar == Bar.DUTY:
        ids.append(_tightest_duty(network).id)
    if bar in {Bar.CAPACITY, Bar.LIMIT, Bar.STOPS}:
        ids += [network.problem.visits[pinned].id for pinned in np.flatnonzero(shift_class.pinned)]
    return ids


def _barred_by_group(network: Network) -> Iterator[tuple[int, Barrier]]:
    required: dict[str, list[VisitId]] = {}
    for visit in network.problem.visits:
        if visit.must and visit.group is not None:
            required.setdefault(visit.group, []).append(visit.id)
    for position, visit in enumerate(network.problem.visits):
        others = [other for other in required.get(visit.group or "", ()) if other != visit.id]
        if others:
            yield position, Barrier(BarrierKind.GROUP, (visit.id, others[0]))


def _barred_by_limits(network: Network) -> Iterator[tuple[int, Barrier]]:
    """Visits that a maximum over the whole plan has no room for beside the required ones."""
    for limit, amounts in zip(network.problem.limits, network.amounts, strict=True):
        if limit.max is None or limit.per is not LimitScope.PLAN:
            continue
        load = np.where(amounts > 0, load_with_pins(amounts, network.must), 0)
        for position in np.flatnonzero(load > limit.max):
            room = limit.max - int(amounts[position])
            in_the_way = []
            for other in sorted(np.flatnonzero(network.must & (amounts > 0)), key=lambda at: -int(amounts[at])):
                if other != position and room >= 0:
                    room -= int(amounts[other])
                    in_the_way.append(network.problem.visits[other].id)
            ids = (network.problem.visits[position].id, limit.id, *in_the_way)
            yield int(position), Barrier(BarrierKind.LIMIT, ids)


def describe_barrier(network: Network, position: int, barrier: Barrier, gettext: Gettext) -> str:
    """The proof in one sentence for the planner: the rule on each day, or the required visits in the way."""
    match barrier.kind:
        case BarrierKind.GROUP:
            return gettext("Required visit {visit} of the same group takes its place.").format(
                visit=barrier.conflict[1]
            )
        case BarrierKind.LIMIT:
            return gettext("Limit {limit} leaves no room beside the required visits {visits}.").format(
                limit=barrier.conflict[1], visits=", ".join(barrier.conflict[2:])
            )
        case BarrierKind.ALONE:
            return _describe_days(network, position, gettext)


def _describe_days(network: Network, position: int, gettext: Gettext) -> str:
    rules_on: dict[int, list[str]] = {}
    for first, last, _, _ in start_pieces(network.problem.visits[position]):
        for day in range(first // DAY_MIN, last // DAY_MIN + 1):
            rules_on[day] = []
    for shift_class in network.classes:
        rule = _describe_bar(network, position, shift_class, gettext)
        for member in shift_class.members:
            rules_on.setdefault(network.problem.shifts[member].earliest // DAY_MIN, []).append(rule)
    days_of: dict[str, list[str]] = {}
    for day in sorted(rules_on):
        rules = "; ".join(sorted(set(rules_on[day]))) or gettext("no van works")
        days_of.setdefault(rules, []).append(_describe_day(network, day, gettext))
    if len(days_of) == 1:
        return gettext("On every day: {rules}.").format(rules=next(iter(days_of)))
    return " ".join(
        gettext("{days}: {rules}.").format(days=", ".join(days), rules=rules) for rules, days in days_of.items()
    )


def _describe_day(network: Network, day: int, gettext: Gettext) -> str:
    name = gettext(_WEEKDAYS[day % _DAYS_A_WEEK])
    if network.problem.horizon_days <= _DAYS_A_WEEK:
        return name
    return gettext("{weekday} of week {week}").format(weekday=name, week=day // _DAYS_A_WEEK + 1)


def _describe_bar(network: Network, position: int, shift_class: ShiftClass, gettext: Gettext) -> str:
    """The rule that bars a visit from a shift class, as half a sentence."""
    visit, shift = network.problem.visits[position], shift_class.shift
    bar = Bar(int(shift_class.bars[position]))
    return gettext(_BAR_MESSAGES[bar]).format(
        pinned=visit.fixed.shift if visit.fixed is not None else "",
        skills=", ".join(sorted(visit.skills - shift.skills)),
        finish=_time_of_day(visit.finish_by or 0),
        back=_time_of_day((shift.latest + shift.overtime_max) % DAY_MIN),
        **_amounts_of(network, position, shift_class, bar),
    )


def _amounts_of(network: Network, position: int, shift_class: ShiftClass, bar: Bar) -> dict[str, object]:
    """The numbers behind a bar: of the first resource or limit that it breaks."""
    pinned = shift_class.pinned
    if bar is Bar.CAPACITY:
        for resource, most in shift_class.shift.capacity.items():
            amounts = network.demands.get(resource)
            if amounts is not None and load_with_pins(amounts, pinned)[position] > most:
                beside = int(load_with_pins(amounts, pinned)[position] - amounts[position])
                return {"resource": resource, "amount": int(amounts[position]), "capacity": max(0, most - beside)}
    if bar is Bar.LIMIT:
        limit = _broken_limit(network, position, shift_class)
        amounts = network.amounts[network.problem.limits.index(limit)]
        return {"limit": limit.id, "most": limit.max, "amount": int(load_with_pins(amounts, pinned)[position])}
    if bar is Bar.DUTY:
        limit = _tightest_duty(network)
        return {"limit": limit.id, "most": limit.max}
    return {}


def _broken_limit(network: Network, position: int, shift_class: ShiftClass) -> Limit:
    pinned = shift_class.pinned
    return next(
        limit
        for limit, amounts in zip(network.problem.limits, network.amounts, strict=True)
        if limit.max is not None
        and limit.measure.kind is not MeasureKind.DUTY_MIN
        and amounts[position] > 0
        and load_with_pins(amounts, pinned)[position] > limit.max
    )


def _tightest_duty(network: Network) -> Limit:
    duty = [limit for limit in network.problem.limits if limit.measure.kind is MeasureKind.DUTY_MIN]
    return min((limit for limit in duty if limit.max is not None), key=lambda limit: limit.max or 0)


def _time_of_day(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
