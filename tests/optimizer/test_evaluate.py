"""The judge finds every broken rule, accuses no good plan, and counts every point."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from optimizer.evaluate import Effort, TagShare, evaluate, evaluate_routes
from optimizer.figures import Worth
from optimizer.plan import Plan, PlanStatus, Reason, Route, Stop, Unserved
from optimizer.problem import (
    Fixed,
    Limit,
    LimitId,
    LimitScope,
    Measure,
    MeasureKind,
    Pause,
    Problem,
    ShiftId,
    TimeWindow,
    VisitId,
)
from optimizer.violation import Rule

SHA256 = "ab" * 32
Damage = Callable[[Problem, Plan], tuple[Problem, Plan]]


# What `replace` takes depends on the type; a wrong keyword fails at once.
# ruff: noqa: ANN401


def plan_with(**changes: Any) -> Damage:
    return lambda problem, plan: (problem, replace(plan, **changes))


def route_with(**changes: Any) -> Damage:
    return lambda problem, plan: (problem, replace(plan, routes=(replace(plan.routes[0], **changes),)))


def stop_with(number: int, **changes: Any) -> Damage:
    def damage(problem: Problem, plan: Plan) -> tuple[Problem, Plan]:
        stops = list(plan.routes[0].stops)
        stops[number] = replace(stops[number], **changes)
        return problem, replace(plan, routes=(replace(plan.routes[0], stops=tuple(stops)),))

    return damage


def another_route(route: Route) -> Damage:
    return lambda problem, plan: (problem, replace(plan, routes=(*plan.routes, route)))


def visit_with(visit_id: str, **changes: Any) -> Damage:
    def damage(problem: Problem, plan: Plan) -> tuple[Problem, Plan]:
        visits = [replace(visit, **changes) if visit.id == visit_id else visit for visit in problem.visits]
        return replace(problem, visits=tuple(visits)), plan

    return damage


def shift_with(**changes: Any) -> Damage:
    def damage(problem: Problem, plan: Plan) -> tuple[Problem, Plan]:
        return replace(problem, shifts=(replace(problem.shifts[0], **changes), *problem.shifts[1:])), plan

    return damage


def limit_added(measure: Measure, **rest: Any) -> Damage:
    def damage(problem: Problem, plan: Plan) -> tuple[Problem, Plan]:
        return replace(problem, limits=(*problem.limits, Limit(LimitId("new"), measure, **rest))), plan

    return damage


def unserved(*visits: str, by: tuple[str, ...] = ()) -> tuple[Unserved, ...]:
    named = tuple(VisitId(each) for each in by)
    return tuple(Unserved(VisitId(visit), Reason.DISPLACED, by=named) for visit in visits)


VAN_2 = ShiftId("van-2/mon")
MARKET_BY_VAN_2 = Route(VAN_2, 450, 600, 0, (Stop(VisitId("market"), 450, 490, 600),))
HALL_BY_VAN_2 = Route(VAN_2, 450, 610, 24_000, (Stop(VisitId("hall"), 470, 480, 590),))
VISITS, WORK, DUTY = Measure(MeasureKind.VISITS), Measure(MeasureKind.WORK_MIN), Measure(MeasureKind.DUTY_MIN)
CARDS = Measure(MeasureKind.DEMAND, "id_card")
NOTHING: dict[str, Any] = {"routes": (), "value": None, "bound": None, "unserved": ()}

DAMAGES: dict[str, tuple[Damage, set[Rule]]] = {
    "a shift that does not exist": (
        route_with(shift=ShiftId("van-9/mon")),
        {Rule.UNKNOWN_SHIFT, Rule.VALUE_WRONG, Rule.UNSERVED_MISSING, Rule.DISPLACED_BY_ABSENT},
    ),
    "a shift with two routes": (
        lambda problem, plan: (problem, replace(plan, routes=plan.routes * 2)),
        {Rule.SHIFT_TWICE, Rule.VISIT_TWICE, Rule.VALUE_WRONG, Rule.LIMIT_EXCEEDED},
    ),
    "a route to nowhere": (another_route(Route(VAN_2, 450, 450, 0, ())), {Rule.EMPTY_ROUTE, Rule.VALUE_WRONG}),
    "a visit that does not exist": (
        stop_with(1, visit=VisitId("hal")),
        {Rule.UNKNOWN_VISIT, Rule.ARRIVE_WRONG, Rule.DISTANCE_WRONG, Rule.VALUE_WRONG}
        | {Rule.UNSERVED_MISSING, Rule.DISPLACED_BY_ABSENT},
    ),
    "a visit made twice": (another_route(HALL_BY_VAN_2), {Rule.VISIT_TWICE, Rule.VALUE_WRONG}),
    "two visits of a group": (
        lambda problem, plan: (
            replace(problem, limits=()),
            replace(plan, routes=(*plan.routes, MARKET_BY_VAN_2), unserved=()),
        ),
        {Rule.GROUP_TWICE, Rule.VALUE_WRONG},
    ),
    "a required visit left out": (visit_with("market", required=True), {Rule.REQUIRED_MISSING}),
    "a pinned visit left out": (visit_with("market", fixed=Fixed(VAN_2)), {Rule.REQUIRED_MISSING}),
    "a pinned visit on another shift": (visit_with("smk", fixed=Fixed(VAN_2)), {Rule.FIXED_SHIFT}),
    "a pinned visit at another minute": (
        visit_with("smk", fixed=Fixed(ShiftId("van-1/mon"), 481)),
        {Rule.FIXED_START},
    ),
    "leaving before the shift": (
        lambda problem, plan: shift_with(earliest=451)(problem, replace(plan, value=93.95 + 0.05)),
        {Rule.LEAVE_EARLY},
    ),
    "leaving in a pause": (
        lambda problem, plan: (
            shift_with(pauses=(Pause(440, 451), Pause(720, 780)), cost_per_hour=0.0)(problem, plan)[0],
            stop_with(0, arrive=481)(problem, replace(plan, value=93.95 + 23.8, bound=None))[1],
        ),
        {Rule.LEAVE_IN_PAUSE, Rule.START_BEFORE_ARRIVAL},
    ),
    "arriving sooner than the road allows": (stop_with(1, arrive=665), {Rule.ARRIVE_WRONG}),
    "arriving later than the road asks": (stop_with(1, arrive=667), {Rule.ARRIVE_WRONG}),
    "starting before arriving": (
        stop_with(1, start=665, finish=785),
        {Rule.START_BEFORE_ARRIVAL, Rule.ARRIVE_WRONG},
    ),
    "starting in the pause": (
        stop_with(1, start=720, finish=840),
        {Rule.START_IN_PAUSE, Rule.ARRIVE_WRONG, Rule.START_BEFORE_ARRIVAL},
    ),
    "starting outside every window": (visit_with("hall", windows=(TimeWindow(480, 665),)), {Rule.OUTSIDE_WINDOWS}),
    "finishing too soon": (stop_with(1, finish=785), {Rule.FINISH_WRONG}),
    "finishing after the host's closing time": (visit_with("panti", finish_by=960), {Rule.FINISH_LATE}),
    "back sooner than the road allows": (route_with(back=985), {Rule.BACK_WRONG}),
    "back after the overtime allowed": (shift_with(overtime_max=25), {Rule.BACK_LATE}),
    "fewer metres than driven": (route_with(distance_m=73_999), {Rule.DISTANCE_WRONG}),
    "more stops than the shift may make": (shift_with(max_stops=2), {Rule.TOO_MANY_STOPS}),
    "more cards than aboard": (shift_with(capacity={"id_card": 101}), {Rule.CAPACITY_EXCEEDED}),
    "a van without the skill": (shift_with(skills=frozenset()), {Rule.SKILL_MISSING}),
    "a shift that the visit does not allow": (visit_with("hall", shifts=frozenset({VAN_2})), {Rule.SHIFT_NOT_ALLOWED}),
    "a visit that allows no shift": (visit_with("hall", shifts=frozenset()), {Rule.SHIFT_NOT_ALLOWED}),
    "more work a shift than allowed": (limit_added(WORK, per=LimitScope.SHIFT, max=640), {Rule.LIMIT_EXCEEDED}),
    "more visits a vehicle than allowed": (limit_added(VISITS, per=LimitScope.VEHICLE, max=2), {Rule.LIMIT_EXCEEDED}),
    "more hours a week than allowed": (limit_added(DUTY, per=LimitScope.VEHICLE_WEEK, max=475), {Rule.LIMIT_EXCEEDED}),
    "more cards a plan than allowed": (limit_added(CARDS, max=101), {Rule.LIMIT_EXCEEDED}),
    "fewer visits with a tag than needed": (limit_added(VISITS, tag="school", min=2), {Rule.LIMIT_UNMET}),
    "another instance": (plan_with(instance="batubara 2026-W51"), {Rule.OTHER_INSTANCE}),
    "an instance that was changed": (plan_with(instance_sha256="cd" * 32), {Rule.OTHER_INSTANCE_BYTES}),
    "a run of negative length": (plan_with(seconds=-1.0), {Rule.SECONDS_NEGATIVE}),
    "no value": (plan_with(value=None), {Rule.VALUE_MISSING}),
    "a value a little too high": (plan_with(value=93.951), {Rule.VALUE_WRONG}),
    "a bound below the value": (plan_with(bound=93.9), {Rule.BOUND_BELOW_VALUE}),
    "a gap that flatters": (plan_with(stated_gap=0.01), {Rule.GAP_WRONG}),
    "a gap without a bound": (plan_with(bound=None, stated_gap=0.0), {Rule.GAP_WRONG}),
    "called optimal far from the bound": (plan_with(status=PlanStatus.OPTIMAL), {Rule.NOT_OPTIMAL}),
    "called optimal without a bound": (plan_with(status=PlanStatus.OPTIMAL, bound=None), {Rule.NOT_OPTIMAL}),
    "unknown with routes": (plan_with(status=PlanStatus.UNKNOWN), {Rule.PLAN_WITHOUT_SUCCESS}),
    "unknown with a value": (
        plan_with(**{**NOTHING, "status": PlanStatus.UNKNOWN, "value": 0.0}),
        {Rule.PLAN_WITHOUT_SUCCESS},
    ),
    "infeasible without a conflict": (
        plan_with(**NOTHING, status=PlanStatus.INFEASIBLE),
        {Rule.CONFLICT_MISSING},
    ),
    "a conflict of nothing known": (
        plan_with(**NOTHING, status=PlanStatus.INFEASIBLE, conflict=("smk", "smp")),
        {Rule.CONFLICT_UNKNOWN},
    ),
    "a conflict in a good plan": (plan_with(conflict=("smk",)), {Rule.CONFLICT_UNCALLED}),
    "an unserved visit that does not exist": (
        plan_with(unserved=unserved("market", "smp")),
        {Rule.UNSERVED_UNKNOWN},
    ),
    "an unserved visit listed twice": (plan_with(unserved=unserved("market", "market")), {Rule.UNSERVED_TWICE}),
    "a visit both made and unserved": (plan_with(unserved=unserved("market", "hall")), {Rule.UNSERVED_BUT_MADE}),
    "an unserved visit kept quiet": (plan_with(unserved=()), {Rule.UNSERVED_MISSING}),
    "a visit displaced by one that is not made": (
        plan_with(unserved=unserved("market", by=("market",))),
        {Rule.DISPLACED_BY_ABSENT},
    ),
    "some unserved visits of an unknown plan": (
        plan_with(**{**NOTHING, "status": PlanStatus.UNKNOWN, "unserved": unserved("market", "hall", "smk")}),
        {Rule.UNSERVED_MISSING},
    ),
}


def test_a_plan_by_hand_is_accepted(monday: Problem, monday_plan: Plan) -> None:
    """The undamaged plan breaks no rule, so that what the damages below show is their own doing."""
    found = evaluate(monday, monday_plan, instance_sha256=SHA256)
    assert [violation.text(str) for violation in found.violations] == []
    assert found.feasible


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_plan_is_rejected(monday: Problem, monday_plan: Plan, damage: str) -> None:
    """Each damage breaks the rules that it must and no other, and every sentence names something."""
    change, expected = DAMAGES[damage]
    problem, plan = change(monday, monday_plan)
    found = evaluate(problem, plan, instance_sha256=SHA256)
    assert {violation.rule for violation in found.violations} == expected
    assert all(violation.text(str) for violation in found.violations)
    assert not found.feasible


def test_every_hard_rule_has_been_broken_once() -> None:
    """A rule that no damage reaches would be untested."""
    soft = {Rule.OVERTIME_USED, Rule.COSTED_WINDOW_USED, Rule.SHORTFALL}
    assert set().union(*(expected for _, expected in DAMAGES.values())) == set(Rule) - soft


def test_the_value_is_the_sum_of_its_parts(monday: Problem, monday_plan: Plan) -> None:
    """Every prize and cost of the format is in the case; the numbers are worked out beside the plan."""
    assert evaluate(monday, monday_plan).worth == Worth(
        prizes=132.5,
        community_prizes=57.5,
        window_costs=3.0,
        shift_costs=4.25,
        fixed_costs=10.0,
        distance_costs=37.0,
        time_costs=23.8,
        overtime_costs=13.0,
        shortfall_costs=5.0,
        value=93.95,
    )


def test_what_a_planner_should_see_is_told_without_barring_the_plan(monday: Problem, monday_plan: Plan) -> None:
    """Overtime, a costly window and a shortfall are allowed, and need a reason when the plan is approved."""
    found = evaluate(monday, monday_plan)
    assert [violation.text(str) for violation in found.soft] == [
        "Shift 'van-1/mon' is back at Mon 16:26, 26 minutes after its end at Mon 16:00.",
        "Visit 'smk' starts at Mon 08:00, in a window that costs 3.0 points.",
        "Limit 'villages' counts 1, 1 short of 2.",
    ]
    assert found.shortfalls == {"villages": 1}


def test_effort_coverage_and_tags_are_counted(monday: Problem, monday_plan: Plan) -> None:
    """Who works how long and who is served: 110 minutes of driving, 366 of service, 476 on duty, lunch left out."""
    found = evaluate(monday, monday_plan)
    effort = Effort(stops=3, distance_m=74_000, driving_min=110, service_min=366, duty_min=476, overtime_min=26)
    assert found.total == effort
    assert found.by_shift == {"van-1/mon": effort}
    assert found.by_vehicle == {"van-1": effort, "van-2": Effort()}
    assert found.visits_made == ("smk", "hall", "panti")
    assert found.covered == {"air-putih": 0.75, "sei-balai": 1.0}
    assert found.by_tag == {"school": TagShare(1, 301, 62.5), "village": TagShare(1, 100, 40.0)}


def test_the_cheapest_window_that_holds_the_start_counts(monday: Problem, monday_plan: Plan) -> None:
    """Windows may overlap: a start in both costs the lesser, one minute earlier only the dearer is open."""
    route = monday_plan.routes[0]
    for start, cost in ((539, 3.0), (540, 1.5), (600, 1.5), (601, 1.5)):
        stop = Stop(VisitId("smk"), arrive=480, start=start, finish=start + 171)
        assert evaluate_routes(monday, [replace(route, stops=(stop,))]).worth.window_costs == cost


def test_an_empty_plan_of_an_infeasible_problem_is_no_broken_promise(monday: Problem, monday_plan: Plan) -> None:
    """Where no plan exists, required visits and minima are not missed by the document, which only says so."""
    plan = replace(
        monday_plan,
        status=PlanStatus.INFEASIBLE,
        routes=(),
        value=None,
        bound=None,
        unserved=(),
        conflict=("smk", "hours"),
    )
    assert evaluate(monday, plan).violations == ()


def test_a_stated_value_may_be_off_by_a_millionth(monday: Problem, monday_plan: Plan) -> None:
    """Engines add in another order; a millionth of the value is allowed, of a point where the value is small."""
    assert evaluate(monday, replace(monday_plan, value=93.95 + 9e-5)).feasible
    assert not evaluate(monday, replace(monday_plan, value=93.95 + 1e-4)).feasible


def test_the_hash_is_judged_only_where_the_instance_bytes_are_known(monday: Problem, monday_plan: Plan) -> None:
    """A plan judged in memory has no document to be bound to."""
    plan = replace(monday_plan, instance_sha256="")
    assert evaluate(monday, plan).feasible
    assert not evaluate(monday, plan, instance_sha256=SHA256).feasible


def test_optimal_is_what_lies_within_the_tolerance(monday: Problem, monday_plan: Plan) -> None:
    """0.01 % of the bound is optimal, a little more is not."""
    optimal = replace(monday_plan, status=PlanStatus.OPTIMAL)
    assert evaluate(monday, replace(optimal, bound=93.95 + 0.009)).feasible
    assert not evaluate(monday, replace(optimal, bound=93.95 + 0.01)).feasible


def test_sentences_name_the_thing_the_value_and_what_would_be_right(monday: Problem, monday_plan: Plan) -> None:
    """A planner mends a plan from these sentences alone; times are clock times, in the reader's language."""

    def sentences(damage: str, gettext: Callable[[str], str]) -> list[str]:
        problem, plan = DAMAGES[damage][0](monday, monday_plan)
        return [violation.text(gettext) for violation in evaluate(problem, plan).violations]

    assert sentences("starting outside every window", str) == [
        "Visit 'hall' starts at Mon 11:06; it must start within Mon 08:00 - Mon 11:05."
    ]
    assert sentences("more hours a week than allowed", str) == [
        "Limit 'new' counts 476 over 'van-1' in week 1; it must be at most 475."
    ]
    assert sentences("more cards a plan than allowed", str) == [
        "Limit 'new' counts 102 over the whole plan; it must be at most 101."
    ]
    indonesian = {
        "Mon": "Sen",
        "Shift '{shift}' leaves at {leave}; it must not leave before {right}.": "{leave}<{right}",
    }
    assert sentences("leaving before the shift", lambda text: indonesian.get(text, text))[0] == "Sen 07:30<Sen 07:31"


def test_weeks_are_counted_apart(monday: Problem, monday_plan: Plan) -> None:
    """A weekly limit on a vehicle does not add its shifts of different weeks; a limit on the vehicle does."""
    week = 7 * 1_440
    van = replace(monday.shifts[0], pauses=(), overtime_max=0)
    later = replace(van, id=ShiftId("van-1/next"), earliest=450 + week, latest=960 + week)
    hall, market = (replace(monday.visit_by_id[VisitId(name)], group=None) for name in ("hall", "market"))
    problem = replace(
        monday,
        horizon_days=14,
        shifts=(van, later),
        visits=(hall, replace(market, windows=(TimeWindow(450 + week, 900 + week),))),
        limits=(Limit(LimitId("weekly"), VISITS, per=LimitScope.VEHICLE_WEEK, max=1),),
    )
    routes = [
        Route(van.id, 450, 560, 24_000, (Stop(hall.id, 470, 480, 540),)),
        Route(later.id, 450 + week, 510 + week, 0, (Stop(market.id, 450 + week, 450 + week, 510 + week),)),
    ]
    assert evaluate_routes(problem, routes).violations == ()
    both = replace(problem, limits=(Limit(LimitId("both"), VISITS, per=LimitScope.VEHICLE, max=1),))
    assert [violation.text(str) for violation in evaluate_routes(both, routes).violations] == [
        "Limit 'both' counts 2 over 'van-1'; it must be at most 1."
    ]


def test_a_van_may_arrive_as_lunch_begins_and_serve_after_it(monday: Problem, monday_plan: Plan) -> None:
    """Arrival at the pause's first minute is no service: the stop waits, and starts as the pause ends."""
    hall = Stop(VisitId("hall"), arrive=720, start=780, finish=840)
    route = replace(monday_plan.routes[0], leave=700, back=860, distance_m=24_000, stops=(hall,))
    rules = {violation.rule for violation in evaluate_routes(monday, [route]).violations}
    assert rules == {Rule.REQUIRED_MISSING}


def test_a_service_may_end_as_lunch_begins_and_the_next_at_the_same_place_start_after_it(
    monday: Problem, monday_plan: Plan
) -> None:
    """Two visits at one place: moving between them takes no time, and needs no working minute either."""
    twin = replace(monday.visit_by_id[VisitId("hall")], id=VisitId("twin"), group=None)
    problem = replace(monday, visits=(*monday.visits, twin))
    stops = (Stop(VisitId("hall"), 660, 660, 720), Stop(VisitId("twin"), 720, 780, 840))
    route = replace(monday_plan.routes[0], leave=640, back=860, distance_m=24_000, stops=stops)
    rules = {violation.rule for violation in evaluate_routes(problem, [route]).violations}
    assert rules == {Rule.REQUIRED_MISSING}


def test_closing_time_is_that_of_the_day_on_which_the_service_starts(monday: Problem, monday_plan: Plan) -> None:
    """A service past midnight is late for the closing time of the evening on which it began."""
    night = replace(monday.shifts[0], earliest=1_380, latest=1_600, pauses=())
    visits = tuple(
        replace(visit, windows=(TimeWindow(1_380, 1_500),), required=False, fixed=None, finish_by=1_440)
        for visit in monday.visits
    )
    problem = replace(monday, shifts=(night,), visits=visits)

    def rules(start: int) -> set[Rule]:
        stop = Stop(VisitId("hall"), 1_400, start, start + 60)
        route = replace(monday_plan.routes[0], leave=1_380, back=start + 80, distance_m=24_000, stops=(stop,))
        return {violation.rule for violation in evaluate_routes(problem, [route]).violations}

    assert rules(1_401) == {Rule.FINISH_LATE}
    assert rules(1_440) == set()
