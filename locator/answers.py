"""Answers as plain documents: the JSON of the command line and of the API, made in one place.

Keys are those of the command-line contract; what a later part of the product will fill is null.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from locator.errors import DataError, InputError
from locator.pieces import locate_on_streets
from locator.workspace import replace_text

if TYPE_CHECKING:
    from locator.coverage import Coverage
    from locator.nearest import Nearest
    from locator.view import CityView

_GDAL_DRIVERS = {".gpkg": "GPKG", ".shp": "ESRI Shapefile", ".fgb": "FlatGeobuf"}


NO_STATIONS = "there are no stations of that kind in use yet: import them first"


def nearest_document(
    view: CityView,
    point: tuple[float, float],
    *,
    k: int = 3,
    kind: str | None = None,
    mode: str = "walk",
    within_m: float | str = math.inf,
    datum: str = "wgs84",
) -> dict[str, Any]:
    """The answer to "where is the nearest station", with its way out where there is none.

    Where the nearest street leads to no station, `connected` tells the nearest street that does,
    and what can be reached from there; it is null in every other case.
    """
    asked: dict[str, Any] = {"k": k, "kind": kind, "mode": mode, "within_m": within_m}
    asked["datum"] = datum
    near = view.nearest(point, **asked)
    outcome = near.outcome[0]
    connected = None
    if outcome == "unreachable" and len(near.placement):
        other = view.nearest(point, **asked, connected=True)
        if other.outcome[0] != "outside":
            street, offset = other.snapped.street[:1], other.snapped.offset_m[:1]
            lonlat = view.to_lonlat(locate_on_streets(view.streets, street, offset))
            connected = {
                "lon": float(lonlat[0, 0]),
                "lat": float(lonlat[0, 1]),
                "street": view.streets.names[int(view.streets.name_code[street[0]])],
                "snap_m": _whole_mm(other.snap_m[0]),
                "outcome": other.outcome[0],
                "results": nearest_rows(view, other),
            }
    return {
        "outcome": outcome,
        "snap_m": _whole_mm(near.snap_m[0]),
        "results": nearest_rows(view, near),
        "connected": connected,
        "stations": len(near.placement),
    }


def nearest_rows(view: CityView, near: Nearest, query: int = 0) -> list[dict[str, Any]]:
    """One row per station found, nearest first."""
    rows = []
    for column, index in enumerate(near.index[query].tolist()):
        if index < 0:
            break
        station = view.stations[index]
        rows.append(
            {
                "code": station.code,
                "name": station.name,
                "kind": station.kind,
                "lon": station.lon_deg,
                "lat": station.lat_deg,
                "distance_m": _whole_mm(near.distance_m[query, column]),
                "time_s": round(float(near.time_s[query, column]), 3),
                "straight_m": _whole_mm(near.straight_m[query, column]),
                "snap_m": _whole_mm(near.station_snap_m(query, column)),
                "open": None,
                "closes_in_s": None,
                "sample": station.sample,
            }
        )
    return rows


def coverage_document(
    view: CityView, cover: Coverage, *, kind: str | None = None
) -> dict[str, Any]:
    """Totals, depth, gaps and islands (longest first), worst points (farthest first).

    `kind` is the kind of station the coverage was asked for.
    """
    gaps = gap_rows(view, cover)
    worst = sorted(gaps, key=lambda gap: -gap["farthest_m"])[:10]
    warnings = []
    if not len(view.placement(kind=kind, mode=cover.network.mode.code)):
        warnings.append(NO_STATIONS)
    if len(cover.unroutable):
        shown = name_few(view.stations.code[row] for row in cover.unroutable.tolist())
        warnings.append(f"{shown} stand on no street and cover nothing")
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
        "districts": [],
        "gaps": gaps,
        "worst": [
            {"lon": gap["lon"], "lat": gap["lat"], "distance_m": gap["farthest_m"],
             "streets": gap["streets"]}
            for gap in worst
        ],
        "islands": island_rows(view, cover, kind),
        "warnings": warnings,
    }  # fmt: skip


def gap_rows(view: CityView, cover: Coverage) -> list[dict[str, Any]]:
    """Each gap: length, its farthest point and the streets that hold most of it."""
    table = cover.gap_table
    if not len(table):
        return []
    lonlat = view.to_lonlat(cover.gap_points())
    return [
        {
            "length_m": float(table.length_m[i]),
            "farthest_m": float(table.farthest_m[i]),
            "lon": float(lonlat[i, 0]),
            "lat": float(lonlat[i, 1]),
            "streets": list(cover.gap_names(i)),
        }
        for i in range(len(table))
    ]


def island_rows(view: CityView, cover: Coverage, kind: str | None) -> list[dict[str, Any]]:
    """Each piece cut off from all stations, and how nearly it misses a street that is not."""
    islands = view.islands(cover, kind=kind)
    if not len(islands):
        return []
    streets = view.streets
    lonlat = view.to_lonlat(islands.xy_m)
    return [
        {
            "length_m": float(islands.length_m[i]),
            "miss_m": _whole_mm(islands.miss_m[i]),
            "lon": float(lonlat[i, 0]),
            "lat": float(lonlat[i, 1]),
            "street": streets.names[int(streets.name_code[islands.street[i]])],
        }
        for i in range(len(islands))
    ]


def write_gaps(view: CityView, cover: Coverage, path: Path) -> None:
    """Write the gaps with their lines, in WGS-84, by the file's ending.

    Raises
    ------
    InputError
        An ending that is not known.
    DataError
        The file cannot be written.
    """
    ending = path.suffix.lower()
    if ending not in {".geojson", ".json", *_GDAL_DRIVERS}:
        raise InputError(
            f"{path.name}: gaps are written as .geojson, .gpkg, .shp or .fgb; choose one of these"
        )
    if ending not in _GDAL_DRIVERS:
        replace_text(path, json.dumps(gaps_geojson(view, cover), ensure_ascii=False))
        return
    frame = cover.gaps().to_crs("EPSG:4326").drop(columns=["farthest_x_m", "farthest_y_m"])
    frame["lon"], frame["lat"] = view.to_lonlat(cover.gap_points()).reshape(-1, 2).T
    frame = frame.rename(columns={"farthest_m": "far_m"})  # Shapefile: ten letters
    frame["source"] = view.attribution
    try:
        frame.to_file(path, driver=_GDAL_DRIVERS[ending], engine="pyogrio")
    except (OSError, RuntimeError) as problem:  # pyogrio's own errors are RuntimeErrors
        raise DataError(f"cannot write {path}: {problem}") from problem


def gaps_geojson(view: CityView, cover: Coverage) -> dict[str, Any]:
    """The gaps as a GeoJSON document, with the attribution of the streets where one is owed."""
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
    document: dict[str, Any] = {"type": "FeatureCollection", "features": features}
    if view.attribution:
        document["attribution"] = view.attribution
    return document


def name_few(codes: Iterable[str], *, most: int = 5) -> str:
    """How many stations, and the codes of the first few.

    >>> name_few(["A", "B"], most=1)
    '2 stations (A, …)'
    """
    rows = list(codes)
    return f"{len(rows)} stations ({', '.join(rows[:most])}{', …' if len(rows) > most else ''})"


def _whole_mm(metres: float) -> float | None:
    """Metres to the millimetre; None where there is no way."""
    return round(float(metres), 3) if math.isfinite(metres) else None
