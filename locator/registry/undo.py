"""Taking an import back: what each station should be without it.

A station's history is played again without the imports that were taken back: what is left is what
the station should be. So the order of undoings does not matter, and nothing that another writing
said is lost.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from locator.errors import InputError, NotFoundError
from locator.registry import documents, models, records
from locator.registry.history import Batch, read_batches

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.entries import Entry

_SHOWN = 3


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


@dataclass(frozen=True, slots=True)
class UndoPlan:
    """Stations to take out, and those to overwrite as they are and as they were; the report."""

    removed: tuple[Entry, ...]
    restored: tuple[tuple[Entry, Entry], ...]
    report: UndoReport


def plan_undo(connection: Connection, batch_id: int | None) -> UndoPlan:
    """Work out what `Registry.undo` will do, without writing."""
    batch = _find_import(connection, batch_id)
    gone = _undone(connection) | {batch.id}
    touched = sa.select(models.change.c.station_id).where(models.change.c.batch_id == batch.id)
    ids = [row.station_id for row in connection.execute(touched)]
    stored = {entry.id: entry for entry in records.load_entries(connection, ids)}
    past = _changes_of(connection, touched)
    confirmed = _confirmed_later(connection, batch.id, gone)
    needed = _with_events(connection, ids) | confirmed
    removed: list[Entry] = []
    restored: list[tuple[Entry, Entry]] = []
    kept: list[Entry] = []
    for key in ids:
        entry = stored.get(key)
        if entry is None:
            continue
        wanted, overruled = _replay(entry, past[key], gone, batch.id, needed=key in needed)
        if wanted is None:
            removed.append(entry)
            continue
        if overruled:
            kept.append(entry)
        if documents.to_document(wanted) != documents.to_document(entry):
            restored.append((entry, wanted))
    codes = tuple(sorted(entry.code for entry in kept))
    report = UndoReport(batch.id, len(removed), len(restored), codes)
    return UndoPlan(tuple(removed), tuple(restored), report)


# Values that say one thing together: they come from one writing, or from another, never mixed.
_UNITS = (
    ("name", "name_made"),
    ("hours", "opening"),
    ("lon_deg", "lat_deg", "lon_raw", "lat_raw", "datum_raw"),
    ("status", "facts.closed_on", "facts.closed_reason", "facts.opened_on"),
)
_UNIT_OF = {name: unit for unit in _UNITS for name in unit}


def _replay(
    entry: Entry, changes: Sequence[Any], gone: set[int], undone: int, *, needed: bool
) -> tuple[Entry | None, bool]:
    """A station played again without some batches; None where nothing of it is left.

    The second value tells whether something that the import said stays, since somebody else has
    said something about it afterwards.
    """
    actual: dict[str, Any] = _flat(entry)
    for change in reversed(changes):
        actual = {} if change.before is None else {**actual, **_flat_values(change.before)}
    wanted = dict(actual) or None
    said: set[str] = set()
    overruled = False
    for change in changes:
        after = _flat_values(change.after or {})
        actual |= after
        if change.batch_id in gone or change.action == "undo":
            if change.batch_id == undone:
                said = {name for key in after for name in _UNIT_OF.get(key, (key,))}
            continue
        if wanted is None:  # made here, or cared for after an import had brought it
            wanted, overruled = dict(actual), change.before is not None
            continue
        names = {name for key in after for name in _UNIT_OF.get(key, (key,))}
        overruled |= bool(names & said)
        wanted |= {name: actual.get(name) for name in names}
    if wanted is None and needed:
        return entry, True
    return (None if wanted is None else _unflat(entry, wanted)), overruled


def _flat(entry: Entry) -> dict[str, Any]:
    """Document of an entry with the keys of its mappings one by one."""
    return _flat_values(documents.to_document(entry))


def _flat_values(values: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, value in values.items():
        if name in documents.MAPPINGS:
            flat |= {f"{name}.{key}": item for key, item in value.items()}
        else:
            flat[name] = value
    return flat


def _unflat(entry: Entry, flat: Mapping[str, Any]) -> Entry:
    document: dict[str, Any] = {name: {} for name in documents.MAPPINGS}
    for name, value in flat.items():
        group, dot, key = name.partition(".")
        if not dot:
            document[name] = value
        elif value is not None:
            document[group][key] = value
    return documents.from_document(document, id=entry.id, version=entry.version)


def _changes_of(connection: Connection, ids: Any) -> dict[int, list[Any]]:
    """All changes of the stations of a query, oldest first, each with the action of its batch."""
    changes, batches = models.change, models.batch
    query = (
        sa.select(changes, batches.c.action)
        .join(batches, batches.c.id == changes.c.batch_id)
        .where(changes.c.station_id.in_(ids))
        .order_by(changes.c.id)
    )
    found: dict[int, list[Any]] = defaultdict(list)
    for row in connection.execute(query):
        found[row.station_id].append(row)
    return found


def _undone(connection: Connection) -> set[int]:
    """Batches that were taken back."""
    query = sa.select(models.batch.c.id).where(models.batch.c.undone_by.is_not(None))
    return {row.id for row in connection.execute(query)}


def _confirmed_later(connection: Connection, batch_id: int, gone: set[int]) -> set[int]:
    """Stations that a later import, still in force, spoke of and left as they were."""
    table = models.batch
    query = sa.select(table.c.id, table.c.confirmed).where(table.c.id > batch_id)
    return {
        station
        for row in connection.execute(query)
        if row.id not in gone
        for station in row.confirmed
    }


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
