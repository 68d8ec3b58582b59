"""A branch office's list of requests: judged row by row; then all of them, or the good ones, are filed in one write."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from api.auth.caller import Caller
from api.entities import RequestId, VisitRequest, Wish
from api.i18n import N_
from api.office import Office
from api.requests.answers import Answers, Fault
from api.requests.entering import read_entered
from api.requests.filing import Filing, file_within
from api.requests.parts import blank_request, exceeds_roll, read_contact
from api.requests.places import Host, find_host
from api.requests.quotas import find_same_letter, letter_key
from api.store.scope import Reading, Writing
from geodata.cells import place_code
from geodata.errors import CellError


class Verdict(StrEnum):
    """What becomes of a row."""

    GOOD = "good"
    WRONG = "wrong"
    SAME_LETTER = "same_letter"


@dataclass(frozen=True, slots=True)
class Judged:
    """
    A row of a list.

    Attributes
    ----------
    number
        As the spreadsheet shows it.
    fields
        As typed.
    faults
        What would be right, by the name of the field.
    earlier
        The request with the same letter, in the store; None where the same letter stands further up in the list.
    is_unlikely
        More people than the school's roll makes likely.
    """

    number: int
    fields: dict[str, str]
    host: Host | None
    verdict: Verdict
    filing: Filing | None = None
    faults: tuple[tuple[str, Fault], ...] = ()
    earlier: VisitRequest | None = None
    is_unlikely: bool = False


def judge(office: Office, caller: Caller, rows: Sequence[tuple[int, dict[str, str]]]) -> tuple[Judged, ...]:
    """What would become of each row; nothing is written."""
    assert caller.regency is not None
    read = [_read(office, caller, number, fields) for number, fields in rows]

    def look(scope: Reading) -> tuple[Judged, ...]:
        seen: set[tuple[str, str]] = set()
        return tuple(_against_others(scope, each, seen) for each in read)

    return office.read(caller.regency, look)


def file_many(office: Office, caller: Caller, judged: Sequence[Judged]) -> tuple[RequestId, ...]:
    """
    File the good rows, all in one write; their codes.

    Letters that were filed since the list was judged are left out.
    """
    assert caller.regency is not None
    filings = [each.filing for each in judged if each.verdict is Verdict.GOOD and each.filing is not None]
    at = office.now()

    def change(scope: Writing) -> tuple[RequestId, ...]:
        codes = []
        for filing in filings:
            same = find_same_letter(scope, filing.request.place, filing.request.letter.number)
            if same is None:
                codes.append(file_within(scope, filing, by=caller.by, at=at))
        return tuple(codes)

    return office.write(caller.regency, change)


def _read(office: Office, caller: Caller, number: int, fields: dict[str, str]) -> Judged:
    assert caller.regency is not None
    try:
        code = place_code(fields.get("place", ""))
    except CellError:
        code = ""
    host = find_host(office.region(caller.regency), code)
    answers = Answers({name: (value,) for name, value in fields.items()})
    if host is None:
        answers.refuse("place", N_("No place has this code; write the NPSN of a school or the code of a village."))
        return Judged(number, fields, None, Verdict.WRONG, faults=tuple(answers.faults.items()))
    request = read_entered(blank_request(Wish.VISIT, host, office.today(caller.regency)), answers, is_staff=True)
    has_contact = answers.raw("contact_name") or answers.raw("contact_whatsapp")
    contact = read_contact(answers) if has_contact else None
    if answers.faults:
        return Judged(number, fields, host, Verdict.WRONG, faults=tuple(answers.faults.items()))
    filing = Filing(request, contact, is_checked=False)
    return Judged(number, fields, host, Verdict.GOOD, filing, is_unlikely=exceeds_roll(request, host))


def _against_others(scope: Reading, judged: Judged, seen: set[tuple[str, str]]) -> Judged:
    if judged.filing is None:
        return judged
    request = judged.filing.request
    key = (request.place, letter_key(request.letter.number))
    earlier = find_same_letter(scope, request.place, request.letter.number)
    if earlier is not None or (key[1] and key in seen):
        return replace(judged, verdict=Verdict.SAME_LETTER, filing=None, earlier=earlier)
    seen.add(key)
    return judged
