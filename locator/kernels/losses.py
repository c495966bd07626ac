"""What each station alone has within the limit, and what two stations share with nobody else.

Idea: along a street every station's reach is a few intervals. What lies in the intervals of one
station only is lost when it closes; what lies in those of exactly two is lost when both do. Two
labels a node are enough for the first question, three for the second: if a place is within the
limit of more stations than that, the nearest ones of the two ends already say so.

`owner` may be a group of stations instead of one: then the labels are the nearest distinct groups,
and what a group has alone is what its closing loses.
"""

from __future__ import annotations

import numpy as np

from locator.kernels.compiler import (
    OUT_F1,
    OUT_F2,
    OUT_L1,
    PLACED,
    SPANS,
    STREETS,
    F,
    L,
    inner,
    kernel,
)
from locator.kernels.intervals import (
    LABELS,
    collect_reaches,
    make_scratch,
    merge_reaches,
    sort_reaches,
)
from locator.kernels.lengths import WORTH

ENTRIES = (OUT_L1, OUT_F1)  # first owner * owners + second owner; worth


@inner
def worth_between(s, a, b, spans, worth):
    """What lies between two places of street s is worth."""
    span_first, span = spans
    total = 0.0
    for z in range(span_first[s], span_first[s + 1]):
        total += max(min(b, span[z, 1]) - max(a, span[z, 0]), 0.0) * worth[1][z]
    return total


@inner
def add_alone(s, a, b, owner, spans, worth, alone):
    """Give what lies between two places of street s to the one station that reaches it."""
    span_first, span = spans
    area, each = worth
    for z in range(span_first[s], span_first[s + 1]):
        length = min(b, span[z, 1]) - max(a, span[z, 0])
        if length > 0.0:
            alone[owner, area[z]] += length * each[z]


@kernel(F, STREETS, LABELS, PLACED, SPANS, WORTH, OUT_F2)
def measure_alone(limit, streets, labels, placed, spans, worth, alone):
    """Add up what lies within `limit` of exactly one station, by that station and by area.

    Parameters
    ----------
    labels : (n, k) twice
        The k >= 2 nearest distinct stations of each node, at least those within the limit.
    alone : (m, areas + 1)
        Result; the last column is what lies in no area. O(streets).
    """
    ends, _, travel = streets
    label_cost, station_first = labels[0], placed[0]
    low, high, owner, _, _ = make_scratch(label_cost.shape[1], station_first)
    alone[:] = 0.0
    for s in range(len(travel)):
        near = min(label_cost[ends[2 * s], 0], label_cost[ends[2 * s + 1], 0])
        empty = near > limit and station_first[s] == station_first[s + 1]
        if travel[s] == 0 or empty:
            continue
        count = collect_reaches(s, limit, streets, labels, placed, low, high, owner)
        count = merge_reaches(low, high, owner, count, True)
        sort_reaches(low, high, owner, count, False)
        for i in range(count):
            # Walk along interval i, past whatever belongs to somebody else.
            at = low[i]
            for j in range(count):
                if owner[j] != owner[i] and at < high[i]:
                    if low[j] > at:
                        add_alone(s, at, min(low[j], high[i]), owner[i], spans, worth, alone)
                    at = max(at, high[j])
            if at < high[i]:
                add_alone(s, at, high[i], owner[i], spans, worth, alone)


@inner
def two_owners(low, high, owner, count, place):
    """The owners of the intervals that hold a place, when they are two: lower, higher; else -1."""
    one, two = -1, -1
    for i in range(count):
        if low[i] <= place <= high[i] and owner[i] != one and owner[i] != two:
            if one < 0:
                one = owner[i]
            elif two < 0:
                two = owner[i]
            else:
                return -1, -1
    if two < 0:
        return -1, -1
    return min(one, two), max(one, two)


@kernel(F, STREETS, LABELS, PLACED, SPANS, WORTH, L, ENTRIES, returns=L)
def list_pairs(limit, streets, labels, placed, spans, worth, owners, entries):
    """List what lies within `limit` of exactly two stations, street by street.

    Parameters
    ----------
    labels
        As in `measure_alone`, k >= 3.
    owners
        How many there are; an entry is marked lower * owners + higher.

    Returns
    -------
    Number of entries; where it exceeds the room, call again with more.
    """
    ends, _, travel = streets
    mark, value = entries
    label_cost, station_first = labels[0], placed[0]
    low, high, owner, _, _ = make_scratch(label_cost.shape[1], station_first)
    at = 0
    for s in range(len(travel)):
        near = min(label_cost[ends[2 * s], 0], label_cost[ends[2 * s + 1], 0])
        empty = near > limit and station_first[s] == station_first[s + 1]
        if travel[s] == 0 or empty:
            continue
        count = collect_reaches(s, limit, streets, labels, placed, low, high, owner)
        count = merge_reaches(low, high, owner, count, True)
        cuts = np.sort(np.concatenate((low[:count], high[:count])))
        for i in range(2 * count - 1):
            a, b = cuts[i], cuts[i + 1]
            if b <= a:
                continue
            one, two = two_owners(low, high, owner, count, (a + b) / 2)
            if one >= 0:
                if at < len(mark):
                    mark[at] = one * owners + two
                    value[at] = worth_between(s, a, b, spans, worth)
                at += 1
    return at
