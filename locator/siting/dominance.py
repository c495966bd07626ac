"""Covers made smaller without losing the best one: what is left to decide, and the way back.

Rows that are covered whenever another one is, and columns that another one replaces at no higher
cost, are dropped; a column that alone covers some row is taken; and so on until nothing changes
(Beasley 1987, doi:10.1016/0377-2217(87)90141-X). Prices go back exactly: a row that was dropped is
free, and the row that forced a column pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import fsum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.siting.measures import find_need, owning_rows

if TYPE_CHECKING:
    from locator.siting.problem import Problem

_WORTH = 0.02  # of the pairs: a pass over many that drops less is the last
_MANY = 200_000


class Matrix(NamedTuple):
    """Pairs by row and by column, each ascending."""

    first: Longs
    column: Ints
    column_first: Longs
    row: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """What is left to decide.

    Parameters
    ----------
    matrix
    cost : (columns,)
        Above zero.
    weight : (rows,)
        Above zero; ones where everything has to be covered.
    need
        Weight that has to be covered; -1: everything.
    row, site : int32
        Row and candidate of the problem that each row and column is.
    taken : int32
        Candidates that are chosen already, fixed ones included.
    spent
        What those cost.
    paying : int32
        For each forced candidate the row that pays for it; with `paid`.
    group, part
        Where rows were merged (a share of the weight): row of the cover of each row of the problem,
        and which part of its weight it is. Empty otherwise.
    """

    matrix: Matrix
    cost: Floats
    weight: Floats
    need: float
    row: Ints
    site: Ints
    taken: Ints
    spent: float
    paying: Ints
    paid: Floats
    group: Ints
    part: Floats

    @property
    def size(self) -> int:
        """Number of pairs."""
        return len(self.matrix.column)

    @property
    def impossible(self) -> bool:
        """Whether some row has no column left."""
        return bool((np.diff(self.matrix.first) == 0).any())

    @property
    def allowed(self) -> float:
        """Weight that may stay uncovered; a little less, so that sums of floats do not matter."""
        if self.need < 0:
            return 0.0
        total = float(self.weight.sum())
        whole = bool((self.weight == np.floor(self.weight)).all()) and total < 2.0**53
        return max(total - self.need - (0.0 if whole else 1e-11 * total), 0.0)

    def is_covered(self, marks: Bools) -> bool:
        """Whether the marked columns cover what is needed."""
        times = np.concatenate(([0], np.cumsum(marks[self.matrix.column], dtype=np.int64)))
        bare = times[self.matrix.first[1:]] == times[self.matrix.first[:-1]]
        return fsum(self.weight[bare]) <= self.allowed

    def sites(self, marks: Bools) -> Ints:
        """Candidates of the marked columns and those taken already, ascending."""
        return np.union1d(self.site[marks], self.taken).astype(np.int32)

    def prices(self, u: Floats, rows: int) -> Floats:
        """Prices of the problem's rows from those of the cover's."""
        if len(self.group):
            return np.append(u, 0.0)[self.group] * self.part
        spread = np.zeros(rows)
        spread[self.row] = u
        spread[self.paying] = self.paid
        return spread


def cut_cover(problem: Problem, kept: Bools | None = None) -> Cover:
    """What a problem leaves to decide, made as small as it gets.

    Parameters
    ----------
    problem
        `set_cover`, or `p_center` with
    kept : (pairs,) bool
        the pairs that are near enough. Each row that must be served needs a pair that is kept.
    """
    need = find_need(problem)
    usable = np.ones(problem.candidates, bool)
    usable[problem.forbidden] = False
    row, column = owning_rows(problem.first), problem.candidate
    free = usable[column] & (problem.weight > 0)[row]
    if kept is not None:
        free &= kept
    row, column = row[free], column[free]
    taken = np.unique(np.concatenate((problem.fixed, _find_free(problem, usable))))
    chosen = np.zeros(problem.candidates, bool)
    chosen[taken] = True
    covered = np.zeros(problem.rows, bool)
    covered[row[chosen[column]]] = True
    left = ~covered[row]
    if need >= 0:
        need = max(need - float(problem.weight[covered].sum()), 0.0)
        left &= need > 0
    cover = _begin(problem, (row[left], column[left]), need, taken.astype(np.int32))
    return reduce_cover(cover)


def _find_free(problem: Problem, usable: Bools) -> Ints:
    """Candidates that cost nothing are always taken; the needless ones are dropped at the end."""
    return np.flatnonzero((problem.site_cost <= 0) & usable).astype(np.int32)


def _begin(problem: Problem, pairs: tuple[Ints, Ints], need: float, taken: Ints) -> Cover:
    from locator.siting.merging import merge_rows

    row, column = pairs
    group, part = np.empty(0, np.int32), np.empty(0)
    leads = np.zeros(problem.rows, bool)
    leads[row] = True
    weight: Floats = np.ones(int(leads.sum()))
    if need >= 0:
        group, part, leads = merge_rows(row, column, problem.weight)
        known = group >= 0
        weight = np.zeros(int(leads.sum()))
        np.add.at(weight, group[known], problem.weight[known])
    lead = leads[row]
    number = np.cumsum(leads, dtype=np.int32) - np.int32(1)
    used = np.zeros(problem.candidates, bool)
    used[column] = True
    site, place = np.flatnonzero(used), np.cumsum(used, dtype=np.int32) - np.int32(1)
    matrix = _make_matrix(number[row[lead]], place[column[lead]], len(weight), len(site))
    return Cover(
        matrix, frozen(problem.site_cost[site]), frozen(weight), need,
        frozen(np.flatnonzero(leads), np.int32), frozen(site, np.int32), frozen(taken),
        float(problem.site_cost[taken].sum()), frozen([], np.int32), frozen([], np.float64),
        frozen(group), frozen(part),
    )  # fmt: skip


def _make_matrix(row: Ints, column: Ints, rows: int, columns: int) -> Matrix:
    """Matrix of pairs that are ascending by row, then column."""
    count = np.bincount(row, minlength=rows)
    first = np.concatenate(([0], np.cumsum(count, dtype=np.int64)))
    turned = _turn((first, column), np.arange(rows, dtype=np.int32), columns)
    return Matrix(frozen(first), frozen(column, np.int32), *turned)


def _turn(lists: tuple[Longs, Ints], order: Ints, members: int) -> tuple[Longs, Ints]:
    from locator.kernels.cover_dominance import turn_lists

    first, turned = np.empty(members + 1, np.int64), np.empty(len(lists[1]), np.int32)
    turn_lists(lists, order, members, first, turned)
    return frozen(first), frozen(turned)


def reduce_cover(cover: Cover) -> Cover:
    """Drop and take until nothing changes, or too little to be worth a pass."""
    while cover.size:
        before = cover.size
        if cover.need < 0:
            cover = keep_part(cover, rows=_find_rows(cover))
        cover = keep_part(cover, columns=_find_columns(cover))
        if cover.need < 0:
            cover = _take_forced(cover)
        dropped = before - cover.size
        if dropped == 0 or (before > _MANY and dropped < _WORTH * before):
            break
    return cover


def _find_rows(cover: Cover) -> Bools:
    """Rows that are to be kept."""
    from locator.kernels.cover_dominance import drop_rows

    matrix, rows, columns = cover.matrix, len(cover.row), len(cover.site)
    rare = np.argsort(np.diff(matrix.column_first), kind="stable").astype(np.int32)
    by_row = _turn((matrix.column_first, matrix.row), rare, rows)
    short = np.argsort(np.diff(matrix.first), kind="stable").astype(np.int32)
    dropped = np.empty(rows, np.uint8)
    drop_rows(by_row, short, columns, dropped)
    kept: Bools = dropped == 0
    return kept


def _find_columns(cover: Cover) -> Bools:
    """Columns that are to be kept."""
    from locator.kernels.cover_dominance import drop_columns

    matrix, columns = cover.matrix, len(cover.site)
    short = np.argsort(np.diff(matrix.first), kind="stable").astype(np.int32)
    by_column = _turn((matrix.first, matrix.column), short, columns)
    dropped = np.empty(columns, np.uint8)
    drop_columns((matrix.first, matrix.column), by_column, cover.cost, dropped)
    kept: Bools = dropped == 0
    return kept


def keep_part(cover: Cover, *, rows: Bools | None = None, columns: Bools | None = None) -> Cover:
    """The same cover of some rows and columns."""
    rows = np.ones(len(cover.row), bool) if rows is None else rows
    columns = np.ones(len(cover.site), bool) if columns is None else columns
    if rows.all() and columns.all():
        return cover
    row, column = owning_rows(cover.matrix.first), cover.matrix.column
    kept = rows[row] & columns[column]
    row_number, column_number = np.cumsum(rows) - 1, np.cumsum(columns) - 1
    matrix = _make_matrix(
        row_number[row[kept]], column_number[column[kept]].astype(np.int32), int(rows.sum()),
        int(columns.sum()),
    )  # fmt: skip
    return replace(
        cover, matrix=matrix, cost=frozen(cover.cost[columns]), weight=frozen(cover.weight[rows]),
        row=frozen(cover.row[rows]), site=frozen(cover.site[columns]),
    )  # fmt: skip


def _take_forced(cover: Cover) -> Cover:
    """Take columns that alone cover some row."""
    matrix = cover.matrix
    single = np.flatnonzero(np.diff(matrix.first) == 1)
    if not len(single):
        return cover
    forced, lead = np.unique(matrix.column[matrix.first[single]], return_index=True)
    chosen = np.zeros(len(cover.site), bool)
    chosen[forced] = True
    covered = np.zeros(len(cover.row), bool)
    covered[owning_rows(matrix.first)[chosen[matrix.column]]] = True
    cost = cover.cost[forced]
    more = replace(
        cover,
        taken=frozen(np.concatenate((cover.taken, cover.site[forced])), np.int32),
        spent=cover.spent + float(cost.sum()),
        paying=frozen(np.concatenate((cover.paying, cover.row[single[lead]])), np.int32),
        paid=frozen(np.concatenate((cover.paid, cost))),
    )
    # Columns that cover nothing any more go with the next pass, which finds them empty.
    return keep_part(more, rows=~covered, columns=~chosen)
