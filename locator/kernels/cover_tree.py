"""Whether a cover cheaper than so much exists: all cases, most of them cut off by prices.

Idea: take the uncovered row that fewest columns can cover; one of them must be chosen. Try them one
after the other, those that cover the most first, and leave each out once it was tried. A case ends
where the prices of the rows still uncovered (see `cover_prices`; what is paid for them is no more
than any cover of them costs) exceed what may still be spent, and where one column may still be
chosen it is looked for among those of a single row. Sets of rows are kept as bits.

The search stops after so many cases and goes on there when called again.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import (
    F1,
    I1,
    L1,
    OUT_B1,
    OUT_F1,
    OUT_I1,
    OUT_I2,
    OUT_L1,
    Array,
    F,
    L,
    inner,
    kernel,
)

MATRIX = (L1, I1, L1, I1)  # first, column; first, row
BITS = Array("uint64", 2)
OUT_BITS = Array("uint64", 2, True)
FOUND, NONE, OPEN = 1, 0, 2
ONE = np.uint64(1)


@inner
def lowest_bit(word):
    """Place of the lowest bit that is set (the bits below it, counted)."""
    low = (word & (~word + ONE)) - ONE
    count = 0
    for shift in (32, 16, 8, 4, 2, 1):
        if (low >> np.uint64(count)) & ((ONE << np.uint64(shift)) - ONE) == (
            ONE << np.uint64(shift)
        ) - ONE:
            count += shift
    return count


@inner
def is_within(bare, bits):
    """Whether all rows of `bare` are among `bits`."""
    for word in range(len(bare)):  # noqa: SIM110  (numba has no generators inside all())
        if bare[word] & ~bits[word]:
            return False
    return True


@inner
def find_row(bare, ways):
    """The uncovered row that fewest columns can cover."""
    best = -1
    for word in range(len(bare)):
        rest = bare[word]
        while rest:
            i = word * 64 + lowest_bit(rest)
            rest &= rest - ONE
            if best < 0 or ways[i] < ways[best]:
                best = i
    return best


@inner
def leave_out(j, by, matrix, out, ways):
    """Leave column j out (by=1), or take it in again (by=-1)."""
    _, _, column_first, row = matrix
    out[j] = by > 0
    for e in range(column_first[j], column_first[j + 1]):
        ways[row[e]] -= by


@inner
def pay_for(bare, bits, u):
    """What the rows of `bare` among `bits` are worth, and how many they are."""
    paid, rows = 0.0, 0
    for word in range(len(bare)):
        rest = bare[word] & bits[word]
        while rest:
            paid += u[word * 64 + lowest_bit(rest)]
            rest &= rest - ONE
            rows += 1
    return paid, rows


@inner
def list_last(ways, bare, bits, cost, may, out, option):
    """One column that covers all of `bare` alone; how many were found, how many looked at."""
    for z in range(len(ways)):
        j = ways[z]
        if not out[j] and cost[j] <= may and is_within(bare, bits[j]):
            option[0] = j
            return 1, z + 1
    return 0, len(ways)


@inner
def list_options(ways, bare, bits, cost, u, may, price, out, option):
    """Columns worth trying, those that are worth most for their cost first; how many, and work."""
    worth = np.empty(len(ways))
    found, done = 0, 0
    for z in range(len(ways)):
        j = ways[z]
        done += 1
        if out[j] or cost[j] > may:
            continue
        paid, rows = pay_for(bare, bits[j], u)
        done += rows
        if price - paid > may - cost[j]:
            continue
        option[found], worth[found] = j, -paid / cost[j]
        found += 1
    order = np.argsort(worth[:found], kind="mergesort")
    option[:found] = option[:found][order]
    return found, done


@inner
def strike_out(bare, bits, left):
    """Rows of `bare` that are not among `bits`, into `left`; whether none is left."""
    empty = True
    for word in range(len(bare)):
        left[word] = bare[word] & ~bits[word]
        if left[word]:
            empty = False
    return empty


@kernel(
    MATRIX, BITS, F1, F1, F, L, OUT_BITS, OUT_I2, OUT_I1, OUT_I1, OUT_F1, OUT_F1, OUT_B1, OUT_I1,
    OUT_L1, returns=L,
)  # fmt: skip
def search_tree(
    matrix, bits, cost, u, most, cases, bare, option, options, at, left, price, out, ways, counts
):
    """Look for a cover that costs no more than `most`; see the module.

    Parameters
    ----------
    matrix : first, column, column_first, row
    bits : (columns, words) uint64
        Rows of each column.
    cost : (columns,)
        Above zero.
    u : (rows,)
        Prices that overpay no column.
    most
        What a cover may cost.
    cases
        Stop after so many (work is counted in columns looked at).
    bare : (depths, words), option : (depths, longest row), options, at : (depths,)
        Of each depth: rows uncovered, columns to try, how many, which one is tried.
    left, price : (depths,)
        What may still be spent, and what the uncovered rows are worth.
    out : (columns,), ways : (rows,)
        Columns left out, and how many columns are left for each row.
    counts
        Depth (-1 when done), cases. Begin with depth 0, bare[0], left[0], price[0] and ways set,
        options[0] = -1.

    Returns
    -------
    1: found, the columns are option[d, at[d]] for d < depth. 0: there is none. 2: not known yet.
    """
    first, column, _, _ = matrix
    slack = 1e-9 * (1.0 + most)
    done = 0
    least = np.min(cost)
    while counts[0] >= 0:
        if done >= cases:
            return OPEN
        d = counts[0]
        if options[d] < 0:  # a new case
            counts[1] += 1
            i = find_row(bare[d], ways)
            if i < 0:
                return FOUND
            able, may = column[first[i] : first[i + 1]], left[d] + slack
            if left[d] < 2.0 * least - slack:
                options[d], work = list_last(able, bare[d], bits, cost, may, out, option[d])
            else:
                options[d], work = list_options(
                    able, bare[d], bits, cost, u, may, price[d], out, option[d]
                )
            done += work
            at[d] = -1
        if at[d] >= 0:
            leave_out(option[d, at[d]], 1, matrix, out, ways)
        at[d] += 1
        if at[d] >= options[d]:
            for k in range(options[d]):
                leave_out(option[d, k], -1, matrix, out, ways)
            options[d] = -1
            counts[0] -= 1
            continue
        j = option[d, at[d]]
        left[d + 1] = left[d] - cost[j]
        price[d + 1] = price[d] - pay_for(bare[d], bits[j], u)[0]
        if strike_out(bare[d], bits[j], bare[d + 1]):
            counts[0] += 1
            return FOUND
        if left[d + 1] >= least - slack and price[d + 1] <= left[d + 1] + slack:
            options[d + 1] = -1
            counts[0] += 1
    return NONE
