"""The ground of the maps: the city's own drawing by byte ranges, or tiles that were approved.

The drawing is one file of vector tiles. Its address carries the hash of its content, so browsers
keep every part of it for good; a change of streets is another address. Parts are asked for by
Range (RFC 9110), and the file is never packed: its tiles are packed already.
"""

from __future__ import annotations

import hashlib
import json
import logging
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, request, send_file, url_for

from geodata.tile_layers import MAX_ZOOM
from locator.basemap import find_basemap
from locator.errors import DataError
from webapp.params import NoParameters, from_query
from webapp.places import district_labels
from webapp.state import current_view, shared

if TYPE_CHECKING:
    from locator.view import CityView

blueprint = Blueprint("basemap", __name__, url_prefix="/basemap")

MIMETYPE = "application/vnd.pmtiles"
_HASH_DIGITS = 32
_KEEP = "public, max-age=31536000, immutable"
_log = logging.getLogger(__name__)


@blueprint.get("/<name>.pmtiles")
def drawing(name: str) -> Response:
    """The city's own drawing, or the asked part of it."""
    from_query(NoParameters, request.args)
    # Flask takes a relative path from its own folder, not from where the server was started.
    path = find_basemap(current_view().store).resolve()
    mark = _mark(path)
    if name != mark:
        return abort(404)
    response = send_file(path, mimetype=MIMETYPE, conditional=True, etag=mark, max_age=None)
    response.headers["Cache-Control"] = _KEEP
    return response


@blueprint.get("/source")
def source() -> Response:
    """Where the approved tiles of others come from; 404 where the city's own drawing is shown."""
    from_query(NoParameters, request.args)
    tiles = shared().tile_source
    if tiles is None:
        return abort(404)
    body = {"layers": tiles.layers, "maxZoom": tiles.max_zoom}
    response = Response(json.dumps(body), mimetype="application/json")
    response.add_etag()
    response.make_conditional(request)
    return response


def ground(view: CityView) -> dict[str, Any]:
    """What the page's script needs to know of the ground; plain values, own addresses alone.

    `url` is the drawing's address, or `source` that of the tiles' description; without both the
    map has no ground, and says nothing of it.
    """
    tiles = shared().tile_source
    told: dict[str, Any] = {
        "attribution": view.attribution,
        "sample": view.sample,
        "approval": tiles.approval if tiles else view.config.map_approval,
        "datum": tiles.datum if tiles else "wgs84",
    }
    if tiles is not None:
        return told | {"source": url_for("basemap.source"), "maker": tiles.attribution}
    try:
        mark = drawing_mark(view)
    except DataError as error:
        _log.warning("%s; maps come without a ground until then", error)
        return told
    return told | {
        "url": url_for("basemap.drawing", name=mark),
        "maxDataZoom": MAX_ZOOM,
        "districts": district_labels(view),
    }


def drawing_mark(view: CityView) -> str:
    """Hash of the city's own drawing, as its address has it; DataError where it cannot be made."""
    return _mark(find_basemap(view.store))


@lru_cache(maxsize=8)
def _mark(path: Path) -> str:
    """Hash of a drawing; the folder of one import never changes."""
    return hashlib.sha256(path.read_bytes()).hexdigest()[:_HASH_DIGITS]
