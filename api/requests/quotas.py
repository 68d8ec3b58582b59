"""How many requests one address may send and one place may have open; letters that came before."""

from collections.abc import Sized
from datetime import timedelta
from typing import Final

from api.auth.attempts import Attempts
from api.entities import RequestState, VisitRequest
from api.errors import TooManyAttemptsError, UnfitFormError
from api.i18n import N_
from api.office import Office
from api.store.office_settings import get_setting
from api.store.requests import list_of_place
from api.store.scope import Reading

MOST_OPEN_KEY: Final = "requests.most_open_of_place"
MOST_OPEN: Final = 5
"""Where the office chose no other number."""
OPEN: Final = frozenset(
    {
        *(RequestState.SUBMITTED, RequestState.NEEDS_CORRECTION, RequestState.ACCEPTED, RequestState.SLOT_OFFERED),
        *(RequestState.CONFIRMED, RequestState.SLOT_DECLINED, RequestState.SCHEDULED),
    }
)
_NOT_COUNTED: Final = frozenset({RequestState.DRAFT, RequestState.DECLINED, RequestState.CANCELLED})
_HOUR: Final = timedelta(hours=1)


class SameLetterError(UnfitFormError):
    """
    The letter was filed before.

    Attributes
    ----------
    earlier
        That request.
    """

    usual = N_("This letter was filed already. Open the link that was shown then, or call the office.")

    def __init__(self, earlier: VisitRequest) -> None:
        super().__init__()
        self.earlier = earlier


class TooManyOpenError(UnfitFormError):
    """The place has as many open requests as it may have."""

    usual = N_("This place has {most} open requests already. Wait for their visits, or cancel one of them.")

    def __init__(self, most: int) -> None:
        super().__init__(self.usual, most=most)


class AddressQuota:
    """How often one address may begin a request, send a file and file a request in an hour; schools often share one."""

    def __init__(self, office: Office) -> None:
        self._begun = Attempts(60, _HOUR, office.now)
        self._filed = Attempts(30, _HOUR, office.now)
        self._files = Attempts(60, _HOUR, office.now)

    def begin(self, address: str) -> None:
        """
        Count a request that is begun.

        Raises
        ------
        TooManyAttemptsError
            When there were too many.
        """
        if not self._begun.may_try(address):
            raise TooManyAttemptsError

    def file(self, address: str) -> None:
        """
        Count a request that is filed.

        Raises
        ------
        TooManyAttemptsError
            When there were too many.
        """
        if not self._filed.may_try(address):
            raise TooManyAttemptsError

    def send_file(self, address: str, files: Sized) -> None:
        """
        Count a form with files, each of which costs a second to clean; one without is free.

        Raises
        ------
        TooManyAttemptsError
            When there were too many.
        """
        if files and not self._files.may_try(address):
            raise TooManyAttemptsError


def find_same_letter(scope: Reading, place: str, number: str | None) -> VisitRequest | None:
    """The request that came from that place with a letter of that number, however blanks and capitals stand in it."""
    wanted = letter_key(number)
    if not wanted:
        return None
    return next((each for each in filed_before(scope, place) if letter_key(each.letter.number) == wanted), None)


def filed_before(scope: Reading, place: str) -> tuple[VisitRequest, ...]:
    """Requests of a place that count, the newest first: neither declined nor cancelled."""
    return tuple(each for each in list_of_place(scope, place) if each.state not in _NOT_COUNTED)


def check_same_letter(scope: Reading, request: VisitRequest) -> None:
    """
    Refuse a letter that was filed before.

    Raises
    ------
    SameLetterError
        When it was.
    """
    earlier = find_same_letter(scope, request.place, request.letter.number)
    if earlier is not None and earlier.id != request.id:
        raise SameLetterError(earlier)


def check_open(scope: Reading, place: str) -> None:
    """
    Refuse one request more of a place that has too many open ones.

    Raises
    ------
    TooManyOpenError
        When it has.
    """
    most = int(get_setting(scope, MOST_OPEN_KEY, MOST_OPEN))
    if sum(each.state in OPEN for each in list_of_place(scope, place)) >= most:
        raise TooManyOpenError(most)


def letter_key(number: str | None) -> str:
    """A key that the spellings of one letter's number share; empty where there is none."""
    return "".join((number or "").casefold().split())
