"""Points put on their nearest street.

Apart from `network`: the grid belongs to the streets, not to a mode, and networks share it.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import LIMIT_TOLERANCE_M, Bools, Bytes, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.mapped import give_back

if TYPE_CHECKING:
    from locator.streets import Streets

# Streets lie no denser than this; a smaller cell would only hold the same segment more often.
_SMALLEST_CELL_M = 20.0
# Cell side over the mean room of a vertex: about two segments to a cell.
_CELL_SHARE = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Snapped:
    """Where points stand on the streets.

    Parameters
    ----------
    street : (q,) int32; -1 where there is no usable street within the limit
    offset_m : (q,) metres along the street; nan where there is none
    snap_m : (q,) metres from the point to the street, straight; inf where there is none
    """

    street: Ints
    offset_m: Floats
    snap_m: Floats

    def __len__(self) -> int:
        return len(self.street)

    @property
    def found(self) -> Bools:
        """Which points have a street."""
        return np.asarray(self.street >= 0)


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Square cells and the segments in each; segment i runs from vertex i to i + 1."""

    west_m: float
    south_m: float
    cell_m: float
    columns: int
    rows: int
    first: Longs
    segment: Ints
    segment_street: Ints


class SnapGrid:
    """All segments of all streets sorted into square cells, when the first point asks.

    Immutable to its readers; building is guarded, so threads may share it.

    Parameters
    ----------
    streets
        The streets; all modes use the same grid.
    """

    def __init__(self, streets: Streets) -> None:
        self._streets = streets
        self._cells: _Cells | None = None
        self._lock = threading.Lock()

    def snap(self, xy_m: Floats, usable: Bools | Bytes, limit_m: float) -> Snapped:
        """The nearest usable street of each point.

        Parameters
        ----------
        xy_m : (q, 2) metres, the city's CRS
        usable : (s,) bool, or uint8 that is not 0 where usable
        limit_m
            Farther than this is nowhere (inclusive).

        Returns
        -------
        Snapped
            Exact; equal distances go to the lower street, then the lower offset.

        Raises
        ------
        InputError
            A coordinate is not a finite number.
        """
        from locator.kernels.geometry import snap_points

        points = np.ascontiguousarray(xy_m, dtype=np.float64).reshape(-1, 2)
        if not np.isfinite(points).all():
            raise InputError("a point has no finite coordinates: give metres in the city's CRS")
        with self._lock:
            if self._cells is None:
                self._cells = _sort_segments(self._streets)
        cells, streets = self._cells, self._streets
        street = np.empty(len(points), np.int32)
        offset, distance = np.empty(len(points)), np.empty(len(points))
        snap_points(
            streets.xy_m, streets.along_m, cells.segment_street,
            np.ascontiguousarray(usable).view(np.uint8), cells.first, cells.segment,
            cells.west_m, cells.south_m, cells.cell_m, cells.columns, cells.rows,
            points, limit_m, street, offset, distance,
        )  # fmt: skip
        return Snapped(frozen(street), frozen(offset), frozen(distance))


def _sort_segments(streets: Streets) -> _Cells:
    """Count the segments of each cell, then write them down; O(segments + cells)."""
    from locator.kernels.geometry import fill_grid

    xy = streets.xy_m
    west, south = xy.min(axis=0) if len(xy) else (0.0, 0.0)
    width, height = np.ptp(xy, axis=0) if len(xy) else (0.0, 0.0)
    room_m = float(np.sqrt((width + 1) * (height + 1) / max(len(xy), 1)))
    cell = max(_SMALLEST_CELL_M, room_m * _CELL_SHARE)
    columns, rows = int(width / cell) + 1, int(height / cell) + 1
    place = (float(west), float(south), cell, columns, rows)
    start = np.zeros(columns * rows + 1, np.int64)
    fill_grid(xy, streets.first, *place, start[1:], np.empty(0, np.int32))
    np.cumsum(start, out=start)
    segment = np.empty(start[-1], np.int32)
    fill_grid(xy, streets.first, *place, start[:-1].copy(), segment)
    give_back((xy, streets.along_m))
    owner = np.repeat(np.arange(len(streets), dtype=np.int32), np.diff(streets.first))
    return _Cells(*place, frozen(start), frozen(segment), frozen(owner))


def at_node(streets: Streets, snapped: Snapped) -> Ints:
    """The node on which each snapped point stands, -1 between nodes."""
    node = np.full(len(snapped), -1, np.int32)
    on = snapped.found
    street, offset = snapped.street[on], snapped.offset_m[on]
    at = np.full(len(street), -1, np.int32)
    at_end = offset >= streets.length_m[street] - LIMIT_TOLERANCE_M
    at[at_end] = streets.ends[street[at_end], 1]
    at_start = offset <= LIMIT_TOLERANCE_M
    at[at_start] = streets.ends[street[at_start], 0]
    node[on] = at
    return node
