"""``/kantor/jejak``: who did what when, and whether it is as it was written."""

import csv
import io
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.auth.caller import Caller
from api.auth.policies import signed_in
from api.entities import Role
from api.office import Office
from api.pages import render
from api.store.audit import AuditRow, first_broken
from api.store.listings import AuditFilter, page_audit
from api.store.people import list_users
from api.store.scope import Reading, RegencyCode

Reader = Annotated[Caller, Depends(signed_in(Role.AUDITOR, Role.ADMIN))]
ROWS: Final = 50
MOST_CSV: Final = 20_000
"""Acts in a file; more are asked for by days."""
GROUPS: Final = ("request", "plan", "slot", "visit", "user", "secret", "setting", "region", "webhook")
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2999, 12, 31)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Trail:
    """
    What is looked for, as the address says it; what it says wrongly does not count.

    Attributes
    ----------
    first, last
        Days, both included.
    """

    first: str
    last: str
    action: str
    by: str
    subject: str

    def wanted(self, zone: ZoneInfo) -> AuditFilter:
        """For the store, in that zone."""
        first, last = _day(self.first), _day(self.last)
        return AuditFilter(
            None if first is None else datetime.combine(first, time(), zone),
            None if last is None else datetime.combine(last + timedelta(days=1), time(), zone),
            self.action,
            self.by,
            self.subject,
        )


def _asked(
    dari: Annotated[str, Query(max_length=10)] = "",
    sampai: Annotated[str, Query(max_length=10)] = "",
    tindakan: Annotated[str, Query(max_length=64)] = "",
    oleh: Annotated[str, Query(max_length=64)] = "",
    perihal: Annotated[str, Query(max_length=200)] = "",
) -> Trail:
    return Trail(dari, sampai, tindakan.strip(), oleh.strip(), perihal.strip())


def add_trail_routes(router: APIRouter, office: Office) -> None:
    """Add the pages of the trail."""

    @router.get("/kantor/jejak")
    def show_trail(
        http_request: Request,
        caller: Reader,
        trail: Annotated[Trail, Depends(_asked)],
        before: Annotated[int | None, Query(ge=1, le=10**12)] = None,
        cek: str = "",
    ) -> HTMLResponse:
        regency = RegencyCode(caller.regency or "")
        zone = office.zone(regency)
        wanted = trail.wanted(zone)

        def look(scope: Reading) -> tuple[tuple[AuditRow, ...], int | None, list[str]]:
            rows = page_audit(scope, wanted, after=before, is_newest_first=True, limit=ROWS + 1)
            return rows, first_broken(scope) if cek else None, [each.id for each in list_users(scope)]

        rows, broken, people = office.read(regency, look)
        return render(
            http_request,
            "administration/trail.html",
            trail=trail,
            rows=rows[:ROWS],
            older=rows[ROWS - 1].number if len(rows) > ROWS else None,
            is_newest=before is None,
            is_checked=bool(cek),
            broken=broken,
            people=people,
            groups=GROUPS,
            zone=zone,
            told=_told,
        )

    @router.get("/kantor/jejak.csv")
    def download_trail(caller: Reader, trail: Annotated[Trail, Depends(_asked)]) -> Response:
        regency = RegencyCode(caller.regency or "")
        zone = office.zone(regency)
        rows = office.read(
            regency,
            lambda scope: page_audit(scope, trail.wanted(zone), is_newest_first=True, limit=MOST_CSV),
        )
        headers = {"Content-Disposition": 'attachment; filename="jejak.csv"', "Cache-Control": "no-store"}
        return Response(trail_csv(rows, zone), media_type="text/csv; charset=utf-8", headers=headers)


def trail_csv(rows: Iterable[AuditRow], zone: ZoneInfo) -> str:
    """Acts as CSV with a byte-order mark, which spreadsheets need; none of its cells is taken for a formula."""
    out = io.StringIO()
    out.write("\ufeff")
    writer = csv.writer(out)
    writer.writerow(["nomor", "waktu", "oleh", "tindakan", "perihal", "rincian"])
    for row in rows:
        at = row.at.astimezone(zone).isoformat(timespec="seconds")
        details = json.dumps(row.details, ensure_ascii=False, sort_keys=True)
        writer.writerow([row.number, at, *map(_harmless, (row.by, row.action, row.subject, details))])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell


def _told(row: AuditRow) -> str:
    return ", ".join(f"{name}: {_value(value)}" for name, value in row.details.items() if value not in ("", None))


def _value(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"{text[:12]}…" if len(text) == 64 else text[:200]  # noqa: PLR2004 (a hash)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if _FIRST_DAY <= day <= _LAST_DAY else None
