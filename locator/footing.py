"""One limit over one city, in the form in which stations open and close in it.

The week asks for the same city a few hundred times with other stations open, a planner for one
station more or less. Both stand on the same arrays: the nearest station of each node, what is
covered of each counted span, and a log of what a change touches; see `locator.kernels.whatif`.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from locator.arrays import Bytes, Floats, Ints, Longs, frozen
from locator.errors import InputError
from locator.sweep import sweep_nearest
from locator.timing import time_network

if TYPE_CHECKING:
    from locator.counted import Counted
    from locator.network import StreetNetwork
    from locator.placement import Placement

Seeds = tuple[Ints, Floats, Ints]
Extra = tuple[Ints, Floats, Ints]
MOST_SITES = 1000
MOST_SEEDS = 250_000  # of all sites together
# Beyond this share of stations that change a new sweep is cheaper than mending the old one.
_SWEEP_SHARE = 0.25


@dataclass(frozen=True, slots=True, eq=False)
class Touched:
    """What a trial changes: nodes and spans that differ from the base.

    Parameters
    ----------
    node, cost, owner : (v,)
        Nodes, their distance, and the row of their nearest station.
    span, covered : (z,)
        Counted spans, and the cost-length that is covered of each.
    """

    node: Ints
    cost: Floats
    owner: Ints
    span: Ints
    covered: Floats

    @property
    def group(self) -> tuple[Ints, Floats, Ints, Ints, Floats]:
        """The arrays as kernels take them."""
        return self.node, self.cost, self.owner, self.span, self.covered


def nothing_touched() -> Touched:
    """The base itself."""
    ints, floats = np.empty(0, np.int32), np.empty(0)
    return Touched(ints, floats, ints, ints, floats)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """One station opened or closed over an earlier trial.

    Parameters
    ----------
    row, home
        The station's row, and the street it stands on; -1 for none.
    open_rows : (m + extra,) uint8
        Who is open after the change.
    seeds, extra
        Nodes next to stations; street, place (in cost) and row of stations that are on no list.
    touched
        What the earlier trial changes.
    """

    row: int
    home: int
    open_rows: Bytes
    seeds: Seeds
    extra: Extra
    touched: Touched


class Footing:
    """The arrays of one network, its stations, a limit, and what counts.

    Parameters
    ----------
    limit
        In the network's cost, inclusive.
    counted
        What is added up, and by which area.

    Notes
    -----
    Threads may share it: a question locks it for as long as it takes. Memory: 22 bytes a node and
    28 a span, and as much again where a change touches everything.
    """

    def __init__(
        self, network: StreetNetwork, placement: Placement, limit: float, counted: Counted
    ) -> None:
        if not limit > 0:
            raise InputError(f"the limit is {limit} m, expected more than 0")
        self.network, self.placement, self.counted = network, placement, counted
        self.limit = float(limit)
        areas = len(counted.areas)
        area = np.where(counted.area < 0, areas, counted.area).astype(np.int32)
        self._worth = area, counted.worth(network)
        self._spans = counted.group(network)
        self._room = 3 + int(np.diff(placement.first).max(initial=0))
        self.seeds: Seeds = placement.seed_node, placement.seed_m, placement.seed_row
        self.home = np.where(placement.snapped.found, placement.snapped.street, -1).astype(np.int32)
        self.open_rows = np.ones(len(placement), np.uint8)
        self.no_extra: Extra = np.empty(0, np.int32), np.empty(0), np.empty(0, np.int32)
        self._log = self._make_log()
        self._stamps = count(1)
        self._lock = threading.Lock()
        self.total = self._total()
        self._sweep()
        self._cells: tuple[Longs, Ints] | None = None
        self._quick: StreetNetwork | None = None

    @property
    def sums(self) -> Floats:
        """(areas + 1,) what is covered by the open stations; the last entry lies in no area."""
        return frozen(self._sums.copy())

    def covered_with(self, open_rows: NDArray[np.bool_] | Bytes) -> Floats:
        """What is covered when just these stations are open; stays so until asked again.

        Parameters
        ----------
        open_rows : (m,) bool
            By row of the placement.

        Returns
        -------
        (areas + 1,) as `sums`
            The same whatever was asked before, to the bit.
        """
        from locator.kernels.whatif import change_stations

        after = np.asarray(open_rows).astype(np.uint8)
        with self._lock:
            self._cells = None
            changes = int((after != self.open_rows).sum())
            before, self.open_rows = self.open_rows, after
            if changes > _SWEEP_SHARE * int(after.sum()):
                self._sweep()
            elif changes:
                change_stations(
                    self.limit, self.network.into.group, self.network.out.group,
                    self.network.group, self.placement.group, self.no_extra, self._spans,
                    self._worth, self.seeds, before, after, self.home, self._state, self._log,
                    next(self._stamps), self._room, self._sums,
                )  # fmt: skip
            return self.sums

    def on_foot(self) -> tuple[StreetNetwork, StreetNetwork]:
        """The networks of the last stretch of a mode that is parked, of length and of time."""
        stands = self.placement.stands
        if stands is None:
            raise InputError(
                f"it is not known where {self.network.mode.code} is parked: place the stations "
                "with `locator.placement.place_stands`"
            )
        if self._quick is None:
            self._quick = time_network(stands.walk)
        return stands.walk, self._quick

    def attempt(self, trial: Trial) -> tuple[Touched, Floats]:
        """Open or close one station over an earlier trial; the base stays as it was.

        Returns
        -------
        Touched, (areas + 1,)
            All that differs from the base now, and how much more than there is covered by area.
        """
        from locator.kernels.whatif import try_station

        sums, counts = np.empty(len(self._sums)), np.empty(2, np.int64)
        log = self._log
        with self._lock:
            try_station(
                self.limit, self.network.into.group, self.network.out.group, self.network.group,
                self.placement.group, trial.extra, self._spans, self._worth, trial.seeds,
                self._find_cells(), trial.open_rows, trial.row, trial.home, trial.touched.group,
                self._state, log, next(self._stamps), self._room, sums, counts,
            )  # fmt: skip
            nodes, spans = counts.tolist()
            touched = Touched(
                log[1][:nodes].copy(), log[2][:nodes].copy(), log[3][:nodes].copy(),
                log[5][:spans].copy(), log[6][:spans].copy(),
            )  # fmt: skip
        return touched, sums

    def draw(
        self, streets: Ints, open_rows: Bytes, extra: Extra, touched: Touched
    ) -> tuple[Ints, Floats, Floats]:
        """The covered pieces of some streets under a trial: street, from, to in cost."""
        from locator.kernels.whatif import draw_covered

        room = 2 * len(streets) + 16
        while True:
            street, low, high = np.empty(room, np.int32), np.empty(room), np.empty(room)
            with self._lock:
                found = draw_covered(
                    self.limit, self.network.group, self.placement.group, extra, self._spans,
                    open_rows, streets, touched.group, self._state, self._log,
                    next(self._stamps), self._room, street, low, high,
                )  # fmt: skip
            if found <= room:
                return street[:found], low[:found], high[:found]
            room = found

    def _make_log(self) -> tuple[NDArray[Any], ...]:
        """Room for whatever a change may touch; memory is taken only where it is written."""
        nodes, spans = len(self.network.streets.node_xy_m), len(self.counted)
        streets = len(self.network.streets)
        # Each node is settled once, so an arc is followed once; a hole and a seed add one each.
        pushes = len(self.network.into) + nodes + len(self.placement.seed_node) + MOST_SEEDS
        return (
            np.zeros(nodes, np.int32), np.empty(nodes, np.int32), np.empty(nodes),
            np.empty(nodes, np.int32),
            np.zeros(spans, np.int32), np.empty(spans, np.int32), np.empty(spans),
            np.zeros(streets, np.int32), np.empty(streets, np.int32),
            np.empty(pushes), np.empty(pushes, np.int32),
            np.empty(nodes, np.int32),
        )  # fmt: skip

    def _total(self) -> Floats:
        """(areas + 1,) what all spans are worth on streets that the mode may use."""
        first, span = self._spans
        area, worth = self._worth
        usable = np.repeat(self.network.travel != 0, np.diff(first))
        value = (span[:, 1] - span[:, 0]) * worth * usable
        return frozen(np.bincount(area, weights=value, minlength=len(self.counted.areas) + 1))

    def _sweep(self) -> None:
        """Find everything anew for the stations that are open."""
        from locator.kernels.lengths import measure_spans

        chosen = self.open_rows[self.placement.seed_row] != 0
        seeds = [column[chosen] for column in self.seeds]
        opened = replace(self.placement, seed_node=seeds[0], seed_m=seeds[1], seed_row=seeds[2])
        cost, owner = sweep_nearest(self.network, opened, limit_m=self.limit)
        covered, sums = np.empty(len(self.counted)), np.empty(len(self.counted.areas) + 1)
        measure_spans(
            self.limit, self.network.group, cost, self.placement.group, self.open_rows,
            self.no_extra, self._spans, self._worth, self._room, covered, sums,
        )  # fmt: skip
        self._state = np.array(cost), np.array(owner), covered
        self._sums = sums

    def _find_cells(self) -> tuple[Longs, Ints]:
        """The nodes that each station owns; kept until the base changes."""
        if self._cells is None:
            owner = self._state[1]
            node = np.argsort(owner, kind="stable").astype(np.int32)
            node = node[int((owner < 0).sum()) :]
            first = np.zeros(len(self.placement) + 1, np.int64)
            owned = np.bincount(owner[owner >= 0], minlength=len(self.placement))
            np.cumsum(owned, out=first[1:])
            self._cells = first, node
        return self._cells
