"""The first planner: candidates on streets, greedy sites, and what they are worth."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from locator.coverage import measure_coverage
from locator.siting.candidates import Candidates, street_points
from locator.siting.cover import cover_greedily
from tests.oracles import Town, random_town
from tests.towns import cross, make_network, place


def worth(town: Town, sites: list[tuple[int, float]], limit: float) -> float:
    """Newly covered metres, by measuring twice."""
    network = make_network(town)
    before = measure_coverage(network, place(network, town.stations), limit, depths=False)
    built = [*town.stations, *((e, x, 0.0) for e, x in sites)]
    after = measure_coverage(network, place(network, built), limit, depths=False)
    return after.covered_m - before.covered_m


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


@pytest.mark.parametrize("seed", range(15))
@pytest.mark.parametrize("limit", [60.0, 250.0])
def test_gain_of_each_candidate_equals_measuring_twice(seed: int, limit: float) -> None:
    town = random_town(np.random.default_rng(seed))
    network = make_network(town)
    points = street_points(network, spacing_m=150.0)
    for i in range(0, len(points), max(len(points) // 6, 1)):
        one = Candidates(points.street[i : i + 1], points.offset_m[i : i + 1])
        chosen = cover_greedily(network, place(network, town.stations), one, limit, new=1)
        site = (int(one.street[0]), float(one.offset_m[0]))
        expected = worth(town, [site], limit)
        assert chosen.gain_m.sum() == pytest.approx(expected, abs=2e-3)


@pytest.mark.parametrize("seed", range(8))
def test_greedy_gains_fall_and_add_up_to_what_is_measured(seed: int) -> None:
    town = random_town(np.random.default_rng(seed))
    network = make_network(town)
    points = street_points(network, spacing_m=100.0)
    chosen = cover_greedily(network, place(network, town.stations), points, 120.0, new=4)
    gains = chosen.gain_m.tolist()
    assert gains == sorted(gains, reverse=True)
    sites = list(zip(chosen.street.tolist(), chosen.offset_m.tolist(), strict=True))
    assert sum(gains) == pytest.approx(worth(town, sites, 120.0), abs=1e-3)


@pytest.mark.parametrize("seed", range(6))
def test_greedy_first_site_is_the_best_and_two_are_near_the_best_pair(seed: int) -> None:
    town = random_town(np.random.default_rng(seed))
    town.stations = []
    network = make_network(town)
    points = street_points(network, spacing_m=300.0)
    places = list(zip(points.street.tolist(), points.offset_m.tolist(), strict=True))[:14]
    some = Candidates(points.street[:14], points.offset_m[:14])
    chosen = cover_greedily(network, place(network, []), some, 100.0, new=2)
    best = max(worth(town, [site], 100.0) for site in places)
    assert chosen.gain_m[0] == pytest.approx(best, abs=1e-3)
    pair = max(worth(town, list(two), 100.0) for two in combinations(places, 2))
    assert chosen.gain_m.sum() >= (1 - 1 / np.e) * pair - 1e-3


def test_greedy_stops_when_nothing_is_left_to_gain() -> None:
    network = make_network(cross())
    points = street_points(network, spacing_m=50.0)
    chosen = cover_greedily(network, place(network, []), points, 100.0, new=10)
    assert len(chosen.street) == 1
    assert chosen.gain_m.tolist() == [400.0]


def test_greedy_equal_gains_go_to_the_lower_candidate() -> None:
    network = make_network(cross())
    points = street_points(network, spacing_m=100.0)
    chosen = cover_greedily(network, place(network, [(0, 0.0, 0.0)]), points, 50.0, new=4)
    assert chosen.street.tolist() == [0, 1, 2, 3]
    assert chosen.gain_m.tolist() == [50.0] * 4


def test_greedy_reports_progress() -> None:
    network = make_network(cross())
    heard: list[float] = []
    points = street_points(network, spacing_m=50.0)
    report = lambda share, _text: heard.append(share)  # noqa: E731
    cover_greedily(network, place(network, []), points, 60.0, new=2, report=report)
    assert heard
    assert max(heard) <= 1.0
