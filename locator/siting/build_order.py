"""In which order the sites of a plan are built, and what each adds, in the plan's unit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.siting.ordering import order_sites

if TYPE_CHECKING:
    from locator.siting.city_problem import CityProblem
    from locator.siting.solution import Solution

NO_SITES: Ints = frozen([], np.int32)


def used_columns(city: CityProblem, answer: Solution | None) -> Ints:
    """Columns of a solution without the sites that add nothing and nobody asked to keep."""
    if answer is None or city.problem is None:
        return NO_SITES
    spare = np.setdiff1d(answer.spare, city.problem.fixed)
    return frozen(np.setdiff1d(answer.sites, spare), np.int32)


def order_plan(city: CityProblem, columns: Ints) -> tuple[Ints, Floats]:
    """Candidates in build order and what each adds; those that are kept come first.

    Returns
    -------
    rows : (n,) int32
    gain : (n,)
        What is covered newly by each, or by how much mean or worst fall.
    """
    if city.problem is None:
        return NO_SITES, frozen([], np.float64)
    scale = 1.0 if city.problem.objective == "set_cover" else abs(city.scale)
    standing = np.arange(city.shift)
    bare = city.pose(fixed=frozen(standing, np.int32)).problem
    assert bare is not None  # noqa: S101  (the city has one)
    first = order_sites(bare, np.union1d(standing, city.problem.fixed).tolist())
    rest = order_sites(city.problem, np.union1d(city.problem.fixed, columns).tolist())
    sites = np.concatenate((first.sites, rest.sites))
    return city.rows_of(frozen(sites, np.int32)), frozen(
        np.concatenate((first.gain, rest.gain)) * scale
    )
