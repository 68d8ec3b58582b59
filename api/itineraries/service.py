"""
A week's plan as `moling plan` wrote it into a folder, read back for serving.

The store will hand out the same `ServedWeek`; until then the folder is the store. Nothing is served from a folder whose
plan does not belong to its instance or breaks a rule.
"""

import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from api.errors import UnknownItineraryError, UnusableFolderError
from maps.cards_file import read_cards
from maps.errors import MapsError
from maps.itinerary import Itinerary, Ways, WeekItinerary, itineraries
from maps.ways_file import read_ways
from optimizer.errors import OptimizerError
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem, sha256_of

_PARTS = ("instance.json", "plan.json", "cards.json", "week.html")
_WAYS = "ways.json"
_FILE_NAME = re.compile(r"[\w][\w.-]*")  # no separators: a vehicle's name must not lead out of the folder


@dataclass(frozen=True, slots=True)
class ServedWeek:
    """
    A plan with everything that is served of it.

    Attributes
    ----------
    iso_week
        As in addresses: ``2026-W50``.
    plan_document, plan_sha256
        The plan's bytes and their hash.
    itinerary
        The plan as people read it.
    week_page
        The week's map.
    day_pages
        The map of each vehicle and day that has a route.
    """

    iso_week: str
    plan_document: bytes
    plan_sha256: str
    itinerary: WeekItinerary
    week_page: bytes
    day_pages: dict[tuple[str, date], bytes]

    def list_itineraries(self, vehicle: str | None = None, day: date | None = None) -> list[Itinerary]:
        """Itineraries by day and van, of one vehicle or one day where asked; none match is an empty list."""
        return [
            each
            for each in self.itinerary.itineraries
            if vehicle in {None, each.vehicle.id} and day in {None, each.day}
        ]

    def get_day_page(self, vehicle: str, day: date) -> bytes:
        """
        The map of a vehicle on a day.

        Raises
        ------
        UnknownItineraryError
            When the vehicle does not go out on that day.
        """
        try:
            return self.day_pages[vehicle, day]
        except KeyError:
            raise UnknownItineraryError(vehicle, day) from None


def read_week(folder: Path) -> ServedWeek:
    """
    Read and check the folder that `moling plan` wrote.

    Raises
    ------
    UnusableFolderError
        When a file is missing or cannot be read, or the plan is not one of the instance beside it.
    """
    instance, document, cards, week_page = (_read(folder, name) for name in _PARTS)
    try:
        problem, plan = read_problem(instance), read_plan(document)
        week = itineraries(problem, plan, read_cards(cards), _ways(folder))
    except (OptimizerError, MapsError) as error:
        raise UnusableFolderError(folder, str(error)) from error
    found = evaluate(problem, plan, instance_sha256=sha256_of(instance))
    if found.violations:
        raise UnusableFolderError(folder, found.violations[0].text(str))
    year, number, _ = problem.week.isocalendar()
    pages = {(str(each.vehicle.id), each.day): _read(folder, each.file_name) for each in week.itineraries}
    return ServedWeek(f"{year}-W{number:02d}", document, sha256_of(document), week, week_page, pages)


def _ways(folder: Path) -> Ways:
    # Only a week of a region with roads has them.
    return read_ways(_read(folder, _WAYS)) if (folder / _WAYS).exists() else {}


def _read(folder: Path, name: str) -> bytes:
    if not _FILE_NAME.fullmatch(name):
        raise UnusableFolderError(folder, f"'{name}' is no file name; it must be letters, digits, '.', '_' and '-'")
    try:
        return (folder / name).read_bytes()
    except OSError as error:
        reason = f"{name} cannot be read ({error.strerror}); write the folder with moling plan"
        raise UnusableFolderError(folder, reason) from error
