"""Least worst cost: the smallest distance at which p sites cover everything.

The answer is one of the distances of the matrix. Bisection over them (Minieka 1970,
doi:10.1137/1012016; Daskin 1995) asks at each whether p sites are enough, which is a set cover.
A first pass with little effort narrows the window from both sides, by plans and by prices; what is
left between is decided with cases.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.siting.certificate import Certificate, bound_by_prices
from locator.siting.conclusion import fill_sites, make_solution
from locator.siting.cover_duel import CoverDuel
from locator.siting.dominance import cut_cover
from locator.siting.measures import (
    find_faults,
    measure_rows,
    measure_sites,
    must_serve,
    owning_rows,
)
from locator.siting.median import solve_gain
from locator.siting.problem import NO_INTS, Problem
from locator.siting.solution import TIME_OVER, Solution

if TYPE_CHECKING:
    from locator.siting.duel import Limits

_QUICK = 2  # rounds of cases in the first pass
_NOTHING = frozen([], np.float64)


class Answer(NamedTuple):
    """Whether p sites are enough at a distance; None: not known."""

    enough: bool | None
    sites: Ints
    u: Floats
    by_cases: bool


def solve_center(problem: Problem, limits: Limits, seed: int, start: Ints = NO_INTS) -> Solution:
    """Solve `p_center`; see `locator.siting.solving.solve`."""
    window = Window(problem, limits, seed)
    if len(start) and not find_faults(problem, start):
        window.offer(start)
    with ThreadPoolExecutor(2) as pool:
        window.narrow(pool)
    if window.sites is None:
        return _fall_short(window, seed)
    return _conclude(window)


class Window:
    """What is known about the distances: too few sites at `low`, enough at `high`.

    Parameters
    ----------
    problem, limits, seed

    Attributes
    ----------
    levels
        The distances, ascending.
    low, high
        Numbers of levels: at `low` p sites are proved to be too few (-1: nothing is proved), at
        `high` they are known to be enough (one beyond the last level: not known).
    u, level
        The prices that prove most by themselves, and the level that they prove.
    """

    def __init__(self, problem: Problem, limits: Limits, seed: int) -> None:
        self.problem, self.limits, self.seed = problem, limits, seed
        usable = np.ones(problem.candidates, bool)
        usable[problem.forbidden] = False
        row = owning_rows(problem.first)
        self._must = must_serve(problem)
        listed = usable[problem.candidate] & self._must[row]
        self.levels = np.unique(problem.cost[listed])
        nearest = np.full(problem.rows, np.inf)
        np.minimum.at(nearest, row[listed], problem.cost[listed])
        least = float(nearest[self._must].max(initial=0.0))
        # Below the largest nearest distance some row has no candidate at all.
        self.low = int(np.searchsorted(self.levels, least)) - 1
        self.high = len(self.levels)
        self.sites: Ints | None = None
        self.u, self.level = np.zeros(problem.rows), least
        self.denied = False  # whether p sites are proved too few at every distance

    def narrow(self, pool: ThreadPoolExecutor) -> None:
        """Until one level is left or the limits are over."""
        if not len(self.levels):
            self.high, self.sites = 0, self.problem.fixed
            return
        self.offer(self._spread())
        open_below = self.low
        while self.high - open_below > 1 and not self.limits.over():
            middle = (open_below + self.high) // 2
            if not self._decide(pool, middle, quick=True).enough:
                open_below = middle
        while self.high - self.low > 1 and not self.limits.over():
            self._decide(pool, (self.low + self.high) // 2, quick=False)

    def _decide(self, pool: ThreadPoolExecutor, k: int, *, quick: bool) -> Answer:
        """Ask at level k, and note what follows."""
        answer = self._ask(pool, float(self.levels[k]), quick=quick)
        if answer.enough:
            self.offer(answer.sites)
        elif answer.enough is False and k > self.low:
            self.low = k
            self.denied = k == len(self.levels) - 1
            if not answer.by_cases:
                self.u = answer.u
                self.level = float(self.levels[k + 1]) if not self.denied else np.inf
        low = self.levels[min(self.low + 1, len(self.levels) - 1)]
        high = self.levels[min(self.high, len(self.levels) - 1)]
        self.limits.tell(float(high), float(low))
        return answer

    def _ask(self, pool: ThreadPoolExecutor, level: float, *, quick: bool) -> Answer:
        problem = self.problem
        cover = cut_cover(problem, problem.cost <= level)
        left = problem.p - cover.spent
        if left < 0:
            prices = cover.prices(np.zeros(len(cover.row)), problem.rows)
            return Answer(False, cover.taken, prices, False)
        duel = CoverDuel(cover, self.limits, self.seed, whole=True, goal=left)
        duel.run(pool, cases=_QUICK if quick else None)
        u = cover.prices(duel.u, problem.rows)
        if duel.found:
            return Answer(True, cover.sites(duel.marks), u, False)
        return Answer(False if duel.settled else None, cover.taken, u, duel.by_cases)

    def offer(self, sites: Ints) -> None:
        """Take sites if they serve every row that must be, and nearer than those before."""
        near = measure_rows(self.problem, sites)[self._must]
        worst = float(near.max(initial=0.0))
        if np.isfinite(worst):
            k = int(np.searchsorted(self.levels, worst))
            if self.sites is None or k < self.high:
                self.high, self.sites = k, sites

    def _spread(self) -> Ints:
        """Sites, one after the other nearest to the row that is farthest off (Gonzalez 1985)."""
        problem = self.problem
        columns = problem.columns()
        usable = np.ones(problem.candidates, bool)
        usable[problem.forbidden] = False
        sites = problem.fixed.tolist()
        near = measure_rows(problem, problem.fixed)
        near[~self._must] = -1.0
        while len(sites) < problem.p:
            worst = int(np.argmax(near))
            if near[worst] <= 0:
                break
            pairs = np.arange(problem.first[worst], problem.first[worst + 1])
            pairs = pairs[usable[problem.candidate[pairs]]]
            best = int(problem.candidate[pairs[np.argmin(problem.cost[pairs])]])
            sites.append(best)
            part = slice(columns.first[best], columns.first[best + 1])
            served = columns.row[part]
            near[served] = np.minimum(near[served], columns.cost[part])
        return np.unique(np.array(sites, np.int32))


def _conclude(window: Window) -> Solution:
    """The solution, with value and bound measured again."""
    problem = window.problem
    assert window.sites is not None  # noqa: S101  (the caller asked)
    sites, spare = fill_sites(problem, window.sites)
    value = measure_sites(problem, sites)
    stated = bound_by_prices(problem, window.u, level=window.level)
    bound, proof = stated, "u"
    deeper = float(window.levels[window.low + 1]) if len(window.levels) else 0.0
    if deeper > stated:
        bound, proof = deeper, "tree"
    bound = min(bound, value)
    proven = bound == value
    return make_solution(
        problem, window.limits, _certify(window, proof, stated), sites=sites, spare=spare,
        value=value, bound=bound, status="optimal" if proven else "feasible",
        reason="" if proven else TIME_OVER,
    )  # fmt: skip


def _certify(window: Window, proof: str, stated: float) -> Certificate:
    return Certificate("p_center", proof, frozen(window.u), stated, _NOTHING, window.level)


def _fall_short(window: Window, seed: int) -> Solution:
    """Sites that serve as many rows as can be, where serving all was impossible or not found."""
    problem, limits = window.problem, window.limits
    must = must_serve(problem)
    found = solve_gain(
        Problem.max_cover(
            _list_covers(problem), must.astype(np.float64), problem.p, problem.fixed,
            forbidden=problem.forbidden,
        ),
        limits.rest(),
        seed,
    )  # fmt: skip
    sites = found.sites
    unserved = must & np.isinf(measure_rows(problem, sites))
    rows, most = int(must.sum()), int(found.bound)
    if not unserved.any():
        window.sites = sites
        return _conclude(window)
    if most < rows or window.denied:
        at_most = f": at most {min(most, rows - 1)} of them"
        reason = f"no {problem.p} sites can serve all {rows} rows{at_most}"
    else:
        reason = (
            f"no {problem.p} sites were found that serve all {rows} rows; whether there are, is "
            "not proved"
        )
    window.u, window.level = np.zeros(problem.rows), 0.0
    value = measure_sites(problem, sites)
    return make_solution(
        problem, limits, _certify(window, "u", 0.0), sites=sites, spare=found.spare, value=value,
        bound=0.0, status="infeasible", reason=reason, unserved=np.flatnonzero(unserved),
    )  # fmt: skip


def _list_covers(problem: Problem) -> object:
    from scipy.sparse import csr_array

    ones = np.ones(len(problem.candidate), bool)
    shape = (problem.rows, problem.candidates)
    return csr_array((ones, problem.candidate, problem.first), shape=shape)
