"""A city folder: opening it, making it, and changing its streets and stations.

Every change makes a new version; `City.current()` gives the one in force as a `CityView`.
"""

from __future__ import annotations

import hashlib
import os
import threading
import time
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import shapely

from geodata.areas import Area, read_areas, to_geojson, unite
from geodata.projection import Projection
from locator.errors import DataError, InputError
from locator.extent import check_extent
from locator.registry import NOBODY, Actor, ImportReport, Registry, code_series
from locator.registry.watch import Watch
from locator.street_import import buffer_of, replace_streets
from locator.street_store import StreetStore
from locator.view import CityView
from locator.workspace import CityConfig, Workspace, replace_text

if TYPE_CHECKING:
    from locator.registry.row_places import Check
    from locator.version import Report

__all__ = ["City", "CityConfig", "CityView"]


class City:
    """A city folder, opened; `current()` gives the version in force.

    Parameters
    ----------
    workspace, config
        Made by `City.open` and `City.create`.
    """

    def __init__(self, workspace: Workspace, config: CityConfig) -> None:
        self.workspace = workspace
        self.config = config
        self._lock = threading.RLock()
        self._view: CityView | None = None
        self._mark: object = None
        self._watch = Watch(self.registry_place)
        self._seen: object = None

    @classmethod
    def open(cls, path: str | Path) -> City:
        """Open a city folder; InputError where it is none, DataError where it is damaged."""
        workspace = Workspace(Path(path))
        return cls(workspace, workspace.read_config())

    @classmethod
    def create(
        cls,
        path: str | Path,
        config: CityConfig,
        *,
        boundary: list[Area] | None = None,
        districts: list[Area] | None = None,
    ) -> City:
        """Make a new city folder: all of it, or nothing.

        Raises
        ------
        InputError
            The folder is in use, the CRS is not one in metres, or the name, code prefix or database
            URL cannot be used.
        DataError
            The folder or the database cannot be written.
        """
        if not config.name.strip() or not config.name.isprintable():
            raise InputError("the city has no name that can be shown: give one with --name")
        code_series(config.code_prefix, "", "rest_station")
        if config.crs:
            config = replace(config, crs=Projection.from_crs(config.crs).crs)
        texts = {name: to_geojson(areas) for name, areas in (
            ("boundary.geojson", boundary), ("districts.geojson", districts)) if areas}  # fmt: skip
        workspace = Workspace(Path(path))
        workspace.refuse_used()
        is_new = not workspace.path.exists()
        try:
            workspace.create(config)
            for name, text in texts.items():
                replace_text(workspace.path / name, text)
            city = cls(workspace, config)
            Registry.open(city.registry_place, create=True, key_file=workspace.key_path).close()
        except BaseException:
            workspace.clear(with_folder=is_new)
            raise
        return city

    @property
    def registry_place(self) -> str | Path:
        """Database URL or file of the registry."""
        url = os.environ.get("LOCATOR_DATABASE_URL") or self.config.database_url
        return url or self.workspace.registry_path

    def registry(self) -> Registry:
        """The station store; close it after use. DataError where it is lost or damaged."""
        return Registry.open(self.registry_place, key_file=self.workspace.key_path)

    @property
    def zone(self) -> ZoneInfo:
        """The city's time zone."""
        try:
            return ZoneInfo(self.config.time_zone)
        except (ValueError, ZoneInfoNotFoundError) as error:
            raise DataError(
                f"{self.workspace.config_path}: unknown time zone {self.config.time_zone!r}; "
                "expected one such as Asia/Shanghai"
            ) from error

    def boundary(self) -> list[Area]:
        """The city's area; [] where none was given."""
        path = self.workspace.boundary_path
        return read_areas(path) if path.exists() else []

    def districts(self) -> list[Area]:
        """The city's districts; [] where none were given."""
        path = self.workspace.districts_path
        return read_areas(path) if path.exists() else []

    def current(self, *, at: str | datetime | None = None) -> CityView:
        """The version in force: the same object until something changes.

        Parameters
        ----------
        at
            Barriers hold as at that local time. Where it is left out, those hold that are shut all
            of today: a gate that is shut by night makes no difference to a share of streets.

        Raises
        ------
        InputError
            No streets were imported yet, or the time is not understood.
        """
        view = self.unbarred()
        if at is not None:
            return view.with_barriers(at=at)
        return view.with_barriers(all_day=datetime.now(self.zone).date())

    @property
    def last(self) -> CityView | None:
        """The version that was read last, without a look at whether it still is in force.

        For what must cost next to nothing; None where none was read yet.
        """
        return self._view

    def unbarred(self) -> CityView:
        """As `current`, as if no barrier held anywhere."""
        with self._lock:
            streets_mark = self.workspace.streets_mark()
            layers_mark = self.workspace.layers_mark()
            committed = self._watch.mark()
            seen = (streets_mark, layers_mark, committed)
            if committed is not None and self._view is not None and seen == self._seen:
                return self._view
            with self.registry() as registry:
                kept = registry.current()
            mark = (streets_mark, kept.version, layers_mark)
            if self._view is not None and mark == self._mark:
                self._seen = seen
                return self._view
            store = self._store(streets_mark)
            version = f"{store.streets.hash}-{kept.version}"
            if layers_mark:
                digest = hashlib.sha256(repr(layers_mark).encode()).hexdigest()
                version += f"-{digest[:8]}"
            self._view = CityView(
                self.workspace, self.config, store, kept.stations, version=version
            )
            # Last, so that what could not be read is tried again and never answered by an old view.
            self._mark, self._seen = mark, seen
            return self._view

    def let_go(self) -> None:
        """Close what a process may not share with its forks; it opens again when it is used."""
        self._watch.let_go()

    def as_of(self, day: date, *, at: str | datetime | None = None) -> CityView:
        """The present streets with the stations of the end of a past day, or of an instant.

        `at` is as in `current`.

        Raises
        ------
        InputError
            The day lies ahead, or before the first record, or no streets were imported yet.
        """
        today = datetime.now(self.zone).date()
        if (day.date() if isinstance(day, datetime) else day) > today:
            raise InputError(f"{day} lies ahead; the registry knows the past up to {today}")
        with self.registry() as registry:
            self.refuse_before_records(registry, day)
            stations = registry.as_of(day, zone=self.zone)
        return self.current(at=at).with_stations(stations, f"as of {day.isoformat()}")

    def refuse_before_records(self, registry: Registry, day: date) -> None:
        """Refuse a day before the first record: nothing is known of it, which is not "none".

        Raises
        ------
        InputError
            The day, or the instant, lies before the first record.
        """
        first = registry.began()
        if first is None:
            return
        began = first.replace(tzinfo=UTC).astimezone(self.zone)
        if isinstance(day, datetime):
            aware = day if day.tzinfo else day.replace(tzinfo=self.zone)
            is_before = aware < began
        else:
            is_before = day < began.date()
        if is_before:
            raise InputError(
                f"the registry knows nothing before {began.date()}, when its first stations were "
                f"entered, so nothing can be said of {day.isoformat()}"
            )

    def _store(self, mark: object) -> StreetStore:
        """The streets in force, opened again only when they changed."""
        if self._view is not None and self._mark is not None:
            old: Any = self._mark
            if old[0] == mark:
                return self._view.store
        folder = self.workspace.streets_folder()
        if folder is None:
            raise InputError(
                f"{self.workspace.path} has no streets yet: run `locator streets import FILE`"
            )
        return StreetStore(folder)

    # -- changing the city -----------------------------------------------------------------

    def import_streets(
        self,
        files: Iterable[Path],
        *,
        boundary: Path | None = None,
        datum: str = "wgs84",
        buffer_m: float | None = None,
        report: Report | None = None,
    ) -> dict[str, Any]:
        """Replace the streets by those of the files; returns the JSON document of the command."""
        from geodata.vectors import read_streets

        tell = report or (lambda _share, _text: None)
        started = time.perf_counter()
        tell(0.0, "reading")
        extract = read_streets([Path(file) for file in files])
        areas = read_areas(boundary, datum=datum) if boundary else self.boundary()
        return replace_streets(
            self.workspace,
            self.config,
            extract,
            areas=areas,
            buffer_m=buffer_m,
            started=started,
            report=tell,
        )

    def import_stations(
        self,
        rows: Any,
        *,
        datum: str | None = None,
        kind: str | None = None,
        source: str = "",
        dry_run: bool = False,
        by: Actor | None = None,
        report: Report | None = None,
    ) -> ImportReport:
        """Add or update stations from rows of a table; all or nothing.

        Positions out of the city are rejected where a boundary or streets tell its extent; all
        other doubts about a place are warnings, and so is a batch that looks like another datum.

        Parameters
        ----------
        datum
            Datum of rows that do not tell their own; None for what the headings tell, else WGS-84;
            "auto" for the one that clearly fits the streets.

        Raises
        ------
        InputError
            The datum or kind is unknown, or "auto" finds none that clearly fits.
        """
        from locator.screening import screen_import, settle_datum

        view = self.unbarred() if self.workspace.streets_folder() is not None else None
        taken, warnings = settle_datum(view, rows, datum)
        with self.registry() as registry:
            done = registry.import_rows(
                rows,
                datum=taken,
                kind=kind,
                source=source,
                dry_run=dry_run,
                check=self._extent_check(),
                code_prefix=self.config.code_prefix,
                by=by or NOBODY,
                inspect=partial(screen_import, view),
                report=report,
            )
        return replace(done, warnings=(*warnings, *done.warnings))

    def _extent_check(self) -> Check | None:
        """Tells why a position cannot be in this city; None where nothing tells its extent."""
        areas = self.boundary()
        if areas:
            shape = unite(areas)
        elif self.workspace.streets_folder() is not None:
            shape = shapely.box(*self.unbarred().bounds_deg)
        else:
            return None
        return check_extent(shape, buffer_of(self.workspace, self.config))
