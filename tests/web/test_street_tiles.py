"""Tiles hold exactly the streets that are in them, by state."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest
import shapely

from tests.web.tiles import decode, tile_at
from webapp.street_tiles import GROUPS, MARGIN, UNITS, WORLD, build_tiles, world_units


def random_lines(rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Crooked lines of 2 to 9 points around Nantong, some of a few metres, some of kilometres."""
    points = rng.integers(2, 10, count)
    first = np.concatenate([[0], np.cumsum(points)])
    start = np.array([120.8, 31.95]) + rng.uniform(0, 0.05, (count, 2))
    stride = 10.0 ** rng.uniform(-5, -2, count)
    steps = rng.normal(size=(first[-1], 2)) * np.repeat(stride, points)[:, None]
    lonlat = np.repeat(start, points, axis=0)
    for low, high in pairwise(first):
        lonlat[low:high] += np.cumsum(steps[low:high], axis=0)
    return lonlat, first


def length_inside(lonlat: np.ndarray, first: np.ndarray, zoom: int, column: int, row: int) -> float:
    """Length of lines in one tile with its margin, in tile units; slow and plain."""
    edge = WORLD / 2**zoom
    xy = (world_units(lonlat) - np.array([column, row]) * edge) * (UNITS / edge)
    box = shapely.box(-MARGIN, -MARGIN, UNITS + MARGIN, UNITS + MARGIN)
    return sum(
        float(shapely.intersection(shapely.LineString(xy[low:high]), box).length)
        for low, high in pairwise(first)
    )


@pytest.mark.parametrize("zoom", [14, 16, 18])
def test_tile_of_random_lines_holds_their_length_inside(
    rng: np.random.Generator, zoom: int
) -> None:
    lonlat, first = random_lines(rng, 60)
    tiles = build_tiles(lonlat, first, np.zeros(60, np.uint8))
    column, row = tile_at(120.82, 31.97, zoom)
    for c, r in [(column, row), (column + 1, row), (column, row - 1)]:
        drawn = sum(
            float(np.hypot(*np.diff(line, axis=0).T).sum())
            for line in decode(tiles.tile(zoom, c, r))[0]
        )
        wanted = length_inside(lonlat, first, zoom, c, r)
        # every point is rounded to whole units
        points = sum(len(line) for line in decode(tiles.tile(zoom, c, r))[0])
        assert drawn == pytest.approx(wanted, abs=1.5 * points + 1e-9)


def test_tile_keeps_groups_apart(rng: np.random.Generator) -> None:
    lonlat, first = random_lines(rng, 60)
    group = rng.integers(0, GROUPS, 60).astype(np.uint8)
    together = decode(build_tiles(lonlat, first, group).tile(14, *tile_at(120.82, 31.97, 14)))
    for number in range(GROUPS):
        chosen = np.flatnonzero(group == number)
        rows = np.concatenate([np.arange(first[i], first[i + 1]) for i in chosen])
        sizes = np.concatenate([[0], np.cumsum(first[chosen + 1] - first[chosen])])
        alone = build_tiles(lonlat[rows], sizes, np.full(len(chosen), number, np.uint8))
        only = decode(alone.tile(14, *tile_at(120.82, 31.97, 14)))
        assert [line.tolist() for line in together[number]] == [
            line.tolist() for line in only[number]
        ]


def test_tile_of_dense_town_at_low_zoom_draws_each_part_once() -> None:
    # 5,000 streets within one pixel of zoom 8 are one dot
    angle = np.linspace(0, 2 * math.pi, 10_000)
    lonlat = np.array([120.8, 31.95]) + 1e-5 * np.column_stack([np.cos(angle), np.sin(angle)])
    tiles = build_tiles(lonlat, np.arange(0, 10_001, 2), np.zeros(5000, np.uint8))
    lines = decode(tiles.tile(8, *tile_at(120.8, 31.95, 8)))
    assert sum(len(line) for line in lines[0]) <= 8


def test_tile_far_from_streets_is_empty() -> None:
    tiles = build_tiles(np.array([[0.0, 0.0], [0.1, 0.1]]), np.array([0, 2]), np.zeros(1, np.uint8))
    assert decode(tiles.tile(10, *tile_at(120.8, 31.95, 10))) == [[] for _ in range(GROUPS)]


def test_tiles_of_no_streets_are_empty() -> None:
    tiles = build_tiles(np.empty((0, 2)), np.zeros(1, np.int64), np.empty(0, np.uint8))
    assert decode(tiles.tile(0, 0, 0)) == [[] for _ in range(GROUPS)]


def test_tile_of_line_longer_than_16_bits_is_whole() -> None:
    # one piece that zigzags 60,000 times within a tile of zoom 14
    count = 60_000
    lon = 120.81 + 0.018 * np.linspace(0, 1, count)
    lat = 31.96 + 0.004 * (np.arange(count) % 2)
    tiles = build_tiles(np.column_stack([lon, lat]), np.array([0, count]), np.zeros(1, np.uint8))
    column, row = tile_at(120.82, 31.962, 15)
    lines = decode(tiles.tile(15, column, row))[0]
    assert len(lines) > 1
    for before, after in pairwise(lines):
        assert before[-1].tolist() == after[0].tolist()


def test_world_units_at_the_poles_are_the_edges() -> None:
    units = world_units(np.array([[-180.0, 90.0], [180.0, -90.0]]))
    assert units.tolist() == [[0, 0], [WORLD - 1, WORLD - 1]]
