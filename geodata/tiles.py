"""Street and water lines as one PMTiles file: a basemap that needs no tile server and no fonts.

A file of vector tiles (Mapbox Vector Tile 2.1 in PMTiles 3, both open specifications) is read by
byte ranges from any web server and drawn on the phone. What makes a city of 137,000 streets fit
into 1.4 MB:

* every class begins at the zoom where it helps, and the many small streets are kept once, at the
  last zoom; a map that is zoomed in further magnifies it;
* classes that are drawn alike are one level, and a name is there only at the zooms that draw it;
* lines of one level and name are one line before they are cut, which also gives their names room;
* a point that moves no line by three quarters of a unit, 0.75 m, is left out, but never an end.

The same drawing gives the same bytes (with the same zlib), so that a phone may keep the file for
as long as its streets are in force.

Positions in a tile are whole units of EXTENT (or FINE_EXTENT at the last zoom) per edge, x right,
y down from the tile's north-western corner; lines reach up to a 128th of an edge beyond it.
"""

from __future__ import annotations

import gzip
import math
import os
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import mapbox_vector_tile
import numpy as np
import shapely
from mapbox_vector_tile.encoder import on_invalid_geometry_make_valid
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from geodata.errors import DataError
from geodata.tile_layers import (
    MAX_ZOOM,
    MIN_ZOOM,
    STREETS,
    WATER,
    Drawing,
    Layer,
    Shapes,
    extent,
    street_layer,
    water_layer,
)

Report = Callable[[float, str], None]

_MARGIN = 128  # an edge has so many of them: 4 pixels or more, wider than half of any street
_PACK_LEVEL = 9
_SHARE_OF_ZOOM = 2.0  # each zoom takes about twice as long as the one before


def write_tiles(path: Path, drawing: Drawing, *, report: Report | None = None) -> int:
    """Draw the streets and waters of a city into one PMTiles file; all of it, or nothing.

    Parameters
    ----------
    path
        The file; it appears when it is whole.
    report
        Hears of progress, share done and what is going on; the work ends where it raises.

    Returns
    -------
    int
        Bytes of the file.

    Raises
    ------
    DataError
        The file cannot be written.

    Notes
    -----
    O(p log p) in vertices; 137,000 streets take some 3 CPU seconds and 1.4 MB.
    """
    tell = report or (lambda _share, _text: None)
    tell(0.0, "drawing the map")
    layers = [water_layer(drawing.water), street_layer(drawing)]
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with aside.open("wb") as stream:
            writer: Any = Writer(stream)  # type: ignore[no-untyped-call]  # it brings no types
            with closing(writer.tile_f):
                for number, data in _all_tiles(layers, tell):
                    writer.write_tile(number, data)
                writer.finalize(_header(layers), _metadata(drawing))
        aside.replace(path)
    except OSError as problem:
        raise DataError(f"cannot write {path}: {problem.strerror or problem}") from problem
    finally:
        with suppress(OSError):
            aside.unlink()
    tell(1.0, "map drawn")
    return path.stat().st_size


def _all_tiles(layers: list[Layer], tell: Report) -> Iterator[tuple[int, bytes]]:
    """Number and packed content of each tile that holds something, in the order of numbers."""
    empty = True
    whole = sum(_SHARE_OF_ZOOM**zoom for zoom in range(MIN_ZOOM, MAX_ZOOM + 1))
    done = 0.0
    for zoom in range(MIN_ZOOM, MAX_ZOOM + 1):
        shown = [layer.at(zoom) for layer in layers]
        touched = [_touched(layer.shapes, zoom) for layer in shown]
        places = sorted(
            {place for rows in touched for place in rows},
            key=lambda place: zxy_to_tileid(zoom, *place),
        )
        for turn, place in enumerate(places):
            tell((done + _SHARE_OF_ZOOM**zoom * turn / len(places)) / whole, "drawing the map")
            parts = [
                _cut(layer, rows.get(place, []), place, zoom)
                for layer, rows in zip(shown, touched, strict=True)
            ]
            if data := _encode(parts, zoom):
                empty = False
                yield zxy_to_tileid(zoom, *place), data
        done += _SHARE_OF_ZOOM**zoom
    if empty:  # a file must hold a tile
        yield zxy_to_tileid(MIN_ZOOM, 0, 0), _packed(b"")


def _touched(shapes: Shapes, zoom: int) -> dict[tuple[int, int], list[int]]:
    """Rows of the shapes whose boxes reach into each tile with its margin, (column, row)."""
    edge, last = extent(zoom), (1 << zoom) - 1
    margin = edge // _MARGIN
    bounds = shapely.bounds(shapes).reshape(-1, 4)
    low = np.clip(np.floor((bounds[:, :2] - margin) / edge), 0, last).astype(int).tolist()
    high = np.clip(np.floor((bounds[:, 2:] + margin) / edge), 0, last).astype(int).tolist()
    found: dict[tuple[int, int], list[int]] = {}
    for row, ((west, north), (east, south)) in enumerate(zip(low, high, strict=True)):
        for column in range(west, east + 1):
            for line in range(north, south + 1):
                found.setdefault((column, line), []).append(row)
    return found


def _cut(layer: Layer, rows: list[int], place: tuple[int, int], zoom: int) -> dict[str, Any] | None:
    """One layer of one tile as the encoder wants it; None where nothing of it is there.

    Lines of one level and name are one feature; what stands first is drawn first.
    """
    edge = extent(zoom)
    corner = np.array(place) * edge
    low, high = corner - edge // _MARGIN, corner + edge + edge // _MARGIN
    shapes = layer.shapes[rows]
    is_area = shapely.get_dimensions(shapes) > 1
    box = shapely.box(*low, *high)
    shapes[~is_area] = shapely.clip_by_rect(shapes[~is_area], *low, *high)
    shapes[is_area] = shapely.intersection(shapes[is_area], box)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts = shapely.transform(parts, lambda xy: np.rint(xy - corner))
    by_word: dict[tuple[str, str, bool], list[Any]] = {}
    for part, row in zip(parts, owner.tolist(), strict=True):
        dimension = shapely.get_dimensions(part)
        if shapely.is_empty(part) or dimension < 1:
            continue
        word = (layer.kind[rows[row]], layer.title[rows[row]], dimension > 1)
        by_word.setdefault(word, []).append(part)
    features = [
        {
            "geometry": (shapely.MultiPolygon if area else shapely.MultiLineString)(group),
            "properties": {"kind": kind} | ({"name": name} if name else {}),
        }
        for (kind, name, area), group in sorted(by_word.items(), key=lambda item: item[0])
    ]
    return {"name": layer.name, "features": features} if features else None


def _encode(parts: list[dict[str, Any] | None], zoom: int) -> bytes:
    """The packed tile; b"" where it would hold nothing."""
    layers = [part for part in parts if part is not None]
    options = {
        "y_coord_down": True,
        "extents": extent(zoom),
        "on_invalid_geometry": on_invalid_geometry_make_valid,
    }
    data = mapbox_vector_tile.encode(layers, default_options=options) if layers else b""
    return _packed(data) if data else b""


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, _PACK_LEVEL, mtime=0)


def _header(layers: list[Layer]) -> dict[str, Any]:
    """What readers need to know first; the bounds are those of the streets."""
    shapes = layers[-1].shapes
    west, north, east, south = shapely.total_bounds(shapes).tolist() if len(shapes) else (0.5,) * 4
    low, high = _degrees_e7(west, south), _degrees_e7(east, north)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": low[0],
        "min_lat_e7": low[1],
        "max_lon_e7": high[0],
        "max_lat_e7": high[1],
    }


def _degrees_e7(x: float, y: float) -> tuple[int, int]:
    lat = math.degrees(math.atan(math.sinh((0.5 - y) * 2 * math.pi)))
    return round((x - 0.5) * 360 * 1e7), round(lat * 1e7)


def _metadata(drawing: Drawing) -> dict[str, Any]:
    fields = {"kind": "String", "name": "String"}
    return {
        "attribution": drawing.attribution,
        "vector_layers": [{"id": name, "fields": fields} for name in (WATER, STREETS)],
    }
