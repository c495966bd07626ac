"""The break budget: what is left of a break after the way to a station and the way back.

Both ways count and lead to and from the same station, so on one-way streets the station that is
nearest need not be the best one. Where every street may be used both ways the way back is as long
as the way there, and twice the reach table says all.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from typing_extensions import override

from locator.arrays import LIMIT_TOLERANCE_M, Floats, Ints, frozen
from locator.counted import Counted, count_length
from locator.errors import InputError
from locator.pieces import cut_streets
from locator.reach import Level, build_reach, cut_bits, make_table, pack_level
from locator.sweep import sweep_k_nearest

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.placement import Placement

_FIRST_LABELS = 4
_FIRST_ROOM = 64


@dataclass(frozen=True, slots=True, eq=False)
class RestTotals:
    """What a break is worth, over all that counts.

    Parameters
    ----------
    mean_min
        Mean minutes left; 0 counts where nothing is left or no station can be reached.
    shares
        (minutes, share of all with at least that many left), in the order asked for.
    total
        All that counts, in `unit`.
    """

    mean_min: float
    shares: tuple[tuple[float, float], ...]
    total: float
    unit: str


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Rest:
    """Minutes left of a break along every street.

    Parameters
    ----------
    break_min
        Length of the break.
    trips
        Cost of the best round trip, as a level of pieces: slopes are -2, 0 and 2, and the row is
        that of the station. Not exact beyond the break.
    """

    network: StreetNetwork
    placement: Placement
    break_min: float
    trips: Level

    @override
    def __repr__(self) -> str:
        return f"<Rest: {self.break_min:g} min, {len(self.placement)} stations>"

    def pieces(self) -> tuple[Ints, Floats, Floats, Floats, Floats, Ints]:
        """Where some of the break is left: street, from, to (real metres), minutes at both, row.

        Ascending by street and place. Everywhere else nothing is left.
        """
        trips, budget = self.trips, self._budget
        low, high, keep = _within(trips, trips.low, trips.high, np.arange(len(trips)), budget)
        rows = np.flatnonzero(keep)
        low, high = low[rows], high[rows]
        left = [self._left(rows, place) for place in (low, high)]
        street = trips.street[rows]
        stretch = self.network.stretch
        scale = 1.0 if stretch is None else stretch[street]
        return street, low / scale, high / scale, left[0], left[1], trips.row[rows]

    def totals(
        self, at_least: tuple[float, ...] = (5.0, 10.0), counted: Counted | None = None
    ) -> RestTotals:
        """Mean minutes left, and the share of streets with at least so many minutes left."""
        counted = count_length(self.network.streets) if counted is None else counted
        bits = cut_bits(self.trips, counted, self.network)
        worth = counted.worth(self.network)[bits.span]
        total = float((worth * (bits.high - bits.low)).sum())
        low, high, keep = _within(self.trips, bits.low, bits.high, bits.piece, self._budget)
        left = [self._left(bits.piece[keep], place[keep]) for place in (low, high)]
        rest = float((worth * (high - low))[keep] @ (left[0] + left[1])) / 2.0
        shares = []
        for minutes in at_least:
            budget = self._budget - self._cost(minutes)
            a, b, some = _within(self.trips, bits.low, bits.high, bits.piece, budget)
            shares.append(float((worth * (b - a))[some].sum()))
        whole = total if total > 0 else 1.0
        return RestTotals(
            rest / whole,
            tuple((m, s / whole) for m, s in zip(at_least, shares, strict=True)),
            total,
            counted.unit,
        )

    def to_geojson(self, to_lonlat: Any) -> dict[str, Any]:
        """Streets with minutes left at both ends, as lines in degrees.

        Parameters
        ----------
        to_lonlat
            Turns (p, 2) points of the city's CRS into WGS-84 degrees.
        """
        street, low, high, first, last, _ = self.pieces()
        xy, begin = cut_streets(self.network.streets, street, low, high)
        points = np.round(to_lonlat(xy), 6)
        features = [
            {
                "type": "Feature",
                "properties": {"minutes_from": round(a, 2), "minutes_to": round(b, 2)},
                "geometry": {"type": "LineString", "coordinates": points[i:j].tolist()},
            }
            for i, j, a, b in zip(
                begin[:-1].tolist(), begin[1:].tolist(), first.tolist(), last.tolist(), strict=True
            )
        ]
        return {"type": "FeatureCollection", "break_min": self.break_min, "features": features}

    @property
    def _budget(self) -> float:
        return self._cost(self.break_min)

    def _cost(self, minutes: float) -> float:
        return minutes * 60.0 * self.network.mode.speed_mps

    def _left(self, piece: Any, place: Floats) -> Floats:
        """Minutes left at places on pieces; 0 where the trip takes the whole break or more."""
        trips = self.trips
        cost = trips.cost[piece] + trips.slope[piece] * (place - trips.low[piece])
        return np.asarray(np.maximum((self._budget - cost) / self._cost(1.0), 0.0))


def _within(
    trips: Level, low: Floats, high: Floats, piece: Any, budget: float
) -> tuple[Floats, Floats, Any]:
    """The part of each bit whose round trip costs at most the budget, and whether there is one."""
    cost, slope = trips.cost[piece], trips.slope[piece]
    with np.errstate(invalid="ignore", divide="ignore"):
        crossing = trips.low[piece] + (budget - cost) / slope
    a = np.where(slope < 0, np.maximum(low, crossing), low)
    b = np.where(slope > 0, np.minimum(high, crossing), high)
    flat = (slope != 0) | (cost <= budget + LIMIT_TOLERANCE_M)
    return a, b, np.isfinite(cost) & flat & (b > a)


def measure_rest(network: StreetNetwork, placement: Placement, break_min: float) -> Rest:
    """What is left of a break for somebody on any street who goes to a station and back.

    Parameters
    ----------
    network
        Timed, where the mode has a network of time: a break is minutes.
    break_min
        Minutes; rest = break - way there - way back, never negative.

    Returns
    -------
    Rest
        Exact along every street. One limited sweep where no street is one-way, else one for each
        direction, repeated with more labels a node until no station left out could be better.
    """
    if not (break_min > 0 and np.isfinite(break_min)):
        raise InputError(f"the break is {break_min} min, expected more than 0")
    budget = break_min * 60.0 * network.mode.speed_mps
    if network.into is network.out:
        way = build_reach(network, placement, depth=1, limit=0.5 * budget).level(1)
        trips = Level(
            way.first, way.low, way.high, frozen(2.0 * way.cost),
            frozen(2 * way.slope, np.int8), way.row,
        )  # fmt: skip
    else:
        trips = _find_trips(network, placement, budget)
    return Rest(network, placement, float(break_min), trips)


def _find_trips(network: StreetNetwork, placement: Placement, budget: float) -> Level:
    """The best round trips on a network with one-way streets."""
    from locator.kernels.trips import find_round_trips

    stations = len(placement)
    labels, room, pieces = min(_FIRST_LABELS, stations + 1), _FIRST_ROOM, 2 * len(network.streets)
    there = sweep_k_nearest(network, placement, labels, limit_m=budget)
    back = sweep_back(network, placement, labels, limit=budget)
    while True:
        table = make_table(pieces)
        count, doubtful, most = find_round_trips(
            network.group, there, back, placement.group, budget, room, table
        )
        if count > pieces or most > room:
            pieces, room = max(count, pieces), max(most, room)
        elif doubtful and labels <= stations:
            # With one label more than there are stations nothing is left out.
            labels = min(2 * labels, stations + 1)
            there = sweep_k_nearest(network, placement, labels, limit_m=budget)
            back = sweep_back(network, placement, labels, limit=budget)
        else:
            break
    return pack_level(table, np.arange(count), len(network.streets))


def sweep_back(
    network: StreetNetwork, placement: Placement, k: int, *, limit: float = np.inf
) -> tuple[Floats, Ints]:
    """The k stations from which each node is reached soonest: as `sweep_k_nearest`, the other way.

    A station's snap is walked on the way back too.
    """
    from locator.kernels import sweeps

    node, cost, row = _leave(network, placement)
    out = network.out
    longest = float(out.length_m.max()) if len(out) else 0.0
    shape = (len(network.streets.node_xy_m), k)
    labels = np.empty(shape), np.empty(shape, np.int32)
    capacity = len(node) + labels[0].size + 16
    arcs = (out.first, out.node, out.length_m)
    while sweeps.sweep_k_nearest(
        *arcs, node, cost, row, longest, network.bucket_m, limit, capacity, *labels
    ):
        capacity *= 2
    return frozen(labels[0]), frozen(labels[1])


def _leave(network: StreetNetwork, placement: Placement) -> tuple[Ints, Floats, Ints]:
    """The nodes one comes to first from each station: the station's crossing, or its street's ends.

    Forward travel leads from a station to the end of its street, backward travel to its start.
    """
    first, row, offset, snap = placement.group
    street = np.repeat(np.arange(len(first) - 1), np.diff(first))
    run, way = network.group[1][street], network.travel[street]
    ends = network.streets.ends[street]
    to_end = ((way & 1) != 0) | (offset >= run)
    to_start = ((way & 2) != 0) | (offset <= 0.0)
    node = np.concatenate((ends[to_end, 1], ends[to_start, 0]))
    cost = np.concatenate(((run - offset + snap)[to_end], (offset + snap)[to_start]))
    return (
        frozen(node, np.int32),
        frozen(cost),
        frozen(np.concatenate((row[to_end], row[to_start])), np.int32),
    )
