"""Where an e-bike is left, and the last stretch on foot to each station.

A way by e-bike is ridden to a node, where the bike is parked, and walked from there: the least of
ride + parking + walk over all nodes from which the station is within the mode's limit on foot. Each
such node is a stand of the station, at the cost of parking and walking; rides then end at stands as
walks end at doors, so that every search, sweep and coverage works on them unchanged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.modes import find_mode
from locator.placement import Stands

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement

_FIRST_ROOM = 64  # stands of a station, at first


def find_stands(
    ride: StreetNetwork,
    walk: StreetNetwork,
    quick: StreetNetwork,
    doors: tuple[Placement, Placement],
) -> Stands:
    """All stands of all stations.

    Parameters
    ----------
    ride
        The network of a mode that is parked.
    walk, quick
        The network on foot at the cost of its length, and of its time: the shortest way is taken,
        within the limit in metres, and its stairs take longer.
    doors
        The stations on both of these.

    Notes
    -----
    One search of at most `walk_limit_m` from each station.
    """
    on_foot, in_time = doors
    order = np.argsort(on_foot.seed_row, kind="stable")
    seed_first = np.searchsorted(on_foot.seed_row[order], np.arange(len(on_foot) + 1))
    seeds = (
        seed_first.astype(np.int64), on_foot.seed_node[order], on_foot.seed_m[order],
        in_time.seed_m[order],
    )  # fmt: skip
    found = _search(walk, quick, seeds, ride.mode.walk_limit_m)
    row, node, walk_m, time = (column[ride.component[found[1]] >= 0] for column in found)
    order = np.lexsort((node, row))
    slower = ride.mode.speed_mps / find_mode(ride.mode.snap).speed_mps
    cost = ride.mode.parking_s * ride.mode.speed_mps + time * slower
    return Stands(
        frozen(row[order]),
        frozen(node[order]),
        frozen(walk_m[order]),
        frozen(cost[order]),
        walk,
        on_foot,
    )


def _search(
    walk: StreetNetwork,
    quick: StreetNetwork,
    seeds: tuple[np.ndarray, Ints, Floats, Floats],
    limit_m: float,
) -> tuple[Ints, Ints, Floats, Floats]:
    """Station, node, metres and cost of time of every short way."""
    from locator.kernels.stands import find_stands as search

    into, nodes = walk.into, len(walk.streets.node_xy_m)
    room = _FIRST_ROOM * len(seeds[0])
    while True:
        row, node = np.empty(room, np.int32), np.empty(room, np.int32)
        metres, time = np.empty(room), np.empty(room)
        count = search(
            into.first, into.node, into.length_m, quick.into.length_m, *seeds, limit_m, nodes,
            min(room, 4 * (nodes + len(into))) + 16, row, node, metres, time,
        )  # fmt: skip
        if count >= 0:
            return row[:count], node[:count], metres[:count], time[:count]
        room *= 2
