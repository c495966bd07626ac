"""What the API's OpenAPI text allows, for tests that hold answers against it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator

from webapp.openapi import api_document

if TYPE_CHECKING:
    from werkzeug.test import TestResponse

Told = dict[str, Any]
PATHS: Told = api_document()["paths"]
NEAREST = "/api/v1/nearest"


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
