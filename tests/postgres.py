"""A PostgreSQL server of the tests' own: in a temporary folder, on a socket file, never on a port.

Run as a script it makes sure that the server's programs are there: the system's, else by its
package manager (as root or with a sudo that asks nothing).
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

PACKAGE = "postgresql"  # Debian's name; it makes the user postgres too
_SYSTEM_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")
_SUPERUSER = "tests"
_NO_CLUSTER = """\
file=/etc/postgresql-common/createcluster.conf
test -e $file || { mkdir -p ${file%/*} && echo 'create_main_cluster = false' > $file; }
"""


def find_programs() -> Path | None:
    """Folder of initdb, pg_ctl and postgres: LOCATOR_POSTGRES, the newest of the system, PATH."""
    given = os.environ.get("LOCATOR_POSTGRES")
    folders = [Path(given)] if given else []
    for pattern in () if given else _SYSTEM_FOLDERS:
        root = Path(pattern).anchor
        found = Path(root).glob(str(Path(pattern).relative_to(root)))
        folders += sorted(found, key=lambda path: _number(path.parent.name), reverse=True)
    on_path = shutil.which("initdb")
    folders += [Path(on_path).resolve().parent] if on_path and not given else []
    wanted = ("initdb", "pg_ctl", "postgres")
    return next((f for f in folders if all((f / name).exists() for name in wanted)), None)


def _number(version: str) -> float:
    try:
        return float(version)
    except ValueError:
        return 0.0


def _account() -> str | None:
    """User to run the server as: it refuses to run as root."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            pwd.getpwnam(name)
        except KeyError:
            continue
        return name
    raise RuntimeError("no user but root: PostgreSQL refuses to run as root; make one, postgres")


@dataclass(slots=True)
class Server:
    """A running server; every call of `new_database` gives an empty database of its own."""

    programs: Path
    folder: Path
    durable: bool = False
    _numbers: Iterator[int] = field(default_factory=count)

    def url(self, name: str) -> str:
        """URL of a database."""
        return f"postgresql://{_SUPERUSER}@/{name}?host={self.folder}"

    def new_database(self, template: str = "template0") -> str:
        """URL of a new database, empty or the copy of another one."""
        name = f"test_{next(self._numbers)}"
        self.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        return self.url(name)

    def execute(self, statement: str, database: str = "postgres") -> None:
        """Run one statement outside a transaction."""
        import psycopg

        with psycopg.connect(self.url(database), autocommit=True) as connection:
            connection.execute(statement.encode())

    def stop(self, how: str = "fast") -> None:
        """Stop it: "fast", or "immediate" as a crash would."""
        self._control("stop", "-m", how)

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = f"-c listen_addresses='' -c unix_socket_directories={self.folder}"
        if not self.durable:
            options += " -c fsync=off -c full_page_writes=off -c synchronous_commit=off"
        log = str(self.folder / "log")
        self._control("start", "-l", log, "-o", options)

    def _control(self, *words: str) -> None:
        command = [str(self.programs / "pg_ctl"), "-w", "-s", "-D", str(self.folder / "data")]
        run_as_account([*command, *words])


def run_as_account(command: list[str]) -> None:
    """Run a program of the server as a user it accepts; fail with what it said."""
    account = _account()
    done = subprocess.run(
        command,
        user=account,
        group=None if account is None else pwd.getpwnam(account).pw_gid,
        extra_groups=None if account is None else [],
        env={**os.environ, "LC_ALL": "C.UTF-8", "HOME": "/tmp"},  # noqa: S108
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,  # a pipe would wait for the server, which inherits it
        stderr=subprocess.PIPE if "initdb" in command[0] else subprocess.DEVNULL,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{Path(command[0]).name} failed: {(done.stderr or b'').decode()}")


@contextmanager
def running_server(*, durable: bool = False) -> Iterator[Server]:
    """A fresh server, stopped and removed at the end; a durable one may be crashed."""
    programs = find_programs()
    if programs is None:
        raise FileNotFoundError(f"no PostgreSQL server: install {PACKAGE}")
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path may have 107 bytes
    account = _account()
    if account is not None:
        shutil.chown(folder, account)
    server = Server(programs, folder, durable)
    try:
        made = ["-D", str(folder / "data"), "-U", _SUPERUSER, "-A", "trust", "-E", "UTF8"]
        run_as_account([str(programs / "initdb"), *made, "--locale=C.UTF-8", "--no-sync"])
        server.start()
        try:
            yield server
        finally:
            server.stop("immediate")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def install_package() -> bool:
    """Install the server through apt-get, where this user may; tell whether that went well."""
    if shutil.which("apt-get") is None:
        return False
    rights = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt_get = [*rights, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq"]
    # without a cluster of the system's own, which would be a server that nobody stops
    no_cluster = [*rights, "sh", "-c", _NO_CLUSTER]
    keep_ours = ["-o", "Dpkg::Options::=--force-confold"]
    install = [*apt_get, *keep_ours, "install", "-y", "--no-install-recommends", PACKAGE]
    try:
        return all(
            subprocess.run(command, stdin=subprocess.DEVNULL, check=False).returncode == 0
            for command in (no_cluster, [*apt_get, "update"], install)
        )
    except OSError:
        return False


def main() -> int:
    """Install what is missing; returns the exit code."""
    if find_programs() is None:
        sys.stderr.write(f"Installing {PACKAGE} for the registry's tests\n")
        install_package()
    if find_programs() is None:
        sys.stderr.write(
            f"The registry's tests need a PostgreSQL server: install {PACKAGE} (Debian's name) or "
            "set LOCATOR_POSTGRES to the folder of its programs, then run make test again.\n"
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
