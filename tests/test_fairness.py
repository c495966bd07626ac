"""Fairness between areas: worked out on paper, and against the definition."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from locator.area_table import AreaTable
from locator.fairness import measure_fairness, weighted_gini
from locator.spread import Spread

NAMES = {"1": "东区", "2": "西区", "3": "空区"}


def table(*rows: tuple[float, float, float], unit: str = "m") -> AreaTable:
    codes = tuple(str(i + 1) for i in range(len(rows) - 1))
    return AreaTable(codes, np.array(rows, np.float64), unit)


def spread(mean: float | None, total: float) -> Spread:
    return Spread(mean, mean, mean, mean, 0.0, (), total, 0.0)


def test_best_worst_and_gap_leave_out_what_is_outside_or_empty() -> None:
    made = table((80, 20, 0), (30, 60, 10), (0, 0, 0), (0, 999, 0))
    fair = measure_fairness(made, NAMES)
    assert (fair.best, fair.worst) == ("东区", "西区")
    assert fair.gap == pytest.approx(0.5)
    assert fair.gini_share == pytest.approx(0.5 / (4 * 0.55))
    assert fair.gini_mean is None
    assert fair.sentence() == (
        "按街道长度算，东区覆盖率最高，为80.0%；西区最低，为30.0%，相差50.0个百分点。"
    )
    assert "50.0 percentage points apart" in fair.sentence(lang="en")


def test_equal_areas_are_even() -> None:
    fair = measure_fairness(table((50, 50, 0), (5, 5, 0), (0, 0, 0), unit="人"), NAMES)
    assert fair.gini_share == 0.0
    assert fair.sentence() == "按人算，各区域覆盖率都是50.0%。"
    assert fair.sentence(lang="en") == "By 人, every area is covered to 50.0%."


@pytest.mark.parametrize("rows", [[(0, 0, 0)], [(1, 1, 0), (0, 0, 0)]])
def test_fewer_than_two_areas_are_not_compared(rows: list[tuple[float, float, float]]) -> None:
    fair = measure_fairness(table(*rows), NAMES)
    assert fair.gap is None
    assert fair.to_json()["best"] is None
    assert fair.sentence() == "能比较的区域不到两个。"
    assert "Fewer than two" in fair.sentence(lang="en")


def test_mean_ways_weigh_by_what_can_reach_a_station() -> None:
    made = table((80, 20, 0), (30, 60, 10), (0, 0, 0))
    ways = {"1": spread(100.0, 100.0), "2": spread(300.0, 100.0), None: spread(9.0, 9.0)}
    assert measure_fairness(made, NAMES, ways).gini_mean == pytest.approx(0.25)
    alone = {"1": spread(100.0, 100.0), "2": spread(None, 100.0), None: spread(None, 0.0)}
    assert measure_fairness(made, NAMES, alone).gini_mean is None


@given(st.lists(st.tuples(st.floats(0, 1000), st.floats(0.01, 1000)), min_size=1, max_size=30))
def test_gini_is_half_the_mean_difference_over_the_mean(rows: list[tuple[float, float]]) -> None:
    x, w = np.array(rows).T
    if not (w * x).sum() > 1e-6:
        return
    slow = (w[:, None] * w * np.abs(x[:, None] - x)).sum() / (2 * w.sum() * (w * x).sum())
    assert weighted_gini(x, w) == pytest.approx(slow, abs=1e-9)
    assert weighted_gini(x[::-1], w[::-1]) == pytest.approx(weighted_gini(x, w), abs=1e-12)
    assert 0.0 <= weighted_gini(x, w) < 1.0 + 1e-12


def test_gini_of_nothing_is_zero() -> None:
    assert weighted_gini(np.zeros(3), np.ones(3)) == 0.0
    assert weighted_gini(np.ones(3), np.zeros(3)) == 0.0
    assert weighted_gini(np.zeros(0), np.zeros(0)) == 0.0
