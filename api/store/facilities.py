"""What places offer visitors, where the office has said so; elsewhere the region's documents count."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row

from api.store.audit import add_audit
from api.store.scope import Reading, Writing
from api.store.tables import FACILITIES
from geodata.sites import Amenity

OFFICE: Final = "office"
"""The place that stands for the office itself."""


@dataclass(frozen=True, slots=True)
class Facilities:
    """
    What one place offers (fasilitas).

    Attributes
    ----------
    place
        Code of a site or village, or `OFFICE`.
    note
        For everybody to read, such as where the ramp is; no names.
    """

    place: str
    amenities: frozenset[Amenity] = frozenset()
    note: str = ""


def find_facilities(scope: Reading, place: str) -> Facilities | None:
    """What the office said of a place; None where it said nothing."""
    row = scope.find(FACILITIES, FACILITIES.c.place == place)
    return None if row is None else _facilities(row)


def list_facilities(scope: Reading) -> dict[str, Facilities]:
    """All that the office said, by place."""
    return {row.place: _facilities(row) for row in scope.rows(FACILITIES, order_by=(FACILITIES.c.place,))}


def put_facilities(scope: Writing, facilities: Facilities, *, by: str, at: datetime) -> None:
    """
    Say what a place offers, instead of what was said before.

    Raises
    ------
    UnfitValueError
        When the note may not be kept.
    """
    place, amenities = facilities.place, sorted(facilities.amenities)
    values = {"facilities": amenities, "note": facilities.note}
    if not scope.update(FACILITIES, FACILITIES.c.place == place, **values):
        scope.insert(FACILITIES, place=place, **values)
    add_audit(scope, "facilities.changed", place, by=by, at=at, details={"amenities": amenities})


def drop_facilities(scope: Writing, place: str, *, by: str, at: datetime) -> None:
    """Say nothing of a place any more: the region's documents count again."""
    scope.delete(FACILITIES, FACILITIES.c.place == place)
    add_audit(scope, "facilities.dropped", place, by=by, at=at)


def _facilities(row: Row[Any]) -> Facilities:
    return Facilities(row.place, frozenset(map(Amenity, row.facilities)), row.note)
