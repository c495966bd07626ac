"""In which order to build: sites by what each adds, beside the best plan of each size.

A city builds one site after another and may stop on the way. The order takes next what adds most
to the sites before it; the price of nesting is what the best plan of the same size is better by.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.siting.matrices import read_columns
from locator.siting.measures import lacking_sites, measure_rows, measure_sites, owning_rows
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
    need several sites) how far it brings them, then the lowest column. O(sites x their pairs).

    Raises
    ------
    InputError
        A site that does not exist or is named twice.
    """
    named = read_columns(problem.candidates, sites, "sites")
    ledger = _Ledger(problem, np.setdiff1d(named, problem.fixed))
    built = problem.fixed
    left, chosen = list(ledger.sites), []
    values, unserved = [_measure(problem, built)], [ledger.unserved]
    while left:
        rated = [(ledger.rate(j), -j) for j in left]
        best = -max(rated)[1]
        ledger.build(best)
        left.remove(best)
        chosen.append(best)
        built = np.union1d(problem.fixed, chosen).astype(np.int32)
        values.append(_measure(problem, built))
        unserved.append(ledger.unserved)
    value, sign = np.array(values), -1.0 if problem.objective.startswith("p_") else 1.0
    return BuildOrder(
        frozen(chosen, np.int32), frozen(value), frozen(sign * np.diff(value) + 0.0),
        frozen(unserved, np.float64), frozen(problem.site_cost[chosen], np.float64),
    )  # fmt: skip


def _measure(problem: Problem, sites: Ints) -> float:
    """Covered weight of a cover, cost of the rows served otherwise."""
    if problem.objective == "set_cover":
        return fsum(problem.weight[np.isfinite(measure_rows(problem, sites))])
    return measure_sites(problem, sites)


class _Ledger:
    """What each site of a plan would add to those built so far."""

    def __init__(self, problem: Problem, sites: Ints) -> None:
        self.problem, self.sites = problem, sites.tolist()
        pairs = np.flatnonzero(np.isin(problem.candidate, sites))
        row, column = owning_rows(problem.first)[pairs], problem.candidate[pairs]
        self._own = {j: (row[column == j], problem.cost[pairs[column == j]]) for j in self.sites}
        self._cover = not problem.objective.startswith("p_")
        self._lack = lacking_sites(problem)
        self._cost = np.minimum(measure_rows(problem, problem.fixed), problem.beyond)
        reached = np.isfinite(measure_rows(problem, np.union1d(sites, problem.fixed)))
        self._asked = (reached | np.isfinite(problem.beyond)) & (problem.weight > 0)

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
