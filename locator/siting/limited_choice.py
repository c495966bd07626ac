"""A choice of sites that money, floors or backups limit, as the arrays its kernels read.

One form for coverage and for cost, as in `gains`: what a site gains for a row. Fixed and forbidden
candidates are columns of a settled role here, because what a row still lacks depends on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bytes, Floats, Ints, frozen
from locator.siting.certificate import PROVEN
from locator.siting.gains import Pairs, limit_base, turn
from locator.siting.measures import (
    covered_rows,
    find_broken_floors,
    find_faults,
    least_floors,
    measure_rows,
    most_money,
    owning_rows,
)

if TYPE_CHECKING:
    from locator.siting.problem import Problem
    from locator.siting.search import Record

OPEN, SITE, OUT = 0, 1, 2


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """Gains with what limits them; columns are the candidates of the problem.

    Parameters
    ----------
    by_row, by_column
        As of `Gains`.
    row : (rows,) int32
        Row of the problem that each row is.
    need, area : (rows,) int32
        How many sites a row needs; the floor that it counts for, -1 for none.
    length : (areas,)
        Of the weights of each area: the unit of its multiplier.
    floor : (areas,)
    cost : (columns,)
        Zeros without a budget.
    role : (columns,) uint8
        `SITE` where fixed, `OUT` where forbidden.
    money
        What all sites may cost; inf without a budget.
    base : (rows of the problem,) or empty
        `p_median`: cost from which gains count.
    start, sign
        Value of the problem where nothing is gained; +1 where gains are worth, -1 where they save.
    """

    problem: Problem
    by_row: Pairs
    by_column: Pairs
    row: Ints
    need: Ints
    area: Ints
    length: Floats
    floor: Floats
    cost: Floats
    role: Bytes
    money: float
    base: Floats
    start: float
    sign: float

    def arrays(self, role: Bytes) -> tuple[Ints, Ints, Floats, Floats, Floats, Bytes]:
        """What the kernels read beside the gains."""
        return self.need, self.area, self.length, self.floor, self.cost, role

    def left(self, role: Bytes) -> tuple[int, float]:
        """How many more sites there may be beside those of a role, and what they may cost."""
        sites = role == SITE
        return self.problem.p - int(sites.sum()), self.money - fsum(self.cost[sites])

    def value(self, gain: float) -> float:
        """Value of the problem at a gain."""
        return self.start + self.sign * gain

    def measure(self, marks: Bytes) -> tuple[float, float]:
        """What marked columns gain, and what the floors lack together."""
        from locator.kernels.limited_prices import value_limited

        reached = np.empty(len(self.floor))
        gain = value_limited(self.by_row, self.need, self.area, marks, reached)
        return float(gain), float(np.maximum(self.floor - reached, 0.0).sum())

    @property
    def whole(self) -> bool:
        """Whether all gains are whole numbers."""
        gain = self.by_row[2]
        return self.problem.integral and bool((gain == np.floor(gain)).all())

    def offer(self, marks: Bytes, record: Record) -> bool:
        """Put marked columns on record if they keep all limits and gain more."""
        gain, short = self.measure(marks)
        sites = np.flatnonzero(marks).astype(np.int32)
        if short > 0 or gain <= record.gain or find_faults(self.problem, sites):
            return False
        if len(find_broken_floors(self.problem, sites)):  # as the check of a solution sums it up
            return False
        if not self.whole:
            record.slack = 0.5 * PROVEN * abs(self.value(gain))
        return record.offer(sites, gain)


def read_choice(problem: Problem, most: float = np.inf) -> Choice:
    """Write a problem as a choice; O(pairs log pairs). `most` as of `gains.translate`."""
    row, column = owning_rows(problem.first), problem.candidate
    if problem.objective == "max_cover":
        base, gain, start, sign = np.empty(0), problem.weight[row], 0.0, 1.0
    else:
        # Money may be too little for any site, so a row may cost all that it costs without one.
        cap = np.minimum(measure_rows(problem, problem.fixed), problem.beyond)
        base = np.where(np.isfinite(cap), cap, 0.0)
        if most < np.inf:
            base = limit_base(base, problem.weight, most)
        gain = np.maximum(base[row] - problem.cost, 0.0) * problem.weight[row]
        start, sign = fsum(problem.weight * base), -1.0
    role = np.zeros(problem.candidates, np.uint8)
    money = most_money(problem) - fsum(problem.site_cost[problem.fixed])
    role[problem.site_cost > money] = OUT
    role[problem.fixed], role[problem.forbidden] = SITE, OUT
    kept = (gain > 0) & (role != OUT)[column]
    row, column, gain = row[kept], column[kept], gain[kept]
    present, number = np.unique(row, return_inverse=True)
    order = np.lexsort((column, -gain, number))
    count = np.bincount(number, minlength=len(present))
    by_row = (
        frozen(np.concatenate(([0], np.cumsum(count))), np.int64),
        frozen(column[order], np.int32),
        frozen(gain[order], np.float64),
    )
    need = problem.need[present] if len(problem.need) else np.ones(len(present), np.int32)
    area = problem.area[present] if len(problem.area) else np.full(len(present), -1, np.int32)
    inside = area >= 0
    squares = problem.weight[present[inside]] ** 2
    length = np.sqrt(np.bincount(area[inside], squares, minlength=len(problem.floors)))
    limited = problem.budget < np.inf
    return Choice(
        problem, by_row, turn(by_row, problem.candidates), frozen(present, np.int32),
        frozen(need, np.int32), frozen(area, np.int32),
        frozen(np.where(length > 0, length, 1.0)), frozen(least_floors(problem)),
        frozen(problem.site_cost if limited else np.zeros(problem.candidates), np.float64),
        frozen(role), most_money(problem), frozen(base, np.float64), start, sign,
    )  # fmt: skip


class LimitedPrices:
    """Prices of rows, multipliers of floors and the rate of money, made better in portions.

    Parameters
    ----------
    choice
    role : (columns,) uint8
        `OPEN`, `SITE` or `OUT`: what is settled on the way here.
    start : (rows + areas,), optional
        Prices to begin with.
    """

    def __init__(self, choice: Choice, role: Bytes, start: Floats | None = None) -> None:
        rows, areas = len(choice.row), len(choice.floor)
        self.choice, self.role = choice, role
        self.state = np.zeros(rows + areas) if start is None else np.array(start, np.float64)
        self.average, self.use = np.empty(rows + areas), np.empty(len(role))
        self._pace = np.zeros(6)
        self.bound = np.inf

    def improve(self, *, target: float, enough: float, steps: int) -> float:
        """Lower the bound by some steps; returns it."""
        from locator.kernels.limited_prices import improve_limited

        choice = self.choice
        self.bound, _ = improve_limited(
            choice.by_row, choice.arrays(self.role), *choice.left(self.role),
            (self.state, self.average, self.use), self._pace, target, enough, steps,
        )  # fmt: skip
        return self.bound

    @property
    def rate(self) -> float:
        """Price of a unit of money."""
        return float(self._pace[5])

    @property
    def u(self) -> Floats:
        """Price of each row of the problem; rows that fixed sites cover pay their weight."""
        problem = self.choice.problem
        u = np.zeros(problem.rows)
        u[self.choice.row] = self.state[: len(self.choice.row)]
        if problem.objective == "max_cover":
            u = np.where(covered_rows(problem, problem.fixed), problem.weight, u)
        return u

    @property
    def folds(self) -> Floats:
        """Multiplier of each floor."""
        folds: Floats = self.state[len(self.choice.row) :] / self.choice.length
        return folds

    def settle(self, enough: float) -> Bytes:
        """Roles that any better choice must have: `SITE`, `OUT`, or still `OPEN`.

        If the bound with a column forced in (out) is not above `enough`, no better choice has it
        (does without it). What cannot be paid is out.
        """
        from locator.kernels.limited_prices import rate_limited

        choice, (p, money) = self.choice, self.choice.left(self.role)
        rho = np.empty(len(self.role))
        bound, rate = rate_limited(
            choice.by_row, choice.arrays(self.role), p, money, self.state, self.rate, rho
        )
        worth = np.where(self.role == OPEN, rho - rate * choice.cost, -np.inf)
        paying = np.sort(np.maximum(worth, 0.0))[::-1]
        last = paying[p - 1] if 0 < p <= len(paying) else 0.0
        after = paying[p] if p < len(paying) else 0.0
        margin = 1e-11 * (abs(bound) + float(np.abs(worth[self.role == OPEN]).sum()))
        role = self.role.copy()
        free = role == OPEN
        top = worth >= last
        role[free & ~top & (bound - last + worth + margin <= enough)] = OUT
        role[free & (worth < 0) & (bound + worth + margin <= enough)] = OUT
        role[free & (worth > after) & (bound - worth + after + margin <= enough)] = SITE
        role[(role == OPEN) & (choice.cost > choice.left(role)[1])] = OUT
        return role


class LimitedSearch:
    """Iterated local search on one choice; see `locator.kernels.limited_search`.

    Parameters
    ----------
    choice
    seed
        The same seed and the same calls give the same sites.
    tolerance
        What counts as better.
    """

    def __init__(self, choice: Choice, *, seed: int, tolerance: float) -> None:
        self.choice, self.tolerance = choice, tolerance
        self._random = np.array([seed * 2654435761 % 2**48 + 330], np.int64)
        self.reached = np.zeros(len(choice.floor))

    def run(
        self, start: Ints, folds: Floats, *, work: int, kicks: int, by_cost: bool = False
    ) -> Bytes:
        """Improve sites, with the gains of areas counted `1 + folds` fold; returns marks."""
        from locator.kernels.limited_search import search_limited

        choice = self.choice
        fold = np.append(1.0 + folds, 1.0)[choice.area]
        (first, column, gain), (start_of, row, own) = choice.by_row, choice.by_column
        if len(folds):
            gain, own = gain * np.repeat(fold, np.diff(first)), own * fold[row]
        marks = np.zeros(len(choice.role), np.uint8)
        marks[start] = 1
        need, area, _, floor, cost, role = choice.arrays(choice.role)
        search_limited(
            (first, column, gain), (start_of, row, own), (need, area, fold, floor, cost, role),
            marks, *choice.left(choice.role), work, kicks, self.tolerance, int(by_cost),
            self._random, self.reached,
        )  # fmt: skip
        return marks
