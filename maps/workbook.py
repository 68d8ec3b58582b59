"""
The week as an Excel workbook: schedule, vans, visits left out, summary.

Names come from letters and web forms, so a cell could say ``=HYPERLINK(...)``. Every text is therefore stored as
text, never as a formula, and one that begins like a formula carries Excel's quote mark too, so that it stays text
when someone edits the cell. The same week gives the same bytes: the times inside the file are those of the week.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from openpyxl import Workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE, Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from maps.cards import CountKind
from maps.itinerary import Itinerary, Leg, Stop, UnservedVisit, WeekItinerary
from maps.words import FREE, N_, Words

Value = str | int | float | bool | date | time | None

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_ABOUT = '"≈ "#,##0'
"""Format of numbers that are estimates: they stay numbers and carry their sign."""
_HEAD_ROW = 3
_COUNT_HEADS = {
    CountKind.RECORD_AND_PRINT: N_("Record and print"),
    CountKind.RECORD_ONLY: N_("Record only"),
    CountKind.CHILD_ID_CARD: N_("Child cards"),
    CountKind.HANDOVER: N_("Hand over"),
    CountKind.OUTSIDE_DOMICILE: N_("From outside"),
}


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a sheet: its head, its width in characters, its number format (None: text)."""

    head: str
    width: int
    number_format: str | None = None


def week_workbook(week: WeekItinerary, *, gettext: Callable[[str], str], locale: str = "id") -> bytes:
    """
    The workbook of a week as the bytes of an XLSX file.

    Sheets, in the order of the names that ``gettext`` gives them: schedule (a row a stop), vans (a row a van and day),
    not served (a row a visit), summary. Times are local clock times, distances kilometres, drives minutes.
    """
    words = Words(gettext, locale)
    book = Workbook()
    _fill_schedule(_first_sheet(book, gettext("Schedule")), week, words)
    _fill_vans(book.create_sheet(gettext("Units")), week, words)
    _fill_unserved(book.create_sheet(gettext("Not served")), week, words)
    _fill_summary(book.create_sheet(gettext("Summary")), week, words)
    book.properties.title = _clean(f"{words.week(week.week)} · {week.cards.regency}")
    book.properties.creator = "Moling"
    book.properties.created = datetime.combine(week.week, time())
    return _packed(book, week.week)


def _first_sheet(book: Workbook, title: str) -> Worksheet:
    sheet = book.worksheets[0]
    sheet.title = title
    return sheet


def _fill_schedule(sheet: Worksheet, week: WeekItinerary, words: Words) -> None:
    gettext = words.gettext
    day, clock = _formats(words)
    columns = [
        _Column(gettext("Date"), 26, day),
        _Column(gettext("Unit"), 14),
        _Column(gettext("Order"), 8, "0"),
        _Column(gettext("Arrives"), 9, clock),
        _Column(gettext("Starts"), 9, clock),
        _Column(gettext("Ends"), 9, clock),
        _Column(gettext("Place"), 34),
        _Column(gettext("Kind"), 16),
        _Column(gettext("Where"), 34),
        _Column(gettext("People (estimate)"), 12, _ABOUT),
        *(_Column(gettext(head), 12, "#,##0") for head in _COUNT_HEADS.values()),
        _Column(gettext("Asked for by"), 38),
        _Column(gettext("People bring"), 38),
        _Column(gettext("Note"), 38),
        _Column(gettext("Drive to it, min"), 12, "#,##0"),
        _Column(gettext("Drive to it, km"), 12, "#,##0.0"),
        _Column(gettext("Pinned"), 10),
    ]
    rows = [
        _stop_row(itinerary, stop, leg, words)
        for itinerary in week.itineraries
        for stop, leg in zip(itinerary.stops, itinerary.legs[:-1], strict=True)
    ]
    _fill(sheet, _title(sheet.title, week, words), columns, rows)


def _stop_row(itinerary: Itinerary, stop: Stop, leg: Leg, words: Words) -> list[Value]:
    card = stop.card
    return [
        itinerary.day,
        itinerary.vehicle.name,
        stop.number,
        _clock(stop.arrive),
        _clock(stop.start),
        _clock(stop.finish),
        words.title(card),
        words.kind(card.kind),
        card.place,
        card.people,
        *(card.counts.get(kind) for kind in _COUNT_HEADS),
        words.cause(card),
        "; ".join(words.text(item) for item in card.bring),
        "; ".join(words.text(item) for item in card.notes),
        leg.duration_min,
        leg.distance_m / 1000,
        words.gettext("yes") if stop.is_pinned else None,
    ]


def _fill_vans(sheet: Worksheet, week: WeekItinerary, words: Words) -> None:
    gettext = words.gettext
    day, clock = _formats(words)
    columns = [
        _Column(gettext("Date"), 26, day),
        _Column(gettext("Unit"), 14),
        _Column(gettext("Kits"), 8, "0"),
        _Column(gettext("Leaves"), 11, clock),
        _Column(gettext("Back"), 11, clock),
        _Column(gettext("Visits"), 11, "0"),
        _Column(gettext("People (estimate)"), 12, _ABOUT),
        _Column(gettext("Kilometres"), 12, "#,##0.0"),
        _Column(gettext("Overtime, min"), 12, "#,##0"),
    ]
    rows: list[list[Value]] = [
        [
            itinerary.day,
            itinerary.vehicle.name,
            itinerary.vehicle.kits,
            _clock(itinerary.leave),
            _clock(itinerary.back),
            len(itinerary.stops),
            itinerary.people,
            itinerary.distance_m / 1000,
            itinerary.overtime_min,
        ]
        for itinerary in week.itineraries
    ]
    _fill(sheet, _title(sheet.title, week, words), columns, rows)


def _fill_unserved(sheet: Worksheet, week: WeekItinerary, words: Words) -> None:
    gettext = words.gettext
    columns = [
        _Column(gettext("Place"), 34),
        _Column(gettext("Kind"), 16),
        _Column(gettext("Where"), 34),
        _Column(gettext("Reason"), 16),
        _Column(gettext("Explanation"), 60),
        _Column(gettext("In its way"), 38),
        _Column(gettext("People (estimate)"), 12, _ABOUT),
        _Column(gettext("Asked for by"), 38),
    ]
    _fill(sheet, _title(sheet.title, week, words), columns, [_unserved_row(visit, words) for visit in week.unserved])


def _unserved_row(visit: UnservedVisit, words: Words) -> list[Value]:
    return [
        words.title(visit.card),
        words.kind(visit.card.kind),
        visit.card.place,
        words.reason(visit.reason),
        words.text(visit.text),
        ", ".join(visit.by),
        visit.card.people,
        words.cause(visit.card),
    ]


def _fill_summary(sheet: Worksheet, week: WeekItinerary, words: Words) -> None:
    gettext, totals = words.gettext, week.totals
    figures: list[tuple[str, Value]] = [
        (gettext("Office"), week.cards.office.name),
        (gettext("Visits asked for or due"), totals.visits_all),
        (gettext("of these made"), totals.visits_made),
        (gettext("Villages visited beyond those"), totals.villages_made),
        (gettext("People (estimate)"), totals.people),
        (gettext("Kilometres"), round(totals.distance_m / 1000, 1)),
        (gettext("Overtime, min"), totals.overtime_min),
        *((words.resource(name), count) for name, count in totals.cards_used.items()),
        (gettext("Proved distance from the best plan"), words.gap(week) or gettext("not proved")),
        *((gettext("Note"), words.text(note)) for note in week.cards.notes),
        *((gettext("Source"), source) for source in week.cards.sources),
        (gettext("Price"), gettext(FREE)),
    ]
    columns = [_Column(gettext("Figure"), 34), _Column(gettext("Value"), 60)]
    _fill(sheet, _title(sheet.title, week, words), columns, figures)
    for place, (head, _) in enumerate(figures, start=_HEAD_ROW + 1):
        if head == gettext("People (estimate)"):
            sheet.cell(place, 2).number_format = _ABOUT


def _title(sheet: str, week: WeekItinerary, words: Words) -> str:
    return f"{sheet} · {words.week(week.week)} · {week.cards.regency}"


def _formats(words: Words) -> tuple[str, str]:
    """Number formats of dates and clock times; the language is named, as Excel would take the reader's own."""
    if words.locale == "id":
        return "[$-421]dddd, d mmmm yyyy", 'hh"."mm'
    return "[$-809]dddd, d mmmm yyyy", "hh:mm"


def _clock(moment: datetime) -> time:
    return moment.time()  # Excel knows no time zones: local clock time


def _fill(sheet: Worksheet, title: str, columns: Sequence[_Column], rows: Iterable[Sequence[Value]]) -> None:
    line = Border(bottom=Side(style="thin", color="D9D6CF"))
    _write(sheet, 1, 1, title).font = Font(bold=True, size=14)
    for place, column in enumerate(columns, start=1):
        head = _write(sheet, _HEAD_ROW, place, column.head)
        head.font = Font(bold=True, color="FFFFFF")
        head.fill = PatternFill("solid", start_color="1F4E79")
        head.alignment = Alignment(wrap_text=True, vertical="center")
        sheet.column_dimensions[get_column_letter(place)].width = column.width
    last = _HEAD_ROW
    for last, row in enumerate(rows, start=_HEAD_ROW + 1):
        for place, (column, value) in enumerate(zip(columns, row, strict=True), start=1):
            cell = _write(sheet, last, place, value)
            cell.border = line
            cell.alignment = Alignment(vertical="top", wrap_text=column.number_format is None)
            if column.number_format is not None:
                cell.number_format = column.number_format
    sheet.freeze_panes = f"A{_HEAD_ROW + 1}"
    sheet.auto_filter.ref = f"A{_HEAD_ROW}:{get_column_letter(len(columns))}{last}"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_title_rows = f"{_HEAD_ROW}:{_HEAD_ROW}"


def _write(sheet: Worksheet, row: int, column: int, value: Value) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)  # no cells are merged
    if isinstance(value, str):
        text = _clean(value)
        cell.value = text
        cell.data_type = "s"  # openpyxl has taken a text that begins with = for a formula
        cell.quotePrefix = text.startswith(_FORMULA_STARTS)
    else:
        cell.value = value
    return cell


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return ILLEGAL_CHARACTERS_RE.sub("\N{REPLACEMENT CHARACTER}", text)


def _packed(book: Workbook, day: date) -> bytes:
    """The file, with the times of writing that openpyxl and zip put in replaced by those of the week."""
    written, packed = BytesIO(), BytesIO()
    book.save(written)
    with ZipFile(written) as source, ZipFile(packed, "w", ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            if entry.filename == "docProps/core.xml":
                content = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>%bT00:00:00Z" % str(day).encode(), content)
            fixed = ZipInfo(entry.filename, (day.year, day.month, day.day, 0, 0, 0))
            fixed.compress_type = ZIP_DEFLATED
            target.writestr(fixed, content)
    return packed.getvalue()
