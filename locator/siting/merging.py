"""Rows that the same candidates serve, and candidates that serve the same rows, made one.

Both are found by random sums, which cost one pass over the pairs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from locator.arrays import Bools, Floats, Ints


def merge_rows(row: Ints, column: Ints, weight: Floats) -> tuple[Ints, Floats, Bools]:
    """Groups of rows that the same candidates cover.

    Sets of candidates are compared by two random 64-bit sums. Two different sets have equal sums
    with a chance of about 2**-88 among a million rows; plans are measured on the rows as they were.

    Parameters
    ----------
    row, column : (pairs,)
        Ascending by row, then column.
    weight : (rows,)

    Returns
    -------
    group : (rows,) int32
        -1 for rows without pairs; groups are numbered by their first rows.
    part : (rows,)
        Share of each row in the weight of its group.
    leads : (rows,) bool
        The first row of each group.
    """
    rows = len(weight)
    group, part, leads = np.full(rows, -1, np.int32), np.zeros(rows), np.zeros(rows, bool)
    if not len(row):
        return group, part, leads
    present, start = np.unique(row, return_index=True)
    random = np.random.default_rng(1)
    keys = random.integers(0, 2**63, (2, int(column.max()) + 1), dtype=np.uint64)
    sums = [np.add.reduceat(key[column], start) for key in keys]
    order = np.lexsort((present, *sums))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (sums[0][order][1:] != sums[0][order][:-1]) | (
        sums[1][order][1:] != sums[1][order][:-1]
    )
    lead = np.empty(len(order), np.int64)  # place of the first row of each row's group
    lead[order] = order[np.flatnonzero(fresh)][np.cumsum(fresh) - 1]
    first, number = np.unique(lead, return_inverse=True)
    group[present], leads[present[first]] = number, True
    total = np.bincount(number, weights=weight[present])
    part[present] = weight[present] / total[number]
    return group, part, leads


def find_twins(candidates: int, row: Ints, column: Ints, gain: Floats) -> Ints:
    """The lowest candidate with the same gains as each one; itself where there is no lower.

    Random sums find likely twins, whose pairs are then compared. O(pairs log pairs).
    """
    twin = np.arange(candidates, dtype=np.int32)
    if not len(row):
        return twin
    key = np.random.default_rng(2).integers(0, 2**63, int(row.max()) + 1, dtype=np.uint64)
    order = np.lexsort((row, column))
    used, start = np.unique(column[order], return_index=True)
    mixed = key[row] * (gain.view(np.uint64) | np.uint64(1))
    sums = np.add.reduceat(mixed[order], start)
    size = np.diff(np.append(start, len(order)))
    place = np.lexsort((used, sums, size))
    alike = (sums[place][1:] == sums[place][:-1]) & (size[place][1:] == size[place][:-1])
    for k in np.flatnonzero(alike).tolist():
        one, other = (order[start[q] : start[q] + size[q]] for q in place[k : k + 2].tolist())
        if np.array_equal(row[one], row[other]) and np.array_equal(gain[one], gain[other]):
            twin[used[place[k + 1]]] = twin[used[place[k]]]
    return twin
