"""
Files that pages load: style sheet, scripts and the icon, under names that change with their content.

``app.css`` is served as ``/static/app.<first ten hex digits of its SHA-256>.css``, so that browsers may keep it for a
year and still see a new one at once. Everything is read and compressed once; what is served are ready bytes. Scripts
of others lie in ``static/vendor``, put there at set-up by npm's lock file.
"""

import gzip
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath

PREFIX = "/static/"
"""Where assets are served."""

CACHE_CONTROL = "public, max-age=31536000, immutable"
"""For every asset: another content has another address."""

_FOLDER = Path(__file__).parent / "static"
_HASH_DIGITS = 10
# Kept here and not asked of the machine, whose table of types differs from system to system.
_MEDIA_TYPES: Mapping[str, str] = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


@dataclass(frozen=True, slots=True)
class Asset:
    """
    A file as it is served.

    Attributes
    ----------
    name
        With the hash of its content in it, ``app.0123456789.css``; a folder may stand before it.
    gzipped
        The same content for readers that accept gzip; None where that would not be smaller.
    etag
        With its quotes. Both forms bear it, so answers need ``Vary: Accept-Encoding``.
    """

    name: str
    media_type: str
    content: bytes
    gzipped: bytes | None
    etag: str

    @property
    def url(self) -> str:
        """Address on this server, from the root."""
        return PREFIX + self.name


def asset(name: str, content: bytes) -> Asset:
    """
    The file with that plain name and content, named by its content and compressed.

    Raises
    ------
    ValueError
        When the name's ending is none that pages load.
    """
    path = PurePosixPath(name)
    if path.suffix not in _MEDIA_TYPES:
        raise ValueError(f"Asset '{name}': its name must end in one of {', '.join(_MEDIA_TYPES)}.")
    digest = hashlib.sha256(content).hexdigest()
    gzipped = gzip.compress(content, 9, mtime=0)
    return Asset(
        name=str(path.with_name(f"{path.stem}.{digest[:_HASH_DIGITS]}{path.suffix}")),
        media_type=_MEDIA_TYPES[path.suffix],
        content=content,
        gzipped=gzipped if len(gzipped) < len(content) else None,
        etag=f'"{digest[:32]}"',
    )


class Assets:
    """
    Assets of one kind of page, found by plain name when a page is written and by served name when it is asked for.

    Parameters
    ----------
    files
        Plain names, each once, with their contents.
    """

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        self._by_name = {name: asset(name, content) for name, content in files}
        self._by_served_name = {each.name: each for each in self._by_name.values()}

    def url(self, name: str) -> str:
        """
        Address of the file with that plain name.

        Raises
        ------
        KeyError
            When there is none; for a script of others the message says how to get it.
        """
        if name not in self._by_name:
            raise KeyError(f"Asset '{name}' is not there; files of others come with `make .venv/run.stamp`.")
        return self._by_name[name].url

    def find(self, served_name: str) -> Asset | None:
        """The file served under that name, which follows `PREFIX`; None when there is none or its content was other."""
        return self._by_served_name.get(served_name)


@cache
def own_assets() -> Assets:
    """The files of ``static``, its folders included."""
    paths = sorted(path for path in _FOLDER.rglob("*") if path.suffix in _MEDIA_TYPES)
    return Assets((path.relative_to(_FOLDER).as_posix(), path.read_bytes()) for path in paths)


def asset_url(name: str) -> str:
    """
    Address of a file of ``static``, such as ``app.css`` or ``vendor/htmx.min.js``.

    Raises
    ------
    KeyError
        When there is none.
    """
    return own_assets().url(name)
