"""What each grown line is: its class, its name, which way it may be driven.

Long lines are roads between towns, short ones in towns are streets and lanes. A name belongs to
a place in the grid, so a street keeps it from block to block.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geodata.sample_city.bend import UNIT_M
from geodata.sample_city.fabric import (
    AGAINST,
    CYCLE_LANE,
    ONE_WAY,
    OVERPASS,
    PLAIN,
    SPLIT,
    SPUR,
    STUB,
    Guides,
    Lines,
)
from geodata.sample_city.names import name_lines
from geodata.sample_city.plan import NORTH

if TYPE_CHECKING:
    from geodata.sample_city.ground import Ground

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

CLASSES = (
    "", "trunk", "trunk_link", "primary", "secondary", "tertiary", "unclassified", "residential",
    "living_street", "service", "track", "pedestrian", "cycleway", "path", "footway", "steps",
)  # fmt: skip
"""Highway classes; the nearer to the front, the more a line is worth a bridge."""
_CODE = {name: code for code, name in enumerate(CLASSES)}

# length from which a line is of a class, in metres: (in towns, in the country)
_LENGTHS = (
    (30_000.0, "primary", "primary"),
    (9000.0, "secondary", "secondary"),
    (3000.0, "tertiary", "tertiary"),
    (900.0, "tertiary", "unclassified"),
    (450.0, "residential", "residential"),
)
# what shorter lines are, and with what chance
_SHORT: dict[str, tuple[tuple[str, float], ...]] = {
    "old": (("residential", 0.45), ("living_street", 0.2), ("footway", 0.25), ("service", 0.1)),
    "town": (("residential", 0.78), ("living_street", 0.06), ("footway", 0.06), ("service", 0.1)),
    "country": (("residential", 0.5), ("unclassified", 0.2), ("track", 0.3), ("service", 0.0)),
}
_SPURS: dict[str, tuple[tuple[str, float], ...]] = {
    "old": (("footway", 0.5), ("residential", 0.3), ("service", 0.2), ("path", 0.0)),
    "town": (("service", 0.45), ("residential", 0.45), ("footway", 0.1), ("path", 0.0)),
    "country": (("track", 0.5), ("service", 0.2), ("residential", 0.2), ("path", 0.1)),
}
_OLD_M, _TOWN_M = 150.0, 480.0  # block sizes: below, an old town; below, a town
_ONE_WAY_SHARE = 0.11
_ONE_WAY_M = (240.0, 1600.0)
_COUNTY_ROAD_M = 3000.0


@dataclass(frozen=True, slots=True, eq=False)
class Styles:
    """Attributes by line.

    Parameters
    ----------
    highway, name : (n,) int64
        Index into `CLASSES` and `names`.
    part : (n,) int64
        Bits of `fabric`: ONE_WAY and what goes with it, PLAIN for none.
    names
        names[0] is "".
    """

    highway: Longs
    name: Longs
    part: Longs
    names: tuple[str, ...]


def style_lines(ground: Ground, guides: Guides, lines: Lines, rng: np.random.Generator) -> Styles:
    """Choose class, direction and name of every line."""
    guided = lines.guide >= 0
    road = np.where(guided, guides.road[lines.guide], -1)
    part = np.where(guided & (road >= 0), guides.part[lines.guide], PLAIN)
    middle = (lines.low + lines.high) // 2
    north = lines.axis == NORTH
    x, y = np.where(north, lines.position, middle), np.where(north, middle, lines.position)
    size_m = ground.block_m(x, y)
    length_m = (lines.high - lines.low).astype(np.float64) * UNIT_M
    highway = _choose_classes(lines, size_m, length_m, rng)
    classes = np.array([_CODE[entry.highway] for entry in ground.plan.roads], dtype=np.int64)
    highway = np.where(road >= 0, classes[road], highway)
    highway[(part & CYCLE_LANE) > 0] = _CODE["cycleway"]
    part = _draw_one_ways(lines, highway, size_m, length_m, part, rng)
    kinds = [CLASSES[code] for code in highway.tolist()]
    country = (lines.made == SPLIT) & (size_m >= _TOWN_M) & (length_m > _COUNTY_ROAD_M)
    name, names = name_lines(ground, lines, kinds, road, country, rng)
    return Styles(highway, name, part, names)


def _choose_classes(
    lines: Lines,
    size_m: NDArray[np.float32],
    length_m: Floats,
    rng: np.random.Generator,
) -> Longs:
    """Class by length and density; chance decides between the small ones."""
    town, old = size_m < _TOWN_M, size_m < _OLD_M
    where = {"old": old, "town": town & ~old, "country": ~town}
    highway = np.zeros(len(lines), dtype=np.int64)
    for table, made in ((_SHORT, SPLIT), (_SPURS, SPUR)):
        for name, mine in where.items():
            rows = mine & (lines.made == made)
            codes = [_CODE[kind] for kind, _ in table[name]]
            highway[rows] = rng.choice(codes, rows.sum(), p=[share for _, share in table[name]])
    grown = lines.made == SPLIT
    for least_m, in_town, outside in _LENGTHS[::-1]:
        long = grown & (length_m >= least_m)
        highway[long & town], highway[long & ~town] = _CODE[in_town], _CODE[outside]
    seat = grown & (lines.guide >= 0) & town  # the cross of streets in the middle of a town
    highway[seat] = np.minimum(highway[seat], _CODE["secondary"])
    highway[lines.made == STUB] = _CODE["service"]
    highway[lines.made == OVERPASS] = _CODE["steps"]
    return highway


def _draw_one_ways(
    lines: Lines,
    highway: Longs,
    size_m: NDArray[np.float32],
    length_m: Floats,
    part: Longs,
    rng: np.random.Generator,
) -> Longs:
    """Let some streets of towns be driven one way only."""
    may = (lines.made == SPLIT) & (lines.guide < 0) & (size_m < _TOWN_M)
    may &= (length_m > _ONE_WAY_M[0]) & (length_m < _ONE_WAY_M[1])
    may &= (highway == _CODE["residential"]) | (highway == _CODE["tertiary"])
    may &= rng.random(len(lines)) < _ONE_WAY_SHARE
    return np.where(may, ONE_WAY | rng.choice((0, AGAINST), len(lines)), part)
