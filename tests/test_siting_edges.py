"""The best point on a street, beside measuring the city anew at every metre."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from locator.counted import Counted, count_length
from locator.coverage import measure_coverage
from locator.errors import InputError
from locator.siting.candidate_edges import WORTHWHILE_M, EdgePoints, find_edge_points
from locator.siting.candidate_worth import Worth, find_worth, measure_gains
from tests.oracles import Town, random_town
from tests.towns import cross, make_network, place

if TYPE_CHECKING:
    from locator.network import StreetNetwork


def gain_at(network: StreetNetwork, town: Town, within_m: float, at: tuple[int, float]) -> float:
    """What a station at a place covers newly, measured by covering the town twice."""
    before = measure_coverage(network, place(network, town.stations), within_m, depths=False)
    stations = [*town.stations, (at[0], at[1], 0.0)]
    after = measure_coverage(network, place(network, stations), within_m, depths=False)
    return after.covered_m - before.covered_m


def find(town: Town, within_m: float, most_streets: int = 1000) -> tuple[StreetNetwork, EdgePoints]:
    network = make_network(town)
    cover = measure_coverage(network, place(network, town.stations), within_m, depths=False)
    return network, find_edge_points(
        cover, count_length(network.streets), most_streets=most_streets
    )


def test_edge_points_on_one_long_street_stand_where_the_limit_fits_on_both_sides() -> None:
    town = cross()
    town.lines = [line * 1.0 for line in town.lines]
    middle = town.nodes[0]
    town.nodes[1] = middle + np.array([1000.0, 0.0])
    town.lines[0] = np.vstack((middle, town.nodes[1]))
    _, found = find(town, 100.0)
    # At the crossing four arms of 100 m are gained, and nowhere more: 400 m. Along the long street
    # 200 m are gained at most, so it holds no point that is better than its ends.
    assert found.most == pytest.approx(400.0)
    assert len(found) == 0


def test_edge_points_between_two_covered_ends_stand_in_the_middle_of_the_gap() -> None:
    town = cross()
    town.stations = [(0, 100.0, 0.0), (2, 100.0, 0.0), (1, 100.0, 0.0), (3, 100.0, 0.0)]
    town.nodes[1] = town.nodes[0] + np.array([1000.0, 0.0])
    town.lines[0] = np.vstack((town.nodes[0], town.nodes[1]))
    town.stations[0] = (0, 1000.0, 0.0)
    # All is covered within 100 m but 0..900 of the long street: any of 100..800 gains 200 m, the
    # crossing 100 m, its far end nothing.
    _, found = find(town, 100.0)
    assert found.street.tolist() == [0]
    assert found.offset_m.tolist() == pytest.approx([100.0])
    assert found.gain.tolist() == pytest.approx([200.0])
    assert found.most == pytest.approx(200.0)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000), st.floats(20.0, 900.0))
@example(7, 250.0)
def test_edge_points_of_a_random_town_are_nowhere_beaten_at_any_metre(
    seed: int, within_m: float
) -> None:
    town = random_town(np.random.default_rng(seed))
    network, found = find(town, within_m)
    best = dict(zip(found.street.tolist(), found.gain.tolist(), strict=True))
    rng = np.random.default_rng(seed + 1)
    streets = np.flatnonzero(network.travel != 0)
    for street in rng.permutation(streets)[:4].tolist():
        run = town.length[street]
        ends = max(gain_at(network, town, within_m, (street, x)) for x in (0.0, run))
        for x in np.arange(0.0, run, max(1.0, run / 60)).tolist():
            gain = gain_at(network, town, within_m, (street, x))
            assert gain <= found.most + 1e-5
            if street in best:
                assert gain <= max(best[street], ends) + 1e-5


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000), st.floats(20.0, 900.0))
def test_edge_points_of_a_random_town_gain_what_they_say(seed: int, within_m: float) -> None:
    town = random_town(np.random.default_rng(seed))
    network, found = find(town, within_m)
    for street, offset, gain in zip(
        found.street.tolist(), found.offset_m.tolist(), found.gain.tolist(), strict=True
    ):
        assert gain == pytest.approx(gain_at(network, town, within_m, (street, offset)), abs=1e-5)
        ends = max(
            gain_at(network, town, within_m, (street, x)) for x in (0.0, town.length[street])
        )
        assert gain > ends + WORTHWHILE_M - 1e-5


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 100_000), st.floats(20.0, 600.0))
def test_edge_points_when_few_streets_are_looked_at_still_bound_all(
    seed: int, within_m: float
) -> None:
    town = random_town(np.random.default_rng(seed))
    assert find(town, within_m, 2)[1].most >= find(town, within_m)[1].most - 1e-6


def test_edge_points_weighed_by_demand_move_to_where_people_are() -> None:
    town = cross()
    town.stations = [(1, 100.0, 0.0), (2, 100.0, 0.0), (3, 100.0, 0.0)]
    town.nodes[1] = town.nodes[0] + np.array([1000.0, 0.0])
    town.lines[0] = np.vstack((town.nodes[0], town.nodes[1]))
    network = make_network(town)
    cover = measure_coverage(network, place(network, town.stations), 100.0, depths=False)
    counted = Counted(
        np.array([0, 2, 2, 2, 2]), np.array([[0.0, 600.0], [600.0, 700.0]]),
        np.array([-1, -1], np.int32), np.array([0.01, 1.0]), (), "人",
    )  # fmt: skip
    found = find_edge_points(cover, counted)
    # 100 people on 600..700, all within 100 m of 600..700; from 600 a hundred metres of 0.01 more.
    assert found.street.tolist() == [0]
    assert found.offset_m.tolist() == pytest.approx([600.0])
    assert found.gain.tolist() == pytest.approx([101.0])


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 100_000), st.floats(20.0, 900.0))
def test_gains_of_places_are_what_covering_the_town_again_leaves_less(
    seed: int, within_m: float
) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    network = make_network(town)
    metres = count_length(network.streets)
    counted = replace(metres, weight=rng.choice([0.0, 0.01, 1.0, 700.0], len(metres)))

    def left(stations: list[tuple[int, float, float]]) -> Worth:
        cover = measure_coverage(network, place(network, stations), within_m, depths=False)
        return find_worth(cover, counted)

    street = rng.permutation(np.flatnonzero(network.travel != 0))[:4]
    offset = np.array([town.length[s] for s in street]) * rng.choice([0.0, 0.4, 1.0], len(street))
    before = left(town.stations)
    found = measure_gains(network, before, within_m, street, offset)
    for s, x, gain in zip(street.tolist(), offset.tolist(), found.tolist(), strict=True):
        after = left([*town.stations, (s, x, 0.0)])
        assert gain == pytest.approx(before.total[-1] - after.total[-1], abs=1e-3, rel=1e-9)


def test_edge_points_with_a_number_below_zero_are_refused() -> None:
    with pytest.raises(InputError, match="most_streets"):
        find(cross(), 100.0, -1)
