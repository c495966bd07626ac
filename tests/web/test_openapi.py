"""The API is what its OpenAPI text says: asked by that text, answered in its forms, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from webapp import create_app
from webapp.openapi import OPERATIONS, api_document
from webapp.openapi_words import PARAMETERS
from webapp.settings import Settings

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

    from locator.view import CityView

Told = dict[str, Any]
PATHS: Told = api_document()["paths"]
METHODS = [(path, method) for path, methods in PATHS.items() for method in methods]
GETS = [path for path, method in METHODS if method == "get"]
BOTH_LANGUAGES = re.compile(
    r"[\u4e00-\u9fff].* / .*[a-zA-Z]|[\u4e00-\u9fff][^/]*\n\n.*[a-z]", re.DOTALL
)
DIGITS = {"zoom": 14, "column": 13693, "row": 6667}


@pytest.fixture(scope="module")
def served(hostile_app: Flask) -> Told:
    """The text as programs get it."""
    answer = hostile_app.test_client().get("/api/v1/openapi.json")
    assert answer.status_code == 200
    told: Told = answer.get_json()
    return told


@pytest.fixture(scope="module")
def asker(hostile_app: Flask) -> FlaskClient:
    return hostile_app.test_client()


def judge(schema: Told) -> Draft202012Validator:
    """A judge of what a schema of the text allows."""
    return Draft202012Validator(schema | {"components": api_document()["components"]})


def hold(answer: TestResponse, path: str, method: str) -> None:
    """The answer is one of those that the text tells of this address, and has its form."""
    told = PATHS[path][method]["responses"]
    status = str(answer.status_code)
    assert status in told, (path, status)
    found = told[status]
    if "$ref" in found:
        found = api_document()["components"]["responses"][found["$ref"].rsplit("/", 1)[1]]
    content = found.get("content", {})
    if not content:
        assert answer.data == b""
        return
    [(kind, form)] = content.items()
    assert answer.mimetype == kind
    if kind == "application/json":
        judge(form["schema"]).validate(json.loads(answer.data))


def filled(path: str) -> str:
    return re.sub(r"{(\w+)}", lambda found: str(DIGITS[found[1]]), path)


def parameters(path: str, place: str = "query") -> dict[str, Told]:
    told = PATHS[path]["get"].get("parameters", [])
    return {one["name"]: one["schema"] for one in told if one["in"] == place}


# -- the text itself -------------------------------------------------------------------------


def parts(told: Any) -> Iterator[Told]:
    """Every object in the text."""
    if isinstance(told, dict):
        yield told
        for part in told.values():
            yield from parts(part)
    elif isinstance(told, list):
        for part in told:
            yield from parts(part)


def test_text_is_served_as_it_is_made(served: Told, asker: FlaskClient) -> None:
    assert served == json.loads(json.dumps(api_document()))
    assert served["openapi"] == "3.1.0"
    assert served["security"] == []  # no key
    answer = asker.get("/api/v1/openapi.json")
    again = asker.get("/api/v1/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_text_names_no_host(served: Told) -> None:
    assert re.findall(r"\w+://[^\"]*", json.dumps(served)) == []
    assert served["servers"] == [{"url": "/"}]


def test_every_reference_of_the_text_leads_somewhere(served: Told) -> None:
    found = {part["$ref"] for part in parts(served) if isinstance(part.get("$ref"), str)}
    assert len(found) > 20
    for reference in found:
        at: Any = served
        for step in reference.removeprefix("#/").split("/"):
            at = at[step]
        assert at


def test_every_schema_of_the_text_is_one_and_strict(served: Told) -> None:
    schemas = served["components"]["schemas"]
    for name, schema in schemas.items():
        Draft202012Validator.check_schema(schema)
        assert schema["additionalProperties"] is False, name
    for path, method in METHODS:
        for one in PATHS[path][method].get("parameters", []):
            Draft202012Validator.check_schema(one["schema"])


def test_words_are_chinese_first_and_english_too(served: Told) -> None:
    words = [served["info"]["description"], served["info"]["title"], *PARAMETERS.values()]
    words += [part["summary"] for part in parts(served) if isinstance(part.get("summary"), str)]
    words += [
        part["description"]
        for part in parts(served)
        if isinstance(part.get("description"), str) and part.get("type") != "integer"
    ]
    assert len(words) > 60
    assert [text for text in words if not BOTH_LANGUAGES.search(text)] == []


def test_words_of_parameters_are_all_used() -> None:
    used = {part["name"] for part in parts(api_document()) if part.get("in") in {"query", "path"}}
    body = api_document()["components"]["schemas"]["NearestBody"]["properties"]
    assert used | set(body) == set(PARAMETERS)


# -- routes ----------------------------------------------------------------------------------


def undocumented(app: Flask) -> list[str]:
    """What the application answers below /api/ and the text does not tell, or the other way."""
    routed = {
        f"{method} " + re.sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule)
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    return sorted(routed ^ {f"{method.upper()} {path}" for path, method in METHODS})


def test_routes_are_those_of_the_text(hostile_app: Flask) -> None:
    assert undocumented(hostile_app) == []


def test_route_that_is_not_documented_is_found(town: Path) -> None:
    app = create_app(Settings(city=town))
    app.add_url_rule("/api/v1/new/<int:one>", "new", str, methods=["PUT"])
    assert undocumented(app) == ["PUT /api/v1/new/{one}"]


@pytest.mark.parametrize("path", GETS)
def test_parameters_are_those_of_the_text(path: str) -> None:
    one = next(one for one in OPERATIONS.values() if path.endswith(f"/v1{one.path}"))
    assert set(parameters(path)) == set(one.query.model_fields)
    assert set(parameters(path, "path")) == set(re.findall(r"{(\w+)}", path))


# -- answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["zh-CN", "en"])
@pytest.mark.parametrize("path", GETS)
def test_answer_without_parameters_has_the_form_of_the_text(
    asker: FlaskClient, path: str, language: str
) -> None:
    answer = asker.get(filled(path), headers={"Accept-Language": language})
    assert answer.status_code == 200
    hold(answer, path, "get")


def test_answers_that_are_kept_are_not_sent_again(asker: FlaskClient) -> None:
    kept = [path for path in GETS if "304" in PATHS[path]["get"]["responses"]]
    assert len(kept) == 5
    for path in kept:
        tag = asker.get(filled(path)).headers["ETag"]
        again = asker.get(filled(path), headers={"If-None-Match": tag})
        assert again.status_code == 304
        hold(again, path, "get")


def values(name: str, schema: Told, view: CityView) -> list[str]:
    """Values of a parameter that its schema allows and that mean something in the town."""
    meant = {
        "q": ["驿站", "没有"], "within": ["300", "1500", "15min", "5min"], "v": ["x", view.version],
        "district": [*dict.fromkeys(view.stations.district_code), "000000"],
    }  # fmt: skip
    found = schema.get("enum") or meant.get(name) or ["true", "false"]
    for value in found:
        judge(schema).validate(value == "true" if schema["type"] == "boolean" else value)
    return [str(value) for value in found]


@pytest.mark.parametrize("path", [path for path in GETS if parameters(path)])
def test_every_value_of_every_parameter_is_answered_in_the_form_of_the_text(
    asker: FlaskClient, view: CityView, path: str
) -> None:
    for name, schema in parameters(path).items():
        for value in values(name, schema, view):
            answer = asker.get(f"{filled(path)}?{urlencode({name: value})}")
            assert answer.status_code == 200, (name, value)
            hold(answer, path, "get")


def beyond(schema: Told) -> list[Any]:
    """Values that a schema of one parameter refuses."""
    found: list[Any] = ["", *([] if schema["type"] == "string" else ["none of it"])]
    found += ["none of them"] if "enum" in schema else []
    found += ["x" * (schema["maxLength"] + 1)] if "maxLength" in schema else []
    found += [schema["maximum"] + 1] if "maximum" in schema else []
    found += [schema["minimum"] - 1] if "minimum" in schema else []
    found += [schema["exclusiveMinimum"]] if "exclusiveMinimum" in schema else []
    found += [["x"] * (schema["maxItems"] + 1)] if "maxItems" in schema else []
    return found[1:]


@pytest.mark.parametrize("path", GETS)
def test_every_value_beyond_the_schema_is_refused_in_the_form_of_the_text(
    asker: FlaskClient, path: str
) -> None:
    for name, schema in [*parameters(path).items(), ("colour", {"type": "integer"})]:
        refused = beyond(schema)
        assert refused, name
        for value in refused:
            answer = asker.get(f"{filled(path)}?{urlencode({name: value})}")
            assert answer.status_code == 422, (name, value)
            hold(answer, path, "get")
            assert [one["field"] for one in answer.get_json()["error"]["fields"]] == [name]
    for name, schema in parameters(path, "path").items():
        for value in (schema["maximum"] + 1, "x", -1):
            asked = filled(path.replace(f"{{{name}}}", str(value)))
            answer = asker.get(asked)
            assert answer.status_code == 404
            hold(answer, path, "get")


# -- the nearest -----------------------------------------------------------------------------

NEAREST = "/api/v1/nearest"
BODY: Told = api_document()["components"]["schemas"]["NearestBody"]


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


# -- refusals --------------------------------------------------------------------------------


def test_refusals_of_the_server_have_the_form_of_the_text(
    town: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = create_app(
        Settings(city=town, limit_questions="4/hour", limit_reports="off")
    ).test_client()
    kind = {"content_type": "application/json"}
    told = [
        client.post(NEAREST, data=b" " * 20_000, **kind),
        client.post(NEAREST, data=b"{}", content_type="text/plain"),
        client.post(NEAREST, data=b"[]", **kind),
        client.post(NEAREST, data=b"{}", headers={"Host": "a b"}, **kind),
        client.post(NEAREST, data=b"{}", **kind),
    ]
    monkeypatch.setattr("webapp.api.json_body", lambda _model: 1 / 0)
    monkeypatch.setattr("webapp.throttle.Counter.wait_s", lambda *_: 0)
    told.append(client.post(NEAREST, data=b"{}", **kind))
    assert [answer.status_code for answer in told] == [413, 415, 422, 400, 429, 500]
    for answer in told:
        hold(answer, NEAREST, "post")
    assert int(told[4].headers["Retry-After"]) >= 1


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/api/v1/nowhere", 404), ("GET", "/api/v2/health", 404), ("DELETE", NEAREST, 405)],
)
def test_refusal_of_no_address_has_the_same_form(
    asker: FlaskClient, method: str, path: str, status: int
) -> None:
    answer = asker.open(path, method=method)
    assert answer.status_code == status
    judge({"$ref": "#/components/schemas/Error"}).validate(answer.get_json())


def test_document_for_people_tells_every_address() -> None:
    text = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
    assert [path for path in PATHS if path not in text] == []
