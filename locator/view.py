"""One immutable version of a city (`CityView`), where questions are asked.

A view holds streets, networks and stations of one moment, and a small cache of results. Old views
live as long as somebody reads them.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cached_property
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import ArrayLike

from geodata.areas import read_areas, unite
from geodata.datum import Projection, to_wgs84
from geodata.extract import Poi
from locator.arrays import Bools, Floats, Ints, Longs, frozen
from locator.counted import Counted, count_length
from locator.errors import InputError, NotFoundError
from locator.modes import find_mode, modes
from locator.network import StreetNetwork
from locator.pieces import cut_streets, locate_on_streets
from locator.placement import Placement, place_snapped
from locator.snapping import SnapGrid, Snapped
from locator.stations import Station, Stations
from locator.streets import Streets
from locator.workspace import CityConfig, Workspace, read_json_lines

if TYPE_CHECKING:
    from locator.coverage import Coverage
    from locator.hours.timetable import Timetable
    from locator.islands import Islands
    from locator.nearest import Nearest
    from locator.siting.plan import Plan

Report = Callable[[float, str], None]
"""Hears of progress: share done (0..1) and what is going on."""

_CACHED_RESULTS = 24


def kept_buffer(folder: Path) -> float | None:
    """Metres of streets that an import kept beyond the boundary; None where it says nothing."""
    try:
        return float(json.loads((folder / "import.json").read_text("utf-8"))["buffer_m"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class StreetStore:
    """The streets of one import with their networks, opened when first asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.streets = Streets.open(folder / "streets")
        self._networks: dict[str, StreetNetwork] = {}
        self._grid = SnapGrid(self.streets)
        self._lock = threading.RLock()

    @cached_property
    def projection(self) -> Projection:
        """Degrees to metres and back."""
        return Projection(self.streets.crs)

    def network(self, mode: str) -> StreetNetwork:
        """The network of one mode."""
        find_mode(mode)
        with self._lock:
            if mode not in self._networks:
                folder = self.folder / "networks" / mode
                self._networks[mode] = StreetNetwork.open(folder, self.streets, self._grid)
            return self._networks[mode]

    @property
    def water_path(self) -> Path:
        """Lakes, rivers and coasts that came with the streets, as GeoJSON in WGS-84."""
        return self.folder / "water.geojson"

    @property
    def pois(self) -> list[Poi]:
        """Points of interest that came with the streets."""
        return [Poi(**row) for row in read_json_lines(self.folder / "pois.jsonl")]


class CityView:
    """One immutable version of a city; safe to share between threads.

    Parameters
    ----------
    workspace, config, store, stations
        The city's folder and settings, the streets in force, and the registry's snapshot.
    version
        Changes with the streets, the stations and the scenario.
    sites
        Planned stations by code that stand on streets for certain: (street, offset).
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
    ) -> None:
        self.workspace, self.config, self.store = workspace, config, store
        self.stations = stations.located(store.projection)
        self.version = version
        self._sites = sites or {}
        self._results: OrderedDict[object, Any] = OrderedDict()
        self._lock = threading.RLock()

    # -- what the city is ------------------------------------------------------------------

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

    def network(self, mode: str = "walk", *, timed: bool = False) -> StreetNetwork:  # noqa: ARG002
        """The street network of one mode; `timed` where cost is time, not length."""
        return self.store.network(mode)

    def metric(self, within: float | str, mode: str = "walk") -> tuple[StreetNetwork, float]:
        """The network on which a limit is measured, and the limit in that network's cost.

        A limit in minutes is measured on the network of the mode's time, one in metres on that of
        its length; every kernel and every label works in the cost of its network.
        """
        network = self.network(mode)
        return network, network.mode.metres(within)

    def counted(self, *, by: str = "", demand: str = "") -> Counted:  # noqa: ARG002
        """The parts of streets that count: by area (`by`), weighted (`demand`)."""
        return count_length(self.streets)

    def to_xy(self, lonlat_deg: ArrayLike, *, datum: str = "wgs84") -> Floats:
        """Metres in the city's CRS of positions in degrees."""
        points = np.asarray(lonlat_deg, dtype=np.float64).reshape(-1, 2)
        return self.store.projection.to_xy(to_wgs84(points, datum))

    def to_lonlat(self, xy_m: Floats) -> Floats:
        """WGS-84 degrees of points in the city's CRS."""
        return self.store.projection.to_lonlat(xy_m)

    def cut(self, street: Ints, from_m: Floats, to_m: Floats) -> tuple[Floats, Longs]:
        """Lines of pieces of street in WGS-84: all vertices, and where each line begins."""
        xy, first = cut_streets(self.streets, street, from_m, to_m)
        return self.to_lonlat(xy), first

    # -- questions -------------------------------------------------------------------------

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
            return self._place(self._selected(kind) & among, mode, timed)
        kept: Placement = self.kept(
            ("placement", kind, mode, timed),
            lambda: self._place(self._selected(kind), mode, timed),
        )
        return kept

    def _place(self, chosen: Bools, mode: str, timed: bool) -> Placement:
        network = self.network(mode, timed=timed)
        snapped = self.kept(("snapped", mode), lambda: self._snap_stations(network))
        rows = np.flatnonzero(chosen)
        taken = Snapped(snapped.street[rows], snapped.offset_m[rows], snapped.snap_m[rows])
        return place_snapped(network, taken, rows.astype(np.int32))

    def _snap_stations(self, network: StreetNetwork) -> Snapped:
        """All stations on one network; planned sites stand exactly where they were planned."""
        found = network.snap(self.stations.xy_m, self.config.station_snap_m)
        street, offset, snap = found.street.copy(), found.offset_m.copy(), found.snap_m.copy()
        for row, code in enumerate(self.stations.code if self._sites else ()):
            if code in self._sites:
                street[row], offset[row] = self._sites[code]
                snap[row] = 0.0
        return Snapped(frozen(street), frozen(offset), frozen(snap))

    def _selected(self, kind: str | None) -> Bools:
        """Stations a person may be sent to, of one kind or of all."""
        usable = np.asarray(self.stations.is_usable)
        if kind is not None:
            usable = usable & np.asarray(self.stations.is_kind(kind))
        return usable

    def nearest(
        self,
        points: ArrayLike,
        *,
        k: int = 1,
        kind: str | None = None,
        mode: str = "walk",
        within_m: float | str = np.inf,
        datum: str = "wgs84",
        connected: bool = False,
    ) -> Nearest:
        """The k stations with the shortest way along streets from each point.

        Parameters
        ----------
        points : (q, 2) or (2,) longitude, latitude in `datum`
        within_m
            Metres, or a time such as "15min" at the mode's speed; inclusive.
        connected
            Start from the nearest street that leads to a station, not from the nearest street.

        Returns
        -------
        Nearest
            `index` counts in `stations`.
        """
        from locator.nearest import find_nearest

        network = self.network(mode)
        placement = self.placement(kind=kind, mode=mode)
        limit = np.inf if within_m == np.inf else network.mode.metres(within_m)
        return find_nearest(
            network,
            placement,
            self.to_xy(points, datum=datum),
            stations_xy_m=self.stations.xy_m,
            k=k,
            within_m=limit,
            snap_limit_m=self.config.person_snap_m,
            allowed=self._connected_streets(kind, mode) if connected else None,
        )

    def islands(self, cover: Coverage, *, kind: str | None = None) -> Islands:
        """The pieces of street that a coverage of this view found unreachable."""
        from locator.islands import find_islands

        return find_islands(cover, self._connected_streets(kind, cover.network.mode.code))

    def _connected_streets(self, kind: str | None, mode: str) -> Bools:
        """Streets from some part of which a selected station can be reached."""
        cover = self.kept(("reachable", kind, mode), lambda: self._reachable(kind, mode))
        return np.asarray(cover)

    def _reachable(self, kind: str | None, mode: str) -> Bools:
        from locator.sweep import sweep_nearest

        network, placement = self.network(mode), self.placement(kind=kind, mode=mode)
        metres, _ = sweep_nearest(network, placement)
        there = np.isfinite(metres)[self.streets.ends]
        ahead = there[:, 1] & (network.travel & 1 != 0)
        back = there[:, 0] & (network.travel & 2 != 0)
        return np.asarray(ahead | back)

    def coverage(
        self,
        *,
        within_m: float | str,
        kind: str | None = None,
        mode: str = "walk",
        depth: int = 1,
    ) -> Coverage:
        """Which streets are within the limit of at least `depth` stations; exact lengths."""
        from locator.coverage import measure_coverage

        network = self.network(mode)
        limit = network.mode.metres(within_m)
        kept: Coverage = self.kept(
            ("coverage", limit, kind, mode, depth),
            lambda: measure_coverage(
                network, self.placement(kind=kind, mode=mode), limit, depth=depth
            ),
        )
        return kept

    def plan(
        self,
        *,
        new: int,
        within_m: float | str,
        objective: str = "coverage",
        kind: str | None = None,
        mode: str = "walk",
        seed: int | None = None,
        report: Report | None = None,
    ) -> Plan:
        """Where `new` stations would cover most street newly, in build order.

        The worth is measured again by `coverage`, by another way than the planner's own sum.
        """
        from locator.siting.candidates import street_points
        from locator.siting.cover import cover_greedily
        from locator.siting.plan import STATUS_NO_BOUND, Plan

        if objective != "coverage":
            raise NotFoundError(f"objective {objective!r} is not known: choose coverage")
        if new < 1:
            raise InputError(f"{new} new stations were asked for, expected 1 or more")
        started = time.perf_counter()
        network = self.network(mode)
        limit = network.mode.metres(within_m)
        candidates = street_points(network, spacing_m=max(limit / 10, 25.0))
        chosen = cover_greedily(
            network, self.placement(kind=kind, mode=mode), candidates, limit, new=new, report=report
        )
        sites = list(zip(chosen.street.tolist(), chosen.offset_m.tolist(), strict=True))
        before = self.coverage(within_m=limit, kind=kind, mode=mode)
        scenario = self.with_scenario(build=sites, kind=kind)
        after = scenario.coverage(within_m=limit, kind=kind, mode=mode)
        xy = locate_on_streets(self.streets, chosen.street, chosen.offset_m)
        return Plan(
            objective=objective,
            status=STATUS_NO_BOUND,
            within_m=limit,
            kind=kind,
            mode=mode,
            street=chosen.street,
            offset_m=chosen.offset_m,
            lonlat_deg=frozen(self.to_lonlat(xy).reshape(-1, 2)),
            gain=chosen.gain_m,
            value=after.covered_m - before.covered_m,
            bound=None,
            before={"covered_m": before.covered_m, "share": before.share},
            after={"covered_m": after.covered_m, "share": after.share},
            inputs=self._question_hash(objective, limit, kind, mode, new),
            seconds=time.perf_counter() - started,
            seed=seed,
        )

    def _question_hash(self, *question: object) -> str:
        text = json.dumps([self.streets.hash, self.stations.hash, *question], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def with_scenario(
        self, *, build: Iterable[tuple[int, float]] = (), kind: str | None = None
    ) -> CityView:
        """The same city with stations built at (street, offset); this view is unchanged."""
        sites = dict(self._sites)
        places = list(build)
        street = np.array([place[0] for place in places], np.int32)
        offset = np.array([place[1] for place in places], np.float64)
        if places and not (
            (street >= 0).all()
            and (street < len(self.streets)).all()
            and (offset >= 0).all()
            and (offset <= self.streets.length_m[street]).all()
        ):
            raise InputError("a site is not on the streets: give (street, offset) of this city")
        lonlat = self.to_lonlat(locate_on_streets(self.streets, street, offset)).reshape(-1, 2)
        records = []
        taken = set(self.stations.code)
        free = (code for code in map("PLAN-{:04d}".format, count(1)) if code not in taken)
        for i, ((lon, lat), code) in enumerate(zip(lonlat.tolist(), free, strict=False)):
            sites[code] = places[i]
            records.append(
                Station(
                    code=code,
                    name=f"规划 {code.removeprefix('PLAN-')}",
                    kind=kind or "rest_station",
                    lon_deg=lon,
                    lat_deg=lat,
                    name_made=True,
                )
            )
        stations = self.stations.added(Stations.from_records(records))
        mark = hashlib.sha256(repr(sorted(sites.items())).encode()).hexdigest()[:8]
        version = f"{self.version}-{mark}"
        return CityView(
            self.workspace, self.config, self.store, stations, version=version, sites=sites
        )

    def with_status(self, statuses: Mapping[str, str]) -> CityView:
        """The same city with other statuses of some stations, by code; this view is unchanged."""
        rows = {
            row: replace(self.stations[row], status=statuses[code])
            for row, code in enumerate(self.stations.code)
            if code in statuses
        }
        return self.with_stations(self.stations.replaced(rows), f"status{sorted(statuses.items())}")

    def with_stations(self, stations: Stations, mark: str) -> CityView:
        """The same streets with other stations, as of a past day; `mark` tells them apart."""
        return CityView(
            self.workspace,
            self.config,
            self.store,
            stations,
            version=f"{self.version}-{hashlib.sha256(mark.encode()).hexdigest()[:8]}",
            sites=self._sites,
        )

    @cached_property
    def timetable(self) -> Timetable:
        """Opening hours of all stations, ready to be asked at any local time of the city."""
        from geodata.calendar import load_calendar
        from locator.hours.timetable import Timetable

        return Timetable.compile(self.stations.opening, load_calendar())

    def kept(self, key: object, make: Callable[[], Any]) -> Any:
        """A result by its key, or made and kept; the least lately used one makes room."""
        with self._lock:
            if key in self._results:
                self._results.move_to_end(key)
                return self._results[key]
        value = make()
        with self._lock:
            self._results[key] = value
            while len(self._results) > _CACHED_RESULTS:
                self._results.popitem(last=False)
        return value
