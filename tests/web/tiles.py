"""Reads street tiles as the page's script does."""

from __future__ import annotations

import numpy as np

from webapp.street_tiles import GROUPS, WORLD, world_units


def decode(tile: bytes) -> list[list[np.ndarray]]:
    """Lines, (n, 2) int arrays, of each group."""
    head = np.frombuffer(tile, "<u4", 2 * GROUPS)
    lines, points = head[:GROUPS].tolist(), head[GROUPS:].tolist()
    sizes = np.frombuffer(tile, "<u2", sum(lines), 8 * GROUPS).tolist()
    xy = np.frombuffer(tile, "<i2", offset=8 * GROUPS + 2 * sum(lines)).reshape(-1, 2).astype(int)
    assert len(xy) == sum(points) == sum(sizes)
    groups, line, at = [], 0, 0
    for count in lines:
        group = []
        for size in sizes[line : line + count]:
            group.append(xy[at : at + size])
            at += size
        line += count
        groups.append(group)
    return groups


def tile_at(lon: float, lat: float, zoom: int) -> tuple[int, int]:
    """Column and row of the tile that holds a position."""
    column, row = world_units(np.array([[lon, lat]]))[0] // (WORLD >> zoom)
    return int(column), int(row)
