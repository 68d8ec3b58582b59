"""The week as GeoJSON, checked against RFC 7946."""

import json
from typing import TYPE_CHECKING, Any

import geopandas

from maps.geojson import week_geojson

if TYPE_CHECKING:
    from tests.maps.conftest import Case


def _collection(case: "Case") -> Any:  # noqa: ANN401 (JSON)
    return json.loads(week_geojson(case.week, gettext=str))


def test_it_is_a_feature_collection_of_points_and_lines(case: "Case") -> None:
    """The members that RFC 7946 section 3 asks for, and no coordinate system of its own (section 4)."""
    collection = _collection(case)
    assert set(collection) == {"type", "features"}
    assert collection["type"] == "FeatureCollection"
    for feature in collection["features"]:
        assert set(feature) == {"type", "geometry", "properties"}
        assert feature["type"] == "Feature"
        line = feature["properties"]["type"] == "leg"
        assert feature["geometry"]["type"] == ("LineString" if line else "Point")
        positions = feature["geometry"]["coordinates"] if line else [feature["geometry"]["coordinates"]]
        assert all(99 < lon < 100 and 3 < lat < 4 for lon, lat in positions)
        assert not line or len(positions) == 2


def test_it_holds_every_stop_leg_and_unserved_visit_once(case: "Case") -> None:
    """Nothing of the week is lost, and villages that wait are not shown as refused."""
    kinds = [feature["properties"]["type"] for feature in _collection(case)["features"]]
    assert {kind: kinds.count(kind) for kind in set(kinds)} == {"stop": 17, "leg": 17 + 9, "unserved": 3}


def test_other_programs_can_read_it(case: "Case") -> None:
    """Geopandas stands for them."""
    table = geopandas.GeoDataFrame.from_features(_collection(case), crs="EPSG:4326")
    assert table.query("type == 'stop' and vehicle == 'moling-2'")["people"].sum() == 262
