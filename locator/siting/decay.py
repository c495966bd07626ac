"""How much a station is worth to those who are not at its door: one, falling to nothing.

A limit says yes up to its last metre and no beyond it. A decay says how much: 1 at the door, 0 at
the limit and beyond, and never jumps. All three fall, so the nearest station is always the best.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.errors import InputError

if TYPE_CHECKING:
    from locator.arrays import Floats

_RATE = 3.0  # exponential: e-folds up to the limit, where 5 % would be left
_STEEP = 9.0  # power: 1 / (1 + 9 x), of which a tenth would be left


@dataclass(frozen=True, slots=True)
class Decay:
    """One shape; x is the way as a share of the limit.

    Parameters
    ----------
    code
    of
        Worth at x in 0..1.
    area
        Integral of `of` from 0 to x.
    steep
        The most that it falls for a unit of x.
    """

    code: str
    of: Callable[[Floats], Floats]
    area: Callable[[Floats], Floats]
    steep: float

    def worth(self, cost: Floats, limit: float) -> Floats:
        """Worth at a cost; 0 beyond the limit, and where there is no way."""
        x = np.minimum(cost / limit, 1.0)
        return np.asarray(np.where(cost >= limit, 0.0, self.of(x)))

    def integral(self, cost: Floats, limit: float) -> Floats:
        """Integral of the worth from 0 to a cost."""
        return np.asarray(limit * self.area(np.minimum(cost / limit, 1.0)))


_END = float(np.exp(-_RATE))
_TENTH = 1.0 / (1.0 + _STEEP)
DECAYS = {
    one.code: one
    for one in (
        Decay("linear", lambda x: 1.0 - x, lambda x: x - 0.5 * x * x, 1.0),
        Decay(
            "exponential",
            lambda x: (np.exp(-_RATE * x) - _END) / (1.0 - _END),
            lambda x: ((1.0 - np.exp(-_RATE * x)) / _RATE - _END * x) / (1.0 - _END),
            _RATE / (1.0 - _END),
        ),
        Decay(
            "power",
            lambda x: (1.0 / (1.0 + _STEEP * x) - _TENTH) / (1.0 - _TENTH),
            lambda x: (np.log1p(_STEEP * x) / _STEEP - _TENTH * x) / (1.0 - _TENTH),
            _STEEP / (1.0 - _TENTH),
        ),
    )
}


def find_decay(code: str) -> Decay:
    """A shape by its code.

    Raises
    ------
    InputError
        It is not known.
    """
    if code not in DECAYS:
        raise InputError(f"decay {code!r} is not known: choose {', '.join(DECAYS)}")
    return DECAYS[code]
