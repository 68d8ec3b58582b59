"""Every change does what it says and nothing else, and what does not fit is refused in one line."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import get_args

import pytest

from optimizer.change_document import as_object, read_changes, read_letter, write_changes
from optimizer.changes import (
    AddKits,
    AddShift,
    AddVisit,
    AllowDay,
    AllowOvertime,
    Change,
    Changes,
    DeclineVisit,
    PinVisit,
    RaiseCapacity,
    RaiseLimit,
    RequireVisit,
    UnpinVisit,
    apply_changes,
)
from optimizer.errors import InvalidChangeError
from optimizer.instance import VISIT
from optimizer.losses import LoseDay, LoseShift, LoseVehicle
from optimizer.plan import Plan
from optimizer.problem import (
    Fixed,
    GreatCircle,
    LimitId,
    Location,
    LocationId,
    Pause,
    Problem,
    ShiftId,
    TimeWindow,
    VehicleId,
    Visit,
    VisitId,
)

VAN_1, VAN_2 = ShiftId("van-1/mon"), ShiftId("van-2/mon")
SMK, HALL, PANTI = VisitId("smk"), VisitId("hall"), VisitId("panti")


def applied(problem: Problem, *changes: Change, plan: Plan | None = None) -> Problem:
    """The problem after those changes."""
    return apply_changes(problem, changes, plan.routes if plan is not None else ())


def letter(problem: Problem, **fields: object) -> Visit:
    """A visit like the hall's under a name of its own."""
    return replace(problem.visit_by_id[HALL], id=VisitId("letter"), **fields)  # type: ignore[arg-type]


def test_a_lost_van_takes_its_shifts_and_every_word_of_them(monday: Problem) -> None:
    """Pins, prices and permissions of a lost shift go with it; a pinned visit stays required."""
    only = replace(monday.visit_by_id[HALL], shifts=frozenset({VAN_1, VAN_2}))
    problem = replace(monday, visits=tuple(only if visit.id == HALL else visit for visit in monday.visits))
    changed = applied(problem, LoseVehicle(VehicleId("van-1")))
    assert [shift.id for shift in changed.shifts] == [VAN_2]
    school = changed.visit_by_id[SMK]
    assert (school.fixed, school.required, dict(school.shift_cost)) == (None, True, {})
    assert changed.visit_by_id[HALL].shifts == frozenset({VAN_2})


def test_a_van_lost_half_way_keeps_what_it_had_begun(monday: Problem, monday_plan: Plan) -> None:
    """At 11:10 the school is done and the hall is under way: both stay, the orphanage and anything else do not."""
    changed = applied(monday, LoseVehicle(VehicleId("van-1"), after=670), plan=monday_plan)
    assert changed.shift_by_id[VAN_1].max_stops == 2
    assert changed.visit_by_id[SMK].fixed == Fixed(VAN_1, 480)
    assert changed.visit_by_id[HALL].fixed == Fixed(VAN_1, 666)
    assert changed.visit_by_id[PANTI].fixed is None


def test_a_van_lost_before_it_leaves_is_lost_whole(monday: Problem, monday_plan: Plan) -> None:
    """Nothing was begun at half past seven: the shift goes."""
    changed = applied(monday, LoseShift(VAN_1, after=450), plan=monday_plan)
    assert VAN_1 not in changed.shift_by_id


def test_rain_keeps_vans_at_home_or_some_visits_away(monday: Problem) -> None:
    """A whole day is lost with its shifts; a day lost for schools leaves the village halls as they were."""
    tuesday = applied(monday, AddShift(ShiftId("van-1/tue"), VAN_1, day=1))
    dry = applied(tuesday, LoseDay(0))
    assert [shift.id for shift in dry.shifts] == ["van-1/tue"]
    wet = applied(tuesday, UnpinVisit(SMK), LoseDay(0, frozenset({"school"})))
    assert wet.visit_by_id[SMK].shifts == frozenset(), "it has windows on Monday only"
    assert wet.visit_by_id[HALL] == tuesday.visit_by_id[HALL]
    both = applied(tuesday, AllowDay(SMK, 1), LoseDay(0, frozenset({"school"})))
    assert {(window.start, window.end) for window in both.visit_by_id[SMK].windows} == {(1920, 2040), (1980, 2140)}
    noon = applied(tuesday, LoseDay(0, frozenset({"school"}), after=560))
    assert [(window.start, window.end) for window in noon.visit_by_id[SMK].windows] == [(480, 559), (540, 559)]


def test_a_visit_is_declined_required_pinned_and_freed(monday: Problem) -> None:
    """Each of them touches that visit only."""
    assert HALL not in applied(monday, DeclineVisit(HALL)).visit_by_id
    assert applied(monday, RequireVisit(HALL)).visit_by_id[HALL].required
    assert not applied(monday, RequireVisit(PANTI, required=False)).visit_by_id[PANTI].required
    assert applied(monday, PinVisit(HALL, VAN_2, 500)).visit_by_id[HALL].fixed == Fixed(VAN_2, 500)
    freed = applied(monday, UnpinVisit(SMK))
    assert freed.visit_by_id[SMK].fixed is None
    assert [visit for visit in freed.visits if visit.id != SMK] == [v for v in monday.visits if v.id != SMK]


def test_a_new_visit_comes_with_its_place_where_travel_is_a_rule(monday: Problem) -> None:
    """Travel times to a new place follow from the detour factor; a known place needs none."""
    assert applied(monday, AddVisit(letter(monday))).visits[-1].id == "letter"
    place = Location(LocationId("new"), 99.6, 3.2)
    rule = replace(monday, travel=GreatCircle())
    changed = applied(rule, AddVisit(letter(monday, location=place.id), place))
    assert changed.locations[-1] == place
    assert len(changed.travel_times) == len(monday.locations) + 1


def test_one_more_van_day_is_a_copy_that_visits_treat_alike(monday: Problem) -> None:
    """Times, pauses and prices move with the day; who was allowed on the one is allowed on the other."""
    only = replace(monday.visit_by_id[HALL], shifts=frozenset({VAN_1}))
    problem = replace(monday, visits=(only, *monday.visits[:1]))
    changed = applied(problem, AddShift(ShiftId("extra"), VAN_1, day=2))
    extra = changed.shift_by_id[ShiftId("extra")]
    assert (extra.earliest, extra.latest, extra.pauses) == (3330, 3840, (Pause(3600, 3660),))
    assert changed.visit_by_id[HALL].shifts == frozenset({VAN_1, ShiftId("extra")})
    assert changed.visit_by_id[SMK].shift_cost[extra.id] == 4.25
    other = applied(problem, AddShift(ShiftId("extra"), VAN_1, vehicle=VehicleId("van-3")))
    assert other.shift_by_id[ShiftId("extra")].vehicle == "van-3"


def test_more_of_what_limits_a_day(monday: Problem) -> None:
    """Overtime, kits, cards and capacity grow by what is said."""
    changed = applied(
        monday,
        AllowOvertime(VAN_1, 30),
        AddKits(VAN_2, 1),
        RaiseLimit(LimitId("cards"), 20),
        RaiseCapacity(VAN_1, "id_card", 40),
    )
    assert changed.shift_by_id[VAN_1].overtime_max == 90
    assert changed.shift_by_id[VAN_2].kits == 2
    assert changed.limits[0].max == 170
    assert changed.shift_by_id[VAN_1].capacity["id_card"] == 160


def test_another_day_has_the_same_clock_times(monday: Problem) -> None:
    """What is allowed at 08:00 to 15:00 on Monday is allowed then on Wednesday, at the same price."""
    changed = applied(monday, AllowDay(SMK, 2)).visit_by_id[SMK]
    assert changed.windows[2:] == (TimeWindow(3360, 3480, 3.0), TimeWindow(3420, 3580, 1.5))


def some_of_each(problem: Problem) -> tuple[Change, ...]:
    """Every kind of change, every field used."""
    place = Location(LocationId("new"), 99.6, 3.2)
    return (
        LoseVehicle(VehicleId("van-2"), 600),
        LoseShift(VAN_1, 600),
        LoseDay(0, frozenset({"school"}), 500),
        DeclineVisit(HALL),
        AddVisit(letter(problem, location=place.id), place),
        RequireVisit(PANTI, required=False),
        PinVisit(HALL, VAN_2, 500),
        UnpinVisit(SMK),
        AddShift(ShiftId("extra"), VAN_1, VehicleId("van-3"), 1),
        AllowOvertime(VAN_1, 30),
        AddKits(VAN_2, 1),
        RaiseLimit(LimitId("cards"), 20),
        RaiseCapacity(VAN_1, "id_card", 40),
        AllowDay(SMK, 2),
    )


def test_changes_survive_their_document(monday: Problem) -> None:
    """What is written is read back equal, and each says itself in a sentence of its own."""
    changes = Changes(some_of_each(monday), now=480)
    assert read_changes(write_changes(changes)) == changes
    assert read_changes(write_changes(Changes(()))) == Changes(())
    sentences = [change.text(str) for change in changes.changes]
    assert len(set(sentences)) == len(sentences)
    assert all(sentence.endswith(".") and "{" not in sentence for sentence in sentences)
    assert as_object(LoseVehicle(VehicleId("van-2"), 600)) == {
        "change": "lose_vehicle",
        "vehicle": "van-2",
        "from": 600,
    }
    assert as_object(LoseDay(2)) == {"change": "lose_day", "day": 2}


def test_every_kind_is_shown_in_the_documents() -> None:
    """The examples that people copy are read as they stand, one for each kind."""
    text = (Path(__file__).resolve().parents[2] / "docs" / "replan.md").read_text(encoding="utf-8")
    (whole,) = re.findall(r"```json\n(.*?)```", text, re.DOTALL)
    assert len(read_changes(whole.encode()).changes) == 2
    examples = re.findall(r"^\| `\w+` \| `({.*?})` \|", text, re.MULTILINE)
    document = f'{{"format": "moling/changes", "version": 1, "changes": [{", ".join(examples)}]}}'
    shown = {type(change) for change in read_changes(document.encode()).changes}
    assert shown == set(get_args(Change))


def test_a_letter_is_a_visit_or_a_visit_with_its_place(monday: Problem) -> None:
    """A visit of an instance can be handed in as it stands."""
    visit = letter(monday)
    assert read_letter(json.dumps(VISIT.write(visit)).encode()) == AddVisit(visit)
    place = {"id": "hall", "lon": 99.45, "lat": 3.1}
    both = {"visit": VISIT.write(visit), "location": place}
    assert read_letter(json.dumps(both).encode()) == AddVisit(visit, Location(LocationId("hall"), 99.45, 3.1))
    for bad in (b"{", b"[]", b'{"id": "x"}', b'{"visit": 3}'):
        with pytest.raises(InvalidChangeError) as refused:
            read_letter(bad)
        assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "change, words",
    [
        (LoseVehicle(VehicleId("van-9")), "van-1, van-2"),
        (LoseVehicle(VehicleId("van-1"), 1_100), "over by then"),
        (LoseShift(ShiftId("van-9/mon")), "van-9/mon"),
        (LoseDay(3), "no shifts"),
        (LoseDay(9), "from 0 to 6"),
        (LoseDay(0, after=1_500), "from 0 to 1439"),
        (LoseDay(0, frozenset({"market"})), "market"),
        (DeclineVisit(VisitId("x")), "Visit 'x'"),
        (RequireVisit(VisitId("x")), "Visit 'x'"),
        (PinVisit(HALL, ShiftId("x")), "Shift 'x'"),
        (PinVisit(HALL, VAN_1, -5), "fixed start"),
        (UnpinVisit(HALL), "not pinned"),
        (AddShift(VAN_2, VAN_1), "already"),
        (AddShift(ShiftId("extra"), VAN_1), "before 'van-1/mon' has ended"),
        (AddShift(ShiftId("extra"), VAN_1, day=7), "from 0 to 6"),
        (AllowOvertime(VAN_1, 0), "at least 1"),
        (AddKits(VAN_1, -1), "at least 1"),
        (RaiseLimit(LimitId("villages"), 3), "cards, schools-a-day, hours"),
        (RaiseCapacity(VAN_1, "child_card", 3), "id_card"),
        (AllowDay(HALL, 0), "already"),
    ],
    ids=lambda value: "" if isinstance(value, str) else type(value).__name__,
)
def test_what_does_not_fit_is_refused(monday: Problem, change: Change, words: str) -> None:
    """One line says which change, what it holds and what would be right."""
    with pytest.raises(InvalidChangeError) as refused:
        applied(monday, DeclineVisit(VisitId("market")), change)
    message = str(refused.value)
    assert words in message
    assert message.startswith("Change number 2: ")
    assert len(message.splitlines()) == 1


def test_a_new_place_is_refused_where_its_travel_times_are_not_known(monday: Problem) -> None:
    """Matrices do not know it; the message names the nearest known places."""
    place = Location(LocationId("new"), 99.46, 3.11)
    with pytest.raises(InvalidChangeError, match=r"nearest are 'hall' \(1\.6 km\)"):
        applied(monday, AddVisit(letter(monday, location=place.id), place))
    with pytest.raises(InvalidChangeError, match="another point"):
        applied(monday, AddVisit(letter(monday), Location(LocationId("hall"), 99.0, 3.0)))
    with pytest.raises(InvalidChangeError, match="must be the same"):
        applied(monday, AddVisit(letter(monday), place))
    with pytest.raises(InvalidChangeError, match="location is 'nowhere'"):
        applied(monday, AddVisit(letter(monday, location=LocationId("nowhere"))))
    with pytest.raises(InvalidChangeError, match="needs a new id"):
        applied(monday, AddVisit(monday.visits[0]))


@pytest.mark.parametrize(
    "document, words",
    [
        ({"version": 1, "changes": []}, "'format' is missing"),
        ({"format": "moling/changes", "version": 2, "changes": []}, "must be 1"),
        ({"format": "moling/changes", "version": 1}, "'changes' is missing"),
        ({"format": "moling/changes", "version": 1, "changes": {}}, "a list of objects"),
        ({"format": "moling/changes", "version": 1, "changes": [1]}, "Change number 1"),
        ({"format": "moling/changes", "version": 1, "changes": [{}]}, "one of lose_vehicle"),
        ({"format": "moling/changes", "version": 1, "changes": [{"change": "lose_van"}]}, "'lose_van'"),
        ({"format": "moling/changes", "version": 1, "changes": [{"change": "add_kits", "shift": "x"}]}, "kits"),
        (
            {"format": "moling/changes", "version": 1, "changes": [{"change": "lose_day", "day": "Mon"}]},
            "a whole number",
        ),
        (
            {"format": "moling/changes", "version": 1, "changes": [{"change": "lose_day", "day": 1, "until": 2}]},
            "known fields are day, tags, from",
        ),
    ],
)
def test_a_document_that_is_none_is_refused(document: object, words: str) -> None:
    """As strictly as an instance, in one line."""
    with pytest.raises(InvalidChangeError) as refused:
        read_changes(json.dumps(document).encode())
    assert words in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
