"""Islands: connected pieces of street from which no selected station can be reached.

They are listed apart from gaps, since they are not far but cut off: by water, by one-way streets,
or by a fault in the street data. A fault shows as a near miss: the piece comes within a few metres
of a street that does lead on, and `length_m` metres of street would join the map if they met.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.coverage import UNCOVERED, UNREACHABLE, Coverage
from locator.gaps import LISTED_GAP_M

if TYPE_CHECKING:
    from locator.network import StreetNetwork

NEAR_MISS_M = 20.0  # nearer than the width of a road: rather a fault of the map than a river


@dataclass(frozen=True, slots=True, eq=False)
class Islands:
    """Unreachable pieces, the longest first.

    Parameters
    ----------
    length_m : (i,)
        Metres of street in the city that cannot reach a station: the effect on coverage.
    miss_m : (i,)
        How near the piece comes to a street that leads to a station; inf beyond 20 m.
    xy_m : (i, 2) metres, the city's CRS
        Where it comes nearest; its first vertex where it comes near to none.
    street : (i,) int32
        Its first street.
    """

    length_m: Floats
    miss_m: Floats
    xy_m: Floats
    street: Ints

    def __len__(self) -> int:
        return len(self.length_m)


def find_islands(cover: Coverage, connected: Bools) -> Islands:
    """The unreachable pieces of a coverage, and how nearly each is joined to the rest.

    Parameters
    ----------
    connected : (s,) bool
        Streets from which a selected station can be reached.
    """
    from locator.kernels.gaps import link_gaps

    network = cover.network
    street, low, high, state = (
        cover.piece_street, cover.piece_from_m, cover.piece_to_m, cover.piece_state,
    )  # fmt: skip
    lost = np.where(state == UNREACHABLE, UNCOVERED, 0).astype(np.uint8)
    bare = np.ones(len(network.streets.node_xy_m), np.uint8)
    group = np.empty(len(street), np.int32)
    # Pieces are in real metres, whatever the network's cost is.
    lines = network.group[0], network.streets.length_m, network.travel
    count = link_gaps((street, low, high, lost), bare, lines, group)
    rows = np.flatnonzero(group >= 0)
    length = np.bincount(group[rows], weights=(high - low)[rows], minlength=count)
    vertex, owner = _vertices(network, street[rows], group[rows])
    snapped = network.snap(network.streets.xy_m[vertex], NEAR_MISS_M, allowed=connected)
    order = np.lexsort((vertex, snapped.snap_m, owner))
    best = order[np.searchsorted(owner[order], np.arange(count))] if count else order[:0]
    _, first = np.unique(group[rows], return_index=True)
    rank = np.lexsort((np.arange(count), -length))
    rank = rank[length[rank] >= LISTED_GAP_M]
    best = best[rank]
    return Islands(
        frozen(length[rank]),
        frozen(snapped.snap_m[best]),
        frozen(network.streets.xy_m[vertex[best]]),
        frozen(street[rows[first[rank]]]),
    )


def _vertices(network: StreetNetwork, street: Ints, group: Ints) -> tuple[Longs, Ints]:
    """All vertices of some streets, and the group each belongs to."""
    first = network.streets.first
    sizes = (first[1:] - first[:-1])[street]
    start = np.repeat(first[street] - np.cumsum(sizes) + sizes, sizes)
    return np.asarray(start + np.arange(int(sizes.sum())), np.int64), np.repeat(group, sizes)
