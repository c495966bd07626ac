"""The distance to the nearest stations as a function of the place on a street, exactly.

Idea: along one street every way to a station is a straight line over the place x: back to the
street's start and on from there (rising), forward to its end (falling), or to a station on the
street itself (falling before it, rising after it). The j-th nearest distinct station is the j-th
lowest of these lines, one line a station. Between two places where lines cross, begin or end,
their order does not change: so the street is cut at all of them, the order is asked once in the
middle of each bit, and bits on the same line are joined again. Nothing is sampled, and there are
never more than a handful of lines.

All costs and places are in the network's cost.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import (
    F1,
    F2,
    I1,
    I2,
    L1,
    OUT_F1,
    OUT_I1,
    PLACED,
    STREETS,
    Array,
    F,
    L,
    inner,
    kernel,
)

LABELS = (F2, I2)
S1 = Array("int8", 1)
OUT_S1 = Array("int8", 1, True)
# Street, depth - 1, from, to, cost at from, slope, station row.
TABLE = (OUT_I1, OUT_S1, OUT_F1, OUT_F1, OUT_F1, OUT_S1, OUT_I1)
LEVEL = (L1, F1, F1, F1, S1)  # first, from, to, cost at from, slope
SLIVER = 1e-9  # bits shorter than this join the next one
NOTHING, NO_WAY = -2, -1  # instead of a line: none chosen yet; no station to go to


@inner
def make_lines(room):
    """Room for lines: cost at place 0, slope, first and last place, station."""
    return (
        np.empty(room), np.empty(room), np.empty(room), np.empty(room), np.empty(room, np.int32),
    )  # fmt: skip


@inner
def add_line(lines, count, at, slope, low, high, station):
    """Add the line at + slope * x over low < x < high; returns the new count."""
    if high - low > 0.0 and np.isfinite(at):
        if count < len(lines[0]):
            lines[0][count], lines[1][count] = at, slope
            lines[2][count], lines[3][count], lines[4][count] = low, high, station
        count += 1
    return count


@inner
def lines_one_way(s, to_start, to_end, streets, labels, placed, lines):
    """All ways between street s and stations in one direction of travel; returns how many.

    `to_start` and `to_end` are the bits of travel that let one pass between a place and the
    street's start, or its end, in that direction. A station on a crossing is left out: the labels
    of the crossing know it.
    """
    ends, length, travel = streets
    cost, station = labels
    first, row, offset, snap = placed
    run, way = length[s], travel[s]
    u, v = ends[2 * s], ends[2 * s + 1]
    count = 0
    for i in range(cost.shape[1]):
        if way & to_start:
            count = add_line(lines, count, cost[u, i], 1.0, 0.0, run, station[u, i])
        if way & to_end:
            count = add_line(lines, count, cost[v, i] + run, -1.0, 0.0, run, station[v, i])
    for i in range(first[s], first[s + 1]):
        p = offset[i]
        if 0.0 < p < run:
            if way & to_start:
                count = add_line(lines, count, snap[i] - p, 1.0, p, run, row[i])
            if way & to_end:
                count = add_line(lines, count, snap[i] + p, -1.0, 0.0, p, row[i])
    return count


@inner
def most_inside(streets, placed):
    """The largest number of stations inside one street."""
    _, length, travel = streets
    first, _, offset, _ = placed
    most = 0
    for s in range(len(travel)):
        inside = 0
        for i in range(first[s], first[s + 1]):
            inside += 0.0 < offset[i] < length[s]
        most = max(most, inside)
    return most


@inner
def add_cut(cuts, count, x):
    """Note one place where the order of lines may change; returns the new count."""
    if count < len(cuts):
        cuts[count] = x
    return count + 1


@inner
def sort_few(values, count):
    """Insertion sort of the first `count` values: there are a handful."""
    for i in range(1, count):
        x = values[i]
        j = i - 1
        while j >= 0 and values[j] > x:
            values[j + 1] = values[j]
            j -= 1
        values[j + 1] = x


@inner
def find_cuts(lines, count, run, cuts):
    """All places where lines cross, begin or end, ascending, with both ends of the street.

    Returns their number, which may exceed the room in `cuts`: then nothing is sorted.
    """
    at, slope, low, high, _ = lines
    found = add_cut(cuts, add_cut(cuts, 0, 0.0), run)
    for i in range(count):
        if low[i] > 0.0:
            found = add_cut(cuts, found, low[i])
        if high[i] < run:
            found = add_cut(cuts, found, high[i])
        for j in range(i):
            if slope[i] != slope[j]:
                x = (at[j] - at[i]) / (slope[i] - slope[j])
                if max(low[i], low[j]) < x < min(high[i], high[j]):
                    found = add_cut(cuts, found, x)
    if found <= len(cuts):
        sort_few(cuts, found)
    return found


@inner
def choose_lines(lines, count, x, best, best_cost):
    """The lowest lines at x, of distinct stations; equal ones by station. Returns how many."""
    at, slope, low, high, station = lines
    found, depth = 0, len(best)
    for i in range(count):
        if not low[i] < x < high[i]:
            continue
        cost, own = at[i] + slope[i] * x, station[i]
        place = -1
        for j in range(found):
            if station[best[j]] == own:
                place = j
                break
        if place >= 0:
            if cost >= best_cost[place]:
                continue
        elif found < depth:
            place = found
            found += 1
        else:
            place = depth - 1
            last = best_cost[place]
            if cost > last or (cost == last and own >= station[best[place]]):
                continue
        while place > 0 and (
            cost < best_cost[place - 1]
            or (cost == best_cost[place - 1] and own < station[best[place - 1]])
        ):
            best[place], best_cost[place] = best[place - 1], best_cost[place - 1]
            place -= 1
        best[place], best_cost[place] = i, cost
    return found


@inner
def write_bit(table, at, s, level, a, b, lines, line):
    """Write one piece, where there is room."""
    street, depth, low, high, cost, slope, station = table
    if at < len(street):
        street[at], depth[at], low[at], high[at] = s, level, a, b
        cost[at], slope[at], station[at] = np.inf, 0, -1
        if line != NO_WAY:
            cost[at] = lines[0][line] + lines[1][line] * a
            slope[at], station[at] = np.int8(lines[1][line]), lines[4][line]


@inner
def write_street(s, run, lines, count, cuts, cut_count, best, best_cost, chosen, piece, table, at):
    """The pieces of one street for all depths; returns the next free place in the table."""
    high = table[3]
    chosen[:] = NOTHING
    start = 0.0
    for c in range(1, cut_count):
        stop, last = cuts[c], c == cut_count - 1
        if stop - start <= SLIVER:
            if last:
                for level in range(len(chosen)):
                    if chosen[level] != NOTHING and piece[level] < len(high):
                        high[piece[level]] = run
            continue
        found = choose_lines(lines, count, 0.5 * (start + stop), best, best_cost)
        for level in range(len(chosen)):
            line = best[level] if level < found else NO_WAY
            if line == chosen[level]:
                if piece[level] < len(high):
                    high[piece[level]] = stop
                continue
            write_bit(table, at, s, level, start, stop, lines, line)
            chosen[level], piece[level] = line, at
            at += 1
        start = stop
    return at


@kernel(STREETS, LABELS, PLACED, L, TABLE, returns=L)
def find_levels(streets, labels, placed, depth, table):
    """Pieces of all usable streets on which the j-th nearest station's cost is one line.

    Parameters
    ----------
    labels : (n, k) twice
        The k >= depth nearest distinct stations of each node.
    depth
        Pieces are made for the nearest, the second nearest, ... the depth-th.
    table
        Room for the pieces: ascending by street, and by place within each depth. Where there is
        no depth-th station the cost is inf, the slope 0 and the station -1.

    Returns
    -------
    Number of pieces; where it exceeds the room, call again with more. O(streets) for the handful
    of lines of each.
    """
    _, length, travel = streets
    room = 2 * (labels[0].shape[1] + most_inside(streets, placed)) + 1
    lines = make_lines(room)
    cuts = np.empty(2 + 2 * room + room * room // 2)
    best, best_cost = np.empty(depth, np.int64), np.empty(depth)
    chosen, piece = np.empty(depth, np.int64), np.empty(depth, np.int64)
    at = 0
    for s in range(len(travel)):
        if travel[s] == 0 or length[s] <= 0.0:
            continue
        count = lines_one_way(s, 2, 1, streets, labels, placed, lines)
        found = find_cuts(lines, count, length[s], cuts)
        at = write_street(
            s, length[s], lines, count, cuts, found, best, best_cost, chosen, piece, table, at
        )
    return at


@kernel(LEVEL, F1, I1, F1, F, OUT_F1, OUT_I1)
def read_level(level, run, street, place, tolerance, cost, piece):
    """Cost at each (street, place) and the piece it was read from; inf and -1 where there is none.

    At a place where two pieces meet the lower one counts. Binary search, O(log pieces of a street).
    """
    first, low, high, start, slope = level
    for q in range(len(street)):
        cost[q], piece[q] = np.inf, -1
        s = street[q]
        if s < 0 or first[s] == first[s + 1] or not 0.0 <= place[q] <= run[s] + tolerance:
            continue
        x = min(place[q], run[s])
        i, j = first[s], first[s + 1]
        while j - i > 1:
            middle = (i + j) // 2
            if low[middle] <= x + tolerance:
                i = middle
            else:
                j = middle
        piece[q] = i
        while i >= first[s] and high[i] >= x - tolerance:
            inside = min(max(x, low[i]), high[i])
            d = start[i] + slope[i] * (inside - low[i])
            if d < cost[q]:
                cost[q], piece[q] = d, i
            i -= 1
