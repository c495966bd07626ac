"""Stations put on a network: the form in which every question reads them.

Split from `network` because it changes with each edit of a station, while networks last.
A station on a street is met between that street's ends; one on a crossing stands on all streets
that meet there, whatever their direction, so it is listed on each of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, Longs, frozen
from locator.snapping import Snapped, at_node

if TYPE_CHECKING:
    from locator.network import StreetNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Selected stations on the network of one mode.

    Parameters
    ----------
    rows : (m,) int32
        The selected stations: rows of the registry's snapshot, ascending (so in code order).
    snapped : m places
        Where each selected station stands; street -1 beyond the snap limit.
    first, row, offset_m, snap_m
        Usable stations by street, ascending by offset: first is (s + 1,), the others hold one
        entry per station, more where it stands on a crossing. `row` counts in `rows`.
    seed_node, seed_m, seed_row
        From which nodes a station is reached directly, and at what distance.
    """

    rows: Ints
    snapped: Snapped
    first: Longs
    row: Ints
    offset_m: Floats
    snap_m: Floats
    seed_node: Ints
    seed_m: Floats
    seed_row: Ints

    @property
    def unroutable(self) -> Ints:
        """Selected stations with no usable street within the snap limit, as registry rows."""
        return self.rows[~self.snapped.found]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def group(self) -> tuple[Longs, Ints, Floats, Floats]:
        """Stations by street, as kernels take them."""
        return self.first, self.row, self.offset_m, self.snap_m


def place_stations(
    network: StreetNetwork, xy_m: Floats, rows: Ints, *, limit_m: float = 100.0
) -> Placement:
    """Put the stations `rows` of `xy_m` on their nearest usable streets.

    Parameters
    ----------
    xy_m : (all, 2) metres, the city's CRS
    rows : (m,) ascending
    limit_m
        A station farther from any usable street is not routable (DESIGN: 100 m).
    """
    return place_snapped(network, network.snap(xy_m[rows], limit_m), rows)


def place_snapped(network: StreetNetwork, snapped: Snapped, rows: Ints) -> Placement:
    """As `place_stations`, for stations whose place on the streets is known already."""
    streets = network.streets
    node = at_node(streets, snapped)
    between = np.flatnonzero(snapped.found & (node < 0))
    on_node = np.flatnonzero(node >= 0)
    around = [_around(network, int(node[i])) for i in on_node]
    per_node = np.array([len(offset) for _, offset in around], np.int64)
    row = np.concatenate((between, np.repeat(on_node, per_node))).astype(np.int32)
    street = np.concatenate([snapped.street[between], *(s for s, _ in around)])
    offset = np.concatenate([snapped.offset_m[between], *(o for _, o in around)])
    order = np.lexsort((row, offset, street))
    first = np.zeros(len(streets) + 1, np.int64)
    np.cumsum(np.bincount(street, minlength=len(streets)), out=first[1:])
    seed_node, seed_m, seed_row = _seeds(network, snapped, node)
    return Placement(
        frozen(rows, np.int32),
        snapped,
        frozen(first),
        frozen(row[order]),
        frozen(offset[order], np.float64),
        frozen(snapped.snap_m[row[order]]),
        seed_node,
        seed_m,
        seed_row,
    )


def _around(network: StreetNetwork, node: int) -> tuple[Ints, Floats]:
    """The usable streets that meet at a node, and the node's place on each (both, on a loop)."""
    rows = [
        arcs.street[arcs.first[node] : arcs.first[node + 1]] for arcs in (network.out, network.into)
    ]
    street = np.unique(np.concatenate(rows))
    ends = network.streets.ends[street]
    at_start, at_end = ends[:, 0] == node, ends[:, 1] == node
    offsets = np.concatenate(
        (np.zeros(int(at_start.sum())), network.streets.length_m[street[at_end]])
    )
    return np.concatenate((street[at_start], street[at_end])), offsets


def _seeds(network: StreetNetwork, snapped: Snapped, node: Ints) -> tuple[Ints, Floats, Ints]:
    """Nodes from which one walks straight to a station: both ends of its street, or its node.

    Forward travel leads from the street's start to the station, backward travel from its end.
    """
    on_node = np.flatnonzero(node >= 0)
    between = np.flatnonzero(snapped.found & (node < 0))
    street = snapped.street[between]
    offset, snap = snapped.offset_m[between], snapped.snap_m[between]
    ends, length = network.streets.ends[street], network.streets.length_m[street]
    ahead = (network.travel[street] & 1) != 0
    back = (network.travel[street] & 2) != 0
    seed_node = np.concatenate((node[on_node], ends[ahead, 0], ends[back, 1]))
    seed_m = np.concatenate(
        (snapped.snap_m[on_node], (offset + snap)[ahead], (length - offset + snap)[back])
    )
    seed_row = np.concatenate((on_node, between[ahead], between[back]))
    return frozen(seed_node, np.int32), frozen(seed_m), frozen(seed_row, np.int32)
