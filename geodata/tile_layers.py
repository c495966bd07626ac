"""What a basemap shows at which zoom: street lines and waters, before they are cut into tiles."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

if TYPE_CHECKING:
    from geodata.extract import Water

Floats = NDArray[np.float64]
Longs = NDArray[np.int64]
Shapes = NDArray[np.object_]

MIN_ZOOM, MAX_ZOOM = 5, 12
EXTENT = 4096
# 1.2 m on the ground at the equator, 1 m in Nantong: a pixel of zoom 17.
FINE_EXTENT = 8192
STREETS, WATER = "streets", "water"
# First zoom of each class of street, in the tiles; a map shows a tile one zoom later, since each
# is drawn 512 pixels wide. All classes that are not named here begin at MAX_ZOOM.
FIRST_ZOOM: Mapping[str, int] = {
    "motorway": 5,
    "trunk": 5,
    "primary": 7,
    "motorway_link": 9,
    "trunk_link": 9,
    "primary_link": 9,
    "secondary": 9,
    "tertiary": 11,
    "secondary_link": 11,
}
# What a map draws alike is alike in the tiles: levels, from the least to the greatest.
LEVELS: Mapping[str, tuple[str, ...]] = {
    "path": ("footway", "path", "cycleway", "steps", "track", "bridleway", "corridor"),
    "service": ("service", "busway"),
    "minor": ("residential", "unclassified", "living_street", "pedestrian", "road", ""),
    "tertiary": ("tertiary", "tertiary_link"),
    "secondary": ("secondary", "secondary_link"),
    "primary": ("primary", "primary_link"),
    "trunk": ("trunk", "trunk_link", "motorway", "motorway_link"),
}
# First zoom, in the tiles, at which a level's names are drawn; MAX_ZOOM for all others.
NAME_FIRST_ZOOM: Mapping[str, int] = {"trunk": 10, "primary": 11}
WATER_FIRST_ZOOM: Mapping[str, int] = {"area": 5, "coastline": 5, "river": 9, "canal": 10}
LATITUDE_LIMIT_DEG = 85.05112878  # where Web Mercator's square ends

_COARSE_UNITS = 4.0  # half a pixel of a tile that is drawn 512 pixels wide
_FINE_UNITS = 0.75
_LEAST_WATER_UNITS2 = 256.0  # two by two pixels


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """What a basemap shows.

    Parameters
    ----------
    lonlat_deg : (p, 2) float64, WGS-84
        Vertices of all streets, one street after the other.
    first : (n + 1,) int64
        Street i has the vertices first[i] .. first[i + 1]; at least two each.
    class_code : (n,) int
        Index into `classes` (highway classes; "" where unknown).
    name_code : (n,) int
        Index into `names`; "" where it has none.
    water
        Lakes, rivers and coasts.
    attribution
        Text that must be shown with it, "" where none is owed.
    """

    lonlat_deg: Floats
    first: Longs
    class_code: NDArray[np.integer[Any]]
    classes: tuple[str, ...]
    name_code: NDArray[np.integer[Any]]
    names: tuple[str, ...]
    water: tuple[Water, ...] = ()
    attribution: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Layer:
    """Lines or areas in Web Mercator's unit square, with what each says and where it begins."""

    name: str
    shapes: Shapes
    kind: tuple[str, ...]
    title: tuple[str, ...]
    first_zoom: Longs
    name_zoom: Longs

    def at(self, zoom: int) -> Layer:
        """What is shown at a zoom, in its units and without what it cannot show."""
        chosen = np.flatnonzero(self.first_zoom <= zoom)
        shapes = shapely.transform(self.shapes[chosen], lambda xy: xy * (extent(zoom) << zoom))
        units = _FINE_UNITS if zoom == MAX_ZOOM else _COARSE_UNITS
        is_area = shapely.get_dimensions(shapes) > 1
        shapes[~is_area] = shapely.simplify(shapes[~is_area], units, preserve_topology=False)
        shapes[is_area] = shapely.simplify(shapes[is_area], units)
        shown = ~is_area | (shapely.area(shapes) >= _LEAST_WATER_UNITS2)
        shown &= ~shapely.is_empty(shapes)
        kept = chosen[shown].tolist()
        return Layer(
            self.name,
            shapes[shown],
            tuple(self.kind[i] for i in kept),
            tuple(self.title[i] if self.name_zoom[i] <= zoom else "" for i in kept),
            self.first_zoom[kept],
            self.name_zoom[kept],
        )


def extent(zoom: int) -> int:
    """Units per edge of the tiles of one zoom."""
    return FINE_EXTENT if zoom == MAX_ZOOM else EXTENT


def first_zoom(street_class: str) -> int:
    """The zoom from which on streets of a class are in the tiles.

    >>> first_zoom("primary"), first_zoom("footway")
    (7, 12)
    """
    return FIRST_ZOOM.get(street_class, MAX_ZOOM)


_LEVEL = {street_class: level for level, classes in LEVELS.items() for street_class in classes}


def level_of(street_class: str) -> str:
    """What a street is drawn as; a class that is not known is a minor street.

    >>> level_of("footway"), level_of("motorway_link"), level_of("raceway")
    ('path', 'trunk', 'minor')
    """
    return _LEVEL.get(street_class, "minor")


def unit_square(lonlat_deg: Floats) -> Floats:
    """Web Mercator positions in a square from 0 to 1, y downwards.

    >>> unit_square(np.array([[0.0, 0.0]])).tolist()
    [[0.5, 0.5]]
    """
    lat = np.radians(np.clip(lonlat_deg[:, 1], -LATITUDE_LIMIT_DEG, LATITUDE_LIMIT_DEG))
    return np.column_stack(
        [lonlat_deg[:, 0] / 360.0 + 0.5, 0.5 - np.arcsinh(np.tan(lat)) / (2 * np.pi)]
    )


def street_layer(drawing: Drawing) -> Layer:
    """Streets, those of one level and name joined where they go on."""
    count = len(drawing.first) - 1
    lines = shapely.linestrings(
        unit_square(drawing.lonlat_deg),
        indices=np.repeat(np.arange(count), np.diff(drawing.first)),
    )
    told = [(level_of(name), first_zoom(name)) for name in drawing.classes]
    said = [
        (*told[c], drawing.names[n])
        for c, n in zip(drawing.class_code.tolist(), drawing.name_code.tolist(), strict=True)
    ]
    # By their words, not their numbers: the same streets in another order are the same map.
    words = sorted(set(said))
    number = {word: place for place, word in enumerate(words)}
    group = np.array([number[word] for word in said], np.int64)
    ordered = lines[np.lexsort((*shapely.bounds(lines).T[::-1], group))] if count else lines
    joined = shapely.multilinestrings(ordered, indices=np.sort(group)) if count else lines
    parts, word = shapely.get_parts(shapely.line_merge(joined), return_index=True)
    levels, zooms, titles = (
        zip(*(words[i] for i in word.tolist()), strict=True) if count else 3 * ((),)
    )
    return Layer(
        STREETS,
        parts,
        levels,
        titles,
        np.array(zooms, np.int64),
        np.array([NAME_FIRST_ZOOM.get(level, MAX_ZOOM) for level in levels], np.int64),
    )


def water_layer(waters: tuple[Water, ...]) -> Layer:
    """Waters as they came, the unknown kinds left out."""
    chosen = [water for water in waters if water.kind in WATER_FIRST_ZOOM]
    shapes = np.empty(len(chosen), np.object_)
    shapes[:] = [water.geometry for water in chosen]
    parts, owner = shapely.get_parts(shapely.transform(shapes, unit_square), return_index=True)
    kinds = tuple(chosen[i].kind for i in owner.tolist())
    zooms = np.array([WATER_FIRST_ZOOM[kind] for kind in kinds], np.int64)
    titles = tuple(chosen[i].name for i in owner.tolist())
    return Layer(WATER, parts, kinds, titles, zooms, zooms)
