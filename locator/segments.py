"""From street lines to the street graph: segments once, joined into streets at real nodes.

Sources draw the same street in many ways: twice in opposite directions, out and back in one
line, cut into ways where a tag changes, with the same vertex repeated. All of this disappears
at the level of *segments*, the straight pieces between consecutive vertices: the same two
vertices are one segment, whoever drew it and in whichever direction, and what its lines allow
is put together. Segments then grow into streets through every vertex where exactly two of
them meet and nothing changes. No length is made or lost.

Vertices are known here by rank, a number that depends on places alone. Everything that follows
is ordered by rank, so the same streets come out whatever the order of the lines.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from geodata.lines import StreetLines, reverse_access

if TYPE_CHECKING:
    from locator.arrays import Bools, Bytes, Floats, Longs

_CURVE_BITS = 31
_SPREAD = (
    (16, 0x0000_FFFF_0000_FFFF),
    (8, 0x00FF_00FF_00FF_00FF),
    (4, 0x0F0F_0F0F_0F0F_0F0F),
    (2, 0x3333_3333_3333_3333),
    (1, 0x5555_5555_5555_5555),
)


@dataclass(frozen=True, slots=True, eq=False)
class Segments:
    """Distinct segments, drawn from the vertex of lower rank to the higher.

    Parameters
    ----------
    low, high : (m,) int64
        Ranks of the two ends, low < high; pairs are unique and ascend.
    length_m : (m,) float64
    access, flags : (m,) uint8
        As in `geodata.lines`; forward is from low to high.
    class_code : (m,) int16
    name_code : (m,) int32
    """

    low: Longs
    high: Longs
    length_m: Floats
    access: Bytes
    flags: Bytes
    class_code: NDArray[np.int16]
    name_code: NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Chains:
    """Streets as runs of segments, from the end of lower rank to the other.

    Parameters
    ----------
    first : (s + 1,) int64
        Street i passes the vertices first[i] .. first[i + 1].
    vertex : (p,) int64
        Ranks.
    along_m : (p,) float64
        Distance from the street's first vertex.
    segment : (s,) int64
        Its first segment, which stands for all: they differ in nothing but place.
    reversed : (s,) bool
        Whether the street runs through that segment from high to low.
    """

    first: Longs
    vertex: Longs
    along_m: Floats
    segment: Longs
    reversed: Bools


def rank_vertices(xy_m: Floats) -> Longs:
    """Rank of each place along a Z-order curve, so that neighbours have near numbers.

    Parameters
    ----------
    xy_m : (n, 2) metres

    Returns
    -------
    (n,) int64
        A permutation; only places closer than a billionth of the extent keep their order.

    Notes
    -----
    O(n log n). Morton (1966), "A computer oriented geodetic data base".
    """
    low = xy_m.min(axis=0)
    cell_m = max(float((xy_m.max(axis=0) - low).max()), 1.0) / (2**_CURVE_BITS - 1)
    cells = np.rint((xy_m - low) / cell_m).astype(np.uint64)
    order = np.argsort(_spread(cells[:, 0]) | (_spread(cells[:, 1]) << np.uint64(1)), kind="stable")
    ranks = np.empty(len(order), np.int64)
    ranks[order] = np.arange(len(order))
    return ranks


def _spread(cells: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Move bit i of each number to bit 2 i."""
    for shift, mask in _SPREAD:
        cells = (cells | (cells << np.uint64(shift))) & np.uint64(mask)
    return cells


def merge_segments(lines: StreetLines, rank: Longs, xy_m: Floats) -> Segments:
    """Reduce lines to their distinct segments.

    Where several lines draw one segment, each may be used in what any of them allows; flags
    add up; of names and classes the one that comes first in its table and is not "" stays.

    Parameters
    ----------
    lines
        With names and classes in an order of their own, as `sort_tables` leaves them.
    rank : (p,) int64
        Rank of each vertex of the lines.
    xy_m : (n, 2) metres
        Place of each rank.
    """
    first = lines.first
    starts = np.ones(len(rank), bool)
    starts[first[1:] - 1] = False
    tail = np.flatnonzero(starts)
    line = np.repeat(np.arange(len(lines)), np.diff(first) - 1)
    start, end = rank[tail], rank[tail + 1]
    real = start != end
    start, end, line = start[real], end[real], line[real]
    access = lines.access[line]
    access = np.where(start < end, access, reverse_access(access))
    key = np.minimum(start, end) * len(xy_m) + np.maximum(start, end)
    order = np.argsort(key, kind="stable")
    key, sources = key[order], line[order]
    begin = np.flatnonzero(np.diff(key, prepend=-1))
    low, high = np.divmod(key[begin], len(xy_m))
    step = xy_m[high] - xy_m[low]

    def gather(reduce: np.ufunc, values: NDArray[Any]) -> NDArray[Any]:
        gathered: NDArray[Any] = reduce.reduceat(values, begin) if len(begin) else values[:0]
        return gathered

    return Segments(
        low=low,
        high=high,
        length_m=np.hypot(step[:, 0], step[:, 1]),
        access=gather(np.bitwise_or, access[order]),
        flags=gather(np.bitwise_or, lines.flags[sources]),
        class_code=_first_known(gather, lines.class_code[sources]),
        name_code=_first_known(gather, lines.name_code[sources]),
    )


def _first_known(gather: Any, codes: NDArray[Any]) -> NDArray[Any]:
    """Least code but 0 of each group; 0, the empty text, where there is no other."""
    unsigned = codes.astype(np.dtype(f"u{codes.itemsize}")) - 1  # 0 becomes the greatest
    least: NDArray[Any] = gather(np.minimum, unsigned) + 1
    return least.astype(codes.dtype)


def chain_segments(segments: Segments, vertex_count: int) -> Chains:
    """Join segments into streets.

    A vertex ends streets unless exactly two segments meet there, of the same name, class,
    flags and, passing through, the same access. A ring without such an end gets one at its
    vertex of lowest rank. Loops run towards the lower of the two neighbours of their end.
    Streets are in the order of their ends' ranks.

    Notes
    -----
    Works on half-edges: 2 i leads segment i from low to high, 2 i + 1 back. All streets grow
    at once, a segment per step; each is walked from both ends and kept once. O(m log m).
    """
    halves = _half_edges(segments, vertex_count)
    walk = _walk(halves, np.flatnonzero(~halves.through[halves.tail]))
    rings = _ring_starts(halves, walk.half)
    if len(rings):
        walk = walk.followed_by(_walk(halves, rings))
    return _kept_once(halves, walk)


@dataclass(frozen=True, slots=True, eq=False)
class _HalfEdges:
    """Both directions of each segment: where they begin, and what follows them (-1: nothing).

    `through` marks the vertices that end no street.
    """

    tail: Longs
    next: Longs
    length_m: Floats
    through: Bools

    def head(self, half: Longs) -> Longs:
        """Vertex that half-edges lead to."""
        vertices: Longs = self.tail[half ^ 1]
        return vertices


@dataclass(frozen=True, slots=True, eq=False)
class _Walk:
    """Half-edges passed by each chain, in any order; `along_m` is measured at their heads."""

    starts: Longs
    chain: Longs
    step: Longs
    half: Longs
    along_m: Floats

    def followed_by(self, other: _Walk) -> _Walk:
        """Both walks, the chains of the other numbered after ours."""
        return _Walk(
            np.concatenate((self.starts, other.starts)),
            np.concatenate((self.chain, other.chain + len(self.starts))),
            np.concatenate((self.step, other.step)),
            np.concatenate((self.half, other.half)),
            np.concatenate((self.along_m, other.along_m)),
        )


def _half_edges(segments: Segments, vertex_count: int) -> _HalfEdges:
    """Link each half-edge to the only one that may follow it."""
    tail = np.column_stack((segments.low, segments.high)).ravel()
    by_tail = np.argsort(tail, kind="stable")
    degree = np.bincount(tail, minlength=vertex_count)
    place = np.cumsum(degree) - degree
    middle = np.flatnonzero(degree == 2)  # noqa: PLR2004 - two segments meet
    left, right = by_tail[place[middle]], by_tail[place[middle] + 1]
    same = _same_through(segments, left, right)
    middle, left, right = middle[same], left[same], right[same]
    through = np.zeros(vertex_count, bool)
    through[middle] = True
    following = np.full(len(tail), -1, np.int64)
    following[left ^ 1] = right  # arriving on the twin of one leads on by the other
    following[right ^ 1] = left
    return _HalfEdges(tail, following, segments.length_m, through)


def _same_through(segments: Segments, left: Longs, right: Longs) -> Bools:
    """Whether two half-edges that leave one vertex are parts of one street."""
    one, other = left >> 1, right >> 1
    backward = reverse_access(segments.access)
    onward = np.where(right & 1, backward[other], segments.access[other])
    arriving = np.where(left & 1, segments.access[one], backward[one])
    same: Bools = (
        (onward == arriving)
        & (segments.flags[one] == segments.flags[other])
        & (segments.class_code[one] == segments.class_code[other])
        & (segments.name_code[one] == segments.name_code[other])
    )
    return same


def _walk(halves: _HalfEdges, starts: Longs) -> _Walk:
    """Follow chains from their first half-edges to an end, or back to where they began."""
    stops = np.zeros(len(halves.through), bool)
    stops[halves.tail[starts]] = True
    chain, half = np.arange(len(starts)), starts
    along_m = halves.length_m[half >> 1]
    passed = [(chain[:0], chain[:0], half[:0], along_m[:0])]
    while len(half):
        passed.append((chain, np.full(len(half), len(passed) - 1), half, along_m))
        onward = np.where(stops[halves.head(half)], -1, halves.next[half])
        alive = onward >= 0
        chain, half = chain[alive], onward[alive]
        along_m = along_m[alive] + halves.length_m[half >> 1]
    chains, steps, seen, distances_m = zip(*passed, strict=True)
    return _Walk(
        starts,
        np.concatenate(chains),
        np.concatenate(steps),
        np.concatenate(seen),
        np.concatenate(distances_m),
    )


def _ring_starts(halves: _HalfEdges, seen: Longs) -> Longs:
    """Both half-edges that leave the lowest vertex of each ring not walked yet."""
    unseen = np.ones(len(halves.tail), bool)
    unseen[seen] = False
    rest = np.flatnonzero(unseen)
    place = np.empty(len(halves.tail), np.int64)
    place[rest] = np.arange(len(rest))
    lowest, onward = halves.tail[rest], place[halves.next[rest]]
    for _ in range(len(rest).bit_length()):  # each round sees twice as far ahead
        lowest = np.minimum(lowest, lowest[onward])
        onward = onward[onward]
    starts: Longs = rest[lowest == halves.tail[rest]]
    return starts


def _kept_once(halves: _HalfEdges, walk: _Walk) -> Chains:
    """Each street once, of the two ways it was walked, and streets in order."""
    starts = walk.starts
    count = np.bincount(walk.chain, minlength=len(starts))
    last = np.empty(len(starts), np.int64)
    is_last = walk.step == count[walk.chain] - 1
    last[walk.chain[is_last]] = walk.half[is_last]
    u, v = halves.tail[starts], halves.head(last)
    ahead, behind = halves.head(starts), halves.tail[last]
    keep = np.flatnonzero((u < v) | ((u == v) & (ahead < behind)))
    keep = keep[np.lexsort((ahead[keep], v[keep], u[keep]))]
    first = np.concatenate(([0], np.cumsum(count[keep] + 1)))
    target = np.full(len(starts), -1, np.int64)
    target[keep] = first[:-1]
    kept = target[walk.chain] >= 0
    place = target[walk.chain[kept]] + walk.step[kept] + 1
    vertex, along_m = np.empty(first[-1], np.int64), np.zeros(first[-1])
    vertex[first[:-1]] = u[keep]
    vertex[place] = halves.head(walk.half[kept])
    along_m[place] = walk.along_m[kept]
    return Chains(first, vertex, along_m, starts[keep] >> 1, (starts[keep] & 1).astype(bool))
