"""What letters and villages owe each other, with the real engine."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from api.entities import VisitRequest
from api.planning.build import PlanningWeek, build_week
from api.planning.desk import Desk, desk_from_tables
from geodata import SAMPLE_DIR
from geodata.region import Region, load_region
from geodata.requests import RecurringRow
from geodata.times import RelativeDate
from optimizer.evaluate import Evaluation, evaluate
from optimizer.plan import Plan
from optimizer.problem import Limit
from optimizer.solve import SolveOptions, solve

ROUNDS = SolveOptions(time_limit_s=60.0, solution_limit=5)
"""Stops on a count, so that a busy machine finds the same plans."""


@pytest.fixture(scope="module")
def batubara() -> Region:
    """The sample regency."""
    return load_region(SAMPLE_DIR / "batubara")


@pytest.fixture(scope="module")
def desk(batubara: Region) -> Desk:
    """The sample's desk for an ordinary week."""
    return desk_from_tables(batubara, date(2026, 12, 7))


def _tripled(desk: Desk) -> Desk:
    """Three letters for each one: far more than the vans can do."""
    letters = tuple(
        replace(letter, id=type(letter.id)(f"{letter.id}-{copy}")) for letter in desk.requests for copy in range(3)
    )
    return replace(desk, requests=letters)


def _solved(week: PlanningWeek) -> tuple[Plan, Evaluation]:
    plan = solve(week.problem, ROUNDS)
    judged = evaluate(week.problem, plan)
    assert judged.violations == ()
    return plan, judged


def _round_limit(week: PlanningWeek) -> Limit:
    (limit,) = [limit for limit in week.problem.limits if limit.id == "rounds"]
    return limit


def test_with_three_times_the_letters_the_rounds_keep_their_share(desk: Desk) -> None:
    """
    The least working time of the rounds is kept and no village passes the longest wait.

    A plan that keeps all of it is known to exist, because the engine finds one with the letters as they are.
    """
    week = build_week(_tripled(desk))
    _, judged = _solved(week)
    assert judged.shortfalls == {}
    assert judged.by_tag["round"].work_min >= (_round_limit(week).min or 0) > 0


def test_without_the_minima_letters_would_crowd_the_rounds_out(desk: Desk) -> None:
    """The minima do something: without them the same letters leave villages beyond the longest wait."""
    planning = replace(desk.region.planning, round_share=0, longest_wait_weeks=10_000)
    loose = build_week(replace(_tripled(desk), region=replace(desk.region, planning=planning)))
    plan, _ = _solved(loose)
    held = evaluate(build_week(_tripled(desk)).problem, plan)
    assert any(limit.startswith("wait:") for limit in held.shortfalls)


def test_without_letters_the_vans_do_not_idle(desk: Desk) -> None:
    """Every van goes out on every day, and serves people for most of its time."""
    week = build_week(replace(desk, requests=()))
    plan, judged = _solved(week)
    assert {route.shift for route in plan.routes} == {shift.id for shift in week.problem.shifts}
    assert judged.total.service_min >= 0.6 * judged.total.duty_min


def test_shortfalls_cost_more_than_any_letters_they_would_make_room_for(
    build: Callable[..., PlanningWeek], make_request: Callable[..., VisitRequest]
) -> None:
    """A missing minute of rounds costs more than a minute of letters wins; a missed village more than a day of them."""
    week = build(*(make_request(f"PM-{number}") for number in range(6)))
    letters = [visit for visit in week.problem.visits if visit.id.startswith("request:")]
    cost = _round_limit(week).shortfall_cost or 0
    assert cost > max(visit.prize / visit.work_min for visit in letters)
    waits = [limit.shortfall_cost or 0 for limit in week.problem.limits if limit.id.startswith("wait:")]
    assert min(waits) > 4 * max(visit.prize for visit in letters)


def test_the_rounds_are_owed_no_more_than_their_people_need(
    build: Callable[..., PlanningWeek], region: Region, make_stop: Callable[..., RecurringRow]
) -> None:
    """
    A regency with few people left is not made to drive in circles.

    The share would be 30 percent of 60 percent of 6,705 kit minutes; five villages with 20 comers need 500.
    """
    assert _round_limit(build()).min == 500
    plenty = replace(region, villages=tuple(replace(each, unrecorded=2000) for each in region.villages))
    assert _round_limit(build(of=plenty)).min == int(0.3 * 0.6 * 3 * 2235)
    at_site = build(stops=(make_stop(place="LAPAS"),))
    assert _round_limit(at_site).min == 600


def test_no_share_no_limit(build: Callable[..., PlanningWeek], region: Region) -> None:
    """An office that wants letters only may have it so."""
    week = build(of=replace(region, planning=replace(region.planning, round_share=0)))
    assert not [limit for limit in week.problem.limits if limit.id == "rounds"]


def test_a_small_week_reaches_its_overdue_villages_first(
    build: Callable[..., PlanningWeek], make_request: Callable[..., VisitRequest], region: Region
) -> None:
    """One van, one day's worth of time and letters enough to fill it: the overdue villages still get their visit."""
    villages = tuple(
        replace(each, last_visit=RelativeDate(-7 * (40 if each.code.endswith("5") else 2))) for each in region.villages
    )
    of = replace(region, villages=villages, fleet=replace(region.fleet, units=region.fleet.units[:1]))
    letters = [make_request(f"PM-{number}") for number in range(20)]
    week = build(*letters, of=of)
    plan, judged = _solved(week)
    made = {stop.visit for route in plan.routes for stop in route.stops}
    assert "village:1219012005" in made
    assert judged.shortfalls == {}
