"""What each closing loses is what measuring anew without the station says."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from locator.alone import measure_losses, open_only
from locator.counted import Counted, count_length
from locator.coverage import measure_coverage
from locator.errors import InputError
from locator.hours import Hours, Rule
from locator.losses import Losses, find_pairs, measure_hourly, rank_hosts
from locator.openings import find_openings, ordinary_days
from tests.oracles import Town, random_town
from tests.towns import cross, make_network, place

if TYPE_CHECKING:
    from locator.network import StreetNetwork

LIMITS = (37.0, 150.0, 400.0, 1000.0)


def covered_without(network: StreetNetwork, town: Town, closed: set[int], limit: float) -> float:
    left = [station for row, station in enumerate(town.stations) if row not in closed]
    return measure_coverage(network, place(network, left), limit, depths=False).covered_m


def lost_by(network: StreetNetwork, town: Town, closed: set[int], limit: float) -> float:
    return covered_without(network, town, set(), limit) - covered_without(
        network, town, closed, limit
    )


def measured(network: StreetNetwork, town: Town, limit: float, **more: object) -> np.ndarray:
    counted = count_length(network.streets)
    lost = measure_losses(network, place(network, town.stations), limit, counted, **more)
    return lost.sum(axis=1)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(LIMITS))
def test_loss_of_every_station_equals_measuring_without_it(seed: int, limit: float) -> None:
    town = random_town(np.random.default_rng(seed))
    network = make_network(town)
    found = measured(network, town, limit)
    assert len(found) == len(town.stations)
    for row, lost in enumerate(found.tolist()):
        assert lost == pytest.approx(lost_by(network, town, {row}, limit), abs=1e-5)


@given(st.integers(0, 10_000), st.sampled_from(LIMITS), st.integers(1, 4))
def test_loss_of_a_group_equals_measuring_without_all_of_it(
    seed: int, limit: float, groups: int
) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    network = make_network(town)
    group = rng.integers(0, groups, len(town.stations))
    for one, lost in enumerate(measured(network, town, limit, group=group).tolist()):
        closed = set(np.flatnonzero(group == one).tolist())
        assert lost == pytest.approx(lost_by(network, town, closed, limit), abs=1e-5)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(LIMITS))
def test_loss_of_every_pair_equals_measuring_without_both(seed: int, limit: float) -> None:
    town = random_town(np.random.default_rng(seed))
    network = make_network(town)
    placement, counted = place(network, town.stations), count_length(network.streets)
    codes = [f"S{row}" for row in range(len(town.stations))]
    lost = measure_losses(network, placement, limit, counted)
    pairs = find_pairs(network, placement, limit, counted, codes, lost, most=100)
    known = {pair.codes: pair for pair in pairs}
    alone = lost.sum(axis=1)
    for one, two in combinations(range(len(codes)), 2):
        together = lost_by(network, town, {one, two}, limit)
        pair = known.get((codes[one], codes[two]))
        if pair is None:
            assert together == pytest.approx(alone[one] + alone[two], abs=2e-3)
        else:
            assert pair.lost == pytest.approx(together, abs=1e-5)
            assert pair.beyond == pytest.approx(together - alone[one] - alone[two], abs=1e-5)
    beyond = [round(pair.beyond, 3) for pair in pairs]
    assert beyond == sorted(beyond, reverse=True)


@settings(max_examples=40)
@given(st.integers(0, 10_000), st.sampled_from(LIMITS))
def test_losses_add_up_to_what_has_one_station_only(seed: int, limit: float) -> None:
    town = random_town(np.random.default_rng(seed))
    network = make_network(town)
    cover = measure_coverage(network, place(network, town.stations), limit)
    assert measured(network, town, limit).sum() == pytest.approx(cover.depth_m["1"], abs=1e-5)


def test_losses_on_the_cross_by_hand() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0), (1, 50.0, 0.0)]
    network = make_network(town)
    # Each has its own outer half and the 40 m between its limit and the other's on its own
    # street; the other two streets have both up to 10 m.
    assert measured(network, town, 60.0).tolist() == pytest.approx([90.0, 90.0])
    placement, counted = place(network, town.stations), count_length(network.streets)
    lost = measure_losses(network, placement, 60.0, counted)
    (pair,) = find_pairs(network, placement, 60.0, counted, ["A", "B"], lost)
    assert pair.codes == ("A", "B")
    assert pair.beyond == pytest.approx(40.0)
    assert pair.lost == pytest.approx(220.0)


def test_two_stations_at_one_place_lose_nothing_each_and_all_together() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0), (0, 50.0, 0.0), (2, 100.0, 0.0)]
    network = make_network(town)
    assert measured(network, town, 30.0).tolist() == pytest.approx([0.0, 0.0, 30.0])
    assert measured(network, town, 30.0, group=[0, 0, 1]).tolist() == pytest.approx([60.0, 30.0])


def test_losses_by_area_and_weight() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]
    network = make_network(town)
    spans = np.array([[0.0, 60.0], [60.0, 100.0], [0.0, 100.0], [0.0, 100.0], [0.0, 100.0]])
    area = np.array([0, 1, -1, -1, -1], np.int32)
    weight = np.array([1.0, 3.0, 1.0, 1.0, 1.0])
    counted = Counted(np.array([0, 2, 3, 4, 5]), spans, area, weight, ("A", "B"), "人")
    lost = measure_losses(network, place(network, town.stations), 40.0, counted)
    np.testing.assert_allclose(lost, [[50.0, 30.0 * 3.0, 0.0]])


def test_losses_without_stations_are_none() -> None:
    town = cross()
    network = make_network(town)
    placement, counted = place(network, []), count_length(network.streets)
    lost = measure_losses(network, placement, 40.0, counted)
    assert lost.shape == (0, 1)
    assert find_pairs(network, placement, 40.0, counted, [], lost) == ()


def test_losses_refuse_what_cannot_be() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0)]
    network = make_network(town)
    with pytest.raises(InputError, match="more than 0"):
        measured(network, town, 0.0)
    with pytest.raises(InputError, match="2 groups from 0 on for 1 stations"):
        measured(network, town, 10.0, group=[0, 1])
    with pytest.raises(InputError, match="from 0 on"):
        measured(network, town, 10.0, group=[-1])


def test_hosts_are_ranked_and_stations_of_no_host_close_alone() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0), (0, 60.0, 0.0), (1, 100.0, 0.0), (2, 100.0, 0.0)]
    network = make_network(town)
    placement, counted = place(network, town.stations), count_length(network.streets)
    hosts = {"A": "银行", "B": "银行", "C": "邮局", "D": ""}
    ranked = rank_hosts(network, placement, 30.0, counted, ["A", "B", "C", "D"], hosts)
    assert [row[:2] for row in ranked] == [("银行", ("A", "B")), ("邮局", ("C",))]
    assert [row[2] for row in ranked] == pytest.approx([70.0, 30.0])
    assert rank_hosts(network, placement, 30.0, counted, ["A", "B", "C", "D"], {}) == ()


@pytest.mark.parametrize("seed", range(20))
def test_placement_of_open_stations_only_covers_what_they_cover(seed: int) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    network = make_network(town)
    mask = rng.random(len(town.stations)) < 0.5
    opened = open_only(place(network, town.stations), mask)
    closed = set(np.flatnonzero(~mask).tolist())
    cover = measure_coverage(network, opened, 200.0, depths=False)
    assert cover.covered_m == pytest.approx(covered_without(network, town, closed, 200.0))


def test_hours_lost_follow_who_is_open_when() -> None:
    town = cross()
    town.stations = [(0, 50.0, 0.0), (0, 50.0, 0.0), (1, 100.0, 0.0), (2, 100.0, 0.0)]
    network = make_network(town)
    placement, counted = place(network, town.stations), count_length(network.streets)
    day, night = (
        Hours((Rule(127, 480, 1080),), known=True),
        Hours((Rule(127, 0, 1440),), known=True),
    )
    openings = find_openings([day, night, day, Hours()], ordinary_days())
    hourly = measure_hourly([(network, placement, 30.0, counted)], openings)
    # The first is never alone; the second is for 14 hours a day; the third always when open.
    expected = [0.0, 60.0 * 14 * 7, 30.0 * 10 * 7, 0.0]
    np.testing.assert_allclose(hourly.lost.sum(axis=1), expected)
    assert hourly.idle.tolist() == [1, 0, 0, -1]  # nobody knows the hours of the last
    assert hourly.sure.tolist() == [True, True, True, False]


def test_losses_are_listed_worst_first_and_equal_ones_by_code() -> None:
    made = Losses(
        500.0, ("A", "B", "C", "D"), np.array([[1.0], [5.0004], [5.0], [0.0]]), (), "m", None, (),
        (),
    )  # fmt: skip
    document = made.to_document()
    assert [row["code"] for row in document["stations"]] == ["B", "C", "A", "D"]
    assert document["stations"][0] == {"code": "B", "lost_m": 5.0}
    assert made.of("C") == 5.0
    with pytest.raises(InputError, match="'X'"):
        made.of("X")
