"""Exact covered parts of every street, their depth, and the gaps between them.

Idea: along a street the distance to a given station is the lower envelope of a few straight
lines of slope +1 or -1: walk to the start, walk to the end, or walk to a station on the street
itself. So the part within a limit is a union of intervals whose ends are known exactly; nothing
is sampled. On a one-way street only the legal directions count.

`travel` is 1 (forward) + 2 (backward) per street; `label_*` are the sorted nearest distinct
stations of each node; the stations on streets come as in `search.search_stations`.
"""

from __future__ import annotations

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M
from locator.kernels.compiler import (
    B1, F1, F2, I1, I2, L1, OUT_B1, OUT_F1, OUT_I1, F, L, inner, kernel,
)

TOLERANCE = LIMIT_TOLERANCE_M
COVERED, UNCOVERED, UNREACHABLE = 0, 1, 2


@inner
def add_reach(low, high, owner, count, a, b, length, station):
    """Add the interval [a, b] cut to the street; an end within the tolerance of it is the end."""
    a, b = max(a, 0.0), min(b, length)
    if b < a:
        return count
    # Nearer to the end than the tolerance, the end's own distance is within the limit too.
    if a <= TOLERANCE:
        a = 0.0
    if b >= length - TOLERANCE:
        b = length
    low[count], high[count], owner[count] = a, b, station
    return count + 1


@inner
def collect_reaches(
    s, limit, ends, length, travel, label_cost, label_station,
    station_first, station_id, station_offset, station_snap, low, high, owner,
):
    """All intervals of one street within `limit`, one per way to a station; returns how many."""
    count = 0
    run, k = length[s], label_cost.shape[1]
    for end in range(2):
        if not travel[s] & (1 if end == 1 else 2):
            continue
        v = ends[2 * s + end]
        for i in range(k):
            left = limit - label_cost[v, i]
            if left < 0.0:
                break
            a, b = (run - left, run) if end == 1 else (0.0, left)
            count = add_reach(low, high, owner, count, a, b, run, label_station[v, i])
    for i in range(station_first[s], station_first[s + 1]):
        left = limit - station_snap[i]
        if left >= 0.0:
            y = station_offset[i]
            a = y - left if travel[s] & 1 else y
            b = y + left if travel[s] & 2 else y
            count = add_reach(low, high, owner, count, a, b, run, station_id[i])
    return count


@inner
def sort_reaches(low, high, owner, count, by_owner):
    """Insertion sort by (owner,) start: a street has a handful of intervals."""
    for i in range(1, count):
        a, b, o = low[i], high[i], owner[i]
        j = i - 1
        while j >= 0 and (
            (by_owner and owner[j] > o) or ((not by_owner or owner[j] == o) and low[j] > a)
        ):
            low[j + 1], high[j + 1], owner[j + 1] = low[j], high[j], owner[j]
            j -= 1
        low[j + 1], high[j + 1], owner[j + 1] = a, b, o


@inner
def merge_reaches(low, high, owner, count, by_owner):
    """Unite what overlaps, of one station each (`by_owner`) or of all; returns how many are left.

    A sliver of up to twice the tolerance between two intervals is covered too: its middle is
    within the limit plus the tolerance.
    """
    sort_reaches(low, high, owner, count, by_owner)
    kept = 0
    for i in range(count):
        same = kept > 0 and (not by_owner or owner[kept - 1] == owner[i])
        if same and low[i] <= high[kept - 1] + 2.0 * TOLERANCE:
            high[kept - 1] = max(high[kept - 1], high[i])
        else:
            low[kept], high[kept], owner[kept] = low[i], high[i], owner[i]
            kept += 1
    return kept


@inner
def deep_parts(low, high, count, depth, part_low, part_high):
    """Where at least `depth` of the intervals overlap (one interval per station, any order)."""
    a = np.sort(low[:count])
    b = np.sort(high[:count])
    parts, open_now, j, start = 0, 0, 0, 0.0
    for i in range(count):
        # Ends before this start close first; equal ones touch and stay together.
        while j < count and b[j] < a[i]:
            if open_now == depth:
                part_low[parts], part_high[parts] = start, b[j]
                parts += 1
            open_now -= 1
            j += 1
        open_now += 1
        if open_now == depth:
            start = a[i]
    while j < count and open_now > 0:
        if open_now == depth:
            part_low[parts], part_high[parts] = start, b[j]
            parts += 1
        open_now -= 1
        j += 1
    return parts


@inner
def find_parts(
    s, limit, depth, ends, length, travel, label_cost, label_station,
    station_first, station_id, station_offset, station_snap,
    low, high, owner, part_low, part_high,
):
    """Disjoint ascending parts of street s within `limit` of at least `depth` stations."""
    count = collect_reaches(
        s, limit, ends, length, travel, label_cost, label_station,
        station_first, station_id, station_offset, station_snap, low, high, owner,
    )
    if depth == 1:
        count = merge_reaches(low, high, owner, count, False)
        for i in range(count):
            part_low[i], part_high[i] = low[i], high[i]
        return count
    count = merge_reaches(low, high, owner, count, True)
    parts = deep_parts(low, high, count, depth, part_low, part_high)
    return merge_reaches(part_low, part_high, owner, parts, False)


@inner
def dead_range(s, ends, length, travel, nearest, station_first, station_offset):
    """The part of street s from which no station can be reached: [a, b], empty when a >= b."""
    run = length[s]
    u_lost = not np.isfinite(nearest[ends[2 * s]]) or not travel[s] & 2
    v_lost = not np.isfinite(nearest[ends[2 * s + 1]]) or not travel[s] & 1
    if not (u_lost and v_lost):
        return 0.0, 0.0
    if station_first[s] == station_first[s + 1]:
        return 0.0, run
    if travel[s] & 1 and travel[s] & 2:
        return 0.0, 0.0
    if travel[s] & 1:  # stations behind a one-way walker are lost to him
        return station_offset[station_first[s + 1] - 1], run
    return 0.0, station_offset[station_first[s]]


@inner
def emit(piece_street, piece_low, piece_high, piece_state, at, s, a, b, state):
    """Write one piece if there is room; returns the next position either way."""
    if b > a:
        if at < len(piece_street):
            piece_street[at], piece_low[at], piece_high[at] = s, a, b
            piece_state[at] = state
        at += 1
    return at


@inner
def emit_rest(piece_street, piece_low, piece_high, piece_state, at, s, a, b, dead_low, dead_high):
    """Write an uncovered stretch, its dead part apart."""
    dead_low, dead_high = max(a, dead_low), min(b, dead_high)
    if dead_high <= dead_low:
        return emit(piece_street, piece_low, piece_high, piece_state, at, s, a, b, UNCOVERED)
    at = emit(piece_street, piece_low, piece_high, piece_state, at, s, a, dead_low, UNCOVERED)
    at = emit(
        piece_street, piece_low, piece_high, piece_state, at, s, dead_low, dead_high, UNREACHABLE
    )
    return emit(piece_street, piece_low, piece_high, piece_state, at, s, dead_high, b, UNCOVERED)


@kernel(
    F, L, I1, F1, B1, F2, I2, F1, L1, I1, F1, F1, L1, F2,
    OUT_I1, OUT_F1, OUT_F1, OUT_B1, returns=L,
)
def cover_streets(
    limit, depth, ends, length, travel, label_cost, label_station, nearest,
    station_first, station_id, station_offset, station_snap, span_first, span,
    piece_street, piece_low, piece_high, piece_state,
):
    """Split the counted spans of all streets into covered, uncovered and unreachable pieces.

    Parameters
    ----------
    limit, depth
        Covered: at least `depth` distinct stations within `limit` metres, both inclusive.
    label_cost, label_station : (n, k)
        The k >= depth nearest distinct stations of each node, at least those within `limit`.
    nearest : (n,)
        Distance to the nearest station without a limit; inf where there is none.
    span_first, span
        The parts of each street that count (those in the city).

    Returns
    -------
    Number of pieces, by street and place; where it exceeds the room, call again with more.
    """
    widest = 2 * label_cost.shape[1]
    most = 0
    for s in range(len(length)):
        most = max(most, station_first[s + 1] - station_first[s])
    low, high = np.empty(widest + most), np.empty(widest + most)
    part_low, part_high = np.empty(widest + most), np.empty(widest + most)
    owner = np.empty(widest + most, np.int32)
    at = 0
    for s in range(len(length)):
        if travel[s] == 0:
            continue
        parts = find_parts(
            s, limit, depth, ends, length, travel, label_cost, label_station,
            station_first, station_id, station_offset, station_snap,
            low, high, owner, part_low, part_high,
        )
        dead_low, dead_high = dead_range(
            s, ends, length, travel, nearest, station_first, station_offset
        )
        for z in range(span_first[s], span_first[s + 1]):
            start, stop = span[z, 0], span[z, 1]
            for i in range(parts):
                a, b = max(part_low[i], start), min(part_high[i], stop)
                if b <= a:
                    continue
                at = emit_rest(
                    piece_street, piece_low, piece_high, piece_state, at, s, start, a,
                    dead_low, dead_high,
                )
                at = emit(piece_street, piece_low, piece_high, piece_state, at, s, a, b, COVERED)
                start = b
            at = emit_rest(
                piece_street, piece_low, piece_high, piece_state, at, s, start, stop,
                dead_low, dead_high,
            )
    return at


@kernel(F, I1, F1, B1, F2, I2, L1, I1, F1, F1, L1, F2, OUT_F1)
def measure_depths(
    limit, ends, length, travel, label_cost, label_station,
    station_first, station_id, station_offset, station_snap, span_first, span, metres,
):
    """Add up the metres within `limit` of exactly 1, 2, ... distinct stations.

    metres[i] takes the metres of depth i + 1; the last entry takes that depth and more. Needs
    as many labels per node as `metres` has entries.
    """
    widest = 2 * label_cost.shape[1]
    most = 0
    for s in range(len(length)):
        most = max(most, station_first[s + 1] - station_first[s])
    low, high = np.empty(widest + most), np.empty(widest + most)
    part_low, part_high = np.empty(widest + most), np.empty(widest + most)
    owner = np.empty(widest + most, np.int32)
    deepest = len(metres)
    at_least = np.zeros(deepest + 1)
    for s in range(len(length)):
        if travel[s] == 0:
            continue
        for depth in range(1, deepest + 1):
            parts = find_parts(
                s, limit, depth, ends, length, travel, label_cost, label_station,
                station_first, station_id, station_offset, station_snap,
                low, high, owner, part_low, part_high,
            )
            if parts == 0:
                break
            for z in range(span_first[s], span_first[s + 1]):
                for i in range(parts):
                    a, b = max(part_low[i], span[z, 0]), min(part_high[i], span[z, 1])
                    at_least[depth - 1] += max(b - a, 0.0)
    for i in range(deepest):
        metres[i] = at_least[i] - at_least[i + 1]


@inner
def find_root(parent, i):
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel(I1, F1, F1, B1, B1, I1, F1, OUT_I1, returns=L)
def link_gaps(piece_street, piece_low, piece_high, piece_state, bare, ends, length, gap):
    """Number the connected gaps: uncovered pieces that meet at an uncovered crossing.

    `bare[v]` is 1 at crossings that are not covered themselves: a gap does not leap across a
    covered one. Pieces that touch end to end on one street belong together. Numbers follow the
    first piece of each gap; gap[i] is -1 for pieces that are not uncovered. Union-find; returns
    how many gaps there are.
    """
    count = len(piece_street)
    parent = np.arange(count).astype(np.int32)
    holder = np.full(len(bare), np.int32(-1))
    for i in range(count):
        if piece_state[i] != UNCOVERED:
            continue
        s = piece_street[i]
        for end in range(2):
            touches = piece_low[i] == 0.0 if end == 0 else piece_high[i] == length[s]
            v = ends[2 * s + end]
            if not touches or not bare[v]:
                continue
            if holder[v] < 0:
                holder[v] = i
            else:
                a, b = find_root(parent, holder[v]), find_root(parent, np.int32(i))
                parent[max(a, b)] = min(a, b)
        j = i - 1
        if j >= 0 and piece_state[j] == UNCOVERED and piece_street[j] == s:
            if piece_high[j] == piece_low[i]:
                a, b = find_root(parent, np.int32(j)), find_root(parent, np.int32(i))
                parent[max(a, b)] = min(a, b)
    total = 0
    for i in range(count):
        gap[i] = -1
        if piece_state[i] == UNCOVERED:
            root = find_root(parent, np.int32(i))
            if root == i:
                gap[i] = total
                total += 1
            else:
                gap[i] = gap[root]
    return total


@kernel(I1, F1, F1, I1, F1, B1, F1, L1, F1, F1, OUT_F1, OUT_F1)
def find_farthest(
    piece_street, piece_low, piece_high, ends, length, travel, nearest,
    station_first, station_offset, station_snap, metres, place,
):
    """The farthest point of each piece: its distance to the nearest station, and where it is.

    The envelope of rising and falling lines peaks where two of them cross or at an end. On a
    one-way street the distance jumps up just past a station; the value past it is reported.
    Ties go to the lower place. Pieces are cut at stations, O(stations of the street) each.
    """
    for p in range(len(piece_street)):
        s = piece_street[p]
        run, lowest, highest = length[s], piece_low[p], piece_high[p]
        from_u = nearest[ends[2 * s]] if travel[s] & 2 else np.inf
        from_v = run + nearest[ends[2 * s + 1]] if travel[s] & 1 else np.inf
        metres[p], place[p] = -1.0, lowest
        i, last = station_first[s], station_first[s + 1]
        a = lowest
        while True:
            while i < last and station_offset[i] <= a:
                if travel[s] & 2:
                    from_u = min(from_u, station_snap[i] - station_offset[i])
                i += 1
            b = min(station_offset[i], highest) if i < last else highest
            down = from_v
            if travel[s] & 1:
                for j in range(i, last):
                    down = min(down, station_offset[j] + station_snap[j])
            x = b
            if np.isfinite(down):
                x = min(max(0.5 * (down - from_u), a), b) if np.isfinite(from_u) else a
            d = min(from_u + x, down - x)
            if d > metres[p]:
                metres[p], place[p] = d, x
            if b >= highest:
                break
            a = b
