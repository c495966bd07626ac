"""Points on the streets where a station could stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from locator.arrays import Bools, Floats, Ints, frozen

if TYPE_CHECKING:
    from locator.network import StreetNetwork


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """Places on streets, ascending by street and offset.

    Parameters
    ----------
    street : (c,) int32
    offset_m : (c,) metres along the street
    """

    street: Ints
    offset_m: Floats

    def __len__(self) -> int:
        return len(self.street)


def street_points(network: StreetNetwork, *, spacing_m: float) -> Candidates:
    """Every crossing and end of street in the city, and points between them.

    Streets longer than `spacing_m` are divided evenly, so that no two neighbours on a street are
    farther apart. A crossing is listed once, on its lowest street. Points outside the city's
    spans are left out: a new station is built in the city.
    """
    streets = network.streets
    usable = np.flatnonzero(network.travel != 0)
    length = streets.length_m[usable]
    parts = np.maximum(np.ceil(length / spacing_m).astype(np.int64), 1)
    inner = np.repeat(usable, parts - 1)
    step = _count_up(parts - 1)
    offset = step.astype(np.float64) * np.repeat(length / parts, parts - 1)
    node = streets.ends[usable].reshape(-1)
    _, lowest = np.unique(node, return_index=True)
    end_street = usable[lowest // 2]
    end_offset = np.where(lowest % 2 == 0, 0.0, streets.length_m[end_street])
    street = np.concatenate((inner, end_street)).astype(np.int32)
    offset = np.concatenate((offset, end_offset)).astype(np.float64)
    inside = _in_city(network, street, offset)
    street, offset = street[inside], offset[inside]
    order = np.lexsort((offset, street))
    return Candidates(frozen(street[order], np.int32), frozen(offset[order]))


def _count_up(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """1, 2 .. n for each n, one run after the other."""
    before = np.repeat(np.cumsum(counts) - counts, counts)
    return np.arange(1, int(counts.sum()) + 1) - before


def _in_city(network: StreetNetwork, street: Ints, offset_m: Floats) -> Bools:
    """Which places lie in a counted span of their street."""
    first, span = network.streets.span_first, network.streets.span_m
    inside = np.zeros(len(street), bool)
    per_street = np.diff(first)[street]
    for i in range(int(per_street.max()) if len(street) else 0):
        has = per_street > i
        row = first[street[has]] + i
        inside[has] |= (span[row, 0] <= offset_m[has]) & (offset_m[has] <= span[row, 1])
    return inside
