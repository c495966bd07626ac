"""How many metres of street a new station would newly cover.

Idea: only streets near the candidate can change. Search backward from it up to the limit, then
re-measure exactly the streets that were touched, each with the better of the present distance
and the candidate's at both ends, and subtract what is covered there now.
"""

from __future__ import annotations

import numpy as np
from numba import types

from locator.arrays import LIMIT_TOLERANCE_M
from locator.kernels.compiler import (
    ARCS,
    F1,
    I1,
    OUT_F1,
    OUT_I1,
    PLACED,
    SPANS,
    STREETS,
    F,
    L,
    inner,
    kernel,
)
from locator.kernels.heap import pop, push
from locator.kernels.intervals import add_reach, add_station, make_scratch, merge_reaches

TOLERANCE = LIMIT_TOLERANCE_M
# Node marks and costs, the heap, street marks, and the list of streets touched.
SPACE = types.Tuple((OUT_I1, OUT_F1, OUT_F1, OUT_I1, OUT_I1, OUT_I1))


@inner
def covered_metres(s, limit, from_u, from_v, extra, streets, placed, spans, scratch):
    """Counted metres of street s within `limit`, given the distances at its ends.

    `extra` is the place of one more station on the street, nan for none.
    """
    _, length, travel = streets
    station_first, _, station_offset, station_snap = placed
    span_first, span = spans
    low, high, owner, _, _ = scratch
    count, run = 0, length[s]
    if travel[s] & 2 and from_u <= limit:
        count = add_reach(low, high, owner, count, 0.0, limit - from_u, run, 0)
    if travel[s] & 1 and from_v <= limit:
        count = add_reach(low, high, owner, count, run - (limit - from_v), run, run, 0)
    for i in range(station_first[s], station_first[s + 1]):
        left = limit - station_snap[i]
        count = add_station(low, high, owner, count, station_offset[i], left, run, travel[s], 0)
    if np.isfinite(extra):
        count = add_station(low, high, owner, count, extra, limit, run, travel[s], 0)
    count = merge_reaches(low, high, owner, count, False)
    total = 0.0
    for z in range(span_first[s], span_first[s + 1]):
        for i in range(count):
            total += max(min(high[i], span[z, 1]) - max(low[i], span[z, 0]), 0.0)
    return total


@inner
def search_back(arcs, streets, street, offset, limit, stamp, space):
    """Settle the nodes from which the candidate is within `limit`; list the streets they touch."""
    first, arc_node, arc_cost, arc_street, _ = arcs
    ends, length, travel = streets
    seen, cost, heap_cost, heap_node, street_seen, touched = space
    size, count = np.int64(0), np.int64(1)
    street_seen[street], touched[0] = stamp, street
    for end in range(2):
        v = ends[2 * street + end]
        d = length[street] - offset if end == 1 else offset
        # From u one walks forward to the candidate, from v backward.
        if d > TOLERANCE and not travel[street] & (2 if end == 1 else 1):
            continue
        if d <= limit + TOLERANCE and (seen[v] != stamp or d < cost[v]):
            seen[v], cost[v] = stamp, d
            size = push(heap_cost, heap_node, size, d, v)
    while size > 0:
        d, v, size = pop(heap_cost, heap_node, size)
        if d > cost[v]:
            continue
        for a in range(first[v], first[v + 1]):
            e = arc_street[a]
            if street_seen[e] != stamp:
                street_seen[e], touched[count] = stamp, e
                count += 1
            u, t = arc_node[a], d + arc_cost[a]
            if t <= limit + TOLERANCE and (seen[u] != stamp or t < cost[u]):
                seen[u], cost[u] = stamp, t
                size = push(heap_cost, heap_node, size, t, u)
    return count


@kernel(ARCS, STREETS, F1, PLACED, SPANS, F1, I1, F1, F, L, SPACE, OUT_F1)
def measure_gains(
    arcs, streets, nearest, placed, spans, covered, street, offset, limit, stamp, space, gain
):  # fmt: skip
    """Metres newly covered by each candidate alone, given what is covered now.

    Parameters
    ----------
    arcs
        Arcs into each node (transposed network).
    nearest, covered
        Present distance of each node; present covered metres of each street.
    street, offset
        Candidates: the street and the metres along it.
    stamp
        The marks of this call are stamp + 1 .. stamp + candidates.
    gain
        Result. O(candidates * neighbourhood log neighbourhood).
    """
    ends = streets[0]
    seen, cost, touched = space[0], space[1], space[5]
    scratch = make_scratch(2, placed[0])
    for c in range(len(street)):
        mark = np.int32(stamp + c + 1)
        count = search_back(arcs, streets, street[c], offset[c], limit, mark, space)
        total = 0.0
        for i in range(count):
            s = touched[i]
            u, v = ends[2 * s], ends[2 * s + 1]
            from_u, from_v = nearest[u], nearest[v]
            if seen[u] == mark:
                from_u = min(from_u, cost[u])
            if seen[v] == mark:
                from_v = min(from_v, cost[v])
            extra = offset[c] if s == street[c] else np.nan
            now = covered_metres(s, limit, from_u, from_v, extra, streets, placed, spans, scratch)
            total += now - covered[s]
        gain[c] = total
