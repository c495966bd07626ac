"""The API is what its OpenAPI text says: asked by that text, answered in its forms, and no more."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import pytest
from jsonschema import Draft202012Validator

from tests.web.contract import NEAREST, PATHS, Told, beyond, hold, judge
from webapp import create_app
from webapp.openapi import OPERATIONS, api_document
from webapp.openapi_words import PARAMETERS
from webapp.settings import Settings

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from locator.view import CityView

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
        "district": [*dict.fromkeys(view.stations.district_code)],
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
