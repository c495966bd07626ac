"""Ways: polylines in metres between numbered nodes, with their attributes, as flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.sample_city.fabric import SPLIT, Lines, Mesh

if TYPE_CHECKING:
    from geodata.sample_city.bend import Bend
    from geodata.sample_city.styles import Styles

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

_VERTEX_EVERY = 12.0  # units of the grid between vertices of a long street
_JITTER = 0.9  # units by which crossings are off the grid
_BOWED_SHARE, _BOW, _BOWED = 0.22, 0.12, (12, 60)  # streets that swing out, by what part, how long
_BOW_VERTICES = 4
_SAME_M = 0.01


@dataclass(frozen=True, slots=True, eq=False)
class Ways:
    """Ways from node u to node v.

    Parameters
    ----------
    u, v : (m,) int64
    first : (m + 1,) int64
        Way i has the points xy_m[first[i]] .. xy_m[first[i + 1]], its nodes included.
    xy_m : (p, 2) float64
    line : (m,) int64
        Line of the grid it is part of; -1 for none.
    highway, name, part, flags : (m,) int64
        As in `Styles`; flags of `geodata.lines`.
    """

    u: Longs
    v: Longs
    first: Longs
    xy_m: Floats
    line: Longs
    highway: Longs
    name: Longs
    part: Longs
    flags: Longs

    def __len__(self) -> int:
        return len(self.u)

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Ways:
        """Some of the ways, by row numbers or mask."""
        rows = np.flatnonzero(rows) if rows.dtype == np.bool_ else rows
        count = (self.first[1:] - self.first[:-1])[rows]
        first = np.concatenate(([0], np.cumsum(count)))
        point = np.arange(first[-1]) + np.repeat(self.first[rows] - first[:-1], count)
        return Ways(
            self.u[rows], self.v[rows], first, self.xy_m[point],
            *(getattr(self, name)[rows] for name in _ATTRIBUTES),
        )  # fmt: skip

    def shapes(self) -> NDArray[np.object_]:
        """The ways as shapely lines."""
        owner = np.repeat(np.arange(len(self)), np.diff(self.first))
        lines: NDArray[np.object_] = shapely.linestrings(self.xy_m, indices=owner)
        return lines


_ATTRIBUTES = ("line", "highway", "name", "part", "flags")


def join_ways(parts: Sequence[Ways]) -> Ways:
    """All ways of several sets of them."""
    count = np.concatenate([np.diff(part.first) for part in parts])
    columns = {
        column.name: np.concatenate([getattr(part, column.name) for part in parts])
        for column in fields(Ways)
        if column.name != "first"
    }
    return Ways(first=np.concatenate(([0], np.cumsum(count))), **columns)


def draw_ways(
    bend: Bend, lines: Lines, styles: Styles, mesh: Mesh, rng: np.random.Generator
) -> tuple[Floats, Ways]:
    """Nodes (n, 2) in metres and the ways between neighbours on each line, bent into place."""
    line = np.repeat(np.arange(len(lines)), np.diff(mesh.first))
    follows = line[1:] == line[:-1]
    u, v, line = mesh.point[:-1][follows], mesh.point[1:][follows], line[1:][follows]
    grid = mesh.grid.astype(np.float64)
    stiff = np.zeros(len(grid), dtype=np.bool_)  # big roads run smoothly, carriageways side by side
    guided = (lines.guide >= 0)[line]
    stiff[u[guided]] = stiff[v[guided]] = True
    grid += np.where(stiff[:, None], 0.0, rng.uniform(-_JITTER, _JITTER, grid.shape))
    _, single = np.unique(u * len(grid) + v, return_index=True)
    single.sort()
    u, v, line = u[single], v[single], line[single]
    step = grid[v] - grid[u]
    length = np.hypot(*step.T)
    bowed = (
        (lines.made[line] == SPLIT) & (lines.guide[line] < 0) & (rng.random(len(u)) < _BOWED_SHARE)
    )
    bowed &= (length > _BOWED[0]) & (length < _BOWED[1])
    bow = np.where(bowed, rng.uniform(-_BOW, _BOW, len(u)), 0.0)
    between = np.maximum(
        (length / _VERTEX_EVERY).astype(np.int64), np.where(bowed, _BOW_VERTICES, 0)
    )
    first = np.concatenate(([0], np.cumsum(between + 2)))
    owner = np.repeat(np.arange(len(u)), between + 2)
    share = (np.arange(first[-1]) - first[owner]) / (between + 1)[owner]
    aside = bow[owner] * np.sin(np.pi * share)
    turned = np.column_stack((-step[:, 1], step[:, 0]))
    points = grid[u][owner] + share[:, None] * step[owner] + aside[:, None] * turned[owner]
    nodes, xy = bend.to_xy(grid), bend.to_xy(points)
    xy[first[:-1]], xy[first[1:] - 1] = nodes[u], nodes[v]  # to the last bit
    flags = np.zeros(len(u), dtype=np.int64)
    attributes = (styles.highway[line], styles.name[line], styles.part[line], flags)
    return nodes, Ways(u, v, first, xy, line, *attributes)


def cut_ways(ways: Ways, rows: Longs, from_m: Floats, to_m: Floats) -> Ways:
    """Pieces of ways between two distances along them; nodes of the pieces are left as they were.

    Parameters
    ----------
    rows : (k,) int64
        Which way each piece is cut from.
    from_m, to_m : (k,) float64
        0 <= from < to <= length.
    """
    source = ways.take(rows)
    owner = np.repeat(np.arange(len(source)), np.diff(source.first))
    along = measure_ways(source)
    shapes = source.shapes()
    inside = (along > from_m[owner] + _SAME_M) & (along < to_m[owner] - _SAME_M)
    row = np.arange(len(source))
    owners = np.concatenate((row, owner[inside], row))
    places = np.concatenate((from_m, along[inside], to_m))
    starts = shapely.get_coordinates(shapely.line_interpolate_point(shapes, from_m))
    stops = shapely.get_coordinates(shapely.line_interpolate_point(shapes, to_m))
    points = np.concatenate((starts, source.xy_m[inside], stops))
    order = np.lexsort((places, owners))
    count = np.bincount(owners, minlength=len(source))
    first = np.concatenate(([0], np.cumsum(count)))
    return Ways(
        source.u, source.v, first, points[order],
        *(getattr(source, name) for name in _ATTRIBUTES),
    )  # fmt: skip


def measure_ways(ways: Ways) -> Floats:
    """Distance of each point along its way, (p,) metres."""
    step: Floats = np.hypot(*np.diff(ways.xy_m, axis=0, prepend=ways.xy_m[:1]).T)
    step[ways.first[:-1]] = 0.0
    total: Floats = np.cumsum(step)
    return total - np.repeat(total[ways.first[:-1]], np.diff(ways.first))
