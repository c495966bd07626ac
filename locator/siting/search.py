"""The best sites found so far, and the search that improves them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from locator.arrays import Ints, Longs
    from locator.siting.gains import Gains

IDLE_KICKS = 4000


@dataclass(slots=True)
class Record:
    """The best sites known, as candidates; changes only for the better.

    Parameters
    ----------
    sites
        Ascending, without the fixed ones.
    gain
        What they gain together; -1 before there are any.
    slack
        What a bound may lie above the gain and still prove it the best: just below 1 where gains
        are whole numbers.
    """

    slack: float
    sites: Ints = field(default_factory=lambda: np.empty(0, np.int32))
    gain: float = -1.0

    def offer(self, sites: Ints, gain: float) -> bool:
        """Take sites that gain more; tells whether they do."""
        if gain <= self.gain:
            return False
        self.sites, self.gain = sites, gain
        return True

    @property
    def enough(self) -> float:
        """A bound at or below proves the record."""
        return self.gain + self.slack


class Searcher:
    """Iterated local search on one matrix of gains; it goes on where it stopped.

    Parameters
    ----------
    gains
    seed
        The same seed and the same calls give the same sites.
    tolerance
        What counts as better.
    """

    def __init__(self, gains: Gains, *, seed: int, tolerance: float) -> None:
        self.gains, self.tolerance = gains, tolerance
        self._random: Longs = np.array([seed * 2654435761 % 2**48 + 330], np.int64)
        self.idle = 0

    @property
    def stale(self) -> bool:
        """Whether it has found nothing for long."""
        return self.idle >= IDLE_KICKS

    def run(self, start: Ints, *, work: int, kicks: int = IDLE_KICKS) -> tuple[Ints, float]:
        """Improve the sites `start` (candidates); returns sites and their gain."""
        from locator.kernels.siting_bound import value_sites
        from locator.kernels.siting_search import search_sites

        gains = self.gains
        marks = gains.marks(start)
        marks[np.flatnonzero(marks)[gains.open :]] = 0
        _, idle = search_sites(
            gains.by_row, gains.by_column, marks, gains.open, work, kicks, self.tolerance,
            self._random,
        )  # fmt: skip
        self.idle += idle
        return gains.sites(marks), gains.start + value_sites(gains.by_row, marks)
