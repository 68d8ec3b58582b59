"""The sets that are measured: generated ones always, public ones where MOLING_TEST_DATA names their folder."""

import csv
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from api.planning.build import build_week
from api.planning.desk import desk_from_tables
from benchmarks.errors import UnreadableInstanceError
from benchmarks.orienteering import read_mctopmtw, read_toptw
from benchmarks.readings import Reading
from benchmarks.solomon import read_solomon
from benchmarks.vrplib import read_vrplib
from benchmarks.weeks import big_week, quarter, rich_week, sized_week, week
from geodata import SAMPLE_DIR
from geodata.region import load_region
from optimizer.instance import read_problem
from optimizer.problem import Problem

_WEEKLY_SHAPES = ((150, 60, 5, 1), (150, 60, 5, 2), (80, 30, 3, 3), (110, 50, 4, 4), (170, 70, 6, 5))
"""Villages, schools, vans and seed of the generated weeks."""
_SAMPLE_WEEKS = (date(2026, 12, 7), date(2027, 1, 11), date(2027, 2, 1))
"""Mondays for which the sample region is planned: three ordinary weeks."""
_SERIES_VISITS = (50, 100, 200, 400, 700, 1_000)


@dataclass(frozen=True, slots=True)
class Case:
    """
    One instance of a set.

    Attributes
    ----------
    best_known
        Value of the best plan published; None where there is none. A loosened problem holds that plan too, but may hold
        better ones that the file forbids.
    loosened
        See `Reading.loosened`.
    """

    set: str
    problem: Problem
    best_known: float | None = None
    loosened: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Name of the instance."""
        return self.problem.name


def public_folder() -> Path | None:
    """The folder of public instances; None where MOLING_TEST_DATA is not set."""
    folder = os.environ.get("MOLING_TEST_DATA")
    return Path(folder) / "benchmarks" if folder else None


def list_sets() -> tuple[str, ...]:
    """Names of all sets, in the order of the report."""
    return tuple(_SETS)


def cases_of(name: str) -> list[Case]:
    """The instances of a set; fewer or none where the folder of public instances is not there."""
    return list(_SETS[name](name))


def _weekly(name: str) -> Iterator[Case]:
    folder = public_folder()
    if folder is not None:
        known = {file: value for (of, file), value in _best_known(folder).items() if of == "weekly"}
        for file in sorted((folder / "weekly").glob("*.json")):
            yield Case(name, read_problem(file.read_bytes()), known.get(file.name))
    for shape in _WEEKLY_SHAPES:
        yield Case(name, week(*shape))


def _big(name: str) -> Iterator[Case]:
    return (Case(name, big_week(seed)) for seed in (1, 2))


def _rich(name: str) -> Iterator[Case]:
    return (Case(name, rich_week(seed)) for seed in (1, 2, 3))


def _sample(name: str) -> Iterator[Case]:
    region = load_region(SAMPLE_DIR / "batubara")
    return (Case(name, build_week(desk_from_tables(region, monday)).problem) for monday in _SAMPLE_WEEKS)


def _quarter(name: str) -> Iterator[Case]:
    return (Case(name, quarter(seed)) for seed in (1, 2))


def _series(name: str) -> Iterator[Case]:
    return (Case(name, sized_week(visits, 1)) for visits in _SERIES_VISITS)


def _public(name: str) -> Iterator[Case]:
    folder = public_folder()
    if folder is None:
        return
    for (of, instance), published in sorted(_best_known(folder).items()):
        if of == name:
            reading = read_case(folder / name, instance)
            yield Case(name, reading.problem, reading.value_of(published), reading.loosened)


def read_case(folder: Path, instance: str) -> Reading:
    """
    The problem of an instance as the table of best-known values names it.

    Parameters
    ----------
    folder
        Its set, which says the format.
    instance
        A file name; of TOPTW with ``#m=`` and the number of tours behind it.

    Raises
    ------
    UnreadableInstanceError
        When no reader knows the set.
    """
    file, _, tours = instance.partition("#m=")
    text = (folder / file).read_text()
    match folder.name:
        case "toptw_pvrptw":
            return read_toptw(text, file, int(tours))
        case "mctopmtw":
            return read_mctopmtw(text, file)
        case "vrptw_solomon100" | "vrptw_gehring_homberger":
            return read_solomon(text)
        case "pcvrptw" | "sdvrptw" | "mdvrptw":
            return read_vrplib(text, loosen=True)
    raise UnreadableInstanceError(f"Set '{folder.name}' has no reader.")


def _best_known(folder: Path) -> dict[tuple[str, str], float]:
    with (folder / "best_known.csv").open(newline="") as table:
        return {(row["set"], row["instance"]): float(row["best_known"]) for row in csv.DictReader(table)}


_SETS: dict[str, Callable[[str], Iterator[Case]]] = {
    "weekly": _weekly,
    "big": _big,
    "rich": _rich,
    "sample": _sample,
    "quarter": _quarter,
    "series": _series,
    "sdvrptw": _public,
    "toptw_pvrptw": _public,
    "mctopmtw": _public,
    "pcvrptw": _public,
    "mdvrptw": _public,
    "vrptw_solomon100": _public,
    "vrptw_gehring_homberger": _public,
}
