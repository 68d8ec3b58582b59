"""A tiny made-up regency on the real coast of Sumatra, as a folder that tests damage."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from geodata.importing.reader_process import FileReader

FILES = {
    "region.toml": """
nama = "Kabupaten Uji"
kode = "12.19"
zona_waktu = "Asia/Jakarta"
[kantor]
nama = "Disdukcapil Uji"
alamat = "Jalan Contoh 1"
lintang = 3.17
bujur = 99.43
""",
    "villages.csv": """\
kode,nama,jenis,kecamatan,lintang,bujur,belum_rekam,perkiraan,kunjungan_terakhir
12.19.04.2001,Desa Satu,desa,Lima Puluh,3.1700,99.4300,40,ya,H-20
12.19.04.2002,Desa Dua,desa,Lima Puluh,3.1800,99.4500,25,ya,2026-10-05
12.19.04.1003,Kelurahan Tiga,kelurahan,Lima Puluh,3.2000,99.4000,,tidak,
""",
    "sites.csv": """\
kode,nama,jenis,kode_desa,lintang,bujur,jam_pulang
10200001,SMA Uji,SMA,12.19.04.2001,3.1710,99.4310,13:45
PSR-01,Pasar Uji,pasar,12.19.04.2002,3.1810,99.4510,
""",
    "fleet.toml": """
[[unit]]
id = "moling-1"
nama = "Moling 1"
alat = 2
cetak = true
[[stok]]
jenis = "ktp_el"
jumlah = 100
""",
    "requests.csv": """\
id,lokasi,jenis,diterima,nomor_surat,tanggal_surat,surat_terpindai,perihal,rekam_cetak,rekam_saja,kia,luar_daerah,hari,jam_mulai,jam_selesai,di_luar_jam,tanggal_blokir
PM-1,10200001,SMA,H-9,421/1,H-10,ya,Permohonan,30,20,,5,Sel;Kam,08:00;13:00,10:00;15:30,tidak,H+1;H+3..H+4
PM-2,12.19.04.2002,,2026-11-20,,,,Permohonan,12,,,,,,,ya,
""",
    "recurring.csv": """\
id,lokasi,hari,tiap_pekan,acuan,jam_mulai,jam_selesai,rekam_cetak,saat_libur
JT-1,PSR-01,Senin;Kamis,2,2026-01-05,07:30,12:00,20,geser
""",
    "calendar.toml": """
[[ujian]]
nama = "Ujian"
tanggal = 2026-12-01
jenjang = ["SMA", "SMK"]
""",
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A region folder without a fault: three villages, a school, a market, one van, two letters, one round."""
    place = tmp_path / "uji"
    place.mkdir()
    for name, text in FILES.items():
        (place / name).write_text(text, encoding="utf-8")
    return place


@pytest.fixture
def change(folder: Path) -> Callable[[str, str, str], None]:
    """Replace text in a file of the folder; the text must be there once, so that no test changes nothing."""

    def apply(file: str, old: str, new: str) -> None:
        text = (folder / file).read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    return apply


@pytest.fixture(scope="session")
def reader() -> Iterator[FileReader]:
    """The processes that read; making them takes a second."""
    with FileReader() as reader:
        yield reader
