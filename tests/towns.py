"""Towns as the product sees them: streets, network and stations made from an oracle's `Town`."""

from __future__ import annotations

import numpy as np

from locator.arrays import frozen
from locator.modes import find_mode
from locator.network import StreetNetwork, build_network
from locator.placement import Placement, place_snapped
from locator.snapping import Snapped
from locator.streets import Streets
from tests.oracles import Town

BOTH = 3


def make_streets(town: Town, spans: list[list[tuple[float, float]]] | None = None) -> Streets:
    """The same streets, in the same order and direction; spans are whole streets unless given."""
    sizes = [len(line) for line in town.lines]
    first = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    along = np.concatenate(
        [np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(x, axis=0).T)))) for x in town.lines]
    )
    length = along[first[1:] - 1].copy()
    town.length = length.tolist()
    count = len(sizes)
    spans = spans or [[(0.0, run)] for run in length.tolist()]
    span_first = np.concatenate(([0], np.cumsum([len(row) for row in spans]))).astype(np.int64)
    flat = [span for row in spans for span in row]
    return Streets(
        node_xy_m=frozen(np.asarray(town.nodes, dtype=np.float64)),
        ends=frozen(np.array(town.ends, np.int32)),
        length_m=frozen(length),
        access=frozen(np.array(town.travel, np.uint8)),
        flags=frozen(np.zeros(count, np.uint8)),
        class_code=frozen(np.zeros(count, np.int16)),
        classes=("",),
        name_code=frozen(np.zeros(count, np.int32)),
        names=("",),
        xy_m=frozen(np.vstack(town.lines).astype(np.float64)),
        first=frozen(first),
        along_m=frozen(along),
        span_first=frozen(span_first),
        span_m=frozen(np.array(flat, np.float64).reshape(-1, 2)),
        crs="EPSG:4549",
        hash="town",
    )


def make_network(town: Town, spans: list[list[tuple[float, float]]] | None = None) -> StreetNetwork:
    """Its network on foot (the travel bits of a town are the two foot bits)."""
    return build_network(make_streets(town, spans), find_mode("walk"))


def place(network: StreetNetwork, stations: list[tuple[int, float, float]]) -> Placement:
    """Stations put exactly where the town has them."""
    columns = np.array(stations, np.float64).reshape(-1, 3)
    snapped = Snapped(frozen(columns[:, 0], np.int32), frozen(columns[:, 1]), frozen(columns[:, 2]))
    return place_snapped(network, snapped, np.arange(len(columns), dtype=np.int32))


def cross() -> Town:
    """Four streets of 100 m that meet at node 0; every answer can be worked out on paper.

    Streets 0 east, 1 north, 2 west, 3 south, each from the middle outward.
    """
    middle = np.array([500_000.0, 3_500_000.0])
    tips = middle + np.array([[100.0, 0.0], [0.0, 100.0], [-100.0, 0.0], [0.0, -100.0]])
    nodes = np.vstack((middle, tips))
    lines = [np.vstack((middle, tip)) for tip in tips]
    return Town(nodes, [(0, i) for i in range(1, 5)], lines, [BOTH] * 4)
