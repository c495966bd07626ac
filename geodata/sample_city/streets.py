"""The streets of a sample: grown, bent, cut at the water, thinned, and still in one piece."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.access import read_rule
from geodata.lines import ELEVATED, FOOT, TUNNEL, StreetLines
from geodata.sample_city.fabric import (
    AGAINST,
    BESIDE_LANE,
    CYCLE_LANE,
    ONE_WAY,
    SPUR,
    TUNNELLED,
    Guides,
    Lines,
    find_guides,
    grow_lines,
    mesh_lines,
)
from geodata.sample_city.special import build_elevated, dig_tunnels, lay_parks, mend_one_ways
from geodata.sample_city.styles import CLASSES, style_lines
from geodata.sample_city.water import Shore, meet_water
from geodata.sample_city.ways import Ways, draw_ways, join_ways

if TYPE_CHECKING:
    from geodata.sample_city.ground import Ground

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_DROPPED = {
    "residential": 0.1, "living_street": 0.1, "service": 0.08, "footway": 0.1,
    "unclassified": 0.06, "track": 0.08,
}  # fmt: skip
_CRUMBS = 3  # pieces off the network that stay, as every real city has some
_CRUMB_NODES = (3, 14)
_ROUNDS = 6


@dataclass(frozen=True, slots=True, eq=False)
class SampleStreets:
    """Street lines, and what placing stations needs to know of them.

    Parameters
    ----------
    lines
        As every reader returns them.
    ways
        The same in metres, in the same order.
    names
        names[way.name] is its name.
    reached : (m,) bool
        Whether a way belongs to the largest piece for walkers.
    """

    lines: StreetLines
    ways: Ways
    names: tuple[str, ...]
    reached: Bools


def build_sample_streets(ground: Ground, rng: np.random.Generator) -> SampleStreets:
    """All streets of a sample."""
    guides = find_guides(ground)
    lines = grow_lines(ground, guides, rng)
    styles = style_lines(ground, guides, lines, rng)
    nodes_m, ways = draw_ways(ground.bend, lines, styles, mesh_lines(lines), rng)
    names = {name: number for number, name in enumerate(styles.names)}
    _claim_roads(ground, guides, lines, ways, names)
    shore = meet_water(ground, lines, nodes_m, ways, names)
    nodes_m, dry = dig_tunnels(ground, shore.nodes_m, shore.dry)
    kept = _connect(lines, shore, lay_parks(ground, dry), len(nodes_m), rng)
    kept = mend_one_ways(ground, lines, nodes_m, kept)
    nodes_m, decks = build_elevated(ground, lines, guides, kept, nodes_m, names)
    ways, reached = _sweep_crumbs(ground, nodes_m, join_ways((kept, decks)))
    return SampleStreets(_to_lines(ground, ways, tuple(names)), ways, tuple(names), reached)


def _claim_roads(
    ground: Ground, guides: Guides, lines: Lines, ways: Ways, names: dict[str, int]
) -> None:
    """Give ways where a road of the plan runs its class, and the name it has at that place.

    A line that chance or a town laid in the same place is that road, too.
    """
    middle = (ways.first[:-1] + ways.first[1:] - 1) // 2
    lonlat = ground.projection.to_lonlat((ways.xy_m[middle] + ways.xy_m[ways.first[:-1]]) / 2)
    axis, position = lines.axis[ways.line], lines.position[ways.line]
    for row in np.flatnonzero(guides.road >= 0).tolist():
        road = ground.plan.roads[int(guides.road[row])]
        along = lonlat[:, 1 - road.axis]
        mine = (axis == guides.axis[row]) & (position == guides.position[row])
        own = mine & (lines.guide[ways.line] == row)
        mine &= own | ((guides.part[row] == 0) & (along > road.from_deg) & (along < road.to_deg))
        number = np.array([names.setdefault(name, len(names)) for name in road.names])
        ways.name[mine] = number[np.searchsorted(road.breaks_deg, along[mine])]
        if not guides.part[row]:
            ways.highway[mine] = CLASSES.index(road.highway)


def rule_ways(ways: Ways) -> tuple[Longs, Longs]:
    """Access bits and flags of each way; flags that the way has already are kept."""
    key = (ways.highway << 16) | (ways.part << 8) | ways.flags
    distinct, place = np.unique(key, return_inverse=True)
    rules = []
    for code in distinct.tolist():
        highway, part, flags = code >> 16, code >> 8 & 0xFF, code & 0xFF
        tags = {"highway": CLASSES[highway]}
        if part & ONE_WAY:
            tags["oneway"] = "-1" if part & AGAINST else "yes"
        if part & CYCLE_LANE:
            tags["foot"] = "yes"
        if part & BESIDE_LANE:
            tags["bicycle"] = "no"
        if flags & ELEVATED or part & TUNNELLED:
            tags["motorroad"] = "yes"
        rule = read_rule(tags)
        rules.append((rule.access, rule.flags | flags))
    table = np.array(rules, dtype=np.int64).reshape(-1, 2)[place]
    return table[:, 0], table[:, 1]


def _components(ways: Ways, count: int) -> Longs:
    """Number of the piece that each node is in, for walkers."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    foot = (rule_ways(ways)[0] & FOOT) > 0
    u, v = ways.u[foot], ways.v[foot]
    links = coo_array((np.ones(len(u), dtype=np.int8), (u, v)), shape=(count, count))
    labels: Longs = connected_components(links, directed=False)[1].astype(np.int64)
    return labels


def _connect(lines: Lines, shore: Shore, dry: Ways, count: int, rng: np.random.Generator) -> Ways:
    """Drop some small streets, then take back those, and build those bridges, that join pieces."""
    share = np.array([_DROPPED.get(name, 0.0) for name in CLASSES])[dry.highway]
    grown = (dry.line >= 0) & (dry.part == 0)
    grown &= np.where(grown, lines.made[dry.line], SPUR) != SPUR
    dropped = grown & (rng.random(len(dry)) < share)
    built = shore.chosen.copy()
    for _ in range(_ROUNDS):
        kept = join_ways((dry.take(~dropped), shore.bridges.take(built[shore.run])))
        piece = _components(kept, count)
        u, v = piece[dry.u], piece[dry.v]
        back = dropped & (u != v)
        if back.any():
            dropped &= ~back
            continue
        more = _missing_bridges(shore, built, piece, count)
        if not len(more):
            break
        built[more] = True
    return kept


def _missing_bridges(shore: Shore, built: Bools, piece: Longs, count: int) -> Longs:
    """One more bridge for each pair of pieces that only water parts."""
    bridges, run = shore.bridges, shore.run
    head = np.flatnonzero(np.diff(run, prepend=-1))
    tail = np.flatnonzero(np.diff(run, append=len(built)))
    u, v = piece[bridges.u[head]], piece[bridges.v[tail]]
    rows = np.flatnonzero((u != v) & ~built)
    pair = np.minimum(u, v)[rows] * count + np.maximum(u, v)[rows]
    rows = rows[np.argsort(bridges.highway[head][rows], kind="stable")]
    pair = np.minimum(u, v)[rows] * count + np.maximum(u, v)[rows]
    _, single = np.unique(pair, return_index=True)
    return rows[single]


def _sweep_crumbs(ground: Ground, nodes_m: Floats, ways: Ways) -> tuple[Ways, Bools]:
    """Remove small loose pieces, but for the islands and a few; which ways are of the largest."""
    piece = _components(ways, len(nodes_m))
    size = np.bincount(piece)
    used = np.bincount(piece[ways.u], minlength=len(size)) > 0
    keep = np.zeros(len(size), dtype=np.bool_)
    main = int(size.argmax())
    keep[main] = True
    for island in ground.islands:
        there = used[piece] & shapely.contains_xy(island, nodes_m)
        inside = np.bincount(piece[there], minlength=len(size))
        keep[inside.argmax()] |= bool(inside.any())
    small = np.flatnonzero(used & (size >= _CRUMB_NODES[0]) & (size <= _CRUMB_NODES[1]))
    keep[small[:_CRUMBS]] = True
    decks = (ways.flags & (ELEVATED | TUNNEL)) > 0
    left = keep[piece[ways.u]] | keep[piece[ways.v]] | decks
    return ways.take(left), (piece[ways.u] == main)[left]


def _to_lines(ground: Ground, ways: Ways, names: tuple[str, ...]) -> StreetLines:
    """The ways in WGS-84; nodes keep one vertex number wherever they occur."""
    access, flags = rule_ways(ways)
    vertex = np.empty(len(ways.xy_m), dtype=np.int64)
    ends = np.zeros(len(vertex), dtype=np.bool_)
    ends[ways.first[:-1]] = ends[ways.first[1:] - 1] = True
    vertex[ways.first[:-1]], vertex[ways.first[1:] - 1] = ways.u, ways.v
    _, vertex[ends] = np.unique(vertex[ends], return_inverse=True)
    vertex[~ends] = vertex[ends].max() + 1 + np.arange((~ends).sum())
    return StreetLines(
        lonlat_deg=ground.projection.to_lonlat(ways.xy_m),
        vertex=vertex,
        first=ways.first,
        access=access.astype(np.uint8),
        flags=flags.astype(np.uint8),
        class_code=ways.highway.astype(np.int16),
        classes=CLASSES,
        name_code=ways.name.astype(np.int32),
        names=names,
    )
