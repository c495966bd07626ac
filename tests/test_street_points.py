"""Points on streets where a station could stand."""

from __future__ import annotations

import numpy as np
import pytest

from locator.siting.candidates import ENOUGH_POINTS, default_points, street_points
from tests.oracles import random_town
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


def test_default_points_of_many_streets_are_thinned_to_a_grid_and_the_same_each_time() -> None:
    town = random_town(np.random.default_rng(1))
    network = make_network(town)
    every = street_points(network, spacing_m=25.0)
    assert len(default_points(network, 100.0)) == len(every) < ENOUGH_POINTS
    few = default_points(network, 100.0, enough=len(every) // 2)
    assert 0 < len(few) < len(every)
    again = default_points(network, 100.0, enough=len(every) // 2)
    assert again.offset_m.tolist() == few.offset_m.tolist()
    assert set(few.street.tolist()) <= set(every.street.tolist())
