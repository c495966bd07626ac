"""What a file of streets gives: lines, and the places and waters that came with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from geodata.lines import StreetLines

# Owed wherever data of OpenStreetMap is shown or exported (ODbL 1.0).
OSM_ATTRIBUTION = "© OpenStreetMap contributors"


class Poi(NamedTuple):
    """A place (point of interest) as OpenStreetMap has it.

    Parameters
    ----------
    id
        "node/123", "way/123" or "relation/123".
    lon_deg, lat_deg
        WGS-84; for an area a point inside it.
    tags
        All its tags.
    """

    id: str
    lon_deg: float
    lat_deg: float
    tags: dict[str, str]


class Water(NamedTuple):
    """A lake, river bed, river line or coast.

    Parameters
    ----------
    id
        As for `Poi`.
    kind
        "area", "river", "canal" or "coastline".
    name
        "" where it has none.
    geometry
        shapely MultiPolygon for an area, else LineString; WGS-84.
    """

    id: str
    kind: str
    name: str
    geometry: Any


@dataclass(frozen=True, slots=True, eq=False)
class StreetExtract:
    """What street files hold: streets always, the rest where the format knows it."""

    lines: StreetLines
    pois: tuple[Poi, ...] = ()
    water: tuple[Water, ...] = ()
