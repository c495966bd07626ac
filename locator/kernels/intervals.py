"""Exact covered parts of every street, and their depth.

Idea: along a street the distance to a given station is the lower envelope of a few straight
lines of slope +1 or -1: walk to the start, walk to the end, or walk to a station on the street
itself. So the part within a limit is a union of intervals whose ends are known exactly; nothing
is sampled. On a one-way street only the legal directions count.

`labels` are the sorted nearest distinct stations of each node, metres and rows, both (n, k).
Intervals of one street are kept in scratch arrays `low`, `high`, `owner`.
"""

from __future__ import annotations

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M
from locator.kernels.compiler import (
    F1,
    F2,
    I1,
    I2,
    OUT_F2,
    PIECES,
    PLACED,
    SPANS,
    STREETS,
    F,
    L,
    inner,
    kernel,
)

TOLERANCE = LIMIT_TOLERANCE_M
COVERED, UNCOVERED, UNREACHABLE = 0, 1, 2
LABELS = (F2, I2)


@inner
def add_reach(low, high, owner, count, a, b, length, station):
    """Add the interval [a, b] cut to the street; an end within the tolerance of it is the end."""
    a, b = max(a, 0.0), min(b, length)
    if b < a:
        return count  # else: within the tolerance the end's own distance is within the limit too
    if a <= TOLERANCE:
        a = 0.0
    if b >= length - TOLERANCE:
        b = length
    low[count], high[count], owner[count] = a, b, station
    return count + 1


@inner
def add_station(low, high, owner, count, place, left, length, way, station):
    """Add what a station at `place` reaches with `left` metres to spend, in legal directions."""
    if left < 0.0:
        return count
    a = place - left if way & 1 else place
    b = place + left if way & 2 else place
    return add_reach(low, high, owner, count, a, b, length, station)


@inner
def collect_reaches(s, limit, streets, labels, placed, low, high, owner):
    """All intervals of street s within `limit`, one per way to a station; returns how many."""
    ends, length, travel = streets
    label_cost, label_station = labels
    station_first, station_id, station_offset, station_snap = placed
    count = 0
    run = length[s]
    for end in range(2):
        if not travel[s] & (1 if end == 1 else 2):
            continue
        v = ends[2 * s + end]
        for i in range(label_cost.shape[1]):
            left = limit - label_cost[v, i]
            if left < 0.0:
                break
            a, b = (run - left, run) if end == 1 else (0.0, left)
            count = add_reach(low, high, owner, count, a, b, run, label_station[v, i])
    for i in range(station_first[s], station_first[s + 1]):
        left = limit - station_snap[i]
        count = add_station(
            low, high, owner, count, station_offset[i], left, run, travel[s], station_id[i]
        )
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

    A sliver of up to twice the tolerance is covered too: its middle is within the tolerance.
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
    """Where at least `depth` of the intervals overlap (those of one station are disjoint)."""
    return overlaps(np.sort(low[:count]), np.sort(high[:count]), count, depth, part_low, part_high)


@inner
def overlaps(a, b, count, depth, part_low, part_high):
    """As `deep_parts`, with the starts and the ends of the intervals each sorted by themselves."""
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
def find_parts(s, limit, depth, streets, labels, placed, scratch):
    """Disjoint ascending parts of street s within `limit` of at least `depth` stations.

    They are left in the last two arrays of `scratch`; returns their number.
    """
    low, high, owner, part_low, part_high = scratch
    count = collect_reaches(s, limit, streets, labels, placed, low, high, owner)
    if depth == 1:
        count = merge_reaches(low, high, owner, count, False)
        for i in range(count):
            part_low[i], part_high[i] = low[i], high[i]
        return count
    count = merge_reaches(low, high, owner, count, True)
    parts = deep_parts(low, high, count, depth, part_low, part_high)
    return merge_reaches(part_low, part_high, owner, parts, False)


@inner
def plain_cut(limit, run, way, from_u, from_v):
    """What is covered at depth 1 on a street without stations: [0, a] and [b, run].

    Scalars in and out: this is the case of nearly every street, and handing arrays about would
    take most of its time.
    """
    a = min(limit - from_u, run) if way & 2 else -1.0
    b = max(run - (limit - from_v), 0.0) if way & 1 else run + 1.0
    if a >= run - TOLERANCE or b <= TOLERANCE or (a >= 0.0 and b <= run and b - a <= 2 * TOLERANCE):
        return run, run
    return a, b


@inner
def make_scratch(k, station_first):
    """Room for the intervals of the street that has most: 2 k from its ends, and its stations."""
    room = 2 * k + 1
    for s in range(len(station_first) - 1):
        room = max(room, 2 * k + 1 + station_first[s + 1] - station_first[s])
    return (
        np.empty(room), np.empty(room), np.empty(room, np.int32), np.empty(room), np.empty(room),
    )  # fmt: skip


@inner
def dead_range(s, streets, nearest, placed):
    """The part of street s from which no station can be reached: [a, b], empty when a >= b."""
    ends, length, travel = streets
    station_first, _, station_offset, _ = placed
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
def emit(pieces, at, s, a, b, state):
    """Write one piece if there is room; returns the next position either way."""
    street, low, high, states = pieces
    if b > a:
        if at < len(street):
            street[at], low[at], high[at], states[at] = s, a, b, state
        at += 1
    return at


@inner
def emit_rest(pieces, at, s, a, b, dead_low, dead_high):
    """Write an uncovered stretch, its dead part apart."""
    dead_low, dead_high = max(a, dead_low), min(b, dead_high)
    if dead_high <= dead_low:
        return emit(pieces, at, s, a, b, UNCOVERED)
    at = emit(pieces, at, s, a, dead_low, UNCOVERED)
    at = emit(pieces, at, s, dead_low, dead_high, UNREACHABLE)
    return emit(pieces, at, s, dead_high, b, UNCOVERED)


@inner
def cover_street(s, limit, depth, streets, labels, nearest, placed, spans, pieces, scratch, at):
    """The pieces of any street; returns the next position."""
    part_low, part_high = scratch[3], scratch[4]
    span_first, span = spans
    parts = find_parts(s, limit, depth, streets, labels, placed, scratch)
    dead_low, dead_high = dead_range(s, streets, nearest, placed)
    for z in range(span_first[s], span_first[s + 1]):
        start, stop = span[z, 0], span[z, 1]
        for i in range(parts):
            a, b = max(part_low[i], start), min(part_high[i], stop)
            if b <= a:
                continue
            at = emit_rest(pieces, at, s, start, a, dead_low, dead_high)
            at = emit(pieces, at, s, a, b, COVERED)
            start = b
        at = emit_rest(pieces, at, s, start, stop, dead_low, dead_high)
    return at


@kernel(F, L, STREETS, LABELS, F1, PLACED, SPANS, PIECES, returns=L)
def cover_streets(limit, depth, streets, labels, nearest, placed, spans, pieces):
    """Split the counted spans of all streets into covered, uncovered and unreachable pieces.

    Parameters
    ----------
    limit, depth
        Covered: at least `depth` distinct stations within `limit` metres, both inclusive.
    labels : (n, k) twice
        The k >= depth nearest distinct stations of each node, at least those within `limit`.
    nearest : (n,)
        Distance to the nearest station without a limit; inf where there is none.
    spans
        The parts of each street that count (those in the city).

    Returns
    -------
    Number of pieces, by street and place; where it exceeds the room, call again with more.
    """
    ends, length, travel = streets
    span_first, span = spans
    station_first = placed[0]
    out_street, out_low, out_high, out_state = pieces
    room = len(out_street)
    scratch = make_scratch(labels[0].shape[1], station_first)
    at = 0
    for s in range(len(travel)):
        way = travel[s]
        if way == 0:
            continue
        if depth > 1 or station_first[s] != station_first[s + 1]:
            at = cover_street(
                s, limit, depth, streets, labels, nearest, placed, spans, pieces, scratch, at
            )
            continue
        from_u, from_v = nearest[ends[2 * s]], nearest[ends[2 * s + 1]]
        lost = not ((way & 2 and np.isfinite(from_u)) or (way & 1 and np.isfinite(from_v)))
        a, b = plain_cut(limit, length[s], way, from_u, from_v)
        for z in range(span_first[s], span_first[s + 1]):
            start, stop = span[z, 0], span[z, 1]
            for part in range(3):
                low = start if part == 0 else max(start, a if part == 1 else b)
                high = min(stop, a if part == 0 else (b if part == 1 else stop))
                if high > low:
                    if at < room:
                        state = COVERED if part != 1 else (UNREACHABLE if lost else UNCOVERED)
                        out_street[at], out_low[at], out_high[at] = s, low, high
                        out_state[at] = state
                    at += 1
    return at


@inner
def sort_copy(values, count, copy):
    """Insertion sort into another array: there are a handful."""
    for i in range(count):
        j = i - 1
        while j >= 0 and copy[j] > values[i]:
            copy[j + 1] = copy[j]
            j -= 1
        copy[j + 1] = values[i]


@kernel(F, STREETS, LABELS, PLACED, SPANS, I1, F1, OUT_F2)
def measure_depths(limit, streets, labels, placed, spans, area, worth, sums):
    """Add up, by area, what lies within `limit` of exactly 1, 2, ... distinct stations.

    Span z lies in area[z], and each unit of cost along it is worth worth[z]. sums[a, i] takes the
    worth of depth i + 1; its last column takes that depth and more. Needs as many labels per node
    as `sums` has columns.
    """
    ends, _, travel = streets
    span_first, span = spans
    label_cost, station_first = labels[0], placed[0]
    low, high, owner, part_low, part_high = make_scratch(label_cost.shape[1], station_first)
    starts, stops = np.empty(len(low)), np.empty(len(low))
    depths = sums.shape[1]
    at_least = np.zeros((sums.shape[0], depths + 1))
    for s in range(len(travel)):
        near = min(label_cost[ends[2 * s], 0], label_cost[ends[2 * s + 1], 0])
        empty = near > limit and station_first[s] == station_first[s + 1]
        if travel[s] == 0 or empty:
            continue
        count = collect_reaches(s, limit, streets, labels, placed, low, high, owner)
        count = merge_reaches(low, high, owner, count, True)
        sort_copy(low, count, starts)
        sort_copy(high, count, stops)
        for depth in range(1, min(depths, count) + 1):
            parts = overlaps(starts, stops, count, depth, part_low, part_high)
            parts = merge_reaches(part_low, part_high, owner, parts, False)
            for z in range(span_first[s], span_first[s + 1]):
                for i in range(parts):
                    a, b = max(part_low[i], span[z, 0]), min(part_high[i], span[z, 1])
                    at_least[area[z], depth - 1] += max(b - a, 0.0) * worth[z]
    for i in range(depths):
        sums[:, i] = at_least[:, i] - at_least[:, i + 1]
