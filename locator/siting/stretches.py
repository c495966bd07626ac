"""What counts on the streets and is not served yet: the ground on which candidates compete.

Spread demand lies in stretches, each metre of which is worth the same; a point of demand is a
stretch without length that counts as a whole.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.area_table import judge_points, tabulate_coverage
from locator.arrays import Floats, Ints, frozen
from locator.coverage import COVERED, Coverage
from locator.overlay import NOWHERE, overlay_pieces

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.network import StreetNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Stretches:
    """Parts of streets, ascending by street and place and apart; points after them.

    Parameters
    ----------
    street : (b,) int32
    low_m, high_m : (b,)
        Real metres along the street; equal for a point.
    worth : (b,)
        What the whole stretch is worth.
    area : (b,) int32
        Area in which it counts, -1 for none.
    spread
        How many of them are no points.
    """

    street: Ints
    low_m: Floats
    high_m: Floats
    worth: Floats
    area: Ints
    spread: int

    def __len__(self) -> int:
        return len(self.street)


def find_open(cover: Coverage, counted: Counted) -> Stretches:
    """What counts and is not covered, reachable today or not."""
    pieces = (cover.piece_street, cover.piece_from_m, cover.piece_to_m)
    bare = cover.piece_state != COVERED
    open_points = np.empty(0, np.int64)
    if counted.at_m is not None:
        points = np.flatnonzero(~np.isnan(counted.at_m))
        state = judge_points(cover, counted, points)
        open_points = points[(state != COVERED) & (state < _NO_STREET)]
    left = (pieces[0][bare], pieces[1][bare], pieces[2][bare])
    return _gather(left, counted, open_points)


def find_all(network: StreetNetwork, counted: Counted) -> Stretches:
    """What counts on the streets of a mode."""
    usable = network.travel != 0
    street = np.flatnonzero(usable).astype(np.int32)
    whole = (street, np.zeros(len(street)), network.streets.length_m[street])
    points = np.empty(0, np.int64)
    if counted.at_m is not None:
        points = np.flatnonzero(~np.isnan(counted.at_m))
        points = points[usable[counted.street[points]]]
    return _gather(whole, counted, points)


_NO_STREET = 3  # as `judge_points` marks places that the mode cannot go to


def _gather(parts: tuple[Ints, Floats, Floats], counted: Counted, points: np.ndarray) -> Stretches:
    """The counted share of some parts of streets, and some of the counted points."""
    spread = np.ones(len(counted), bool) if counted.at_m is None else np.isnan(counted.at_m)
    rows = np.flatnonzero(spread)
    spans = (counted.street[rows], counted.span_m[rows, 0], counted.span_m[rows, 1])
    bits = overlay_pieces(parts, spans)
    inside = (bits.one != NOWHERE) & (bits.other != NOWHERE)
    row = rows[bits.other[inside]]
    kept = counted.weight[row] > 0
    row, where = row[kept], np.flatnonzero(inside)[kept]
    low, high = bits.from_m[where], bits.to_m[where]
    at = counted.at_m[points] if counted.at_m is not None else np.empty(0)
    amount = counted.weight[points] * (counted.span_m[points, 1] - counted.span_m[points, 0])
    some = amount > 0
    points, at, amount = points[some], at[some], amount[some]
    area = np.concatenate((counted.area[row], counted.area[points]))
    return Stretches(
        frozen(np.concatenate((bits.street[where], counted.street[points])), np.int32),
        frozen(np.concatenate((low, at))), frozen(np.concatenate((high, at))),
        frozen(np.concatenate((counted.weight[row] * (high - low), amount))),
        frozen(area, np.int32), len(row),
    )  # fmt: skip


def measure_share(cover: Coverage, counted: Counted | None) -> tuple[float, float]:
    """What is covered and the total of what counts; metres where `counted` is None."""
    if counted is None:
        return cover.covered_m, cover.total_m
    table = tabulate_coverage(cover, counted)
    return float(table.covered.sum()), float(table.total.sum())
