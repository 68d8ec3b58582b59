"""
What the public may know of published weeks: when and where the vans come, for whom, and what changed.

This module is the only door between plans and people without an account, and what it lets through is listed, not what
it holds back: place, hours, services, what to bring, and changes with their reason. Letters, contacts, counts, vans,
ways, and visits left out never get into a `PublicVisit`.

Whether a visit is told at all is seen by its place and by what asked for it. A village hall, a market or a health
centre is open to everyone. A school is told with "for pupils of this school". Nothing is told of schools for the
disabled, boarding schools, orphanages and prisons, whose people are few and known (`SiteKind.is_priority`); of visits
to people at home or fetched (the request says so, and the card of the crew); of other hosts that asked by letter; of
places that the region does not know any more. A doubt hides a visit.

A visit changed when somebody cancelled or moved it (`api.store.changes`), and also when a later version of its week
leaves it out or puts it elsewhere in time: who read the former version must be told.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from typing import Final

from api.entities import PlanId, PlanState, WeeklyPlan
from api.office import Office
from api.store.changes import ChangeKind, VisitChange, change_counts, list_changes
from api.store.plans import list_plans, list_published, plan_steps
from api.store.requests import list_closed
from api.store.scope import Reading, RegencyCode
from geodata.region import Region
from geodata.sites import Site, SiteKind
from geodata.villages import Village, VillageKind
from maps.cards import CountKind, Origin, VisitCard
from maps.itinerary import Stop
from maps.words import HOME_VISITS

WEEKS_AHEAD: Final = 12
CHANGES_STAY: Final = timedelta(days=3)
"""How long a change of a visit that is past is still told on top."""
_SAME_START: Final = timedelta(minutes=10)
"""A new version that is off by less has not moved a visit: the hours told are estimates."""
_OPEN_KINDS: Final = frozenset({SiteKind.MARKET, SiteKind.HEALTH_CENTRE, SiteKind.VILLAGE_HALL})
_SERVICES: Final = (CountKind.RECORD_AND_PRINT, CountKind.RECORD_ONLY, CountKind.CHILD_ID_CARD, CountKind.HANDOVER)


class Audience(StrEnum):
    """Who may come: everybody, or pupils of the school that is visited."""

    EVERYONE = "everyone"
    PUPILS = "pupils"


@dataclass(frozen=True, slots=True)
class PublicPlace:
    """
    A place that people look up.

    Attributes
    ----------
    code
        Of the village (10 digits) or the site.
    spot
        Where the van stands: the village hall, or the site itself.
    address
        Village and district, as on the sign.
    """

    code: str
    name: str
    spot: str
    address: str
    village: str
    point: tuple[float, float]
    kind: SiteKind

    @property
    def path(self) -> str:
        """Below the regency's public address."""
        return f"desa/{self.code}" if self.code == self.village else f"sekolah/{self.code}"


@dataclass(frozen=True, slots=True)
class PublicChange:
    """
    What became of a visit.

    Attributes
    ----------
    reason
        For everybody to read; empty where none was written.
    was
        When the service had begun before.
    """

    kind: ChangeKind
    at: datetime
    reason: str
    was: datetime


@dataclass(frozen=True, slots=True)
class PublicVisit:
    """
    A visit as everybody may know it.

    Attributes
    ----------
    uid
        The same for all versions of the visit; says nothing of the request.
    starts, ends
        Of the service, on the regency's clocks; of a moved visit the new ones.
    services
        What is served, in the order of `CountKind`; never how many.
    bring
        Texts of cards.
    sequence
        Grows with every change and version.
    """

    uid: str
    place: PublicPlace
    audience: Audience
    starts: datetime
    ends: datetime
    services: tuple[CountKind, ...]
    bring: tuple[str, ...]
    sequence: int
    told: datetime
    change: PublicChange | None = None

    @property
    def is_cancelled(self) -> bool:
        """Whether the van does not come."""
        return self.change is not None and self.change.kind is ChangeKind.CANCELLED

    @property
    def is_open(self) -> bool:
        """Whether everybody may come, and the van comes."""
        return self.audience is Audience.EVERYONE and not self.is_cancelled


@dataclass(frozen=True, slots=True)
class PublicWeek:
    """
    A published week.

    Attributes
    ----------
    published
        When this version was.
    """

    monday: date
    version: int
    published: datetime


@dataclass(frozen=True)
class Schedule:
    """
    All that the public may know at a moment.

    Attributes
    ----------
    now
        On the regency's clocks.
    visits
        By their beginning; cancelled ones are there with their change.
    """

    now: datetime
    region: Region
    weeks: tuple[PublicWeek, ...]
    visits: tuple[PublicVisit, ...]

    @cached_property
    def coming(self) -> tuple[PublicVisit, ...]:
        """Visits that are not over."""
        return tuple(visit for visit in self.visits if visit.ends >= self.now)

    @cached_property
    def changed(self) -> tuple[PublicVisit, ...]:
        """Cancelled and moved visits that are coming, or were to come, or changed in the last days."""
        return tuple(visit for visit in self.visits if visit.change is not None and self._matters(visit))

    def at(self, place: PublicPlace) -> tuple[PublicVisit, ...]:
        """Visits of a place; of a village those at its hall and at its sites too."""
        if place.code == place.village:
            return tuple(visit for visit in self.visits if visit.place.village == place.code)
        return tuple(visit for visit in self.visits if visit.place.code == place.code)

    def week_of(self, visit: PublicVisit) -> PublicWeek | None:
        """The published week in which the visit lies."""
        monday = visit.starts.date() - timedelta(days=visit.starts.weekday())
        return next((week for week in self.weeks if week.monday == monday), None)

    def _matters(self, visit: PublicVisit) -> bool:
        assert visit.change is not None
        today = self.now.date()
        is_coming = max(visit.ends, visit.change.was).date() >= today
        return is_coming or visit.change.at >= self.now - CHANGES_STAY


def read_schedule(office: Office, regency: RegencyCode) -> Schedule:
    """What is published from the beginning of the month on."""
    region, zone = office.region(regency), office.zone(regency)
    now = office.now().astimezone(zone)
    monday = now.date() - timedelta(days=now.weekday())
    month = now.date().replace(day=1)
    first = min(monday - timedelta(days=7), month - timedelta(days=month.weekday()))
    found = office.read(regency, lambda scope: _find(scope, first, monday + timedelta(weeks=WEEKS_AHEAD)))
    published = _Published(office, regency, region, found.closed)
    visits = [visit for week in found.weeks for visit in published.visits(week)]
    weeks = tuple(PublicWeek(each.plan.week, each.plan.version, each.at.astimezone(zone)) for each in found.weeks)
    return Schedule(now, region, weeks, tuple(sorted(visits, key=lambda visit: (visit.starts, visit.uid))))


def find_public_place(region: Region, code: str) -> PublicPlace | None:
    """The village or site of that code; None where there is none, or nothing is told of it."""
    village = region.village_by_code.get(code)
    if village is not None:
        return _village_place(village)
    site = region.site_by_code.get(code)
    return None if site is None or site.kind.is_priority else _site_place(region, site)


def public_places(region: Region) -> Iterable[PublicPlace]:
    """All places that people look up."""
    yield from map(_village_place, region.villages)
    for site in region.sites:
        if not site.kind.is_priority:
            yield _site_place(region, site)


@dataclass(frozen=True, slots=True)
class _Version:
    plan: WeeklyPlan
    at: datetime
    changes: tuple[VisitChange, ...]
    counts: Mapping[str, tuple[int, datetime]]


@dataclass(frozen=True, slots=True)
class _Week:
    plan: WeeklyPlan
    at: datetime
    versions: tuple[_Version, ...]


@dataclass(frozen=True, slots=True)
class _Found:
    weeks: tuple[_Week, ...]
    closed: frozenset[str]


def _find(scope: Reading, first: date, last: date) -> _Found:
    weeks = []
    for plan in list_published(scope, first, last):
        told = [each for each in list_plans(scope, plan.week) if each.state is PlanState.SUPERSEDED]
        versions = tuple(_version(scope, each) for each in (*sorted(told, key=lambda each: each.version), plan))
        weeks.append(_Week(plan, versions[-1].at, versions))
    return _Found(tuple(weeks), frozenset(map(str, list_closed(scope))))


def _version(scope: Reading, plan: WeeklyPlan) -> _Version:
    steps = plan_steps(scope, plan.id)
    at = max((step.at for step in steps if step.state is PlanState.PUBLISHED), default=steps[-1].at)
    return _Version(plan, at, list_changes(scope, plan.id), change_counts(scope, plan.id))


class _Published:
    """Published weeks as the public sees them."""

    def __init__(self, office: Office, regency: RegencyCode, region: Region, closed: frozenset[str]) -> None:
        self._office, self._regency, self._region, self._closed = office, regency, region, closed

    def visits(self, week: _Week) -> list[PublicVisit]:
        """Those of the newest version, and what former versions had told otherwise."""
        former: dict[str, PublicVisit] = {}
        for version in week.versions[:-1]:
            former |= self._visits(version)
        current = week.versions[-1]
        now = self._visits(current)
        for uid, before in former.items():
            if uid in now:
                now[uid] = _compared(before, now[uid], current.at)
            elif before.is_cancelled:
                now[uid] = before
            else:
                gone = PublicChange(ChangeKind.CANCELLED, current.at, "", before.starts)
                sequence = current.plan.version * _PER_VERSION
                now[uid] = replace(before, change=gone, sequence=sequence, told=current.at)
        return list(now.values())

    def _visits(self, version: _Version) -> dict[str, PublicVisit]:
        changes = {change.visit: change for change in version.changes}
        itinerary = self._office.itinerary(self._regency, PlanId(version.plan.id))
        made = {}
        for day in itinerary.itineraries:
            for stop in day.stops:
                visit = self._visit(stop, version)
                if visit is not None:
                    made[visit.uid] = _changed(visit, changes.get(str(stop.card.visit)))
        return made

    def _visit(self, stop: Stop, version: _Version) -> PublicVisit | None:
        place, audience = self._told(stop.card, str(stop.location.id))
        if place is None or audience is None:
            return None
        key = f"{self._regency}/{version.plan.week.isoformat()}/{stop.card.visit}"
        count, last = version.counts.get(str(stop.card.visit), (0, version.at))
        return PublicVisit(
            hashlib.sha256(key.encode()).hexdigest()[:24],
            place,
            audience,
            stop.start,
            stop.finish,
            tuple(kind for kind in _SERVICES if stop.card.counts.get(kind)),
            stop.card.bring,
            version.plan.version * _PER_VERSION + count,
            max(last, version.at),
        )

    def _told(self, card: VisitCard, location: str) -> tuple[PublicPlace | None, Audience | None]:
        kind, _, request = str(card.visit).partition(":")
        if HOME_VISITS in card.notes or (kind == "request" and request.split("/")[0] in self._closed):
            return None, None
        where, _, code = location.partition(":")
        if where not in {"village", "site"}:
            return None, None
        place = find_public_place(self._region, code)
        return place, None if place is None else _audience(place.kind, card.origin)


_PER_VERSION: Final = 1_000
"""More than one visit is changed within a version."""


def _audience(kind: SiteKind, origin: Origin) -> Audience | None:
    if kind.is_school:
        return Audience.PUPILS
    if kind in _OPEN_KINDS or origin is not Origin.LETTER:
        return Audience.EVERYONE
    return None


def _changed(visit: PublicVisit, change: VisitChange | None) -> PublicVisit:
    if change is None:
        return visit
    told = PublicChange(change.kind, change.at, change.reason, visit.starts)
    if change.kind is ChangeKind.CANCELLED or change.moved_to is None:
        return replace(visit, change=replace(told, kind=ChangeKind.CANCELLED))
    starts = change.moved_to.astimezone(visit.starts.tzinfo)
    return replace(visit, starts=starts, ends=starts + (visit.ends - visit.starts), change=told)


def _compared(before: PublicVisit, now: PublicVisit, at: datetime) -> PublicVisit:
    # What somebody said about this version goes before what can be told by comparing.
    if now.change is not None or (abs(now.starts - before.starts) < _SAME_START and not before.is_cancelled):
        return now
    return replace(now, change=PublicChange(ChangeKind.MOVED, at, "", before.starts))


def _village_place(village: Village) -> PublicPlace:
    # Names and addresses are Indonesian in every language: they are what stands on the sign.
    kind, hall = ("Desa", "Balai Desa") if village.kind is VillageKind.DESA else ("Kelurahan", "Kantor Kelurahan")
    return PublicPlace(
        village.code,
        f"{kind} {village.name}",
        f"{hall} {village.name}",
        f"Kec. {village.district}",
        village.code,
        (village.lon, village.lat),
        SiteKind.VILLAGE_HALL,
    )


def _site_place(region: Region, site: Site) -> PublicPlace:
    village = region.village_by_code.get(site.village_code)
    address = "" if village is None else f"{_village_place(village).name}, Kec. {village.district}"
    return PublicPlace(site.code, site.name, site.name, address, site.village_code, (site.lon, site.lat), site.kind)
