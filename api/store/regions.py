"""
Regencies, each with the documents of its region folder.

The documents are kept byte by byte, comments and order of columns included, after the same check as for a folder;
nothing in them is kept a second time. Files that are no part of a region are left where they are: who knows what
they hold.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from api.i18n import N_
from api.store.audit import add_audit
from api.store.errors import DamagedError, MissingError, UnfitValueError
from api.store.scope import Reading, RegencyCode, Writing, regency_code
from api.store.tables import REGENCIES, REGION_FILES
from geodata.errors import RegionFolderError
from geodata.folder import FILES
from geodata.region import Region, load_region
from geodata.travel import ROADS_FILE

KEPT: Final = (*FILES, ROADS_FILE)
"""Files that make a region; travel times are found again from these."""
MOST_BYTES: Final = 200_000_000


@dataclass(frozen=True)
class RegionDocuments:
    """
    The files of a region folder, checked.

    Attributes
    ----------
    region
        What they say.
    files
        Their bytes, by name.
    left_out
        Names of files of the folder that are no part of a region.
    """

    region: Region
    files: Mapping[str, bytes]
    left_out: tuple[str, ...] = ()


def read_region_documents(folder: Path) -> RegionDocuments:
    """
    The documents of a region folder.

    Raises
    ------
    RegionError
        When the folder has faults; all of them.
    RegionFolderError
        When it cannot be read.
    UnfitValueError
        When a file is too large.
    """
    files: dict[str, bytes] = {}
    try:
        names = sorted(each.name for each in folder.iterdir()) if folder.is_dir() else []
        for name in KEPT:
            path = folder / name
            if path.is_symlink() or not path.is_file():
                continue  # the check of the folder tells of it below
            if path.stat().st_size > MOST_BYTES:
                raise UnfitValueError(N_("{file} has more than {most} MB."), file=name, most=MOST_BYTES // 1_000_000)
            files[name] = path.read_bytes()
    except OSError as error:
        raise RegionFolderError(
            N_("{folder} cannot be opened: {problem}."), folder=folder, problem=error.strerror
        ) from error
    if names and not any((folder / name).is_symlink() for name in KEPT):
        # What is checked must be what is kept, whatever becomes of the folder meanwhile.
        with TemporaryDirectory(prefix="moling-") as copy:
            for name, content in files.items():
                (Path(copy) / name).write_bytes(content)
            region = load_region(Path(copy))
    else:
        region = load_region(folder)
    return RegionDocuments(region, files, tuple(name for name in names if name not in KEPT))


def put_region(scope: Writing, documents: RegionDocuments, *, by: str, at: datetime) -> bool:
    """
    Keep these documents in the place of the regency's former ones; whether it was new here.

    Raises
    ------
    UnfitValueError
        When they are another regency's.
    """
    region = documents.region
    if regency_code(region.code) != scope.regency:
        raise UnfitValueError(N_("The folder is of regency {code}."), code=region.code)
    values = {"name": region.name, "timezone": region.timezone, "loaded": at}
    is_new = not scope.update(REGENCIES, **values)
    if is_new:
        scope.insert(REGENCIES, **values)
    scope.delete(REGION_FILES)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in documents.files.items()}
    for name, content in documents.files.items():
        scope.insert(REGION_FILES, name=name, content=content, sha256=hashes[name])
    add_audit(scope, "region.loaded", region.code, by=by, at=at, details={"files": hashes})
    return is_new


def get_region_files(scope: Reading) -> Mapping[str, bytes]:
    """
    The documents of the regency by name, byte by byte as they were put in.

    Raises
    ------
    MissingError
        When the store does not know the regency.
    DamagedError
        When one is not what was put in.
    """
    check_regency(scope)
    rows = scope.rows(REGION_FILES, order_by=(REGION_FILES.c.name,))
    for row in rows:
        if hashlib.sha256(row.content).hexdigest() != row.sha256:
            raise DamagedError(N_("{file} of the region is not what was kept."), file=row.name)
    return {row.name: row.content for row in rows}


def region_hashes(scope: Reading) -> str:
    """
    One hash of all documents of the regency: another one when any of them changed.

    Raises
    ------
    MissingError
        When the store does not know the regency.
    """
    check_regency(scope)
    columns = (REGION_FILES.c.name, REGION_FILES.c.sha256)
    rows = scope.rows(REGION_FILES, columns=columns, order_by=(REGION_FILES.c.name,))
    told = "\n".join(f"{row.name} {row.sha256}" for row in rows)
    return hashlib.sha256(f"{scope.regency}\n{told}".encode()).hexdigest()


def get_timezone(scope: Reading) -> str:
    """
    IANA time zone of the regency.

    Raises
    ------
    MissingError
        When the store does not know the regency.
    """
    check_regency(scope)
    (row,) = scope.rows(REGENCIES, columns=(REGENCIES.c.timezone,))
    return str(row.timezone)


def check_regency(scope: Reading) -> RegencyCode:
    """
    The scope's regency, if the store knows it.

    Raises
    ------
    MissingError
        When it does not.
    """
    if not scope.count(REGENCIES):
        raise MissingError(
            N_("The store does not know regency {code}; 'moling region load' brings one in."), code=scope.regency
        )
    return scope.regency
