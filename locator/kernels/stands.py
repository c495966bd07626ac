"""Where a vehicle may be left for the last stretch on foot to each station.

Idea: one small search from each station, against the walkers' arcs, that ends at the limit. The
limit counts metres, and of two ways equally long the quicker one is taken, so each node carries
both. Nodes bear the number of the station that last touched them: nothing is cleared in between.

Source: Dijkstra (1959), Numerische Mathematik 1.
"""

from __future__ import annotations

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M
from locator.kernels.compiler import F1, I1, L1, OUT_F1, OUT_I1, F, L, inner, kernel
from locator.kernels.heap import pop, push

TOLERANCE = LIMIT_TOLERANCE_M
TIE_M = 1e-9  # two sums of the same metres in another order


@inner
def improves(d, t, metres, time):
    """Whether a way is shorter, or as short and quicker."""
    return d < metres - TIE_M or (d <= metres + TIE_M and t < time - TIE_M)


@inner
def reach(v, d, t, station, place, row, node, metres, time, heap, size, count):
    """Note a way from node v and queue it; returns the sizes of heap and table, -1 for no room.

    `place` is the node's entry in the table; one of an earlier station is no entry.
    """
    heap_m, heap_node = heap
    e = place[v]
    if e < 0 or e >= count or node[e] != v or row[e] != station:
        if count == len(row):
            return size, -1
        e, count = count, count + 1
        place[v], row[e], node[e] = e, station, v
    elif not improves(d, t, metres[e], time[e]):
        return size, count
    if size == len(heap_m):
        return size, -1
    metres[e], time[e] = d, t
    return push(heap_m, heap_node, size, d, v), count


@kernel(L1, I1, F1, F1, L1, I1, F1, F1, F, L, L, OUT_I1, OUT_I1, OUT_F1, OUT_F1, returns=L)
def find_stands(
    first, arc_node, arc_m, arc_time, seed_first, seed_node, seed_m, seed_time, limit, nodes,
    capacity, row, node, metres, time,
):  # fmt: skip
    """All nodes from which each station is within `limit` on foot, station by station.

    Parameters
    ----------
    first, arc_node, arc_m, arc_time
        Arcs that arrive at each node, with their metres and their cost in time.
    seed_first, seed_node, seed_m, seed_time
        Station i is reached directly from the nodes seed_first[i] .. seed_first[i + 1].
    nodes, capacity
        How many nodes there are; the room of the queue.
    row, node, metres, time
        Take the stations, the nodes, and the ways between them.

    Returns
    -------
    How many pairs there are; -1 where queue or table had no room: ask again with more.
    """
    place = np.full(nodes, np.int64(-1))
    heap = (np.empty(capacity), np.empty(capacity, np.int32))
    bound, count = limit + TOLERANCE, np.int64(0)
    for station in range(len(seed_first) - 1):
        size = np.int64(0)
        for i in range(seed_first[station], seed_first[station + 1]):
            if seed_m[i] <= bound:
                size, count = reach(
                    seed_node[i], seed_m[i], seed_time[i], station, place, row, node, metres,
                    time, heap, size, count,
                )  # fmt: skip
                if count < 0:
                    return -1
        while size > 0:
            d, v, size = pop(heap[0], heap[1], size)
            e = place[v]
            if d > metres[e] + TIE_M:
                continue
            for a in range(first[v], first[v + 1]):
                t = metres[e] + arc_m[a]
                if t <= bound:
                    size, count = reach(
                        arc_node[a], t, time[e] + arc_time[a], station, place, row, node, metres,
                        time, heap, size, count,
                    )  # fmt: skip
                    if count < 0:
                        return -1
    return count
