"""Rides by e-bike: parked at a node, walked from there; against all nodes and all stations."""

from __future__ import annotations

import numpy as np
import pytest

from locator.coverage import measure_coverage
from locator.nearest import find_nearest
from locator.sweep import sweep_k_nearest, sweep_nearest
from tests.oracles import FORWARD, Town
from tests.riding import RIDE, WALK, RidingTown, random_riding_town
from tests.towns import cross

PER_WALKED = RIDE.speed_mps / WALK.speed_mps
PARKED = RIDE.parking_s * RIDE.speed_mps


def riding_cross() -> RidingTown:
    """Four streets of 100 m, all for riding but street 3, all for walking."""
    walk, ride = cross(), cross()
    ride.travel = [3, 3, 3, 0]
    return RidingTown(ride, walk, [False] * 4)


def ask(town: RidingTown, xy: list[list[float]], k: int = 1, **options: float):
    network, placement = town.placed()
    middle = np.array([500_000.0, 3_500_000.0])
    stations = np.array(
        [
            town.walk.lines[e][0]
            + (town.walk.lines[e][-1] - town.walk.lines[e][0]) * (x / town.walk.length[e])
            for e, x, _ in town.walk.stations
        ]
    ).reshape(-1, 2)
    return find_nearest(
        network, placement, middle + np.array(xy), stations_xy_m=stations, k=k, **options
    )


def test_ride_ends_at_the_crossing_and_the_rest_is_walked() -> None:
    town = riding_cross()
    town.walk.stations = [(3, 40.0, 7.0)]  # 40 m into a street where nobody rides
    near = ask(town, [[80.0, 0.0]])
    ride_s, walk_s = 80.0 / RIDE.speed_mps, 47.0 / WALK.speed_mps
    assert near.time_s[0, 0] == pytest.approx(ride_s + RIDE.parking_s + walk_s)
    assert near.distance_m[0, 0] == pytest.approx(80.0 + 47.0)
    route = near.routes()[0]
    assert route is not None
    assert route.street.tolist() == [0, 3]
    assert [*route.from_m, *route.to_m] == pytest.approx([80.0, 0.0, 0.0, 40.0])
    assert route.walked == 1
    assert near.stations_snap_m(0)[0] == 7.0


def test_vehicle_is_left_at_a_node_even_where_the_station_stands_on_the_way() -> None:
    town = riding_cross()
    town.walk.stations = [(0, 40.0, 0.0)]
    near = ask(town, [[80.0, 0.0]])
    # 20 m on to the end and 60 m back on foot, or 80 m to the middle and 40 m on foot.
    past = 20.0 + PARKED + 60.0 * PER_WALKED
    through = 80.0 + PARKED + 40.0 * PER_WALKED
    assert near.cost[0, 0] == pytest.approx(min(past, through))


def test_straight_way_of_a_person_to_the_street_is_walked() -> None:
    town = riding_cross()
    town.walk.stations = [(1, 0.0, 0.0)]
    near = ask(town, [[50.0, 20.0]])
    assert near.cost[0, 0] == pytest.approx(20.0 * PER_WALKED + 50.0 + PARKED)
    assert near.distance_m[0, 0] == pytest.approx(70.0)


def test_walk_of_exactly_the_limit_counts_and_a_longer_one_does_not() -> None:
    town = riding_cross()
    town.walk.stations = [(3, 100.0, RIDE.walk_limit_m - 100.0)]
    assert np.isfinite(ask(town, [[50.0, 0.0]]).cost[0, 0])
    town.walk.stations = [(3, 100.0, RIDE.walk_limit_m - 100.0 + 1e-3)]
    near = ask(town, [[50.0, 0.0]])
    assert near.outcome == ("unreachable",)
    assert near.placement.unroutable.tolist() == [0]


def test_one_way_is_kept_by_the_rider_and_not_by_the_walker() -> None:
    town = riding_cross()
    town.ride.travel = [FORWARD, 3, 3, 3]  # from the middle outward only
    town.walk.stations = [(0, 10.0, 0.0)]
    outward = ask(town, [[50.0, 0.0]])  # rides to the end, walks 90 m back
    assert outward.cost[0, 0] == pytest.approx(50.0 + PARKED + 90.0 * PER_WALKED)
    inward = ask(town, [[0.0, 50.0]])  # rides to the middle, walks 10 m
    assert inward.cost[0, 0] == pytest.approx(50.0 + PARKED + 10.0 * PER_WALKED)


def test_stairs_of_the_last_stretch_take_longer_and_measure_the_same() -> None:
    town = riding_cross()
    town.stairs[3] = True
    town.walk.stations = [(3, 40.0, 0.0)]
    near = ask(town, [[80.0, 0.0]])
    assert near.cost[0, 0] == pytest.approx(80.0 + PARKED + 40.0 * WALK.stairs * PER_WALKED)
    assert near.distance_m[0, 0] == pytest.approx(120.0)


def test_no_stations_and_no_streets_to_ride_leave_nothing() -> None:
    town = riding_cross()
    network, placement = town.placed()
    assert len(placement) == 0
    assert not np.isfinite(sweep_nearest(network, placement)[0]).any()
    town.ride.travel = [0, 0, 0, 0]
    town.walk.stations = [(0, 40.0, 0.0)]
    network, placement = town.placed()
    assert placement.unroutable.tolist() == [0]


@pytest.mark.parametrize("seed", range(60))
def test_sweep_equals_all_nodes_and_all_stations(seed: int) -> None:
    town = random_riding_town(np.random.default_rng(seed))
    network, placement = town.placed()
    truth = np.sort(town.ridden(), axis=0)
    count = len(town.walk.stations)
    cost, _ = sweep_k_nearest(network, placement, max(count, 1))
    for k in range(count):
        np.testing.assert_allclose(cost[:, k], truth[k], atol=1e-5)


@pytest.mark.parametrize("seed", range(40))
def test_search_equals_the_truth_and_its_way_adds_up(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_riding_town(rng)
    table, count = town.ridden(), len(town.walk.stations)
    usable = [e for e, way in enumerate(town.ride.travel) if way]
    if not count or not usable:
        return
    network, placement = town.placed()
    nowhere = np.zeros((count, 2))
    for _ in range(6):
        e = int(rng.choice(usable))
        x = float(rng.uniform(0, town.ride.length[e]))
        from locator.pieces import locate_on_streets

        xy = locate_on_streets(network.streets, np.array([e], np.int32), np.array([x]))
        near = find_nearest(network, placement, xy, stations_xy_m=nowhere, k=count)
        at = near.snapped
        if at.street[0] < 0:
            continue
        truth = town.from_point(int(at.street[0]), float(at.offset_m[0]), table)
        truth += at.snap_m[0] * PER_WALKED
        found = np.isfinite(near.cost[0])
        np.testing.assert_allclose(near.cost[0][found], np.sort(truth)[: found.sum()], atol=1e-5)
        assert np.isinf(np.sort(truth)[found.sum() :]).all()
        for column, route in enumerate(near.routes()[: int(found.sum())]):
            assert route is not None
            legs = np.abs(route.to_m - route.from_m)
            snaps = at.snap_m[0] + near.stations_snap_m(0)[column]
            assert legs.sum() + snaps == pytest.approx(near.distance_m[0, column], abs=1e-5)
            ridden = float(legs[: len(legs) - route.walked].sum())
            assert ridden <= near.cost[0, column] - PARKED + 1e-5


@pytest.mark.parametrize("seed", range(30))
def test_coverage_equals_dense_sampling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_riding_town(rng)
    network, placement = town.placed()
    table = town.ridden()
    limit = float(rng.choice([400.0, 900.0, 1500.0]))
    cover = measure_coverage(network, placement, limit)
    assert cover.total_m == pytest.approx(network.streets.length_m[network.travel != 0].sum())
    for street, low, high, state in zip(
        cover.piece_street, cover.piece_from_m, cover.piece_to_m, cover.piece_state, strict=True
    ):
        for x in np.linspace(low, high, 7)[1:-1]:
            truth = town.from_point(int(street), float(x), table).min(initial=np.inf)
            told = 0 if truth <= limit + 1e-5 else 1 if np.isfinite(truth) else 2
            assert state == told or abs(truth - limit) < 1e-4


@pytest.mark.parametrize("seed", range(10))
def test_longer_walks_never_make_a_way_longer(seed: int) -> None:
    town = random_riding_town(np.random.default_rng(seed))
    before = sweep_nearest(*town.placed(100.0))[0]
    after = sweep_nearest(*town.placed(300.0))[0]
    assert (after <= before + 1e-9).all()


def test_towns_are_apart_from_what_they_were_made_of() -> None:
    town = riding_cross()
    assert isinstance(town.walk, Town)
    assert town.streets().access.tolist()[3] == 3
