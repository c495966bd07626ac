"""Made cities of any size for the benchmarks, the same in every run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import frozen
from locator.modes import find_mode
from locator.network import build_network
from locator.placement import Placement, place_stations
from locator.streets import Streets

if TYPE_CHECKING:
    from locator.network import StreetNetwork

_BOTH = 3


def jittered_grid(count: int) -> StreetNetwork:
    """Its network on foot, see `grid_streets`."""
    return build_network(grid_streets(count), find_mode("walk"))


def grid_streets(count: int) -> Streets:
    """A jittered grid of 100 m blocks, 15 % of the streets dropped, as in the findings."""
    rng = np.random.default_rng(0)
    side = round(count**0.5)
    corner = np.stack(np.meshgrid(np.arange(side), np.arange(side)), -1).reshape(-1, 2)
    nodes = corner * 100.0 + rng.uniform(-30, 30, corner.shape)
    at = np.arange(side * side, dtype=np.int32).reshape(side, side)
    across = np.column_stack((at[:, :-1].ravel(), at[:, 1:].ravel()))
    up = np.column_stack((at[:-1].ravel(), at[1:].ravel()))
    ends = np.vstack((across, up))
    ends = ends[rng.random(len(ends)) > 0.15]
    return _straight(nodes, ends)


def _straight(nodes: np.ndarray, ends: np.ndarray) -> Streets:
    """Straight streets between nodes, open both ways to all."""
    many = len(ends)
    length = np.hypot(*(nodes[ends[:, 1]] - nodes[ends[:, 0]]).T)
    along = np.column_stack((np.zeros(many), length)).reshape(-1)
    return Streets(
        node_xy_m=frozen(nodes),
        ends=frozen(ends, np.int32),
        length_m=frozen(length),
        access=frozen(np.full(many, _BOTH, np.uint8)),
        flags=frozen(np.zeros(many, np.uint8)),
        class_code=frozen(np.zeros(many, np.int16)),
        classes=("",),
        name_code=frozen(np.zeros(many, np.int32)),
        names=("",),
        xy_m=frozen(nodes[ends].reshape(-1, 2)),
        first=frozen(np.arange(0, 2 * many + 1, 2, dtype=np.int64)),
        along_m=frozen(along),
        span_first=frozen(np.arange(many + 1, dtype=np.int64)),
        span_m=frozen(np.column_stack((np.zeros(many), length))),
        crs="EPSG:4549",
        hash=f"grid{many}",
    )


def put_stations(network: StreetNetwork, count: int) -> Placement:
    """Stations at random nodes of the largest piece."""
    rng = np.random.default_rng(1)
    main = np.flatnonzero(network.component == 0)
    xy = network.streets.node_xy_m[rng.choice(main, count, replace=False)]
    return place_stations(network, xy, np.arange(count, dtype=np.int32))
