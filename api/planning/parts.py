"""
A request that no shift can finish, divided: parts on different vans or days, each with its count.

The fewest equal parts are taken for which there are as many shifts that can finish one. Where the week has not enough
of them, as many parts as it has are made as large as serves most people, and one last part holds the rest, which then
stays unserved and is seen.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from geodata.requests import ServiceCounts

MAX_PARTS = 24
_SERVICES = ("record_and_print", "record_only", "child_id_card")


@dataclass(frozen=True, slots=True)
class _Division:
    size: int
    number: int
    able: int

    def served(self, people: int) -> int:
        """Most people that could be served."""
        return min(people, self.size * min(self.able, self.number))


def divide(counts: ServiceCounts, able: Callable[[ServiceCounts], int]) -> tuple[ServiceCounts, ...]:
    """
    The counts in as few parts as can be served; one part where that is enough, or where nothing helps.

    Parameters
    ----------
    able
        How many shifts can finish a part of these counts, each at most one.
    """
    best = _Division(counts.people, 1, 0)
    for number in range(1, min(MAX_PARTS, max(1, counts.people)) + 1):
        parts = _sliced(counts, _even(counts.people, number))
        # The first parts are the largest; services may still differ by one, so the least able part decides.
        division = _Division(-(-counts.people // number), number, min(able(part) for part in parts))
        if division.able >= number:
            return parts
        if division.served(counts.people) > best.served(counts.people):
            best = division
    if best.able == 0:
        return (counts,)
    sizes = [best.size] * best.able
    return _sliced(counts, [*sizes, counts.people - sum(sizes)])


def _even(people: int, number: int) -> list[int]:
    small, larger = divmod(people, number)
    return [small + 1] * larger + [small] * (number - larger)


def _sliced(counts: ServiceCounts, sizes: Sequence[int]) -> tuple[ServiceCounts, ...]:
    """Parts of these sizes, every service spread over them as evenly as whole people can be."""
    line = sorted(
        ((person + 0.5) / getattr(counts, service), service)
        for service in _SERVICES
        for person in range(getattr(counts, service))
    )
    ends = [sum(sizes[:number]) for number in range(len(sizes) + 1)]
    parts: list[ServiceCounts] = []
    recorded = outside = 0
    for first, last in pairwise(ends):
        served = [service for _, service in line[first:last]]
        amounts = {service: served.count(service) for service in _SERVICES}
        recorded += amounts["record_and_print"] + amounts["record_only"]
        # Of the people recorded so far, the same share is from elsewhere as of all of them.
        so_far = counts.outside_domicile * recorded // max(1, counts.recordings)
        parts.append(ServiceCounts(**amounts, outside_domicile=so_far - outside))
        outside = so_far
    return tuple(parts)
