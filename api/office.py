"""
A running office: its settings, its store, and what is made from the store's rows once and used by many requests.

Routes get it from the application; nothing of it is global.
"""

import hashlib
import threading
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from time import monotonic
from typing import TypeVar, cast
from zoneinfo import ZoneInfo

from starlette.requests import Request

from api.entities import PlanId
from api.errors import NotThereError
from api.i18n import Language, language
from api.jobs import JobQueue
from api.sessions import Session, find_session
from api.settings import Settings
from api.store.errors import UnfitValueError
from api.store.plans import get_documents
from api.store.regions import get_region_files, region_hashes
from api.store.scope import Reading, RegencyCode, Writing, regency_code
from api.store.store import Store
from api.stored_regions import StoredRegions
from geodata.region import Region
from maps.cards_file import read_cards
from maps.itinerary import WeekItinerary, itineraries
from maps.ways_file import read_ways
from optimizer.instance import read_plan, read_problem

T = TypeVar("T")
_KEPT_ITINERARIES = 24
_KEPT_DERIVED = 200
_SESSION_KEPT = timedelta(seconds=2)
_MOST_SESSIONS = 2_000
_REGENCIES_KEPT_S = 5.0
_ASK_AGAIN_S = 1.0
"""Whether a region has changed is asked at most so often."""


@dataclass(frozen=True, slots=True)
class _KeptRegion:
    asked: float
    key: str
    region: Region


@dataclass(slots=True)
class Office:
    """
    What routes work with.

    Attributes
    ----------
    clock
        The time now, in UTC.
    language
        The language of a code.
    """

    settings: Settings
    store: Store
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    language: Callable[[str], Language] = language
    _writes: dict[RegencyCode, int] = field(default_factory=dict)
    _regencies: dict[RegencyCode, str] = field(default_factory=dict)
    _regencies_until: float = 0.0
    _regions: dict[RegencyCode, "_KeptRegion"] = field(default_factory=dict)
    _derived: dict[tuple[RegencyCode, Hashable], tuple[Region, object]] = field(default_factory=dict)
    _itineraries: dict[tuple[RegencyCode, PlanId], WeekItinerary] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _stored: StoredRegions = field(init=False)
    _jobs: JobQueue | None = None
    _sessions: dict[bytes, tuple[datetime, Session | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Regions lie in the cache of the settings, where workers look too."""
        self._stored = StoredRegions(self.settings.cache)

    def now(self) -> datetime:
        """The time now, in UTC."""
        return self.clock()

    @property
    def jobs(self) -> JobQueue:
        """The jobs in the background; opened when first asked for."""
        with self._lock:
            if self._jobs is None:
                self._jobs = JobQueue(self.settings)
            return self._jobs

    def close(self) -> None:
        """Give back what was opened here; the store is its opener's."""
        with self._lock:
            jobs, self._jobs = self._jobs, None
        if jobs is not None:
            jobs.close()

    def read(self, regency: RegencyCode, look: Callable[[Reading], T]) -> T:
        """What the function finds in that regency's rows."""
        return self.store.read(regency, look)

    def write(self, regency: RegencyCode, change: Callable[[Writing], T]) -> T:
        """Make a change of that regency's rows; it is on the disk when this returns."""
        takes_away = False

        def changed(scope: Writing) -> T:
            nonlocal takes_away
            try:
                return change(scope)
            finally:
                takes_away = scope.takes_away

        try:
            return self.store.write(regency, changed)
        finally:
            with self._lock:
                self._writes[regency] = self._writes.get(regency, 0) + 1
                if takes_away:
                    self._sessions.clear()

    def session(self, regency: RegencyCode, secret: str) -> Session | None:
        """
        The session of that secret; None where there is none.

        It is asked of the store again after `_SESSION_KEPT`, and after every change here that takes rights away: what
        another process takes away (a command) counts within that time.
        """
        now, key = self.now(), hashlib.sha256(secret.encode("utf-8", "replace")).digest()
        with self._lock:
            kept = self._sessions.get(key)
        if kept is not None and timedelta(0) <= now - kept[0] < _SESSION_KEPT:
            return kept[1]
        found = self.store.read(regency, lambda scope: find_session(scope, secret, at=now))
        with self._lock:
            if len(self._sessions) >= _MOST_SESSIONS:
                self._sessions.clear()
            self._sessions[key] = (now, found)
        return found

    def writes(self, regency: RegencyCode) -> int:
        """How many changes of that regency went through here so far; others may write to the store besides."""
        return self._writes.get(regency, 0)

    def regencies(self) -> dict[RegencyCode, str]:
        """Names of the regencies by code; one that is loaded while the office runs is there after some seconds."""
        now = monotonic()
        if now >= self._regencies_until:
            self._regencies = self.store.list_regencies()
            self._regencies_until = now + _REGENCIES_KEPT_S
        return self._regencies

    def get_regency(self, text: str) -> tuple[RegencyCode, str]:
        """
        Code and name of the regency that an address names.

        Raises
        ------
        NotThereError
            When the office has none of that code.
        """
        try:
            code = regency_code(text)
        except UnfitValueError:
            raise NotThereError from None
        if code not in self.regencies():
            self._regencies = self.store.list_regencies()
        if code not in self._regencies:
            raise NotThereError
        return code, self._regencies[code]

    def region(self, regency: RegencyCode) -> Region:
        """The regency's places, people and rules, read once; a change of its documents shows within a second."""
        now = monotonic()
        with self._lock:
            kept = self._regions.get(regency)
        if kept is not None and now < kept.asked + _ASK_AGAIN_S:
            return kept.region
        key = self.read(regency, region_hashes)
        if kept is None or kept.key != key:
            region = self._stored.region(regency, self.read(regency, get_region_files))
        else:
            region = kept.region
        with self._lock:
            self._regions[regency] = _KeptRegion(now, key, region)
        return region

    def derive(self, regency: RegencyCode, name: Hashable, make: Callable[[Region], T]) -> T:
        """
        What a function makes of the regency's region, made once until the region changes.

        Parameters
        ----------
        name
            Tells what is made; it must hold whatever else ``make`` depends on.
        """
        region = self.region(regency)
        with self._lock:
            kept = self._derived.get((regency, name))
        if kept is None or kept[0] is not region:
            kept = (region, make(region))
            with self._lock:
                self._derived[regency, name] = kept
                while len(self._derived) > _KEPT_DERIVED:
                    del self._derived[next(iter(self._derived))]
        return cast(T, kept[1])

    def itinerary(self, regency: RegencyCode, plan: PlanId) -> WeekItinerary:
        """
        A kept version of a plan as people read it; versions never change, so the newest few that were asked for stay.

        Raises
        ------
        MissingError
            When the regency has no such version.
        NotThereError
            When it was kept without what people read (cards).
        """
        key = (regency, plan)
        with self._lock:
            known = self._itineraries.pop(key, None)
        if known is None:
            documents = self.read(regency, lambda scope: get_documents(scope, plan))
            if documents.cards is None:
                raise NotThereError
            along = {} if documents.ways is None else read_ways(documents.ways)
            problem = read_problem(documents.instance)
            known = itineraries(problem, read_plan(documents.plan), read_cards(documents.cards), along)
        with self._lock:
            self._itineraries[key] = known
            while len(self._itineraries) > _KEPT_ITINERARIES:
                del self._itineraries[next(iter(self._itineraries))]
        return known

    def zone(self, regency: RegencyCode) -> ZoneInfo:
        """The regency's time zone."""
        return ZoneInfo(self.region(regency).timezone)

    def today(self, regency: RegencyCode) -> date:
        """Today, in the regency's time zone."""
        return self.now().astimezone(self.zone(regency)).date()


def office_of(http_request: Request) -> Office:
    """The office that an http request is for; a dependency of routes."""
    return cast(Office, http_request.app.state.office)
