"""What limits, capacities and numbers of stops still leave room for while a plan is being built."""

from collections.abc import Iterable

import numpy as np

from optimizer.network import BoolArray, Network, limit_bucket
from optimizer.problem import LimitScope, MeasureKind
from optimizer.working_time import FAR_FUTURE


class Room:
    """
    Keeps account of a plan under construction; every maximum of the problem is a hard rule.

    Shifts and visits are told by their positions in the problem.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        limits = list(zip(network.problem.limits, network.amounts, strict=True))
        self._duty_limits = [limit for limit, _ in limits if limit.measure.kind is MeasureKind.DUTY_MIN]
        self._limits = [
            (limit, amounts)
            for limit, amounts in limits
            if limit.max is not None and limit.measure.kind is not MeasureKind.DUTY_MIN
        ]
        self._used: dict[tuple[str, str, int], int] = {}
        self._loads: dict[tuple[int, str], int] = {}
        self._stops: dict[int, int] = {}

    @property
    def counts_duty(self) -> bool:
        """Whether minutes on duty are limited."""
        return bool(self._duty_limits)

    def fits(self, shift: int) -> BoolArray:
        """For each visit whether the shift has room for it; times are not looked at."""
        network = self._network
        each = network.problem.shifts[shift]
        fits = np.ones(len(network.rows), dtype=np.bool_)
        if each.max_stops is not None and self._stops.get(shift, 0) >= each.max_stops:
            fits[:] = False
        for resource, most in each.capacity.items():
            if resource in network.demands:
                fits &= network.demands[resource] <= most - self._loads.get((shift, resource), 0)
        for limit, amounts in self._limits:
            used = self._used.get((limit.id, *limit_bucket(limit, each)), 0)
            fits &= (amounts == 0) | (amounts <= (limit.max or 0) - used)
        return fits

    def take(self, shift: int, visit: int) -> None:
        """Book a visit on a shift."""
        network = self._network
        each = network.problem.shifts[shift]
        self._stops[shift] = self._stops.get(shift, 0) + 1
        for resource in each.capacity:
            if resource in network.demands:
                load = self._loads.get((shift, resource), 0)
                self._loads[shift, resource] = load + int(network.demands[resource][visit])
        for limit, amounts in self._limits:
            bucket = (limit.id, *limit_bucket(limit, each))
            self._used[bucket] = self._used.get(bucket, 0) + int(amounts[visit])

    def duty_left(self, shift: int, duty: dict[int, int]) -> int:
        """Minutes that the shift may be on duty beside the minutes of the other shifts."""
        each = self._network.problem.shifts[shift]
        left = FAR_FUTURE
        for limit in self._duty_limits:
            bucket = limit_bucket(limit, each)
            others = self._in_bucket(limit.per, bucket, duty.keys() - {shift})
            left = min(left, (limit.max if limit.max is not None else FAR_FUTURE) - sum(duty[k] for k in others))
        return left

    def _in_bucket(self, per: LimitScope, bucket: tuple[str, int], shifts: Iterable[int]) -> list[int]:
        all_shifts = self._network.problem.shifts
        if per is LimitScope.SHIFT:
            return []
        return [
            k
            for k in shifts
            if all_shifts[k].vehicle == bucket[0] and (per is LimitScope.VEHICLE or all_shifts[k].week == bucket[1])
        ]
