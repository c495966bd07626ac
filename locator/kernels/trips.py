"""The best round trip from every place on every street to one station and back, exactly.

Idea: a way there and a way back are each a straight line along the street (see `reach`). A round
trip is the sum of a line there and a line back of the same station: a line again, of slope -2, 0
or 2, and the best round trip is the lowest of them. Nodes know a few nearest stations each way; a
street where another station might do better is counted as doubtful, and the caller asks again with
more of them.

All costs and places are in the network's cost.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import PLACED, STREETS, F, L, inner, kernel
from locator.kernels.reach import (
    LABELS,
    TABLE,
    add_line,
    find_cuts,
    lines_one_way,
    make_lines,
    most_inside,
    write_street,
)


@inner
def pair_lines(there, there_count, back, back_count, lines):
    """Round trips: each way there with each way back of the same station; returns how many."""
    count = 0
    for i in range(there_count):
        for j in range(back_count):
            if there[4][i] == back[4][j]:
                count = add_line(
                    lines, count, there[0][i] + back[0][j], there[1][i] + back[1][j],
                    max(there[2][i], back[2][j]), min(there[3][i], back[3][j]), there[4][i],
                )  # fmt: skip
    return count


@inner
def least_unseen(s, streets, there, back, placed):
    """No round trip from street s that the labels leave out can cost less than this."""
    ends, _, travel = streets
    last = there[0].shape[1] - 1
    near_there = near_back = unseen_there = unseen_back = np.inf
    for end in range(2):
        v = ends[2 * s + end]
        if travel[s] & (1 if end == 1 else 2):
            near_there = min(near_there, there[0][v, 0])
            unseen_there = min(unseen_there, there[0][v, last])
        if travel[s] & (2 if end == 1 else 1):
            near_back = min(near_back, back[0][v, 0])
            unseen_back = min(unseen_back, back[0][v, last])
    if placed[0][s] != placed[0][s + 1]:
        near_there = near_back = 0.0
    return min(unseen_there + near_back, near_there + unseen_back)


@inner
def dearest(table, begin, end, limit):
    """The highest cost among some pieces, not more than the limit."""
    most = 0.0
    for i in range(begin, min(end, len(table[0]))):
        low, high, cost, slope = table[2][i], table[3][i], table[4][i], table[5][i]
        top = max(cost, cost + slope * (high - low)) if np.isfinite(cost) else np.inf
        most = max(most, top)
    return min(most, limit)


@kernel(STREETS, LABELS, LABELS, PLACED, F, L, TABLE, returns=(L, L, L))
def find_round_trips(streets, there, back, placed, limit, room, table):
    """Pieces of all usable streets on which the best round trip to one station is one line.

    Parameters
    ----------
    there, back : (n, k) twice each
        The k nearest distinct stations of each node by the way to them, and by the way from them.
    limit
        Round trips beyond it need not be exact.
    room
        Lines that one street may have.

    Returns
    -------
    pieces, doubtful, most
        Number of pieces (call again where it exceeds the table); streets for which a station that
        the labels leave out might be better (call again with more labels); most lines of one
        street (call again with that room where it is more).
    """
    _, length, travel = streets
    each = 2 * (there[0].shape[1] + most_inside(streets, placed)) + 1
    one, two, lines = make_lines(each), make_lines(each), make_lines(room)
    cuts = np.empty(2 + 2 * room + room * room // 2)
    best, best_cost = np.empty(1, np.int64), np.empty(1)
    chosen, piece = np.empty(1, np.int64), np.empty(1, np.int64)
    at, doubtful, most = 0, 0, 0
    for s in range(len(travel)):
        if travel[s] == 0 or length[s] <= 0.0:
            continue
        first = lines_one_way(s, 2, 1, streets, there, placed, one)
        second = lines_one_way(s, 1, 2, streets, back, placed, two)
        count = pair_lines(one, first, two, second, lines)
        most = max(most, count)
        if count > room:
            continue
        found = find_cuts(lines, count, length[s], cuts)
        begin = at
        at = write_street(
            s, length[s], lines, count, cuts, found, best, best_cost, chosen, piece, table, at
        )
        unseen = least_unseen(s, streets, there, back, placed)
        doubtful += unseen < dearest(table, begin, at, limit)
    return at, doubtful, most
