"""Writing to the registry: every change belongs to a batch with a version of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from locator.errors import DataError, NotFoundError
from locator.registry import documents, history, models, records

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from locator.registry.entries import Entry


@dataclass(frozen=True, slots=True)
class Actor:
    """Who writes, and why: kept with every change."""

    who: str = ""
    why: str = ""


NOBODY = Actor()


class Writing:
    """One batch being written, inside an open transaction."""

    def __init__(self, connection: Connection, batch_id: int, now: datetime) -> None:
        self._connection = connection
        self.id = batch_id
        self._now = now

    def add(self, entries: Sequence[Entry]) -> None:
        """Store new stations."""
        ids = records.insert_entries(self._connection, entries, now=self._now)
        self._note(
            [
                (key, entry.code, None, documents.to_document(entry))
                for key, entry in zip(ids, entries, strict=True)
            ]
        )

    def overwrite(self, pairs: Sequence[tuple[Entry, Entry]]) -> None:
        """Store new states of stations, given with the old ones."""
        new = [entry for _, entry in pairs]
        records.update_entries(self._connection, new, now=self._now)
        self._note([(old.id, old.code, *documents.compare(old, entry)) for old, entry in pairs])

    def remove(self, entries: Sequence[Entry]) -> None:
        """Take stations out."""
        records.delete_entries(self._connection, [entry.id for entry in entries])
        self._note([(e.id, e.code, documents.to_document(e), None) for e in entries])

    def _note(self, changes: Sequence[tuple[int, str, Any, Any]]) -> None:
        names = ("station_id", "code", "before", "after")
        rows = [{"batch_id": self.id, **dict(zip(names, c, strict=True))} for c in changes]
        if rows:
            self._connection.execute(sa.insert(models.change), rows)


@contextmanager
def open_batch(
    connection: Connection,
    action: str,
    by: Actor,
    *,
    source: str = "",
    counts: Mapping[str, Any] | None = None,
    confirmed: Sequence[int] = (),
) -> Iterator[Writing]:
    """A batch, with a version of its own.

    `confirmed` are the stations that an import spoke of and did not change.
    """
    version = read_version(connection) + 1
    connection.execute(sa.update(models.state).values(version=version))
    now = utc_now()
    row = {
        "version": version,
        "at": now,
        "who": documents.clean(by.who),
        "why": documents.clean(by.why),
        "action": action,
        "source": documents.clean(source),
        "counts": dict(counts or {}),
        "confirmed": list(confirmed),
    }
    inserted = connection.execute(sa.insert(models.batch).values(row))
    key = inserted.inserted_primary_key
    if key is None:  # pragma: no cover - both databases tell it
        raise DataError("the database does not tell the number of the batch")
    yield Writing(connection, int(key[0]), now)


def write_changes(
    connection: Connection,
    changes: Mapping[str, Callable[[Entry], Entry]],
    *,
    by: Actor,
    action: str,
) -> int:
    """Change stations inside an open transaction; returns how many differ."""
    pairs = []
    for code, change in changes.items():
        stored = find_entry(connection, code)
        made = replace(change(stored), code=stored.code, id=stored.id, version=stored.version)
        if made != stored:
            pairs.append((stored, made))
    if pairs:
        with open_batch(connection, action, by, counts={"updated": len(pairs)}) as writing:
            writing.overwrite(pairs)
    return len(pairs)


def station_id(connection: Connection, code: str) -> int:
    """Key of a station in the store; NotFoundError where there is none."""
    query = sa.select(models.station.c.id).where(models.station.c.code == code)
    found = connection.execute(query).scalar()
    if found is None:
        raise NotFoundError(f"no station with code {code!r}")
    return int(found)


def find_entry(connection: Connection, code: str) -> Entry:
    """A stored station by its code; NotFoundError where there is none."""
    return records.load_entries(connection, [station_id(connection, code)])[0]


def read_version(connection: Connection) -> int:
    """Number of the registry's state."""
    return int(connection.execute(sa.select(models.state.c.version)).scalar_one())


def set_counter(connection: Connection, series: str, last: int) -> None:
    """Remember the last number used in a series of codes."""
    table = models.counter
    same = table.c.series == series
    done = connection.execute(sa.update(table).where(same).values(last=last))
    if not done.rowcount:
        connection.execute(sa.insert(table).values(series=series, last=last))


def describe_conflict(connection: Connection, stored: Entry) -> str:
    """Who changed a station last, and what."""
    last = history.read_changes(connection, stored.code)[-1]
    who = last.batch.who or "somebody"
    fields = ", ".join(sorted(last.after or {}))
    return (
        f"{stored.code} was changed meanwhile by {who} at {last.batch.at:%Y-%m-%d %H:%M} UTC "
        f"({fields}); nothing was saved: read it again and repeat the change"
    )


def utc_now() -> datetime:
    """Now, as the database keeps times: UTC without zone."""
    return datetime.now(UTC).replace(tzinfo=None)
