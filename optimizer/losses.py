"""
What can go from a problem that was planned already: vans, shifts, days.

What a plan has begun by the minute of the loss stays as it is, so a loss looks at the routes of that plan.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from optimizer.errors import InvalidChangeError
from optimizer.plan import Route, Stop
from optimizer.problem import DAY_MIN, Fixed, Problem, Shift, ShiftId, TimeWindow, VehicleId, Visit
from optimizer.violation import ClockTime, Gettext, day_name


@dataclass(frozen=True, slots=True)
class LoseVehicle:
    """
    A van breaks down: its shifts are lost, or what is left of them from a minute on.

    Attributes
    ----------
    after
        First minute from which the van is lost; a stop that the plan starts before it stays, nothing else of that
        shift does, and shifts that are over by then are untouched. None: all shifts.
    """

    vehicle: VehicleId
    after: int | None = None

    def lost(self, problem: Problem) -> tuple[Shift, ...]:
        """The shifts that are lost, wholly or from `after` on."""
        own = [shift for shift in problem.shifts if shift.vehicle == self.vehicle]
        if not own:
            known = ", ".join(dict.fromkeys(shift.vehicle for shift in problem.shifts))
            raise InvalidChangeError(f"Vehicle '{self.vehicle}' is not in the instance; its vehicles are {known}.")
        return _not_over(own, self.after)

    def apply(self, problem: Problem, routes: Sequence[Route]) -> Problem:
        """The problem without the van."""
        return _without(problem, self.lost(problem), self.after, routes)

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        if self.after is None:
            return gettext("Vehicle {vehicle} is lost.").format(vehicle=self.vehicle)
        minute = ClockTime(self.after).text(gettext)
        return gettext("Vehicle {vehicle} is lost from {minute} on.").format(vehicle=self.vehicle, minute=minute)


@dataclass(frozen=True, slots=True)
class LoseShift:
    """One shift is lost, or what is left of it from a minute on (`LoseVehicle`)."""

    shift: ShiftId
    after: int | None = None

    def lost(self, problem: Problem) -> tuple[Shift, ...]:
        """The shift."""
        return _not_over([shift_of(problem, self.shift)], self.after)

    def apply(self, problem: Problem, routes: Sequence[Route]) -> Problem:
        """The problem without the shift."""
        return _without(problem, self.lost(problem), self.after, routes)

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        if self.after is None:
            return gettext("Shift {shift} is lost.").format(shift=self.shift)
        minute = ClockTime(self.after).text(gettext)
        return gettext("Shift {shift} is lost from {minute} on.").format(shift=self.shift, minute=minute)


@dataclass(frozen=True, slots=True)
class LoseDay:
    """
    A day on which vans stay at home, or some kinds of visits cannot be served: rain, a flood, an election.

    Attributes
    ----------
    tags
        Visits that bear one of them cannot start on that day; empty: no van goes out at all.
    after
        First minute from which the day is lost, as for `LoseVehicle`; None: the whole day.
    """

    day: int
    tags: frozenset[str] = frozenset()
    after: int | None = None

    def lost(self, problem: Problem) -> tuple[Shift, ...]:
        """The shifts of the day; none where only some kinds of visits are concerned."""
        check_day(problem, self.day)
        first, last = self.day * DAY_MIN, (self.day + 1) * DAY_MIN - 1
        if self.after is not None and not first <= self.after <= last:
            raise InvalidChangeError(
                f"Day {self.day} is said to be lost from minute {self.after} on; it must be from {first} to {last}."
            )
        if self.tags:
            return ()
        shifts = [shift for shift in problem.shifts if shift.earliest // DAY_MIN == self.day]
        if not shifts:
            raise InvalidChangeError(f"Day {self.day} has no shifts that could be lost.")
        return _not_over(shifts, self.after)

    def apply(self, problem: Problem, routes: Sequence[Route]) -> Problem:
        """The problem without the day."""
        lost = self.lost(problem)
        if not self.tags:
            return _without(problem, lost, self.after, routes)
        bearers = {visit.id for visit in problem.visits if visit.tags & self.tags}
        if not bearers:
            tags = ", ".join(sorted(self.tags))
            raise InvalidChangeError(f"Day {self.day} is said to be lost for {tags}; no visit bears such a tag.")
        begin, end = self.day * DAY_MIN if self.after is None else self.after, (self.day + 1) * DAY_MIN - 1
        visits = (_barred(visit, begin, end) if visit.id in bearers else visit for visit in problem.visits)
        return replace(problem, visits=tuple(visits))

    def text(self, gettext: Gettext) -> str:
        """One sentence for people."""
        facts = {"day": day_name(self.day, gettext), "tags": ", ".join(sorted(self.tags))}
        if self.after is not None:
            facts["day"] = ClockTime(self.after).text(gettext)
            if self.tags:
                return gettext("From {day} on that day nothing can be served of: {tags}.").format(**facts)
            return gettext("From {day} on that day no van works.").format(**facts)
        if self.tags:
            return gettext("On {day} nothing can be served of: {tags}.").format(**facts)
        return gettext("On {day} no van works.").format(**facts)


def pinned(problem: Problem, shift: ShiftId, stops: Iterable[Stop]) -> Problem:
    """The problem with those stops pinned to a shift at the minutes they start, whatever pinned them before."""
    starts = {stop.visit: Fixed(shift, stop.start) for stop in stops}
    visits = (replace(each, fixed=starts[each.id]) if each.id in starts else each for each in problem.visits)
    return replace(problem, visits=tuple(visits))


def _not_over(shifts: Sequence[Shift], after: int | None) -> tuple[Shift, ...]:
    """Those shifts that are not over by the minute, overtime included."""
    left = tuple(shift for shift in shifts if after is None or shift.latest + shift.overtime_max > after)
    if not left:
        names = ", ".join(shift.id for shift in shifts)
        raise InvalidChangeError(f"Nothing is lost from minute {after} on: {names} are over by then.")
    return left


def _without(problem: Problem, lost: Sequence[Shift], after: int | None, routes: Sequence[Route]) -> Problem:
    """Without those shifts from a minute on; of one that is under way then, the stops that it has begun stay."""
    begun: dict[ShiftId, list[Stop]] = {shift.id: [] for shift in lost}
    for route in routes:
        if route.shift in begun and after is not None:
            begun[route.shift] = [
                stop for stop in route.stops if stop.start < after and stop.visit in problem.visit_by_id
            ]
    visits = tuple(_released(visit, begun) for visit in problem.visits)
    gone = {shift for shift, stops in begun.items() if not stops}
    visits = tuple(_forgetting(visit, gone) for visit in visits)
    kept = tuple(
        replace(shift, max_stops=len(begun[shift.id])) if shift.id in begun else shift
        for shift in problem.shifts
        if shift.id not in gone
    )
    changed = replace(problem, shifts=kept, visits=visits)
    for shift, stops in begun.items():
        changed = pinned(changed, shift, stops) if stops else changed
    return changed


def _released(visit: Visit, lost: Collection[ShiftId]) -> Visit:
    """A visit whose pin is lost with its shift; a pinned visit is required, and stays so."""
    if visit.fixed is None or visit.fixed.shift not in lost:
        return visit
    return replace(visit, fixed=None, required=True)


def _forgetting(visit: Visit, gone: Collection[ShiftId]) -> Visit:
    if not gone or (visit.shifts is None and not visit.shift_cost):
        return visit
    return replace(
        visit,
        shifts=None if visit.shifts is None else visit.shifts - frozenset(gone),
        shift_cost={shift: cost for shift, cost in visit.shift_cost.items() if shift not in gone},
    )


def _barred(visit: Visit, first: int, last: int) -> Visit:
    """The visit that cannot start in those minutes, both included; one without any other can be on no shift."""
    windows: list[TimeWindow] = []
    for window in visit.windows:
        if window.start < first:
            windows.append(replace(window, end=min(window.end, first - 1)))
        if window.end > last:
            windows.append(replace(window, start=max(window.start, last + 1)))
    return replace(visit, windows=tuple(windows)) if windows else replace(visit, shifts=frozenset())


def without_minutes(visit: Visit, before: int) -> Visit:
    """The visit that cannot start before a minute any more."""
    return _barred(visit, 0, before - 1) if before > 0 else visit


def shift_of(problem: Problem, shift: ShiftId) -> Shift:
    """The shift that a change names; refuses one that the problem does not know."""
    if shift not in problem.shift_by_id:
        raise InvalidChangeError(f"Shift '{shift}' is not in the instance; it must be one of its shifts.")
    return problem.shift_by_id[shift]


def check_day(problem: Problem, day: int) -> None:
    """Refuse a day that the problem's axis does not have."""
    if not 0 <= day < problem.horizon_days:
        raise InvalidChangeError(f"Day {day} is not in the instance; it must be from 0 to {problem.horizon_days - 1}.")
