"""The registry's stations as columns: read at once, or brought up to date by what changed.

A full reading streams rows in blocks and keeps one object for each distinct word, set of
facilities and set of hours, since most stations share them. After an edit only the stations that a
`change` names are read again and put into the columns of the snapshot before.
"""

from __future__ import annotations

import gc
import json
import sys
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import sqlalchemy as sa

from locator.hours import Hours
from locator.keeping import LastKept
from locator.registry import models, records
from locator.registry.schedules import read_schedules
from locator.stations import FLAGS, OBJECTS, TEXTS, Station, Stations

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.database import Database
    from locator.registry.entries import Entry

_BLOCK = 20_000
_PATCH_LIMIT = 5_000  # more changed stations than this are read as fast with all others
_VERIFIED = ("", "hours")
_NOTHING: frozenset[str] = frozenset()
_kept = LastKept(4)  # snapshots of this process, by key of the database


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Stations of one version of the registry.

    Parameters
    ----------
    made_at
        When that version was made, None for an empty registry: another registry, or a restored
        backup that was written to since, may count the same versions.
    """

    version: int
    made_at: datetime | None
    stations: Stations


def current_snapshot(database: Database) -> Snapshot:
    """The stations as they are now: the same object until something changes."""
    with database.read() as connection:
        made = read_snapshot(connection, _kept.known(database.key))
    _kept.keep(database.key, made)
    return made


def read_snapshot(connection: Connection, before: Snapshot | None = None) -> Snapshot:
    """The stations as they are now.

    Parameters
    ----------
    connection
        Inside a transaction that sees one state.
    before
        An older snapshot of the same registry, to start from.

    Notes
    -----
    O(n) for a full reading; O(n) with a very small constant plus O(changes log n) from an older
    snapshot.
    """
    version = int(connection.execute(sa.select(models.state.c.version)).scalar_one())
    made_at = _made_at(connection, version)
    if before is not None and before.version == version and before.made_at == made_at:
        return before
    if before is not None and _made_at(connection, before.version) != before.made_at:
        before = None
    codes = None if before is None else _changed_codes(connection, before.version, version)
    if before is None or codes is None:
        return Snapshot(version, made_at, _read_all(connection))
    now = {station.code: station for station in _read_some(connection, codes)}
    return Snapshot(version, made_at, _patched(before.stations, codes, now))


def _made_at(connection: Connection, version: int) -> datetime | None:
    """When a version was made; None where this registry never had it."""
    table = models.batch
    return connection.execute(sa.select(table.c.at).where(table.c.version == version)).scalar()


def station_of(entry: Entry) -> Station:
    """The station that readers see of a stored entry."""
    facilities, broken = offered(
        entry.facilities, [c for c, e in entry.equipment.items() if e.condition in _OUT]
    )
    texts: dict[str, Any] = {name: getattr(entry, name) for name in TEXTS}
    days = [entry.verified[name] for name in _VERIFIED if name in entry.verified]
    return Station(
        **texts,
        lon_deg=entry.lon_deg,
        lat_deg=entry.lat_deg,
        facilities=facilities,
        broken=broken,
        opening=entry.opening,
        disputed="disputed_on" in entry.facts,
        verified_on=max(days, default=None),
        name_made=entry.name_made,
        sample=bool(entry.sample),
    )


def offered(
    facilities: Mapping[str, bool], out_of_order: Iterable[str]
) -> tuple[Mapping[str, bool], frozenset[str]]:
    """What a station offers now, and what is there but broken: that is no help to anybody."""
    broken = frozenset(code for code in out_of_order if facilities.get(code))
    if not broken:
        return MappingProxyType(dict(facilities)), _NOTHING
    return MappingProxyType(
        {code: there and code not in broken for code, there in facilities.items()}
    ), broken


_OUT = ("broken", "missing")


def _changed_codes(connection: Connection, old: int, new: int) -> list[str] | None:
    """Codes of the stations that were touched since; None where all should be read."""
    if new < old:  # a backup was put in place
        return None
    newer = sa.select(models.batch.c.id).where(models.batch.c.version > old)
    query = (
        sa.select(models.change.c.code)
        .distinct()
        .where(models.change.c.batch_id.in_(newer))
        .limit(_PATCH_LIMIT + 1)
    )
    codes = {row.code for row in connection.execute(query)}
    return None if len(codes) > _PATCH_LIMIT else sorted(codes)


def _patched(stations: Stations, codes: Sequence[str], now: Mapping[str, Station]) -> Stations:
    """Stations with those of some codes taken anew."""
    known = stations.code
    places = [bisect_left(known, code) for code in codes]
    there = [i < len(known) and known[i] == c for i, c in zip(places, codes, strict=True)]
    if all(there) and len(now) == len(codes):
        return stations.replaced(
            {place: now[code] for place, code in zip(places, codes, strict=True)}
        )
    keep = np.ones(len(known), np.bool_)
    keep[[place for place, found in zip(places, there, strict=True) if found]] = False
    return stations.take(keep).added(Stations.from_records(now.values()))


def _read_some(connection: Connection, codes: Sequence[str]) -> Iterator[Station]:
    table = models.station
    for start in range(0, len(codes), 500):
        query = sa.select(table.c.id).where(table.c.code.in_(codes[start : start + 500]))
        ids = [row.id for row in connection.execute(query)]
        yield from map(station_of, records.load_entries(connection, ids))


# -- everything at once ------------------------------------------------------------------------

_OWN = ("code", "name", "address", "phone", "source_id")
_ALIKE = (
    "kind", "hours", "access_scope", "access_mode", "status", "district_code", "facilities",
    "schedule_id", "holidays", "hours_known", "name_made", "sample", "disputed_on",
)  # fmt: skip
_BETWEEN = "\x1f"  # no stored text holds a control character


def _read_all(connection: Connection) -> Stations:
    """All stations, in blocks.

    What many stations have alike comes as one text a row, taken apart once for each distinct one:
    half of a reading's time is making a Python object for every cell.
    """
    parts = _Parts(connection)
    table = models.station
    names = (*_OWN, "id", "lon_deg", "lat_deg")
    alike = _joined(connection, [table.c[name] for name in _ALIKE])
    # in the order of the table, which is that of the codes or near it: sorting here is cheaper
    query = sa.select(*(table.c[name] for name in names), alike)
    columns: dict[str, list[Any]] = defaultdict(list)
    stream = connection.execution_options(yield_per=_BLOCK).execute(query)
    with _no_collection():
        for block in stream.partitions():
            *own, texts = zip(*block, strict=True)
            for name, cells in zip(names, own, strict=True):
                columns[name] += cells
            parts.add_block(columns, own[names.index("id")], texts)
        return _stations(columns)


def _joined(connection: Connection, columns: Sequence[sa.Column[Any]]) -> sa.ColumnElement[str]:
    """Cells of a row as one text, null as nothing; the database's own formatting is the fastest."""
    cells: list[sa.ColumnElement[Any]] = [
        sa.case((column, "1"), else_="") if isinstance(column.type, sa.Boolean) else column
        for column in columns
    ]
    pattern = _BETWEEN.join(["%s"] * len(cells))
    written = sa.func.printf if connection.dialect.name == "sqlite" else sa.func.format
    return sa.type_coerce(written(pattern, *cells), sa.Text())


@contextmanager
def _no_collection() -> Iterator[None]:
    """Hold back the garbage collector while millions of cells are made that hold no cycles."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _stations(columns: dict[str, list[Any]]) -> Stations:
    codes = columns["code"]
    sorted_already = all(left < right for left, right in pairwise(codes))
    order = () if sorted_already else sorted(range(len(codes)), key=codes.__getitem__)
    columns.pop("id", None)

    def column(name: str) -> tuple[Any, ...]:
        values = columns.pop(name, [])
        return tuple(values if sorted_already else [values[row] for row in order])

    lonlat = np.column_stack((column("lon_deg"), column("lat_deg"))).astype(np.float64)
    flags: dict[str, Any] = {name: np.array(column(name), dtype=np.bool_) for name in FLAGS}
    rest: dict[str, Any] = {name: column(name) for name in (*TEXTS, *OBJECTS)}
    return Stations(**rest, **flags, lonlat_deg=lonlat)


class _Parts:
    """Hours, broken equipment and dates of all stations, by id, with equal ones shared."""

    def __init__(self, connection: Connection) -> None:
        self._schedules = read_schedules(connection)
        exceptions, overrides = models.hours_exception, models.hours_override
        self._exceptions = _by_station(connection, exceptions, records.exception_of)
        self._overrides = _by_station(connection, overrides, records.override_of)
        table = models.equipment
        query = sa.select(table.c.station_id, table.c.code).where(table.c.condition.in_(_OUT))
        self._broken: dict[int, tuple[str, ...]] = {}
        for station, code in connection.execute(query):
            self._broken[station] = (*self._broken.get(station, ()), code)
        dates = models.verification
        days = (
            sa.select(dates.c.station_id, sa.func.max(dates.c.checked_on))
            .where(dates.c.field.in_(_VERIFIED))
            .group_by(dates.c.station_id)
        )
        self._days: dict[int, date] = {row[0]: row[1] for row in connection.execute(days)}
        self._alike: dict[object, tuple[Any, ...]] = {}

    def add_block(
        self, columns: dict[str, list[Any]], ids: Sequence[int], texts: Sequence[str]
    ) -> None:
        """Append the columns of a block of stations."""
        keys = zip(
            texts,
            map(self._exceptions.get, ids),
            map(self._overrides.get, ids),
            map(self._broken.get, ids),
            strict=True,
        )
        known = self._alike
        cells = [known[key] if key in known else self._take_apart(key) for key in keys]
        for name, column in zip(_DECODED, zip(*cells, strict=True), strict=True):
            columns[name] += column
        columns["verified_on"] += map(self._days.get, ids)

    def _take_apart(self, key: tuple[Any, ...]) -> tuple[Any, ...]:
        """Cells of `_DECODED` that all stations with a key have."""
        text, exceptions, overrides, out_of_order = key
        cells = dict(zip(_ALIKE, text.split(_BETWEEN), strict=True))
        facilities, broken = offered(json.loads(cells["facilities"]), out_of_order or ())
        opening = Hours(
            rules=self._schedules[int(cells["schedule_id"])] if cells["schedule_id"] else (),
            exceptions=exceptions or (),
            overrides=overrides or (),
            holidays=cells["holidays"],
            known=bool(cells["hours_known"]),
        )
        flags = (bool(cells[name]) for name in ("name_made", "sample", "disputed_on"))
        words = (sys.intern(cells[name]) for name in _ALIKE[:6])
        found = (*words, *flags, facilities, broken, opening)
        self._alike[key] = found
        return found


_DECODED = (*_ALIKE[:6], *FLAGS, "facilities", "broken", "opening")


def _by_station(
    connection: Connection, table: sa.Table, make: Callable[[Mapping[str, Any]], Any]
) -> dict[int, tuple[Any, ...]]:
    """Rows of a part by station, in their order, as the values that `make` makes of them."""
    query = sa.select(table).order_by(table.c.station_id, table.c.place)
    found: dict[int, tuple[Any, ...]] = {}
    for row in connection.execute(query):
        found[row.station_id] = (*found.get(row.station_id, ()), make(dict(row._mapping)))
    return found
