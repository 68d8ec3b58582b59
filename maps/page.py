"""
A map page that opens from a file with no network at all, and in which no text can run.

Folium draws what is made of numbers and colours: the Leaflet map and the shaded areas. The first view, and everything
with words in it (marks, popups, the layer list, the scale's and the buttons' titles, tiles and their attribution) is
left to a script of ours, because Folium's templates are JavaScript template literals: a place called ``${alert(1)}``
would run there, and escaping it for HTML does not help. Words travel as one JSON block and are put in place with
``textContent``; the tables around the map come from Jinja with escaping on, never through Folium.

Folium's page head is left out: it names Bootstrap, jQuery, glyphicons and marker fonts on foreign servers and forbids
readers to zoom. Leaflet itself comes from the package xstatic-leaflet and stands inside the page. What the page may
do is fenced by a Content-Security-Policy that names each script and style sheet by its hash, so that nothing else
runs or loads even if an escape were missed.
"""

import base64
import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from urllib.parse import urlsplit

import folium
import geopandas
import xstatic.pkg.leaflet
from branca.element import Figure
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from maps.errors import InvalidTilesError
from maps.style import PAPER, van_rules

_HERE = Path(__file__).parent
_LEAFLET = Path(xstatic.pkg.leaflet.BASE_DIR)
_COORDINATE_DECIMALS = 5  # a metre
_OPACITY_OVER_TILES = 0.5
_NOTHING = "'none'"
_ZOOM_SNAP = 0.25  # a closer fit; tiles are sharp at whole steps only

Bounds = tuple[tuple[float, float], tuple[float, float]]
"""South-west and north-east corner, each ``lat, lon`` as Leaflet wants them."""


@dataclass(frozen=True, slots=True)
class TileSource:
    """
    Background tiles that an office has set up.

    Attributes
    ----------
    url
        http or https, with ``{z}``, ``{x}`` and ``{y}``.
    attribution
        What the source asks to be shown on the map.
    """

    url: str
    attribution: str
    max_zoom: int = 18

    def __post_init__(self) -> None:
        """Check that the address is one that a page can be allowed to load from."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not re.fullmatch(r"[A-Za-z0-9.:\[\]-]+", parts.netloc):
            raise InvalidTilesError(f"Tiles: url is {self.url!r}; it must be an http or https address.")
        if not all(mark in self.url for mark in ("{z}", "{x}", "{y}")):
            raise InvalidTilesError(f"Tiles: url is {self.url!r}; it must hold {{z}}, {{x}} and {{y}}.")

    @property
    def origin(self) -> str:
        """Scheme and host, as a Content-Security-Policy names it."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc}"


@dataclass(frozen=True, slots=True)
class Ground:
    """
    Areas that lie under everything else.

    Attributes
    ----------
    areas
        GeoDataFrame in EPSG:4326, one row an area; only its geometry is drawn.
    fills
        Colours, or `NO_DATA_FILL`, in the order of the rows.
    lines
        What the popup of each area says, its name first, in the order of the rows.
    """

    areas: geopandas.GeoDataFrame
    fills: Sequence[str]
    lines: Sequence[Sequence[str]]

    def drawing(self) -> list[dict[str, object]]:
        """Words of each area and where its name stands, for the data block."""
        points = self.areas.geometry.representative_point()
        return [
            {
                "lines": list(lines),
                "point": [round(point.x, _COORDINATE_DECIMALS), round(point.y, _COORDINATE_DECIMALS)],
            }
            for lines, point in zip(self.lines, points, strict=True)
        ]


def map_page(
    template: str,
    context: Mapping[str, object],
    drawing: Mapping[str, object],
    *,
    bounds: Bounds,
    ground: Ground | None = None,
    tiles: TileSource | None = None,
) -> str:
    """
    A complete page: a map, and around it what the template makes of the context.

    Parameters
    ----------
    template
        Name of a file in ``maps/templates``.
    drawing
        Plain JSON values, drawn by ``maps/static/map.js``.
    bounds
        What the map shows at first.
    """
    canvas, script = _canvas(bounds, ground, has_tiles=tiles is not None)
    scripts = (_leaflet_script(), script, _own("map.js"))
    styles = (_leaflet_style(), _own("map.css"), van_rules())
    block = {
        **drawing,
        "areas": [] if ground is None else ground.drawing(),
        "bounds": bounds,
        "tiles": tiles and {"url": tiles.url, "attribution": tiles.attribution, "max_zoom": tiles.max_zoom},
    }
    return (
        _templates()
        .get_template(template)
        .render(
            **context,
            canvas=Markup(canvas),  # noqa: S704 (numbers and fixed names only, see the module's head)
            drawing=json_block(block),
            policy=_policy(scripts, styles, tiles),
            scripts=[Markup(each) for each in scripts],  # noqa: S704 (ours, Leaflet's and numbers)
            styles=[Markup(each) for each in styles],  # noqa: S704 (ours and Leaflet's)
        )
    )


def sheet_page(template: str, context: Mapping[str, object], *, style: str) -> str:
    """
    A complete page without a map and without any script.

    Parameters
    ----------
    template
        Name of a file in ``maps/templates`` that leaves the scripts of a map page out.
    style
        Name of a style sheet in ``maps/static`` that comes after the maps' own.
    """
    styles = (_own("map.css"), van_rules(), _own(style))
    return (
        _templates()
        .get_template(template)
        .render(
            **context,
            policy=_policy((), styles, None),
            styles=[Markup(each) for each in styles],  # noqa: S704 (ours)
        )
    )


def json_block(value: object) -> Markup:
    r"""
    Plain values as JSON that is safe inside a ``<script type="application/json">``.

    Markup characters become ``\u003c`` and the like, and so does everything beyond ASCII, among it U+2028 and U+2029.
    """
    text = json.dumps(value, allow_nan=False)
    for mark in "<>&":
        text = text.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(text)  # noqa: S704 (escaped above)


def bounds_of(points: Sequence[tuple[float, float]]) -> Bounds:
    """The smallest box around points given as ``lon, lat``; at least one is needed."""
    lons, lats = zip(*points, strict=True)
    return (min(lats), min(lons)), (max(lats), max(lons))


def _canvas(bounds: Bounds, ground: Ground | None, *, has_tiles: bool) -> tuple[str, str]:
    """The map's element and the script that fills it, as Folium writes them."""
    snap = 1 if has_tiles else _ZOOM_SNAP
    canvas = folium.Map(bounds[0], tiles=None, zoom_control=False, attribution_control=False, zoom_snap=snap)
    canvas._id = "moling"  # noqa: SLF001 (Folium's ids are random; the page must be the same each time)
    if ground is not None:
        style = partial(_area_style, opacity=_OPACITY_OVER_TILES if has_tiles else 1)
        areas = folium.GeoJson(_features(ground), style_function=style, smooth_factor=0.5)
        areas._id = "areas"  # noqa: SLF001 (as above; our script finds the layer by it)
        areas.add_to(canvas)
    figure = canvas.get_root()
    assert isinstance(figure, Figure)
    figure.render()
    return figure.html.render(), figure.script.render()


def _features(ground: Ground) -> dict[str, object]:
    geometries = ground.areas.geometry.set_precision(10**-_COORDINATE_DECIMALS)
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": str(row),
                "properties": {"fill": fill},
                "geometry": _rounded(geometry.__geo_interface__),
            }
            for row, (geometry, fill) in enumerate(zip(geometries, ground.fills, strict=True))
        ],
    }


def _rounded(value: object) -> object:
    # Setting the precision leaves floats such as 99.53000000000001; a page of 151 areas is a third shorter without.
    if isinstance(value, float):
        return round(value, _COORDINATE_DECIMALS)
    if isinstance(value, list | tuple):
        return [_rounded(item) for item in value]
    return {key: _rounded(item) for key, item in value.items()} if isinstance(value, dict) else value


def _area_style(feature: Mapping[str, Mapping[str, str]], *, opacity: float) -> dict[str, object]:
    fill = feature["properties"]["fill"]
    return {"fillColor": fill, "fillOpacity": opacity, "color": PAPER, "weight": 1, "opacity": 1}


def _policy(scripts: Sequence[str], styles: Sequence[str], tiles: TileSource | None) -> str:
    # Leaflet swaps a tile that is no longer needed for an empty image in a data address.
    images = f"{tiles.origin} data:" if tiles else _NOTHING
    return "; ".join(
        (
            f"default-src {_NOTHING}",
            f"script-src {' '.join(map(_hash, scripts)) or _NOTHING}",
            f"style-src {' '.join(map(_hash, styles))}",
            f"img-src {images}",
            f"base-uri {_NOTHING}",
            f"form-action {_NOTHING}",
        )
    )


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}'"


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _own(name: str) -> str:
    return (_HERE / "static" / name).read_text(encoding="utf-8")


@cache
def _leaflet_script() -> str:
    source = (_LEAFLET / "leaflet.js").read_text(encoding="utf-8")
    return re.sub(r"//# sourceMappingURL=\S+", "", source)  # the map file is not there


@cache
def _leaflet_style() -> str:
    """Leaflet's style sheet without the images that it names: they are not in the page, and none is used."""
    source = (_LEAFLET / "leaflet.css").read_text(encoding="utf-8")
    return re.sub(r"[\w-]+:\s*url\([^)]*\);", "", source)
