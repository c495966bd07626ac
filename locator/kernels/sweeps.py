"""Shortest distances from every node to its nearest stations.

Idea: a bucket queue. Distances along streets are short and alike, so a ring of buckets, each a few
metres wide, replaces the heap: pushing is O(1) and there is no log n. Within one bucket entries
are taken in any order; a node that improves is pushed again, so the result is exact whatever the
width (label correcting). Popped entries go to a free list: the pool holds only the frontier,
which stays in the processor's cache.

Source: Denardo & Fox (1979), Operations Research 27(1), buckets; Meyer & Sanders (2003),
J. Algorithms 49, correcting within a bucket.
"""

from __future__ import annotations

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M
from locator.kernels.compiler import F1, I1, L1, OUT_F1, OUT_F2, OUT_I1, OUT_I2, F, I, L, inner, kernel

TOLERANCE = LIMIT_TOLERANCE_M


@inner
def ring_size(longest, seed_cost, width):
    """Buckets, a power of two, so that no two live entries of different rounds share one."""
    reach = max(longest, seed_cost.max() - seed_cost.min())
    needed = np.int64(reach / width) + 3
    ring = np.int64(4)
    while ring < needed:
        ring *= 2
    return ring


@kernel(L1, I1, F1, I1, F1, I1, F, F, F, L, OUT_F1, OUT_I1, returns=I)
def sweep_nearest(
    first, arc_node, arc_cost, seed_node, seed_cost, seed_station, longest, width, limit, capacity,
    cost, station,
):
    """Distance to the nearest station, and which it is, for every node within `limit`.

    Arcs run from station to person: arc_node[first[v]:first[v + 1]] are the nodes from which one
    can step to v. Equal distances go to the lower station. Returns 1 when the pool of `capacity`
    entries was too small (ask again with a larger one), else 0. O((n + arcs) * re-pushes).
    """
    cost[:] = np.inf
    station[:] = -1
    if len(seed_node) == 0:
        return 0
    ring = ring_size(longest, seed_cost, width)
    mask = ring - 1
    head = np.full(ring, np.int32(-1))
    pool_node = np.empty(capacity, np.int32)
    pool_cost = np.empty(capacity, np.float64)
    pool_next = np.empty(capacity, np.int32)
    free, used, live = np.int32(-1), np.int64(0), np.int64(0)
    bound = limit + TOLERANCE
    inverse = 1.0 / width
    base = seed_cost.min()
    for s in range(len(seed_node)):
        v, d = seed_node[s], seed_cost[s]
        if d > bound or d > cost[v] or (d == cost[v] and seed_station[s] >= station[v]):
            continue
        cost[v], station[v] = d, seed_station[s]
        if used == capacity:
            return 1
        b = np.int64((d - base) * inverse) & mask
        pool_node[used], pool_cost[used], pool_next[used] = v, d, head[b]
        head[b] = np.int32(used)
        used += 1
        live += 1
    slot = np.int64(0)
    while live > 0:
        entry = head[slot]
        if entry < 0:
            slot = (slot + 1) & mask
            continue
        head[slot] = pool_next[entry]
        v, d = pool_node[entry], pool_cost[entry]
        pool_next[entry] = free
        free = entry
        live -= 1
        if d > cost[v]:
            continue
        nearest = station[v]
        for a in range(first[v], first[v + 1]):
            u = arc_node[a]
            t = d + arc_cost[a]
            if t > bound or t > cost[u] or (t == cost[u] and nearest >= station[u]):
                continue
            cost[u], station[u] = t, nearest
            if free >= 0:
                e = free
                free = pool_next[e]
            elif used < capacity:
                e = np.int32(used)
                used += 1
            else:
                return 1
            b = np.int64((t - base) * inverse) & mask
            pool_node[e], pool_cost[e], pool_next[e] = u, t, head[b]
            head[b] = e
            live += 1
    return 0


@inner
def keep_label(cost, station, v, d, s):
    """Put (d, s) among the sorted distinct labels of node v; tell whether it was kept."""
    k = cost.shape[1]
    last = k - 1
    if d > cost[v, last] or (d == cost[v, last] and s >= station[v, last] and station[v, last] >= 0):
        return False
    at = last
    for i in range(k):
        if station[v, i] == s:
            if d >= cost[v, i]:
                return False
            at = i
            break
    while at > 0 and (d < cost[v, at - 1] or (d == cost[v, at - 1] and s < station[v, at - 1])):
        cost[v, at], station[v, at] = cost[v, at - 1], station[v, at - 1]
        at -= 1
    cost[v, at], station[v, at] = d, s
    return True


@inner
def has_label(cost, station, v, d, s):
    for i in range(cost.shape[1]):
        if station[v, i] == s:
            return cost[v, i] == d
    return False


@kernel(L1, I1, F1, I1, F1, I1, F, F, F, L, OUT_F2, OUT_I2, returns=I)
def sweep_k_nearest(
    first, arc_node, arc_cost, seed_node, seed_cost, seed_station, longest, width, limit, capacity,
    cost, station,
):
    """The k nearest distinct stations of every node within `limit`, in one sweep.

    As `sweep_nearest`, with (n, k) sorted labels instead of one; ties by station. Each label is
    passed on once for each value it takes, so the work is k sweeps, not one sweep per station.
    """
    cost[:] = np.inf
    station[:] = -1
    if len(seed_node) == 0:
        return 0
    ring = ring_size(longest, seed_cost, width)
    mask = ring - 1
    head = np.full(ring, np.int32(-1))
    pool_node = np.empty(capacity, np.int32)
    pool_station = np.empty(capacity, np.int32)
    pool_cost = np.empty(capacity, np.float64)
    pool_next = np.empty(capacity, np.int32)
    free, used, live = np.int32(-1), np.int64(0), np.int64(0)
    bound = limit + TOLERANCE
    inverse = 1.0 / width
    base = seed_cost.min()
    for i in range(len(seed_node)):
        v, d, s = seed_node[i], seed_cost[i], seed_station[i]
        if d > bound or not keep_label(cost, station, v, d, s):
            continue
        if used == capacity:
            return 1
        b = np.int64((d - base) * inverse) & mask
        pool_node[used], pool_station[used], pool_cost[used] = v, s, d
        pool_next[used] = head[b]
        head[b] = np.int32(used)
        used += 1
        live += 1
    slot = np.int64(0)
    while live > 0:
        entry = head[slot]
        if entry < 0:
            slot = (slot + 1) & mask
            continue
        head[slot] = pool_next[entry]
        v, d, s = pool_node[entry], pool_cost[entry], pool_station[entry]
        pool_next[entry] = free
        free = entry
        live -= 1
        if not has_label(cost, station, v, d, s):
            continue
        for a in range(first[v], first[v + 1]):
            u = arc_node[a]
            t = d + arc_cost[a]
            if t > bound or not keep_label(cost, station, u, t, s):
                continue
            if free >= 0:
                e = free
                free = pool_next[e]
            elif used < capacity:
                e = np.int32(used)
                used += 1
            else:
                return 1
            b = np.int64((t - base) * inverse) & mask
            pool_node[e], pool_station[e], pool_cost[e] = u, s, t
            pool_next[e] = head[b]
            head[b] = e
            live += 1
    return 0
