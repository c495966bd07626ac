"""Gaps: connected uncovered pieces of street, and the farthest point of each piece."""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import (
    B1,
    F1,
    I1,
    L1,
    OUT_F1,
    OUT_I1,
    OUT_L1,
    PLACED,
    STREETS,
    L,
    inner,
    kernel,
)
from locator.kernels.intervals import UNCOVERED

PIECES_IN = (I1, F1, F1, B1)  # street, from, to, state


@inner
def find_root(parent, i):
    """The root of i, halving the way there for the next one."""
    while parent[i] != i:
        parent[i] = parent[parent[i]]
        i = parent[i]
    return i


@kernel(PIECES_IN, B1, STREETS, OUT_I1, returns=L)
def link_gaps(pieces, bare, streets, gap):
    """Number the connected gaps: uncovered pieces that meet at an uncovered crossing.

    `bare[v]` is 1 at crossings that are not covered themselves: a gap does not leap across a
    covered one. Pieces that touch end to end on one street belong together. Numbers follow the
    first piece of each gap; gap[i] is -1 for pieces that are not uncovered. Union-find; returns
    how many gaps there are.
    """
    piece_street, piece_low, piece_high, piece_state = pieces
    ends, length, _ = streets
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
        follows = j >= 0 and piece_street[j] == s and piece_high[j] == piece_low[i]
        if follows and piece_state[j] == UNCOVERED:
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


@kernel(I1, F1, L1, OUT_L1, OUT_L1)
def group_pieces(gap, metres, first, piece, worst):
    """List the pieces of each gap, in order, and the one with the farthest point.

    `gap` and `metres` are those of the uncovered pieces alone, -1 for one that is not listed;
    `first` says where each gap begins in `piece`. Ties go to the earlier piece. O(pieces).
    """
    fill = first[:-1].copy()
    worst[:] = -1
    for i in range(len(gap)):
        g = gap[i]
        if g < 0:
            continue
        piece[fill[g]] = i
        fill[g] += 1
        if worst[g] < 0 or metres[i] > metres[worst[g]]:
            worst[g] = i


@kernel(I1, F1, F1, STREETS, F1, PLACED, OUT_F1, OUT_F1)
def find_farthest(piece_street, piece_low, piece_high, streets, nearest, placed, metres, place):
    """The farthest point of each piece: its distance to the nearest station, and where it is.

    The envelope of rising and falling lines peaks where two of them cross or at an end. On a
    one-way street the distance jumps up just past a station; the value past it is reported.
    Ties go to the lower place. Pieces are cut at stations, O(stations of the street) each.
    """
    ends, length, travel = streets
    station_first, _, station_offset, station_snap = placed
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
