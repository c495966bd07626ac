"""How much of every street is within a limit, as numbers only: no pieces are made.

Idea: nearly all streets have no station of their own, and what is covered of them is a beginning
and an end, two numbers that follow from the distances at the street's nodes. A question that is
asked again and again with other stations (each hour of a week, each trial of a planner) needs no
more than their sum over the counted spans.

Stations are told apart by a mask, not by other arrays: `open_rows[row]` is 1 where a station
counts. `extra` are stations that are on no list: street, place and row of each.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import (
    B1,
    F1,
    I1,
    OUT_F1,
    PLACED,
    SPANS,
    STREETS,
    F,
    L,
    inner,
    kernel,
)
from locator.kernels.intervals import add_reach, add_station, merge_reaches, plain_cut

EXTRA = (I1, F1, I1)
WORTH = (I1, F1)  # of each span: its area, and the worth of a unit of cost


@inner
def has_station(s, station_first, extra_street):
    """Whether a station stands between the ends of street s."""
    found = station_first[s] != station_first[s + 1]
    for i in range(len(extra_street)):
        found = found or extra_street[i] == s
    return found


@inner
def collect_open(s, limit, from_u, from_v, streets, placed, open_rows, extra, scratch):
    """The united intervals of a street with stations; returns how many, left in `scratch`."""
    _, length, travel = streets
    station_first, station_row, station_offset, station_snap = placed
    extra_street, extra_offset, extra_row = extra
    low, high, owner = scratch
    run, way, count = length[s], travel[s], 0
    if way & 2 and from_u <= limit:
        count = add_reach(low, high, owner, count, 0.0, limit - from_u, run, 0)
    if way & 1 and from_v <= limit:
        count = add_reach(low, high, owner, count, run - (limit - from_v), run, run, 0)
    for i in range(station_first[s], station_first[s + 1]):
        if open_rows[station_row[i]]:
            left = limit - station_snap[i]
            count = add_station(low, high, owner, count, station_offset[i], left, run, way, 0)
    for i in range(len(extra_street)):
        if extra_street[i] == s and open_rows[extra_row[i]]:
            count = add_station(low, high, owner, count, extra_offset[i], limit, run, way, 0)
    return merge_reaches(low, high, owner, count, False)


@inner
def cover_spans(
    s, limit, from_u, from_v, streets, placed, open_rows, extra, spans, scratch, covered
):
    """Write the covered cost-length of each counted span of a street with stations."""
    span_first, span = spans
    low, high, _ = scratch
    count = collect_open(s, limit, from_u, from_v, streets, placed, open_rows, extra, scratch)
    for z in range(span_first[s], span_first[s + 1]):
        total = 0.0
        for i in range(count):
            total += max(min(high[i], span[z, 1]) - max(low[i], span[z, 0]), 0.0)
        covered[z] = total


@inner
def add_worth(covered, worth, sums):
    """Add up, by area, what all covered parts are worth; the last entry is what lies in none."""
    area, each = worth
    sums[:] = 0.0
    for z in range(len(covered)):
        if covered[z] != 0.0:
            sums[area[z]] += covered[z] * each[z]


@kernel(F, STREETS, F1, PLACED, B1, EXTRA, SPANS, WORTH, L, OUT_F1, OUT_F1)
def measure_spans(
    limit, streets, nearest, placed, open_rows, extra, spans, worth, room, covered, sums
):  # fmt: skip
    """What every counted span has within `limit` of an open station, and its worth by area.

    Parameters
    ----------
    nearest : (n,)
        Distance of each node to its nearest open station; those beyond the limit may be inf.
    worth
        Area of each span (the last entry of `sums` for none), and the worth of a unit of cost.
    room
        Intervals of the street that has most: two, and one for each station on it.
    covered : (z,), sums : (areas + 1,)
        Results. O(streets).
    """
    ends, length, travel = streets
    span_first, span = spans
    station_first, extra_street = placed[0], extra[0]
    scratch = np.empty(room), np.empty(room), np.empty(room, np.int32)
    covered[:] = 0.0
    for s in range(len(travel)):
        way = travel[s]
        if way == 0:
            continue
        from_u, from_v = nearest[ends[2 * s]], nearest[ends[2 * s + 1]]
        if station_first[s] != station_first[s + 1] or len(extra_street) > 0:
            cover_spans(
                s, limit, from_u, from_v, streets, placed, open_rows, extra, spans, scratch, covered
            )
        elif min(from_u, from_v) <= limit:
            # Scalars only: this is the case of nearly every street.
            a, b = plain_cut(limit, length[s], way, from_u, from_v)
            for z in range(span_first[s], span_first[s + 1]):
                start, stop = span[z, 0], span[z, 1]
                covered[z] = max(min(a, stop) - start, 0.0) + max(stop - max(b, start), 0.0)
    add_worth(covered, worth, sums)
