"""In which order to build: sites by what each adds, beside the best plan of each size.

A city builds one site after another and may stop on the way. The order takes next what adds most
to the sites before it; the price of nesting is what the best plan of the same size is better by.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heapreplace
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.siting.matrices import read_columns
from locator.siting.measures import lacking_sites, measure_rows, measure_sites
from locator.siting.problem import NO_FLOATS, NO_INTS
from locator.siting.solving import solve

if TYPE_CHECKING:
    from locator.siting.problem import Problem
    from locator.siting.solution import Report, Solution, Stop


@dataclass(frozen=True, slots=True, eq=False)
class BuildOrder:
    """Sites in the order of building.

    Parameters
    ----------
    sites : (n,) int32
        Without the fixed ones, which are there already.
    value : (n + 1,)
        What the fixed sites are worth, and then with each site more: covered weight of a cover,
        cost (of the rows that are served) otherwise.
    gain : (n,)
        What each site adds: weight covered, or cost saved. Where costs are known of served rows
        only, serving more rows may cost more, and the gain is below zero.
    unserved : (n + 1,)
        Weight of the rows that are not served; of a cover zero.
    cost : (n,)
        Of each site.
    """

    sites: Ints
    value: Floats
    gain: Floats
    unserved: Floats
    cost: Floats

    @property
    def gain_per_cost(self) -> Floats:
        """What each site adds for a unit of its cost; inf where it costs nothing but adds."""
        each = np.full(len(self.gain), np.inf)
        np.divide(self.gain, self.cost, out=each, where=self.cost > 0)
        each[(self.cost == 0) & (self.gain <= 0)] = 0.0
        return frozen(each)


@dataclass(frozen=True, slots=True, eq=False)
class Nesting:
    """A build order beside the best plan of each size.

    Parameters
    ----------
    order
    best : tuple of Solution
        Of as many sites as the order has built after each step, and with a budget for no more
        money; floors are asked of the last one only.
    """

    order: BuildOrder
    best: tuple[Solution, ...]

    @property
    def price(self) -> Floats:
        """(n,): what the best plan found of each size is better by than the order until there."""
        return self._away(np.array([one.value for one in self.best]))

    @property
    def price_at_most(self) -> Floats:
        """(n,): what any plan of each size can be better by."""
        return self._away(np.array([one.bound for one in self.best]))

    def _away(self, values: Floats) -> Floats:
        return frozen(np.abs(values - self.order.value[1:]))


def order_sites(problem: Problem, sites: Iterable[int]) -> BuildOrder:
    """Order the sites of a plan by what each adds to those before it.

    Rows that nobody served before come first, then what is saved or covered, then (for rows that
    need several sites) how far it brings them, then the lowest column. O(pairs + sites log sites)
    ratings where ratings only fall, else O(sites x their pairs).

    Raises
    ------
    InputError
        A site that does not exist or is named twice.
    """
    named = read_columns(problem.candidates, sites, "sites")
    ledger = _Ledger(problem, np.setdiff1d(named, problem.fixed))
    chosen = list[int]()
    values, unserved = [ledger.value(chosen)], [ledger.unserved]
    for best in _rank_sites(ledger):
        chosen.append(best)
        values.append(ledger.value(chosen))
        unserved.append(ledger.unserved)
    value, sign = np.array(values), -1.0 if problem.objective.startswith("p_") else 1.0
    return BuildOrder(
        frozen(chosen, np.int32), frozen(value), frozen(sign * np.diff(value) + 0.0),
        frozen(unserved, np.float64), frozen(problem.site_cost[chosen], np.float64),
    )  # fmt: skip


def _rank_sites(ledger: _Ledger) -> Iterator[int]:
    """Sites, the best next one each time, built in the ledger as they come.

    Where ratings only ever fall, a site whose old rating leads and still holds is the best, so few
    are rated anew (Minoux 1978, doi:10.1007/BFb0006528): plans may have thousands of sites.
    """
    queue = [(_turn_round(ledger.rate(j)), j) for j in ledger.sites]
    heapify(queue)
    while queue:
        if not ledger.falling:
            queue = sorted((_turn_round(ledger.rate(j)), j) for _, j in queue)
        rated, j = queue[0]
        now = _turn_round(ledger.rate(j))
        if now != rated:
            heapreplace(queue, (now, j))
            continue
        heappop(queue)
        ledger.build(j)
        yield j


def _turn_round(rating: tuple[float, float, float]) -> tuple[float, float, float]:
    """The best first, as heaps sort."""
    return -rating[0], -rating[1], -rating[2]


def _measure(problem: Problem, sites: Ints) -> float:
    """Covered weight of a cover, cost of the rows served otherwise."""
    if problem.objective == "set_cover":
        return fsum(problem.weight[np.isfinite(measure_rows(problem, sites))])
    return measure_sites(problem, sites)


class ExactSum:
    """A sum of floats to which more are added, rounded once as `math.fsum` does (Shewchuk 1997)."""

    def __init__(self, numbers: Iterable[float]) -> None:
        self._parts: list[float] = []
        self.add(numbers)

    @property
    def value(self) -> float:
        """The sum."""
        return fsum(self._parts)

    def add(self, numbers: Iterable[float]) -> None:
        """Add some; the parts never overlap, so they stay few."""
        for number in numbers:
            rest, kept = number, []
            for part in self._parts:
                small, large = sorted((rest, part), key=abs)
                rest = large + small
                lost = small - (rest - large)
                if lost:
                    kept.append(lost)
            self._parts = [*kept, rest]


class _Ledger:
    """What each site of a plan would add to those built so far."""

    def __init__(self, problem: Problem, sites: Ints) -> None:
        self.problem, self.sites = problem, sites.tolist()
        pairs = np.flatnonzero(np.isin(problem.candidate, sites))
        pairs = pairs[np.argsort(problem.candidate[pairs], kind="stable")]
        row = np.searchsorted(problem.first, pairs, side="right") - 1
        cuts = np.searchsorted(problem.candidate[pairs], sites[1:])
        rows, costs = np.split(row, cuts), np.split(problem.cost[pairs], cuts)
        # Nothing that is split is still one part, which no site owns.
        self._own = dict(zip(self.sites, zip(rows, costs, strict=True), strict=False))
        self._cover = not problem.objective.startswith("p_")
        self._lack = lacking_sites(problem)
        self._cost = np.minimum(measure_rows(problem, problem.fixed), problem.beyond)
        reached = np.isfinite(measure_rows(problem, np.union1d(sites, problem.fixed)))
        self._asked = (reached | np.isfinite(problem.beyond)) & (problem.weight > 0)
        self._plain = self._cover and not len(problem.need)
        self._sum = ExactSum(problem.weight[self._lack <= 0].tolist() if self._plain else ())

    @property
    def falling(self) -> bool:
        """Whether no rating ever rises; that of a worst way does, and of a row that lacks two."""
        return self.problem.objective != "p_center" and not len(self.problem.need)

    def value(self, chosen: list[int]) -> float:
        """Covered weight of a cover, cost of the rows served otherwise, of all that are built."""
        if self._plain:
            return self._sum.value
        return _measure(self.problem, np.union1d(self.problem.fixed, chosen).astype(np.int32))

    @property
    def unserved(self) -> float:
        """Weight of the rows that the whole plan serves and the sites so far do not."""
        if self._cover:
            return 0.0
        return fsum(self.problem.weight[self._asked & np.isinf(self._cost)])

    def rate(self, j: int) -> tuple[float, float, float]:
        """What building j is good for, in falling importance; see `order_sites`."""
        row, cost = self._own[j]
        weight = self.problem.weight[row]
        if self._cover:
            lack = self._lack[row]
            nearer = fsum((weight / np.maximum(lack, 1))[lack > 1])
            return 0.0, fsum(weight[lack == 1]), nearer
        before = self._cost[row]
        fresh = np.isinf(before)
        if self.problem.objective == "p_center":
            after = self._cost.copy()
            after[row] = np.minimum(before, cost)
            worst = after[self._asked & np.isfinite(after)].max(initial=0.0)
            return fsum(weight[fresh]), -float(worst), 0.0
        saved = np.maximum(before[~fresh] - cost[~fresh], 0.0)
        return (
            fsum(weight[fresh]),
            fsum(weight[~fresh] * saved) - fsum(weight[fresh] * cost[fresh]),
            0.0,
        )

    def build(self, j: int) -> None:
        """Note that j is built."""
        row, cost = self._own[j]
        if self._plain:
            self._sum.add(self.problem.weight[row[self._lack[row] == 1]].tolist())
        self._lack[row] -= 1
        self._cost[row] = np.minimum(self._cost[row], cost)


def nest_plans(
    problem: Problem,
    sites: Iterable[int],
    *,
    time_limit_s: float = 60.0,
    seed: int = 0,
    report: Report | None = None,
    should_stop: Stop | None = None,
    iterations: int | None = None,
) -> Nesting:
    """Order the sites of a plan and solve the problem for each smaller number of sites.

    Parameters
    ----------
    problem
        `p_median`, `max_cover` or `p_center`.
    sites
        Of its plan.
    time_limit_s, seed, report, should_stop
        As of `solve`; the time is shared out among the sizes.
    iterations
        Of each size.
    """
    order = order_sites(problem, sites)
    count, best = len(order.sites), []
    for k in range(1, count + 1):
        built = np.union1d(problem.fixed, order.sites[:k])
        part = _limit_to(problem, built, last=k == count)
        found = solve(
            part, time_limit_s=time_limit_s / count, seed=seed, should_stop=should_stop,
            iterations=iterations, start=built.tolist(),
        )  # fmt: skip
        best.append(found)
        if report is not None:
            report(k / count, f"{k} of {count} sizes, value {found.value:,.10g}")
    return Nesting(order, tuple(best))


def _limit_to(problem: Problem, built: Ints, *, last: bool) -> Problem:
    """The same question for as many sites, and as much money, as these are."""
    part = replace(problem, p=len(built))
    if problem.budget < np.inf:
        part = replace(part, budget=fsum(problem.site_cost[built]))
    return part if last else replace(part, area=NO_INTS, floors=NO_FLOATS)
