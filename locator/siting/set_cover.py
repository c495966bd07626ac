"""Fewest (cheapest) sites that cover everything, or a share of the weight."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.siting.certificate import PROVEN, Certificate, bound_by_prices
from locator.siting.conclusion import make_solution
from locator.siting.cover_duel import CoverDuel
from locator.siting.dominance import cut_cover
from locator.siting.limited_plan import cover_within
from locator.siting.measures import (
    find_need,
    measure_rows,
    measure_sites,
    must_serve,
    owning_rows,
)
from locator.siting.median import solve_gain
from locator.siting.problem import NO_INTS
from locator.siting.solution import TIME_OVER, Solution, Status

if TYPE_CHECKING:
    from locator.siting.duel import Limits
    from locator.siting.problem import Problem


def solve_set_cover(problem: Problem, limits: Limits, seed: int, start: Ints = NO_INTS) -> Solution:
    """Solve `set_cover`; see `locator.siting.solving.solve`.

    Rows that no candidate can cover are listed as unreachable and left out; where a share asks for
    more weight than can be covered at all, everything that can be is covered, and `reason` tells.
    """
    need = find_need(problem)
    cover = cut_cover(problem)
    duel = CoverDuel(cover, limits, seed, whole=problem.integral, start=start)
    with ThreadPoolExecutor(2) as pool:
        duel.run(pool, cases=0 if need >= 0 else None)
    sites = drop_needless(problem, cover.sites(duel.marks), need)
    if need >= 0 and cover.size and (problem.site_cost == 1).all():
        return _count_down(problem, duel, sites, seed)
    if need >= 0 and cover.size:
        return _spend_less(problem, duel, sites, seed)
    return _conclude(problem, duel, sites, duel.bound + cover.spent if duel.by_cases else 0.0)


def _count_down(problem: Problem, duel: CoverDuel, sites: Ints, seed: int) -> Solution:
    """Cover as much weight as one site less can, until that is too little.

    A bound of coverage by p sites below what is needed proves that more than p are.
    """
    limits, need, fewest = duel.limits, find_need(problem), 0.0
    least = bound_by_prices(problem, *_lift(problem, duel))
    while len(sites) > max(least, fewest, len(problem.fixed)) and not limits.over():
        fewer = len(sites) - 1
        if fewer == 0:
            fewest = 1.0
            break
        fewer_sites = replace(problem, objective="max_cover", p=fewer, share=1.0)
        found = solve_gain(fewer_sites, limits.rest(), seed)
        limits.rounds += found.iterations
        if _covered(problem, found.sites) >= need:
            sites = drop_needless(problem, found.sites, need)
        elif found.bound < need * (1.0 - PROVEN):
            fewest = fewer + 1.0
        else:
            break
        limits.tell(len(sites), max(least, fewest))
    return _conclude(problem, duel, sites, fewest)


def _spend_less(problem: Problem, duel: CoverDuel, sites: Ints, seed: int) -> Solution:
    """Cover as much weight as less money can, until that is too little: `_count_down` by cost."""
    limits, need, least = duel.limits, find_need(problem), 0.0
    stated = bound_by_prices(problem, *_lift(problem, duel))
    spent = fsum(problem.site_cost[problem.fixed])
    while not limits.over():
        cost = fsum(problem.site_cost[sites])
        budget = cost - 1.0 if problem.integral else cost * (1.0 - 0.5 * PROVEN)
        if stated > budget or budget < spent:
            least = cost
            break
        cheaper = replace(
            problem, objective="max_cover", share=1.0, budget=budget,
            p=problem.candidates - len(problem.forbidden),
        )  # fmt: skip
        found, most = cover_within(cheaper, limits, seed, need)
        if _covered(problem, found) >= need:
            sites = drop_needless(problem, found, need)
        elif most < need * (1.0 - PROVEN):
            least = cost
            break
        else:
            break
        limits.tell(fsum(problem.site_cost[sites]), stated)
    return _conclude(problem, duel, sites, least)


def _covered(problem: Problem, sites: Ints) -> float:
    """Weight that sites cover."""
    return fsum(problem.weight[np.isfinite(measure_rows(problem, sites))])


def drop_needless(problem: Problem, sites: Ints, need: float) -> Ints:
    """Sites without those, dear ones first, that what has to be covered does not need."""
    chosen = np.zeros(problem.candidates, bool)
    chosen[sites] = True
    pairs = np.flatnonzero(chosen[problem.candidate])
    row = owning_rows(problem.first)[pairs]
    column = problem.candidate[pairs]
    weight = np.where(must_serve(problem), problem.weight, 0.0)
    times = np.bincount(row, minlength=problem.rows)
    covered = fsum(weight[times > 0])
    order = np.argsort(column, kind="stable")
    row, column = row[order], column[order]
    free = np.setdiff1d(sites, problem.fixed)
    for j in free[np.lexsort((-free, -problem.site_cost[free]))].tolist():
        own = row[np.searchsorted(column, j) : np.searchsorted(column, j, side="right")]
        lost = fsum(weight[own[times[own] == 1]])
        if lost == 0 or (need >= 0 and covered - lost >= need):
            times[own] -= 1
            covered = fsum(weight[times > 0])
            chosen[j] = False
    return np.flatnonzero(chosen).astype(np.int32)


def _lift(problem: Problem, duel: CoverDuel) -> tuple[Floats, Floats, float]:
    """Prices for the certificate: u, (no base), level."""
    need = duel.cover.need
    u, level = duel.cover.prices(duel.u, problem.rows), duel.level
    if need >= 0:
        level = level if np.isfinite(level) else 0.0
        nobody = ~must_serve(problem)
        u[nobody] = level * problem.weight[nobody]  # paid by nobody, so they are not asked for
    return u, np.empty(0), level


def _conclude(problem: Problem, duel: CoverDuel, sites: Ints, deeper: float) -> Solution:
    """The solution, value and bound measured again; `deeper` is a bound proved by cases."""
    value = measure_sites(problem, sites)
    u, base, level = _lift(problem, duel)
    stated = bound_by_prices(problem, u, base, level)
    slack = 0.5 if problem.integral else PROVEN * abs(value)
    bound, proof = stated, "u"
    if value - stated > slack and deeper > stated:
        bound, proof = min(deeper, value), "tree"
    proven = value - bound <= slack
    status: Status = "optimal" if proven else "feasible"
    unreachable = problem.unreachable()
    reason = "" if proven else TIME_OVER
    if len(unreachable) and _falls_short(problem):
        reason = "; ".join(filter(None, (reason, _tell_unreachable(problem, unreachable))))
    certificate = Certificate("set_cover", proof, frozen(u), stated, base, level)
    return make_solution(
        problem, duel.limits, certificate, sites=sites, value=value,
        bound=value if proven else bound, status=status, reason=reason,
    )  # fmt: skip


def _falls_short(problem: Problem) -> bool:
    """Whether less can be covered than is asked for."""
    asked = problem.share * fsum(problem.weight) * (1.0 - 1e-12)
    return fsum(problem.weight[must_serve(problem)]) < asked


def _tell_unreachable(problem: Problem, rows: Ints) -> str:
    total = fsum(problem.weight)
    most = fsum(problem.weight[must_serve(problem)]) / total
    return (
        f"{len(rows)} rows can be covered by no candidate (the first is row {rows[0]}): "
        f"at most {most:.4%} of the weight can be, {problem.share:.4%} was asked for; "
        "the sites cover all the rest"
    )
