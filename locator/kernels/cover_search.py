"""Cheaper and cheaper covers: local search that makes rows dear which stay uncovered.

Idea (row weighting local search: Gao, Weise & Li 2015, doi:10.1016/j.ejor.2015.05.038): from a
cover take the column away that is missed least, so that it costs less than the best cover, and then
exchange columns until nothing is uncovered again. Every row that is uncovered after an exchange
gets heavier by its own weight, so the search is pushed out of every dead end. A column that was
just added stays for a step, one that was just taken comes back only after a change near it; of
equals the one goes that has been still for longest.

Where only a share of the weight has to be covered, the columns to add are compared everywhere, not
only at one uncovered row, since it may be right to leave that row.

For each row the number of its chosen columns and their sum are kept: where the number is one, the
sum is that column, found without a look at the row.
"""

from __future__ import annotations

from locator.kernels.compiler import F1, I1, L1, OUT_B1, OUT_F1, OUT_I1, OUT_L1, F, L, inner, kernel
from locator.kernels.siting_search import draw

MATRIX = (L1, I1, L1, I1)  # first, column; first, row
# Rows: how often covered, sum of chosen columns, heaviness, uncovered rows, place among them.
ROWS = (OUT_I1, OUT_L1, OUT_F1, OUT_I1, OUT_I1)
# Columns: 1 if chosen, score, step of the last change, 1 if it may be added, chosen, place.
COLUMNS = (OUT_B1, OUT_F1, OUT_L1, OUT_B1, OUT_I1, OUT_I1)
# random, step, chosen columns, uncovered rows, last added
COUNTS = OUT_L1
SUMS = OUT_F1  # cost, uncovered weight, cost of the best


@inner
def add_column(j, matrix, cost, weight, rows, columns, counts, sums):
    """Choose j."""
    first, column, column_first, row = matrix
    times, total, heavy, bare, bare_place = rows
    chosen, score, step, may, picked, place = columns
    loss = 0.0
    for e in range(column_first[j], column_first[j + 1]):
        i = row[e]
        if times[i] == 0:
            loss += heavy[i]
            sums[1] -= weight[i]
            counts[3] -= 1
            last = bare[counts[3]]
            bare[bare_place[i]], bare_place[last] = last, bare_place[i]
            for z in range(first[i], first[i + 1]):
                score[column[z]] -= heavy[i]
                may[column[z]] = 1
        elif times[i] == 1:
            score[total[i]] -= heavy[i]
        times[i] += 1
        total[i] += j
    score[j] = loss
    chosen[j], step[j], may[j] = 1, counts[1], 1
    picked[counts[2]], place[j] = j, counts[2]
    counts[2] += 1
    sums[0] += cost[j]


@inner
def take_column(j, matrix, cost, weight, rows, columns, counts, sums):
    """Choose j no longer."""
    first, column, column_first, row = matrix
    times, total, heavy, bare, bare_place = rows
    chosen, score, step, may, picked, place = columns
    chosen[j] = 0
    gain = 0.0
    for e in range(column_first[j], column_first[j + 1]):
        i = row[e]
        times[i] -= 1
        total[i] -= j
        if times[i] == 0:
            gain += heavy[i]
            sums[1] += weight[i]
            bare[counts[3]], bare_place[i] = i, counts[3]
            counts[3] += 1
            for z in range(first[i], first[i + 1]):
                score[column[z]] += heavy[i]
                may[column[z]] = 1
        elif times[i] == 1:
            score[total[i]] += heavy[i]
    score[j] = gain
    step[j], may[j] = counts[1], 0
    counts[2] -= 1
    last = picked[counts[2]]
    picked[place[j]], place[last] = last, place[j]
    sums[0] -= cost[j]


@inner
def find_least(cost, columns, counts, kept):
    """The chosen column that is missed least for its cost, -1 for none; never `kept`."""
    _, score, step, _, picked, _ = columns
    worst = -1
    for y in range(counts[2]):
        j = picked[y]
        if j == kept:
            continue
        if worst < 0:
            worst = j
            continue
        mine, least = score[j] * cost[worst], score[worst] * cost[j]
        if mine < least or (mine == least and step[j] < step[worst]):
            worst = j
    return worst


@inner
def find_best(low, high, where, cost, columns):
    """Of the columns where[low:high] the best one to add, -1 for none."""
    chosen, score, step, may, _, _ = columns
    best = -1
    for z in range(low, high):
        j = where[z]
        if chosen[j] or not may[j] or score[j] <= 0.0:
            continue
        if best < 0:
            best = j
            continue
        mine, most = score[j] * cost[best], score[best] * cost[j]
        if mine > most or (mine == most and step[j] < step[best]):
            best = j
    return best


@kernel(MATRIX, F1, F1, F, I1, ROWS, COLUMNS, COUNTS, SUMS, OUT_B1)
def begin_search(matrix, cost, weight, allowed, start, rows, columns, counts, sums, best):
    """Begin with the columns of `start`, add greedily until covered, and note that as the best.

    All of rows, columns, counts[2:] and sums is written.
    """
    _, _, column_first, row = matrix
    times, total, heavy, bare, bare_place = rows
    chosen, score, step, may, _, _ = columns
    times[:], total[:], chosen[:], step[:], may[:] = 0, 0, 0, 0, 1
    counts[2], counts[3], counts[4] = 0, len(weight), -1
    sums[0], sums[1] = 0.0, 0.0
    for i in range(len(weight)):
        bare[i], bare_place[i], heavy[i] = i, i, weight[i]
        sums[1] += weight[i]
    for j in range(len(cost)):
        score[j] = 0.0
        for e in range(column_first[j], column_first[j + 1]):
            score[j] += heavy[row[e]]
    for j in start:
        if not chosen[j]:
            add_column(j, matrix, cost, weight, rows, columns, counts, sums)
    while counts[3] > 0 and sums[1] > allowed:
        j = -1
        for k in range(len(cost)):
            if chosen[k] or score[k] <= 0.0:
                continue
            if j < 0 or score[k] * cost[j] > score[j] * cost[k]:
                j = k
        if j < 0:
            break
        add_column(j, matrix, cost, weight, rows, columns, counts, sums)
    sums[2] = sums[0]
    best[:] = chosen


@kernel(MATRIX, F1, F1, F, F, F, L, I1, ROWS, COLUMNS, COUNTS, SUMS, OUT_B1, returns=L)
def search_cover(
    matrix, cost, weight, allowed, target, margin, work, every, rows, columns, counts, sums, best
):
    """Go on searching; returns how many pairs were looked at.

    Parameters
    ----------
    matrix : first, column, column_first, row
    cost : (columns,)
        Above zero.
    weight : (rows,)
        Above zero.
    allowed
        Weight that may stay uncovered; 0 where everything has to be covered.
    target
        Stop at a cover that costs no more.
    margin
        By how much a better cover is cheaper at least.
    work
        Stop after so many pairs.
    every : (columns,) int32
        All columns, for a share of the weight; empty otherwise.
    rows, columns, counts, sums
        Where the search stands.
    best : (columns,) uint8
        The best cover yet, written; its cost is sums[2].
    """
    first, column, column_first, _ = matrix
    heavy, bare = rows[2], rows[3]
    score = columns[1]
    done = 0
    while done < work:
        while counts[3] == 0 or sums[1] <= allowed:
            if sums[0] < sums[2]:
                sums[2] = sums[0]
                best[:] = columns[0]
            j = find_least(cost, columns, counts, -1)
            if j < 0 or sums[2] <= target:
                return done
            take_column(j, matrix, cost, weight, rows, columns, counts, sums)
        counts[1] += 1
        j = find_least(cost, columns, counts, counts[4])
        done += counts[2]
        if j >= 0:
            take_column(j, matrix, cost, weight, rows, columns, counts, sums)
            done += 8 * (column_first[j + 1] - column_first[j])
        added = False
        while counts[3] > 0 and sums[1] > allowed:
            if len(every) > 0:
                j = find_best(0, len(every), every, cost, columns)
                done += len(every)
            else:
                i = bare[draw(counts, counts[3])]
                j = find_best(first[i], first[i + 1], column, cost, columns)
                done += first[i + 1] - first[i]
            if j < 0 or sums[0] + cost[j] > sums[2] - margin:
                break
            added = True
            add_column(j, matrix, cost, weight, rows, columns, counts, sums)
            counts[4] = j
            done += 8 * (column_first[j + 1] - column_first[j])
            for y in range(counts[3]):
                i = bare[y]
                heavy[i] += weight[i]
                for z in range(first[i], first[i + 1]):
                    score[column[z]] += weight[i]
                done += first[i + 1] - first[i]
        if not added:
            counts[4] = -1
            if counts[2] == 0:
                for k in range(len(cost)):  # nothing to take and nothing cheap enough to add
                    columns[3][k] = 1
                done += len(cost) + 1000
    return done
