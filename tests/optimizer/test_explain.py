"""What is told of visits left out holds: against brute force on tiny weeks, and by plans that keep all rules."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from optimizer.changes import AllowDay, AllowOvertime, Changes, RequireVisit, apply_changes
from optimizer.evaluate import evaluate, evaluate_routes
from optimizer.explain import explain
from optimizer.explanation import Explained, Explanation, Found, OneMore, Remedy, explanation_object
from optimizer.forcing import bound_with, bounds_through
from optimizer.labelling import NEVER, Dominance
from optimizer.master import elements_of
from optimizer.network import build_network
from optimizer.plan import Plan, PlanStatus, Reason, Route, Unserved
from optimizer.pricing import ClassPricing, Duals, SearchFor
from optimizer.problem import Problem, TimeWindow, Visit, VisitId
from optimizer.relaxation import Relaxation
from optimizer.replan import replan
from optimizer.solve import SolveOptions, solve
from optimizer.state import State

BruteForce = Callable[[Problem], float | None]
Scheduled = Callable[[Problem, Random], tuple[Route, ...]]
Problems = Callable[..., st.SearchStrategy[Problem]]
Relaxed = Callable[[Problem], Problem]

few = settings(suppress_health_check=[HealthCheck.too_slow])
QUICK = SolveOptions(time_limit_s=20)


def required(problem: Problem, visit: VisitId) -> Problem:
    """The problem that must hold a visit."""
    return apply_changes(problem, (RequireVisit(visit),))


def in_force(problem: Problem, routes: tuple[Route, ...]) -> Plan:
    """A plan of those routes that proves nothing."""
    made = {stop.visit for route in routes for stop in route.stops}
    unserved = tuple(Unserved(v.id, Reason.UNDECIDED) for v in problem.visits if v.id not in made)
    value = evaluate_routes(problem, routes).value
    return Plan(problem.name, "", PlanStatus.FEASIBLE, value, None, 0.0, "by hand", routes, unserved)


def assert_true(problem: Problem, plan: Plan, told: Explanation, brute_force: BruteForce) -> None:
    """Nothing said of a visit is more than the truth, which brute force knows."""
    assert plan.value is not None
    best = brute_force(required(problem, told.visit))
    room = 1e-4 * max(1.0, abs(plan.value))
    if told.reason is Reason.IMPOSSIBLE:
        assert best is None
    if told.reason is Reason.DISPLACED and best is not None:
        assert best <= plan.value + room
    if told.proved_loss is not None and best is not None:
        assert plan.value - best >= told.proved_loss - 1e-5 * max(1.0, abs(plan.value))
    if told.found is not None:
        assert best is not None
        judged = evaluate_routes(required(problem, told.visit), told.found.routes)
        assert judged.feasible
        assert judged.value == pytest.approx(plan.value - told.found.loss)
        assert judged.value <= best + 1e-6 * max(1.0, abs(best))
    for remedy in told.remedies:
        assert_confirmed(problem, plan, told.visit, remedy)


def assert_confirmed(problem: Problem, plan: Plan, visit: VisitId, remedy: Remedy) -> None:
    """A remedy's plan keeps all rules of the changed problem, holds the visit, and says truly what it costs."""
    assert plan.value is not None
    assert remedy.changes.changes[-1] == RequireVisit(visit)
    judged = evaluate_routes(apply_changes(problem, remedy.changes.changes), remedy.routes)
    assert [each.text(str) for each in judged.violations] == []
    assert visit in judged.visits_made
    assert judged.value == pytest.approx(plan.value + remedy.gain)
    before = {stop.visit for route in plan.routes for stop in route.stops}
    assert before - set(judged.visits_made) == set(remedy.out)


def assert_written(problem: Problem, plan: Plan, explained: Explained) -> None:
    """The explained plan is the plan, checks out, and bears what was told."""
    assert evaluate(problem, explained.plan).violations == ()
    assert explained.plan.routes == plan.routes
    texts = {each.visit: each for each in explained.plan.unserved}
    for told in explained.explanations:
        assert texts[told.visit].reason is told.reason
        assert told.text(str) == texts[told.visit].text
        assert (texts[told.visit].remedy is not None) == bool(told.remedies)


@few
@given(data=st.data())
def test_what_is_told_holds_on_tiny_weeks(
    problems: Problems, relaxed: Relaxed, scheduled: Scheduled, brute_force: BruteForce, data: st.DataObject
) -> None:
    """Of random plans, far from the best: no false proof, no plan too good to be true, no remedy that is none."""
    problem = relaxed(data.draw(problems(max_visits=5, max_shifts=3)))
    plan = in_force(problem, scheduled(problem, Random(data.draw(st.integers(0, 999)))))
    assume(plan.unserved)
    explained = explain(problem, plan, QUICK)
    assert_written(problem, plan, explained)
    assert {each.visit for each in explained.explanations} == {each.visit for each in plan.unserved}
    for told in explained.explanations:
        assert_true(problem, plan, told, brute_force)
    for each in explained.one_more:
        if each.gain is not None:
            best = brute_force(apply_changes(problem, each.changes.changes))
            assert best is not None
            assert plan.value is not None
            assert plan.value + each.gain <= best + 1e-6 * max(1.0, abs(best))


@few
@given(data=st.data())
def test_what_is_told_of_a_best_plan_holds(problems: Problems, brute_force: BruteForce, data: st.DataObject) -> None:
    """Of solved plans, required visits and hard minima in them: all that is left out is displaced or impossible."""
    problem = data.draw(problems(max_visits=5, max_shifts=3))
    plan = solve(problem, QUICK)
    assume(plan.value is not None and plan.unserved)
    explained = explain(problem, plan, QUICK)
    assert_written(problem, plan, explained)
    for told in explained.explanations:
        assert_true(problem, plan, told, brute_force)
        assert told.reason is not Reason.UNDECIDED


@few
@given(data=st.data())
def test_bounds_of_plans_with_a_visit_hold(problems: Problems, brute_force: BruteForce, data: st.DataObject) -> None:
    """Neither of the two bounds is below the best plan with the visit; the program is afterwards as it was."""
    problem = data.draw(problems(max_visits=5, max_shifts=3))
    assume(brute_force(problem) is not None)
    relaxation = Relaxation(build_network(problem), check_time=lambda: 60.0)
    before = relaxation.generate()
    if before.missing > 1e-6:
        return
    assert relaxation.proof is not None
    through = bounds_through(relaxation)
    for at, visit in enumerate(problem.visits):
        best = brute_force(required(problem, visit.id))
        if best is None:
            continue
        forced = bound_with(relaxation, at, known=float(through[at]), enough=-np.inf)
        room = 1e-6 * max(1.0, abs(best))
        assert through[at] >= best - room
        assert best - room <= forced <= through[at]
    after = relaxation.relax()
    assert after.value == pytest.approx(before.value, rel=1e-6, abs=1e-6)
    assert after.missing == pytest.approx(before.missing, abs=1e-9)


@few
@given(data=st.data())
def test_no_route_through_a_visit_beats_its_bound(problems: Problems, data: st.DataObject) -> None:
    """At any duals, for every route there is; and a visit that the bound calls unreachable is on none."""
    problem = data.draw(problems(max_visits=5, max_shifts=2))
    network = build_network(problem)
    charged = st.floats(-20, 60, allow_nan=False, width=32)
    for position in range(len(network.classes)):
        pricing = ClassPricing(network, position, elements=elements_of(network))
        visits = np.array([data.draw(charged) for _ in problem.visits], dtype=np.float64)
        duals = Duals(visits, data.draw(charged), data.draw(st.sampled_from((0.0, 0.05))))
        bounds = pricing.best_through(duals)
        every_route = SearchFor(-1e9, Dominance.NONE, 1_000_000, bounded=False)
        best = np.full(len(visits), -np.inf)
        for column in pricing.price(duals, every_route).columns:
            charge = visits[list(column.visits)].sum() + duals.route + duals.duty_min * column.back_min
            for visit in column.visits:
                best[visit] = max(best[visit], column.value - charge)
        assert (bounds >= best - 1e-6).all()
        assert ((bounds > NEVER / 2) | np.isneginf(best)).all()


@pytest.fixture(scope="module")
def a_week(week: Problem) -> tuple[Problem, Plan, State]:
    """Two vans, five days, 30 villages, solved, with what the solve left behind."""
    problem = replace(week, visits=week.visits[:30])
    kept: list[State] = []
    plan = solve(problem, QUICK, on_state=kept.append)
    return problem, plan, kept[0]


def test_a_week_is_told_within_the_limit(a_week: tuple[Problem, Plan, State]) -> None:
    """Every visit left out, the dearest first, as they are ready; the cheapest remedy can be replanned."""
    problem, plan, state = a_week
    heard: list[Explanation] = []
    explained = explain(problem, plan, SolveOptions(time_limit_s=5), state=state, on_explained=heard.append)
    assert_written(problem, plan, explained)
    assert tuple(heard) == explained.explanations
    assert [each.worth for each in heard] == sorted((each.worth for each in heard), reverse=True)
    assert len(heard) == len(plan.unserved)
    for told in heard:
        for remedy in told.remedies:
            assert_confirmed(problem, plan, told.visit, remedy)
    dearest = heard[0]
    assert dearest.remedies
    again = replan(problem, plan, dearest.remedies[0].changes, QUICK)
    assert any(stop.visit == dearest.visit for route in again.plan.routes for stop in route.stops)
    assert explained.one_more
    assert any(each.gain is not None and each.gain > 0 for each in explained.one_more)


def test_a_visit_barred_by_its_day_is_impossible_and_gets_another_day(a_week: tuple[Problem, Plan, State]) -> None:
    """A village that is open on Sunday only: told by day; asking for another day is the cheapest remedy."""
    problem, plan, _ = a_week
    sunday = (TimeWindow(6 * 1_440 + 480, 6 * 1_440 + 900),)
    village = replace(problem.visits[0], id=VisitId("sunday"), windows=sunday, work_min=1, setup_min=0)
    shut = replace(problem, visits=(*problem.visits, village))
    open_plan = in_force(shut, plan.routes)
    explained = explain(shut, open_plan, QUICK, only=village.id)
    (told,) = explained.explanations
    assert told.reason is Reason.IMPOSSIBLE
    assert "Sunday" in told.barrier
    assert isinstance(told.remedies[0].changes.changes[0], AllowDay)
    assert told.remedies[0].out == ()
    for remedy in told.remedies:
        assert_confirmed(shut, open_plan, village.id, remedy)
    assert explained.one_more == ()


def test_a_twin_of_a_visit_made_has_no_remedy(a_week: tuple[Problem, Plan, State]) -> None:
    """Of two halves of an offer one is made: more vans serve nothing, so none is asked for."""
    problem, plan, _ = a_week
    made = plan.routes[0].stops[0].visit
    first = replace(problem.visit_by_id[made], group="offer")
    twin: Visit = replace(first, id=VisitId("twin"))
    offered = replace(problem, visits=(*(first if v.id == made else v for v in problem.visits), twin))
    (told,) = explain(offered, in_force(offered, plan.routes), QUICK, only=twin.id).explanations
    assert told.remedies == ()


def test_no_time_tells_no_more_than_is_known(a_week: tuple[Problem, Plan, State]) -> None:
    """With the limit passed at once each visit is still listed, and nothing is claimed; a stop ends the telling."""
    problem, plan, _ = a_week
    explained = explain(problem, in_force(problem, plan.routes), SolveOptions(time_limit_s=0))
    assert len(explained.explanations) == len(plan.unserved)
    assert {each.reason for each in explained.explanations} == {Reason.UNDECIDED}
    assert {each.proved_loss for each in explained.explanations} == {None}
    stopped = explain(problem, plan, QUICK, should_stop=lambda: True)
    assert stopped.explanations == ()
    assert stopped.plan == plan


def test_proved_and_found_are_said_apart() -> None:
    """The sentences for each case, and what programs read."""
    changes = Changes((AllowOvertime(problem_shift := "van-1/mon", 30), RequireVisit(VisitId("v"))))  # type: ignore[arg-type]
    remedy = Remedy(changes, (), 12.0, ())
    assert problem_shift in remedy.text(str)
    assert "Nothing else has to go (+12.0 points)" in remedy.text(str)
    assert "in place of w" in replace(remedy, out=(VisitId("w"),)).text(str)
    told = Explanation(VisitId("v"), 20.0, Reason.DISPLACED, remedies=(remedy,))
    assert "Proved: no plan that holds it is worth more" in told.text(str)
    assert "No plan that holds it was found" in told.text(str)
    found = Found((), 8.0, (VisitId("w"),))
    proved = replace(told, proved_loss=3.0, found=found)
    assert "Proved: a plan that holds it is worth at least 3.0 points less." in proved.reason_text(str)
    assert "Best found: w would go, a loss of 8.0 points." in proved.reason_text(str)
    assert not proved.is_exact
    exact = replace(proved, proved_loss=8.0)
    assert "No plan with it loses less than 8.0 points." in exact.reason_text(str)
    open_case = replace(told, reason=Reason.UNDECIDED, found=replace(found, loss=-2.0))
    assert "Not settled" in open_case.reason_text(str)
    assert "A better plan with it was found, by 2.0 points" in open_case.reason_text(str)
    free = replace(told, found=replace(found, out=(), loss=1.5))
    assert "nothing has to go, but it costs 1.5 points more" in free.reason_text(str)
    assert explanation_object(exact, str)["exact"] is True
    one = OneMore(changes, 9.0)
    assert "Estimated by duals" in one.text(str)
    assert "Best found: +4.0 points, visits +2." in replace(one, gain=4.0, visits=2).text(str)
