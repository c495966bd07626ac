"""Islands: what no way leads out of, and how nearly it misses one."""

from __future__ import annotations

import numpy as np
import pytest

from locator.coverage import Coverage, measure_coverage
from locator.islands import Islands, find_islands
from locator.sweep import sweep_nearest
from tests.oracles import FORWARD, Town, random_town
from tests.towns import cross, make_network, place

MIDDLE = np.array([500_000.0, 3_500_000.0])


def islands_of(town: Town) -> tuple[Coverage, Islands]:
    network = make_network(town)
    placement = place(network, town.stations)
    cover = measure_coverage(network, placement, 50.0)
    metres, _ = sweep_nearest(network, placement)
    there = np.isfinite(metres)[network.streets.ends]
    ahead = there[:, 1] & (network.travel & 1 != 0)
    back = there[:, 0] & (network.travel & 2 != 0)
    return cover, find_islands(cover, ahead | back)


def with_street(town: Town, *points: tuple[float, float]) -> Town:
    """One more street, joined to nothing."""
    line = MIDDLE + np.array(points, np.float64)
    count = len(town.nodes)
    town.nodes = np.vstack((town.nodes, line[[0, -1]]))
    town.ends.append((count, count + 1))
    town.lines.append(line)
    town.travel.append(3)
    town.__post_init__()
    return town


def test_islands_are_listed_longest_first_with_their_near_miss() -> None:
    town = with_street(
        with_street(cross(), (107.0, 0.0), (147.0, 0.0)), (500.0, 0.0), (500.0, 90.0)
    )
    town.stations = [(1, 10.0, 0.0)]
    cover, islands = islands_of(town)
    assert islands.length_m.tolist() == [90.0, 40.0]
    assert islands.length_m.sum() == cover.unreachable_m
    assert islands.miss_m.tolist() == [np.inf, 7.0]
    assert (islands.xy_m[1] - MIDDLE).tolist() == [107.0, 0.0]
    assert islands.street.tolist() == [5, 4]


def test_one_way_end_is_an_island_that_touches() -> None:
    town = cross()
    town.travel[0] = FORWARD
    town.stations = [(1, 10.0, 0.0)]
    _, islands = islands_of(town)
    assert islands.length_m.tolist() == [100.0]
    assert islands.miss_m.tolist() == [0.0]


def test_no_islands_where_all_is_reached() -> None:
    town = cross()
    town.stations = [(1, 10.0, 0.0)]
    assert len(islands_of(town)[1]) == 0


@pytest.mark.parametrize("seed", range(30))
def test_islands_add_up_to_what_is_unreachable(seed: int) -> None:
    cover, islands = islands_of(random_town(np.random.default_rng(seed)))
    assert islands.length_m.sum() == pytest.approx(cover.unreachable_m, abs=1e-2)
