"""OPL text, line by line."""

from __future__ import annotations

import numpy as np

from geodata.extract import Poi
from geodata.lines import FOOT
from geodata.opl import TextCollector, is_place


def test_lines_of_opl_are_streets_and_places() -> None:
    found = TextCollector()
    found.read(
        [
            "n25 Tamenity=bench,note=a%20%b%2c%c x-51.2 y-30.1\n",
            "n26 Tamenity=bench x y\n",
            "w27 Thighway=steps,name=%5%0%25%20%25% Nn-1x-51.2y-30.1,n2x-51.3y-30.0000001\n",
            "w28 Thighway=steps Nn1xy,n2x1y1,n3x1y2,n4xy,n5x1y3\n",
        ]
    )
    lines = found.lines("source", ["careful"])
    assert found.pois == [Poi("node/25", -51.2, -30.1, {"amenity": "bench", "note": "a b,c"})]
    assert lines.vertex.tolist() == [-1, 2, 2, 3]
    assert lines.first.tolist() == [0, 2, 4]
    assert lines.lonlat_deg[1].tolist() == [-51.3, -30.0000001]
    assert lines.names == ("", "\x050%20%")
    assert lines.access.tolist() == [FOOT, FOOT]
    assert (lines.attribution, lines.warnings, found.missing) == ("source", ("careful",), 2)


def test_ids_beyond_four_bytes_stay_exact() -> None:
    found = TextCollector()
    found.read(["w1 Thighway=path Nn12345678901x1y2,n9007199254740991x3y4\n"])
    assert found.lines("", []).vertex.tolist() == [12_345_678_901, 9_007_199_254_740_991]


def test_many_streets_are_read_in_chunks_that_do_not_show() -> None:
    found = TextCollector()
    found.read(f"w{i} Thighway=path Nn{i}x1y2,n{i + 1}x3y4\n" for i in range(1, 40_001))
    lines = found.lines("", [])
    assert len(lines) == 40_000
    assert np.array_equal(lines.vertex[::2], np.arange(1, 40_001))


def test_place_is_what_one_can_go_to() -> None:
    assert is_place({"shop": "bakery"})
    assert is_place({"highway": "bus_stop"})
    assert is_place({"highway": "crossing", "amenity": "toilets"})
    assert not is_place({"highway": "crossing"})
    assert not is_place({"building": "yes"})
