"""Where the grid meets water: streets end at the bank, few go over, and a way follows the bank.

A way is dry where the land covers it. Wet ones are cut where they leave the land and where they
come back. What lies between may become a bridge: of a river, never of the sea or the Yangtze,
and only at as many places as the plan says, broad roads first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.lines import BRIDGE
from geodata.sample_city.fabric import PLAIN, SPLIT, Lines
from geodata.sample_city.styles import CLASSES
from geodata.sample_city.ways import Ways, cut_ways, join_ways

if TYPE_CHECKING:
    from geodata.sample_city.ground import Ground
    from geodata.sample_city.plan import River

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_LONGEST_BRIDGE_M = 420.0
_SIBLING_M = 70.0  # carriageways of one road go over at one place
_BANK_WAY_M = {"footway": 4000.0, "residential": 900.0}  # longest piece of a way along a bank
_SHORE_WAY_M = 2600.0
_NEAR_WATER_M = 70.0
_CLOSEST = 40.0  # metres: two bridges are never closer, however many are wanted


@dataclass(frozen=True, slots=True, eq=False)
class Shore:
    """The streets of a sample where they lie on land, and what could bridge the water.

    Parameters
    ----------
    nodes_m : (n, 2)
        Nodes, with those on the banks.
    dry
        Ways on land and along banks.
    bridges
        Ways over water, `run` of each: pieces of one crossing have the same number.
    chosen : (r,) bool
        By run, whether it is built.
    """

    nodes_m: Floats
    dry: Ways
    bridges: Ways
    run: Longs
    chosen: Bools


def meet_water(
    ground: Ground, lines: Lines, nodes_m: Floats, ways: Ways, names: dict[str, int]
) -> Shore:
    """Cut ways at banks, choose the bridges, and lay ways along the banks.

    Parameters
    ----------
    names
        Name to its number; names of bank ways are added.
    """
    shapes = ways.shapes()
    wet = np.flatnonzero(~shapely.covers(ground.land, shapes))
    on_land = shapely.contains_xy(ground.land, nodes_m)
    leave_m, return_m = _find_banks(ground, shapes[wet])
    length_m = shapely.length(shapes[wet])
    starts, ends = on_land[ways.u[wet]], on_land[ways.v[wet]]
    # nodes on the banks: one where a way leaves the land, one where it comes back
    left = np.where(starts, len(nodes_m) + np.cumsum(starts) - 1, ways.u[wet])
    count = len(nodes_m) + int(starts.sum())
    back = np.where(ends, count + np.cumsum(ends) - 1, ways.v[wet])
    on_bank = np.concatenate(
        (
            shapely.line_interpolate_point(shapes[wet[starts]], leave_m[starts]),
            shapely.line_interpolate_point(shapes[wet[ends]], return_m[ends]),
        )
    )
    bank_m = shapely.get_coordinates(on_bank)
    zero = np.zeros(len(wet))
    towards = _piece(ways, wet[starts], (zero[starts], leave_m[starts]), v=left[starts])
    away = _piece(ways, wet[ends], (return_m[ends], length_m[ends]), u=back[ends])
    over_from, over_to = np.where(starts, leave_m, 0.0), np.where(ends, return_m, length_m)
    over = _piece(ways, wet, (over_from, over_to), u=left, v=back)
    run = _number_runs(ways, wet, starts, ends)
    river = _cross_one_river(ground, over, run, starts, ends)
    wets = _touch_water(ground, over, run)
    chosen = _choose_bridges(ground, lines, over, run, np.where(wets, river, -1))
    chosen |= ~wets & (river >= 0)  # it grazes the bank and stays on its side
    over.flags[wets[run]] = BRIDGE
    dry = np.ones(len(ways), dtype=np.bool_)
    dry[wet] = False
    along = _follow_banks(ground, bank_m, len(nodes_m), names)
    useful = river[run] >= 0
    _, renumbered = np.unique(run[useful], return_inverse=True)
    return Shore(
        np.concatenate((nodes_m, bank_m)),
        join_ways((ways.take(dry), towards, away, along)),
        over.take(useful),
        renumbered,
        chosen[np.unique(run[useful])],
    )


def _find_banks(ground: Ground, shapes: NDArray[np.object_]) -> tuple[Floats, Floats]:
    """How far along each line it first leaves the land, and last comes back."""
    rim = shapely.boundary(ground.land)
    points, owner = shapely.get_coordinates(shapely.intersection(shapes, rim), return_index=True)
    along = shapely.line_locate_point(shapes[owner], shapely.points(points))
    first, last = np.full(len(shapes), np.inf), np.full(len(shapes), -np.inf)
    np.minimum.at(first, owner, along)
    np.maximum.at(last, owner, along)
    return first, last


def _piece(
    ways: Ways,
    rows: Longs,
    part_m: tuple[Floats, Floats],
    *,
    u: Longs | None = None,
    v: Longs | None = None,
) -> Ways:
    """Parts of ways with other nodes at their ends."""
    cut = cut_ways(ways, rows, *part_m)
    if u is not None:
        cut.u[:] = u
    if v is not None:
        cut.v[:] = v
    return cut


def _number_runs(ways: Ways, wet: Longs, starts: Bools, ends: Bools) -> Longs:
    """Number wet ways so that those of one crossing, bank to bank along a line, are alike."""
    follows = np.zeros(len(wet), dtype=np.bool_)
    follows[1:] = (ways.line[wet][1:] == ways.line[wet][:-1]) & (
        ways.u[wet][1:] == ways.v[wet][:-1]
    )
    follows[1:] &= ~ends[:-1] & ~starts[1:]
    return np.cumsum(~follows) - 1


def _cross_one_river(ground: Ground, over: Ways, run: Longs, starts: Bools, ends: Bools) -> Longs:
    """River that each run crosses from bank to bank; -1 where it is none, two, or the sea."""
    runs = int(run[-1]) + 1 if len(run) else 0
    shapes = over.shapes()
    inner = shapely.covers(ground.inner, shapes)
    river, touched = np.full(runs, -1, dtype=np.int64), np.zeros(runs, dtype=np.int64)
    for number, bank in enumerate(ground.banks):
        shapely.prepare(bank)
        meets = np.unique(run[shapely.intersects(bank, shapes)])
        river[meets], touched[meets] = number, touched[meets] + 1
    whole = np.zeros(runs, dtype=np.bool_)
    head, tail = np.flatnonzero(np.diff(run, prepend=-1)), np.flatnonzero(np.diff(run, append=runs))
    whole[:] = starts[head] & ends[tail]
    whole &= np.bincount(run, ~inner, minlength=runs) == 0
    whole &= np.bincount(run, shapely.length(shapes), minlength=runs) < _LONGEST_BRIDGE_M
    return np.where(whole & (touched == 1), river, -1)


def _touch_water(ground: Ground, over: Ways, run: Longs) -> Bools:
    """Whether each run goes over water, and not only over its bank."""
    shapes = over.shapes()
    wet = np.zeros(len(shapes), dtype=np.bool_)
    for bed in (ground.open_water, *ground.rivers):
        shapely.prepare(bed)
        wet |= shapely.intersects(bed, shapes)
    touched: Bools = np.bincount(run, wet) > 0
    return touched


def _choose_bridges(ground: Ground, lines: Lines, over: Ways, run: Longs, river: Longs) -> Bools:
    """Which runs are built: broad roads first, each far enough from those before."""
    chosen = np.zeros(len(river), dtype=np.bool_)
    if not len(run):
        return chosen
    head = np.flatnonzero(np.diff(run, prepend=-1))
    length_m = np.bincount(run, shapely.length(over.shapes()))
    middle = over.xy_m[(over.first[head] + over.first[head + 1] - 1) // 2]
    split = lines.made[over.line[head]] == SPLIT
    multi = (over.part[head] != PLAIN) & (lines.guide[over.line[head]] >= 0)
    for number, spec in enumerate(ground.plan.rivers):
        rows = np.flatnonzero((river == number) & split)
        order = rows[np.lexsort((length_m[rows], over.highway[head][rows]))]
        chosen[_pick(spec, order, middle, over.name[head], multi)] = True
    return chosen


def _pick(spec: River, order: Longs, middle: Floats, name: Longs, multi: Bools) -> list[int]:
    """Runs in order of worth, spaced; nearer and nearer where a fixed number is wanted."""
    picked: list[int] = []
    places = 0
    spacing = spec.spacing_m
    while True:
        for row in order.tolist():
            if row in picked or (spec.bridges and places >= spec.bridges):
                continue
            away = np.hypot(*(middle[picked] - middle[row]).T)
            same = (name[picked] == name[row]) & (away < _SIBLING_M)
            if multi[row] and same.any():
                picked.append(row)
            elif not len(away) or away.min() >= spacing:
                picked.append(row)
                places += 1
        spacing *= 0.7
        if places >= spec.bridges or spacing < _CLOSEST:
            return picked


def _follow_banks(ground: Ground, bank_m: Floats, offset: int, names: dict[str, int]) -> Ways:
    """Ways along banks and shores, from each node there to the next on its ring."""
    rings = shapely.get_rings(shapely.get_parts(ground.land))
    owner = shapely.STRtree(rings).nearest(shapely.points(bank_m))
    pieces, u, v = [], [], []
    for number in np.unique(owner).tolist():
        node = np.flatnonzero(owner == number)
        place = shapely.line_locate_point(rings[number], shapely.points(bank_m[node]))
        order = np.argsort(place, kind="stable")
        node, place = node[order], place[order]
        ring = shapely.get_coordinates(rings[number])
        twice = np.vstack((ring, ring[1:]))  # so that the last piece can run over the seam
        along = np.concatenate(([0.0], np.cumsum(np.hypot(*np.diff(twice, axis=0).T))))
        stop = np.append(place[1:], place[0] + along[len(ring) - 1])
        after, before = np.searchsorted(along, place, "right"), np.searchsorted(along, stop)
        following = np.roll(node, -1)
        for here, there, low, high in zip(node, following, after, before, strict=True):
            pieces.append(np.vstack((bank_m[here], twice[low:high], bank_m[there])))
        u.append(node)
        v.append(following)
    return _style_banks(ground, pieces, (np.concatenate(u), np.concatenate(v)), offset, names)


def _style_banks(
    ground: Ground,
    pieces: list[Floats],
    ends: tuple[Longs, Longs],
    offset: int,
    names: dict[str, int],
) -> Ways:
    """Give pieces of banks the class and name of their water; leave out what has none."""
    count = np.array([len(piece) for piece in pieces])
    shapes = shapely.linestrings(np.vstack(pieces), indices=np.repeat(np.arange(len(count)), count))
    length_m = shapely.length(shapes)
    middle = shapely.line_interpolate_point(shapes, 0.5, normalized=True)
    highway, name = np.zeros(len(count), dtype=np.int64), np.zeros(len(count), dtype=np.int64)
    waters = [(ground.open_water, ground.plan.shore_road, "unclassified", _SHORE_WAY_M)]
    for bed, spec in zip(ground.rivers, ground.plan.rivers, strict=True):
        if spec.walk:
            waters.append((bed, spec.walk, spec.walk_class, _BANK_WAY_M[spec.walk_class]))
    for water, text, kind, longest_m in waters:
        shapely.prepare(water)
        near = shapely.dwithin(middle, water, _NEAR_WATER_M) & (length_m < longest_m)
        near &= (highway == 0) & (length_m > 0) & (ends[0] != ends[1])
        highway[near] = CLASSES.index(kind)
        name[near] = names.setdefault(text, len(names))
    nothing = np.zeros(len(count), dtype=np.int64)
    first = np.concatenate(([0], np.cumsum(count)))
    along = Ways(
        ends[0] + offset, ends[1] + offset, first, np.vstack(pieces),
        nothing - 1, highway, name, nothing + PLAIN, nothing,
    )  # fmt: skip
    return along.take(highway > 0)
