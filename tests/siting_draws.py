"""Random parts of small siting problems: what they cost, and which sites are fixed or forbidden."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from hypothesis import strategies as st


class Roles(NamedTuple):
    """How many sites, and which of the candidates are sites already or may be none."""

    p: int
    fixed: np.ndarray
    forbidden: np.ndarray


def draw_roles(draw: st.DrawFn, rng: np.random.Generator, columns: int) -> Roles:
    """Roles that some choice can keep."""
    order = rng.permutation(columns)
    forbidden = order[: rng.integers(0, columns)] if draw(st.booleans()) else order[:0]
    left = order[len(forbidden) :]
    p = int(rng.integers(1, len(left) + 1))
    return Roles(p, left[: rng.integers(0, p + 1)], forbidden)


def draw_costs(draw: st.DrawFn, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    """Costs with ties and zeros, inf where a candidate does not reach a row."""
    costs = rng.integers(0, 12, shape).astype(float)
    if draw(st.booleans()):
        costs += rng.random(shape)
    costs[rng.random(shape) < draw(st.sampled_from([0.0, 0.3, 0.8]))] = np.inf
    return costs
