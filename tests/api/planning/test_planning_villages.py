"""Village backlog -> communities and the halls that reach them."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest

from api.planning.build import PlanningWeek
from api.planning.frame import PlanningOptions
from geodata.region import Region
from geodata.requests import RecurringRow
from geodata.times import RelativeDate
from geodata.villages import Village
from optimizer.problem import Visit

Build = Callable[..., PlanningWeek]


def _halls(week: PlanningWeek) -> dict[str, Visit]:
    return {visit.id: visit for visit in week.problem.visits if visit.id.startswith("village:")}


def _with(region: Region, number: int, **changes: object) -> Region:
    """The region with its village of that number changed."""
    villages = [
        replace(village, **changes) if village.code.endswith(str(number)) else village  # type: ignore[arg-type]
        for village in region.villages
    ]
    return replace(region, villages=tuple(villages))


def test_people_count_by_turnout_and_wait(build: Build) -> None:
    """Of 40 people not yet recorded half come; 10 weeks of 26 make each count 1.3846 times the half of a letter's."""
    communities = {str(community.id): community.prize for community in build().problem.communities}
    assert communities == {
        "1219012001": round(20 * 0.5 * 1.3846, 3),
        "1219012002": round(20 * 0.5 * 1.7692, 3),
        **{f"121901200{number}": 20.0 for number in (3, 4, 5)},
    }


def test_a_hall_reaches_its_own_village_and_less_of_its_neighbours(build: Build) -> None:
    """Desa 3 lies 4 km from two neighbours: with a radius of 5 km a fifth of their people come, of others nobody."""
    reaches = {str(code): share for code, share in _halls(build())["village:1219012003"].reaches.items()}
    assert reaches["1219012003"] == 1.0
    assert set(reaches) == {"1219012002", "1219012003", "1219012004"}
    assert reaches["1219012002"] == pytest.approx(0.2, abs=0.005)


def test_work_and_worth_speak_of_the_same_people(build: Build, region: Region) -> None:
    """Where more would come than a stop plans for, it reaches a smaller share of each."""
    of = replace(region, planning=replace(region.planning, village_stop_people=14))
    week = build(of=of)
    for visit in _halls(week).values():
        served = sum(share * 14 for share in visit.reaches.values())
        assert served <= 14
        assert visit.work_min == 5 * max(1, round(served))
        assert week.cards.get_visit(visit.id).people == max(1, round(served))


def test_factors_on_the_card_are_those_of_the_people_reached(build: Build) -> None:
    """Their product is what the stop wins by itself: the shares of its villages' prizes."""
    week = build()
    prizes = {str(community.id): community.prize for community in week.problem.communities}
    for visit in _halls(week).values():
        people, urgency, waiting = (factor.value for factor in week.cards.get_visit(visit.id).factors)
        won = sum(prizes[code] * share for code, share in visit.reaches.items())
        assert people * urgency * waiting == pytest.approx(won, abs=people * 0.001)


def test_a_village_that_cannot_host_is_reached_by_others(build: Build, region: Region) -> None:
    """No stop at its hall, but its people stay in the plan."""
    week = build(of=_with(region, 3, can_host=False))
    assert "village:1219012003" not in _halls(week)
    assert "1219012003" in {community.id for community in week.problem.communities}


def test_a_village_without_anybody_left_is_no_candidate(build: Build, region: Region) -> None:
    """Everybody of Desa 5 is recorded and nobody near it is left: no stop and no community."""
    of = _with(_with(region, 5, unrecorded=0, last_visit=RelativeDate(-7)), 4, unrecorded=0)
    week = build(of=of)
    assert "village:1219012005" not in _halls(week)
    assert "1219012005" not in {community.id for community in week.problem.communities}


def test_where_nobody_knows_a_figure_is_assumed(build: Build, region: Region) -> None:
    """An unknown backlog is no reason to pass a village by: 20 comers are planned for."""
    week = build(of=_with(region, 1, unrecorded=None))
    assert {str(community.id): community.prize for community in week.problem.communities}["1219012001"] == 13.846


def test_a_wait_about_to_grow_too_long_asks_for_a_visit(build: Build) -> None:
    """Visits are 10, 20, 30, 40 and 50 weeks ago: the last three must be reached, each by stops near enough."""
    week = build()
    limits = {str(limit.id): limit for limit in week.problem.limits if limit.id.startswith("wait:")}
    assert set(limits) == {"wait:1219012003", "wait:1219012004", "wait:1219012005"}
    limit = limits["wait:1219012003"]
    assert (str(limit.measure), limit.min, limit.tag) == ("visits", 1, "reaches:1219012003")
    tagged = {visit.id for visit in week.problem.visits if "reaches:1219012003" in visit.tags}
    assert tagged == {"village:1219012003"}
    assert any("none waits longer than 26 weeks: 3." in note for note in week.cards.notes)


def test_the_longest_wait_is_not_passed_before_the_next_plan(build: Build, region: Region) -> None:
    """At 25 weeks a village would be at 26 when the next week is planned, so it is due now; at 24 it is not."""
    for weeks, due in ((24, False), (25, True)):
        week = build(of=_with(region, 1, last_visit=RelativeDate(-7 * weeks)))
        assert ("wait:1219012001" in {limit.id for limit in week.problem.limits}) is due


def test_an_unknown_wait_is_valued_but_not_promised(build: Build, region: Region) -> None:
    """Nobody can say that it grew too long; it has the factor that the office sets, and a note says so."""
    week = build(of=_with(region, 1, last_visit=None))
    assert "wait:1219012001" not in {limit.id for limit in week.problem.limits}
    assert {str(community.id): community.prize for community in week.problem.communities}["1219012001"] == 20.0
    assert any("without a last visit on record: 1." in note for note in week.cards.notes)


def test_a_village_that_no_stop_can_reach_is_named(build: Build, region: Region) -> None:
    """A promise that cannot be kept is told, not hidden in a limit that no visit can meet."""
    week = build(of=_with(region, 5, can_host=False))
    assert "wait:1219012005" not in {limit.id for limit in week.problem.limits}
    assert any("Desa 5 cannot be reached" in note for note in week.cards.notes)


def test_candidates_are_capped_but_never_the_overdue(build: Build) -> None:
    """With room for three of five halls, the three that reach overdue villages are kept."""
    halls = _halls(build(options=PlanningOptions(max_village_stops=3)))
    assert set(halls) == {f"village:121901200{number}" for number in (3, 4, 5)}


def test_a_recurring_stop_takes_the_place_of_the_candidate(
    build: Build, make_stop: Callable[..., RecurringRow]
) -> None:
    """Its hall is visited anyway that week: a second stop there would only be chosen by mistake."""
    week = build(stops=(make_stop(),))
    assert "village:1219012001" not in _halls(week)
    (stop,) = [visit for visit in week.problem.visits if visit.id == "round:R1"]
    assert {code: share for code, share in stop.reaches.items() if share == 1.0} == {"1219012001": 1.0}


def test_halls_close_with_the_office(build: Build) -> None:
    """Overtime is for those who asked for it: service at a hall ends by the close of the week's shortest day."""
    assert {visit.finish_by for visit in _halls(build()).values()} == {960}
    assert {visit.finish_by for visit in _halls(build(week=date(2026, 2, 23))).values()} == {900}


def test_a_large_region_stays_within_the_format(build: Build, region: Region) -> None:
    """A thousand villages give at most the office's number of candidates, and a valid problem."""
    villages = tuple(
        replace(
            region.villages[0],
            code=f"12190{number:05d}",
            lon=99.0 + number % 40 * 0.01,
            lat=3.0 + number // 40 * 0.01,
            last_visit=RelativeDate(-7 * (number % 20)),
        )
        for number in range(1000)
    )
    sites = tuple(replace(site, village_code=villages[0].code) for site in region.sites)
    week = build(of=replace(region, villages=villages, sites=sites))
    assert len(_halls(week)) == PlanningOptions().max_village_stops


def test_weeks_on_the_map_are_those_of_the_village(build: Build, region: Region) -> None:
    """The map shades by known waits only; an unknown one is hatched, never taken for a long one."""
    week = build(of=_with(region, 2, last_visit=None))
    weeks = {card.code: card.weeks_since_visit for card in week.cards.villages}
    expected: dict[str, int | None] = {village.code: _weeks(village) for village in region.villages}
    assert weeks == expected | {"1219012002": None}


def _weeks(village: Village) -> int:
    return 10 * int(village.code[-1])
