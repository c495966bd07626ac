"""From one point to its k nearest stations, with the way there.

Idea: grow from the point over the arcs it may use and stop as soon as no unseen station can be
among the k. A station stands somewhere along a street, so it is met when the street's near end
is settled, or straight away when it stands on the point's own street (ahead, on a one-way).
The work is that of the neighbourhood, not of the city: nodes carry the number of the query that
last touched them, so nothing is cleared between queries.
"""

from __future__ import annotations

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M
from locator.kernels.compiler import (
    ARCS,
    B1,
    I1,
    L1,
    OUT_F1,
    OUT_I1,
    OUT_L1,
    PLACED,
    SEARCH,
    STREETS,
    F,
    I,
    L,
    inner,
    kernel,
)

TOLERANCE = LIMIT_TOLERANCE_M
FROM_POINT_BACK = -1  # `via` of a street's start, entered from the point itself; -2 of its end
NEAR_TIE_M = 1e-3  # answers are ordered by whole millimetres, then by station


@inner
def before(d, s, other_d, other_s):
    """Order of answers: nearer first, equal ones by station."""
    return d < other_d or (d == other_d and s < other_s)


@inner
def offer(best_cost, best_station, best_arc, found, d, s, arc):
    """Keep (d, s) among the best distinct stations, sorted by (d, s); returns their number."""
    k = len(best_cost)
    at = found
    for i in range(found):
        if best_station[i] == s:
            if d >= best_cost[i]:
                return found
            at = i
            break
    if at == found:
        if found == k:
            if before(best_cost[k - 1], best_station[k - 1], d, s):
                return found
            at = k - 1
        else:
            found += 1
    while at > 0 and before(d, s, best_cost[at - 1], best_station[at - 1]):
        best_cost[at], best_station[at] = best_cost[at - 1], best_station[at - 1]
        best_arc[at] = best_arc[at - 1]
        at -= 1
    best_cost[at], best_station[at], best_arc[at] = d, s, arc
    return found


@inner
def meet_on_own_street(
    streets, placed, street, offset, snap, best_cost, best_station, best_arc
):  # fmt: skip
    """Offer the stations on the point's own street: all of them, or on a one-way those ahead."""
    travel = streets[2]
    station_first, station_id, station_offset, station_snap = placed
    found = np.int32(0)
    for i in range(station_first[street], station_first[street + 1]):
        y = station_offset[i]
        if may_walk(travel[street], offset, y):
            d = snap + abs(y - offset) + station_snap[i]
            found = offer(best_cost, best_station, best_arc, found, d, station_id[i], np.int64(-1))
    return found


@inner
def may_walk(travel, start, stop):
    """Whether one may go along the street from `start` to `stop`."""
    ahead = stop >= start - TOLERANCE and travel & 1
    behind = stop <= start + TOLERANCE and travel & 2
    return ahead or behind


@inner
def enter_network(streets, street, offset, snap, stamp, width, space):
    """Queue the ends of the point's street that it may walk to; returns how many."""
    ends, length, travel = streets
    seen, cost, via, head, pool_node, pool_cost, pool_next = space
    head[:] = -1
    count = np.int64(0)
    for end in range(2):
        v = ends[2 * street + end]
        d = length[street] - offset if end == 1 else offset
        # At a crossing one stands on all its streets, whatever their direction.
        if d > TOLERANCE and not travel[street] & (1 if end == 1 else 2):
            continue
        bucket = np.int64(d / width) & (len(head) - 1)
        d += snap
        if seen[v] != stamp or d < cost[v]:
            seen[v], cost[v], via[v] = stamp, d, FROM_POINT_BACK - end
            pool_node[count], pool_cost[count], pool_next[count] = v, d, head[bucket]
            head[bucket] = count
            count += 1
    return count


@kernel(ARCS, STREETS, PLACED, I, F, F, F, F, I, I, SEARCH, OUT_F1, OUT_I1, OUT_L1, returns=I)
def search_stations(
    arcs, streets, placed, street, offset, snap, limit, width, wanted, stamp, space,
    best_cost, best_station, best_arc,
):  # fmt: skip
    """The stations nearest to a point on `street` at `offset`, walking `snap` to get there.

    Parameters
    ----------
    arcs, streets, placed
        Arcs that leave each node; the streets; the usable stations, ascending by offset.
    limit, wanted
        Stop beyond `limit`, or once `wanted` stations are known for sure; `best_*` may be longer
        (room for near ties).
    width, space
        The queue's buckets, `width` metres wide, more of them than the longest arc holds, a
        power of two; node marks, costs and arcs taken. Marks equal to `stamp` are of this query.

    Returns
    -------
    How many stations are in `best_*`, sorted by (metres, row), all nearer than anything left out
    but for ties within a millimetre. Stations beyond `limit` may be among them: then some can be
    reached, though not within the limit. 0 means that none can be reached at all, -1 that the
    queue was too small.
    """
    first, arc_node, arc_cost, arc_street, arc_backward = arcs
    length = streets[1]
    station_first, station_id, station_offset, station_snap = placed
    seen, cost, via, head, pool_node, pool_cost, pool_next = space
    found = meet_on_own_street(
        streets, placed, street, offset, snap, best_cost, best_station, best_arc
    )
    used = enter_network(streets, street, offset, snap, stamp, width, space)
    free, live, level, mask = np.int32(-1), used, np.int64(0), len(head) - 1
    while live > 0:
        e = head[level & mask]
        if e < 0:
            level += 1
            d = snap + level * width  # nothing nearer is left
            if found > 0 and d > limit + TOLERANCE:
                break
            if found >= wanted and d > best_cost[wanted - 1] + NEAR_TIE_M:
                break
            continue
        head[level & mask], pool_next[e], free = pool_next[e], free, e
        live -= 1
        v, d = pool_node[e], pool_cost[e]
        if d > cost[v]:
            continue
        for a in range(first[v], first[v + 1]):
            s = arc_street[a]
            for i in range(station_first[s], station_first[s + 1]):
                y = station_offset[i]
                t = d + (length[s] - y if arc_backward[a] else y) + station_snap[i]
                found = offer(
                    best_cost, best_station, best_arc, found, t, station_id[i], np.int64(a)
                )
            t, u = d + arc_cost[a], arc_node[a]
            if seen[u] == stamp and t >= cost[u]:
                continue
            seen[u], cost[u], via[u] = stamp, t, a
            e = free
            if e >= 0:
                free = pool_next[e]
            elif used < len(pool_node):
                e, used = np.int32(used), used + 1
            else:
                return -1
            bucket = np.int64((t - snap) / width) & mask
            pool_node[e], pool_cost[e], pool_next[e] = u, t, head[bucket]
            head[bucket] = e
            live += 1
    return found


@inner
def last_leg(arcs, streets, placed, arc, station, street, offset):
    """Street of the way's last leg, and from where to where on it: up to the station."""
    length, travel = streets[1], streets[2]
    station_first, station_id, station_offset, station_snap = placed
    e = np.int64(street if arc < 0 else arcs[3][arc])
    start = offset
    if arc >= 0:
        start = length[e] if arcs[4][arc] else 0.0
    stop, best = np.inf, np.inf
    for i in range(station_first[e], station_first[e + 1]):
        y = station_offset[i]
        d = abs(y - start) + station_snap[i]
        if station_id[i] == station and d < best and may_walk(travel[e], start, y):
            stop, best = y, d
    return e, start, stop


@kernel(ARCS, STREETS, PLACED, B1, L, L1, I1, I, F, L1, OUT_F1)
def measure_marked(
    arcs, streets, placed, flags, mark, arc, station, street, offset, via, marked
):  # fmt: skip
    """How much of each way found by the last `search_stations` leads over marked streets.

    `flags` of streets that share a bit with `mark` count; `arc` and `station` are entries of
    `best_arc` and `best_station`. The ways are those of `trace_path`, without writing them down.
    """
    ends, length = streets[0], streets[1]
    for k in range(len(arc)):
        a = arc[k]
        e, start, stop = last_leg(arcs, streets, placed, a, station[k], street, offset)
        total = abs(stop - start) if flags[e] & mark else 0.0
        while a >= 0:
            v = ends[2 * arcs[3][a] + (1 if arcs[4][a] else 0)]
            a = via[v]
            if a >= 0:
                e = np.int64(arcs[3][a])
                total += length[e] if flags[e] & mark else 0.0
            elif flags[street] & mark:
                total += abs((0.0 if a == FROM_POINT_BACK else length[street]) - offset)
        marked[k] = total


@kernel(ARCS, STREETS, PLACED, L, I, I, F, OUT_L1, OUT_I1, OUT_F1, OUT_F1, returns=L)
def trace_path(
    arcs, streets, placed, arc, station, street, offset, via, leg_street, leg_from, leg_to
):  # fmt: skip
    """Write the way found by the last `search_stations`, from the station back to the point.

    `arc` is the station's entry of `best_arc`. Legs are (street, from metres, to metres), last
    one first. Returns how many there are; -1 when there is no room.
    """
    arc_street, arc_backward = arcs[3], arcs[4]
    ends, length = streets[0], streets[1]
    count = np.int64(0)
    e, start, stop = last_leg(arcs, streets, placed, arc, station, street, offset)
    leg_street[count], leg_from[count], leg_to[count] = e, start, stop
    count += 1
    while arc >= 0:
        v = ends[2 * arc_street[arc] + (1 if arc_backward[arc] else 0)]
        arc = via[v]
        if count == len(leg_street):
            return -1
        if arc >= 0:
            e = arc_street[arc]
            start, stop = (length[e], 0.0) if arc_backward[arc] else (0.0, length[e])
            leg_street[count], leg_from[count], leg_to[count] = e, start, stop
        else:
            leg_street[count], leg_from[count] = street, offset
            leg_to[count] = 0.0 if arc == FROM_POINT_BACK else length[street]
        count += 1
    return count
