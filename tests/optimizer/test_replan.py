"""The new plan keeps what has happened, and loses least with every disappointment counted."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.changes import (
    AddVisit,
    AllowOvertime,
    Change,
    Changes,
    DeclineVisit,
    PinVisit,
    RequireVisit,
)
from optimizer.errors import InvalidChangeError
from optimizer.evaluate import evaluate, evaluate_routes
from optimizer.history import begun_stops, changed_problem
from optimizer.keeping import Keeping, Stability
from optimizer.losses import LoseDay, LoseShift, LoseVehicle
from optimizer.plan import Plan, PlanStatus, Route, Stop
from optimizer.problem import Fixed, GreatCircle, Problem, ShiftId, VehicleId, Visit, VisitId
from optimizer.replan import Replanned, replan
from optimizer.solve import SolveOptions, solve

BruteForce = Callable[[Problem], float | None]
Scheduled = Callable[[Problem, Random], tuple[Route, ...]]
Problems = Callable[..., st.SearchStrategy[Problem]]
Relaxed = Callable[[Problem], Problem]

few = settings(suppress_health_check=[HealthCheck.too_slow])
QUICK = SolveOptions(time_limit_s=20)
STABILITY = Stability()


def published(problem: Problem, routes: tuple[Route, ...]) -> Plan:
    """A plan of those routes as an office publishes it."""
    value = evaluate_routes(problem, routes).value
    return Plan(problem.name, "", PlanStatus.FEASIBLE, value, None, 0.0, "by hand", routes)


def assert_smallest(
    problem: Problem, plan: Plan, changes: Changes, brute_force: BruteForce, stability: Stability = STABILITY
) -> Replanned:
    """The answer keeps all rules, keeps the past, and no plan is better with disappointments counted."""
    found = replan(problem, plan, changes, QUICK, stability=stability)
    keeping = Keeping(problem, plan, found.problem, stability, now=changes.now or 0)
    best = brute_force(keeping.problem)
    if best is None:
        assert found.plan.status is PlanStatus.INFEASIBLE
        assert brute_force(found.problem) is None, "costs make nothing infeasible"
        return found
    assert [each.text(str) for each in evaluate(found.problem, found.plan).violations] == []
    kept = {stop.visit for route in plan.routes for stop in route.stops} & found.problem.visit_by_id.keys()
    past = {stop.visit for route in plan.routes for stop in begun_stops(route, changes.now or 0)}
    assert found.plan.value is not None
    score = found.plan.value - found.disturbance
    assert score == pytest.approx(best - stability.dropped * len(kept - past), abs=1e-3 + 1e-4 * abs(best))
    assert found.disturbance >= -1e-6
    if found.plan.bound is not None:
        free = brute_force(found.problem)
        assert free is not None
        assert found.plan.bound >= free - 1e-6
    return found


def a_loss(problem: Problem, random: Random) -> Change:
    """A van, a shift, a day or a visit that goes."""
    shift = random.choice(problem.shifts)
    return random.choice(
        (
            LoseVehicle(shift.vehicle),
            LoseShift(shift.id),
            LoseDay(shift.earliest // 1_440),
            LoseDay(shift.earliest // 1_440, frozenset(random.choice(problem.visits).tags)),
            DeclineVisit(random.choice(problem.visits).id),
        )
    )


@few
@given(data=st.data())
def test_no_smaller_change_exists(
    problems: Problems, relaxed: Relaxed, scheduled: Scheduled, brute_force: BruteForce, data: st.DataObject
) -> None:
    """Over all features of the format: whatever was published and whatever goes before the week begins."""
    problem = relaxed(data.draw(problems(max_visits=5, max_shifts=3)))
    random = Random(data.draw(st.integers(0, 999)))
    plan = published(problem, scheduled(problem, random))
    assert_smallest(problem, plan, Changes((a_loss(problem, random),)), brute_force)


@few
@given(data=st.data())
def test_what_was_begun_stays_whatever_comes(
    problems: Problems, relaxed: Relaxed, scheduled: Scheduled, brute_force: BruteForce, data: st.DataObject
) -> None:
    """In the middle of a week what was begun stays on its shift, to the minute, and the rest is best."""
    problem = relaxed(data.draw(problems(max_visits=5, max_shifts=3)))
    random = Random(data.draw(st.integers(0, 999)))
    plan = published(problem, scheduled(problem, random))
    shift = random.choice(problem.shifts)
    now = random.randint(shift.earliest, shift.latest - 1)  # a shift that is over by then cannot be lost
    visit = random.choice(problem.visits)
    begun = {stop.visit for route in plan.routes for stop in begun_stops(route, now)}
    changes: list[Change] = [LoseShift(shift.id)]
    if visit.id not in begun:
        changes.append(DeclineVisit(visit.id))
    found = assert_smallest(problem, plan, Changes(tuple(changes), now), brute_force)
    if found.plan.value is None:
        return
    routes = {route.shift: route for route in found.plan.routes}
    for route in plan.routes:
        stops = begun_stops(route, now)
        if route.shift == shift.id:
            stops = tuple(stop for stop in route.stops if stop.start < now)
        if stops:
            after = routes[route.shift]
            starts = {stop.visit: stop.start for stop in after.stops}
            assert all(starts[stop.visit] == stop.start for stop in stops)
            # A van that would only wait may make another stop on its way.
            if after.stops[0].visit == stops[0].visit:
                assert after.leave == route.leave
    for route in found.plan.routes:
        for stop in route.stops:
            assert stop.start >= now or (stop.visit in begun) or route.shift == shift.id


@pytest.fixture(scope="module")
def vans_of_two(week: Problem) -> tuple[Problem, Plan]:
    """Two vans, five days, 25 villages, as planned and published."""
    problem = replace(week, visits=week.visits[:25])
    return problem, solve(problem, QUICK)


def test_a_van_lost_on_wednesday_leaves_what_was_promised_before(vans_of_two: tuple[Problem, Plan]) -> None:
    """Monday and Tuesday stay, the lost van's villages go to the other one where they pay, and the change is proved."""
    problem, plan = vans_of_two
    now = 2 * 1_440 + 450
    found = replan(problem, plan, Changes((LoseVehicle(VehicleId("van-0")),), now), QUICK)
    assert evaluate(found.problem, found.plan).violations == ()
    before = {route.shift: route for route in plan.routes}
    for route in found.plan.routes:
        if found.problem.shift_by_id[route.shift].earliest < now:
            assert [(s.visit, s.start) for s in route.stops] == [
                (s.visit, s.start) for s in before[route.shift].stops
            ] or found.problem.shift_by_id[route.shift].earliest == 2 * 1_440 + 450
    assert not any(route.shift.startswith("van-0") and route.leave >= now for route in found.plan.routes)
    assert found.gap == 0
    assert found.difference is not None
    assert found.difference.dropped
    assert found.price is not None
    assert 0 <= found.price <= found.disturbance + 1e-6


def test_without_changes_nothing_changes(vans_of_two: tuple[Problem, Plan]) -> None:
    """A published plan that is best stays as it is."""
    problem, plan = vans_of_two
    found = replan(problem, plan, Changes(()), QUICK)
    assert found.difference is not None
    assert not found.difference.dropped
    assert not found.difference.to_other_day
    assert found.disturbance == 0


def test_a_declined_village_makes_room_without_moving_others(vans_of_two: tuple[Problem, Plan]) -> None:
    """Another village may get the slot; nobody to whom a day was told is told another one for a few points."""
    problem, plan = vans_of_two
    gone = plan.routes[2].stops[0].visit
    found = replan(problem, plan, Changes((DeclineVisit(gone),)), QUICK, stability=Stability(other_day=1e6))
    assert found.difference is not None
    assert found.difference.withdrawn == (gone,)
    assert not found.difference.to_other_day
    assert evaluate(found.problem, found.plan).violations == ()


def test_an_urgent_letter_is_served(vans_of_two: tuple[Problem, Plan]) -> None:
    """A new visit that must be made is in the plan; what has to go for it is told."""
    problem, plan = vans_of_two
    urgent = replace(problem.visits[0], id=VisitId("urgent"))
    changes = Changes((AddVisit(urgent), RequireVisit(urgent.id)), now=1_440)
    found = replan(problem, plan, changes, QUICK)
    assert found.difference is not None
    assert found.difference.added[-1] == urgent.id
    start = next(stop.start for route in found.plan.routes for stop in route.stops if stop.visit == urgent.id)
    assert start >= 1_440


def test_a_rain_day_is_driven_by_nobody(vans_of_two: tuple[Problem, Plan]) -> None:
    """Nothing is on that day, and the days before it are untouched."""
    problem, plan = vans_of_two
    found = replan(problem, plan, Changes((LoseDay(3),), now=3 * 1_440), QUICK)
    days = {found.problem.shift_by_id[route.shift].earliest // 1_440 for route in found.plan.routes}
    assert 3 not in days
    past = [route for route in plan.routes if problem.shift_by_id[route.shift].earliest < 3 * 1_440]
    assert [route for route in found.plan.routes if route.leave < 3 * 1_440] == past


def test_a_confirmed_visit_keeps_its_minute(vans_of_two: tuple[Problem, Plan]) -> None:
    """A host that has confirmed is not moved while its shift is there."""
    problem, plan = vans_of_two
    stop, shift = plan.routes[-1].stops[-1], plan.routes[-1].shift
    tagged = tuple(
        replace(visit, tags=frozenset({"confirmed"}), prize=0.0) if visit.id == stop.visit else visit
        for visit in problem.visits
    )
    kept = replan(replace(problem, visits=tagged), plan, Changes(()), QUICK)
    assert (shift, stop.start) in {
        (r.shift, s.start) for r in kept.plan.routes for s in r.stops if s.visit == stop.visit
    }
    lost = replan(replace(problem, visits=tagged), plan, Changes((LoseShift(shift),)), QUICK)
    assert lost.plan.value is not None


def test_what_has_happened_cannot_be_undone(monday: Problem, monday_plan: Plan) -> None:
    """Changes that contradict the past are refused, each with the rule or the visit."""
    now = 500
    for change, words in (
        (DeclineVisit(VisitId("smk")), "cannot be declined"),
        (PinVisit(VisitId("smk"), ShiftId("van-2/mon")), "cannot be pinned"),
    ):
        with pytest.raises(InvalidChangeError, match=words):
            changed_problem(monday, monday_plan.routes, Changes((change,), now))
    free = replace(monday, visits=tuple(replace(visit, fixed=None) for visit in monday.visits))
    rain = Changes((LoseDay(0, frozenset({"school"}), after=450),), now)
    with pytest.raises(InvalidChangeError, match=r"What has happened breaks a rule .*'smk'"):
        changed_problem(free, monday_plan.routes, rain)


def test_vans_on_the_road_are_where_they_are(monday: Problem, monday_plan: Plan) -> None:
    """
    At 08:20 the school is under way; at 10:55 the van drives to the hall; at 16:10 it is on its way home.

    What the van has left for is settled; a van that has not left leaves from now on; one on its way home is done.
    """
    at_school = changed_problem(monday, monday_plan.routes, Changes((), 500))
    assert at_school.visit_by_id[VisitId("smk")].fixed == Fixed(ShiftId("van-1/mon"), 480)
    assert at_school.visit_by_id[VisitId("hall")].fixed is None
    assert at_school.visit_by_id[VisitId("hall")].windows[0].start == 500
    assert at_school.shift_by_id[ShiftId("van-1/mon")].earliest == 450
    assert at_school.shift_by_id[ShiftId("van-2/mon")].earliest == 500
    on_the_way = changed_problem(monday, monday_plan.routes, Changes((), 655))
    assert on_the_way.visit_by_id[VisitId("hall")].fixed == Fixed(ShiftId("van-1/mon"), 666)
    homeward = changed_problem(monday, monday_plan.routes, Changes((AllowOvertime(ShiftId("van-1/mon"), 60),), 970))
    assert homeward.shift_by_id[ShiftId("van-1/mon")].max_stops == 3
    assert homeward.visit_by_id[VisitId("market")].shifts == frozenset(), "its hours are over"


def test_a_required_visit_without_a_van_is_a_conflict(monday: Problem, monday_plan: Plan) -> None:
    """A pinned visit whose van is lost stays required; where no other van may have it, the answer names it."""
    found = replan(monday, monday_plan, Changes((LoseVehicle(VehicleId("van-1")),)), QUICK)
    assert found.plan.status is PlanStatus.INFEASIBLE
    assert found.plan.conflict == ("smk",)
    assert found.difference is None
    assert evaluate(found.problem, found.plan).violations == ()


def test_people_are_moved_only_for_more_than_it_costs(monday: Problem) -> None:
    """One village, two days: the shorter way on Tuesday is worth 3 points, less than a broken promise."""
    hall: Visit = replace(monday.visit_by_id[VisitId("hall")], reaches={}, group=None)
    monday_van = replace(monday.shifts[1], cost_per_hour=0.0, fixed_cost=4.0, overtime_max=0)
    tuesday_van = replace(
        monday_van,
        id=ShiftId("van-2/tue"),
        earliest=monday_van.earliest + 1_440,
        latest=monday_van.latest + 1_440,
        pauses=(),
        fixed_cost=1.0,
    )
    both_days = (*hall.windows, replace(hall.windows[0], start=480 + 1_440, end=900 + 1_440))
    problem = replace(
        monday,
        travel=GreatCircle(),
        shifts=(monday_van, tuesday_van),
        visits=(replace(hall, windows=both_days),),
        communities=(),
        limits=(),
    )
    drive = int(problem.travel_times.duration_min[0, 2])
    metres = int(problem.travel_times.distance_m[0, 2])
    start = 480 + drive
    stop = Stop(hall.id, start, start, start + 110)
    plan = published(problem, (Route(monday_van.id, 480, stop.finish + drive, 2 * metres, (stop,)),))
    assert evaluate_routes(problem, plan.routes).violations == ()
    stays = replan(problem, plan, Changes(()), QUICK)
    assert [route.shift for route in stays.plan.routes] == [monday_van.id]
    assert stays.price == pytest.approx(3.0), "told, because the second search proves it"
    goes = replan(problem, plan, Changes(()), QUICK, stability=Stability(other_day=2.0))
    assert [route.shift for route in goes.plan.routes] == [tuesday_van.id]
    assert goes.disturbance == pytest.approx(2.0)
