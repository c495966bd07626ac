"""Least detour between two points: paper, one-ways, and brute force."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.calendar import load_calendar
from locator.arrival import Visit
from locator.detour import Detours, find_detours, reverse_network
from locator.errors import InputError
from locator.hours.timetable import CLOSED, UNKNOWN, Timetable
from locator.open_nearest import Doors
from locator.pieces import locate_on_streets
from tests.hours import any_hours, decide
from tests.oracles import BACKWARD, FORWARD, Town, random_town
from tests.riding import RIDE, random_riding_town
from tests.test_arrival import moments
from tests.towns import cross, make_network, place

if TYPE_CHECKING:
    from locator.hours import Hours

MIDDLE = np.array([500_000.0, 3_500_000.0])
PARKED = RIDE.parking_s * RIDE.speed_mps


def ask(town: Town, start: list[float], end: list[float], k: int = 1) -> Detours:
    """Points in metres from the middle of the cross."""
    network = make_network(town)
    ends = MIDDLE + np.array([start, end], np.float64)
    return find_detours(network, place(network, town.stations), ends, k=k, snap_limit_m=1e6)


def test_station_on_the_way_costs_its_snap_alone() -> None:
    town = cross()
    town.stations = [(0, 60.0, 4.0), (1, 10.0, 0.0)]
    found = ask(town, [90.0, 0.0], [-50.0, 0.0], k=2)
    assert found.outcome == "found"
    assert found.direct == pytest.approx(140.0)
    assert found.index.tolist() == [0, 1]
    assert found.detour.tolist() == pytest.approx([8.0, 20.0])
    assert (found.there + found.onward).tolist() == pytest.approx([148.0, 160.0])


def test_station_nearest_to_the_start_is_not_always_the_least_detour() -> None:
    town = cross()
    town.stations = [(1, 20.0, 0.0), (2, 90.0, 0.0)]
    found = ask(town, [10.0, 0.0], [-95.0, 0.0])
    assert found.index.tolist() == [1]
    assert found.detour[0] == pytest.approx(0.0, abs=1e-9)


def test_detour_goes_with_the_traffic_both_ways() -> None:
    """Named after access#18: demand is wrong with asymmetric costs."""
    town = cross()
    town.travel[1] = FORWARD  # the north street leads away from the middle: no way back
    town.stations = [(1, 20.0, 0.0), (3, 90.0, 0.0)]
    found = ask(town, [50.0, 0.0], [-50.0, 0.0], k=2)
    assert found.index.tolist() == [1]
    assert found.detour[0] == pytest.approx(180.0)


def test_no_way_and_no_street_have_their_outcomes() -> None:
    town = cross()
    assert ask(town, [50.0, 0.0], [-50.0, 0.0]).outcome == "unreachable"
    network = make_network(town)
    ends = MIDDLE + np.array([[50.0, 0.0], [0.0, 5000.0]])
    found = find_detours(network, place(network, []), ends, snap_limit_m=250.0)
    assert found.outcome == "outside"
    with pytest.raises(InputError):
        find_detours(network, place(network, []), ends, k=0, snap_limit_m=250.0)


@given(seed=st.integers(0, 10_000), k=st.integers(1, 3))
def test_detours_equal_brute_force(seed: int, k: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    ends = rng.uniform(0, 400, (2, 2))
    start, end = (ends - MIDDLE).tolist()
    found = ask(town, start, end, k=k)
    there, onward, direct = brute_legs(town, ends)
    total = there + onward
    # which station goes first where two are alike may hang on a hair: compare the lengths
    expected = sorted(max(one - direct, 0.0) for one in total.tolist() if np.isfinite(one))[:k]
    assert found.detour.tolist() == pytest.approx(expected, abs=2e-3)
    assert (found.detour >= 0).all()
    for row, extra in zip(found.index.tolist(), found.detour.tolist(), strict=True):
        assert extra == pytest.approx(max(total[row] - direct, 0.0), abs=1e-6)


@settings(max_examples=40)
@given(
    seed=st.integers(0, 10_000),
    hours=st.lists(any_hours(), min_size=7, max_size=7),
    minute=st.integers(0, 3 * 1440),
    stay_min=st.sampled_from([0, 0, 10, 45]),
    k=st.integers(1, 4),
    open_only=st.booleans(),
)
def test_detours_by_opening_equal_brute_force(
    seed: int, hours: list[Hours], minute: int, stay_min: int, k: int, open_only: bool
) -> None:
    """Never one closed when one comes by before an open one, and among those the least detour."""
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    ends = rng.uniform(0, 400, (2, 2))
    when = datetime(2026, 4, 30) + timedelta(minutes=minute, seconds=int(rng.integers(0, 60)))
    network, calendar, count = make_network(town), load_calendar(), len(town.stations)
    timetable = Timetable.compile(hours[:count], calendar)
    visit = Visit(when, stay_min, open_only=open_only)
    doors = Doors(timetable, np.zeros(count, bool), visit, by_time=True)
    placement = place(network, town.stations)
    found = find_detours(network, placement, ends, k=k, snap_limit_m=1e6, doors=doors)
    there, onward, direct = brute_legs(town, ends)
    expected = []
    for row in np.flatnonzero(np.isfinite(there + onward)).tolist():
        arrival = when + timedelta(seconds=there[row] / 1.11)
        states = [decide(hours[row], calendar, one) for one in moments(arrival, stay_min)]
        group = 2 if CLOSED in states else 1 if UNKNOWN in states else 0
        if group == 0 or not open_only:
            expected.append((group, max(there[row] + onward[row] - direct, 0.0), row))
    groups = {row: group for group, _, row in expected}
    expected = sorted(expected)[:k]
    assert [groups[row] for row in found.index.tolist()] == [one[0] for one in expected]
    assert found.detour.tolist() == pytest.approx([one[1] for one in expected], abs=2e-3)
    assert (found.outcome == "found") == bool(expected)


def brute_legs(town: Town, ends: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """From the first point to all stations, from them to the second, and the way without one."""
    snaps = [town.snap(x, y) for x, y in ends.tolist()]
    there = town.point_distances(*snaps[0][1:], town.all_distances()) + snaps[0][0]
    # against the traffic: the same streets with every direction turned round
    swapped = {FORWARD: BACKWARD, BACKWARD: FORWARD}
    travel = [swapped.get(way, way) for way in town.travel]
    turned = Town(town.nodes, town.ends, town.lines, travel, town.stations)
    onward = turned.point_distances(*snaps[1][1:], turned.all_distances()) + snaps[1][0]
    goal = Town(town.nodes, town.ends, town.lines, town.travel, [(*snaps[1][1:], snaps[1][0])])
    direct = goal.from_point(*snaps[0][1:], 0, goal.all_distances()) + snaps[0][0]
    return there, onward, float(direct)


def test_reversed_twice_is_the_same_network() -> None:
    town = cross()
    town.travel[2] = FORWARD
    network = make_network(town)
    twice = reverse_network(reverse_network(network))
    for side in ("out", "into"):
        for one, other in zip(
            getattr(network, side).group, getattr(twice, side).group, strict=True
        ):
            assert one.tolist() == other.tolist()
    assert twice.travel.tolist() == network.travel.tolist()


@pytest.mark.parametrize("seed", range(30))
def test_parked_vehicle_is_fetched_where_it_was_left(seed: int) -> None:
    """Against all nodes and all stations: one stand a station, for both ways."""
    rng = np.random.default_rng(seed)
    town = random_riding_town(rng)
    network, placement = town.placed()
    usable = np.flatnonzero(network.travel)
    if not len(usable):
        return
    street = rng.choice(usable, 2).astype(np.int32)
    offset = rng.uniform(0, 1, 2) * network.streets.length_m[street]
    ends = locate_on_streets(network.streets, street, offset)
    found = find_detours(network, placement, ends, k=3, snap_limit_m=1e6)
    at = network.snap(ends, 1e6)
    places = [
        (int(at.street[i]), float(at.offset_m[i]), float(at.snap_m[i]) * network.snap_cost)
        for i in (0, 1)
    ]
    ride, swapped = town.ride, {FORWARD: BACKWARD, BACKWARD: FORWARD}
    turned = [swapped.get(way, way) for way in ride.travel]
    away = Town(ride.nodes, ride.ends, ride.lines, turned, places[:1])
    goal = Town(ride.nodes, ride.ends, ride.lines, ride.travel, places[1:])
    away.length = goal.length = ride.length
    direct = goal.from_point(*places[0][:2], 0, goal.all_distances()) + places[0][2]
    stands = town.stand_costs()
    total = away.station_to_nodes(0) + goal.station_to_nodes(0) + 2 * stands - PARKED
    best = total.min(axis=1) if len(stands) else np.empty(0)
    expected = sorted(max(one - direct, 0.0) for one in best.tolist() if np.isfinite(one))[:3]
    assert found.detour.tolist() == pytest.approx(expected, abs=1e-4)
