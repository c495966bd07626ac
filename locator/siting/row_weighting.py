"""The search for cheaper covers, which goes on where it stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import frozen

if TYPE_CHECKING:
    from locator.arrays import Bools, Ints
    from locator.siting.dominance import Cover


class CoverSearch:
    """Row weighting local search on one cover; see `locator.kernels.cover_search`.

    Parameters
    ----------
    cover
        With at least one row.
    seed
        The same seed and the same calls give the same columns.
    start : int32
        Columns to begin with.
    margin
        By how much a better cover is cheaper at least: 1 where costs are whole numbers.
    """

    def __init__(self, cover: Cover, *, seed: int, start: Ints, margin: float) -> None:
        from locator.kernels.cover_search import begin_search

        rows, columns = len(cover.row), len(cover.site)
        self.cover, self.margin = cover, margin
        self._rows = (
            np.empty(rows, np.int32), np.empty(rows, np.int64), np.empty(rows),
            np.empty(rows, np.int32), np.empty(rows, np.int32),
        )  # fmt: skip
        self._columns = (
            np.empty(columns, np.uint8), np.empty(columns), np.empty(columns, np.int64),
            np.empty(columns, np.uint8), np.empty(columns, np.int32), np.empty(columns, np.int32),
        )  # fmt: skip
        self._counts = np.array([seed * 2654435761 % 2**48 + 330, 0, 0, 0, -1], np.int64)
        self._sums, self._best = np.zeros(3), np.zeros(columns, np.uint8)
        every = np.arange(columns if cover.need >= 0 else 0, dtype=np.int32)
        self._every = frozen(every)
        begin_search(
            tuple(cover.matrix), cover.cost, cover.weight, cover.allowed, frozen(start, np.int32),
            self._rows, self._columns, self._counts, self._sums, self._best,
        )  # fmt: skip

    @property
    def marks(self) -> Bools:
        """The columns of the best cover."""
        marks: Bools = self._best != 0
        return marks

    @property
    def cost(self) -> float:
        """What the best cover costs."""
        return float(self._sums[2])

    def run(self, *, work: int, target: float) -> float:
        """Search on, until a cover costs no more than `target`; returns the cost of the best."""
        from locator.kernels.cover_search import search_cover

        cover = self.cover
        search_cover(
            tuple(cover.matrix), cover.cost, cover.weight, cover.allowed, target, self.margin, work,
            self._every, self._rows, self._columns, self._counts, self._sums, self._best,
        )  # fmt: skip
        return self.cost
