"""Two plans differ in what people notice: a visit less, another day, another van, another time."""

from dataclasses import replace

from optimizer.change_document import as_object
from optimizer.changes import DeclineVisit
from optimizer.difference import Difference, Move, Placement, compare, difference_lines, difference_object
from optimizer.evaluate import evaluate_routes
from optimizer.plan import Plan, PlanStatus, Route
from optimizer.problem import Problem, ShiftId, VisitId


def planned(problem: Problem, *routes: Route) -> Plan:
    """A plan of those routes."""
    value = evaluate_routes(problem, routes).value
    return Plan(problem.name, "", PlanStatus.FEASIBLE, value, None, 0.0, "by hand", routes)


def between(problem: Problem, before: Plan, after: Plan) -> Difference:
    """The difference of two plans of one problem."""
    return compare(problem, before, problem, after)


def test_a_plan_differs_in_nothing_from_itself(monday: Problem, monday_plan: Plan) -> None:
    """Not in a figure, a visit or a tag."""
    same = between(monday, monday_plan, monday_plan)
    assert same.is_none
    assert same.before == same.after
    assert same.by_tag == ()
    assert difference_lines(same, str)[-1] == "No visit changes."


def test_figures_are_those_of_the_judge(monday: Problem, monday_plan: Plan) -> None:
    """Value, points won, kilometres and overtime by hand, as in the plan's story."""
    figures = between(monday, monday_plan, monday_plan).before
    assert (figures.value, figures.won, figures.visits, figures.shifts) == (93.95, 190.0, 3, 1)
    assert (figures.distance_m, figures.overtime_min) == (74_000, 26)
    assert figures.gap == monday_plan.gap


def test_visits_go_come_and_are_declined(monday: Problem, monday_plan: Plan) -> None:
    """What a host declined is told apart from what the plan gave up."""
    (route,) = monday_plan.routes
    shorter = planned(monday, replace(route, stops=route.stops[:1]))
    lost = between(monday, monday_plan, shorter)
    assert (lost.dropped, lost.added, lost.withdrawn) == (("hall", "panti"), (), ())
    won = between(monday, shorter, monday_plan)
    assert (won.dropped, won.added, won.withdrawn) == ((), ("hall", "panti"), ())
    without = DeclineVisit(VisitId("hall")).apply(monday, ())
    declined = compare(monday, monday_plan, without, shorter)
    assert (declined.dropped, declined.withdrawn) == (("panti",), ("hall",))
    assert [change.tag for change in lost.by_tag] == ["village"]
    assert (lost.by_tag[0].before.visits, lost.by_tag[0].after.visits) == (1, 0)
    assert as_object(DeclineVisit(VisitId("hall"))) == {"change": "decline_visit", "visit": "hall"}


def test_moves_are_told_by_what_people_notice(monday: Problem, monday_plan: Plan) -> None:
    """Another time, another van of the day, another day; a whole day taken over is told once."""
    van_2, tuesday = ShiftId("van-2/mon"), ShiftId("van-2/tue")
    later = replace(monday.shifts[1], id=tuesday, earliest=1_890, latest=2_400, pauses=())
    problem = replace(monday, shifts=(*monday.shifts, later))
    (route,) = monday_plan.routes
    smk, hall, panti = route.stops
    before = planned(problem, route)

    after = planned(problem, replace(route, stops=(smk, replace(hall, start=670), panti)))
    assert between(problem, before, after).to_other_time == (
        Move(hall.visit, Placement(route.shift, 666), Placement(route.shift, 670)),
    )

    split = (replace(route, stops=(smk,)), replace(route, shift=van_2, stops=(hall, panti)))
    moved = between(problem, before, planned(problem, *split))
    assert [move.visit for move in moved.to_other_van] == ["hall", "panti"]
    assert not [*moved.to_other_day, *moved.to_other_time, *moved.taken_over]

    on_tuesday = planned(problem, replace(route, shift=tuesday, stops=(replace(hall, start=hall.start + 1_440),)))
    assert [move.visit for move in between(problem, before, on_tuesday).to_other_day] == ["hall"]

    taken = between(problem, before, planned(problem, replace(route, shift=van_2)))
    assert taken.taken_over == ((route.shift, van_2),)
    assert not [*taken.to_other_van, *taken.to_other_time]
    assert not taken.is_none


def test_everything_is_told_in_lines_and_in_data(monday: Problem, monday_plan: Plan) -> None:
    """A line for each visit concerned; the same as plain values for programs."""
    (route,) = monday_plan.routes
    shorter = planned(monday, replace(route, stops=route.stops[:2]))
    difference = between(monday, monday_plan, shorter)
    lines = difference_lines(difference, str)
    assert lines[0].startswith("Value 94.0 -> ")
    assert "No longer made: panti" in lines
    told = difference_object(difference)
    assert told["dropped"] == ("panti",)
    assert isinstance(told["before"], dict)
    assert told["before"]["visits"] == 3
