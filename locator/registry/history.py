"""Who changed what, when and why; the registry of a past day; taking an import back.

Every writing is a batch with a version of its own, and names for each station it touched what was
before and what came after. The past is the present with later changes taken back one by one, so it
needs no copies.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from locator.errors import InputError, NotFoundError
from locator.registry import models, records

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.entries import Entry

_SHOWN = 3
_MAPPINGS = ("facilities", "equipment", "facts", "verified", "extra")


@dataclass(frozen=True, slots=True)
class Batch:
    """One writing: its number, version, UTC time, who, why, and what it was.

    Parameters
    ----------
    action
        "import", "edit", "status", "undo", "report", ...
    source
        File or list that was imported, "" else.
    counts
        What became of the rows or stations.
    undone_by
        Number of the batch that took it back, or None.
    """

    id: int
    version: int
    at: datetime
    who: str
    why: str
    action: str
    source: str
    counts: Mapping[str, Any]
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class Change:
    """What one batch did to one station.

    Parameters
    ----------
    before, after
        Values that differ, by field; before is None for a station that was new, after for one that
        was taken out.
    """

    batch: Batch
    code: str
    before: Mapping[str, Any] | None
    after: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class UndoReport:
    """What became of the stations that an import had touched.

    Parameters
    ----------
    batch
        Number of the batch that was taken back.
    removed, restored
        How many stations were taken out again, and got their old values back.
    kept
        Stations with values that somebody changed after the import; those stay as they are.
    """

    batch: int
    removed: int
    restored: int
    kept: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """The JSON document of `locator stations undo`."""
        return {
            "batch": self.batch,
            "removed": self.removed,
            "restored": self.restored,
            "kept": list(self.kept),
        }


def read_batches(connection: Connection, *, limit: int | None = None) -> list[Batch]:
    """The newest batches, newest first; all of them without a limit."""
    query = sa.select(models.batch).order_by(models.batch.c.id.desc()).limit(limit)
    return [_batch(row._mapping) for row in connection.execute(query)]


def read_changes(connection: Connection, code: str) -> list[Change]:
    """What happened to one station, oldest first."""
    batches, changes = models.batch, models.change
    query = (
        sa.select(batches, changes.c.code, changes.c.before, changes.c.after)
        .join(batches, batches.c.id == changes.c.batch_id)
        .where(changes.c.code == code)
        .order_by(changes.c.id)
    )
    found = []
    for row in connection.execute(query):
        cells = dict(row._mapping)
        before, after = cells.pop("before"), cells.pop("after")
        found.append(Change(_batch(cells), code, before, after))
    return found


def entries_as_of(connection: Connection, instant: datetime) -> list[Entry]:
    """The entries at an instant of UTC, that instant included; order by id.

    Notes
    -----
    O(stations + changes since).
    """
    now = {entry.id: entry for entry in records.load_entries(connection)}
    batches, changes = models.batch, models.change
    # by version and not by time, which a clock put back could disorder
    then = sa.select(sa.func.max(batches.c.version)).where(batches.c.at <= instant)
    version = connection.execute(then).scalar() or 0
    query = (
        sa.select(changes)
        .join(batches, batches.c.id == changes.c.batch_id)
        .where(batches.c.version > version)
        .order_by(changes.c.id.desc())
    )
    for row in connection.execute(query):
        entry = _taken_back(now.get(row.station_id), row._mapping)
        if entry is None:
            now.pop(row.station_id, None)
        else:
            now[row.station_id] = entry
    return [now[key] for key in sorted(now)]


def _taken_back(entry: Entry | None, change: Any) -> Entry | None:
    """A station as it was before a change; None where the change made it."""
    if change["before"] is None:
        return None
    if entry is None:  # the change took it out: its "before" is all of it
        return records.from_document(change["before"], id=change["station_id"])
    return records.patch(entry, change["before"])


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """Stations to take out, and those to overwrite as they are and as they were; the report."""

    removed: tuple[Entry, ...]
    restored: tuple[tuple[Entry, Entry], ...]
    report: UndoReport


def plan_undo(connection: Connection, batch_id: int | None) -> UndoPlan:
    """Work out what taking an import back means, without writing.

    Parameters
    ----------
    batch_id
        An import's number; None for the newest that was not taken back.

    Raises
    ------
    NotFoundError
        There is no such import.
    InputError
        It was taken back already.
    """
    batch = _find_import(connection, batch_id)
    query = (
        sa.select(models.change)
        .where(models.change.c.batch_id == batch.id)
        .order_by(models.change.c.id)
    )
    changes = [row._mapping for row in connection.execute(query)]
    ids = [change["station_id"] for change in changes]
    stored = {entry.id: entry for entry in records.load_entries(connection, ids)}
    busy = _with_events(connection, ids)
    removed: list[Entry] = []
    restored: list[tuple[Entry, Entry]] = []
    kept: list[Entry] = []
    for change in changes:
        entry = stored.get(change["station_id"])
        if entry is None:
            continue
        if change["before"] is None:
            untouched = entry.id not in busy and records.to_document(entry) == change["after"]
            (removed if untouched else kept).append(entry)
            continue
        values, changed_since = _still_there(entry, change["before"], change["after"])
        if values:
            restored.append((entry, records.patch(entry, values)))
        if changed_since:
            kept.append(entry)
    codes = tuple(sorted(entry.code for entry in kept))
    report = UndoReport(batch.id, len(removed), len(restored), codes)
    return UndoPlan(tuple(removed), tuple(restored), report)


def _still_there(
    entry: Entry, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[dict[str, Any], bool]:
    """Old values of what is still as the import left it, and whether something is not."""
    now = records.to_document(entry)
    values: dict[str, Any] = {}
    changed_since = False
    for name, left in after.items():
        if name in _MAPPINGS:
            same = [key for key in left if now[name].get(key) == left[key]]
            changed_since |= len(same) < len(left)
            if same:
                values[name] = {key: before[name][key] for key in same}
        elif now[name] == left:
            values[name] = before[name]
        else:
            changed_since = True
    return values, changed_since


def _find_import(connection: Connection, batch_id: int | None) -> Batch:
    imports = [batch for batch in read_batches(connection) if batch.action == "import"]
    if batch_id is None:
        found = next((batch for batch in imports if batch.undone_by is None), None)
        if found is None:
            raise NotFoundError("there is no import that could be taken back")
        return found
    found = next((batch for batch in imports if batch.id == batch_id), None)
    if found is None:
        known = ", ".join(str(batch.id) for batch in imports[:_SHOWN]) or "none"
        raise NotFoundError(f"no import has the number {batch_id}; the newest are {known}")
    if found.undone_by is not None:
        raise InputError(f"import {batch_id} was taken back already, by {found.undone_by}")
    return found


def _with_events(connection: Connection, ids: Iterable[int]) -> set[int]:
    """Stations that inspections, visits, reports or tasks speak of: they must stay."""
    wanted = set(ids)
    busy: set[int] = set()
    for table in (models.inspection, models.visit, models.report, models.task):
        rows = connection.execute(sa.select(table.c.station_id).distinct())
        busy |= {row.station_id for row in rows} & wanted
    return busy


def _batch(cells: Any) -> Batch:
    return Batch(**{name: cells[name] for name in Batch.__slots__})
