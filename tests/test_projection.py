"""Projections: check values, true lengths, laws of the round trip, and what is refused."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import InputError
from geodata.projection import Projection, pick_projection, reproject

NANTONG_DEG = (120.86, 32.01)
china_lon = st.floats(73.0, 136.0)
china_lat = st.floats(3.0, 54.0)


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
