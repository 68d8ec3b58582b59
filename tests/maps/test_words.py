"""Dates, times and numbers as an Indonesian office writes them."""

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest

from maps.cards import CountKind, Origin
from maps.words import Words

INDONESIAN = Words(str, "id")
ENGLISH = Words(str, "en")

if TYPE_CHECKING:
    from tests.maps.conftest import Case


def test_dates_times_and_numbers_are_written_as_the_language_does() -> None:
    """The forms are those of the house style: `Rabu, 13 Januari 2027`, `13.45 WIB`, `1.234,5`."""
    moment = datetime(2027, 1, 13, 13, 45, tzinfo=ZoneInfo("Asia/Jakarta"))
    assert INDONESIAN.day(moment) == "Rabu, 13 Januari 2027"
    assert INDONESIAN.clock(moment) == "13.45 WIB"
    assert INDONESIAN.span(moment, moment.replace(hour=15)) == "13.45\N{EN DASH}15.45 WIB"
    assert INDONESIAN.number(1234.5) == "1.234,5"
    assert INDONESIAN.kilometres(1_061_249) == "1.061,2 km"
    assert ENGLISH.day(moment) == "Wednesday, 13 January 2027"
    assert ENGLISH.clock(moment) == "13:45 WIB"
    assert ENGLISH.number(1234.5) == "1,234.5"


def test_a_week_is_named_by_its_iso_number() -> None:
    """The 53rd week of 2026 ends in January and still belongs to 2026."""
    assert INDONESIAN.week(date(2026, 12, 28)).startswith("Week 53, 28 Des 2026")


@pytest.mark.parametrize("minutes, words", [(0, "0 min"), (59, "59 min"), (60, "1 h"), (145, "2 h 25 min")])
def test_long_times_have_hours(minutes: int, words: str) -> None:
    """A crew reads 2 h 25 min more quickly than 145 min."""
    assert ENGLISH.duration(minutes) == words


def test_counts_stand_in_one_order_and_empty_ones_are_left_out(case: "Case") -> None:
    """`Outside the regency` is a part of the others and comes last."""
    card = replace(
        case.cards.visits[0],
        counts={CountKind.OUTSIDE_DOMICILE: 1800, CountKind.RECORD_ONLY: 0, CountKind.RECORD_AND_PRINT: 62},
    )
    assert INDONESIAN.services(card) == "62 record and print · of these 1.800 from outside the regency"


def test_why_a_visit_is_planned_is_said_for_every_origin(case: "Case") -> None:
    """A letter may lack its date, or its number; neither may leave an empty cell."""
    card = case.cards.visits[0]
    assert ENGLISH.cause(card) == "Letter 421/088/2026, 12 November 2026"
    assert ENGLISH.cause(replace(card, letter_date=None)) == "Letter 421/088/2026"
    assert ENGLISH.cause(replace(card, letter_number=None)) == "Letter without a number"
    round_card = replace(card, letter_number=None, origin=Origin.ROUND)
    assert ENGLISH.cause(round_card) == "Fixed round"
    assert ENGLISH.cause(replace(round_card, rule="every Monday")) == "Fixed round: every Monday"
    assert ENGLISH.cause(replace(round_card, origin=Origin.BACKLOG)) == "Village that has waited"


def test_a_proof_is_never_rounded_in_its_own_favour(case: "Case") -> None:
    """A gap of 0.13 % is not within 0.1 %."""
    shown = [INDONESIAN.gap(replace(case.week, gap=gap)) for gap in (0.0013, 0.0001, 0.003, 0.0, None)]
    assert shown == [*(f"≤\N{NO-BREAK SPACE}{gap} %" for gap in ("0,2", "0,1", "0,3", "0,0")), None]
