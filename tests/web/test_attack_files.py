"""Tricks with paths and ranges: no file outside of its folder, no byte outside of its file."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.web.server import serving
from webapp.assets import STATIC

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

# What a file outside of the folders would show: of the system, the town, the program.
SECRETS = (
    b"root:",
    b"SQLite format 3",
    b"[city]",
    b"time_zone",
    b"def install",
    b"BEGIN",
    b"import ",
)
FOLDERS = (
    "/static/", "/static/js/", "/static/vendor/", "/static/vendor/leaflet/", "/phone/",
    "/phone/streets/",
    "/basemap/", "/map/", "/api/v1/coverage/tiles/0/0/", "/s/", "/",
)  # fmt: skip
UP = (
    "..",
    "%2e%2e",
    "%2E.",
    "%252e%252e",
    "..%2f",
    "..%5c",
    "..\\",
    "%c0%ae%c0%ae",
    "....//",
    ".%00.",
)
AIMS = (
    "etc/passwd",
    "pages.py",
    "templates/base.html",
    "city.toml",
    "registry.sqlite",
    "pyproject.toml",
)


def tricks() -> list[str]:
    """Paths that lead out of each folder, each way of writing it."""
    found = [
        f"{folder}{'/'.join([up] * depth)}/{aim}"
        for folder in FOLDERS
        for up in UP
        for depth, aim in zip((1, 2, 3, 8, 2, 3), AIMS, strict=True)
    ]
    for folder in FOLDERS:
        found += [
            f"{folder}{name}"
            for name in (
                "/etc/passwd", "//etc/passwd", "%2fetc%2fpasswd", "file:///etc/passwd",
                "\\etc\\passwd",
                "C:\\boot.ini", "%00", "site.css%00.js", "a" * 5000, "%ff%fe", ".", "./", "js",
                "con",
                "~root/.ssh/id_rsa", "%0d%0aSet-Cookie:%20a=1", "*", "?", "-1",
                "99999999999999999999",
                ".git/config", "vendor/manifest.json/..", "vendor/../../pages.py", "%uff0e%uff0e/",
            )
        ]  # fmt: skip
    return found


@pytest.fixture(scope="module")
def town_bytes(town: Path) -> list[bytes]:
    """The start of each file of the town but the drawing, which is for everybody."""
    kept = [path for path in town.rglob("*") if path.is_file() and path.suffix != ".pmtiles"]
    return [path.read_bytes()[:64] for path in kept if path.stat().st_size >= 20]


def test_no_path_leads_out_of_a_folder(hostile_app: Flask, town_bytes: list[bytes]) -> None:
    client = hostile_app.test_client(use_cookies=False)
    for path in tricks():
        with client.get(path) as answer:
            assert answer.status_code in {200, 303, 308, 404, 422}, path
            if answer.status_code != 200:
                assert not any(secret in answer.data for secret in (*SECRETS, *town_bytes)), path
                continue
            # the few that name something of ours after all
            found = urlsplit(path).path.replace("/./", "/").replace("//", "/")
            assert found == "/" or "js" in found, path
            assert b"root:" not in answer.data


@pytest.mark.slow
def test_no_path_on_the_wire_leads_out_of_a_folder(town: Path, town_bytes: list[bytes]) -> None:
    """As a socket sends them, which no client has put in order first."""
    with serving("serve", "--city", str(town), "--port", "0") as (_, url):
        host, port = urlsplit(url).netloc.split(":")
        with socket.create_connection((host, int(port)), timeout=30) as line:
            stream = line.makefile("rb")
            for path in [
                *tricks(),
                "http://localhost/../../etc/passwd",
                "*",
                "//evil.example/%2e%2e",
            ]:
                target = path.replace(" ", "%20").encode()
                line.sendall(b"GET " + target + b" HTTP/1.1\r\nHost: localhost\r\n\r\n")
                status, headers, body = read_answer(stream)
                assert status in {200, 303, 308, 404, 422, 400}, path
                assert b"evil.example" not in headers.get(b"location", b""), path
                assert b"set-cookie" not in headers, path
                assert not any(secret in body for secret in (b"root:", *town_bytes)), path


def read_answer(stream: object) -> tuple[int, dict[bytes, bytes], bytes]:
    """Status, headers and body of the next answer on a connection that stays open."""
    lines = iter(stream.readline, b"\r\n")  # type: ignore[attr-defined]
    status = int(next(lines).split()[1])
    pairs = [line.strip().split(b": ", 1) for line in lines]
    headers = {name.lower(): value for name, value in pairs}
    return status, headers, stream.read(int(headers[b"content-length"]))  # type: ignore[attr-defined]


# -- ranges ----------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def files(hostile_app: Flask, routes: dict[str, str]) -> dict[str, bytes]:
    """Address -> all its bytes, of what is served as a file or as a part of one."""
    found = {}
    client = hostile_app.test_client()
    for endpoint in ("static", "packaged", "basemap.drawing", "phone.file", "api.coverage_tile"):
        with client.get(routes[endpoint]) as answer:
            found[routes[endpoint]] = answer.data
    assert all(found.values())
    return found


ODD_RANGES = (
    "bytes=-1", "bytes=-0", "bytes=--1", "bytes=9-2", "bytes=0-", "bytes=0--1", "bytes=-", "bytes=",
    "bytes", "bytes=a-b", "bytes=1.5-3", "bytes=0x0-0x9", "bytes=99999999999999999999-",
    "bytes=0-9" + "9" * 400,
    "bytes=-" + "9" * 400, "bytes=0-0,2-2", "bytes=0-5,3-9", "bytes=0-,0-,0-", "bytes=0-1,-1",
    "bytes=" + ",".join(["0-"] * 500), "bytes=" + ",".join(f"{i}-{i}" for i in range(400)),
    "items=0-5", "BYTES=0-5", "bytes =0-5", "bytes=0-5;q=1", "bytes=٠-٥", "bytes=+0-5",
    "bytes=0-5\t",
    "none", "0-5", "bytes:0-5", "\x00", "bytes=18446744073709551616-18446744073709551617",
)  # fmt: skip
WHOLE_NUMBERS = st.integers(-10, 10**6) | st.integers(0, 10**30)
RANGES = st.one_of(
    st.sampled_from(ODD_RANGES),
    st.lists(st.tuples(WHOLE_NUMBERS, WHOLE_NUMBERS), min_size=1, max_size=4).map(
        lambda pairs: "bytes=" + ",".join(f"{a}-{b}" for a, b in pairs)
    ),
    WHOLE_NUMBERS.map(lambda a: f"bytes={a}-"),
)


@pytest.mark.slow
@settings(max_examples=300)
@given(
    RANGES,
    st.sampled_from(
        [None, '"other"', 'W/"other"', "*", "x", "Thu, 01 Jan 1970 00:00:00 GMT", "\x00"]
    ),
    st.booleans(),
)
@example("bytes=" + ",".join(["0-"] * 500), None, True)
def test_range_gives_no_more_than_the_file_and_no_byte_of_another(
    hostile_app: Flask, files: dict[str, bytes], asked: str, known: str | None, packed: bool
) -> None:
    headers = {"Range": asked.encode().decode("latin-1")}
    headers |= {"If-Range": known} if known is not None else {}
    headers |= {"Accept-Encoding": "gzip"} if packed else {}
    for path, whole in files.items():
        with hostile_app.test_client().get(path, headers=headers) as answer:
            told = answer.headers.get("Content-Range", "")
            assert answer.status_code in {200, 206, 416}, (path, headers)
            assert len(answer.data) <= max(len(whole), 2500), (path, headers)
            if answer.status_code == 206:
                span, size = told.removeprefix("bytes ").split("/")
                first, last = (int(text) for text in span.split("-"))
                assert int(size) == len(whole)
                assert 0 <= first <= last < len(whole)
                assert answer.data == whole[first : last + 1]
                assert "multipart" not in answer.mimetype
                assert "Content-Encoding" not in answer.headers
            elif answer.status_code == 200 and not packed:
                assert answer.data == whole
            elif answer.status_code == 416:
                assert told == f"bytes */{len(whole)}"


@pytest.mark.parametrize("asked", [text for text in ODD_RANGES if "," in text])
def test_several_ranges_at_once_are_refused(
    hostile_app: Flask, routes: dict[str, str], asked: str
) -> None:
    for endpoint in ("static", "packaged", "basemap.drawing"):
        with hostile_app.test_client().get(routes[endpoint], headers={"Range": asked}) as answer:
            assert answer.status_code == 416
            assert len(answer.data) < 2500


def test_stale_tag_of_a_range_gives_the_whole_file(
    hostile_app: Flask, files: dict[str, bytes], routes: dict[str, str]
) -> None:
    client: FlaskClient = hostile_app.test_client()
    for endpoint in ("static", "packaged", "basemap.drawing"):
        path = routes[endpoint]
        with client.get(path) as answer:
            tag = answer.headers["ETag"]
        for known, status in ((tag, 206), ('"stale"', 200), ("Thu, 01 Jan 1970 00:00:00 GMT", 200)):
            with client.get(path, headers={"Range": "bytes=1-4", "If-Range": known}) as answer:
                assert answer.status_code == status, (path, known)
                assert answer.data == (files[path][1:5] if status == 206 else files[path])


# -- tiles of coverage -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tile", "status"),
    [
        ("0/0/0", 200), ("19/0/0", 200), ("20/0/0", 404), ("0/1/0", 404), ("0/0/1", 404),
        ("-1/0/0", 404), ("0/-1/0", 404), ("1/0/2", 404), ("19/524288/0", 404),
        ("19/524287/524287", 200),
        ("99999999999999999999/0/0", 404), ("0/99999999999999999999/0", 404),
        ("9" * 4000 + "/0/0", 404),
        ("9" * 5000 + "/0/0", 404), ("0/0/0.5", 404), ("0/0/0x0", 404), ("0/0/", 404),
        ("0/0/0/0", 404),
        ("+0/0/0", 404), ("٠/0/0", None), ("0/0/0%00", 404), ("a/b/c", 404),
        ("0/0/..%2f..", 404), ("1e1/0/0", 404),
    ],
)  # fmt: skip
def test_tile_that_cannot_be_is_not_found(
    hostile_app: Flask, tile: str, status: int | None
) -> None:
    answer = hostile_app.test_client().get(f"/api/v1/coverage/tiles/{tile}")
    assert answer.status_code in ({status} if status else {200, 404})


def walk_static() -> Iterator[str]:
    for path in sorted(STATIC.rglob("*")):
        if path.is_file():
            yield f"/static/{path.relative_to(STATIC).as_posix()}"


def test_what_is_served_below_static_is_what_lies_there(hostile_app: Flask) -> None:
    paths = list(walk_static())
    assert len(paths) > 20
    for path in paths:
        with hostile_app.test_client().get(path) as answer:
            assert answer.status_code == 200, path
            assert answer.data == (STATIC / path.removeprefix("/static/")).read_bytes()
