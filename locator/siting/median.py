"""Most coverage and least cost, solved as gains, with everything measured again at the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from locator.arrays import Bools, Ints, frozen
from locator.siting.certificate import Certificate, bound_by_prices
from locator.siting.conclusion import (
    closest,
    fill_sites,
    is_coarse,
    make_solution,
    settle_bound,
)
from locator.siting.duel import Duel, Limits
from locator.siting.gains import may_be_unserved, translate
from locator.siting.measures import measure_rows, measure_sites, must_serve
from locator.siting.problem import NO_INTS, Problem
from locator.siting.solution import TIME_OVER, Solution

_CHARGES = (10.0, 1e4, 1e8)  # for a row left unserved, in largest costs: tried one after the other


def solve_gain(problem: Problem, limits: Limits, seed: int, start: Ints = NO_INTS) -> Solution:
    """Solve `p_median` or `max_cover`; see `locator.siting.solving.solve`."""
    with ThreadPoolExecutor(2) as pool:
        if problem.objective == "max_cover" or not may_be_unserved(problem).any():
            duel = Duel(translate(problem), limits, seed)
            duel.run(pool, duel.translation.twin[start])
            return _sharpen(duel, pool)
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
            return _sharpen(duel, pool)
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
    return make_solution(
        problem, duel.limits, certificate, sites=sites, spare=spare, bound=0.0,
        value=measure_sites(problem, sites), status="infeasible", reason=reason, unserved=unserved,
    )  # fmt: skip


def _sharpen(duel: Duel, pool: ThreadPoolExecutor) -> Solution:
    """The solution of a duel; where bases dwarf the value, and so hide its digits, of a second one.

    No row of a better plan costs more than the whole plan that is known: that limits the bases.
    """
    answer, problem = _conclude(duel), duel.translation.problem
    if not is_coarse(answer, duel.translation.start, whole=duel.whole):
        return answer
    sharp = Duel(translate(problem, np.inf, answer.value), duel.limits, duel.seed)
    sharp.run(pool, sharp.translation.twin[answer.sites])
    return closest(_conclude(sharp), answer)


def _conclude(duel: Duel) -> Solution:
    """The solution of a duel, with value and bound measured again from the problem."""
    translation = duel.translation
    problem, sign = translation.problem, translation.sign
    sites, spare = fill_sites(problem, duel.record.sites)
    value = measure_sites(problem, sites)
    u = duel.root_prices()
    stated = bound_by_prices(problem, u, translation.base, twin=translation.twin)
    deeper = None
    if duel.tree is not None:
        deeper = value if duel.settled else translation.value(duel.bound)
    bound, proof, proven = settle_bound(value, stated, deeper, sign=sign, whole=duel.whole)
    base, twin = frozen(translation.base), translation.twin
    certificate = Certificate(problem.objective, proof, frozen(u), stated, base, twin=twin)
    return make_solution(
        problem, duel.limits, certificate, sites=sites, spare=spare, value=value, bound=bound,
        status="optimal" if proven else "feasible", reason="" if proven else TIME_OVER,
    )  # fmt: skip
