"""Points on streets where a station could stand."""

from __future__ import annotations

import pytest

from locator.siting.candidates import street_points
from tests.towns import cross, make_network


def test_street_points_are_crossings_and_even_steps() -> None:
    points = street_points(make_network(cross()), spacing_m=40.0)
    assert points.street.tolist() == [0] * 4 + [1] * 3 + [2] * 3 + [3] * 3
    thirds = [100 / 3, 200 / 3, 100.0]
    assert points.offset_m.tolist() == pytest.approx([0.0, *thirds * 4])


def test_street_points_stay_in_the_city_and_on_usable_streets() -> None:
    town = cross()
    town.travel[3] = 0
    spans = [[(0.0, 30.0), (60.0, 100.0)], [(0.0, 100.0)], [], [(0.0, 100.0)]]
    points = street_points(make_network(town, spans), spacing_m=50.0)
    found = list(zip(points.street.tolist(), points.offset_m.tolist(), strict=True))
    assert found == [(0, 0.0), (0, 100.0), (1, 50.0), (1, 100.0)]
