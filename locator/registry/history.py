"""Who changed what, when and why; the registry of a past day.

Every writing is a batch with a version of its own, and names for each station it touched what was
before and what came after. The past is the present with later changes taken back one by one, so it
needs no copies.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from locator.registry import documents, models, records

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.entries import Entry


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


_BATCH = tuple(models.batch.c[name] for name in Batch.__slots__)


def read_batches(connection: Connection, *, limit: int | None = None) -> list[Batch]:
    """The newest batches, newest first; all of them without a limit."""
    query = sa.select(*_BATCH).order_by(models.batch.c.id.desc()).limit(limit)
    return [_batch(row._mapping) for row in connection.execute(query)]


def read_changes(connection: Connection, code: str) -> list[Change]:
    """What happened to one station, oldest first."""
    batches, changes = models.batch, models.change
    query = (
        sa.select(*_BATCH, changes.c.code, changes.c.before, changes.c.after)
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


def read_codes(
    connection: Connection, numbers: Sequence[int], *, most: int
) -> dict[int, list[str]]:
    """Codes of the stations that batches touched, by batch; those of more than `most` not."""
    table = models.change
    few = (
        sa.select(table.c.batch_id)
        .where(table.c.batch_id.in_(numbers))
        .group_by(table.c.batch_id)
        .having(sa.func.count() <= most)
    )
    query = sa.select(table.c.batch_id, table.c.code).where(table.c.batch_id.in_(few))
    found: dict[int, list[str]] = defaultdict(list)
    for row in connection.execute(query.order_by(table.c.id)):
        found[row.batch_id].append(row.code)
    return dict(found)


def entries_as_of(connection: Connection, day: date, *, zone: tzinfo) -> list[Entry]:
    """The entries at the end of a day, or at an instant, that instant included; order by id.

    Parameters
    ----------
    day
        A date, which means its end in `zone`; or a datetime (in `zone` where it has none).

    Notes
    -----
    O(stations + changes since).
    """
    now = {entry.id: entry for entry in records.load_entries(connection)}
    batches, changes = models.batch, models.change
    # by version and not by time, which a clock put back could disorder
    then = sa.select(sa.func.max(batches.c.version)).where(batches.c.at <= _instant(day, zone))
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


def _instant(day: date, zone: tzinfo) -> datetime:
    """UTC without zone, as the database keeps times."""
    if isinstance(day, datetime):
        aware = day if day.tzinfo else day.replace(tzinfo=zone)
    else:
        aware = datetime.combine(day + timedelta(days=1), time(), zone)
        aware -= timedelta(microseconds=1)
    return aware.astimezone(UTC).replace(tzinfo=None)


def _taken_back(entry: Entry | None, change: Any) -> Entry | None:
    """A station as it was before a change; None where the change made it."""
    if change["before"] is None:
        return None
    if entry is None:  # the change took it out: its "before" is all of it
        return documents.from_document(change["before"], id=change["station_id"])
    return documents.patch(entry, change["before"])


def _batch(cells: Any) -> Batch:
    return Batch(**{name: cells[name] for name in Batch.__slots__})
