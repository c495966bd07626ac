"""What opening and closing sites changes, where rows may need more than one.

For rows that need one site the bookkeeping is that of `siting_search`. Rows that need more count
their sites; on the way to their number each site gets a small part of the credit, or greedy steps
would see no worth in a first site. The state is the same tuple: the best gain of a row is then what
it is worth now, and the second best is the number of its sites.
"""

from __future__ import annotations

from locator.kernels.compiler import inner
from locator.kernels.siting_search import close_site, open_site, reset

CREDIT = 0.2  # part of a row's worth that is shared out before it has all the sites it needs


@inner
def count_worth(count, need, worth):
    """What a row that has `count` sites is worth on the way to `need`."""
    if count >= need:
        return worth
    return CREDIT * worth * count / need


@inner
def move_count(j, by, by_row, by_column, need, state):
    """Let j serve its rows (by 1) or serve them no more (by -1); returns the pairs looked at."""
    first, column, gain = by_row
    column_first, row, _ = by_column
    best, count, adds, loses = state[0], state[2], state[4], state[5]
    work = column_first[j + 1] - column_first[j]
    for e in range(column_first[j], column_first[j + 1]):
        i = row[e]
        worth, k, n = gain[first[i]], need[i], count[i]
        here, there = count_worth(n, k, worth), count_worth(n + by, k, worth)
        more = (count_worth(n + by + 1, k, worth) - there) - (
            count_worth(n + 1, k, worth) - here
        )  # fmt: skip
        less = (there - count_worth(n + by - 1, k, worth)) - (
            here - count_worth(n - 1, k, worth)
        )  # fmt: skip
        best[i], count[i] = there, n + by
        if more != 0.0 or less != 0.0:
            for z in range(first[i], first[i + 1]):
                adds[column[z]] += more
                loses[column[z]] += less
            work += first[i + 1] - first[i]
    return work


@inner
def open_any(j, counted, by_row, by_column, need, state):
    """Make j a site."""
    if not counted:
        return open_site(j, by_row, by_column, state)
    state[6][j] = 1
    return move_count(j, 1.0, by_row, by_column, need, state)


@inner
def close_any(j, counted, by_row, by_column, need, state):
    """Make j no site any more."""
    if not counted:
        return close_site(j, by_row, by_column, state)
    state[6][j] = 0
    return move_count(j, -1.0, by_row, by_column, need, state)


@inner
def begin(counted, by_row, need, state):
    """No sites at all."""
    reset(by_row, state)
    if not counted:
        return
    first, column, gain = by_row
    adds = state[4]
    adds[:] = 0.0
    for i in range(len(need)):
        for z in range(first[i], first[i + 1]):
            adds[column[z]] += count_worth(1.0, need[i], gain[z])
    for i in range(len(need)):
        for z in range(first[i], first[i + 1]):
            # What a site would lose before it was one; counts undo it when it opens.
            state[5][column[z]] += count_worth(0.0, need[i], gain[z]) - count_worth(
                -1.0, need[i], gain[z]
            )  # fmt: skip
