"""The bound of a cover: prices of its rows, improved in portions."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from locator.arrays import Floats
    from locator.siting.dominance import Cover


class CoverPrices:
    """Prices of one cover; see `locator.kernels.cover_prices`.

    Attributes
    ----------
    u : (rows,)
        The best safe prices yet.
    bound
        What they prove of the cover, without what is taken already.
    level
        With a share: the price per unit of weight.
    """

    def __init__(self, cover: Cover) -> None:
        from locator.kernels.cover_prices import BALANCE

        rows, columns = len(cover.row), len(cover.site)
        self.cover = cover
        self._scale = float(cover.weight.mean()) if cover.need >= 0 else 1.0
        self._unit = float(cover.cost.mean())
        self._by_row, self._by_column = np.zeros((5, rows)), np.zeros((3, columns))
        self._state = np.zeros(10)
        self._state[BALANCE] = 1.0
        self._u = np.zeros(rows)

    def improve(self, work: int) -> float:
        """Look at so many pairs more; returns the bound."""
        from locator.kernels.cover_prices import improve_prices

        cover = self.cover
        need = cover.need / self._scale if cover.need >= 0 else -1.0
        improve_prices(
            tuple(cover.matrix), cover.cost / self._unit, cover.weight / self._scale, need, work,
            self._by_row, self._by_column, self._u, self._state,
        )  # fmt: skip
        return self.bound

    @property
    def bound(self) -> float:
        """What the prices prove of the cover, without what is taken already."""
        from locator.kernels.cover_prices import BOUND

        return float(self._state[BOUND]) * self._unit

    @property
    def level(self) -> float:
        """Price per unit of weight; inf where everything has to be covered."""
        from locator.kernels.cover_prices import BEST_LEVEL

        level = float(self._state[BEST_LEVEL]) * self._unit / self._scale
        return level if self.cover.need >= 0 else np.inf

    @property
    def u(self) -> Floats:
        """The best safe prices yet."""
        u: Floats = self._u * self._unit
        return u
