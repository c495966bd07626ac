"""What no choice of sites can pass: prices of rows, made better by the volume algorithm.

Idea: with a price u_i on each row, every site is worth rho_j = sum_i max(0, g_ij - u_i) by itself
and the best p are the p largest; sum(u) + these is a bound for every u >= 0. The volume algorithm
(Barahona & Anbil 2000, doi:10.1007/s101070050002) lowers it: a step against the average of how
often the recent best choices served each row, the average being a good guess of the solution of
the linear program too; steps grow while they succeed and shrink when they fail.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import (
    B1,
    F1,
    I1,
    OUT_F1,
    OUT_I1,
    OUT_L1,
    F,
    L,
    inner,
    kernel,
)
from locator.kernels.siting_search import GAINS

# Best prices, averages of service of rows and of use of candidates.
PRICES = (OUT_F1, OUT_F1, OUT_F1)
# What lives on between calls: step factor, most weight of the newest choice, the bound when that
# was last looked at, failures in a row, steps since the last look.
PACE = OUT_F1
FLAT = 1e-12  # a direction this short leads nowhere
RED = 20.0  # failures in a row after which steps get shorter
LOOK = 100.0  # steps after which the newest choice gets less weight, unless the bound fell by 1 %
LEAST = 1e-4  # weight of the newest choice
SHRUNK = (OUT_L1, OUT_I1, OUT_F1, OUT_I1, OUT_F1)


@inner
def price_sites(by_row, u, rho):
    """Worth of each site at the prices u; returns their sum."""
    first, column, gain = by_row
    rho[:] = 0.0
    total = 0.0
    for i in range(len(u)):
        price = u[i]
        total += price
        for z in range(first[i], first[i + 1]):
            g = gain[z]
            if g <= price:
                break
            rho[column[z]] += g - price
    return total


@inner
def nth_largest(values, n, space):
    """The n-th largest value, n from 1 (quickselect in `space`)."""
    space[:] = values
    low, high, at = 0, len(values) - 1, n - 1
    while low < high:
        pivot = space[(low + high) >> 1]
        i, j = low, high
        while i <= j:
            while space[i] > pivot:
                i += 1
            while space[j] < pivot:
                j -= 1
            if i <= j:
                space[i], space[j] = space[j], space[i]
                i += 1
                j -= 1
        if at <= j:
            high = j
        elif at >= i:
            low = i
        else:
            break
    return space[at]


@inner
def choose_largest(rho, p, taken, space):
    """Mark the p largest (ties: the lowest columns); returns their sum."""
    taken[:] = 0
    if p <= 0:
        return 0.0
    edge = nth_largest(rho, p, space) if p < len(rho) else -1.0
    total, count = 0.0, 0
    for j in range(len(rho)):
        if rho[j] > edge:
            taken[j] = 1
            total += rho[j]
            count += 1
    for j in range(len(rho)):
        if count >= p:
            break
        if rho[j] == edge:
            taken[j] = 1
            total += rho[j]
            count += 1
    return total


@inner
def count_service(by_row, u, taken, served):
    """How many of the taken sites serve each row at its price."""
    first, column, gain = by_row
    for i in range(len(u)):
        price, count = u[i], 0.0
        for z in range(first[i], first[i + 1]):
            if gain[z] <= price:
                break
            count += taken[column[z]]
        served[i] = count


@inner
def weigh_newest(average, served, most):
    """Whether the newest choice points along the average, and its part in the shortest mixture."""
    along, apart, across = 0.0, 0.0, 0.0
    for i in range(len(average)):
        d, s = 1.0 - average[i], 1.0 - served[i]
        along += d * s
        apart += (d - s) * (d - s)
        across += d * (d - s)
    part = across / apart if apart > 0.0 else 1.0
    return along, min(max(part, most / 10.0), most)


@inner
def measure_step(prices, average):
    """Square of the length of the way to go, without what cannot be lowered below zero."""
    norm = 0.0
    for k in range(len(prices)):
        d = 1.0 - average[k]
        if not (prices[k] <= 0.0 and d > 0.0):
            norm += d * d
    return norm


@inner
def pace_on(pace, along, reached, bound):
    """Longer steps after a success along the average, shorter ones after many failures."""
    if reached < bound:
        if along > 0.0:
            pace[0] = min(pace[0] * 1.1, 2.0)
        pace[3] = 0.0
        bound = reached
    else:
        pace[3] += 1.0
        if pace[3] >= RED:
            pace[0], pace[3] = max(pace[0] * 0.66, 1e-5), 0.0
    pace[4] += 1.0
    if pace[4] >= LOOK:
        if pace[2] - bound < 0.01 * abs(bound) and pace[1] > LEAST:
            pace[1] *= 0.5
        pace[2], pace[4] = bound, 0.0
    return bound


@kernel(GAINS, L, PRICES, PACE, F, F, L, L, returns=(F, L))
def improve_prices(by_row, p, prices, pace, target, enough, steps, limit):
    """Lower the bound from the prices given; returns it and the steps done.

    Stops at `enough`, after `steps`, or when `limit` pairs have been looked at. `target` is the
    value of the best sites known.
    """
    first, column, gain = by_row
    u, average, use = prices
    rows, candidates = len(u), len(use)
    trial, served, rho = np.empty(rows), np.empty(rows), np.empty(candidates)
    taken, space = np.zeros(candidates, np.uint8), np.empty(candidates)
    bound = price_sites(by_row, u, rho) + choose_largest(rho, p, taken, space)
    if pace[0] <= 0.0:  # new prices: the first choice is all the average there is
        pace[0], pace[1], pace[2] = 0.5, 0.1, bound
        pace[3], pace[4] = 0.0, 0.0
        count_service(by_row, u, taken, average)
        use[:] = taken
    done, work = np.int64(0), np.int64(0)
    while done < steps and work < limit and bound > enough:
        done += 1
        work += len(column) + rows
        norm = measure_step(u, average)
        if norm <= FLAT:
            break
        length = pace[0] * max(bound - target, 1e-9 * abs(bound)) / norm
        for i in range(rows):
            most = gain[first[i]] if first[i + 1] > first[i] else 0.0
            trial[i] = min(max(u[i] - length * (1.0 - average[i]), 0.0), most)
        reached = price_sites(by_row, trial, rho) + choose_largest(rho, p, taken, space)
        count_service(by_row, trial, taken, served)
        along, part = weigh_newest(average, served, pace[1])
        for i in range(rows):
            average[i] += part * (served[i] - average[i])
        for j in range(candidates):
            use[j] += part * (taken[j] - use[j])
        if reached < bound:
            u[:] = trial
        bound = pace_on(pace, along, reached, bound)
    return bound, done


@kernel(GAINS, F1, L, OUT_F1, returns=(F, F, F))
def rate_sites(by_row, u, p, rho):
    """Worth of each site; returns the bound, the p-th largest worth and the one after it."""
    space, taken = np.empty(len(rho)), np.empty(len(rho), np.uint8)
    bound = price_sites(by_row, u, rho) + choose_largest(rho, p, taken, space)
    last = nth_largest(rho, p, space) if 0 < p <= len(rho) else 0.0
    after = nth_largest(rho, p + 1, space) if p + 1 <= len(rho) else 0.0
    return bound, last, after


@kernel(GAINS, B1, I1, returns=SHRUNK)
def shrink_gains(by_row, role, number):
    """Gains beyond what the sites already give, of the candidates that are still open.

    `role` of each column: 0 open, 1 site, 2 out; `number` is the new column of the open ones.
    Returns rows (first, column, gain), the old number of each row left, and what each old row has.
    """
    first, column, gain = by_row
    rows = len(first) - 1
    base, count, left = np.zeros(rows), np.int64(0), np.int64(0)
    for i in range(rows):
        for z in range(first[i], first[i + 1]):
            if role[column[z]] == 1:
                base[i] = gain[z]
                break
        start = count
        for z in range(first[i], first[i + 1]):
            if gain[z] <= base[i]:  # ties with the site gain nothing
                break
            count += role[column[z]] == 0
        left += count > start
    new_first, new_column, new_gain = (
        np.zeros(left + 1, np.int64), np.empty(count, np.int32), np.empty(count),
    )  # fmt: skip
    kept, at, n = np.empty(left, np.int32), np.int64(0), np.int64(0)
    for i in range(rows):
        start = at
        for z in range(first[i], first[i + 1]):
            if gain[z] <= base[i]:
                break
            if role[column[z]] == 0:
                new_column[at], new_gain[at] = number[column[z]], gain[z] - base[i]
                at += 1
        if at > start:
            kept[n] = i
            n += 1
            new_first[n] = at
    return new_first, new_column, new_gain, kept, base


@kernel(GAINS, B1, returns=F)
def value_sites(by_row, chosen):
    """What the chosen sites gain together."""
    first, column, gain = by_row
    total = 0.0
    for i in range(len(first) - 1):
        for z in range(first[i], first[i + 1]):
            if chosen[column[z]]:
                total += gain[z]
                break
    return total


@kernel(GAINS, L, returns=(OUT_L1, OUT_I1, OUT_F1))
def turn_pairs(by_row, columns):
    """The same pairs by column (first, row, gain), rows ascending."""
    first, column, gain = by_row
    new_first = np.zeros(columns + 1, np.int64)
    for z in range(len(column)):
        new_first[column[z] + 1] += 1
    for j in range(columns):
        new_first[j + 1] += new_first[j]
    at = new_first[:-1].copy()
    row, own = np.empty(len(column), np.int32), np.empty(len(column))
    for i in range(len(first) - 1):
        for z in range(first[i], first[i + 1]):
            e = at[column[z]]
            row[e], own[e] = i, gain[z]
            at[column[z]] += 1
    return new_first, row, own


@kernel(GAINS, B1, OUT_F1)
def gain_rows(by_row, chosen, most):
    """What each row gains from the chosen sites."""
    first, column, gain = by_row
    for i in range(len(first) - 1):
        most[i] = 0.0
        for z in range(first[i], first[i + 1]):
            if chosen[column[z]]:
                most[i] = gain[z]
                break
