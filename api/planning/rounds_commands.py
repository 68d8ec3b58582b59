"""`moling rounds`: from a region folder to the calendar of a quarter's fixed rounds, and the rules that make it so."""

import argparse
from dataclasses import replace
from pathlib import Path

from api.errors import BadInputError
from api.i18n import Gettext, Language
from api.planning.commands import add_out_argument, add_time_limit_argument, check_time_limit, reading_region
from api.planning.folder import check_folder, write_folder
from api.planning.rounds import MAX_WEEKS
from api.planning.rounds_calendar import RoundsCalendar
from api.planning.rounds_result import plan_rounds
from api.solving import EXIT_CODES, solve_in_child
from api.weeks import parse_week
from geodata.recurring_file import write_recurring
from geodata.region import load_region
from maps.rounds_page import rounds_page
from optimizer.instance import write_plan
from optimizer.solve import SolveOptions

_TIME_LIMIT_S = 120.0
_QUARTER_WEEKS = 13
_LONGEST_WAIT_WEEKS = 520


def add_rounds_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling rounds``."""
    parser.add_argument("region", metavar="REGION", type=Path, help=gettext("the region folder"))
    parser.add_argument(
        "--from",
        dest="first",
        metavar="2027-W01",
        required=True,
        help=gettext("the first ISO week of the rounds, year and number"),
    )
    weeks = gettext("weeks, 1 to {most} (default {default})")
    parser.add_argument(
        "--weeks",
        metavar="N",
        type=int,
        default=_QUARTER_WEEKS,
        help=weeks.format(most=MAX_WEEKS, default=_QUARTER_WEEKS),
    )
    parser.add_argument(
        "--longest-wait",
        metavar="WEEKS",
        type=int,
        help=gettext("weeks that no village may wait longer (default: that of the region folder)"),
    )
    add_out_argument(parser, gettext("folder for the rules, the calendar and the plan"))
    add_time_limit_argument(parser, gettext, _TIME_LIMIT_S)
    parser.add_argument("--threads", metavar="N", type=int, default=1, help=gettext("processors to use (default 1)"))


def run_rounds(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Plan the fixed rounds of a quarter; 0 with a plan, 4 when none was found in time.

    Raises
    ------
    BadInputError
        When the folder has faults, an option is out of range, or the result cannot be written; nothing is written then.
    """
    check_time_limit(arguments.time_limit, lang)
    _check_whole("weeks", arguments.weeks, MAX_WEEKS, lang)
    _check_whole("threads", arguments.threads, 2**31 - 1, lang)
    monday = parse_week(arguments.first)
    with reading_region(lang):
        region = load_region(arguments.region)
    if arguments.longest_wait is not None:
        _check_whole("longest-wait", arguments.longest_wait, _LONGEST_WAIT_WEEKS, lang)
        region = replace(region, planning=replace(region.planning, longest_wait_weeks=arguments.longest_wait))
    check_folder(arguments.out)
    options = SolveOptions(time_limit_s=arguments.time_limit, threads=arguments.threads, gettext=lang.gettext)
    planned = plan_rounds(region, monday, arguments.weeks, language=lang, options=options, solver=solve_in_child(lang))
    if planned.plan.value is None:
        print(lang.gettext("No plan: {conflict}").format(conflict=planned.plan.status))
        return EXIT_CODES[planned.plan.status]
    calendar = RoundsCalendar(planned, lang)
    write_folder(arguments.out, _files(calendar))
    for line in calendar.lines():
        print(line)
    written = lang.gettext("Written to {folder}: recurring.csv, calendar.html, instance.json, plan.json.")
    print(written.format(folder=arguments.out))
    return EXIT_CODES[planned.plan.status]


def _check_whole(option: str, value: int, most: int, lang: Language) -> None:
    if not 1 <= value <= most:
        text = lang.gettext("--{option} is {value}; it must be a whole number from 1 to {most}.")
        raise BadInputError(text.format(option=option, value=value, most=most))


def _files(calendar: RoundsCalendar) -> dict[str, bytes]:
    planned, language = calendar.planned, calendar.language
    page = rounds_page(calendar.sheet(), planned.itinerary, gettext=language.gettext, locale=language.code)
    return {
        "recurring.csv": write_recurring(planned.rules(language.gettext)),
        "calendar.html": page.encode(),
        "instance.json": planned.instance,
        "plan.json": write_plan(planned.plan),
    }
