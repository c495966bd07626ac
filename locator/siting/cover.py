"""New stations for the most newly covered metres of street.

Lazy greedy (Minoux 1978): the gain of a place can only fall as stations are added, so a place is
measured again only when its old gain would still win. Each plan is at least 1 - 1/e of the best
possible (Nemhauser, Wolsey & Fisher 1978, doi:10.1007/BF01588971) among the same candidates; how
near it really is, nobody knows until a bound is computed, so none is claimed here.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from locator.arrays import Floats, Ints, frozen
from locator.placement import Placement, place_snapped
from locator.snapping import Snapped
from locator.sweep import sweep_nearest

if TYPE_CHECKING:
    from locator.network import StreetNetwork
    from locator.siting.candidates import Candidates

Report = Callable[[float, str], None]
_CHUNK = 2000
_WORTH_M = 1e-3  # a site that adds less than a millimetre adds nothing


@dataclass(frozen=True, slots=True, eq=False)
class Chosen:
    """Sites in build order.

    Parameters
    ----------
    street, offset_m, gain_m : (p,)
        Where each site stands, and the metres it covers newly after those before it.
    """

    street: Ints
    offset_m: Floats
    gain_m: Floats


def cover_greedily(
    network: StreetNetwork,
    existing: Placement,
    candidates: Candidates,
    within_m: float,
    *,
    new: int,
    report: Report | None = None,
) -> Chosen:
    """Choose up to `new` candidates, each time the one that covers most street newly.

    Equal gains go to the lower candidate. Stops early when nothing is left to gain.
    """
    tell = report or (lambda _share, _text: None)
    state = _State(network, existing, within_m)
    gains = np.empty(len(candidates))
    for start in range(0, len(candidates), _CHUNK):
        part = slice(start, start + _CHUNK)
        gains[part] = state.gains(candidates.street[part], candidates.offset_m[part])
        tell(min(1.0, (start + _CHUNK) / len(candidates)), "measuring candidates")
    # Entries are (-gain, candidate, how many sites stood when it was measured).
    queue = [(-g, c, 0) for c, g in enumerate(gains.tolist()) if g > _WORTH_M]
    heapq.heapify(queue)
    sites: list[tuple[int, float, float]] = []
    while queue and len(sites) < new:
        gain, c, measured = heapq.heappop(queue)
        if measured == len(sites):
            sites.append((int(candidates.street[c]), float(candidates.offset_m[c]), -gain))
            state.build(*sites[-1][:2])
            tell(len(sites) / new, "choosing sites")
            continue
        fresh = float(state.gains(candidates.street[c : c + 1], candidates.offset_m[c : c + 1])[0])
        if fresh > _WORTH_M:
            heapq.heappush(queue, (-fresh, c, len(sites)))
    columns = list(zip(*sites, strict=True)) if sites else [(), (), ()]
    return Chosen(frozen(columns[0], np.int32), frozen(columns[1], "f8"), frozen(columns[2], "f8"))


class _State:
    """What is covered now; changes as sites are built."""

    def __init__(self, network: StreetNetwork, existing: Placement, within_m: float) -> None:
        self.network, self.within_m = network, within_m
        self.snapped = existing.snapped
        nodes, streets = len(network.streets.node_xy_m), len(network.streets)
        entries = len(network.into) + 2
        self.space = (
            np.zeros(nodes, np.int32),  # node marks
            np.empty(nodes),  # node costs
            np.empty(entries),  # heap
            np.empty(entries, np.int32),
            np.zeros(streets, np.int32),  # street marks
            np.empty(streets, np.int32),  # streets touched
        )
        self.stamp = 0
        self._refresh()

    def _refresh(self) -> None:
        """Measure the present state with all stations, old and new."""
        from locator.kernels.gain import cover_each

        network = self.network
        rows = np.arange(len(self.snapped), dtype=np.int32)
        self.placement = place_snapped(network, self.snapped, rows)
        self.nearest, _ = sweep_nearest(network, self.placement, limit_m=self.within_m)
        self.covered = np.empty(len(network.streets))
        cover_each(
            network.group, self.nearest, self.placement.group, network.spans, self.within_m,
            self.covered,
        )  # fmt: skip

    def gains(self, street: Ints, offset_m: Floats) -> Floats:
        """Metres each candidate alone would newly cover now."""
        from locator.kernels.gain import measure_gains

        network = self.network
        gain = np.empty(len(street))
        if self.stamp + len(street) >= np.iinfo(np.int32).max - 1:
            self.stamp = 0
            self.space[0][:] = 0
            self.space[4][:] = 0
        measure_gains(
            network.into.group, network.group, self.nearest, self.placement.group, network.spans,
            self.covered, street, offset_m, self.within_m, self.stamp, self.space, gain,
        )  # fmt: skip
        self.stamp += len(street)
        return gain

    def build(self, street: int, offset_m: float) -> None:
        """Add a station on a street."""
        old = self.snapped
        self.snapped = Snapped(
            frozen(np.append(old.street, street), np.int32),
            frozen(np.append(old.offset_m, offset_m)),
            frozen(np.append(old.snap_m, 0.0)),
        )
        self._refresh()
