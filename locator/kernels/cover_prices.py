"""A bound for covers: a price for each row, so that no column's rows cost more than the column.

Idea: the fractional cover and the prices are a linear program and its dual. Both are approached
together by the primal-dual hybrid gradient method (Chambolle & Pock 2011,
doi:10.1007/s10851-010-0251-1; steps by row and column as in Pock & Chambolle 2011) with restarts at
the mean and a weight that keeps both in step (Applegate et al. 2021, arXiv:2106.04756). An
iteration is two passes over the pairs, and no matrix is factorised.

Prices on the way are a little too high here and there. They are made safe at each look: what a row
pays is divided by the worst excess among its columns, and what the columns have left is dealt out
again, row by row. So a true bound exists at any time.

Where only a share of the weight has to be covered, a row is covered by a part y of 0 to 1 and one
more price, `level`, is paid per unit of weight:

    least c x   with  A x >= y,  w y >= need          most  level need + sum min(0, u - level w)
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import F1, I1, L1, OUT_F1, OUT_F2, F, L, inner, kernel

MATRIX = (L1, I1, L1, I1)  # first, column; first, row
STILL = 1e-12  # a move that is rounding
CHECK = 40  # iterations between two looks
SUFFICIENT, NECESSARY, LONG = 0.2, 0.8, 0.36  # when to restart, as in the source
LEVEL, LEVEL_SUM, BALANCE, SINCE, BEGUN, BEFORE, BOUND, BEST_LEVEL, ALL, LEVEL_OLD = range(10)


@inner
def add_prices(lists, price, total):
    """Sum of the prices of each list's members."""
    first, member = lists
    for j in range(len(total)):
        paid = 0.0
        for e in range(first[j], first[j + 1]):
            paid += price[member[e]]
        total[j] = paid


@inner
def measure_error(matrix, cost, weight, need, x, y, u, level, balance):
    """How far from optimal: what rows lack, what columns are overpaid, and the gap."""
    first, column, column_first, row = matrix
    lack, over, low, high = 0.0, 0.0, 0.0, 0.0
    served = 0.0
    for i in range(len(u)):
        covered = 0.0
        for z in range(first[i], first[i + 1]):
            covered += x[column[z]]
        lack += max(0.0, y[i] - covered) ** 2
        low += u[i]
        if need >= 0.0:
            served += weight[i] * y[i]
            low -= max(u[i], level * weight[i])
    if need >= 0.0:
        lack += max(0.0, need - served) ** 2
        low += level * need
    for j in range(len(x)):
        paid = 0.0
        for e in range(column_first[j], column_first[j + 1]):
            paid += u[row[e]]
        over += max(0.0, paid - cost[j]) ** 2
        high += cost[j] * x[j]
    return np.sqrt(balance * lack + over / balance + (high - low) ** 2)


@inner
def find_level(u, weight, need):
    """The price per unit of weight that makes the most of prices, and what it makes."""
    ratio = u / weight
    order = np.argsort(ratio, kind="mergesort")
    below, at = 0.0, len(u) - 1
    for k in range(len(order)):
        below += weight[order[k]]
        if below >= need:
            at = k
            break
    level = ratio[order[at]]
    bound = level * need
    for i in range(len(u)):
        bound += min(0.0, u[i] - level * weight[i])
    return level, bound


@inner
def make_safe(matrix, cost, weight, need, u, safe, left):
    """Prices that overpay no column, and their bound and level.

    `safe` (rows,) is written; `left` (columns,) is what columns have left.
    """
    first, column, column_first, row = matrix
    add_prices((column_first, row), u, left)
    for i in range(len(u)):
        most = 1.0
        for z in range(first[i], first[i + 1]):
            j = column[z]
            if left[j] > most * cost[j]:
                most = left[j] / cost[j]
        safe[i] = u[i] / most
    add_prices((column_first, row), safe, left)
    for j in range(len(left)):
        left[j] = cost[j] * (1.0 - 1e-13) - left[j]
    level = np.inf
    if need >= 0.0:
        level, _ = find_level(safe, weight, need)
    for i in range(len(u)):
        more = np.inf if need < 0.0 else level * weight[i] - safe[i]
        for z in range(first[i], first[i + 1]):
            more = min(more, left[column[z]])
        if more > 0.0:
            safe[i] += more
            for z in range(first[i], first[i + 1]):
                left[column[z]] -= more
    if need >= 0.0:
        level, bound = find_level(safe, weight, need)
        return bound, level
    return np.sum(safe), level


@inner
def move_columns(matrix, cost, u, by_column, balance, ahead):
    """One step of the fractional cover against the prices; `ahead` is as far again."""
    _, _, column_first, row = matrix
    x, x_sum = by_column[0], by_column[1]
    for j in range(len(x)):
        paid = 0.0
        for e in range(column_first[j], column_first[j + 1]):
            paid += u[row[e]]
        step = 1.0 / (balance * max(1, column_first[j + 1] - column_first[j]))
        new = max(0.0, x[j] - step * (cost[j] - paid))
        ahead[j] = 2.0 * new - x[j]
        x[j] = new
        x_sum[j] += new


@inner
def move_rows(matrix, weight, need, by_row, ahead, state):
    """One step of the prices, and of what part of each row is covered, against the cover."""
    first, column, _, _ = matrix
    u, u_sum, y, y_sum = by_row[0], by_row[1], by_row[3], by_row[4]
    balance, asked = state[BALANCE], 0.0
    for i in range(len(u)):
        covered, want, size = 0.0, 1.0, first[i + 1] - first[i]
        for z in range(first[i], first[i + 1]):
            covered += ahead[column[z]]
        if need >= 0.0:
            size += 1
            step = 1.0 / (balance * (1.0 + weight[i]))
            new = min(1.0, max(0.0, y[i] - step * (u[i] - state[LEVEL] * weight[i])))
            want = 2.0 * new - y[i]
            asked += weight[i] * want
            y[i] = new
            y_sum[i] += new
        u[i] = max(0.0, u[i] + balance / size * (want - covered))
        u_sum[i] += u[i]
    if need >= 0.0:
        state[LEVEL] = max(0.0, state[LEVEL] + balance / np.sum(weight) * (need - asked))
        state[LEVEL_SUM] += state[LEVEL]
    state[SINCE] += 1.0


@inner
def keep_best(matrix, cost, weight, need, u, best, state):
    """Make prices safe, and keep them where their bound is the best yet."""
    safe, left = np.empty(len(u)), np.empty(len(cost))
    bound, level = make_safe(matrix, cost, weight, need, u, safe, left)
    if bound > state[BOUND]:
        state[BOUND], state[BEST_LEVEL] = bound, level
        best[:] = safe


@inner
def is_time_to_restart(error, state):
    """Whether enough, or enough of a turn for the worse, or long enough was done since the last."""
    if state[BEGUN] == 0.0 or error <= SUFFICIENT * state[BEGUN]:
        return True
    worse = error <= NECESSARY * state[BEGUN] and error > state[BEFORE]
    return worse or state[SINCE] >= LONG * state[ALL]


@inner
def restart(error, by_row, by_column, state):
    """Begin anew from here, with the weight that kept both moves in step since the last time."""
    u, u_sum, u_old, y_sum = by_row[0], by_row[1], by_row[2], by_row[4]
    x, x_sum, x_old = by_column[0], by_column[1], by_column[2]
    moved_x = np.sqrt(np.sum((x - x_old) ** 2))
    moved_u = np.sqrt(np.sum((u - u_old) ** 2) + (state[LEVEL] - state[LEVEL_OLD]) ** 2)
    if moved_x > STILL and moved_u > STILL:
        state[BALANCE] = np.sqrt(state[BALANCE] * moved_u / moved_x)
    x_old[:], u_old[:], state[LEVEL_OLD] = x, u, state[LEVEL]
    x_sum[:], u_sum[:], y_sum[:] = 0.0, 0.0, 0.0
    state[LEVEL_SUM], state[SINCE], state[BEGUN] = 0.0, 0.0, error


@inner
def look(matrix, cost, weight, need, by_row, by_column, best, state):
    """Keep the better of the last point's and the mean's bounds, and restart where it is time."""
    u, y, x = by_row[0], by_row[3], by_column[0]
    count = state[SINCE]
    x_mean, u_mean = by_column[1] / count, by_row[1] / count
    y_mean = by_row[4] / count if need >= 0.0 else y
    level, level_mean = state[LEVEL], state[LEVEL_SUM] / count
    balance = state[BALANCE]
    here = measure_error(matrix, cost, weight, need, x, y, u, level, balance)
    mean = measure_error(matrix, cost, weight, need, x_mean, y_mean, u_mean, level_mean, balance)
    keep_best(matrix, cost, weight, need, u, best, state)
    keep_best(matrix, cost, weight, need, u_mean, best, state)
    error = min(mean, here)
    again = is_time_to_restart(error, state)
    state[BEFORE] = error
    if again:
        if mean < here:
            x[:], u[:] = x_mean, u_mean
            if need >= 0.0:
                y[:], state[LEVEL] = y_mean, level_mean
        restart(error, by_row, by_column, state)


@kernel(MATRIX, F1, F1, F, L, OUT_F2, OUT_F2, OUT_F1, OUT_F1, returns=L)
def improve_prices(matrix, cost, weight, need, work, by_row, by_column, best, state):
    """Go on for some iterations; returns how many pairs were looked at.

    Parameters
    ----------
    matrix : first, column, column_first, row
    cost : (columns,)
        Above zero.
    weight : (rows,)
        Above zero.
    need
        Weight to cover; below 0: everything.
    work
        Stop after so many pairs.
    by_row : (5, rows)
        u, its sum and value at the last restart; y and its sum.
    by_column : (3, columns)
        x, its sum, and its value at the last restart.
    best : (rows,)
        The best safe prices yet, written; state[BOUND] is their bound, state[BEST_LEVEL] the level.
    state : (10,)
        All zero at first, but state[BALANCE] above zero.
    """
    rows, columns = len(weight), len(cost)
    ahead = np.empty(columns)
    round_work = 2 * matrix[0][rows] + 4 * (rows + columns)
    done = 0
    if state[ALL] == 0.0 and need < 0.0:
        by_row[3, :] = 1.0  # y: all of every row
    while done < work:
        for _ in range(CHECK):
            move_columns(matrix, cost, by_row[0], by_column, state[BALANCE], ahead)
            move_rows(matrix, weight, need, by_row, ahead, state)
        state[ALL] += CHECK
        look(matrix, cost, weight, need, by_row, by_column, best, state)
        done += (CHECK + 4) * round_work
    return done
