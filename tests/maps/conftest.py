"""
One week of two vans in Kabupaten Batu Bara, made by hand: 17 stops on 5 days, and 4 visits left out.

Names are of real villages; letters, counts and times are made up.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import geopandas
import pytest
import shapely

from maps.cards import (
    BaseCard,
    CountKind,
    Factor,
    Origin,
    PlaceKind,
    VehicleCard,
    VillageCard,
    VisitCard,
    WeekCards,
)
from maps.itinerary import WeekItinerary, itineraries
from optimizer.plan import Plan, PlanStatus, Reason, Route, Stop, Unserved
from optimizer.problem import (
    DAY_MIN,
    Fixed,
    Location,
    LocationId,
    Pause,
    Problem,
    Shift,
    ShiftId,
    TimeWindow,
    VehicleId,
    Visit,
    VisitId,
)

MONDAY = date(2026, 12, 7)
LUNCH = (720, 780)
FRIDAY_PRAYER = (705, 810)

_KTP = {CountKind.RECORD_AND_PRINT: 62, CountKind.RECORD_ONLY: 41}
_SCHOOL, _VILLAGE, _HOST = PlaceKind.SCHOOL, PlaceKind.VILLAGE, PlaceKind.HOST

# id, name, kind, origin, lon, lat, people, counts
_PLACES: tuple[tuple[str, str, PlaceKind, Origin, float, float, int, Mapping[CountKind, int]], ...] = (
    ("smkn1-airputih", "SMKN 1 Air Putih", _SCHOOL, Origin.LETTER, 99.372, 3.297, 88, _KTP),
    ("smkn1-airputih/2", "SMKN 1 Air Putih", _SCHOOL, Origin.LETTER, 99.372, 3.297, 90, _KTP),
    ("sman1-talawi", "SMAN 1 Talawi", _SCHOOL, Origin.LETTER, 99.567, 3.216, 70, {CountKind.RECORD_AND_PRINT: 82}),
    ("sman1-limapuluh", "SMAN 1 Lima Puluh", _SCHOOL, Origin.LETTER, 99.418, 3.168, 61, _KTP),
    ("man-batubara", "MAN Batu Bara", _SCHOOL, Origin.LETTER, 99.431, 3.171, 45, {CountKind.RECORD_ONLY: 53}),
    ("slb-talawi", "SLB Negeri Batu Bara", _SCHOOL, Origin.LETTER, 99.562, 3.221, 14, {CountKind.RECORD_AND_PRINT: 16}),
    ("pesantren", "Pesantren Darul Ulum", _HOST, Origin.LETTER, 99.330, 3.350, 52,
     {CountKind.RECORD_AND_PRINT: 40, CountKind.OUTSIDE_DOMICILE: 18}),
    ("panti", "Panti Asuhan Al-Ikhlas", _HOST, Origin.LETTER, 99.622, 3.178, 19, {CountKind.CHILD_ID_CARD: 22}),
    ("lapas", "Lapas Labuhan Ruku", _HOST, Origin.LETTER, 99.583, 3.196, 40, {CountKind.RECORD_AND_PRINT: 47}),
    ("tk", "TK Pembina Medang Deras", _HOST, Origin.LETTER, 99.292, 3.402, 30, {CountKind.CHILD_ID_CARD: 36}),
    ("tanah-tinggi", "Balai Desa Tanah Tinggi", _VILLAGE, Origin.ROUND, 99.386, 3.271, 35, {}),
    ("indrapura", "Kelurahan Indrapura", _VILLAGE, Origin.ROUND, 99.375, 3.284, 40, {}),
    ("sei-balai", "Balai Desa Sei Balai", _VILLAGE, Origin.ROUND, 99.562, 3.082, 38, {}),
    ("bogak", "Balai Desa Bogak", _VILLAGE, Origin.ROUND, 99.590, 3.219, 33, {}),
    ("nenassiam", "Balai Desa Nenassiam", _VILLAGE, Origin.BACKLOG, 99.310, 3.427, 57, {}),
    ("ujung-kubu", "Balai Desa Ujung Kubu", _VILLAGE, Origin.BACKLOG, 99.660, 3.134, 48, {}),
    ("gambus-laut", "Balai Desa Gambus Laut", _VILLAGE, Origin.BACKLOG, 99.488, 3.228, 42, {}),
    ("smas-yapim", "SMAS Yapim Sei Suka", _SCHOOL, Origin.LETTER, 99.405, 3.312, 120, _KTP),
    ("sman1-seisuka", "SMAN 1 Sei Suka", _SCHOOL, Origin.LETTER, 99.421, 3.330, 75, _KTP),
    ("pasar", "Pasar Delima Indrapura", _HOST, Origin.LETTER, 99.377, 3.283, 25, {CountKind.CHILD_ID_CARD: 12}),
    ("pematang", "Balai Desa Pematang Panjang", _VILLAGE, Origin.BACKLOG, 99.440, 3.254, 29, {}),
)  # fmt: skip

# weekday, van, stops in order
_ROUTES = (
    (0, 1, ("sman1-limapuluh", "man-batubara")),
    (0, 2, ("sei-balai", "panti")),
    (1, 1, ("smkn1-airputih", "indrapura", "tanah-tinggi")),
    (1, 2, ("sman1-talawi", "bogak")),
    (2, 1, ("pesantren", "nenassiam")),
    (2, 2, ("lapas", "ujung-kubu")),
    (3, 1, ("smkn1-airputih/2", "tk")),
    (3, 2, ("slb-talawi",)),
    (4, 1, ("gambus-laut",)),
)
_UNSERVED = (
    Unserved(
        VisitId("smas-yapim"),
        Reason.IMPOSSIBLE,
        "Needs 310 minutes; its Saturday window is 240 minutes long.",
    ),
    Unserved(VisitId("sman1-seisuka"), Reason.DISPLACED, "", by=(VisitId("smkn1-airputih"),)),
    Unserved(VisitId("pasar"), Reason.UNDECIDED, "No place was found in the time given."),
    Unserved(VisitId("pematang"), Reason.DISPLACED, ""),
)


@dataclass(frozen=True)
class Case:
    """A problem with a plan of it and the cards that go with them."""

    problem: Problem
    plan: Plan
    cards: WeekCards

    @property
    def week(self) -> WeekItinerary:
        """As people read it."""
        return itineraries(self.problem, self.plan, self.cards)


def _shift(day: int, van: int) -> Shift:
    pause = Pause(*(day * DAY_MIN + minute for minute in (FRIDAY_PRAYER if day == 4 else LUNCH)))
    return Shift(
        id=ShiftId(f"moling-{van}/{day}"),
        vehicle=VehicleId(f"moling-{van}"),
        start_location=LocationId("office"),
        end_location=LocationId("office"),
        earliest=day * DAY_MIN + 450,
        latest=day * DAY_MIN + 960,
        overtime_max=120,
        pauses=(pause,),
        kits=3 - van,
    )


def _visit(place: tuple[str, str, PlaceKind, Origin, float, float, int, Mapping[CountKind, int]]) -> Visit:
    people = place[6]
    return Visit(
        id=VisitId(place[0]),
        location=LocationId(place[0].partition("/")[0]),
        prize=float(people),
        setup_min=35,
        work_min=people * 3,
        windows=(TimeWindow(0, 7 * DAY_MIN),),
        demand={"id_card": place[7].get(CountKind.RECORD_AND_PRINT, 0)},
        fixed=Fixed(ShiftId("moling-1/2")) if place[0] == "pesantren" else None,
    )


def _route(problem: Problem, day: int, van: int, visits: tuple[str, ...]) -> Route:
    """The stops one after the other, each as soon as the van is there."""
    shift = problem.shift_by_id[ShiftId(f"moling-{van}/{day}")]
    travel, row = problem.travel_times, problem.location_index
    (pause,) = shift.pauses

    def later(minute: int, work: int) -> int:
        end = minute + work
        return end if minute >= pause.end or end <= pause.start else end + pause.end - pause.start

    here, now, distance, stops = row[shift.start_location], shift.earliest, 0, []
    for name in visits:
        visit = problem.visit_by_id[VisitId(name)]
        there = row[visit.location]
        arrive = later(now, int(travel.duration_min[here, there]))
        start = pause.end if pause.start <= arrive < pause.end else arrive
        now = later(start, visit.service_duration(shift.kits))
        distance += int(travel.distance_m[here, there])
        stops.append(Stop(visit.id, arrive, start, now))
        here = there
    back = later(now, int(travel.duration_min[here, row[shift.end_location]]))
    distance += int(travel.distance_m[here, row[shift.end_location]])
    return Route(shift.id, shift.earliest, back, distance, tuple(stops))


def _card(place: tuple[str, str, PlaceKind, Origin, float, float, int, Mapping[CountKind, int]]) -> VisitCard:
    identifier, name, kind, origin, _, _, people, counts = place
    asked = origin is Origin.LETTER
    halves = identifier.startswith("smkn1")
    return VisitCard(
        visit=VisitId(identifier),
        name=name,
        kind=kind,
        origin=origin,
        place="Kec. Air Putih" if kind is PlaceKind.SCHOOL else "Kec. Talawi",
        people=people,
        village_code=f"12190420{[each[0] for each in _PLACES].index(identifier) + 1:02d}",
        counts=counts,
        letter_number=f"421/{people:03d}/2026" if asked else None,
        letter_date=date(2026, 11, 12) if asked else None,
        rule="every second Tuesday" if origin is Origin.ROUND else None,
        bring=("Kartu Keluarga (KK)", "akta kelahiran"),
        notes=("sinyal lemah", "genset perlu") if kind is PlaceKind.HOST else (),
        part=1 + identifier.endswith("/2") if halves else 1,
        parts=2 if halves else 1,
        factors=(Factor("people waiting", float(people)), Factor("urgency", 1.5)),
    )


def make_case(routes: tuple[tuple[int, int, tuple[str, ...]], ...] = _ROUTES) -> Case:
    """The week described above, or the same with other routes."""
    places = {place[0].partition("/")[0]: place for place in reversed(_PLACES)}
    problem = Problem(
        name="batubara 2026-W50",
        week=MONDAY,
        timezone="Asia/Jakarta",
        locations=(
            Location(LocationId("office"), 99.53, 3.16),
            *(Location(LocationId(name), place[4], place[5]) for name, place in places.items()),
        ),
        shifts=tuple(_shift(day, van) for van in (1, 2) for day in range(5)),
        visits=tuple(_visit(place) for place in _PLACES),
    )
    plan = Plan(
        instance=problem.name,
        instance_sha256="0" * 64,
        status=PlanStatus.FEASIBLE,
        value=801.5,
        bound=802.0,
        seconds=1.0,
        engine="by hand",
        routes=tuple(_route(problem, *route) for route in routes),
        unserved=_UNSERVED,
    )
    cards = WeekCards(
        regency="Kabupaten Batu Bara",
        bases=(BaseCard(LocationId("office"), "Disdukcapil Batu Bara"),),
        vehicles=(
            VehicleCard(VehicleId("moling-1"), "Moling 1", 1, kits=2),
            VehicleCard(VehicleId("moling-2"), "Moling 2", 2, kits=1, can_print=False),
        ),
        visits=tuple(_card(place) for place in _PLACES),
        villages=tuple(
            VillageCard(
                f"12190420{number:02d}", place[1].removeprefix("Balai "), (number * 7) % 41 if number % 6 else None
            )
            for number, place in enumerate(_PLACES, start=1)
        ),
        notes=("Tanggal libur 2027 masih perkiraan.",),
        sources=("Titik desa: data contoh.",),
    )
    return Case(problem, plan, cards)


@pytest.fixture(scope="session")
def case() -> Case:
    return make_case()


@pytest.fixture(scope="session")
def full_week() -> WeekItinerary:
    """A week of one day with five stops, the most that a sheet of paper must hold."""
    stops = ("smkn1-airputih", "indrapura", "tanah-tinggi", "pesantren", "tk")
    return make_case(((1, 1, stops),)).week


@pytest.fixture(scope="session")
def areas(case: Case) -> geopandas.GeoDataFrame:
    """Cells around the visits' places, approximate as those of a regency without boundaries."""
    points = shapely.MultiPoint(
        [(place.lon + number * 1e-4, place.lat) for number, place in enumerate(case.problem.locations[1:])]
    )
    hull = points.convex_hull.buffer(0.03)
    cells = [cell.intersection(hull) for cell in shapely.voronoi_polygons(points, extend_to=hull).geoms]
    codes = [village.code for village in case.cards.villages][: len(cells)]
    return geopandas.GeoDataFrame({"code": codes, "is_approximate": True}, geometry=cells, crs="EPSG:4326")
