"""Streets, places and rivers out of OPL, the text form of OpenStreetMap data.

libosmium writes OPL as fast as it reads a file, one object a line:

    n25 Tamenity=bench x-51.2 y-30.1
    w26 Thighway=steps,name=Beco%20%Um Nn1x-51.2y-30.1,n2x-51.3y-30.1

Taking streets from that text costs half of what taking them object by object from pyosmium
does: each vertex is a number for numpy, not an object for Python. Format:
https://osmcode.org/opl-file-format/manual.html
"""

from __future__ import annotations

import re
from array import array
from collections.abc import Iterable, Mapping

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.access import RULE_KEYS, rule_of_values
from geodata.extract import Poi, Water
from geodata.lines import StreetLines

PLACE_KEYS = (
    "amenity",
    "shop",
    "office",
    "tourism",
    "leisure",
    "healthcare",
    "emergency",
    "public_transport",
    "railway",
    "man_made",
    "craft",
    "club",
    "social_facility",
    "government",
)
WATERWAY_KEYS = ("waterway", "natural")
_WATERWAYS = {
    "waterway": frozenset({"river", "canal"}),
    "natural": frozenset({"coastline"}),
}
# Most things tagged highway are streets or signs; these are places to go to.
_HIGHWAY_PLACES = frozenset({"bus_stop", "rest_area", "services", "elevator"})
# A closed line of these classes is the outline of an area, even without area=yes.
_OUTLINED = frozenset({"platform", "rest_area", "services"})

_ESCAPE = re.compile("%([0-9a-f]+)%")
_MARKS_TO_SPACES = bytes.maketrans(b"Nnxy,\n", b"      ")
_NO_PLACE = "xy"  # a node without a position is written n26xy
_COLUMNS = 3  # id, longitude, latitude
_ATTRIBUTES = 4
_CHUNK_LINES = 16_384


def is_place(tags: Mapping[str, str]) -> bool:
    """Whether what has these tags is a place to go to."""
    if tags.get("highway") in _HIGHWAY_PLACES:
        return True
    return any(key in tags for key in PLACE_KEYS)


class TextCollector:
    """What has been read of a file so far."""

    def __init__(self) -> None:
        self.pois: list[Poi] = []
        self.water: list[Water] = []
        self.missing = 0  # vertices of streets without a position
        self._vertices: list[NDArray[np.float64]] = []
        self._pending: list[str] = []
        self._sizes = array("q")
        self._attributes = array("i")  # access, flags, class code, name code of each line
        self._classes: dict[str, int] = {}
        self._names: dict[str, int] = {"": 0}

    def read(self, text: Iterable[str]) -> None:
        """Take in lines of OPL that hold nodes and ways, with their tags."""
        for line in text:
            key, tag_text, *place = line.split(" ")
            tags = _read_tags(tag_text)
            if key[0] == "n":
                self._add_node(key, tags, place)
            elif "highway" in tags:
                self._add_street(tags, place[0])
            else:
                self._add_waterway(key, tags, place[0])
        self._flush()

    def _add_node(self, key: str, tags: dict[str, str], place: list[str]) -> None:
        """Keep a place that is a point."""
        lon, lat = place[0][1:], place[1][1:].rstrip()
        if lon and lat and is_place(tags):
            self.pois.append(Poi(f"node/{key[1:]}", float(lon), float(lat), tags))

    def _add_street(self, tags: dict[str, str], nodes: str) -> None:
        """Keep a street, in the runs of nodes whose position is known."""
        rule = rule_of_values(tuple(map(tags.get, RULE_KEYS)))
        highway = tags["highway"]
        if not rule.access or (highway in _OUTLINED and _is_closed(nodes)):
            return
        attributes = (
            *rule,
            self._classes.setdefault(highway, len(self._classes)),
            self._names.setdefault(tags.get("name", ""), len(self._names)),
        )
        runs = [nodes]
        if _NO_PLACE in nodes:
            runs = _known_runs(nodes)
            self.missing += nodes.count(_NO_PLACE)
        for run in runs:
            size = run.count(",") + 1
            if size > 1:
                self._pending.append(run)
                self._sizes.append(size)
                self._attributes.extend(attributes)
        if len(self._pending) > _CHUNK_LINES:
            self._flush()

    def _flush(self) -> None:
        """Turn the pending vertices into numbers."""
        if self._pending:
            self._vertices.append(_read_vertices(self._pending))
            self._pending = []

    def _add_waterway(self, key: str, tags: dict[str, str], nodes: str) -> None:
        """Keep a river, canal or coast, unless nothing of it can be drawn."""
        kind = next((tags[k] for k, kinds in _WATERWAYS.items() if tags.get(k) in kinds), None)
        if kind is None:
            return
        for run in _known_runs(nodes):
            if "," in run:
                shape = shapely.LineString(_read_vertices([run])[:, 1:])
                self.water.append(Water(f"way/{key[1:]}", kind, tags.get("name", ""), shape))

    def lines(self, attribution: str, warnings: Iterable[str]) -> StreetLines:
        """The streets as arrays; vertices are the node ids."""
        vertices = np.concatenate([np.empty((0, _COLUMNS)), *self._vertices])
        attributes = np.array(self._attributes, np.int32).reshape(-1, _ATTRIBUTES)
        return StreetLines(
            lonlat_deg=np.ascontiguousarray(vertices[:, 1:]),
            vertex=vertices[:, 0].astype(np.int64),
            first=np.concatenate(([0], np.cumsum(self._sizes, dtype=np.int64))),
            access=attributes[:, 0].astype(np.uint8),
            flags=attributes[:, 1].astype(np.uint8),
            class_code=attributes[:, 2].astype(np.int16),
            classes=tuple(self._classes),
            name_code=attributes[:, 3].copy(),
            names=tuple(self._names),
            attribution=attribution,
            warnings=tuple(warnings),
        )


def _read_tags(text: str) -> dict[str, str]:
    """Tags of "Tkey=value,key=value", unescaped."""
    text = text[1:]
    if "%25%" not in text:  # no percent sign of its own: spaces, the most frequent, at once
        text = text.replace("%20%", " ")
    tags = dict([pair.split("=") for pair in text.split(",")])
    if "%" in text:
        return {_unescape(key): _unescape(value) for key, value in tags.items()}
    return tags


def _unescape(text: str) -> str:
    """A text whose special characters stand as %hex%."""
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)


def _is_closed(nodes: str) -> bool:
    """Whether the last node is the first."""
    ids = [node.split("x")[0] for node in nodes[1:].split(",")]
    return ids[0] == ids[-1]


def _known_runs(nodes: str) -> list[str]:
    """Runs of neighbouring nodes whose position is known, in the same notation."""
    runs: list[str] = []
    run: list[str] = []
    for node in [*nodes[1:].rstrip().split(","), _NO_PLACE]:
        if node.endswith(_NO_PLACE):
            runs.append(",".join(run))
            run = []
        else:
            run.append(node)
    return runs


def _read_vertices(runs: list[str]) -> NDArray[np.float64]:
    """Id, longitude, latitude of each node; ids stay exact below 2^53."""
    text = "\n".join(runs).encode().translate(_MARKS_TO_SPACES)
    return np.fromstring(text, sep=" ").reshape(-1, _COLUMNS)
