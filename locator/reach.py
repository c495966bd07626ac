"""The reach table: how far every place on every street is from its nearest stations.

One sweep with three labels a node gives, for each street, the exact distance to the nearest, the
second and the third nearest distinct station as a function of the place on it: straight lines that
rise or fall by one. Every limit, the curve of what is covered, the farthest point of a district
and the time left of a break are read from this table; no question needs another sweep.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import override

from locator.arrays import LIMIT_TOLERANCE_M, Floats, Ints, Longs, frozen
from locator.counted import Counted, count_length
from locator.coverage import Coverage, measure_coverage, measure_depths
from locator.curve import Curve, draw_curve
from locator.errors import InputError
from locator.sweep import sweep_k_nearest

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement

DEPTHS = 3
Signs = NDArray[np.int8]


@dataclass(frozen=True, slots=True, eq=False)
class Level:
    """Pieces of all usable streets, ascending, on each of which the cost is one straight line.

    Parameters
    ----------
    first : (s + 1,) int64
        Street i has the pieces first[i] .. first[i + 1]; none where the mode may not go.
    low, high : (p,)
        Places along the street, in the network's cost.
    cost : (p,)
        Cost at `low`; inf where there is no such station.
    slope : (p,) int8
        How the cost grows along the piece: +1 or -1; 0 where there is no such station.
    row : (p,) int32
        The station, as a row of the placement; -1 where there is none.
    """

    first: Longs
    low: Floats
    high: Floats
    cost: Floats
    slope: Signs
    row: Ints

    def __len__(self) -> int:
        return len(self.low)

    @property
    def street(self) -> Ints:
        """(p,) street of each piece."""
        return np.repeat(np.arange(len(self.first) - 1, dtype=np.int32), np.diff(self.first))

    @property
    def group(self) -> tuple[Longs, Floats, Floats, Floats, Signs]:
        """The arrays in the order that kernels take them."""
        return self.first, self.low, self.high, self.cost, self.slope


@dataclass(frozen=True, slots=True, eq=False)
class Bits:
    """The parts of a level's pieces that count: piece, span of the counted, from, to."""

    piece: Longs
    span: Longs
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True, eq=False)
class WorstPoints:
    """The farthest point of each area, the farthest first; equal ones by street and place.

    Parameters
    ----------
    area : (w,) int32
        Row of the counted areas, -1 outside all of them.
    street, offset_m : (w,)
        Where it is; on a one-way street just past a station, where the way jumps up.
    cost : (w,)
        Way to its nearest station, in the network's cost.
    row : (w,) int32
        That station, as a row of the placement.
    """

    area: Ints
    street: Ints
    offset_m: Floats
    cost: Floats
    row: Ints

    def __len__(self) -> int:
        return len(self.area)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Reach:
    """Distance to the nearest stations along every street, by depth.

    Parameters
    ----------
    label_cost, label_row : (n, k)
        The k nearest distinct stations of each node: inf and -1 where there are fewer.
    levels
        One for the nearest station, one for the second nearest, and so on.
    limit
        Beyond this cost nothing is known; inf where the sweep had no limit.
    """

    network: StreetNetwork
    placement: Placement
    label_cost: Floats
    label_row: Ints
    levels: tuple[Level, ...]
    limit: float = np.inf

    @override
    def __repr__(self) -> str:
        return f"<Reach: {len(self.placement)} stations, depth {len(self.levels)}>"

    def level(self, depth: int) -> Level:
        """The pieces of one depth, 1 for the nearest station."""
        if not 1 <= depth <= len(self.levels):
            raise InputError(f"depth is {depth}, expected 1 to {len(self.levels)}")
        return self.levels[depth - 1]

    def at(self, limit: float, depth: int = 1) -> Coverage:
        """The coverage of one limit: the same bytes as `measure_coverage` gives, without a sweep.

        Only as many depths are told apart as the table has.
        """
        self._refuse_beyond(limit)
        labels = self.label_cost, self.label_row
        depths = len(self.levels) >= DEPTHS
        return measure_coverage(
            self.network, self.placement, limit, depth=depth, depths=depths, labels=labels
        )

    def depths(self, limit: float, counted: Counted | None = None) -> Floats:
        """What lies within the limit of exactly 1, 2, and 3 or more stations, by area.

        See `locator.coverage.measure_depths`; its first column is at risk.
        """
        self._refuse_beyond(limit)
        self.level(DEPTHS)
        labels = self.label_cost, self.label_row
        counted = self._counted(counted)
        return measure_depths(self.network, self.placement, limit, counted, labels=labels)

    def curve(
        self, counted: Counted | None = None, depth: int = 1, *, area: int | None = None
    ) -> Curve:
        """What is covered as a function of the limit, in one area or (None) everywhere.

        Exact at every limit; O(pieces log pieces).
        """
        counted, level = self._counted(counted), self.level(depth)
        bits = cut_bits(level, counted, self.network)
        if area is not None:
            bits = _take(bits, counted.area[bits.span] == area)
        worth = counted.worth(self.network)[bits.span]
        at_low = _cost_at(level, bits.piece, bits.low)
        at_high = _cost_at(level, bits.piece, bits.high)
        known = np.isfinite(at_low)
        low, high = np.minimum(at_low, at_high)[known], np.maximum(at_low, at_high)[known]
        lengths = bits.high - bits.low
        kept = low < np.minimum(high, self.limit)
        return draw_curve(
            low[kept],
            np.minimum(high, self.limit)[kept],
            worth[known][kept],
            total=float((worth * lengths).sum()),
            unreachable=float((worth * lengths)[~known].sum()),
            depth=depth,
            unit=counted.unit,
            top=self.limit,
        )

    def distance_at(self, street: ArrayLike, offset_m: ArrayLike, depth: int = 1) -> Floats:
        """Cost from points on streets to their depth-th nearest station; inf where there is none.

        Parameters
        ----------
        street, offset_m : (q,)
            Real metres along each street; a point within the tolerance of a crossing may leave by
            any street that meets there. inf too on streets that the mode may not use.
        """
        from locator.kernels.reach import read_level

        street = np.atleast_1d(np.asarray(street, np.int32))
        offset = np.atleast_1d(np.asarray(offset_m, np.float64))
        if self.network.stretch is not None:
            offset = offset * self.network.stretch[np.maximum(street, 0)]
        cost, piece = np.empty(len(street)), np.empty(len(street), np.int32)
        run = self.network.group[1]
        level = self.level(depth).group
        read_level(level, run, street, offset, LIMIT_TOLERANCE_M, cost, piece)
        usable = np.flatnonzero((street >= 0) & (self.network.travel[street] != 0))
        ends, labels = self.network.streets.ends, self.label_cost[:, depth - 1]
        for end in range(2):
            place = np.zeros(len(usable)) if end == 0 else run[street[usable]]
            near = usable[np.abs(offset[usable] - place) <= LIMIT_TOLERANCE_M]
            cost[near] = np.minimum(cost[near], labels[ends[street[near], end]])
        return cost

    def worst_points(self, counted: Counted | None = None, most: int | None = None) -> WorstPoints:
        """The exact farthest point of each area, on any street; the `most` farthest of these.

        Unreachable places are apart and never the farthest. O(pieces).
        """
        self._refuse_beyond(np.inf)
        counted, level = self._counted(counted), self.level(1)
        bits = cut_bits(level, counted, self.network)
        bits = _take(bits, np.isfinite(level.cost[bits.piece]))
        falling = level.slope[bits.piece] < 0
        place = np.where(falling, bits.low, bits.high)
        cost = _cost_at(level, bits.piece, place)
        street, area = level.street[bits.piece], counted.area[bits.span]
        order = np.lexsort((place, street, -cost, area))
        heads = order[np.unique(area[order], return_index=True)[1]]
        heads = heads[np.lexsort((place[heads], street[heads], -cost[heads]))][:most]
        stretch = self.network.stretch
        scale = 1.0 if stretch is None else stretch[street[heads]]
        return WorstPoints(
            frozen(area[heads], np.int32),
            frozen(street[heads], np.int32),
            frozen(np.minimum(place[heads] / scale, self.network.streets.length_m[street[heads]])),
            frozen(cost[heads]),
            frozen(level.row[bits.piece[heads]]),
        )

    def _counted(self, counted: Counted | None) -> Counted:
        return count_length(self.network.streets) if counted is None else counted

    def _refuse_beyond(self, limit: float) -> None:
        if limit > self.limit:
            raise InputError(
                f"the table was made up to {self.limit:g} and asked for {limit:g}: "
                "make it with a higher limit or with none"
            )


def build_reach(
    network: StreetNetwork, placement: Placement, *, depth: int = DEPTHS, limit: float = np.inf
) -> Reach:
    """Make the reach table of the selected stations.

    Parameters
    ----------
    depth
        How many distinct stations of each place are told apart.
    limit
        In the network's cost; beyond it the table knows nothing, and is made the faster.

    Returns
    -------
    Reach
        One sweep with `depth` labels a node, and time linear in streets.
    """
    cost, row = sweep_k_nearest(network, placement, depth, limit_m=limit)
    levels = _find_levels(network, placement, (cost, row), depth)
    return Reach(network, placement, cost, row, levels, float(limit))


def make_table(room: int) -> tuple[Ints, Signs, Floats, Floats, Floats, Signs, Ints]:
    """Room for pieces, as the kernels of `locator.kernels.reach` fill it."""
    return (
        np.empty(room, np.int32), np.empty(room, np.int8), np.empty(room), np.empty(room),
        np.empty(room), np.empty(room, np.int8), np.empty(room, np.int32),
    )  # fmt: skip


def cut_bits(level: Level, counted: Counted, network: StreetNetwork) -> Bits:
    """The parts of a level's pieces that lie in counted spans; O(pieces + spans)."""
    span_first, span = counted.group(network)
    street = level.street
    count = np.diff(span_first)[street]
    piece = np.repeat(np.arange(len(level)), count)
    start = np.cumsum(count) - count
    own = np.arange(len(piece)) - start[piece] + span_first[street[piece]]
    low = np.maximum(level.low[piece], span[own, 0])
    high = np.minimum(level.high[piece], span[own, 1])
    return _take(Bits(piece, own, low, high), high > low)


def _take(bits: Bits, chosen: NDArray[np.bool_]) -> Bits:
    return Bits(bits.piece[chosen], bits.span[chosen], bits.low[chosen], bits.high[chosen])


def _cost_at(level: Level, piece: Longs, place: Floats) -> Floats:
    return np.asarray(level.cost[piece] + level.slope[piece] * (place - level.low[piece]))


def _find_levels(
    network: StreetNetwork, placement: Placement, labels: tuple[Floats, Ints], depth: int
) -> tuple[Level, ...]:
    from locator.kernels.reach import find_levels

    room = 2 * depth * len(network.streets) + 16
    while True:
        table = make_table(room)
        count = find_levels(network.group, labels, placement.group, depth, table)
        if count <= room:
            break
        room = count
    own = table[1][:count]
    return tuple(
        pack_level(table, np.flatnonzero(own == d), len(network.streets)) for d in range(depth)
    )


def pack_level(
    table: tuple[Ints, Signs, Floats, Floats, Floats, Signs, Ints], rows: Longs, streets: int
) -> Level:
    """Some pieces of a kernel's table as a level."""
    street, _, low, high, cost, slope, row = table
    first = np.zeros(streets + 1, np.int64)
    np.cumsum(np.bincount(street[rows], minlength=streets), out=first[1:])
    return Level(
        frozen(first), frozen(low[rows]), frozen(high[rows]), frozen(cost[rows]),
        frozen(slope[rows]), frozen(row[rows]),
    )  # fmt: skip
