"""Public instances become problems that say the same: tiny files written here, and the real ones where they are."""

import csv
import os
from pathlib import Path

import pytest

from benchmarks.errors import InexactInstanceError, UnreadableInstanceError
from benchmarks.judged import judge, plan_from_sequences
from benchmarks.orienteering import read_mctopmtw, read_toptw
from benchmarks.solomon import read_solomon
from benchmarks.vrplib import read_solution, read_vrplib
from optimizer.problem import LimitScope, Problem, ShiftId, TimeWindow, VisitId

SOLOMON = """TINY

VEHICLE
NUMBER     CAPACITY
  2         15

CUSTOMER
CUST NO.   XCOORD.   YCOORD.   DEMAND   READY TIME   DUE DATE   SERVICE TIME

    0      0         0          0          0        100          0
    1      3         4         10         10         20          5
    2      1         1         10          0         90          5
"""

PCVRPTW = """NAME : TINY
TYPE : PCVRPTW
DIMENSION : 4
VEHICLES : 1
CAPACITY : 30
SERVICE_TIME : 10
EDGE_WEIGHT_TYPE : EUC_2D
NODE_COORD_SECTION
1 0 0
2 3 4
3 1 1
4 0 9
DEMAND_SECTION
1 0
2 10
3 10
4 10
TIME_WINDOW_SECTION
1 0 100
2 10 20
3 0 90
4 0 90
PRIZE_SECTION
1 0
2 41
3 0
4 8
DEPOT_SECTION
1
-1
EOF
"""

SDVRPTW = """NAME: TINY
TYPE: SDVRPTW
DIMENSION: 3
VEHICLES: 2
VEHICLES_MAX_DURATION: 50
NODE_COORD_SECTION
1\t0\t0
2\t1\t1
3\t3\t4
DEMAND_SECTION
1\t0
2\t5
3\t5
SERVICE_TIME_SECTION
1\t0
2\t2
3\t2
TIME_WINDOW_SECTION
1\t0\t100
2\t0\t90
3\t0\t90
CAPACITY_SECTION
1\t10
2\t20
VEHICLES_ALLOWED_CLIENTS_SECTION
1\t2
2\t2\t3
DEPOT_SECTION
1
EOF
"""

MDVRPTW = """NAME: TINY
TYPE: MDVRPTW
DIMENSION: 3
VEHICLES: 2
CAPACITY: 10
NODE_COORD_SECTION
1 0 0
2 10 0
3 10 4
DEMAND_SECTION
1 0
2 0
3 5
SERVICE_TIME_SECTION
1 0
2 0
3 2
TIME_WINDOW_SECTION
1 0 100
2 20 80
3 0 90
VEHICLES_DEPOT_SECTION
1 1
2 2
DEPOT_SECTION
1
2
EOF
"""

TOPTW = """4 10 2 1
0 200
0 0.00 0.00 0.00 0.00 0 0 0 100
1 3.00 4.00 10.00 7.00 1 1 1 10 20
2 1.00 1.00 10.00 9.00 1 1 1 0 90
"""

MCTOPMTW = """2 2 150 1 2 2 2 2 2 2 2 2 2
0 0.0 0.0 0.0 0.0 0 100
2 3.0 4.0 10.0 7.0 0 10.5 20 30 40 1 95 1 0 0 0 0 0 0 0 0 1
3 1.0 1.0 10.0 9.0 0 10 20 30 40 0 22 0 0 0 0 0 0 0 0 0 0
"""


def test_solomon_counts_tenths_cut_off() -> None:
    """Published values are sums of distances cut off after one decimal, so 1.414 must cost 1.4 and no more."""
    problem = read_solomon(SOLOMON).problem
    plan = plan_from_sequences(
        problem, {ShiftId("vehicle-1"): [VisitId("2")], ShiftId("vehicle-2"): [VisitId("1")]}, "", 0
    )
    found = judge(problem, plan)
    assert found.value == pytest.approx(-(1.4 * 2 + 5 * 2))
    assert not found.broken
    assert problem.visit_by_id[VisitId("1")].windows == (TimeWindow(100, 200),)
    assert all(visit.required for visit in problem.visits)


def test_solomon_keeps_capacity() -> None:
    """Two customers of 10 exceed a vehicle of 15: the judge must refuse what the file forbids."""
    problem = read_solomon(SOLOMON).problem
    plan = plan_from_sequences(problem, {ShiftId("vehicle-1"): [VisitId("1"), VisitId("2")]}, "", 0)
    assert any("15" in sentence for sentence in judge(problem, plan).broken)


def test_solomon_refuses_a_stay_without_time() -> None:
    """A visit of ours lasts a minute at least; a file with shorter ones would be said wrongly, so it is refused."""
    with pytest.raises(InexactInstanceError, match="Customer 2: service time is 0"):
        read_solomon(SOLOMON.replace("90          5", "90          0"))


def test_prizes_less_distance() -> None:
    """The published cost is ten times distance plus prizes left behind; `value_of` must turn it into our value."""
    reading = read_vrplib(PCVRPTW)
    routes, cost = read_solution("Route #1: 2 1\nCost: 196\n")
    found = judge(reading.problem, plan_from_sequences(reading.problem, routes, "", 0))
    # Ways 1.4 + 3.6 + 5.0 and the prize of customer 3 left behind make 18.0, times ten.
    assert found.value == pytest.approx(reading.value_of(180))
    assert found.value == pytest.approx(41 - 10.0)
    assert cost == 196
    assert not reading.loosened


def test_no_prize_means_required() -> None:
    """The set's convention: a customer without a prize must be visited, the others may be."""
    required = {visit.id: visit.required for visit in read_vrplib(PCVRPTW).problem.visits}
    assert required == {"1": False, "2": True, "3": False}


def test_inexact_types_ask_for_leave() -> None:
    """A longest time from leaving on cannot be said by our format: only who asks gets the loosened problem."""
    with pytest.raises(InexactInstanceError, match="from leaving to coming back"):
        read_vrplib(SDVRPTW)
    assert len(read_vrplib(SDVRPTW, loosen=True).loosened) == 2


def test_sites_become_allowed_shifts() -> None:
    """Which vehicles a customer allows decides which shifts may visit it, each with its own capacity."""
    problem = read_vrplib(SDVRPTW, loosen=True).problem
    assert problem.visits[0].shifts == frozenset({ShiftId("vehicle-1"), ShiftId("vehicle-2")})
    assert problem.visits[1].shifts == frozenset({ShiftId("vehicle-2")})
    assert [dict(shift.capacity) for shift in problem.shifts] == [{"load": 10}, {"load": 20}]


def test_driving_is_never_longer_than_in_the_file() -> None:
    """A loosened problem must hold every plan of the file: 1.414 becomes 141 hundredths, and costs 1.414 in full."""
    problem = read_vrplib(SDVRPTW, loosen=True).problem
    assert problem.travel_times.duration_min[0, 1] == 141
    assert problem.travel_times.distance_m[0, 1] == 1414
    plan = plan_from_sequences(problem, {ShiftId("vehicle-2"): [VisitId("1"), VisitId("2")]}, "", 0)
    assert judge(problem, plan).value == pytest.approx(-(1.414 + 3.606 + 5.0))


def test_vehicles_live_at_their_depots() -> None:
    """Each vehicle starts and ends at its own depot, within that depot's hours."""
    problem = read_vrplib(MDVRPTW, loosen=True).problem
    assert [shift.start_location for shift in problem.shifts] == ["0", "1"]
    assert [(shift.earliest, shift.latest) for shift in problem.shifts] == [(0, 10_000), (2_000, 8_000)]
    assert [visit.id for visit in problem.visits] == ["2"]


def test_score_is_value_and_driving_free() -> None:
    """Team orienteering counts scores only; the number of tours is the caller's, and no place is required."""
    problem = read_toptw(TOPTW, "c1.txt", 2).problem
    assert len(problem.shifts) == 2
    plan = plan_from_sequences(problem, {ShiftId("vehicle-1"): [VisitId("1"), VisitId("2")]}, "", 0)
    found = judge(problem, plan)
    assert (found.value, found.broken) == (16.0, ())
    assert read_toptw(TOPTW, "pr01.txt", 1).problem.travel_times.duration_min[0, 2] == 141


def test_windows_change_with_the_tour() -> None:
    """Marked 1, a place has its first and third window on odd tours and the others on even ones; 0 the other way."""
    visits = read_mctopmtw(MCTOPMTW, "MCTOPMTW-2-c1.txt").problem.visit_by_id
    assert visits[VisitId("1/odd")].windows == (TimeWindow(0, 105), TimeWindow(200, 300))
    assert visits[VisitId("1/even")].windows == (TimeWindow(105, 200), TimeWindow(300, 400))
    assert visits[VisitId("2/odd")].windows == (TimeWindow(100, 200), TimeWindow(300, 400))
    assert visits[VisitId("2/even")].windows == (TimeWindow(0, 100), TimeWindow(200, 300))
    assert visits[VisitId("1/odd")].shifts == frozenset({ShiftId("vehicle-1")})
    assert visits[VisitId("1/even")].shifts == frozenset({ShiftId("vehicle-2")})
    assert visits[VisitId("1/odd")].group == visits[VisitId("1/even")].group


def test_budget_and_types_hold_for_all_tours() -> None:
    """Fees and types are counted over the plan: one limit of the budget, and one for each of ten types."""
    problem = read_mctopmtw(MCTOPMTW, "MCTOPMTW-2-c1.txt").problem
    limits = {str(limit.id): limit for limit in problem.limits}
    assert len(limits) == 11
    assert {limit.per for limit in problem.limits} == {LimitScope.PLAN}
    assert limits["budget"].max == 150
    assert limits["type 1"].max == 1
    assert problem.visit_by_id[VisitId("1/odd")].tags == {"type 1", "type 10"}
    assert dict(problem.visit_by_id[VisitId("1/odd")].demand) == {"fee": 95}


@pytest.mark.parametrize(
    "text",
    ["", "NAME: X\nTYPE: CVRP\n", PCVRPTW.replace("PRIZE_SECTION", "OTHER_SECTION"), PCVRPTW.replace("\n3 1 1", "")],
)
def test_other_texts_are_refused(text: str) -> None:
    """What is no such file, or lacks a part, is refused and never half read."""
    with pytest.raises(UnreadableInstanceError):
        read_vrplib(text)


def _public() -> Path:
    folder = os.environ.get("MOLING_TEST_DATA")
    if not folder:
        pytest.skip("MOLING_TEST_DATA names no folder of public instances")
    return Path(folder) / "benchmarks"


def test_best_known_solutions_are_worth_what_is_published() -> None:
    """Each solution file, turned into a plan, must keep all rules and have exactly the published objective."""
    files = sorted(_public().glob("*/*.sol"))
    assert files
    for file in files:
        reading = read_vrplib(file.with_suffix(".vrp").read_text(), loosen=True)
        routes, cost = read_solution(file.read_text())
        found = judge(reading.problem, plan_from_sequences(reading.problem, routes, "", 0))
        assert found.broken == (), file.name
        assert found.value == pytest.approx(reading.value_of(cost), abs=1e-6), file.name


def _read(file: Path) -> Problem:
    match file.parent.name:
        case "toptw_pvrptw":
            return read_toptw(file.read_text(), file.name, 1).problem
        case "mctopmtw":
            return read_mctopmtw(file.read_text(), file.name).problem
        case folder if folder.startswith("vrptw"):
            return read_solomon(file.read_text()).problem
        case _:
            return read_vrplib(file.read_text(), loosen=True).problem


def test_every_public_file_is_read() -> None:
    """No file of a known set may be refused, and each must have as many places as its table says."""
    with (_public() / "best_known.csv").open(newline="") as table:
        rows = [row for row in csv.DictReader(table) if row["set"] != "weekly"]
    places = {_public() / row["set"] / row["instance"].partition("#")[0]: int(row["n_customers"]) for row in rows}
    for file, count in places.items():
        assert len(_read(file).locations) == count + 1, file.name
