"""The API told in OpenAPI 3.1, made from the types that read its requests and judge its answers.

Nothing is written twice: what a parameter takes comes from `webapp.params`, what an answer holds
from `webapp.answer_types`; here are the addresses, and words in Chinese and English.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic.json_schema import models_json_schema

from webapp.answer_types import Doors, Error, Health, StationList
from webapp.answer_types_coverage import CoverageAnswer, CurveAnswer
from webapp.answer_types_nearest import NearestAnswer
from webapp.openapi_words import ABOUT, PARAMETERS, REFUSALS
from webapp.params import (
    CoverageQuery,
    CurveQuery,
    NearestBody,
    NoParameters,
    Parameters,
    StationsQuery,
    TileQuery,
)
from webapp.street_tiles import MAX_ZOOM

if TYPE_CHECKING:
    from pydantic import BaseModel

PREFIX = "/api/v1"
VERSION = "1.0.0"
_REF = "#/components/schemas/{model}"
_JSON = "application/json"
_ALWAYS = ("400", "422", "429", "500")  # what any address may answer


@dataclass(frozen=True, slots=True)
class Operation:
    """One address and method.

    Parameters
    ----------
    answer
        Type of the answer, None for bytes.
    body
        Type of the JSON body, None where there is none.
    kept
        Whether the answer carries an ETag, and is not sent again to who has it.
    """

    path: str
    summary: str
    answer: type[BaseModel] | None
    query: type[Parameters] = NoParameters
    body: type[Parameters] | None = None
    kept: bool = False


OPERATIONS: Mapping[str, Operation] = {
    "health": Operation("/health", "服务在不在 / Whether the service answers", Health),
    "stations": Operation(
        "/stations", "在用的站点 / Stations in use", StationList, StationsQuery, kept=True
    ),
    "doors": Operation("/doors", "此刻哪些门开着 / Which doors are open now", Doors),
    "nearest": Operation(
        "/nearest", "最近的站点和路线 / The nearest stations and the way", NearestAnswer,
        body=NearestBody,
    ),
    "coverage": Operation(
        "/coverage", "覆盖与缺口 / Coverage and gaps", CoverageAnswer, CoverageQuery, kept=True
    ),
    "curve": Operation(
        "/curve", "各个限值下的覆盖 / Coverage within every limit", CurveAnswer, CurveQuery,
        kept=True,
    ),
    "coverage_tile": Operation(
        "/coverage/tiles/{zoom}/{column}/{row}",
        "一块地图上的街道覆盖 / Covered streets of one map tile", None, TileQuery, kept=True,
    ),
    "openapi": Operation("/openapi.json", "这份说明 / This text", None, kept=True),
}  # fmt: skip


@lru_cache(maxsize=1)
def api_document() -> dict[str, Any]:
    """The whole text; it says nothing of the city, and changes only with the program."""
    models: list[type[BaseModel]] = [one.answer for one in OPERATIONS.values() if one.answer]
    models.append(Error)
    _, told = models_json_schema([(one, "validation") for one in models], ref_template=_REF)
    schemas = {name: _plain(schema) for name, schema in sorted(told["$defs"].items())}
    schemas[NearestBody.__name__] = _body_schema(NearestBody)
    return {
        "openapi": "3.1.0",
        "info": {"title": ABOUT[0], "version": VERSION, "description": ABOUT[1]},
        "servers": [{"url": "/"}],
        "security": [],
        "paths": {
            f"{PREFIX}{one.path}": {_method(one): _operation(name, one)}
            for name, one in OPERATIONS.items()
        },
        "components": {"schemas": schemas, "responses": _refusals()},
    }


def _method(one: Operation) -> str:
    return "post" if one.body is not None else "get"


def _operation(name: str, one: Operation) -> dict[str, Any]:
    """What stands below an address and its method."""
    described: dict[str, Any] = {"operationId": name, "summary": one.summary}
    parameters = [*_path_parameters(one), *_query_parameters(one.query)]
    if parameters:
        described["parameters"] = parameters
    if one.body is not None:
        content = {_JSON: {"schema": {"$ref": _REF.format(model=one.body.__name__)}}}
        described["requestBody"] = {"required": True, "content": content}
    described["responses"] = _responses(name, one)
    return described


def _responses(name: str, one: Operation) -> dict[str, Any]:
    found: dict[str, Any] = {"200": {"description": one.summary, "content": _content(name, one)}}
    if one.kept:
        found["304"] = {"description": "没变 / unchanged (If-None-Match)"}
    refused = [*_ALWAYS, *(("413", "415") if one.body else ())]
    if "{" in one.path:
        refused.append("404")
    return found | {
        status: {"$ref": f"#/components/responses/{status}"} for status in sorted(refused)
    }


def _content(name: str, one: Operation) -> dict[str, Any]:
    if one.answer is not None:
        return {_JSON: {"schema": {"$ref": _REF.format(model=one.answer.__name__)}}}
    if name == "openapi":
        return {_JSON: {"schema": {"type": "object", "required": ["openapi", "paths"]}}}
    return {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


def _refusals() -> dict[str, Any]:
    content = {_JSON: {"schema": {"$ref": _REF.format(model=Error.__name__)}}}
    found = {status: {"description": text, "content": content} for status, text in REFUSALS.items()}
    wait = {
        "description": "再等几秒 / seconds to wait",
        "schema": {"type": "integer", "minimum": 1},
    }
    found["429"] = found["429"] | {"headers": {"Retry-After": wait}}
    return found


def _path_parameters(one: Operation) -> list[dict[str, Any]]:
    names = [part[1:-1] for part in one.path.split("/") if part.startswith("{")]
    most = {"zoom": MAX_ZOOM}
    return [
        {
            "name": name, "in": "path", "required": True, "description": PARAMETERS[name],
            "schema": {"type": "integer", "minimum": 0, "maximum": most.get(name, 2**MAX_ZOOM - 1)},
        }
        for name in names
    ]  # fmt: skip


def _query_parameters(model: type[Parameters]) -> list[dict[str, Any]]:
    fields = _body_schema(model)["properties"] if model.model_fields else {}
    return [
        {
            "name": name, "in": "query", "required": False,
            "description": schema.pop("description"), "schema": schema,
        }
        for name, schema in fields.items()
    ]  # fmt: skip


def _body_schema(model: type[Parameters]) -> dict[str, Any]:
    """Schema of a model of ours, each field with its words; what may be left out has no null."""
    schema: dict[str, Any] = _plain(model.model_json_schema(ref_template=_REF))
    for name, field in schema["properties"].items():
        choices = field.pop("anyOf", [])
        field.update(*(choice for choice in choices if choice.get("type") != "null"))
        if field.get("default", 0) is None:
            del field["default"]
        field["description"] = PARAMETERS[name]
    schema.pop("description", None)
    return schema


def _plain(schema: Any) -> Any:
    """Without the titles that pydantic makes of names."""
    if isinstance(schema, list):
        return [_plain(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {
        name: {key: _plain(value) for key, value in part.items()}
        if name == "properties"
        else _plain(part)
        for name, part in schema.items()
        if name != "title"
    }
