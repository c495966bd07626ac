"""What there is still to gain on the streets, and what places gain of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locator.arrays import Floats, Ints, Longs, frozen
from locator.coverage import COVERED
from locator.overlay import NOWHERE, overlay_pieces
from locator.placement import place_snapped
from locator.siting.reaching import Searcher
from locator.snapping import Snapped

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.coverage import Coverage
    from locator.network import StreetNetwork

_BLOCK = 8192  # places whose reached parts are in memory at once


class Worth(NamedTuple):
    """What is still to gain, added up along all streets laid end to end.

    Parameters
    ----------
    start : (s,)
        Where each street begins on the line.
    at, total : (k,)
        Places on the line, and what lies before each.
    first : (s + 1,)
        Street i has the pieces first[i] .. first[i + 1].
    own : (s,)
        What lies on each street.
    street : (w,)
    low_m, high_m, weight : (w,)
        The pieces of street that there are to gain, ascending and apart; worth of each metre.
    """

    start: Floats
    at: Floats
    total: Floats
    first: Longs
    own: Floats
    street: Ints
    low_m: Floats
    high_m: Floats
    weight: Floats

    def before(self, street: Ints | Longs, place: Floats) -> Floats:
        """What lies before a place of a street, from the beginning of the line."""
        return np.interp(self.start[street] + place, self.at, self.total)


def find_worth(cover: Coverage, counted: Counted) -> Worth:
    """What a coverage leaves to gain, as `counted` weighs it."""
    open_rows = np.flatnonzero(cover.piece_state != COVERED)
    spans = counted.span_m
    bits = overlay_pieces(
        cover.pieces(open_rows), (counted.street, spans[:, 0].copy(), spans[:, 1].copy())
    )
    both = (bits.one != NOWHERE) & (bits.other != NOWHERE)
    street, low, high = bits.street[both], bits.from_m[both], bits.to_m[both]
    weight = counted.weight[bits.other[both]]
    length = cover.network.streets.length_m
    start = np.cumsum(length) - length
    at = np.stack((start[street] + low, start[street] + high), axis=1).ravel()
    held = weight * (high - low)
    gained = np.stack((np.zeros(len(low)), held), axis=1).ravel()
    return Worth(
        frozen(start), frozen(np.append(at, start[-1] + length[-1])),
        frozen(np.append(np.cumsum(gained), float(held.sum()))),
        frozen(np.searchsorted(street, np.arange(len(length) + 1)), np.int64),
        frozen(np.bincount(street, held, len(length))),
        street, low, high, frozen(weight),
    )  # fmt: skip


def measure_gains(
    network: StreetNetwork, worth: Worth, within_m: float, street: Ints | Longs, offset_m: Floats
) -> Floats:
    """What a station at each place gains, as a plan would find it.

    O(places x neighbourhood log neighbourhood), a block of places in memory at a time.
    """
    wanted = np.zeros(len(network.streets), bool)
    wanted[worth.street[worth.weight > 0]] = True
    anywhere = np.full(len(network.streets.node_xy_m), np.inf)  # stations of today turn none back
    gain = np.zeros(len(street))
    for begin in range(0, len(street), _BLOCK):
        mine = slice(begin, begin + _BLOCK)
        count = len(street[mine])
        spots = Snapped(
            frozen(street[mine], np.int32), frozen(offset_m[mine], np.float64),
            frozen(np.zeros(count)),
        )  # fmt: skip
        placement = place_snapped(network, spots, np.arange(count, dtype=np.int32))
        found = Searcher(network, placement, anywhere, within_m).reaches(wanted)
        part = worth.before(found.street, found.high_m) - worth.before(found.street, found.low_m)
        gain[mine] = np.bincount(found.candidate, part, count)
    return gain
