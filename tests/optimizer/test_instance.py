"""Documents are read strictly, written stably, and say what is wrong with them in one sentence."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optimizer.errors import InvalidPlanError, InvalidProblemError
from optimizer.evaluate import evaluate
from optimizer.instance import read_plan, read_problem, sha256_of, write_plan, write_problem
from optimizer.plan import Plan, PlanStatus, Reason, Unserved
from optimizer.problem import GreatCircle, Problem, VisitId

Document = dict[str, Any]


def test_a_problem_comes_back_equal(monday: Problem) -> None:
    """Reading what was written gives the same problem, and writing that the same bytes."""
    document = write_problem(monday)
    assert read_problem(document) == monday
    assert write_problem(read_problem(document)) == document


def test_a_plan_comes_back_equal(monday: Problem, monday_plan: Plan) -> None:
    """A plan with every kind of part survives its document and is judged as before."""
    remedy = {"overtime_min": 30, "gain": 12.5, "shifts": ["van-1/mon"], "tested": True, "note": None}
    told = replace(monday_plan, unserved=(replace(monday_plan.unserved[0], remedy=remedy),))
    document = write_plan(told)
    again = read_plan(document)
    assert again == told
    assert write_plan(again) == document
    assert evaluate(monday, again).feasible


def test_an_infeasible_plan_states_nulls_and_its_conflict(monday_plan: Plan) -> None:
    """No routes, no value, no gap: the fields are there and say so."""
    plan = replace(
        monday_plan, status=PlanStatus.INFEASIBLE, routes=(), unserved=(), value=None, bound=None, conflict=("smk",)
    )
    stated = json.loads(write_plan(plan))
    assert stated["value"] is stated["bound"] is stated["gap"] is None
    assert (stated["routes"], stated["unserved"], stated["conflict"]) == ([], [], ["smk"])
    assert read_plan(write_plan(plan)) == plan


def test_defaults_are_left_out_and_whole_points_are_whole(monday: Problem) -> None:
    """A person reads the file: only what was decided stands in it, one object a line."""
    document = write_problem(monday).decode()
    market = next(line for line in document.splitlines() if '"market"' in line)
    assert json.loads(market.rstrip(",")) == {
        "id": "market",
        "location": "office",
        "prize": 10,
        "setup_min": 10,
        "work_min": 100,
        "windows": [{"start": 480, "end": 900}],
        "demand": {"id_card": 40},
        "group": "village",
        "tags": ["village"],
    }
    assert "horizon_days" not in document
    assert "[0, 30, 20, 25]" in document.replace(",\n", "\n").splitlines()


def test_the_form_of_travel_is_kept(monday: Problem) -> None:
    """A rule stays a rule: its matrices would be large and would hide how they were made."""
    for travel in (GreatCircle(), GreatCircle(detour_factor=1.25), GreatCircle(1.3, 42.5)):
        problem = replace(monday, travel=travel)
        assert read_problem(write_problem(problem)).travel == travel
    assert "travel" not in json.loads(write_problem(replace(monday, travel=GreatCircle())))


def test_names_of_any_script_survive(monday: Problem) -> None:
    """Names are text, not identifiers: quotes, braces, line breaks and emoji are theirs to have."""
    for name in ('Désa "Sei Suka"', "{shift} ${x} `</script>`", "baris\nbaru\u2028", "🚐 ᮞᮥᮔ᮪ᮓ"):
        problem = replace(monday, name=name, visits=(replace(monday.visits[3], id=VisitId(name), group=name),))
        assert read_problem(write_problem(problem)) == problem


def test_the_hash_is_of_the_bytes() -> None:
    """SHA-256 of the empty document is a published constant (FIPS 180-4 examples)."""
    assert sha256_of(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def edited(*path: str | int, value: object) -> Callable[[Document], None]:
    """Set what stands at a path of the document; a new field where there is none."""

    def edit(document: Any) -> None:  # noqa: ANN401 (JSON)
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return edit


def removed(*path: str | int) -> Callable[[Document], None]:
    def edit(document: Any) -> None:  # noqa: ANN401 (JSON)
        for step in path[:-1]:
            document = document[step]
        del document[path[-1]]

    return edit


PROBLEM_EDITS: dict[str, tuple[Callable[[Document], None], str]] = {
    "another format": (
        edited("format", value="moling/plan"),
        "Instance: field 'format' is 'moling/plan'; it must be 'moling/instance'.",
    ),
    "another version": (edited("version", value=2), "Instance: field 'version' is 2; it must be 1."),
    "version true": (edited("version", value=True), "Instance: field 'version' is True; it must be 1."),
    "no version": (removed("version"), "Instance: field 'version' is missing; it must be 1."),
    "an unknown field": (edited("visits", 0, "colour", value=1), "Visit 'smk': field 'colour' is not known; known"),
    "an unknown field of the whole": (edited("author", value="x"), "Instance: field 'author' is not known; known"),
    "a missing field": (
        removed("visits", 0, "prize"),
        "Visit 'smk': field 'prize' is missing; it must be a finite number.",
    ),
    "a fraction of a minute": (
        edited("visits", 0, "work_min", value=12.5),
        "Visit 'smk': field 'work_min' is 12.5; it must be a whole number.",
    ),
    "a whole number with a point": (
        edited("shifts", 1, "kits", value=2.0),
        "Shift 'van-2/mon': field 'kits' is 2.0; it must be a whole number.",
    ),
    "true for a number": (
        edited("visits", 0, "prize", value=True),
        "Visit 'smk': field 'prize' is True; it must be a finite number.",
    ),
    "a number for true": (
        edited("visits", 0, "required", value=1),
        "Visit 'smk': field 'required' is 1; it must be true or false.",
    ),
    "not a number": (
        edited("visits", 0, "prize", value=float("nan")),
        "Visit 'smk': field 'prize' is nan; it must be a finite number.",
    ),
    "infinity": (
        edited("visits", 0, "prize", value=float("inf")),
        "Visit 'smk': field 'prize' is inf; it must be a finite number.",
    ),
    "a number past all floats": (
        edited("visits", 0, "prize", value=10**400),
        "Visit 'smk': field 'prize' is 1000",
    ),
    "null": (edited("visits", 0, "group", value=None), "Visit 'smk': field 'group' is None; it must be a text"),
    "a text for a list": (
        edited("visits", 0, "tags", value="school"),
        "Visit 'smk': field 'tags' is 'school'; it must be a list of texts.",
    ),
    "a number in a list of texts": (
        edited("visits", 0, "skills", value=["print", 3]),
        "Visit 'smk': field 'skills', entry 2 is 3; it must be a text",
    ),
    "a list for an object": (
        edited("visits", 0, "demand", value=[]),
        "Visit 'smk': field 'demand' is []; it must be an object.",
    ),
    "a text in an object of numbers": (
        edited("visits", 0, "demand", value={"id_card": "62"}),
        "Visit 'smk': field 'demand', 'id_card' is '62'; it must be a whole number.",
    ),
    "an object for a list": (
        edited("visits", value={}),
        "Instance: field 'visits' is {}; it must be a list of objects.",
    ),
    "a text for an object": (edited("visits", 0, value="smk"), "Visit number 1 is 'smk'; it must be an object."),
    "a window's field": (
        edited("visits", 0, "windows", 1, "end", value="10:00"),
        "Visit 'smk', window number 2: field 'end' is '10:00'; it must be a whole number.",
    ),
    "a window that ends before it starts": (
        edited("visits", 0, "windows", 1, "end", value=530),
        "Visit 'smk', window number 2: Window Mon 09:00-Mon 08:50 ends before it starts.",
    ),
    "a pin": (
        edited("visits", 0, "fixed", value={"start": 480}),
        "Visit 'smk': field 'fixed': field 'shift' is missing; it must be a text",
    ),
    "a pause of three": (
        edited("shifts", 0, "pauses", value=[[1, 2, 3]]),
        "Shift 'van-1/mon': field 'pauses', pair 1 is [1, 2, 3]; it must be a pair [from, to].",
    ),
    "a pause that ends before it starts": (
        edited("shifts", 0, "pauses", value=[[780, 720]]),
        "Shift 'van-1/mon': Pause Mon 13:00-Mon 12:00 ends before it starts.",
    ),
    "a measure of nothing": (
        edited("limits", 0, "measure", value="demand:"),
        "Limit 'cards': field 'measure' is 'demand:'; it must be visits, work_min, duty_min or demand:RESOURCE",
    ),
    "a measure with two colons": (
        edited("limits", 0, "measure", value="demand:a:b"),
        "Limit 'cards': field 'measure' is 'demand:a:b'; it must be",
    ),
    "a measure with an idle colon": (
        edited("limits", 0, "measure", value="visits:"),
        "Limit 'cards': field 'measure' is 'visits:'; it must be",
    ),
    "a scope": (
        edited("limits", 0, "per", value="day"),
        "Limit 'cards': field 'per' is 'day'; it must be one of shift, vehicle, vehicle-week, plan.",
    ),
    "a week that is no day": (
        edited("week", value="2026-W50"),
        "Instance: field 'week' is '2026-W50'; it must be a day written as YYYY-MM-DD.",
    ),
    "a week written in short": (
        edited("week", value="20261207"),
        "Instance: field 'week' is '20261207'; it must be a day written as YYYY-MM-DD.",
    ),
    "a week that does not begin": (edited("week", value="2026-12-08"), "week is '2026-12-08'; it must be a Monday."),
    "a lone surrogate": (
        edited("name", value="\ud800"),
        "Instance: field 'name' is '\\ud800'; it must be a text of whole Unicode characters.",
    ),
    "a lone surrogate in a name": (
        edited("visits", 0, "demand", value={"\ud800": 1}),
        "Visit 'smk': field 'demand', a name is '\\ud800'; it must be a text",
    ),
    "a matrix that is not square": (
        edited("travel", "duration_min", 2, value=[0, 1]),
        "Travel: field 'duration_min', row 2 (counted from 0) is [0, 1]; it must be a list of 4 whole numbers",
    ),
    "a fraction in a matrix": (
        edited("travel", "distance_m", 1, 3, value=0.5),
        "Travel: field 'distance_m', row 1 (counted from 0), column 3 is 0.5; it must be a whole number from 0",
    ),
    "true in a matrix": (
        edited("travel", "distance_m", 1, 3, value=True),
        "Travel: field 'distance_m', row 1 (counted from 0), column 3 is True; it must be a whole number from 0",
    ),
    "a negative number in a matrix": (
        edited("travel", "distance_m", 0, 0, value=-1),
        "Travel: field 'distance_m', row 0 (counted from 0), column 0 is -1; it must be a whole number from 0",
    ),
    "a matrix too large": (
        edited("travel", "distance_m", value=[[]] * 1_501),
        "Travel: field 'distance_m' has 1501 rows; it must have at most 1500. For more locations give detour_factor",
    ),
    "one matrix": (removed("travel", "distance_m"), "Travel: field 'distance_m' is missing; it must be a square list"),
    "both forms of travel": (
        edited("travel", "speed_kmh", value=35),
        "Travel: field 'speed_kmh' is not known; known fields are duration_min, distance_m.",
    ),
    "a speed of nothing": (
        edited("travel", value={"speed_kmh": 0}),
        "Travel: speed_kmh is 0.0; it must be more than 0 and at most 1000.",
    ),
    "what only the problem can tell": (
        edited("visits", 0, "location", value="nowhere"),
        "Visit 'smk': location is 'nowhere'; it must be the id of a location.",
    ),
    "too deep": (
        edited("visits", 0, "demand", value=json.loads("[" * 900 + "]" * 900)),
        "Visit 'smk': field 'demand' is",
    ),
}


@pytest.mark.parametrize("case", PROBLEM_EDITS)
def test_a_bad_instance_is_refused_by_name(monday: Problem, case: str) -> None:
    """One line that names the object, the field, the value and what would be right; never a traceback."""
    edit, message = PROBLEM_EDITS[case]
    document = json.loads(write_problem(monday))
    edit(document)
    with pytest.raises(InvalidProblemError) as caught:
        read_problem(json.dumps(document).encode())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


PLAN_EDITS: dict[str, tuple[Callable[[Document], None], str]] = {
    "an instance": (
        edited("format", value="moling/instance"),
        "Plan: field 'format' is 'moling/instance'; it must be 'moling/plan'.",
    ),
    "no routes": (removed("routes"), "Plan: field 'routes' is missing; it must be a list of objects."),
    "no unserved": (removed("unserved"), "Plan: field 'unserved' is missing; it must be a list of objects."),
    "a status": (
        edited("status", value="best"),
        "Plan: field 'status' is 'best'; it must be one of optimal, feasible, infeasible, unknown.",
    ),
    "a bound": (edited("bound", value="none"), "Plan: field 'bound' is 'none'; it must be a finite number."),
    "a stop's time": (
        edited("routes", 0, "stops", 1, "arrive", value=666.0),
        "Route of shift 'van-1/mon', stop 'hall': field 'arrive' is 666.0; it must be a whole number between",
    ),
    "a stop's time past all calendars": (
        edited("routes", 0, "back", value=10**9),
        "Route of shift 'van-1/mon': field 'back' is 1000000000; it must be a whole number between",
    ),
    "a reason": (
        edited("unserved", 0, "reason", value="tired"),
        "Unserved visit 'market': field 'reason' is 'tired'; it must be one of impossible, displaced, undecided.",
    ),
    "a remedy": (
        edited("unserved", 0, "remedy", value=3),
        "Unserved visit 'market': field 'remedy' is 3; it must be an object.",
    ),
    "a remedy's number": (
        edited("unserved", 0, "remedy", value={"gain": [float("nan")]}),
        "Unserved visit 'market': field 'remedy', 'gain', entry 1 is nan; it must be a finite number.",
    ),
}


@pytest.mark.parametrize("case", PLAN_EDITS)
def test_a_bad_plan_document_is_refused_by_name(monday_plan: Plan, case: str) -> None:
    """As for an instance; whether a readable plan is a good one is for `evaluate` to say."""
    edit, message = PLAN_EDITS[case]
    document = json.loads(write_plan(monday_plan))
    edit(document)
    with pytest.raises(InvalidPlanError) as caught:
        read_plan(json.dumps(document).encode())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "data, message",
    [
        pytest.param(b"", "Instance: line 1, column 1: Expecting value; the document must be JSON.", id="nothing"),
        pytest.param(b'{"a" 1}', "Instance: line 1, column 6: Expecting", id="a colon too few"),
        pytest.param(b"[]", "Instance is []; it must be an object.", id="a list"),
        pytest.param(b"\xff\xfe{", "byte 0 is 0xff, which no character begins", id="no UTF-8"),
        pytest.param(b"\xef\xbb\xbf{}", "Instance: line 1, column 1: Unexpected UTF-8 BOM", id="a byte-order mark"),
        pytest.param(b"[" * 200_000, "nested too deep", id="nested deep"),
        pytest.param(b'{"a":' * 200_000, "nested too deep", id="objects nested deep"),
        pytest.param(b'{"x": ' + b"9" * 5_000 + b"}", "thousands of digits", id="a number of 5,000 digits"),
        pytest.param(
            b'{"x": {"id": "smk", "a": 1, "a": 2}}', "the object 'smk' has field 'a' more than once", id="twice"
        ),
        pytest.param(b'{"format": "moling/instance", "version": 1, "name": 1e400}', "'name' is inf", id="1e400"),
        pytest.param(b"{}", "Instance: field 'format' is missing; it must be 'moling/instance'.", id="empty"),
    ],
)
def test_bytes_that_are_no_document_are_refused(data: bytes, message: str) -> None:
    """Whatever is handed in, the answer is one sentence."""
    with pytest.raises(InvalidProblemError) as caught:
        read_problem(data)
    assert message in str(caught.value)


def test_a_stated_gap_is_kept_for_the_judge_and_never_written(monday_plan: Plan) -> None:
    """The gap of a document is a claim: it is read, it does not make a plan another one, and it is computed anew."""
    document = json.loads(write_plan(monday_plan))
    document["gap"] = 0.5
    plan = read_plan(json.dumps(document).encode())
    assert plan.stated_gap == 0.5
    assert plan == monday_plan
    assert json.loads(write_plan(plan))["gap"] == pytest.approx((98.5 - 93.95) / 98.5)


def test_parts_that_may_be_absent_are_optional(monday: Problem, monday_plan: Plan) -> None:
    """Communities and limits, and what an unserved visit need not say, may be left out."""
    document = json.loads(write_problem(replace(monday, visits=(), communities=(), limits=())))
    assert (document.pop("communities"), document.pop("limits")) == ([], [])
    assert read_problem(json.dumps(document).encode()).limits == ()
    plan = json.loads(write_plan(monday_plan))
    plan["unserved"] = [{"visit": "market", "reason": "undecided", "remedy": None}]
    assert read_plan(json.dumps(plan).encode()).unserved == (Unserved(VisitId("market"), Reason.UNDECIDED),)


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(["\udc80", 10**400, 0.0001]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@settings(max_examples=100, deadline=None)
@given(data=st.data())
def test_no_value_anywhere_ends_in_a_traceback(monday: Problem, monday_plan: Plan, data: st.DataObject) -> None:
    """Any JSON value put in any place of a document either makes another good document or is refused by one line."""
    documents = [(write_problem(monday), read_problem), (write_plan(monday_plan), read_plan)]
    written, read = data.draw(st.sampled_from(documents))
    document = part = json.loads(written)
    while True:
        key = data.draw(st.sampled_from(sorted(part) if isinstance(part, dict) else range(len(part))))
        if not (isinstance(part[key], (dict, list)) and part[key] and data.draw(st.integers(0, 3))):
            break
        part = part[key]
    part[key] = data.draw(ANY_JSON)
    message = ""
    try:
        read(json.dumps(document).encode())
    except (InvalidProblemError, InvalidPlanError) as error:
        message = str(error)
    assert message.isprintable()
