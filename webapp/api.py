"""/api/v1: the questions of the library over HTTP, in JSON.

A position comes by POST, is used for its one answer and kept nowhere: not in an address, a log,
a cache or an error.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
from flask import Blueprint, Response, abort, request

from locator.hours import tell_hours
from locator.hours.timetable import OPEN, UNKNOWN
from locator.slider import curve_document
from webapp import packing
from webapp.bodies import json_body
from webapp.cards import way_in
from webapp.languages import current_language
from webapp.listing import choose_listed
from webapp.openapi import api_document
from webapp.params import (
    CoverageQuery,
    CurveQuery,
    NearestBody,
    NoParameters,
    StationsQuery,
    TileQuery,
    from_query,
)
from webapp.places import refuse_unknown_district
from webapp.state import current_view, local_now, measure, shared, view_at
from webapp.street_tiles import MAX_ZOOM
from webapp.wording import coverage_answer, nearest_answer

if TYPE_CHECKING:
    from collections.abc import Callable

    from locator.stations import Stations

blueprint = Blueprint("api", __name__, url_prefix="/api/v1")

_SHORT = "no-cache"  # kept, but asked about each time; answered with 304 while nothing changed
_LONG = "public, max-age=31536000, immutable"


@blueprint.get("/health")
def health() -> Response:
    """Tell that the service answers, and from which version of its data."""
    from_query(NoParameters, request.args)
    view = current_view()
    body = {
        "status": "ok",
        "city": view.name,
        "sample": view.sample,
        "version": view.version,
        "stations": len(view.stations),
        "modes": list(view.modes),
    }
    return _json(body)


@blueprint.get("/stations")
def stations() -> Response:
    """All stations that a person may be sent to, column by column."""
    asked = from_query(StationsQuery, request.args)
    view = current_view()
    refuse_unknown_district(view, asked.district)

    def answer() -> Response:
        chosen = view.stations.take(choose_listed(view, asked)[0])
        return _json(
            {
                "version": view.version,
                "sample": view.sample,
                "attribution": view.attribution,
                "count": len(chosen),
                "columns": _columns(chosen),
            }
        )

    return _marked(answer, (view.version, asked))


@blueprint.get("/doors")
def doors() -> Response:
    """Whether each station is open now and for how long, column by column; null is not known."""
    from_query(NoParameters, request.args)
    view, now = current_view(), local_now()
    rows = np.flatnonzero(view.stations.is_usable)
    state = np.where(view.stations.disputed, UNKNOWN, view.timetable.state_at(now))[rows].tolist()
    left_s = view.timetable.until_change_s(now)[rows].tolist()
    columns = {
        "code": [view.stations.code[row] for row in rows.tolist()],
        "open": [None if one == UNKNOWN else one == OPEN for one in state],
        "closes_in_s": [
            round(left) if one == OPEN and math.isfinite(left) else None
            for one, left in zip(state, left_s, strict=True)
        ],
    }
    return _json({"at": now.isoformat(timespec="minutes"), "columns": columns})


@blueprint.post("/nearest")
def nearest() -> Response:
    """The nearest stations of one position or named place, with routes."""
    from_query(NoParameters, request.args)
    asked = json_body(NearestBody)
    response = _json(nearest_answer(view_at(asked.at), asked))
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/coverage")
def coverage() -> Response:
    """Totals and gaps: which streets are within the limit of a station."""
    asked = from_query(CoverageQuery, request.args)
    view = current_view()
    return _marked(
        lambda: _json(coverage_answer(view, measure(view, asked), asked)), (view.version, asked)
    )


@blueprint.get("/curve")
def curve() -> Response:
    """What is covered as a function of the limit, for the slider: one answer for all limits."""
    asked = from_query(CurveQuery, request.args)
    view = current_view()
    return _marked(
        lambda: _json(curve_document(view, kind=asked.kind, mode=asked.mode)), (view.version, asked)
    )


@blueprint.get("/coverage/tiles/<int:zoom>/<int:column>/<int:row>")
def coverage_tile(zoom: int, column: int, row: int) -> Response:
    """One tile of streets by state, in the format of `webapp.street_tiles`."""
    asked = from_query(TileQuery, request.args)
    if zoom > MAX_ZOOM or max(column, row) >= 1 << zoom:
        return abort(404)
    view = current_view()

    def answer() -> Response:
        tiles = shared().tiles.find(view, asked)
        return Response(tiles.tile(zoom, column, row), mimetype="application/octet-stream")

    place = (zoom, column, row)
    return _marked(answer, (view.version, asked, place), lasting=asked.v == view.version)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """All of this API in OpenAPI 3.1."""
    from_query(NoParameters, request.args)
    response = _json(api_document())
    response.add_etag()
    response.headers["Cache-Control"] = _SHORT
    response.make_conditional(request)
    return response


def _columns(chosen: Stations) -> dict[str, list[Any]]:
    texts = ("code", "name", "kind", "address", "access_scope", "access_mode")
    columns: dict[str, list[Any]] = {name: list(getattr(chosen, name)) for name in texts}
    language = current_language().code
    hours = [tell_hours(*both) for both in zip(chosen.hours, chosen.opening, strict=True)]
    columns["hours"] = [told.zh for told in hours]
    columns["hours_en"] = [told.en for told in hours]
    columns["hours_problem"] = [told.problem for told in hours]
    columns["way_in"] = [
        way_in(scope, mode, language)
        for scope, mode in zip(chosen.access_scope, chosen.access_mode, strict=True)
    ]
    columns["district"] = list(chosen.district_code)
    lonlat = chosen.lonlat_deg.round(6)
    columns["lon"], columns["lat"] = lonlat[:, 0].tolist(), lonlat[:, 1].tolist()
    columns["sample"] = chosen.sample.tolist()
    return columns


def _json(body: dict[str, Any]) -> Response:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    response = Response(text, mimetype="application/json")
    packing.vary(response, "Accept-Language")
    return response


def _marked(
    make: Callable[[], Response], question: tuple[object, ...], *, lasting: bool = False
) -> Response:
    """An answer with a mark that changes with its question; 304 for whoever has it already."""
    text = repr((request.endpoint, question, current_language().code))
    tag = hashlib.sha256(text.encode()).hexdigest()[:20]
    response = Response(status=304) if request.if_none_match.contains_weak(tag) else make()
    response.set_etag(tag)
    response.headers["Cache-Control"] = _LONG if lasting else _SHORT
    return response
