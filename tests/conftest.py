"""Fixtures for every test: shared real data, seeded numbers, and three invariants.

The invariants hold for each test without being asked for: no socket leaves this machine, and
neither the tracked files of the project nor the shared data are written.
"""

from __future__ import annotations

import ipaddress
import os
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NoReturn

import hypothesis
import numpy as np
import pytest

from locator.registry.database import close_servers
from tests.commands import run
from tests.postgres import Server, find_programs, running_server

__all__ = ["run"]

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("LOCATOR_SHARED", ROOT.parent / "shared")).resolve()
IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}

hypothesis.settings.register_profile("local", deadline=None)
hypothesis.settings.register_profile("ci", deadline=None, derandomize=True, database=None)
hypothesis.settings.load_profile("ci" if IN_CI else "local")


def do_without(reason: str) -> NoReturn:
    """Skip a test for want of what a machine may lack; fail in continuous integration."""
    if IN_CI:
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real files that tests read and never write; CI must have it."""
    data = SHARED / "data"
    if data.is_dir():
        return data
    do_without(f"no real data at {data}: put shared/ beside the project or set LOCATOR_SHARED")


@pytest.fixture
def rng() -> np.random.Generator:
    """Random numbers that are the same in each run."""
    return np.random.default_rng(20260101)


def is_loopback(family: int, address: Any) -> bool:
    """Tell whether a socket address stays on this machine; names are resolved by no one."""
    if family not in {socket.AF_INET, socket.AF_INET6}:
        return True
    host = str(address[0]).partition("%")[0]
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class BlockedNetworkError(RuntimeError):
    """A test tried to leave this machine."""


@pytest.fixture(autouse=True, scope="session")
def loopback_only() -> Iterator[None]:
    """Refuse each connection and look-up that would leave this machine."""
    with pytest.MonkeyPatch.context() as patch:
        for verb in ("connect", "connect_ex", "sendto"):
            patch.setattr(socket.socket, verb, _guarded(getattr(socket.socket, verb)))
        for look_up in ("getaddrinfo", "gethostbyname", "gethostbyname_ex"):
            patch.setattr(socket, look_up, _guarded_lookup(getattr(socket, look_up)))
        yield


def _guarded(verb: Callable[..., Any]) -> Callable[..., Any]:
    def guard(self: socket.socket, *args: Any) -> Any:
        address = args[-1]  # connect(address), sendto(data, [flags,] address)
        if not is_loopback(self.family, address):
            raise BlockedNetworkError(f"tests stay on this machine, got {address!r}")
        return verb(self, *args)

    return guard


def _guarded_lookup(look_up: Callable[..., Any]) -> Callable[..., Any]:
    def guard(host: Any, *args: Any, **kwargs: Any) -> Any:
        name = host.decode() if isinstance(host, bytes) else host
        if name and not is_loopback(socket.AF_INET, (name,)):
            raise BlockedNetworkError(f"tests stay on this machine, asked for {name!r}")
        return look_up(host, *args, **kwargs)

    return guard


@pytest.fixture(scope="session")
def project_files() -> list[Path]:
    """Every file of the project that git tracks or would; none where this is no git checkout."""
    return _list_project()


@pytest.fixture(autouse=True, scope="session")
def files_untouched() -> Iterator[None]:
    """Fail the run when a test writes into the project's own files or the shared data."""
    before = _marks()
    yield
    changed = sorted({str(path) for path, _ in before.items() ^ _marks().items()})
    if IN_CI:  # elsewhere somebody may be editing while the tests run
        assert not changed, f"tests write under tmp_path only, but changed {changed[:5]}"


def _list_project() -> list[Path]:
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return []
    return [ROOT / os.fsdecode(name) for name in listed.split(b"\0") if name]


def _marks() -> dict[Path, tuple[int, int]]:
    """Size and time of every file that no test may write."""
    files = [*_list_project(), *(SHARED / "data").rglob("*")]
    stats = {path: path.stat() for path in files if path.is_file()}
    return {path: (stat.st_size, stat.st_mtime_ns) for path, stat in stats.items()}


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A PostgreSQL server of this run's own; CI must have one."""
    if find_programs() is None:
        do_without("no PostgreSQL server: `make test` installs one")
    with running_server() as server:
        yield server


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgresql)])
def registry_place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str | Path]:
    """Where an empty registry may be made: a folder, then a PostgreSQL database."""
    monkeypatch.setenv("LOCATOR_KEY_FILE", str(tmp_path / "private.key"))
    if request.param == "sqlite":
        yield tmp_path
        return
    server: Server = request.getfixturevalue("postgres")
    yield server.new_database()
    close_servers()
