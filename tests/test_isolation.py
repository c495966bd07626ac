"""What `conftest` promises for every test: nothing leaves this machine, numbers come again."""

from __future__ import annotations

import socket
import urllib.request
from pathlib import Path

import numpy as np
import pytest


def test_connection_elsewhere_is_refused() -> None:
    with pytest.raises(RuntimeError, match="tests stay on this machine"):
        socket.create_connection(("192.0.2.1", 80), timeout=1)  # TEST-NET-1, routed nowhere


def test_look_up_of_a_foreign_name_is_refused() -> None:
    with pytest.raises(RuntimeError, match="tests stay on this machine"):
        urllib.request.urlopen("http://station-locator.invalid/")
    with pytest.raises(RuntimeError, match="tests stay on this machine"):
        socket.gethostbyname("station-locator.invalid")


@pytest.mark.parametrize(
    ("family", "address"),
    [(socket.AF_INET, ("192.0.2.1", 9)), (socket.AF_INET6, ("2001:db8::1", 9))],
)
def test_datagram_elsewhere_is_refused(
    family: socket.AddressFamily, address: tuple[str, int]
) -> None:
    with (
        socket.socket(family, socket.SOCK_DGRAM) as sender,
        pytest.raises(RuntimeError, match="tests stay on this machine"),
    ):
        sender.sendto(b"x", address)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_connection_to_this_machine_is_allowed(host: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection((host, port), timeout=5).close()


def test_unix_socket_is_allowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # keeps the name under the 108 bytes such an address may have
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("here")
        server.listen()
        client.connect("here")


def test_rng_gives_the_same_numbers_each_time(rng: np.random.Generator) -> None:
    again = np.random.default_rng(20260101)
    assert rng.integers(1000, size=5).tolist() == again.integers(1000, size=5).tolist()
