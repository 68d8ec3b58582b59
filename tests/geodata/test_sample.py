"""The sample regency is complete, alive in any week, and says what in it is real."""

from collections import Counter
from datetime import date, timedelta

import pytest

from geodata import SAMPLE_DIR
from geodata.region import Region, load_region
from geodata.sites import SiteKind
from geodata.times import RelativeDate, resolve

FOLDER = SAMPLE_DIR / "batubara"


@pytest.fixture(scope="module")
def sample() -> Region:
    return load_region(FOLDER)


def test_all_villages_and_schools_are_there(sample: Region) -> None:
    """151 villages in 12 districts, 10 of them urban, and the 48 SMA, SMK and SLB of the published lists."""
    assert len(sample.villages) == 151
    assert len({village.district_code for village in sample.villages}) == 12
    assert Counter(village.kind.value for village in sample.villages) == {"desa": 141, "kelurahan": 10}
    real = Counter(site.kind for site in sample.sites if not site.is_example)
    assert real == {SiteKind.SMA: 25, SiteKind.SMK: 22, SiteKind.SLB: 1}


def test_what_is_not_real_says_so(sample: Region) -> None:
    """Estimates and examples are labelled in the tables and in the README, which also names the sources."""
    assert sample.is_example
    assert all(village.is_estimate and village.is_point_approximate for village in sample.villages)
    assert all("contoh" in site.name.casefold() + site.note.casefold() for site in sample.sites if site.is_example)
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert all(
        word in readme for word in ("cahyadsn/wilayah", "ridwaanhall", "suryavip", "saazizau", "ESTIMATE", "EXAMPLE")
    )


def test_the_estimate_of_people_to_be_recorded_is_as_described(sample: Region) -> None:
    """The README says 2 % of the estimated voters, rounded up a village; 323,081 voters give 6,462 and the rounding."""
    total = sum(village.backlog for village in sample.villages)
    assert 6_462 <= total <= 6_462 + len(sample.villages)


def test_letters_cover_the_cases_of_the_service(sample: Region) -> None:
    """Among 14 letters are those that make planning hard."""
    letters = sample.requests
    assert len(letters) == 14
    assert sum(letter.outside_working_hours for letter in letters) >= 3
    assert [letter.id for letter in letters if letter.missing_letter_parts] == ["PM-011"]
    assert [sample.get_place(letter.place).name for letter in letters if letter.needs_portable_kit] == [
        "Tali Air Permai"
    ]
    assert max(letter.counts.people for letter in letters) == 400
    assert {
        SiteKind.SLB,
        SiteKind.PESANTREN,
        SiteKind.ORPHANAGE,
        SiteKind.PRISON,
        SiteKind.KINDERGARTEN,
        SiteKind.MA,
    } <= {letter.kind for letter in letters}
    pesantren = next(letter for letter in letters if letter.kind is SiteKind.PESANTREN)
    assert pesantren.counts.outside_domicile > 0


def test_letters_and_last_visits_move_with_the_planned_week(sample: Region) -> None:
    """All their dates are relative, so that the sample is as alive in any other year."""
    for letter in sample.requests:
        blocked = [end for each in letter.blocked for end in (each.first, each.last)]
        for day in (letter.received, letter.letter_date, *blocked):
            assert day is None or isinstance(day, RelativeDate), letter.id
        assert resolve(letter.received, date(2031, 3, 3)) < date(2031, 3, 3)
    weeks = [village.weeks_since_visit(date(2031, 3, 3)) for village in sample.villages]
    known = [week for week in weeks if week is not None]
    assert (min(known), max(known)) == (2, 30)
    assert len(known) < len(weeks)


def test_about_nine_rounds_are_due_in_any_week(sample: Region) -> None:
    """Weekly, two-weekly and four-weekly rules overlap so that every week has nine rounds."""
    first = date(2026, 11, 30)
    for week in range(60):
        monday = first + timedelta(weeks=week)
        assert sum(bool(stop.due_days(monday)) for stop in sample.recurring) == 9


def test_the_fleet_can_do_what_letters_ask(sample: Region) -> None:
    """Two units; one carries the portable kit that a letter needs, and some crew works Saturdays and evenings."""
    assert len(sample.fleet.units) == 2
    assert any("portable_kit" in unit.skills for unit in sample.fleet.units)
    assert any(unit.works_saturday and unit.works_after_hours for unit in sample.fleet.units)
    assert {unit.can_print for unit in sample.fleet.units} == {True, False}
