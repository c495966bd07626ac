"""The registry's file: a small SQLite database in the city folder.

The seam to the rest of the product is narrow on purpose: `snapshot`, `version` and `import_rows`.
A version is bumped in the same transaction as the change it stands for, and a snapshot is read in
one transaction, so that no reader sees half of an import, and a killed import leaves nothing.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import fields
from datetime import UTC, datetime
from operator import attrgetter
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from locator.errors import DataError
from locator.registry.entries import Entry
from locator.registry.imports import ImportPlan, ImportReport, plan_import
from locator.registry.reading import Check, EntryReader
from locator.stations import Stations

if TYPE_CHECKING:
    from geodata.tables import Rows

FILE_NAME = "registry.sqlite"
_APPLICATION_ID = 0x53544E52  # "STNR": tells our file from any other SQLite database
_SCHEMA = 1
_BUSY_MS = 30_000
_TEXT_COLUMNS = (
    "code", "name", "kind", "hours", "access_scope", "access_mode", "status", "address", "phone",
    "district_code", "source_id",
)  # fmt: skip
_CREATE = """
CREATE TABLE station (
    id INTEGER PRIMARY KEY,
    code TEXT NOT NULL UNIQUE CHECK (length(code) BETWEEN 1 AND 24),
    name TEXT NOT NULL,
    name_made INTEGER NOT NULL,
    kind TEXT NOT NULL,
    lon_deg REAL NOT NULL CHECK (lon_deg BETWEEN -180 AND 180),
    lat_deg REAL NOT NULL CHECK (lat_deg BETWEEN -90 AND 90),
    lon_raw REAL NOT NULL,
    lat_raw REAL NOT NULL,
    datum_raw TEXT NOT NULL,
    address TEXT NOT NULL,
    hours TEXT NOT NULL,
    facilities TEXT NOT NULL,
    access_scope TEXT NOT NULL,
    access_mode TEXT NOT NULL,
    phone TEXT NOT NULL,
    status TEXT NOT NULL,
    district_code TEXT NOT NULL,
    source TEXT NOT NULL,
    source_id TEXT NOT NULL,
    sample INTEGER NOT NULL,
    extra TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE counter (series TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE change (version INTEGER NOT NULL);
INSERT INTO change VALUES (0);
"""
_COLUMNS = tuple(field.name for field in fields(Entry) if field.name not in {"id", "row"})
_MARKS = ", ".join("?" * len(_COLUMNS))
_INSERT = (
    f"INSERT INTO station ({', '.join(_COLUMNS)}, created_at, updated_at) "  # noqa: S608 - own names
    f"VALUES ({_MARKS}, ?, ?)"
)
_UPDATE = (
    f"UPDATE station SET ({', '.join(_COLUMNS)}, updated_at) = ({_MARKS}, ?) "  # noqa: S608
    "WHERE id = ?"
)
_ADVICE = {
    "SQLITE_BUSY": "is being written by another process; try again when that is done",
    "SQLITE_LOCKED": "is being written by another process; try again when that is done",
    "SQLITE_READONLY": "cannot be written; check the rights of the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and may be written",
    "SQLITE_FULL": "cannot grow: the disk is full",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup",
    "SQLITE_NOTADB": "is damaged or no station registry; restore it from a backup",
}
_values = attrgetter(*_COLUMNS)

_sound: dict[Path, tuple[int, int]] = {}  # files that passed the check, with their size and time


class Registry:
    """The stations of a city, stored.

    Use it as a context manager, in the thread that opened it; opening another is cheap (below a
    millisecond after the first). Several processes may read and write at once: writers wait for
    each other, readers never wait.
    """

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        self.path = path
        self._db = connection

    @classmethod
    def open(cls, path: str | Path, *, create: bool = False) -> Registry:
        """Open the registry of a city folder.

        Parameters
        ----------
        path
            The folder, or the database file itself.
        create
            Make an empty registry where there is none; its folder must exist.

        Raises
        ------
        DataError
            There is none, it is damaged, was made by a newer version, is no registry, or cannot be
            read or written.
        """
        file = Path(path)
        file = file / FILE_NAME if file.is_dir() else file
        if not create and not file.exists():
            raise DataError(f"no registry at {file}; make the city with `locator init` first")
        with _faults(file):
            mode = "rwc" if create else "rw"
            db = sqlite3.connect(
                f"{file.absolute().as_uri()}?mode={mode}",
                uri=True,
                timeout=_BUSY_MS / 1000,
                isolation_level=None,
            )
            try:
                _prepare(db, file, create=create)
            except BaseException:
                db.close()
                raise
        return cls(file, db)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def version(self) -> int:
        """Number of the registry's state: it grows with each import that changes something."""
        with _faults(self.path):
            return int(self._db.execute("SELECT version FROM change").fetchone()[0])

    def snapshot(self) -> Stations:
        """All stations as they are now, whatever their status.

        Notes
        -----
        O(n); 10,000 stations take about 50 ms.
        """
        names = ", ".join((*_TEXT_COLUMNS, "facilities", "name_made", "sample", "lon_deg, lat_deg"))
        with _faults(self.path):
            rows = self._db.execute(f"SELECT {names} FROM station ORDER BY code").fetchall()  # noqa: S608
        columns = list(zip(*rows, strict=True)) or [()] * (len(_TEXT_COLUMNS) + 5)
        texts: dict[str, Any] = dict(zip(_TEXT_COLUMNS, columns, strict=False))
        facilities, name_made, sample, lon_deg, lat_deg = columns[len(_TEXT_COLUMNS) :]
        shared = {text: _facilities(text) for text in set(facilities)}
        return Stations(
            **texts,
            facilities=tuple([shared[text] for text in facilities]),
            name_made=np.array(name_made, dtype=np.bool_),
            sample=np.array(sample, dtype=np.bool_),
            lonlat_deg=np.column_stack((lon_deg, lat_deg)).astype(np.float64),
        )

    def import_rows(
        self,
        rows: Rows,
        *,
        datum: str,
        kind: str | None = None,
        source: str = "",
        dry_run: bool = False,
        check: Check | None = None,
        code_prefix: str = "ST",
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
            Datum of their positions.
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

        Raises
        ------
        InputError
            Unknown datum or kind, unusable prefix.
        DataError
            The file cannot be written, or another process writes for longer than 30 s.
        """
        reader = EntryReader(source or rows.source, datum=datum, kind=kind, check=check)
        with _faults(self.path), self._transaction(write=not dry_run):
            counters = dict(self._db.execute("SELECT series, last FROM counter").fetchall())
            plan = plan_import(
                rows, reader, stored=self._entries(), counters=counters, code_prefix=code_prefix
            )
            if not dry_run and (plan.added or plan.changed):
                self._write(plan)
        return plan.report

    @contextmanager
    def _transaction(self, *, write: bool) -> Iterator[None]:
        """One transaction; undone by any error."""
        self._db.execute("BEGIN IMMEDIATE" if write else "BEGIN")
        try:
            yield
            self._db.execute("COMMIT")
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise

    def _entries(self) -> list[Entry]:
        """Everything that is stored."""
        names = ("id", *_COLUMNS)
        entries = []
        for row in self._db.execute(f"SELECT {', '.join(names)} FROM station ORDER BY id"):  # noqa: S608
            values = dict(zip(names, row, strict=True))
            values["facilities"] = json.loads(values["facilities"])
            values["extra"] = json.loads(values["extra"])
            values["name_made"] = bool(values["name_made"])
            values["sample"] = bool(values["sample"])
            entries.append(Entry(**values))
        return entries

    def _write(self, plan: ImportPlan) -> None:
        """Write a plan inside the open transaction."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._db.executemany(_INSERT, ((*_stored(entry), now, now) for entry in plan.added))
        self._db.executemany(_UPDATE, ((*_stored(e), now, e.id) for e in plan.changed))
        self._db.executemany("INSERT OR REPLACE INTO counter VALUES (?, ?)", plan.counters.items())
        self._db.execute("UPDATE change SET version = version + 1")


def _stored(entry: Entry) -> list[Any]:
    """Values of an entry as the database takes them."""
    return [
        json.dumps(value, sort_keys=True, default=str) if isinstance(value, dict) else value
        for value in _values(entry)
    ]


def _facilities(text: str) -> Mapping[str, bool]:
    """Facilities of a stored text, shared by all stations that have the same."""
    return MappingProxyType(json.loads(text))


def _prepare(db: sqlite3.Connection, file: Path, *, create: bool) -> None:
    """Check that the database is a sound registry of this version; make it one where it is new."""
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    if create and _is_blank(db):
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("BEGIN IMMEDIATE")
        if _is_blank(db):  # another process may have been faster
            statements = (statement for statement in _CREATE.split(";") if statement.strip())
            for statement in statements:
                db.execute(statement)
            db.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
            db.execute(f"PRAGMA user_version = {_SCHEMA}")
        db.execute("COMMIT")
    made_by = int(db.execute("PRAGMA application_id").fetchone()[0])
    schema = int(db.execute("PRAGMA user_version").fetchone()[0])
    if made_by != _APPLICATION_ID:
        raise DataError(f"{file} is no station registry; give the folder of a city")
    if schema > _SCHEMA:
        raise DataError(f"{file} was written by a newer version (schema {schema}); update this one")
    _check_sound(db, file)


def _is_blank(db: sqlite3.Connection) -> bool:
    """Whether a database holds nothing yet."""
    return not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _check_sound(db: sqlite3.Connection, file: Path) -> None:
    """Let SQLite check its pages, once for each state of the file in this process."""
    stat = file.stat()
    stamp = (stat.st_mtime_ns, stat.st_size)
    if _sound.get(file.absolute()) != stamp:
        problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise DataError(f"{file} is damaged ({problem}); restore it from a backup")
        _sound[file.absolute()] = stamp


@contextmanager
def _faults(file: Path) -> Iterator[None]:
    """Say in one line what is wrong with the file when SQLite cannot use it."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        name = getattr(error, "sqlite_errorname", "")
        for start, advice in _ADVICE.items():
            if name.startswith(start):
                raise DataError(f"{file} {advice}") from error
        raise DataError(f"{file} cannot be used: {error}") from error
