"""Stations put on a network: the form in which every question reads them.

Apart from `network`: it changes with each edit of a station, while networks last.
A station on a street is met between that street's ends; one on a crossing stands on all streets
that meet there, whatever their direction, so it is listed on each of them. A station that is walked
to from where a vehicle is left (`locator.parking`) stands at each such node.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from locator.arrays import Floats, Ints, Longs, frozen
from locator.snapping import Snapped, at_node

if TYPE_CHECKING:
    from locator.network import Arcs, StreetNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Stands:
    """Nodes where a vehicle may be left for each station, by station and node.

    Parameters
    ----------
    row : (t,) int32
        Stations, as rows of the placement.
    node : (t,) int32
        Where the ride ends.
    walk_m : (t,)
        Metres from there to the station on foot, its straight end included.
    cost : (t,)
        Parking and walking, in the cost of the ridden network.
    walk, doors
        The network on foot at the cost of its length, and all stations of the registry on it.
    """

    row: Ints
    node: Ints
    walk_m: Floats
    cost: Floats
    walk: StreetNetwork
    doors: Placement

    def __len__(self) -> int:
        return len(self.row)

    def take(self, rows: Ints) -> Stands:
        """The stands of some stations, which are counted anew.

        Parameters
        ----------
        rows : (m,) ascending
        """
        place = np.searchsorted(rows, self.row)
        kept = np.isin(self.row, rows)
        return Stands(
            frozen(place[kept], np.int32),
            frozen(self.node[kept]),
            frozen(self.walk_m[kept]),
            frozen(self.cost[kept]),
            self.walk,
            self.doors,
        )

    def find(self, row: int, node: int) -> int:
        """The stand of a station at a node; -1 where there is none."""
        low, high = np.searchsorted(self.row, [row, row + 1])
        at = low + int(np.searchsorted(self.node[low:high], node))
        return int(at) if at < high and self.node[at] == node else -1


@dataclass(frozen=True, slots=True, eq=False)
class Placement:
    """Selected stations on the network of one mode.

    Parameters
    ----------
    rows : (m,) int32
        The selected stations: rows of the registry's snapshot, ascending (so in code order).
    snapped : m places
        Where each selected station stands, in real metres, on the streets of the mode that comes
        to its door (`Mode.snap`); street -1 where it cannot be used: beyond the snap limit, or
        without a stand.
    first, row, offset_m, snap_m
        Usable stations by street, ascending by offset: first is (s + 1,), the others hold one
        entry per station, more where it stands on a crossing. `row` counts in `rows`; offset and
        snap are in the network's cost.
    seed_node, seed_m, seed_row
        From which nodes a station is reached directly, and at what cost.
    stands
        Where the vehicle is left, where the mode is parked.
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
    stands: Stands | None = None

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
    node = at_node(network.streets, snapped)
    between = np.flatnonzero(snapped.found & (node < 0)).astype(np.int32)
    on_node = np.flatnonzero(node >= 0).astype(np.int32)
    snap = snapped.snap_m * network.snap_cost
    street = snapped.street[between]
    offset = network.to_cost(street, snapped.offset_m[between])
    inner = _Entries(street, offset, snap[between], between)
    crossing = (node[on_node], snap[on_node], on_node)
    parts: tuple[_Entries, _Entries] = (inner, _stand_at(network, *crossing))
    columns = [np.concatenate((parts[0][i], parts[1][i])) for i in range(4)]
    return Placement(
        frozen(rows, np.int32),
        snapped,
        *_by_street(network, columns),
        *_seeds(network, inner, crossing),
    )


def place_stands(network: StreetNetwork, snapped: Snapped, rows: Ints, stands: Stands) -> Placement:
    """Stations of a mode that is parked, at their stands.

    Parameters
    ----------
    snapped : m places
        On the streets of the last stretch.
    """
    usable = np.isin(np.arange(len(rows)), stands.row)
    there = Snapped(
        frozen(np.where(usable, snapped.street, -1), np.int32), snapped.offset_m, snapped.snap_m
    )
    entries = _stand_at(network, stands.node, stands.cost, stands.row)
    return Placement(
        frozen(rows, np.int32), there, *_by_street(network, list(entries)),
        stands.node, stands.cost, stands.row, stands,
    )  # fmt: skip


class _Entries(NamedTuple):
    """Stations on streets: which street, where on it and at what snap, in cost; which station."""

    street: Ints
    offset: Floats
    snap: Floats
    row: Ints


def _by_street(
    network: StreetNetwork, entries: list[np.ndarray]
) -> tuple[Longs, Ints, Floats, Floats]:
    """The columns first, row, offset and snap of a placement."""
    street, offset, snap, row = entries
    order = np.lexsort((row, offset, street))
    first = np.zeros(len(network.streets) + 1, np.int64)
    np.cumsum(np.bincount(street, minlength=len(network.streets)), out=first[1:])
    return (
        frozen(first), frozen(row[order], np.int32), frozen(offset[order], np.float64),
        frozen(snap[order], np.float64),
    )  # fmt: skip


def _stand_at(network: StreetNetwork, node: Ints, snap: Floats, row: Ints) -> _Entries:
    """Stations at nodes, on all usable streets that meet there; on a loop at both its ends."""
    parts = [_streets_at(arcs, node) for arcs in (network.out, network.into)]
    count = len(network.streets)
    key = np.unique(np.concatenate([owner * count + street for owner, street in parts]))
    owner, street = key // max(count, 1), (key % max(count, 1)).astype(np.int32)
    ends = network.streets.ends[street]
    at_start, at_end = ends[:, 0] == node[owner], ends[:, 1] == node[owner]
    owner = np.concatenate((owner[at_start], owner[at_end]))
    end = np.concatenate((np.zeros(int(at_start.sum())), network.group[1][street[at_end]]))
    return _Entries(
        np.concatenate((street[at_start], street[at_end])), end, snap[owner], row[owner]
    )


def _streets_at(arcs: Arcs, node: Ints) -> tuple[Longs, Longs]:
    """The arcs of some nodes: which of the nodes, and the arc's street."""
    start, count = arcs.first[node], arcs.first[node + 1] - arcs.first[node]
    owner = np.repeat(np.arange(len(node)), count)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count) + start[owner]
    return owner, arcs.street[place].astype(np.int64)


def _seeds(
    network: StreetNetwork, inner: _Entries, crossing: tuple[Ints, Floats, Ints]
) -> tuple[Ints, Floats, Ints]:
    """Nodes from which one walks straight to a station: both ends of its street, or its node.

    Forward travel leads from the street's start to the station, backward travel from its end.
    """
    street, offset, snap, between = inner
    node, node_snap, on_node = crossing
    ends, length = network.streets.ends[street], network.group[1][street]
    ahead = (network.travel[street] & 1) != 0
    back = (network.travel[street] & 2) != 0
    seed_node = np.concatenate((node, ends[ahead, 0], ends[back, 1]))
    seed_m = np.concatenate((node_snap, (offset + snap)[ahead], (length - offset + snap)[back]))
    seed_row = np.concatenate((on_node, between[ahead], between[back]))
    return frozen(seed_node, np.int32), frozen(seed_m), frozen(seed_row, np.int32)
