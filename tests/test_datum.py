"""Datums and projections: published pairs, known offsets, laws of the round trip, bad input."""

from __future__ import annotations

import csv
import threading
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.datum import (
    CHINA_BOUNDS_DEG,
    DATUMS,
    Projection,
    from_wgs84,
    in_china,
    parse_datum,
    pick_projection,
    reproject,
    to_wgs84,
)
from geodata.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

NANTONG_DEG = (120.86, 32.01)
HALF_METRE_DEG = 4e-6
WEST, SOUTH, EAST, NORTH = CHINA_BOUNDS_DEG

# the land of China and its islands lie within this
china_lon = st.floats(73.0, 136.0)
china_lat = st.floats(3.0, 54.0)
shifted = st.sampled_from(["gcj02", "bd09"])


def read_cities(path: Path) -> dict[str, np.ndarray]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {
        datum: np.array([[float(row[f"{datum}_lon"]), float(row[f"{datum}_lat"])] for row in rows])
        for datum in ("wgs84", "gcj02", "bd09")
    }


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
def test_datum_published_cities_agree_both_ways(shared_data: Path, datum: str) -> None:
    cities = read_cities(shared_data / "coordinates" / "china_cities.csv")
    assert len(cities["wgs84"]) == 167
    np.testing.assert_allclose(from_wgs84(cities["wgs84"], datum), cities[datum], atol=1e-5)
    np.testing.assert_allclose(to_wgs84(cities[datum], datum), cities["wgs84"], atol=1e-5)


def test_datum_nantong_has_known_offsets() -> None:
    metric = pick_projection(*NANTONG_DEG)
    wgs, gcj, bd = (
        metric.to_xy(from_wgs84(NANTONG_DEG, datum)) for datum in ("wgs84", "gcj02", "bd09")
    )
    np.testing.assert_allclose(np.hypot(*(gcj - wgs)), 467, atol=1)
    np.testing.assert_allclose(np.hypot(*(bd - gcj)), 910, atol=1)
    np.testing.assert_allclose(np.hypot(*(bd - wgs)), 1102, atol=1)
    np.testing.assert_allclose(gcj - wgs, (402, -238), atol=5)


@given(china_lon, china_lat, shifted)
def test_datum_round_trip_over_china_is_exact(lon: float, lat: float, datum: str) -> None:
    point = np.array([[lon, lat]])
    there = from_wgs84(point, datum)
    assert np.abs(there - point).max() > 1e-4
    np.testing.assert_allclose(to_wgs84(there, datum), point, rtol=0, atol=1e-9)


@given(st.floats(-180, 180), st.floats(-90, 90), shifted)
def test_datum_outside_china_is_identity(lon: float, lat: float, datum: str) -> None:
    point = np.array([lon, lat])
    if in_china(point):
        assert in_china(point[None, :]).all()
    else:
        np.testing.assert_array_equal(from_wgs84(point, datum), point)
        np.testing.assert_array_equal(to_wgs84(point, datum), point)


@given(st.floats(WEST, EAST), st.floats(SOUTH, NORTH), shifted)
@settings(max_examples=300)
def test_datum_inverse_inside_the_rectangle_undoes_the_shift(
    lon: float, lat: float, datum: str
) -> None:
    given_point = np.array([lon, lat])
    place = to_wgs84(given_point, datum)
    if in_china(place):  # on the rim some positions are nobody's image
        np.testing.assert_allclose(from_wgs84(place, datum), given_point, rtol=0, atol=1e-9)
    assert np.abs(place - given_point).max() < 0.03


@pytest.mark.parametrize("datum", ["gcj02", "bd09"])
@pytest.mark.parametrize("edge", ["west", "south", "east", "north"])
def test_datum_inverse_near_the_rim_is_continuous_inside(datum: str, edge: str) -> None:
    steps = np.linspace(0, 0.05, 501)
    middle = np.full(501, 105.5 if edge in ("south", "north") else 35.5)
    line = {
        "west": (WEST + steps, middle),
        "east": (EAST - steps, middle),
        "south": (middle, SOUTH + steps),
        "north": (middle, NORTH - steps),
    }[edge]
    places = to_wgs84(np.column_stack(line), datum)
    assert np.abs(np.diff(places, axis=0)).max() < 2e-4


@pytest.mark.parametrize("datum", DATUMS)
def test_datum_many_points_equal_one_at_a_time(datum: str) -> None:
    points = np.random.default_rng(7).uniform((60, -10), (150, 60), (50, 2))
    together = to_wgs84(points, datum)
    np.testing.assert_allclose(
        together, [to_wgs84(point, datum) for point in points], rtol=0, atol=1e-11
    )
    np.testing.assert_array_equal(
        from_wgs84(np.asfortranarray(points), datum), from_wgs84(points, datum)
    )


def test_datum_input_array_is_left_alone() -> None:
    points = np.array([NANTONG_DEG])
    to_wgs84(points, "bd09")
    from_wgs84(points, "gcj02")
    assert tuple(points[0]) == NANTONG_DEG


def test_datum_no_points_gives_no_points() -> None:
    for datum in DATUMS:
        assert to_wgs84(np.empty((0, 2)), datum).shape == (0, 2)
        assert from_wgs84(np.empty((0, 2)), datum).shape == (0, 2)


def test_datum_cgcs2000_equals_wgs84() -> None:
    np.testing.assert_array_equal(to_wgs84(NANTONG_DEG, "cgcs2000"), NANTONG_DEG)


@pytest.mark.parametrize("text", ["GCJ-02", "gcj_02", " Gcj02 "])
def test_parse_datum_other_spelling_is_understood(text: str) -> None:
    assert parse_datum(text) == "gcj02"


def test_datum_unknown_name_lists_the_known() -> None:
    with pytest.raises(InputError, match=r"'mars'.*wgs84, gcj02, bd09, cgcs2000"):
        to_wgs84(NANTONG_DEG, "mars")


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ((np.nan, 32.0), "finite"),
        ((120.0, np.inf), "finite"),
        ((32.01, 120.86), "swapped"),
        ((190.0, 32.0), "longitude"),
        ((1.0, 2.0, 3.0), "shape"),
        (5.0, "shape"),
        (("a", "b"), "not numbers"),
    ],
)
def test_datum_bad_coordinates_are_refused(points: object, message: str) -> None:
    with pytest.raises(InputError, match=message):
        to_wgs84(points, "wgs84")  # type: ignore[arg-type]
    with pytest.raises(InputError, match=message):
        from_wgs84(points, "gcj02")  # type: ignore[arg-type]


def test_pick_projection_nantong_has_check_values() -> None:
    metric = pick_projection(*NANTONG_DEG)
    assert metric.crs == "EPSG:4549"
    xy = metric.to_xy([NANTONG_DEG, (121.66, 31.81)])
    np.testing.assert_allclose(
        xy, [(581_256.6, 3_543_284.6), (657_191.1, 3_521_984.7)], rtol=0, atol=0.06
    )


@pytest.mark.parametrize(
    ("lon", "epsg"),
    [(75.0, 4534), (72.1, 4534), (113.6, 4547), (118.6, 4549), (121.4, 4549), (121.6, 4550)],
)
def test_pick_projection_in_china_takes_nearest_meridian(lon: float, epsg: int) -> None:
    assert pick_projection(lon, 35.0).crs == f"EPSG:{epsg}"


def test_pick_projection_far_east_stays_in_series() -> None:
    assert pick_projection(137.8, 45.0).crs == "EPSG:4554"


def test_pick_projection_elsewhere_is_true_at_the_point() -> None:
    metric = pick_projection(-51.22, -30.03)
    np.testing.assert_allclose(metric.to_xy([-51.22, -30.03]), (0, 0), atol=1e-6)
    assert Projection.from_crs(metric.crs, near_deg=(-51.22, -30.03)).to_xy(
        [-51.2, -30.0]
    ) == pytest.approx(metric.to_xy([-51.2, -30.0]))


offsets = st.tuples(st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))


@given(st.floats(-179, 179), st.floats(-80, 80), offsets)
def test_projection_round_trip_near_the_city_is_exact(
    lon: float, lat: float, offset: tuple[float, float]
) -> None:
    metric = pick_projection(lon, lat)
    point = np.array([lon + offset[0], lat + offset[1]])
    np.testing.assert_allclose(metric.to_lonlat(metric.to_xy(point)), point, rtol=0, atol=1e-8)


def test_projection_lengths_at_the_city_are_true() -> None:
    metric = pick_projection(2.35, 48.86)
    west, east = metric.to_xy([(2.34, 48.86), (2.36, 48.86)])
    # 0.02 degrees of the parallel on WGS-84: N cos(lat) * radians
    normal_m = 6_378_137 / np.sqrt(1 - 0.00669437999014 * np.sin(np.radians(48.86)) ** 2)
    arc_m = normal_m * np.cos(np.radians(48.86)) * np.radians(0.02)
    assert np.hypot(*(east - west)) == pytest.approx(arc_m, rel=1e-6)


def test_projection_used_by_threads_agrees() -> None:
    metric = pick_projection(*NANTONG_DEG)
    points = np.random.default_rng(1).uniform((120, 31), (122, 33), (2000, 2))
    expected, results = metric.to_xy(points), []
    threads = [
        threading.Thread(target=lambda: results.append(metric.to_xy(points))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    for result in results:
        np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("EPSG:4326", "not projected"),
        ("EPSG:4490", "not projected"),
        ("EPSG:2263", "foot"),  # New York, US survey feet
        ("EPSG:2053", "axes"),  # Hartebeesthoek: west and south
        ("EPSG:999999", "unknown CRS"),
        ("nonsense", "unknown CRS"),
        ("", "unknown CRS"),
    ],
)
def test_from_crs_unfit_text_is_refused(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        Projection.from_crs(text)


def test_from_crs_bare_number_is_epsg() -> None:
    assert Projection.from_crs("4549").crs == "EPSG:4549"


def test_from_crs_web_mercator_at_nantong_is_off_scale() -> None:
    with pytest.raises(InputError, match="off scale"):
        Projection.from_crs("EPSG:3857", near_deg=NANTONG_DEG)
    assert Projection.from_crs("EPSG:4528", near_deg=NANTONG_DEG).crs == "EPSG:4528"


def test_reproject_metric_file_gives_wgs84() -> None:
    lonlat = reproject([(581_256.62793563, 3_543_284.56589251)], "EPSG:4549")
    np.testing.assert_allclose(lonlat, [NANTONG_DEG], atol=1e-8)


@pytest.mark.parametrize("crs", ["EPSG:4326", "OGC:CRS84", "EPSG:4490", "4326"])
def test_reproject_degrees_file_stays(crs: str) -> None:
    np.testing.assert_allclose(reproject([NANTONG_DEG], crs), [NANTONG_DEG], atol=1e-9)


def test_reproject_points_outside_the_crs_are_refused() -> None:
    with pytest.raises(InputError, match="do not fit"):
        reproject([(1e30, 1e30)], "EPSG:4549")
