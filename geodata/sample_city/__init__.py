"""A sample city: a schematic Nantong grown by code, and a small town for tests.

Real are the facts of the plan (`geodata/data/sample_nantong.toml`): the districts, their seats and
residents, names of roads and waters. Drawn by hand are the outline, the shores and the canals;
district borders run halfway between towns. All the rest, every street and above all every
station, is invented by code from a seed: no third-party data is in it, and nothing is owed.

The modules, in the order in which a sample comes to be: `plan` (read), `bend` and `ground`
(bring to metres), `fabric` (grow streets on a grid), `names`, `styles`, `ways` (bend them into
place), `water` (banks and bridges), `special` (what is not at grade), `streets`, `areas`,
`stations`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import InputError
from geodata.sample_city.areas import SampleDistrict, draw_districts, to_degrees
from geodata.sample_city.ground import lay_ground
from geodata.sample_city.plan import read_plan
from geodata.sample_city.stations import place_stations
from geodata.sample_city.streets import build_sample_streets
from geodata.tables import Rows, rows_from_records

if TYPE_CHECKING:
    from geodata.lines import StreetLines

__all__ = ["SampleCity", "SampleDistrict", "make_sample"]


@dataclass(frozen=True, slots=True, eq=False)
class SampleCity:
    """A sample; everything in WGS-84.

    Parameters
    ----------
    name, name_en, note
        What it is called, and the sentence that must stand beside it.
    lines
        Its streets.
    stations
        Invented stations as cells of a table, headings as in `geodata/data/columns.toml`.
    water, water_names
        Polygons of sea and Yangtze (first, also beyond the boundary) and of the rivers, and
        their names.
    districts
        They fill the boundary.
    boundary
        The whole area with its share of water.
    attribution
        Empty: nothing in it belongs to others.
    """

    name: str
    name_en: str
    note: str
    lines: StreetLines
    stations: tuple[dict[str, Any], ...]
    water: tuple[shapely.Geometry, ...]
    water_names: tuple[str, ...]
    districts: tuple[SampleDistrict, ...]
    boundary: shapely.Geometry
    attribution: str = ""

    @property
    def rows(self) -> Rows:
        """The stations as rows that a registry imports."""
        return rows_from_records(self.stations, source="sample")


def make_sample(scale: str = "city", *, seed: int = 0) -> SampleCity:
    """A sample city, the same for the same seed.

    Parameters
    ----------
    scale
        "city": Nantong with about 100,000 street nodes and 745 stations; "town": about 500 nodes
        with the same ingredients.
    seed
        >= 0; streets between the named roads, villages, and all stations follow from it.

    Raises
    ------
    InputError
        There is no such scale, or the seed is negative.

    Notes
    -----
    About 6 s of one processor for the city, half a second for the town.

    Examples
    --------
    >>> town = make_sample("town")
    >>> all(row["sample"] and row["name"].startswith("示例") for row in town.stations)
    True
    """
    if seed < 0:
        raise InputError(f"got seed {seed}; expected a whole number from 0")
    plan = read_plan(scale)
    ground_rng, street_rng, station_rng = (np.random.default_rng([seed, step]) for step in range(3))
    ground = lay_ground(plan, ground_rng)
    streets = build_sample_streets(ground, street_rng)
    districts = draw_districts(ground)
    stations = place_stations(ground, streets, districts, station_rng)
    shown = tuple(d._replace(shape=to_degrees(ground, d.shape)) for d in districts)
    return SampleCity(
        name=plan.name,
        name_en=plan.name_en,
        note=plan.note,
        lines=streets.lines,
        stations=tuple(stations),
        water=tuple(to_degrees(ground, shape) for shape in (ground.open_water, *ground.rivers)),
        water_names=(plan.open_water, *(river.name for river in plan.rivers)),
        districts=shown,
        boundary=shapely.union_all([district.shape for district in shown]),
    )
