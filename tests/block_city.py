"""A city folder of square blocks with a few stations: made in a moment, answers known on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.tables import rows_from_records
from locator.city import City, CityConfig
from locator.stations import Station, Stations
from tests.grids import lonlat, write_streets

if TYPE_CHECKING:
    from locator.view import CityView


def make_block_city(
    folder: Path, places_m: list[tuple[float, float]], *, blocks: int = 6, **config: Any
) -> City:
    """Blocks of 100 m; stations at places in metres from the south-west corner."""
    city = City.create(folder, CityConfig(name="方城", crs="EPSG:4549", **config))
    file = folder.with_suffix(".geojson")
    city.import_streets([write_streets(file, blocks=blocks)])
    records = []
    for i, place in enumerate(places_m, start=1):
        lon, lat = lonlat(*place)
        records.append({"name": f"站{i}", "lon": lon, "lat": lat, "kind": "驿站"})
    if records:
        city.import_stations(rows_from_records(records, source="list"))
    return city


def with_places(view: CityView, places_m: list[tuple[float, float]], **facts: Any) -> CityView:
    """The same streets with these stations alone; facts are lists, a value for each."""
    records = []
    for i, place in enumerate(places_m):
        lon, lat = lonlat(*place)
        own = {name: values[i] for name, values in facts.items()}
        records.append(Station(f"T-{i}", f"站{i}", "rest_station", lon, lat, **own))
    return view.with_stations(Stations.from_records(records), f"places {places_m}")
