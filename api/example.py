"""
An office to try out: the sample regency with made-up letters, and accounts whose passwords are told once.

It lives in a folder of its own and is made at the first start; accounts like these exist in no other office.
"""

import csv
import io
import os
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from api.administration.commands import BY, telling
from api.entities import RequestState, Role, User, UserId, VisitRequest
from api.errors import BadInputError
from api.i18n import Language
from api.planning.desk import request_from_row
from api.settings import DATABASE_URL, FILES, KEY_FILE
from api.store.passwords import hash_password
from api.store.people import add_user
from api.store.regions import RegionDocuments, put_region, read_region_documents
from api.store.requests import add_request, new_request_id, step_request
from api.store.scope import RegencyCode, Writing
from api.store.store import Store, make_store, open_store
from geodata import SAMPLE_DIR

_SAMPLE: Final = SAMPLE_DIR / "batubara"
REGENCY: Final = RegencyCode("1219")
"""Of the example."""
_LETTERS: Final = "requests.csv"
_ACCOUNTS: Final = (
    ("perencana", "Perencana", frozenset({Role.PLANNER}), None),
    ("kepala", "Kepala Bidang", frozenset({Role.APPROVER}), None),
    ("admin", "Admin", frozenset({Role.ADMIN}), None),
    ("pemeriksa", "Pemeriksa", frozenset({Role.AUDITOR}), None),
)
_ACCEPTED_SHARE: Final = 3
"""Of so many complete letters one still waits in the inbox."""


def use_example(folder: Path, lang: Language) -> Iterator[str]:
    """
    Make the example office in a folder, or use the one that is there; tells what to know, line by line.

    Raises
    ------
    BadInputError
        When the folder cannot be written.
    """
    database = folder / "moling.db"
    is_new = not database.exists()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        text = lang.gettext("Folder {folder} cannot be made: {problem}.")
        raise BadInputError(text.format(folder=folder, problem=error.strerror)) from error
    # The worker that is started later reads the same settings.
    os.environ[DATABASE_URL] = f"sqlite:///{database.resolve()}"
    os.environ[FILES] = str(database.resolve().with_name("files"))
    os.environ[KEY_FILE] = str(database.resolve().with_name("moling.key"))
    if not is_new:
        return
    with telling(lang.gettext) as settings:
        make_store(settings.database_url)
        with open_store(settings.database_url) as store:
            passwords = make_example(store, at=datetime.now(UTC))
    yield lang.gettext("An example office was made. Its accounts, told only now:")
    for user, name, *_ in _ACCOUNTS:
        yield f"  {user:<12} {passwords[user]:<24} {name}"


def make_example(store: Store, *, at: datetime) -> dict[str, str]:
    """
    Put the example into a store that does not know its regency; returns the passwords by account.

    Letters count from the Monday after ``at``: most are accepted, some wait in the inbox.
    """
    documents = read_region_documents(_SAMPLE)
    passwords = {user: _password() for user, *_ in _ACCOUNTS}
    hashed = {user: hash_password(password, user=user) for user, password in passwords.items()}
    monday = at.astimezone(ZoneInfo(documents.region.timezone)).date()
    letters = tuple(_letters(documents, monday + timedelta(days=7 - monday.weekday())))

    def fill(scope: Writing) -> None:
        put_region(scope, _without_letters(documents), by=BY, at=at)
        for user, name, roles, place in _ACCOUNTS:
            add_user(scope, User(UserId(user), name, roles, place), hashed[user], by=BY, at=at)
        for number, letter in enumerate(letters):
            request = replace(letter, id=new_request_id(scope, monday.year))
            add_request(scope, request, by=BY, at=at)
            if request.letter.is_complete and number % _ACCEPTED_SHARE:
                step_request(scope, request.id, RequestState.ACCEPTED, by=BY, at=at)

    store.write(REGENCY, fill)
    return passwords


def _letters(documents: RegionDocuments, monday: date) -> Iterator[VisitRequest]:
    # Complete and incomplete ones, as they come; what a folder calls accepted is submitted here at first.
    for row in documents.region.requests:
        request = request_from_row(row, monday)
        yield replace(request, state=RequestState.SUBMITTED)


def _without_letters(documents: RegionDocuments) -> RegionDocuments:
    # They are in the store's table; in the folder's file as well they would be planned twice.
    content = documents.files[_LETTERS].decode("utf-8-sig")
    first = io.StringIO()
    csv.writer(first, lineterminator="\n").writerow(next(csv.reader(io.StringIO(content))))
    return replace(documents, files={**documents.files, _LETTERS: first.getvalue().encode()})


def _password() -> str:
    return "-".join(secrets.token_hex(2) for _ in range(4))
