"""Bad input fails when the object is built, with a sentence that says what would be right."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from optimizer.errors import InvalidProblemError, OptimizerError
from optimizer.problem import (
    Community,
    CommunityId,
    Fixed,
    GreatCircle,
    Limit,
    LimitId,
    LimitScope,
    Location,
    LocationId,
    Measure,
    MeasureKind,
    Pause,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    TravelTimes,
    VehicleId,
    Visit,
    VisitId,
    clock,
)

SHIFT = Shift(ShiftId("van-1/mon"), VehicleId("van-1"), LocationId("office"), LocationId("office"), 450, 960)
VISIT = Visit(VisitId("smk"), LocationId("office"), prize=62.5, work_min=301, windows=(TimeWindow(480, 600),))
LIMIT = Limit(LimitId("cards"), Measure(MeasureKind.DEMAND, "id_card"), max=150)
OFFICE = Location(LocationId("office"), 99.53, 3.16)
PROBLEM = Problem("week", date(2026, 12, 7), "Asia/Jakarta", (OFFICE,), (SHIFT,), (VISIT,))
HOURS = Measure(MeasureKind.DUTY_MIN)

WRONG: dict[str, tuple[Callable[[], object], str]] = {
    "Location '': an empty name": (lambda: replace(OFFICE, id=LocationId("")), "an empty name stands"),
    "latitude": (lambda: replace(OFFICE, lat=99.53), "Location 'office': lat is 99.53; it must be from -90 to 90"),
    "no longitude": (lambda: replace(OFFICE, lon=float("nan")), "lon is nan"),
    "window": (lambda: TimeWindow(840, 540), "Window Mon 14:00-Mon 09:00 ends before it starts."),
    "window cost": (lambda: TimeWindow(0, 1, -1.0), "cost is -1.0; it must be points from 0"),
    "window before the week": (lambda: TimeWindow(-1, 1), "start is -1; it must be a whole number from 0"),
    "pause of no length": (lambda: Pause(720, 720), "Pause Mon 12:00-Mon 12:00 ends before it starts."),
    "shift hours": (
        lambda: replace(SHIFT, latest=449),
        "'van-1/mon': Mon 07:30-Mon 07:29 ends before it starts.",
    ),
    "kits": (lambda: replace(SHIFT, kits=0), "kits is 0; it must be a whole number from 1"),
    "max_stops": (lambda: replace(SHIFT, max_stops=0), "max_stops is 0; it must be a whole number from 1"),
    "cost decimals": (lambda: replace(SHIFT, cost_per_km=0.0005), "cost_per_km is 0.0005; it must be points"),
    "cost size": (lambda: replace(SHIFT, fixed_cost=1e9), "fixed_cost is 1000000000.0; it must be points"),
    "pauses": (lambda: replace(SHIFT, pauses=(Pause(720, 780), Pause(779, 790))), "must be disjoint and in order"),
    "capacity": (lambda: replace(SHIFT, capacity={"a:b": 1}), "'a:b'; it must be a resource name without a colon"),
    "skill": (lambda: replace(SHIFT, skills=frozenset({""})), "skill: an empty name"),
    "vehicle": (lambda: replace(SHIFT, vehicle=VehicleId("")), "vehicle: an empty name"),
    "prize": (lambda: replace(VISIT, prize=float("inf")), "Visit 'smk': prize is inf; it must be points"),
    "work": (lambda: replace(VISIT, work_min=0), "work_min is 0; it must be a whole number from 1"),
    "no windows": (lambda: replace(VISIT, windows=()), "windows is empty; give at least one"),
    "finish_by": (lambda: replace(VISIT, finish_by=1_441), "finish_by is 1441; it must be a minute of the day"),
    "demand": (lambda: replace(VISIT, demand={"id_card": -1}), "demand of 'id_card' is -1; it must be a whole number"),
    "shift cost": (lambda: replace(VISIT, shift_cost={SHIFT.id: -1.0}), "shift_cost of 'van-1/mon' is -1.0"),
    "group": (lambda: replace(VISIT, group=""), "group: an empty name"),
    "tag": (lambda: replace(VISIT, tags=frozenset({""})), "tag: an empty name"),
    "share": (lambda: replace(VISIT, reaches={CommunityId("a"): 1.1}), "reaches 'a' is 1.1; it must be a share"),
    "share decimals": (lambda: replace(VISIT, reaches={CommunityId("a"): 0.33333}), "with at most 4 decimals"),
    "community": (lambda: Community(CommunityId("a"), -1.0), "Community 'a': prize is -1.0"),
    "no resource": (lambda: Measure(MeasureKind.DEMAND), "names no resource; write demand:RESOURCE"),
    "no limit": (lambda: replace(LIMIT, max=None), "Limit 'cards' has neither max nor min"),
    "minimum a shift": (lambda: replace(LIMIT, min=1, per=LimitScope.SHIFT), "it must be plan, because it has a min"),
    "shortfall": (lambda: replace(LIMIT, shortfall_cost=1.0), "shortfall_cost 1.0 stands without a min"),
    "hours a plan": (lambda: replace(LIMIT, measure=HOURS), "shift, vehicle or vehicle-week, because it measures"),
    "hours of a tag": (
        lambda: replace(LIMIT, measure=HOURS, per=LimitScope.SHIFT, tag="school"),
        "tag is 'school'; it must be absent",
    ),
    "matrix shape": (lambda: TravelTimes([[0, 1]], [[0]]), "duration_min is (1, 2); it must be square"),
    "matrix sizes": (lambda: TravelTimes([[0]], np.zeros((2, 2), dtype=int)), "has 1 rows and distance_m 2"),
    "matrix value": (lambda: TravelTimes([[-1]], [[0]]), "duration_min holds a value that is no whole number"),
    "matrix fraction": (lambda: TravelTimes([[0.5]], [[0]]), "duration_min holds a value that is no whole number"),
    "speed": (lambda: GreatCircle(speed_kmh=0), "speed_kmh is 0; it must be more than 0"),
    "week": (lambda: replace(PROBLEM, week=date(2026, 12, 8)), "week is '2026-12-08'; it must be a Monday"),
    "time zone": (lambda: replace(PROBLEM, timezone="Asia/Batu_Bara"), "it must be an IANA zone"),
    "horizon": (lambda: replace(PROBLEM, horizon_days=101), "horizon_days is 101; it must be 1 to 100"),
    "same id": (lambda: replace(PROBLEM, visits=(VISIT, VISIT)), "Visit 'smk' is there twice"),
    "matrix of another size": (
        lambda: replace(PROBLEM, travel=TravelTimes([[0, 1], [1, 0]], [[0, 1], [1, 0]])),
        "size is 2; it must be 1, one row a location",
    ),
    "shift's place": (
        lambda: replace(PROBLEM, shifts=(replace(SHIFT, end_location=LocationId("x")),)),
        "end_location is 'x'; it must be the id of a location",
    ),
    "shift past the horizon": (
        lambda: replace(PROBLEM, horizon_days=1, shifts=(replace(SHIFT, latest=1_441),)),
        "latest ends at minute 1441, after the horizon of 1 days",
    ),
    "pause past the horizon": (
        lambda: replace(PROBLEM, horizon_days=1, shifts=(replace(SHIFT, pauses=(Pause(1_400, 1_441),)),)),
        "pause ends at minute 1441",
    ),
    "shifts of a vehicle overlap": (
        lambda: replace(
            PROBLEM,
            shifts=(replace(SHIFT, overtime_max=1), replace(SHIFT, id=ShiftId("late"), earliest=960, latest=990)),
        ),
        "'late' of vehicle 'van-1' begins at Mon 16:00, before 'van-1/mon' has ended, overtime included, at Mon 16:01",
    ),
    "visit's place": (
        lambda: replace(PROBLEM, visits=(replace(VISIT, location=LocationId("x")),)),
        "location is 'x'; it must be the id of a location",
    ),
    "visit's window": (
        lambda: replace(PROBLEM, visits=(replace(VISIT, windows=(TimeWindow(0, 10_081),)),)),
        "window ends at minute 10081, after the horizon of 7 days",
    ),
    "allowed shift": (
        lambda: replace(PROBLEM, visits=(replace(VISIT, shifts=frozenset({ShiftId("x")})),)),
        "shifts is 'x'; it must be the id of a shift",
    ),
    "costed shift": (
        lambda: replace(PROBLEM, visits=(replace(VISIT, shift_cost={ShiftId("x"): 1.0}),)),
        "shift_cost is 'x'; it must be the id of a shift",
    ),
    "pinned shift": (
        lambda: replace(PROBLEM, visits=(replace(VISIT, fixed=Fixed(ShiftId("x"))),)),
        "fixed is 'x'; it must be the id of a shift",
    ),
    "pinned minute": (
        lambda: replace(PROBLEM, visits=(replace(VISIT, fixed=Fixed(SHIFT.id, 10_081)),)),
        "fixed start ends at minute 10081",
    ),
    "reached community": (
        lambda: replace(PROBLEM, visits=(replace(VISIT, reaches={CommunityId("x"): 1.0}),)),
        "reaches is 'x'; it must be the id of a community",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_out_of_range_is_refused_when_built(case: str) -> None:
    """One error of the package, which is a ValueError too, names the thing, the value and what would be right."""
    build, message = WRONG[case]
    with pytest.raises(InvalidProblemError) as caught:
        build()
    assert message in str(caught.value)
    assert isinstance(caught.value, OptimizerError)
    assert isinstance(caught.value, ValueError)


def test_too_many_visits_are_refused() -> None:
    """Five thousand visits are the most that one run takes."""
    visits = tuple(replace(VISIT, id=VisitId(str(number))) for number in range(5_001))
    assert len(replace(PROBLEM, visits=visits[:5_000]).visits) == 5_000
    with pytest.raises(InvalidProblemError, match="number of visits is 5001; it must be at most 5000"):
        replace(PROBLEM, visits=visits)


def test_shifts_of_one_vehicle_may_touch() -> None:
    """A van may start its afternoon in the minute in which its morning, overtime included, has to end."""
    morning = replace(SHIFT, latest=690, overtime_max=30)
    afternoon = replace(SHIFT, id=ShiftId("van-1/pm"), earliest=720)
    assert len(replace(PROBLEM, shifts=(afternoon, morning)).shifts) == 2


def test_a_stay_is_set_up_and_the_work_shared_by_the_kits() -> None:
    """301 minutes by two kits are 150.5, so 151: a started minute is a whole one; set-up is not shared."""
    visit = replace(VISIT, setup_min=20)
    assert [visit.service_duration(kits) for kits in (1, 2, 3)] == [321, 171, 121]


def test_a_pinned_visit_is_required() -> None:
    """A pin is a promise to a host."""
    assert not VISIT.must
    assert replace(VISIT, required=True).must
    assert replace(VISIT, fixed=Fixed(SHIFT.id)).must


def test_a_shift_belongs_to_the_week_of_its_start() -> None:
    """A Sunday night that runs into Monday counts for the week in which it began."""
    assert SHIFT.week == 0
    assert replace(SHIFT, earliest=10_079, latest=10_200).week == 0
    assert replace(SHIFT, earliest=10_080, latest=10_200).week == 1


def test_great_circle_times_follow_the_format() -> None:
    """One degree of latitude is 111,195 m on the sphere of the format; minutes round up, 0 to itself."""
    north = replace(OFFICE, id=LocationId("north"), lat=4.16)
    travel = GreatCircle(1.4, 35).between((OFFICE, north))
    assert travel.distance_m.tolist() == [[0, 155_673], [155_673, 0]]
    assert travel.duration_min.tolist() == [[0, 267], [267, 0]]


def test_minutes_are_shown_as_weekday_and_time() -> None:
    """Messages speak of clock times; a later week says so."""
    assert [clock(450), clock(6 * 1_440 + 61), clock(10_080 + 450)] == ["Mon 07:30", "Sun 01:01", "w2 Mon 07:30"]


def test_what_a_problem_holds_cannot_be_changed() -> None:
    """A checked object stays checked: mappings are copies and read-only, matrices too."""
    demand = {"id_card": 62}
    visit = replace(VISIT, demand=demand)
    demand["id_card"] = -1
    assert visit.demand == {"id_card": 62}
    with pytest.raises(TypeError):
        visit.demand["id_card"] = -1  # type: ignore[index]
    with pytest.raises(ValueError, match="read-only"):
        TravelTimes([[0]], [[0]]).duration_min[0, 0] = 5
