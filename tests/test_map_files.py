"""Files of maps: each says whose streets it shows, and whether it is invented."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas
import pytest

from locator.city import City, CityConfig
from locator.errors import InputError
from locator.map_files import SAMPLE, label_map, write_map
from tests.block_city import make_block_city
from tests.grids import lonlat

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def city(tmp_path: Path) -> City:
    return make_block_city(tmp_path / "city", [(0.0, 0.0), (600.0, 600.0)], sample=True)


def test_a_map_of_an_invented_city_is_labelled(city: City, tmp_path: Path) -> None:
    path = tmp_path / "m.geojson"
    write_map(path, {"type": "FeatureCollection", "features": []}, city.current())
    document = json.loads(path.read_text("utf-8"))
    assert (document["sample"], document["label"]) == (True, SAMPLE)
    assert document["features"] == []


def test_a_map_of_a_real_city_has_no_label_and_owes_no_more_than_it_does(tmp_path: Path) -> None:
    view = make_block_city(tmp_path / "real", [(0.0, 0.0)]).current()
    labelled = label_map({"type": "FeatureCollection"}, view)
    assert labelled["sample"] is False
    assert "label" not in labelled
    assert ("attribution" in labelled) == bool(view.attribution)


def test_streets_of_openstreetmap_are_attributed(tmp_path: Path) -> None:
    nodes = [(i, *lonlat(100.0 * i, 0.0)) for i in (1, 2, 3)]
    spots = "".join(f'<node id="{i}" lon="{lon!r}" lat="{lat!r}"/>' for i, lon, lat in nodes)
    way = '<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="service"/></way>'
    file = tmp_path / "s.osm"
    file.write_text(f'<osm version="0.6">{spots}{way}</osm>', encoding="utf-8")
    city = City.create(tmp_path / "osm", CityConfig(name="城", crs="EPSG:4549"))
    city.import_streets([file])
    assert "OpenStreetMap" in label_map({}, city.current())["attribution"]


def test_other_endings_are_refused(city: City, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"\.geojson"):
        write_map(tmp_path / "m.kml", {}, city.current())


@pytest.mark.parametrize(
    "asked",
    [
        ("coverage", "--within", "150", "--gaps"),
        ("compare", "--within", "150", "--then-within", "250", "--changes"),
        ("rest", "-o"),
        ("area", "--within", "150", "-o"),
        ("health", "-o"),
    ],
)
def test_every_command_that_writes_a_map_labels_it_and_says_so(
    city: City, tmp_path: Path, run: Callable[..., Any], asked: tuple[str, ...]
) -> None:
    path = tmp_path / "out.geojson"
    told = run(*asked, path, "--city", city.workspace.path)
    assert told.code == 0, told.err
    assert f"已写入 written: {path}" in told.out
    document = json.loads(path.read_text("utf-8"))
    assert (document["type"], document["sample"]) == ("FeatureCollection", True)
    assert document["label"] == SAMPLE
    asked_again = run(*asked, path, "--city", city.workspace.path, "--json")
    assert asked_again.json["written"] == str(path)


@pytest.mark.parametrize("ending", ["gpkg", "shp", "fgb"])
def test_gaps_of_other_formats_are_labelled_row_by_row(
    city: City, tmp_path: Path, run: Callable[..., Any], ending: str
) -> None:
    path = tmp_path / f"gaps.{ending}"
    done = run("coverage", "--within", "150", "--gaps", path, "--city", city.workspace.path)
    assert done.code == 0, done.err
    frame = geopandas.read_file(path)
    assert set(frame["label"]) == {SAMPLE}
    assert {"source", "district", "lon", "lat"} <= set(frame.columns)


def test_exports_of_invented_stations_say_so(
    city: City, tmp_path: Path, run: Callable[..., Any]
) -> None:
    lon, lat = lonlat(100.0, 0.0)
    file = tmp_path / "in.csv"
    file.write_text(f"名称,经度,纬度,示例数据\n虚构站,{lon!r},{lat!r},是\n", "utf-8")
    run("stations", "import", file, "--kind", "rest_station", "--city", city.workspace.path)
    path = tmp_path / "stations.geojson"
    assert run("stations", "export", path, "--city", city.workspace.path).code == 0
    notes = json.loads(path.read_text("utf-8"))["notes"]
    assert any("SAMPLE" in note for note in notes)
