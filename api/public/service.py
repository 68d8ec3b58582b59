"""What pages of the public show: the schedule with the words, addresses and figures that templates need."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final

from api.calendars import calendar, event
from api.errors import NotThereError, UnfitFormError
from api.i18n import N_
from api.office import Office
from api.public.looking import facilities_of, find_places, fixed_rounds, nearest_coming
from api.public.words import SERVICES, amenity_names, rule_text, share_url
from api.schedule import (
    Audience,
    PublicChange,
    PublicPlace,
    PublicVisit,
    PublicWeek,
    Schedule,
    find_public_place,
    read_schedule,
)
from api.store.facilities import OFFICE, list_facilities
from api.store.scope import RegencyCode
from geodata.areas import village_areas
from maps.cards import PlaceKind
from maps.public_map import PublicMark, public_map
from maps.words import FREE, Words

_LIST_DAYS: Final = 31
_FULL_HOME: Final = 60
"""Most visits on the first page; what comes later is found by its place."""


@dataclass(frozen=True, slots=True)
class ShownVisit:
    """
    A visit in words.

    Attributes
    ----------
    moved_from
        Day and time at which a moved visit was to begin.
    share
        Link that shares it by WhatsApp.
    """

    visit: PublicVisit
    url: str
    day: str
    hours: str
    services: tuple[str, ...]
    bring: tuple[str, ...]
    facilities: tuple[str, ...]
    note: str
    moved_from: str
    share: str

    @property
    def change(self) -> PublicChange | None:
        """What became of it."""
        return self.visit.change

    @property
    def is_for_pupils(self) -> bool:
        """Whether only the school's pupils may come."""
        return self.visit.audience is Audience.PUPILS


@dataclass(frozen=True, slots=True)
class HomePage:
    """The first page: what changed, what was looked for, and what comes, by day."""

    changed: tuple[ShownVisit, ...]
    weeks: tuple[PublicWeek, ...]
    days: tuple[tuple[date, tuple[ShownVisit, ...]], ...]
    nearest: ShownVisit | None
    found: tuple[PublicPlace, ...]
    has_more: bool
    office: tuple[str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class PlacePage:
    """
    A place's page.

    Attributes
    ----------
    next
        Its next visit, which may be cancelled.
    month
        All of the month, those past too.
    near
        The nearest place elsewhere to which a van comes, and how far it is.
    rules
        Fixed rounds: place and rule in words.
    """

    place: PublicPlace
    changed: tuple[ShownVisit, ...]
    weeks: tuple[PublicWeek, ...]
    next: ShownVisit | None
    month: tuple[ShownVisit, ...]
    near: tuple[ShownVisit, float] | None
    rules: tuple[tuple[PublicPlace, str], ...]
    facilities: tuple[str, ...]
    note: str


class PublicPages:
    """
    The pages of one regency, in one language, as of now.

    Parameters
    ----------
    words
        Of the reader.
    """

    def __init__(self, office: Office, regency: RegencyCode, words: Words) -> None:
        self._office, self._regency, self._words = office, regency, words
        self._said = office.read(regency, list_facilities)
        self.schedule: Schedule = read_schedule(office, regency)

    def home(self, typed: str) -> HomePage:
        """The first page; with what was typed, places of that name."""
        coming = [visit for visit in self.schedule.coming if not visit.is_cancelled]
        shown = coming[:_FULL_HOME]
        days = groupby(shown, key=lambda visit: visit.starts.date())
        first = next((visit for visit in coming if visit.is_open), None)
        own = facilities_of(self.schedule.region, self._said, OFFICE)
        return HomePage(
            self._changed(self.schedule.changed),
            self.schedule.weeks,
            tuple((day, tuple(map(self._shown, visits))) for day, visits in days),
            None if first is None else self._shown(first),
            find_places(self.schedule.region, typed),
            len(coming) > len(shown),
            (self.schedule.region.office.name, tuple(amenity_names(own.amenities, self._words)), own.note),
        )

    def place(self, code: str, *, is_village: bool) -> PlacePage:
        """
        The page of a village or site.

        Raises
        ------
        NotThereError
            When there is none of that code, or nothing is told of it.
        """
        place = self.find(code, is_village=is_village)
        here = self.schedule.at(place)
        now = self.schedule.now
        coming = [visit for visit in here if visit.ends >= now]
        first = next((visit for visit in coming if not visit.is_cancelled), coming[0] if coming else None)
        last = now + timedelta(days=_LIST_DAYS)
        month = [visit for visit in here if visit.starts >= _month(now) and visit.starts <= last]
        near = nearest_coming(self.schedule, place)
        own = facilities_of(self.schedule.region, self._said, place.code)
        told = {visit.starts.date() - timedelta(days=visit.starts.weekday()) for visit in here}
        return PlacePage(
            place,
            self._changed(tuple(visit for visit in self.schedule.changed if visit in here)),
            tuple(week for week in self.schedule.weeks if week.monday in told),
            None if first is None else self._shown(first),
            tuple(map(self._shown, month)),
            None if near is None else (self._shown(near[0]), near[1]),
            tuple((where, rule_text(row, self._words)) for where, row in fixed_rounds(self.schedule, place)),
            tuple(amenity_names(own.amenities, self._words)),
            own.note,
        )

    def find(self, code: str, *, is_village: bool) -> PublicPlace:
        """
        The village, or the site, of that code.

        Raises
        ------
        NotThereError
            When there is none, or nothing is told of it.
        """
        place = find_public_place(self.schedule.region, code)
        if place is None or (place.code == place.village) != is_village:
            raise NotThereError
        return place

    def calendar(self, code: str) -> bytes:
        """
        All known visits of a village as a calendar; cancelled ones are in it as such, so that calendars take them out.

        Raises
        ------
        NotThereError
            When there is no such village.
        """
        place, gettext = self.find(code, is_village=True), self._words.gettext
        entries = []
        for visit in self.schedule.at(place):
            shown = self._shown(visit)
            told = [*shown.services, gettext(FREE), *shown.bring, f"{self._office.settings.public_url}{shown.url}"]
            if shown.is_for_pupils:
                told.insert(0, gettext("For pupils of this school"))
            entries.append(
                event(
                    f"{visit.uid}@{self._regency}.moling",
                    visit.starts,
                    visit.ends,
                    gettext("Mobile civil registry service: {place}").format(place=visit.place.spot),
                    f"{visit.place.spot}, {visit.place.address}",
                    "\n".join(told),
                    cancelled=visit.is_cancelled,
                    sequence=visit.sequence,
                    changed=visit.told,
                )
            )
        return calendar(gettext("Moling in {place}").format(place=place.name), entries)

    def weeks(self) -> tuple[date, ...]:
        """Mondays of published weeks that are not over, in order."""
        today = self.schedule.now.date()
        return tuple(week.monday for week in self.schedule.weeks if week.monday + timedelta(days=6) >= today)

    def in_week(self, monday: date) -> tuple[ShownVisit, ...]:
        """What a published week has, without what was cancelled."""
        sunday = monday + timedelta(days=6)
        visits = [each for each in self.schedule.visits if monday <= each.starts.date() <= sunday]
        return tuple(self._shown(visit) for visit in visits if not visit.is_cancelled)

    def map(self, monday: date) -> str:
        """
        The map of a published week.

        Raises
        ------
        NotThereError
            When that week is not published.
        """
        if monday not in {week.monday for week in self.schedule.weeks}:
            raise NotThereError
        region, gettext = self.schedule.region, self._words.gettext
        marks = []
        for shown in self.in_week(monday):
            visit = shown.visit
            note = gettext("For pupils of this school") if shown.is_for_pupils else gettext("Open to everybody")
            kind = PlaceKind.VILLAGE if visit.place.code == visit.place.village else PlaceKind.HOST
            marks.append(
                PublicMark(
                    PlaceKind.SCHOOL if visit.place.kind.is_school else kind,
                    visit.place.name,
                    visit.place.point,
                    visit.starts,
                    visit.ends,
                    (visit.place.spot, f"{shown.day}, {shown.hours}", note),
                )
            )
        areas = village_areas(region)
        return public_map(monday, marks, areas, sources=region.sources, gettext=gettext, locale=self._words.locale)

    def _changed(self, visits: tuple[PublicVisit, ...]) -> tuple[ShownVisit, ...]:
        return tuple(map(self._shown, visits))

    def _shown(self, visit: PublicVisit) -> ShownVisit:
        words = self._words
        url = f"/{self._regency}/{visit.place.path}"
        own = facilities_of(self.schedule.region, self._said, visit.place.code)
        was = "" if visit.change is None else f"{words.day(visit.change.was.date())}, {words.clock(visit.change.was)}"
        return ShownVisit(
            visit,
            url,
            words.day(visit.starts.date()),
            words.span(visit.starts, visit.ends),
            tuple(words.gettext(SERVICES[each]) for each in visit.services),
            tuple(words.text(each) for each in visit.bring),
            tuple(amenity_names(own.amenities, words)),
            own.note,
            was,
            share_url(visit, f"{self._office.settings.public_url}{url}", words),
        )


def parse_week(text: str) -> date:
    """
    The Monday of a week written as ``2026-W50``.

    Raises
    ------
    NotThereError
        When it is none.
    """
    try:
        year, _, number = text.partition("-W")
        return date.fromisocalendar(int(year), int(number), 1)
    except ValueError:
        raise NotThereError from None


def week_name(monday: date) -> str:
    """As addresses name a week."""
    year, number, _ = monday.isocalendar()
    return f"{year}-W{number:02}"


def checked_place(office: Office, regency: RegencyCode, code: str) -> str | None:
    """
    A place's code as a form sent it; None where it names none.

    Raises
    ------
    UnfitFormError
        When the region has no such place that the public is told of.
    """
    if not code:
        return None
    if find_public_place(office.region(regency), code) is None:
        raise UnfitFormError(N_("This place is not known here; choose one of the list."))
    return code


def _month(now: datetime) -> datetime:
    return now.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
