"""The bound: prices of rows by the volume algorithm, and candidates settled by them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from locator.arrays import Bytes, Floats, Ints
    from locator.siting.gains import Gains

OPEN, SITE, OUT = 0, 1, 2


@dataclass(slots=True)
class Prices:
    """Prices of the rows of one matrix of gains, and what the volume algorithm remembers.

    Parameters
    ----------
    u : (rows,)
        The best prices yet.
    average : (rows,), use : (columns,)
        How often recent choices served each row and used each candidate.
    pace
        Step factor and the like, see the kernel.
    bound
        What the prices prove; inf before the first step.
    """

    u: Floats
    average: Floats
    use: Floats
    pace: Floats
    bound: float = np.inf

    @classmethod
    def begin(cls, gains: Gains, u: Floats) -> Prices:
        """Start from prices."""
        rows, columns = len(gains.row), len(gains.site)
        return cls(np.array(u, np.float64), np.empty(rows), np.empty(columns), np.zeros(5))

    def improve(
        self, gains: Gains, *, target: float, enough: float, steps: int, work: int
    ) -> float:
        """Lower the bound by some steps; returns it. All gains are of this matrix alone."""
        from locator.kernels.siting_bound import improve_prices

        self.bound, _ = improve_prices(
            gains.by_row, gains.open, (self.u, self.average, self.use), self.pace, target, enough,
            steps, work,
        )  # fmt: skip
        return self.bound


def start_prices(gains: Gains, sites: Ints) -> Floats:
    """What each row gains from the sites: with these prices sum(u) is their value."""
    from locator.kernels.siting_bound import gain_rows

    u = np.empty(len(gains.row))
    gain_rows(gains.by_row, gains.marks(sites), u)
    return u


def settle_candidates(gains: Gains, prices: Prices, enough: float) -> Bytes:
    """Roles that any better plan must have: `SITE`, `OUT`, or still `OPEN`.

    If the bound with a candidate forced in (out) is not above `enough`, no better plan has it (does
    without it). `enough` is of this matrix alone.
    """
    from locator.kernels.siting_bound import rate_sites

    role = np.full(len(gains.site), OPEN, np.uint8)
    p = gains.open
    if not 0 < p < len(role):
        return role
    rho = np.empty(len(role))
    bound, last, after = rate_sites(gains.by_row, prices.u, p, rho)
    margin = 1e-12 * abs(bound)
    top = rho >= last
    role[~top & (bound - last + rho + margin <= enough)] = OUT
    # A tie at the edge may be left out at no cost, so only what lies above the next can be fixed.
    role[(rho > after) & (bound - rho + after + margin <= enough)] = SITE
    return role
