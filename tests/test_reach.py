"""The reach table: every place, every limit, three depths, from one sweep."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.counted import Counted
from locator.coverage import measure_coverage
from locator.errors import InputError
from locator.reach import Reach, build_reach
from tests.oracles import BACKWARD, FORWARD, Town, random_town
from tests.towns import cross, make_network, place

LIMITS = (0.5, 37.0, 150.0, 400.0, 1000.0)
towns = st.integers(0, 100_000)
limits = st.floats(0.1, 2000.0)


def reach_of(town: Town) -> Reach:
    network = make_network(town)
    return build_reach(network, place(network, town.stations))


def made(seed: int) -> Town:
    return random_town(np.random.default_rng(seed))


def split(town: Town, parts: int = 3) -> Counted:
    """Each street cut at even places into areas 0, 1, 2 in turn; every third weighs double."""
    rows = []
    for street, run in enumerate(town.length):
        cuts = np.linspace(0.0, run, parts + 1)
        for i, (a, b) in enumerate(pairwise(cuts.tolist())):
            if b > a:
                rows.append((street, a, b, (street + i) % parts, 1.0 + (i == 0)))
    table = np.array(rows).reshape(-1, 5)
    first = np.searchsorted(table[:, 0], np.arange(len(town.length) + 1))
    return Counted(
        first.astype(np.int64), np.ascontiguousarray(table[:, 1:3]),
        table[:, 3].astype(np.int32), table[:, 4].copy(), ("a", "b", "c"), "人",
    )  # fmt: skip


# -- worked out on paper --------------------------------------------------------------------------


def test_levels_of_two_stations_at_opposite_tips_are_two_lines_a_street() -> None:
    town = cross()
    town.stations = [(0, 100.0, 0.0), (2, 100.0, 30.0)]
    reach = reach_of(town)
    first, second, third = reach.levels
    # East: rising from the tip's station; west: its own tip's, 30 m off the street, takes over.
    assert first.cost.tolist() == [100.0, 100.0, 100.0, 115.0, 100.0]
    assert first.slope.tolist() == [-1, 1, 1, -1, 1]
    assert first.row.tolist() == [0, 0, 0, 1, 0]
    assert first.low.tolist() == [0.0, 0.0, 0.0, 15.0, 0.0]
    assert second.row.tolist() == [1, 1, 1, 0, 1]
    assert np.isinf(third.cost).all()
    assert (third.row == -1).all()


def test_distance_jumps_behind_a_station_on_a_one_way_street() -> None:
    town = cross()
    town.travel = [BACKWARD, 3, 3, 3]
    town.stations = [(0, 60.0, 5.0), (1, 100.0, 0.0)]
    reach = reach_of(town)
    # Street 0 leads to the crossing: from beyond the station to it, from before it on to the tip.
    asked = np.array([20.0, 60.0, 61.0, 100.0])
    np.testing.assert_allclose(reach.distance_at(np.zeros(4), asked), [120.0, 5.0, 6.0, 45.0])
    np.testing.assert_allclose(reach.distance_at(np.zeros(4), asked, 2)[2:], [161.0, 200.0])
    worst = reach.worst_points()
    assert (worst.street[0], worst.offset_m[0], worst.cost[0]) == (2, 100.0, 200.0)


def test_no_stations_leave_nothing_but_unreachable() -> None:
    reach = reach_of(cross())
    curve = reach.curve()
    assert (curve.total, curve.unreachable, len(curve)) == (400.0, 400.0, 0)
    assert curve.at([10.0, 1e6]).tolist() == [0.0, 0.0]
    assert np.isinf(reach.distance_at([0, 1], [5.0, 5.0])).all()
    assert len(reach.worst_points()) == 0


def test_distance_on_no_street_is_never_a_number() -> None:
    town = cross()
    town.travel = [3, 3, 3, 0]
    town.stations = [(0, 100.0, 0.0)]
    got = reach_of(town).distance_at([-1, 3, 0, 0], [0.0, 50.0, 100.1, 100.0])
    assert np.isinf(got[:3]).all()
    assert got[3] == 0.0


def test_worst_points_of_equal_distance_are_on_the_lowest_street() -> None:
    town = cross()
    town.stations = [(0, 100.0, 0.0)]
    worst = reach_of(town).worst_points()
    assert (worst.street.tolist(), worst.offset_m.tolist()) == ([1], [100.0])
    assert (worst.cost.tolist(), worst.row.tolist()) == ([200.0], [0])


def test_curve_of_one_station_at_the_crossing_grows_fourfold() -> None:
    town = cross()
    town.stations = [(0, 0.0, 10.0)]
    curve = reach_of(town).curve()
    assert curve.limit.tolist() == [10.0, 110.0]
    assert curve.growth.tolist() == [4.0, 0.0]
    assert curve.at([5.0, 10.0, 60.0, 110.0, 500.0]).tolist() == [0.0, 0.0, 200.0, 400.0, 400.0]
    assert curve.share([60.0]).tolist() == [0.5]
    assert curve.limit_of([0.5, 1.0]).tolist() == [60.0, 110.0]


def test_bad_questions_are_refused() -> None:
    town = cross()
    town.stations = [(0, 0.0, 0.0)]
    network = make_network(town)
    reach = build_reach(network, place(network, town.stations), limit=50.0)
    for ask in (
        lambda: reach.at(60.0),
        lambda: reach.at(40.0, depth=4),
        lambda: reach.level(0),
        lambda: reach.curve().at([60.0]),
        lambda: reach.curve().at([np.nan]),
        reach.worst_points,
    ):
        with pytest.raises(InputError):
            ask()


# -- against slow oracles -------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
def test_distance_at_any_place_equals_bellman_ford(seed: int) -> None:
    town = made(seed)
    reach, table = reach_of(town), town.all_distances()
    rng = np.random.default_rng(seed + 10**6)
    for street, run in enumerate(town.length):
        if not town.travel[street] or not run:
            continue
        places = np.concatenate((rng.uniform(0, run, 8), [0.0, run]))
        rows = [town.point_distances(street, x, table) for x in places.tolist()]
        wanted = np.sort(np.hstack((np.array(rows), np.full((len(places), 3), np.inf))), axis=1)
        for depth in (1, 2, 3):
            got = reach.distance_at(np.full(len(places), street), places, depth)
            np.testing.assert_allclose(got, wanted[:, depth - 1], atol=1e-9)


@pytest.mark.parametrize("seed", range(40))
def test_coverage_of_any_limit_is_that_of_a_sweep_to_the_byte(seed: int) -> None:
    town = made(seed)
    reach = reach_of(town)
    for limit in LIMITS:
        for depth in (1, 2, 3):
            swept = measure_coverage(reach.network, reach.placement, limit, depth=depth)
            read = reach.at(limit, depth)
            for name in ("piece_street", "piece_from_m", "piece_to_m", "piece_state", "piece_gap"):
                assert getattr(read, name).tobytes() == getattr(swept, name).tobytes()
            assert read.depth_m == swept.depth_m
            assert read.gap_table.farthest_m.tobytes() == swept.gap_table.farthest_m.tobytes()


@pytest.mark.parametrize("seed", range(40))
def test_curve_at_any_limit_is_the_covered_length(seed: int) -> None:
    town = made(seed)
    reach = reach_of(town)
    for depth in (1, 2, 3):
        curve = reach.curve(depth=depth)
        for limit in LIMITS:
            covered = town.totals(limit, depth)["covered"]
            assert curve.at(limit) == pytest.approx(covered, rel=1e-9, abs=1e-5)


@pytest.mark.parametrize("seed", range(30))
def test_curves_depths_and_worst_points_of_areas_equal_cutting_everywhere(seed: int) -> None:
    """Sums by area and weight, against asking the middle of each bit."""
    town = made(seed)
    reach = reach_of(town)
    counted = split(town)
    for limit in (37.0, 400.0):
        wanted = np.zeros((4, 3))
        for street, a, b, _, within in town.bits(limit):
            for z in range(counted.first[street], counted.first[street + 1]):
                low, high = counted.span_m[z]
                shared = max(min(b, high) - max(a, low), 0.0) * counted.weight[z]
                if within:
                    wanted[counted.area[z], min(within, 3) - 1] += shared
        np.testing.assert_allclose(reach.depths(limit, counted), wanted, atol=1e-4)
        for area in range(3):
            got = reach.curve(counted, area=area).at(limit)
            assert got == pytest.approx(wanted[area].sum(), abs=1e-4)
    worst = reach.worst_points(counted)
    for row, area in enumerate(worst.area.tolist()):
        own = np.flatnonzero(counted.area == area)
        known = reach.distance_at(counted.street[own], counted.span_m[own].mean(axis=1))
        assert worst.cost[row] >= known[np.isfinite(known)].max() - 1e-9
        near = worst.offset_m[row] + np.array([-1e-5, 0.0, 1e-5])
        run = town.length[worst.street[row]]
        around = reach.distance_at(np.full(3, worst.street[row]), np.clip(near, 0.0, run))
        assert np.abs(around - worst.cost[row]).min() <= 1e-4


@given(seed=towns, limit=limits)
def test_farthest_gap_is_the_worst_point_of_all(seed: int, limit: float) -> None:
    """Two ways to the same point: the kernel of gaps, and the table."""
    reach = reach_of(made(seed))
    gaps, worst = reach.at(limit).gap_table, reach.worst_points()
    if not len(gaps):
        return
    best = int(np.argmax(gaps.farthest_m))
    assert gaps.farthest_m[best] == pytest.approx(worst.cost[0], abs=1e-9)
    place = gaps.farthest_street[[best]], gaps.farthest_offset_m[[best]]
    if (reach.network.travel[reach.levels[0].street] == FORWARD | BACKWARD).all():
        assert reach.distance_at(*place)[0] == pytest.approx(worst.cost[0], abs=1e-9)


# -- laws -----------------------------------------------------------------------------------------


@given(seed=towns, limit=limits, more=st.floats(0.0, 500.0))
def test_curve_never_falls_and_contains_smaller_limits(
    seed: int, limit: float, more: float
) -> None:
    """Named after ORS#468, #1062: monotone, and one limit has the same bytes in any set."""
    reach = reach_of(made(seed))
    for depth in (1, 2, 3):
        curve = reach.curve(depth=depth)
        both = curve.at([limit, limit + more])
        assert both[0] <= both[1] <= curve.total - curve.unreachable + 1e-9
        assert curve.at([limit]).tobytes() == both[:1].tobytes()
        many = curve.at(np.concatenate((np.linspace(0.0, limit, 50), [limit])))
        assert many[-1:].tobytes() == both[:1].tobytes()
        assert (np.diff(many) >= 0).all()


@given(seed=towns, limit=limits)
def test_a_station_less_never_brings_any_place_nearer(seed: int, limit: float) -> None:
    town = made(seed)
    if not town.stations:
        return
    more = reach_of(town)
    fewer = made(seed)
    fewer.stations = fewer.stations[1:]
    less = reach_of(fewer)
    for depth in (1, 2, 3):
        assert less.curve(depth=depth).at(limit) <= more.curve(depth=depth).at(limit) + 1e-9


@given(seed=towns)
def test_levels_lie_above_each_other_and_touch_end_to_end(seed: int) -> None:
    town = made(seed)
    reach = reach_of(town)
    usable = [run for run, way in zip(town.length, town.travel, strict=True) if way and run]
    for level in reach.levels:
        assert (level.high > level.low).all()
        assert (level.high - level.low).sum() == pytest.approx(sum(usable), rel=1e-12)
        same = level.street[1:] == level.street[:-1]
        assert (level.low[1:][same] == level.high[:-1][same]).all()
    for low, high in pairwise([reach.curve(depth=depth) for depth in (1, 2, 3)]):
        at = np.linspace(0.0, 2000.0, 40)
        assert (high.at(at) <= low.at(at) + 1e-9).all()


@given(seed=towns)
def test_two_way_streets_are_as_long_there_as_back(seed: int) -> None:
    """From a to the station at b is as far as from b to a station at a."""
    town = made(seed)
    town.travel = [FORWARD | BACKWARD if way else 0 for way in town.travel]
    rng = np.random.default_rng(seed)
    usable = [e for e, way in enumerate(town.travel) if way and town.length[e] > 0]
    places = [(int(e), float(rng.uniform(0, town.length[e]))) for e in rng.choice(usable, 2)]
    there = []
    for (street, x), (other, y) in (places, places[::-1]):
        town.stations = [(other, y, 0.0)]
        there.append(reach_of(town).distance_at([street], [x])[0])
    assert there[0] == pytest.approx(there[1], abs=1e-9)


def test_dense_sampling_converges_to_the_curve() -> None:
    town = made(5)
    town.stations = town.stations or [(0, 0.0, 0.0)]
    reach = reach_of(town)
    limits = np.array([60.0, 170.0, 420.0])
    sampled, streets = np.zeros(3), 0
    for street, run in enumerate(town.length):
        if town.travel[street] and run:
            count = max(int(run), 1)  # a sample each metre
            places = (np.arange(count) + 0.5) * run / count
            known = reach.distance_at(np.full(count, street), places)
            sampled += run * (known[:, None] <= limits).mean(axis=0)
            streets += 1
    np.testing.assert_allclose(sampled, reach.curve().at(limits), atol=2.0 * streets)


@given(seed=towns, limit=limits)
def test_table_with_a_limit_says_the_same_up_to_it(seed: int, limit: float) -> None:
    town = made(seed)
    network = make_network(town)
    stations = place(network, town.stations)
    whole, short = build_reach(network, stations), build_reach(network, stations, limit=limit)
    at = np.linspace(0.0, limit, 20)
    np.testing.assert_allclose(short.curve().at(at), whole.curve().at(at), atol=1e-5)
    assert short.at(limit).covered_m == pytest.approx(whole.at(limit).covered_m, abs=1e-9)
