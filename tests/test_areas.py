"""Areas from files: boundaries and districts, in any datum and format."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.areas import Area, read_areas, to_geojson, unite
from geodata.datum import from_wgs84
from geodata.errors import InputError

SQUARE = [[120.8, 32.0], [120.9, 32.0], [120.9, 32.1], [120.8, 32.1], [120.8, 32.0]]


def write(path: Path, geometry: object) -> Path:
    feature = {"type": "Feature", "properties": {"name": "区"}, "geometry": geometry}
    path.write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}), "utf-8")
    return path


def test_areas_keep_their_shape_and_properties(tmp_path: Path) -> None:
    (area,) = read_areas(write(tmp_path / "a.json", {"type": "Polygon", "coordinates": [SQUARE]}))
    assert area.properties["name"] == "区"
    assert shapely.bounds(area.shape).tolist() == [120.8, 32.0, 120.9, 32.1]


def test_bare_geometry_and_byte_order_mark_are_read(tmp_path: Path) -> None:
    file = tmp_path / "a.geojson"
    text = json.dumps({"type": "Polygon", "coordinates": [SQUARE]})
    file.write_text(text, encoding="utf-8-sig")
    assert unite(read_areas(file)).area == pytest.approx(0.01)


def test_areas_in_gcj02_come_home(tmp_path: Path) -> None:
    moved = from_wgs84(SQUARE, "gcj02").tolist()
    file = write(tmp_path / "a.json", {"type": "Polygon", "coordinates": [moved]})
    (area,) = read_areas(file, datum="gcj02")
    np.testing.assert_allclose(shapely.get_coordinates(area.shape), SQUARE, atol=1e-8)


def test_areas_survive_writing_and_reading(tmp_path: Path) -> None:
    file = write(tmp_path / "a.json", {"type": "Polygon", "coordinates": [SQUARE]})
    areas = read_areas(file)
    again = tmp_path / "b.json"
    again.write_text(to_geojson(areas), encoding="utf-8")
    assert unite(read_areas(again)).equals(unite(areas))


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb"])
def test_areas_in_a_metric_crs_are_brought_to_degrees(ending: str, tmp_path: Path) -> None:
    import geopandas

    frame = geopandas.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Polygon(SQUARE)], crs=4326)
    file = tmp_path / f"a.{ending}"
    frame.to_crs("EPSG:4549").to_file(file)
    shape = unite(read_areas(file))
    assert shapely.hausdorff_distance(shape, shapely.Polygon(SQUARE)) < 1e-8


def test_bow_tie_is_repaired(tmp_path: Path) -> None:
    bow = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]
    file = write(tmp_path / "a.json", {"type": "Polygon", "coordinates": [bow]})
    shape = unite(read_areas(file))
    assert shape.is_valid
    assert shape.area == pytest.approx(0.005)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "cannot be read"),
        ("{", "not valid GeoJSON"),
        ('{"type": "FeatureCollection", "features": []}', "no area"),
        ('{"type": "Point", "coordinates": [1, 2]}', "no area"),
        ("[1, 2]", "cannot be read"),
        ('{"type": "FeatureCollection", "features": 7}', "not valid GeoJSON"),
        ('{"type": "Polygon", "coordinates": [[[1, 95], [2, 95], [2, 96], [1, 95]]]}', "latitude"),
    ],
)
def test_file_without_areas_is_told(tmp_path: Path, content: str, words: str) -> None:
    file = tmp_path / "a.json"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        read_areas(file)


def test_missing_file_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a file"):
        read_areas(tmp_path / "none.geojson")


def test_boundary_of_nantong_is_read(shared_data: Path) -> None:
    areas = read_areas(shared_data / "boundary" / "320600_full_datav_2021.json", datum="gcj02")
    assert len(areas) == 7
    assert {area.properties["adcode"] for area in areas} >= {320602, 320684}
    assert all(isinstance(area, Area) and area.shape.is_valid for area in areas)
