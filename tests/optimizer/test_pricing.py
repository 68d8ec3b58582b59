"""Pricing: what a search that was cut short says, and what it does not."""

from dataclasses import replace

import numpy as np

from optimizer.labelling import Dominance
from optimizer.master import elements_of
from optimizer.network import build_network
from optimizer.pricing import ClassPricing, Duals, SearchFor
from optimizer.problem import Problem
from optimizer.schedule import best_schedule


def test_a_search_cut_short_gives_routes_and_no_bound(week: Problem) -> None:
    """Without time for comparisons it ends at once, says that it proves nothing, and its routes are true."""
    network = build_network(week)
    pricing = ClassPricing(network, 0, elements=elements_of(network))
    free = Duals(np.zeros(len(week.visits)), route=0.0, duty_min=0.0)
    whole = pricing.price(free, SearchFor(0.0, Dominance.EXACT, 1_000_000))
    short = pricing.price(free, replace(SearchFor(0.0, Dominance.EXACT, 1_000_000), seconds=0.0))
    assert whole.exact
    assert not short.exact
    assert short.best <= whole.best
    for column in short.columns:
        timed = best_schedule(network, network.classes[0], column.visits)
        assert timed is not None
        assert timed.back - network.classes[0].begin <= column.back_min
