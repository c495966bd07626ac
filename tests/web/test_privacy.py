"""What the real server writes down while it is asked a lot: no position, no address of anybody."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
from contextlib import suppress
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from tests.web.server import serving

pytestmark = pytest.mark.slow

# Where somebody stands, and the same as a program may write it on the way.
LON, LAT = "120.8612345", "32.0112345"
TRACE = re.compile(r"120\.86|32\.01|12086|3201123")
HERE = {"lon": float(LON), "lat": float(LAT)}


class Asker:
    """Asks a server in many ways, and keeps what it says."""

    def __init__(self, url: str) -> None:
        self.netloc = urlsplit(url).netloc
        self.told: list[tuple[int, str]] = []

    def ask(self, method: str, path: str, body: bytes | None = None, kind: str = "json") -> int:
        connection = HTTPConnection(self.netloc, timeout=60)
        kinds = {"json": "application/json", "form": "application/x-www-form-urlencoded"}
        try:
            connection.request(method, path, body, {"Content-Type": kinds[kind]} if body else {})
            answer = connection.getresponse()
            self.told.append((answer.status, answer.read().decode(errors="replace")))
            return answer.status
        finally:
            connection.close()

    def send(self, raw: bytes) -> bytes:
        host, port = self.netloc.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=20) as line:
            found = b""
            # a server may hang up in the middle of what it need not read
            with suppress(ConnectionResetError, BrokenPipeError):
                line.sendall(raw)
                line.shutdown(socket.SHUT_WR)
                while part := line.recv(65536):
                    found += part
        self.told.append((0, found.decode(errors="replace")))
        return found


def ask_well(asker: Asker) -> None:
    for k in (1, 3, 20):
        asked = {**HERE, "k": k, "accuracy": 300}
        assert asker.ask("POST", "/api/v1/nearest", json.dumps(asked).encode()) == 200
    form = f"lon={LON}&lat={LAT}".encode()
    assert asker.ask("POST", "/nearest", form, "form") == 200


def ask_badly(asker: Asker) -> None:
    """Every way of putting a position where it does not belong."""
    position = f"lon={LON}&lat={LAT}"
    for path in ("/", "/nearest", "/coverage", "/api/v1/nearest", "/api/v1/stations",
                 "/api/v1/health", "/nowhere", "/static/nowhere.js"):  # fmt: skip
        asker.ask("GET", f"{path}?{position}")
        asker.ask("GET", f"{path}?{quote(f'{LON},{LAT}')}=1")
        asker.ask("DELETE", f"{path}?{position}", b"{}")
    asker.ask("GET", f"/{LON}/{LAT}")
    asker.ask("GET", f"/api/v1/{LON},{LAT}")
    asker.ask("GET", f"/?district={LON}&q={LAT}")
    for body in (
        f'{{"lon": {LON}, "lat": "{LAT}"}}', f'{{"lon": {LON}}}', f"[{LON}, {LAT}]",
        f'{{"lon": {LON}, "lat": {LAT}', f'{{"{LON}": {LAT}}}', f'{{"street": "{LON},{LAT}"}}',
        f'{{"lon": {LON}, "lat": {LAT}, "k": 99999}}', f'{{"lon": {LON}, "lat": {LAT}, "x": 1}}',
        f'{{"lon": {LON}e300, "lat": {LAT}}}', f'{{"lon": NaN, "lat": {LAT}}}',
        f'{{"lon": {LON}, "lat": {LAT}, "at": "{LON}"}}',
        "[" * 8000, f'"{LON}' + "9" * 40_000 + '"',
    ):  # fmt: skip
        status = asker.ask("POST", "/api/v1/nearest", body.encode())
        assert 400 <= status < 500, (status, body[:60])
        asker.ask("POST", "/nearest", body.encode(), "form")
    asker.ask("POST", "/nearest", f"lon={LON}&lon={LAT}".encode(), "form")


def ask_against_the_rules(asker: Asker) -> None:
    """What is no HTTP, or hardly."""
    target = f"/?lon={LON}&lat={LAT}".encode()
    for raw in (
        b"GET " + target + b" HTTP/9.9\r\n\r\n",
        b"GET " + target + b"\r\n\r\n",
        b"GET  " + target + b" HTTP/1.1\r\nHost: a\r\nHost : b\r\n\r\n",
        b"POST " + target + b" HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n",
        b"POST " + target + b" HTTP/1.1\r\nHost: a\r\nContent-Length: abc\r\n\r\n",
        b"POST " + target + b" HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET " + target + b" HTTP/1.1\r\nHost: a\r\nX: " + b"9" * 300_000 + b"\r\n\r\n",
        b"GET /" + LON.encode() + b"\xff\xfe HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET /%" + LON.encode() + b"%00%ff HTTP/1.1\r\nHost: a\r\n\r\n",
        b"GET http://[" + LON.encode() + b"/ HTTP/1.1\r\nHost: a\r\n\r\n",
        b"POST /api/v1/nearest HTTP/1.1\r\nHost: a\r\nContent-Length: 90000\r\n\r\n" + LON.encode(),
    ):
        asker.send(raw)


def test_server_writes_down_no_position_and_no_visitor(town: Path, tmp_path: Path) -> None:
    city = Path(shutil.copytree(town, tmp_path / "city"))
    with serving("serve", "--city", str(city), "--port", "0") as (process, url):
        asker = Asker(url)
        ask_well(asker)
        answered = len(asker.told)
        ask_badly(asker)
        ask_against_the_rules(asker)
        # a fault of the server itself, while it is asked for a position
        for folder in city.glob("streets-*"):
            shutil.rmtree(folder)
        (city / "streets.json").write_text("{", encoding="utf-8")
        assert asker.ask("POST", "/api/v1/nearest", json.dumps(HERE).encode()) == 500
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=30) == 0
        assert process.stdout is not None
        assert process.stderr is not None
        written = process.stdout.read() + process.stderr.read()
    assert "damaged" in written, "the log was not captured"
    assert not TRACE.search(written), TRACE.findall(written)
    assert "127.0.0.1" not in written
    # a search box shows again what was searched for; a refusal repeats nothing
    repeated = [text for status, text in asker.told[answered:] if status != 200]
    assert len(repeated) > 60
    assert [text for text in repeated if TRACE.search(text)] == []


def test_server_survives_what_is_sent_against_the_rules(town: Path) -> None:
    with serving("serve", "--city", str(town), "--port", "0") as (_, url):
        asker = Asker(url)
        ask_against_the_rules(asker)
        assert asker.ask("GET", "/api/v1/health") == 200
        assert not any("Traceback" in text for _, text in asker.told)
        assert all(
            text.startswith("HTTP/1.") and text.split()[1] in {"200", "400", "404", "413", "422",
                                                               "431", "501", "505", "405", "414"}
            for status, text in asker.told if status == 0 and text
        )  # fmt: skip
