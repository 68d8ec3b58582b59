"""
Inputs of one planning run; every object is complete, checked and unchangeable once built.

Time is whole minutes since Monday 00:00 local time of the first planned week: a day has 1,440, a week 10,080.
Distance is whole metres. Coordinates are ``lon, lat`` in degrees, EPSG:4326. Windows include both ends, pauses
are half-open. Prizes and costs are points: 1 point is one person served at ordinary urgency; they carry at most
3 decimals, shares at most 4, so that integer solvers can be exact.

Mappings are copied and read-only. Change an object by `dataclasses.replace`, which checks it again. The module is
long because the checks of the format stand beside what they check; nothing else is in it.
"""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import NewType, Protocol, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt

from optimizer.errors import InvalidProblemError

LocationId = NewType("LocationId", str)
VehicleId = NewType("VehicleId", str)
ShiftId = NewType("ShiftId", str)
VisitId = NewType("VisitId", str)
CommunityId = NewType("CommunityId", str)
LimitId = NewType("LimitId", str)

DAY_MIN = 1_440
WEEK_MIN = 7 * DAY_MIN
MAX_VISITS = 5_000
MAX_SHIFTS = 2_000
MAX_HORIZON_DAYS = 100
EARTH_RADIUS_M = 6_371_008.8
NUMBER_LIMIT = 1_000_000_000
"""Whole numbers and points stay below this."""

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_K = TypeVar("_K")
_V = TypeVar("_V")


@dataclass(frozen=True, slots=True)
class Location:
    """
    A point on the ground.

    Attributes
    ----------
    lon, lat
        Degrees, WGS 84.
    """

    id: LocationId
    lon: float
    lat: float

    def __post_init__(self) -> None:
        """Check the identifier and that the point lies on the globe."""
        _check_id("Location", self.id)
        for axis, value, most in (("lon", self.lon, 180), ("lat", self.lat, 90)):
            if not (math.isfinite(value) and abs(value) <= most):
                raise _wrong(f"Location '{self.id}'", axis, value, f"from -{most} to {most} degrees")


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """
    Interval in which a service must start, both ends included.

    Attributes
    ----------
    cost
        Points lost for a service that starts in this window (the cheapest one that holds the start counts).
    """

    start: int
    end: int
    cost: float = 0.0

    def __post_init__(self) -> None:
        """Check the ends and the cost."""
        _check_whole("Window", "start", self.start)
        _check_whole("Window", "end", self.end)
        _check_points("Window", "cost", self.cost)
        if self.end < self.start:
            raise InvalidProblemError(f"Window {clock(self.start)}-{clock(self.end)} ends before it starts.")


@dataclass(frozen=True, slots=True)
class Pause:
    """Interval ``start <= t < end`` in which driving and serving stand still: lunch, Friday prayer (istirahat)."""

    start: int
    end: int

    def __post_init__(self) -> None:
        """Check the ends."""
        _check_whole("Pause", "from", self.start)
        _check_whole("Pause", "to", self.end)
        if self.end <= self.start:
            raise InvalidProblemError(f"Pause {clock(self.start)}-{clock(self.end)} ends before it starts.")


@dataclass(frozen=True, slots=True)
class Shift:
    """
    One van on one day between two times, with its crew (unit pelayanan keliling).

    Attributes
    ----------
    earliest, latest
        The van is not under way before the one and back by the other; it may leave later than ``earliest``.
    overtime_max, overtime_cost
        Clock minutes past ``latest`` that are allowed, and points per such minute.
    pauses
        Disjoint and in order.
    fixed_cost, cost_per_km, cost_per_hour
        Points if the shift is used; per kilometre driven; per hour on duty. The crew of a used shift is on duty
        from ``earliest`` until the van is back, pauses not counted.
    max_stops
        Most stops of the day; None for no limit.
    kits
        Recording kits aboard.
    capacity
        Most the shift can do of each resource; a resource that is not named has no limit.
    """

    id: ShiftId
    vehicle: VehicleId
    start_location: LocationId
    end_location: LocationId
    earliest: int
    latest: int
    overtime_max: int = 0
    overtime_cost: float = 0.0
    pauses: tuple[Pause, ...] = ()
    fixed_cost: float = 0.0
    cost_per_km: float = 0.0
    cost_per_hour: float = 0.0
    max_stops: int | None = None
    kits: int = 1
    capacity: Mapping[str, int] = field(default_factory=dict)
    skills: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        """Check times, numbers and pauses."""
        _check_id("Shift", self.id)
        name = f"Shift '{self.id}'"
        _check_id(f"{name}: vehicle", self.vehicle)
        for what in ("earliest", "latest", "overtime_max"):
            _check_whole(name, what, getattr(self, what))
        for what in ("overtime_cost", "fixed_cost", "cost_per_km", "cost_per_hour"):
            _check_points(name, what, getattr(self, what))
        if self.latest < self.earliest:
            raise InvalidProblemError(f"{name}: {clock(self.earliest)}-{clock(self.latest)} ends before it starts.")
        if self.max_stops is not None:
            _check_whole(name, "max_stops", self.max_stops, least=1)
        _check_whole(name, "kits", self.kits, least=1)
        for skill in self.skills:
            _check_id(f"{name}: skill", skill)
        for before, after in zip(self.pauses, self.pauses[1:], strict=False):
            if after.start < before.end:
                raise InvalidProblemError(
                    f"{name}: pause from {clock(after.start)} begins before the one until {clock(before.end)} has "
                    "ended; pauses must be disjoint and in order."
                )
        object.__setattr__(self, "capacity", _resources(name, "capacity", self.capacity))

    @property
    def week(self) -> int:
        """Week of the horizon, counted from 0, to which the shift belongs: that of its ``earliest``."""
        return self.earliest // WEEK_MIN


@dataclass(frozen=True, slots=True)
class Fixed:
    """A planner's pin: the shift a visit must be on and, where given, the minute its service starts."""

    shift: ShiftId
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """
    A candidate service at one place (kunjungan): the thing that is planned.

    Attributes
    ----------
    prize
        Points won once if the visit is made.
    required
        Must be in every plan; a ``fixed`` visit is required too, see `must`.
    setup_min, work_min
        The stay lasts ``setup_min + ceil(work_min / kits)`` minutes, see `service_duration`.
    windows
        At least one; overlaps are allowed.
    finish_by
        Service must end by this minute (0 to 1,440) of the day on which it starts; None for no such rule.
    demand
        What the visit uses of each resource.
    skills, shifts
        Skills the shift must have; the only shifts allowed (None: any; empty: none).
    shift_cost
        Points lost for using that shift.
    group
        At most one visit of a group is made.
    reaches
        Part (0 to 1) of each community that this stop serves.
    """

    id: VisitId
    location: LocationId
    prize: float
    work_min: int
    windows: tuple[TimeWindow, ...]
    setup_min: int = 0
    required: bool = False
    finish_by: int | None = None
    demand: Mapping[str, int] = field(default_factory=dict)
    skills: frozenset[str] = frozenset()
    shifts: frozenset[ShiftId] | None = None
    shift_cost: Mapping[ShiftId, float] = field(default_factory=dict)
    group: str | None = None
    tags: frozenset[str] = frozenset()
    reaches: Mapping[CommunityId, float] = field(default_factory=dict)
    fixed: Fixed | None = None

    def __post_init__(self) -> None:
        """Check everything that can be checked without the rest of the problem."""
        _check_id("Visit", self.id)
        name = f"Visit '{self.id}'"
        _check_points(name, "prize", self.prize)
        _check_whole(name, "setup_min", self.setup_min)
        _check_whole(name, "work_min", self.work_min, least=1)
        if not self.windows:
            raise InvalidProblemError(f"{name}: windows is empty; give at least one.")
        if self.finish_by is not None and not 0 <= self.finish_by <= DAY_MIN:
            raise _wrong(name, "finish_by", self.finish_by, f"a minute of the day, 0 to {DAY_MIN}")
        for what, words in (("skill", self.skills), ("tag", self.tags), ("shift", self.shifts or ())):
            for word in words:
                _check_id(f"{name}: {what}", word)
        if self.group is not None:
            _check_id(f"{name}: group", self.group)
        for shift, cost in self.shift_cost.items():
            _check_points(name, f"shift_cost of '{shift}'", cost)
        for community, share in self.reaches.items():
            _check_share(name, community, share)
        object.__setattr__(self, "demand", _resources(name, "demand", self.demand))
        object.__setattr__(self, "shift_cost", _frozen(self.shift_cost))
        object.__setattr__(self, "reaches", _frozen(self.reaches))

    @property
    def must(self) -> bool:
        """Whether every plan has to hold this visit: it is required, or pinned."""
        return self.required or self.fixed is not None

    def service_duration(self, kits: int) -> int:
        """Minutes of a stay with ``kits`` recording kits at work (lama layanan)."""
        return self.setup_min - (-self.work_min // kits)


@dataclass(frozen=True, slots=True)
class Community:
    """
    People at a place who may be reached by any of several stops (warga satu desa).

    A plan wins ``prize * min(1, sum of the shares of the visits made)``.
    """

    id: CommunityId
    prize: float

    def __post_init__(self) -> None:
        """Check the identifier and the prize."""
        _check_id("Community", self.id)
        _check_points(f"Community '{self.id}'", "prize", self.prize)


class LimitScope(StrEnum):
    """Over which routes a limit sums."""

    SHIFT = "shift"
    VEHICLE = "vehicle"
    VEHICLE_WEEK = "vehicle-week"
    PLAN = "plan"


class MeasureKind(StrEnum):
    """What a limit counts: visits, ``work_min`` (not divided by kits, no set-up), minutes on duty, a resource."""

    VISITS = "visits"
    WORK_MIN = "work_min"
    DUTY_MIN = "duty_min"
    DEMAND = "demand"


@dataclass(frozen=True, slots=True)
class Measure:
    """What a limit counts; ``resource`` is there for `MeasureKind.DEMAND` and nowhere else."""

    kind: MeasureKind
    resource: str | None = None

    def __post_init__(self) -> None:
        """Check that a resource is named where, and only where, one is counted."""
        if (self.kind is MeasureKind.DEMAND) != bool(self.resource):
            raise InvalidProblemError(f"Measure '{self}' names no resource; write demand:RESOURCE.")

    def __str__(self) -> str:
        """As the format writes it: ``visits``, ``work_min``, ``duty_min`` or ``demand:RESOURCE``."""
        return f"demand:{self.resource or ''}" if self.kind is MeasureKind.DEMAND else self.kind.value

    def amount(self, visit: Visit) -> int:
        """What one visit adds to the measure; 0 for minutes on duty, which a route has and a visit has not."""
        match self.kind:
            case MeasureKind.VISITS:
                return 1
            case MeasureKind.WORK_MIN:
                return visit.work_min
            case MeasureKind.DEMAND:
                return visit.demand.get(str(self.resource), 0)
            case MeasureKind.DUTY_MIN:
                return 0


@dataclass(frozen=True, slots=True)
class Limit:
    """
    A rule over many visits: cards, two schools a day, weekly hours, minima by kecamatan.

    Attributes
    ----------
    tag
        Counts only visits that bear it; None counts all.
    max
        At most; always a hard rule.
    min, shortfall_cost
        At least (only over the whole plan); each missing unit costs points, without a cost it is a hard rule.
    """

    id: LimitId
    measure: Measure
    tag: str | None = None
    per: LimitScope = LimitScope.PLAN
    max: int | None = None
    min: int | None = None
    shortfall_cost: float | None = None

    def __post_init__(self) -> None:
        """Check that the parts of the limit go together."""
        _check_id("Limit", self.id)
        name = f"Limit '{self.id}'"
        if self.tag is not None:
            _check_id(f"{name}: tag", self.tag)
        if self.max is None and self.min is None:
            raise InvalidProblemError(f"{name} has neither max nor min; give one of them.")
        for what in ("max", "min"):
            if getattr(self, what) is not None:
                _check_whole(name, what, getattr(self, what))
        if self.min is not None and self.per is not LimitScope.PLAN:
            raise _wrong(name, "per", self.per.value, "plan, because it has a min")
        if self.shortfall_cost is not None:
            if self.min is None:
                raise InvalidProblemError(f"{name}: shortfall_cost {self.shortfall_cost} stands without a min.")
            _check_points(name, "shortfall_cost", self.shortfall_cost)
        self._check_duty()

    def _check_duty(self) -> None:
        if self.measure.kind is not MeasureKind.DUTY_MIN:
            return
        name = f"Limit '{self.id}'"
        if self.per is LimitScope.PLAN:
            raise _wrong(name, "per", "plan", "shift, vehicle or vehicle-week, because it measures duty_min")
        if self.tag is not None:
            raise _wrong(name, "tag", self.tag, "absent, because it measures duty_min")

    def counts(self, visit: Visit) -> bool:
        """Whether the limit counts this visit."""
        return self.tag is None or self.tag in visit.tags


class TravelTimes:
    """
    Driving minutes and metres between all locations, used as given: the triangle inequality is not promised.

    Parameters
    ----------
    duration_min, distance_m
        Square, rows from, columns to, in the order of the problem's locations; whole numbers of at least 0. The
        diagonal counts too: it is the way between two visits at the same place.

    Raises
    ------
    InvalidProblemError
        When a matrix is not square, the two differ in size, or a value is out of range.
    """

    __slots__ = ("distance_m", "duration_min")

    def __init__(self, duration_min: npt.ArrayLike, distance_m: npt.ArrayLike) -> None:
        self.duration_min = _matrix("duration_min", duration_min)
        self.distance_m = _matrix("distance_m", distance_m)
        if self.duration_min.shape != self.distance_m.shape:
            raise InvalidProblemError(
                f"Travel: duration_min has {len(self.duration_min)} rows and distance_m {len(self.distance_m)}; "
                "both need one row a location."
            )

    def __len__(self) -> int:
        """Number of locations."""
        return len(self.duration_min)

    def __eq__(self, other: object) -> bool:
        """Whether both hold the same minutes and metres."""
        return (
            isinstance(other, TravelTimes)
            and np.array_equal(self.duration_min, other.duration_min)
            and np.array_equal(self.distance_m, other.distance_m)
        )

    def __hash__(self) -> int:
        """By size only; enough to keep a frozen problem hashable."""
        return hash(len(self))


@dataclass(frozen=True, slots=True)
class GreatCircle:
    """
    A rule for travel times where no roads are known.

    metres = round(haversine x ``detour_factor``), minutes = metres at ``speed_kmh``, rounded up.

    Attributes
    ----------
    detour_factor
        How much longer the road is than the line, more than 0 and at most 10.
    speed_kmh
        More than 0 and at most 1,000.
    """

    detour_factor: float = 1.4
    speed_kmh: float = 35.0

    def __post_init__(self) -> None:
        """Check both numbers."""
        for what, most in (("detour_factor", 10), ("speed_kmh", 1_000)):
            value = getattr(self, what)
            if not 0 < value <= most:
                raise _wrong("Travel", what, value, f"more than 0 and at most {most}")

    def between(self, locations: Iterable[Location]) -> TravelTimes:
        """
        Travel times between all pairs of locations, rows and columns in their order.

        Source: haversine on a sphere of the mean Earth radius R1 = 6,371,008.8 m (IUGG).
        """
        points = np.radians([(place.lon, place.lat) for place in locations]).reshape(-1, 2)
        lon, lat = points[:, 0], points[:, 1]
        cos_lat = np.cos(lat)
        distance_m = np.zeros((len(points), len(points)), dtype=np.int64)
        for row in range(len(points)):  # a row at a time: 5,000 places squared in floats is a quarter gigabyte
            on = slice(row + 1, None)  # the way back is as long: half the rows would be computed twice
            half = np.sin((lat[on] - lat[row]) / 2) ** 2
            half += cos_lat[on] * cos_lat[row] * np.sin((lon[on] - lon[row]) / 2) ** 2
            metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
            distance_m[row, on] = np.rint(metres * self.detour_factor)
            distance_m[on, row] = distance_m[row, on]
        minutes = np.ceil(distance_m / 1000 / self.speed_kmh * 60 - 1e-9)
        return TravelTimes(minutes.astype(np.int64), distance_m)


@dataclass(frozen=True)
class Problem:
    """
    Everything one planning run needs.

    Attributes
    ----------
    week
        The Monday on which minute 0 lies.
    timezone
        IANA zone of the clock times.
    travel
        Matrices in the order of ``locations``, or the rule that gives them; `travel_times` has the matrices.
    horizon_days
        Length of the time axis: a week, a month or a quarter is the same kind of problem.
    """

    name: str
    week: date
    timezone: str
    locations: tuple[Location, ...]
    shifts: tuple[Shift, ...]
    visits: tuple[Visit, ...]
    travel: TravelTimes | GreatCircle = GreatCircle()
    communities: tuple[Community, ...] = ()
    limits: tuple[Limit, ...] = ()
    horizon_days: int = 7

    def __post_init__(self) -> None:
        """Check the parts against each other."""
        _check_head(self)
        for kind, things, most in (
            ("Location", self.locations, None),
            ("Shift", self.shifts, MAX_SHIFTS),
            ("Visit", self.visits, MAX_VISITS),
            ("Community", self.communities, None),
            ("Limit", self.limits, None),
        ):
            _check_unique(kind, things, most)
        for shift in self.shifts:
            self._check_shift(shift)
        self._check_overlaps()
        for visit in self.visits:
            self._check_visit(visit)
        if isinstance(self.travel, TravelTimes) and len(self.travel) != len(self.locations):
            raise _wrong("Travel", "size", len(self.travel), f"{len(self.locations)}, one row a location")

    @cached_property
    def travel_times(self) -> TravelTimes:
        """Minutes and metres between all locations, computed once."""
        return self.travel if isinstance(self.travel, TravelTimes) else self.travel.between(self.locations)

    @cached_property
    def location_index(self) -> Mapping[LocationId, int]:
        """Row of each location in the matrices."""
        return {place.id: row for row, place in enumerate(self.locations)}

    @cached_property
    def shift_by_id(self) -> Mapping[ShiftId, Shift]:
        """Each shift by its identifier, in order."""
        return {shift.id: shift for shift in self.shifts}

    @cached_property
    def visit_by_id(self) -> Mapping[VisitId, Visit]:
        """Each visit by its identifier, in order."""
        return {visit.id: visit for visit in self.visits}

    @cached_property
    def community_by_id(self) -> Mapping[CommunityId, Community]:
        """Each community by its identifier, in order."""
        return {community.id: community for community in self.communities}

    @property
    def horizon_min(self) -> int:
        """Length of the time axis in minutes."""
        return self.horizon_days * DAY_MIN

    def _check_shift(self, shift: Shift) -> None:
        name = f"Shift '{shift.id}'"
        for what in ("start_location", "end_location"):
            if getattr(shift, what) not in self.location_index:
                raise _wrong(name, what, getattr(shift, what), "the id of a location")
        self._check_inside(name, "latest", shift.latest)
        for pause in shift.pauses:
            self._check_inside(name, "pause", pause.end)

    def _check_overlaps(self) -> None:
        last: dict[VehicleId, Shift] = {}
        for shift in sorted(self.shifts, key=lambda each: each.earliest):
            before = last.get(shift.vehicle)
            if before is not None and shift.earliest < before.latest + before.overtime_max:
                raise InvalidProblemError(
                    f"Shift '{shift.id}' of vehicle '{shift.vehicle}' begins at {clock(shift.earliest)}, before "
                    f"'{before.id}' has ended, overtime included, at "
                    f"{clock(before.latest + before.overtime_max)}."
                )
            last[shift.vehicle] = shift

    def _check_visit(self, visit: Visit) -> None:
        name = f"Visit '{visit.id}'"
        if visit.location not in self.location_index:
            raise _wrong(name, "location", visit.location, "the id of a location")
        for window in visit.windows:
            self._check_inside(name, "window", window.end)
        pinned = () if visit.fixed is None else (visit.fixed.shift,)
        for what, shifts in (("shifts", visit.shifts or ()), ("shift_cost", visit.shift_cost), ("fixed", pinned)):
            for shift in shifts:
                if shift not in self.shift_by_id:
                    raise _wrong(name, what, shift, "the id of a shift")
        for community in visit.reaches:
            if community not in self.community_by_id:
                raise _wrong(name, "reaches", community, "the id of a community")
        if visit.fixed is not None and visit.fixed.start is not None:
            _check_whole(name, "fixed start", visit.fixed.start)
            self._check_inside(name, "fixed start", visit.fixed.start)

    def _check_inside(self, name: str, what: str, minute: int) -> None:
        if minute > self.horizon_min:
            raise InvalidProblemError(
                f"{name}: {what} ends at minute {minute}, after the horizon of {self.horizon_days} days "
                f"({self.horizon_min} minutes)."
            )


def clock(minute: int, weekdays: Sequence[str] = _WEEKDAYS) -> str:
    """
    A minute of the axis as messages show it: ``Mon 07:30``, from the second week on ``w2 Mon 07:30``.

    Parameters
    ----------
    weekdays
        Names of the days from Monday on; callers that speak to people hand in those of their language.
    """
    day, rest = divmod(minute, DAY_MIN)
    week = f"w{day // 7 + 1} " if day >= 7 else ""  # noqa: PLR2004 (days of a week)
    return f"{week}{weekdays[day % 7]} {rest // 60:02d}:{rest % 60:02d}"


def _wrong(name: str, what: str, value: object, right: str) -> InvalidProblemError:
    return InvalidProblemError(f"{name}: {what} is {value!r}; it must be {right}.")


def _check_head(problem: Problem) -> None:
    if problem.week.weekday() != 0:
        raise _wrong("Problem", "week", problem.week.isoformat(), "a Monday")
    if not 1 <= problem.horizon_days <= MAX_HORIZON_DAYS:
        raise _wrong("Problem", "horizon_days", problem.horizon_days, f"1 to {MAX_HORIZON_DAYS}")
    try:
        ZoneInfo(problem.timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise _wrong("Problem", "timezone", problem.timezone, "an IANA zone such as Asia/Jakarta") from error


class _Named(Protocol):
    @property
    def id(self) -> str: ...


def _check_unique(kind: str, things: Sequence[_Named], most: int | None) -> None:
    if most is not None and len(things) > most:
        raise _wrong("Problem", f"number of {kind.lower()}s", len(things), f"at most {most}")
    seen: set[str] = set()
    for thing in things:
        if thing.id in seen:
            raise InvalidProblemError(f"{kind} '{thing.id}' is there twice; each id must be used once.")
        seen.add(thing.id)


def _check_id(name: str, value: str) -> None:
    if not value:
        raise InvalidProblemError(f"{name}: an empty name stands where one is needed.")


def _check_whole(name: str, what: str, value: int, *, least: int = 0) -> None:
    if not least <= value < NUMBER_LIMIT:
        raise _wrong(name, what, value, f"a whole number from {least} to {NUMBER_LIMIT - 1}")


def _check_points(name: str, what: str, value: float) -> None:
    # A literal with at most three decimals is the float nearest to itself rounded to three.
    if not (0 <= value < NUMBER_LIMIT and round(value, 3) == value):
        raise _wrong(name, what, value, f"points from 0 to below {NUMBER_LIMIT} with at most 3 decimals")


def _check_share(name: str, community: str, share: float) -> None:
    if not (0 <= share <= 1 and round(share, 4) == share):
        raise _wrong(name, f"reaches '{community}'", share, "a share from 0 to 1 with at most 4 decimals")


def _resources(name: str, what: str, amounts: Mapping[str, int]) -> Mapping[str, int]:
    for resource, amount in amounts.items():
        _check_id(f"{name}: {what}", resource)
        if ":" in resource:
            raise _wrong(name, what, resource, "a resource name without a colon")
        _check_whole(name, f"{what} of '{resource}'", amount)
    return _frozen(amounts)


def _frozen(mapping: Mapping[_K, _V]) -> Mapping[_K, _V]:
    return MappingProxyType(dict(mapping))


def _matrix(what: str, values: npt.ArrayLike) -> npt.NDArray[np.int64]:
    matrix = np.array(values)
    if matrix.size == 0:
        matrix = matrix.reshape(0, 0).astype(np.int64)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:  # noqa: PLR2004 (rows and columns)
        raise _wrong("Travel", f"shape of {what}", matrix.shape, "square: one row and one column a location")
    if matrix.dtype.kind not in "iu" or (matrix.size and not 0 <= matrix.min() <= matrix.max() < NUMBER_LIMIT):
        raise InvalidProblemError(f"Travel: {what} holds a value that is no whole number from 0 to {NUMBER_LIMIT - 1}.")
    matrix = matrix.astype(np.int64, copy=False)
    matrix.setflags(write=False)
    return matrix
