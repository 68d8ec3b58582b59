"""
What a solve leaves behind for the next one: its routes and cuts, told by names, as a document of its own.

Names outlive a change of the problem, positions do not. `recall` gives a relaxation what still fits; nothing in a state
is trusted: routes are timed anew, and cuts hold for every problem in which each visit is made once. Duals are not kept,
because the linear program over the routes gives them back in a tenth of a second.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from optimizer.document import (
    TEXT,
    WHOLE,
    DocumentError,
    Kind,
    Place,
    Table,
    exactly,
    read_document,
    refusal,
    texts,
    write_document,
)
from optimizer.errors import InvalidStateError
from optimizer.network import Network
from optimizer.problem import ShiftId, VisitId
from optimizer.relaxation import Relaxation

VERSION = 1
_HEAD: dict[str, str | int] = {"format": "moling/state", "version": VERSION}
_MOST_KEPT = 4_000
_MOST_RECALLED = 6_000
"""Columns: as many as the linear program takes in well within a second."""


@dataclass(frozen=True, slots=True)
class KnownRoute:
    """
    A route that some shifts can drive.

    Attributes
    ----------
    shifts
        Position, in `State.shifts`, of the shifts that can.
    visits
        In the order of the route.
    """

    shifts: int
    visits: tuple[VisitId, ...]


@dataclass(frozen=True, slots=True)
class State:
    """
    Routes and cuts of a solve (keadaan perhitungan).

    Attributes
    ----------
    instance_sha256
        Hash of the instance document that was solved.
    shifts
        Sets of shifts that differed in name and vehicle only.
    routes
        The most promising first.
    cuts
        Subset-row cuts, each as visits, one for its group.
    """

    instance_sha256: str
    shifts: tuple[tuple[ShiftId, ...], ...] = ()
    routes: tuple[KnownRoute, ...] = ()
    cuts: tuple[tuple[VisitId, ...], ...] = ()


def keep(relaxation: Relaxation, *, instance_sha256: str, most: int = _MOST_KEPT) -> State:
    """The routes of a relaxation that are worth most at its duals, as many as that, and its cuts."""
    network, master = relaxation.network, relaxation.master
    problem = network.problem
    names = [visit.id for visit in problem.visits]
    first_of: dict[int, VisitId] = {}
    for element, name in zip(relaxation.elements.tolist(), names, strict=True):
        first_of.setdefault(element, name)
    columns = master.columns
    row_duals = relaxation.proof.row_duals if relaxation.proof is not None else ()
    best = np.argsort(-master.reduced_values(columns, row_duals), kind="stable")[:most]
    return State(
        instance_sha256,
        tuple(tuple(problem.shifts[member].id for member in each.members) for each in network.classes),
        tuple(KnownRoute(columns[k].shift_class, tuple(names[v] for v in columns[k].visits)) for k in best),
        tuple(tuple(sorted(first_of[element] for element in cut)) for cut in master.binding_cuts(row_duals)),
    )


def join_states(states: Sequence[State]) -> State:
    """One state of those of the blocks of a problem."""
    shifts: list[tuple[ShiftId, ...]] = []
    routes: list[KnownRoute] = []
    for state in states:
        routes.extend(replace(route, shifts=route.shifts + len(shifts)) for route in state.routes)
        shifts.extend(state.shifts)
    return State("", tuple(shifts), tuple(routes), tuple(cut for state in states for cut in state.cuts))


def recall(relaxation: Relaxation, state: State) -> None:
    """Give a relaxation, of the same problem or a changed one, the routes and cuts of a state that still fit."""
    relaxation.add_routes(_routes_of(relaxation.network, state))
    position = {visit.id: at for at, visit in enumerate(relaxation.network.problem.visits)}
    relaxation.master.add_cuts(
        frozenset(int(relaxation.elements[position[name]]) for name in cut)
        for cut in state.cuts
        if all(name in position for name in cut)
    )


def _routes_of(network: Network, state: State) -> Iterator[tuple[int, Sequence[int]]]:
    """Class and visits of the routes, for every class that now holds one of their shifts."""
    position = {visit.id: at for at, visit in enumerate(network.problem.visits)}
    class_of = {shift.id: network.class_of[at] for at, shift in enumerate(network.problem.shifts)}
    classes = [sorted({class_of[shift] for shift in shifts if shift in class_of}) for shifts in state.shifts]
    found = 0
    for route in state.routes:
        if found >= _MOST_RECALLED:
            return
        if all(name in position for name in route.visits):
            visits = [position[name] for name in route.visits]
            for shift_class in classes[route.shifts]:
                if not network.classes[shift_class].bars[visits].any():
                    yield shift_class, visits
                    found += 1


def read_state(data: bytes) -> State:
    """
    The state that a document describes.

    Raises
    ------
    InvalidStateError
        When the bytes are no state document of version 1; the message is one line.
    """
    try:
        state: State = read_document(_TABLE, {key: exactly(value) for key, value in _HEAD.items()}, data)
    except DocumentError as error:
        raise InvalidStateError(str(error)) from error
    for number, route in enumerate(state.routes, 1):
        if not 0 <= route.shifts < len(state.shifts):
            raise InvalidStateError(
                f"State: route {number} names shifts {route.shifts}; there are {len(state.shifts)}, counted from 0."
            )
    return state


def write_state(state: State) -> bytes:
    """Bytes of the state document; `read_state` gives an equal state back."""
    return write_document(_TABLE, _HEAD, state)


def _read_route(where: Place, value: object) -> KnownRoute:
    if not isinstance(value, list) or not value:
        raise refusal(where, value, "a list [shifts, visit, visit, ...]")
    return KnownRoute(WHOLE.read(where, value[0]), tuple(VisitId(TEXT.read(where, each)) for each in value[1:]))


def _list_of(right: str, kind: Kind) -> Kind:
    def read(where: Place, value: object) -> tuple[object, ...]:
        if not isinstance(value, list):
            raise refusal(where, value, right)
        return tuple(kind.read(where.at(f"entry {number}"), each) for number, each in enumerate(value, 1))

    return Kind(right, read, lambda value: [kind.write(each) for each in value])


_NAMES = texts(tuple, list)
_ROUTE = Kind("a list [shifts, visit, visit, ...]", _read_route, lambda route: [route.shifts, *route.visits])
_TABLE = Table(
    "State",
    State,
    {
        "instance_sha256": TEXT,
        "shifts": _list_of("a list of lists of shifts", _NAMES),
        "routes": _list_of("a list of routes", _ROUTE),
        "cuts": _list_of("a list of lists of visits", _NAMES),
    },
    shown=frozenset({"shifts", "routes", "cuts"}),
)
