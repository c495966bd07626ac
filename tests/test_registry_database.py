"""The registry's databases: migrations, older and newer files, read-only disks, lost servers."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import datetime
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from geodata.tables import Rows, rows_from_records
from locator.errors import DataError, InputError
from locator.hours import Rule
from locator.registry import Actor, Registry, models
from locator.registry.database import APPLICATION_ID, close_servers
from locator.registry.schedules import keep_schedules
from tests.conftest import do_without
from tests.postgres import Server, find_programs, running_server

ROOT = Path(__file__).resolve().parent.parent
# The tables of a registry from before there were migrations, as that version made them.
BEFORE = """
CREATE TABLE station (
    id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
    name_made INTEGER NOT NULL, kind TEXT NOT NULL, lon_deg REAL NOT NULL, lat_deg REAL NOT NULL,
    lon_raw REAL NOT NULL, lat_raw REAL NOT NULL, datum_raw TEXT NOT NULL, address TEXT NOT NULL,
    hours TEXT NOT NULL, facilities TEXT NOT NULL, access_scope TEXT NOT NULL,
    access_mode TEXT NOT NULL, phone TEXT NOT NULL, status TEXT NOT NULL,
    district_code TEXT NOT NULL, source TEXT NOT NULL, source_id TEXT NOT NULL,
    sample INTEGER NOT NULL, extra TEXT NOT NULL, created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TABLE counter (series TEXT PRIMARY KEY, last INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE change (version INTEGER NOT NULL);
INSERT INTO change VALUES (7);
INSERT INTO counter VALUES ('NT-320613-OW', 4);
INSERT INTO station VALUES (
    3, 'NT-320613-OW-0004-X', '学田驿站', 0, 'rest_station', 120.86, 32.01, 120.864, 32.008,
    'gcj02', '学田路1号', '8:00-17:00', '{"WATER": true}', 'public', '', '0513-1', 'open', '320613',
    'a.csv', '12', 0, '{"备注": "x"}', '2026-01-02T03:04:05+00:00', '2026-02-03T04:05:06+00:00'
);
"""


def bring(registry: Registry, name: str, code_prefix: str = "ST") -> None:
    cells = {"name": name, "lon": 120 + ord(name[0]) % 100 / 100, "lat": 32, "区县代码": "320613"}
    rows = rows_from_records([cells], source="list")
    registry.import_rows(rows, datum="wgs84", kind="rest_station", code_prefix=code_prefix)


# migrations


def test_migrations_make_the_tables_of_the_models(registry_place: str | Path) -> None:
    registry = Registry.open(registry_place, create=True)
    with registry.database.read() as connection:
        context = MigrationContext.configure(connection)
        assert compare_metadata(context, models.metadata) == []
        found = connection.execute(sa.text("SELECT version_num FROM alembic_version"))
        assert found.scalar() == models.REVISION


def test_newest_migration_is_the_one_that_the_program_knows() -> None:
    config = Config()
    config.set_main_option("script_location", "locator.registry:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [models.REVISION]


def test_registry_from_before_migrations_keeps_its_stations(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "registry.sqlite")) as old:
        old.executescript(BEFORE)
        old.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        old.execute("PRAGMA user_version = 1")
    with Registry.open(tmp_path) as registry:
        (entry,) = registry.entries()
        assert (entry.id, entry.code, entry.name) == (3, "NT-320613-OW-0004-X", "学田驿站")
        assert (entry.lon_deg, entry.lon_raw, entry.datum_raw) == (120.86, 120.864, "gcj02")
        assert (entry.facilities, entry.extra) == ({"WATER": True}, {"备注": "x"})
        assert (entry.hours, entry.opening.known, entry.sample) == ("8:00-17:00", False, False)
        assert registry.version == 8  # readers that held version 7 read anew
        bring(registry, "B", "NT")
        assert registry.snapshot().code[1][:-2] == "NT-320613-OW-0005"


def test_registry_of_the_first_migration_keeps_its_weekly_hours(registry_place) -> None:
    path = registry_place
    url = f"sqlite:///{path}/registry.sqlite" if isinstance(path, Path) else path
    engine = sa.create_engine(url.replace("postgresql:", "postgresql+psycopg:"))
    config = Config()
    config.set_main_option("script_location", "locator.registry:migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
        for key in (1, 2, 3):
            hours = {"hours_known": key < 3, "holidays": "as_posted"}
            put_row(connection, "station", id=key, code=f"S{key}", **hours)
        for key, place, opens in [(1, 0, 540), (1, 1, 780), (2, 0, 540), (2, 1, 780)]:
            rule = {"weekdays": 31, "open_min": opens, "close_min": opens + 120, "days": "any"}
            put_row(connection, "hours_rule", station_id=key, place=place, type="normal", **rule)
        if isinstance(path, Path):
            connection.exec_driver_sql(f"PRAGMA application_id = {APPLICATION_ID}")
            connection.exec_driver_sql("PRAGMA user_version = 1")
    engine.dispose()
    with Registry.open(path) as registry:
        first, second, third = registry.entries()
        rules = (Rule(31, 540, 660), Rule(31, 780, 900))
        assert first.opening.rules == second.opening.rules == rules
        assert third.opening.rules == ()
        with registry.database.write() as connection:
            assert keep_schedules(connection, [rules]) == {rules: 1}  # the same one, not another
            context = MigrationContext.configure(connection)
            assert compare_metadata(context, models.metadata) == []


def put_row(connection: sa.Connection, name: str, **values: object) -> None:
    """A row of a table as it is now; what is left out and must be there is empty."""
    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    empty = {str: "", int: 0, float: 0.0, bool: False}
    for column in table.columns:
        if not column.nullable and column.name not in values:
            kind = column.type.python_type
            values[column.name] = empty.get(kind, datetime(2026, 1, 2) if kind is datetime else {})
    if "facilities" in table.columns:
        values["facilities"] = "{}"
    connection.execute(sa.insert(table), [values])


def test_newer_registry_is_refused(registry_place: str | Path) -> None:
    registry = Registry.open(registry_place, create=True)
    with registry.database.write() as connection:
        connection.execute(sa.text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(DataError, match="newer version"):
        Registry.open(registry_place)


# files


def test_read_only_city_can_be_read_and_not_written(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("mounting needs root")
    with Registry.open(tmp_path, create=True) as registry:
        bring(registry, "A")
    script = (
        "import sys; from dataclasses import replace\n"
        "from locator.registry import Actor, Registry\n"
        "change = lambda entry: replace(entry, name='B')\n"
        "with Registry.open(sys.argv[1]) as registry:\n"
        "    print(registry.snapshot().name[0])\n"
        "    registry.edit(registry.snapshot().code[0], change, by=Actor())\n"
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c",
         f"mount --bind {tmp_path} {tmp_path} && mount -o remount,ro,bind {tmp_path} && "
         f'exec {sys.executable} -c "$0" {tmp_path}', script],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if "unshare" in done.stderr or "mount:" in done.stderr:
        pytest.skip(f"this machine lets nobody mount: {done.stderr.splitlines()[0]}")
    assert done.stdout == "A\n"
    assert "cannot be written" in done.stderr.splitlines()[-1]


def backup_of(registry: Registry, folder: Path) -> bytes:
    """Its file, with all that was written."""
    with registry.database.read() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    return (folder / "registry.sqlite").read_bytes()


def test_file_put_back_from_a_backup_is_what_is_read(tmp_path: Path) -> None:
    with Registry.open(tmp_path, create=True) as registry:
        bring(registry, "A")
        backup = backup_of(registry, tmp_path)
        bring(registry, "B")
        assert len(registry.snapshot()) == 2
        for name in ("registry.sqlite", "registry.sqlite-wal", "registry.sqlite-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / "registry.sqlite").write_bytes(backup)
        assert registry.snapshot().name == ("A",)


def test_backup_that_was_written_to_since_is_read_anew(tmp_path: Path) -> None:
    with Registry.open(tmp_path, create=True) as registry:
        bring(registry, "A")
        backup = backup_of(registry, tmp_path)
        bring(registry, "B")
        assert registry.snapshot().name == ("A", "B")
        for name in ("registry.sqlite-wal", "registry.sqlite-shm"):
            (tmp_path / name).unlink(missing_ok=True)
        (tmp_path / "registry.sqlite").write_bytes(backup)
        bring(registry, "C")  # the same version as B had
        assert registry.snapshot().name == ("A", "C")


def test_lost_key_is_not_replaced_while_something_is_sealed(tmp_path: Path) -> None:
    def rows(name: str, phone: str) -> Rows:
        cells = {"name": name, "lon": 120.5, "lat": 32 + ord(name) / 100, "管理员手机": phone}
        return rows_from_records([cells], source="list")

    with Registry.open(tmp_path, create=True) as registry:
        registry.import_rows(rows("A", "13800000000"), datum="wgs84", kind="OW", dry_run=True)
        assert not (tmp_path / "private.key").exists()
        registry.import_rows(rows("A", "13800000000"), datum="wgs84", kind="OW")
    (tmp_path / "private.key").unlink()
    with Registry.open(tmp_path) as registry:
        with pytest.raises(DataError, match="put it back from a backup"):
            registry.import_rows(rows("B", "13900000000"), datum="wgs84", kind="OW")
        bring(registry, "C")  # nothing private in it
        assert not (tmp_path / "private.key").exists()


# servers


@pytest.mark.parametrize(
    ("url", "error", "message"),
    [
        ("postgresql://", DataError, "cannot be"),
        ("mysql://root@localhost/x", InputError, "kind 'mysql'"),
        ("://x", InputError, "not understood"),
        ("postgresql://user:secret@/none?host=/nowhere", DataError, "cannot be reached"),
    ],
)
def test_bad_url_is_told_without_its_password(
    url: str, error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message) as caught:
        Registry.open(url)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.postgresql
def test_server_without_registry_or_database_is_told(postgres: Server) -> None:
    with pytest.raises(DataError, match="no registry in"):
        Registry.open(postgres.new_database())
    with pytest.raises(DataError, match='database "absent" does not exist'):
        Registry.open(postgres.url("absent"), create=True)
    close_servers()


@pytest.mark.postgresql
@pytest.mark.slow
def test_crash_of_the_server_keeps_what_was_saved_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if find_programs() is None:
        do_without("no PostgreSQL server: `make test` installs one")
    monkeypatch.setenv("LOCATOR_KEY_FILE", str(tmp_path / "private.key"))
    with running_server(durable=True) as server:
        place = server.new_database()
        with Registry.open(place, create=True) as registry:
            bring(registry, "A")
            server.stop("immediate")
            with pytest.raises(DataError, match=r"cannot be reached|shut down"):
                registry.snapshot()
            server.start()
            assert registry.snapshot().name == ("A",)
            code = registry.snapshot().code[0]
            registry.edit(code, lambda entry: entry, by=Actor())
        close_servers()
