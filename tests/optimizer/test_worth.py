"""The worth of a visit is the difference that it makes to the value, as `evaluate` tells it."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.evaluate import evaluate_routes
from optimizer.network import build_network
from optimizer.problem import GreatCircle, Problem, Visit
from optimizer.schedule import build_route
from optimizer.worth import Worth

Problems = Callable[..., st.SearchStrategy[Problem]]

few = settings(suppress_health_check=[HealthCheck.too_slow])


def free(problem: Problem) -> Problem:
    """The problem with wide windows and shifts that cost nothing, so that only prizes and shortfalls count."""

    def plain(visit: Visit) -> Visit:
        windows = tuple(replace(window, start=0, end=problem.horizon_min, cost=0.0) for window in visit.windows[:1])
        return replace(visit, windows=windows, shift_cost={}, required=False, fixed=None, work_min=1, setup_min=0)

    shifts = tuple(
        replace(s, cost_per_km=0.0, cost_per_hour=0.0, fixed_cost=0.0, overtime_cost=0.0) for s in problem.shifts
    )
    return replace(
        problem,
        visits=tuple(plain(visit) for visit in problem.visits),
        shifts=shifts,
        travel=GreatCircle(speed_kmh=900),
        limits=tuple(limit for limit in problem.limits if limit.shortfall_cost is not None),
    )


@few
@given(data=st.data())
def test_worth_is_the_difference_a_visit_makes(problems: Problems, data: st.DataObject) -> None:
    """For visits that are made it is what dropping them loses, for the others what they add."""
    problem = free(data.draw(problems(max_visits=5, max_shifts=2)))
    network = build_network(problem)
    chosen = data.draw(st.sets(st.integers(0, len(problem.visits) - 1)))

    def value(visits: set[int]) -> float:
        route = build_route(network, 0, sorted(visits)) if visits else None
        return evaluate_routes(problem, [route] if route is not None else []).value

    if any(network.classes[network.class_of[0]].bars) or build_route(network, 0, range(len(problem.visits))) is None:
        return  # the first shift lacks a skill or has no time for all: other examples show it
    made = np.zeros(len(problem.visits), dtype=np.bool_)
    made[list(chosen)] = True
    worth = Worth(network).beside(made)
    for visit in range(len(problem.visits)):
        difference = value(chosen | {visit}) - value(chosen - {visit})
        assert worth[visit] == pytest.approx(difference, abs=1e-6)


def test_a_required_visit_outweighs_all_others(week: Problem) -> None:
    """However little it brings, nothing soft is preferred to a promise."""
    promised = replace(week, visits=(replace(week.visits[0], required=True, prize=0.0), *week.visits[1:]))
    worth = Worth(build_network(promised)).beside(np.zeros(len(week.visits), dtype=np.bool_))
    assert worth[0] > worth[1:].sum()
