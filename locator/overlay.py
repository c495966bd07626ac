"""Two sets of pieces of the same streets laid over each other: who is where, exactly.

The ground of every comparison (before and after) and of every split (pieces by district): streets
are cut wherever either set has a cut, and each bit knows its piece in both. Cuts are compared, not
computed, so nothing is rounded.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from locator.arrays import Floats, Ints, Longs, frozen

Pieces = tuple[Ints, Floats, Floats]
"""Street, from and to of pieces: ascending by street and place, and apart."""

NOWHERE = -1


class Overlay(NamedTuple):
    """The bits of two sets of pieces; arrays of the same length, ascending by street and place.

    Parameters
    ----------
    street, from_m, to_m
        Where the bit is.
    one, other
        Row of the piece in the first and in the second set; -1 where the set has none there.
    """

    street: Ints
    from_m: Floats
    to_m: Floats
    one: Longs
    other: Longs

    @property
    def length_m(self) -> Floats:
        """Metres of each bit."""
        return self.to_m - self.from_m


def overlay_pieces(one: Pieces, other: Pieces) -> Overlay:
    """Cut two sets of pieces at all places where either has a cut.

    Returns
    -------
    Overlay
        Every bit that lies in a piece of one set at least; none has length zero. O(p log p).

    Examples
    --------
    >>> street = np.zeros(1, np.int32)
    >>> bits = overlay_pieces((street, [0.0], [5.0]), (street, [3.0], [9.0]))
    >>> bits.from_m.tolist(), bits.one.tolist(), bits.other.tolist()
    ([0.0, 3.0, 5.0], [0, 0, -1], [-1, 0, 0])
    """
    sizes = [len(one[0])] * 2 + [len(other[0])] * 2
    street = np.concatenate((one[0], one[0], other[0], other[0]))
    place = np.concatenate((one[1], one[2], other[1], other[2]))
    order = np.lexsort((place, street))
    fresh = np.ones(len(order), bool)
    fresh[1:] = (np.diff(street[order]) != 0) | (np.diff(place[order]) != 0)
    cut = np.empty(len(order), np.int64)
    cut[order] = np.cumsum(fresh) - 1
    bounds = np.split(cut, np.cumsum(sizes)[:-1])
    cut_street, cut_place = street[order][fresh], place[order][fresh]
    bits = max(len(cut_street) - 1, 0)
    rows = [_fill(bits, bounds[0], bounds[1]), _fill(bits, bounds[2], bounds[3])]
    held = (rows[0] != NOWHERE) | (rows[1] != NOWHERE)
    return Overlay(
        frozen(cut_street[:-1][held], np.int32),
        frozen(cut_place[:-1][held], np.float64),
        frozen(cut_place[1:][held], np.float64),
        frozen(rows[0][held]),
        frozen(rows[1][held]),
    )


def _fill(bits: int, first: Longs, last: Longs) -> Longs:
    """The piece of each bit, from the cuts at which the pieces begin and end."""
    row = np.full(bits, NOWHERE, np.int64)
    run = last - first
    start = np.repeat(first - np.cumsum(run) + run, run)
    row[start + np.arange(int(run.sum()))] = np.repeat(np.arange(len(first)), run)
    return row
