"""The registry: stations stored with their history, read as immutable snapshots.

The seam to the rest of the product is narrow on purpose. A version is bumped in the transaction of
the change it stands for, and everything is read in one transaction, so that no reader sees half of
an import, and a killed import leaves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, tzinfo
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import sqlalchemy as sa

from locator.errors import ConflictError, NotFoundError
from locator.registry import history, models, records
from locator.registry.batches import (
    NOBODY,
    Actor,
    describe_conflict,
    find_entry,
    open_batch,
    read_version,
    set_counter,
    utc_now,
    write_changes,
)
from locator.registry.database import Database, open_database
from locator.registry.disclosures import (
    Disclosure,
    note_disclosure,
    read_disclosures,
    require_reason,
)
from locator.registry.imports import ImportPlan, ImportReport, Inspect, plan_import
from locator.registry.private_fields import open_fields, seal_for_import, with_open_facts
from locator.registry.reading import EntryReader
from locator.registry.sealing import KEY_NAME, Sealer
from locator.registry.snapshots import Snapshot, current_snapshot, station_of
from locator.registry.undo import UndoReport, plan_undo
from locator.stations import Stations

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection

    from geodata.tables import Rows
    from locator.registry.entries import Entry
    from locator.registry.row_places import Check

Report = Callable[[float, str], None]


class Registry:
    """The stations of a city, stored.

    Opening one is cheap after the first time in a process. Several processes may read and write at
    once: writers wait for each other, readers never wait.
    """

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self.database = database
        self.sealer = sealer

    @classmethod
    def open(
        cls, place: str | Path, *, create: bool = False, key_file: Path | None = None
    ) -> Registry:
        """Open the registry of a city folder, or of a database URL.

        Parameters
        ----------
        place
            The folder, the SQLite file itself, or the URL of a PostgreSQL database.
        create
            Make an empty registry where there is none; its folder must exist.
        key_file
            Key of the private fields; beside the SQLite file where not given. A server has none
            unless it is given, or named in LOCATOR_KEY_FILE.

        Raises
        ------
        InputError
            The URL is none, or of a database that is not supported.
        DataError
            There is none, it is damaged, was made by a newer version, is no registry, or cannot be
            read or written.
        """
        database = open_database(place, create=create)
        if key_file is None and database.is_sqlite:
            key_file = Path(database.name).with_name(KEY_NAME)
        return cls(database, Sealer(key_file))

    def close(self) -> None:
        """Let go of it; nothing is held between two calls."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    # -- reading -------------------------------------------------------------------------------

    @property
    def version(self) -> int:
        """Number of the registry's state: it grows with each writing that changes something."""
        with self.database.read() as connection:
            return read_version(connection)

    def snapshot(self) -> Stations:
        """All stations as they are now, whatever their status; see `current`."""
        return self.current().stations

    def current(self) -> Snapshot:
        """All stations with the version they belong to.

        The same object until something changes; after a change only what changed is read.
        """
        return current_snapshot(self.database)

    def entries(self) -> list[Entry]:
        """Everything that is stored about every station, in the order of their making."""
        with self.database.read() as connection:
            return records.load_entries(connection)

    def entry(self, code: str) -> Entry:
        """Everything that is stored about one station.

        Raises
        ------
        NotFoundError
            There is no such station.
        """
        with self.database.read() as connection:
            return find_entry(connection, code)

    def reveal(self, code: str, *, by: Actor) -> dict[str, str]:
        """The private fields of one station in clear; who asked and why is kept.

        Raises
        ------
        NotFoundError
            There is no such station.
        InputError
            Nobody or no reason is named.
        """
        require_reason(by)
        with self.database.write() as connection:
            entry = find_entry(connection, code)
            note_disclosure(connection, by, code, at=utc_now())
        return open_fields(entry, self.sealer)

    def reveal_all(self, *, by: Actor) -> list[Entry]:
        """All entries with their private fields in clear, for a private export; kept as well.

        Cells of `extra` stay sealed: `sealer` opens those that are written.

        Raises
        ------
        InputError
            Nobody or no reason is named.
        """
        require_reason(by)
        with self.database.write() as connection:
            entries = records.load_entries(connection)
            note_disclosure(connection, by, f"all {len(entries)} stations", at=utc_now())
        return [with_open_facts(entry, self.sealer) for entry in entries]

    def disclosures(self, *, limit: int | None = None) -> list[Disclosure]:
        """Who saw private fields in clear and why, the newest first."""
        with self.database.read() as connection:
            return read_disclosures(connection, limit=limit)

    # -- importing -----------------------------------------------------------------------------

    def import_rows(  # noqa: PLR0913 - as many things as a file leaves open
        self,
        rows: Rows,
        *,
        datum: str,
        kind: str | None = None,
        source: str = "",
        dry_run: bool = False,
        check: Check | None = None,
        code_prefix: str = "ST",
        by: Actor = NOBODY,
        inspect: Inspect | None = None,
        report: Report | None = None,
    ) -> ImportReport:
        """Add or update stations from the rows of a file: all of it, or nothing.

        A row needs a position and a kind, nothing else. Every row ends as added, updated, unchanged
        or rejected with the reason; importing a file twice leaves all unchanged. How a row finds
        its station is told in `locator.registry.matching`.

        Parameters
        ----------
        rows
            As `geodata.tables.read_rows` or `geodata.pois.poi_rows` give them.
        datum
            Datum of their positions, where a row does not tell its own.
        kind
            Kind (code or a known word) of rows that tell none themselves.
        source
            Name of the source; the file's where not given.
        dry_run
            Report only.
        check
            Called with longitude and latitude (WGS-84): why a station cannot be there, or None.
        code_prefix
            First part of new codes.
        by
            Who imports, and why.
        inspect
            Called with the entries that were read, which of them are new, and those that are
            stored: doubts about them.
        report
            Hears of progress.

        Raises
        ------
        InputError
            Unknown datum or kind, unusable prefix.
        DataError
            The database cannot be written, or another process writes for longer than 30 s.
        """
        tell = report or (lambda _share, _text: None)
        with self.database.read() if dry_run else self.database.write() as connection:
            reader = EntryReader(
                source or rows.source,
                datum=datum,
                kind=kind,
                check=check,
                seal=seal_for_import(connection, self.sealer, dry_run=dry_run),
            )
            tell(0.3, "reading the registry")
            stored = records.load_entries(connection)
            counters = {
                row.series: row.last for row in connection.execute(sa.select(models.counter))
            }
            tell(0.45, "matching")
            plan = plan_import(
                rows,
                reader,
                stored=stored,
                counters=counters,
                code_prefix=code_prefix,
                inspect=inspect,
            )
            done = plan.report
            if not dry_run and (plan.added or plan.changed):
                tell(0.7, "writing")
                batch = self._write_import(connection, plan, by, source or rows.source, stored)
                done = replace(done, batch=batch)
        tell(1.0, "done")
        return done

    def _write_import(
        self,
        connection: Connection,
        plan: ImportPlan,
        by: Actor,
        source: str,
        stored: Sequence[Entry],
    ) -> int:
        old = {entry.id: entry for entry in stored}
        for series, last in plan.counters.items():
            set_counter(connection, series, last)
        counts = plan.report.to_dict()
        counts = {name: counts[name] for name in ("read", "added", "updated", "unchanged")}
        counts["rejected"] = len(plan.report.rejected)
        with open_batch(
            connection, "import", by, source=source, counts=counts, confirmed=plan.confirmed
        ) as writing:
            writing.add(plan.added)
            writing.overwrite([(old[entry.id], entry) for entry in plan.changed])
        return writing.id

    def undo(
        self,
        batch_id: int | None = None,
        *,
        by: Actor = NOBODY,
        dry_run: bool = False,
    ) -> UndoReport:
        """Take an import back: its new stations go, changed ones get their old values again.

        What somebody changed after the import stays, and is named. Codes are not used again.

        Parameters
        ----------
        batch_id
            Number of the import; the newest that was not taken back where not given.

        Raises
        ------
        NotFoundError
            There is no such import.
        InputError
            It was taken back already.
        """
        with self.database.read() if dry_run else self.database.write() as connection:
            plan = plan_undo(connection, batch_id)
            if not dry_run:
                counts = plan.report.to_dict()
                with open_batch(connection, "undo", by, counts=counts) as writing:
                    writing.remove(plan.removed)
                    writing.overwrite(plan.restored)
                connection.execute(
                    sa.update(models.batch)
                    .where(models.batch.c.id == plan.report.batch)
                    .values(undone_by=writing.id)
                )
        return plan.report

    # -- editing -------------------------------------------------------------------------------

    def edit(
        self,
        code: str,
        change: Callable[[Entry], Entry],
        *,
        by: Actor,
        expected_version: int | None = None,
        action: str = "edit",
        counts: Mapping[str, Any] | None = None,
    ) -> Entry:
        """Change one station; returns it as stored.

        Parameters
        ----------
        change
            Makes the new entry of the stored one; its code and id stay.
        expected_version
            `Entry.version` that the change was made on.
        counts
            Figures to keep with the change.

        Raises
        ------
        NotFoundError
            There is no such station.
        ConflictError
            Somebody changed it meanwhile; nothing is lost, read it again.
        InputError
            The change is not allowed.
        """
        with self.database.write() as connection:
            stored = find_entry(connection, code)
            if expected_version not in (None, stored.version):
                raise ConflictError(describe_conflict(connection, stored))
            made = replace(change(stored), code=stored.code, id=stored.id, version=stored.version)
            if made != stored:
                with open_batch(connection, action, by, counts=counts) as writing:
                    writing.overwrite([(stored, made)])
            return find_entry(connection, code)

    def edit_many(
        self,
        changes: Mapping[str, Callable[[Entry], Entry]],
        *,
        by: Actor,
        action: str = "edit",
    ) -> int:
        """Change several stations in one batch, all or nothing; returns how many differ.

        Raises
        ------
        NotFoundError
            A station is not there; nothing is changed.
        """
        with self.database.write() as connection:
            return write_changes(connection, changes, by=by, action=action)

    # -- the past ------------------------------------------------------------------------------

    def batches(self, *, limit: int | None = None) -> list[history.Batch]:
        """The newest writings, newest first."""
        with self.database.read() as connection:
            return history.read_batches(connection, limit=limit)

    def changes(self, code: str) -> list[history.Change]:
        """What happened to one station, oldest first.

        Raises
        ------
        NotFoundError
            Nothing is known of such a station, not even from the past.
        """
        with self.database.read() as connection:
            found = history.read_changes(connection, code)
        if not found:
            raise NotFoundError(f"no station has or had the code {code!r}")
        return found

    def as_of(self, day: date, *, zone: tzinfo = UTC) -> Stations:
        """The stations at the end of a day in `zone`, or at an instant, which a datetime tells."""
        return Stations.from_records(map(station_of, self.entries_as_of(day, zone=zone)))

    def began(self) -> datetime | None:
        """Instant (UTC, without zone) of the first writing; None before it."""
        with self.database.read() as connection:
            return connection.execute(sa.select(sa.func.min(models.batch.c.at))).scalar()

    def batch_codes(self, numbers: Sequence[int], *, most: int = 3) -> dict[int, list[str]]:
        """Codes of the stations that writings touched, for those that touched `most` or fewer."""
        with self.database.read() as connection:
            return history.read_codes(connection, numbers, most=most)

    def entries_as_of(self, day: date, *, zone: tzinfo = UTC) -> list[Entry]:
        """Everything that was stored at the end of a day, or at an instant; as `as_of`."""
        with self.database.read() as connection:
            return history.entries_as_of(connection, day, zone=zone)
