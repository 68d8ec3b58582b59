"""A small regency with a story: an office, five villages in a row, three schools, a prison and two vans."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from api.entities import RequestId, RequestLetter, RequestState, VisitRequest
from api.planning.build import PlanningWeek, build_week
from api.planning.desk import Desk
from geodata.calendar import CalendarOverrides, DayHours, OfficeHours, SchoolHours
from geodata.fleet import CardStock, CardType, Fleet, Unit
from geodata.region import Office, Region
from geodata.requests import RecurringRow, ServiceCounts
from geodata.sites import Site, SiteKind
from geodata.times import RelativeDate, TimeRange, Weekday
from geodata.villages import Village, VillageKind

WEEK = date(2026, 12, 7)
"""Monday of an ordinary week: no holiday, no fasting month."""


def _hours(start: int, end: int, pause: tuple[int, int]) -> DayHours:
    return DayHours(TimeRange(start, end), TimeRange(*pause))


@pytest.fixture
def rules() -> CalendarOverrides:
    """Hours of Presidential Regulation 21/2023: 37.5 h a week, 32.5 h in the fasting month; nothing overridden."""
    return CalendarOverrides(
        hours=OfficeHours(_hours(450, 960, (720, 780)), _hours(450, 990, (705, 810))),
        ramadan_hours=OfficeHours(_hours(480, 900, (720, 750)), _hours(480, 930, (705, 810))),
        school=SchoolHours(5, 930, 690, 1080, TimeRange(480, 840)),
    )


@pytest.fixture
def region(rules: CalendarOverrides) -> Region:
    """Villages 4 km apart on a line; van 1 prints and works late and on Saturdays, van 2 has the portable kit."""
    villages = tuple(
        Village(
            f"121901200{number}",
            f"Desa {number}",
            VillageKind.DESA,
            "Kecamatan Satu",
            99.40 + 0.036 * number,
            3.20,
            unrecorded=40,
            last_visit=RelativeDate(-7 * 10 * number),
        )
        for number in range(1, 6)
    )
    sites = (
        Site("SMA1", "SMA Satu", SiteKind.SMA, "1219012001", 99.44, 3.21),
        Site("SMK1", "SMK Satu", SiteKind.SMK, "1219012002", 99.47, 3.21),
        Site("SLB1", "SLB Satu", SiteKind.SLB, "1219012003", 99.51, 3.21),
        Site("LAPAS", "Lapas Satu", SiteKind.PRISON, "1219012002", 99.48, 3.19),
    )
    units = (
        Unit("moling-1", "Moling 1", 2, can_print=True, works_saturday=True, works_after_hours=True),
        Unit("moling-2", "Moling 2", 1, can_print=False, skills=frozenset({"portable_kit"})),
    )
    stock = (CardStock(CardType.ID_CARD, 500, 0.1),)
    return Region(
        code="1219",
        name="Kabupaten Contoh",
        timezone="Asia/Jakarta",
        office=Office("Disdukcapil Contoh", "Jl. Contoh 1", 99.44, 3.20),
        villages=villages,
        sites=sites,
        fleet=Fleet(units, stock, overtime_per_week_min=600, overtime_per_day_min=150),
        requests=(),
        recurring=(),
        calendar=rules,
    )


@pytest.fixture
def make_request() -> Callable[..., VisitRequest]:
    """Makes a complete, accepted letter of SMA Satu for 40 pupils; any field can be set otherwise."""

    def make(request_id: str = "PM-001", **changes: Any) -> VisitRequest:  # noqa: ANN401
        request = VisitRequest(
            RequestId(request_id),
            "SMA1",
            SiteKind.SMA,
            date(2026, 11, 30),
            ServiceCounts(record_and_print=40),
            RequestLetter("421.3/118", date(2026, 11, 27), has_scan=True),
            state=RequestState.ACCEPTED,
        )
        return replace(request, **changes)

    return make


@pytest.fixture
def make_stop() -> Callable[..., RecurringRow]:
    """Makes a recurring stop at the hall of Desa 1 every Monday; any field can be set otherwise."""

    def make(stop_id: str = "R1", **changes: Any) -> RecurringRow:  # noqa: ANN401
        stop = RecurringRow(
            stop_id, "1219012001", (Weekday.MON,), 1, date(2026, 1, 5), ServiceCounts(record_and_print=20)
        )
        return replace(stop, **changes)

    return make


@pytest.fixture
def build(region: Region) -> Callable[..., PlanningWeek]:
    """Builds a week of the regency from the letters and stops given; region and week can be others."""

    def make(
        *requests: VisitRequest,
        stops: tuple[RecurringRow, ...] = (),
        of: Region | None = None,
        week: date = WEEK,
        **options: Any,  # noqa: ANN401
    ) -> PlanningWeek:
        return build_week(Desk(of or region, week, requests, stops), **options)

    return make
