"""`moling plan` and `moling demo`: from a region folder to a week on paper and screen."""

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from api.errors import BadInputError
from api.i18n import Gettext, Language
from api.planning.service import DEFAULT_TIME_LIMIT_S, PlannedWeek, plan_region
from api.solving import EXIT_CODES, solve_in_child
from api.weeks import parse_week
from geodata import SAMPLE_DIR
from geodata.errors import GeodataError, RegionError, ToldError
from geodata.region import load_region
from maps.itinerary import Itinerary
from maps.words import Words
from optimizer.plan import PlanStatus

_LEAST_LIMIT_S = 2.0
_DEMO_LIMIT_S = 15.0
_SAMPLE = SAMPLE_DIR / "batubara"


def add_plan_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling plan``."""
    parser.add_argument("region", metavar="REGION", type=Path, help=gettext("the region folder"))
    parser.add_argument(
        "--week", metavar="2026-W50", required=True, help=gettext("the ISO week to plan, year and number")
    )
    add_out_argument(parser, gettext("folder for the plan, its maps and files"))
    add_time_limit_argument(parser, gettext, DEFAULT_TIME_LIMIT_S)


def add_demo_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling demo``."""
    parser.add_argument("--week", metavar="2026-W50", help=gettext("the ISO week to plan (default: next week)"))
    add_out_argument(parser, gettext("folder for the plan, its maps and files"))
    add_time_limit_argument(parser, gettext, _DEMO_LIMIT_S)


def add_out_argument(parser: argparse.ArgumentParser, text: str) -> None:
    """The folder for results, which every planning command needs; ``text`` says what comes into it."""
    parser.add_argument("--out", metavar="FOLDER", type=Path, required=True, help=text)


def add_time_limit_argument(parser: argparse.ArgumentParser, gettext: Gettext, default: float) -> None:
    """Seconds for the search; `check_time_limit` checks them."""
    text = gettext("seconds for the search, at least {least:g} (default {default:g})")
    parser.add_argument(
        "--time-limit",
        metavar="SECONDS",
        type=float,
        default=default,
        help=text.format(least=_LEAST_LIMIT_S, default=default),
    )


def run_plan(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Plan a week of a region folder; 0 with a plan, 3 when required visits cannot fit, 4 when none was found in time.

    Raises
    ------
    BadInputError
        When the folder has faults, the week is none, or the result cannot be written; nothing is written then.
    """
    planned = _plan(arguments.region, parse_week(arguments.week), arguments, lang)
    _print_week(planned, arguments.out, lang)
    return EXIT_CODES[planned.plan.status]


def run_demo(arguments: argparse.Namespace, lang: Language) -> int:
    """Plan a week, next week by default, of the sample regency, and say how to look at it; exits as ``moling plan``."""
    monday = parse_week(arguments.week) if arguments.week else _next_monday(load_region(_SAMPLE).timezone)
    began = time.monotonic()
    planned = _plan(_SAMPLE, monday, arguments, lang)
    _print_week(planned, arguments.out, lang)
    seconds = lang.gettext("Planned in {seconds:.0f} s. Open {page} in a browser, or serve everything:").format(
        seconds=time.monotonic() - began, page=arguments.out / "week.html"
    )
    print(f"\n{seconds}\n  {_program()} serve {arguments.out}")
    return EXIT_CODES[planned.plan.status]


def _program() -> str:
    """How the reader can call this program again: where it was called by a path, by that path."""
    return sys.argv[0] if "/" in sys.argv[0] and sys.argv[0].endswith("moling") else "moling"


def _next_monday(timezone: str) -> date:
    today = datetime.now(ZoneInfo(timezone)).date()
    return today + timedelta(days=7 - today.weekday())


def check_time_limit(seconds: float, lang: Language) -> None:
    """
    Refuse a time limit in which nothing can be found.

    Raises
    ------
    BadInputError
        When it is below the least limit or no number.
    """
    if not _LEAST_LIMIT_S <= seconds < float("inf"):
        text = lang.gettext("--time-limit is {value:g} s; it must be at least {least:g} s.")
        raise BadInputError(text.format(value=seconds, least=_LEAST_LIMIT_S))


@contextlib.contextmanager
def reading_region(lang: Language) -> Iterator[None]:
    """
    Tell the faults of a region folder that is read within in one line.

    Raises
    ------
    BadInputError
        In place of the errors of `geodata`.
    """
    try:
        yield
    except RegionError as error:
        text = lang.gettext("{first} Faults in all: {count}; `moling region check` lists them.")
        first = error.findings[0].text(lang.gettext)
        raise BadInputError(text.format(first=first, count=len(error.findings))) from error
    except ToldError as error:
        raise BadInputError(f"{error.text(lang.gettext).rstrip('.')}.") from error
    except GeodataError as error:
        raise BadInputError(str(error)) from error


def _plan(folder: Path, monday: date, arguments: argparse.Namespace, lang: Language) -> PlannedWeek:
    check_time_limit(arguments.time_limit, lang)
    with reading_region(lang):
        return plan_region(
            folder,
            monday,
            arguments.out,
            language=lang,
            time_limit_s=arguments.time_limit,
            solver=solve_in_child(lang),
        )


def _print_week(planned: PlannedWeek, out: Path, lang: Language) -> None:
    words = Words(lang.gettext, lang.code)
    week, gettext = planned.itinerary, lang.gettext
    print(f"{week.cards.regency} · {words.week(week.week)}")
    if planned.plan.status in {PlanStatus.INFEASIBLE, PlanStatus.UNKNOWN}:
        print(gettext("No plan: {conflict}").format(conflict=", ".join(planned.plan.conflict) or planned.plan.status))
    for day in week.itineraries:
        print()
        for line in _day_lines(day, words):
            print(line)
    if not week.itineraries:
        print(gettext("No van goes out."))
    _print_unserved(planned, words)
    _print_notes(planned, lang)
    totals = week.totals
    facts = [
        gettext("{made} of {all} visits").format(made=totals.visits_made, all=totals.visits_all),
        gettext("{count} villages besides").format(count=totals.villages_made),
        words.people(totals.people),
        words.kilometres(totals.distance_m),
        gettext("overtime {time}").format(time=words.duration(totals.overtime_min)),
    ]
    gap = words.gap(week)
    if gap is not None:
        from_the_best = gettext("from the best, proved")
        facts.append(f"{gap} {from_the_best}")
    print(f"\n{' · '.join(facts)}")
    print(gettext("Written to {folder}: week.html, day-*.html, week.xlsx, week.geojson, day-*.gpx.").format(folder=out))


def _day_lines(day: Itinerary, words: Words) -> Iterator[str]:
    yield f"{words.day(day.day)} · {day.vehicle.name} · {words.span(day.leave, day.back)}"
    for stop in day.stops:
        yield f"  {words.time(stop.start)}-{words.time(stop.finish)}  {words.title(stop.card)}, {stop.card.place}"


def _print_unserved(planned: PlannedWeek, words: Words) -> None:
    week = planned.itinerary
    if not week.unserved:
        return
    # Message extraction does not look into f-strings, so messages stand before them.
    heading = words.gettext("Not served")
    print(f"\n{heading} ({len(week.unserved)})")
    for each in week.unserved:
        print(f"  {words.title(each.card)} · {words.reason(each.reason)}: {words.text(each.text)}")
        if each.by:
            print("    " + words.gettext("In its way: {visits}").format(visits=", ".join(each.by)))


def _print_notes(planned: PlannedWeek, lang: Language) -> None:
    if planned.week.notes:
        heading = lang.gettext("Notes")
        print(f"\n{heading}")
        for note in planned.week.notes:
            print(f"  {note.text(lang.gettext, lang.code)}")
