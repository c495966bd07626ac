"""What the phone loads to answer by itself: an index, the streets, the stations, the worker.

The index is small and asked for each time; all it names carries its content's hash in its address
and is kept for good. So an update costs the index and what changed.
"""

from __future__ import annotations

import hashlib
import json
import threading
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, current_app, request, url_for

from geodata.checklists import trades
from geodata.vocabulary import facilities, kinds
from locator.directions import COMPASS, TURNS, VERBS
from locator.modes import find_mode
from locator.moments import local_now
from locator.phone import PhoneStreets, pack_streets
from locator.phone_places import pack_places
from locator.phone_stations import FORMAT, PhoneStations, Window, pack_stations
from locator.phone_water import pack_water
from webapp.assets import STATIC
from webapp.cards import way_in
from webapp.languages import in_chinese
from webapp.memory import here
from webapp.params import NoParameters, from_query
from webapp.places import district_places
from webapp.state import current_view, shared

if TYPE_CHECKING:
    from flask import Flask

    from locator.view import CityView
    from webapp.memory import Run

blueprint = Blueprint("phone", __name__)

MODES = ("walk", "slow_walk")
_HASH = 16
_KEEP = "public, max-age=31536000, immutable"
_KEPT_FILES = 400  # of some versions: a phone that has just read an old index still finds its files


@dataclass(frozen=True, slots=True, eq=False)
class PhoneFiles:
    """The files of one version of a city; `files` by their hash."""

    index: bytes
    mark: str
    files: dict[str, bytes]


Packed = tuple[str, PhoneStreets]  # streets, with the version that they were packed from


class PhoneStore:
    """The files of the version asked for last, and those of some versions before it."""

    def __init__(self) -> None:
        self._building = threading.Lock()
        self._key: object = None
        self._files: PhoneFiles | None = None
        self._streets: Packed | None = None
        self._kept: dict[str, bytes] = {}

    def find(self, view: CityView, today: date, run: Run = here) -> PhoneFiles:
        """The files of a version of the city, for the days around one."""
        window = Window.around(today)
        key = (view.version, view.store.water_path, window)
        with self._building:
            if self._files is None or self._key != key:
                before = self._streets
                self._files, self._streets = run(lambda: _build(view, window, before))
                self._key = key
                self._kept |= self._files.files
                for old in list(self._kept)[:-_KEPT_FILES]:
                    del self._kept[old]
            return self._files

    def file(self, mark: str) -> bytes | None:
        """A file by its hash; None where it is not kept."""
        return self._kept.get(mark)


_KEY = "locator.phone"


def install(app: Flask) -> None:
    """Serve the phone's files; each application has its own."""
    app.extensions[_KEY] = PhoneStore()
    app.register_blueprint(blueprint)


def current_files(run: Run = here) -> PhoneFiles:
    """The files of the city in force, for today."""
    view = current_view()
    return _store().find(view, local_now(view.config.time_zone).date(), run)


def _store() -> PhoneStore:
    found: PhoneStore = current_app.extensions[_KEY]
    return found


@blueprint.get("/phone/index.json")
def index() -> Response:
    """What there is, in which version, and the words and places that answers need."""
    from_query(NoParameters, request.args)
    found = current_files()
    if request.if_none_match.contains_weak(found.mark):
        return _tagged(Response(status=304), found.mark)
    return _tagged(Response(found.index, mimetype="application/json"), found.mark)


@blueprint.get("/phone/<any(streets, stations, water, places):_what>/<mark>")
def file(_what: str, mark: str) -> Response:
    """One file by the hash of its content; 404 where that version is gone."""
    from_query(NoParameters, request.args)
    body = _store().file(mark)
    if body is None:  # perhaps this process has not been asked for the index yet
        current_files()
        body = _store().file(mark)
    if body is None:
        return abort(404)
    response = Response(body, mimetype="application/octet-stream")
    response.headers["Cache-Control"] = _KEEP
    response.set_etag(mark)
    return response


@blueprint.get("/sw.js")
def worker() -> Response:
    """The service worker, at the root so that it may serve every page."""
    from_query(NoParameters, request.args)
    body = (STATIC / "js" / "sw.js").read_bytes()
    return _tagged(Response(body, mimetype="text/javascript"), _mark(body))


@blueprint.get("/site.webmanifest")
def manifest() -> Response:
    """The web app manifest: the page may stand among the phone's apps."""
    from_query(NoParameters, request.args)
    view = current_view()
    icons = [{"src": shared().assets.url("img/icon.svg"), "sizes": "any", "type": "image/svg+xml"}]
    body = _json(
        {
            "name": f"{view.name}　找驿站",
            "short_name": "找驿站",
            "lang": "zh-CN",
            "start_url": url_for("pages.index"),
            "scope": "/",
            "display": "browser",
            "background_color": "#ffffff",
            "theme_color": "#14406b",
            "icons": icons,
        }
    )
    return _tagged(Response(body, mimetype="application/manifest+json"), _mark(body))


def _build(view: CityView, window: Window, before: Packed | None) -> tuple[PhoneFiles, Packed]:
    """The files, and the packed streets: those of before where they have not changed."""
    network = view.network("walk")
    laid = hashlib.sha256(f"{view.streets.hash}".encode() + network.travel.tobytes())
    version = laid.hexdigest()[:_HASH]
    if before is None or before[0] != version:
        before = (version, pack_streets(network, version=version))
    streets = before[1]
    source = PhoneStations(
        view.stations, view.timetable, view.placement(), view.streets, streets.street,
        lambda row: _way_in(view.stations.access_scope[row], view.stations.access_mode[row]),
    )  # fmt: skip
    parts = pack_stations(source, window, streets=version)
    water, places = pack_water(view.water), pack_places(view)
    files = {_mark(body): body for body in (streets.data, water, places, *parts)}
    head = {
        "streets": _listed("streets", streets.data),
        "water": _listed("water", water),
        "places": _listed("places", places),
        "parts": [_listed("stations", body) for body in parts],
    }
    body = _describe(view, window) | head | {"streets_version": version}
    body["version"] = _mark(_json(body))
    index = _json(body)
    return PhoneFiles(index, _mark(index), files), before


def _describe(view: CityView, window: Window) -> dict[str, Any]:
    """All of the index but the files."""
    return {
        "format": FORMAT,
        "city": view.name,
        "city_version": view.version,
        "sample": view.sample,
        "attribution": view.attribution,
        "zone": view.config.time_zone,
        "first_day": window.first.toordinal(),
        "days": window.count,
        "person_snap_m": view.config.person_snap_m,
        "bounds_deg": list(view.bounds_deg),
        "modes": [_mode(code) for code in MODES],
        "kinds": [{"code": kind.code, "zh": kind.zh, "en": kind.en} for kind in kinds()],
        "facilities": [{"code": one.code, "zh": one.zh, "en": one.en} for one in facilities()],
        "trades": [
            {"code": one.code, "zh": one.zh, "en": one.en, "must": one.must, "kinds": one.kinds}
            for one in trades().values()
        ],
        "districts": district_places(view),
        "words": {"compass": COMPASS, "turns": TURNS, "verbs": VERBS["foot"]},
    }


def _mode(code: str) -> dict[str, Any]:
    mode = find_mode(code)
    return {"code": code, "zh": mode.zh, "en": mode.en, "speed_mps": mode.speed_mps,
            "stairs": mode.stairs}  # fmt: skip


def _listed(what: str, body: bytes) -> dict[str, Any]:
    mark = _mark(body)
    return {"url": url_for("phone.file", _what=what, mark=mark), "mark": mark, "bytes": len(body)}


def _mark(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:_HASH]


def _json(body: dict[str, Any]) -> bytes:
    text = json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode()


def _tagged(response: Response, tag: str) -> Response:
    response.set_etag(tag)
    response.headers["Cache-Control"] = "no-cache"
    return response


@lru_cache(maxsize=256)  # few of many stations differ in it
def _way_in(scope: str, mode: str) -> str:
    """In Chinese, whoever asks: the file is for all, and pages make their words of the codes."""
    with in_chinese():
        return way_in(scope, mode)
