"""The street network of one mode: who may walk or ride where, and where points stand on it.

`Streets` are mode-free; a `StreetNetwork` adds the directed arcs that one mode may use, in
compressed rows (CSR), twice: `out` holds the arcs that leave each node, for a search from a
person; `into` those that arrive, for sweeps from the stations to everybody. On a network without
one-ways both are the same arcs, and share their memory.

What an arc costs is its length, or on a network of time its length in metres at the mode's speed:
more than its metres on stairs. All searches and sweeps add up costs; `to_metres` leads back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import override

from geodata.lines import STEPS
from locator.arrays import (
    Bools,
    Bytes,
    Floats,
    Ints,
    Longs,
    frozen,
    open_arrays,
    save_arrays,
)
from locator.errors import DataError
from locator.modes import Mode, find_mode
from locator.snapping import SnapGrid, Snapped

if TYPE_CHECKING:
    from locator.streets import Streets

FORMAT_VERSION = 1
_BUCKET_SHARE = 0.25
_MOST_BUCKETS = 2**20


@dataclass(frozen=True, slots=True, eq=False)
class Arcs:
    """Arcs in compressed rows: row v is first[v] .. first[v + 1].

    Parameters
    ----------
    first : (n + 1,) int64
    node : (a,) int32
        The other end: where the arc leads (`out`) or comes from (`into`).
    length_m : (a,) float64
        In the network's cost: metres, or metres at the mode's speed.
    street : (a,) int32
    backward : (a,) uint8
        1 where the arc runs from the street's end to its start.
    """

    first: Longs
    node: Ints
    length_m: Floats
    street: Ints
    backward: Bytes

    def __len__(self) -> int:
        return len(self.node)

    @property
    def group(self) -> tuple[Longs, Ints, Floats, Ints, Bytes]:
        """The arrays in the order that kernels take them."""
        return self.first, self.node, self.length_m, self.street, self.backward


@dataclass(frozen=True, slots=True, eq=False)
class Cost:
    """What streets cost, where that is not their length.

    Parameters
    ----------
    stretch : (s,)
        Cost of each metre of a street.
    street : (s,)
        Cost of each whole street.
    span : (z, 2)
        The parts of streets that count, in cost along their streets.
    """

    stretch: Floats
    street: Floats
    span: Floats


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class StreetNetwork:
    """All arcs that one mode may use; immutable.

    Parameters
    ----------
    travel : (s,) uint8
        1 (forward allowed) + 2 (backward allowed) for each street; 0 where the mode may not go.
    component : (n,) int32
        Connected piece of each node, numbered from the one with most street; -1 off the network.
    component_m : (c,)
        Metres of street of each piece.
    bucket_m, buckets
        Width and number of the buckets of a search: a quarter of the mean arc, and a power of two
        that the longest arc does not fill. Between 1/8 and 1 of the mean the time hardly changes.
    timed
        Whether cost is time (in metres at the mode's speed), not length.
    cost
        None where every metre costs 1.
    has_stairs
        Whether the mode's way leads over stairs somewhere, at another pace.
    """

    streets: Streets
    mode: Mode
    travel: Bytes
    out: Arcs
    into: Arcs
    component: Ints
    component_m: Floats
    grid: SnapGrid
    bucket_m: float
    buckets: int
    timed: bool = False
    cost: Cost | None = None
    has_stairs: bool = False

    @override
    def __repr__(self) -> str:
        return f"<StreetNetwork {self.mode.code}: {self.total_m:,.0f} m>"

    @property
    def total_m(self) -> float:
        """Metres of street the mode may use, buffer included."""
        return float(self.component_m.sum())

    @property
    def main_share(self) -> float:
        """Share of those metres in the largest connected piece; 0 where there are none."""
        return float(self.component_m[0] / self.total_m) if self.total_m > 0 else 0.0

    @property
    def stretch(self) -> Floats | None:
        """(s,) cost of each metre of street; None where it is 1 everywhere."""
        return None if self.cost is None else self.cost.stretch

    @property
    def group(self) -> tuple[Ints, Floats, Bytes]:
        """End nodes in turn, cost and travel bits of the streets, as kernels take them."""
        cost = self.streets.length_m if self.cost is None else self.cost.street
        return self.streets.ends.reshape(-1), cost, self.travel

    @property
    def spans(self) -> tuple[Longs, Floats]:
        """The parts of streets that count, in cost, as kernels take them."""
        span = self.streets.span_m if self.cost is None else self.cost.span
        return self.streets.span_first, span

    def to_cost(self, street: Ints, offset_m: Floats) -> Floats:
        """Cost along their streets of places given in real metres; the end stays the end."""
        if self.cost is None:
            return offset_m
        ends = offset_m >= self.streets.length_m[street]
        return np.where(ends, self.cost.street[street], offset_m * self.cost.stretch[street])

    def to_metres(self, street: Ints, place: Floats) -> Floats:
        """Real metres along their streets of places given in cost; the end stays the end."""
        if self.cost is None:
            return place
        ends = place >= self.cost.street[street]
        metres = place / self.cost.stretch[street]
        return np.where(ends, self.streets.length_m[street], metres)

    @property
    def snap_cost(self) -> float:
        """Cost of each straight metre between a person and the street: it is walked.

        Where time is the cost and the mode rides, a metre on foot takes longer than one of a ride.
        """
        return self.mode.speed_mps / find_mode(self.mode.snap).speed_mps if self.timed else 1.0

    def snap(self, xy_m: Floats, limit_m: float, *, allowed: Bools | None = None) -> Snapped:
        """Put points on their nearest usable street; never skips an island.

        Parameters
        ----------
        xy_m : (q, 2) metres, the city's CRS
        limit_m
            Farther than this is nowhere (inclusive).
        allowed : (s,) bool
            Only these streets, where given.

        Returns
        -------
        Snapped
            Exact nearest points; equal distances go to the lower street. O(segments near by).
        """
        usable = self.travel if allowed is None else (self.travel != 0) & allowed
        return self.grid.snap(xy_m, usable, limit_m)

    def save(self, folder: Path) -> None:
        """Write the arcs into a new folder (the streets are saved apart)."""
        arrays: dict[str, NDArray[Any]] = {"travel": self.travel, "component": self.component}
        arrays["component_m"] = self.component_m
        kept = {"out": self.out} if self.into is self.out else {"out": self.out, "into": self.into}
        for side, arcs in kept.items():
            for name in ("first", "node", "length_m", "street", "backward"):
                arrays[f"{side}_{name}"] = getattr(arcs, name)
        meta: dict[str, Any] = {
            "kind": "network",
            "version": FORMAT_VERSION,
            "mode": self.mode.code,
        }
        meta |= {"bucket_m": self.bucket_m, "buckets": self.buckets}
        save_arrays(folder, arrays, {**meta, "streets": self.streets.hash})

    @staticmethod
    def open(folder: Path, streets: Streets, grid: SnapGrid) -> StreetNetwork:
        """Map a saved network; DataError where it is damaged or belongs to other streets."""
        arrays, meta = open_arrays(folder, kind="network", version=FORMAT_VERSION)
        if meta.get("streets") != streets.hash:
            raise DataError(f"{folder} belongs to other streets: import the streets again")
        names = ("first", "node", "length_m", "street", "backward")
        try:
            out = Arcs(*(arrays[f"out_{name}"] for name in names))
            into = out
            if "into_first" in arrays:
                into = Arcs(*(arrays[f"into_{name}"] for name in names))
            mode = find_mode(meta["mode"])
            return StreetNetwork(
                streets, mode, arrays["travel"], out, into, arrays["component"],
                arrays["component_m"], grid, meta["bucket_m"], meta["buckets"], mode.is_parked,
                has_stairs=bool(slow_stairs(streets, mode, arrays["travel"]).any()),
            )  # fmt: skip
        except KeyError as problem:
            raise DataError(f"{folder} lacks {problem}: import the streets again") from problem


def build_network(
    streets: Streets, mode: Mode, *, grid: SnapGrid | None = None, shut: Bools | None = None
) -> StreetNetwork:
    """Lay the arcs of one mode over the streets, at the cost of their length.

    Networks of the same streets may share one `grid`. Streets that are `shut` (s,) are left out.
    O(streets log streets).
    """
    travel = mode.travel(streets.access, streets.flags)
    if shut is not None:
        travel = frozen(np.where(shut, 0, travel), np.uint8)
    ends = streets.ends
    ahead, back = np.flatnonzero(travel & 1), np.flatnonzero(travel & 2)
    street = np.concatenate((ahead, back)).astype(np.int32)
    backward = np.repeat(np.array([0, 1], np.uint8), (len(ahead), len(back)))
    tail = np.concatenate((ends[ahead, 0], ends[back, 1]))
    head = np.concatenate((ends[ahead, 1], ends[back, 0]))
    count = len(streets.node_xy_m)
    out = _rows(count, tail, head, streets.length_m[street], street, backward)
    into = out
    if not np.array_equal(ahead, back):
        into = _rows(count, head, tail, streets.length_m[street], street, backward)
    component, component_m = _components(streets, travel)
    grid = grid or SnapGrid(streets)
    bucket_m, buckets = choose_buckets(out.length_m)
    return StreetNetwork(
        streets, mode, travel, out, into, component, component_m, grid, bucket_m, buckets,
        mode.is_parked, has_stairs=bool(slow_stairs(streets, mode, travel).any()),
    )  # fmt: skip


def slow_stairs(streets: Streets, mode: Mode, travel: Bytes) -> Bools:
    """(s,) usable stairs on which the mode is slower than on the level."""
    slower = mode.stairs not in {0.0, 1.0}
    return np.asarray((streets.flags & STEPS != 0) & (travel != 0) & slower)


def choose_buckets(length_m: Floats) -> tuple[float, int]:
    """Width and number of the buckets of a search."""
    longest = float(length_m.max()) if len(length_m) else 0.0
    mean = float(length_m.mean()) if len(length_m) else 1.0
    # More than that many buckets would cost more than they sort.
    width = max(_BUCKET_SHARE * mean, longest / _MOST_BUCKETS, 1e-3)
    return width, 1 << (int(longest / width) + 3).bit_length()


def _rows(
    count: int, row: Ints, other: Ints, length_m: Floats, street: Ints, backward: Bytes
) -> Arcs:
    """Sort arcs by row, then street and direction, so that every build gives the same order."""
    order = np.lexsort((backward, street, row))
    first = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(row, minlength=count), out=first[1:])
    return Arcs(
        frozen(first),
        frozen(other[order], np.int32),
        frozen(length_m[order]),
        frozen(street[order], np.int32),
        frozen(backward[order]),
    )


def _components(streets: Streets, travel: Bytes) -> tuple[Ints, Floats]:
    """Connected pieces of the usable streets, whatever the direction, by falling length.

    Labels sink to the smallest node of the piece by hooking and pointer jumping (Shiloach &
    Vishkin 1982, J. Algorithms 3): a few passes of numpy, so that import needs no compiler.
    """
    used = travel != 0
    u, v = streets.ends[used, 0], streets.ends[used, 1]
    label = np.arange(len(streets.node_xy_m))
    while True:
        low = np.minimum(label[u], label[v])
        before = label.copy()
        np.minimum.at(label, before[u], low)
        np.minimum.at(label, before[v], low)
        while not np.array_equal(label, label[label]):
            label = label[label]
        if np.array_equal(label, before):
            break
    metres = np.bincount(label[u], weights=streets.length_m[used], minlength=len(label))
    touched = np.zeros(len(label), bool)
    touched[u] = touched[v] = True
    roots = np.unique(label[touched])
    roots = roots[np.lexsort((roots, -metres[roots]))]
    rank = np.full(len(label), -1, np.int32)
    rank[roots] = np.arange(len(roots))
    component = np.where(touched, rank[label], -1)
    return frozen(component, np.int32), frozen(metres[roots])
