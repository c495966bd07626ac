"""One immutable version of a city: streets, networks, stations, and what was asked of them.

Questions are asked of `locator.view.CityView`, which stands on this; what answers them is below it
and takes this. Old versions live as long as somebody reads them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import shapely
from numpy.typing import ArrayLike

from geodata.areas import read_areas, unite
from geodata.datum import to_wgs84
from locator.errors import InputError
from locator.keeping import LastKept
from locator.modes import find_mode, modes
from locator.pieces import cut_streets
from locator.placing import count_lacking, place_chosen, select_stations
from locator.planned import planned_stations
from locator.stations import Stations
from locator.street_store import StreetStore, kept_buffer

if TYPE_CHECKING:
    from datetime import date, datetime

    from locator.arrays import Bools, Floats, Ints, Longs
    from locator.barriers import Barrier
    from locator.counted import Counted
    from locator.hours.timetable import Timetable
    from locator.network import StreetNetwork
    from locator.placement import Placement
    from locator.streets import Streets
    from locator.workspace import CityConfig, Workspace

Report = Callable[[float, str], None]
"""Hears of progress: share done (0..1) and what is going on."""

_CACHED_RESULTS = 24
_COMMON_RESULTS = 4


class CityVersion:
    """One immutable version of a city; safe to share between threads.

    Parameters
    ----------
    workspace, config, store, stations
        The city's folder and settings, the streets in force, and the registry's snapshot.
    version
        Changes with the streets, the stations and the scenario.
    sites
        Planned stations by code that stand on streets for certain: (street, offset).
    gates
        Barriers that hold at some times only, for questions that go through the hours of a week;
        () where the version is that of an instant, or no barrier changes.
    """

    def __init__(
        self,
        workspace: Workspace,
        config: CityConfig,
        store: StreetStore,
        stations: Stations,
        *,
        version: str,
        sites: dict[str, tuple[int, float]] | None = None,
        gates: tuple[Barrier, ...] = (),
    ) -> None:
        self.workspace, self.config, self.store = workspace, config, store
        self.stations = stations.located(store.projection)
        self.version = version
        self.sites = sites or {}
        self.gates = gates
        self._results = LastKept(_CACHED_RESULTS)
        self._common = LastKept(_COMMON_RESULTS)

    @property
    def name(self) -> str:
        """Name of the city."""
        return self.config.name

    @property
    def sample(self) -> bool:
        """Whether any of it is invented: then every page must say so."""
        return self.config.sample or bool(self.stations.sample.any())

    @property
    def streets(self) -> Streets:
        """The streets of all modes."""
        return self.store.streets

    @property
    def attribution(self) -> str:
        """Text owed to the source of the streets; "" where none is."""
        return self.streets.attribution

    @cached_property
    def buffer_m(self) -> float:
        """Metres of streets that are kept beyond the boundary."""
        kept = kept_buffer(self.store.folder)
        return self.config.buffer_m if kept is None else kept

    @cached_property
    def has_boundary(self) -> bool:
        """Whether only a part of the streets counts."""
        return self.workspace.boundary_path.exists()

    @property
    def modes(self) -> tuple[str, ...]:
        """Codes of the modes that can be asked."""
        return tuple(modes())

    @cached_property
    def bounds_deg(self) -> tuple[float, float, float, float]:
        """West, south, east, north of the boundary, or of the streets where there is none."""
        if self.has_boundary:
            shape = unite(read_areas(self.workspace.boundary_path))
            west, south, east, north = shapely.bounds(shape).tolist()
            return west, south, east, north
        xy = self.streets.xy_m
        corners = np.array(
            [
                [x, y]
                for x in (xy[:, 0].min(), xy[:, 0].max())
                for y in (xy[:, 1].min(), xy[:, 1].max())
            ]
        )
        lonlat = self.store.projection.to_lonlat(corners)
        return (*lonlat.min(axis=0).tolist(), *lonlat.max(axis=0).tolist())

    def network(self, mode: str = "walk", *, timed: bool = False) -> StreetNetwork:
        """The street network of one mode; `timed` where cost is time, not length.

        Where a mode's time is its length, both are the same object; a mode that is parked has time
        alone.
        """
        return self.store.network(mode, timed=timed)

    def metric(self, within: float | str, mode: str = "walk") -> tuple[StreetNetwork, float]:
        """The network on which a limit is measured, and the limit in that network's cost.

        A limit in minutes is measured on the network of the mode's time, one in metres on that of
        its length; every kernel and every label works in the cost of its network. By e-bike, whose
        cost is always time, a limit in metres is the time in which so many are ridden.
        """
        network = self.network(mode, timed=find_mode(mode).is_time(within))
        return network, network.mode.metres(within)

    def counted(self, *, by: str = "", demand: str = "") -> Counted:
        """The parts of streets that count, see `locator.counting.count_view`.

        Parameters
        ----------
        by
            "district", or another layer of areas; "" splits nothing.
        demand
            A layer of demand, or "NAME*0.5"; "" counts metres.
        """
        from locator.counting import count_view

        return count_view(self, by=by, demand=demand)

    def to_xy(self, lonlat_deg: ArrayLike, *, datum: str = "wgs84") -> Floats:
        """Metres in the city's CRS of positions in degrees."""
        points = np.asarray(lonlat_deg, dtype=np.float64).reshape(-1, 2)
        if datum != "wgs84":
            points = to_wgs84(points, datum)
        return self.store.projection.to_xy(points)

    def to_lonlat(self, xy_m: Floats) -> Floats:
        """WGS-84 degrees of points in the city's CRS."""
        return self.store.projection.to_lonlat(xy_m)

    def cut(self, street: Ints, from_m: Floats, to_m: Floats) -> tuple[Floats, Longs]:
        """Lines of pieces of street in WGS-84: all vertices, and where each line begins."""
        xy, first = cut_streets(self.streets, street, from_m, to_m)
        return self.to_lonlat(xy), first

    def placement(
        self,
        *,
        kind: str | None = None,
        mode: str = "walk",
        timed: bool = False,
        among: Bools | None = None,
    ) -> Placement:
        """The usable stations of a kind (None: all) on the network of a mode.

        Parameters
        ----------
        timed
            On the mode's network of time, as `network` and `metric` give it.
        among : (stations,) bool
            Only these, where given; such a placement is not kept.
        """
        if among is not None:
            return place_chosen(self, self._selected(kind, mode) & among, mode, timed)
        kept: Placement = self.kept(
            ("placement", kind, mode, timed),
            lambda: place_chosen(self, self._selected(kind, mode), mode, timed),
        )
        return kept

    def _selected(self, kind: str | None, mode: str = "walk") -> Bools:
        """Stations a person of a mode may be sent to, of one kind or of all."""
        return select_stations(self.stations, kind, mode)

    def lacking(self, mode: str, *, kind: str | None = None) -> dict[str, int]:
        """How many stations are left out because a mode requires what they have not, or unknown."""
        return count_lacking(self.stations, kind, mode)

    def with_scenario(
        self, *, build: Iterable[tuple[int, float]] = (), kind: str | None = None
    ) -> Self:
        """The same city with stations built at (street, offset); this view is unchanged.

        They have what modes require of a station, see `locator.planned`.
        """
        places = list(build)
        planned = planned_stations(self, places, kind)
        sites = self.sites | {one.code: at for one, at in zip(planned, places, strict=True)}
        stations = self.stations.added(Stations.from_records(planned))
        mark = hashlib.sha256(repr(sorted(sites.items())).encode()).hexdigest()[:8]
        version = f"{self.version}-{mark}"
        return self._like(version, stations=stations, sites=sites)

    def _like(
        self,
        version: str,
        *,
        store: StreetStore | None = None,
        stations: Stations | None = None,
        sites: dict[str, tuple[int, float]] | None = None,
        gates: tuple[Barrier, ...] | None = None,
    ) -> Self:
        """The same version with some of its parts replaced."""
        made = type(self)(
            self.workspace,
            self.config,
            self.store if store is None else store,
            self.stations if stations is None else stations,
            version=version,
            sites=self.sites if sites is None else sites,
            gates=self.gates if gates is None else gates,
        )
        if stations is None:
            made._common = self._common
        return made

    def with_barriers(
        self, *, at: str | datetime | None = None, all_day: date | None = None
    ) -> Self:
        """The same city where its barriers hold; this view itself where none does.

        Parameters
        ----------
        at
            Those that hold at a local time; all of them where neither is given.
        all_day
            Those that hold from the first to the last minute of that day; the others become
            `gates` of the version, which the week and the losses by the hour follow.

        Raises
        ------
        InputError
            Barriers hold in this view already, or the time is not understood.
        """
        from locator.barriers import changing, in_force, lasting, load_barriers
        from locator.moments import find_moment

        if self.store.barred is not None:
            raise InputError("barriers hold in this view already: ask the one it was made of")
        known = self.kept(("barriers",), lambda: load_barriers(self.workspace))
        if all_day is None:
            when = None if at is None else find_moment(at, zone=self.config.time_zone)
            return self.holding(in_force(known, when) if known else [])
        held = self.holding(lasting(known, all_day))
        if not changing(known):
            return held
        kept: Self = self.kept(
            ("gates", held.version), lambda: held._like(f"{held.version}-g", gates=tuple(known))
        )
        return kept

    def holding(self, barriers: Sequence[Barrier]) -> Self:
        """The same city where just these barriers hold, whichever do in this version."""
        from locator.barriers import mark_barriers

        if tuple(barriers) == self.store.held:
            return self
        free = self.barrier_free()
        if not barriers:
            return free
        mark = mark_barriers(barriers)
        kept: Self = free.kept(("barriers", mark), lambda: free._held(barriers, mark))
        return kept

    def _held(self, barriers: Sequence[Barrier], mark: str) -> Self:
        """The same city where these barriers hold; none held before."""
        store = self.store.with_barriers(barriers)
        sites = self.sites
        if store.barred is not None:
            sites = {code: store.barred.locate(*site) for code, site in sites.items()}
        return self._like(f"{self.version}-b{mark}", store=store, sites=sites)

    def barrier_free(self) -> Self:
        """The same city without the barriers that hold in it."""
        base, barred = self.store.base, self.store.barred
        if base is None or barred is None:
            return self
        sites = {code: barred.restore(*site) for code, site in self.sites.items()}
        kept: Self = self.kept(
            ("free",), lambda: self._like(f"{self.version}-f", store=base, sites=sites)
        )
        return kept

    def with_status(self, statuses: Mapping[str, str]) -> Self:
        """The same city with other statuses of some stations, by code; this view is unchanged."""
        rows = {
            row: replace(self.stations[row], status=statuses[code])
            for row, code in enumerate(self.stations.code)
            if code in statuses
        }
        return self.with_stations(self.stations.replaced(rows), f"status{sorted(statuses.items())}")

    def with_stations(self, stations: Stations, mark: str) -> Self:
        """The same streets with other stations, as of a past day; `mark` tells them apart."""
        digest = hashlib.sha256(mark.encode()).hexdigest()[:8]
        return self._like(f"{self.version}-{digest}", stations=stations)

    @property
    def timetable(self) -> Timetable:
        """Opening hours of all stations, ready to be asked at any local time of the city."""
        from geodata.calendar import load_calendar
        from locator.hours.timetable import Timetable

        made: Timetable = self.kept_by_all(
            "timetable", lambda: Timetable.compile(self.stations.opening, load_calendar())
        )
        return made

    def _known(self, key: object) -> Any:
        """A result that is kept already; None where it is not."""
        return self._results.known(key)

    def kept_by_all(self, key: object, make: Callable[[], Any]) -> Any:
        """As `kept`, by all versions that differ in nothing but which barriers hold."""
        return self._common.get(key, make)

    def kept(self, key: object, make: Callable[[], Any]) -> Any:
        """A result by its key, or made and kept; the least lately used one makes room."""
        return self._results.get(key, make)
