"""Plans with a budget, floors and backups, with certificates: one line an instance.

The city has 20,000 crossings, 2,000 candidates of different cost and 50 stations, made from a seed.
What is asserted is the quality reached within a time limit. A second site for all has a loose bound
by nature: half of a row's worth is paid to each site, and single sites earn it too.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from locator.siting import Problem, Solution, solve
from locator.siting.measures import cover_areas
from tests.siting_cities import City, make_city

NEW, OLD, SIDE = 2_000, 50, 142
FIXED = range(NEW, NEW + OLD)
PRICES = np.append(np.random.default_rng(7).integers(1, 10, NEW), np.zeros(OLD)).astype(float)


@pytest.fixture(scope="module")
def city() -> City:
    return make_city(20_000, NEW, OLD)


@pytest.fixture(scope="module", autouse=True)
def _warm() -> None:
    """Load the kernels before anything is timed."""
    covers = np.random.default_rng(0).random((40, 20)) < 0.3
    solve(Problem.max_cover(covers, None, 5, need=2), iterations=6)
    solve(Problem.max_cover(covers, None, 5, budget=3), iterations=6)


def test_budget(city: City, measured: Callable[..., Solution]) -> None:
    problem = Problem.max_cover(
        city.covers(1000.0), city.weight, None, FIXED, site_costs=PRICES, budget=100.0
    )
    assert measured("coverage for a budget of 100", problem, limit_s=20.0).gap <= 0.002


def test_budget_of_cost(city: City, measured: Callable[..., Solution]) -> None:
    problem = Problem.p_median(
        city.costs(), None, city.weight, FIXED, beyond=2500.0, site_costs=PRICES, budget=100.0
    )
    assert measured("mean distance for a budget of 100", problem, limit_s=30.0).gap <= 1e-4


def test_floor(city: City, measured: Callable[..., Solution]) -> None:
    at = np.arange(len(city.weight))
    areas = (at % SIDE * 2 // SIDE) + 2 * (at // SIDE * 2 // SIDE)
    total = np.bincount(areas, city.weight, 4)
    problem = Problem.max_cover(
        city.covers(1000.0), city.weight, OLD + 20, FIXED, areas=areas, floors=0.54 * total
    )
    answer = measured("coverage of 54 % in each quarter, 20 new", problem, limit_s=20.0)
    assert answer.gap <= 0.002
    assert (cover_areas(problem, answer.sites) >= 0.54 * total).all()


def test_backup(city: City, measured: Callable[..., Solution]) -> None:
    problem = Problem.max_cover(city.covers(1000.0), city.weight, OLD + 20, FIXED, need=2)
    assert measured("coverage by two sites, 20 new", problem, limit_s=20.0).gap <= 0.10
