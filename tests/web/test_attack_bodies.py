"""Hostile bodies: what is no JSON, what is too much, what means two things at once."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.web.hostile import ODD, TRACE, VALUES, check, refused
from webapp.params import NearestBody

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

NEAREST = "/api/v1/nearest"
JSON_VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30),
        st.sampled_from(ODD), st.floats(-180, 180), st.integers(10**18, 10**400),
    ),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)  # fmt: skip


def post(client: FlaskClient, body: bytes | str, kind: str = "application/json") -> TestResponse:
    return client.post(NEAREST, data=body, content_type=kind)


@pytest.mark.slow
@settings(max_examples=400)
@given(
    st.dictionaries(
        st.sampled_from(sorted(NearestBody.model_fields)) | st.text(max_size=10),
        JSON_VALUES,
        max_size=5,
    )
)
@example({"lon": float("nan"), "lat": 32.0})
@example({"lon": 120.86, "lat": 32.01, "at": "0001-01-01T00:00+23:59"})
@example({"lon": 120.86, "lat": 32.01, "at": "9999-12-31T23:59-23:59"})
def test_any_json_is_answered_or_refused_by_name(hostile_app: Flask, sent: dict[str, Any]) -> None:
    answer = post(hostile_app.test_client(), json.dumps(sent))
    if answer.status_code == 200:
        return
    allowed = {*sent, "body", "(a name that is no parameter)", *NearestBody.model_fields}
    assert set(refused(answer)) <= allowed
    assert not TRACE.search(answer.get_data(as_text=True))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (b"", "body"),
        (b"null", "body"),
        (b"[]", "body"),
        (b'"120.8612345"', "body"),
        (b"{", "body"),
        (b'{"lon": 120.8612345, "lat": 32', "body"),
        (b"\xff\xfe\x00", "body"),
        (b"[" * 16_000, "body"),
        (b'{"need":' + b"[" * 15_000, "body"),
        (b'{"a":' * 2500 + b"1" + b"}" * 2500, "body"),
        (b'{"need": [' + b"[" * 200 + b"]" * 200 + b"]}", "need"),
        (b'{"lon": NaN, "lat": 32.0112345}', "lon"),
        (b'{"lon": Infinity, "lat": 32.0112345}', "lon"),
        (b'{"lon": 1e999, "lat": -Infinity}', "lat"),
        (b'{"lon": 120.8612345, "lat": 32.0112345, "k": ' + b"9" * 4000 + b"}", "k"),
        (b'{"lon": 120.8612345, "lat": 32.0112345, "k": ' + b"9" * 9000 + b"}", "body"),
        (b'{"lon": 120.8612345, "lat": 32.0112345, "k": 1e400}', "k"),
        (b'{"lon": "120.8612345", "lat": "32.0112345"}', "lon"),
        (b'{"lon": [120.8612345], "lat": 32.0112345}', "lon"),
        (b'{"street": {"a": "120.8612345"}}', "street"),
        (b'{"need": {"120.8612345": 1}, "street": "x"}', "need"),
        (b'{"street": "\\ud800"}', "street"),
        (b'{"lon": 120.8612345, "lat": 32.0112345, "lon": 121}', "lon"),
        (b'{"<zq7>": 120.8612345}', "(a name that is no parameter)"),
        (b'{"lon": 120.8612345}', "body"),
        (b'{"place": "120.8612345"}', "place"),
    ],
)
def test_body_that_cannot_be_used_is_refused_by_field_and_not_repeated(
    attacker: FlaskClient, body: bytes, field: str
) -> None:
    answer = post(attacker, body)
    assert field in refused(answer)
    assert not TRACE.search(answer.get_data(as_text=True))
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
     "application/xml", "a;b;;=", "application/jsonp", "text/plain; charset=application/json"],
)  # fmt: skip
def test_body_of_another_type_is_refused(attacker: FlaskClient, kind: str) -> None:
    answer = post(attacker, b'{"lon": 120.8612345, "lat": 32.0112345}', kind)
    assert answer.status_code == 415
    assert answer.get_json()["error"]["status"] == 415
    assert not TRACE.search(answer.get_data(as_text=True))


def test_body_beyond_the_limit_is_refused(attacker: FlaskClient) -> None:
    whole = b'{"lon": 120.8612345, "lat": 32.0112345' + b" " * 20_000 + b"}"
    for path in (NEAREST, "/nearest"):
        kind = "application/json" if path == NEAREST else "application/x-www-form-urlencoded"
        answer = attacker.post(path, data=whole, content_type=kind)
        assert answer.status_code == 413
        assert not TRACE.search(answer.get_data(as_text=True))


@pytest.mark.slow
@settings(max_examples=80)
@given(st.dictionaries(st.sampled_from(sorted(NearestBody.model_fields)), VALUES, max_size=5))
@example({"lon": "120.8612345", "lat": "nan"})
@example({"lon": "120.8612345", "lat": "32.0112345", "at": "0001-01-01T00:00+23:59"})
def test_any_form_is_answered_or_refused_by_name(hostile_app: Flask, sent: dict[str, str]) -> None:
    body = urlencode(sent, errors="replace")
    answer = hostile_app.test_client().post(
        "/nearest", data=body, content_type="application/x-www-form-urlencoded"
    )
    check(answer, {*NearestBody.model_fields}, sent)
