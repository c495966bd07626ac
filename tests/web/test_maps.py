"""Composed maps: always the same, from our own host alone, and deaf to markup."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

import folium
import pytest

from tests.web.town import PAYLOADS
from webapp.maps import CityMap, MapFiles, Plugin, city_map, compose

if TYPE_CHECKING:
    from webapp.map_parts import MapParts

NAMES = (
    "leaflet",
    "locator",
    "protomaps",
    "basemap",
    "handling",
    "streets",
    "stations",
    "finder",
    "coverage",
)
FILES = MapFiles(
    {name: f"/static/js/{name}.js?v=0123456789abcdef" for name in (*NAMES, "datum")},
    {name: f"/static/css/{name}.css?v=0123456789abcdef" for name in ("leaflet", "map")},
)
ADDRESSES = {"tiles": "/t", "stations": "/s", "doors": "/d", "nearest": "/n", "coverage": "/c"}
BOUNDS = (120.0, 31.0, 121.0, 32.0)
GROUND = {"datum": "wgs84", "url": "/basemap/0.pmtiles"}


def compose_city(**changed: Any) -> MapParts:
    asked = {"addresses": ADDRESSES, "marks": [], "ground": GROUND, **changed}
    return city_map(BOUNDS, asked.pop("files", FILES), **asked)


def test_city_map_composed_twice_is_the_same() -> None:
    first, second = compose_city(), compose_city()
    assert first == second
    assert first.hash == hashlib.sha256(first.script.encode()).hexdigest()


def test_city_map_names_own_files_in_order() -> None:
    parts = compose_city()
    assert parts.scripts == tuple(FILES.scripts[name] for name in NAMES)
    assert parts.styles == (FILES.styles["leaflet"], FILES.styles["map"])


def test_city_map_element_holds_no_inline_part() -> None:
    assert "<script" not in compose_city().html
    assert "style" not in compose_city().html


def test_city_map_has_one_layer_per_meaning() -> None:
    script = compose_city().script
    verbs = ("addBasemap", "addHandling", "addStreets", "addStations", "addFinder", "addCoverage")
    assert [script.count(f"locator.{verb}(") for verb in verbs] == [1, 1, 1, 1, 1, 1]
    assert '"maxZoom": 18' in script
    assert '"attributionControl": false' in script


def test_city_map_without_its_drawing_loads_nothing_to_draw_with() -> None:
    parts = compose_city(ground={"datum": "wgs84", "source": "/basemap/source"})
    assert FILES.scripts["protomaps"] not in parts.scripts


def test_city_map_over_shifted_tiles_is_shifted_itself() -> None:
    parts = compose_city(ground={"datum": "gcj02"})
    assert "crs: L.CRS.GCJ02" in parts.script
    scripts = list(parts.scripts)
    assert scripts.index(FILES.scripts["datum"]) < scripts.index(FILES.scripts["basemap"])
    assert "crs: L.CRS.EPSG3857" in compose_city().script


def test_city_map_with_some_plugins_has_no_others() -> None:
    parts = compose_city(plugins=("stations",))
    assert "addBasemap" in parts.script
    assert "addStations" in parts.script
    assert "addCoverage" not in parts.script
    assert FILES.scripts["coverage"] not in parts.scripts


@pytest.mark.parametrize("payload", PAYLOADS)
def test_mark_of_markup_stays_a_string_of_the_script(payload: str) -> None:
    script = compose_city(marks=[{"kind": payload, "zh": payload}]).script
    assert "</script" not in script
    assert "<img" not in script
    assert "`" not in script
    assert "${" not in script
    marks = json.loads(re.findall(r"locator.addFinder\(map_city, (\{.*\})\);", script)[0])["marks"]
    assert marks == [{"kind": payload, "zh": payload}]


@pytest.mark.parametrize(
    "address",
    ["https://example.com/x.js", "//example.com/x.js", "/elsewhere/x.js", "/static/../x y.js"],
)
def test_compose_with_foreign_file_is_refused(address: str) -> None:
    files = MapFiles({**FILES.scripts, "finder": address}, FILES.styles)
    with pytest.raises(ValueError, match="own host"):
        compose_city(files=files)


def test_compose_with_foreign_address_in_script_is_refused() -> None:
    with pytest.raises(ValueError, match="own host"):
        compose_city(addresses={**ADDRESSES, "stations": "https://example.com/s"})


def test_compose_stock_map_is_refused() -> None:
    with pytest.raises(ValueError, match="own host"):
        compose(folium.Map())


def test_own_files_leave_the_classes_of_folium_alone() -> None:
    before = list(folium.Map.default_js)
    chart = CityMap(BOUNDS, FILES)
    Plugin("finder", "addFinder", FILES).add_to(chart)
    compose(chart)
    assert folium.Map.default_js == before
    assert Plugin.default_js == []
