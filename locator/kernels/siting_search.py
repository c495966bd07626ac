"""Better and better choices of sites: greedy, swaps, kicks.

Idea: keep for each row its best and second best site, for each candidate what opening it would
add now, and for each site what closing it would lose. Opening and closing touch only the rows of
one column and, of each row that changes hands, the candidates better than its new best (rows are
sorted by gain, so a loop stops there). This is the bookkeeping of Resende & Werneck (2007,
doi:10.1016/j.ejor.2005.05.003) without their table for pairs: a site is really closed, every
candidate then shows its exact worth, and the site comes back where none is better. So memory is
O(pairs), and a look at all swaps of one site costs one column and one pass over the candidates.

Local optima are left by kicks that move one to four neighbouring sites (iterated local search;
Lourenço, Martin & Stützle 2003, doi:10.1007/0-306-48056-5_11); only sites near a change are tried
again. Random numbers come from a generator of our own, so that they are the same in each thread.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import F1, I1, L1, OUT_B1, OUT_F1, OUT_I1, OUT_L1, F, L, inner, kernel

# Rows by falling gain: first, column, gain; columns: first, row, gain.
GAINS = (L1, I1, F1)
# Best gain and site of each row, second best; gain of opening, loss of closing; 1 if a site.
STATE = (OUT_F1, OUT_I1, OUT_F1, OUT_I1, OUT_F1, OUT_F1, OUT_B1)

# Tried on coverage 2,000 x 500 and 20,000 x 2,000, p-median 20,000 x 2,000 and pmed30, four seeds:
HEAT = 0.1  # most that one kick may lose, in average sites
DEPTH = 0.5  # most that the present sites may be below the best, in average sites
RETURN = 80  # one kick in so many that fail goes back to the best
MOST_MOVES = 100_000  # swaps in one descent: more can only be rounding going in circles


@inner
def draw(random, below):
    """Next random number of 0 .. below - 1 (the 48-bit generator of POSIX drand48)."""
    random[0] = (random[0] * 25214903917 + 11) & 281474976710655
    return (random[0] >> 17) % below


@inner
def open_site(j, by_row, by_column, state):
    """Make j a site; returns how many pairs were looked at."""
    first, column, gain = by_row
    column_first, row, own = by_column
    best, best_site, second, second_site, adds, loses, chosen = state
    chosen[j], loses[j] = 1, 0.0
    work = column_first[j + 1] - column_first[j]
    for e in range(column_first[j], column_first[j + 1]):
        i, g = row[e], own[e]
        old = best[i]
        if g > old:
            if best_site[i] >= 0:
                loses[best_site[i]] -= old - second[i]
            z = first[i]
            while z < first[i + 1] and gain[z] > old:
                adds[column[z]] -= min(gain[z], g) - old
                z += 1
            work += z - first[i]
            second[i], second_site[i] = old, best_site[i]
            best[i], best_site[i] = g, j
            loses[j] += g - old
        elif g > second[i]:
            loses[best_site[i]] -= g - second[i]
            second[i], second_site[i] = g, j
    return work


@inner
def close_site(j, by_row, by_column, state):
    """Make j no site any more; returns how many pairs were looked at."""
    first, column, gain = by_row
    column_first, row, _ = by_column
    best, best_site, second, second_site, adds, loses, chosen = state
    chosen[j] = 0
    work = column_first[j + 1] - column_first[j]
    for e in range(column_first[j], column_first[j + 1]):
        i = row[e]
        mine = best_site[i] == j
        if not mine and second_site[i] != j:
            continue
        old_second = second[i]
        if mine:
            old = best[i]
            best[i], best_site[i] = old_second, second_site[i]
            z = first[i]
            while z < first[i + 1] and gain[z] > old_second:
                adds[column[z]] += min(gain[z], old) - old_second
                z += 1
            work += z - first[i]
        holder = best_site[i]
        second[i], second_site[i] = 0.0, -1
        if holder < 0:
            continue
        z = first[i]
        while z < first[i + 1] and (chosen[column[z]] == 0 or column[z] == holder):
            z += 1
        work += z - first[i]
        if z < first[i + 1]:
            second[i], second_site[i] = gain[z], column[z]
        loses[holder] += (best[i] if mine else old_second) - second[i]
    loses[j] = 0.0
    return work


@inner
def reset(by_row, state):
    """No sites at all."""
    _, column, gain = by_row
    best, best_site, second, second_site, adds, loses, chosen = state
    best[:], second[:], adds[:], loses[:] = 0.0, 0.0, 0.0, 0.0
    best_site[:], second_site[:], chosen[:] = -1, -1, 0
    for z in range(len(column)):
        adds[column[z]] += gain[z]


@inner
def best_addition(state, random, share):
    """The candidate that adds most (ties: the lowest), or of a random part of them; -1 if none."""
    adds, chosen = state[4], state[6]
    top, found = 0.0, -1
    for j in range(len(adds)):
        if adds[j] > top and chosen[j] == 0 and (share == 0 or draw(random, share) != 0):
            top, found = adds[j], j
    return found


@inner
def mark_near(j, by_column, state, dirty):
    """Sites that share a row with j may have better swaps now."""
    column_first, row, _ = by_column
    best_site, second_site = state[1], state[3]
    for e in range(column_first[j], column_first[j + 1]):
        i = row[e]
        if best_site[i] >= 0:
            dirty[best_site[i]] = 1
        if second_site[i] >= 0:
            dirty[second_site[i]] = 1


@inner
def list_sites(chosen, sites):
    """Write the sites down, ascending; returns their number."""
    count = 0
    for j in range(len(chosen)):
        if chosen[j]:
            sites[count] = j
            count += 1
    return count


@inner
def descend(by_row, by_column, state, dirty, sites, random, tolerance):
    """Swap while a swap of a dirty site gains; returns how many pairs were looked at."""
    _, _, _, _, adds, loses, chosen = state
    work, moved, moves = np.int64(0), True, 0
    while moved and moves < MOST_MOVES:
        moved = False
        count = list_sites(chosen, sites)
        turn = draw(random, count) if count else 0
        cheapest = -1
        for s in range(count):
            if cheapest < 0 or loses[sites[s]] < loses[cheapest]:
                cheapest = sites[s]
        if cheapest >= 0:
            dirty[cheapest] = 1
        for s in range(count):
            k = sites[(s + turn) % count]
            if dirty[k] == 0:
                continue
            dirty[k] = 0
            work += close_site(k, by_row, by_column, state) + len(adds)
            j = best_addition(state, random, 0)
            if j >= 0 and adds[j] > adds[k] + tolerance:
                work += open_site(j, by_row, by_column, state)
                mark_near(k, by_column, state, dirty)
                mark_near(j, by_column, state, dirty)
                dirty[j], moved, moves = 1, True, moves + 1
            else:
                work += open_site(k, by_row, by_column, state)
    return work


@inner
def kick(by_row, by_column, state, dirty, sites, random):
    """Close one to four sites that lie together and open as many others."""
    column_first, row, _ = by_column
    _, best_site, _, second_site, adds, _, chosen = state
    count = list_sites(chosen, sites)
    strength = min(1 + draw(random, 4), count)
    k, work = sites[draw(random, count)], np.int64(0)
    for _ in range(strength):
        following = -1
        size = column_first[k + 1] - column_first[k]
        for _ in range(4):
            if size:
                i = row[column_first[k] + draw(random, size)]
                near = second_site[i] if best_site[i] == k else best_site[i]
                if near >= 0 and near != k:
                    following = near
                    break
        mark_near(k, by_column, state, dirty)
        work += close_site(k, by_row, by_column, state)
        if following < 0:
            count = list_sites(chosen, sites)
            if count == 0:
                break
            following = sites[draw(random, count)]
        k = following
    for _ in range(strength):
        j = best_addition(state, random, 2)
        if j < 0:
            j = best_addition(state, random, 0)
        if j < 0:
            break
        work += open_site(j, by_row, by_column, state) + 8 * len(adds)
        mark_near(j, by_column, state, dirty)
        dirty[j] = 1
    return work


@inner
def fill_up(by_row, by_column, state, most, random):
    """Open what adds most until there are `most` sites or nothing adds; returns the work."""
    adds, chosen = state[4], state[6]
    work, count = np.int64(0), np.int64(0)
    for j in range(len(chosen)):
        count += chosen[j]
    while count < most:
        j = best_addition(state, random, 0)
        if j < 0:
            break
        work += open_site(j, by_row, by_column, state) + len(adds)
        count += 1
    return work


@inner
def go_to(goal, by_row, by_column, state):
    """Turn the present sites into `goal` (0 and 1 of each candidate)."""
    chosen = state[6]
    work = np.int64(len(goal))
    for j in range(len(goal)):
        if chosen[j] and not goal[j]:
            work += close_site(j, by_row, by_column, state)
    for j in range(len(goal)):
        if goal[j] and not chosen[j]:
            work += open_site(j, by_row, by_column, state)
    return work


@kernel(GAINS, GAINS, OUT_B1, L, L, L, F, OUT_L1, returns=(F, L))
def search_sites(by_row, by_column, found, most, limit, idle_limit, tolerance, random):
    """Improve `found` (1 for each site, at most `most`) until `limit` pairs have been looked at.

    Stops also after `idle_limit` kicks in a row without a better value, and where nothing is left
    to gain. `random` holds the state of the generator. Returns the value and the kicks without
    success at the end.
    """
    rows, candidates = len(by_row[0]) - 1, len(found)
    state = (
        np.empty(rows), np.empty(rows, np.int32), np.empty(rows), np.empty(rows, np.int32),
        np.empty(candidates), np.empty(candidates), np.zeros(candidates, np.uint8),
    )  # fmt: skip
    best = state[0]
    dirty, sites = np.ones(candidates, np.uint8), np.empty(candidates, np.int32)
    reset(by_row, state)
    work = np.int64(len(by_row[1]))
    work += go_to(found, by_row, by_column, state)
    work += fill_up(by_row, by_column, state, most, random)
    work += descend(by_row, by_column, state, dirty, sites, random, tolerance)
    record = best.sum()
    present = record
    found[:] = state[6]
    held = found.copy()
    idle, room = np.int64(0), 0.0
    while work < limit and idle < idle_limit and list_sites(found, sites) > 0:
        work += kick(by_row, by_column, state, dirty, sites, random)
        work += fill_up(by_row, by_column, state, most, random)
        work += descend(by_row, by_column, state, dirty, sites, random, tolerance) + rows
        value = best.sum()
        idle += 1
        if value > record + tolerance:
            record, idle = value, np.int64(0)
            found[:] = state[6]
        # A little worse is taken at times, measured by what a site is worth on average.
        each = record / most
        room = HEAT * each * (draw(random, 1000) / 1000.0) ** 3
        if value >= present - room and value >= record - DEPTH * each:
            present = value
            held[:] = state[6]
        else:
            if draw(random, RETURN) == 0:
                held[:] = found
                present = record
            work += go_to(held, by_row, by_column, state)
            present = best.sum()
    return record, idle
