"""From the store to the desk: each request once, and a region's folder that is bound to what is in it."""

import os
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from api.entities import RequestLetter, RequestState, VisitRequest, Wish
from api.planning.desk import desk_from_store, desk_from_tables
from api.store.regions import RegionDocuments
from api.stored_regions import StoredRegions
from geodata.region import Region
from tests.stores import BATU_BARA

MONDAY = date(2026, 12, 7)
MakeRequest = Callable[..., VisitRequest]


def test_requests_that_wait_join_the_letters_of_the_folder(sample: RegionDocuments, make_request: MakeRequest) -> None:
    """All that wait for a slot, and none that is over, not accepted yet, or to be fetched at the office."""
    states = {f"PM-2026-{number:04d}": state for number, state in enumerate(RequestState)}
    requests = [make_request(code, state=state, letter=RequestLetter()) for code, state in states.items()]
    pickup = make_request("PM-2026-0100", wish=Wish.PICKUP)
    desk = desk_from_store(sample.region, MONDAY, [*requests, pickup])
    folder = desk_from_tables(sample.region, MONDAY)
    added = {request.id: request for request in desk.requests[len(folder.requests) :]}
    assert desk.requests[: len(folder.requests)] == folder.requests
    assert {states[code] for code in added} == {
        RequestState.ACCEPTED,
        RequestState.SLOT_OFFERED,
        RequestState.SLOT_DECLINED,
        RequestState.CONFIRMED,
    }
    assert desk.recurring == folder.recurring


@pytest.mark.parametrize("state", [RequestState.ACCEPTED, RequestState.DONE, RequestState.DECLINED])
def test_a_letter_filed_in_the_store_too_counts_once(
    sample: RegionDocuments, make_request: MakeRequest, state: RequestState
) -> None:
    """By its code or by place and number of the letter; the store knows how far it has come."""
    folder = desk_from_tables(sample.region, MONDAY).requests
    letter = next(request for request in folder if request.letter.number)
    same_code = make_request(letter.id, state=state)
    same_letter = make_request("PM-2026-0001", place=letter.place, letter=letter.letter, state=state)
    for filed in (same_code, same_letter):
        found = desk_from_store(sample.region, MONDAY, [filed]).requests
        assert letter not in found
        assert [request.id for request in found].count(filed.id) == (state is RequestState.ACCEPTED)
        assert len(found) == len(folder) - (state is not RequestState.ACCEPTED)


def test_letters_without_a_number_are_not_taken_for_one_another(
    sample: RegionDocuments, make_request: MakeRequest
) -> None:
    """Two requests of one place may both lack it."""
    place = sample.region.requests[0].place
    region = replace(sample.region, requests=(replace(sample.region.requests[0], letter_number=None),))
    desk = desk_from_store(region, MONDAY, [make_request("PM-2026-0001", place=place, letter=RequestLetter())])
    assert len(desk.requests) == 2


def test_a_region_has_a_folder_of_its_content(tmp_path: Path, sample: RegionDocuments) -> None:
    """The same documents, the same folder and region; travel times that were kept in it go along with a change."""
    regions = StoredRegions(tmp_path / "cache")
    first = _folder(regions.region(BATU_BARA, sample.files))
    assert regions.region(BATU_BARA, sample.files) is regions.region(BATU_BARA, sample.files)
    assert first.parent.stat().st_mode & 0o077 == 0
    assert {each.name: each.read_bytes() for each in first.iterdir()} == sample.files
    (first / "travel.npz").write_bytes(b"times")
    (first / "notes.txt").write_bytes(b"something else")

    changed = {**sample.files, "calendar.toml": sample.files["calendar.toml"] + b"\n# changed\n"}
    second = _folder(StoredRegions(tmp_path / "cache").region(BATU_BARA, changed))
    assert second != first
    assert (second / "travel.npz").read_bytes() == b"times"
    assert not (second / "notes.txt").exists()
    assert _folder(StoredRegions(tmp_path / "cache").region(BATU_BARA, sample.files)) == first


def test_folders_that_nobody_uses_are_removed(tmp_path: Path, sample: RegionDocuments) -> None:
    """A day after their last use, when another is made; so the cache does not grow with each letter."""
    regions = StoredRegions(tmp_path)
    first = _folder(regions.region(BATU_BARA, sample.files))
    changed = [{**sample.files, "calendar.toml": sample.files["calendar.toml"] + b"\n" * more} for more in (1, 2)]
    second = _folder(regions.region(BATU_BARA, changed[0]))
    long_ago = time.time() - 100_000
    os.utime(first, (long_ago, long_ago))
    regions.region(BATU_BARA, changed[1])
    assert (first.exists(), second.exists()) == (False, True)


def test_a_cache_that_was_deleted_is_made_again(tmp_path: Path, sample: RegionDocuments) -> None:
    """Also where the region is still in memory: its roads lie in the folder."""
    regions = StoredRegions(tmp_path / "cache")
    folder = _folder(regions.region(BATU_BARA, sample.files))
    for each in folder.iterdir():
        each.unlink()
    folder.rmdir()
    assert (_folder(regions.region(BATU_BARA, sample.files)) / "villages.csv").is_file()


def _folder(region: Region) -> Path:
    assert region.folder is not None
    return region.folder
