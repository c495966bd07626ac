"""What there is still to gain on the streets, and what places gain of it at most."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.coverage import COVERED
from locator.overlay import NOWHERE, overlay_pieces

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.coverage import Coverage
    from locator.network import StreetNetwork

_CLASSES, _STEP = 12, 1.25  # weights are rounded up to so many classes for a bound


class Worth(NamedTuple):
    """What is still to gain, added up along all streets laid end to end.

    Parameters
    ----------
    start : (s,)
        Where each street begins on the line.
    at, total : (k,)
        Places on the line, and what lies before each.
    street : (w,)
    low_m, high_m, weight : (w,)
        The pieces of street that there are to gain, ascending and apart; worth of each metre.
    """

    start: Floats
    at: Floats
    total: Floats
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
    gained = np.stack((np.zeros(len(low)), weight * (high - low)), axis=1).ravel()
    return Worth(
        frozen(start), frozen(np.append(at, start[-1] + length[-1])),
        frozen(np.append(np.cumsum(gained), float((weight * (high - low)).sum()))),
        street, low, high, frozen(weight),
    )  # fmt: skip


def bound_gains(
    network: StreetNetwork, worth: Worth, within_m: float, street: Ints | Longs, offset_m: Floats
) -> Floats:
    """What a station at each place gains at most; exact where all metres are worth the same.

    Weights are rounded up to a few classes, each of which is one pass of the kernel.
    """
    gain = np.zeros(len(street))
    heavy = worth.weight > 0
    if not heavy.any() or not len(street):
        return gain
    top = float(worth.weight.max())
    place = np.floor(np.log(top / worth.weight[heavy]) / np.log(_STEP) + 1e-9)
    level = np.full(len(heavy), -1)
    level[heavy] = np.minimum(place, _CLASSES - 1)
    for number in np.unique(level[heavy]).tolist():
        mine = level == number
        most = float(worth.weight[mine].max())
        gain += most * _measure(network, worth, mine, within_m, (street, offset_m))
    return gain


def _measure(
    network: StreetNetwork,
    worth: Worth,
    mine: Bools,
    within_m: float,
    places: tuple[Ints | Longs, Floats],
) -> Floats:
    """Metres of some pieces that a station at each place covers."""
    from locator.kernels.gain import measure_gains

    nodes, streets = len(network.streets.node_xy_m), len(network.streets)
    first = np.searchsorted(worth.street[mine], np.arange(streets + 1)).astype(np.int64)
    spans = (first, np.stack((worth.low_m[mine], worth.high_m[mine]), axis=1))
    none = (
        np.zeros(streets + 1, np.int64), np.empty(0, np.int32), np.empty(0), np.empty(0)
    )  # fmt: skip
    entries = len(network.into) + 2
    space = (
        np.zeros(nodes, np.int32), np.empty(nodes), np.empty(entries),
        np.empty(entries, np.int32), np.zeros(streets, np.int32), np.empty(streets, np.int32),
    )  # fmt: skip
    gain = np.empty(len(places[0]))
    measure_gains(
        network.into.group, network.group, np.full(nodes, np.inf), none, spans,
        np.zeros(streets), places[0].astype(np.int32), places[1], within_m, 0, space, gain,
    )  # fmt: skip
    return gain
