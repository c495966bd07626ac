"""OpenStreetMap files: street lines with access, places (POIs) and water.

pyosmium streams the file through filters that are all C++. What passes is written as text for
`geodata.opl`, but for areas, which libosmium alone can put together from ways and relations.
"""

from __future__ import annotations

import ctypes
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import osmium  # noqa: TID253 - this module is only ever imported by a function
import shapely
from osmium.filter import EntityFilter, KeyFilter  # noqa: TID253
from osmium.geom import WKBFactory  # noqa: TID253
from osmium.osm import NODE, NOTHING, RELATION, WAY, Area  # noqa: TID253

from geodata.errors import DataError, InputError
from geodata.extract import OSM_ATTRIBUTION, Poi, StreetExtract, Water
from geodata.formats import OSM_FORMATS, street_format
from geodata.opl import PLACE_KEYS, WATERWAY_KEYS, TextCollector, is_place

_WATER_AREAS = {
    "natural": frozenset({"water"}),
    "waterway": frozenset({"riverbank", "dock"}),
    "landuse": frozenset({"reservoir", "basin"}),
}
_AREA_KEYS = (*PLACE_KEYS, *_WATER_AREAS)
_TEXT_FORMAT = "opl,locations_on_ways=true,add_metadata=none"
_OFF_THE_EARTH = "positions beyond 180 or 90 degrees: are longitude and latitude swapped?"


def read_osm(path: str | Path) -> StreetExtract:
    """Streets, places and water of an OpenStreetMap file.

    A way of which nodes are missing (the file was cut at a border) gives the runs of nodes
    that are there. Lines that no mode may use are left out. Files that are not in the usual
    order, nodes before ways, as Overpass writes them, are sorted first, in memory.

    Parameters
    ----------
    path
        PBF, or XML, plain or compressed with gzip or bzip2. The content decides, not the name.

    Returns
    -------
    StreetExtract
        `lines.vertex` are the node ids of OpenStreetMap.

    Raises
    ------
    InputError
        No such file, an empty one, or not an OpenStreetMap file.
    DataError
        It is damaged or cut off, or temporary files cannot be written.

    Notes
    -----
    O(file); about 12 microseconds a street. The streets pass through a temporary file, of
    about five times the size of a PBF.
    """
    source, form = Path(path), street_format(path)
    if form not in OSM_FORMATS:
        raise InputError(
            f"{source} is not an OpenStreetMap file; expected .osm.pbf or .osm (XML, .gz, .bz2)"
        )
    try:
        extract, complete = _read_any_order(osmium.io.File(str(source), form), source, form)
    except osmium.InvalidLocationError as error:
        raise InputError(f"{source} has {_OFF_THE_EARTH}") from error
    except OSError as error:
        raise DataError(f"cannot write temporary files: {error}") from error
    except RuntimeError as error:  # what pyosmium raises for bad files
        reason = " ".join(str(error).split())
        if reason.startswith("Write failed"):
            raise DataError(f"cannot write temporary files: {reason}") from error
        raise DataError(f"{source} is damaged or cut off ({reason}); get it again") from error
    if not complete and not len(extract.lines):
        raise InputError(f"{source} has no street with known positions, or {_OFF_THE_EARTH}")
    return extract


def _read_any_order(file: osmium.io.File, source: Path, form: str) -> tuple[StreetExtract, bool]:
    """Do as `_read`; once more from a sorted copy where the order spoilt the first reading."""
    try:
        extract, complete = _read(file)
    except RuntimeError:  # areas need ascending ids
        if _is_sorted(file):
            raise
    else:
        if complete or _is_sorted(file):
            return extract, complete
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "sorted.osm.pbf"
        merged = osmium.MergeInputReader()
        merged.add_buffer(source.read_bytes(), form)
        with _writing(osmium.io.File(str(copy))) as writer:
            merged.apply(writer)
        return _read(osmium.io.File(str(copy), "pbf"))


def _read(file: osmium.io.File) -> tuple[StreetExtract, bool]:
    """Read a file whose nodes come first; also whether each street node had a position."""
    areas, found = _AreaCollector(), TextCollector()
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder) / "kept.opl"
        _write_text(file, text, areas)
        with text.open(encoding="utf-8", newline="\n") as lines:
            found.read(lines)
    area_pois, area_water = areas.shapes()
    warnings = []
    if found.missing:
        warnings.append(
            f"{found.missing} nodes of streets have no position in the file: streets end there"
        )
    if areas.broken:
        warnings.append(f"{areas.broken} areas with a broken outline were left out")
    extract = StreetExtract(
        found.lines(OSM_ATTRIBUTION, warnings),
        (*found.pois, *area_pois),
        (*area_water, *found.water),
    )
    return extract, found.missing == 0


def _write_text(file: osmium.io.File, target: Path, areas: _AreaCollector) -> None:
    """Write what may be a street, a place or a river as text, and hand over the areas."""
    manager = osmium.area.AreaManager()
    with osmium.io.Reader(file, RELATION) as reader:
        osmium.apply(reader, KeyFilter(*_AREA_KEYS), manager.first_pass_handler())
    locations = osmium.NodeLocationsForWays(osmium.index.create_map("flex_mem"))
    locations.ignore_errors()
    with (
        _writing(osmium.io.File(str(target), _TEXT_FORMAT)) as writer,
        osmium.io.Reader(file) as reader,
    ):
        osmium.apply(
            reader,
            locations,
            manager.second_pass_handler(KeyFilter("highway", *_AREA_KEYS), areas),
            EntityFilter(NODE | WAY),
            _only_with(NODE, "highway", *PLACE_KEYS),
            _only_with(WAY, "highway", *WATERWAY_KEYS),
            writer,
        )


@contextmanager
def _writing(file: osmium.io.File) -> Iterator[osmium.SimpleWriter]:
    """Writer of a new file, closed at the end."""
    writer = osmium.SimpleWriter(file)
    try:
        yield writer
        writer.close()
    except BaseException:
        # Freeing a writer that failed, on a full disk say, would end the whole process: its
        # C++ destructor throws (osmium 4.3). So it is kept for ever, owned by nobody.
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(writer))
        raise


def _is_sorted(file: osmium.io.File) -> bool:
    """Whether nodes come before ways before relations, each by ascending id."""
    with osmium.io.Reader(file, NOTHING) as reader:
        if reader.header().get("sorting") == "Type_then_ID":
            return True
    ranks = {"n": 0, "w": 1, "r": 2}
    last = (-1, False, 0)
    for thing in osmium.FileProcessor(file, NODE | WAY | RELATION):
        # negative ids, of things not uploaded yet, come first and grow downwards
        place = (ranks[thing.type_str()], thing.id > 0, abs(thing.id))
        if place <= last:
            return False
        last = place
    return True


class _AreaCollector:
    """Handler that keeps places and waters that have an extent."""

    def __init__(self) -> None:
        self.broken = 0  # areas whose outline is none
        self._wkb = WKBFactory()
        self._found: list[tuple[str, dict[str, str], str]] = []

    def area(self, area: Area) -> None:
        """Keep one; pyosmium calls this."""
        tags = dict(area.tags)
        if not (is_place(tags) or _is_water(tags)):
            return
        try:
            shape = self._wkb.create_multipolygon(area)
        except RuntimeError:  # it crosses itself, or is cut off
            self.broken += 1
            return
        source = "way" if area.from_way() else "relation"
        self._found.append((f"{source}/{area.orig_id()}", tags, shape))

    def shapes(self) -> tuple[list[Poi], list[Water]]:
        """Places, each as the point inside it that GEOS takes to stand for it; and waters."""
        shapes = shapely.from_wkb([shape for _, _, shape in self._found])
        points = shapely.get_coordinates(shapely.point_on_surface(shapes)).tolist()
        pois, water = [], []
        for (key, tags, _), shape, (lon, lat) in zip(self._found, shapes, points, strict=True):
            if _is_water(tags):
                water.append(Water(key, "area", tags.get("name", ""), shape))
            else:
                pois.append(Poi(key, lon, lat, tags))
        return pois, water


def _only_with(entity: Any, *keys: str) -> KeyFilter:
    """Filter that asks one kind of object for any of the keys and lets the others pass."""
    chosen = KeyFilter(*keys)
    chosen.enable_for(entity)
    return chosen


def _is_water(tags: dict[str, str]) -> bool:
    """Whether an area with these tags is water."""
    return any(tags.get(key) in kinds for key, kinds in _WATER_AREAS.items())
