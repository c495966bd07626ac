"""What no choice of sites can pass where money, floors or backups limit the choice.

The same prices and the same volume algorithm as `siting_bound`, with three things more (see
`locator.siting.certificate` for the proof that the bound is true):

- a row that needs k more sites pays each site that serves it a k-th of what lies above its price;
- the gains of an area with a floor count 1 + lambda fold and the floor is charged lambda fold;
- money has a rate: a site earns its worth less rate x cost, and the budget is charged at the rate.
  The rate is the best there is at given prices (bisection), where the sites that pay, the last of
  them in part, just use the budget up: the linear program of a knapsack (Dantzig 1957).

Multipliers of floors are kept in the same array as prices, behind them, times the length of their
area's weights, so that one step length suits both.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import B1, F1, I1, OUT_F1, F, L, inner, kernel
from locator.kernels.siting_bound import FLAT, measure_step, nth_largest, pace_on, weigh_newest
from locator.kernels.siting_search import GAINS

# Sites each row needs; its area (-1: none); length and floor of each area; cost and role (0 open,
# 1 site, 2 out) of each column.
CHOICE = (I1, I1, F1, F1, F1, B1)
# Best prices with multipliers behind them, averages of their service, averages of use of columns.
LIMITED_PRICES = (OUT_F1, OUT_F1, OUT_F1)
HALVINGS = 50
NEAR = 1e-9  # relative: where the search for the rate ends


@inner
def settle_rows(by_row, choice, base, left):
    """What the sites already give each row, and how many more it needs (at least one)."""
    first, column, gain = by_row
    need, role = choice[0], choice[5]
    for i in range(len(base)):
        base[i], count = 0.0, 0
        for z in range(first[i], first[i + 1]):
            if role[column[z]] == 1:
                count += 1
                if count == need[i]:
                    base[i] = gain[z]
                    break
        left[i] = max(1, need[i] - count)


@inner
def scale_row(i, prices, choice, rows):
    """How many fold the gains of a row count."""
    area = choice[1][i]
    return 1.0 if area < 0 else 1.0 + prices[rows + area] / choice[2][area]


@inner
def price_columns(by_row, choice, base, left, prices, rho):
    """Worth of each open column at the prices; returns what rows and floors pay without them."""
    first, column, gain = by_row
    role, rows = choice[5], len(base)
    rho[:] = 0.0
    total = 0.0
    for d in range(len(choice[3])):
        total -= prices[rows + d] / choice[2][d] * choice[3][d]
    for i in range(rows):
        fold = scale_row(i, prices, choice, rows)
        price = max(prices[i], base[i] * fold)
        total += price
        for z in range(first[i], first[i + 1]):
            g = gain[z] * fold
            if g <= price:
                break
            if role[column[z]] == 0:
                rho[column[z]] += (g - price) / left[i]
    return total


@inner
def take_paying(rho, cost, rate, p, space, worth, taken):
    """Mark the p open columns that pay most at a rate; returns what they earn and cost."""
    for j in range(len(rho)):
        worth[j] = rho[j] - rate * cost[j]
    edge = 0.0
    if p < len(rho):
        edge = max(nth_largest(worth, p, space), 0.0) if p > 0 else np.inf
    earned, spent, count = 0.0, 0.0, 0
    for j in range(len(rho)):
        taken[j] = 0.0
        if worth[j] > edge:
            taken[j] = 1.0
            earned += worth[j]
            spent += cost[j]
            count += 1
    if edge > 0.0:
        for j in range(len(rho)):
            if count >= p:
                break
            if worth[j] == edge:
                taken[j] = 1.0
                earned += worth[j]
                spent += cost[j]
                count += 1
    return earned, spent


@inner
def choose_columns(rho, cost, p, budget, guess, space, worth, taken, other):
    """Mark what pays best within p and the budget; returns what it earns at most, and the rate.

    `guess` is a rate to begin with. Part of the last columns may be taken, so that the money is
    used up.
    """
    earned, spent = take_paying(rho, cost, 0.0, p, space, worth, taken)
    if spent <= budget:
        return earned, 0.0
    low, high, low_spent = 0.0, guess if guess > 0.0 else earned / spent, spent
    other[:] = taken
    earned, spent = take_paying(rho, cost, high, p, space, worth, taken)
    while spent > budget:
        low, low_spent = high, spent
        other[:] = taken
        high *= 2.0
        earned, spent = take_paying(rho, cost, high, p, space, worth, taken)
    if low == 0.0 and high > 0.0:  # a guess may be far too high
        trial = high / 2.0
        for _ in range(HALVINGS):
            _, cost_at = take_paying(rho, cost, trial, p, space, worth, taken)
            if cost_at > budget:
                low, low_spent = trial, cost_at
                other[:] = taken
                break
            high, trial = trial, trial / 2.0
    for _ in range(HALVINGS):
        if high - low <= NEAR * high:
            break
        middle = 0.5 * (low + high)
        _, cost_at = take_paying(rho, cost, middle, p, space, worth, taken)
        if cost_at > budget:
            low, low_spent = middle, cost_at
            other[:] = taken
        else:
            high = middle
    earned, spent = take_paying(rho, cost, high, p, space, worth, taken)
    part = (budget - spent) / (low_spent - spent) if low_spent > spent else 0.0
    for j in range(len(rho)):
        taken[j] += part * (other[j] - taken[j])
    return earned + high * budget, high


@inner
def count_limited(by_row, choice, base, left, prices, taken, served):
    """How often the taken columns serve each row at its price, and floors, as 1 less the slope."""
    first, column, gain = by_row
    rows, areas = len(base), len(choice[3])
    for d in range(areas):
        served[rows + d] = 1.0 + choice[3][d] / choice[2][d]
    for i in range(rows):
        area = choice[1][i]
        fold = scale_row(i, prices, choice, rows)
        settled = base[i] * fold
        price, count, covered = max(prices[i], settled), 0.0, 0.0
        for z in range(first[i], first[i + 1]):
            if gain[z] * fold <= price:
                break
            x = taken[column[z]] / left[i]
            count += x
            covered += x * gain[z]
        served[i] = count
        if area >= 0:
            # Where what is settled sets the price, it grows with the fold; otherwise it does not.
            own = base[i] * (1.0 - count) if prices[i] <= settled else 0.0
            served[rows + area] -= (covered + own) / choice[2][area]


@inner
def find_highest(by_row, choice, i, prices, rows):
    """No price above the largest gain of a row is of use."""
    first = by_row[0]
    if first[i + 1] == first[i]:
        return 0.0
    return by_row[2][first[i]] * scale_row(i, prices, choice, rows)


@inner
def step_prices(by_row, choice, prices, average, length, trial):
    """Prices a step further against the average."""
    rows = len(by_row[0]) - 1
    for k in range(rows, len(prices)):
        trial[k] = max(prices[k] - length * (1.0 - average[k]), 0.0)
    for i in range(rows):
        most = find_highest(by_row, choice, i, trial, rows)
        trial[i] = min(max(prices[i] - length * (1.0 - average[i]), 0.0), most)


@kernel(
    GAINS, CHOICE, L, F, LIMITED_PRICES, OUT_F1, F, F, L, returns=(F, F)
)  # fmt: skip
def improve_limited(by_row, choice, p, budget, state, pace, target, enough, steps):
    """Lower the bound from the prices given; returns it and the rate of money.

    `p` and `budget` are what is left for open columns. Stops at `enough` or after `steps`; `target`
    is the value of the best sites known. `pace` (6,) lives on between calls, as in `siting_bound`;
    all zero at first.
    """
    prices, average, use = state
    rows, columns = len(by_row[0]) - 1, len(use)
    cost = choice[4]
    base, left = np.empty(rows), np.empty(rows)
    settle_rows(by_row, choice, base, left)
    trial, served, rho = np.empty(len(prices)), np.empty(len(prices)), np.empty(columns)
    space, worth, taken, other = (
        np.empty(columns), np.empty(columns), np.zeros(columns), np.zeros(columns),
    )  # fmt: skip
    bound = price_columns(by_row, choice, base, left, prices, rho)
    earned, rate = choose_columns(rho, cost, p, budget, pace[5], space, worth, taken, other)
    bound += earned
    if pace[0] <= 0.0:  # new prices: the first choice is all the average there is
        pace[0], pace[1], pace[2] = 0.5, 0.1, bound
        pace[3], pace[4] = 0.0, 0.0
        count_limited(by_row, choice, base, left, prices, taken, average)
        use[:] = taken
    best_rate, done = rate, np.int64(0)
    while done < steps and bound > enough:
        done += 1
        norm = measure_step(prices, average)
        if norm <= FLAT:
            break
        length = pace[0] * max(bound - target, 1e-9 * abs(bound)) / norm
        step_prices(by_row, choice, prices, average, length, trial)
        reached = price_columns(by_row, choice, base, left, trial, rho)
        earned, rate = choose_columns(rho, cost, p, budget, rate, space, worth, taken, other)
        reached += earned
        count_limited(by_row, choice, base, left, trial, taken, served)
        along, part = weigh_newest(average, served, pace[1])
        for k in range(len(prices)):
            average[k] += part * (served[k] - average[k])
        for j in range(columns):
            use[j] += part * (taken[j] - use[j])
        if reached < bound:
            prices[:] = trial
            best_rate = rate
        bound = pace_on(pace, along, reached, bound)
    pace[5] = best_rate
    return bound, best_rate


@kernel(GAINS, CHOICE, L, F, F1, F, OUT_F1, returns=(F, F))
def rate_limited(by_row, choice, p, budget, prices, guess, rho):
    """Worth of each open column; returns the bound and the rate of money."""
    rows, columns = len(by_row[0]) - 1, len(rho)
    base, left = np.empty(rows), np.empty(rows)
    settle_rows(by_row, choice, base, left)
    space, worth, taken, other = (
        np.empty(columns), np.empty(columns), np.zeros(columns), np.zeros(columns),
    )  # fmt: skip
    bound = price_columns(by_row, choice, base, left, prices, rho)
    earned, rate = choose_columns(rho, choice[4], p, budget, guess, space, worth, taken, other)
    return bound + earned, rate


@kernel(GAINS, I1, I1, B1, OUT_F1, returns=F)
def value_limited(by_row, need, area, chosen, reached):
    """What the chosen columns gain; `reached` is written with what they gain in each area."""
    first, column, gain = by_row
    total = 0.0
    reached[:] = 0.0
    for i in range(len(need)):
        count = 0
        for z in range(first[i], first[i + 1]):
            if chosen[column[z]]:
                count += 1
                if count == need[i]:
                    total += gain[z]
                    if area[i] >= 0:
                        reached[area[i]] += gain[z]
                    break
    return total
