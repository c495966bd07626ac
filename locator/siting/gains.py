"""Cost and coverage as one thing: what a site gains for a row over what the row has anyway.

A plan is worth sum_i max(0, max_j g_ij) over its sites j. For coverage g_ij is the weight of the
row. For cost it is weight x (base - cost): with fixed stations the base is the cost to the nearest
of them, so that only nearer candidates have a gain and the matrix stays sparse and exact; without
them it is the largest cost of the row, plus a charge where a plan could leave the row unserved.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import fsum
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bools, Bytes, Floats, Ints, Longs, frozen
from locator.siting.measures import measure_rows, must_serve, owning_rows
from locator.siting.merging import find_twins, merge_rows

if TYPE_CHECKING:
    from locator.siting.problem import Problem

Pairs = tuple[Longs, Ints, Floats]


@dataclass(frozen=True, slots=True, eq=False)
class Gains:
    """A sparse matrix of gains, all above zero.

    Parameters
    ----------
    by_row : first, column, gain
        Gains of a row fall; equal ones go by column.
    by_column : first, row, gain
    row : (rows,) int32
        Number of each row in the matrix that this one was cut from.
    site : (columns,) int32
        Candidate of each column.
    open
        How many sites there are left to choose.
    taken : int32
        Candidates already chosen on the way here, by a proof that they are in every better plan.
    start
        What those gain.
    """

    by_row: Pairs
    by_column: Pairs
    row: Ints
    site: Ints
    open: int
    taken: Ints
    start: float

    @property
    def size(self) -> int:
        """Number of pairs."""
        return len(self.by_row[1])

    def marks(self, sites: Ints) -> Bytes:
        """1 for each column whose candidate is among `sites`."""
        return np.isin(self.site, sites).astype(np.uint8)

    def sites(self, marks: Bytes) -> Ints:
        """Candidates of the marked columns and those taken already, ascending."""
        return np.sort(np.concatenate((self.site[marks != 0], self.taken))).astype(np.int32)

    def given(self, role: Bytes) -> Floats:
        """What each row gains from the columns of role 1."""
        from locator.kernels.siting_bound import gain_rows

        given = np.empty(len(self.row))
        gain_rows(self.by_row, (role == 1).astype(np.uint8), given)
        return given

    def cut(self, role: Bytes) -> Gains:
        """What is left when columns of role 1 are sites and those of role 2 are out."""
        from locator.kernels.siting_bound import shrink_gains

        still = role == 0
        number = np.where(still, np.cumsum(still) - 1, -1).astype(np.int32)
        first, column, gain, row, base = shrink_gains(self.by_row, role, number)
        pairs = (frozen(first), frozen(column), frozen(gain))
        taken = np.concatenate((self.taken, self.site[role == 1])).astype(np.int32)
        return Gains(
            pairs, turn(pairs, int(still.sum())), frozen(row), frozen(self.site[still]),
            self.open - int((role == 1).sum()), frozen(taken), self.start + fsum(base),
        )  # fmt: skip


def turn(pairs: Pairs, columns: int) -> Pairs:
    """The same pairs by column."""
    from locator.kernels.siting_bound import turn_pairs

    first, row, gain = turn_pairs(pairs, columns)
    return frozen(first), frozen(row), frozen(gain)


@dataclass(frozen=True, slots=True, eq=False)
class Translation:
    """A problem of cost or coverage as gains, and the way back.

    Parameters
    ----------
    gains
        Without fixed and forbidden candidates, rows without a gain, and all but one (the lowest)
        of candidates with equal gains.
    base : (rows,) or empty
        `p_median`: the cost of each row from which gains count.
    group : (rows,) int32
        Row of `gains` of each row of the problem, -1 for none: rows that the same candidates
        cover are one.
    part : (rows,)
        Which part of that row it is.
    settled : (rows,)
        What fixed sites gain for each row already.
    start
        Value of the problem where nothing is gained.
    sign
        +1 where gains are worth, -1 where they save.
    twin : (candidates,) int32
        The candidate that stands for each one: itself, or the lowest with equal gains.
    """

    problem: Problem
    gains: Gains
    base: Floats
    group: Ints
    part: Floats
    settled: Floats
    start: float
    sign: float
    twin: Ints

    def value(self, gain: float) -> float:
        """Value of the problem at a gain."""
        return self.start + self.sign * gain

    def prices(self, u: Floats) -> Floats:
        """Prices of the problem's rows from those of the gains' rows."""
        spread = np.append(u, 0.0)[self.group] * self.part
        return np.maximum(spread, 0.0) + self.settled


def translate(problem: Problem, charge: float = 0.0, most: float = np.inf) -> Translation:
    """Write a problem as gains.

    `charge` is added to the largest cost of rows that a plan could leave unserved; any charge gives
    true bounds, and a high one makes plans serve every row. `most` is what some plan costs in all:
    no row of a better one costs more than that, so no base need to be higher.
    """
    cover = problem.objective == "max_cover"
    row = owning_rows(problem.first)
    free = np.ones(problem.candidates, bool)
    free[problem.fixed], free[problem.forbidden] = False, False
    near = measure_rows(problem, problem.fixed)
    if cover:
        base, covered = np.empty(0), np.isfinite(near)
        gain = np.where(covered, 0.0, problem.weight)[row]
        settled = np.where(covered, problem.weight, 0.0)
        start = fsum(settled)
    else:
        base, settled = choose_base(problem, near, charge), np.zeros(problem.rows)
        if most < np.inf:
            base = limit_base(base, problem.weight, most)
        gain = np.maximum(base[row] - problem.cost, 0.0) * problem.weight[row]
        start = fsum(problem.weight * base)
    kept = free[problem.candidate] & (gain > 0)
    pairs = (row[kept], problem.candidate[kept], gain[kept])
    gains, group, part, twin = _gather(problem, pairs, merge=cover)
    return Translation(
        problem, gains, base, group, part, settled, start, 1.0 if cover else -1.0, frozen(twin)
    )


def may_be_unserved(problem: Problem) -> Bools:
    """Rows that must be served, but that some choice of sites leaves unserved."""
    usable = np.ones(problem.candidates, bool)
    usable[problem.forbidden] = False
    count = count_pairs(problem, usable)
    capped = np.isfinite(np.minimum(measure_rows(problem, problem.fixed), problem.beyond))
    rows: Bools = must_serve(problem) & ~capped & (count < usable.sum())
    return rows


def count_pairs(problem: Problem, usable: Bools) -> Longs:
    """Number of usable candidates of each row."""
    before = np.concatenate(([0], np.cumsum(usable[problem.candidate], dtype=np.int64)))
    count: Longs = np.diff(before[problem.first])
    return count


def choose_base(problem: Problem, near: Floats, charge: float) -> Floats:
    """Cost of each row from which savings count, see the module."""
    usable = np.ones(problem.candidates, bool)
    usable[problem.forbidden] = False
    row = owning_rows(problem.first)
    listed = usable[problem.candidate]
    largest = np.zeros(problem.rows)
    np.maximum.at(largest, row[listed], problem.cost[listed])
    largest[may_be_unserved(problem)] += charge
    cap = np.minimum(near, problem.beyond)
    # Where not every candidate is listed, a plan may cost more than the largest that is.
    partial = count_pairs(problem, usable) < usable.sum()
    return np.where(partial & np.isfinite(cap), cap, np.minimum(cap, largest))


def limit_base(base: Floats, weight: Floats, most: float) -> Floats:
    """Bases that no row of a plan can pass which costs less than `most` in all."""
    limit: Floats = np.zeros(len(base))  # what weighs nothing saves nothing
    with np.errstate(over="ignore"):
        np.divide(most * (1.0 + 1e-9), weight, out=limit, where=weight > 0)
    return np.minimum(base, np.minimum(limit, np.finfo(float).max))


def _gather(
    problem: Problem, pairs: tuple[Ints, Ints, Floats], *, merge: bool
) -> tuple[Gains, Ints, Floats, Ints]:
    """Gains with rows and columns numbered anew; group and part of each row, twins."""
    row, column, gain = pairs
    group, part = np.full(problem.rows, -1, np.int32), np.zeros(problem.rows)
    if merge:
        group, part, leads = merge_rows(row, column, problem.weight)
        weight = np.bincount(group[group >= 0], weights=problem.weight[group >= 0])
        row, column = row[leads[row]], column[leads[row]]
        gain = weight[group[row]].astype(np.float64)
        row = group[row]
    else:
        present = np.unique(row)
        group[present], part[present] = np.arange(len(present)), 1.0
        row = group[row]
        order = np.lexsort((column, -gain, row))
        row, column, gain = row[order], column[order], gain[order]
    twin = find_twins(problem.candidates, row, column, gain)
    kept = twin[column] == column
    row, column, gain = row[kept], column[kept], gain[kept]
    site, number = np.unique(column, return_inverse=True)
    rows = int(group.max(initial=-1)) + 1
    first = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=rows), dtype=np.int64)))
    found = (frozen(first, np.int64), frozen(number, np.int32), frozen(gain, np.float64))
    made = Gains(
        found, turn(found, len(site)), frozen(np.arange(rows), np.int32), frozen(site, np.int32),
        min(problem.p - len(problem.fixed), len(site)), frozen([], np.int32), 0.0,
    )  # fmt: skip
    return made, group, part, twin
