"""Accounts, passwords and tokens on pages, and the trail of acts."""

import csv
import io
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from api.administration.trail_routes import trail_csv
from api.auth.policies import SESSION_COOKIE
from api.entities import Role, User, UserId
from api.office import Office
from api.store.accounts import LINK_LASTS, add_account, new_token
from api.store.audit import AuditRow, list_audit
from api.store.passwords import NO_PASSWORD, is_password
from api.store.people import find_password, find_user
from api.store.secrets import Purpose, find_subject
from tests.offices import ORIGIN, PASSWORD, Clock, Visitor
from tests.programs import Program
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
NEW = "eight green boats"


def link_on(page: str) -> str:
    """The link to set a password that a page shows."""
    found = re.search(r"/sandi/[\w.-]+", page)
    assert found, page[:2000]
    return found[0]


def may_come(visitor: Visitor) -> bool:
    """Whether the visitor is signed in."""
    return visitor.http.get("/kantor/sandi", follow_redirects=False).status_code == 200


def test_an_account_is_added_and_its_person_sets_the_password_once(visit: Visit, clock: Clock) -> None:
    admin = visit().sign_in(Role.ADMIN)
    assert "planner" in admin.page("/kantor/akun")
    fields = {"user": "kepala", "name": "Kepala Bidang", "roles": ["approver", "auditor"], "place": ""}
    answer = admin.send("/kantor/akun/baru", fields)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    link = link_on(answer.text)
    assert "Kepala Bidang" in admin.page("/kantor/akun/kepala")
    person = visit()
    assert person.send(link, {"password": NEW, "again": "x" * 12}).status_code == 422
    assert person.send(link, {"password": "short", "again": "short"}).status_code == 422
    assert person.send(link, {"password": NEW, "again": NEW}, follow_redirects=False).status_code == 303
    assert person.get(link).status_code == 404
    signed = person.send("/masuk", {"regency": "1219", "user": "kepala", "password": NEW}, follow_redirects=False)
    assert (signed.status_code, signed.headers["location"]) == (303, "/kantor")


def test_a_link_runs_out_and_a_new_one_takes_its_place(visit: Visit, clock: Clock) -> None:
    admin, person = visit().sign_in(Role.ADMIN), visit()
    first = link_on(admin.send("/kantor/akun/planner/tautan-sandi").text)
    second = link_on(admin.send("/kantor/akun/planner/tautan-sandi").text)
    assert person.get(first).status_code == 404
    assert person.get(second).status_code == 200
    clock.go_on(seconds=LINK_LASTS.total_seconds())
    assert person.get(second).status_code == 404


def test_an_account_without_a_password_opens_to_none(office: Office, visit: Visit) -> None:
    user = User(UserId("kepala"), "Kepala", frozenset({Role.APPROVER}))
    office.write(BATU_BARA, lambda scope: add_account(scope, user, by="test", at=office.now()))
    for password in ("", "!", PASSWORD):
        answer = visit().send("/masuk", {"regency": "1219", "user": "kepala", "password": password})
        assert answer.status_code in {401, 422}
    assert not is_password("!", NO_PASSWORD)


@pytest.mark.parametrize(
    "fields",
    [
        {"user": "planner"},
        {"user": "a b"},
        {"user": ""},
        {"roles": []},
        {"roles": ["school"]},
        {"roles": ["school", "planner"], "place": "10204056"},
        {"roles": ["school"], "place": "99999999"},
        {"name": "1219042001010001"},
    ],
)
def test_an_account_that_makes_no_sense_is_refused_and_what_was_typed_kept(
    visit: Visit, office: Office, fields: dict[str, object]
) -> None:
    admin = visit().sign_in(Role.ADMIN)
    sent = {"user": "baru", "name": "Nama Lengkap", "roles": ["crew"], "place": "", **fields}
    answer = admin.send("/kantor/akun/baru", sent)
    assert answer.status_code == 422
    if "Nama Lengkap" in str(sent) and sent["user"]:
        assert "Nama Lengkap" in answer.text
    assert office.read(BATU_BARA, lambda scope: find_user(scope, UserId("baru"))) is None


def test_roles_change_at_once_and_one_keeper_of_accounts_stays(visit: Visit) -> None:
    admin, planner = visit().sign_in(Role.ADMIN), visit().sign_in(Role.PLANNER)
    assert planner.get("/kantor/jejak").status_code == 403
    change = {"name": "Perencana", "roles": ["planner", "auditor"], "place": ""}
    assert admin.send("/kantor/akun/planner/peran", change).status_code == 200
    assert planner.get("/kantor/jejak").status_code == 200
    assert admin.send("/kantor/akun/admin/peran", {"name": "A", "roles": ["crew"], "place": ""}).status_code == 422
    assert admin.send("/kantor/akun/admin/tutup").status_code == 422
    assert admin.send("/kantor/akun/nobody/peran", change).status_code == 404


def test_closing_and_a_new_password_end_all_that_opens_an_account(
    visit: Visit, office: Office, office_application: FastAPI
) -> None:
    admin = visit().sign_in(Role.ADMIN)
    planner, crew = visit().sign_in(Role.PLANNER), visit().sign_in(Role.CREW)
    tokens = {role: Program(office_application, office, role) for role in ("planner", "crew")}
    link = link_on(admin.send("/kantor/akun/planner/tautan-sandi").text)
    assert "tutup" in admin.page("/kantor/akun/crew")
    admin.page("/kantor/akun/crew/tutup")
    assert admin.send("/kantor/akun/crew/tutup").status_code == 200
    assert visit().send(link, {"password": NEW, "again": NEW}, follow_redirects=False).status_code == 303
    assert not may_come(planner)
    assert not may_come(crew)
    assert [each.get("/me").status_code for each in tokens.values()] == [401, 401]
    assert admin.get("/kantor/akun/crew").status_code == 404


def test_an_own_password_is_changed_and_this_browser_stays_signed_in(
    visit: Visit, office: Office, office_application: FastAPI
) -> None:
    here, there = visit().sign_in(Role.PLANNER), visit().sign_in(Role.PLANNER)
    token = Program(office_application, office, "planner")
    before = here.http.cookies[SESSION_COOKIE]
    wrong = {"former": "not this one", "password": NEW, "again": NEW}
    assert here.send("/kantor/sandi", wrong).status_code == 422
    assert here.send("/kantor/sandi", {**wrong, "former": PASSWORD, "again": "other"}).status_code == 422
    answer = here.send("/kantor/sandi", {**wrong, "former": PASSWORD}, follow_redirects=False)
    assert answer.status_code == 303
    assert here.http.cookies[SESSION_COOKIE] != before
    assert may_come(here)
    assert not may_come(there)
    assert token.get("/me").status_code == 401
    for _ in range(8):
        here.send("/kantor/sandi", wrong)
    assert [here.send("/kantor/sandi", wrong).status_code for _ in range(3)][-1] == 429


def test_a_token_is_shown_once_used_and_revoked(visit: Visit, office_application: FastAPI, clock: Clock) -> None:
    admin = visit().sign_in(Role.ADMIN)
    page = admin.send("/kantor/akun/school/token", {"days": 30})
    found = re.search(r"1219\.[\w-]{20,}", page.text)
    assert found
    with TestClient(office_application, base_url=ORIGIN, headers={"Authorization": f"Bearer {found[0]}"}) as program:
        assert program.get("/api/v1/me").json()["account"] == "school"
        account = admin.page("/kantor/akun/school")
        assert found[0] not in account
        revoke = re.search(r"/kantor/akun/school/token/[0-9a-f]{64}/cabut", account)
        assert revoke
        assert admin.send(revoke[0].replace("school", "planner", 1)).status_code == 404
        assert program.get("/api/v1/me").status_code == 200
        assert admin.send(revoke[0]).status_code == 200
        assert program.get("/api/v1/me").status_code == 401
    assert admin.send("/kantor/akun/school/token", {"days": 366}).status_code == 422
    assert admin.send("/kantor/akun/school/token", {"days": 0}).status_code == 422
    for _ in range(10):
        admin.send("/kantor/akun/school/token", {"days": 1})
    assert admin.send("/kantor/akun/school/token", {"days": 1}).status_code == 422
    clock.go_on(days=1)
    admin.sign_in(Role.ADMIN)
    assert admin.send("/kantor/akun/school/token", {"days": 1}).status_code == 200


def test_signing_out_everywhere_leaves_the_password(visit: Visit) -> None:
    admin, planner = visit().sign_in(Role.ADMIN), visit().sign_in(Role.PLANNER)
    assert admin.send("/kantor/akun/planner/keluarkan").status_code == 200
    assert not may_come(planner)
    fields = {"regency": "1219", "user": "planner", "password": PASSWORD}
    assert visit().send("/masuk", fields, follow_redirects=False).status_code == 303


def test_the_trail_is_looked_through_by_day_act_and_person(visit: Visit, office: Office, clock: Clock) -> None:
    clock.go_on(days=1)
    token = timedelta(days=3)
    for _ in range(60):
        office.write(
            BATU_BARA, lambda scope: new_token(scope, UserId("crew"), token, by="planner", at=clock())
        ) if _ < 10 else None
    auditor = visit().sign_in(Role.AUDITOR)
    page = auditor.page("/kantor/jejak?tindakan=secret&oleh=planner&dari=2026-12-02&sampai=2026-12-02")
    assert page.count("secret.issued") == 10
    assert "secret.issued" not in auditor.page("/kantor/jejak?oleh=planner&sampai=2026-12-01")
    assert "user.added" not in auditor.page("/kantor/jejak?tindakan=secret")
    auditor.page("/kantor/jejak?cek=ya&dari=nonsense&sampai=9999-12-31&before=3")
    text = auditor.get("/kantor/jejak.csv?oleh=planner").text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 10
    acts = office.read(BATU_BARA, lambda scope: list_audit(scope, limit=1_000))
    assert rows[0]["nomor"] == str(max(act.number for act in acts if act.by == "planner"))
    assert visit().sign_in(Role.PLANNER).get("/kantor/jejak.csv").status_code == 403


def test_no_cell_of_the_file_is_a_formula(office: Office) -> None:
    row = AuditRow(1, office.now(), "=1+1", "@x", "-2", {})
    text = trail_csv([row], office.zone(BATU_BARA))
    assert ",'=1+1,'@x,'-2," in text


def test_accounts_are_kept_on_the_command_line(
    office: Office, url: str, call_moling: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(*arguments: str, typed: str = "") -> tuple[int, str]:
        monkeypatch.setenv("MOLING_DATABASE_URL", url)
        monkeypatch.setattr("sys.stdin", io.StringIO(typed))
        done = call_moling("--lang", "en", "user", *arguments)
        return done.returncode, done.stdout  # type: ignore[attr-defined]

    code, listed = call("list", "12.19")
    assert code == 0
    assert "school\tschool\t10204056\tAccount school" in listed.splitlines()
    code, token = call("token", "12.19", "school", "--days", "30")
    assert code == 0
    now = office.now
    assert (
        office.read(BATU_BARA, lambda scope: find_subject(scope, token.strip(), Purpose.API_TOKEN, at=now()))
        == "school"
    )
    assert call("password", "12.19", "school", typed=f"{NEW}\n")[0] == 0
    assert office.read(BATU_BARA, lambda scope: find_subject(scope, token.strip(), Purpose.API_TOKEN, at=now())) is None
    assert is_password(NEW, office.read(BATU_BARA, lambda scope: find_password(scope, UserId("school"))))
    assert call("close", "12.19", "school")[0] == 0
    assert call("close", "12.19", "school")[0] != 0
    assert call("close", "12.19", "admin")[0] != 0
    assert call("token", "12.19", "crew", "--days", "366")[0] != 0
    assert call("token", "12.19", "crew", "--days", "0")[0] != 0
    assert call("password", "12.19", "crew", typed="short\n")[0] != 0
