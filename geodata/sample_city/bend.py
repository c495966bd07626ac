"""The bend of a sample's grid: streets grow straight and are bent into place.

Long waves for the country, short ones for the street, and a turn around each town, so that no
two towns lie alike. Slopes add up to less than one, so the bend moves no point onto another and
what meets in the grid meets outside.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

UNIT_M = 10.0
"""The grid's step."""

# wavelength from, to; amplitude; how many: from the lie of the country down to the street
_WAVES = ((25_000.0, 60_000.0, 420.0, 4), (2_500.0, 6_000.0, 36.0, 4), (500.0, 900.0, 4.5, 3))
_CALM_M = 15_000.0  # around the first place long waves are weak: its roads have true places
_SWIRL_REACH = 2.2  # in radii of the place
_SWIRL_CUT = 2.6  # in reaches; beyond, less than 0.2 % of the turn is left
_MOST_TURN = 0.22  # radians
_ROUNDS = 40


@dataclass(frozen=True, slots=True, eq=False)
class Bend:
    """Grid units to metres and back.

    Parameters
    ----------
    origin_m : (2,)
        Where the grid begins.
    waves : (w, 6)
        Wave number x and y, phase, amplitude x and y, 1 where it is a long one.
    places : (k, 4)
        Centre x and y, reach in metres, turn in radians; the first is the calm one.
    """

    origin_m: Floats
    waves: Floats
    places: Floats

    def to_xy(self, grid: Floats) -> Floats:
        """Metres of points of the grid, (n, 2) units."""
        flat = grid * UNIT_M + self.origin_m
        return flat + self._shift(flat)

    def to_grid(self, xy_m: Floats, *, within_m: float = 1e-4) -> Floats:
        """Units of the grid of points in metres, (n, 2); by fixed point."""
        flat = xy_m
        for _ in range(_ROUNDS):
            before, flat = flat, xy_m - self._shift(flat)
            if np.abs(flat - before).max(initial=0.0) < within_m:
                break
        return (flat - self.origin_m) / UNIT_M

    def _shift(self, flat: Floats) -> Floats:
        shift = np.zeros_like(flat)
        away2 = ((flat - self.places[0, :2]) ** 2).sum(axis=1)
        calm = 1 - np.exp(-away2 / _CALM_M**2)
        for kx, ky, phase, ax, ay, long in self.waves:
            wave = np.sin(flat[:, 0] * kx + flat[:, 1] * ky + phase)
            if long:
                wave *= calm
            shift[:, 0] += ax * wave
            shift[:, 1] += ay * wave
        order = np.argsort(flat[:, 0], kind="stable")  # so that a place looks at few points
        sorted_x = flat[order, 0]
        for x, y, reach, turn in self.places:
            cut = _SWIRL_CUT * reach
            low, high = np.searchsorted(sorted_x, (x - cut, x + cut))
            near = order[low:high]
            near = near[np.abs(flat[near, 1] - y) < cut]
            dx, dy = flat[near, 0] - x, flat[near, 1] - y
            fade = turn * np.exp(-(dx * dx + dy * dy) / reach**2)
            shift[near, 0] -= fade * dy
            shift[near, 1] += fade * dx
        return shift


def draw_bend(
    origin_m: Floats,
    centres_m: Floats,
    radii_m: Floats,
    turns_deg: Floats,
    rng: np.random.Generator,
) -> Bend:
    """Draw the waves, and the turns that are left to chance (0)."""
    rows = []
    for level, (shortest, longest, amplitude_m, count) in enumerate(_WAVES):
        for _ in range(count):
            heading, push, phase = rng.uniform(0, 2 * np.pi, 3)
            number = 2 * np.pi / rng.uniform(shortest, longest)
            wave = (number * np.cos(heading), number * np.sin(heading), phase)
            rows.append((*wave, amplitude_m * np.cos(push), amplitude_m * np.sin(push), level == 0))
    chance = rng.uniform(-_MOST_TURN, _MOST_TURN, len(radii_m))
    turns = np.where(turns_deg != 0, np.radians(turns_deg), chance)
    places = np.column_stack((centres_m, _SWIRL_REACH * radii_m, turns))
    return Bend(origin_m, np.array(rows, dtype=np.float64), places)
