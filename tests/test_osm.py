"""OpenStreetMap files, small ones written here and the real ones."""

from __future__ import annotations

import bz2
import gzip
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest
import shapely

from geodata.access import RULE_KEYS, rule_of_values
from geodata.errors import DataError, InputError
from geodata.extract import OSM_ATTRIBUTION, StreetExtract
from geodata.lines import FOOT, MOTOR_FORWARD
from geodata.osm import read_osm

NODES = {1: (120.0, 32.0), 2: (120.001, 32.0), 3: (120.001, 32.001), 4: (120.0, 32.001)}


def node(number: int, place: tuple[float, float] | None = None, **tags: str) -> str:
    lon, lat = place or NODES[number]
    return f'<node id="{number}" lon="{lon}" lat="{lat}">{_tags(tags)}</node>'


def way(number: int, refs: list[int], **tags: str) -> str:
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}">{nodes}{_tags(tags)}</way>'


def _tags(tags: dict[str, str]) -> str:
    return "".join(
        f"<tag k={quoteattr(key.replace('__', ':'))} v={quoteattr(value)}/>"
        for key, value in tags.items()
    )


def document(*parts: str) -> str:
    return f'<?xml version="1.0"?><osm version="0.6">{"".join(parts)}</osm>'


Read = Callable[..., StreetExtract]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def read_text(*parts: str) -> StreetExtract:
        path = tmp_path / "city.osm"
        path.write_text(document(*parts), encoding="utf-8")
        return read_osm(path)

    return read_text


def runs(extract: StreetExtract) -> list[list[int]]:
    """Node ids of each line."""
    lines = extract.lines
    return [part.tolist() for part in np.split(lines.vertex, lines.first[1:-1])]


SQUARE = [node(number) for number in NODES]


def test_way_with_tags_is_a_line_with_access_name_and_class(read: Read) -> None:
    lines = read(
        *SQUARE, way(7, [1, 2, 3], highway="primary", name="人民路", oneway="yes", bicycle="no")
    ).lines
    assert lines.vertex.tolist() == [1, 2, 3]
    assert lines.lonlat_deg.tolist() == [list(NODES[number]) for number in (1, 2, 3)]
    assert lines.access.tolist() == [FOOT | MOTOR_FORWARD]
    assert lines.classes[lines.class_code[0]] == "primary"
    assert lines.names[lines.name_code[0]] == "人民路"
    assert lines.attribution == OSM_ATTRIBUTION


def test_names_with_any_character_are_kept(read: Read) -> None:
    name = "a b,c=d%é人 @%20% \U0001f6b2"
    extract = read(
        *SQUARE, way(7, [1, 2], highway="primary", name=name), node(9, (120, 32), shop=name)
    )
    assert name in extract.lines.names
    assert extract.pois[0].tags == {"shop": name}


def test_ways_no_mode_may_use_are_dropped(read: Read) -> None:
    extract = read(
        *SQUARE,
        way(1, [1, 2], highway="construction"),
        way(2, [2, 3], highway="service", access="private"),
        way(3, [1, 2, 3, 1], highway="pedestrian", area="yes"),
        way(4, [1, 2, 3, 1], highway="platform"),
        way(5, [1, 2, 3], highway="platform"),
        way(6, [1, 4], building="yes"),
    )
    assert runs(extract) == [[1, 2, 3]]


def test_way_out_and_back_keeps_all_its_vertices(read: Read) -> None:
    extract = read(*SQUARE, way(1, [1, 2, 3, 2, 1], highway="primary", oneway="yes"))
    assert runs(extract) == [[1, 2, 3, 2, 1]]


def test_way_of_one_node_or_none_is_no_line(read: Read) -> None:
    assert runs(read(*SQUARE, way(1, [1], highway="primary"), way(2, [], highway="primary"))) == [
        []
    ]


def test_way_cut_by_the_extract_gives_its_known_runs(read: Read) -> None:
    extract = read(
        *SQUARE,
        way(1, [1, 2, 99, 3, 4, 98, 1], highway="primary"),
        way(2, [99, 98], highway="primary"),
        way(3, [99, 1], waterway="river"),
    )
    assert runs(extract) == [[1, 2], [3, 4]]
    assert "4 nodes" in extract.lines.warnings[0]
    assert extract.water == ()


def test_ways_before_nodes_as_overpass_writes_are_read(read: Read) -> None:
    ways = [way(8, [3, 4], highway="path"), way(7, [1, 2, 3], highway="path")]
    extract = read(*ways, *reversed(SQUARE))
    assert sorted(runs(extract)) == [[1, 2, 3], [3, 4]]
    assert extract.lines.warnings == ()


def test_unsorted_ids_and_areas_are_read(read: Read, rng: np.random.Generator) -> None:
    parts = [
        *SQUARE,
        way(9, [1, 2, 3, 4, 1], amenity="toilets"),
        way(8, [1, 2, 3, 4, 1], natural="water", name="湖"),
        way(-7, [1, 2], highway="path"),
    ]
    extract = read(*(parts[number] for number in rng.permutation(len(parts))))
    assert [poi.id for poi in extract.pois] == ["way/9"]
    assert [(water.id, water.kind, water.name) for water in extract.water] == [
        ("way/8", "area", "湖")
    ]
    assert runs(extract) == [[1, 2]]


def test_places_are_nodes_ways_and_relations_with_a_point_inside(read: Read) -> None:
    inner = {
        5: (120.0002, 32.0002),
        6: (120.0008, 32.0002),
        7: (120.0008, 32.0008),
        8: (120.0002, 32.0008),
    }
    relation = (
        '<relation id="3"><member type="way" ref="1" role="outer"/>'
        '<member type="way" ref="2" role="inner"/>'
        + _tags({"type": "multipolygon", "shop": "mall"})
        + "</relation>"
    )
    extract = read(
        *SQUARE,
        *(node(number, place) for number, place in inner.items()),
        node(9, (120.5, 32.5), amenity="toilets", fee="no"),
        node(10, (120.5, 32.5), highway="crossing"),
        node(11, (120.5, 32.5), highway="bus_stop"),
        way(1, [1, 2, 3, 4, 1]),
        way(2, [5, 6, 7, 8, 5]),
        way(3, [1, 2, 3, 1], office="government"),
        way(4, [1, 2, 3], shop="open line"),
        relation,
    )
    found = {poi.id: poi for poi in extract.pois}
    assert sorted(found) == ["node/11", "node/9", "relation/3", "way/3"]
    assert found["node/9"][1:] == (120.5, 32.5, {"amenity": "toilets", "fee": "no"})
    ring = found["relation/3"]
    inside = shapely.box(120, 32, 120.001, 32.001) - shapely.box(
        120.0002, 32.0002, 120.0008, 32.0008
    )
    assert shapely.contains_xy(inside, ring.lon_deg, ring.lat_deg)


def test_water_is_areas_rivers_and_coast(read: Read) -> None:
    extract = read(
        *SQUARE,
        way(1, [1, 2, 3, 1], natural="water", name="濠河"),
        way(2, [1, 2], waterway="river"),
        way(3, [2, 3], waterway="drain"),
        way(4, [3, 4], natural="coastline"),
        way(5, [1, 2, 3, 1], landuse="reservoir"),
    )
    kinds = {water.id: (water.kind, water.geometry.geom_type) for water in extract.water}
    assert kinds == {
        "way/1": ("area", "MultiPolygon"),
        "way/5": ("area", "MultiPolygon"),
        "way/2": ("river", "LineString"),
        "way/4": ("coastline", "LineString"),
    }
    assert runs(extract) == [[]]


def test_area_with_a_broken_outline_is_left_out_with_a_warning(read: Read) -> None:
    extract = read(*SQUARE, way(1, [1, 3, 2, 4, 1], shop="mall"), way(2, [1, 2], highway="path"))
    assert extract.pois == ()
    assert "1 areas" in extract.lines.warnings[0]


@pytest.mark.parametrize("compress", [gzip.compress, bz2.compress], ids=["gzip", "bzip2"])
def test_compressed_file_is_read_whatever_its_name(
    tmp_path: Path, compress: Callable[[bytes], bytes]
) -> None:
    path = tmp_path / "city.dat"
    path.write_bytes(compress(document(*SQUARE, way(1, [1, 2], highway="path")).encode()))
    assert runs(read_osm(path)) == [[1, 2]]


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"", InputError),
        (b"PK\x03\x04 not streets", InputError),
        (b"<html></html>", InputError),
        (b'<osm version="0.6"><node id="1"', DataError),
        (b"<osm></osm>", DataError),
        (b"\x1f\x8b\x08\x00", DataError),
        (b"\x00\x00\x00\x0d\x0a\x09OSMHeader\x18", DataError),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><osm version="0.6"></osm>', DataError),
        (document('<node id="1" lat="1" lon="x"/>').encode(), InputError),
        (
            document('<node id="1" lat="1" lon="1"><tag k="shop" v="\xff"/></node>').encode(
                "latin-1"
            ),
            DataError,
        ),
    ],
)
def test_file_that_cannot_be_read_is_one_clear_line(
    tmp_path: Path, content: bytes, error: type[Exception]
) -> None:
    path = tmp_path / "bad.osm.pbf"
    path.write_bytes(content)
    with pytest.raises(error, match=r"bad\.osm\.pbf") as caught:
        read_osm(path)
    assert "\n" not in str(caught.value)


def test_swapped_axes_are_refused(read: Read) -> None:
    swapped = [node(number, (lat, lon)) for number, (lon, lat) in NODES.items()]
    with pytest.raises(InputError, match="swapped"):
        read(*swapped, way(1, [1, 2, 3], highway="primary"))
    with pytest.raises(InputError, match="swapped"):
        read(*swapped, way(1, [1, 2, 3, 1], highway="primary"))


def test_truncated_real_file_is_a_data_error(shared_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "cut.pbf"
    path.write_bytes((shared_data / "osm" / "poa_osm.pbf").read_bytes()[:300_000])
    with pytest.raises(DataError, match="cut off"):
        read_osm(path)


@pytest.mark.parametrize("order", ["sorted", "ways first"])
def test_full_disk_is_an_error_and_no_crash(tmp_path: Path, order: str) -> None:
    # The C++ writer of a failed file must not be freed: that would abort the process.
    ways = [way(number, [1, 2], highway="path", name=f"{number**9}") for number in range(1, 20_000)]
    path = tmp_path / "city.osm"
    path.write_text(document(*SQUARE, *ways) if order == "sorted" else document(*ways, *SQUARE))
    code = (
        "import resource, sys\n"
        "from geodata.osm import read_osm\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (65536, 65536))\n"
        "try:\n    read_osm(sys.argv[1])\n"
        "except OSError as error:\n    print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("DataError cannot write temporary files")


def test_no_temporary_folder_is_a_data_error(
    read: Read, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    with pytest.raises(DataError, match="temporary"):
        read(*SQUARE, way(1, [1, 2], highway="path"))


def test_places_without_any_street_are_read(read: Read) -> None:
    extract = read(*SQUARE, node(9, (120, 32), shop="x"), way(1, [1, 3, 2, 4, 1], shop="mall"))
    assert [poi.id for poi in extract.pois] == ["node/9"]
    assert len(extract.lines) == 0


def test_reading_loads_neither_numba_nor_geopandas(shared_data: Path) -> None:
    code = (
        "import sys\n"
        "from geodata.vectors import read_streets\n"
        "from locator.street_building import build_streets\n"
        "build_streets(read_streets([sys.argv[1]]).lines)\n"
        "print(sorted({'numba', 'geopandas', 'pandas', 'scipy', 'pyogrio'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(shared_data / "osm" / "poa_osm.pbf")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == "[]"


def slow_lines(path: Path) -> list[tuple[list[int], int, str]]:
    """Oracle: node ids, access and name of each usable way, an object at a time."""
    import osmium

    found = []
    for thing in osmium.FileProcessor(str(path)).with_locations():
        if not isinstance(thing, osmium.osm.Way) or "highway" not in thing.tags:
            continue
        tags = {tag.k: tag.v for tag in thing.tags}
        outline = tags["highway"] in ("platform", "rest_area", "services") and thing.is_closed()
        access = rule_of_values(tuple(map(tags.get, RULE_KEYS))).access
        refs = [ref.ref for ref in thing.nodes if ref.location.valid()]
        if access and len(refs) > 1 and not outline:
            found.append((refs, access, tags.get("name", "")))
    return found


@pytest.mark.parametrize("name", ["poa_osm.pbf", "monaco_osrm.osm.pbf", "shanghai_small.osm"])
def test_real_file_equals_reading_it_object_by_object(shared_data: Path, name: str) -> None:
    path = shared_data / "osm" / name
    lines = read_osm(path).lines
    names = [lines.names[code] for code in lines.name_code]
    vertices = [part.tolist() for part in np.split(lines.vertex, lines.first[1:-1])]
    assert list(zip(vertices, lines.access.tolist(), names, strict=True)) == slow_lines(path)


@pytest.mark.parametrize(
    ("name", "amenity", "count"),
    [
        ("poa_osm.pbf", "bench", 135),
        ("poa_osm.pbf", "toilets", 11),
        ("poa_osm.pbf", "drinking_water", 9),
        ("monaco_osrm.osm.pbf", "toilets", 27),
        ("monaco_osrm.osm.pbf", "bench", 30),
        ("monaco_osrm.osm.pbf", "drinking_water", 11),
        ("shanghai_small.osm", "toilets", 0),
    ],
)
def test_places_of_real_files_are_all_there(
    shared_data: Path, name: str, amenity: str, count: int
) -> None:
    pois = read_osm(shared_data / "osm" / name).pois
    nodes = [poi for poi in pois if poi.id.startswith("node/")]
    assert sum(poi.tags.get("amenity") == amenity for poi in nodes) == count
