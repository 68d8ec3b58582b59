"""Files that pages load: named by content, compressed once, found again by the served name only."""

import gzip
import re
from pathlib import Path

import pytest

from api.assets import CACHE_CONTROL, PREFIX, Assets, asset, asset_url, own_assets
from maps.style import van_rules

STATIC = Path(__file__).resolve().parents[2] / "api" / "static"


def test_a_name_changes_with_the_content_and_with_nothing_else() -> None:
    """Browsers keep a file for a year; a changed one must not be taken for the old one."""
    assert asset("app.css", b"a{}").name == asset("app.css", b"a{}").name
    assert asset("app.css", b"a{}").name != asset("app.css", b"b{}").name
    assert re.fullmatch(r"vendor/htmx\.min\.[0-9a-f]{10}\.js", asset("vendor/htmx.min.js", b"1").name)
    assert "immutable" in CACHE_CONTROL


def test_both_forms_hold_the_same_bytes_and_the_same_tag() -> None:
    """What is sent compressed is what was written; a file that gzip makes longer is sent as it is."""
    long = asset("app.js", b"let here = 1;\n" * 100)
    assert long.gzipped is not None
    assert gzip.decompress(long.gzipped) == long.content
    assert long.media_type == "text/javascript; charset=utf-8"
    assert re.fullmatch(r'"[0-9a-f]{32}"', long.etag)
    assert asset("app.js", b"1").gzipped is None


def test_an_ending_that_no_page_loads_is_refused() -> None:
    """A file that slips into the folder is not given a guessed type."""
    with pytest.raises(ValueError, match=r"Asset 'letter\.pdf'.*\.css"):
        asset("letter.pdf", b"%PDF")


def test_a_file_is_found_by_its_served_name_only() -> None:
    """Neither the plain name, nor another content's, nor a way out of the folder leads to a file."""
    files = Assets([("app.css", b"a{}")])
    served = files.url("app.css").removeprefix(PREFIX)
    found = files.find(served)
    assert found is not None
    assert found.content == b"a{}"
    for name in ("app.css", "app.0000000000.css", "../api/assets.py", ""):
        assert files.find(name) is None
    with pytest.raises(KeyError, match=r"Asset 'other\.css' is not there"):
        files.url("other.css")


@pytest.mark.parametrize("name", ["app.css", "app.js", "icon.svg", "vendor/htmx.min.js"])
def test_what_the_shell_names_is_there(name: str) -> None:
    """The page's own files and those that npm's lock file brings."""
    found = own_assets().find(asset_url(name).removeprefix(PREFIX))
    assert found is not None
    assert found.content == (STATIC / name).read_bytes()


def test_the_style_sheet_is_small_and_loads_nothing() -> None:
    """A slow line gets it once, and no page asks another server for anything."""
    style = (STATIC / "app.css").read_text(encoding="utf-8")
    assert len(style.encode()) < 30_000
    assert "url(" not in style
    assert "@import" not in style


def test_vans_have_the_colours_of_the_maps() -> None:
    """A van has one colour, on the board as on the map."""
    style = (STATIC / "app.css").read_text(encoding="utf-8")
    for rule in van_rules().splitlines():
        assert rule in style
