"""Where the rows of a station import come from, and where an export of stations goes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.columns import read_mapping
from geodata.datum import parse_datum
from geodata.pois import NEAR_STREET, poi_rows
from geodata.tables import Rows, read_rows
from geodata.vocabulary import parse_kind, statuses_in_use
from locator.errors import InputError, NotFoundError
from locator.street_store import StreetStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from locator.city import City
    from locator.registry import Actor, Entry


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

        return _at_streets(city, poi_rows(read_osm(file).pois, osm))
    folder = city.workspace.streets_folder()
    if folder is None:
        raise InputError(
            f"{city.workspace.path} has no streets yet, so no places came with them: "
            "run `locator streets import FILE` first, or give the OpenStreetMap file too"
        )
    return _at_streets(city, poi_rows(StreetStore(folder).pois, osm))


def _at_streets(city: City, rows: Rows) -> Rows:
    """The rows, those without a name or address beside the street with a name that they are at.

    A map's number (node/7) tells nobody where a place is. The street is no address: it is used
    for the name that is made alone.
    """
    nameless = [at for at, row in enumerate(rows.rows) if not {"name", "address"} & {*row.values}]
    if not nameless or city.workspace.streets_folder() is None:
        return rows
    view = city.unbarred()
    streets = view.streets
    found = view.network("walk").snap(
        view.to_xy([(rows.rows[at].lon_deg, rows.rows[at].lat_deg) for at in nameless]),
        view.config.station_snap_m,
        allowed=streets.name_code != 0,
    )
    told = list(rows.rows)
    for at, street in zip(nameless, found.street.tolist(), strict=True):
        if street >= 0:
            near = streets.names[streets.name_code[street]]
            told[at] = replace(told[at], extra={**told[at].extra, NEAR_STREET: near})
    return replace(rows, rows=tuple(told))


def choose_district(city: City, entries: Sequence[Entry], district: str) -> list[Entry]:
    """Entries of one district, by its code or name; all of them for "".

    Raises
    ------
    NotFoundError
        Neither the city nor the list of districts has one of that code or name: "none" would be
        taken for "nothing to do".
    """
    from geodata.districts import current_code, find_district

    if not district:
        return list(entries)
    names = {str(area.properties.get("name", "")): area for area in city.districts()}
    if district in names:
        code = str(names[district].properties.get("code", ""))
    else:
        found = find_district(district)
        code = current_code(district) if found is None else found.code
        own = {str(area.properties.get("code", "")) for area in names.values()}
        if found is None and code not in {*own, *(entry.district_code for entry in entries)}:
            known = ", ".join(names) or "a code of six digits"
            raise NotFoundError(f"no district {district!r}; expected {known}")
    return [entry for entry in entries if entry.district_code == code]


def write_filled_template(
    city: City,
    file: Path,
    *,
    kind: str | None = None,
    district: str = "",
    private: Actor | None = None,
) -> dict[str, Any]:
    """Write the sheet for district offices with the stations as they are, closed ones left out.

    Parameters
    ----------
    kind
        Only that kind of station and its columns.
    district
        Only stations of that district, by code or name.
    private
        Who wants the private fields too, and why: that is kept. Without it those cells are blank,
        and an import of the sheet leaves them as they are.

    Raises
    ------
    InputError
        Unknown kind, a name that does not end with .xlsx, or private fields without a name and a
        reason.
    NotFoundError
        As of `choose_district`.
    DataError
        The file cannot be written; what stood there before is untouched.
    """
    from locator.registry.template import write_template

    with city.registry() as registry:
        entries = registry.entries() if private is None else registry.reveal_all(by=private)
        there = [entry for entry in entries if entry.status != "closed"]
        chosen = choose_district(city, there, district)
        reveal = None if private is None else registry.sealer.reveal
        count = write_template(file, kind=kind, entries=chosen, reveal=reveal)
    warnings = ["the file holds names and phones of keepers; keep it inside"] if private else []
    return {"written": str(file), "stations": count, "warnings": warnings}


def export_stations(
    city: City,
    file: Path,
    *,
    kind: str | None = None,
    datum: str = "wgs84",
    day: date | None = None,
    private: Actor | None = None,
    in_use: bool = False,
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
    in_use
        Only stations that people may be sent to.

    Raises
    ------
    InputError
        Unknown kind, datum or format, a day before the first record, or private fields without
        a name and a reason.
    DataError
        The file cannot be written; what stood there before is untouched.
    """
    from locator.registry.exchange import export_entries

    wanted = parse_kind(kind)
    if private is not None and day is not None:
        raise InputError("private fields of a past day are not exported: leave out --as-of")
    with city.registry() as registry:
        if private is not None:
            entries = registry.reveal_all(by=private)
        elif day is not None:
            city.refuse_before_records(registry, day)
            entries = registry.entries_as_of(day, zone=city.zone)
        else:
            entries = registry.entries()
        reveal = registry.sealer.reveal if private is not None else None
    used = statuses_in_use()
    chosen = [
        entry
        for entry in entries
        if wanted in (None, entry.kind) and (not in_use or entry.status in used)
    ]
    report = export_entries(chosen, file, private=private is not None, datum=datum, reveal=reveal)
    return {
        "written": str(file),
        "stations": report.stations,
        "columns": list(report.columns),
        "datum": parse_datum(datum),
        "warnings": list(report.warnings),
    }
