"""Most coverage and least cost where money, floors or backups limit the choice.

As in `duel`, one thread searches and the other lowers the bound, in rounds of a fixed amount of
work; when prices get no further, the rest is proved by cases.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bytes, Ints, frozen
from locator.siting.certificate import Certificate, bound_by_certificate
from locator.siting.conclusion import (
    closest,
    fill_sites,
    is_coarse,
    make_solution,
    settle_bound,
)
from locator.siting.limited_cases import LimitedTree
from locator.siting.limited_choice import (
    Choice,
    LimitedPrices,
    LimitedSearch,
    read_choice,
)
from locator.siting.measures import (
    cover_areas,
    find_broken_floors,
    least_floors,
    measure_sites,
    must_serve,
)
from locator.siting.problem import NO_FLOATS, NO_INTS
from locator.siting.search import Record
from locator.siting.solution import TIME_OVER, Solution, Status

if TYPE_CHECKING:
    from locator.siting.duel import Limits
    from locator.siting.problem import Problem

_WORK = 60_000_000  # pairs a thread looks at in a round: 0.1 to 0.3 seconds
_STEPS = 300  # of the volume algorithm in a round, where they are less work than that
_STALL = 2e-3  # of the gap: a round that lowers the bound by less has stalled
_STALLS = 3
_KICKS = 4000
_STEP_RANGE = (0.01, 1e3)  # of the folds that areas count for in the search
_SAME = 1e-10  # of the value: what the search takes for rounding
_TRIES = 40  # rounds to learn the most that one floor can get


class LimitedDuel:
    """The rounds on one choice.

    Parameters
    ----------
    choice, limits
    seed
        Of the search.
    """

    def __init__(self, choice: Choice, limits: Limits, seed: int) -> None:
        self.choice, self.limits = choice, limits
        most = fsum(choice.by_row[2][choice.by_row[0][:-1]]) if len(choice.row) else 0.0
        # Before there is a record (gain -1), a bound below nothing is what proves that none can be.
        self.record = Record(1.0 - 1e-6 if choice.whole else 1.0 - 1e-9 * max(most, 1e-3))
        tolerance = 0.5 if choice.whole else _SAME * most
        self._search = LimitedSearch(choice, seed=seed, tolerance=tolerance)
        self._extra = np.zeros(len(choice.floor))
        self._step, self._toward = self._extra + 0.1, self._extra
        self.prices = LimitedPrices(choice, choice.role)
        self.tree: LimitedTree | None = None
        self.bound = np.inf
        self.nearest = choice.problem.fixed  # the sites that come nearest to the floors
        self._short = np.inf
        pairs = len(choice.by_row[1]) + len(choice.row)
        self._work = min(_WORK, _STEPS * pairs)
        self._steps = max(20, min(_STEPS, _WORK // max(pairs, 1)))

    def run(self, pool: ThreadPoolExecutor, start: Ints, *, enough: float | None = None) -> None:
        """Until the bound meets the record or the limits are over; the first search always runs.

        `enough`: a bound at or below is not wanted lower, nor a record at or above it higher.
        """
        self._take(self._search.run(start, self._extra, work=self._work, kicks=50))
        start = self.record.sites if self.record.gain >= 0 else start
        self._take(self._search.run(start, self._extra, work=self._work, kicks=50, by_cost=True))
        self._lower(0)
        stalls = 0
        while not (self._done(enough) or self.limits.over()):
            self.limits.rounds += 1
            if self.tree is None:
                before = self.bound
                self._round_of_prices(pool)
                slow = before - self.bound < _STALL * (self.bound - self.record.enough)
                stalls = stalls + 1 if slow else 0
                if stalls >= _STALLS and not self.settled:
                    role = self.prices.settle(self.record.enough)
                    self.tree = LimitedTree(self.choice, role, self.prices.state, self.bound)
            else:
                self._round_of_cases(self.tree, pool)
            self._tell()

    @property
    def settled(self) -> bool:
        """Whether the record is proved the best, or that no plan keeps the limits."""
        return self.bound <= self.record.enough

    def _done(self, enough: float | None) -> bool:
        if enough is not None and (self.bound < enough or self.record.gain >= enough):
            return True
        return self.settled

    def _tell(self) -> None:
        if self.record.gain >= 0:
            value = self.choice.value
            self.limits.tell(value(self.record.gain), value(self.bound))

    def _take(self, marks: Bytes) -> None:
        """Note what a search found, and let areas below their floor count for more from now on."""
        short = self.choice.measure(marks)[1]
        if short < self._short:
            self._short, self.nearest = short, np.flatnonzero(marks).astype(np.int32)
        self.choice.offer(marks, self.record)
        # Steps as of Riedmiller & Braun (1993): longer while an area stays below (above) its floor.
        toward = np.where(self._search.reached < self.choice.floor, 1.0, -1.0)
        longer = toward == self._toward
        self._step = np.clip(np.where(longer, 1.5, 0.5) * self._step, *_STEP_RANGE)
        self._toward = toward
        self._extra = np.maximum(self._extra + toward * self._step, 0.0)

    def _lower(self, steps: int) -> None:
        record = self.record
        target = record.gain
        if target < 0:  # no plan is known: aim below the nothing that proves that there is none
            target = -0.1 * max(abs(self.bound), 1.0) if np.isfinite(self.bound) else 0.0
        found = self.prices.improve(target=target, enough=record.enough, steps=steps)
        self.bound = min(self.bound, found)

    def _round_of_prices(self, pool: ThreadPoolExecutor) -> None:
        searched = pool.submit(
            self._search.run, self._next_start(), self.prices.folds + self._extra,
            work=self._work, kicks=_KICKS,
        )  # fmt: skip
        lowered = pool.submit(self._lower, self._steps)
        lowered.result()
        self._take(searched.result())

    def _next_start(self) -> Ints:
        """Where the next search begins: the record, every other time what the prices favour."""
        if self.limits.rounds % 2:
            most = np.argsort(-self.prices.use, kind="stable")[: self.choice.problem.p]
            return most[self.prices.use[most] > 0].astype(np.int32)
        return self.record.sites if self.record.gain >= 0 else self.nearest

    def _round_of_cases(self, tree: LimitedTree, pool: ThreadPoolExecutor) -> None:
        start = self.record.sites if self.record.gain >= 0 else self.nearest
        searched = pool.submit(
            self._search.run, start, self.prices.folds + self._extra, work=self._work, kicks=_KICKS
        )
        own = replace(self.record)
        worked = pool.submit(tree.run, own, self._work)
        worked.result()
        self.record.slack = own.slack
        self.record.offer(own.sites, own.gain)
        self._take(searched.result())
        self.bound = min(self.bound, tree.bound(self.record))


def solve_limited(problem: Problem, limits: Limits, seed: int, start: Ints = NO_INTS) -> Solution:
    """Solve `p_median` or `max_cover` with a budget, floors or needs; see `solve`."""
    with ThreadPoolExecutor(2) as pool:
        duel = LimitedDuel(read_choice(problem), limits, seed)
        duel.run(pool, start)
        if duel.record.gain < 0:
            return _fall_short(duel, pool, seed)
        answer = _conclude(duel)
        if not is_coarse(answer, duel.choice.start, whole=duel.choice.whole):
            return answer
        sharp = LimitedDuel(read_choice(problem, answer.value), limits, seed)
        sharp.run(pool, answer.sites)
        return closest(_conclude(sharp), answer)


def cover_within(problem: Problem, limits: Limits, seed: int, enough: float) -> tuple[Ints, float]:
    """Sites that cover weight of `enough` within a budget, or a bound below that, if found in time.

    Rounds are counted in `limits`.
    """
    part = LimitedDuel(read_choice(problem), limits.rest(), seed)
    with ThreadPoolExecutor(2) as pool:
        part.run(pool, NO_INTS, enough=enough)
    limits.rounds += part.limits.rounds
    return np.union1d(problem.fixed, part.record.sites).astype(np.int32), float(part.bound)


def _conclude(duel: LimitedDuel) -> Solution:
    """The solution of a duel, with value and bound measured again from the problem."""
    choice, problem, sign = duel.choice, duel.choice.problem, duel.choice.sign
    sites, spare = _complete(problem, duel.record.sites)
    value = measure_sites(problem, sites)
    certificate, deeper = _certify(duel), None
    if duel.tree is not None:
        deeper = value if duel.settled else choice.value(duel.bound)
    bound, proof, proven = settle_bound(
        value, certificate.bound, deeper, sign=sign, whole=choice.whole
    )
    return make_solution(
        problem, duel.limits, replace(certificate, proof=proof), sites=sites, spare=spare,
        value=value, bound=bound, status="optimal" if proven else "feasible",
        reason="" if proven else TIME_OVER,
    )  # fmt: skip


def _certify(duel: LimitedDuel) -> Certificate:
    problem, prices = duel.choice.problem, duel.prices
    made = Certificate(
        problem.objective, "u", frozen(prices.u), 0.0, duel.choice.base,
        folds=frozen(prices.folds), rate=prices.rate,
    )  # fmt: skip
    return replace(made, bound=bound_by_certificate(problem, made))


def _complete(problem: Problem, sites: Ints) -> tuple[Ints, Ints]:
    """All p sites and those added for nothing; with a budget none is bought for nothing."""
    if problem.budget == np.inf:
        return fill_sites(problem, sites)
    value, free = measure_sites(problem, sites), np.setdiff1d(sites, problem.fixed)
    for j in free[np.lexsort((-free, -problem.site_cost[free]))].tolist():
        fewer = np.setdiff1d(sites, [j])
        kept = len(find_broken_floors(problem, fewer)) == 0
        if kept and measure_sites(problem, fewer) == value:
            sites = fewer
    return frozen(sites, np.int32), NO_INTS


def _fall_short(duel: LimitedDuel, pool: ThreadPoolExecutor, seed: int) -> Solution:
    """The sites that come nearest to the floors, where keeping them was impossible or not found."""
    problem = duel.choice.problem
    sites, spare = _complete(problem, duel.nearest)
    value = measure_sites(problem, sites)
    certificate, words = _certify(duel), _tell_short(problem, sites)
    proved = certificate.bound < 0
    for d in find_broken_floors(problem, sites).tolist():
        if words.startswith("floor"):
            break
        most, found = _find_most(duel, pool, d, seed)
        if found is not None and found.bound < 0:
            certificate, proved = found, True
            words = (
                f"floor of area {d}: no plan covers more than {most:.12g} there, "
                f"{problem.floors[d]:.12g} were asked for"
            )
    if not proved and duel.settled:
        certificate, proved = replace(certificate, proof="tree"), True
    status: Status = "infeasible" if proved else "unknown"
    if not proved:
        words = f"no plan was found that meets every floor, nor a proof that none does; {words}"
    elif not words.startswith("floor"):
        words = f"no plan meets all floors together; {words}"
    total = fsum(problem.weight[must_serve(problem)])
    return make_solution(
        problem, duel.limits, certificate, sites=sites, spare=spare, value=value, bound=total,
        status=status, reason=words,
    )  # fmt: skip


def _tell_short(problem: Problem, sites: Ints) -> str:
    """Which floors the sites miss, in words."""
    covered = cover_areas(problem, sites)
    missed = [
        f"area {d} with {covered[d]:.12g} of {problem.floors[d]:.12g}"
        for d in find_broken_floors(problem, sites).tolist()
    ]
    return f"the nearest plan found misses {', '.join(missed)}"


def _find_most(
    duel: LimitedDuel, pool: ThreadPoolExecutor, d: int, seed: int
) -> tuple[float, Certificate | None]:
    """The most that any plan covers in one area, and the prices that rule its floor out, if any.

    With u the prices of that area alone, b < F what they prove, and t large, prices t u + w, a fold
    of t and t times the rate prove t b + sum(w) - t F < 0 of the whole.
    """
    problem = duel.choice.problem
    alone = replace(
        problem, weight=frozen(np.where(problem.area == d, problem.weight, 0.0)),
        area=NO_INTS, floors=NO_FLOATS,
    )  # fmt: skip
    limits = replace(duel.limits.rest(), iterations=_TRIES)
    limits.seconds = max(limits.seconds, 1.0)
    part = LimitedDuel(read_choice(alone), limits, seed)
    floor = float(least_floors(problem)[d])
    part.run(pool, NO_INTS, enough=floor)
    stated, own = _certify(part), _certify(duel)
    short = floor - stated.bound
    if short <= 0:
        return part.bound, None
    fold = 2.0 * fsum(problem.weight) / short + 1.0
    folds = np.zeros(len(problem.floors))
    folds[d] = fold
    made = replace(
        own, u=frozen(fold * stated.u + problem.weight), folds=frozen(folds),
        rate=fold * stated.rate, proof="u",
    )  # fmt: skip
    return stated.bound, replace(made, bound=bound_by_certificate(problem, made))
