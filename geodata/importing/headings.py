"""Column heads of agencies' tables -> fields: BIG, Dukcapil, Dapodik and offices' own, also cut to ten letters."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

_HEADS: Final = {
    "code": "kode kodedesa kodekelurahan kodedesakelurahan kodekeldesa kodewilayah kodekemendagri kdepum kddesa kddes"
    " kodedes kodekel kodekelur iddesa kodeadm code kodedesas kodewil kodedesaspatial villagecode",
    "name": "nama name namobj namawilayah namatempat namalokasi",
    "village": "desa kelurahan desakelurahan keldesa desakel namadesa namakelurahan namadesakelurahan namakeldesa"
    " wadmkd namakel namadesakel nmdesa nmkel village namakels namakelspatial namadesakelur namakelura namadesake"
    " kampung namakampung namagampong gampong nagari namanagari pekon namapekon",
    "district": "kecamatan namakecamatan wadmkc namakec nmkec kec distrik namadistrik namakecs namakecspatial district"
    " namakecama",
    "regency": "kabupaten kabupatenkota kotakabupaten kabkota wadmkk namakab nmkab namakabupaten namakabupatenkota"
    " namakabs namakabspatial namakabupa namakota kota regency",
    "lat": "lat latitude lintang y koordinaty ycoord lintangy latitudey garislintang",
    "lon": "lon long lng longitude bujur x koordinatx xcoord bujurx longitudex garisbujur",
    "latlon": "koordinat latlon latlong titikkoordinat koordinatlokasi lintangbujur",
    "population": "penduduk jumlahpenduduk jumlahpen jmlpenduduk jmlpend jiwa jumlahjiwa population jmlpddk"
    " jumlahpendudukjiwa jmljiwa jumlahpend",
    "eligible": "wajibktp wajibktpel jumlahwajibktp jumlahwajibktpel jmlwajibktp wktp jumlahwktp jumlahwaj wajibktpe"
    " pendudukwajibktp pendudukwajibktpel jumlahpendudukwajibktp jumlahpendudukwajibktpel",
    "recorded": "sudahrekam sudahrekaman sudahperekaman jumlahsudahrekaman jumlahsudahrekam jumlahsudahperekaman"
    " jmlsudahrekam jumlahsud jumlahperekaman perekaman telahrekam sudahrekamktp sudahrekamktpel"
    " sudahperekamanktpel",
    "unrecorded": "belumrekam belumrekaman belumperekaman jumlahbelumrekaman jumlahbelumrekam jumlahbelumperekaman"
    " jmlbelumrekam jumlahbel belumrekamktp belumrekamktpel belumperekamanktpel sisabelumrekam",
    "access": "akses aksesibilitas moda modatransportasi aksesjalan",
    "npsn": "npsn nomorpokoksekolahnasional",
    "school": "namasekolah sekolah namasatuanpendidikan satuanpendidikan namasp namamadrasah namasatpen",
    "level": "bentukpendidikan bentuk jenjang bp jenjangpendidikan bentukpend level jenjangsekolah",
    "address": "alamat alamatjalan alamatsekolah address",
    "pupils": "siswa jumlahsiswa jmlsiswa pesertadidik jumlahpesertadidik pd jumlahpd jmlpd",
}
_FIELD_BY_HEAD: Final[Mapping[str, str]] = {head: name for name, heads in _HEADS.items() for head in heads.split()}


def field_of(head: str) -> str | None:
    """The field that a column head means; None for all others, identity numbers among them."""
    folded = re.sub(r"[^a-z]+", "", re.sub(r"\(.*?\)", "", head.casefold()))
    return _FIELD_BY_HEAD.get(folded)


def fields_of(heads: Sequence[str]) -> dict[str, int]:
    """Place of the column of each field; of two columns for a field the first."""
    fields: dict[str, int] = {}
    for place, head in enumerate(heads):
        name = field_of(head)
        if name is not None and name not in fields:
            fields[name] = place
    return fields


def is_site_table(fields: Mapping[str, object]) -> bool:
    """Whether such columns describe schools rather than villages."""
    return "npsn" in fields or "school" in fields


def is_village_table(fields: Mapping[str, object]) -> bool:
    """Whether such columns name villages: by code, or by name beside something else."""
    return "code" in fields or ("village" in fields and len(fields) > 1) or ("name" in fields and "district" in fields)
