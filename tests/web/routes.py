"""Every address that the application answers to GET, one example each, taken from its own map.

A new route without parameters in its path is walked by itself; one with parameters needs a line
in `EXAMPLES`, and the walk fails until it has one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from locator.view import CityView


def _map_script(client: FlaskClient, _view: CityView) -> str:
    """The script that the first page names; a name of the same form where it has no map."""
    page = client.get("/").get_data(as_text=True)
    return next(
        (part.split('"')[0] for part in page.split('src="') if part.startswith("/map/")),
        f"/map/{'0' * 64}.js",
    )


def _first_usable(view: CityView) -> str:
    return str(view.stations.usable().code[0])


def _drawing(_client: FlaskClient, view: CityView) -> str:
    from webapp.basemap import drawing_mark

    return f"/basemap/{drawing_mark(view)}.pmtiles"


def _phone_file(client: FlaskClient, _view: CityView) -> str:
    return str(client.get("/phone/index.json").get_json()["streets"]["url"])


# Endpoint -> an address. Where several pages of one endpoint look different, add them in PAGES.
EXAMPLES: Mapping[str, Callable[[FlaskClient, CityView], str]] = {
    "static": lambda _client, _view: "/static/css/site.css",
    "packaged": lambda _client, _view: "/static/vendor/leaflet/dist/leaflet.css",
    "pages.map_script": _map_script,
    "basemap.drawing": _drawing,
    "phone.file": _phone_file,
    "stations.station": lambda _client, view: f"/s/{_first_usable(view)}",
    "stations.poster": lambda _client, view: f"/s/{_first_usable(view)}/poster",
    "stations.qr": lambda _client, view: f"/s/{_first_usable(view)}/qr.svg",
    "stations.hand_over": lambda _client, view: f"/s/{_first_usable(view)}/to/amap",
    "stations.wechat_place": lambda _client, view: f"/s/{_first_usable(view)}/wechat.json",
    "api.coverage_tile": lambda _client, _view: "/api/v1/coverage/tiles/0/0/0",
}
# Pages that look different by what is asked, and pages of errors.
PAGES: tuple[str, ...] = (
    "/?kind=worker_home",
    "/?q=没有这个站",
    "/?lang=en",
    "/?place=人民路&trade=courier",
    "/coverage?within=300&kind=rest_station",
)
ERRORS: Mapping[str, int] = {"/nowhere": 404, "/?colour=red": 422, "/coverage?within=far": 422}


def get_routes(app: Flask, view: CityView) -> dict[str, str]:
    """Endpoint -> the address of an example, for all that may be asked by GET."""
    client = app.test_client()
    found, missing = {}, []
    for rule in app.url_map.iter_rules():
        if "GET" not in (rule.methods or ()):
            continue
        if rule.endpoint in EXAMPLES:
            found[rule.endpoint] = EXAMPLES[rule.endpoint](client, view)
        elif rule.arguments:
            missing.append(rule.endpoint)
        else:
            found[rule.endpoint] = rule.rule
    assert missing == [], "give each an example in tests/web/routes.py"
    return found


def page_routes(app: Flask, view: CityView) -> list[str]:
    """Addresses of the pages for people that answer well, without `PAGES` and `ERRORS`."""
    client = app.test_client()
    pages = []
    for path in dict.fromkeys(get_routes(app, view).values()):
        with client.get(path) as answer:
            if answer.status_code == 200 and answer.mimetype == "text/html":
                pages.append(path)
    return pages
