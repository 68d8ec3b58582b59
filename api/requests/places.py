"""Hosts of visits found by name as people type it: schools, other sites, villages."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from api.entities import Wish
from api.errors import NotThereError
from geodata.importing.words import fold_village
from geodata.region import Region
from geodata.sites import SiteKind

MOST_FOUND: Final = 12
"""Hosts shown for one search; who looks for another types more of its name."""


@dataclass(frozen=True, slots=True)
class Host:
    """
    A site, or a village with its hall.

    Attributes
    ----------
    where
        Village and district of a site, district of a village.
    pupils
        On the roll; None for what is no school, and where it is not known.
    """

    code: str
    name: str
    kind: SiteKind
    where: str
    pupils: int | None = None

    @property
    def is_village(self) -> bool:
        """Whether it is a village."""
        return self.kind is SiteKind.VILLAGE_HALL


def get_host(region: Region, code: str) -> Host:
    """
    The host of that code.

    Raises
    ------
    NotThereError
        When the region has none.
    """
    host = find_host(region, code)
    if host is None:
        raise NotThereError
    return host


def find_host(region: Region, code: str) -> Host | None:
    """The host of that code; None where the region has none, or no more."""
    site = region.site_by_code.get(code)
    if site is not None:
        village = region.village_by_code.get(site.village_code)
        where = "" if village is None else f"{village.name}, {village.district}"
        return Host(site.code, site.name, site.kind, where, site.pupils)
    village = region.village_by_code.get(code)
    if village is None:
        return None
    return Host(village.code, village.name, SiteKind.VILLAGE_HALL, village.district)


def search_hosts(region: Region, typed: str, wish: Wish = Wish.VISIT) -> tuple[Host, ...]:
    """
    Hosts whose name, or that of their village and district, holds what was typed; the likeliest first.

    Parameters
    ----------
    wish
        People are served at home or fetched in villages; only those are found for these wishes.
    """
    words = [word for word in map(folded, typed[:100].split()) if word]
    if not words:
        return ()
    whole = folded(typed[:100])
    found = []
    for code in _codes(region, wish):
        host = find_host(region, code)
        assert host is not None
        name, around = folded(host.name), folded(host.where)
        if whole in name or all(word in name or word in around for word in words):
            rank = 0 if name == whole else 1 if name.startswith(whole) else 2 if whole in name else 3
            found.append((rank, host.name, host.code, host))
    return tuple(each[-1] for each in sorted(found, key=lambda each: each[:3]))


def _codes(region: Region, wish: Wish) -> Iterable[str]:
    if wish is Wish.VISIT:
        yield from region.site_by_code
    yield from region.village_by_code


@lru_cache(maxsize=20_000)
def folded(name: str) -> str:
    """A key that the spellings of one host's name share: SMA Negeri 1 is SMAN 1 to those who type it."""
    return fold_village(re.sub(r"(?i)\s*\bnegeri\b", "n", name))
