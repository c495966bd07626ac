"""Datums: published pairs, known offsets, laws of the round trip, bad input."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from geodata.datum import (
    CHINA_BOUNDS_DEG,
    DATUMS,
    from_wgs84,
    in_china,
    parse_datum,
    to_wgs84,
)
from geodata.errors import InputError
from geodata.projection import pick_projection

if TYPE_CHECKING:
    from pathlib import Path

NANTONG_DEG = (120.86, 32.01)
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
    assume(not in_china(point))
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
