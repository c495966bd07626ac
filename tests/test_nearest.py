"""Nearest stations: answers worked out on paper, laws, and the ways to have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.errors import InputError
from locator.nearest import Nearest, find_nearest
from tests.oracles import FORWARD, Town, random_town
from tests.towns import cross, make_network, place

if TYPE_CHECKING:
    from locator.network import StreetNetwork

MIDDLE = np.array([500_000.0, 3_500_000.0])


def ask(network: StreetNetwork, town: Town, points: list[list[float]], **options: float) -> Nearest:
    """Points are given from the middle of the cross."""
    placement = place(network, town.stations)
    nowhere = np.tile(MIDDLE, (len(town.stations), 1))
    xy = MIDDLE + np.array(points, np.float64)
    return find_nearest(network, placement, xy, stations_xy_m=nowhere, **options)


def test_nearest_adds_both_snaps_to_the_way() -> None:
    town = cross()
    town.stations = [(0, 60.0, 5.0)]  # on the east street, 60 m out, 5 m off it
    near = ask(make_network(town), town, [[3.0, 40.0]])  # 3 m off the north street, 40 m up
    assert near.distance_m[0, 0] == pytest.approx(3 + 40 + 60 + 5, abs=1e-9)
    assert near.snap_m[0] == pytest.approx(3.0)
    assert near.time_s[0, 0] == pytest.approx(108 / 1.11)
    assert near.outcome == ("found",)


def test_nearest_is_measured_from_the_exact_place_on_the_street() -> None:
    """Named after pandana#170: snapping to nodes would answer 0 or 100 m here."""
    town = cross()
    town.stations = [(0, 70.0, 0.0)]
    near = ask(make_network(town), town, [[30.0, 0.0]])
    assert near.distance_m[0, 0] == pytest.approx(40.0, abs=1e-9)


def test_nearest_one_way_goes_ahead_only() -> None:
    town = cross()
    town.travel[0] = FORWARD  # the east street leads away from the middle
    town.stations = [(0, 20.0, 0.0)]
    network = make_network(town)
    assert ask(network, town, [[10.0, 0.0]]).distance_m[0, 0] == pytest.approx(10.0)
    behind = ask(network, town, [[60.0, 0.0]])
    assert behind.outcome == ("unreachable",)
    assert behind.distance_m[0, 0] == np.inf
    assert behind.index[0, 0] == -1
    assert ask(network, town, [[0.0, 30.0]]).distance_m[0, 0] == pytest.approx(50.0)


def test_nearest_within_is_inclusive() -> None:
    """Named after accessmod#393: a station exactly at the limit counts."""
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    network = make_network(town)
    assert ask(network, town, [[0.0, 40.0]], within_m=100.0).outcome == ("found",)
    near = ask(network, town, [[0.0, 40.0]], within_m=99.999)
    assert near.outcome == ("none_within",)
    assert near.index.tolist() == [[-1]]


def test_nearest_four_ways_to_answer() -> None:
    """Named after pandana network.py, which tells the limit where nothing can be reached."""
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    town.nodes = np.vstack((town.nodes, np.add(MIDDLE, [[0, 700], [0, 800]])))
    town.ends.append((5, 6))
    town.lines.append(MIDDLE + np.array([[0.0, 700.0], [0.0, 800.0]]))
    town.travel.append(3)
    points = [[0.0, 10.0], [-90.0, 0.0], [5.0, 750.0], [0.0, 1051.0]]
    near = ask(make_network(town), town, points, within_m=100.0)
    assert near.outcome == ("found", "none_within", "unreachable", "outside")
    assert near.snap_m.tolist()[2:] == [5.0, np.inf]


def test_nearest_snap_limit_is_inclusive() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    network = make_network(town)
    assert ask(network, town, [[350.0, 0.0]]).outcome == ("found",)  # 250 m from the tip
    assert ask(network, town, [[350.001, 0.0]]).outcome == ("outside",)


def test_nearest_no_stations_is_unreachable() -> None:
    town = cross()
    near = ask(make_network(town), town, [[0.0, 10.0]], k=3)
    assert near.outcome == ("unreachable",)
    assert near.index.shape == (1, 3)
    assert near.routes() == [None, None, None]


def test_nearest_shape_is_always_q_by_k() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    near = ask(make_network(town), town, [[0.0, 10.0], [0.0, 20.0]], k=4)
    assert near.index.shape == near.distance_m.shape == near.time_s.shape == (2, 4)
    assert near.index[:, 0].tolist() == [0, 0]
    assert (near.index[:, 1:] == -1).all()
    assert np.isinf(near.distance_m[:, 1:]).all()


def test_nearest_ties_within_a_millimetre_go_by_row() -> None:
    town = cross()
    # Row 1 is nearer by 0.2 mm: in whole millimetres both are 60.000 m away.
    town.stations = [(0, 60.0002, 0.0), (1, 60.0, 0.0), (2, 60.0, 0.0)]
    near = ask(make_network(town), town, [[0.0, 0.0]], k=2)
    assert near.index.tolist() == [[0, 1]]


def test_nearest_more_ties_than_room_keeps_the_lowest_rows() -> None:
    town = cross()
    town.stations = [(i % 4, 60.0 + 1e-5 * (40 - i), 0.0) for i in range(40)]
    near = ask(make_network(town), town, [[0.0, 0.0]], k=3)
    assert near.index.tolist() == [[0, 1, 2]]


def test_nearest_stations_at_one_place_are_all_found() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0)] * 5
    near = ask(make_network(town), town, [[0.0, 0.0]], k=5)
    assert near.index.tolist() == [[0, 1, 2, 3, 4]]


@pytest.mark.parametrize(("k", "within_m"), [(0, 100.0), (-1, 100.0), (1, 0.0), (1, np.nan)])
def test_nearest_bad_question_is_refused(k: int, within_m: float) -> None:
    town = cross()
    with pytest.raises(InputError):
        ask(make_network(town), town, [[0.0, 0.0]], k=k, within_m=within_m)


def test_nearest_point_without_coordinates_is_refused() -> None:
    town = cross()
    with pytest.raises(InputError, match="finite"):
        ask(make_network(town), town, [[np.nan, 0.0]])


def test_route_runs_from_the_point_to_the_station() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    network = make_network(town)
    stations = np.add(MIDDLE, [[60.0, 0.0]])
    placement = place(network, town.stations)
    near = find_nearest(network, placement, np.add(MIDDLE, [[3.0, 40.0]]), stations_xy_m=stations)
    (route,) = near.routes()
    assert route is not None
    expected = [[3.0, 40.0], [0.0, 40.0], [0.0, 0.0], [60.0, 0.0], [60.0, 0.0]]
    np.testing.assert_allclose(route.xy_m - MIDDLE, expected, atol=1e-9)
    assert route.length_m == near.distance_m[0, 0]
    assert route.street.tolist() == [1, 0]


@pytest.mark.parametrize("seed", range(20))
def test_routes_of_many_points_equal_those_of_one(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    network = make_network(town)
    points = (rng.uniform(0, 400, (5, 2)) - MIDDLE).tolist()
    many = ask(network, town, points, k=3, snap_limit_m=1e6)
    for q, point in enumerate(points):
        one = ask(network, town, [point], k=3, snap_limit_m=1e6)
        assert one.index[0].tolist() == many.index[q].tolist()
        for a, b in zip(one.routes(), many.routes(q), strict=True):
            assert (a is None) == (b is None)
            if a is not None and b is not None:
                np.testing.assert_array_equal(a.xy_m[1:-1], b.xy_m[1:-1])


@given(seed=st.integers(0, 10_000))
def test_extra_station_never_changes_another_distance(seed: int) -> None:
    """Named after OSRM#6629."""
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    network = make_network(town)
    point = (rng.uniform(0, 400, (1, 2)) - MIDDLE).tolist()
    count = len(town.stations)
    before = ask(network, town, point, k=count + 1, snap_limit_m=1e6)
    usable = [e for e, way in enumerate(town.travel) if way]
    e = int(rng.choice(usable))
    town.stations = [*town.stations, (e, float(rng.uniform(0, town.length[e])), 0.0)]
    after = ask(network, town, point, k=count + 1, snap_limit_m=1e6)
    old = dict(zip(before.index[0].tolist(), before.distance_m[0].tolist(), strict=True))
    new = dict(zip(after.index[0].tolist(), after.distance_m[0].tolist(), strict=True))
    for station, metres in old.items():
        if station >= 0:
            assert new[station] == metres


@given(seed=st.integers(0, 10_000))
def test_order_of_stations_is_irrelevant(seed: int) -> None:
    """Named after OSRM#5834."""
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    network = make_network(town)
    point = (rng.uniform(0, 400, (1, 2)) - MIDDLE).tolist()
    before = ask(network, town, point, k=9, snap_limit_m=1e6)
    turn = rng.permutation(len(town.stations))
    town.stations = [town.stations[i] for i in turn]
    after = ask(network, town, point, k=9, snap_limit_m=1e6)
    assert before.distance_m.tolist() == after.distance_m.tolist()
    found = after.index[0] >= 0
    moved = turn[after.index[0][found]]
    assert sorted(moved.tolist()) == sorted(before.index[0][found].tolist())


@given(seed=st.integers(0, 10_000))
def test_distance_is_symmetric_where_no_street_is_one_way(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    town.travel = [3 if way else 0 for way in town.travel]
    network = make_network(town)
    a, b = rng.uniform(0, 400, (2, 2))
    at = network.snap(np.vstack((a, b)), 1e6)
    metres = []
    for here, there in ((0, 1), (1, 0)):
        town.stations = [(int(at.street[there]), float(at.offset_m[there]), 0.0)]
        near = ask(network, town, [((a, b)[here] - MIDDLE).tolist()], snap_limit_m=1e6)
        metres.append(near.distance_m[0, 0] - at.snap_m[here])
    assert metres[0] == pytest.approx(metres[1], abs=1e-6)


def test_to_frame_has_a_row_for_each_answer() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0), (1, 10.0, 0.0)]
    frame = ask(make_network(town), town, [[0.0, 0.0], [0.0, 50.0]], k=3).to_frame()
    assert frame[["query", "rank", "station"]].to_numpy().tolist() == [
        [0, 1, 1], [0, 2, 0], [1, 1, 1], [1, 2, 0],
    ]  # fmt: skip
    assert frame.crs == "EPSG:4549"
