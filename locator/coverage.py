"""Which streets are within a limit of a station: exact lengths, depth, and the gaps.

Covered, uncovered and unreachable are disjoint and add up to all streets of the mode in the
city. Nothing is sampled: a street is cut exactly where the limit runs out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from locator.arrays import LIMIT_TOLERANCE_M, Bytes, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.pieces import cut_streets, locate_on_streets
from locator.sweep import sweep_k_nearest, sweep_nearest

if TYPE_CHECKING:
    import geopandas

    from locator.network import StreetNetwork
    from locator.placement import Placement

COVERED, UNCOVERED, UNREACHABLE = 0, 1, 2
STATES = ("covered", "uncovered", "unreachable")
LISTED_GAP_M = 1e-3  # shorter gaps count in the totals and are not listed
_DEPTHS = 3
MOST_DEPTH = 100  # labels a node: memory grows with it


@dataclass(frozen=True, slots=True, eq=False)
class Gaps:
    """Connected uncovered pieces of street, the longest first.

    Parameters
    ----------
    length_m, farthest_m : (g,)
        Metres of street; metres from the gap's farthest point to its nearest station.
    farthest_street, farthest_offset_m : (g,)
        Where that point is.
    first, piece : (g + 1,), (p,)
        Rows of the coverage's pieces that make up gap i: piece[first[i]:first[i + 1]].
    """

    length_m: Floats
    farthest_m: Floats
    farthest_street: Ints
    farthest_offset_m: Floats
    first: Longs
    piece: Longs

    def __len__(self) -> int:
        return len(self.length_m)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Coverage:
    """How much of the city's streets is within a limit of the selected stations.

    Parameters
    ----------
    within_m, depth
        Covered means: at least `depth` stations within `within_m` metres, inclusive.
    covered_m, uncovered_m, unreachable_m
        Totals over the streets of the mode in the city, each street once.
    depth_m
        Metres within the limit of exactly 1, exactly 2, and 3 or more stations.
    piece_street, piece_from_m, piece_to_m, piece_state : (p,)
        Every counted stretch of street and its state (0 covered, 1 uncovered, 2 unreachable),
        ascending by street and place.
    piece_gap : (p,) int32
        The listed gap a piece belongs to, -1 for none.
    street_first : (s + 1,) int64
        The pieces of street s are rows street_first[s] .. street_first[s + 1].
    """

    network: StreetNetwork
    within_m: float
    depth: int
    covered_m: float
    uncovered_m: float
    unreachable_m: float
    depth_m: dict[str, float]
    piece_street: Ints
    piece_from_m: Floats
    piece_to_m: Floats
    piece_state: Bytes
    piece_gap: Ints
    street_first: Longs
    gap_table: Gaps
    unroutable: Ints

    @override
    def __repr__(self) -> str:
        return (
            f"<Coverage: {self.share:.1%} of {self.total_m:,.0f} m within {self.within_m:,.0f} m>"
        )

    @property
    def total_m(self) -> float:
        """All streets of the mode in the city."""
        return self.covered_m + self.uncovered_m + self.unreachable_m

    @property
    def share(self) -> float:
        """Covered share of all streets; 0 where there are none."""
        return self.covered_m / self.total_m if self.total_m > 0 else 0.0

    def gap_names(self, gap: int, *, most: int = 3) -> tuple[str, ...]:
        """Names of the streets that hold most of a gap."""
        table, streets = self.gap_table, self.network.streets
        rows = table.piece[table.first[gap] : table.first[gap + 1]]
        codes = streets.name_code[self.piece_street[rows]]
        metres = np.bincount(codes, weights=self.piece_to_m[rows] - self.piece_from_m[rows])
        best = np.argsort(-metres, kind="stable")
        return tuple(streets.names[c] for c in best[: most + 1].tolist() if c and metres[c] > 0)[
            :most
        ]

    def gap_points(self) -> Floats:
        """(g, 2) coordinates of the farthest points, in the city's CRS."""
        table = self.gap_table
        return locate_on_streets(
            self.network.streets, table.farthest_street, table.farthest_offset_m
        )

    def gap_lines(self, gap: int) -> tuple[Floats, Longs]:
        """The lines of one gap: vertices in the city's CRS and where each line begins."""
        table = self.gap_table
        rows = table.piece[table.first[gap] : table.first[gap + 1]]
        return cut_streets(self.network.streets, *self.pieces(rows))

    def pieces(self, rows: Longs) -> tuple[Ints, Floats, Floats]:
        """Street, from and to of some pieces."""
        return self.piece_street[rows], self.piece_from_m[rows], self.piece_to_m[rows]

    def gaps(self) -> geopandas.GeoDataFrame:
        """The gaps with their geometry, longest first: length, farthest point, street names."""
        import geopandas
        import shapely

        table = self.gap_table
        xy, first = cut_streets(self.network.streets, *self.pieces(table.piece))
        line = np.repeat(np.arange(len(first) - 1), np.diff(first))
        lines = shapely.linestrings(xy, indices=line)
        gap = np.repeat(np.arange(len(table)), np.diff(table.first))
        points = self.gap_points()
        data: dict[str, Any] = {
            "length_m": table.length_m,
            "farthest_m": table.farthest_m,
            "farthest_x_m": points[:, 0],
            "farthest_y_m": points[:, 1],
            "streets": ["、".join(self.gap_names(i)) for i in range(len(table))],
        }
        shapes = shapely.multilinestrings(lines, indices=gap) if len(lines) else []
        return geopandas.GeoDataFrame(data, geometry=shapes, crs=self.network.streets.crs)


def measure_coverage(
    network: StreetNetwork,
    placement: Placement,
    within_m: float,
    *,
    depth: int = 1,
    depths: bool = True,
) -> Coverage:
    """Measure exactly which streets are within `within_m` of at least `depth` stations.

    Parameters
    ----------
    within_m
        Limit in metres, inclusive; a station's own snap distance is spent first.
    depth
        How many distinct stations must be in reach.
    depths
        Also measure how much street is in reach of 1, 2, 3 or more (one more short sweep).

    Returns
    -------
    Coverage
        covered + uncovered + unreachable is the length of all streets of the mode in the city.
        One sweep over the network plus time linear in streets.
    """
    if not within_m > 0:
        raise InputError(f"the limit is {within_m} m, expected more than 0")
    if not 1 <= depth <= MOST_DEPTH:
        raise InputError(f"depth is {depth}, expected 1 to {MOST_DEPTH} stations")
    nearest, row = sweep_nearest(network, placement)
    labels, label_rows = nearest[:, None], row[:, None]
    count = max(depth, _DEPTHS if depths else 1)
    if count > 1:
        labels, label_rows = sweep_k_nearest(network, placement, count, limit_m=within_m)
    pieces = _cover(network, placement, within_m, depth, (labels, label_rows, nearest))
    street, low, high, state = pieces
    metres = [_sum(high[state == s] - low[state == s]) for s in range(3)]
    bare = (labels[:, depth - 1] > within_m + LIMIT_TOLERANCE_M).astype(np.uint8)
    gap, table = _find_gaps(network, placement, pieces, nearest, bare)
    first = np.zeros(len(network.streets) + 1, np.int64)
    np.cumsum(np.bincount(street, minlength=len(network.streets)), out=first[1:])
    by_depth = {}
    if depths:
        by_depth = _depths(network, placement, within_m, (labels, label_rows))
    return Coverage(
        network, float(within_m), depth, metres[0], metres[1], metres[2], by_depth,
        frozen(street), frozen(low), frozen(high), frozen(state), gap, frozen(first), table,
        placement.unroutable,
    )  # fmt: skip


def _sum(values: Floats) -> float:
    # numpy sums in pairs, which keeps the error near one unit in the last place.
    return float(values.sum())


def _cover(
    network: StreetNetwork,
    placement: Placement,
    within_m: float,
    depth: int,
    labels: tuple[Floats, Ints, Floats],
) -> tuple[Ints, Floats, Floats, Bytes]:
    """Pieces of all streets by state: street, from, to, state."""
    from locator.kernels.intervals import cover_streets

    streets = network.streets
    room = 3 * len(streets) + 16
    while True:
        street, state = np.empty(room, np.int32), np.empty(room, np.uint8)
        low, high = np.empty(room), np.empty(room)
        pieces = (street, low, high, state)
        count = cover_streets(
            within_m, depth, network.group, labels[:2], labels[2], placement.group, network.spans,
            pieces,
        )  # fmt: skip
        if count <= room:
            return street[:count], low[:count], high[:count], state[:count]
        room = count


def _depths(
    network: StreetNetwork, placement: Placement, within_m: float, labels: tuple[Floats, Ints]
) -> dict[str, float]:
    from locator.kernels.intervals import measure_depths

    metres = np.zeros(_DEPTHS)
    measure_depths(within_m, network.group, labels, placement.group, network.spans, metres)
    return {"1": float(metres[0]), "2": float(metres[1]), "3+": float(metres[2])}


def _find_gaps(
    network: StreetNetwork,
    placement: Placement,
    pieces: tuple[Ints, Floats, Floats, Bytes],
    nearest: Floats,
    bare: Bytes,
) -> tuple[Ints, Gaps]:
    """Number the gaps, longest first, and find the farthest point of each."""
    from locator.kernels.gaps import find_farthest, group_pieces, link_gaps

    street, low, high, _ = pieces
    gap = np.empty(len(street), np.int32)
    count = link_gaps(pieces, bare, network.group, gap)
    rows = np.flatnonzero(gap >= 0)
    metres, place = np.empty(len(rows)), np.empty(len(rows))
    find_farthest(
        street[rows], low[rows], high[rows], network.group, nearest, placement.group, metres, place
    )
    length = np.bincount(gap[rows], weights=high[rows] - low[rows], minlength=count)
    # Worst first; equal ones by their first piece, so that the order is always the same.
    order = np.lexsort((np.arange(count), -length))
    order = order[length[order] >= LISTED_GAP_M]
    rank = np.full(count + 1, -1, np.int32)
    rank[order] = np.arange(len(order))
    gap = rank[gap]
    own = gap[rows]
    first = np.zeros(len(order) + 1, np.int64)
    np.cumsum(np.bincount(own[own >= 0], minlength=len(order)), out=first[1:])
    piece, worst = np.empty(first[-1], np.int64), np.empty(len(order), np.int64)
    group_pieces(own, metres, first, piece, worst)
    table = Gaps(
        frozen(length[order]),
        frozen(metres[worst]),
        frozen(street[rows[worst]]),
        frozen(place[worst]),
        frozen(first),
        frozen(rows[piece]),
    )
    return frozen(gap), table
