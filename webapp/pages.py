"""Pages for people: written by the server, complete without a script; maps come on top."""

from __future__ import annotations

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

from geodata.vocabulary import kinds
from locator.modes import modes
from webapp import maps
from webapp.basemap import ground
from webapp.listing import list_page, listed
from webapp.marks import Mark, marks_of
from webapp.params import (
    CoverageQuery,
    ListQuery,
    NearestBody,
    NoParameters,
    from_query,
    from_shared_query,
)
from webapp.places import district_names
from webapp.state import current_view, measure, shared, view_at
from webapp.wording import coverage_answer, nearest_answer

if TYPE_CHECKING:
    from werkzeug.wrappers import Response as AnyResponse

    from locator.view import CityView

blueprint = Blueprint("pages", __name__)

LIMITS = (
    ("300", "300米"),
    ("500", "500米"),
    ("1000", "1公里"),
    ("5min", "5分钟"),
    ("10min", "10分钟"),
    ("15min", "15分钟"),
)
_SCRIPTS = ("locator", "datum", "basemap", "handling", "streets", "stations", "finder", "coverage")


@blueprint.get("/")
def index() -> str:
    """The map page: find the nearest, the list of stations, the map, coverage and gaps."""
    asked = from_shared_query(ListQuery, request.args)
    view = current_view()
    names = district_names(view)
    chosen = listed(view.stations, kind=asked.kind, district=asked.district, q=asked.q)
    listing = list_page(view.stations, chosen, page=asked.page, districts=names)
    return render_template(
        "index.html",
        **_common(view),
        asked=asked,
        listing=listing,
        parts=_map_parts(view),
        question=CoverageQuery(),
        filters=asked.model_dump(exclude={"page"}, exclude_none=True),
    )


@blueprint.get("/nearest")
def nearest_form() -> AnyResponse:
    """The form lives on the first page."""
    return redirect(url_for("pages.index", _anchor="find"), 303)


@blueprint.post("/nearest")
def nearest() -> Response:
    """The nearest stations as a plain page, for browsers without a script."""
    from_query(NoParameters, request.args)
    asked = from_query(NearestBody, request.form)
    view = view_at(asked.at)
    answer = nearest_answer(view, asked)
    response = make_response(
        render_template("nearest.html", **_common(view), answer=answer, kinds=kinds())
    )
    response.headers["Cache-Control"] = "no-store"
    return response


@blueprint.get("/coverage")
def coverage() -> str:
    """Totals and gaps as a plain page."""
    asked = from_shared_query(CoverageQuery, request.args)
    view = current_view()
    answer = coverage_answer(view, measure(view, asked), asked)
    return render_template("coverage.html", **_common(view), question=asked, answer=answer)


@blueprint.get("/map/<name>.js")
def map_script(name: str) -> Response:
    """The script of a composed map, named by its hash."""
    _map_parts(current_view())
    for parts in list(shared().maps.values()):
        if parts.hash == name:
            response = Response(parts.script, mimetype="text/javascript")
            response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
            return response
    return abort(404)


def _common(view: CityView) -> dict[str, Any]:
    return {
        "view": view,
        "marks": _marks(),
        "districts": district_names(view),
        "modes": [mode for code, mode in modes().items() if code in view.modes],
        "limits": LIMITS,
    }


def _marks() -> tuple[Mark, ...]:
    return marks_of(
        (kind.code, kind.short_zh or kind.zh, kind.short_en or kind.en) for kind in kinds()
    )


def _map_parts(view: CityView) -> maps.MapParts | None:
    """The composed map; None where the front-end packages are not installed."""
    state = shared()
    if not state.assets.has_packages:
        return None
    below = ground(view)
    key = (view.bounds_deg, *below.items())
    parts = state.maps.get(key)
    if parts is None:
        url = state.assets.url
        scripts = {name: url(f"js/{name}.js") for name in _SCRIPTS}
        scripts["leaflet"] = url("vendor/leaflet/dist/leaflet.js")
        scripts["protomaps"] = url("vendor/protomaps-leaflet/dist/protomaps-leaflet.js")
        styles = {"leaflet": url("vendor/leaflet/dist/leaflet.css"), "map": url("css/map.css")}
        files = maps.MapFiles(scripts, styles)
        addresses = {
            "tiles": "/api/v1/coverage/tiles",
            "stations": url_for("api.stations"),
            "nearest": url_for("api.nearest"),
            "coverage": url_for("api.coverage"),
        }
        marks = [asdict(mark) for mark in _marks()]
        parts = maps.city_map(
            view.bounds_deg, files, addresses=addresses, marks=marks, ground=below
        )
        state.maps[key] = parts
    return parts
