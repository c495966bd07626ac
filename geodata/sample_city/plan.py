"""The plan of a sample: what is known of the place, read from `geodata/data/sample_*.toml`.

Facts, names and hand-drawn shapes are data; how streets grow between them is code
(`geodata.sample_city.fabric` and its neighbours).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from geodata.datum import to_wgs84
from geodata.errors import InputError
from geodata.vocabulary import read_data

SCALES = {"city": "sample_nantong.toml", "town": "sample_town.toml"}
NORTH, EAST = 0, 1
"""The way a line runs: at a constant x (north to south), or at a constant y."""

Ring = tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Place:
    """A town: its centre, how far it reaches, how small its blocks are.

    Parameters
    ----------
    turn_deg
        How far its streets are turned against north; 0 leaves it to chance.
    """

    name: str
    district: str
    seat: bool
    lon_deg: float
    lat_deg: float
    radius_m: float
    block_m: float
    turn_deg: float


@dataclass(frozen=True, slots=True)
class Road:
    """A road of the plan; along `axis`, at a longitude (NORTH) or latitude (EAST).

    Parameters
    ----------
    names, breaks_deg
        Its names from south or west, and where one gives way to the next.
    layout
        "single", "dual", "cycle", "elevated" or "tunnel".
    """

    names: tuple[str, ...]
    breaks_deg: tuple[float, ...]
    axis: int
    at_deg: float
    from_deg: float
    to_deg: float
    highway: str
    layout: str


@dataclass(frozen=True, slots=True)
class River:
    """A canal or moat.

    Parameters
    ----------
    paths
        Courses: lon, lat and width in metres.
    bridges
        At how many places it is bridged; 0 for every `spacing_m`.
    walk, walk_class
        Name and class of the way along its banks; "" for none.
    """

    name: str
    paths: tuple[tuple[tuple[float, float, float], ...], ...]
    bridges: int = 0
    spacing_m: float = 1500.0
    walk: str = ""
    walk_class: str = "residential"


@dataclass(frozen=True, slots=True)
class District:
    """A district, its residents and what must be said about that number."""

    code: str
    name: str
    name_en: str
    population: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """All that is given of a sample before the first street is grown.

    Parameters
    ----------
    land_border, shoreline, water_border
        Open lines with common ends: land and `shoreline` enclose the mainland, land and
        `water_border` the whole area with its share of the sea and the river.
    beyond
        Ring of open water to show, also outside the area; land inside it is left out.
    islands, parks
        Name to ring.
    street_names
        Signs that street names are made of, and their endings by highway class.
    stations
        What stations are made of: counts, shares and words.
    """

    name: str
    name_en: str
    note: str
    crs: str
    rural_block_m: float
    village_spacing_m: float
    shore_road: str
    open_water: str
    land_border: Ring
    shoreline: Ring
    water_border: Ring
    beyond: Ring
    islands: dict[str, Ring]
    parks: dict[str, Ring]
    rivers: tuple[River, ...]
    districts: tuple[District, ...]
    places: tuple[Place, ...]
    roads: tuple[Road, ...]
    street_names: dict[str, str]
    stations: dict[str, Any]


def read_plan(scale: str) -> Plan:
    """The plan of one scale.

    Raises
    ------
    InputError
        There is no such scale.

    Examples
    --------
    >>> sum(district.population for district in read_plan("city").districts)
    7726635
    """
    if scale not in SCALES:
        raise InputError(f"no sample of scale {scale!r}; expected one of {', '.join(SCALES)}")
    data, words = read_data(SCALES[scale]), read_data("sample_words.toml")
    shape = data["shape"]
    return Plan(
        name=data["name"],
        name_en=data["name_en"],
        note=data["note"],
        crs=data["crs"],
        rural_block_m=data["rural_block_m"],
        village_spacing_m=data["village_spacing_m"],
        shore_road=data["shore_road"],
        open_water=data["open_water"],
        land_border=_ring(shape["land_border"]),
        shoreline=_ring(shape["shoreline"]),
        water_border=_ring(shape["water_border"]),
        beyond=_ring(shape["beyond"]),
        islands={entry["name"]: _ring(entry["ring"]) for entry in data["island"]},
        parks={entry["name"]: _ring(entry["ring"]) for entry in data.get("park", ())},
        rivers=tuple(_river(entry) for entry in data["river"]),
        districts=tuple(District(**entry) for entry in data["district"]),
        places=_places(data),
        roads=tuple(_road(*row) for row in data["roads"]["list"]),
        street_names=words.pop("street_names"),
        stations=words | data["stations"],
    )


def _ring(points: list[list[float]]) -> Ring:
    return tuple((lon, lat) for lon, lat in points)


def _river(entry: dict[str, Any]) -> River:
    paths = tuple(
        tuple((lon, lat, width) for lon, lat, width in path) for path in entry.pop("paths")
    )
    return River(paths=paths, **entry)


def _road(names: str, axis: str, *rest: Any) -> Road:
    """A row of the plan; names stand between the places where they change."""
    parts = names.split("|")
    breaks = tuple(float(part) for part in parts[1::2])
    return Road(tuple(parts[::2]), breaks, NORTH if axis == "ns" else EAST, *rest)


def _places(data: dict[str, Any]) -> tuple[Place, ...]:
    """Seats first, brought to WGS-84 from the datum they were published in."""
    places = []
    for table, seat in (("seats", True), ("places", False)):
        for district, rows in data[table].items():
            for name, lon, lat, radius_m, block_m, turn_deg in rows:
                datum = data["seat_datum"] if seat else "wgs84"
                lon_deg, lat_deg = to_wgs84([lon, lat], datum).tolist()
                places.append(
                    Place(name, district, seat, lon_deg, lat_deg, radius_m, block_m, turn_deg)
                )
    return tuple(places)
