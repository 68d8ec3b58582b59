"""
What one visit more or less is worth beside the others of a plan.

Communities and minima make the value of a plan more than a sum over its visits: a second stop that reaches the same
people wins less. Engines that know only sums steer by the worth told here, and are judged by `evaluate`.
"""

import numpy as np

from optimizer.network import BoolArray, FloatArray, Network
from optimizer.problem import Limit
from optimizer.working_time import IntArray


class Worth:
    """
    The worth of visits beside a set of made ones.

    Attributes
    ----------
    urgent
        More than everything that is not a hard rule adds up to: what a required visit, or a unit missing to a hard
        minimum, counts for.
    constant
        Whether worth depends on the other visits not at all.
    """

    def __init__(self, network: Network) -> None:
        problem = network.problem
        self._prizes = np.array([visit.prize for visit in problem.visits])
        self._must = network.must
        index = {community.id: at for at, community in enumerate(problem.communities)}
        reaches = [
            (position, index[community], share)
            for position, visit in enumerate(problem.visits)
            for community, share in visit.reaches.items()
        ]
        columns = np.array(reaches, dtype=np.float64).reshape(-1, 3)
        self._visit, self._community = columns[:, 0].astype(np.int64), columns[:, 1].astype(np.int64)
        self._share = columns[:, 2]
        self._community_prizes = np.array([community.prize for community in problem.communities])
        self._minima = [
            (limit, amounts) for limit, amounts in zip(problem.limits, network.amounts, strict=True) if limit.min
        ]
        self.urgent = self._sum_of_soft(network)
        self.constant = not reaches and not self._minima

    def beside(self, made: BoolArray) -> FloatArray:
        """Points that each visit adds to the made ones, or, where it is one of them, that dropping it loses."""
        worth = self._prizes.copy()
        if len(self._share):
            coverage = np.bincount(
                self._community, self._share * made[self._visit], minlength=len(self._community_prizes)
            )[self._community]
            without = coverage - self._share * made[self._visit]
            won = np.minimum(1, without + self._share) - np.minimum(1, without)
            gained = won * self._community_prizes[self._community]
            worth += np.bincount(self._visit, gained, minlength=len(worth))
        for limit, amounts in self._minima:
            worth += self._unit_worth(limit) * self._fills(limit, amounts, made)
        worth += self.urgent * self._must
        return worth

    def _fills(self, limit: Limit, amounts: IntArray, made: BoolArray) -> IntArray:
        """Missing units of a minimum that each visit makes good."""
        without = int(amounts[made].sum()) - amounts * made
        missing = np.maximum(0, (limit.min or 0) - without)
        return np.minimum(missing, amounts)

    def _unit_worth(self, limit: Limit) -> float:
        return self.urgent if limit.shortfall_cost is None else limit.shortfall_cost

    def _sum_of_soft(self, network: Network) -> float:
        problem = network.problem
        worth = float(self._prizes.sum() + self._community_prizes.sum())
        worth += sum((limit.min or 0) * (limit.shortfall_cost or 0) for limit, _ in self._minima)
        worth += max((float(each.options.cost.max()) for each in network.classes if len(each.options.cost)), default=0)
        worst_km = max((shift.cost_per_km for shift in problem.shifts), default=0)
        worst_time = max((shift.cost_per_hour * 24 + shift.overtime_cost * 1440 for shift in problem.shifts), default=0)
        farthest_km = float(network.distance_m.max()) / 1000 if network.distance_m.size else 0
        return (
            1 + worth + worst_time + 2 * worst_km * farthest_km + max((s.fixed_cost for s in problem.shifts), default=0)
        )
