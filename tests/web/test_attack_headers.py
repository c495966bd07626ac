"""What stands around a question: host, headers, method."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import EnvironBuilder, run_wsgi_app

from tests.web.hostile import ODD

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "host",
    ["[", "[::1", "a b", "<zq7>", "a" * 300, "a..b", ".", "xn--a", "", "a/b", "a@b", "a%b", "-a",
     "localhost:x", "localhost:999999", "é"],
)  # fmt: skip
def test_host_that_is_none_is_refused_everywhere(
    hostile_app: Flask, routes: dict[str, str], host: str
) -> None:
    for path in (*routes.values(), "/nowhere", "/static//js"):
        # asked without a client of tests, which would read the name itself
        environ = EnvironBuilder(path).get_environ() | {"HTTP_HOST": host}
        body, status, _ = run_wsgi_app(hostile_app.wsgi_app, environ, buffered=True)
        assert status.startswith("400"), (host, path)
        assert b"<zq7" not in b"".join(body)


@pytest.mark.parametrize(
    "host",
    ["localhost:8000", "127.0.0.1", "[::1]:80", "City.Example.", "my_app", "xn--fiq228c.example"],
)
def test_host_of_a_name_is_answered(attacker: FlaskClient, host: str) -> None:
    assert attacker.get("/api/v1/health", headers={"Host": host}).status_code == 200


HEADERS = (
    "Accept", "Accept-Encoding", "Accept-Language", "Cookie", "Expect", "If-Match",
    "If-Modified-Since", "If-None-Match", "If-Range", "Range", "Referer", "Sec-Fetch-Site",
    "User-Agent", "X-Forwarded-For", "X-Forwarded-Host", "X-HTTP-Method-Override", "Authorization",
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(HEADERS),
        st.sampled_from(
            (*ODD, "q=nan;q=inf", "en;q=1e999,zh", "W/", "bytes=", "zh-" * 900, ",;=" * 500)
        )
        .filter(lambda text: not re.search(r"[\r\n]", text))
        .map(lambda text: text.encode().decode("latin-1")),
        min_size=1,
        max_size=3,
    ),
    st.integers(0, 200),
)
def test_any_headers_are_answered(
    hostile_app: Flask, routes: dict[str, str], headers: dict[str, str], number: int
) -> None:
    path = list(routes.values())[number % len(routes)]
    path += "?url=http://localhost/embed" if path == "/oembed" else ""
    with hostile_app.test_client().get(path, headers=headers) as answer:
        assert answer.status_code in {200, 206, 302, 303, 304, 404, 412, 416}, (path, headers)
        assert b"<zq7" not in answer.data


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "FOO", "<ZQ7>"])
def test_other_methods_are_refused(
    attacker: FlaskClient, routes: dict[str, str], method: str
) -> None:
    for path in routes.values():
        with attacker.open(path, method=method) as answer:
            assert answer.status_code == 405
            assert "GET" in answer.headers["Allow"] or "POST" in answer.headers["Allow"]
