"""Districts of a sample: schematic borders halfway between towns of different districts."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

if TYPE_CHECKING:
    from geodata.sample_city.ground import Ground

_MANY = 1e6  # metres; farther than any sample reaches


class SampleDistrict(NamedTuple):
    """A district of a sample.

    Parameters
    ----------
    adcode, name, name_en
        Its code and names.
    population
        Residents as published.
    shape
        Polygon or MultiPolygon, WGS-84; the borders are schematic.
    note
        What must be said about the number of residents; "" for nothing.
    """

    adcode: str
    name: str
    name_en: str
    population: int
    shape: shapely.Geometry
    note: str = ""


def draw_districts(ground: Ground) -> list[SampleDistrict]:
    """Districts that fill the boundary without gap or overlap, in metres of the ground."""
    centres = shapely.multipoints(ground.bend.places[:, :2])
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            centres, extend_to=shapely.buffer(ground.boundary, _MANY), ordered=True
        )
    )
    owner = np.array([place.district for place in ground.plan.places])
    return [
        SampleDistrict(
            adcode=district.code,
            name=district.name,
            name_en=district.name_en,
            population=district.population,
            shape=shapely.intersection(
                shapely.union_all(cells[owner == district.code]), ground.boundary
            ),
            note=district.note,
        )
        for district in ground.plan.districts
    ]


def to_degrees(ground: Ground, shape: shapely.Geometry) -> shapely.Geometry:
    """A shape of the ground in WGS-84."""
    return shapely.transform(shape, ground.projection.to_lonlat)
