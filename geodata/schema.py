"""
The tables of a region folder: Indonesian heads, words and keys <-> English names, in this one place.

A column is ``Column(head, name, reader, ...)``; the English names are those of the attributes they fill.
"""

from collections.abc import Mapping
from typing import Final

from geodata import cells
from geodata.calendar import Certainty, DayKind
from geodata.fleet import CardType
from geodata.requests import HolidayPolicy, Urgency
from geodata.road_classes import ROAD_CLASSES, TravelEngine
from geodata.sites import Access, Amenity, Signal, SiteKind
from geodata.tables import Column
from geodata.times import Weekday
from geodata.villages import VillageKind

REGION_FILE: Final = "region.toml"
VILLAGES_FILE: Final = "villages.csv"
SITES_FILE: Final = "sites.csv"
FLEET_FILE: Final = "fleet.toml"
REQUESTS_FILE: Final = "requests.csv"
RECURRING_FILE: Final = "recurring.csv"
CALENDAR_FILE: Final = "calendar.toml"
COAST_FILE: Final = "coast.csv"
BOUNDARIES_FILE: Final = "boundaries.geojson"

SITE_KINDS: Mapping[str, SiteKind] = {
    "sma": SiteKind.SMA,
    "smk": SiteKind.SMK,
    "ma": SiteKind.MA,
    "slb": SiteKind.SLB,
    "smp": SiteKind.SMP,
    "mts": SiteKind.SMP,
    "sd": SiteKind.SD,
    "mi": SiteKind.SD,
    "tk": SiteKind.KINDERGARTEN,
    "paud": SiteKind.KINDERGARTEN,
    "pesantren": SiteKind.PESANTREN,
    "panti_asuhan": SiteKind.ORPHANAGE,
    "lapas": SiteKind.PRISON,
    "rutan": SiteKind.PRISON,
    "pasar": SiteKind.MARKET,
    "puskesmas": SiteKind.HEALTH_CENTRE,
    "desa": SiteKind.VILLAGE_HALL,
    "lain": SiteKind.OTHER,
}
SCHOOL_LEVELS: Mapping[str, SiteKind] = {word: kind for word, kind in SITE_KINDS.items() if kind.is_school}
VILLAGE_KINDS: Mapping[str, VillageKind] = {kind.value: kind for kind in VillageKind}
SIGNALS: Mapping[str, Signal] = {"baik": Signal.GOOD, "lemah": Signal.WEAK}
ACCESS: Mapping[str, Access] = {"mobil": Access.VAN, "motor": Access.MOTORBIKE, "perahu": Access.BOAT}
AMENITIES: Mapping[str, Amenity] = {
    "jalur_landai": Amenity.RAMP,
    "ruang_laktasi": Amenity.LACTATION_ROOM,
    "ruang_bermain": Amenity.PLAY_CORNER,
    "toilet": Amenity.TOILET,
    "ruang_tunggu": Amenity.WAITING_ROOM,
    "listrik": Amenity.POWER,
    "parkir": Amenity.PARKING,
}
URGENCIES: Mapping[str, Urgency] = {
    "biasa": Urgency.ORDINARY,
    "segera": Urgency.URGENT,
    "sangat_segera": Urgency.VERY_URGENT,
}
HOLIDAY_POLICIES: Mapping[str, HolidayPolicy] = {
    "lewati": HolidayPolicy.SKIP,
    "geser": HolidayPolicy.MOVE,
    "tanya": HolidayPolicy.ASK,
}
ENGINES: Mapping[str, TravelEngine] = {
    "jalan": TravelEngine.ROADS,
    "garis_lurus": TravelEngine.LINES,
    "osrm": TravelEngine.OSRM,
    "valhalla": TravelEngine.VALHALLA,
}
DAY_KINDS: Mapping[str, DayKind] = {
    "libur": DayKind.HOLIDAY,
    "cuti_bersama": DayKind.JOINT_LEAVE,
    "kerja": DayKind.WORKING_DAY,
}
CERTAINTIES: Mapping[str, Certainty] = {"pasti": Certainty.CERTAIN, "perkiraan": Certainty.ESTIMATED}
CARD_TYPES: Mapping[str, CardType] = {"ktp_el": CardType.ID_CARD, "kia": CardType.CHILD_ID_CARD}
SKILLS: Mapping[str, str] = {"alat_jinjing": "portable_kit"}
WEEKDAY_KEYS: Mapping[str, Weekday] = {
    f"jam_{word}": day
    for word, day in zip(("senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"), Weekday, strict=True)
}

_people = cells.whole(0, 1_000_000)
_share = cells.number(0, 1)
_minutes = cells.whole(0, 1_440)
_factor = cells.number(0, 10, above=True)

POINT: tuple[Column, ...] = (
    Column("lintang", "lat", cells.degrees, is_required=True),
    Column("bujur", "lon", cells.degrees, is_required=True),
)
_PLACE: tuple[Column, ...] = (
    Column("titik_perkiraan", "is_point_approximate", cells.yes_no, default=False),
    Column("fasilitas", "amenities", cells.some_of(AMENITIES), default=frozenset()),
    Column("sinyal", "signal", cells.one_of(SIGNALS), default=Signal.UNKNOWN),
    Column("akses", "access", cells.some_of(ACCESS), default=frozenset({Access.VAN, Access.MOTORBIKE})),
    Column("catatan", "note", cells.free_text, default=""),
)

VILLAGES: tuple[Column, ...] = (
    Column("kode", "code", cells.area_code(10), is_required=True),
    Column("nama", "name", cells.free_text, is_required=True),
    Column("jenis", "kind", cells.one_of(VILLAGE_KINDS), is_required=True),
    Column("kecamatan", "district", cells.free_text, is_required=True),
    Column("kode_pos", "postal_code", cells.postal_code, default=""),
    *POINT,
    Column("penduduk", "population", _people),
    Column("belum_rekam", "unrecorded", _people),
    Column("perkiraan", "is_estimate", cells.yes_no, default=False),
    Column("kunjungan_terakhir", "last_visit", cells.day),
    Column("titik_layanan", "can_host", cells.yes_no, default=True),
    *_PLACE,
)

SITES: tuple[Column, ...] = (
    Column("kode", "code", cells.identifier, is_required=True),
    Column("nama", "name", cells.free_text, is_required=True),
    Column("jenis", "kind", cells.one_of(SITE_KINDS), is_required=True),
    Column("kode_desa", "village_code", cells.area_code(10), is_required=True),
    *POINT,
    Column("siswa", "pupils", _people),
    Column("siswa_17", "pupils_17", _people),
    Column("siswa_16", "pupils_16", _people),
    Column("jam_pulang", "dismissal", cells.clock),
    Column("jam_pulang_jumat", "friday_dismissal", cells.clock),
    Column("hari_sekolah", "school_days", cells.whole(5, 6)),
    Column("contoh", "is_example", cells.yes_no, default=False),
    *_PLACE,
)

COUNTS: tuple[Column, ...] = (
    Column("rekam_cetak", "record_and_print", _people, default=0),
    Column("rekam_saja", "record_only", _people, default=0),
    Column("kia", "child_id_card", _people, default=0),
    Column("luar_daerah", "outside_domicile", _people, default=0),
)

REQUESTS: tuple[Column, ...] = (
    Column("id", "id", cells.identifier, is_required=True),
    Column("lokasi", "place", cells.place_code, is_required=True),
    Column("jenis", "kind", cells.one_of(SITE_KINDS)),
    Column("diterima", "received", cells.day, is_required=True),
    Column("nomor_surat", "letter_number", cells.free_text),
    Column("tanggal_surat", "letter_date", cells.day),
    Column("surat_terpindai", "has_scan", cells.yes_no, default=False),
    Column("perihal", "subject", cells.free_text, default=""),
    Column("jabatan_penanda_tangan", "signatory_position", cells.free_text, default=""),
    *COUNTS,
    Column("hari", "weekdays", cells.weekdays, default=()),
    Column("jam_mulai", "hours_from", cells.clocks, default=()),
    Column("jam_selesai", "hours_to", cells.clocks, default=()),
    Column("di_luar_jam", "outside_working_hours", cells.yes_no, default=False),
    Column("tanggal_blokir", "blocked", cells.day_ranges, default=()),
    Column("paling_lambat", "not_after", cells.day),
    Column("sifat", "urgency", cells.one_of(URGENCIES), default=Urgency.ORDINARY),
    Column("alat_jinjing", "needs_portable_kit", cells.yes_no, default=False),
    Column("sinyal", "signal", cells.one_of(SIGNALS), default=Signal.UNKNOWN),
    Column("kebutuhan_khusus", "special_needs", cells.free_text, default=""),
    Column("catatan_akses", "access_note", cells.free_text, default=""),
    Column("catatan_listrik", "power_note", cells.free_text, default=""),
    Column("catatan", "note", cells.free_text, default=""),
)

RECURRING: tuple[Column, ...] = (
    Column("id", "id", cells.identifier, is_required=True),
    Column("lokasi", "place", cells.place_code, is_required=True),
    Column("hari", "weekdays", cells.weekdays, is_required=True),
    Column("tiap_pekan", "every_weeks", cells.whole(1, 52), is_required=True),
    Column("acuan", "anchor", cells.day, is_required=True),
    Column("berlaku_dari", "valid_from", cells.day),
    Column("berlaku_sampai", "valid_to", cells.day),
    Column("jam_mulai", "hours_from", cells.clock),
    Column("jam_selesai", "hours_to", cells.clock),
    *COUNTS,
    Column("saat_libur", "holiday_policy", cells.one_of(HOLIDAY_POLICIES), default=HolidayPolicy.SKIP),
    Column("kunjungan_terakhir", "last_visit", cells.day),
    Column("catatan", "note", cells.free_text, default=""),
)

COAST: tuple[Column, ...] = POINT

REGION: tuple[Column, ...] = (
    Column("nama", "name", cells.free_text, is_required=True),
    Column("kode", "code", cells.area_code(4), is_required=True),
    Column("zona_waktu", "timezone", cells.time_zone, is_required=True),
    Column("jarak_terjauh_km", "reach_km", cells.number(1, 1_000), default=60.0),
    Column("sumber", "sources", cells.texts, default=()),
    Column("contoh", "is_example", cells.yes_no, default=False),
)
OFFICE: tuple[Column, ...] = (
    Column("nama", "name", cells.free_text, is_required=True),
    Column("alamat", "address", cells.free_text, is_required=True),
    *POINT,
    Column("fasilitas", "amenities", cells.some_of(AMENITIES), default=frozenset()),
)
TRAVEL: tuple[Column, ...] = (
    Column("faktor_jalan", "detour_factor", cells.number(1, 10), default=1.4),
    Column("kecepatan_km_jam", "speed_kmh", cells.number(1, 200), default=35.0),
    Column("mesin", "engine", cells.one_of(ENGINES)),
    Column("url", "url", cells.web_address),
    Column("profil", "profile", cells.identifier),
    Column("batas_detik", "timeout_s", cells.number(0.1, 300), default=10.0),
)
ROADS: tuple[Column, ...] = (
    Column("faktor_tanah", "unpaved_factor", cells.number(0, 1, above=True), default=0.7),
    Column("musim_hujan", "is_wet_season", cells.yes_no, default=False),
    Column("faktor_hujan", "wet_factor", cells.number(0, 1, above=True), default=0.6),
    Column("feri", "ferries", cells.yes_no, default=True),
    Column("tunggu_feri_menit", "ferry_wait_min", cells.number(0, 1_440), default=15.0),
    Column("kecepatan_ke_jalan_km_jam", "approach_kmh", cells.number(1, 100), default=10.0),
    Column("jarak_ke_jalan_km", "reach_km", cells.number(0, 50, above=True), default=2.0),
    Column("tepi_km", "margin_km", cells.number(0, 100), default=10.0),
)
ROAD_SPEEDS: tuple[Column, ...] = tuple(
    Column(each.name, each.name, cells.number(1, each.ceiling_kmh)) for each in ROAD_CLASSES
)
HANDLING: tuple[Column, ...] = (
    Column("menit_perekaman", "recording_min", cells.number(0, 120, above=True), default=5.0),
    Column("menit_kia", "child_card_min", cells.number(0, 120, above=True), default=2.0),
    Column("menit_cetak", "printing_min", cells.number(0, 120), default=2.0),
    Column("menit_persiapan", "setup_min", _minutes, default=20),
    Column("menit_berkemas", "pack_up_min", _minutes, default=15),
    Column("faktor_sinyal_lemah", "weak_signal_factor", cells.number(1, 10), default=2.0),
    Column("kehadiran", "attendance", cells.number(0, 1, above=True), default=0.85),
    Column("usia_rekam", "recording_age", cells.whole(15, 17), default=16),
)
PLANNING: tuple[Column, ...] = (
    Column("radius_layanan_km", "covering_radius_km", cells.number(0, 50), default=5.0),
    Column("kunjungan_per_hari", "max_stops_per_day", cells.whole(1, 20), default=4),
    Column("sekolah_per_hari", "max_schools_per_day", cells.whole(1, 20), default=2),
    Column("porsi_keliling", "round_share", _share, default=0.3),
    Column("tunggu_terlama_pekan", "longest_wait_weeks", cells.whole(1, 520), default=26),
    Column("pekan_bila_belum_pernah", "never_visited_weeks", cells.whole(0, 520), default=26),
    Column("orang_per_kunjungan_desa", "village_stop_people", cells.whole(1, 10_000), default=60),
    Column("faktor_biasa", Urgency.ORDINARY, _factor, default=1.0),
    Column("faktor_segera", Urgency.URGENT, _factor, default=1.5),
    Column("faktor_sangat_segera", Urgency.VERY_URGENT, _factor, default=2.0),
    Column("faktor_prioritas", "priority_factor", _factor, default=1.5),
    Column("biaya_lembur_per_jam", "overtime_cost_per_hour", cells.number(0, 10_000), default=6.0),
    Column("biaya_per_km", "cost_per_km", cells.number(0, 10_000), default=0.1),
)

FLEET: tuple[Column, ...] = (
    Column("lembur_per_pekan_menit", "overtime_per_week_min", cells.whole(0, 10_080), default=0),
    Column("lembur_per_hari_menit", "overtime_per_day_min", _minutes, default=0),
    Column("istirahat_menit", "rest_min", _minutes, default=660),
)
UNITS: tuple[Column, ...] = (
    Column("id", "id", cells.identifier, is_required=True),
    Column("nama", "name", cells.free_text, is_required=True),
    Column("alat", "kits", cells.whole(1, 20), is_required=True),
    Column("cetak", "can_print", cells.yes_no, is_required=True),
    Column("kecepatan_km_jam", "speed_kmh", cells.number(1, 200)),
    Column("akses", "access", cells.some_of(ACCESS), default=frozenset({Access.VAN})),
    Column("feri", "takes_ferries", cells.yes_no, default=True),
    Column("keahlian", "skills", cells.some_of(SKILLS), default=frozenset()),
    Column("pangkalan", "base", cells.place_code),
    Column("kartu_ktp", CardType.ID_CARD, _people),
    Column("kartu_kia", CardType.CHILD_ID_CARD, _people),
    Column("perawatan", "maintenance", cells.day_ranges, default=()),
    *(Column(key, key, cells.hours) for key in WEEKDAY_KEYS),
    Column("bersedia_sabtu", "works_saturday", cells.yes_no, default=False),
    Column("bersedia_sore", "works_after_hours", cells.yes_no, default=False),
    Column("lembur_per_pekan_menit", "overtime_per_week_min", cells.whole(0, 10_080)),
    Column("kunjungan_per_hari", "max_stops", cells.whole(1, 20)),
    Column("catatan", "note", cells.free_text, default=""),
)
STOCK: tuple[Column, ...] = (
    Column("jenis", "card", cells.one_of(CARD_TYPES), is_required=True),
    Column("jumlah", "count", _people, is_required=True),
    Column("cadangan", "reserve_share", _share, default=0.1),
)

CALENDAR: tuple[Column, ...] = (Column("jalan_saat_ramadan", "outreach_in_ramadan", cells.yes_no, default=True),)


def hours_columns(mon_thu: str, lunch: str, friday: str, prayer: str) -> tuple[Column, ...]:
    """Columns of a season's office hours, with these hours as defaults."""
    defaults = (mon_thu, lunch, friday, prayer)
    keys = (
        ("senin_kamis", "mon_thu"),
        ("istirahat", "lunch"),
        ("jumat", "friday"),
        ("istirahat_jumat", "prayer"),
    )
    return tuple(
        Column(head, name, cells.hours, default=cells.hours(default))
        for (head, name), default in zip(keys, defaults, strict=True)
    )


# Perpres 21/2023: 37.5 hours a week, in Ramadan 32.5. Friday's pause keeps the prayer free (solar noon in Batu Bara is
# about 12:06 to 12:36 in UTC+7).
OFFICE_HOURS = hours_columns("07:30-16:00", "12:00-13:00", "07:30-16:30", "11:45-13:30")
RAMADAN_HOURS = hours_columns("08:00-15:00", "12:00-12:30", "08:00-15:30", "11:45-13:30")

SCHOOL_HOURS: tuple[Column, ...] = (
    Column("hari_sekolah", "school_days", cells.whole(5, 6), default=5),
    Column("jam_pulang", "dismissal", cells.clock, default=cells.clock("15:00")),
    Column("jam_pulang_jumat", "friday_dismissal", cells.clock, default=cells.clock("11:30")),
    Column("sore_sampai", "evening_until", cells.clock, default=cells.clock("18:00")),
    Column("sabtu", "saturday", cells.hours, default=cells.hours("08:00-14:00")),
)
DAYS: tuple[Column, ...] = (
    Column("tanggal", "day", cells.day, is_required=True),
    Column("jenis", "kind", cells.one_of(DAY_KINDS), is_required=True),
    Column("nama", "name", cells.free_text, is_required=True),
    Column("kepastian", "certainty", cells.one_of(CERTAINTIES), default=Certainty.CERTAIN),
    Column("alasan", "reason", cells.free_text, default=""),
)
NAMED_RANGES: tuple[Column, ...] = (
    Column("nama", "name", cells.free_text, is_required=True),
    Column("tanggal", "days", cells.days, is_required=True),
    Column("jenjang", "levels", cells.some_of(SCHOOL_LEVELS), default=frozenset()),
)
RAMADANS: tuple[Column, ...] = (
    Column("tanggal", "days", cells.days, is_required=True),
    Column("kepastian", "certainty", cells.one_of(CERTAINTIES), default=Certainty.CERTAIN),
)
