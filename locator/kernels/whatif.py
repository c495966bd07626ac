"""The nearest station of each node, kept true while stations open and close.

Idea: a node remembers its distance and whose it is. A station that opens can only improve nodes
near it: search outward from it, and turn back wherever somebody else is as near. A station that
closes leaves the nodes that were its own without an answer: each takes the best that its
neighbours can offer, and a search inside that hole alone settles it. Then exactly the streets at
nodes that changed, and those of the stations themselves, are measured again. Nothing else is
touched, so the time follows the size of what changes, not of the city.

Distances come out the same as those of a new sweep, to the bit: both are the least fixed point of
"neighbour's distance plus arc", whatever the order of the search. Source of the repair after a
deletion: Ramalingam & Reps (1996), J. Algorithms 21(2); the search is Dijkstra's, with a heap.

What is touched is logged with the value it had, so that one base can serve many trials: each is
laid over it, changed, read off and taken back within one call.
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
    OUT_L1,
    PLACED,
    SPANS,
    STREETS,
    F,
    L,
    inner,
    kernel,
)
from locator.kernels.heap import pop, push
from locator.kernels.intervals import plain_cut
from locator.kernels.lengths import EXTRA, WORTH, add_worth, collect_open, cover_spans

TOLERANCE = LIMIT_TOLERANCE_M
SEEDS = (I1, F1, I1)  # node, cost, row of the station
STATE = (OUT_F1, OUT_I1, OUT_F1)  # nodes: distance, whose; spans: covered
# Nodes touched: mark, which, distance and owner they had. Spans: mark, which, what they had.
# Streets: mark, which. The heap: cost, node. Nodes without an answer. Marks hold the stamp of the
# call that made them.
LOG = (
    *(OUT_I1, OUT_I1, OUT_F1, OUT_I1),
    *(OUT_I1, OUT_I1, OUT_F1),
    *(OUT_I1, OUT_I1, OUT_F1, OUT_I1),
    OUT_I1,
)
TOUCHED = (I1, F1, I1, I1, F1)  # nodes: which, distance, whose; spans: which, covered


@inner
def note(mark, which, was, value, at, count, stamp):
    """Log the value that a node or span had before its first change; returns how many are."""
    if mark[at] != stamp:
        mark[at], which[count], was[count] = stamp, at, value
        count += 1
    return count


@inner
def note_node(v, state, log, count, stamp):
    """Log what node v had before its first change; returns how many nodes are logged."""
    before = count
    count = note(log[0], log[1], log[2], state[0][v], v, count, stamp)
    if count > before:
        log[3][before] = state[1][v]
    return count


@inner
def punch(v, state, log, nodes, holes, stamp):
    """Take node v's answer away; returns how many nodes are logged and how many are holes."""
    nodes = note_node(v, state, log, nodes, stamp)
    state[0][v], state[1][v] = np.inf, np.int32(-1)
    log[11][holes] = v
    return nodes, holes + 1


@inner
def sow(seeds, open_rows, bound, state, log, nodes, size, stamp):
    """Offer every node next to an open station that station; returns nodes logged and the heap.

    A node that has an answer has one as good, unless the station has just opened.
    """
    seed_node, seed_cost, seed_row = seeds
    cost, owner, _ = state
    for i in range(len(seed_node)):
        v, d = seed_node[i], seed_cost[i]
        if d <= bound and d < cost[v] and open_rows[seed_row[i]]:
            nodes = note_node(v, state, log, nodes, stamp)
            cost[v], owner[v] = d, seed_row[i]
            size = push(log[9], log[10], size, d, v)
    return nodes, size


@inner
def refill(out, bound, state, log, holes, size):
    """Offer each hole the best of its neighbours; returns the size of the heap."""
    first, arc_node, arc_cost, _, _ = out
    cost, owner, _ = state
    heap_cost, heap_node, hole = log[9], log[10], log[11]
    for i in range(holes):
        u = hole[i]
        best, whose = cost[u], np.int32(-1)
        for a in range(first[u], first[u + 1]):
            d = cost[arc_node[a]] + arc_cost[a]
            if d < best and d <= bound:
                best, whose = d, owner[arc_node[a]]
        if whose >= 0:
            cost[u], owner[u] = best, whose
            size = push(heap_cost, heap_node, size, best, u)
    return size


@inner
def settle(into, bound, state, log, count, size, stamp):
    """Spread what is on the heap until nothing improves; returns how many nodes are logged."""
    first, arc_node, arc_cost, _, _ = into
    cost, owner, _ = state
    mark, node, was_cost, was_owner = log[0], log[1], log[2], log[3]
    heap_cost, heap_node = log[9], log[10]
    while size > 0:
        d, v, size = pop(heap_cost, heap_node, size)
        if d > cost[v]:
            continue
        whose = owner[v]
        for a in range(first[v], first[v + 1]):
            u, t = arc_node[a], d + arc_cost[a]
            if t <= bound and t < cost[u]:
                # As `note_node`, without handing arrays about.
                if mark[u] != stamp:
                    mark[u], node[count], was_cost[count] = stamp, u, cost[u]
                    was_owner[count] = owner[u]
                    count += 1
                cost[u], owner[u] = t, whose
                size = push(heap_cost, heap_node, size, t, u)
    return count


@inner
def list_streets(into, out, cost, before, log, begin, end, count, stamp):
    """List each street at a logged node whose distance is not `before`; returns how many."""
    into_first, into_street = into[0], into[3]
    out_first, out_street = out[0], out[3]
    node, mark, street = log[1], log[7], log[8]
    # On a network without one-ways both are the same arcs.
    one_way = into_first.ctypes.data != out_first.ctypes.data
    for i in range(begin, end):
        v = node[i]
        if cost[v] == before[i]:
            continue
        for a in range(into_first[v], into_first[v + 1]):
            s = into_street[a]
            if mark[s] != stamp:
                mark[s], street[count] = stamp, s
                count += 1
        for a in range(out_first[v], out_first[v + 1] if one_way else out_first[v]):
            s = out_street[a]
            if mark[s] != stamp:
                mark[s], street[count] = stamp, s
                count += 1
    return count


@inner
def measure_again(
    limit, streets, placed, open_rows, extra, spans, room, state, log, listed, count, stamp
):
    """Measure the listed streets anew; returns how many spans are logged."""
    ends, length, travel = streets
    span_first, span = spans
    station_first, extra_street = placed[0], extra[0]
    cost, _, covered = state
    span_mark, which, was = log[4], log[5], log[6]
    street = log[8]
    room = room + len(extra_street)
    scratch = np.empty(room), np.empty(room), np.empty(room, np.int32)
    for i in range(listed):
        s = street[i]
        if travel[s] == 0:
            continue
        for z in range(span_first[s], span_first[s + 1]):
            count = note(span_mark, which, was, covered[z], np.int32(z), count, stamp)
        from_u, from_v = cost[ends[2 * s]], cost[ends[2 * s + 1]]
        plain = station_first[s] == station_first[s + 1]
        for j in range(len(extra_street)):
            plain = plain and extra_street[j] != s
        if plain:
            a, b = plain_cut(limit, length[s], travel[s], from_u, from_v)
            for z in range(span_first[s], span_first[s + 1]):
                start, stop = span[z, 0], span[z, 1]
                covered[z] = max(min(a, stop) - start, 0.0) + max(stop - max(b, start), 0.0)
        else:
            cover_spans(
                s, limit, from_u, from_v, streets, placed, open_rows, extra, spans, scratch, covered
            )
    return count


@inner
def lay_over(touched, state, log, stamp):
    """Lay an earlier trial over the base; returns nodes and spans logged."""
    node, node_cost, node_owner, span, span_covered = touched
    cost, owner, covered = state
    nodes, kept = np.int64(0), np.int64(0)
    for i in range(len(node)):
        nodes = note_node(node[i], state, log, nodes, stamp)
        cost[node[i]], owner[node[i]] = node_cost[i], node_owner[i]
    for i in range(len(span)):
        kept = note(log[4], log[5], log[6], covered[span[i]], span[i], kept, stamp)
        covered[span[i]] = span_covered[i]
    return nodes, kept


@inner
def take_back(state, log, nodes, kept, worth, sums):
    """Put the base back as it was, and leave in the log what differed; returns how many of each.

    `sums` takes, by area, how much more is covered than in the base.
    """
    cost, owner, covered = state
    node, was_cost, was_owner = log[1], log[2], log[3]
    span, was_covered = log[5], log[6]
    area, each = worth
    sums[:] = 0.0
    changed, altered = 0, 0
    for i in range(nodes):
        v = node[i]
        now_cost, now_owner = cost[v], owner[v]
        cost[v], owner[v] = was_cost[i], was_owner[i]
        if now_cost != was_cost[i] or now_owner != was_owner[i]:
            node[changed], was_cost[changed], was_owner[changed] = v, now_cost, now_owner
            changed += 1
    for i in range(kept):
        z = span[i]
        now, covered[z] = covered[z], was_covered[i]
        if now != was_covered[i]:
            sums[area[z]] += (now - was_covered[i]) * each[z]
            span[altered], was_covered[altered] = z, now
            altered += 1
    return changed, altered


@kernel(
    F, ARCS, ARCS, STREETS, PLACED, EXTRA, SPANS, WORTH, SEEDS, (L1, I1), B1, L, L,
    TOUCHED, STATE, LOG, L, L, OUT_F1, OUT_L1,
)  # fmt: skip
def try_station(
    limit, into, out, streets, placed, extra, spans, worth, seeds, cells, open_rows, row, home,
    touched, state, log, stamp, room, sums, counts,
):  # fmt: skip
    """Open or close one station over an earlier trial, measure what changes, and take it back.

    Parameters
    ----------
    into, out
        Arcs into each node, and out of it.
    cells
        The nodes that each station of the base owns there: first, node.
    open_rows
        Which stations are open after the change; `row` is the one that changes.
    home
        The street on which it stands, -1 for none.
    touched
        The earlier trial: nodes and spans that differ from the base.
    state
        The base; as it was when the call returns.
    log
        Holds what now differs from the base: nodes in 1 to 3, spans in 5 and 6.
    sums, counts
        By area, how much more is covered than in the base; how many nodes and spans differ.

    O(cells changed log cells changed).
    """
    cost, owner, _ = state
    cell_first, cell_node = cells
    bound, mark = limit + TOLERANCE, np.int32(stamp)
    nodes, kept = lay_over(touched, state, log, mark)
    laid, holes, size = nodes, np.int64(0), np.int64(0)
    if not open_rows[row]:
        for i in range(laid):
            if owner[log[1][i]] == row:
                nodes, holes = punch(log[1][i], state, log, nodes, holes, mark)
        if row < len(cell_first) - 1:
            for i in range(cell_first[row], cell_first[row + 1]):
                if owner[cell_node[i]] == row:
                    nodes, holes = punch(cell_node[i], state, log, nodes, holes, mark)
    nodes, size = sow(seeds, open_rows, bound, state, log, nodes, size, mark)
    size = refill(out, bound, state, log, holes, size)
    nodes = settle(into, bound, state, log, nodes, size, mark)
    # What the earlier trial changed already is no news: only what it did not have is measured.
    listed = list_streets(into, out, cost, touched[1], log, np.int64(0), laid, np.int64(0), mark)
    listed = list_streets(into, out, cost, log[2], log, laid, nodes, listed, mark)
    if home >= 0 and log[7][home] != mark:
        log[7][home], log[8][listed] = mark, home
        listed += 1
    kept = measure_again(
        limit, streets, placed, open_rows, extra, spans, room, state, log, listed, kept, mark
    )
    counts[0], counts[1] = take_back(state, log, nodes, kept, worth, sums)


@kernel(
    F, ARCS, ARCS, STREETS, PLACED, EXTRA, SPANS, WORTH, SEEDS, B1, B1, I1, STATE, LOG, L, L,
    OUT_F1,
)  # fmt: skip
def change_stations(
    limit, into, out, streets, placed, extra, spans, worth, seeds, before, after, home,
    state, log, stamp, room, sums,
):  # fmt: skip
    """Open and close many stations at once, for good, and add up what is covered then.

    As `try_station`; `before` and `after` tell which stations are open, `home` is the street of
    each. O(nodes + spans + cells changed log cells changed): the whole city is only looked over.
    """
    cost, owner, covered = state
    bound, mark = limit + TOLERANCE, np.int32(stamp)
    nodes, holes, size = np.int64(0), np.int64(0), np.int64(0)
    for v in range(len(owner)):
        if owner[v] >= 0 and not after[owner[v]]:
            nodes, holes = punch(v, state, log, nodes, holes, mark)
    nodes, size = sow(seeds, after, bound, state, log, nodes, size, mark)
    size = refill(out, bound, state, log, holes, size)
    nodes = settle(into, bound, state, log, nodes, size, mark)
    listed = list_streets(into, out, cost, log[2], log, np.int64(0), nodes, np.int64(0), mark)
    for row in range(len(home)):
        s = home[row]
        if before[row] != after[row] and s >= 0 and log[7][s] != mark:
            log[7][s], log[8][listed] = mark, s
            listed += 1
    measure_again(
        limit, streets, placed, after, extra, spans, room, state, log, listed, np.int64(0), mark
    )
    add_worth(covered, worth, sums)


@kernel(F, STREETS, PLACED, EXTRA, SPANS, B1, I1, TOUCHED, STATE, LOG, L, L, OUT_I1, OUT_F1, OUT_F1,
        returns=L)  # fmt: skip
def draw_covered(
    limit, streets, placed, extra, spans, open_rows, chosen, touched, state, log, stamp, room,
    street, low, high,
):  # fmt: skip
    """The covered pieces of some streets under a trial: street, from, to; returns how many.

    Where they exceed the room, ask again with more. The base is as it was when the call returns.
    """
    ends, _, travel = streets
    span_first, span = spans
    mark = np.int32(stamp)
    nodes, _ = lay_over(touched, state, log, mark)
    room = room + len(extra[0])
    scratch = np.empty(room), np.empty(room), np.empty(room, np.int32)
    at = 0
    for s in chosen:
        if travel[s] == 0:
            continue
        from_u, from_v = state[0][ends[2 * s]], state[0][ends[2 * s + 1]]
        count = collect_open(s, limit, from_u, from_v, streets, placed, open_rows, extra, scratch)
        for z in range(span_first[s], span_first[s + 1]):
            for i in range(count):
                a, b = max(scratch[0][i], span[z, 0]), min(scratch[1][i], span[z, 1])
                if b > a:
                    if at < len(street):
                        street[at], low[at], high[at] = s, a, b
                    at += 1
    for i in range(nodes):
        state[0][log[1][i]], state[1][log[1][i]] = log[2][i], log[3][i]
    for i in range(len(touched[3])):
        state[2][log[5][i]] = log[6][i]
    return at
