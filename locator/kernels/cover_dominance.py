"""What a cover need not look at: rows that are covered anyway, columns that another one replaces.

Row k is dropped if some other row is covered by a part of its columns only: whoever covers that
one covers k. As in a SAT solver (Zhang 2005, doi:10.1007/11499107_35) every row that is kept waits
("watches") at one of its columns, its rarest, and is compared only with rows that have this column;
the columns of k are marked, so one comparison stops at the first column that k lacks.

Column j is dropped if some other one covers all of its rows at no higher cost. The columns that
are left in question are intersected row by row, from the shortest row on; that ends after a few.

Equals are no riddle: of equal rows or columns the first in order is kept, and since the order is
strict nothing is dropped because of something that is dropped in a circle.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import F1, I1, L1, OUT_B1, OUT_I1, OUT_L1, L, kernel

LISTS = (L1, I1)  # first, members


@kernel(LISTS, I1, L, OUT_L1, OUT_I1)
def turn_lists(lists, order, members, turned_first, turned):
    """List for each member the lists it is in, in the order given; O(pairs).

    Parameters
    ----------
    lists : first, member
    order : (lists,) int32
        In which order lists are entered: so each turned list is sorted by it.
    members
        How many there are.
    turned_first : (members + 1,), turned : (pairs,)
        Written.
    """
    first, member = lists
    turned_first[:] = 0
    for z in range(first[0], first[len(first) - 1]):
        turned_first[member[z] + 1] += 1
    for j in range(members):
        turned_first[j + 1] += turned_first[j]
    place = turned_first[:members].copy()
    for one in order:
        for z in range(first[one], first[one + 1]):
            turned[place[member[z]]] = one
            place[member[z]] += 1


@kernel(LISTS, I1, L, OUT_B1, returns=L)
def drop_rows(by_row, order, columns, dropped):
    """Mark rows that are covered whenever another row is; returns how many.

    Parameters
    ----------
    by_row : first, column
        Rarest column first.
    order : (rows,) int32
        Shorter rows first.
    columns
        How many there are.
    dropped : (rows,) uint8
        Written.
    """
    first, column = by_row
    watcher = np.full(columns, -1, np.int32)
    after = np.full(len(first) - 1, -1, np.int32)
    mark = np.zeros(columns, np.int32)
    count = 0
    for at in range(len(order)):
        k, stamp = order[at], at + 1
        for z in range(first[k], first[k + 1]):
            mark[column[z]] = stamp
        within = False
        for z in range(first[k], first[k + 1]):
            i = watcher[column[z]]
            while i >= 0 and not within:
                within = True
                for y in range(first[i] + 1, first[i + 1]):
                    if mark[column[y]] != stamp:
                        within = False
                        break
                i = after[i]
            if within:
                break
        dropped[k] = within
        if within:
            count += 1
        elif first[k + 1] > first[k]:
            rarest = column[first[k]]
            after[k] = watcher[rarest]
            watcher[rarest] = k
    return count


@kernel(LISTS, LISTS, F1, OUT_B1, returns=L)
def drop_columns(by_row, by_column, cost, dropped):
    """Mark columns that another one replaces; returns how many.

    Parameters
    ----------
    by_row : first, column
        Columns ascending.
    by_column : first, row
        Shorter rows first.
    cost : (columns,)
    dropped : (columns,) uint8
        Written.
    """
    first, column = by_row
    column_first, row = by_column
    columns = len(cost)
    other = np.empty(columns, np.int32)
    count = 0
    for j in range(columns):
        start, end = column_first[j], column_first[j + 1]
        left = 0
        if end > start:
            size = end - start
            for z in range(first[row[start]], first[row[start] + 1]):
                k = column[z]
                wider = column_first[k + 1] - column_first[k] - size
                if k == j or wider < 0 or cost[k] > cost[j]:
                    continue
                if wider > 0 or cost[k] < cost[j] or k < j:
                    other[left] = k
                    left += 1
        e = start + 1
        while e < end and left > 0:
            z, last, still = first[row[e]], first[row[e] + 1], 0
            for y in range(left):
                while z < last and column[z] < other[y]:
                    z += 1
                if z < last and column[z] == other[y]:
                    other[still] = other[y]
                    still += 1
            left = still
            e += 1
        dropped[j] = left > 0 or start == end
        count += dropped[j]
    return count
