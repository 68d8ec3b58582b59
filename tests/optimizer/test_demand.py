"""Prize and work of a visit, by hand."""

import pytest

from optimizer.demand import (
    Expected,
    HandlingTimes,
    PrizeFactors,
    covered_share,
    expected,
    home_visits_min,
    waiting_factor,
    work_min,
)

TIMES = HandlingTimes()


@pytest.mark.parametrize("count, attendance, people", [(100, 0.85, 85), (103, 0.85, 88), (1, 0.85, 1), (0, 1, 0)])
def test_attendance_rounds_up(count: int, attendance: float, people: int) -> None:
    """Half a person takes a whole slot; and 100 x 0.85 is 85, not the 86 that binary fractions would make of it."""
    assert expected(count, attendance) == people


def test_recording_takes_five_minutes_and_a_child_card_two() -> None:
    """10 + 4 recordings and 3 child cards: 14 x 5 + 3 x 2 kit minutes."""
    assert work_min(Expected(10, 4, 3), TIMES) == 76


def test_weak_signal_slows_recording_but_not_papers() -> None:
    """Only recording needs the line to the registry: 14 x 5 x 2 + 3 x 2."""
    assert work_min(Expected(10, 4, 3), TIMES, weak_signal=True) == 146


def test_the_portable_kit_goes_from_door_to_door() -> None:
    """Each bedridden person costs the way there, 4 x 20 minutes, however many kits the van has."""
    assert home_visits_min(Expected(4), TIMES) == 80


def test_printing_counts_only_where_it_is_slower_than_recording() -> None:
    """One printer keeps up with two kits (10 cards in 20 minutes against 25), not with four (12.5 against 20)."""
    assert work_min(Expected(10), TIMES, printing_kits=2) == 50
    assert work_min(Expected(10), TIMES, printing_kits=4) == 80
    assert work_min(Expected(10), TIMES, printing_kits=0) == 50


def test_a_visit_is_never_empty() -> None:
    """The format asks for at least one minute of work."""
    assert work_min(Expected(), TIMES) == 1


def test_set_up_and_packing_are_the_fixed_part() -> None:
    """20 + 15 minutes in which nobody is served."""
    assert TIMES.fixed_min == 35


def test_waiting_doubles_the_worth_at_the_longest_wait_and_no_more() -> None:
    """A straight line from 1 to 2 over 26 weeks, level after it and before it."""
    assert [waiting_factor(weeks, 26) for weeks in (-3, 0, 13, 26, 80)] == [1.0, 1.0, 1.5, 2.0, 2.0]


def test_the_prize_is_the_product_of_its_factors() -> None:
    """88 people x 1.5 x 1.125, to three decimals as problems carry them."""
    assert PrizeFactors(88, 1.5, 1.125).prize == 148.5
    assert PrizeFactors(7, 1.1, 1.0357).prize == 7.975


def test_a_stop_covers_less_with_distance() -> None:
    """All at the own hall, half at half the radius, nobody from the radius on."""
    assert [covered_share(km, 5) for km in (0, 1.25, 2.5, 4.9999, 5, 9)] == [1.0, 0.75, 0.5, 0.0, 0.0, 0.0]
