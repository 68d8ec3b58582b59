"""People still to be recorded where an office has no count: what is taken, and how far it may be off."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.backlog import NATIONAL_ERROR, NATIONAL_SHARE, estimate_backlog
from geodata.region import load_region
from geodata.villages import Village, VillageKind


def _village(number: int, population: int | None, unrecorded: int | None, *, is_estimate: bool = False) -> Village:
    code = f"12190420{number:02}"
    return Village(
        code, f"Desa {number}", VillageKind.DESA, "Lima Puluh", 99.4, 3.1, population, unrecorded, is_estimate
    )


def test_the_share_of_the_other_villages_is_taken() -> None:
    """Three villages where 2 % are left, one unknown: near 2 %, drawn a little to the national 0.6 %."""
    villages = [_village(n, 1000, 20) for n in range(3)] + [_village(3, 2000, None)]

    filled, estimate = estimate_backlog(villages)

    assert filled[:3] == tuple(villages[:3])
    assert estimate is not None
    assert estimate.known == 3
    assert estimate.share == pytest.approx((3 * 0.02 + NATIONAL_SHARE) / 4)
    assert filled[3].unrecorded == 33
    assert filled[3].is_estimate
    assert filled[3].unrecorded_error is not None
    assert 7 <= filled[3].unrecorded_error <= 17
    assert (estimate.people, estimate.people_error) == (33, filled[3].unrecorded_error)
    assert estimate.villages == (filled[3].code,)


def test_villages_that_differ_make_a_larger_error() -> None:
    """0 % and 4 % are 2 % on the whole too, but tell less of the next village than twice 2 %."""
    alike = [_village(0, 1000, 20), _village(1, 1000, 20), _village(2, 1000, None)]
    apart = [_village(0, 1000, 0), _village(1, 1000, 40), _village(2, 1000, None)]

    (_, of_alike), (_, of_apart) = estimate_backlog(alike), estimate_backlog(apart)

    assert of_alike is not None
    assert of_apart is not None
    assert of_apart.share == of_alike.share
    assert of_apart.error > 1.5 * of_alike.error


def test_without_any_count_the_national_share_is_taken() -> None:
    filled, estimate = estimate_backlog([_village(0, 10_000, None), _village(1, None, 12), _village(2, 0, 0)])

    assert estimate is not None
    assert (estimate.known, estimate.share, estimate.error) == (0, NATIONAL_SHARE, NATIONAL_ERROR)
    assert filled[0].unrecorded == 57
    assert filled[0].unrecorded_error == 119


def test_counts_tell_more_than_estimates() -> None:
    """One counted village outweighs any number of villages that the folder itself estimates."""
    counted = _village(0, 1000, 30)
    guesses = [_village(n, 1000, 5, is_estimate=True) for n in range(1, 6)]

    _, with_count = estimate_backlog([counted, *guesses, _village(9, 1000, None)])
    _, without = estimate_backlog([*guesses, _village(9, 1000, None)])

    assert with_count is not None
    assert without is not None
    assert (with_count.known, without.known) == (1, 5)
    assert with_count.share > 3 * without.share


def test_nobody_is_invented_where_no_population_is_known() -> None:
    """Such a village stays unknown, and with nothing to estimate nothing is told."""
    villages = (_village(0, None, None), _village(1, 500, 4))
    assert estimate_backlog(villages) == (villages, None)


@given(st.lists(st.tuples(st.none() | st.integers(0, 20_000), st.none() | st.integers(0, 20_000)), max_size=12))
def test_every_estimate_is_marked_and_nothing_else_changes(numbers: list[tuple[int | None, int | None]]) -> None:
    """Whatever is known: given numbers stay, estimates carry mark and error, and an estimate is a number of people."""
    villages = tuple(_village(place, *each) for place, each in enumerate(numbers))

    filled, estimate = estimate_backlog(villages)

    for before, after in zip(villages, filled, strict=True):
        if before.unrecorded is not None or before.population is None:
            assert after == before
        else:
            assert after.is_estimate
            assert after.backlog >= 0
            assert after.unrecorded_error is not None
            assert after == replace(
                before, unrecorded=after.unrecorded, unrecorded_error=after.unrecorded_error, is_estimate=True
            )
    assert (estimate is None) == (filled == villages)


def test_a_region_is_loaded_with_estimates(folder: Path) -> None:
    """A folder keeps what the office wrote; who loads it gets every village with a number and how it came about."""
    text = (folder / "villages.csv").read_text(encoding="utf-8").replace("belum_rekam", "penduduk,belum_rekam")
    rows = text.splitlines()
    counted = rows[1].replace("99.4300,40,ya", "99.4300,1000,40,tidak")
    lacking = rows[3].replace("99.4000,,", "99.4000,3000,,")
    (folder / "villages.csv").write_text("\n".join([rows[0], counted, rows[2].replace(",25,", ",,25,"), lacking]))

    region = load_region(folder)

    assert region.backlog is not None
    assert region.backlog.known == 1
    assert [village.unrecorded_error is None for village in region.villages] == [True, True, False]
    assert region.villages[2].backlog == pytest.approx(3000 * (0.04 + NATIONAL_SHARE) / 2, abs=1)
