"""The basemap's tiles, decoded again: every street is where it is, and nothing else is there."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pmtiles.reader import MemorySource, Reader, all_tiles
from pmtiles.tile import zxy_to_tileid

from geodata.errors import DataError
from geodata.extract import Water
from geodata.tile_layers import (
    FINE_EXTENT,
    MAX_ZOOM,
    MIN_ZOOM,
    Drawing,
    extent,
    first_zoom,
    level_of,
    unit_square,
)
from geodata.tiles import write_tiles
from tests.conftest import IN_CI

# Half a unit by rounding, along both axes, and three quarters by leaving points out.
TOLERANCE_UNITS = 1.5
CLASSES = ("motorway", "primary", "secondary", "tertiary", "residential", "footway", "")
NAMES = ("", "人民中路", "Rua da Praia", "<b>${x}</b>")

Lines = list[list[tuple[float, float]]]


def drawing_of(
    lines: Lines, *, kinds: list[int] | None = None, names: list[int] | None = None, **more: Any
) -> Drawing:
    count = len(lines)
    return Drawing(
        np.array([point for line in lines for point in line], np.float64).reshape(-1, 2),
        np.concatenate([[0], np.cumsum([len(line) for line in lines])]).astype(np.int64),
        np.array(kinds or [0] * count, np.int16),
        CLASSES,
        np.array(names or [0] * count, np.int32),
        NAMES,
        **more,
    )


class Read:
    """A file of tiles, all of it decoded."""

    def __init__(self, path: Path) -> None:
        data = path.read_bytes()
        source = MemorySource(data)
        self.header, self.metadata = Reader(source).header(), Reader(source).metadata()
        self.tiles = {
            place: mapbox_vector_tile.decode(
                gzip.decompress(tile), default_options={"y_coord_down": True}
            )
            for place, tile in all_tiles(source)
        }

    def features(self, layer: str = "streets") -> list[tuple[tuple[int, int, int], Any, Any]]:
        """(tile, shape in units of the whole world at that zoom, what it says)."""
        found = []
        for (zoom, column, row), layers in self.tiles.items():
            corner = np.array([column, row]) * extent(zoom)
            for feature in layers.get(layer, {"features": []})["features"]:
                shape = shapely.from_geojson(json.dumps(feature["geometry"]))
                moved = shapely.transform(shape, lambda xy, corner=corner: xy + corner)
                found.append(((zoom, column, row), moved, feature["properties"]))
        return found


def write(folder: Path, drawing: Drawing) -> Read:
    path = folder / "x.pmtiles"
    assert write_tiles(path, drawing) == path.stat().st_size
    return Read(path)


def in_units(drawing: Drawing, zoom: int) -> list[Any]:
    """Each street of a drawing by itself, in units of the whole world at a zoom."""
    xy = unit_square(drawing.lonlat_deg) * (extent(zoom) << zoom)
    return [
        shapely.LineString(xy[a:b]) for a, b in zip(drawing.first, drawing.first[1:], strict=False)
    ]


def check_every_street_is_there(read: Read, drawing: Drawing) -> None:
    """At the last zoom: each street lies within the tolerance of what its tiles say, and back."""
    by_word: dict[tuple[str, str], list[Any]] = defaultdict(list)
    by_tile: dict[tuple[int, int, tuple[str, str]], list[Any]] = defaultdict(list)
    for (zoom, column, row), shape, told in read.features():
        if zoom == MAX_ZOOM:
            word = (told["kind"], told.get("name", ""))
            by_tile[column, row, word].append(shape)
            by_word[word].append(shape)
    wanted: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for street, kind, name in zip(
        in_units(drawing, MAX_ZOOM), drawing.class_code, drawing.name_code, strict=True
    ):
        word = (level_of(drawing.classes[kind]), drawing.names[name])
        wanted[word].append(street)
        west, north, east, south = (int(value // FINE_EXTENT) for value in street.bounds)
        for column in range(west, east + 1):
            for row in range(north, south + 1):
                corner = np.array([column, row]) * FINE_EXTENT
                part = shapely.clip_by_rect(street, *corner, *(corner + FINE_EXTENT))
                if part.length > 2 * TOLERANCE_UNITS:
                    shown = shapely.union_all(by_tile[column, row, word])
                    assert not shown.is_empty, (column, row, word)
                    assert (
                        shapely.hausdorff_distance(
                            shapely.union_all([part, shown]), shown, densify=0.2
                        )
                        <= TOLERANCE_UNITS
                    )
    assert set(by_word) <= set(wanted)
    for word, shapes in by_word.items():
        # Nothing is drawn where no street of that class and name is.
        real = shapely.union_all(wanted[word]).buffer(TOLERANCE_UNITS)
        assert real.covers(shapely.union_all(shapes))


@st.composite
def drawings(draw: st.DrawFn) -> Drawing:
    """A few random streets around Nantong, some of them joined end to end."""
    count = draw(st.integers(1, 6))
    step = st.integers(-300, 300)
    lines: Lines = []
    for _ in range(count):
        if lines and draw(st.booleans()):
            x, y = lines[-1][-1]
        else:
            x, y = 120.8 + draw(step) * 1e-3, 32.0 + draw(step) * 1e-3
        line = [(x, y)]
        for _ in range(draw(st.integers(1, 4))):
            dx, dy = draw(step.filter(bool)), draw(step)
            x, y = x + dx * 1e-4, y + dy * 1e-4
            line.append((x, y))
        lines.append(line)
    kinds = draw(st.lists(st.integers(0, len(CLASSES) - 1), min_size=count, max_size=count))
    names = draw(st.lists(st.integers(0, len(NAMES) - 1), min_size=count, max_size=count))
    return drawing_of(lines, kinds=kinds, names=names)


@settings(max_examples=40 if IN_CI else 25)
@given(drawing=drawings())
def test_every_street_is_in_the_tiles_that_it_crosses(
    tmp_path_factory: pytest.TempPathFactory, drawing: Drawing
) -> None:
    read = write(tmp_path_factory.mktemp("tiles"), drawing)
    check_every_street_is_there(read, drawing)
    # No tile, and no line but its margin, lies outside what was drawn.
    xy = unit_square(drawing.lonlat_deg)
    low, high = xy.min(axis=0), xy.max(axis=0)
    for zoom, column, row in read.tiles:
        edge = 1 / (1 << zoom)
        place = np.array([column, row]) * edge
        assert (place <= high + edge / 32).all()
        assert (place + edge >= low - edge / 32).all()


@settings(max_examples=15)
@given(drawing=drawings(), seed=st.integers(0, 99))
def test_streets_in_another_order_give_the_same_bytes(
    tmp_path_factory: pytest.TempPathFactory, drawing: Drawing, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("tiles")
    order = np.random.default_rng(seed).permutation(len(drawing.first) - 1)
    lines = [
        drawing.lonlat_deg[drawing.first[i] : drawing.first[i + 1]].tolist() for i in order.tolist()
    ]
    again = drawing_of(
        lines,
        kinds=drawing.class_code[order].tolist(),
        names=drawing.name_code[order].tolist(),
    )
    write(folder, drawing)
    before = (folder / "x.pmtiles").read_bytes()
    write(folder, drawing)
    assert (folder / "x.pmtiles").read_bytes() == before
    write(folder, again)
    assert (folder / "x.pmtiles").read_bytes() == before


def test_class_begins_at_its_zoom_and_not_before(tmp_path: Path) -> None:
    far = [[(120.8, 32.0 + 0.01 * i), (121.2, 32.0 + 0.01 * i)] for i in range(len(CLASSES))]
    read = write(tmp_path, drawing_of(far, kinds=list(range(len(CLASSES)))))
    seen = defaultdict(set)
    for (zoom, _, _), _, told in read.features():
        seen[told["kind"]].add(zoom)
    assert seen == {level_of(kind): set(range(first_zoom(kind), MAX_ZOOM + 1)) for kind in CLASSES}
    assert read.header["min_zoom"] == MIN_ZOOM
    assert read.header["max_zoom"] == MAX_ZOOM


def test_streets_that_are_drawn_alike_are_one_line_until_their_names_are_drawn(
    tmp_path: Path,
) -> None:
    ends = np.linspace(120.8, 121.0, 6).tolist()
    pieces = [[(a, 32.0), (b, 32.0)] for a, b in pairwise(ends)]
    kinds = [CLASSES.index(kind) for kind in ("residential", "", "residential", "", "")]
    read = write(tmp_path, drawing_of(pieces, kinds=kinds))
    assert {told["kind"] for _, _, told in read.features()} == {"minor"}
    assert all(shape.geom_type == "LineString" for _, shape, _ in read.features())
    kinds = [CLASSES.index("primary")] * 5
    read = write(tmp_path, drawing_of(pieces, kinds=kinds, names=[1, 2, 1, 2, 1]))
    named = {zoom for (zoom, _, _), _, told in read.features() if "name" in told}
    unnamed = {zoom for (zoom, _, _), _, told in read.features() if "name" not in told}
    assert named == {11, 12}
    assert unnamed == set(range(first_zoom("primary"), 11))


def test_names_come_back_as_they_are(tmp_path: Path) -> None:
    far = [[(120.8, 32.0 + 0.01 * i), (120.9, 32.0 + 0.01 * i)] for i in range(len(NAMES))]
    read = write(tmp_path, drawing_of(far, names=list(range(len(NAMES)))))
    assert {told.get("name", "") for _, _, told in read.features()} == set(NAMES)


def test_pieces_of_one_street_are_one_line(tmp_path: Path) -> None:
    ends = np.linspace(120.8, 120.82, 11)
    pieces = [[(a, 32.0), (b, 32.0)] for a, b in pairwise(ends.tolist())]
    read = write(tmp_path, drawing_of(pieces, names=[1] * 10))
    shapes = [shape for (zoom, _, _), shape, _ in read.features() if zoom == MAX_ZOOM]
    assert shapes
    assert all(shape.geom_type == "LineString" for shape in shapes)
    assert all(len(shape.coords) == 2 for shape in shapes)


def lake(lon: float, lat: float, size: float, hole: float = 0.0) -> Any:
    outer = shapely.box(lon, lat, lon + size, lat + size)
    middle = outer.centroid
    return shapely.MultiPolygon([outer - middle.buffer(hole, quad_segs=2)] if hole else [outer])


def test_lake_keeps_its_place_and_its_island(tmp_path: Path) -> None:
    shape = lake(120.8, 32.0, 0.2, hole=0.04)
    drawing = drawing_of(
        [[(120.8, 32.0), (120.9, 32.1)]], water=(Water("w", "area", "濠河", shape),)
    )
    read = write(tmp_path, drawing)
    units = shapely.transform(shape, lambda xy: unit_square(xy) * (FINE_EXTENT << MAX_ZOOM))
    parts = [
        (shapely.clip_by_rect(found, *(np.array([x, y, x + 1, y + 1]) * FINE_EXTENT)), told)
        for (zoom, x, y), found, told in read.features("water")
        if zoom == MAX_ZOOM
    ]
    assert {told["name"] for _, told in parts} == {"濠河"}
    drawn = shapely.union_all([part for part, _ in parts])
    assert drawn.symmetric_difference(units).area < 1e-3 * units.area
    assert not drawn.contains(units.centroid)


def test_water_that_is_no_more_than_a_dot_stays_out_until_it_can_be_seen(tmp_path: Path) -> None:
    pond = Water("p", "area", "", lake(120.8, 32.0, 0.0007))
    read = write(tmp_path, drawing_of([[(120.8, 32.0), (120.9, 32.1)]], water=(pond,)))
    zooms = {zoom for (zoom, _, _), _, _ in read.features("water")}
    assert zooms == {11, 12}


def test_river_and_coast_are_lines_and_other_waters_stay_out(tmp_path: Path) -> None:
    line = shapely.LineString([(120.8, 32.0), (120.9, 32.05)])
    waters = tuple(Water(kind, kind, "", line) for kind in ("river", "coastline", "ditch"))
    read = write(tmp_path, drawing_of([[(120.8, 32.0), (120.9, 32.1)]], water=waters))
    assert {told["kind"] for _, _, told in read.features("water")} == {"river", "coastline"}


def test_file_says_where_it_is_and_whose_it_is(tmp_path: Path) -> None:
    owed = "© OpenStreetMap contributors"
    read = write(tmp_path, drawing_of([[(120.5, 31.5), (121.5, 32.5)]], attribution=owed))
    header = read.header
    corners = [header[name] for name in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")]
    assert corners == pytest.approx([1205000000, 315000000, 1215000000, 325000000], abs=2)
    assert read.metadata["attribution"] == owed
    assert [layer["id"] for layer in read.metadata["vector_layers"]] == ["water", "streets"]
    assert header["clustered"]


def test_nothing_to_draw_is_a_file_with_nothing_in_it(tmp_path: Path) -> None:
    read = write(tmp_path, drawing_of([]))
    assert list(read.tiles) == [(MIN_ZOOM, 0, 0)]
    assert read.features() == []


def test_street_at_the_pole_and_the_date_line_stays_in_the_world(tmp_path: Path) -> None:
    read = write(
        tmp_path, drawing_of([[(179.99, 89.0), (180.0, 89.9)], [(-180, -89), (-179, -88)]])
    )
    assert all(max(x, y) < 1 << zoom and min(x, y) >= 0 for zoom, x, y in read.tiles)


def test_stopped_drawing_leaves_what_was_there(tmp_path: Path) -> None:
    drawing = drawing_of([[(120.8, 32.0), (120.9, 32.1)]])
    write(tmp_path, drawing)
    before = (tmp_path / "x.pmtiles").read_bytes()
    told: list[float] = []

    class StopError(Exception):
        pass

    def stop(share: float, _text: str) -> None:
        told.append(share)
        if share > 0.5:
            raise StopError

    with pytest.raises(StopError):
        write_tiles(tmp_path / "x.pmtiles", drawing_of([[(1, 1), (2, 2)]]), report=stop)
    assert told == sorted(told)
    assert (tmp_path / "x.pmtiles").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["x.pmtiles"]


def test_folder_that_is_missing_says_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot write"):
        write_tiles(tmp_path / "none" / "x.pmtiles", drawing_of([[(1, 1), (2, 2)]]))


def test_tiles_are_numbered_as_the_format_wants(tmp_path: Path) -> None:
    read = write(tmp_path, drawing_of([[(120.8, 32.0), (121.9, 32.6)]], kinds=[1]))
    numbers = [zxy_to_tileid(*place) for place in read.tiles]
    assert numbers == sorted(numbers)


@pytest.mark.slow
def test_porto_alegre_is_drawn_where_it_is(shared_data: Path, tmp_path: Path) -> None:
    from geodata.vectors import read_streets

    extract = read_streets([shared_data / "osm" / "poa_osm.pbf"])
    lines = extract.lines
    drawing = Drawing(
        lines.lonlat_deg, lines.first, lines.class_code, lines.classes, lines.name_code,
        lines.names, extract.water, lines.attribution,
    )  # fmt: skip
    read = write(tmp_path, drawing)
    cut = np.zeros(len(lines), np.bool_)
    cut[:: len(lines) // 400] = True  # a sample: the oracle is slow
    total = {True: 0.0, False: 0.0}
    shown: dict[tuple[str, str], list[Any]] = defaultdict(list)
    for (zoom, x, y), shape, told in read.features():
        if zoom == MAX_ZOOM:
            core = shapely.clip_by_rect(shape, *(np.array([x, y, x + 1, y + 1]) * FINE_EXTENT))
            total[True] += core.length
            shown[told["kind"], told.get("name", "")].append(core)
    streets = in_units(drawing, MAX_ZOOM)
    total[False] = sum(street.length for street in streets)
    # Rounding to units lengthens and leaving points out shortens, both by less than a hundredth.
    assert total[True] == pytest.approx(total[False], rel=0.01)
    near = {word: shapely.union_all(shapes).buffer(3) for word, shapes in shown.items()}
    for i in np.flatnonzero(cut).tolist():
        level = level_of(lines.classes[lines.class_code[i]])
        word = (level, lines.names[lines.name_code[i]])
        assert near[word].covers(streets[i]) or streets[i].length < 3
