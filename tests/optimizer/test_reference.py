"""The parts of the reference engine: plans by insertion, candidates of large problems, the library's model."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from optimizer.evaluate import evaluate_routes
from optimizer.insertion import insert_visits
from optimizer.network import Network, build_network
from optimizer.problem import Fixed, Limit, LimitId, LimitScope, Measure, MeasureKind, Problem, TimeWindow
from optimizer.reference import choose_candidates
from optimizer.routing_model import SearchLimits, search
from optimizer.schedule import build_route
from optimizer.worth import Worth

Problems = Callable[..., st.SearchStrategy[Problem]]
Sequences = dict[int, tuple[int, ...]]

few = settings(suppress_health_check=[HealthCheck.too_slow])


def value_of(network: Network, sequences: Sequences) -> float:
    """True value of a plan that must keep every rule."""
    routes = []
    for shift, visits in sequences.items():
        route = build_route(network, shift, visits)
        assert route is not None
        routes.append(route)
    judged = evaluate_routes(network.problem, routes)
    assert [violation.text(str) for violation in judged.violations] == []
    return judged.value


def insert(network: Network, thrift: float = 1.0, seconds: float = 60) -> Sequences:
    """A plan by insertion."""
    return insert_visits(network, Worth(network), thrift=thrift, deadline=time.monotonic() + seconds)


def worth_alone(network: Network) -> "np.typing.NDArray[np.float64]":
    """Worth of each visit beside nothing."""
    return Worth(network).beside(np.zeros(len(network.rows), dtype=np.bool_))


@few
@given(data=st.data())
def test_insertion_keeps_every_maximum(
    problems: Problems, relaxed: Callable[[Problem], Problem], data: st.DataObject
) -> None:
    """Where nothing is required, whatever is inserted can be driven and breaks no rule."""
    problem = relaxed(data.draw(problems(max_visits=6, max_shifts=4)))
    cheap = tuple(limit for limit in problem.limits if limit.measure.kind is not MeasureKind.DUTY_MIN)
    network = build_network(replace(problem, limits=cheap))
    value_of(network, insert(network, data.draw(st.sampled_from([0.0, 0.5, 1.0]))))


def test_insertion_that_is_cut_short_is_still_a_plan(week: Problem) -> None:
    """Its time is up before it begins to fill the week."""
    network = build_network(week)
    assert value_of(network, insert(network, seconds=0)) == 0


def test_hours_of_a_week_are_kept(week: Problem) -> None:
    """Each van may work 20 hours: the five days together, not each of them, are what counts."""
    hours = Limit(LimitId("hours"), Measure(MeasureKind.DUTY_MIN), per=LimitScope.VEHICLE_WEEK, max=1_200)
    network = build_network(replace(week, limits=(hours,)))
    without = value_of(build_network(week), insert(build_network(week)))
    assert 0 < value_of(network, insert(network)) < without


def test_the_hardest_required_visit_gets_its_only_place(week: Problem) -> None:
    """Many promises that fit any day do not take the place of the one that fits Monday morning only."""
    shift = replace(week.shifts[0], max_stops=2)
    only = replace(week.visits[0], required=True, prize=0.0, windows=(TimeWindow(540, 560),))
    others = tuple(replace(visit, required=True) for visit in week.visits[1:3])
    network = build_network(replace(week, shifts=(shift, *week.shifts[1:3]), visits=(only, *others)))
    assert {visit for visits in insert(network).values() for visit in visits} == {0, 1, 2}


def test_candidates_hold_what_is_needed_and_the_best_of_the_rest(week: Problem) -> None:
    """A large problem is cut, but never a promise, nor what the present plan makes."""
    visits = tuple(
        replace(visit, required=n == 7, prize=0.0) if n in {7, 8} else visit for n, visit in enumerate(week.visits)
    )
    network = build_network(replace(week, visits=visits))
    chosen = choose_candidates(network, worth_alone(network), {0: (8,)}, 10)
    assert len(chosen) == 10
    assert {7, 8} <= set(chosen)
    rest = [visits[at].prize for at in chosen if at not in {7, 8}]
    assert np.mean(rest) > 1.2 * np.mean([visit.prize for visit in visits])


def test_candidates_leave_impossible_visits_out(week: Problem) -> None:
    """No shift works on Sunday."""
    sunday = replace(week.visits[0], required=True, windows=(TimeWindow(8_700, 8_800),))
    network = build_network(replace(week, visits=(sunday, *week.visits[1:])))
    assert 0 not in choose_candidates(network, worth_alone(network), {}, 1_000)


def test_a_search_starts_from_the_plan_it_is_given(week: Problem) -> None:
    """So it never hands over anything worse, and improves what insertion made."""
    network = build_network(week)
    start = insert(network)
    found: list[float] = []

    def note(sequences: Sequences) -> bool:
        found.append(value_of(network, sequences))
        return True

    limits = SearchLimits(seconds=30, solutions=60)
    search(network, worth_alone(network), range(len(week.visits)), start, limits, note)
    assert found[0] >= value_of(network, start)
    assert found[-1] > value_of(network, start)


def test_a_search_stops_when_told(week: Problem) -> None:
    """The first solution is good enough."""
    network = build_network(week)
    found: list[Sequences] = []

    def note(sequences: Sequences) -> bool:
        found.append(sequences)
        return False

    began = time.monotonic()
    search(network, worth_alone(network), range(len(week.visits)), insert(network), SearchLimits(60), note)
    assert len(found) < 5
    assert time.monotonic() - began < 20


@pytest.mark.parametrize("minute", [600, 719])
def test_the_model_knows_pins_and_pauses_exactly(week: Problem, minute: int) -> None:
    """A service pinned to the minute before lunch spans it; the library sees working minutes only."""
    first = week.shifts[0]
    pinned = replace(week.visits[0], fixed=Fixed(first.id, minute))
    problem = replace(week, shifts=(first,), visits=(pinned, *week.visits[1:6]))
    network = build_network(problem)
    plans: list[Sequences] = []

    def note(sequences: Sequences) -> bool:
        plans.append(sequences)
        return True

    search(network, worth_alone(network), range(6), {}, SearchLimits(0.5), note)
    route = build_route(network, 0, plans[-1][0])
    assert route is not None
    assert {stop.start for stop in route.stops if stop.visit == pinned.id} == {minute}
    value_of(network, plans[-1])
