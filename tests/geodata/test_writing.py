"""What an office wrote by hand stays as it stands when the program changes a number beside it."""

import tomllib
from pathlib import Path

import pytest

from geodata.errors import RegionFolderError
from geodata.writing import CsvFile, change_folder, set_toml_values

TOML = """\
reach = 60 # km
# [kantor] is below
[kantor]
nama = "Kantor"
# lintang =
[lain]
lintang = 1
"""


def test_a_toml_number_is_set_where_it_stands() -> None:
    """Comments, order and other tables stay; a key that stands as a comment comes alive."""
    text = set_toml_values(set_toml_values(TOML, "kantor", {"lintang": -3.5, "bujur": 99.0}), "", {"reach": 90})
    assert tomllib.loads(text) == {
        "reach": 90,
        "kantor": {"nama": "Kantor", "lintang": -3.5, "bujur": 99.0},
        "lain": {"lintang": 1},
    }
    assert "reach = 90 # km" in text
    assert "# [kantor] is below" in text


def test_a_document_that_cannot_be_changed_is_told() -> None:
    with pytest.raises(RegionFolderError, match="by hand"):
        set_toml_values("kantor = {nama = 'x'}\n", "kantor", {"lintang": 1.0})


@pytest.mark.parametrize("text", ["a;b\n1;2\n\n3;4\n", "\ufeffsep=,\na,b\n1,2\n3,4\n", 'a\tb\r\n"1\t1"\t2\r\n3\t4\r\n'])
def test_a_csv_cell_is_set_and_the_rest_stays(text: str) -> None:
    """Separator, byte order mark, line ends and blank rows are the office's."""
    table = CsvFile(text.encode())
    assert table.content() == text.encode()
    place = table.rows()[1][0]
    table.set(place, {"b": "9", "c": "7"})
    assert [cells for _, cells in CsvFile(table.content()).rows()][1] == {"a": "3", "b": "9", "c": "7"}


def test_a_folder_changes_whole_or_not_at_all(tmp_path: Path) -> None:
    """A file that cannot be written leaves the folder as it was, and nothing beside it."""
    folder = tmp_path / "region"
    folder.mkdir()
    (folder / "a").write_text("1")
    with pytest.raises(RegionFolderError):
        change_folder(folder, {"a": b"2", "no/such/place": b"3"})
    assert (folder / "a").read_text() == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["region"]
    change_folder(folder, {"a": b"2"})
    assert (folder / "a").read_text() == "2"
