"""Subset-row cuts: no plan breaks one, and those that a divided solution breaks are found, the worst first."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from optimizer.cuts import find_subset_row_cuts, most_pairs, pairs_served

ROUTES = st.frozensets(st.integers(0, 8), min_size=1, max_size=4)


@st.composite
def divided(draw: st.DrawFn) -> list[tuple[frozenset[int], float]]:
    """A solution of the linear program: routes with weights such that no element is served more than once."""
    routes = draw(st.lists(ROUTES, min_size=2, max_size=9, unique=True))
    weights = [draw(st.integers(1, 4)) / 4 for _ in routes]
    busiest = max(sum(w for route, w in zip(routes, weights, strict=True) if element in route) for element in range(9))
    return [(route, weight / max(1.0, busiest)) for route, weight in zip(routes, weights, strict=True)]


def broken_by(served: list[tuple[frozenset[int], float]], cut: frozenset[int]) -> float:
    """How far a solution goes beyond a cut."""
    return sum(weight * pairs_served(cut, route) for route, weight in served) - most_pairs(cut)


@given(divided())
def test_every_cut_found_is_broken_and_all_broken_triples_are_seen(served: list[tuple[frozenset[int], float]]) -> None:
    """What is found is broken; where nothing is found, no three elements are broken at all (by all triples)."""
    found = find_subset_row_cuts(served, known=frozenset(), most=100)
    assert all(broken_by(served, cut) >= 0.03 - 1e-9 for cut in found)
    if not found:
        assert all(broken_by(served, frozenset(three)) < 0.03 for three in combinations(range(9), 3))


@given(st.lists(ROUTES, max_size=5), st.frozensets(st.integers(0, 8), min_size=3, max_size=5))
def test_no_whole_plan_breaks_a_cut(routes: list[frozenset[int]], cut: frozenset[int]) -> None:
    """Routes that serve each element once at most keep every cut."""
    plan: list[frozenset[int]] = []
    for route in routes:
        if not any(route & other for other in plan):
            plan.append(route)
    assert sum(pairs_served(cut, route) for route in plan) <= most_pairs(cut)


def test_a_triangle_of_halves_is_cut() -> None:
    """Three routes of half weight, each over two of three visits, are the plainest broken cut."""
    served = [(frozenset(pair), 0.5) for pair in ((1, 2), (2, 3), (1, 3))]
    assert find_subset_row_cuts(served, known=frozenset(), most=5) == [frozenset({1, 2, 3})]
    assert not find_subset_row_cuts(served, known=frozenset({frozenset({1, 2, 3})}), most=5)


def test_a_pentagon_of_halves_is_cut() -> None:
    """A ring of five routes of half weight breaks no triple by itself; the five together serve half a pair too much."""
    served = [(frozenset({at, (at + 1) % 5}), 0.5) for at in range(5)]
    assert find_subset_row_cuts(served, known=frozenset(), most=5) == [frozenset(range(5))]
