"""The streets of one import with the networks of all modes, opened or built when first asked for.

Networks are saved for the first mode that goes by the same arcs; others share its arrays. What an
import of an older program did not save is built from the streets.
"""

from __future__ import annotations

import json
import threading
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from geodata.extract import Poi
from geodata.projection import Projection
from locator.modes import Mode, find_mode
from locator.network import StreetNetwork, build_network
from locator.snapping import SnapGrid
from locator.streets import Streets
from locator.timing import time_network
from locator.workspace import read_json_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locator.arrays import Bools
    from locator.barred import Barred
    from locator.barriers import Barrier


def kept_buffer(folder: Path) -> float | None:
    """Metres of streets that an import kept beyond the boundary; None where it says nothing."""
    try:
        return float(json.loads((folder / "import.json").read_text("utf-8"))["buffer_m"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class StreetStore:
    """The streets of one import; safe to share between threads.

    Parameters
    ----------
    folder
        Of the import.
    streets
        Others than those of the folder, such as streets without some of them: their networks are
        built in memory.
    grid
        Of streets with the same lines, where it is there already.
    """

    def __init__(
        self, folder: Path, streets: Streets | None = None, grid: SnapGrid | None = None
    ) -> None:
        self.folder = folder
        self.saved = streets is None
        self.streets = Streets.open(folder / "streets") if streets is None else streets
        self._networks: dict[tuple[str, bool], StreetNetwork] = {}
        self.barred: Barred | None = None
        self.base: StreetStore | None = None  # where no barrier holds
        self.held: tuple[Barrier, ...] = ()
        self.grid = grid or SnapGrid(self.streets)
        self._lock = threading.RLock()

    @cached_property
    def projection(self) -> Projection:
        """Degrees to metres and back."""
        return Projection(self.streets.crs)

    def network(self, mode: str, *, timed: bool = False) -> StreetNetwork:
        """The network of one mode, of its time where `timed`; the same object where both are one.

        Raises
        ------
        NotFoundError
            There is no such mode.
        DataError
            The saved network is damaged.
        """
        own = find_mode(mode)
        with self._lock:
            key = (own.code, timed)
            if key not in self._networks:
                self._networks[key] = self._time(own) if timed else self._lay(own)
            return self._networks[key]

    def _lay(self, own: Mode) -> StreetNetwork:
        """A network at the cost of its length."""
        arcs = own.arcs_of()
        if self.barred is not None:  # a barrier may stop trucks and let cars pass
            shut = self.barred.shut_for(own.code)
            return build_network(self.streets, own, grid=self.grid, shut=shut)
        if arcs != own:
            return replace(self.network(arcs.code), mode=own)
        folder = self.folder / "networks" / own.code
        if self.saved and folder.is_dir():
            network = StreetNetwork.open(folder, self.streets, self.grid)
            # Imports of an older program let wheels on stairs where a tag did.
            if not (network.travel[own.travel(self.streets.access, self.streets.flags) == 0]).any():
                return network
        return build_network(self.streets, own, grid=self.grid)

    def _time(self, own: Mode) -> StreetNetwork:
        """A network at the cost of its time."""
        arcs, network = own.arcs_of(), self.network(own.code)
        if self.barred is not None or arcs == own or arcs.stairs != own.stairs:
            return time_network(network)
        shared = self.network(arcs.code, timed=True)
        return network if shared is self.network(arcs.code) else replace(shared, mode=own)

    def with_barriers(self, barriers: Sequence[Barrier]) -> StreetStore:
        """The same streets where these barriers hold."""
        from locator.barred import bar_streets

        barred = bar_streets(self.streets, self.grid, self.projection, barriers)
        store = StreetStore(self.folder, barred.streets)
        store.barred, store.base, store.held = barred, self, tuple(barriers)
        return store

    def closed(self, mode: str) -> Bools | None:
        """(s,) parts of streets on which a mode can get nowhere; None where no barrier holds."""
        return None if self.barred is None else self.barred.closed_for(mode)

    @property
    def water_path(self) -> Path:
        """Lakes, rivers and coasts that came with the streets, as GeoJSON in WGS-84."""
        return self.folder / "water.geojson"

    @property
    def pois(self) -> list[Poi]:
        """Points of interest that came with the streets."""
        return [Poi(**row) for row in read_json_lines(self.folder / "pois.jsonl")]
