"""Letting a crew's phone in by a code that works once, and shutting it out."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest

from api.auth.policies import DEVICE_COOKIE
from api.entities import Role
from api.itineraries.devices import INVITATION_LASTS
from api.office import Office
from api.sessions import DEVICE_LASTS
from api.store.audit import list_audit
from api.store.secrets import Purpose, list_secrets
from tests.offices import ORIGIN, Clock, Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
VAN = "moling-1"


def invited(visitor: Visitor, vehicle: str = VAN) -> str:
    """Invite a phone; returns the path that the code leads to."""
    answer = visitor.send(f"/kantor/kru/{vehicle}/undang")
    assert answer.status_code == 200, answer.text[:300]
    assert answer.headers["cache-control"] == "no-store"
    assert 'src="data:image/svg+xml' in answer.text
    found = re.search(rf"{ORIGIN}(/perangkat/1219\.[\w-]+)", answer.text)
    assert found
    return found[1]


def devices(office: Office, vehicle: str = VAN) -> int:
    """How many phones are let in for that vehicle."""
    return len(office.read(BATU_BARA, lambda scope: list_secrets(scope, Purpose.DEVICE, vehicle, at=office.now())))


@pytest.mark.parametrize("role", [Role.PLANNER, Role.ADMIN])
def test_a_phone_is_let_in_for_thirty_days(visit: Visit, office: Office, clock: Clock, role: Role) -> None:
    path = invited(visit().sign_in(role))
    phone = visit()
    assert "Moling 1" in phone.page(path)
    assert DEVICE_COOKIE not in phone.http.cookies
    assert devices(office) == 0
    answer = phone.send(path, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/hari-ini")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert devices(office) == 1
    assert "Moling 1" in phone.page("/hari-ini")
    clock.go_on(seconds=DEVICE_LASTS.total_seconds())
    assert devices(office) == 0
    assert phone.get("/hari-ini", follow_redirects=False).status_code == 303


def test_an_invitation_works_once(visit: Visit, office: Office) -> None:
    path = invited(visit().sign_in(Role.PLANNER))
    first, second = visit(), visit()
    page = second.page(path)
    token = page.split('name="csrf" value="')[1].split('"')[0]
    assert first.send(path, follow_redirects=False).status_code == 303
    headers = {"Sec-Fetch-Site": "same-origin", "Origin": ORIGIN}
    assert second.http.post(path, data={"csrf": token}, headers=headers).status_code == 404
    assert second.get(path).status_code == 404
    assert devices(office) == 1


def test_an_invitation_ends_after_a_quarter_of_an_hour(visit: Visit, clock: Clock) -> None:
    path = invited(visit().sign_in(Role.PLANNER))
    clock.now += INVITATION_LASTS - timedelta(seconds=1)
    assert visit().get(path).status_code == 200
    clock.go_on(seconds=1)
    assert visit().get(path).status_code == 404


def test_another_site_cannot_let_a_phone_in(visit: Visit, office: Office) -> None:
    path = invited(visit().sign_in(Role.PLANNER))
    phone = visit()
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-origin"}):
        assert phone.http.post(path, data={"csrf": "0" * 64}, headers=headers).status_code == 403
    assert devices(office) == 0


def test_a_phone_is_shut_out_at_once_and_the_others_stay(visit: Visit, office: Office) -> None:
    planner = visit().sign_in(Role.PLANNER)
    lost, kept = visit(), visit()
    for phone in (lost, kept):
        assert phone.send(invited(planner), follow_redirects=False).status_code == 303
    oldest = planner.page("/kantor/kru").split('name="device" value="')[1].split('"')[0]
    other = planner.send("/kantor/kru/moling-2/cabut", {"device": oldest})
    assert other.status_code == 404
    assert devices(office) == 2
    assert planner.send(f"/kantor/kru/{VAN}/cabut", {"device": oldest}, follow_redirects=False).status_code == 303
    gone = [phone for phone in (lost, kept) if phone.get("/hari-ini", follow_redirects=False).status_code == 303]
    assert len(gone) == 1
    assert devices(office) == 1
    assert planner.send(f"/kantor/kru/{VAN}/cabut", {"device": oldest}).status_code == 404


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.PLANNER, Role.ADMIN}))
def test_only_planners_and_admins_invite(visit: Visit, office: Office, role: Role) -> None:
    visitor = visit().sign_in(role)
    assert visitor.get("/kantor/kru").status_code == 403
    assert visitor.send(f"/kantor/kru/{VAN}/undang").status_code == 403
    assert visitor.send(f"/kantor/kru/{VAN}/cabut", {"device": "0" * 64}).status_code == 403
    assert visit().get("/kantor/kru", follow_redirects=False).status_code == 303
    assert devices(office) == 0


def test_a_van_that_is_not_there_is_not_invited(visit: Visit) -> None:
    planner = visit().sign_in(Role.PLANNER)
    assert planner.send("/kantor/kru/no-such-van/undang").status_code == 404
    assert planner.send("/kantor/kru/no-such-van/cabut", {"device": "0" * 64}).status_code == 404


def test_the_audit_tells_who_was_let_in_and_never_a_secret(visit: Visit, office: Office) -> None:
    planner = visit().sign_in(Role.PLANNER)
    path = invited(planner)
    phone = visit()
    phone.send(path)
    rows = office.read(BATU_BARA, lambda scope: list_audit(scope, limit=1000))
    acts = [(row.action, row.by, row.details["purpose"]) for row in rows if row.subject == VAN]
    assert acts == [
        ("secret.issued", "planner", "device_invitation"),
        ("secret.revoked", "public", "device_invitation"),
        ("secret.issued", "public", "device"),
    ]
    told = repr(rows)
    assert path.rpartition("/")[2] not in told
    assert phone.http.cookies[DEVICE_COOKIE] not in told
