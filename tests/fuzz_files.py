"""
Mutated files of every kind: each must end as a report or a typed error, within caps, and the folder must stay whole.

``python -m tests.fuzz_files 5000`` runs that many a kind and prints how they ended.
"""

import random
import shutil
import sys
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from geodata.capped_process import Caps
from geodata.checks import check
from geodata.folder import read_tables
from geodata.importing.found import FileError
from geodata.importing.importer import prepare_import
from geodata.importing.reader_process import FileReader
from geodata.importing.report import Outcome
from geodata.new_region import write_new_region
from geodata.official import OfficialRegency, OfficialVillage
from geodata.road_graph import read_graph
from geodata.tables import Findings
from geodata.travel import ROADS_FILE
from geodata.villages import VillageKind
from tests.import_cases import VILLAGES, middle
from tests.import_seeds import write_seeds
from tests.town import write_town

ROADS = "roads"
_WORDS = (
    b"\xff" * 4,
    b"\0" * 8,
    b"\x7f\xff\xff\xff",
    b"<!DOCTYPE x>",
    b"&x;",
    b"1e999",
    b"-",
    b"NaN",
    b'"',
    b"[" * 500,
    b"../",
)


def mutated(content: bytes, rng: random.Random) -> bytes:
    """The content with a few bytes changed, a piece cut out, doubled or put in, or the end cut off."""
    data = bytearray(content)
    if rng.random() < 0.5:  # lightly, so that the damage gets past the first look at the file
        for _ in range(rng.choice((1, 2, 5))):
            data[rng.randrange(len(data))] = rng.choice(b"0123456789.-eE,aZ \xff\0")
        return bytes(data)
    for _ in range(rng.choice((1, 1, 2, 4, 16))):
        place = rng.randrange(len(data) + 1)
        kind = rng.randrange(6)
        if kind == 0 and data:
            data[min(place, len(data) - 1)] = rng.randrange(256)
        elif kind == 1:
            data[place : place + 8] = rng.choice(_WORDS)
        elif kind == 2:
            data[place:place] = rng.choice(_WORDS)
        elif kind == 3:
            del data[place : place + rng.randrange(1, 200)]
        elif kind == 4:
            data[place:place] = data[place : place + rng.randrange(1, 400)]
        else:
            del data[place:]
    return bytes(data)


def write_mutants(kind: str, seed: Path, folder: Path, count: int, rng: random.Random) -> Iterator[Path]:
    """That many mutants of a file, one at a time; parts of archives are mutated inside every second one."""
    folder.mkdir(exist_ok=True)
    for number in range(count):
        shutil.rmtree(folder)
        folder.mkdir()
        target = folder / f"m{seed.suffix}"
        if kind in {"shp", "dbf"}:
            for part in (".shp", ".shx", ".dbf", ".prj"):
                shutil.copyfile(seed.with_suffix(part), folder / f"m{part}")
            target.write_bytes(mutated(seed.read_bytes(), rng))
            yield folder / "m.shp"
            continue
        if kind in {"zip", "xlsx"} and number % 2:
            _write_archive(seed, target, rng)
        else:
            target.write_bytes(mutated(seed.read_bytes(), rng))
        yield target


def _write_archive(seed: Path, target: Path, rng: random.Random) -> None:
    with zipfile.ZipFile(seed) as source, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        chosen = rng.choice(source.namelist())
        for name in source.namelist():
            content = source.read(name)
            packed.writestr(name, mutated(content, rng) if name == chosen else content)


def write_all_seeds(folder: Path) -> dict[str, Path]:
    """A file of every kind, that of roads, not compressed, with them."""
    return write_seeds(folder) | {ROADS: write_town(folder / "town.osm.pbf", "pbf,pbf_compression=none")}


def make_region(folder: Path) -> None:
    """The made-up regency as a new folder."""
    villages = tuple(OfficialVillage(code, name, VillageKind.DESA, district) for code, name, district in VILLAGES)
    write_new_region(OfficialRegency("1299", "Kabupaten Uji Coba", villages), folder, office=middle(4))


def faults(folder: Path) -> set[tuple[str, str]]:
    """Faults of a folder beyond missing points."""
    findings = Findings()
    check(read_tables(folder, findings), findings)
    return {(each.file, each.text(str)) for each in findings.found if "is empty; it must" not in each.message}


def _cut(mutant: Path, reader: FileReader) -> str:
    """How cutting roads out of a mutant ended."""
    try:
        cut = reader.read_roads(mutant, (99.0, 3.0, 100.0, 4.0), "EPSG:32647")
    except FileError as error:
        return error.message
    assert read_graph(cut.data, ROADS_FILE).road_count == cut.graph.road_count
    return "taken" if cut.graph.road_count else "nothing to take"


def fuzz(kind: str, count: int, reader: FileReader, place: Path, seed: int = 1) -> Counter[str]:
    """
    Import that many mutants of one kind; how they ended, by name of the ending.

    Raises
    ------
    AssertionError
        When a mutant leaves a folder with faults, or anything beside it.
    """
    region, beside = place / "region", place / "work"
    rng = random.Random(f"{kind} {seed}")
    seeds = place / "seeds"
    seeds.mkdir(exist_ok=True)
    path = write_all_seeds(seeds)[kind]
    endings: Counter[str] = Counter()
    for number, mutant in enumerate(write_mutants(kind, path, beside, count, rng)):
        if kind == ROADS:
            endings[_cut(mutant, reader)] += 1
            continue
        if not region.exists():
            make_region(region)
        draft, report = prepare_import(region, [mutant], reader)
        if report.is_failed:
            endings[report.entries[0].message] += 1
            continue
        files = draft.changed_files()
        endings["taken" if files else "nothing to take"] += 1
        "\n".join(report.lines(str))
        if files:
            draft.write(files)
            assert faults(region) == set(), (kind, seed, number, faults(region))
            assert report.count(Outcome.ADDED) + report.count(Outcome.CHANGED) > 0, (kind, seed, number)
            shutil.rmtree(region)
    assert {path.name for path in place.iterdir()} <= {"region", "work", "seeds"}
    return endings


def main() -> None:
    """Fuzz every kind, or those named, and print the endings."""
    count = int(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "list").mkdir()
        kinds = sys.argv[2:] or list(write_all_seeds(Path(folder) / "list"))
        for kind in kinds:
            place = Path(folder) / kind
            place.mkdir()
            began = time.monotonic()
            with FileReader(Caps(seconds=20)) as reader:
                endings = fuzz(kind, count, reader, place)
            seconds = time.monotonic() - began
            told = ", ".join(f"{number} x {ending}" for ending, number in endings.most_common())
            ended = f"{kind}: {sum(endings.values())} files in {seconds:.0f} s, {reader.peak_kb / 1024:.0f} MiB at most"
            print(f"{ended}: {told}", flush=True)  # noqa: T201 (a script)


if __name__ == "__main__":
    main()
