"""What is not at grade: the elevated road with its ramps, the tunnel, and the park above it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.lines import BRIDGE, ELEVATED, TUNNEL
from geodata.sample_city.fabric import AGAINST, ONE_WAY, PLAIN, TUNNELLED, Guides, Lines
from geodata.sample_city.styles import CLASSES
from geodata.sample_city.ways import Ways, join_ways

if TYPE_CHECKING:
    from geodata.sample_city.ground import Ground

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_RAMP = 24.0  # units that a ramp is long
_RAMP_COURSE = ((0.25, 0.3), (0.5, 0.75), (0.75, 0.9))  # it swings out, then follows the street
_RAMPS_APART = 170.0  # units
_ABREAST_M = 120.0  # ends of carriageways closer than that are of one road's end
_DECK_STEP = 6.0  # units between vertices of the deck


def lay_parks(ground: Ground, ways: Ways) -> Ways:
    """In parks every way on the ground is a footway."""
    inside = _in_parks(ground, ways) & ((ways.flags & TUNNEL) == 0)
    ways.highway[inside] = CLASSES.index("footway")
    ways.name[inside] = 0
    ways.part[inside] = PLAIN
    return ways


def dig_tunnels(ground: Ground, nodes_m: Floats, ways: Ways) -> tuple[Floats, Ways]:
    """Take roads that run in a tunnel off the crossings above them.

    Nodes between two pieces of a tunnel get numbers of their own at the same place.
    """
    below = _in_parks(ground, ways) & ((ways.part & TUNNELLED) > 0)
    ways.part[~below & ((ways.part & TUNNELLED) > 0)] = PLAIN
    ways.flags[below] |= TUNNEL
    ways.highway[below] = CLASSES.index("trunk")
    inner = np.intersect1d(ways.u[below], ways.v[below])
    number = np.arange(len(nodes_m))
    number[inner] = len(nodes_m) + np.arange(len(inner))
    ways.u[below], ways.v[below] = number[ways.u[below]], number[ways.v[below]]
    return np.concatenate((nodes_m, nodes_m[inner])), ways


def _in_parks(ground: Ground, ways: Ways) -> NDArray[np.bool_]:
    middle = ways.xy_m[(ways.first[:-1] + ways.first[1:] - 1) // 2]
    end = ways.xy_m[ways.first[:-1]]
    inside = np.zeros(len(ways), dtype=np.bool_)
    for ring in ground.plan.parks.values():
        park = shapely.Polygon(ground.projection.to_xy(np.array(ring)))
        inside |= shapely.contains_xy(park, (middle + end) / 2)
    return inside


def mend_one_ways(ground: Ground, lines: Lines, nodes_m: Floats, ways: Ways) -> Ways:
    """See to it that no one may drive into a one-way street and not out of it.

    Where the land ends, carriageways of a divided road are joined; an ordinary one-way street
    with a dead end is opened to both sides.
    """
    degree = np.bincount(np.concatenate((ways.u, ways.v)), minlength=len(nodes_m))
    stuck = (ways.part & ONE_WAY > 0) & ((degree[ways.u] == 1) | (degree[ways.v] == 1))
    divided = np.where(ways.line >= 0, lines.guide[ways.line], -1) >= 0
    opened = np.isin(ways.line, ways.line[stuck & ~divided])
    ways.part[opened] = PLAIN
    links: list[tuple[int, int]] = []
    for name in np.unique(ways.name[stuck & divided]).tolist():
        mine = stuck & divided & (ways.name == name)
        ends = np.unique(np.concatenate((ways.u[mine], ways.v[mine])))
        ends = ends[degree[ends] == 1]
        links += _join_ends(ground, ends, nodes_m)
    u, v = np.array(links, dtype=np.int64).reshape(-1, 2).T
    nothing = np.zeros(len(u), dtype=np.int64)
    turns = Ways(
        u=u,
        v=v,
        first=np.arange(len(u) + 1) * 2,
        xy_m=np.stack((nodes_m[u], nodes_m[v]), axis=1).reshape(-1, 2),
        line=nothing - 1,
        highway=nothing + CLASSES.index("service"),
        name=nothing,
        part=nothing,
        flags=nothing,
    )
    return join_ways((ways, turns))


def _join_ends(ground: Ground, ends: Longs, nodes_m: Floats) -> list[tuple[int, int]]:
    """Links between ends side by side on one bank, the shortest that join all of them."""
    away = np.hypot(*(nodes_m[ends][:, None] - nodes_m[ends][None]).transpose(2, 0, 1))
    group = np.arange(len(ends))
    links = []
    for flat in np.argsort(away, axis=None, kind="stable").tolist():
        i, j = divmod(flat, len(ends))
        if away[i, j] > _ABREAST_M:
            break
        link = shapely.LineString(nodes_m[ends[[i, j]]])
        wet = any(shapely.intersects(bed, link) for bed in (ground.open_water, *ground.rivers))
        if group[i] != group[j] and not wet:
            links.append((int(ends[i]), int(ends[j])))
            group[group == group[j]] = group[i]
    return links


def build_elevated(
    ground: Ground, lines: Lines, guides: Guides, ways: Ways, nodes_m: Floats, names: dict[str, int]
) -> tuple[Floats, Ways]:
    """Decks above the elevated roads of the plan, with a ramp up and down on each side.

    A deck has no vertex in common with the streets it passes over; ramps come down to the
    carriageways below, a few kilometres apart. The plan's elevated roads all run east.
    """
    parts = [ways.take(np.zeros(0, dtype=np.int64))]
    guide = np.where(ways.line >= 0, lines.guide[ways.line], -1)
    for index, road in enumerate(ground.plan.roads):
        if road.layout != "elevated":
            continue
        rows = np.flatnonzero(guides.road == index)
        x_south, x_north = (
            _nodes_below(ground, ways, nodes_m, guide == row)
            for row in sorted(rows.tolist(), key=lambda row: int(guides.position[row]))
        )
        extent = (float(guides.low[rows[0]]), float(guides.high[rows[0]]))
        ramps = _plan_ramps(x_south, x_north, extent)
        middle = float(guides.position[rows].mean())
        deck = _Deck(ground, names.setdefault(f"{road.names[0]}高架", len(names)), middle)
        added, ways_of_deck = deck.build(ramps, nodes_m)
        nodes_m = np.concatenate((nodes_m, added))
        parts.append(ways_of_deck)
    return nodes_m, join_ways(parts)


def _nodes_below(ground: Ground, ways: Ways, nodes_m: Floats, mine: Bools) -> dict[int, float]:
    """Nodes of one carriageway, and where they are along the grid."""
    nodes = np.unique(np.concatenate((ways.u[mine], ways.v[mine])))
    x = ground.bend.to_grid(nodes_m[nodes])[:, 0]
    return dict(zip(nodes.tolist(), x.tolist(), strict=True))


def _plan_ramps(
    south: dict[int, float], north: dict[int, float], extent: tuple[float, float]
) -> list[tuple[float, int, bool]]:
    """Ramps as place on the deck, node below, whether they lead up.

    Traffic keeps right, so the southern carriageway runs east. At each stop it gets a ramp down
    before the node and one up behind it; the northern one has them the other way round.
    """
    low, high = extent[0] + 2 * _RAMP, extent[1] - 2 * _RAMP
    stops = max(int((high - low) / _RAMPS_APART), 1)
    ramps = []
    for stop in range(stops + 1):
        x = low + (high - low) * stop / stops
        for nodes, onward in ((south, 1), (north, -1)):
            node = min(nodes, key=lambda node: abs(nodes[node] - x))
            before, behind = nodes[node] - onward * _RAMP, nodes[node] + onward * _RAMP
            if low <= before <= high:
                ramps.append((before, node, False))
            if low <= behind <= high:
                ramps.append((behind, node, True))
    return ramps


@dataclass(frozen=True, slots=True)
class _Deck:
    """An elevated road along one line of the grid."""

    ground: Ground
    name: int
    y: float

    def build(self, ramps: list[tuple[float, int, bool]], nodes_m: Floats) -> tuple[Floats, Ways]:
        """Nodes of the deck, numbered after those there are, and its ways with all ramps."""
        stops = sorted({x for x, _, _ in ramps})
        number = {x: len(nodes_m) + row for row, x in enumerate(stops)}
        added = self._bend([(x, self.y) for x in stops])
        both = np.concatenate((nodes_m, added))
        rows = []
        for low, high in itertools.pairwise(stops):
            count = max(int((high - low) / _DECK_STEP), 1)
            between = [(low + (high - low) * i / count, self.y) for i in range(1, count)]
            rows.append((number[low], number[high], between, "trunk", PLAIN))
        for x, node, up in ramps:
            foot = self.ground.bend.to_grid(both[[node]])[0]
            path = [
                (x + (foot[0] - x) * along, self.y + (foot[1] - self.y) * aside)
                for along, aside in _RAMP_COURSE
            ]
            rows.append((number[x], node, path, "trunk_link", ONE_WAY | (AGAINST if up else 0)))
        return added, self._join(rows, both)

    def _join(self, rows: list[tuple[int, int, list[Any], str, int]], both: Floats) -> Ways:
        points = [np.vstack((both[[u]], self._bend(path), both[[v]])) for u, v, path, _, _ in rows]
        u, v, _, highway, part = zip(*rows, strict=True)
        nothing = np.zeros(len(rows), dtype=np.int64)
        return Ways(
            u=np.array(u),
            v=np.array(v),
            first=np.cumsum([0, *(len(piece) for piece in points)]),
            xy_m=np.vstack(points),
            line=nothing - 1,
            highway=np.array([CLASSES.index(name) for name in highway]),
            name=nothing + self.name,
            part=np.array(part),
            flags=nothing + (ELEVATED | BRIDGE),
        )

    def _bend(self, grid: list[Any]) -> Floats:
        return self.ground.bend.to_xy(np.array(grid, dtype=np.float64).reshape(-1, 2))
