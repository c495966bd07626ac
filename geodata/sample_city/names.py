"""Invented street names: a name belongs to a place in the grid, so streets keep it over blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from geodata.sample_city.fabric import OVERPASS, SPUR, STUB, Lines
from geodata.sample_city.plan import NORTH

if TYPE_CHECKING:
    from geodata.sample_city.ground import Ground

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]

# with what chance a line has a name, by its class; 1 where it is not here
_NAMED = {"footway": 0.4, "service": 0.2, "living_street": 0.9, "track": 0.1, "path": 0.0}
_NAMED_SPUR = 0.2
_GRAIN = 3  # units: lines that close together are one street
_MIX = np.int64(0x9E3779B1)  # odd and close to 2^32 over the golden ratio: mixes well


def name_lines(
    ground: Ground,
    lines: Lines,
    kinds: Sequence[str],
    road: Longs,
    country: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[Longs, tuple[str, ...]]:
    """Names by line, and the list of names, whose first is "".

    Parameters
    ----------
    kinds
        Highway class of each line.
    road : (n,) int64
        Row of the plan's roads, -1 for none.
    country : (n,) bool
        Whether it leads from town to town.
    """
    plan = ground.plan
    near = _nearest_place(ground, lines, lines.low)
    far = _nearest_place(ground, lines, lines.high)
    number = _scatter(near, lines.axis, lines.position // _GRAIN).tolist()
    chance = rng.random(len(lines))
    least = np.array([_NAMED.get(kind, 1.0) for kind in kinds])
    least[lines.made == SPUR] = _NAMED_SPUR
    least[(lines.made == STUB) | (lines.made == OVERPASS)] = 0.0
    book: dict[str, int] = {"": 0}
    found = np.zeros(len(lines), dtype=np.int64)
    for i in np.flatnonzero((chance < least) | (road >= 0)).tolist():
        if road[i] >= 0:
            text = plan.roads[int(road[i])].names[0]
        elif country[i]:
            ends = plan.places[int(near[i])].name[0] + plan.places[int(far[i])].name[0]
            text = (ends if ends[0] != ends[1] else plan.places[int(near[i])].name) + "线"
        else:
            text = _street_name(plan.street_names, kinds[i], number[i])
        found[i] = book.setdefault(text, len(book))
    return found, tuple(book)


def _nearest_place(ground: Ground, lines: Lines, along: Longs) -> Longs:
    """Row of the place whose rim is nearest to one end of each line."""
    north = lines.axis == NORTH
    x, y = np.where(north, lines.position, along), np.where(north, along, lines.position)
    xy_m = ground.bend.to_xy(np.column_stack((x, y)).astype(np.float64))
    best = np.full(len(xy_m), np.inf)
    near = np.zeros(len(xy_m), dtype=np.int64)
    for row, (centre_x, centre_y, reach, _) in enumerate(ground.bend.places):
        away = np.hypot(xy_m[:, 0] - centre_x, xy_m[:, 1] - centre_y) - reach
        closer = away < best
        best[closer], near[closer] = away[closer], row
    return near


def _scatter(near: Longs, axis: Longs, position: Longs) -> Longs:
    """A number that looks like chance, the same for the same line of the same place."""
    mixed = ((near * 131 + axis * 7 + 1) * _MIX + position * 40503) & 0xFFFFFFFF
    return ((mixed ^ (mixed >> 15)) * _MIX & 0xFFFFFFFF) >> 7


def _street_name(words: dict[str, str], kind: str, number: int) -> str:
    first, second = words["first"], words["second"]
    ending = words.get(kind, words["residential"])
    return first[number % len(first)] + second[number // len(first) % len(second)] + ending
