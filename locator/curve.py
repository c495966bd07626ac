"""Coverage as a function of the limit: piecewise linear, exact at every limit.

Along a street the distance to a station rises or falls by one for each unit of way. So a piece of
street on which it runs from a to b adds nothing to what is covered below a, its whole worth above
b, and grows evenly in between. The sum over all pieces is linear between the values that begin or
end a piece: these are its knots, and nothing else is needed to read off any limit.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from typing_extensions import override

from locator.arrays import Floats, frozen
from locator.errors import InputError


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Curve:
    """What is covered within each limit, in `unit`.

    Parameters
    ----------
    limit : (k,)
        Knots, ascending, in the network's cost.
    value, growth : (k,)
        What is covered within a knot's limit, and how much each further unit of the limit adds
        up to the next knot; the last growth is 0.
    total
        All that counts, covered or not.
    unreachable
        The part of it from which fewer than `depth` stations can be reached at all.
    depth
        Covered means: within reach of that many stations.
    top
        Beyond this limit the curve says nothing; inf where it is known to its end.
    """

    limit: Floats
    value: Floats
    growth: Floats
    total: float
    unreachable: float
    depth: int = 1
    unit: str = "m"
    top: float = np.inf

    @override
    def __repr__(self) -> str:
        return f"<Curve: {len(self)} knots, {self.total:,.0f} {self.unit}>"

    def __len__(self) -> int:
        return len(self.limit)

    @property
    def reachable(self) -> float:
        """The part of the total from which enough stations can be reached."""
        return float(self.value[-1]) if len(self) else 0.0

    def at(self, limits: ArrayLike) -> Floats:
        """What is covered within each of the limits; each alone gives the same bytes as in a row.

        Raises
        ------
        InputError
            A limit is beyond what the curve knows, or not a number.
        """
        asked = np.asarray(limits, np.float64)
        if not (asked <= self.top).all():
            raise InputError(
                f"limits go up to {asked.max()}, expected at most {self.top}: "
                "make the table without a limit"
            )
        if not len(self):
            return np.zeros(asked.shape)
        i = np.searchsorted(self.limit, asked, side="right") - 1
        at = np.maximum(i, 0)
        after = np.minimum(at + 1, len(self) - 1)
        grown = self.value[at] + self.growth[at] * np.minimum(
            asked - self.limit[at], self.limit[after] - self.limit[at]
        )
        return np.asarray(np.where(i < 0, 0.0, np.minimum(grown, self.value[after])))

    def share(self, limits: ArrayLike) -> Floats:
        """Share of the total within each of the limits; 0 where nothing counts."""
        if not self.total > 0:
            return np.zeros(np.shape(limits))
        return np.asarray(self.at(limits) / self.total)

    def limit_of(self, shares: ArrayLike) -> Floats:
        """The least limit within which these shares of the *reachable* part are covered.

        nan where nothing is reachable: never a number.
        """
        asked = np.asarray(shares, np.float64)
        if not self.reachable > 0:
            return np.full(asked.shape, np.nan)
        wanted = asked * self.reachable
        i = np.minimum(np.searchsorted(self.value, wanted), len(self) - 1)
        before = np.maximum(i - 1, 0)
        growth = self.growth[before]
        step = np.divide(
            wanted - self.value[before], growth, out=np.zeros(asked.shape), where=growth > 0
        )
        within = np.minimum(self.limit[before] + step, self.limit[i])
        return np.asarray(np.where(i == 0, self.limit[0], within))


def draw_curve(
    low: Floats,
    high: Floats,
    worth: Floats,
    *,
    total: float,
    unreachable: float,
    depth: int = 1,
    unit: str = "m",
    top: float = np.inf,
) -> Curve:
    """Add up ranges of distance into a curve.

    Parameters
    ----------
    low, high, worth : (p,)
        Piece i adds worth[i] for each unit of the limit from low[i] to high[i].

    Notes
    -----
    Knots are merged where they are equal, and left out where the growth does not change there.
    O(p log p).
    """
    events = np.concatenate((low, high))
    order = np.argsort(events, kind="stable")
    events = events[order]
    fresh = np.ones(len(events), bool)
    fresh[1:] = events[1:] != events[:-1]
    starts = np.flatnonzero(fresh)
    limit = events[starts]
    change = np.concatenate((worth, -worth))[order]
    live = np.repeat([1, -1], (len(low), len(high)))[order]
    growth = np.add.reduceat(change, starts).cumsum() if len(starts) else np.zeros(0)
    running = np.add.reduceat(live, starts).cumsum() if len(starts) else np.zeros(0)
    # What rounding leaves behind where nothing is under way must not go on growing.
    growth = np.where(running == 0, 0.0, np.maximum(growth, 0.0))
    value = np.zeros(len(limit))
    np.cumsum(growth[:-1] * np.diff(limit), out=value[1:])
    bent = np.ones(len(limit), bool)
    bent[1:-1] = growth[1:-1] != growth[:-2]
    return Curve(
        frozen(limit[bent]), frozen(value[bent]), frozen(growth[bent]), float(total),
        float(unreachable), depth, unit, float(top),
    )  # fmt: skip
