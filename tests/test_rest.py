"""The break budget: break - way there - way back, on every street, never negative."""

from __future__ import annotations

import copy

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.errors import InputError
from locator.rest import Rest, measure_rest, sweep_back
from tests.oracles import BACKWARD, FORWARD, Town, random_town
from tests.test_reach import split
from tests.towns import cross, make_network, place

METRES_A_MINUTE = 1.11 * 60.0
towns = st.integers(0, 100_000)


def rest_of(town: Town, break_min: float) -> Rest:
    network = make_network(town)
    return measure_rest(network, place(network, town.stations), break_min)


def turned(town: Town) -> Town:
    """The same town with every street's directions swapped: the way there is the way back."""
    other = copy.copy(town)
    other.travel = [(way & 1) << 1 | (way & 2) >> 1 for way in town.travel]
    return other


def minutes_at(rest: Rest, street: int, x: float) -> float:
    streets, low, high, first, last, _ = rest.pieces()
    found = np.flatnonzero((streets == street) & (low <= x) & (x <= high))
    if not len(found):
        return 0.0
    i = found[0]
    return float(first[i] + (last[i] - first[i]) * (x - low[i]) / (high[i] - low[i]))


def test_twenty_minutes_less_two_ways_is_left() -> None:
    town = cross()
    town.stations = [(0, 0.0, 11.1)]
    rest = rest_of(town, 20.0)
    # 11.1 m beside the street and 55.5 m along it, twice: 2 minutes.
    assert minutes_at(rest, 2, 55.5) == pytest.approx(18.0)
    totals = rest.totals((19.0, 18.0, 30.0, 0.0))
    assert totals.mean_min == pytest.approx(20.0 - 2 * 61.1 / METRES_A_MINUTE)
    wanted = [(33.3 - 11.1) / 100.0, (66.6 - 11.1) / 100.0, 0.0, 1.0]
    assert [share for _, share in totals.shares] == pytest.approx(wanted)
    assert totals.total == 400.0


def test_nothing_is_left_beyond_half_the_break_and_nothing_is_negative() -> None:
    town = cross()
    town.stations = [(0, 100.0, 0.0)]
    rest = rest_of(town, 4.0)  # 133.2 m there: 33.2 m into the other three streets
    streets, _, high, first, last, row = rest.pieces()
    assert sorted(zip(streets.tolist(), high.round(6).tolist(), strict=True)) == [
        (0, 100.0), (1, 33.2), (2, 33.2), (3, 33.2),
    ]  # fmt: skip
    assert (np.minimum(first, last) >= 0.0).all()
    assert (row == 0).all()
    assert rest.totals((0.0,)).shares[0][1] == pytest.approx(199.6 / 400.0)


def test_unreachable_streets_have_zero() -> None:
    town = cross()
    assert rest_of(town, 20.0).totals().mean_min == 0.0
    assert len(rest_of(town, 20.0).pieces()[0]) == 0
    town.travel = [FORWARD, 3, 3, 3]  # one gets to the tip and never back
    town.stations = [(0, 100.0, 0.0)]
    rest = rest_of(town, 60.0)
    assert rest.totals().mean_min == 0.0


def test_best_station_of_a_round_trip_is_not_always_the_nearest() -> None:
    """Two one-way streets make a ring: the station just ahead is a whole ring away on the way back.

    On the ring every round trip with a station on it costs the ring; the station off it, on the
    two-way street at the near corner, costs less.
    """
    nodes = np.add([500_000.0, 3_500_000.0], [[0.0, 0.0], [1000.0, 0.0], [0.0, 30.0]])
    bow = np.add([500_000.0, 3_500_000.0], [[500.0, -100.0]])
    lines = [nodes[[0, 1]], np.vstack((nodes[1], bow, nodes[0])), nodes[[0, 2]]]
    town = Town(nodes, [(0, 1), (1, 0), (0, 2)], lines, [FORWARD, FORWARD, 3])
    town.stations = [(0, 10.0, 0.0), (2, 30.0, 0.0)]
    rest = rest_of(town, 60.0)
    streets, *_, row = rest.pieces()
    assert set(row[streets == 2].tolist()) == {1}
    ring = town.length[0] + town.length[1]
    assert minutes_at(rest, 0, 900.0) == pytest.approx(60.0 - ring / METRES_A_MINUTE)


def test_way_back_is_the_way_there_with_all_streets_turned() -> None:
    for seed in range(30):
        town = random_town(np.random.default_rng(seed))
        network = make_network(town)
        metres, _ = sweep_back(network, place(network, town.stations), 3)
        table = np.vstack((turned(town).all_distances(), np.full((3, len(town.nodes)), np.inf)))
        np.testing.assert_allclose(metres, np.sort(table, axis=0)[:3].T, atol=1e-9)


@pytest.mark.parametrize("seed", range(60))
def test_rest_at_any_place_equals_the_best_of_all_stations(seed: int) -> None:
    town = random_town(np.random.default_rng(seed))
    if seed % 4 == 0:
        town.travel = [FORWARD | BACKWARD if way else 0 for way in town.travel]
    there, back = town.all_distances(), turned(town).all_distances()
    rng = np.random.default_rng(seed + 10**6)
    for break_min in (2.0, 8.0, 60.0):
        rest = rest_of(town, break_min)
        for street, run in enumerate(town.length):
            if not town.travel[street] or not run:
                continue
            for x in rng.uniform(0, run, 4).tolist():
                ways = town.point_distances(street, x, there)
                ways = ways + turned(town).point_distances(street, x, back)
                wanted = max(0.0, break_min - min(ways, default=np.inf) / METRES_A_MINUTE)
                assert minutes_at(rest, street, x) == pytest.approx(wanted, abs=1e-7)


@given(seed=towns, break_min=st.floats(0.5, 60.0), more=st.floats(0.0, 30.0))
def test_longer_break_leaves_more_everywhere(seed: int, break_min: float, more: float) -> None:
    town = random_town(np.random.default_rng(seed))
    counted = split(town)
    short = rest_of(town, break_min).totals((1.0, 5.0), counted)
    long = rest_of(town, break_min + more).totals((1.0, 5.0), counted)
    assert 0.0 <= short.mean_min <= break_min
    assert short.mean_min <= long.mean_min + 1e-9 <= short.mean_min + more + 2e-9
    for (_, a), (_, b) in zip(short.shares, long.shares, strict=True):
        assert a <= b + 1e-9 <= 1.0 + 2e-9


def test_map_holds_minutes_at_both_ends_of_each_line() -> None:
    town = cross()
    town.stations = [(0, 0.0, 0.0)]
    document = rest_of(town, 20.0).to_geojson(lambda xy: xy - [500_000.0, 3_500_000.0])
    assert document["break_min"] == 20.0
    first = document["features"][0]
    assert first["geometry"]["coordinates"] == [[0.0, 0.0], [100.0, 0.0]]
    assert first["properties"] == {"minutes_from": 20.0, "minutes_to": 17.0}


@pytest.mark.parametrize("break_min", [0.0, -1.0, np.nan, np.inf])
def test_break_without_length_is_refused(break_min: float) -> None:
    with pytest.raises(InputError):
        rest_of(cross(), break_min)
