"""The sample city as a city folder: everything in it is invented, and says so."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.areas import Area
from geodata.extract import StreetExtract, Water
from locator.city import City, CityConfig
from locator.street_import import replace_streets
from locator.workspace import Workspace

if TYPE_CHECKING:
    from locator.version import Report


def make_sample_city(
    path: Path, *, scale: str = "city", seed: int = 0, report: Report | None = None
) -> dict[str, Any]:
    """Make a folder with the sample Nantong; returns the JSON document of the command.

    Parameters
    ----------
    path
        A new folder; it appears when everything is in it, so a stopped run leaves nothing.
    scale
        "city", about 100,000 street nodes, or "town", about 500.

    Raises
    ------
    InputError
        The folder is in use.
    """
    from geodata.sample_city import make_sample

    tell = report or (lambda _share, _text: None)
    started = time.perf_counter()
    config = CityConfig(name="南通（示例）", crs="EPSG:4549", code_prefix="NT", sample=True)
    Workspace(path).refuse_used()
    tell(0.0, "drawing the city")
    made = make_sample(scale, seed=seed)
    path = path.absolute()
    aside = path.with_name(f".{path.name}.making")
    shutil.rmtree(aside, ignore_errors=True)
    try:
        districts = [
            Area(d.shape, {"code": d.adcode, "name": d.name, "name_en": d.name_en,
                           "population": d.population})
            for d in made.districts
        ]  # fmt: skip
        area = Area(made.boundary, {"name": config.name})
        city = City.create(aside, config, boundary=[area], districts=districts)
        water = tuple(
            Water(f"sample/{i}", "area", name, shape)
            for i, (shape, name) in enumerate(zip(made.water, made.water_names, strict=True))
        )
        streets = replace_streets(
            city.workspace,
            city.config,
            StreetExtract(made.lines, (), water),
            areas=[area],
            report=lambda share, text: tell(0.4 + 0.4 * share, text),
        )
        tell(0.9, "stations")
        stations = city.import_stations(made.rows, datum="wgs84", source="sample")
        if path.is_dir():
            path.rmdir()  # an empty folder may be given
        aside.replace(path)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    tell(1.0, "done")
    return {
        "city": str(path),
        "streets": streets["edges"],
        "nodes": streets["nodes"],
        "stations": stations.added,
        "districts": len(districts),
        "seconds": round(time.perf_counter() - started, 3),
    }
