"""The nearest stations over HTTP are told as the API's OpenAPI text says, whatever is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.web.contract import NEAREST, Told, beyond, hold, judge
from webapp.openapi import api_document

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from locator.view import CityView

BODY: Told = api_document()["components"]["schemas"]["NearestBody"]


@pytest.fixture(scope="module")
def asker(hostile_app: Flask) -> FlaskClient:
    return hostile_app.test_client()


def here(view: CityView) -> dict[str, float]:
    west, south, east, north = view.bounds_deg
    return {"lon": (west + east) / 2, "lat": (south + north) / 2}


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        ({}, "found"),
        ({"k": 20, "at": "2026-03-02T09:00"}, "found"),
        ({"at": "2026-03-02T03:00", "open": True, "stay": 30}, None),
        ({"at": "now", "open": True}, None),
        ({"at": "2100-03-02T03:00"}, "found"),
        ({"within": "0.001"}, "none_within"),
        ({"within": "15min", "mode": "ebike"}, None),
        ({"lon": 0.0, "lat": 0.0}, "outside"),
        ({"accuracy": 500.0, "need": ["courier"], "at": "now", "open": True}, None),
        ({"accuracy": 20_000.0}, "found"),
        ({"need": ["microwave", "free_entry"], "kind": "rest_station"}, None),
        ({"routes": False, "mode": "truck"}, None),
        ({"datum": "bd09"}, None),
        ({"lon": 120.8515339, "lat": 31.99614646, "kind": "worker_home"}, "unreachable"),
        ({"lon": 120.8415, "lat": 32.00285984, "mode": "ebike"}, "connected"),
        ({"lon": None, "lat": None, "place": "人民路"}, "found"),
        ({"lon": None, "lat": None, "place": "路"}, "found"),
    ],
)
def test_nearest_has_the_form_of_the_text(
    asker: FlaskClient, view: CityView, change: dict[str, Any], outcome: str | None
) -> None:
    asked = {name: value for name, value in (here(view) | change).items() if value is not None}
    judge(BODY).validate(asked)
    for language in ("zh", "en"):
        answer = asker.post(NEAREST, json=asked, headers={"Accept-Language": language})
        assert answer.status_code == 200
        hold(answer, NEAREST, "post")
        told = answer.get_json()
        assert outcome in {None, told["outcome"], "connected" if told["connected"] else None}


def strategy(schema: Told) -> st.SearchStrategy[Any]:
    """Values that a schema of the text allows."""
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema["type"] == "boolean":
        return st.booleans()
    if schema["type"] == "integer":
        return st.integers(schema["minimum"], schema["maximum"])
    if schema["type"] == "number":
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        open_ = "exclusiveMinimum" in schema
        return st.floats(low, schema["maximum"], exclude_min=open_)
    if schema["type"] == "array":
        return st.lists(strategy(schema["items"]), max_size=schema["maxItems"])
    words = st.sampled_from(["now", "15min", "人民路", "courier", "周日 03:00", "320691"])
    return words | st.text(min_size=schema.get("minLength", 0), max_size=schema["maxLength"])


@pytest.mark.slow
@settings(max_examples=200)
@given(
    st.fixed_dictionaries(
        {}, optional={name: strategy(schema) for name, schema in BODY["properties"].items()}
    )
)
def test_any_body_of_the_schema_is_answered_in_the_form_of_the_text(
    hostile_app: Flask, asked: dict[str, Any]
) -> None:
    answer = hostile_app.test_client().post(NEAREST, json=asked)
    assert answer.status_code in {200, 422}  # words and what belongs together are no schema's
    hold(answer, NEAREST, "post")


def test_every_field_beyond_the_schema_is_refused_in_the_form_of_the_text(
    asker: FlaskClient, view: CityView
) -> None:
    for name, schema in [*BODY["properties"].items(), ("colour", {"type": "integer"})]:
        for value in [*beyond(schema), {}, [[]]]:
            asked = here(view) | {name: value}
            assert not judge(BODY).is_valid(asked), (name, value)
            answer = asker.post(NEAREST, json=asked)
            assert answer.status_code == 422, (name, value)
            hold(answer, NEAREST, "post")
            assert name in {one["field"] for one in answer.get_json()["error"]["fields"]}
