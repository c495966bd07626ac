"""What sites are worth and whether they keep to what is asked, measured from the matrix alone.

Imports numpy and nothing else, on purpose, as `locator.siting.certificate`, which builds on it.
"""

from __future__ import annotations

from math import ceil, fsum, inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

EXACT = 1e-12  # relative: how well a stated number must be met

Array = NDArray[Any]


def owning_rows(first: Array) -> Array:
    """Row of each pair."""
    return np.repeat(np.arange(len(first) - 1, dtype=np.int32), np.diff(first))


def _pairs_of(problem: Any, sites: Array) -> tuple[Array, Array]:
    """Places of the pairs of some sites, and their rows."""
    chosen = np.zeros(problem.candidates, bool)
    chosen[sites] = True
    pairs = np.flatnonzero(chosen[problem.candidate])
    return pairs, np.searchsorted(problem.first, pairs, side="right") - 1


def measure_rows(problem: Any, sites: Array) -> Array:
    """Least cost of each row to one of the sites, inf where none serves it; O(pairs)."""
    pairs, row = _pairs_of(problem, sites)
    cost = np.full(problem.rows, inf)
    np.minimum.at(cost, row, problem.cost[pairs])
    return cost


def count_sites(problem: Any, sites: Array) -> Array:
    """How many of the sites each row has; O(pairs)."""
    _, row = _pairs_of(problem, sites)
    return np.bincount(row, minlength=problem.rows)


def lacking_sites(problem: Any) -> Array:
    """How many sites each row needs beside the fixed ones; zero or less: it has them."""
    need = problem.need if len(problem.need) else np.ones(problem.rows, np.int32)
    lack: Array = need - count_sites(problem, problem.fixed)
    return lack


def must_serve(problem: Any) -> Array:
    """Which rows have weight and some candidate that is not forbidden; O(pairs)."""
    usable = np.ones(problem.candidates, bool)
    usable[problem.forbidden] = False
    ends = np.concatenate(([0], np.cumsum(usable[problem.candidate], dtype=np.int64)))
    served = ends[problem.first[1:]] > ends[problem.first[:-1]]
    must: Array = served & (problem.weight > 0)
    return must


def is_limited(problem: Any) -> bool:
    """Whether money, floors or backups limit the choice."""
    return bool(problem.budget < inf or len(problem.floors) or len(problem.need))


def covered_rows(problem: Any, sites: Array) -> Array:
    """Which rows have as many of the sites as they need."""
    count = count_sites(problem, sites)
    covered: Array = count >= (problem.need if len(problem.need) else 1)
    return covered


def cover_areas(problem: Any, sites: Array) -> Array:
    """Covered weight of each area that has a floor."""
    counted = covered_rows(problem, sites) & (problem.area >= 0)
    area, weight = problem.area[counted], problem.weight[counted]
    return np.array([fsum(weight[area == d]) for d in range(len(problem.floors))])


def least_floors(problem: Any) -> Array:
    """What has to be covered in each area: its floor but for the last digits."""
    least: Array = problem.floors * (1.0 - EXACT)
    return least


def most_money(problem: Any) -> float:
    """What may be spent: the budget but for the last digits."""
    return float(problem.budget) * (1.0 + EXACT)


def find_broken_floors(problem: Any, sites: Array) -> Array:
    """Areas whose floor the sites do not reach, ascending."""
    if not len(problem.floors):
        return np.empty(0, np.int64)
    return np.flatnonzero(cover_areas(problem, sites) < least_floors(problem))


def find_need(problem: Any) -> float:
    """`set_cover`: weight that has to be covered, of all rows; -1: everything that can be.

    The share, or all that can be covered, but for the last digits; whole where weights are whole.
    """
    if problem.share >= 1.0 or problem.objective != "set_cover":
        return -1.0
    most, total = fsum(problem.weight[must_serve(problem)]), fsum(problem.weight)
    need = min(problem.share * total, most) * (1.0 - EXACT)
    whole = bool((problem.weight == np.floor(problem.weight)).all()) and total < 2.0**53
    return float(ceil(need)) if whole else need


def leaves_unserved(problem: Any, sites: Array) -> bool:
    """Whether the sites break what the problem asks: rows served, weight covered, floors."""
    if problem.objective == "max_cover":
        return len(find_broken_floors(problem, sites)) > 0
    cost = measure_rows(problem, sites)
    must = must_serve(problem)
    if problem.objective == "set_cover":
        need = find_need(problem)
        if need < 0:
            return bool((must & np.isinf(cost)).any())
        return bool(fsum(problem.weight[np.isfinite(cost)]) < need)
    return bool((must & np.isinf(np.minimum(cost, problem.beyond))).any())


def measure_sites(problem: Any, sites: Array) -> float:
    """What the sites are worth; rows that nobody can serve, or these sites do not, left out."""
    if problem.objective == "set_cover":
        return fsum(problem.site_cost[sites])
    if problem.objective == "max_cover":
        return fsum(problem.weight[covered_rows(problem, sites)])
    cost = measure_rows(problem, sites)
    if problem.objective == "p_median":
        cost = np.minimum(cost, problem.beyond)
    served = np.isfinite(cost)
    if problem.objective == "p_center":
        return float(cost[served].max(initial=0.0))
    return fsum(problem.weight[served] * cost[served])


def find_faults(problem: Any, sites: Array) -> list[str]:
    """What is wrong with a list of sites, in words: roles, number, money."""
    sites = np.asarray(sites)
    found = []
    if len(np.unique(sites)) < len(sites):
        found.append("sites: one is named twice")
    if len(sites) and not (sites.min() >= 0 and sites.max() < problem.candidates):
        return [*found, f"sites: expected columns 0 to {problem.candidates - 1}"]
    if problem.p and len(sites) > problem.p:
        found.append(f"sites: {len(sites)} are more than p = {problem.p}")
    if len(np.setdiff1d(problem.fixed, sites)):
        found.append("sites: a fixed one is missing")
    if len(np.intersect1d(problem.forbidden, sites)):
        found.append("sites: a forbidden one is among them")
    if problem.budget < inf:
        spent = fsum(problem.site_cost[sites])
        if spent > most_money(problem):
            found.append(f"sites: they cost {spent:.12g}, above the budget {problem.budget:.12g}")
    return found
