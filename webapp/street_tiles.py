"""Covered, uncovered and unreachable streets as compact tiles for one canvas layer.

A city has some 150,000 streets, far too many for a GeoJSON on a page. Here all pieces of one
coverage are put once into whole-world integer pixels; a tile is then a selection by numpy over
boxes, clipped, rounded to what its zoom can show, and packed into a few kilobytes that the
page's script hands straight to the canvas. No tile server, no image, no text in it.

Format of a tile, little-endian: six uint32 numbers of lines and six of points, one per group
(`GROUPS`: state x importance); then uint16 points per line, group by group; then int16 x, y
pairs in units of 1/1024 of the tile's edge, y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from locator.arrays import Bytes, Floats, Longs, frozen

# One coordinate unit is 1/256 pixel of zoom 14 and 4 cm on the ground at the equator.
WORLD = 1 << 30
UNITS = 1024
MAX_ZOOM = 19
# Lines are drawn up to 5 px wide: 16 px beyond the edge hide every cut.
MARGIN = 64
# Below this zoom a street is shorter than a few pixels: one line per pixel and group will do.
COARSE_BELOW_ZOOM = 14
OVERVIEW_BELOW_ZOOM = 12
PIXEL = UNITS // 256
STATES = 3
GROUPS = STATES * 2
LATITUDE_LIMIT_DEG = 85.05112878  # where Web Mercator's square ends
# Streets that carry a map's shape; everything else is drawn thinner.
MAJOR_CLASSES = frozenset(
    name + suffix
    for name in ("motorway", "trunk", "primary", "secondary")
    for suffix in ("", "_link")
)


@dataclass(frozen=True, slots=True, eq=False)
class StreetTiles:
    """Pieces of streets in world units, ready to be cut into tiles.

    Parameters
    ----------
    xy : (p, 2) int32, world units, y downwards
    first : (n + 1,) int64
        Piece i holds the points first[i] .. first[i + 1].
    group : (n,) uint8
        2 x state + (1 where the street is a major one).
    box : (n, 4) int32
        Least x, y and greatest x, y of each piece.
    """

    xy: NDArray[np.int32]
    first: Longs
    group: Bytes
    box: NDArray[np.int32]

    def tile(self, zoom: int, column: int, row: int) -> bytes:
        """Return one tile in the format of this module; empty groups where nothing is.

        O(n) over the boxes with a small constant, then over the points in the tile.
        """
        edge = WORLD >> zoom
        margin = max(edge * MARGIN // UNITS, 1)
        west, north = column * edge, row * edge
        box = self.box
        chosen = np.flatnonzero(
            (box[:, 0] <= west + edge + margin)
            & (box[:, 2] >= west - margin)
            & (box[:, 1] <= north + edge + margin)
            & (box[:, 3] >= north - margin)
        )
        points, piece = _gather(self.first, chosen)
        local = (self.xy[points] - np.array([west, north])) * (UNITS / edge)
        parts, piece = _parts(local, piece, step=_step(zoom))
        clipped, kept = _clip(parts)
        short: NDArray[np.int16] = np.rint(clipped).astype(np.int16)
        group = self.group[chosen][piece[kept]]
        order = np.argsort(group, kind="stable")
        if zoom < COARSE_BELOW_ZOOM:
            order = order[_distinct(short[order], group[order])]
        return _pack(short[order], piece[kept][order], group[order])


def build_tiles(lonlat_deg: Floats, first: Longs, group: Bytes) -> StreetTiles:
    """Put pieces of streets into world units.

    Parameters
    ----------
    lonlat_deg : (p, 2) float64, WGS-84
    first : (n + 1,) int64
        Piece i holds the points first[i] .. first[i + 1]; at least one each.
    group : (n,) uint8
        2 x state (0 covered, 1 uncovered, 2 unreachable) + 1 for a major street.
    """
    xy = world_units(lonlat_deg)
    if len(first) > 1:
        low = np.minimum.reduceat(xy, first[:-1], axis=0)
        high = np.maximum.reduceat(xy, first[:-1], axis=0)
        box = np.hstack([low, high])
    else:
        box = np.empty((0, 4), np.int32)
    return StreetTiles(frozen(xy), frozen(first, np.int64), frozen(group, np.uint8), frozen(box))


def world_units(lonlat_deg: Floats) -> NDArray[np.int32]:
    """Return Web Mercator positions as whole units of a square of 2^30 units, y downwards.

    >>> world_units(np.array([[0.0, 0.0]])).tolist() == [[WORLD // 2, WORLD // 2]]
    True
    """
    lat = np.radians(np.clip(lonlat_deg[:, 1], -LATITUDE_LIMIT_DEG, LATITUDE_LIMIT_DEG))
    x = lonlat_deg[:, 0] / 360 + 0.5
    y = 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)
    units = np.clip(np.column_stack([x, y]) * WORLD, 0, WORLD - 1)
    return np.rint(units).astype(np.int32)


def _gather(first: Longs, chosen: Longs) -> tuple[Longs, Longs]:
    """Point rows of the chosen pieces, and for each the position of its piece in `chosen`."""
    count = first[chosen + 1] - first[chosen]
    piece = np.repeat(np.arange(len(chosen)), count)
    offset = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    return first[chosen][piece] + offset, piece


def _step(zoom: int) -> int:
    """Grid that points are rounded to: what a screen can show of this zoom."""
    if zoom >= COARSE_BELOW_ZOOM:
        return 1
    if zoom >= OVERVIEW_BELOW_ZOOM:
        return PIXEL // 2
    return PIXEL if zoom == OVERVIEW_BELOW_ZOOM - 1 else 2 * PIXEL


def _parts(local: Floats, piece: Longs, *, step: int) -> tuple[Floats, Longs]:
    """Straight parts (x, y, x, y) between the points that differ at this zoom, and their piece."""
    snapped = np.rint(local / step) * step
    fresh = np.ones(len(piece), np.bool_)
    fresh[1:] = (piece[1:] != piece[:-1]) | np.any(snapped[1:] != snapped[:-1], axis=1)
    snapped, owner = snapped[fresh], piece[fresh]
    opens, closes = np.ones((2, len(owner)), np.bool_)
    opens[1:] = closes[:-1] = owner[1:] != owner[:-1]
    joined = np.flatnonzero(~closes)
    # A piece that is smaller than a pixel stays as a dot, else a dense old town would vanish.
    alone = np.flatnonzero(opens & closes)
    parts = np.concatenate(
        [
            np.hstack([snapped[joined], snapped[joined + 1]]),
            np.hstack([snapped[alone], snapped[alone] + (step, 0)]),
        ]
    )
    return parts, np.concatenate([owner[joined], owner[alone]])


def _clip(parts: Floats) -> tuple[Floats, Longs]:
    """Cut straight parts to the tile with its margin; the last value tells which are left.

    Liang and Barsky (1984), doi:10.1145/357332.357333, over all parts at once.
    """
    low, high = -MARGIN, UNITS + MARGIN
    a, delta = parts[:, :2], parts[:, 2:] - parts[:, :2]
    start, end = np.zeros(len(a)), np.ones(len(a))
    with np.errstate(divide="ignore", invalid="ignore"):
        for axis in (0, 1):
            t = np.stack([low - a[:, axis], high - a[:, axis]]) / delta[:, axis]
            level = delta[:, axis] == 0
            inside = (a[:, axis] >= low) & (a[:, axis] <= high)
            enter = np.where(level, np.where(inside, 0.0, 2.0), t.min(axis=0))
            leave = np.where(level, 1.0, t.max(axis=0))
            start, end = np.maximum(start, enter), np.minimum(end, leave)
    kept = np.flatnonzero(start <= end)
    a, delta = a[kept], delta[kept]
    ends = [a + delta * start[kept, None], a + delta * end[kept, None]]
    return np.hstack(ends), kept


def _distinct(parts: NDArray[np.int16], group: Bytes) -> Longs:
    """Rows of the first of each (part, group), whichever way it is drawn, in their order."""
    shifted = parts.astype(np.int64) + MARGIN  # 11 bits each
    ends = np.stack([(shifted[:, 0] << 11) | shifted[:, 1], (shifted[:, 2] << 11) | shifted[:, 3]])
    key = (group.astype(np.int64) << 44) | (ends.min(axis=0) << 22) | ends.max(axis=0)
    return np.sort(np.unique(key, return_index=True)[1])


def _pack(parts: NDArray[np.int16], piece: Longs, group: Bytes) -> bytes:
    """Parts, sorted by group, as lines: a part that goes on where the last ended joins it."""
    opens = np.ones(len(parts), np.bool_)
    opens[1:] = (piece[1:] != piece[:-1]) | (group[1:] != group[:-1])
    opens[1:] |= np.any(parts[1:, :2] != parts[:-1, 2:], axis=1)
    opens[:: 1 << 15] = True  # a line's points are counted in 16 bits
    begin = np.flatnonzero(opens)
    size = np.diff(np.append(begin, len(parts))) + 1
    xy = np.empty((len(parts) + len(begin), 2), "<i2")
    xy[np.arange(len(parts)) + np.cumsum(opens)] = parts[:, 2:]
    xy[begin + np.arange(len(begin))] = parts[begin, :2]
    lines = np.bincount(group[begin], minlength=GROUPS)
    points = np.bincount(group[begin], weights=size, minlength=GROUPS)
    head = np.concatenate([lines, points]).astype("<u4")
    return head.tobytes() + size.astype("<u2").tobytes() + xy.tobytes()
