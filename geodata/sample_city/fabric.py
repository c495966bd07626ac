"""Streets grown on a straight grid: blocks are split until they are as small as the ground wants.

Each split is a street from one side of a block to the other. Blocks first split where a road of
the plan or the centre of a town lies, then near their middle. Since all splits are of whole grid
units, streets of neighbouring blocks often meet in a crossing, else in a T. Every level of
splits is one step over arrays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geodata.sample_city.bend import UNIT_M
from geodata.sample_city.plan import EAST, NORTH, Road

if TYPE_CHECKING:
    from geodata.sample_city.ground import Ground

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

PLAIN, ONE_WAY, AGAINST, CYCLE_LANE, BESIDE_LANE, TUNNELLED = 0, 1, 2, 4, 8, 16
"""What a line of a road is, as bits: AGAINST the grid's direction, a CYCLE_LANE or BESIDE one."""
SPLIT, SPUR, STUB, OVERPASS = range(4)
"""How a line came to be."""

# Lines of a layout: distance from the middle in units, and what lies there on an eastbound road
# (traffic keeps right); a northbound road is its mirror image.
_LAYOUTS = {
    "single": ((0, PLAIN),),
    "tunnel": ((0, TUNNELLED),),
    "dual": ((-1, ONE_WAY), (1, ONE_WAY | AGAINST)),
    "elevated": ((-2, ONE_WAY), (2, ONE_WAY | AGAINST)),
    "cycle": (
        (-2, ONE_WAY | CYCLE_LANE),
        (-1, ONE_WAY | BESIDE_LANE),
        (1, ONE_WAY | AGAINST | BESIDE_LANE),
        (2, ONE_WAY | AGAINST | CYCLE_LANE),
    ),
}
_LEAST_OVERLAP = 0.55  # share of a block that a road must pass to split it
_TOWN_CLEAR = 70  # units: closer to a side, a town is on a road already
_WIDEST = 4  # units between the outer lines of a divided road
_THIN = 5  # units: no block is split to less, and none this thin but by a road
_SPLIT_ABOVE = 1.35  # sizes
_LONG = 30  # units: from there on splits are of whole 4 units, so that more of them meet
_SHIFT = 0.13  # how far from the middle a split may lie, in sides
_SAMPLES = (1 / 6, 1 / 2, 5 / 6)
_URBAN_M, _LAND_M = 500.0, 1e6  # sizes of blocks: below, a town; above, no land
_COURTS, _TRACKS = 0.24, 0.4  # shares of blocks with a lane that ends inside
_SPUR_ROOM = 7  # units
_BLIND = 160  # units: no larger block is left whole, wherever it lies
_FOOTBRIDGE_GAP = 45  # units between crossings of a divided road
_PACK = np.int64(1) << 20


@dataclass(frozen=True, slots=True, eq=False)
class Guides:
    """Where splits must lie: lines of roads first, then the centres of towns.

    Parameters
    ----------
    axis, position, low, high : (g,) int64, units
    road, part : (g,) int64
        Row of the plan's roads (-1 for a town) and what the line is of it.
    weight : (g,) float64
    """

    axis: Longs
    position: Longs
    low: Longs
    high: Longs
    road: Longs
    part: Longs
    weight: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Straight streets of the grid.

    Parameters
    ----------
    axis, position, low, high : (n,) int64, units
        From `low` to `high` along the axis, at `position` across.
    guide : (n,) int64
        Row of the guides, -1 where chance laid the line.
    made : (n,) int64
        SPLIT, SPUR, STUB or OVERPASS.
    """

    axis: Longs
    position: Longs
    low: Longs
    high: Longs
    guide: Longs
    made: Longs

    def __len__(self) -> int:
        return len(self.axis)


def find_guides(ground: Ground) -> Guides:
    """Guides of the plan's roads and places, brought to the grid."""
    rows: list[tuple[int, int, int, int, int, int, float]] = []
    for index, road in enumerate(ground.plan.roads):
        middle, low, high = _on_grid(ground, road)
        for offset, part in _LAYOUTS[road.layout]:
            across = offset if road.axis == EAST else -offset
            rows.append((road.axis, middle + across, low, high, index, part, 10.0))
    centres = ground.bend.to_grid(ground.bend.places[:, :2]).round().astype(np.int64)
    for place, centre in zip(ground.plan.places, centres.tolist(), strict=True):
        weight = 3.0 if place.seat else min(place.radius_m / 1000, 2.0)
        for axis in (NORTH, EAST):
            at, other = centre[axis], centre[1 - axis]
            close = [
                position
                for own, position, low, high, _, part, _ in rows
                if own == axis and part == PLAIN and low < other < high
                and abs(position - at) < _TOWN_CLEAR
            ]  # fmt: skip
            at = min(close, key=lambda position: abs(position - at), default=at)
            rows.append((axis, at, other, other, -1, PLAIN, weight))
    table = np.array(rows)
    axis, position, low, high, road, part = table[:, :6].astype(np.int64).T
    return Guides(axis, position, low, high, road, part, weight=table[:, 6])


def _on_grid(ground: Ground, road: Road) -> tuple[int, int, int]:
    """Position and extent of a road in units."""
    middle = (road.from_deg + road.to_deg) / 2
    ends = np.array([(road.at_deg, along) for along in (road.from_deg, middle, road.to_deg)])
    if road.axis == EAST:
        ends = ends[:, ::-1]
    grid = ground.bend.to_grid(ground.projection.to_xy(ends)).round().astype(np.int64)
    along = grid[:, 1 - road.axis]
    return int(grid[1, road.axis]), int(along[0]), int(along[2])


def grow_lines(ground: Ground, guides: Guides, rng: np.random.Generator) -> Lines:
    """Split the whole grid into blocks, and put lanes and crossings where they belong."""
    blocks = np.array([[0, ground.cells[0], 0, ground.cells[1]]], dtype=np.int64)
    guided = np.ones(1, dtype=np.bool_)
    lines, leaves = [], []
    while len(blocks):
        axis, position, guide, guided = _choose_splits(ground, guides, blocks, guided, rng)
        split = axis >= 0
        leaves.append(blocks[~split])
        blocks, guided = blocks[split], guided[split]
        axis, position, guide = axis[split], position[split], guide[split]
        along = np.where(axis == NORTH, 2, 0)
        row = np.arange(len(blocks))
        low, high = blocks[row, along], blocks[row, along + 1]
        lines.append((axis, position, low, high, guide, np.full(len(axis), SPLIT)))
        first, second = blocks.copy(), blocks
        first[row, 2 * axis + 1] = position
        second[row, 2 * axis] = position
        blocks, guided = np.concatenate((first, second)), np.concatenate((guided, guided))
    grown = Lines(*(np.concatenate(column).astype(np.int64) for column in zip(*lines, strict=True)))
    spurs = _draw_spurs(ground, np.concatenate(leaves), rng)
    return join_lines(join_lines(grown, spurs), _draw_crossings(join_lines(grown, spurs), guides))


def join_lines(first: Lines, second: Lines) -> Lines:
    """The lines of both."""
    return Lines(
        *(
            np.concatenate((getattr(first, name), getattr(second, name)))
            for name in ("axis", "position", "low", "high", "guide", "made")
        )
    )


def _choose_splits(
    ground: Ground,
    guides: Guides,
    blocks: Longs,
    guided: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Longs, Longs, Longs, NDArray[np.bool_]]:
    """Axis (-1 for none), position and guide of each block's split; which are still guided."""
    x0, x1, y0, y1 = blocks.T
    side = np.stack((x1 - x0, y1 - y0), axis=1)
    axis = np.argmax(side, axis=1)
    row = np.arange(len(blocks))
    longer = side[row, axis]
    sizes = np.full(len(blocks), np.inf, dtype=np.float32)
    for across in _SAMPLES:
        for up in _SAMPLES:
            x, y = x0 + across * side[:, 0], y0 + up * side[:, 1]
            sizes = np.minimum(sizes, ground.block_m(x.astype(np.int64), y.astype(np.int64)))
    # a few samples of a large block can all miss the land
    sizes = np.where(longer > _BLIND, np.minimum(sizes, _BLIND * UNIT_M), sizes)
    wanted = sizes / UNIT_M * _SPLIT_ABOVE * rng.uniform(0.8, 1.25, len(blocks))
    quantum = np.where(longer >= _LONG, 4, 2)
    shift = rng.uniform(-_SHIFT, _SHIFT, len(blocks)) * longer
    near = blocks[row, 2 * axis]
    position = (near + longer / 2 + shift).astype(np.int64) // quantum * quantum
    free = (longer > wanted) & (side.min(axis=1) > _THIN) & (sizes < _LAND_M)
    free &= (position - near >= _THIN) & (near + longer - position >= _THIN)
    axis = np.where(free, axis, -1)
    guide = np.full(len(blocks), -1, dtype=np.int64)
    rows = np.flatnonzero(guided)
    best, some = _match_guides(guides, blocks[rows], sizes[rows] < _LAND_M)
    forced = rows[best >= 0]
    chosen = best[best >= 0]
    axis[forced], position[forced], guide[forced] = (
        guides.axis[chosen],
        guides.position[chosen],
        chosen,
    )
    still = guided.copy()
    still[rows] = some
    return axis, position, guide, still


def _match_guides(
    guides: Guides, blocks: Longs, on_land: NDArray[np.bool_]
) -> tuple[Longs, NDArray[np.bool_]]:
    """The guide that splits each block, -1 for none, and whether any guide touches it."""
    bounds = blocks.reshape(-1, 2, 2)  # block, axis, low and high
    across, along = bounds[:, guides.axis], bounds[:, 1 - guides.axis]
    low, high = across[..., 0], across[..., 1]
    inside = (guides.position > low) & (guides.position < high)
    overlap = np.minimum(along[..., 1], guides.high) - np.maximum(along[..., 0], guides.low)
    town = guides.road < 0
    edge = np.minimum(guides.position - low, high - guides.position)
    passes = np.where(
        town,
        (overlap >= 0) & (edge > _TOWN_CLEAR),
        overlap >= _LEAST_OVERLAP * (along[..., 1] - along[..., 0]),
    )
    touched: NDArray[np.bool_] = np.any(inside & (overlap >= 0), axis=1)
    # a divided road is finished where it was begun
    begun = ~town & (guides.part & ONE_WAY > 0) & (edge <= _WIDEST) & (overlap > 0)
    passes |= begun
    # towns near the middle of a large block first, so that its longest roads run through towns
    score = guides.weight + np.where(town, 3.0 * edge / np.maximum(high - low, 1), 0.0)
    score += np.where(high - low >= along[..., 1] - along[..., 0], 0.5, 0.0)
    score += np.where(begun, 100.0, 0.0)
    score = np.where(inside & passes & on_land[:, None], score, -1.0)
    best = score.argmax(axis=1)
    found = score[np.arange(len(blocks)), best] >= 0
    return np.where(found, best, -1), touched


def _draw_spurs(ground: Ground, leaves: Longs, rng: np.random.Generator) -> Lines:
    """Lanes that end inside a block: courts in towns, farm tracks outside."""
    side = np.stack((leaves[:, 1] - leaves[:, 0], leaves[:, 3] - leaves[:, 2]), axis=1)
    size = ground.block_m(leaves[:, :2].sum(axis=1) // 2, leaves[:, 2:].sum(axis=1) // 2)
    share = np.where(size < _URBAN_M, _COURTS, _TRACKS)
    chance = rng.random(len(leaves))
    rows = np.flatnonzero((side.min(axis=1) > _SPUR_ROOM) & (size < _LAND_M) & (chance < share))
    side, leaves, row = side[rows], leaves[rows], np.arange(len(rows))
    axis = np.argmax(side, axis=1)  # from the middle of a long side inwards
    along = np.where(axis == NORTH, 2, 0)
    position = leaves[row, 2 * axis] + side[row, axis] * rng.uniform(0.3, 0.7, len(rows))
    length = (side[row, 1 - axis] * rng.uniform(0.35, 0.65, len(rows))).astype(np.int64)
    near, far = leaves[row, along], leaves[row, along + 1]
    from_near = rng.random(len(rows)) < 0.5  # noqa: PLR2004  one side or the other
    low = np.where(from_near, near, far - length)
    high = np.where(from_near, near + length, far)
    nothing = np.full(len(rows), -1, dtype=np.int64)
    return Lines(axis, position.astype(np.int64), low, high, nothing, np.full(len(rows), SPUR))


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """Where lines meet.

    Parameters
    ----------
    grid : (n, 2) int64
        The points, sorted by x, then y.
    point, first
        Line i passes the points point[first[i]] .. point[first[i + 1]], from low to high.
    """

    grid: Longs
    point: Longs
    first: Longs

    def of(self, line: int) -> Longs:
        """Points of one line."""
        return self.point[self.first[line] : self.first[line + 1]]


def mesh_lines(lines: Lines) -> Mesh:
    """Find the points of all lines: the ends of all, wherever they lie on another; O(n log n)."""
    ends = np.concatenate((lines.low, lines.high))
    across, north = np.tile(lines.position, 2), np.tile(lines.axis, 2) == NORTH
    packed = np.unique(np.where(north, across, ends) * _PACK + np.where(north, ends, across))
    grid = np.stack(np.divmod(packed, _PACK), axis=1)
    turned = grid[:, 1] * _PACK + grid[:, 0]
    order = np.argsort(turned, kind="stable")
    is_north = lines.axis == NORTH
    from_key, to_key = lines.position * _PACK + lines.low, lines.position * _PACK + lines.high
    start = np.where(
        is_north, np.searchsorted(packed, from_key), np.searchsorted(turned[order], from_key)
    )
    stop = np.where(
        is_north,
        np.searchsorted(packed, to_key, "right"),
        np.searchsorted(turned[order], to_key, "right"),
    )
    first = np.concatenate(([0], np.cumsum(stop - start)))
    place = np.arange(first[-1]) - np.repeat(first[:-1] - start, stop - start)
    point = np.where(np.repeat(is_north, stop - start), place, order[place])
    return Mesh(grid, point, first)


def _draw_crossings(lines: Lines, guides: Guides) -> Lines:
    """Stubs from cycle lanes to the carriageway beside, and footbridges between carriageways."""
    mesh = mesh_lines(lines)
    part = np.where(lines.guide >= 0, guides.part[lines.guide], PLAIN)
    divided = np.flatnonzero(part & ONE_WAY).tolist()
    points: dict[tuple[int, int], list[int]] = {}  # axis and position to places along
    for i in divided:
        key = (int(lines.axis[i]), int(lines.position[i]))
        points.setdefault(key, []).extend(mesh.grid[mesh.of(i), 1 - key[0]].tolist())
    rows: list[tuple[int, int, int, int, int, int]] = []
    for i in divided:
        axis, position = int(lines.axis[i]), int(lines.position[i])
        onward = not part[i] & AGAINST
        inward = 1 if onward == (axis == EAST) else -1
        along = mesh.grid[mesh.of(i), 1 - axis]
        if part[i] & CYCLE_LANE:
            low, high = sorted((position, position + inward))
            rows += [(1 - axis, p, low, high, -1, STUB) for p in along.tolist()]
        other = position + 2 * inward
        if onward and not part[i] & CYCLE_LANE and (axis, other) in points:
            low, high = sorted((position, other))
            places = _choose_footbridges(along, np.array(points[axis, other]))
            rows += [(1 - axis, p, low, high, -1, OVERPASS) for p in places]
    return Lines(*np.array(rows, dtype=np.int64).reshape(-1, 6).T)


def _choose_footbridges(along: Longs, opposite: Longs) -> list[int]:
    """Points of a carriageway midway between crossings that lie far apart."""
    crossings = np.intersect1d(along, opposite)
    gaps = np.flatnonzero(np.diff(crossings) > _FOOTBRIDGE_GAP)
    middles = (crossings[gaps] + crossings[gaps + 1]) // 2
    return [int(along[np.abs(along - middle).argmin()]) for middle in middles]
