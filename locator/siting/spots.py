"""One candidate a spot: what is proposed twice, stands already, or is off the streets is left out.

Two stations on one spot serve no more than one, so a plan must not be offered both; and whoever
proposed the one that is left out is told why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.siting.candidates import Candidates, LeftOut
from locator.snapping import Snapped, at_node

if TYPE_CHECKING:
    from locator.arrays import Ints, Longs
    from locator.network import StreetNetwork

_GRAIN_PER_M = 1000.0  # places of one millimetre are one spot
OFF_NETWORK = "off the streets of this mode"
AT_STATION = "a station stands there"
SAME_SPOT = "the same spot as {}"


def settle_spots(candidates: Candidates, doors: StreetNetwork, stations: Snapped) -> Candidates:
    """The candidates that can be chosen, in their order.

    Parameters
    ----------
    doors
        The network on whose streets stations stand.
    stations
        Those of today; street -1 for those that cannot be used.

    Returns
    -------
    Candidates
        Of several on one spot the one with the lowest code; the others are in `left_out`.
    """
    candidates.check(doors.streets)
    usable = doors.travel[candidates.street] != 0 if len(candidates) else np.zeros(0, bool)
    spot = _spots(doors, Snapped(candidates.street, candidates.offset_m, candidates.offset_m * 0.0))
    taken = _spots(doors, Snapped(stations.street, stations.offset_m, stations.snap_m))
    standing = usable & np.isin(spot, taken[stations.street >= 0])
    left = [LeftOut(candidates.label(row), OFF_NETWORK) for row in np.flatnonzero(~usable).tolist()]
    left += [
        LeftOut(candidates.label(row), AT_STATION) for row in np.flatnonzero(standing).tolist()
    ]
    rows = np.flatnonzero(usable & ~standing)
    if candidates.code:
        rows = rows[np.argsort(np.array(candidates.code)[rows], kind="stable")]
    _, lead, number = np.unique(spot[rows], return_index=True, return_inverse=True)
    owner = rows[lead][number.reshape(-1)]
    twice = owner != rows
    left += [
        LeftOut(candidates.label(row), SAME_SPOT.format(candidates.label(own)))
        for row, own in zip(rows[twice].tolist(), owner[twice].tolist(), strict=True)
    ]
    return candidates.take(np.sort(rows[~twice]), left)


def _spots(network: StreetNetwork, places: Snapped) -> Longs:
    """A number for each place: of its node, or of its street and millimetre."""
    nodes = len(network.streets.node_xy_m)
    if not len(places):
        return np.zeros(0, np.int64)
    node: Ints = at_node(network.streets, places)
    on = places.street >= 0
    grain = np.where(on, np.rint(np.where(on, places.offset_m, 0.0) * _GRAIN_PER_M), 0.0)
    most = int(network.streets.length_m.max(initial=0.0) * _GRAIN_PER_M) + 2
    between = nodes + places.street.astype(np.int64) * most + grain.astype(np.int64)
    return np.asarray(np.where(node >= 0, node, np.where(on, between, -1)), np.int64)
