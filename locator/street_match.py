"""Pieces of one version of the streets told as pieces of another: where both draw the same line.

Two imports number and cut their streets each in its own way. What they share is the line itself: a
segment between two vertices, the same to the centimetre. So a piece of the new streets becomes
pieces of the old ones, segment by segment, and what lies on no shared segment is told apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.overlay import NOWHERE, Pieces, overlay_pieces

if TYPE_CHECKING:
    from locator.streets import Streets

_MATCH_M = 0.01  # two drawings of one vertex, as `compare_streets` takes them


class _Segments(NamedTuple):
    """Segments of streets: the places of both ends in a direction of their own."""

    street: Ints
    from_m: Floats
    to_m: Floats
    key: Longs
    turned: Bools


def move_pieces(pieces: Pieces, streets: Streets, target: Streets) -> tuple[Pieces, Longs]:
    """Tell pieces of `streets` as pieces of `target`, which may draw, cut and turn them otherwise.

    Parameters
    ----------
    pieces
        Ascending by street and place, and apart.

    Returns
    -------
    moved
        Pieces of `target`, ascending by street and place; what lies on no line of it is left out.
        Equal lines keep their length, to the centimetre that a vertex may differ by.
    row : (m,) int64
        Which of the given pieces each is a part of. O(v log v) in the vertices of both.
    """
    if streets.hash == target.hash:
        return pieces, np.arange(len(pieces[0]))
    from_xy = streets.xy_m
    if streets.crs != target.crs:
        from_xy = target.projection.to_xy(streets.projection.to_lonlat(from_xy))
    mine, theirs = _cut_segments(from_xy, streets), _cut_segments(target.xy_m, target)
    bits = overlay_pieces(pieces, (mine.street, mine.from_m, mine.to_m))
    # A street without length has pieces but no segment; most segments hold no piece.
    held = np.flatnonzero((bits.one != NOWHERE) & (bits.other != NOWHERE))
    match = _find_twins(mine.key, theirs.key)[bits.other[held]]
    held, match = held[match != NOWHERE], match[match != NOWHERE]
    bounds = (bits.from_m[held], bits.to_m[held])
    street, low, high = _carry(mine, theirs, bits.other[held], match, bounds)
    order = np.lexsort((low, street))
    moved = (frozen(street[order]), frozen(low[order]), frozen(high[order]))
    return moved, bits.one[held][order]


def _carry(
    mine: _Segments, theirs: _Segments, segment: Longs, match: Longs, bounds: tuple[Floats, Floats]
) -> Pieces:
    """Bits of segments as places on their twins, in proportion to their lengths."""
    begin, run = mine.from_m[segment], (mine.to_m - mine.from_m)[segment]
    other, other_run = theirs.from_m[match], (theirs.to_m - theirs.from_m)[match]
    shares = [(bound - begin) / run for bound in bounds]
    turned = mine.turned[segment] != theirs.turned[match]
    low = np.where(turned, 1 - shares[1], shares[0])
    high = np.where(turned, 1 - shares[0], shares[1])
    # The end of a segment stays its end, to the last bit.
    ends = np.where(high == 1.0, theirs.to_m[match], other + high * other_run)
    return theirs.street[match], other + low * other_run, ends


def _cut_segments(xy_m: Floats, streets: Streets) -> _Segments:
    """All segments with length, ascending by street and place, with the cells of their ends."""
    cells = np.rint(xy_m / _MATCH_M).astype(np.int64)
    tail = np.ones(len(xy_m), bool)
    tail[streets.first[1:] - 1] = False
    rows = np.flatnonzero(tail)
    rows = rows[streets.along_m[rows + 1] > streets.along_m[rows]]
    start, end = cells[rows], cells[rows + 1]
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    start[turned], end[turned] = end[turned], start[turned]
    street = np.searchsorted(streets.first, rows, side="right") - 1
    return _Segments(
        street.astype(np.int32), streets.along_m[rows], streets.along_m[rows + 1],
        np.hstack((start, end)), turned,
    )  # fmt: skip


def _find_twins(mine: Longs, theirs: Longs) -> Longs:
    """Row in `theirs` of the segment of equal ends, -1 for none; each is taken once."""
    both = np.concatenate((theirs, mine))
    _, ids = np.unique(both, axis=0, return_inverse=True)
    ids = ids.reshape(-1)
    known, asked = ids[: len(theirs)], ids[len(theirs) :]
    # The n-th of several equal segments meets the n-th of the others.
    size = int(ids.max(initial=-1)) + 1
    keys = [part * np.int64(len(both)) + _rank(part, size) for part in (known, asked)]
    order = np.argsort(keys[0], kind="stable")
    place = np.searchsorted(keys[0], keys[1], sorter=order)
    place = np.minimum(place, max(len(theirs) - 1, 0))
    if not len(theirs):
        return np.full(len(mine), NOWHERE, np.int64)
    found = order[place]
    return np.where(keys[0][found] == keys[1], found, NOWHERE)


def _rank(ids: Longs, size: int) -> Longs:
    """How many equal ids stand before each."""
    order = np.argsort(ids, kind="stable")
    first = np.concatenate(([0], np.cumsum(np.bincount(ids, minlength=size))))
    rank = np.empty(len(ids), np.int64)
    rank[order] = np.arange(len(ids)) - first[ids[order]]
    return rank
