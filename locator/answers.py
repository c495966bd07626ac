"""Answers as plain documents: the JSON of the command line and of the API, made in one place.

Keys are those of the command-line contract; what a later part of the product will fill is null.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.vocabulary import facilities
from locator.area_answers import area_document, districts_at
from locator.errors import DataError, InputError
from locator.map_files import ENDINGS as MAP_ENDINGS
from locator.map_files import SAMPLE, label_map, write_map
from locator.modes import find_mode
from locator.nearest_answers import whole_mm
from locator.staff_rooms import public_share

if TYPE_CHECKING:
    from locator.coverage import Coverage
    from locator.open_coverage import OpenCoverage
    from locator.placement import Placement
    from locator.view import CityView

_GDAL_DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}


NO_STATIONS = "there are no stations of that kind in use yet: import them first"
NONE_OPEN = "no station of that kind is known to be open then"


def coverage_document(
    view: CityView,
    cover: Coverage,
    *,
    kind: str | None = None,
    by: str = "",
    demand: str = "",
    found: OpenCoverage | None = None,
) -> dict[str, Any]:
    """Totals, depth, gaps and islands (longest first), worst points (farthest first).

    Parameters
    ----------
    kind
        The kind of station the coverage was asked for.
    by, demand
        Also by the areas of a layer (`districts`), and for a demand beside length; see
        `CityView.counted`.
    found
        The moment that `cover` is of.
    """
    from locator.border import measure_border

    gaps = gap_rows(view, cover)
    worst = sorted(gaps, key=lambda gap: -gap["farthest_m"])[:10]
    placement = _placement_of(view, cover, kind, found)
    high = None if found is None else found.high
    warnings = station_warnings(view, kind=kind, mode=cover.network.mode.code)
    if found is not None and not len(placement):
        warnings.append(NONE_OPEN)
    buffer_m = view.buffer_m
    if view.has_boundary and cover.within_m > buffer_m:
        warnings.append(
            f"the limit of {cover.within_m:.0f} m is beyond the {buffer_m:.0f} m of streets kept "
            "around the city: stations outside may be missed; import with a larger --buffer"
        )
    return {
        "within_m": cover.within_m,
        "total_m": cover.total_m,
        "covered_m": cover.covered_m,
        "uncovered_m": cover.uncovered_m,
        "unreachable_m": cover.unreachable_m,
        "share": cover.share,
        "depth_m": cover.depth_m,
        **public_share(view, placement, (cover.network, cover.within_m),
                       share=cover.share, depth=cover.depth),
        **area_document(view, cover, placement, by=by, demand=demand, high=high),
        "gaps": gaps,
        "worst": [
            {"lon": gap["lon"], "lat": gap["lat"], "distance_m": gap["farthest_m"],
             "streets": gap["streets"], "district": gap["district"],
             "district_name": gap["district_name"]}
            for gap in worst
        ],
        "islands": island_rows(view, cover, kind, found),
        "border_m": measure_border(view, cover),
        "warnings": warnings,
        **({} if found is None else _moment(view, found)),
    }  # fmt: skip


def _moment(view: CityView, found: OpenCoverage) -> dict[str, Any]:
    """What the answer of a moment adds: the other end of the range, without staff rooms too."""
    document = found.to_json()
    high = found.high
    part = public_share(
        view, found.possible, (high.network, high.within_m),
        share=high.share, depth=high.depth,
    )  # fmt: skip
    return document | {"high": document["high"] | part}


def station_warnings(view: CityView, *, kind: str | None, mode: str) -> list[str]:
    """Why stations of a kind do not take part: there are none, they lack something, no street."""
    placement = view.placement(kind=kind, mode=mode)
    warnings = []
    lacking = view.lacking(mode, kind=kind)
    if any(lacking.values()):
        needs = "、".join(_facility_name(code) for code in find_mode(mode).requires)
        warnings.append(
            f"only stations that are known to have {needs} are counted by {mode}: left out are "
            f"{lacking['unknown']} at which it is not recorded and {lacking['no']} without it"
        )
    elif not len(placement):
        warnings.append(NO_STATIONS)
    if len(placement.unroutable):
        shown = name_few(view.stations.code[row] for row in placement.unroutable.tolist())
        warnings.append(f"{shown} stand on no street and cover nothing")
    return warnings


def _facility_name(code: str) -> str:
    """A facility in both languages, or its code where the list has lost it."""
    term = facilities().get(code)
    return code if term is None else f"{term.zh} {term.en}"


def _placement_of(
    view: CityView, cover: Coverage, kind: str | None, found: OpenCoverage | None
) -> Placement:
    """The stations that cover."""
    if found is not None:
        return found.placement
    network = cover.network
    return view.placement(kind=kind, mode=network.mode.code, timed=network.timed)


def gap_rows(view: CityView, cover: Coverage) -> list[dict[str, Any]]:
    """Each gap: length, its farthest point, the district of it, and the streets that hold most.

    `share` is its part of all that is not covered: one gap may be nearly all of it.
    """
    table = cover.gap_table
    if not len(table):
        return []
    points = cover.gap_points()
    lonlat = view.to_lonlat(points)
    districts = districts_at(view, points)
    whole = cover.uncovered_m
    return [
        {
            "length_m": float(table.length_m[i]),
            "farthest_m": float(table.farthest_m[i]),
            "lon": float(lonlat[i, 0]),
            "lat": float(lonlat[i, 1]),
            "district": None if district is None else district[0],
            "district_name": None if district is None else district[1],
            "share": float(table.length_m[i]) / whole if whole > 0 else 0.0,
            "streets": list(cover.gap_names(i)),
        }
        for i, district in enumerate(districts)
    ]


def island_rows(
    view: CityView, cover: Coverage, kind: str | None, found: OpenCoverage | None = None
) -> list[dict[str, Any]]:
    """Each piece cut off from all stations, and how nearly it misses a street that is not."""
    islands = view.islands(cover, kind=kind) if found is None else found.islands()
    if not len(islands):
        return []
    streets = view.streets
    lonlat = view.to_lonlat(islands.xy_m)
    return [
        {
            "length_m": float(islands.length_m[i]),
            "miss_m": whole_mm(islands.miss_m[i]),
            "lon": float(lonlat[i, 0]),
            "lat": float(lonlat[i, 1]),
            "street": streets.names[int(streets.name_code[islands.street[i]])],
        }
        for i in range(len(islands))
    ]


def write_gaps(view: CityView, cover: Coverage, path: Path) -> None:
    """Write the gaps with their lines, in WGS-84, by the file's ending; labelled as maps are.

    Raises
    ------
    InputError
        An ending that is not known.
    DataError
        The file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in {*MAP_ENDINGS, *_GDAL_DRIVERS}:
        raise InputError(
            f"{path.name}: gaps are written as .geojson, .gpkg, .shp or .fgb; choose one of these"
        )
    if ending not in _GDAL_DRIVERS:
        write_map(path, gaps_geojson(view, cover), view)
        return
    frame = cover.gaps().to_crs("EPSG:4326").drop(columns=["farthest_x_m", "farthest_y_m"])
    points = cover.gap_points()
    frame["lon"], frame["lat"] = view.to_lonlat(points).reshape(-1, 2).T
    frame["district"] = [found[1] if found else "" for found in districts_at(view, points)]
    frame = frame.rename(columns={"farthest_m": "far_m"})  # Shapefile: ten letters
    frame["source"] = view.attribution
    frame["label"] = SAMPLE if view.sample else ""
    try:
        frame.to_file(path, driver=_GDAL_DRIVERS[ending], engine="pyogrio")
    except (OSError, RuntimeError) as problem:  # pyogrio's own errors are RuntimeErrors
        raise DataError(f"cannot write {path}: {problem}") from problem


def gaps_geojson(view: CityView, cover: Coverage) -> dict[str, Any]:
    """The gaps as a GeoJSON document, with its source and, where invented, its label."""
    table = cover.gap_table
    lonlat, first = view.cut(*cover.pieces(table.piece))
    lonlat = np.round(lonlat, 7)
    lines = [lonlat[a:b].tolist() for a, b in pairwise(first.tolist())]
    features = [
        {
            "type": "Feature",
            "properties": row,
            "geometry": {
                "type": "MultiLineString",
                "coordinates": lines[table.first[i] : table.first[i + 1]],
            },
        }
        for i, row in enumerate(gap_rows(view, cover))
    ]
    return label_map({"type": "FeatureCollection", "features": features}, view)


def name_few(codes: Iterable[str], *, most: int = 5) -> str:
    """How many stations, and the codes of the first few.

    >>> name_few(["A", "B"], most=1)
    '2 stations (A, …)'
    """
    rows = list(codes)
    return f"{len(rows)} stations ({', '.join(rows[:most])}{', …' if len(rows) > most else ''})"
