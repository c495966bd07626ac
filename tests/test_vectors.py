"""GIS files of every format, written here and real; and mixtures of street files."""

from __future__ import annotations

import json
import shutil
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pytest
import shapely

from geodata.errors import DataError, InputError
from geodata.extract import OSM_ATTRIBUTION
from geodata.lines import BIKE, BIKE_FORWARD, FOOT, MOTOR, MOTOR_FORWARD
from geodata.vectors import read_lines, read_streets

ALL = FOOT | BIKE | MOTOR
FORMATS = {"gpkg": "GPKG", "shp": "ESRI Shapefile", "geojson": "GeoJSON", "fgb": "FlatGeobuf"}
LINES = ["LINESTRING (120 32, 120.001 32)", "LINESTRING (120.001 32, 120.001 32.001, 120.002 32)"]


def write(path: Path, wkt: list[str], crs: str | None = "EPSG:4326", **settings: Any) -> Path:
    """Write a layer with columns; `columns`, `encoding`, `layer` are settings."""
    columns: dict[str, list[Any]] = settings.pop("columns", {})
    shapes = shapely.from_wkt(np.array(wkt, object))
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        _write_raw(path, shapes, columns, crs, settings)
    return path


def _write_raw(
    path: Path,
    shapes: Any,
    columns: dict[str, list[Any]],
    crs: str | None,
    settings: dict[str, Any],
) -> None:
    pyogrio.raw.write(
        path,
        shapely.to_wkb(shapes),
        [np.array(column, object) for column in columns.values()],
        list(columns),
        geometry_type=settings.pop("geometry_type", shapes[0].geom_type),
        crs=crs,
        driver=FORMATS[path.suffix[1:]],
        **settings,
    )


@pytest.mark.parametrize("suffix", FORMATS)
def test_any_format_gives_the_same_lines(tmp_path: Path, suffix: str) -> None:
    columns = {
        "Highway": ["primary", "steps"],
        "NAME": ["人民路", None],
        "oneway": ["yes", None],
        "other": ["x", "y"],
    }
    lines = read_lines(write(tmp_path / f"city.{suffix}", LINES, columns=columns))
    order = np.argsort([lines.classes[code] for code in lines.class_code])  # fgb sorts its rows
    assert lines.access[order].tolist() == [FOOT | BIKE_FORWARD | MOTOR_FORWARD, FOOT]
    assert [lines.names[code] for code in lines.name_code[order]] == ["人民路", ""]
    assert [lines.classes[code] for code in lines.class_code[order]] == ["primary", "steps"]
    assert len(set(lines.vertex.tolist())) == 4
    assert lines.attribution == ""


@pytest.mark.parametrize("suffix", FORMATS)
def test_file_cut_in_half_is_refused_or_whole(tmp_path: Path, suffix: str) -> None:
    many = [f"LINESTRING (120.{i:05d} 32, 120.{i + 1:05d} 32)" for i in range(3000)]
    path = write(tmp_path / f"city.{suffix}", many)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises((DataError, InputError), match="city") as caught:
        read_lines(path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("encoding", "claim"),
    [
        ("UTF-8", "UTF-8"),
        ("UTF-8", None),
        ("UTF-8", "ISO-8859-1"),
        ("GB18030", "GBK"),
        ("GB18030", None),
        ("GB18030", "UTF-8"),
    ],
)
def test_names_of_a_shapefile_in_any_encoding_are_read(
    tmp_path: Path, encoding: str, claim: str | None
) -> None:
    columns = {"name": ["人民路", "江海大道"]}
    path = write(tmp_path / "city.shp", LINES, columns=columns, encoding=encoding)
    label = path.with_suffix(".cpg")
    label.unlink()
    if claim:
        label.write_text(claim)
    assert set(read_lines(path).names) == {"", "人民路", "江海大道"}


def test_latin_names_without_a_label_are_read(tmp_path: Path) -> None:
    columns = {"name": ["São João", "Avenida"]}
    path = write(tmp_path / "city.shp", LINES, columns=columns, encoding="ISO-8859-1")
    path.with_suffix(".cpg").write_text("ISO-8859-1")
    assert "São João" in read_lines(path).names


def test_zipped_shapefile_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "shp"
    folder.mkdir()
    write(folder / "city.shp", LINES, columns={"name": ["人民路", "x"]}, encoding="GB18030")
    (folder / "city.cpg").unlink()
    archive = shutil.make_archive(str(tmp_path / "city"), "zip", folder)
    assert "人民路" in read_lines(archive).names


def test_shapefile_without_prj_is_degrees_or_refused(tmp_path: Path) -> None:
    assert len(read_lines(write(tmp_path / "city.shp", LINES, crs=None))) == 2
    metres = ["LINESTRING (500000 3542000, 500100 3542000)"]
    with pytest.raises(InputError, match=r"metres\.shp.*no CRS"):
        read_lines(write(tmp_path / "metres.shp", metres, crs=None))


def test_cut_column_names_of_a_shapefile_are_known(tmp_path: Path) -> None:
    columns = {"oneway": ["yes", "yes"], "oneway_bic": ["no", None], "motor_vehi": [None, "no"]}
    lines = read_lines(write(tmp_path / "city.shp", LINES, columns=columns))
    assert lines.access.tolist() == [FOOT | BIKE | MOTOR_FORWARD, FOOT | BIKE_FORWARD]


def test_projected_file_and_vendor_datum_are_brought_to_wgs84(tmp_path: Path) -> None:
    metres = ["LINESTRING (500000 3542000, 500100 3542000)"]
    lines = read_lines(write(tmp_path / "city.gpkg", metres, crs="EPSG:4549"))
    assert lines.lonlat_deg.round(2).tolist() == [[120, 32], [120, 32]]
    shifted = read_lines(write(tmp_path / "gcj.gpkg", LINES), datum="gcj02")
    assert 0.001 < np.abs(shifted.lonlat_deg[0] - [120, 32]).max() < 0.01


def test_layer_of_several_is_the_lines_with_highway(tmp_path: Path) -> None:
    path = write(tmp_path / "city.gpkg", ["POINT (1 1)"], layer="nodes")
    write(path, ["LINESTRING (1 1, 2 2)"], layer="railways", append=True)
    assert len(read_lines(path)) == 1
    write(path, LINES, layer="edges", columns={"highway": ["path", "path"]}, append=True)
    assert len(read_lines(path)) == 2
    write(path, LINES, layer="rivers", columns={"highway": ["a", "b"]}, append=True)
    with pytest.raises(InputError, match="several layers of lines"):
        read_lines(path)


def test_geojson_lists_booleans_and_stray_rows(tmp_path: Path) -> None:
    line = {"type": "LineString", "coordinates": [[1, 2], [3, 4, 7]]}
    rows = [
        (line, {"highway": ["residential", "steps"], "oneway": True, "osmid": 1}),
        (None, {"highway": ["path"], "oneway": None, "osmid": 2}),
        ({"type": "Point", "coordinates": [1, 2]}, {"oneway": False}),
    ]
    features = [{"type": "Feature", "geometry": g, "properties": p} for g, p in rows]
    path = tmp_path / "city.json"
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    lines = read_lines(path)
    assert lines.access.tolist() == [FOOT]
    assert lines.lonlat_deg.tolist() == [[1, 2], [3, 4]]
    assert lines.attribution == OSM_ATTRIBUTION
    assert "2 rows" in lines.warnings[0]


@pytest.mark.parametrize(
    ("name", "content", "error"),
    [
        ("city.geojson", b'{"type":"FeatureCollection","features":[{"type":', DataError),
        ("city.gpkg", b"SQLite format 3\x00" + bytes(100), DataError),
        ("city.fgb", b"fgb\x03fgb\x00" + bytes(9), (DataError, InputError)),
        ("city.txt", b"hello", InputError),
        ("city.csv", b"a,b\n1,2\n", InputError),
        ("city.shp", b"", InputError),
        ("city.geojson", b'{"type":"FeatureCollection","features":[]}', InputError),
    ],
    ids=["json", "gpkg", "fgb", "text", "csv", "empty", "no rows"],
)
def test_file_without_streets_is_one_clear_line(
    tmp_path: Path, name: str, content: bytes, error: Any
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(error, match="city") as caught:
        read_lines(path)
    assert "\n" not in str(caught.value)


def test_shapefile_without_its_index_or_in_points_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "city.shp", LINES)
    path.with_suffix(".shx").unlink()
    with pytest.raises(DataError, match="shx"):
        read_lines(path)
    with pytest.raises(InputError, match="holds no lines"):
        read_lines(write(tmp_path / "points.shp", ["POINT (1 1)"]))


# -- files together -----------------------------------------------------------------------------


def osm(path: Path, *refs: int) -> Path:
    nodes = "".join(f'<node id="{i}" lon="{120 + i / 1000}" lat="32"/>' for i in refs)
    ways = "".join(f'<nd ref="{i}"/>' for i in refs)
    toilets = '<node id="99" lon="120" lat="32"><tag k="amenity" v="toilets"/></node>'
    street = f'<way id="1">{ways}<tag k="highway" v="path"/></way>'
    path.write_text(f'<osm version="0.6">{nodes}{toilets}{street}</osm>')
    return path


def test_no_file_is_refused() -> None:
    with pytest.raises(InputError, match="no street file"):
        read_streets([])


def test_overlapping_osm_files_share_nodes_and_places(tmp_path: Path) -> None:
    extract = read_streets([osm(tmp_path / "a.osm", 1, 2, 3), osm(tmp_path / "b.osm", 2, 3, 4)])
    assert extract.lines.vertex.tolist() == [1, 2, 3, 2, 3, 4]
    assert [poi.id for poi in extract.pois] == ["node/99"]
    assert extract.lines.attribution == OSM_ATTRIBUTION


def test_gis_lines_join_osm_streets_where_they_touch(tmp_path: Path) -> None:
    gis = write(tmp_path / "own.gpkg", ["LINESTRING (120.003 32, 120.003 32.01)"])
    extract = read_streets([gis, osm(tmp_path / "a.osm", 1, 2, 3)])
    assert extract.lines.vertex[0] == 3
    assert extract.lines.vertex[1] < 0
    assert extract.lines.access.tolist() == [ALL, FOOT | BIKE]


# -- real files ---------------------------------------------------------------------------------


def test_jinan_lines_without_twin_are_one_way(shared_data: Path) -> None:
    lines = read_lines(shared_data / "osm" / "jinan" / "edges.shp")
    assert len(lines) == 28_597
    one_way = (lines.access & (BIKE | MOTOR)) != 0
    one_way &= ((lines.access & MOTOR) == MOTOR_FORWARD) & ((lines.access & BIKE) != BIKE)
    assert one_way.sum() == 28_597 - 20_981  # the twins that the data's notes count
    assert "7616 of 28597" in lines.warnings[0]
    walkable = (lines.access & FOOT) != 0
    assert set((lines.access & FOOT)[walkable].tolist()) == {FOOT}


def test_shenzhen_graph_is_read_with_names_and_directions(shared_data: Path) -> None:
    lines = read_lines(shared_data / "osm" / "transbigdata_G.graphml")
    assert 3_800 < len(lines) <= 4_009
    assert "泰然八路" in lines.names
    assert lines.attribution == OSM_ATTRIBUTION
    assert lines.warnings == ()
    assert ((lines.access & MOTOR) == MOTOR_FORWARD).sum() > 1_000


def test_real_osm_and_gis_files_are_read_by_one_call(shared_data: Path) -> None:
    osm_folder = shared_data / "osm"
    extract = read_streets(
        [osm_folder / "shanghai_small.osm", osm_folder / "transbigdata_G.graphml"]
    )
    assert len(extract.lines) > 4_000
    assert extract.lines.attribution == OSM_ATTRIBUTION
