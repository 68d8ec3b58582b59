"""
A routing engine that an office runs, OSRM or Valhalla: times and metres between places, and the line of a way.

Both are asked by their own web interfaces, as their servers (``osrm-routed``, ``valhalla_service``) speak them:

- OSRM: ``/table/v1``, ``/nearest/v1`` and ``/route/v1`` (https://project-osrm.org/docs/v26.4.1/http);
- Valhalla: ``/sources_to_targets``, ``/locate`` and ``/route`` (https://valhalla.github.io/valhalla/api).

Both bound how much may be asked at once (``--max-table-size``, ``max_matrix_location_pairs``), differently on every
server. So tables are asked in blocks, and where a block is refused as too large, in smaller ones from then on.
"""

import math
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Final

import numpy as np
import numpy.typing as npt
from pyproj import Geod

from geodata.errors import N_, UnansweredError
from geodata.json_service import Answer, JsonService
from geodata.region import TravelDefaults
from geodata.road_classes import TravelEngine

Floats = npt.NDArray[np.float64]
Place = tuple[float, float]
"""Longitude and latitude, degrees."""

MOST_AT_ONCE: Final = 50
"""Rows and columns of a block: 2,500 pairs is Valhalla's usual limit, 100 places OSRM's."""
_LOCATED_AT_ONCE: Final = 20
_LONGEST: Final = 1e9
"""No drive on Earth takes so many seconds or metres."""
_ROUNDING: Final = 0.5
"""OSRM 26.10 says -0.1 m between places that lie at one point of a road."""
_SHOWN: Final = 200
_OSRM_TOO_LARGE: Final = "TooBig"
_OSRM_NOWHERE: Final = frozenset({"NoSegment", "NoRoute"})
_VALHALLA_TOO_LARGE: Final = 150
_VALHALLA_NOWHERE: Final = frozenset({170, 171, 442})
"""Locations in unconnected regions, no road near a location, no path."""
_POLYLINE_UNIT: Final = 1e-6


class RoutingEngine(ABC):
    """
    Times, metres and lines that an engine knows; ways are as its own speeds and rules make them.

    Every method raises `UnansweredError` when the engine cannot be had, refuses, or answers what cannot be used.
    """

    def __init__(self, settings: TravelDefaults) -> None:
        assert settings.url is not None
        self._service = JsonService(settings.url, settings.timeout_s)
        self._profile = settings.profile or self.usual_profile
        self._most = MOST_AT_ONCE

    usual_profile: str

    @abstractmethod
    def offsets(self, places: Sequence[Place]) -> Floats:
        """Metres from each place to the road that the engine sets it on; infinite where it finds none."""

    @abstractmethod
    def line(self, origin: Place, destination: Place, *, ferries: bool) -> Sequence[Place] | None:
        """Points of the fastest way, from road to road; None where there is no way."""

    @abstractmethod
    def _block(self, sources: Sequence[Place], targets: Sequence[Place], *, ferries: bool) -> tuple[Floats, Floats]:
        """As `table`, in one question; raises `_TooLargeError`."""

    def table(self, sources: Sequence[Place], targets: Sequence[Place], *, ferries: bool) -> tuple[Floats, Floats]:
        """
        Seconds and metres of the fastest way from each source (rows) to each target (columns), from road to road.

        Where there is no way both are infinite. Places must be such that `offsets` finds a road for each.
        """
        seconds = np.full((len(sources), len(targets)), np.inf)
        metres = seconds.copy()
        blocks = deque([(0, len(sources), 0, len(targets))])
        while blocks:
            top, bottom, left, right = blocks.popleft()
            if bottom - top > self._most:
                blocks.extendleft([(top + self._most, bottom, left, right), (top, top + self._most, left, right)])
            elif right - left > self._most:
                blocks.extendleft([(top, bottom, left + self._most, right), (top, bottom, left, left + self._most)])
            elif bottom > top and right > left:
                here = np.s_[top:bottom, left:right]
                try:
                    seconds[here], metres[here] = self._block(sources[top:bottom], targets[left:right], ferries=ferries)
                except _TooLargeError:
                    if bottom - top == right - left == 1:
                        raise
                    self._most = max(bottom - top, right - left) // 2
                    blocks.appendleft((top, bottom, left, right))
                except _NowhereError:
                    # One pair without a way has the whole block refused: look for it.
                    blocks.extendleft(_halves(top, bottom, left, right))
        return seconds, metres


class _TooLargeError(UnansweredError):
    """More was asked at once than the engine takes."""


class _NowhereError(UnansweredError):
    """A place has no road, or a pair no way."""


class Osrm(RoutingEngine):
    """OSRM, by the interface of ``osrm-routed``."""

    usual_profile = "driving"

    def offsets(self, places: Sequence[Place]) -> Floats:
        """Metres from each place to the road that OSRM sets it on, however far; infinite beyond its own radius."""
        found = np.full(len(places), np.inf)
        at = 0
        while at < len(places):
            some = places[at : at + self._most]
            try:
                found[at : at + len(some)] = self._offsets(some)
            except _TooLargeError:
                if self._most == 1:
                    raise
                self._most //= 2
                continue
            except _NowhereError:
                found[at : at + len(some)] = [self._offset(place) for place in some]
            at += len(some)
        return found

    def _offsets(self, places: Sequence[Place]) -> Floats:
        if len(places) == 1:
            return np.array([self._offset(places[0])])
        document = self._ask("table", places, {"sources": "0"})
        ends = _named(document, "destinations")
        return _numbers([_named(end, "distance") for end in _listed(ends, len(places))], (len(places),))

    def _offset(self, place: Place) -> float:
        try:
            document = self._ask("nearest", [place], {})
        except _NowhereError:
            return math.inf
        nearest = _listed(_named(document, "waypoints"), 1)[0]
        return float(_numbers([_named(nearest, "distance")], (1,))[0])

    def _block(self, sources: Sequence[Place], targets: Sequence[Place], *, ferries: bool) -> tuple[Floats, Floats]:
        first = len(sources)
        options = {
            "annotations": "duration,distance",
            "sources": ";".join(map(str, range(first))),
            "destinations": ";".join(map(str, range(first, first + len(targets)))),
        }
        document = self._ask("table", [*sources, *targets], options | _without_ferries(ferries=ferries))
        shape = len(sources), len(targets)
        return _ways(_named(document, "durations"), _named(document, "distances"), shape)

    def line(self, origin: Place, destination: Place, *, ferries: bool) -> Sequence[Place] | None:
        """Points of the fastest way, from road to road; None where there is no way."""
        options = {"overview": "full", "geometries": "geojson"} | _without_ferries(ferries=ferries)
        try:
            document = self._ask("route", [origin, destination], options)
        except _NowhereError:
            return None
        routes = _named(document, "routes")
        route = routes[0] if isinstance(routes, list) and routes else None
        return _points(_named(_named(route, "geometry"), "coordinates"))

    def _ask(self, service: str, places: Sequence[Place], options: dict[str, str]) -> object:
        points = ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in places)
        query = "&".join(f"{key}={value}" for key, value in options.items())
        answer = self._service.ask(f"/{service}/v1/{self._profile}/{points}" + (f"?{query}" if query else ""))
        document = answer.document
        code = document.get("code") if isinstance(document, dict) else None
        if code == _OSRM_TOO_LARGE:
            raise _refusal(_TooLargeError, answer, "code", "message")
        if code in _OSRM_NOWHERE:
            raise _refusal(_NowhereError, answer, "code", "message")
        if code != "Ok" or answer.status != HTTPStatus.OK:
            raise _refusal(UnansweredError, answer, "code", "message")
        return document


class Valhalla(RoutingEngine):
    """Valhalla, by the interface of ``valhalla_service``."""

    usual_profile = "auto"

    def offsets(self, places: Sequence[Place]) -> Floats:
        """Metres from each place to the road that Valhalla would choose first; infinite where it finds none."""
        geod = Geod(ellps="WGS84")
        found = []
        for at in range(0, len(places), _LOCATED_AT_ONCE):
            some = places[at : at + _LOCATED_AT_ONCE]
            answer = self._ask("/locate", {"locations": _located(some), "verbose": False})
            for (lon, lat), each in zip(some, _listed(answer, len(some)), strict=True):
                edges = _named(each, "edges")
                if isinstance(edges, list) and edges:
                    on_road = [_named(edges[0], "correlated_lon"), _named(edges[0], "correlated_lat")]
                    x, y = _points([on_road], least=1)[0]
                    found.append(float(geod.inv(lon, lat, x, y)[2]))
                else:
                    found.append(math.inf)
        return np.array(found)

    def _block(self, sources: Sequence[Place], targets: Sequence[Place], *, ferries: bool) -> tuple[Floats, Floats]:
        question = {"sources": _located(sources), "targets": _located(targets), "verbose": True}
        table = _named(self._ask("/sources_to_targets", question, ferries=ferries), "sources_to_targets")
        rows = [_listed(row, len(targets)) for row in _listed(table, len(sources))]
        times, kilometres = ([[_named(cell, key) for cell in row] for row in rows] for key in ("time", "distance"))
        seconds, distance = _ways(times, kilometres, (len(sources), len(targets)))
        return seconds, distance * 1000

    def line(self, origin: Place, destination: Place, *, ferries: bool) -> Sequence[Place] | None:
        """Points of the fastest way, from road to road; None where there is no way."""
        question = {"locations": _located([origin, destination]), "directions_type": "none"}
        try:
            document = self._ask("/route", question, ferries=ferries)
        except _NowhereError:
            return None
        leg = _listed(_named(_named(document, "trip"), "legs"), 1)[0]
        return _points(_decoded(_named(leg, "shape")))

    def _ask(self, path: str, question: Mapping[str, object], *, ferries: bool = True) -> object:
        options = {} if ferries else {"costing_options": {self._profile: {"exclude_ferries": True}}}
        answer = self._service.ask(path, {**question, "costing": self._profile, "units": "kilometers", **options})
        if answer.status == HTTPStatus.OK:
            return answer.document
        code = answer.document.get("error_code") if isinstance(answer.document, dict) else None
        if code == _VALHALLA_TOO_LARGE:
            raise _refusal(_TooLargeError, answer, "error_code", "error")
        if code in _VALHALLA_NOWHERE:
            raise _refusal(_NowhereError, answer, "error_code", "error")
        raise _refusal(UnansweredError, answer, "error_code", "error")


def routing_engine(settings: TravelDefaults) -> RoutingEngine:
    """The engine that the settings name; `TravelEngine.is_service` must hold for it."""
    kinds = {TravelEngine.OSRM: Osrm, TravelEngine.VALHALLA: Valhalla}
    assert settings.engine is not None
    return kinds[settings.engine](settings)


def _halves(top: int, bottom: int, left: int, right: int) -> list[tuple[int, int, int, int]]:
    """Two parts of a block of pairs; none of a single pair."""
    if bottom - top >= right - left and bottom - top > 1:
        middle = (top + bottom) // 2
        return [(top, middle, left, right), (middle, bottom, left, right)]
    if right - left > 1:
        middle = (left + right) // 2
        return [(top, bottom, left, middle), (top, bottom, middle, right)]
    return []


def _without_ferries(*, ferries: bool) -> dict[str, str]:
    return {} if ferries else {"exclude": "ferry"}


def _located(places: Sequence[Place]) -> list[dict[str, float]]:
    return [{"lon": lon, "lat": lat} for lon, lat in places]


def _refusal(kind: type[UnansweredError], answer: Answer, code: str, message: str) -> UnansweredError:
    told = answer.document if isinstance(answer.document, dict) else {}
    words = " ".join(str(told[key]) for key in (code, message) if key in told)[:_SHOWN]
    return kind(N_("it refuses the question: {why}"), why=words or f"HTTP {answer.status}")


def _unfit() -> UnansweredError:
    return UnansweredError(N_("its answer does not fit the question; is it the engine that mesin names?"))


def _named(document: object, name: str) -> object:
    if not isinstance(document, dict) or name not in document:
        raise _unfit()
    return document[name]


def _listed(document: object, count: int) -> list[object]:
    if not isinstance(document, list) or len(document) != count:
        raise _unfit()
    return document


def _numbers(values: object, shape: tuple[int, ...]) -> Floats:
    """Numbers from 0 up, in that shape; null becomes infinite."""
    try:
        numbers = np.array(values, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise _unfit() from error
    if numbers.shape != shape or (numbers < -_ROUNDING).any() or (numbers > _LONGEST).any():
        raise _unfit()
    return np.where(np.isnan(numbers), np.inf, np.maximum(numbers, 0))


def _ways(times: object, lengths: object, shape: tuple[int, int]) -> tuple[Floats, Floats]:
    seconds, distance = _numbers(times, shape), _numbers(lengths, shape)
    is_way = np.isfinite(seconds) & np.isfinite(distance)
    return np.where(is_way, seconds, np.inf), np.where(is_way, distance, np.inf)


def _points(values: object, least: int = 2) -> Sequence[Place]:
    try:
        points = np.array(values, dtype=np.float64)
    except (ValueError, TypeError, OverflowError) as error:
        raise _unfit() from error
    is_fit = points.ndim == 2 and points.shape[1] == 2 and len(points) >= least  # noqa: PLR2004 (points of two)
    if not is_fit or not (np.abs(points) <= (180, 90)).all():
        raise _unfit()
    return [(lon, lat) for lon, lat in points.tolist()]


def _decoded(shape: object) -> list[Place]:
    """
    Points of a line as Valhalla writes it: differences, zigzag, five bits a letter, at a millionth of a degree.

    Source: https://valhalla.github.io/valhalla/decoding.
    """
    if not isinstance(shape, str):
        raise _unfit()
    numbers, value, shift = [], 0, 0
    for letter in shape:
        bits = ord(letter) - 63
        if not 0 <= bits < 64 or shift > 60:  # noqa: PLR2004 (six bits a letter, the sixth says that more follow)
            raise _unfit()
        value |= (bits & 31) << shift
        shift += 5
        if bits < 32:  # noqa: PLR2004 (as above)
            numbers.append(~(value >> 1) if value & 1 else value >> 1)
            value, shift = 0, 0
    if len(numbers) % 2:
        raise _unfit()
    steps = np.array(numbers, dtype=np.float64).reshape(-1, 2).cumsum(axis=0) * _POLYLINE_UNIT
    return [(lon, lat) for lat, lon in steps.tolist()]
