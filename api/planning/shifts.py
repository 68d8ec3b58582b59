"""
Vans and the calendar -> shifts: who can go out when, how long a day may grow, and the week's overtime.

A crew's overtime budget is a limit on minutes on duty a vehicle and week: its regular hours and the budget. Limits know
no single vehicle, so the largest sum of all vehicles stands in the limit; a vehicle with fewer regular hours, for
instance because of maintenance, has its days shortened instead, so that it cannot use what another one is owed.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from api.planning.calendar import CalendarDay, CalendarWeek
from geodata.fleet import Fleet, Unit
from geodata.times import TimeRange
from optimizer.demand import POINT_DECIMALS
from optimizer.problem import (
    DAY_MIN,
    Limit,
    LimitId,
    LimitScope,
    LocationId,
    Measure,
    MeasureKind,
    Pause,
    Shift,
    ShiftId,
    VehicleId,
)

MINUTES_AN_HOUR = 60


@dataclass(frozen=True, slots=True)
class ShiftSettings:
    """
    What all shifts of an office share.

    Attributes
    ----------
    max_stops
        Stops a day, where the unit says nothing else.
    overtime_cost_per_hour, cost_per_km
        Points.
    saturday
        Hours of a Saturday shift.
    """

    max_stops: int
    overtime_cost_per_hour: float
    cost_per_km: float
    saturday: TimeRange


@dataclass(frozen=True, slots=True)
class WeekShifts:
    """
    The shifts of a week.

    Attributes
    ----------
    regular_min
        Minutes on duty in regular hours, by vehicle.
    limits
        The weekly overtime budget; empty where there is no shift.
    """

    shifts: tuple[Shift, ...]
    regular_min: Mapping[VehicleId, int]
    limits: tuple[Limit, ...]

    @property
    def regular_kit_min(self) -> int:
        """Kit minutes in regular hours, over all vehicles."""
        kits = {shift.vehicle: shift.kits for shift in self.shifts}
        return sum(minutes * kits[vehicle] for vehicle, minutes in self.regular_min.items() if minutes)


def week_shifts(
    week: CalendarWeek,
    fleet: Fleet,
    settings: ShiftSettings,
    *,
    bases: Mapping[str, LocationId],
    saturdays: Iterable[date] = (),
) -> WeekShifts:
    """
    The shifts of all units in a week, with rest kept between them, and the limit on overtime.

    Parameters
    ----------
    bases
        Where each unit, by its id, starts and ends its day.
    saturdays
        Days off on which letters ask for service outside working hours; units that agree get a shift there.
    """
    open_days = frozenset(saturdays)
    maker = _Maker(week, fleet, settings, open_days)
    regular = {unit.id: maker.regular(unit, bases[unit.id]) for unit in fleet.units}
    duty = {unit: sum(duty_min(shift) for shift in shifts) for unit, shifts in regular.items()}
    most = max((duty[unit.id] + fleet.overtime_of(unit) for unit in fleet.units), default=0)
    shifts: list[Shift] = []
    for unit in fleet.units:
        extra = maker.saturday(unit, bases[unit.id])
        budget = fleet.overtime_of(unit)
        if duty[unit.id] + budget < most:
            shifts += _kept_rest(_within_budget(regular[unit.id], extra, budget), fleet.rest_min)
        else:
            shifts += _kept_rest((*regular[unit.id], *extra), fleet.rest_min)
    limit = Limit(LimitId("overtime"), Measure(MeasureKind.DUTY_MIN), per=LimitScope.VEHICLE_WEEK, max=most)
    return WeekShifts(
        tuple(shifts),
        {VehicleId(unit): minutes for unit, minutes in duty.items()},
        (limit,) if shifts else (),
    )


def duty_min(shift: Shift) -> int:
    """Minutes on duty if the van is back at the end of the shift: pauses are not counted, overtime neither."""
    paused = sum(max(0, min(pause.end, shift.latest) - max(pause.start, shift.earliest)) for pause in shift.pauses)
    return shift.latest - shift.earliest - paused


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes one unit's shifts of a week."""

    week: CalendarWeek
    fleet: Fleet
    settings: ShiftSettings
    open_days: frozenset[date]

    def regular(self, unit: Unit, base: LocationId) -> tuple[Shift, ...]:
        """Shifts in regular hours."""
        overtime = self._overtime(unit)
        return tuple(
            self._shift(unit, base, day, self._hours(unit, day), overtime)
            for day in self.week.working_days
            if not self._is_away(unit, day)
        )

    def saturday(self, unit: Unit, base: LocationId) -> tuple[Shift, ...]:
        """Shifts on days off that letters ask for; every hour of them is overtime and costs as such."""
        if not unit.works_saturday or not self.fleet.overtime_of(unit):
            return ()
        return tuple(
            replace(
                self._shift(unit, base, day, self.settings.saturday, 0),
                cost_per_hour=round(self.settings.overtime_cost_per_hour, POINT_DECIMALS),
            )
            for day in self.week.days
            if day.day in self.open_days and day.allows_overtime and not self._is_away(unit, day)
        )

    def _overtime(self, unit: Unit) -> int:
        if not unit.works_after_hours:
            return 0
        return min(self.fleet.overtime_per_day_min, self.fleet.overtime_of(unit))

    def _is_away(self, unit: Unit, day: CalendarDay) -> bool:
        return any(days.holds(day.day, self.week.monday) for days in unit.maintenance)

    @staticmethod
    def _hours(unit: Unit, day: CalendarDay) -> TimeRange:
        assert day.hours is not None
        own = unit.hours.get(day.weekday, day.hours.work)
        if not day.in_ramadan:
            return own
        # The decree shortens every crew's day in the fasting month, whatever its own hours are.
        start, end = max(own.start, day.hours.work.start), min(own.end, day.hours.work.end)
        return TimeRange(start, end) if start < end else day.hours.work

    def _shift(self, unit: Unit, base: LocationId, day: CalendarDay, hours: TimeRange, overtime: int) -> Shift:
        midnight = (day.day - self.week.monday).days * DAY_MIN
        end = hours.end + overtime
        pauses = tuple(
            Pause(midnight + pause.start, midnight + pause.end)
            for pause in _pauses(day, self.week)
            if pause.start < end and hours.start < pause.end
        )
        return Shift(
            ShiftId(f"{unit.id}/{day.day.isoformat()}"),
            VehicleId(unit.id),
            base,
            base,
            midnight + hours.start,
            midnight + hours.end,
            overtime_max=overtime,
            overtime_cost=round(self.settings.overtime_cost_per_hour / MINUTES_AN_HOUR, POINT_DECIMALS),
            pauses=pauses,
            cost_per_km=round(self.settings.cost_per_km, POINT_DECIMALS),
            max_stops=unit.max_stops or self.settings.max_stops,
            kits=unit.kits,
            # A van without a printer leaves the blanks at the office, where its cards are made.
            capacity={card.value: count for card, count in unit.cards_aboard.items()} if unit.can_print else {},
            skills=unit.skills,
        )


def _pauses(day: CalendarDay, week: CalendarWeek) -> tuple[TimeRange, ...]:
    if day.hours is not None:
        return (day.hours.pause,)
    # A Saturday shift keeps the lunch of an ordinary day of its week; a week without one has no Saturday shift to keep.
    ordinary = [each.hours.pause for each in week.working_days if each.hours and each.weekday < 4]  # noqa: PLR2004
    return tuple(ordinary[:1])


def _within_budget(regular: Sequence[Shift], extra: Sequence[Shift], budget: int) -> tuple[Shift, ...]:
    """Shifts whose overtime, all of it together, cannot pass the budget."""
    kept: list[Shift] = []
    for shift in extra:
        if duty_min(shift) <= budget:
            kept.append(shift)
            budget -= duty_min(shift)
    a_day = budget // len(regular) if regular else 0
    shortened = (replace(shift, overtime_max=min(shift.overtime_max, a_day)) for shift in regular)
    return (*shortened, *kept)


def _kept_rest(shifts: Sequence[Shift], rest_min: int) -> tuple[Shift, ...]:
    """Shifts between which the crew has its rest: less overtime in the evening, then a later start."""
    kept: list[Shift] = []
    for shift in sorted(shifts, key=lambda each: each.earliest):
        if kept:
            before = kept[-1]
            room = shift.earliest - rest_min - before.latest
            kept[-1] = replace(before, overtime_max=max(0, min(before.overtime_max, room)))
            if room < 0:
                shift = replace(shift, earliest=min(shift.latest, shift.earliest - room))  # noqa: PLW2901
        kept.append(shift)
    return tuple(kept)
