"""
The reference engine, which others are measured against: plans by insertion, then searches of the routing library.

Worth is taken for fixed during a search; where it is not (communities, minima) it is told anew between searches beside
the best plan so far, and the mean with the worth before keeps two visits that reach the same people from chasing one
another. The first search improves the plan by insertion, the second starts from a plan of the library's own: measured
on weeks of 210 visits, the two stagnate at different places, and the better one differs from week to week.

Large problems are cut to the visits that promise most for their minutes, because the library needs time and memory
that grow with the square of the visits: of 3,000 it would not see a second plan within its limit.
"""

import time
from collections.abc import Sequence

import numpy as np

from optimizer.incumbent import EngineLimits, Incumbent
from optimizer.insertion import Sequences, insert_visits
from optimizer.network import BoolArray, FloatArray, Network
from optimizer.state import State
from optimizer.worth import Worth

NAME = "routing"
"""Name of the engine in plans."""

_THRIFTS = (0.75, 1.0, 0.5, 1.25)
_INSERTION_SHARES = (0.9, 0.5, 0.5, 0.5)
"""Part of the time after which building each of these plans is cut short: the first is there whatever happens."""
_FIRST_SEARCH_SHARE = 0.1
_ADAPTED_SEARCHES = 3
_NODES_PER_SECOND = 20
_LEAST_NODES = 300
_LEAST_SECONDS = 0.5
_SECONDS_PER_CHOICE = 0.02
"""Small problems are searched no longer than this for each pair of visit and shift: more has brought nothing."""


def run(network: Network, incumbent: Incumbent, limits: EngineLimits, _: State | None = None) -> None:
    """Offer better and better plans to the incumbent until a limit is reached; keeps no state and uses none."""
    worth = Worth(network)
    start = _insert(network, worth, incumbent, limits)
    if not any(len(each.options.visit) for each in network.classes):
        return
    # Imported here, because loading the library takes longer than having a first plan.
    from optimizer.routing_model import SearchLimits, search  # noqa: PLC0415

    values = _beside(worth, incumbent.sequences or start, network)
    shares = [_FIRST_SEARCH_SHARE, 1.0] if worth.constant else _adapted_shares()
    for number, share in enumerate(shares):
        seconds = _seconds(network, limits, share)
        if seconds <= 0:
            return
        made = incumbent.sequences or start
        candidates = choose_candidates(network, values, made, _most_nodes(limits))
        from_scratch = number % 2 == 1 and len(candidates) == _possible(network)
        going = True

        def note(sequences: Sequences) -> bool:
            nonlocal going
            going = incumbent.offer(sequences)
            return going

        search(
            network,
            values,
            candidates,
            {} if from_scratch else made,
            SearchLimits(seconds, limits.solutions, limits.seed + number),
            note,
        )
        if not going:
            return
        if not worth.constant:
            values = (values + _beside(worth, incumbent.sequences or made, network)) / 2


def _possible(network: Network) -> int:
    """Number of visits that some shift can hold."""
    return len(np.unique(np.concatenate([each.options.visit for each in network.classes])))


def _adapted_shares() -> list[float]:
    return [1 / (_ADAPTED_SEARCHES - done) for done in range(_ADAPTED_SEARCHES)]


def _seconds(network: Network, limits: EngineLimits, share: float) -> float:
    left = limits.deadline - time.monotonic()
    choices = len(network.problem.visits) * len(network.problem.shifts)
    return min(left * share, max(_LEAST_SECONDS, choices * _SECONDS_PER_CHOICE))


def _most_nodes(limits: EngineLimits) -> int:
    return max(_LEAST_NODES, round((limits.deadline - time.monotonic()) * _NODES_PER_SECOND))


def _insert(network: Network, worth: Worth, incumbent: Incumbent, limits: EngineLimits) -> Sequences:
    """Offer plans by insertion; the last of those that held most required visits."""
    best: tuple[int, Sequences] = (-1, {})
    begin = time.monotonic()
    for thrift, share in zip(_THRIFTS, _INSERTION_SHARES, strict=True):
        deadline = begin + (limits.deadline - begin) * share
        if best[1] and time.monotonic() > deadline:
            break
        sequences = insert_visits(network, worth, thrift=thrift, deadline=deadline)
        incumbent.offer(sequences)
        required = sum(bool(network.must[visit]) for visits in sequences.values() for visit in visits)
        best = max(best, (required, sequences), key=lambda each: each[0])
    return best[1]


def _made(network: Network, sequences: Sequences) -> BoolArray:
    made = np.zeros(len(network.rows), dtype=np.bool_)
    made[[visit for visits in sequences.values() for visit in visits]] = True
    return made


def _beside(worth: Worth, sequences: Sequences, network: Network) -> FloatArray:
    return worth.beside(_made(network, sequences))


def choose_candidates(network: Network, values: FloatArray, made: Sequences, most: int) -> Sequence[int]:
    """
    Positions of the visits that a search chooses among: at most ``most``, and all required and made ones.

    The others come in order of their worth for the minutes that they take where they fit best: service, and the
    direct way from the start and to the end of the shift.
    """
    density = np.full(len(values), -np.inf)
    for each in network.classes:
        visit = each.options.visit
        minutes = (
            each.service[visit]
            + network.duration_min[each.start_row, network.rows[visit]]
            + network.duration_min[network.rows[visit], each.end_row]
        )
        np.maximum.at(density, visit, (values[visit] - each.options.cost) / np.maximum(1, minutes))
    density[_made(network, made) | (network.must & (density > -np.inf))] = np.inf
    order = np.argsort(-density, kind="stable")
    possible = order[density[order] > -np.inf]
    needed = int(np.count_nonzero(density == np.inf))
    return sorted(int(visit) for visit in possible[: max(most, needed)])
