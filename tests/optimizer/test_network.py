"""The arrays hold exactly the starts that a clock would allow, and classes hold only shifts that are alike."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.evaluate import evaluate_routes
from optimizer.network import Bar, build_network, shortest_minutes
from optimizer.problem import GreatCircle, Problem
from optimizer.schedule import build_route

Problems = Callable[..., st.SearchStrategy[Problem]]

few = settings(suppress_health_check=[HealthCheck.too_slow])


@few
@given(data=st.data())
def test_an_option_is_a_start_that_keeps_the_rules(problems: Problems, data: st.DataObject) -> None:
    """On a plain where the straight way is the shortest, what an option allows is what `evaluate` allows."""
    problem = replace(data.draw(problems(max_visits=4, max_shifts=3)), travel=GreatCircle())
    alone = replace(problem, limits=tuple(limit for limit in problem.limits if limit.min is None))
    alone = replace(alone, visits=tuple(replace(visit, required=False) for visit in alone.visits))
    network = build_network(alone)
    for position, visit in enumerate(alone.visits):
        if any(other.fixed is not None for other in alone.visits if other is not visit):
            continue  # a plan without the pinned one breaks a rule of its own
        for shift, each in enumerate(alone.shifts):
            shift_class = network.class_of_shift(shift)
            allowed = shift_class.bars[position] == Bar.NONE
            assert allowed == bool(shift_class.options.first[position + 1] > shift_class.options.first[position])
            route = build_route(network, shift, [position])
            assert (route is not None) == allowed, f"{visit.id} on {each.id}"
            if route is not None:
                broken = evaluate_routes(alone, [route]).violations
                assert [violation.text(str) for violation in broken] == []


@few
@given(data=st.data())
def test_options_of_a_visit_are_disjoint_and_in_order(problems: Problems, data: st.DataObject) -> None:
    """Engines search them by bisection."""
    network = build_network(data.draw(problems(max_visits=4, max_shifts=3)))
    for each in network.classes:
        options = each.options
        assert (options.low <= options.high).all()
        same = options.visit[1:] == options.visit[:-1]
        assert (options.high[:-1][same] < options.low[1:][same]).all()
        for visit in range(len(network.rows)):
            for minute in range(int(each.begin), int(each.close), 37):
                starts = [
                    max(minute, int(options.low[at]))
                    for at in range(int(options.first[visit]), int(options.first[visit + 1]))
                    if options.high[at] >= minute
                ]
                assert options.earliest_start(visit, minute) == min(starts, default=None)
                ends = [
                    min(minute, int(options.high[at]))
                    for at in range(int(options.first[visit]), int(options.first[visit + 1]))
                    if options.low[at] <= minute
                ]
                assert options.latest_start(visit, minute) == max(ends, default=None)


@few
@given(data=st.data())
def test_shifts_of_a_class_differ_in_name_and_vehicle_only(problems: Problems, data: st.DataObject) -> None:
    """What holds for one member holds for all: an engine solves each class once."""
    problem = data.draw(problems(max_visits=4, max_shifts=4))
    network = build_network(problem)
    members = [member for each in network.classes for member in each.members]
    assert sorted(members) == list(range(len(problem.shifts)))
    for each in network.classes:
        for member in each.members:
            shift = problem.shifts[member]
            assert replace(shift, id=each.shift.id, vehicle=each.shift.vehicle) == each.shift
            for visit in problem.visits:
                assert (visit.shifts is None or shift.id in visit.shifts) == (
                    visit.shifts is None or each.shift.id in visit.shifts
                )
                assert visit.shift_cost.get(shift.id, 0) == visit.shift_cost.get(each.shift.id, 0)


def test_identical_vans_form_one_class(week: Problem) -> None:
    """Two vans alike on five days: five classes of two."""
    network = build_network(week)
    assert [len(each.members) for each in network.classes] == [2] * 5


@given(size=st.integers(1, 6), seed=st.integers(0, 999))
def test_shortest_minutes_are_the_least_over_all_paths(size: int, seed: int) -> None:
    """Compared with relaxing every leg again and again; the first leg counts also to the place itself."""
    legs = np.random.default_rng(seed).integers(0, 60, (size, size))
    expected = legs[0].copy()
    for _ in range(size):
        expected = np.minimum(expected, (expected[:, None] + legs).min(axis=0))
    assert shortest_minutes(legs, legs[0]).tolist() == expected.tolist()
