"""Most coverage and least cost, solved as gains, with everything measured again at the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import ArrayLike

from locator.arrays import Bools, Floats, Ints, frozen
from locator.siting.certificate import PROVEN, Certificate, bound_by_prices
from locator.siting.duel import Duel, Limits
from locator.siting.gains import may_be_unserved, translate
from locator.siting.measures import measure_rows, measure_sites, must_serve
from locator.siting.problem import NO_INTS, Problem
from locator.siting.solution import TIME_OVER, Solution, Status

_CHARGES = (10.0, 1e4, 1e8)  # for a row left unserved, in largest costs: tried one after the other


def solve_gain(problem: Problem, limits: Limits, seed: int, start: Ints = NO_INTS) -> Solution:
    """Solve `p_median` or `max_cover`; see `locator.siting.solving.solve`."""
    with ThreadPoolExecutor(2) as pool:
        if problem.objective == "max_cover" or not may_be_unserved(problem).any():
            duel = Duel(translate(problem), limits, seed)
            duel.run(pool, duel.translation.twin[start])
            return _conclude(duel)
        return _serve_all(problem, limits, seed, pool, start)


def _serve_all(
    problem: Problem, limits: Limits, seed: int, pool: ThreadPoolExecutor, sites: Ints
) -> Solution:
    """Solve `p_median` where a plan could leave rows unserved that it must not.

    A plan that serves all is worth the same at any charge, and each charge gives a true bound.
    """
    largest = max(float(problem.cost.max(initial=0.0)), 1.0)
    for charge in _CHARGES:
        duel = Duel(translate(problem, charge * largest), limits, seed)
        duel.run(pool, duel.translation.twin[sites])
        sites = duel.record.sites
        if not _find_unserved(problem, np.union1d(problem.fixed, sites)).any():
            return _conclude(duel)
        if limits.over():
            break
    return _fall_short(duel, _count_at_most(problem, limits, seed, pool))


def _count_at_most(problem: Problem, limits: Limits, seed: int, pool: ThreadPoolExecutor) -> int:
    """Of the rows that must be served, no p sites serve more than so many."""
    must = must_serve(problem).astype(float)
    first = problem.first
    pairs = np.repeat(must > 0, np.diff(first))
    kept = np.concatenate(([0], np.cumsum(pairs, dtype=np.int64)))[first]
    counting = Problem(
        "max_cover", problem.rows, problem.candidates, frozen(kept),
        frozen(problem.candidate[pairs]), frozen(np.zeros(int(pairs.sum()))), frozen(must),
        problem.p, problem.fixed, problem.forbidden, problem.beyond, 1.0, problem.site_cost,
    )  # fmt: skip
    duel = Duel(translate(counting), limits, seed)
    duel.run(pool, np.empty(0, np.int32))
    return int(duel.translation.value(duel.record.gain if duel.settled else duel.bound) + 1e-6)


def _find_unserved(problem: Problem, sites: Ints) -> Bools:
    """Rows that must be served and are not."""
    near = np.minimum(measure_rows(problem, sites), problem.beyond)
    unserved: Bools = must_serve(problem) & np.isinf(near)
    return unserved


def _fall_short(duel: Duel, most: int) -> Solution:
    """The solution that serves what it can, where serving all was impossible or not found."""
    problem = duel.translation.problem
    sites, spare = fill_sites(problem, duel.record.sites)
    unserved = np.flatnonzero(_find_unserved(problem, sites))
    rows = int(must_serve(problem).sum())
    if most < rows:
        reason = f"no {problem.p} sites can serve all {rows} rows: at most {most} of them"
    else:
        reason = (
            f"no {problem.p} sites were found that serve all {rows} rows; whether there are, is "
            "not proved"
        )
    nothing = frozen(np.zeros(problem.rows))
    certificate = Certificate(problem.objective, "u", nothing, 0.0, nothing)
    found = (measure_sites(problem, sites), 0.0)
    return _make(
        duel, certificate, (sites, spare), found, "infeasible", reason=reason, unserved=unserved
    )


def _conclude(duel: Duel) -> Solution:
    """The solution of a duel, with value and bound measured again from the problem."""
    translation = duel.translation
    problem, sign = translation.problem, translation.sign
    sites, spare = fill_sites(problem, duel.record.sites)
    value = measure_sites(problem, sites)
    u = duel.root_prices()
    stated = bound_by_prices(problem, u, translation.base, twin=translation.twin)
    bound, proof = stated, "u"
    slack = 1e-6 if duel.whole else PROVEN * abs(value)
    if sign * (bound - value) > slack and duel.tree is not None:
        deeper = translation.value(duel.bound)
        if duel.whole:
            deeper = sign * np.floor(sign * deeper + 1e-6)
        if duel.settled:
            deeper = value
        if sign * deeper < sign * bound:
            bound, proof = float(deeper), "tree"
    proven = bool(sign * (bound - value) <= slack)
    reason = "" if proven else TIME_OVER
    base, twin = frozen(translation.base), translation.twin
    certificate = Certificate(problem.objective, proof, frozen(u), stated, base, twin=twin)
    found = (value, value if proven else bound)
    status: Status = "optimal" if proven else "feasible"
    return _make(duel, certificate, (sites, spare), found, status, reason=reason)


def _make(
    duel: Duel,
    certificate: Certificate,
    chosen: tuple[Ints, Ints],
    found: tuple[float, float],
    status: Status,
    *,
    reason: str,
    unserved: ArrayLike = (),
) -> Solution:
    """Put a solution together; `chosen` are sites and spare ones, `found` value and bound."""
    problem = duel.translation.problem
    unreachable = problem.unreachable()
    if problem.objective == "p_median":
        unreachable = unreachable[np.isinf(problem.beyond[unreachable])]
    sites, spare = chosen
    return Solution(
        sites=frozen(sites), value=found[0], bound=found[1], proven=status == "optimal",
        seconds=duel.limits.used_s, status=status, certificate=certificate,
        unreachable=frozen(unreachable), unserved=frozen(unserved, np.int32),
        assignment=assign_rows(problem, sites), spare=frozen(spare), reason=reason,
        iterations=duel.limits.rounds,
    )  # fmt: skip


def fill_sites(problem: Problem, chosen: Ints) -> tuple[Ints, Ints]:
    """Exactly p sites with the fixed ones, and those added though nothing is left to gain."""
    chosen = np.union1d(problem.fixed, chosen)
    rest = np.ones(problem.candidates, bool)
    rest[chosen], rest[problem.forbidden] = False, False
    spare = np.flatnonzero(rest)[: problem.p - len(chosen)].astype(np.int32)
    return np.union1d(chosen, spare).astype(np.int32), spare


def assign_rows(problem: Problem, sites: Ints) -> Ints:
    """The site of each row, the lowest of equals; -1 where none serves it. O(pairs)."""
    chosen = np.zeros(problem.candidates, bool)
    chosen[sites] = True
    pairs = np.flatnonzero(chosen[problem.candidate])
    row = np.searchsorted(problem.first, pairs, side="right") - 1
    column, cost = problem.candidate[pairs], problem.cost[pairs]
    order = np.lexsort((column, cost, row))
    owner, lead = np.unique(row[order], return_index=True)
    found = np.full(problem.rows, -1, np.int32)
    found[owner] = column[order[lead]]
    near: Floats = np.full(problem.rows, np.inf)
    near[owner] = cost[order[lead]]
    found[near > problem.beyond] = -1
    return frozen(found)
