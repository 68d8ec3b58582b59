"""
What is proved of plans that hold a visit which the plan at hand leaves out: an upper bound on their value.

Two ways lead there. At the duals of the proof every plan with the visit holds a route through it, so it is worth at
most the bound less what the best such route lacks to pay; this is known for all visits at once, and often says little.
Then the visit is forced into the linear program, which gives duals of its own, and their exact pricing a bound that is
nearly that of the program. Neither knows what is lost by rounding: what it really costs may be more, by as much as the
bound of the whole problem is above its best plan.

A plan with the visit comes from the integer choice among the routes at hand, with the visit required. That takes
seconds; rounding the program by diving takes a fifth of it and lost twice as much as an exchange inside one shift.
"""

from dataclasses import replace

import numpy as np

from optimizer.choice import choose
from optimizer.labelling import NEVER, Dominance, Floats
from optimizer.master import Master
from optimizer.plan import Route
from optimizer.pricing import Duals, SearchFor
from optimizer.relaxation import IMPROVES, MARGIN, Relaxation
from optimizer.schedule import build_timed_route

_ROUNDS = 2
_EXACT_ROUNDS = 2
_COLUMNS = 20
_LABELS = 20_000
_MOST_THROUGH, _MOST_OTHERS = 100, 800
"""Routes with the visit and without it among which a plan is chosen."""
_SLACK = 0.05
"""Part of the best route's value that a route may lack and still be of use."""


def bounds_through(relaxation: Relaxation) -> Floats:
    """
    For every visit of the problem, by position, no plan that holds it is worth more than this.

    Minus infinity where no route holds it. The relaxation must have a proof.
    """
    proof = relaxation.proof
    assert proof is not None
    best = np.full(len(relaxation.network.problem.visits), NEVER)
    for pricing, paid in zip(relaxation.pricing, proof.best, strict=True):
        through = pricing.best_through(relaxation.master.class_duals(proof.row_duals, pricing.position))
        best = np.maximum(best, np.minimum(0.0, through - max(0.0, paid)))
    bounds = proof.bound + best + MARGIN * max(1.0, abs(proof.bound))
    return np.where(best < NEVER / 2, -np.inf, bounds)


def bound_with(relaxation: Relaxation, visit: int, *, known: float, enough: float) -> float:
    """
    No plan that holds the visit, by position, is worth more than this; at most ``known``.

    The relaxation is left as it was, with the routes found on the way.

    Parameters
    ----------
    known
        A bound that is proved already, for instance by `bounds_through`.
    enough
        At this bound or below the search for a lower one ends.
    """
    master = relaxation.master
    _add_routes_through(relaxation, visit)
    with master.forced(visit):
        if relaxation.relax().missing > IMPROVES:
            return known  # duals of what is missing are huge, and labels over them countless
        for _ in range(_ROUNDS):
            if relaxation.price_once(range(len(relaxation.network.classes))) == 0:
                break
        for _ in range(_EXACT_ROUNDS):
            if known <= enough:
                break
            bound, improved = relaxation.bound_once()
            known = min(known, bound)
            if not improved:
                break
    return known


def plan_with(relaxation: Relaxation, visit: int, *, seconds: float) -> tuple[Route, ...] | None:
    """
    The best plan with the visit, by position, that the routes at hand make and the time finds; None for none.

    The more of them serve the visit the better: call it after `bound_with`.
    """
    assert relaxation.proof is not None
    network, columns = relaxation.network, relaxation.master.columns
    worth = relaxation.master.reduced_values(columns, relaxation.proof.row_duals)
    ranked = [columns[k] for k in np.argsort(-worth, kind="stable")]
    through = [column for column in ranked if visit in column.visits][:_MOST_THROUGH]
    others = [column for column in ranked if visit not in column.visits][:_MOST_OTHERS]
    must = network.must.copy()
    must[visit] = True
    forced = replace(network, must=must)
    choice = choose(forced, relaxation.elements, [*through, *others], time_limit_s=seconds)
    if choice.value is None:
        return None
    return tuple(build_timed_route(network, shift, each.visits, each.starts) for shift, each in choice.routes)


def _add_routes_through(relaxation: Relaxation, visit: int) -> None:
    """Give the program the best routes through a visit that relaxed dominance finds at the duals of the proof."""
    assert relaxation.proof is not None
    for pricing in relaxation.pricing:
        if visit in pricing.visits:
            duals = relaxation.master.class_duals(relaxation.proof.row_duals, pricing.position)
            lacking = -float(pricing.best_through(duals)[visit])
            if lacking < -NEVER / 2:
                search_for = SearchFor(-_slack(relaxation.master), Dominance.RELAXED, _LABELS, _COLUMNS)
                found = pricing.price(_lowered(duals, visit, lacking), search_for).columns
                relaxation.master.add(column for column in found if visit in column.visits)


def _slack(master: Master) -> float:
    return _SLACK * max((column.value for column in master.columns), default=0.0)


def _lowered(duals: Duals, visit: int, by: float) -> Duals:
    visits = duals.visit.copy()
    visits[visit] -= by
    return Duals(visits, duals.route, duals.duty_min, duals.cuts, duals.cut)
