"""
A page of maps taken apart for a server whose policy lets no inline script or style run.

`maps.page` writes one file that opens without a network, scripts and style sheets inside. A page of the office is
served under ``script-src 'self'; style-src 'self'``; there the same scripts and styles become files named by their
content, so that browsers keep Leaflet and the areas of the regency once for all maps. The drawing stays in the page as
a JSON block, which no policy counts as a script. Leaflet sets styles from its script, which such a policy allows.

Taking the text apart is safe with pages of `maps.page` and with no others: there ``<script>`` and ``<style>`` without
attributes stand only where the template puts them, everything else being escaped.
"""

import hashlib
import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

_HASH_DIGITS = 10
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
_POLICY = re.compile(r'(?<=<meta http-equiv="Content-Security-Policy" content=")[^"]*(?=">)')
_INLINE_SOURCES = re.compile(r"(script|style)-src (?!'none')[^;]*")


@dataclass(frozen=True, slots=True)
class ServedPage:
    """
    A page and the files that it loads.

    Attributes
    ----------
    html
        Without inline scripts and styles; its own policy allows those of the same server.
    files
        Content by name, ``map.<ten hex digits of its SHA-256>.js`` or ``.css``: what has the same name is the same.
    """

    html: str
    files: Mapping[str, str]


def served_page(page: str, address: Callable[[str], str]) -> ServedPage:
    """
    The page with its scripts and styles as files.

    Parameters
    ----------
    page
        As `maps.page.map_page` or `maps.page.sheet_page` wrote it.
    address
        Name of a file -> where the server has it, on the same server as the page.
    """
    files: dict[str, str] = {}

    def located(content: str, ending: str) -> str:
        digest = hashlib.sha256(content.encode()).hexdigest()
        name = f"map.{digest[:_HASH_DIGITS]}.{ending}"
        files[name] = content
        return html.escape(address(name))

    page = _STYLE.sub(lambda found: f'<link rel="stylesheet" href="{located(found[1], "css")}">', page)
    page = _SCRIPT.sub(lambda found: f'<script src="{located(found[1], "js")}"></script>', page)
    page = _POLICY.sub(lambda found: html.escape(_own_server(html.unescape(found[0]))), page)
    return ServedPage(page, MappingProxyType(files))


def _own_server(policy: str) -> str:
    """The policy with scripts and styles of the same server instead of those named by hash."""
    return _INLINE_SOURCES.sub(lambda found: f"{found[1]}-src 'self'", policy)
