"""Made cities of any size for the benchmarks, the same in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.placement import Placement, place_stations
from tests.oracles import Town
from tests.towns import make_network

if TYPE_CHECKING:
    from locator.network import StreetNetwork


def jittered_grid(count: int) -> StreetNetwork:
    """A jittered grid of 100 m blocks, 15 % of the streets dropped, as in the findings."""
    rng = np.random.default_rng(0)
    side = round(count**0.5)
    corner = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    nodes = corner * 100.0 + rng.uniform(-30, 30, corner.shape)
    at = np.arange(side * side).reshape(side, side)
    across = np.column_stack((at[:, :-1].ravel(), at[:, 1:].ravel()))
    up = np.column_stack((at[:-1].ravel(), at[1:].ravel()))
    ends = np.vstack((across, up))
    ends = ends[rng.random(len(ends)) > 0.15]
    return make_network(Town(nodes, ends.tolist(), list(nodes[ends]), [3] * len(ends)))


def put_stations(network: StreetNetwork, count: int) -> Placement:
    """Stations at random nodes of the largest piece."""
    rng = np.random.default_rng(1)
    main = np.flatnonzero(network.component == 0)
    xy = network.streets.node_xy_m[rng.choice(main, count, replace=False)]
    return place_stations(network, xy, np.arange(count, dtype=np.int32))
