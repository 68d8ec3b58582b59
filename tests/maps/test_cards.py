"""Cards and their document: what is written comes back, and nothing else is read."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from maps.cards import VillageCard, WeekCards
from maps.cards_file import read_cards, write_cards
from maps.errors import InvalidCardsError, MissingCardError
from optimizer.problem import LocationId, VehicleId, VisitId

if TYPE_CHECKING:
    from tests.maps.conftest import Case

Change = Callable[[dict[str, Any]], object]


def test_written_cards_come_back(case: "Case") -> None:
    """A served week is rebuilt from its files, so nothing may be lost on the way."""
    assert read_cards(write_cards(case.cards)) == case.cards


def test_the_same_cards_give_the_same_bytes(case: "Case") -> None:
    """Documents are compared by their hash."""
    assert write_cards(read_cards(write_cards(case.cards))) == write_cards(case.cards)


def _damaged(cards: WeekCards, change: Change) -> bytes:
    body = json.loads(write_cards(cards))
    change(body)
    return json.dumps(body).encode()


@pytest.mark.parametrize(
    "change, says",
    [
        (lambda body: body.update(version=2), "version 1"),
        (lambda body: body.update(colour="red"), "unknown field 'colour'"),
        (lambda body: body["visits"][0].pop("place"), "lacks the field 'place'"),
        (lambda body: body["visits"][0].update(people="many"), r"visits\[0\].people is 'many'"),
        (lambda body: body["visits"][0].update(people=True), "a whole number"),
        (lambda body: body["visits"][0].update(people=-1), "at least 0"),
        (lambda body: body["visits"][0].update(kind="castle"), "one of school, village, host"),
        (lambda body: body["visits"][0].update(letter_date="13/01/2027"), "a date such as 2027-01-13"),
        (lambda body: body["visits"][0].update(village_code="12.19.04"), "must be 10 digits"),
        (lambda body: body["visits"][0].update(part=3), "part 3 of 2"),
        (lambda body: body["visits"][0]["counts"].update(iris=3), "one of record_and_print"),
        (lambda body: body["visits"][0]["factors"][0].update(value=float("nan")), "must be a number"),
        (lambda body: body["visits"][0].update(bring="KK"), "must be a list"),
        (lambda body: body["vehicles"][0].update(can_print=1), "true or false"),
        (lambda body: body["vehicles"].append(body["vehicles"][0]), "vehicle 'moling-1' is there twice"),
        (lambda body: body["vehicles"][1].update(number=1), "vehicle number '1' is there twice"),
        (lambda body: body["villages"].append([]), "must be an object"),
        (lambda body: body["bases"].clear(), "give at least the office"),
        (lambda body: body["bases"][0].update(name=" "), "name is empty"),
    ],
)
def test_a_damaged_document_is_refused_by_name(case: "Case", change: Change, says: str) -> None:
    """A document that is not of the format is never half understood; the message says where it is wrong."""
    with pytest.raises(InvalidCardsError, match=says):
        read_cards(_damaged(case.cards, change))


@pytest.mark.parametrize("document", [b"", b"[]", b"\xff", b"{", b"[" * 100_000])
def test_what_is_no_document_at_all_is_refused(document: bytes) -> None:
    """Any bytes may stand in a file; reading them ends in the package's own error."""
    with pytest.raises(InvalidCardsError):
        read_cards(document)


def test_a_card_that_is_not_there_is_named(case: "Case") -> None:
    """Plan and cards of different weeks must not be mixed in silence."""
    with pytest.raises(MissingCardError, match="'sd-1'"):
        case.cards.get_visit(VisitId("sd-1"))
    with pytest.raises(MissingCardError, match="'moling-9'"):
        case.cards.get_vehicle(VehicleId("moling-9"))
    with pytest.raises(MissingCardError, match="'pool'"):
        case.cards.get_base(LocationId("pool"))


def test_weeks_since_a_visit_are_not_negative() -> None:
    """A last visit after the planned week is a mistake of the table."""
    with pytest.raises(InvalidCardsError, match="weeks_since_visit is -1"):
        VillageCard("1219042001", "Desa A", -1)


def test_counts_cannot_be_changed(case: "Case") -> None:
    """Cards are shared by every output of a week."""
    with pytest.raises(TypeError):
        case.cards.visits[0].counts["record_only"] = 0  # type: ignore[index]  # that it is not allowed is the point
    assert replace(case.cards.visits[0], people=1).counts == case.cards.visits[0].counts
