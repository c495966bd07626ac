"""Where stations stand in tests of places: some metres beside a street, on either side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from locator.streets import Streets


def draw_beside(
    streets: Streets,
    rng: np.random.Generator,
    count: int,
    *,
    off_m: tuple[float, float] = (3.0, 25.0),
    within_m: float = np.inf,
) -> np.ndarray:
    """Places in metres beside streets chosen by length, all of them near one of the streets."""
    tail = np.ones(len(streets.xy_m), bool)
    tail[streets.first[1:] - 1] = False
    start = np.flatnonzero(tail)
    step = streets.xy_m[start + 1] - streets.xy_m[start]
    length = np.hypot(*step.T)
    centre = streets.xy_m[start[rng.choice(len(start), p=length / length.sum())]]
    weight = length * (np.hypot(*(streets.xy_m[start] - centre).T) < within_m)
    chosen = rng.choice(len(start), count, p=weight / weight.sum())
    across = (step[chosen] / length[chosen, np.newaxis])[:, ::-1] * [-1.0, 1.0]
    places = streets.xy_m[start[chosen]] + rng.random((count, 1)) * step[chosen]
    side = rng.choice([-1.0, 1.0], (count, 1)) * rng.uniform(*off_m, (count, 1))
    return np.asarray(places + across * side + rng.normal(0, 5, (count, 2)))
