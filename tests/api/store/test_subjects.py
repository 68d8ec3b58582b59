"""Accounts, secrets, requests, plans and regions: what goes in comes out, and what makes no sense is refused."""

import hashlib
import json
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.entities import (
    PlanId,
    PlanState,
    RequestId,
    RequestLetter,
    RequestState,
    Role,
    TransitionError,
    User,
    UserId,
    VisitRequest,
    WeeklyPlan,
)
from api.store.audit import first_broken, list_audit
from api.store.database import Database
from api.store.errors import DamagedError, DuplicateError, MissingError, UnfitValueError
from api.store.passwords import HashedPassword, hash_password, is_password
from api.store.people import add_user, change_password, close_user, find_password, find_user, list_users
from api.store.plans import (
    PlanDocuments,
    add_plan,
    find_published,
    get_documents,
    get_plan,
    list_plans,
    next_version,
    plan_steps,
    step_plan,
)
from api.store.regions import RegionDocuments, get_region_files, put_region, read_region_documents
from api.store.requests import (
    add_request,
    change_request,
    find_by_letter,
    find_request,
    get_request,
    list_requests,
    new_request_id,
    request_steps,
    step_request,
)
from api.store.scope import RegencyCode, Writing
from api.store.secrets import (
    Purpose,
    drop_expired,
    find_subject,
    keep_secret,
    new_secret,
    regency_of,
    revoke_all,
    revoke_secret,
)
from api.store.store import Store
from api.store.tables import PLANS, SECRETS
from geodata import SAMPLE_DIR
from geodata.region import load_region
from geodata.requests import ServiceCounts, Urgency
from geodata.sites import Signal, SiteKind
from geodata.times import DateRange, RelativeDate, TimeRange, Weekday
from optimizer.evaluate import evaluate
from optimizer.instance import sha256_of, write_plan, write_problem
from optimizer.problem import Problem
from optimizer.solve import SolveOptions, solve
from tests.stores import BATU_BARA, NOW

PLANNER, HEAD = UserId("perencana"), UserId("kepala")
MONDAY = date(2026, 12, 7)
LETTER = RequestLetter("421.3/118", date(2026, 11, 27), has_scan=True, subject="Perekaman", signatory_position="Wakil")
REQUEST = VisitRequest(
    RequestId("PM-2026-0001"), "SMA1", SiteKind.SMA, date(2026, 11, 30), ServiceCounts(62, 41), LETTER,
    state=RequestState.SUBMITTED,
)  # fmt: skip


def text(longest: int) -> st.SearchStrategy[str]:
    """Texts that may be kept."""
    characters = st.characters(exclude_categories=["Cs", "Cc", "Nd"])
    return st.text(characters, max_size=longest)


DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))
COUNTS = st.integers(0, 5_000)
HOURS = st.tuples(st.integers(0, 700), st.integers(701, 1_440)).map(lambda ends: TimeRange(*ends))
REQUESTS = st.builds(
    VisitRequest,
    st.just(REQUEST.id),
    place=st.from_regex(r"[A-Z0-9]{1,20}", fullmatch=True),
    kind=st.sampled_from(SiteKind),
    received=DAYS,
    counts=st.builds(ServiceCounts, COUNTS, COUNTS, COUNTS, COUNTS),
    letter=st.builds(
        RequestLetter, st.none() | text(40), st.none() | DAYS, has_scan=st.booleans(), subject=text(80),
        signatory_position=text(80),
    ),
    state=st.sampled_from(RequestState),
    weekdays=st.lists(st.sampled_from(Weekday), unique=True).map(tuple),
    hours=st.lists(HOURS, max_size=3).map(tuple),
    outside_working_hours=st.booleans(),
    blocked=st.lists(st.builds(DateRange, DAYS, DAYS), max_size=3).map(tuple),
    not_after=st.none() | DAYS,
    urgency=st.sampled_from(Urgency),
    needs_portable_kit=st.booleans(),
    signal=st.sampled_from(Signal),
    notes=st.lists(text(80), max_size=3).map(tuple),
)  # fmt: skip


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(request_=REQUESTS)
def test_a_request_comes_out_as_it_went_in(store: Store, request_: VisitRequest) -> None:
    """Whatever it says, field by field; a row each time, for the store stays."""

    def put(scope: Writing) -> VisitRequest:
        named = replace(request_, id=new_request_id(scope, 2026))
        add_request(scope, named, by="test", at=NOW)
        return named

    named = store.write(BATU_BARA, put)
    assert store.read(BATU_BARA, lambda scope: find_request(scope, named.id)) == named


def test_a_request_goes_its_way_and_every_step_is_kept(store: Store) -> None:
    """Codes count up; steps follow the rules; history and audit tell who, when and why."""

    def file(scope: Writing) -> VisitRequest:
        request = replace(REQUEST, id=new_request_id(scope, 2026))
        add_request(scope, request, by="public", at=NOW)
        return request

    first, second = store.write(BATU_BARA, file), store.write(BATU_BARA, file)
    assert (first.id, second.id) == ("PM-2026-0001", "PM-2026-0002")
    assert store.read(BATU_BARA, lambda scope: find_by_letter(scope, "SMA1", "421.3/118")) == (first, second)
    later = NOW + timedelta(hours=1)
    moved = store.write(
        BATU_BARA,
        lambda scope: step_request(
            scope, first.id, RequestState.NEEDS_CORRECTION, by=PLANNER, at=later, reason="nomor surat kosong"
        ),
    )
    assert moved == replace(first, state=RequestState.NEEDS_CORRECTION)
    mended = replace(moved, letter=replace(LETTER, number="421.3/119"))
    store.write(BATU_BARA, lambda scope: change_request(scope, mended, by="public", at=later))
    assert store.read(BATU_BARA, lambda scope: get_request(scope, first.id)) == mended
    with pytest.raises(TransitionError):
        store.write(BATU_BARA, lambda scope: step_request(scope, first.id, RequestState.DONE, by=PLANNER, at=later))
    with pytest.raises(MissingError, match="any more"):
        store.write(BATU_BARA, lambda scope: change_request(scope, first, by="public", at=later))
    waiting = store.read(BATU_BARA, lambda scope: list_requests(scope, [RequestState.SUBMITTED]))
    assert waiting == (second,)
    steps = store.read(BATU_BARA, lambda scope: request_steps(scope, first.id))
    assert [(step.state, step.by, step.reason) for step in steps] == [
        (RequestState.SUBMITTED, "public", ""),
        (RequestState.NEEDS_CORRECTION, PLANNER, "nomor surat kosong"),
    ]
    assert steps[1].at == later
    acts = store.read(BATU_BARA, list_audit)
    assert [row.action for row in acts][1:] == ["request.added", "request.added", "request.moved", "request.changed"]
    assert acts[-1].details == {"fields": ["letter_number"]}
    with pytest.raises(DuplicateError):
        store.write(BATU_BARA, lambda scope: add_request(scope, second, by="public", at=NOW))


def test_a_request_that_may_not_be_kept_is_refused(store: Store) -> None:
    """Identity numbers in any field, relative days, counts beyond belief; nothing is left of them."""
    for wrong in (
        replace(REQUEST, notes=("NIK 1219010101010001",)),
        replace(REQUEST, letter=replace(LETTER, subject="121901.010101.0001 121901-010101-0001")),
        replace(REQUEST, letter=replace(LETTER, number="1" * 201)),
        replace(REQUEST, counts=ServiceCounts(10**12)),
        replace(REQUEST, blocked=(DateRange(RelativeDate(0), RelativeDate(1)),)),
        replace(REQUEST, place="a\udcffb"),
    ):
        with pytest.raises(UnfitValueError):
            store.write(BATU_BARA, lambda scope, each=wrong: add_request(scope, each, by="public", at=NOW))  # type: ignore[misc]
    assert store.read(BATU_BARA, list_requests) == ()
    assert store.read(BATU_BARA, lambda scope: len(list_audit(scope))) == 1


def test_accounts_have_roles_and_hashed_passwords(store: Store) -> None:
    """An account is found while it is open; its password is never kept as it is."""
    user = User(PLANNER, "Perencana", frozenset({Role.PLANNER, Role.ADMIN}))
    school = User(UserId("sma1"), "SMA Negeri 1", frozenset({Role.SCHOOL}), "SMA1")
    password = hash_password("jalan raya medan utara", user=user.id)
    assert password.startswith("$argon2id$")
    assert is_password("jalan raya medan utara", password)
    assert not is_password("jalan raya medan selatan", password)
    assert not is_password("a password that nobody has", None)
    for each in (user, school):
        store.write(BATU_BARA, lambda scope, one=each: add_user(scope, one, password, by="test", at=NOW))  # type: ignore[misc]
    assert store.read(BATU_BARA, list_users) == (user, school)
    assert store.read(BATU_BARA, lambda scope: find_user(scope, school.id)) == school
    assert store.read(BATU_BARA, lambda scope: find_password(scope, PLANNER)) == password
    with pytest.raises(DuplicateError):
        store.write(BATU_BARA, lambda scope: add_user(scope, user, password, by="test", at=NOW))
    other = HashedPassword("$argon2id$other")
    store.write(BATU_BARA, lambda scope: change_password(scope, PLANNER, other, by="test", at=NOW))
    assert store.read(BATU_BARA, lambda scope: find_password(scope, PLANNER)) == other
    with pytest.raises(UnfitValueError, match="last account"):
        store.write(BATU_BARA, lambda scope: close_user(scope, PLANNER, by="test", at=NOW))
    admin = User(UserId("admin"), "Admin", frozenset({Role.ADMIN}))
    store.write(BATU_BARA, lambda scope: add_user(scope, admin, HashedPassword("$x"), by="test", at=NOW))
    store.write(BATU_BARA, lambda scope: close_user(scope, PLANNER, by="test", at=NOW))
    assert store.read(BATU_BARA, lambda scope: find_user(scope, PLANNER)) is None
    with pytest.raises(MissingError):
        store.write(BATU_BARA, lambda scope: close_user(scope, PLANNER, by="test", at=NOW))
    assert "argon2" not in str(store.read(BATU_BARA, list_audit))


@pytest.mark.parametrize("password", ["short", "a" * 201, "perencana123", "aaaaaaaaaaaaaaaa", "perencana perencana\0"])
def test_bad_passwords_are_refused(password: str) -> None:
    """Too short, too long, the account's own name, one character."""
    with pytest.raises(UnfitValueError):
        hash_password(password, user="perencana")


@pytest.mark.parametrize(
    "user",
    [
        User(UserId("a b"), "A", frozenset({Role.PLANNER})),
        User(UserId("a"), "A", frozenset()),
        User(UserId("a"), " ", frozenset({Role.PLANNER})),
        User(UserId("a"), "A", frozenset({Role.SCHOOL})),
        User(UserId("a"), "A", frozenset({Role.PLANNER}), "SMA1"),
        User(UserId("a"), "A", frozenset({Role.SCHOOL, Role.ADMIN}), "SMA1"),
    ],
    ids=["name", "no-role", "nameless", "no-place", "a-place", "school-and-admin"],
)
def test_accounts_that_make_no_sense_are_refused(store: Store, user: User) -> None:
    """Before anything is written."""
    with pytest.raises(UnfitValueError):
        store.write(BATU_BARA, lambda scope: add_user(scope, user, HashedPassword("x"), by="test", at=NOW))


def test_a_secret_opens_its_subject_for_its_time(store: Store) -> None:
    """Nowhere is it kept as it is; it opens nothing of another use, another regency, or after its end."""
    secret = new_secret(BATU_BARA)
    assert regency_of(secret) == BATU_BARA
    assert regency_of("nonsense") is None
    assert len(secret) >= len("1219.") + 22  # 128 bits
    hour = timedelta(hours=1)
    store.write(
        BATU_BARA,
        lambda scope: keep_secret(scope, secret, Purpose.STATUS_LINK, "PM-2026-0001", lasts=hour, by="public", at=NOW),
    )

    def opens(regency: RegencyCode, purpose: Purpose, after: timedelta) -> str | None:
        return store.read(regency, lambda scope: find_subject(scope, secret, purpose, at=NOW + after))

    assert opens(BATU_BARA, Purpose.STATUS_LINK, timedelta(0)) == "PM-2026-0001"
    assert opens(BATU_BARA, Purpose.SESSION, timedelta(0)) is None
    assert opens(RegencyCode("1275"), Purpose.STATUS_LINK, timedelta(0)) is None
    assert opens(BATU_BARA, Purpose.STATUS_LINK, hour) is None
    kept = store.read(BATU_BARA, lambda scope: str(scope.rows(SECRETS)) + str(list_audit(scope)))
    assert secret.partition(".")[2] not in kept
    assert store.write(BATU_BARA, lambda scope: revoke_secret(scope, secret, by="public", at=NOW))
    assert not store.write(BATU_BARA, lambda scope: revoke_secret(scope, secret, by="public", at=NOW))
    for _ in range(3):
        store.write(
            BATU_BARA,
            lambda scope: keep_secret(
                scope, new_secret(BATU_BARA), Purpose.SESSION, PLANNER, lasts=hour, by=PLANNER, at=NOW
            ),
        )
    assert store.write(BATU_BARA, lambda scope: drop_expired(scope, by="test", at=NOW)) == 0
    assert store.write(BATU_BARA, lambda scope: revoke_all(scope, Purpose.SESSION, PLANNER, by="test", at=NOW)) == 3
    with pytest.raises(UnfitValueError):
        store.write(
            BATU_BARA,
            lambda scope: keep_secret(
                scope, new_secret(RegencyCode("1275")), Purpose.SESSION, PLANNER, lasts=hour, by="test", at=NOW
            ),
        )


@pytest.fixture(scope="module")
def documents(week: Problem) -> PlanDocuments:
    """A planned week of a few visits."""
    problem = replace(week, visits=week.visits[:6])
    instance = write_problem(problem)
    plan = solve(problem, SolveOptions(time_limit_s=3, instance_sha256=sha256_of(instance)))
    assert not evaluate(problem, plan, instance_sha256=sha256_of(instance)).violations
    return PlanDocuments(instance, write_plan(plan), b"\0state")


def plan_of(number: int) -> WeeklyPlan:
    """A version of the week."""
    return WeeklyPlan(PlanId(f"2026-W50-{number}"), MONDAY, number, PLANNER)


def test_a_plan_version_is_put_in_once(store: Store, documents: PlanDocuments, database: Database) -> None:
    """A job that repeats itself changes nothing; other documents under the same version are refused; none changes."""

    def put(scope: Writing) -> bool:
        return add_plan(scope, plan_of(next_version(scope, MONDAY)), documents, by=PLANNER, at=NOW)

    assert store.write(BATU_BARA, put)
    again = store.write(BATU_BARA, lambda scope: add_plan(scope, plan_of(1), documents, by=PLANNER, at=NOW))
    assert not again
    assert store.read(BATU_BARA, lambda scope: len(list_audit(scope))) == 2
    assert store.read(BATU_BARA, lambda scope: get_documents(scope, plan_of(1).id)) == documents
    other = PlanDocuments(documents.instance, documents.plan + b" ")
    with pytest.raises(DuplicateError):
        store.write(BATU_BARA, lambda scope: add_plan(scope, plan_of(1), other, by=PLANNER, at=NOW))
    with pytest.raises(Exception, match="never changes"), database.writes.begin() as connection:
        connection.execute(PLANS.update().values(plan=b"{}"))


def test_publishing_supersedes_the_version_before(store: Store, documents: PlanDocuments) -> None:
    """Two people see a plan; one version of a week is published; its author's own approval is refused."""
    for number in (1, 2):
        store.write(
            BATU_BARA,
            lambda scope, n=number: add_plan(scope, plan_of(n), documents, by=PLANNER, at=NOW),  # type: ignore[misc]
        )

    def step(number: int, state: PlanState, by: UserId) -> WeeklyPlan:
        return store.write(BATU_BARA, lambda scope: step_plan(scope, plan_of(number).id, state, by=by, at=NOW))

    step(1, PlanState.SUBMITTED, PLANNER)
    with pytest.raises(TransitionError, match="author"):
        step(1, PlanState.APPROVED, PLANNER)
    step(1, PlanState.APPROVED, HEAD)
    step(1, PlanState.PUBLISHED, PLANNER)
    for state, by in ((PlanState.SUBMITTED, PLANNER), (PlanState.APPROVED, HEAD), (PlanState.PUBLISHED, PLANNER)):
        step(2, state, by)
    versions = store.read(BATU_BARA, lambda scope: list_plans(scope, MONDAY))
    assert [(plan.version, plan.state) for plan in versions] == [(2, PlanState.PUBLISHED), (1, PlanState.SUPERSEDED)]
    assert store.read(BATU_BARA, lambda scope: find_published(scope, MONDAY)) == versions[0]
    assert store.read(BATU_BARA, lambda scope: get_plan(scope, plan_of(1).id)) == versions[1]
    steps = store.read(BATU_BARA, lambda scope: plan_steps(scope, plan_of(1).id))
    assert [step.state for step in steps][-2:] == [PlanState.PUBLISHED, PlanState.SUPERSEDED]
    assert store.read(BATU_BARA, first_broken) is None


def test_documents_that_do_not_fit_are_refused(documents: PlanDocuments) -> None:
    """A plan of another instance, junk, and an identity number in a text; numbers with many decimals are no texts."""
    instance = json.loads(documents.instance)
    for wrong in (b"", b"[]", b"{}", b'{"format":"moling/plan"}', documents.plan):
        with pytest.raises(UnfitValueError):
            PlanDocuments(wrong, documents.plan)
    with pytest.raises(UnfitValueError, match="another instance"):
        PlanDocuments(documents.instance + b" ", documents.plan)

    def bound(**changes: object) -> PlanDocuments:
        changed = json.dumps({**instance, **changes}).encode()
        plan = {**json.loads(documents.plan), "instance_sha256": hashlib.sha256(changed).hexdigest()}
        return PlanDocuments(changed, json.dumps(plan).encode())

    with pytest.raises(UnfitValueError, match="identity number"):
        bound(name="week of 1219010101010001")
    assert bound(name="week", share=0.1234567890123456)


def test_damaged_documents_are_noticed(store: Store, documents: PlanDocuments, database: Database) -> None:
    """Whoever changes them behind the store's back is found out by their hashes."""
    store.write(BATU_BARA, lambda scope: add_plan(scope, plan_of(1), documents, by=PLANNER, at=NOW))
    with database.writes.begin() as connection:
        drop = "DROP TRIGGER plans_keep_documents" + ("" if database.is_sqlite else " ON plans")
        connection.exec_driver_sql(drop)
        connection.execute(PLANS.update().values(plan=b"{}"))
    with pytest.raises(DamagedError):
        store.read(BATU_BARA, lambda scope: get_documents(scope, plan_of(1).id))


def test_a_region_comes_out_byte_by_byte(store: Store, sample: RegionDocuments, tmp_path: Path) -> None:
    """And loading it again replaces it; a file that is no part of a region stays outside."""
    files = store.read(BATU_BARA, get_region_files)
    folder = SAMPLE_DIR / "batubara"
    assert files == {name: (folder / name).read_bytes() for name in files}
    assert sample.left_out == ("README.md",)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    assert load_region(tmp_path) == load_region(folder)
    again = read_region_documents(tmp_path)
    assert not store.write(BATU_BARA, lambda scope: put_region(scope, again, by="test", at=NOW))
    assert store.read(BATU_BARA, get_region_files) == files
    with pytest.raises(MissingError, match="region load"):
        store.read(RegencyCode("1275"), get_region_files)
    with pytest.raises(UnfitValueError, match="1219"):
        store.write(RegencyCode("1275"), lambda scope: put_region(scope, again, by="test", at=NOW))
