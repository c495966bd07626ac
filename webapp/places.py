"""Where a question starts: a position, or a place that a person can name.

A district or a street name is how one asks without a position: no location on the device, it was
refused, or the question is about a place elsewhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.areas import Area, read_areas
from locator.gazetteer import DISTRICT, Match, Place, is_clear
from locator.pieces import locate_on_streets
from locator.starts import Start, find_start
from webapp.params import NearestBody, ParameterError
from webapp.problems import make_problem

if TYPE_CHECKING:
    from locator.arrays import Bools, Floats
    from locator.view import CityView

_CODES, _NAMES = ("code", "adcode"), ("name", "name_zh")


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a question starts; `place` is None where somebody's own position was sent.

    `also_meant` are the other places that a typed text may mean, the best first.
    """

    lonlat: tuple[float, float]
    datum: str
    place: dict[str, float] | None
    also_meant: tuple[Place, ...] = ()


def find_origin(view: CityView, asked: NearestBody, start: Start | None = None) -> Origin:
    """The position that was sent, or one in the place that was named.

    `start` is what `meant` took the typed place for, where that was asked already.

    Raises
    ------
    ParameterError
        The city has no such district or street.
    """
    if asked.lon is not None and asked.lat is not None:
        return Origin((asked.lon, asked.lat), asked.datum, None)
    others: tuple[Place, ...] = ()
    refuse_unknown_district(view, asked.district)
    if asked.place:
        start = start or meant(view, asked.place, asked.district)
        lon, lat = _typed(view, asked, start)
        if start.outcome:  # several may be meant
            others = tuple(match.place for match in start.matches[1:])
    else:
        lon, lat = _find_place(view, asked)
    return Origin((lon, lat), "wgs84", {"lon": round(lon, 6), "lat": round(lat, 6)}, others)


def meant(view: CityView, text: str, district: str | None = None) -> Start:
    """Which place a typed text means, or which it may mean: one of each name in each district.

    Stretches of one street in one district are told apart by no words: the longest is meant.

    Parameters
    ----------
    district
        Code of the district in which it is looked for first.
    """
    name = district_names(view).get(district or "", "")
    start = find_start(view, f"{name} {text}" if name else text)
    told: dict[tuple[str, str, str], Match] = {}
    for match in start.matches:
        told.setdefault((match.place.name, match.place.district, match.place.code), match)
    matches = tuple(told.values())
    if start.outcome and is_clear(matches):
        best = matches[0].place
        return Start((best.lon_deg, best.lat_deg), "wgs84", matches)
    return replace(start, matches=matches)


def _typed(view: CityView, asked: NearestBody, start: Start) -> tuple[float, float]:
    """Where the place that was typed is, the best match where several may be meant."""
    if start.lonlat_deg is not None and not start.matches:
        return start.lonlat_deg
    if not start.matches:
        raise ParameterError([("place", make_problem("no_place"))])
    best = start.matches[0].place
    if best.kind == DISTRICT and best.code in _districts(view):  # as when it is chosen in the list
        chosen = {"place": None, "district": best.code}
        return _find_place(view, asked.model_copy(update=chosen))
    return best.lon_deg, best.lat_deg


def district_names(view: CityView) -> dict[str, str]:
    """Names of the city's districts by their codes, in file order; empty where it has none."""
    return {code: name for code, (name, _) in _districts(view).items()}


def refuse_unknown_district(view: CityView, code: str | None) -> None:
    """Raise ParameterError where neither the city's districts nor its stations have that code."""
    if code not in {None, *district_names(view), *view.stations.district_code}:
        raise ParameterError([("district", make_problem("no_district"))])


def district_places(view: CityView) -> list[dict[str, Any]]:
    """Districts in file order: code, name, and where a question about one starts from."""
    found = [
        (code, name, _district_middle(view, code)) for code, name in district_names(view).items()
    ]
    if not found:
        return []
    lonlat = view.to_lonlat(np.array([middle for _, _, middle in found]))
    return [
        {"code": code, "name": name, "lon": round(lon, 7), "lat": round(lat, 7)}
        for (code, name, _), (lon, lat) in zip(found, lonlat.tolist(), strict=True)
    ]


def district_labels(view: CityView) -> tuple[tuple[str, float, float], ...]:
    """Where a map writes the names of the districts: name, longitude, latitude."""
    return tuple(
        (name, round(point.x, 4), round(point.y, 4))
        for name, area in _districts(view).values()
        for point in [area.shape.representative_point()]
    )


def _find_place(view: CityView, asked: NearestBody) -> tuple[float, float]:
    """Longitude and latitude of a point on a street, in a district or of a name, or both."""
    aim = None if asked.district is None else _district_middle(view, asked.district)
    streets = view.streets
    usable = view.network(asked.mode).travel != 0
    if asked.street is not None:
        usable = _named(view, asked.street, usable)
    rows = np.flatnonzero(usable).astype(np.int32)
    if not len(rows):
        raise ParameterError([("mode", make_problem("no_way"))])
    middles = locate_on_streets(streets, rows, streets.length_m[rows] / 2)
    if aim is None:
        aim = middles.mean(axis=0)
    best = int(np.argmin(np.hypot(*(middles - aim).T)))
    lon, lat = view.to_lonlat(middles[best : best + 1])[0].tolist()
    return lon, lat


def _named(view: CityView, street: str, usable: Bools) -> Bools:
    """Streets of that name; else of the longest name that begins with it, or holds it.

    Streets the mode may not use (a fast road, for a walker) count only where there are no others.
    """
    streets = view.streets
    wanted = street.strip().casefold()
    names = [name.casefold() for name in streets.names]
    metres = np.bincount(streets.name_code, weights=streets.length_m * usable, minlength=len(names))
    for fits in (str.__eq__, str.startswith, str.__contains__):
        codes = [code for code, name in enumerate(names) if name and fits(name, wanted)]
        if codes:
            named = streets.name_code == max(codes, key=lambda code: float(metres[code]))
            both = np.asarray(named & usable)
            return both if both.any() else np.asarray(named)
    raise ParameterError([("street", make_problem("no_street"))])


def _district_middle(view: CityView, code: str) -> Floats:
    """The middle of a district's stations, which stand where people are; else of its area."""
    found = _districts(view).get(code)
    if found is None:
        raise ParameterError([("district", make_problem("no_district"))])
    there = [row for row, own in enumerate(view.stations.district_code) if own == code]
    if there:
        return np.asarray(np.median(view.stations.xy_m[there], axis=0))
    point = found[1].shape.representative_point()
    middle: Floats = view.to_xy([(point.x, point.y)])[0]
    return middle


def _districts(view: CityView) -> dict[str, tuple[str, Area]]:
    path = view.workspace.districts_path
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return {}
    return _read_districts(path, changed)


@lru_cache(maxsize=4)
def _read_districts(path: Path, _changed: int) -> dict[str, tuple[str, Area]]:
    """Districts by code; `_changed` makes a new file be read again."""
    found = {}
    for area in read_areas(path):
        code, name = _first(area.properties, _CODES), _first(area.properties, _NAMES)
        if code and name:
            found[code] = (name, area)
    return found


def _first(properties: Any, keys: tuple[str, ...]) -> str:
    return next((str(properties[key]) for key in keys if properties.get(key)), "")
