"""Opening the registry's database, SQLite or PostgreSQL, and saying in one line what is wrong.

SQLite is a file in the city folder: write-ahead log, foreign keys, 30 s of patience, each time a
fresh connection (a file that was put back from a backup must not be read through an old one).
PostgreSQL keeps a few connections. Either way a `read` sees one state of the registry and writers
wait for each other: with `BEGIN IMMEDIATE` there, with a lock on the row of the version here.
"""

from __future__ import annotations

import atexit
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import sqlalchemy
from sqlalchemy import event
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from locator.errors import DataError, InputError
from locator.registry import models

FILE_NAME = "registry.sqlite"
APPLICATION_ID = 0x53544E52  # "STNR": tells our file from any other SQLite database
_SCHEMA = 2
_WAIT_S = 30
_ADVICE = {
    "SQLITE_BUSY": "is being written by another process; try again when that is done",
    "SQLITE_LOCKED": "is being written by another process; try again when that is done",
    "SQLITE_READONLY": "cannot be written; check the rights of the file and its folder",
    "SQLITE_CANTOPEN": "cannot be opened; check that its folder exists and may be written",
    "SQLITE_FULL": "cannot grow: the disk is full; nothing was changed",
    "SQLITE_IOERR": "cannot be read or written: the disk reports an error; nothing was changed",
    "SQLITE_CORRUPT": "is damaged; restore it from a backup",
    "SQLITE_NOTADB": "is damaged or no station registry; restore it from a backup",
    "53100": "cannot grow: the disk is full; nothing was changed",
    "55P03": "is being written by another process; try again when that is done",
    "42501": "cannot be written; check the rights of the user",
    "28": "refuses the user; check name and password in the database URL",
    "3D000": "does not exist; create the database first",
    "08": "cannot be reached; check host and port of the database URL",
    "57P": "was shut down; try again when it runs",
}

_servers: dict[tuple[int, URL], Engine] = {}
_servers_lock = threading.Lock()
_sound: set[tuple[str, int, int]] = set()  # files that passed the check in this process


@dataclass(frozen=True, slots=True, eq=False)
class Database:
    """A database that holds, or is to hold, a registry; made by `open_database`.

    Parameters
    ----------
    name
        What messages call it: never with a password.
    key
        Tells this database from others in one process.
    """

    engine: Engine
    name: str
    key: str

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file."""
        return self.engine.dialect.name == "sqlite"

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the registry for as long as it is held."""
        level = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        with self._faults(), self.engine.connect() as connection:
            connection.execution_options(**level)
            with connection.begin():
                yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The one connection that may write now; all of it, or nothing, is kept."""
        with self._faults(), self.engine.connect() as connection:
            connection.execution_options(registry_write=True)
            with connection.begin():
                if not self.is_sqlite:
                    connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{_WAIT_S}s'")
                    connection.execute(sqlalchemy.select(models.state.c.version).with_for_update())
                yield connection

    @contextmanager
    def _faults(self) -> Iterator[None]:
        with faults(self.name):
            yield


def open_database(place: str | Path, *, create: bool = False) -> Database:
    """Open a registry's database and bring its tables up to date.

    Parameters
    ----------
    place
        A city folder, an SQLite file, or the URL of a PostgreSQL database
        (`postgresql://user@host/name`).
    create
        Make an empty registry where there is none.

    Raises
    ------
    InputError
        The URL is none, or of a database that is not supported.
    DataError
        There is no registry, it is damaged, newer than this program, or cannot be used.
    """
    file = registry_file(place)
    if file is None:
        return _open_server(str(place), create=create)
    return _open_file(file, create=create)


def registry_file(place: str | Path) -> Path | None:
    """The file of a registry: of a city folder, or named itself; None for a server's."""
    if isinstance(place, str) and "://" in place:
        return None
    path = Path(place)
    return path / FILE_NAME if path.is_dir() else path


@contextmanager
def faults(name: str) -> Iterator[None]:
    """Say in one line what is wrong when the database cannot be used."""
    try:
        yield
    except DBAPIError as error:
        raise DataError(f"{name} {_advice(error.orig)}") from error
    except sqlite3.DatabaseError as error:
        raise DataError(f"{name} {_advice(error)}") from error
    except SQLAlchemyError as error:
        raise DataError(f"{name} cannot be used: {_first_line(error)}") from error


def _advice(error: BaseException | None) -> str:
    told = str(getattr(error, "sqlite_errorname", "") or getattr(error, "sqlstate", "") or "")
    for start, advice in _ADVICE.items():
        if told.startswith(start):
            return advice
    if not told and type(error).__name__ == "OperationalError":
        return f"{_ADVICE['08']} ({_first_line(error)})"
    return f"cannot be used: {_first_line(error)}"


def _first_line(error: BaseException | None) -> str:
    return next(iter(str(error).splitlines()), type(error).__name__)


# -- SQLite ------------------------------------------------------------------------------------


def _open_file(file: Path, *, create: bool) -> Database:
    if not create and not file.exists():
        raise DataError(f"no registry at {file}; make the city with `locator init` first")
    file = file.absolute()
    with faults(str(file)):
        _prepare_file(file, create=create)
    return Database(_file_engine(file, is_frozen(file)), str(file), f"sqlite:{file}")


def is_frozen(file: Path) -> bool:
    """Whether a registry's file can only be read, as on a read-only disk."""
    return not (os.access(file, os.W_OK) and os.access(file.parent, os.W_OK))


def _connect(file: Path, mode: str) -> sqlite3.Connection:
    options = f"mode={mode}"
    log = file.with_name(f"{file.name}-wal")
    if mode == "ro" and not (log.exists() and log.stat().st_size):
        options += "&immutable=1"  # else reading a write-ahead log wants a writable folder too
    db = sqlite3.connect(
        f"{file.as_uri()}?{options}",
        uri=True,
        timeout=_WAIT_S,
        isolation_level=None,
        check_same_thread=False,
    )
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("PRAGMA synchronous = FULL")
    return db


@lru_cache(maxsize=64)
def _file_engine(file: Path, is_frozen: bool) -> Engine:
    engine = sqlalchemy.create_engine(
        "sqlite://", creator=lambda: _connect(file, "ro" if is_frozen else "rw"), poolclass=NullPool
    )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    """Begin a transaction ourselves: the driver would begin it only at the first writing."""
    write = connection.get_execution_options().get("registry_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _prepare_file(file: Path, *, create: bool) -> None:
    """Check that a file is a sound registry of this version; make it one where it is new."""
    frozen = file.exists() and is_frozen(file)
    db = _connect(file, "ro" if frozen else "rwc" if create else "rw")
    try:
        made_by = int(db.execute("PRAGMA application_id").fetchone()[0])
        schema = int(db.execute("PRAGMA user_version").fetchone()[0])
        blank = not db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if blank and create and not frozen:
            db.execute("PRAGMA journal_mode = WAL")
        elif made_by != APPLICATION_ID:
            raise DataError(f"{file} is no station registry; give the folder of a city")
        if schema > _SCHEMA:
            raise DataError(
                f"{file} was written by a newer version (schema {schema}); update this one"
            )
        _check_sound(db, file)
        revision = _file_revision(db)
    finally:
        db.close()
    if revision != models.REVISION:
        _check_revision(str(file), revision)
        _upgrade(_file_engine(file, is_frozen=False), str(file))


def _file_revision(db: sqlite3.Connection) -> str:
    """Newest migration a file has seen; "" for none."""
    named = db.execute("SELECT 1 FROM sqlite_master WHERE name = 'alembic_version'").fetchone()
    row = db.execute("SELECT version_num FROM alembic_version").fetchone() if named else None
    return str(row[0]) if row else ""


def _check_sound(db: sqlite3.Connection, file: Path) -> None:
    """Let SQLite check its pages, once for each file in this process."""
    stat = file.stat()
    mark = (str(file), stat.st_dev, stat.st_ino)
    if mark not in _sound:
        problem = db.execute("PRAGMA quick_check(1)").fetchone()[0]
        if problem != "ok":
            raise DataError(f"{file} is damaged ({problem}); restore it from a backup")
        _sound.add(mark)


# -- PostgreSQL --------------------------------------------------------------------------------


def _open_server(text: str, *, create: bool) -> Database:
    """A PostgreSQL database, by its URL."""
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise InputError(
            "the database URL is not understood; expected postgresql://user@host/name"
        ) from error
    if url.get_backend_name() != "postgresql":
        raise InputError(
            f"a database of kind {url.get_backend_name()!r}; expected postgresql://user@host/name, "
            "or nothing for the file in the city folder"
        )
    url = url.set(drivername="postgresql+psycopg")
    name = url.set(password=None).render_as_string().replace("+psycopg", "")
    engine = _server_engine(url)
    with faults(name):
        revision = _server_revision(engine)
        if not revision and not create:
            raise DataError(f"no registry in {name}; make the city with `locator init` first")
        if revision != models.REVISION:
            _check_revision(name, revision)
            _upgrade(engine, name)
    return Database(engine, name, url.render_as_string())


def _server_engine(url: URL) -> Engine:
    """Engine of a server, kept; a forked process gets connections of its own."""
    key = (os.getpid(), url)
    with _servers_lock:
        if key not in _servers:
            try:
                _servers[key] = sqlalchemy.create_engine(
                    url, pool_pre_ping=True, pool_size=4, max_overflow=8
                )
            except (ImportError, NoSuchModuleError) as error:
                raise InputError(
                    "PostgreSQL needs the package psycopg: install station-locator[postgresql]"
                ) from error
        return _servers[key]


@atexit.register
def close_servers() -> None:
    """Let go of the connections that are kept to database servers; they open again when needed."""
    with _servers_lock:
        for (process, _), engine in _servers.items():
            engine.dispose(close=process == os.getpid())
        _servers.clear()


def _server_revision(engine: Engine) -> str:
    with engine.connect() as connection:
        if not sqlalchemy.inspect(connection).has_table("alembic_version"):
            return ""
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version").scalar()
        return str(found or "")


# -- migrations --------------------------------------------------------------------------------


def _check_revision(name: str, revision: str) -> None:
    """Refuse a registry that this program does not know."""
    if revision > models.REVISION:
        raise DataError(
            f"{name} was written by a newer version (revision {revision}); update this one"
        )


def _upgrade(engine: Engine, name: str) -> None:
    """Run the migrations that are missing, all of them or none."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "locator.registry:migrations")
    with faults(name), engine.connect() as connection:
        connection.execution_options(registry_write=True)
        with connection.begin():
            config.attributes["connection"] = connection
            if engine.dialect.name == "postgresql":  # two that create at once take turns
                connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({APPLICATION_ID})")
            command.upgrade(config, "head")
            if engine.dialect.name == "sqlite":
                connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
                connection.exec_driver_sql(f"PRAGMA user_version = {_SCHEMA}")
