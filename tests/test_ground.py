"""The ground of a city folder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely

from geodata.areas import Area, read_areas
from locator.city import City
from locator.ground import make_ground, read_ground
from locator.sample import make_sample_city
from locator.sights import find_sights
from tests.grids import METRES


def test_ground_of_the_sample_is_what_its_folder_holds(tmp_path: Path) -> None:
    make_sample_city(tmp_path / "city", scale="town")
    view = City.open(tmp_path / "city").current()
    ground = read_ground(view)
    assert ground.snap_limit_m == view.config.station_snap_m
    assert ground.network is view.network("walk")
    drawn = read_areas(view.workspace.districts_path)
    assert set(ground.districts) == {str(area.properties["code"]) for area in drawn}
    waters = shapely.union_all([area.shape for area in read_areas(view.store.water_path)])
    points = np.random.default_rng(0).uniform(*ground.bounds_m, (2000, 2))
    wet = shapely.contains_xy(waters, *view.to_lonlat(points).T)
    assert np.count_nonzero((ground.water_at(points) >= 0) != wet) <= 1  # straight in two CRSs


def test_ground_without_waters_and_districts_is_land(tmp_path: Path) -> None:
    make_sample_city(tmp_path / "city", scale="town")
    view = City.open(tmp_path / "city").current()
    view.workspace.districts_path.unlink()
    view.store.water_path.write_text('{"type": "FeatureCollection", "features": []}')
    ground = read_ground(view)
    assert not ground.districts
    assert (ground.water_at(ground.bounds_m) == -1).all()
    assert ground.district_at(ground.bounds_m[0]) is None


def test_codes_of_today_stand_for_old_ones_and_areas_in_a_district() -> None:
    ground = make_ground(METRES)
    assert [ground.in_use(code) for code in ("320684", "320671", "320614", "999999")] == [
        "320614", "320613", "320614", "999999",
    ]  # fmt: skip
    assert make_ground(METRES, recode={"1": "2"}).in_use("1") == "2"


def test_seat_that_is_no_position_is_left_out() -> None:
    square = shapely.box(120.8, 32.0, 120.9, 32.1)
    for seat in ("middle", [1], ["a", "b"], None):
        ground = make_ground(METRES, districts=[Area(square, {"code": "1", "center": seat})])
        assert len(ground.districts["1"].middles_m) == 1


def test_ground_without_streets_sees_nothing_near() -> None:
    (streets,) = find_sights(np.zeros((2, 2)), make_ground(METRES), [], [], reach_m=1.0)
    assert streets.measure(np.zeros((3, 2, 2))).tolist() == [[200.0, 200.0]] * 3


def test_farther_classes_never_speak_better_for_a_place() -> None:
    (streets,) = find_sights(np.zeros((4, 2)), make_ground(METRES), [], [], reach_m=1.0)
    count = len(streets.expected)
    common = np.full(count, 1e-3)
    common[0] = 1 - 1e-3 * (count - 1)  # a city so dense that random places stand on streets
    ratio, expected = streets.weigh(common)
    assert (np.diff(ratio) <= 0).all()
    plain = np.log(0.15 + 0.85 * streets.expected / common)
    assert ratio[0] == pytest.approx(plain[0])
    assert expected <= 4 * float((0.15 * common + 0.85 * streets.expected) @ plain)
