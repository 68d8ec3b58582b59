"""
What can change about a problem that was already planned: a van is lost, a school declines, a letter comes.

Every change is a small value that makes a changed, checked problem of a problem, and says itself in one sentence. The
same words serve both ways: what a planner reports to `replan`, and what a planner could do to serve one visit more.
The change document is in `change_document`.

Days are counted from 0, the first Monday; minutes are those of the problem's axis.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.errors import InvalidChangeError, InvalidProblemError
from optimizer.losses import LoseDay, LoseShift, LoseVehicle, check_day, shift_of
from optimizer.plan import Route
from optimizer.problem import (
    DAY_MIN,
    Fixed,
    GreatCircle,
    LimitId,
    Location,
    LocationId,
    Pause,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    TravelTimes,
    VehicleId,
    Visit,
    VisitId,
)
from optimizer.violation import ClockTime, Gettext, day_name

_NEAREST = 3
"""Known locations that a refusal of a new one names."""


@dataclass(frozen=True, slots=True)
class DeclineVisit:
    """A host declines: the visit is no longer to be made."""

    visit: VisitId

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem without the visit."""
        gone = _visit(problem, self.visit)
        return replace(problem, visits=tuple(visit for visit in problem.visits if visit is not gone))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("Visit {visit} is declined.").format(visit=self.visit)


@dataclass(frozen=True, slots=True)
class AddVisit:
    """
    A new letter: one more visit.

    Attributes
    ----------
    location
        The visit's place where the problem does not know it. Travel times to it follow from a detour factor; a
        problem with explicit matrices cannot take a new place.
    """

    visit: Visit
    location: Location | None = None

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with the visit."""
        if self.visit.id in problem.visit_by_id:
            raise InvalidChangeError(f"Visit '{self.visit.id}' is in the instance already; a new one needs a new id.")
        locations = problem.locations
        if self.location is not None:
            if self.location.id != self.visit.location:
                raise InvalidChangeError(
                    f"Visit '{self.visit.id}' is at '{self.visit.location}', but location '{self.location.id}' is "
                    "given; they must be the same."
                )
            if self.location not in locations:
                _check_new_place(problem, self.location)
                locations = (*locations, self.location)
        return replace(problem, locations=locations, visits=(*problem.visits, self.visit))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("Visit {visit} is new.").format(visit=self.visit.id)


@dataclass(frozen=True, slots=True)
class RequireVisit:
    """A visit must be made from now on, or (``required`` false) need not be."""

    visit: VisitId
    required: bool = True

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with the visit required, or not."""
        return _with_visit(problem, replace(_visit(problem, self.visit), required=self.required))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        if self.required:
            return gettext("Visit {visit} must be made.").format(visit=self.visit)
        return gettext("Visit {visit} need not be made.").format(visit=self.visit)


@dataclass(frozen=True, slots=True)
class PinVisit:
    """
    A visit is promised for one shift, or for a minute of it.

    Attributes
    ----------
    start
        When its service starts; None: any time of the shift.
    """

    visit: VisitId
    shift: ShiftId
    start: int | None = None

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with the visit pinned."""
        shift_of(problem, self.shift)
        return _with_visit(problem, replace(_visit(problem, self.visit), fixed=Fixed(self.shift, self.start)))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        if self.start is None:
            return gettext("Visit {visit} is pinned to shift {shift}.").format(visit=self.visit, shift=self.shift)
        return gettext("Visit {visit} is pinned to shift {shift} at {start}.").format(
            visit=self.visit, shift=self.shift, start=ClockTime(self.start).text(gettext)
        )


@dataclass(frozen=True, slots=True)
class UnpinVisit:
    """A visit is no longer pinned; whether it is required stays as it was."""

    visit: VisitId

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with the visit free."""
        visit = _visit(problem, self.visit)
        if visit.fixed is None:
            raise InvalidChangeError(f"Visit '{visit.id}' is not pinned; there is nothing to undo.")
        return _with_visit(problem, replace(visit, fixed=None))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("Visit {visit} is no longer pinned.").format(visit=self.visit)


@dataclass(frozen=True, slots=True)
class AddShift:
    """
    One more van-day: a shift like another one, on another day or by another van.

    Attributes
    ----------
    shift
        Identifier of the new shift.
    like
        The shift that it is a copy of; visits allow, price and need of the copy what they do of that one.
    vehicle, day
        Of the new shift; None: as of the other.
    """

    shift: ShiftId
    like: ShiftId
    vehicle: VehicleId | None = None
    day: int | None = None

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with the shift."""
        like = shift_of(problem, self.like)
        if self.shift in problem.shift_by_id:
            raise InvalidChangeError(f"Shift '{self.shift}' is in the instance already; a new one needs a new id.")
        if self.day is not None:
            check_day(problem, self.day)
        ahead = 0 if self.day is None else (self.day - like.earliest // DAY_MIN) * DAY_MIN
        added = replace(
            like,
            id=self.shift,
            vehicle=like.vehicle if self.vehicle is None else self.vehicle,
            earliest=like.earliest + ahead,
            latest=like.latest + ahead,
            pauses=tuple(Pause(pause.start + ahead, pause.end + ahead) for pause in like.pauses),
        )
        visits = tuple(_answering_alike(visit, like.id, added.id) for visit in problem.visits)
        return replace(problem, shifts=(*problem.shifts, added), visits=visits)

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("There is one more shift, {shift}, like {like}.").format(shift=self.shift, like=self.like)


@dataclass(frozen=True, slots=True)
class AllowOvertime:
    """A shift may end so many minutes later than so far, at its price of overtime."""

    shift: ShiftId
    minutes: int

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with more overtime."""
        shift, more = shift_of(problem, self.shift), _more("minutes", self.minutes)
        return _with_shift(problem, replace(shift, overtime_max=shift.overtime_max + more))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("Shift {shift} may work {minutes} more minutes of overtime.").format(
            shift=self.shift, minutes=self.minutes
        )


@dataclass(frozen=True, slots=True)
class AddKits:
    """A shift carries so many recording kits more."""

    shift: ShiftId
    kits: int

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with more kits."""
        shift = shift_of(problem, self.shift)
        return _with_shift(problem, replace(shift, kits=shift.kits + _more("kits", self.kits)))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("Shift {shift} carries more kits: {kits}.").format(shift=self.shift, kits=self.kits)


@dataclass(frozen=True, slots=True)
class RaiseLimit:
    """A limit allows so much more: more cards come, a second school a day is agreed."""

    limit: LimitId
    by: int

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with the wider limit."""
        limit = next((each for each in problem.limits if each.id == self.limit), None)
        if limit is None or limit.max is None:
            right = ", ".join(each.id for each in problem.limits if each.max is not None) or "none"
            raise InvalidChangeError(f"Limit '{self.limit}' is none with a max; those of the instance are {right}.")
        wider = replace(limit, max=limit.max + _more("by", self.by))
        return replace(problem, limits=tuple(wider if each is limit else each for each in problem.limits))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("Limit {limit} allows {by} more.").format(limit=self.limit, by=self.by)


@dataclass(frozen=True, slots=True)
class RaiseCapacity:
    """A shift can do so much more of a resource."""

    shift: ShiftId
    resource: str
    by: int

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with the larger capacity."""
        shift = shift_of(problem, self.shift)
        if self.resource not in shift.capacity:
            known = ", ".join(sorted(shift.capacity)) or "none"
            raise InvalidChangeError(
                f"Shift '{shift.id}' has no capacity of '{self.resource}' that could be raised; it has {known}."
            )
        larger = {**shift.capacity, self.resource: shift.capacity[self.resource] + _more("by", self.by)}
        return _with_shift(problem, replace(shift, capacity=larger))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("Shift {shift} can do more of {resource}: {by}.").format(
            shift=self.shift, resource=self.resource, by=self.by
        )


@dataclass(frozen=True, slots=True)
class AllowDay:
    """
    A visit may be made on another day too, at the same clock times as on the days it has.

    Where the visit names its shifts, those of that day are allowed with it.
    """

    visit: VisitId
    day: int

    def apply(self, problem: Problem, _routes: Sequence[Route]) -> Problem:
        """The problem with the wider visit."""
        check_day(problem, self.day)
        visit = _visit(problem, self.visit)
        known = {(window.start, window.end) for window in visit.windows}
        more: dict[tuple[int, int], TimeWindow] = {}
        for window in visit.windows:
            ahead = (self.day - window.start // DAY_MIN) * DAY_MIN
            start, end = window.start + ahead, min(window.end + ahead, problem.horizon_min)
            cheapest = more.get((start, end))
            if (start, end) not in known and (cheapest is None or window.cost < cheapest.cost):
                more[start, end] = TimeWindow(start, end, window.cost)
        if not more and visit.shifts is None:
            raise InvalidChangeError(f"Visit '{visit.id}' may be made on day {self.day} already.")
        shifts = visit.shifts
        if shifts is not None:
            shifts |= {shift.id for shift in problem.shifts if shift.earliest // DAY_MIN == self.day}
        return _with_visit(problem, replace(visit, windows=(*visit.windows, *more.values()), shifts=shifts))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        return gettext("Visit {visit} may be made on {day} too.").format(
            visit=self.visit, day=day_name(self.day, gettext)
        )


Change = (
    LoseVehicle
    | LoseShift
    | LoseDay
    | DeclineVisit
    | AddVisit
    | RequireVisit
    | PinVisit
    | UnpinVisit
    | AddShift
    | AllowOvertime
    | AddKits
    | RaiseLimit
    | RaiseCapacity
    | AllowDay
)
"""Any change."""


@dataclass(frozen=True, slots=True)
class Changes:
    """
    What has changed, in the order in which it is to be applied.

    Attributes
    ----------
    now
        The minute at which this is known: what the plan has begun before it is history. None: before the first day.
    """

    changes: tuple[Change, ...]
    now: int | None = None


def apply_changes(problem: Problem, changes: Iterable[Change], routes: Sequence[Route] = ()) -> Problem:
    """
    The changed problem.

    Parameters
    ----------
    routes
        Of the plan in force: they tell what a shift that is lost half way had begun.

    Raises
    ------
    InvalidChangeError
        For the first change that does not fit, with its number.
    """
    for number, change in enumerate(changes, 1):
        try:
            problem = change.apply(problem, routes)
        except (InvalidChangeError, InvalidProblemError) as error:
            raise InvalidChangeError(f"Change number {number}: {error}") from error
    return problem


def _answering_alike(visit: Visit, like: ShiftId, added: ShiftId) -> Visit:
    if visit.shifts is not None and like in visit.shifts:
        visit = replace(visit, shifts=visit.shifts | {added})
    if like in visit.shift_cost:
        visit = replace(visit, shift_cost={**visit.shift_cost, added: visit.shift_cost[like]})
    return visit


def _visit(problem: Problem, visit: VisitId) -> Visit:
    if visit not in problem.visit_by_id:
        raise InvalidChangeError(f"Visit '{visit}' is not in the instance; it must be one of its visits.")
    return problem.visit_by_id[visit]


def _with_visit(problem: Problem, visit: Visit) -> Problem:
    return replace(problem, visits=tuple(visit if each.id == visit.id else each for each in problem.visits))


def _with_shift(problem: Problem, shift: Shift) -> Problem:
    return replace(problem, shifts=tuple(shift if each.id == shift.id else each for each in problem.shifts))


def _more(what: str, amount: int) -> int:
    if amount < 1:
        raise InvalidChangeError(f"Field '{what}' is {amount}; it must be at least 1.")
    return amount


def _check_new_place(problem: Problem, place: Location) -> None:
    known: dict[LocationId, Location] = {each.id: each for each in problem.locations}
    if place.id in known:
        raise InvalidChangeError(
            f"Location '{place.id}' is in the instance at another point; a new place needs a new id."
        )
    if isinstance(problem.travel, TravelTimes):
        metres = GreatCircle(1.0).between((place, *problem.locations)).distance_m[0, 1:]
        nearest = ", ".join(
            f"'{problem.locations[at].id}' ({metres[at] / 1000:.1f} km)" for at in np.argsort(metres)[:_NEAREST]
        )
        raise InvalidChangeError(
            f"Location '{place.id}' is new, and travel times are given as matrices, which do not know it; put the "
            f"visit at a known location, the nearest are {nearest}."
        )
