"""`locator serve` as a process of its own: it starts, answers, refuses and stops cleanly."""

from __future__ import annotations

import json
import signal
import socket
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

import pytest

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
        assert process.stderr.read().strip() == "Stopped."


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
