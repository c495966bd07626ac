"""Streets in addresses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.vectors import read_streets
from locator.street_building import build_streets
from locator.street_names import StreetNames
from tests.grids import collection, lonlat

NAMES = ("人民路", "人民中路", "新人民路", "青年东路", "东街", "长巷", "Main Street", "桥")


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> StreetNames:
    """A ladder of streets 100 m apart, each named once, and 人民路 twice."""
    features = [
        {
            "type": "Feature",
            "properties": {"name": name, "highway": "residential"},
            "geometry": {
                "type": "LineString",
                "coordinates": [lonlat(0.0, 100.0 * i), lonlat(500.0, 100.0 * i)],
            },
        }
        for i, name in enumerate((*NAMES, "人民路"))
    ]
    path = tmp_path_factory.mktemp("names") / "streets.geojson"
    path.write_text(collection(features), encoding="utf-8")
    return StreetNames(build_streets(read_streets([Path(path)]).lines, crs="EPSG:4549"))


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("南通市崇川区人民中路68号", "人民中路"),
        ("人民路1号", "人民路"),
        ("新人民路1号", "新人民路"),  # the longest, not the one inside
        ("老人民路1号", ""),  # a street that the map lacks
        ("虹桥街道人民路与青年东路交叉口", "人民路, 青年东路"),
        ("崇川区人 民 路２号", "人民路"),
        ("人民路街道办事处", ""),  # a sub-district named after a street
        ("人民路小区3幢", ""),
        ("东街8号", ""),  # too short to tell from words
        ("1 main street, flat 2", "Main Street"),
        ("12 Main Streets", ""),
        ("", ""),
    ],
)
def test_find_of_an_address_gives_whole_names(
    names: StreetNames, address: str, expected: str
) -> None:
    assert names.text(names.find(address)) == expected


def test_shape_of_a_name_holds_all_its_streets(names: StreetNames) -> None:
    shape = names.shape(names.find("人民路1号"))
    assert shape.length == pytest.approx(1000, abs=0.1)
    both = names.shape(names.find("人民路与人民中路"))
    assert both.length == pytest.approx(1500, abs=0.1)
    assert shapely.get_num_geometries(both) == 3


def test_streets_without_names_name_nothing(names: StreetNames) -> None:
    assert len(names) == 5  # without 东街, 长巷 and 桥
    assert np.isfinite(shapely.bounds(names.shape(names.find("人民路")))).all()
