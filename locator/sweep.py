"""Distances from every node of the network to its nearest stations.

Sweeps run from the stations over the transposed arcs, so a distance is that of the way *from the
person to the station*, also where streets are one-way.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Bools, Floats, Ints, frozen
from locator.errors import InputError

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement


def sweep_nearest(
    network: StreetNetwork, placement: Placement, *, limit_m: float = np.inf
) -> tuple[Floats, Ints]:
    """Distance of each node to its nearest station, and which one.

    Returns
    -------
    metres : (n,) inf where no station can be reached within the limit
    row : (n,) int32
        Rows of the placement; -1 where there is none. Equal distances go to the lower row.
    """
    from locator.kernels import sweeps

    nodes = len(network.streets.node_xy_m)
    metres, row = np.empty(nodes), np.empty(nodes, np.int32)
    _run(sweeps.sweep_nearest, network, placement, limit_m, (metres, row))
    return frozen(metres), frozen(row)


def find_leading_streets(network: StreetNetwork, placement: Placement) -> Bools:
    """(s,) whether a selected station can be reached from some part of a street; one sweep."""
    metres, _ = sweep_nearest(network, placement)
    there = np.isfinite(metres)[network.streets.ends]
    ahead = there[:, 1] & (network.travel & 1 != 0)
    back = there[:, 0] & (network.travel & 2 != 0)
    return frozen(ahead | back)


def sweep_k_nearest(
    network: StreetNetwork, placement: Placement, k: int, *, limit_m: float = np.inf
) -> tuple[Floats, Ints]:
    """The k nearest distinct stations of each node, ascending.

    Returns
    -------
    metres : (n, k), row : (n, k) int32
        As in `sweep_nearest`; missing ones are inf and -1.
    """
    from locator.kernels import sweeps

    if k < 1:
        raise InputError(f"k is {k}, expected 1 or more")
    shape = (len(network.streets.node_xy_m), k)
    metres, row = np.empty(shape), np.empty(shape, np.int32)
    _run(sweeps.sweep_k_nearest, network, placement, limit_m, (metres, row))
    return frozen(metres), frozen(row)


def _run(
    sweep: Callable[..., int],
    network: StreetNetwork,
    placement: Placement,
    limit_m: float,
    labels: tuple[Floats, Ints],
) -> None:
    """Run a sweep, with a larger pool where the frontier did not fit."""
    into = network.into
    longest = float(into.length_m.max()) if len(into) else 0.0
    capacity = len(placement.seed_node) + labels[0].size + 16
    seeds = (placement.seed_node, placement.seed_m, placement.seed_row)
    arcs = (into.first, into.node, into.length_m)
    while sweep(*arcs, *seeds, longest, network.bucket_m, limit_m, capacity, *labels):
        capacity *= 2
