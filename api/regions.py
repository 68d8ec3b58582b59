"""`moling region`: a folder for any regency, filled from the files that its office has, and checked."""

import argparse
from pathlib import Path

from api.errors import BadInputError
from api.i18n import Gettext, Language
from geodata.cells import degrees
from geodata.errors import CellError, Finding, RegionError, RoutingEngineError, ToldError
from geodata.missing import list_missing
from geodata.new_region import write_new_region
from geodata.official import find_regency
from geodata.region import load_region
from geodata.writing import change_folder, check_new_folder

MISSING_FILE = "missing.txt"
_MOST_LINES = 8
"""Of one outcome in one file, on a terminal."""


def add_region_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    """Arguments of ``moling region``: an action, and what it works on."""
    actions = parser.add_subparsers(metavar="ACTION", required=True, title=gettext("What to do"))
    for name, text, add_arguments, run in (
        ("new", gettext("make a region folder from the official list of villages"), _add_new_arguments, run_new),
        ("import", gettext("take places from files that the office has"), _add_import_arguments, run_import),
        ("roads", gettext("cut the region's roads out of an OpenStreetMap extract"), _add_roads_arguments, run_roads),
        ("calibrate", gettext("fit speeds on roads to observed driving times"), _add_fit_arguments, run_calibrate),
        ("check", gettext("list every fault of a region folder"), _add_check_arguments, run_check),
        ("load", gettext("take a region folder into the store"), _add_load_arguments, run_load),
        ("save", gettext("write a regency of the store as a region folder"), _add_save_arguments, run_save),
    ):
        description = text[:1].upper() + text[1:] + "."
        child = actions.add_parser(name, gettext=gettext, help=text, description=description)
        add_arguments(child, gettext)
        child.set_defaults(run_action=run)


def run_region(arguments: argparse.Namespace, lang: Language) -> int:
    """Do the action of ``moling region`` that was asked for; its exit code."""
    code = arguments.run_action(arguments, lang)
    assert isinstance(code, int)
    return code


def _add_check_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("region", metavar="REGION", type=Path, help=gettext("the region folder"))


def run_check(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Check a region folder; 0 when it can be planned with, 1 when it has faults, each on a line of its own.

    Where it names a routing engine, that is asked for times, as a plan would.
    """
    from api.planning.notes import backlog_note  # noqa: PLC0415 (slow to load)

    gettext = lang.gettext
    try:
        region = load_region(arguments.region)
    except RegionError as error:
        for finding in error.findings:
            print(finding.text(gettext))
        print(gettext("{folder}: faults found: {count}.").format(folder=arguments.region, count=len(error.findings)))
        return 1
    text = gettext("{folder}: {name} can be planned with: villages {villages}, sites {sites}, letters {letters}.")
    print(
        text.format(
            folder=arguments.region,
            name=region.name,
            villages=len(region.villages),
            sites=len(region.sites),
            letters=len(region.requests),
        )
    )
    if region.backlog is not None:
        print(backlog_note(region.backlog).text(gettext, lang.code))
    if region.travel.engine is not None and region.travel.engine.is_service:
        from api.planning.road_commands import routing_lines  # noqa: PLC0415 (slow to load)

        try:
            for line in routing_lines(region, lang):
                print(line)
        except RoutingEngineError as error:
            print(error.text(gettext))
            return 1
    return 0


def _add_new_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("regency", metavar="CODE|NAME", help=gettext("code (12.19) or name of a regency or city"))
    parser.add_argument("region", metavar="DIR", type=Path, help=gettext("the region folder to make; new or empty"))
    parser.add_argument(
        "--places",
        metavar="FILE.csv",
        type=Path,
        help=gettext("official places (kode, nama, kode_pos) to take in place of the built-in list"),
    )
    parser.add_argument(
        "--office",
        nargs=2,
        metavar=("LAT", "LON"),
        help=gettext("point of the office in degrees, such as 3.1726 99.4252"),
    )


def run_new(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Make a region folder; 0 when made.

    Raises
    ------
    BadInputError
        When the regency is not known or not certain, or the folder is not empty; nothing is written then.
    """
    gettext, folder = lang.gettext, arguments.region
    try:
        check_new_folder(folder)
        regency = find_regency(arguments.regency, arguments.places)
        source = "" if arguments.places is None else f"Kode dan nama wilayah: {arguments.places.name}"
        write_new_region(regency, folder, _office(arguments.office, gettext), source)
        missing = write_missing(folder, gettext)
    except ToldError as error:
        raise BadInputError(error.text(gettext)) from error
    print(
        gettext("{folder}: {name} ({code}), villages {villages}, kecamatan {districts}, time zone {zone}.").format(
            folder=folder,
            name=regency.name,
            code=f"{regency.code[:2]}.{regency.code[2:]}",
            villages=len(regency.villages),
            districts=len({village.district for village in regency.villages}),
            zone=regency.timezone,
        )
    )
    print_missing(missing, gettext)
    return 0


def _add_import_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("region", metavar="DIR", type=Path, help=gettext("the region folder"))
    parser.add_argument(
        "files",
        metavar="FILE",
        type=Path,
        nargs="+",
        help=gettext("GeoPackage, Shapefile (.shp or .zip), GeoJSON, CSV, XLSX, KML, GPX, Overpass JSON or .osm.pbf"),
    )
    parser.add_argument("--dry-run", action="store_true", help=gettext("report only; write nothing"))


def run_import(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Take places from files; 0 when taken, 1 when a file cannot be read, and then nothing is taken from any.

    Raises
    ------
    BadInputError
        When the folder is none that can be imported into, or cannot be written.
    """
    # Parsers of maps take a second to load, which other commands must not pay for.
    from geodata.importing.importer import prepare_import  # noqa: PLC0415
    from geodata.importing.reader_process import FileReader  # noqa: PLC0415
    from geodata.importing.report import REPORT_FILE  # noqa: PLC0415

    gettext, folder = lang.gettext, arguments.region
    try:
        with FileReader() as reader:
            draft, report = prepare_import(folder, arguments.files, reader)
        for line in report.lines(gettext, most=_MOST_LINES):
            print(line)
        if report.is_failed:
            print(gettext("Nothing was taken: a file cannot be read."))
            return 1
        changed = draft.changed_files()
        if arguments.dry_run:
            print(gettext("Would change: {files}. Nothing was written.").format(files=", ".join(changed) or "-"))
            return 0
        path = folder / REPORT_FILE
        # A run that changes nothing leaves the report of the run that did.
        is_told = path.is_file() and path.read_text(encoding="utf-8").startswith(report.sources_text())
        if changed or not is_told:
            text = report.sources_text() + "".join(f"{line}\n" for line in report.lines(gettext))
            draft.write({**changed, REPORT_FILE: text.encode()})
        missing = write_missing(folder, gettext)
    except ToldError as error:
        raise BadInputError(error.text(gettext)) from error
    if changed:
        text = gettext("Changed: {files}. The whole report is in {report}.")
        print(text.format(files=", ".join(changed), report=REPORT_FILE))
    else:
        print(gettext("Nothing changed."))
    print_missing(missing, gettext)
    return 0


def _add_roads_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("region", metavar="DIR", type=Path, help=gettext("the region folder"))
    text = gettext("an extract that covers the region, of its province or of the country (.osm.pbf)")
    parser.add_argument("file", metavar="FILE", type=Path, help=text)


def run_roads(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Cut the region's roads out of an extract; 0 when done.

    Raises
    ------
    BadInputError
        When the folder has faults or the file cannot be used; the folder is as it was then.
    """
    from api.planning import road_commands  # noqa: PLC0415 (slow to load)
    from api.planning.commands import reading_region  # noqa: PLC0415

    with reading_region(lang):
        region = load_region(arguments.region)
        return road_commands.run_roads(region, arguments.region, arguments.file, lang)


def _add_fit_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("region", metavar="DIR", type=Path, help=gettext("the region folder"))
    text = gettext("driving times that were observed, a CSV file")
    parser.add_argument("file", metavar="OBSERVED.csv", type=Path, help=text)
    parser.add_argument("--apply", action="store_true", help=gettext("write the fitted speeds into region.toml"))


def run_calibrate(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Fit speeds to observed driving times and show the error before and after; 0 when done.

    Raises
    ------
    BadInputError
        When the folder has faults or no roads, or the file cannot be used; the folder is as it was then.
    """
    from api.planning import road_commands  # noqa: PLC0415 (slow to load)
    from api.planning.commands import reading_region  # noqa: PLC0415

    with reading_region(lang):
        region = load_region(arguments.region)
        return road_commands.run_calibrate(region, arguments.region, arguments.file, lang, applies=arguments.apply)


def _add_load_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("region", metavar="DIR", type=Path, help=gettext("the region folder"))


def run_load(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Take a region folder into the store, in the place of the regency's former one; 0 when done.

    Raises
    ------
    BadInputError
        When the folder has faults, or the store cannot be used; the store is as it was then.
    """
    from api.administration.commands import load_folder  # noqa: PLC0415 (slow to load)
    from api.planning.commands import reading_region  # noqa: PLC0415

    with reading_region(lang):
        return load_folder(arguments.region, lang.gettext)


def _add_save_arguments(parser: argparse.ArgumentParser, gettext: Gettext) -> None:
    parser.add_argument("regency", metavar="CODE", help=gettext("code of the regency (12.19)"))
    parser.add_argument("region", metavar="DIR", type=Path, help=gettext("the region folder to make; new or empty"))


def run_save(arguments: argparse.Namespace, lang: Language) -> int:
    """
    Write a regency of the store as a region folder; 0 when done.

    Raises
    ------
    BadInputError
        When the store does not know it or cannot be used, or the folder is not empty; nothing is written then.
    """
    from api.administration.commands import save_folder  # noqa: PLC0415 (slow to load)

    return save_folder(arguments.regency, arguments.region, lang.gettext)


def write_missing(folder: Path, gettext: Gettext) -> tuple[Finding, ...]:
    """Look up what the folder still lacks, and keep the list in it."""
    missing = list_missing(folder)
    text = "".join(f"{each.text(gettext)}\n" for each in missing) or gettext("Nothing is missing.") + "\n"
    content = text.encode()
    path = folder / MISSING_FILE
    if not path.is_file() or path.read_bytes() != content:
        change_folder(folder, {MISSING_FILE: content})
    return missing


def print_missing(missing: tuple[Finding, ...], gettext: Gettext) -> None:
    """What is missing, each on a line that a terminal can hold."""
    longest = 300
    if missing:
        print(gettext("Still missing (the whole list is in {file}):").format(file=MISSING_FILE))
    for each in missing:
        text = each.text(gettext)
        print(f"  {text if len(text) <= longest else text[:longest] + ' ...'}")


def _office(texts: list[str] | None, gettext: Gettext) -> tuple[float, float] | None:
    if texts is None:
        return None
    try:
        lat, lon = map(degrees, texts)
    except CellError as error:
        raise BadInputError(
            gettext("--office is '{value}'; write latitude and longitude as 3.1726 99.4252.").format(
                value=" ".join(texts)
            )
        ) from error
    return lon, lat
