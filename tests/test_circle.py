"""The accuracy circle: the same nearest for all of it, one of two, and against dense sampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.circle import Circle, find_in_circle
from locator.errors import InputError
from locator.pieces import locate_on_streets
from locator.sweep import sweep_nearest
from tests.oracles import FORWARD, Town, random_town
from tests.towns import cross, make_network, place

MIDDLE = np.array([500_000.0, 3_500_000.0])


def ask(town: Town, centre: list[float], radius_m: float) -> Circle:
    network = make_network(town)
    placement = place(network, town.stations)
    labels = sweep_nearest(network, placement)
    return find_in_circle(network, placement, MIDDLE + np.array(centre), radius_m, labels)


def test_circle_around_one_station_has_one_nearest() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0), (2, 90.0, 0.0)]
    found = ask(town, [60.0, 0.0], 30.0)
    assert found.same
    assert found.index.tolist() == [0]
    assert found.total_m == pytest.approx(60.0)


def test_circle_between_two_stations_has_both_by_their_metres() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0), (2, 80.0, 0.0)]
    found = ask(town, [0.0, 0.0], 20.0)
    assert not found.same
    assert found.index.tolist() == [0, 1]
    # from the west street the east station is nearer up to 10 m out; north and south go with it
    assert found.length_m.tolist() == pytest.approx([70.0, 10.0])


def test_circle_counts_street_from_which_no_station_is_reached() -> None:
    town = cross()
    town.travel[0] = FORWARD  # east: no way back to the middle
    town.stations = [(2, 50.0, 0.0)]
    found = ask(town, [0.0, 0.0], 20.0)
    assert found.index.tolist() == [0]
    assert found.unreachable_m == pytest.approx(20.0)
    assert not found.same


def test_circle_without_streets_or_stations_is_empty() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    assert ask(town, [300.0, 300.0], 20.0).index.tolist() == []
    town.stations = []
    found = ask(town, [0.0, 0.0], 20.0)
    assert found.index.tolist() == []
    assert found.unreachable_m == pytest.approx(80.0)


@pytest.mark.parametrize("radius_m", [0.0, -5.0, float("nan"), 1e6])
def test_impossible_circle_is_refused(radius_m: float) -> None:
    with pytest.raises(InputError, match="accuracy"):
        ask(cross(), [0.0, 0.0], radius_m)


@settings(max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_circle_holds_all_that_sampling_finds_and_its_metres(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    centre, radius_m = rng.uniform(0, 400, 2), float(rng.uniform(20, 250))
    found = ask(town, (centre - MIDDLE).tolist(), radius_m)
    table, step = town.all_distances(), 2.0
    seen: dict[int, float] = {}
    tied: set[int] = set()  # equally near ones: either may stand for both
    lost = 0.0
    streets = make_network(town).streets
    for street, run in enumerate(town.length):
        if not town.travel[street]:
            continue
        count = max(int(run / step), 1)
        places = (np.arange(count) + 0.5) * run / count
        xy = locate_on_streets(streets, np.full(count, street, np.int32), places)
        for x in places[np.hypot(*(xy - centre).T) < radius_m].tolist():
            d = town.point_distances(street, x, table)
            if not np.isfinite(d).any():
                lost += run / count
                continue
            best = np.flatnonzero(d <= d.min() + 1e-7)
            if len(best) > 1:
                tied |= set(best.tolist())
            seen[int(best[0])] = seen.get(int(best[0]), 0.0) + run / count
    metres = dict(zip(found.index.tolist(), found.length_m.tolist(), strict=True))
    slack = 4.0 * len(town.ends)
    assert found.unreachable_m == pytest.approx(lost, abs=slack)
    assert sum(metres.values()) == pytest.approx(sum(seen.values()), abs=slack)
    for row in set(range(len(town.stations))) - tied:
        assert metres.get(row, 0.0) == pytest.approx(seen.get(row, 0.0), abs=slack)
