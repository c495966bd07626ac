"""Pages for people: written by the server, complete without a script; maps come on top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    abort,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)

from locator.moments import NOW, find_moment
from webapp.basemap import ground
from webapp.bodies import form_body
from webapp.cards import station_cards
from webapp.finding import answer_of, find_answer, left_out_words
from webapp.listing import choose_listed, list_page
from webapp.page_context import city_marks, common, in_wechat, page_scripts
from webapp.params import (
    CoverageQuery,
    FinderQuery,
    NearestBody,
    NoParameters,
    StationsQuery,
    from_query,
    from_shared_query,
)
from webapp.state import current_view, measure, shared, view_at
from webapp.wording import coverage_answer, nearest_answer

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from locator.view import CityView
    from webapp.map_parts import MapParts

blueprint = Blueprint("pages", __name__)

_SCRIPTS = (
    "locator", "datum", "basemap", "handling", "streets", "stations", "route", "coverage", "embed",
)  # fmt: skip
FINDER_MAP, COVERAGE_MAP = ("stations", "finder"), ("streets", "stations", "coverage")
FRAME_MAP = (*FINDER_MAP, "embed")
_PHONE = (
    "network",
    "hours",
    "words",
    "circle",
    "water",
    "nearest",
    "store",
    "sketch",
)  # docs/phone.md
FINDER_SCRIPTS = (
    *_PHONE, "gazetteer", "typed", "reports", "cards", "listed", "kept", "doors", "finder",
)  # fmt: skip


@blueprint.get("/")
def index() -> str:
    """The public finder: an answer from a place that was named, the list of stations, the map."""
    asked = from_shared_query(FinderQuery, request.args)
    view = current_view()
    parts = map_parts(view, FINDER_MAP)
    answer = find_answer(view_at(asked.at), asked, in_wechat=in_wechat())
    return render_template(
        "finder.html",
        **common(view),
        **_list_of(view, asked),
        asked=asked,
        answer=answer,
        hours=hour_choices(asked.at),
        parts=parts,
        scripts=page_scripts(FINDER_SCRIPTS, parts),
    )


@blueprint.get("/nearest")
def nearest_form() -> AnyResponse:
    """The form lives on the first page."""
    from_shared_query(NoParameters, request.args)
    return redirect(url_for("pages.index", _anchor="find"), 303)


@blueprint.post("/nearest")
def nearest() -> Response:
    """The nearest stations of a position as a plain page: it stands in no address."""
    from_shared_query(NoParameters, request.args)
    asked = form_body(NearestBody)
    view = view_at(asked.at)
    answer = answer_of(nearest_answer(view, asked), asked, name="", in_wechat=in_wechat())
    response = make_response(
        render_template(
            "nearest.html",
            **common(view),
            answer=answer,
            asked=FinderQuery.model_validate({}),
            hours=hour_choices(None),
            scripts=page_scripts(FINDER_SCRIPTS),
        )
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/coverage")
def coverage() -> str:
    """For planners: totals and gaps, the slider, and the map of what is covered."""
    asked = from_shared_query(CoverageQuery, request.args)
    view = current_view()
    answer = coverage_answer(view, measure(view, asked), asked)
    parts = map_parts(view, COVERAGE_MAP)
    return render_template(
        "coverage.html",
        **common(view),
        question=asked,
        answer=answer,
        parts=parts,
        scripts=page_scripts(("reach",), parts),
    )


@blueprint.get("/map/<name>.js")
def map_script(name: str) -> Response:
    """The script of a composed map, named by its hash."""
    from_query(NoParameters, request.args)
    view = current_view()
    compose_maps(view)
    for parts in list(shared().maps.values()):
        if parts.hash == name:
            response = Response(parts.script, mimetype="text/javascript")
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            return response
    return abort(404)


def hour_choices(chosen: str | None) -> list[dict[str, str]]:
    """Hours of today to choose from, and the one that the address says."""
    found = [{"value": f"{hour:02d}:00", "words": f"{hour}:00"} for hour in range(0, 24, 1)]
    if chosen and chosen not in {hour["value"] for hour in found}:
        found.append({"value": chosen, "words": chosen})
    return found


def _list_of(view: CityView, asked: FinderQuery) -> dict[str, Any]:
    """One page of the list, and how many stations it leaves out for what is asked."""
    chosen, left_out = choose_listed(view, asked)
    listing = list_page(chosen, page=asked.page)
    now = find_moment(asked.at or NOW, zone=view.config.time_zone)
    return {
        "listing": listing,
        "cards": station_cards(view, listing.rows, now=now),
        "left_out": left_out_words(left_out),
        "filters": asked.model_dump(exclude={"page"}, exclude_none=True, exclude_defaults=True),
        "on_map": stations_address(asked),
    }


def stations_address(asked: StationsQuery) -> str:
    """Where the map finds the stations of the list beside it: its twin in words."""
    names = StationsQuery.model_fields
    words = {name: getattr(asked, name) for name in names if getattr(asked, name) is not None}
    return url_for("api.stations", **words | {"staff": int(asked.staff)})


def compose_maps(view: CityView) -> dict[object, MapParts]:
    """Compose each map that pages show, where that was not done yet; all that there are."""
    for plugins in (FINDER_MAP, FRAME_MAP, COVERAGE_MAP):
        map_parts(view, plugins)
    return shared().maps


def map_parts(view: CityView, plugins: Sequence[str]) -> MapParts | None:
    """The composed map with these plugins; None where the front-end packages are not installed."""
    state = shared()
    if not state.assets.has_packages:
        return None
    below = ground(view)
    key = (*view.bounds_deg, *plugins, *below.items())
    parts = state.maps.get(key)
    if parts is None:
        # Folium brings pandas: a server that was handed its maps (`webapp.memory`) does without.
        from webapp import maps

        url = state.assets.url
        scripts = {name: url(f"js/{name}.js") for name in _SCRIPTS}
        scripts["finder"] = scripts.pop("route")
        scripts["leaflet"] = url("vendor/leaflet/dist/leaflet.js")
        scripts["protomaps"] = url("vendor/protomaps-leaflet/dist/protomaps-leaflet.js")
        styles = {"leaflet": url("vendor/leaflet/dist/leaflet.css"), "map": url("css/map.css")}
        files = maps.MapFiles(scripts, styles)
        addresses = {
            "tiles": "/api/v1/coverage/tiles",
            "stations": "/api/v1/stations",
            "doors": "/api/v1/doors",
            "nearest": "/api/v1/nearest",
            "coverage": "/api/v1/coverage",
        }
        marks = [asdict(mark) for mark in city_marks()]
        parts = maps.city_map(
            view.bounds_deg,
            files,
            addresses=addresses,
            marks=marks,
            ground=below,
            plugins=plugins,
        )
        state.maps[key] = parts
    return parts
