"""Gaps: connected pieces of street that no station covers, with the farthest point of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bytes, Floats, Ints, Longs, frozen

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement

LISTED_GAP_M = 1e-3  # shorter gaps count in the totals and are not listed


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Connected uncovered pieces of street, the longest first.

    Parameters
    ----------
    length_m, farthest_m : (g,)
        Metres of street; the farthest point's way to its nearest station, in the network's cost.
    farthest_street, farthest_offset_m : (g,)
        Where that point is.
    first, piece : (g + 1,), (p,)
        Rows of the coverage's pieces that make up gap i: piece[first[i]:first[i + 1]].
    """

    length_m: Floats
    farthest_m: Floats
    farthest_street: Ints
    farthest_offset_m: Floats
    first: Longs
    piece: Longs

    def __len__(self) -> int:
        return len(self.length_m)


def find_gaps(
    network: StreetNetwork,
    placement: Placement,
    pieces: tuple[Ints, Floats, Floats, Bytes],
    nearest: Floats,
    bare: Bytes,
) -> tuple[Ints, Gaps]:
    """Number the gaps, longest first, and find the farthest point of each.

    Parameters
    ----------
    pieces
        Street, from, to (in the network's cost) and state of each piece of a coverage.
    nearest, bare : (n,)
        Way from each node to its nearest station; 1 for nodes that are not covered.

    Returns
    -------
    gap, table
        Gap of each piece, -1 for none; the gaps that are listed.
    """
    from locator.kernels.gaps import find_farthest, group_pieces, link_gaps

    street, low, high, _ = pieces
    gap = np.empty(len(street), np.int32)
    count = link_gaps(pieces, bare, network.group, gap)
    rows = np.flatnonzero(gap >= 0)
    metres, place = np.empty(len(rows)), np.empty(len(rows))
    find_farthest(
        street[rows], low[rows], high[rows], network.group, nearest, placement.group, metres, place
    )
    real = [network.to_metres(street[rows], place[rows]) for place in (low, high)]
    length = np.bincount(gap[rows], weights=real[1] - real[0], minlength=count)
    # Worst first; equal ones by their first piece, so that the order is always the same.
    order = np.lexsort((np.arange(count), -length))
    order = order[length[order] >= LISTED_GAP_M]
    rank = np.full(count + 1, -1, np.int32)
    rank[order] = np.arange(len(order))
    gap = rank[gap]
    own = gap[rows]
    first = np.zeros(len(order) + 1, np.int64)
    np.cumsum(np.bincount(own[own >= 0], minlength=len(order)), out=first[1:])
    piece, worst = np.empty(first[-1], np.int64), np.empty(len(order), np.int64)
    group_pieces(own, metres, first, piece, worst)
    table = Gaps(
        frozen(length[order]),
        frozen(metres[worst]),
        frozen(street[rows[worst]]),
        frozen(network.to_metres(street[rows[worst]], place[worst])),
        frozen(first),
        frozen(rows[piece]),
    )
    return frozen(gap), table
