"""Memory and time of cutting a regency out of a large extract, which the test writes."""

from pathlib import Path

import osmium
import pytest

from geodata.importing.reader_process import ROAD_CAPS, FileReader

BYTES = 200_000_000
MOST_KB = 1_500_000


@pytest.fixture(scope="module")
def large_extract(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A province of some 200 MB: millions of nodes with notes that compress badly, ways of ten nodes each."""
    path = tmp_path_factory.mktemp("large") / "province.osm.pbf"
    state, per_way, batch = 12_345, 10, 1_000_000
    with osmium.SimpleWriter(str(path), overwrite=True) as writer:
        count = 0
        while path.stat().st_size < BYTES * 0.9:
            for _ in range(batch):
                count += 1
                state = (state * 6_364_136_223_846_793_005 + 1_442_695_040_888_963_407) % (1 << 64)
                if count % 1_000 == 1:  # neighbours by number lie near one another, as in real files
                    middle = 97 + (state >> 40) % 5_000_000 / 1e6, 1 + (state >> 20) % 4_000_000 / 1e6
                lon, lat = middle[0] + (state >> 40) % 9_999 / 1e6, middle[1] + (state >> 20) % 9_999 / 1e6
                note = {"note": f"{state * state:032x}"[:32]}
                writer.add_node(osmium.osm.mutable.Node(id=count * 7, location=(lon, lat), tags=note))
        inside = range(1, count - per_way, count // 40_000)
        for number, first in enumerate(inside, 1):
            nodes = [(first + step) * 7 for step in range(per_way)]
            writer.add_way(osmium.osm.mutable.Way(id=number, nodes=nodes, tags={"highway": "residential"}))
    return path


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_large_extract_is_cut_in_little_memory(large_extract: Path) -> None:
    """Memory follows the regency, not the province: within the caps, 1.5 GB, for a file of some 200 MB."""
    assert large_extract.stat().st_size > BYTES * 0.9

    with FileReader(ROAD_CAPS) as reader:
        cut = reader.read_roads(large_extract, (99.0, 3.0, 99.6, 3.6), "EPSG:32647")

    assert cut.graph.road_count > 100
    assert reader.peak_kb < MOST_KB
