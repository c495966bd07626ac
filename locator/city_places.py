"""The places of a city that have a name: what its gazetteer is made of, and who asks it.

Apart from `locator.gazetteer`, which compares texts and knows no city.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.areas import read_areas
from locator.gazetteer import (
    CROSSING,
    DISTRICT,
    POI,
    STATION,
    STREET,
    Gazetteer,
    Match,
    Place,
    plain,
)
from locator.pieces import locate_on_streets

if TYPE_CHECKING:
    from collections.abc import Callable

    from locator.arrays import Bools, Floats, Ints
    from locator.streets import Streets
    from locator.version import CityVersion

_CELL_M = 1000.0  # parts of a street farther apart than about two cells are two streets
# As near the middle as the nearest: the first of them is taken, here and on a phone, which counts
# in decimetres.
_SAME_M = 1.0
_CODE, _NAME = ("code", "adcode"), ("name", "name_zh")
_BETWEEN = re.compile(r"[与和及&×+]")
_AT_CROSSING = re.compile(r"(?:路口|交叉口|交汇处|十字路口)$")


def build_gazetteer(view: CityVersion) -> Gazetteer:
    """The places of a city that have a name; O(streets + places)."""
    districts = read_districts(view)
    names = {code: name for code, name, _ in districts}
    places = [*_station_places(view, names), *_district_places(districts)]
    usable = np.asarray(view.network("walk").travel != 0)
    streets = _street_places(view, usable)
    pois = [
        Place(POI, poi.tags["name"], poi.lon_deg, poi.lat_deg)
        for poi in view.store.pois
        if poi.tags.get("name")
    ]
    return Gazetteer([*places, *_in_districts([*streets, *pois], districts)])


def gazetteer_of(view: CityVersion, make: Callable[[], Gazetteer] | None = None) -> Gazetteer:
    """The gazetteer of a city, made when it is first asked for; whatever barriers hold.

    `make` stands in for `build_gazetteer`, where it shall be made in another way.
    """
    kept: Gazetteer = view.kept_by_all(
        "gazetteer", make or (lambda: build_gazetteer(view.barrier_free()))
    )
    return kept


def find_place(view: CityVersion, text: str) -> list[Match]:
    """Places of a city that may be meant by a text, crossings of two streets too."""
    matches = gazetteer_of(view).find(text)
    if matches and matches[0].how in {"code", "name"}:
        return matches
    crossings = _find_crossings(view, text)
    if crossings is None:
        return matches
    # Streets that never meet: what is merely like their names is one of them, and not meant.
    return crossings or [match for match in matches if match.how not in {"slip", "sound"}]


def _find_crossings(view: CityVersion, text: str) -> list[Match] | None:
    """Where the two streets that a text names meet: 人民路与青年路; None where it names none."""
    parts = [plain(part) for part in _BETWEEN.split(_AT_CROSSING.sub("", text.strip()))]
    if len(parts) != 2 or not all(parts):  # noqa: PLR2004
        return None
    streets = view.streets
    names = [plain(name) for name in streets.names]
    codes = [[code for code, name in enumerate(names) if name and name == part] for part in parts]
    if not any(codes):
        return None
    meets = np.ones(len(streets.node_xy_m), bool)
    for own in codes:
        there = np.zeros(len(meets), bool)
        there[streets.ends[np.isin(streets.name_code, own)]] = True
        meets &= there
    nodes = np.flatnonzero(meets)
    # crossings of divided streets are several nodes side by side: one place is enough
    kept: list[int] = []
    for node in nodes.tolist():
        gaps = streets.node_xy_m[kept] - streets.node_xy_m[node]
        if not kept or np.hypot(*gaps.T).min() > _CELL_M / 10:
            kept.append(node)
    lonlat = view.to_lonlat(streets.node_xy_m[kept]).reshape(-1, 2)
    return [
        Match(Place(CROSSING, text.strip(), lon, lat), 100.0, "name")
        for lon, lat in lonlat.tolist()
    ]


def _station_places(view: CityVersion, districts: dict[str, str]) -> list[Place]:
    usable = view.stations.is_usable
    return [
        Place(
            STATION, station.name, station.lon_deg, station.lat_deg, station.code,
            districts.get(station.district_code, ""),
        )
        for row, station in enumerate(view.stations)
        if usable[row] and station.name
    ]  # fmt: skip


def read_districts(view: CityVersion) -> list[tuple[str, str, Any]]:
    """Code, name and area of each district; none where the city has no file of them."""
    if not view.workspace.districts_path.exists():
        return []
    found = []
    for area in read_areas(view.workspace.districts_path):
        code, name = (
            next((str(area.properties[key]) for key in keys if area.properties.get(key)), "")
            for keys in (_CODE, _NAME)
        )
        if name:
            found.append((code, name, area.shape))
    return found


def _district_places(districts: list[tuple[str, str, Any]]) -> list[Place]:
    places = []
    for code, name, shape in districts:
        point = shape.representative_point()
        places.append(Place(DISTRICT, name, point.x, point.y, code, name))
    return places


def _in_districts(places: list[Place], districts: list[tuple[str, str, Any]]) -> list[Place]:
    """The same places with the name of the first district that holds them."""
    import shapely

    lonlat = np.array([(place.lon_deg, place.lat_deg) for place in places]).reshape(-1, 2)
    name = np.full(len(places), "", dtype=object)
    for _, district, shape in reversed(districts):
        shapely.prepare(shape)
        name[shapely.contains_xy(shape, lonlat)] = district
    return [
        Place(one.kind, one.name, one.lon_deg, one.lat_deg, one.code, own, one.size_m)
        for one, own in zip(places, name.tolist(), strict=True)
    ]


def _street_places(view: CityVersion, usable: Bools) -> list[Place]:
    """A place for each stretch of streets of one name that lies together."""
    streets = view.streets
    rows = np.flatnonzero(usable & (streets.name_code > 0)).astype(np.int32)
    if not len(rows):
        return []
    middles = locate_on_streets(streets, rows, streets.length_m[rows] / 2)
    group = _group_streets(streets, rows, middles)
    weight = np.maximum(streets.length_m[rows], 1e-3)
    total = np.bincount(group, weights=weight)
    mean = np.column_stack(
        [np.bincount(group, weights=weight * column) / total for column in middles.T]
    )
    away = np.hypot(*(middles - mean[group]).T)
    least = np.full(len(total), np.inf)
    np.minimum.at(least, group, away)
    order = np.lexsort((rows, away > least[group] + _SAME_M, group))
    chosen = order[np.searchsorted(group[order], np.arange(len(total)))]
    lonlat = view.to_lonlat(middles[chosen]).reshape(-1, 2).tolist()
    return [
        Place(STREET, streets.names[int(streets.name_code[rows[at]])], lon, lat, size_m=float(size))
        for at, (lon, lat), size in zip(chosen.tolist(), lonlat, total.tolist(), strict=True)
    ]


def _group_streets(streets: Streets, rows: Ints, middles: Floats) -> Ints:
    """Number of the stretch of each street: the same name, in cells that touch."""
    cells = np.floor(middles / _CELL_M).astype(np.int64)
    keys = np.column_stack((streets.name_code[rows], cells))
    unique, member = np.unique(keys, axis=0, return_inverse=True)
    place = {tuple(key): row for row, key in enumerate(unique.tolist())}
    label = list(range(len(unique)))

    def root(row: int) -> int:
        while label[row] != row:
            label[row] = label[label[row]]
            row = label[row]
        return row

    for row, (name, x, y) in enumerate(unique.tolist()):
        for step in ((1, -1), (1, 0), (1, 1), (0, 1)):
            other = place.get((name, x + step[0], y + step[1]))
            if other is not None:
                label[root(other)] = root(row)
    roots = np.array([root(row) for row in range(len(unique))])
    _, group = np.unique(roots, return_inverse=True)
    return np.asarray(group[member.reshape(-1)], np.int32)
