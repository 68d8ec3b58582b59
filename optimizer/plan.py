"""
Outputs of one planning run: the stops of each shift in order, the visits left out and why, and what was proved.

A plan says what an engine found. Whether it keeps the rules, and what it is worth, `evaluate` tells from the plan
and the problem alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from optimizer.problem import ShiftId, VisitId

OPTIMALITY_TOLERANCE = 1e-4
"""A plan within this relative distance of its bound is called optimal; `displaced` is judged to the same."""


class PlanStatus(StrEnum):
    """What a planning run ended with."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """Why a visit is left out: proved impossible, proved to cost more than it brings, or neither shown in the time."""

    IMPOSSIBLE = "impossible"
    DISPLACED = "displaced"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Stop:
    """
    A visit with its times, whole minutes of the problem's axis.

    Attributes
    ----------
    arrive, start, finish
        The van is there; service begins (after any wait); service ends and the van drives on.
    """

    visit: VisitId
    arrive: int
    start: int
    finish: int


@dataclass(frozen=True, slots=True)
class Route:
    """
    The stops of one shift in order (rute harian).

    Attributes
    ----------
    leave, back
        When the van leaves its start location and is at its end location again.
    distance_m
        Metres driven, both ways included.
    """

    shift: ShiftId
    leave: int
    back: int
    distance_m: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Unserved:
    """
    A visit left out, with the reason.

    Attributes
    ----------
    by
        For `Reason.DISPLACED`: the visits that would have to go.
    text
        The reason in one sentence for the planner.
    remedy
        The cheapest change that would serve the visit; None where none was looked for or found.
    """

    visit: VisitId
    reason: Reason
    text: str = ""
    by: tuple[VisitId, ...] = ()
    remedy: Mapping[str, object] | None = None

    def __post_init__(self) -> None:
        """Make the remedy read-only."""
        if self.remedy is not None:
            object.__setattr__(self, "remedy", MappingProxyType(dict(self.remedy)))


@dataclass(frozen=True, slots=True)
class Plan:
    """
    What one planning run found (rencana mingguan).

    Attributes
    ----------
    instance, instance_sha256
        Name and hash (of the document's bytes) of the problem that was planned.
    value
        Worth of the plan in points; None where there is no plan.
    bound
        Proved upper bound on the value of any plan of the problem; None where none is known. Never guessed.
    seconds
        From the start of the run to its answer.
    unserved
        Every visit that no route holds, once each; empty where there is no plan.
    conflict
        For `PlanStatus.INFEASIBLE`: a small set of visit, shift and limit ids that cannot all hold.
    stated_gap
        The gap as a document states it, for `evaluate` to judge; None where the plan comes from no document. It is a
        saying about the plan and no part of it: plans that differ in nothing else are equal.
    """

    instance: str
    instance_sha256: str
    status: PlanStatus
    value: float | None
    bound: float | None
    seconds: float
    engine: str
    routes: tuple[Route, ...] = ()
    unserved: tuple[Unserved, ...] = ()
    conflict: tuple[str, ...] = ()
    stated_gap: float | None = field(default=None, compare=False)

    @property
    def gap(self) -> float | None:
        """(bound - value) / |bound|, 0 when both are 0, None where it cannot be said."""
        return relative_gap(self.value, self.bound)


def relative_gap(value: float | None, bound: float | None) -> float | None:
    """Relative distance of a value from its bound: 0 when both are 0, None where one lacks or only the bound is 0."""
    if value is None or bound is None:
        return None
    if bound == 0:
        return 0.0 if value == 0 else None
    return (bound - value) / abs(bound)
