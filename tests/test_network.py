"""Networks: arcs of a mode, pieces, and their folders."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from geodata.lines import STEPS
from locator.arrays import frozen
from locator.counted import count_length
from locator.coverage import measure_coverage
from locator.errors import DataError
from locator.modes import find_mode
from locator.nearest import find_nearest
from locator.network import StreetNetwork, build_network
from locator.snapping import SnapGrid
from locator.street_store import StreetStore
from locator.timing import time_network
from tests.block_city import make_block_city, with_places
from tests.grids import lonlat
from tests.oracles import BACKWARD, FORWARD, Town, random_town
from tests.towns import cross, make_network, make_streets, place

if TYPE_CHECKING:
    from locator.streets import Streets


def test_network_two_way_shares_its_arcs() -> None:
    network = make_network(cross())
    assert network.into is network.out
    assert len(network.out) == 8
    assert network.total_m == 400.0


def test_network_one_way_has_arcs_in_the_legal_direction() -> None:
    town = cross()
    town.travel = [FORWARD, BACKWARD, 3, 0]
    network = make_network(town)
    arcs = set()
    for v in range(5):
        for a in range(network.out.first[v], network.out.first[v + 1]):
            arcs.add((v, int(network.out.node[a]), int(network.out.street[a])))
    assert arcs == {(0, 1, 0), (2, 0, 1), (0, 3, 2), (3, 0, 2)}
    back = set()
    for v in range(5):
        for a in range(network.into.first[v], network.into.first[v + 1]):
            back.add((int(network.into.node[a]), v, int(network.into.street[a])))
    assert back == arcs
    assert network.total_m == 300.0


@pytest.mark.parametrize("seed", range(30))
def test_components_equal_flooding(seed: int) -> None:
    town = random_town(np.random.default_rng(seed))
    network = make_network(town)
    label = list(range(len(town.nodes)))
    for (u, v), way in zip(town.ends * len(town.nodes), town.travel * len(town.nodes), strict=True):
        if way:
            label[u] = label[v] = min(label[u], label[v])
    used = {w for ends, way in zip(town.ends, town.travel, strict=True) if way for w in ends}
    pieces = {label[v] for v in used}
    assert len(network.component_m) == len(pieces)
    assert network.component_m.tolist() == sorted(network.component_m.tolist(), reverse=True)
    for v in range(len(town.nodes)):
        for w in used:
            same = network.component[v] == network.component[w]
            assert same == (v in used and label[v] == label[w])


def test_save_and_open_give_the_same_network(tmp_path: Path) -> None:
    town = random_town(np.random.default_rng(4))
    network = make_network(town)
    network.save(tmp_path / "walk")
    again = StreetNetwork.open(tmp_path / "walk", network.streets, SnapGrid(network.streets))
    assert again.mode == network.mode
    for side in ("out", "into"):
        for mine, other in zip(
            getattr(network, side).group, getattr(again, side).group, strict=True
        ):
            np.testing.assert_array_equal(mine, other)
    assert not again.travel.flags.writeable
    np.testing.assert_array_equal(network.component, again.component)


def test_open_damaged_folder_is_told(tmp_path: Path) -> None:
    network = make_network(cross())
    network.save(tmp_path / "walk")
    (tmp_path / "walk" / "travel.npy").write_bytes(b"\x93NUMPY")
    with pytest.raises(DataError, match="damaged"):
        StreetNetwork.open(tmp_path / "walk", network.streets, SnapGrid(network.streets))


def test_open_network_of_other_streets_is_told(tmp_path: Path) -> None:
    network = make_network(cross())
    network.save(tmp_path / "walk")
    meta = json.loads((tmp_path / "walk" / "meta.json").read_text())
    (tmp_path / "walk" / "meta.json").write_text(json.dumps({**meta, "streets": "other"}))
    with pytest.raises(DataError, match="other streets"):
        StreetNetwork.open(tmp_path / "walk", network.streets, SnapGrid(network.streets))


def test_snap_skips_streets_the_mode_may_not_use() -> None:
    town = cross()
    town.travel[0] = 0
    network = make_network(town)
    at = network.snap(np.array([[500_090.0, 3_500_001.0]]), 250.0)
    assert at.street.tolist() == [1]
    assert at.snap_m[0] == pytest.approx(90.0)


def test_snap_far_point_is_nowhere() -> None:
    at = make_network(cross()).snap(np.array([[0.0, 0.0]]), 250.0)
    assert at.street.tolist() == [-1]
    assert np.isnan(at.offset_m[0])
    assert np.isinf(at.snap_m[0])


def test_grid_of_one_street_and_of_none() -> None:
    town = cross()
    town.travel = [3, 0, 0, 0]
    assert make_network(town).snap(np.array([[500_050.0, 3_500_000.0]]), 1.0).snap_m[0] == 0.0
    streets = make_streets(cross())
    found = SnapGrid(streets).snap(np.zeros((1, 2)), np.zeros(4, bool), 1e9)
    assert found.street.tolist() == [-1]


# -- time ------------------------------------------------------------------------------------

STAIRS = find_mode("walk").stairs


def with_stairs(town: Town, stairs: list[bool]) -> Streets:
    """Its streets, some of them stairs."""
    flags = np.array([STEPS if one else 0 for one in stairs], np.uint8)
    return replace(make_streets(town), flags=frozen(flags))


def slowed(town: Town, stairs: list[bool]) -> Town:
    """The town in metres of level walking: stairs are as much longer as they are slower."""
    scale = [STAIRS if one else 1.0 for one in stairs]
    lines = [line * 1.0 for line in town.lines]
    slow = Town(town.nodes, town.ends, lines, town.travel)
    slow.length = [run * by for run, by in zip(town.length, scale, strict=True)]
    slow.stations = [(e, x * scale[e], snap) for e, x, snap in town.stations]
    return slow


def test_network_of_time_is_that_of_length_without_stairs() -> None:
    network = make_network(cross())
    assert time_network(network) is network
    car = build_network(with_stairs(cross(), [True, False, False, False]), find_mode("car"))
    assert time_network(car) is car


def test_stairs_cost_more_time_and_the_same_metres() -> None:
    streets = with_stairs(cross(), [True, False, False, False])
    network = build_network(streets, find_mode("walk"))
    timed = time_network(network)
    assert (network.timed, timed.timed) == (False, True)
    assert network.stretch is None
    assert timed.stretch is not None
    assert timed.stretch.tolist() == [STAIRS, 1.0, 1.0, 1.0]
    assert timed.group[1].tolist() == [100.0 * STAIRS, 100.0, 100.0, 100.0]
    assert timed.spans[1][0].tolist() == [0.0, 100.0 * STAIRS]
    assert timed.total_m == 400.0
    assert timed.into is timed.out
    street = np.array([0, 0, 1], np.int32)
    places = np.array([50.0, 100.0, 50.0])
    assert timed.to_cost(street, places).tolist() == [50 * STAIRS, 100 * STAIRS, 50.0]
    np.testing.assert_array_equal(timed.to_metres(street, timed.to_cost(street, places)), places)


def test_distance_is_of_the_shortest_way_and_time_of_that_way() -> None:
    """Two ways lead round a block: 100 m of stairs, or 140 m on the level."""
    nodes = np.array([[500_000.0, 3_500_000.0], [500_100.0, 3_500_000.0]])
    bend = np.array([500_050.0, 3_500_000.0 + np.sqrt(2400.0)])
    level = np.vstack((nodes[0], bend, nodes[1]))
    town = Town(nodes, [(0, 1), (0, 1)], [nodes.copy(), level], [3, 3], [(0, 100.0, 5.0)])
    streets = with_stairs(town, [True, False])
    network = build_network(streets, find_mode("walk"))
    timed = time_network(network)
    point, stations = nodes[:1] - np.array([3.0, 0.0]), nodes[1:] + np.array([0.0, 5.0])
    by_length, by_time = (
        find_nearest(one, place(one, town.stations), point, stations_xy_m=stations)
        for one in (network, timed)
    )
    speed = find_mode("walk").speed_mps
    assert by_length.distance_m[0, 0] == pytest.approx(108.0)
    assert by_length.time_s[0, 0] == pytest.approx((100.0 * STAIRS + 8.0) / speed)
    assert by_time.distance_m[0, 0] == pytest.approx(148.0)
    assert by_time.time_s[0, 0] == pytest.approx(148.0 / speed)
    routes = [near.routes()[0] for near in (by_length, by_time)]
    assert [route.street.tolist() for route in routes if route] == [[0], [1]]
    assert [route.length_m for route in routes if route] == pytest.approx([108.0, 148.0])


@pytest.mark.parametrize("seed", range(40))
def test_coverage_in_time_equals_a_town_with_longer_stairs(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    stairs = (rng.random(len(town.ends)) < 0.4).tolist()
    streets = with_stairs(town, stairs)
    timed = time_network(build_network(streets, find_mode("walk")))
    cover = measure_coverage(timed, place(timed, town.stations), 300.0)
    told = dict.fromkeys(("covered", "uncovered", "unreachable"), 0.0)
    for e, a, b, state, _ in slowed(town, stairs).bits(300.0):
        told[state] += (b - a) / (STAIRS if stairs[e] else 1.0)
    metres = [cover.covered_m, cover.uncovered_m, cover.unreachable_m]
    np.testing.assert_allclose(metres, list(told.values()), atol=1e-5)
    assert cover.total_m == pytest.approx(timed.total_m, rel=1e-9)
    np.testing.assert_array_equal(count_length(streets).group(timed)[1], timed.spans[1])


@pytest.mark.parametrize("seed", range(30))
def test_ways_in_time_add_up_to_their_metres_and_seconds(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    stairs = (rng.random(len(town.ends)) < 0.4).tolist()
    streets = with_stairs(town, stairs)
    count = len(town.stations)
    if not count:
        return
    network = build_network(streets, find_mode("walk"))
    for one in (network, time_network(network)):
        placement = place(one, town.stations)
        xy = rng.uniform(0, 400, (1, 2))
        near = find_nearest(one, placement, xy, stations_xy_m=np.zeros((count, 2)), k=count)
        for column, route in enumerate(near.routes()):
            if route is None:
                continue
            along = np.abs(route.to_m - route.from_m)
            snaps = near.snap_m[0] + near.stations_snap_m(0)[column]
            slow = np.where(np.array(stairs)[route.street], STAIRS, 1.0)
            speed = one.mode.speed_mps
            assert near.distance_m[0, column] == pytest.approx(along.sum() + snaps, abs=1e-6)
            told_m = near.time_s[0, column] * speed
            assert told_m == pytest.approx((along * slow).sum() + snaps, abs=1e-6)


# -- stores ----------------------------------------------------------------------------------


def test_slow_walkers_share_the_arrays_of_walkers(tmp_path: Path) -> None:
    streets = with_stairs(cross(), [True, False, False, False])
    store = StreetStore(tmp_path, streets)
    walk, slow = store.network("walk"), store.network("slow_walk")
    assert slow.out is walk.out
    assert slow.mode.code == "slow_walk"
    assert store.network("slow_walk", timed=True).out is store.network("walk", timed=True).out
    assert store.network("truck").out is store.network("car").out
    assert store.network("ebike") is store.network("ebike", timed=True)
    assert store.network("car") is store.network("car", timed=True)


def test_folder_of_an_older_import_opens_and_wheels_are_kept_off_its_stairs(tmp_path: Path) -> None:
    access = np.array([63, 63, 63, 63], np.uint8)
    level = replace(make_streets(cross()), access=frozen(access))
    streets = replace(level, flags=frozen(np.array([STEPS, 0, 0, 0], np.uint8)))
    streets.save(tmp_path / "streets")
    # An older program let e-bikes on stairs where a tag did.
    older = replace(build_network(level, find_mode("ebike")), streets=streets)
    for code, network in (
        ("walk", build_network(streets, find_mode("walk"))), ("ebike", older),
    ):  # fmt: skip
        network.save(tmp_path / "networks" / code)
    store = StreetStore(tmp_path)
    assert store.network("walk").travel.tolist() == [3, 3, 3, 3]
    assert store.network("walk").has_stairs
    assert store.network("ebike").travel.tolist() == [0, 3, 3, 3]
    assert store.network("truck").travel.tolist() == [0, 3, 3, 3]  # not saved at all


def test_truck_is_sent_only_where_it_is_known_that_it_can_park(tmp_path: Path) -> None:
    view = make_block_city(tmp_path / "city", []).current()
    places = [(100.0, 50.0), (200.0, 50.0), (300.0, 50.0), (400.0, 50.0)]
    told = [{"TRUCK_PARK": True}, {"TRUCK_PARK": False}, {}, {"TRUCK_PARK": True}]
    broken = [frozenset[str]()] * 3 + [frozenset({"TRUCK_PARK"})]
    view = with_places(view, places, facilities=told, broken=broken)
    assert len(view.placement(mode="car")) == 4
    assert view.placement(mode="truck").rows.tolist() == [0]
    assert view.lacking("truck") == {"no": 2, "unknown": 1}
    assert view.lacking("car") == {"no": 0, "unknown": 0}
    near = view.nearest([*lonlat(400.0, 50.0)], mode="truck")
    assert near.index.tolist() == [[0]]


def test_limit_in_minutes_is_measured_on_the_network_of_time(tmp_path: Path) -> None:
    view = make_block_city(tmp_path / "city", [(100.0, 50.0)]).current()
    network, limit = view.metric("15min", "walk")
    assert network is view.network("walk")  # blocks have no stairs
    assert limit == 999.0
    network, limit = view.metric(1000, "ebike")
    assert (network.timed, limit) == (True, 1000.0)
    for mode in view.modes:
        assert view.coverage(within_m="15min", mode=mode).total_m > 0
        assert view.nearest([*lonlat(120.0, 50.0)], mode=mode).outcome
