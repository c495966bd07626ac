"""Where the rows of a station import come from: a sheet, a list, or OpenStreetMap's places."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from geodata.columns import read_mapping
from geodata.pois import poi_rows
from geodata.tables import Rows, read_rows
from locator.errors import InputError
from locator.view import StreetStore

if TYPE_CHECKING:
    from locator.city import City


def read_station_rows(
    city: City, file: Path | None, *, mapping: Path | None = None, osm: str | None = None
) -> Rows:
    """Rows of a file, of the places in an OpenStreetMap file, or of those kept with the streets.

    Parameters
    ----------
    osm
        "TAG=VALUE": take the places with that tag. Without `file` they are those that came with
        the city's streets; streets from another format brought none, so there are no rows.

    Raises
    ------
    InputError
        Neither a file nor a tag, no streets yet, or a file that cannot be read.
    """
    if osm is None:
        if file is None:
            raise InputError("nothing to import: give a FILE, or --osm TAG=VALUE")
        return read_rows(file, mapping=read_mapping(mapping) if mapping else None)
    if mapping is not None:
        raise InputError("--mapping is for sheets: leave it out with --osm")
    if file is not None:
        from geodata.osm import read_osm

        return poi_rows(read_osm(file).pois, osm)
    folder = city.workspace.streets_folder()
    if folder is None:
        raise InputError(
            f"{city.workspace.path} has no streets yet, so no places came with them: "
            "run `locator streets import FILE` first, or give the OpenStreetMap file too"
        )
    return poi_rows(StreetStore(folder).pois, osm)
