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
from locator.kernels.compiler import (
    F1,
    I1,
    L1,
    OUT_F1,
    OUT_F2,
    OUT_I1,
    OUT_I2,
    F,
    I,
    L,
    inner,
    kernel,
)

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


@inner
def fill_buckets(
    head, pool_node, pool_cost, pool_next, inverse, base, chosen, seed_node, seed_cost
):
    """Put the chosen seeds into their buckets, seed `chosen[i]` as entry i."""
    mask = len(head) - 1
    for e in range(len(chosen)):
        v, d = seed_node[chosen[e]], seed_cost[chosen[e]]
        bucket = np.int64((d - base) * inverse) & mask
        pool_node[e], pool_cost[e], pool_next[e] = v, d, head[bucket]
        head[bucket] = e


@kernel(L1, I1, F1, I1, F1, I1, F, F, F, L, OUT_F1, OUT_I1, returns=I)
def sweep_nearest(
    first,
    arc_node,
    arc_cost,
    seed_node,
    seed_cost,
    seed_station,
    longest,
    width,
    limit,
    capacity,
    cost,
    station,
):
    """Distance to the nearest station, and which it is, for every node within `limit`.

    Arcs run from station to person: arc_node[first[v]:first[v + 1]] are the nodes from which one
    can step to v. Equal distances go to the lower station. Returns 1 when the pool of `capacity`
    entries (at least as many as seeds) was too small: ask again with a larger one; else 0.
    O((n + arcs) * re-pushes).
    """
    cost[:] = np.inf
    station[:] = -1
    if len(seed_node) == 0:
        return 0
    head = np.full(ring_size(longest, seed_cost, width), np.int32(-1))
    mask = len(head) - 1
    pool_node, pool_next = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    pool_cost = np.empty(capacity, np.float64)
    bound, inverse, base = limit + TOLERANCE, 1.0 / width, seed_cost.min()
    kept = np.zeros(len(seed_node), np.bool_)
    for i in range(len(seed_node)):
        v, d, s = seed_node[i], seed_cost[i], seed_station[i]
        if d <= bound and (d < cost[v] or (d == cost[v] and s < station[v])):
            cost[v], station[v], kept[i] = d, s, True
    chosen = np.flatnonzero(kept)
    fill_buckets(head, pool_node, pool_cost, pool_next, inverse, base, chosen, seed_node, seed_cost)
    free, used, live, slot = np.int32(-1), len(chosen), len(chosen), np.int64(0)
    while live > 0:
        e = head[slot]
        if e < 0:
            slot = (slot + 1) & mask
            continue
        head[slot], pool_next[e], free = pool_next[e], free, e
        live -= 1
        v, d = pool_node[e], pool_cost[e]
        if d > cost[v]:
            continue
        s = station[v]
        for a in range(first[v], first[v + 1]):
            u = arc_node[a]
            t = d + arc_cost[a]
            if t > bound or t > cost[u] or (t == cost[u] and s >= station[u]):
                continue
            cost[u], station[u] = t, s
            e = free
            if e >= 0:
                free = pool_next[e]
            elif used < capacity:
                e, used = np.int32(used), used + 1
            else:
                return 1
            bucket = np.int64((t - base) * inverse) & mask
            pool_node[e], pool_cost[e], pool_next[e] = u, t, head[bucket]
            head[bucket] = e
            live += 1
    return 0


@inner
def keep_label(cost, station, v, d, s):
    """Put (d, s) among the sorted distinct labels of node v; tell whether it was kept."""
    last = cost.shape[1] - 1
    if d > cost[v, last] or (d == cost[v, last] and s >= station[v, last] >= 0):
        return False
    at = last
    for i in range(last + 1):
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
    """Whether (d, s) is still a label of node v, not pushed out or improved since."""
    for i in range(cost.shape[1]):
        if station[v, i] == s:
            return cost[v, i] == d
    return False


@kernel(L1, I1, F1, I1, F1, I1, F, F, F, L, OUT_F2, OUT_I2, returns=I)
def sweep_k_nearest(
    first,
    arc_node,
    arc_cost,
    seed_node,
    seed_cost,
    seed_station,
    longest,
    width,
    limit,
    capacity,
    cost,
    station,
):
    """The k nearest distinct stations of every node within `limit`, in one sweep.

    As `sweep_nearest`, with (n, k) sorted labels instead of one; ties by station. Each label is
    passed on once for each value it takes, so the work is k sweeps, not one sweep per station.
    """
    cost[:] = np.inf
    station[:] = -1
    if len(seed_node) == 0:
        return 0
    head = np.full(ring_size(longest, seed_cost, width), np.int32(-1))
    mask = len(head) - 1
    pool_node, pool_next = np.empty(capacity, np.int32), np.empty(capacity, np.int32)
    pool_cost, pool_station = np.empty(capacity, np.float64), np.empty(capacity, np.int32)
    bound, inverse, base = limit + TOLERANCE, 1.0 / width, seed_cost.min()
    kept = np.zeros(len(seed_node), np.bool_)
    for i in range(len(seed_node)):
        kept[i] = seed_cost[i] <= bound and keep_label(
            cost, station, seed_node[i], seed_cost[i], seed_station[i]
        )
    chosen = np.flatnonzero(kept)
    fill_buckets(head, pool_node, pool_cost, pool_next, inverse, base, chosen, seed_node, seed_cost)
    pool_station[: len(chosen)] = seed_station[chosen]
    free, used, live, slot = np.int32(-1), len(chosen), len(chosen), np.int64(0)
    while live > 0:
        e = head[slot]
        if e < 0:
            slot = (slot + 1) & mask
            continue
        head[slot], pool_next[e], free = pool_next[e], free, e
        live -= 1
        v, d, s = pool_node[e], pool_cost[e], pool_station[e]
        if not has_label(cost, station, v, d, s):
            continue
        for a in range(first[v], first[v + 1]):
            u = arc_node[a]
            t = d + arc_cost[a]
            if t > bound or not keep_label(cost, station, u, t, s):
                continue
            e = free
            if e >= 0:
                free = pool_next[e]
            elif used < capacity:
                e, used = np.int32(used), used + 1
            else:
                return 1
            bucket = np.int64((t - base) * inverse) & mask
            pool_node[e], pool_station[e], pool_cost[e] = u, s, t
            pool_next[e], head[bucket] = head[bucket], e
            live += 1
    return 0
