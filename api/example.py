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
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from api.administration.commands import BY, telling
from api.auth.caller import PUBLIC, Caller, CallerKind
from api.entities import PlanId, PlanState, RequestState, Role, User, UserId, VisitRequest, WeeklyPlan
from api.errors import BadInputError
from api.i18n import Language, language
from api.office import Office
from api.planning.desk import desk_from_store, request_from_row
from api.planning.service import plan_desk
from api.planning.week_service import step_week, week_after
from api.settings import DATABASE_URL, FILES, KEY_FILE
from api.store.passwords import hash_password
from api.store.people import add_user
from api.store.plans import PlanDocuments, add_plan
from api.store.regions import RegionDocuments, put_region, read_region_documents
from api.store.requests import add_request, list_requests, new_request_id, step_request
from api.store.scope import RegencyCode, Writing
from api.store.slots import answer_slot, find_slot
from api.store.store import Store, make_store, open_store
from geodata import SAMPLE_DIR
from maps.cards_file import write_cards
from maps.ways_file import write_ways
from optimizer.evaluate import evaluate
from optimizer.instance import write_plan
from optimizer.plan import Plan
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve

_SAMPLE: Final = SAMPLE_DIR / "batubara"
REGENCY: Final = RegencyCode("1219")
"""Of the example."""
PLAN: Final = PlanId("example-plan")
"""The version that it begins with."""
_LETTERS: Final = "requests.csv"
_ACCOUNTS: Final = (
    ("perencana", "Perencana", frozenset({Role.PLANNER}), None),
    ("kepala", "Kepala Bidang", frozenset({Role.APPROVER}), None),
    ("admin", "Admin", frozenset({Role.ADMIN}), None),
    ("pemeriksa", "Pemeriksa", frozenset({Role.AUDITOR}), None),
    ("petugas", "Petugas", frozenset({Role.CREW}), None),
)
_REASON: Final = "Lembur disetujui karena banyak permohonan sekolah."
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
            office = Office(settings, store)
            passwords = make_example(store, at=office.now())
            publish_example(office)
            office.close()
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


def publish_example(office: Office) -> date:
    """
    Plan the example's next week with little effort and publish it; returns its Monday.

    Every second host has confirmed its slot. What is not in the plan waits for the week after.
    """
    week = week_after(office, REGENCY)
    requests = office.read(REGENCY, list_requests)
    planned = plan_desk(desk_from_store(office.region(REGENCY), week, requests), language=language(), solver=_quickly)
    judged = evaluate(planned.week.problem, planned.plan)
    planner, head = (_caller(user) for user in ("perencana", "kepala"))
    version = WeeklyPlan(
        PLAN,
        week,
        1,
        UserId(planner.subject),
        hard_violations=len(judged.violations),
        soft_violations=len(judged.soft),
    )
    ways = write_ways(planned.ways) if planned.ways else None
    documents = PlanDocuments(planned.instance, write_plan(planned.plan), None, write_cards(planned.week.cards), ways)
    office.write(REGENCY, lambda scope: add_plan(scope, version, documents, by=planner.subject, at=office.now()))
    step_week(office, planner, week, PLAN, PlanState.SUBMITTED, "")
    step_week(office, head, week, PLAN, PlanState.APPROVED, _REASON)
    office.write(REGENCY, lambda scope: _confirm_half(scope, office.now()))
    step_week(office, planner, week, PLAN, PlanState.PUBLISHED, "")
    return week


def _confirm_half(scope: Writing, at: datetime) -> None:
    offered = list_requests(scope, (RequestState.SLOT_OFFERED,))
    for request in offered[::2]:
        slot = find_slot(scope, request.id)
        assert slot is not None
        answer_slot(scope, request.id, slot.number, confirms=True, by=PUBLIC, at=at)


def _quickly(problem: Problem, options: SolveOptions) -> Plan:
    few = SolveOptions(solution_limit=1, instance_sha256=options.instance_sha256, gettext=options.gettext)
    return solve(problem, few)


def _caller(user: str) -> Caller:
    roles = next(roles for name, _, roles, _ in _ACCOUNTS if name == user)
    return Caller(REGENCY, kind=CallerKind.SESSION, subject=user, roles=roles)


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
