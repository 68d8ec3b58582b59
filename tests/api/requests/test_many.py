"""A branch office's list: every row judged, then all or the good ones filed."""

from collections.abc import Callable, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
from openpyxl import Workbook, load_workbook

from api.entities import RequestId, RequestState, Role
from api.office import Office
from api.requests.sheets import FIELDS
from api.store.contacts import find_contact
from api.store.requests import get_request, list_requests
from tests.api.requests.conftest import SCHOOL
from tests.offices import Visitor
from tests.stores import BATU_BARA

Visit = Callable[[], Visitor]
PAGE = "/kantor/permohonan/daftar"
VILLAGE = "12.19.01.1001"


def sheet(rows: Sequence[Sequence[object]]) -> bytes:
    """The template with those rows below its example."""
    out = BytesIO()
    book = Workbook()
    book.active.append(list(FIELDS))  # type: ignore[union-attr]
    for row in rows:
        book.active.append(list(row))  # type: ignore[union-attr]
    book.save(out)
    return out.getvalue()


def row(place: str, letter: str, **changed: object) -> list[object]:
    """A row that is good, with changes by the head of the column."""
    good = {
        "kode": place,
        "nomor_surat": letter,
        "tanggal_surat": "2026-11-27",
        "hal": "Permohonan",
        "jabatan": "Kepala Sekolah",
        "usia_17": 30,
        "usia_16": 20,
        "kia": 0,
        "luar_daerah": 0,
        "paling_lambat": "",
        "kontak": "Rina",
        "whatsapp": "081234567890",
        "persetujuan": "ya",
    }
    return list({**good, **changed}.values())


def upload(visitor: Visitor, content: bytes) -> str:
    """Upload a list; the page that judges it."""
    files = {"list_file": ("daftar.xlsx", content, "application/octet-stream")}
    return visitor.send(PAGE, files=files).text


def rows_on(page: str) -> str:
    """The rows that the page carries along."""
    from html import unescape  # noqa: PLC0415

    return unescape(page.partition('name="rows" value="')[2].partition('"')[0])


def codes(office: Office) -> list[RequestId]:
    """Codes of all requests."""
    return [each.id for each in office.read(BATU_BARA, list_requests)]


def test_a_good_list_is_looked_at_and_then_filed_whole(visit: Visit, office: Office) -> None:
    planner = visit().sign_in(Role.PLANNER)
    page = upload(planner, sheet([row(SCHOOL, "1/2026"), row(VILLAGE, "2/2026")]))
    assert not codes(office), "looking files nothing"
    planner.send(f"{PAGE}/simpan", {"rows": rows_on(page)})
    assert codes(office) == ["PM-2026-0001", "PM-2026-0002"]
    request = office.read(BATU_BARA, lambda scope: get_request(scope, RequestId("PM-2026-0002")))
    assert (request.place, request.counts.people, request.state) == ("1219011001", 50, RequestState.SUBMITTED)
    assert not request.letter.has_scan
    contact = office.read(BATU_BARA, lambda scope: find_contact(scope, request.id))
    assert contact is not None
    assert contact.whatsapp == "6281234567890"


def test_every_row_that_is_wrong_says_why_and_the_good_ones_can_be_filed(visit: Visit, office: Office) -> None:
    """All or nothing, or the good ones: as the office chooses."""
    planner = visit().sign_in(Role.PLANNER)
    rows = [
        row(SCHOOL, "1/2026"),
        row("99999999", "2/2026"),
        row(VILLAGE, "3/2026", usia_17="banyak"),
        row(VILLAGE, "4/2026", hal="NIK 1219040607050001"),
        row(SCHOOL, "1 / 2026"),
    ]
    page = upload(planner, sheet(rows))
    assert page.count("pill bad") == 3
    assert page.count("pill warn") == 1
    assert "1219040607050001" not in page.replace(rows_on(page), "").partition("<main")[2].partition("name=")[0]
    again = planner.send(f"{PAGE}/simpan", {"rows": rows_on(page)})
    assert not codes(office)
    assert "pill bad" in again.text
    planner.send(f"{PAGE}/simpan", {"rows": rows_on(page), "only_good": "yes"})
    assert codes(office) == ["PM-2026-0001"]
    page = upload(planner, sheet([row(SCHOOL, "1/2026")]))
    assert "PM-2026-0001" in page
    planner.send(f"{PAGE}/simpan", {"rows": rows_on(page), "only_good": "yes"})
    assert codes(office) == ["PM-2026-0001"]


def test_the_template_fits_what_is_read_and_its_example_is_never_filed(visit: Visit) -> None:
    planner = visit().sign_in(Role.PLANNER)
    content = planner.get(f"{PAGE}/templat.xlsx").content
    book = load_workbook(BytesIO(content))
    assert book.active["A2"].value == "CONTOH"  # type: ignore[index]
    assert 'id="list_file-error"' in upload(planner, content)
    book.active.append(row(SCHOOL, "1/2026"))  # type: ignore[union-attr]
    out = BytesIO()
    book.save(out)
    assert "pill good" in upload(planner, out.getvalue())


def bomb() -> bytes:
    """A workbook whose sheet unpacks to a hundred megabytes."""
    out = BytesIO()
    with ZipFile(BytesIO(sheet([row(SCHOOL, "1/2026")]))) as good, ZipFile(out, "w", ZIP_DEFLATED) as bad:
        for name in good.namelist():
            content = good.read(name)
            if name.startswith("xl/worksheets"):
                content = content.replace(b"<sheetData>", b"<sheetData>" + b"<row></row>" * 10_000_000)
            bad.writestr(name, content)
    return out.getvalue()


@pytest.mark.parametrize(
    "content",
    [b"", b"PK\x03\x04", b"kode,nomor_surat\n", b"PK" + b"\0" * 1000, sheet([["x"]] * 300)],
    ids=["empty", "cut", "csv", "zeros", "rows"],
)
def test_what_is_no_list_is_refused_in_one_line(visit: Visit, office: Office, content: bytes) -> None:
    planner = visit().sign_in(Role.PLANNER)
    page = upload(planner, content)
    assert 'id="list_file-error"' in page or "pill bad" in page
    assert not codes(office)


@pytest.mark.slow
def test_a_file_that_unpacks_to_much_costs_little(visit: Visit) -> None:
    assert "main" in upload(visit().sign_in(Role.PLANNER), bomb())


@pytest.mark.parametrize("rows", ["", "[]", "{}", "[[1]]", '[["a", {}]]', "[1]", '[[1, {"place": {}}]]', "[" * 5000])
def test_rows_that_were_tampered_with_are_judged_like_any_form(visit: Visit, office: Office, rows: str) -> None:
    planner = visit().sign_in(Role.PLANNER)
    assert planner.send(f"{PAGE}/simpan", {"rows": rows, "only_good": "yes"}).status_code in {200, 422}
    assert not codes(office)


def test_lists_are_planners_business(visit: Visit) -> None:
    for role in set(Role) - {Role.PLANNER}:
        visitor = visit().sign_in(role)
        assert visitor.get(PAGE).status_code == 403
        assert visitor.send(f"{PAGE}/simpan", {"rows": "[]"}).status_code == 403
