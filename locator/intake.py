"""Where the rows of a station import come from, and where an export of stations goes."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.columns import read_mapping
from geodata.datum import parse_datum
from geodata.pois import poi_rows
from geodata.tables import Rows, read_rows
from geodata.vocabulary import kinds
from locator.errors import InputError
from locator.view import StreetStore

if TYPE_CHECKING:
    from locator.city import City
    from locator.registry import Actor


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


def export_stations(
    city: City,
    file: Path,
    *,
    kind: str | None = None,
    datum: str = "wgs84",
    day: date | None = None,
    private: Actor | None = None,
) -> dict[str, Any]:
    """Write the stations to a sheet or a map file; returns the JSON document of the command.

    Parameters
    ----------
    kind
        Only that kind of station, by code or a known word.
    datum
        Datum of the positions; any but WGS-84 is said loudly inside the file.
    day
        As they were at the end of that day.
    private
        Who wants the private fields too, and why: that is kept. Without it they stay here.

    Raises
    ------
    InputError
        Unknown kind, datum or format, or private fields without a name and a reason.
    DataError
        The file cannot be written; what stood there before is untouched.
    """
    from locator.registry.exchange import export_entries

    wanted = None if kind is None else kinds().parse(kind)
    if kind is not None and wanted is None:
        raise InputError(f"unknown kind {kind!r}; expected one of {', '.join(kinds().codes)}")
    if private is not None and day is not None:
        raise InputError("private fields of a past day are not exported: leave out --as-of")
    with city.registry() as registry:
        if private is not None:
            entries = registry.reveal_all(by=private)
        elif day is not None:
            entries = registry.entries_as_of(day, zone=city.zone)
        else:
            entries = registry.entries()
    chosen = [entry for entry in entries if wanted in (None, entry.kind)]
    report = export_entries(
        chosen,
        file,
        private=private is not None,
        datum=datum,
        reveal=(lambda _field, text: text) if private is not None else None,  # opened above
    )
    return {
        "written": str(file),
        "stations": report.stations,
        "columns": list(report.columns),
        "datum": parse_datum(datum),
        "warnings": list(report.warnings),
    }
