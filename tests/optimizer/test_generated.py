"""Properties that hold for every problem of the format, over generated ones."""

from collections.abc import Callable
from dataclasses import replace
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.evaluate import evaluate_routes
from optimizer.instance import read_problem, write_problem
from optimizer.plan import Route
from optimizer.problem import Problem, VisitId

Problems = Callable[..., st.SearchStrategy[Problem]]
Relaxed = Callable[[Problem], Problem]
Scheduled = Callable[[Problem, Random], tuple[Route, ...]]

few = settings(suppress_health_check=[HealthCheck.too_slow])


@few
@given(data=st.data())
def test_a_problem_survives_its_document(problems: Problems, data: st.DataObject) -> None:
    """What is written is read back equal, and written again byte for byte: documents can be hashed and compared."""
    problem = data.draw(problems())
    document = write_problem(problem)
    again = read_problem(document)
    assert again == problem
    assert write_problem(again) == document


@few
@given(data=st.data())
def test_routes_that_keep_the_rules_are_not_accused(
    problems: Problems, relaxed: Relaxed, scheduled: Scheduled, data: st.DataObject
) -> None:
    """Random routes built by another clock break no rule: the judge has no rule of its own invention."""
    problem = relaxed(data.draw(problems()))
    routes = scheduled(problem, Random(data.draw(st.integers(0, 999))))
    found = evaluate_routes(problem, routes)
    assert [violation.text(str) for violation in found.violations] == []
    assert found.total.stops == sum(len(route.stops) for route in routes)


@few
@given(data=st.data())
def test_names_and_order_do_not_change_a_value(
    problems: Problems, relaxed: Relaxed, scheduled: Scheduled, data: st.DataObject
) -> None:
    """Visits listed in another order under other names are the same problem: the value is the same to the last bit."""
    problem = relaxed(data.draw(problems()))
    routes = scheduled(problem, Random(data.draw(st.integers(0, 999))))
    other = replace(
        problem, visits=tuple(replace(visit, id=VisitId(f"x-{visit.id}")) for visit in reversed(problem.visits))
    )
    other_routes = tuple(
        replace(route, stops=tuple(replace(stop, visit=VisitId(f"x-{stop.visit}")) for stop in route.stops))
        for route in reversed(routes)
    )
    found, other_found = evaluate_routes(problem, routes), evaluate_routes(other, other_routes)
    assert other_found.worth == found.worth
    assert other_found.violations == ()


def test_generated_problems_are_worth_testing_with(problems: Problems, relaxed: Relaxed, scheduled: Scheduled) -> None:
    """Were most visits impossible, the properties above would say little: one in four is served even at random."""
    visits: list[int] = []
    served: list[int] = []

    @settings(max_examples=40, database=None, derandomize=True)
    @given(data=st.data())
    def count(data: st.DataObject) -> None:
        problem = relaxed(data.draw(problems()))
        visits.append(len(problem.visits))
        served.append(sum(len(route.stops) for route in scheduled(problem, Random(1))))

    count()
    assert sum(served) >= sum(visits) / 4
