"""Villages know how long they have waited."""

from datetime import date

import pytest

from geodata.fleet import CardStock, CardType
from geodata.times import RelativeDate, TimeRange
from geodata.villages import Village, VillageKind

MONDAY = date(2026, 12, 7)


def village(last_visit: date | RelativeDate | None) -> Village:
    return Village("1219042001", "Satu", VillageKind.DESA, "Lima Puluh", 99.43, 3.17, last_visit=last_visit)


@pytest.mark.parametrize(
    "last_visit,weeks",
    [
        (None, None),
        (RelativeDate(-14), 2),
        (RelativeDate(-20), 2),
        (RelativeDate(-21), 3),
        (date(2026, 11, 30), 1),
        (RelativeDate(0), 0),
        (date(2026, 12, 12), 0),
    ],
)
def test_weeks_since_the_last_visit(last_visit: date | RelativeDate | None, weeks: int | None) -> None:
    """Whole weeks up to the Monday of the planned week; a visit in that week or later counts as none waited."""
    assert village(last_visit).weeks_since_visit(MONDAY) == weeks


def test_unknown_backlog_counts_as_none() -> None:
    """Nobody is invented where the number is not known, and the district is part of the code."""
    assert village(None).backlog == 0
    assert village(None).district_code == "121904"


@pytest.mark.parametrize("count,share,usable", [(100, 0.1, 90), (1200, 0.1, 1080), (7, 0.5, 3), (5, 1.0, 0), (5, 0, 5)])
def test_the_reserve_of_cards_is_kept_whole(count: int, share: float, usable: int) -> None:
    """The usable cards are rounded down, and decimal shares cost no card by way of binary fractions."""
    assert CardStock(CardType.ID_CARD, count, share).usable == usable


def test_hours_are_in_order() -> None:
    """A range of hours that ends before it begins cannot be built."""
    with pytest.raises(ValueError, match="in order"):
        TimeRange(960, 450)
