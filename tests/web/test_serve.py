"""`locator serve` as a process of its own: it starts, answers, refuses and stops cleanly."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from locator.city import City
from locator.registry import NOBODY
from tests.web.server import run, serving


def get(url: str, path: str) -> tuple[int, str]:
    connection = HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_serve_prints_its_address_answers_and_stops(town: Path, stop: signal.Signals) -> None:
    with serving("serve", "--city", str(town), "--port", "0") as (process, url):
        assert urlsplit(url).hostname == "127.0.0.1"
        status, text = get(url, "/api/v1/health")
        assert (status, json.loads(text)["status"]) == (200, "ok")
        assert "示例数据" in get(url, "/")[1]
        process.send_signal(stop)
        assert process.wait(timeout=30) == 0
        assert process.stderr is not None
        assert process.stderr.read().strip() == "已停。Stopped."


@pytest.mark.slow
def test_serve_with_shared_options_before_its_name(town: Path) -> None:
    with serving("--json", "--city", str(town), "serve", "--port", "0") as (_, url):
        assert get(url, "/api/v1/health")[0] == 200


def test_serve_without_a_city_says_what_to_do(tmp_path: Path) -> None:
    done = run("serve", "--city", str(tmp_path / "nowhere"), "--port", "0")
    assert done.returncode == 2
    assert "locator sample" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_serve_on_a_taken_port_says_what_to_do(town: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = run("serve", "--city", str(town), "--port", str(port))
    assert done.returncode == 2
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_serve_on_a_strange_host_says_what_to_do(town: Path) -> None:
    done = run("serve", "--city", str(town), "--host", "203.0.113.7", "--port", "0")
    assert done.returncode == 2
    assert "--port" in done.stderr


# -- workers ---------------------------------------------------------------------------------

linux = pytest.mark.skipif(sys.platform != "linux", reason="forks servers, reads /proc")


def workers_of(process: subprocess.Popen[str]) -> list[int]:
    path = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    return [int(number) for number in path.read_text(encoding="ascii").split()]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def refuses(url: str) -> bool:
    """No one listens. A connection made while the last listener ends is reset: not yet."""
    try:
        get(url, "/api/v1/health")
    except ConnectionRefusedError:
        return True
    except ConnectionError:
        return False
    return False


def until(true: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.05)


@contextmanager
def two_workers(town: Path) -> Iterator[tuple[subprocess.Popen[str], str, list[int]]]:
    environ = {"LOCATOR_WORKERS": "2"}
    with serving("serve", "--city", str(town), "--port", "0", environ=environ) as (process, url):
        until(lambda: len(workers_of(process)) == 2, "two workers")
        yield process, url, workers_of(process)


@contextmanager
def stopping(pid: int) -> Iterator[None]:
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@linux
@pytest.mark.slow
def test_worker_that_was_killed_is_replaced_and_the_service_goes_on(town: Path) -> None:
    with two_workers(town) as (process, url, before):
        os.kill(before[0], signal.SIGKILL)
        until(lambda: len({*workers_of(process)} - {*before}) == 1, "another worker")
        assert [get(url, "/api/v1/health")[0] for _ in range(6)] == [200] * 6
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert not any(is_alive(pid) for pid in before)


@linux
@pytest.mark.slow
def test_workers_end_with_a_server_that_was_killed(town: Path) -> None:
    with two_workers(town) as (process, url, workers):
        process.kill()
        process.wait()
        until(lambda: not any(is_alive(pid) for pid in workers), "workers outlive their server")
        until(lambda: refuses(url), "something listens where no server is left")


def rename_first(folder: Path, name: str) -> None:
    with City.open(folder).registry() as registry:
        code = registry.current().stations.code[0]
        registry.edit(code, lambda entry: replace(entry, name=name), by=NOBODY)


def name_of_first(url: str) -> str:
    return str(json.loads(get(url, "/api/v1/stations")[1])["columns"]["name"][0])


@linux
@pytest.mark.slow
def test_each_worker_sees_each_change_whenever_it_is_asked_first(
    town: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "city"
    shutil.copytree(town, folder)
    with two_workers(folder) as (_, url, workers):
        for number in range(2):  # the second worker is not asked before its first change
            for stopped in workers:
                rename_first(folder, f"改过的站{number}-{stopped}")
                with stopping(stopped):
                    assert name_of_first(url) == f"改过的站{number}-{stopped}"


@linux
@pytest.mark.slow
def test_worker_that_replaces_another_knows_what_changed_since_the_start(
    town: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "city"
    shutil.copytree(town, folder)
    with two_workers(folder) as (process, url, before):
        assert name_of_first(url) != "改过的站"
        rename_first(folder, "改过的站")
        for killed in before:
            known = {*workers_of(process)}
            os.kill(killed, signal.SIGKILL)
            until(lambda: len({*workers_of(process)} - known) == 1, "another worker")  # noqa: B023
        until(lambda: len(workers_of(process)) == 2, "two workers")
        assert [name_of_first(url) for _ in range(4)] == ["改过的站"] * 4


@linux
@pytest.mark.slow
def test_workers_count_one_flood_together(town: Path) -> None:
    environ = {"LOCATOR_WORKERS": "2", "LOCATOR_LIMIT_REQUESTS": "5/day"}
    with serving("serve", "--city", str(town), "--port", "0", environ=environ) as (process, url):
        until(lambda: len(workers_of(process)) == 2, "two workers")
        told = []
        for stopped in workers_of(process):
            with stopping(stopped):
                told += [get(url, "/api/v1/health")[0] for _ in range(4)]
    assert told == [200] * 5 + [429] * 3


@linux
@pytest.mark.slow
def test_workers_that_cannot_live_end_the_server_with_words() -> None:
    """Each kills itself, as a system short of memory would."""
    program = (
        "import os, signal\n"
        "from webapp.workers import run_workers\n"
        "run_workers(2, lambda: os.kill(os.getpid(), signal.SIGKILL))\n"
    )
    begun = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 1
    assert "5 workers of the server in a row ended" in done.stderr
    assert time.monotonic() - begun > 1  # not as fast as it can fork
