"""What each candidate alone reaches: covered parts of streets, or costs from pieces of street.

Idea: a plan needs to know of every candidate what it would serve, and a candidate serves its
neighbourhood. So search backward from it up to the limit, and look at the streets that were
touched. A node that has a station as near already leads to nothing that is not served as well:
the search turns back there, which keeps the answer exact and small where there are stations.

Candidates come as stations do (`locator.placement`): the nodes from which one walks straight to
them, and the streets on which they stand. So a street is read exactly as a coverage reads it.
"""

from __future__ import annotations

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M
from locator.kernels.compiler import (
    ARCS,
    B1,
    F1,
    I1,
    L1,
    OUT_F1,
    OUT_I1,
    STREETS,
    F,
    L,
    inner,
    kernel,
)
from locator.kernels.heap import pop, push
from locator.kernels.intervals import add_reach, add_station, merge_reaches

TOLERANCE = LIMIT_TOLERANCE_M
# By candidate: first seed, its node and cost; first stand, its street, place and snap.
PLACES = (L1, I1, F1, L1, I1, F1, F1)
# Node marks and costs, the heap, street marks, and the list of streets touched.
SPACE = (OUT_I1, OUT_F1, OUT_F1, OUT_I1, OUT_I1, OUT_I1)
REACHES = (OUT_I1, OUT_I1, OUT_F1, OUT_F1)  # candidate, street, from, to
PIECES = (L1, F1, F1)  # by street: first; its place, and what it costs today
COSTS = (OUT_I1, OUT_I1, OUT_F1)  # candidate, piece, cost


@inner
def search_candidate(c, arcs, places, near, limit, stamp, space):
    """Settle the nodes from which c is within the limit and nearer than `near`.

    Returns how many streets they touch; these are listed in `space`.
    """
    first, arc_node, arc_cost, arc_street, _ = arcs
    seed_first, seed_node, seed_cost, stand_first, stand_street, _, _ = places
    seen, cost, heap_cost, heap_node, street_seen, touched = space
    size, count = np.int64(0), np.int64(0)
    for i in range(stand_first[c], stand_first[c + 1]):
        e = stand_street[i]
        if street_seen[e] != stamp:
            street_seen[e], touched[count] = stamp, e
            count += 1
    for i in range(seed_first[c], seed_first[c + 1]):
        v, d = seed_node[i], seed_cost[i]
        if d <= limit + TOLERANCE and d < near[v] and (seen[v] != stamp or d < cost[v]):
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
            if t <= limit + TOLERANCE and t < near[u] and (seen[u] != stamp or t < cost[u]):
                seen[u], cost[u] = stamp, t
                size = push(heap_cost, heap_node, size, t, u)
    return count


@inner
def reach_street(c, s, limit, streets, places, stamp, space, scratch):
    """The united intervals of street s within the limit of c; returns how many, in `scratch`."""
    ends, length, travel = streets
    stand_first, stand_street, stand_offset, stand_snap = places[3], places[4], places[5], places[6]
    seen, cost = space[0], space[1]
    low, high, owner = scratch
    run, way, count = length[s], travel[s], 0
    u, v = ends[2 * s], ends[2 * s + 1]
    if way & 2 and seen[u] == stamp and cost[u] <= limit:
        count = add_reach(low, high, owner, count, 0.0, limit - cost[u], run, 0)
    if way & 1 and seen[v] == stamp and cost[v] <= limit:
        count = add_reach(low, high, owner, count, run - (limit - cost[v]), run, run, 0)
    for i in range(stand_first[c], stand_first[c + 1]):
        if stand_street[i] == s:
            left = limit - stand_snap[i]
            count = add_station(low, high, owner, count, stand_offset[i], left, run, way, 0)
    return merge_reaches(low, high, owner, count, False)


@inner
def count_stands(stand_first):
    """The most stands that one candidate has."""
    most = 0
    for c in range(len(stand_first) - 1):
        most = max(most, stand_first[c + 1] - stand_first[c])
    return most


@kernel(ARCS, STREETS, PLACES, B1, F1, F, L, L, L, SPACE, REACHES, returns=L)
def list_reaches(
    arcs, streets, places, wanted, near, limit, begin, end, stamp, space, reaches
):  # fmt: skip
    """The parts of streets within the limit of each candidate alone.

    Parameters
    ----------
    arcs
        Arcs into each node (transposed network).
    wanted : (s,)
        1 for the streets that are asked for; the others are searched, not listed.
    near : (n,)
        What each node costs today; inf where it has no station. Parts that are within the limit
        of a present station may be missing.
    begin, end
        Candidates to look at; the marks of this call are stamp + 1 .. stamp + end - begin.
    reaches
        Room for the parts, by candidate, apart and of some length each.

    Returns
    -------
    How many parts there are; where they exceed the room, ask again with more.
    O(candidates x neighbourhood log neighbourhood).
    """
    travel = streets[2]
    candidate, street, part_low, part_high = reaches
    room = count_stands(places[3]) + 3
    scratch = np.empty(room), np.empty(room), np.empty(room, np.int32)
    low, high, _ = scratch
    touched, at = space[5], 0
    for c in range(begin, end):
        mark = np.int32(stamp + c - begin + 1)
        count = search_candidate(c, arcs, places, near, limit, mark, space)
        for i in range(count):
            s = touched[i]
            if not wanted[s] or travel[s] == 0:
                continue
            parts = reach_street(c, s, limit, streets, places, mark, space, scratch)
            for k in range(parts):
                if high[k] > low[k]:
                    if at < len(street):
                        candidate[at], street[at] = c, s
                        part_low[at], part_high[at] = low[k], high[k]
                    at += 1
    return at


@kernel(ARCS, STREETS, PLACES, PIECES, F1, F, L, L, L, SPACE, COSTS, returns=L)
def list_costs(
    arcs, streets, places, pieces, near, limit, begin, end, stamp, space, costs
):  # fmt: skip
    """What each candidate alone costs each piece of street, where that is less than today.

    Parameters
    ----------
    pieces
        By street: first, the place that stands for a piece, and what it costs today (inf: no
        station can be reached).
    near, begin, end, stamp
        As of `list_reaches`.
    costs
        Room for candidate, piece and cost; by candidate.

    Returns
    -------
    How many there are; where they exceed the room, ask again with more.
    """
    ends, length, travel = streets
    piece_first, place, today = pieces
    stand_first, stand_street, stand_offset, stand_snap = places[3], places[4], places[5], places[6]
    candidate, piece, found = costs
    seen, cost, touched = space[0], space[1], space[5]
    at = 0
    for c in range(begin, end):
        mark = np.int32(stamp + c - begin + 1)
        count = search_candidate(c, arcs, places, near, limit, mark, space)
        for i in range(count):
            s = touched[i]
            run, way = length[s], travel[s]
            u, v = ends[2 * s], ends[2 * s + 1]
            from_u = cost[u] if way & 2 and seen[u] == mark else np.inf
            from_v = cost[v] if way & 1 and seen[v] == mark else np.inf
            for q in range(piece_first[s], piece_first[s + 1]):
                x = place[q]
                d = min(from_u + x, from_v + (run - x))
                for k in range(stand_first[c], stand_first[c + 1]):
                    if stand_street[k] == s:
                        away = stand_offset[k] - x
                        if (away >= 0.0 and way & 1) or (away <= 0.0 and way & 2):
                            d = min(d, abs(away) + stand_snap[k])
                if d < today[q] and d <= limit + TOLERANCE:
                    if at < len(piece):
                        candidate[at], piece[at], found[at] = c, q, d
                    at += 1
    return at
