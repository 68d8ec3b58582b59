"""
Styles, scripts and pictures of pages, under addresses that name their content, so that browsers keep them for good.

Two folders hold them: ``static``, ours, and ``static/vendor``, which set-up fills from the lock file.
"""

import gzip
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

_HERE: Final = Path(__file__).parent / "static"
_MEDIA_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/vnd.microsoft.icon",
    ".json": "application/json",
}
FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class Asset:
    """
    A file that pages load.

    Attributes
    ----------
    name
        With a part of its content's hash: ``app.0123456789.css``.
    gzipped
        The same content, ready for the line.
    """

    name: str
    media_type: str
    content: bytes
    gzipped: bytes


def make_asset(name: str, content: bytes) -> Asset:
    """An asset of that content; ``name`` is without the hash."""
    stem, dot, suffix = name.rpartition(".")
    digest = hashlib.sha256(content).hexdigest()[:10]
    media_type = _MEDIA_TYPES[f"{dot}{suffix}"]
    return Asset(f"{stem}.{digest}{dot}{suffix}", media_type, content, gzip.compress(content, 9, mtime=0))


def asset_url(name: str) -> str:
    """
    Address of a file of ``static``, such as ``app.css`` or ``vendor/htmx.min.js``.

    Raises
    ------
    FileNotFoundError
        When there is none of that name: a template names it wrongly, or set-up did not fill ``vendor``.
    """
    try:
        return f"/static/{_by_file()[name].name}"
    except KeyError:
        raise FileNotFoundError(
            f"There is no file '{name}' in {_HERE}; 'make .venv/run.stamp' fetches vendor/."
        ) from None


def find_asset(name: str) -> Asset | None:
    """The asset of that name, hash included."""
    return _by_name().get(name)


@cache
def _by_file() -> dict[str, Asset]:
    files = sorted(path for path in _HERE.rglob("*") if path.is_file() and path.suffix in _MEDIA_TYPES)
    return {str(path.relative_to(_HERE)): make_asset(path.name, path.read_bytes()) for path in files}


@cache
def _by_name() -> dict[str, Asset]:
    return {asset.name: asset for asset in _by_file().values()}
