"""
How the answer of a run looks: the plan at hand with its status, and for every visit left out the reason that holds.

Nothing is said that was not shown. A visit is *impossible* where `proofs` barred it; *displaced* where the plan is
proved optimal, or where the engine proved that no plan with the visit is worth more; *undecided* otherwise.
"""

import time
from dataclasses import replace

import numpy as np

from optimizer.exchange import Exchange, find_exchange
from optimizer.network import Network
from optimizer.plan import OPTIMALITY_TOLERANCE, Plan, PlanStatus, Reason, Route, Unserved, relative_gap
from optimizer.problem import VisitId
from optimizer.proofs import Barrier, describe_barrier
from optimizer.violation import Gettext
from optimizer.worth import Worth


class Answer:
    """
    Writes plans for one run.

    Parameters
    ----------
    barriers
        The visits that no plan can hold, by position, from `proofs.find_barriers`.
    blank
        What every plan of the run has in common; its ``seconds`` are counted from ``started``.
    """

    def __init__(
        self, network: Network, barriers: dict[int, Barrier], *, blank: Plan, started: float, gettext: Gettext
    ) -> None:
        self._network, self._barriers, self._blank = network, barriers, blank
        self._started, self._gettext = started, gettext
        self._shift_order = {shift: at for at, shift in enumerate(network.problem.shift_by_id)}
        self._position = {visit.id: at for at, visit in enumerate(network.problem.visits)}
        self._impossible = {
            position: describe_barrier(network, position, barrier, gettext) for position, barrier in barriers.items()
        }
        self._fits = [0] * len(network.problem.visits)
        for each in network.classes:
            for position in (each.bars == 0).nonzero()[0]:
                self._fits[int(position)] += len(each.members)

    def without_routes(self, status: PlanStatus, conflict: tuple[str, ...] = ()) -> Plan:
        """An answer that holds no plan."""
        seconds = round(time.monotonic() - self._started, 3)
        return replace(self._blank, status=status, conflict=conflict, seconds=seconds)

    def with_routes(
        self, routes: tuple[Route, ...], value: float, bound: float | None, displaced: frozenset[int] = frozenset()
    ) -> Plan:
        """The plan with those routes; reasons as far as they are known, without saying what would have to go."""
        gap = relative_gap(value, bound)
        status = PlanStatus.OPTIMAL if gap is not None and gap <= OPTIMALITY_TOLERANCE else PlanStatus.FEASIBLE
        made = {stop.visit for route in routes for stop in route.stops}
        if status is PlanStatus.OPTIMAL:
            displaced = frozenset(self._position.values())
        return replace(
            self.without_routes(status),
            value=value,
            bound=bound,
            routes=tuple(sorted(routes, key=lambda route: self._shift_order[route.shift])),
            unserved=tuple(self._reason(visit, made, displaced) for visit in self._position if visit not in made),
        )

    def say_what_would_go(self, plan: Plan, *, seconds: float) -> Plan:
        """The plan with ``by`` and the loss told for displaced visits, the dearest first, within some seconds."""
        deadline = time.monotonic() + seconds
        routes = {route.shift: route for route in plan.routes}
        displaced = [each.visit for each in plan.unserved if each.reason is Reason.DISPLACED]
        exchanges: dict[VisitId, Exchange] = {}
        made = np.zeros(len(self._position), dtype=np.bool_)
        made[[self._position[stop.visit] for route in plan.routes for stop in route.stops]] = True
        worth = Worth(self._network).beside(made)
        for visit in sorted(displaced, key=lambda each: -self._network.problem.visit_by_id[each].prize):
            found = find_exchange(
                self._network, worth, routes, plan.value or 0.0, self._position[visit], deadline=deadline
            )
            if time.monotonic() > deadline:
                break  # a search cut short may not have seen the best exchange
            if found is not None:
                exchanges[visit] = found
        told = tuple(
            replace(each, by=exchanges[each.visit].out, text=self._exchange_text(exchanges[each.visit]))
            if each.visit in exchanges
            else each
            for each in plan.unserved
        )
        return replace(plan, unserved=told)

    def _reason(self, visit: VisitId, made: set[VisitId], displaced: frozenset[int]) -> Unserved:
        gettext, position = self._gettext, self._position[visit]
        if position in self._impossible:
            return Unserved(visit, Reason.IMPOSSIBLE, self._impossible[position])
        if position in displaced:
            return Unserved(
                visit, Reason.DISPLACED, gettext("Proved: no plan that holds it is worth more than this one.")
            )
        twin = self._made_of_group(visit, made)
        if twin is not None:
            text = gettext(
                "Visit {visit} of the same group is made instead. No better plan with this one was found in the time; "
                "that there is none was not proved."
            ).format(visit=twin)
        else:
            text = gettext(
                "By itself it fits shifts: {count}. No better plan with it was found in the time; that there is "
                "none was not proved."
            ).format(count=self._fits[position])
        return Unserved(visit, Reason.UNDECIDED, text)

    def _made_of_group(self, visit: VisitId, made: set[VisitId]) -> VisitId | None:
        group = self._network.problem.visit_by_id[visit].group
        if group is None:
            return None
        return next((other for other in made if self._network.problem.visit_by_id[other].group == group), None)

    def _exchange_text(self, exchange: Exchange) -> str:
        gettext = self._gettext
        loss = f"{max(0.0, exchange.loss):.1f}"
        if exchange.out:
            return gettext(
                "Proved: no plan that holds it is worth more than this one. The best exchange found loses {loss} "
                "points."
            ).format(loss=loss)
        return gettext(
            "Proved: no plan that holds it is worth more than this one. There is room for it, but it costs {loss} "
            "points more than it brings."
        ).format(loss=loss)
