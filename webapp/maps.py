"""Maps for pages: Folium composes, our own host serves, and no data goes through a template.

The only module that imports Folium. What a stock Folium page does is turned round in three
places, each with its reason:

* Stock pages load some ten files from foreign hosts. `CityMap` and the plugins here name files
  of our own host alone, on the instance (`add_js_link` would change every later map), and
  `compose` refuses a map that names any other.
* Stock pages carry inline scripts and styles, which a strict content policy forbids. The parts
  are rendered apart: the element goes into our own template, the script becomes a file of its
  own, named by its hash. Fixed ids keep that hash the same from render to render.
* Folium's popups, tooltips and layer names execute markup, and branca reads what one template
  wrote as the source of the next, so that braces in a name would run on the server. No text of
  the registry enters a map here: the plugins carry addresses, numbers and marks, fetch the rest
  as JSON, and the page's scripts put it in as text. What the plugins do carry is written by
  `_script_json`, which leaves nothing for a browser or a template to run.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import folium
from branca.element import CssLink, Figure, JavascriptLink, MacroElement
from folium.elements import JSCSSMixin
from folium.template import Template

from webapp.map_parts import MapParts

MIN_ZOOM, MAX_ZOOM = 5, 18
MAP_ID = "city"
# Leaflet's name of the frame in which each datum's tiles lie; ours is in js/datum.js.
_CRS = {"wgs84": "EPSG3857", "gcj02": "GCJ02"}
_OWN_FILE = re.compile(r"/static/[\w./-]+(\?v=[0-9a-f]+)?")
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_RISKY = {ord(sign): f"\\u{ord(sign):04x}" for sign in "{}<>&'`$"}
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://|[\"'`]//", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class MapFiles:
    """Addresses of the files that maps need, by our own names for them.

    Parameters
    ----------
    scripts
        leaflet, locator, datum, protomaps, basemap, handling, streets, stations, finder, coverage.
    styles
        leaflet, map.
    """

    scripts: Mapping[str, str]
    styles: Mapping[str, str]


class CityMap(folium.Map):
    """A map without a foreign file and without an inline part.

    Parameters
    ----------
    bounds_deg
        West, south, east, north of what is shown first, WGS-84.
    files
        Where the scripts and styles are.
    datum
        Of the ground: over one in GCJ-02 the map itself converts whatever is drawn.
    """

    def __init__(
        self, bounds_deg: tuple[float, float, float, float], files: MapFiles, datum: str = "wgs84"
    ) -> None:
        west, south, east, north = bounds_deg
        super().__init__(
            location=[(south + north) / 2, (west + east) / 2],
            tiles=None,
            zoom_start=11,
            crs=_CRS[datum],
            # The page itself names the source of the streets, even where no script runs.
            attribution_control=False,
            max_bounds_viscosity=0.5,
        )
        self._id = MAP_ID
        # Map(max_zoom=) would reach a tile layer alone.
        self.options |= {"minZoom": MIN_ZOOM, "maxZoom": MAX_ZOOM}
        names = ("leaflet", "locator") if datum == "wgs84" else ("leaflet", "locator", "datum")
        self.default_js = [(name, files.scripts[name]) for name in names]
        self.default_css = [(f"{name}_css", files.styles[name]) for name in ("leaflet", "map")]


class Plugin(JSCSSMixin, MacroElement):
    """One script of ours that is handed the map and its options.

    Parameters
    ----------
    name
        Of the script and of this element.
    verb
        The script's function, `locator.<verb>(map, options)`.
    files, options
        Where the script is; plain values for it, none of them from the registry.
    needs
        Names of scripts that have to come before.
    """

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            locator.{{ this.verb }}({{ this._parent.get_name() }}, {{ this.options }});
        {% endmacro %}
        """
    )

    def __init__(
        self,
        name: str,
        verb: str,
        files: MapFiles,
        *,
        needs: tuple[str, ...] = (),
        **options: Any,
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # folium's own is untyped
        self._name = self.script_name = name
        self._id = MAP_ID
        self.verb = verb
        self.options = _script_json(options)
        self.default_js = [(script, files.scripts[script]) for script in (*needs, name)]


def city_map(
    bounds_deg: tuple[float, float, float, float],
    files: MapFiles,
    *,
    addresses: Mapping[str, str],
    marks: list[dict[str, str]],
    ground: Mapping[str, Any],
    plugins: Sequence[str] = ("streets", "stations", "finder", "coverage"),
) -> MapParts:
    """Compose a page's map of these plugins: streets, stations, the finder, the coverage panel.

    Parameters
    ----------
    bounds_deg
        West, south, east, north of what is shown first, WGS-84.
    files
        Where the scripts and styles are.
    addresses
        Of our API: tiles, stations, doors, nearest, coverage.
    marks
        kind, zh, en, path, colour of each kind.
    ground
        What lies below all of them, see `webapp.basemap.ground`.
    plugins
        Their names, in any order; "embed" is the gestures of a frame.
    """
    west, south, east, north = bounds_deg
    chart = CityMap(bounds_deg, files, ground["datum"])
    corners = [[south, west], [north, east]]
    drawer = ("protomaps",) if "url" in ground else ()
    Plugin("basemap", "addBasemap", files, needs=drawer, bounds=corners, **ground).add_to(chart)
    Plugin("handling", "addHandling", files).add_to(chart)
    for plugin in (
        Plugin("streets", "addStreets", files, url=addresses["tiles"]),
        Plugin(
            "stations",
            "addStations",
            files,
            url=addresses["stations"],
            doors=addresses["doors"],
            marks=marks,
        ),
        Plugin("finder", "addFinder", files, url=addresses["nearest"], marks=marks),
        Plugin("coverage", "addCoverage", files, url=addresses["coverage"]),
        *([Plugin("embed", "addFrame", files)] if "embed" in plugins else []),
    ):
        if plugin.script_name in plugins:
            plugin.add_to(chart)
    return compose(chart)


def compose(chart: folium.Map) -> MapParts:
    """Render the parts of a map, and refuse one that would leave our own host.

    Raises
    ------
    ValueError
        A file or an address of another host, or an inline part: a mistake in this program.
    """
    figure = chart.get_root()
    if not isinstance(figure, Figure):
        raise TypeError("the map is part of no figure")
    for child in list(figure._children.values()):
        child.render()
    links = list(figure.header._children.values())
    scripts = tuple(link.url for link in links if isinstance(link, JavascriptLink))
    styles = tuple(link.url for link in links if isinstance(link, CssLink))
    html, script = figure.html.render().strip(), figure.script.render().strip() + "\n"
    foreign = [url for url in scripts + styles if not _OWN_FILE.fullmatch(url)]
    foreign += _ADDRESS.findall(script)
    if foreign:
        raise ValueError(f"a map names {foreign[0]!r}: expected files of our own host alone")
    return MapParts(html, script, hashlib.sha256(script.encode()).hexdigest(), scripts, styles)


def _script_json(values: Mapping[str, Any]) -> str:
    r"""JSON whose strings mean nothing to a template, to HTML or to a template literal.

    >>> _script_json({"a": "{{ 7 * 7 }}"})
    '{"a":"\\u007b\\u007b 7 * 7 \\u007d\\u007d"}'
    """
    text = json.dumps(values, allow_nan=False, separators=(",", ":"))
    return _STRING.sub(lambda found: found[0].translate(_RISKY), text)
