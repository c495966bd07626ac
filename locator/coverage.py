"""Which streets are within a limit of a station: exact lengths, depth, and the gaps.

Covered, uncovered and unreachable are disjoint and add up to all streets of the mode in the
city. Nothing is sampled: a street is cut exactly where the limit runs out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from locator.arrays import LIMIT_TOLERANCE_M, Bytes, Floats, Ints, Longs, frozen
from locator.counted import Counted, count_length
from locator.errors import InputError
from locator.gaps import Gaps, find_gaps
from locator.pieces import cut_streets, locate_on_streets
from locator.sweep import sweep_k_nearest, sweep_nearest

if TYPE_CHECKING:
    import geopandas

    from locator.area_table import AreaTable
    from locator.network import StreetNetwork
    from locator.placement import Placement

COVERED, UNCOVERED, UNREACHABLE = 0, 1, 2
STATES = ("covered", "uncovered", "unreachable")
_DEPTHS = 3
MOST_DEPTH = 100  # labels a node: memory grows with it


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Coverage:
    """How much of the city's streets is within a limit of the selected stations.

    Parameters
    ----------
    within_m, depth
        Covered means: at least `depth` stations within `within_m`, inclusive, in the network's
        cost: metres, or metres at the mode's speed where it is timed.
    covered_m, uncovered_m, unreachable_m
        Totals over the streets of the mode in the city, each street once.
    depth_m
        Metres within the limit of exactly 1, exactly 2, and 3 or more stations.
    piece_street, piece_from_m, piece_to_m, piece_state : (p,)
        Every counted stretch of street, in real metres along it, and its state (0 covered,
        1 uncovered, 2 unreachable), ascending by street and place.
    piece_gap : (p,) int32
        The listed gap a piece belongs to, -1 for none.
    street_first : (s + 1,) int64
        The pieces of street s are rows street_first[s] .. street_first[s + 1].
    districts
        What counts, split by district: of a city that has districts.
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
    districts: Callable[[], Counted] | None = None

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

    def by_district(self, counted: Counted | None = None) -> AreaTable:
        """Covered, uncovered and unreachable in each district, outside last.

        Parameters
        ----------
        counted
            Other areas, or people instead of metres: `CityView.counted(by=, demand=)`.

        Raises
        ------
        InputError
            The city has no districts.
        """
        from locator.area_table import tabulate_coverage

        if counted is None:
            if self.districts is None:
                raise InputError("no districts are known here: ask a city that has imported them")
            counted = self.districts()
        return tabulate_coverage(self, counted)

    def gap_names(self, gap: int, *, most: int = 3) -> tuple[str, ...]:
        """Names of the streets that hold most of a gap."""
        table, streets = self.gap_table, self.network.streets
        rows = table.piece[table.first[gap] : table.first[gap + 1]]
        # A gap has few streets, a city thousands of names: count only those that occur.
        codes, own = np.unique(streets.name_code[self.piece_street[rows]], return_inverse=True)
        metres = np.bincount(own, weights=self.piece_to_m[rows] - self.piece_from_m[rows])
        best = codes[np.argsort(-metres, kind="stable")]
        return tuple(streets.names[c] for c in best[: most + 1].tolist() if c)[:most]

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

    def worst_points(self, *, most: int = 10) -> geopandas.GeoDataFrame:
        """The farthest point of each gap, farthest first; equal ones, the longer gap first.

        `distance_m` is in the network's cost: metres, or metres at the mode's speed.
        """
        import geopandas
        import shapely

        order = np.argsort(-self.gap_table.farthest_m, kind="stable")[:most]
        data = {
            "distance_m": self.gap_table.farthest_m[order],
            "streets": ["、".join(self.gap_names(i)) for i in order.tolist()],
        }
        points = shapely.points(self.gap_points()[order])
        return geopandas.GeoDataFrame(data, geometry=points, crs=self.network.streets.crs)

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
    labels: tuple[Floats, Ints] | None = None,
) -> Coverage:
    """Measure exactly which streets are within `within_m` of at least `depth` stations.

    Parameters
    ----------
    within_m
        Limit in the network's cost (metres, unless it is timed), inclusive; a station's own snap
        distance is spent first.
    depth
        How many distinct stations must be in reach.
    depths
        Also measure how much street is in reach of 1, 2, 3 or more (one more short sweep).
    labels : (n, k) twice
        The k nearest distinct stations of each node, where they are known already: at least
        `depth` of them, three where `depths` are asked for. The answer is the same to the byte.

    Returns
    -------
    Coverage
        covered + uncovered + unreachable is the length of all streets of the mode in the city.
        Two sweeps over the network, one of them limited, plus time linear in streets.
    """
    if not within_m > 0:
        raise InputError(f"the limit is {within_m} m, expected more than 0")
    if not 1 <= depth <= MOST_DEPTH:
        raise InputError(f"depth is {depth}, expected 1 to {MOST_DEPTH} stations")
    count = max(depth, _DEPTHS if depths else 1)
    labels, nearest = _label(network, placement, within_m, count, labels)
    pieces = _cover(network, placement, within_m, depth, (*labels, nearest))
    bare = (labels[0][:, depth - 1] > within_m + LIMIT_TOLERANCE_M).astype(np.uint8)
    gap, table = find_gaps(network, placement, pieces, nearest, bare)
    street, state = pieces[0], pieces[3]
    low, high = (network.to_metres(street, place) for place in pieces[1:3])
    metres = [_sum(high[state == s] - low[state == s]) for s in range(3)]
    first = np.zeros(len(network.streets) + 1, np.int64)
    np.cumsum(np.bincount(street, minlength=len(network.streets)), out=first[1:])
    by_depth = {}
    if depths:
        counted = count_length(network.streets)
        metres_of = measure_depths(network, placement, within_m, counted, labels=labels)[-1]
        by_depth = dict(zip(("1", "2", "3+"), metres_of.tolist(), strict=True))
    return Coverage(
        network, float(within_m), depth, metres[0], metres[1], metres[2], by_depth,
        frozen(street), frozen(low), frozen(high), frozen(state), gap, frozen(first), table,
        placement.unroutable,
    )  # fmt: skip


def measure_depths(
    network: StreetNetwork,
    placement: Placement,
    within_m: float,
    counted: Counted,
    *,
    labels: tuple[Floats, Ints] | None = None,
) -> Floats:
    """What lies within the limit of exactly 1, exactly 2, and 3 or more stations, by area.

    Parameters
    ----------
    counted
        What counts, and in which area.
    labels
        As in `measure_coverage`, three or more.

    Returns
    -------
    (areas + 1, 3) in the unit of `counted`
        The last row is what lies in no area. The first column is at risk: one closing uncovers it.
    """
    from locator.kernels.intervals import measure_depths as add_up

    if labels is None:
        labels = sweep_k_nearest(network, placement, _DEPTHS, limit_m=within_m)
    sums = np.zeros((len(counted.areas) + 1, _DEPTHS))
    area = np.where(counted.area < 0, len(counted.areas), counted.area).astype(np.int32)
    spans = counted.group(network)
    add_up(
        within_m, network.group, labels, placement.group, spans, area, counted.worth(network), sums
    )
    return frozen(sums)


def _label(
    network: StreetNetwork,
    placement: Placement,
    within_m: float,
    count: int,
    labels: tuple[Floats, Ints] | None,
) -> tuple[tuple[Floats, Ints], Floats]:
    """The nearest `count` stations of each node, at least those within the limit; the nearest."""
    if labels is not None:
        if labels[0].shape[1] < count:
            raise InputError(f"{labels[0].shape[1]} stations a node are known, {count} are needed")
        return labels, frozen(labels[0][:, 0])
    nearest, row = sweep_nearest(network, placement)
    if count > 1:
        return sweep_k_nearest(network, placement, count, limit_m=within_m), nearest
    return (nearest[:, None], row[:, None]), nearest


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
