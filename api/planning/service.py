"""
Plan a week: a region folder -> a checked plan, with every map, sheet and file of it in one folder.

The folder holds ``instance.json``, ``plan.json`` and ``cards.json``, from which all the rest can be made again, and
``week.html``, ``day-VEHICLE-DATE.html`` and ``.gpx``, ``week.xlsx`` and ``week.geojson``; ``ways.json`` holds the lines
of the drives where the region has roads.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from api.i18n import N_, Language
from api.planning.build import PlanningWeek, build_week
from api.planning.desk import Desk, desk_from_tables
from api.planning.folder import check_folder, write_folder
from api.planning.notes import Note
from geodata.areas import village_areas
from geodata.errors import UnansweredError
from geodata.region import Region, load_region
from geodata.travel import ways
from maps.cards_file import write_cards
from maps.daily_map import daily_map
from maps.geojson import week_geojson
from maps.gpx import day_gpx
from maps.itinerary import Ways, WeekItinerary, itineraries
from maps.ways_file import write_ways
from maps.week_map import week_map
from maps.workbook import week_workbook
from optimizer.instance import sha256_of, write_plan, write_problem
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve

DEFAULT_TIME_LIMIT_S = 20.0

Solver = Callable[[Problem, SolveOptions], Plan]
"""Who solves: `optimizer.solve.solve` itself, or one that runs it in a process of its own and shows progress."""


@dataclass(frozen=True)
class PlannedWeek:
    """
    A week, solved.

    Attributes
    ----------
    instance
        Bytes of the instance document; ``plan`` names their hash.
    itinerary
        The plan as people read it.
    ways
        Lines of its drives along the roads, as far as the region knows them.
    """

    region: Region
    week: PlanningWeek
    instance: bytes
    plan: Plan
    itinerary: WeekItinerary
    ways: Ways


def plan_week(
    region: Region,
    monday: date,
    *,
    language: Language,
    time_limit_s: float = DEFAULT_TIME_LIMIT_S,
    solver: Solver = solve,
) -> PlannedWeek:
    """
    Build and solve one week of a region.

    Parameters
    ----------
    time_limit_s
        Seconds for the search.

    Raises
    ------
    UnknownPlaceError
        When a letter, a stop or a unit names a place that the region has not.
    """
    return plan_desk(desk_from_tables(region, monday), language=language, time_limit_s=time_limit_s, solver=solver)


def plan_desk(
    desk: Desk, *, language: Language, time_limit_s: float = DEFAULT_TIME_LIMIT_S, solver: Solver = solve
) -> PlannedWeek:
    """As `plan_week`, for the week of a desk, wherever that came from."""
    region = desk.region
    week = build_week(desk, gettext=language.gettext, locale=language.code)
    instance = write_problem(week.problem)
    options = SolveOptions(time_limit_s=time_limit_s, instance_sha256=sha256_of(instance), gettext=language.gettext)
    plan = solver(week.problem, options)
    straight = itineraries(week.problem, plan, week.cards)
    drives = ((leg.origin.location, leg.destination.location) for day in straight.itineraries for leg in day.legs)
    try:
        along = ways(drives, region)
    except UnansweredError as error:
        # The plan stands without its lines.
        along = {}
        note = Note(N_("Legs are drawn as straight lines: the routing engine gives none now ({why})."), {"why": error})
        week = week.with_note(note, gettext=language.gettext, locale=language.code)
        straight = itineraries(week.problem, plan, week.cards)
    itinerary = itineraries(week.problem, plan, week.cards, along) if along else straight
    return PlannedWeek(region, week, instance, plan, itinerary, along)


def week_files(planned: PlannedWeek, language: Language) -> dict[str, bytes]:
    """Everything that a planned week is written to, by the name of the file."""
    gettext, locale = language.gettext, language.code
    itinerary, areas = planned.itinerary, village_areas(planned.region)
    files = {
        "instance.json": planned.instance,
        "plan.json": write_plan(planned.plan),
        "cards.json": write_cards(planned.week.cards),
        "week.html": week_map(itinerary, areas, gettext=gettext, locale=locale).encode(),
        "week.xlsx": week_workbook(itinerary, gettext=gettext, locale=locale),
        "week.geojson": week_geojson(itinerary, gettext=gettext),
    }
    for day in itinerary.itineraries:
        page = daily_map(itinerary, day, areas, gettext=gettext, locale=locale)
        files[day.file_name] = page.encode()
        files[f"{day.name}.gpx"] = day_gpx(day, gettext=gettext, locale=locale)
    if planned.ways:
        files["ways.json"] = write_ways(planned.ways)
    return files


def plan_region(
    folder: Path,
    monday: date,
    out: Path,
    *,
    language: Language,
    time_limit_s: float = DEFAULT_TIME_LIMIT_S,
    solver: Solver = solve,
) -> PlannedWeek:
    """
    Plan a week of the region in a folder and write everything to another one, as a whole.

    Raises
    ------
    RegionError
        When the region folder has faults; it lists all of them.
    OutputFolderError
        When ``out`` holds something that no plan wrote, which is looked at before the search, or cannot be written.
    """
    region = load_region(folder)
    check_folder(out)
    planned = plan_week(region, monday, language=language, time_limit_s=time_limit_s, solver=solver)
    write_folder(out, week_files(planned, language))
    return planned
