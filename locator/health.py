"""What is wrong with the street data, and what each fault costs: the list to hand to mappers.

Three kinds of fault are looked for. An island is a piece from which no station can be reached. A
loose end stops a few metres short of another street, so that people walk where the map says they
can't. A doubled vertex does no harm here, but shows how carefully a file was drawn.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.lines import BRIDGE, ELEVATED, TUNNEL
from locator.arrays import Floats, Ints, frozen
from locator.coverage import Coverage, measure_coverage
from locator.placement import Placement, place_snapped
from locator.snapping import Snapped

if TYPE_CHECKING:
    from locator.islands import Islands
    from locator.network import StreetNetwork

LOOSE_M = 5.0  # half the width of a street: nobody leaves such a gap on purpose
MOST_JOINED = 50  # loose ends whose effect is measured, the greatest first
_LEVELS = BRIDGE | TUNNEL | ELEVATED
_FEW_M = 1.0  # a joint that saves less is not worth a mapper's time


@dataclass(frozen=True, slots=True, eq=False)
class LooseEnds:
    """Ends of streets that stop just short of another street, the costliest first.

    Parameters
    ----------
    node, street, offset_m : (e,)
        The end, and where on which street it would join.
    miss_m : (e,)
        Metres between the two.
    shortcut_m : (e,)
        How much nearer to a station the farther side would be; inf where it reaches none now.
    gain_m : (e,)
        Metres of street newly within the limit if this one joint were made; nan where it was not
        measured.
    xy_m : (e, 2)
        The end, in the city's CRS.
    """

    node: Ints
    street: Ints
    offset_m: Floats
    miss_m: Floats
    shortcut_m: Floats
    gain_m: Floats
    xy_m: Floats

    def __len__(self) -> int:
        return len(self.node)


@dataclass(frozen=True, slots=True, eq=False)
class Health:
    """The faults of a street network.

    Parameters
    ----------
    islands
        Pieces without a way to a station: `length_m` is what each would bring.
    loose_ends
        Near misses inside the network.
    doubled_vertices, empty_streets
        How many vertices repeat the one before, and how many streets have no length.
    """

    islands: Islands
    loose_ends: LooseEnds
    doubled_vertices: int
    empty_streets: int


def examine_streets(
    cover: Coverage, placement: Placement, labels_m: Floats, islands: Islands
) -> Health:
    """Find the faults of the streets that a coverage was measured on, and what each costs.

    Parameters
    ----------
    placement
        The stations of the coverage.
    labels_m : (n,)
        Way from each node to its nearest station, in the network's cost; inf for none.
    islands
        Of the same coverage.
    """
    streets = cover.network.streets
    inner = np.ones(len(streets.along_m), bool)
    inner[streets.first[:-1]] = False
    steps = np.diff(streets.along_m, prepend=0.0)
    return Health(
        islands,
        find_loose_ends(cover, placement, labels_m),
        int((inner & (steps == 0)).sum()),
        int((streets.length_m == 0).sum()),
    )


def find_loose_ends(
    cover: Coverage, placement: Placement, labels_m: Floats, *, most: int = MOST_JOINED
) -> LooseEnds:
    """Dead ends within `LOOSE_M` of a street that they don't join.

    Parameters
    ----------
    most
        For how many the effect on coverage is measured.

    Notes
    -----
    A joint of two places acts on coverage of depth 1 like one more station at each of them, as far
    away as the other place is from its station: so its effect is exact, one measurement each.
    """
    network = cover.network
    node, snapped = _near_misses(network)
    there = _distance_at(network, placement, labels_m, snapped)
    here, miss = labels_m[node], snapped.snap_m
    with np.errstate(invalid="ignore"):  # inf - inf: neither side leads anywhere
        shortcut = np.abs(here - there) - miss
    order = np.lexsort((node, miss, -np.nan_to_num(shortcut, nan=-np.inf)))
    order = order[np.nan_to_num(shortcut[order], nan=-np.inf) >= _FEW_M]
    gain = np.full(len(order), np.nan)
    for rank, row in enumerate(order[:most].tolist()):
        joint = _joint(network, int(node[row]), snapped, row, (here[row], there[row]))
        gain[rank] = _covered_with(cover, placement, joint) - cover.covered_m
    return LooseEnds(
        frozen(node[order]), frozen(snapped.street[order]), frozen(snapped.offset_m[order]),
        frozen(miss[order]), frozen(shortcut[order]), frozen(gain),
        frozen(network.streets.node_xy_m[node[order]]),
    )  # fmt: skip


def _near_misses(network: StreetNetwork) -> tuple[Ints, Snapped]:
    """Dead ends that stop short of a street, and the nearest place on that street.

    A bridge passes over a street without joining it: both must be on one level.
    """
    import shapely

    streets = network.streets
    usable = network.travel != 0
    ends = streets.ends[usable]
    degree = np.bincount(ends.reshape(-1), minlength=len(streets.node_xy_m))
    node = np.flatnonzero(degree == 1)
    own = np.full(len(streets.node_xy_m), -1, np.int64)
    rows = np.flatnonzero(usable)
    own[ends[:, 0]], own[ends[:, 1]] = rows, rows
    lines = shapely.linestrings(
        streets.xy_m, indices=np.repeat(np.arange(len(streets)), np.diff(streets.first))
    )
    points = shapely.points(streets.node_xy_m[node])
    tree = shapely.STRtree(lines[rows])
    dead, near = tree.query(points, predicate="dwithin", distance=LOOSE_M)
    end, street = node[dead], rows[near]
    level = streets.flags & _LEVELS
    apart = (streets.ends[street] != end[:, None]).all(axis=1)
    apart &= level[street] == level[own[end]]
    end, street, dead = end[apart], street[apart], dead[apart]
    miss = shapely.distance(points[dead], lines[street])
    order = np.lexsort((street, miss, end))
    first = order[np.unique(end[order], return_index=True)[1]]
    offset = shapely.line_locate_point(lines[street[first]], points[dead[first]])
    offset = np.minimum(offset, streets.length_m[street[first]])
    place = Snapped(frozen(street[first], np.int32), frozen(offset), frozen(miss[first]))
    return frozen(end[first], np.int32), place


def _distance_at(
    network: StreetNetwork, placement: Placement, labels_m: Floats, places: Snapped
) -> Floats:
    """Way from places on streets to the nearest station."""
    streets = network.streets
    street, offset = places.street, places.offset_m
    ends, length = streets.ends[street], streets.length_m[street]
    ahead, back = (network.travel[street] & bit != 0 for bit in (1, 2))
    best = np.minimum(
        np.where(back, labels_m[ends[:, 0]] + offset, np.inf),
        np.where(ahead, labels_m[ends[:, 1]] + length - offset, np.inf),
    )
    for i in np.flatnonzero(placement.first[street + 1] > placement.first[street]).tolist():
        rows = slice(placement.first[street[i]], placement.first[street[i] + 1])
        gap = placement.offset_m[rows] - offset[i]
        open_way = np.where(gap >= 0, ahead[i], back[i])
        ways = np.where(open_way, np.abs(gap) + placement.snap_m[rows], np.inf)
        best[i] = min(best[i], ways.min())
    return best


def _joint(
    network: StreetNetwork, node: int, places: Snapped, row: int, ways: tuple[float, float]
) -> list[tuple[int, float, float]]:
    """A joint as stations: street, offset and snap of each side that the other one serves."""
    streets = network.streets
    street = int(np.flatnonzero((streets.ends == node).any(axis=1) & (network.travel != 0))[0])
    at_end = streets.ends[street, 1] == node
    here, there = ways
    miss = float(places.snap_m[row])
    sides = [
        (street, float(streets.length_m[street]) if at_end else 0.0, there + miss),
        (int(places.street[row]), float(places.offset_m[row]), here + miss),
    ]
    return [side for side in sides if np.isfinite(side[2])]


def _covered_with(
    cover: Coverage, placement: Placement, joint: list[tuple[int, float, float]]
) -> float:
    """Metres covered where the two sides of a joint count as stations too."""
    own = placement.snapped
    street, offset, snap = (np.array(column) for column in zip(*joint, strict=True))
    both = Snapped(
        frozen(np.concatenate((own.street, street)), np.int32),
        frozen(np.concatenate((own.offset_m, offset))),
        frozen(np.concatenate((own.snap_m, snap))),
    )
    rows = np.arange(len(both), dtype=np.int32)
    joined = place_snapped(cover.network, both, rows)
    return measure_coverage(cover.network, joined, cover.within_m, depths=False).covered_m


def health_document(health: Health, to_lonlat: Any) -> dict[str, Any]:
    """The faults as a JSON document; `to_lonlat` gives WGS-84 of the city's metres."""
    ends, islands = health.loose_ends, health.islands
    places = to_lonlat(ends.xy_m).reshape(-1, 2).tolist() if len(ends) else []
    pieces = to_lonlat(islands.xy_m).reshape(-1, 2).tolist() if len(islands) else []
    return {
        "islands": [
            {"lon": lon, "lat": lat, "length_m": length, "miss_m": _known(miss)}
            for (lon, lat), length, miss in zip(
                pieces, islands.length_m.tolist(), islands.miss_m.tolist(), strict=True
            )
        ],
        "loose_ends": [
            {"lon": lon, "lat": lat, "miss_m": miss, "shortcut_m": _known(shortcut),
             "gain_m": _known(gain)}
            for (lon, lat), miss, shortcut, gain in zip(
                places, ends.miss_m.tolist(), ends.shortcut_m.tolist(), ends.gain_m.tolist(),
                strict=True,
            )
        ],
        "doubled_vertices": health.doubled_vertices,
        "empty_streets": health.empty_streets,
    }  # fmt: skip


def _known(metres: float) -> float | None:
    return metres if math.isfinite(metres) else None
