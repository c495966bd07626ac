"""Coverage by area: on paper, and the law that areas add up to the whole."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.area_table import tabulate_coverage
from locator.areas_on_streets import split_streets
from locator.arrays import frozen
from locator.counted import Counted, count_length
from locator.coverage import Coverage, measure_coverage, measure_depths
from tests.oracles import Town, random_town
from tests.test_areas_on_streets import random_areas, square
from tests.towns import cross, make_network, make_streets, place


def covered(town: Town, within_m: float) -> Coverage:
    network = make_network(town)
    return measure_coverage(network, place(network, town.stations), within_m)


def by_area(town: Town, areas: list[Any]) -> Counted:
    split = split_streets(make_streets(town), areas)
    codes = tuple(f"{i:03d}" for i in range(len(areas)))
    return Counted(split.first, split.span_m, split.area, frozen(np.ones(len(split.area))), codes)


def points(town: Town, rows: list[tuple[int, float, float]]) -> Counted:
    """Demand at (street, offset, amount), a millimetre each; streets ascending."""
    count = len(town.lines)
    street = np.array([row[0] for row in rows])
    at = np.array([row[1] for row in rows])
    low = np.maximum(at - 5e-4, 0.0)
    high = np.minimum(at + 5e-4, np.array(town.length)[street])
    first = np.concatenate(([0], np.cumsum(np.bincount(street, minlength=count))))
    amount = np.array([row[2] for row in rows])
    return Counted(
        first, np.column_stack((low, high)), np.full(len(rows), -1, np.int32),
        amount / (high - low), (), "people", at,
    )  # fmt: skip


def test_areas_tell_covered_uncovered_and_unreachable_apart() -> None:
    town = cross()
    town.travel = [1, 3, 3, 3]  # the eastern street leads outward only
    town.stations = [(0, 60.0, 0.0)]
    counted = by_area(town, [square(0, -5, 40, 5), square(40, -5, 200, 5)])
    table = tabulate_coverage(covered(town, 70.0), counted)
    assert table.codes == ("000", "001")
    # Streets 1 to 3 begin in the first area, on its border, and 5 m of two of them lie in it.
    assert table.sums[1].tolist() == pytest.approx([20.0, 0.0, 40.0])
    assert table.total.sum() == pytest.approx(400.0)
    assert table.share[1] == pytest.approx(1 / 3)
    assert table.covered.sum() == pytest.approx(90.0)
    assert table.off == 0.0
    assert repr(table) == "<AreaTable: 2 areas, 400 m>"


def test_area_without_streets_has_no_share() -> None:
    town = cross()
    town.stations = [(0, 60.0, 0.0)]
    table = tabulate_coverage(covered(town, 70.0), by_area(town, [square(300, 300, 301, 301)]))
    assert np.isnan(table.share[0])
    assert table.total[0] == 0.0


def test_point_counts_as_a_whole_and_at_the_limit_it_counts() -> None:
    """Named after accessmod#393, #394 and access#18: a point exactly at the limit is covered."""
    town = cross()
    town.stations = [(0, 100.0, 0.0)]
    cover = covered(town, 150.0)  # ends 50 m along the three other streets
    counted = points(town, [(0, 0.0, 3.0), (1, 50.0, 7.0), (2, 50.002, 11.0), (3, 100.0, 13.0)])
    table = tabulate_coverage(cover, counted)
    assert table.sums.tolist() == [pytest.approx([10.0, 24.0, 0.0])]


def test_points_at_one_place_of_one_way_streets_take_the_better_state() -> None:
    town = cross()
    town.travel = [1, 3, 3, 3]
    town.stations = [(0, 60.0, 0.0)]
    table = tabulate_coverage(covered(town, 70.0), points(town, [(0, 60.0, 2.0), (0, 61.0, 5.0)]))
    assert table.sums.tolist() == [pytest.approx([2.0, 0.0, 5.0])]


def test_demand_off_the_streets_of_the_mode_is_told_apart() -> None:
    town = cross()
    town.travel = [0, 3, 3, 3]
    town.stations = [(1, 50.0, 0.0)]
    cover = covered(town, 1000.0)
    streets = make_streets(town)
    table = tabulate_coverage(cover, count_length(streets))
    assert (table.total.sum(), table.off) == (300.0, 100.0)
    table = tabulate_coverage(cover, points(town, [(0, 50.0, 5.0), (1, 50.0, 6.0)]))
    assert table.total.sum() == pytest.approx(6.0)
    assert table.off == pytest.approx(5.0)


@given(st.integers(0, 10_000), st.floats(1.0, 800.0))
def test_areas_add_up_to_the_city(seed: int, within_m: float) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    areas = random_areas(rng, 4)
    cover = covered(town, within_m)
    counted = by_area(town, areas)
    table = tabulate_coverage(cover, counted)
    whole = [cover.covered_m, cover.uncovered_m, cover.unreachable_m]
    scale = cover.total_m
    assert table.sums.sum(axis=0) == pytest.approx(whole, rel=1e-9, abs=1e-9 * scale)
    network = cover.network
    depths = measure_depths(network, place(network, town.stations), within_m, counted)
    np.testing.assert_allclose(depths.sum(axis=1), table.covered, atol=1e-9 * scale + 1e-9)


@given(st.integers(0, 10_000), st.floats(1.0, 800.0))
def test_longer_limit_covers_no_area_less(seed: int, within_m: float) -> None:
    rng = np.random.default_rng(seed)
    town = random_town(rng)
    counted = by_area(town, random_areas(rng, 3))
    one, other = (tabulate_coverage(covered(town, r), counted) for r in (within_m, 1.3 * within_m))
    assert (other.covered >= one.covered - 1e-6).all()
    np.testing.assert_allclose(other.total, one.total, rtol=1e-12)
    np.testing.assert_allclose(other.unreachable, one.unreachable, atol=1e-9)
