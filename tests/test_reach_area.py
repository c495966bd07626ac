"""Areas for display: within the limit, off the water, and never over a street that is missed."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import shapely

from locator.errors import InputError
from locator.pieces import cut_streets, locate_on_streets
from locator.reach import Reach, build_reach
from locator.reach_area import ReachArea, draw_area, read_water
from tests.oracles import FORWARD, Town, random_town
from tests.test_reach import reach_of
from tests.towns import cross, make_network, place

CORNER = np.array([500_000.0, 3_500_000.0])


def at(x: float, y: float) -> list[float]:
    """A point so far east and north of the corner."""
    return [500_000.0 + x, 3_500_000.0 + y]


def made(seed: int) -> Town:
    town = random_town(np.random.default_rng(seed))
    town.stations = town.stations or [(0, 0.0, 0.0)]
    return town


def river() -> Town:
    """Two banks 40 m apart, each with a street of 1 km; one bridge at the eastern end.

    The water is 30 m wide. Streets: 0 south bank, 1 the bridge, 2 north bank.
    """
    nodes = np.array([at(0.0, 0.0), at(1000.0, 0.0), at(1000.0, 40.0), at(0.0, 40.0)])
    return Town(
        nodes, [(0, 1), (1, 2), (2, 3)], [nodes[[0, 1]], nodes[[1, 2]], nodes[[2, 3]]], [3, 3, 3]
    )


WATER = shapely.box(*at(-500.0, 5.0), *at(1500.0, 35.0))


def missed_middles(reach: Reach, limit: float) -> shapely.Geometry:
    cover = reach.at(limit)
    rows = np.flatnonzero(cover.piece_state != 0)
    middle = 0.5 * (cover.piece_from_m[rows] + cover.piece_to_m[rows])
    return shapely.points(
        locate_on_streets(reach.network.streets, cover.piece_street[rows], middle)
    )


def test_area_of_one_straight_reach_is_known_on_paper() -> None:
    town = cross()
    town.travel = [3, 0, 0, 0]
    town.stations = [(0, 0.0, 0.0)]
    area = draw_area(reach_of(town), 80.0, width_m=20.0)
    # 60 m of street with 20 m to spare, widened by a polygon of 16 corners inside the circle; at
    # its end the ground within 20 m of the next metre is left out, by a polygon around the circle.
    inner = 16 / 2 * 20.0**2 * np.sin(2 * np.pi / 16)
    outer = inner / np.cos(np.pi / 16) ** 2
    assert 60.0 * 40.0 - (outer - inner) / 2 - 1e-6 <= area.shape.area <= 60.0 * 40.0
    west, south, east, north = area.shape.bounds
    assert (west, south, north) == pytest.approx((CORNER[0] - 20, CORNER[1] - 20, CORNER[1] + 20))
    assert east <= CORNER[0] + 60.0
    assert not shapely.intersects_xy(area.shape, *at(41.0, 0.0))


def test_isochrone_stays_on_its_bank_where_the_bridge_is_far() -> None:
    """Named after ORS#382 and Valhalla#3212: a river with one bridge."""
    town = river()
    town.stations = [(0, 100.0, 0.0)]
    reach = reach_of(town)
    near = draw_area(reach, 500.0, width_m=60.0, water=WATER)
    north_bank = shapely.LineString([at(0.0, 40.0), at(1000.0, 40.0)])
    assert near.shape.intersection(WATER).area == 0.0
    assert not near.shape.intersects(north_bank)
    # Over the bridge the other bank is reached, and the water still is not ground.
    far = draw_area(reach, 2000.0, width_m=60.0, water=WATER)
    assert far.shape.covers(north_bank)
    assert far.shape.intersection(WATER).area == pytest.approx(0.0, abs=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_no_missed_street_lies_inside(seed: int) -> None:
    """C15: no uncovered edge midpoint inside, nor any other point of an uncovered street."""
    reach = reach_of(made(seed))
    for limit in (60.0, 200.0, 500.0):
        area = draw_area(reach, limit).shape
        assert not shapely.intersects(area, missed_middles(reach, limit)).any()
        cover = reach.at(limit)
        rows = np.flatnonzero(cover.piece_state != 0)
        xy, first = cut_streets(reach.network.streets, *cover.pieces(rows))
        lines = shapely.linestrings(xy, indices=np.repeat(np.arange(len(rows)), np.diff(first)))
        assert shapely.length(shapely.intersection(area, lines)).sum() <= 1e-5


@pytest.mark.parametrize("seed", range(20))
def test_larger_limit_holds_the_smaller_one(seed: int) -> None:
    """Named after ORS#468 and #1062."""
    reach = reach_of(made(seed))
    areas = [draw_area(reach, limit).shape for limit in (50.0, 120.0, 121.0, 400.0, 2000.0)]
    for small, large in pairwise(areas):
        assert small.difference(large).area <= 1e-6 * max(small.area, 1.0)
        assert small.area <= large.area * (1 + 1e-9)


@pytest.mark.parametrize("seed", range(12))
def test_no_point_of_the_area_is_beyond_the_limit(seed: int) -> None:
    """From any point to the street that a person there is taken to, and on along it."""
    reach = reach_of(made(seed))
    for limit in (90.0, 180.0, 600.0):
        area = draw_area(reach, limit).shape
        if area.is_empty:
            continue
        rng = np.random.default_rng(seed)
        west, south, east, north = area.bounds
        points = rng.uniform((west, south), (east, north), (4000, 2))
        # on the very edge two streets are equally near: a millimetre inside they are not
        points = np.vstack((points, shapely.get_coordinates(shapely.buffer(area, -2e-3))))
        core = shapely.buffer(area, -1e-3)
        points = points[shapely.intersects_xy(core, points[:, 0], points[:, 1])]
        snapped = reach.network.snap(points, limit_m=250.0)
        assert (snapped.street >= 0).all()
        along = reach.distance_at(snapped.street, snapped.offset_m)
        assert (snapped.snap_m + along <= limit + 1e-6).all()


def test_limit_used_up_by_the_width_draws_nothing() -> None:
    town = cross()
    town.stations = [(0, 0.0, 10.0)]
    assert draw_area(reach_of(town), 30.0, width_m=25.0).shape.is_empty
    assert draw_area(reach_of(cross()), 500.0).shape.is_empty


def test_behind_a_one_way_station_nothing_is_drawn() -> None:
    town = cross()
    town.travel = [FORWARD, 0, 0, 0]
    town.stations = [(0, 50.0, 0.0)]
    area = draw_area(reach_of(town), 100.0, width_m=10.0).shape
    assert area.bounds[2] <= CORNER[0] + 60.0
    assert not shapely.intersects_xy(area, *at(58.0, 0.0))


def test_areas_in_a_buffer_outside_the_city_are_not_drawn() -> None:
    town = cross()
    town.stations = [(0, 0.0, 0.0)]
    spans = [[(0.0, 100.0)], [], [], []]
    network = make_network(town, spans)
    reach = build_reach(network, place(network, town.stations))
    area = draw_area(reach, 500.0, width_m=10.0)
    assert area.shape.bounds[0] == pytest.approx(CORNER[0] - 10.0)


@pytest.mark.parametrize("width_m", [0.0, -1.0, float("nan")])
def test_width_of_nothing_is_refused(width_m: float) -> None:
    with pytest.raises(InputError, match="more than 0"):
        draw_area(reach_of(cross()), 100.0, width_m=width_m)


def test_feature_states_its_width() -> None:
    area = ReachArea(shapely.MultiPolygon([shapely.box(0, 0, 1, 1)]), 500.0, 25.0)
    feature = area.to_geojson(lambda xy: xy + 100.0)
    assert feature["properties"] == {"limit_m": 500.0, "width_m": 25.0}
    assert feature["geometry"]["coordinates"][0][0][0] == [101.0, 100.0]


def test_water_is_read_with_lines_ten_metres_wide(tmp_path: Path) -> None:
    path = tmp_path / "water.geojson"
    shapes = [shapely.box(0, 0, 10, 10), shapely.LineString([[100, 0], [200, 0]])]
    rows = [
        {"type": "Feature", "properties": {}, "geometry": json.loads(shapely.to_geojson(shape))}
        for shape in shapes
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": rows}), encoding="utf-8")
    water = read_water(path, lambda xy: xy)
    assert water.area == pytest.approx(100.0 + 1000.0 + np.pi * 25.0, rel=0.01)
    assert read_water(tmp_path / "nothing", lambda xy: xy).is_empty
