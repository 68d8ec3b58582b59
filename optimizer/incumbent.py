"""The best plan of a run so far: what engines offer is timed, judged by `evaluate`, and kept only if it is better."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from optimizer.evaluate import evaluate_routes
from optimizer.network import Network
from optimizer.plan import Route
from optimizer.schedule import build_route

OnBetter = Callable[[tuple[Route, ...], float, float | None], None]
"""Gets the routes, the true value and the bound so far of every better plan, and again when the bound gets better."""


_ROUNDING = 1e-6
"""Relative accuracy to which the format tells values."""


@dataclass(frozen=True, slots=True)
class EngineLimits:
    """
    When an engine stops.

    Attributes
    ----------
    deadline
        On the monotonic clock.
    solutions
        Number of steps of each search, as the engine counts them; None for no limit.
    threads
        Processors that the engine may use.
    prove
        False to end with the first good plan, whatever its gap.
    keeps_state
        Whether what the engine learned is wanted afterwards.
    """

    deadline: float
    solutions: int | None
    seed: int
    threads: int = 1
    prove: bool = True
    keeps_state: bool = False


class Incumbent:
    """
    Keeps the best routes found; engines know nothing of times, values and stopping.

    Parameters
    ----------
    should_stop
        Asked at every offer; True ends the search.

    Attributes
    ----------
    routes, value
        The best plan so far; None before there is one that keeps all rules.
    bound
        The lowest proved bound; None where none is proved.
    displaced
        Positions of visits of which it is proved that no plan with them is worth more than ``value``.
    conflict
        Where it is proved that no plan keeps all rules: identifiers that cannot all hold.
    """

    def __init__(self, network: Network, on_better: OnBetter, should_stop: Callable[[], bool]) -> None:
        self._network = network
        self._on_better = on_better
        self._should_stop = should_stop
        self._known: dict[tuple[int, tuple[int, ...], bool], Route | None] = {}
        self.routes: tuple[Route, ...] | None = None
        self.value: float | None = None
        self.bound: float | None = None
        self.displaced: frozenset[int] = frozenset()
        self.conflict: tuple[str, ...] = ()

    @property
    def sequences(self) -> dict[int, tuple[int, ...]] | None:
        """Visits of each used shift, in order, by position; None where no plan keeps all rules yet."""
        if self.routes is None:
            return None
        shifts = {shift.id: at for at, shift in enumerate(self._network.problem.shifts)}
        visits = {visit.id: at for at, visit in enumerate(self._network.problem.visits)}
        return {shifts[route.shift]: tuple(visits[stop.visit] for stop in route.stops) for route in self.routes}

    def offer(self, sequences: Mapping[int, Sequence[int]]) -> bool:
        """
        Consider a plan, given as the visits of each shift in order, by position; False when the search should stop.

        The cheapest times may keep crews longer than a limit over several shifts allows; then the earliest count.
        """
        for hurry in (False, True):
            routes = [self._route(shift, tuple(visits), hurry=hurry) for shift, visits in sequences.items()]
            timed = tuple(route for route in routes if route is not None)
            if len(timed) == len(routes) and self.offer_routes(timed):
                break
        return not self._should_stop()

    def offer_routes(self, routes: Sequence[Route]) -> bool:
        """Consider a plan whose times are set; whether it keeps all rules."""
        judged = evaluate_routes(self._network.problem, routes)
        if judged.feasible and (self.value is None or judged.value > self.value):
            self.routes, self.value = tuple(routes), judged.value
            self._lift_bound()
            self._on_better(self.routes, judged.value, self.bound)
        return judged.feasible

    def prove(self, bound: float) -> None:
        """Note that no plan is worth more than ``bound``; the lowest bound counts, never below the plan at hand."""
        if self.bound is not None and bound >= self.bound:
            return
        self.bound = bound
        self._lift_bound()
        if self.routes is not None and self.value is not None:
            self._on_better(self.routes, self.value, self.bound)

    def displace(self, visits: Iterable[int]) -> None:
        """Note that no plan with any of these visits (positions) is worth more than the plan at hand."""
        self.displaced |= frozenset(visits)

    def _lift_bound(self) -> None:
        # Bounds are floats with room for rounding. Within the accuracy to which values are told at all, a plan that
        # reaches one is the better witness.
        if self.bound is not None and self.value is not None:
            rounding = _ROUNDING * max(1.0, abs(self.value))
            self.bound = self.value if self.bound - self.value <= rounding else self.bound

    def refuse(self, conflict: tuple[str, ...]) -> None:
        """Note that no plan keeps all rules, and a set of identifiers that cannot all hold."""
        self.conflict = conflict

    def should_stop(self) -> bool:
        """Whether the caller wants the search to end."""
        return self._should_stop()

    def _route(self, shift: int, visits: tuple[int, ...], *, hurry: bool) -> Route | None:
        key = (shift, visits, hurry)
        if key not in self._known:
            self._known[key] = build_route(self._network, shift, visits, hurry=hurry)
        return self._known[key]
