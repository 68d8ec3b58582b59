"""Looking for a place by name, the nearest coming visit, and what a place offers."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from api.schedule import PublicPlace, PublicVisit, Schedule, public_places
from api.store.facilities import OFFICE, Facilities
from geodata.areas import distances_km
from geodata.importing.words import fold_village
from geodata.region import Region
from geodata.requests import RecurringRow
from geodata.times import resolve
from geodata.villages import Village

MOST_TYPED: Final = 100
MOST_FOUND: Final = 20


def find_places(region: Region, typed: str) -> tuple[PublicPlace, ...]:
    """Villages and schools whose name, or village and district, has what was typed; the likeliest first."""
    whole = _folded(typed[:MOST_TYPED])
    words = [word for word in map(_folded, typed[:MOST_TYPED].split()) if word]
    if not words:
        return ()
    found = []
    for place in public_places(region):
        name, around = _folded(place.name), _folded(place.address)
        if whole in name or all(word in name or word in around for word in words):
            rank = 0 if name == whole else 1 if name.startswith(whole) else 2 if whole in name else 3
            found.append((rank, place.name, place.code, place))
    return tuple(each[-1] for each in sorted(found, key=lambda each: each[:3])[:MOST_FOUND])


def nearest_coming(schedule: Schedule, place: PublicPlace) -> tuple[PublicVisit, float] | None:
    """The nearest other place to which a van comes for everybody, its next visit, and how many km it is there."""
    elsewhere: dict[str, PublicVisit] = {}
    for visit in schedule.coming:
        if visit.is_open and place.village != visit.place.village and place.code != visit.place.code:
            elsewhere.setdefault(visit.place.code, visit)
    visits = list(elsewhere.values())
    far = distances_km(schedule.region, place.point, [visit.place.point for visit in visits])
    return min(zip(visits, far, strict=True), key=lambda each: (each[1], each[0].uid), default=None)


def fixed_rounds(schedule: Schedule, place: PublicPlace) -> tuple[tuple[PublicPlace, RecurringRow], ...]:
    """Rules by which vans come to a village and its sites, or to a site, that have not run out."""
    here = {each.code: each for each in public_places(schedule.region) if place.code in {each.code, each.village}}
    today = schedule.now.date()
    return tuple(
        (here[row.place], row)
        for row in schedule.region.recurring
        if row.place in here and (row.valid_to is None or resolve(row.valid_to, today) >= today)
    )


def facilities_of(region: Region, said: Mapping[str, Facilities], place: str) -> Facilities:
    """What a place offers: as the office said last, else as the region's documents have it."""
    if place in said:
        return said[place]
    if place == OFFICE:
        return Facilities(OFFICE, region.office.amenities)
    found: Village | None = region.village_by_code.get(place)
    known = found or region.site_by_code.get(place)
    return Facilities(place, frozenset() if known is None else known.amenities)


@lru_cache(maxsize=20_000)
def _folded(name: str) -> str:
    # SMA Negeri 1 is SMAN 1 to those who type it.
    return fold_village(re.sub(r"(?i)\s*\bnegeri\b", "n", name))
