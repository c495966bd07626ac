"""What a city knows about its ground: streets, waters and districts, in metres of one CRS.

Stations are checked against it (`locator.place_checks`, `locator.datum_check`). Whatever is not
known is empty, and then nothing is claimed from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.areas import read_areas
from geodata.districts import districts as listed_districts
from geodata.districts import mgmt_areas, old_codes
from locator.errors import InputError
from locator.street_names import StreetNames

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from shapely.geometry.base import BaseGeometry

    from geodata.areas import Area
    from geodata.projection import Projection
    from locator.arrays import Floats, Longs
    from locator.network import StreetNetwork
    from locator.version import CityVersion

_CODE_KEYS = ("code", "adcode", "district_code")
_NAME_KEYS = ("name", "zh", "NAME")
# After a district's name these make it a part of another name: 如皋市场, 海门区政府路.
_NOT_AFTER = r"(?!场|路|街|大道|巷|弄|桥|公园)"


@dataclass(frozen=True, slots=True, eq=False)
class KnownDistrict:
    """A district whose area is known.

    Parameters
    ----------
    code
        In use today; "" where the file gives none.
    shape
        In metres of the city's CRS.
    middles_m : (k, 2)
        Its centroid, and the point that the file gives as its seat, if any: where geocoders put
        an address that they do not find.
    """

    code: str
    name: str
    shape: BaseGeometry
    middles_m: Floats


@dataclass(frozen=True, eq=False)
class Ground:
    """Streets, waters and districts of one city; `make_ground` and `read_ground` make it.

    Parameters
    ----------
    projection
        The CRS of all metres here.
    network
        Streets on foot; None where there are none yet.
    snap_limit_m
        A station farther than this from any walkable street cannot be reached.
    water : array of polygons
    districts
        By code in use; several areas that became one district are one.
    recode
        Codes given up, and of areas managed like districts, to the district's code in use.
    """

    projection: Projection
    network: StreetNetwork | None
    snap_limit_m: float
    water: NDArray[Any]
    districts: Mapping[str, KnownDistrict]
    recode: Mapping[str, str]

    @cached_property
    def street_names(self) -> StreetNames | None:
        """The names of the streets; None where there are no streets."""
        return None if self.network is None else StreetNames(self.network.streets)

    @cached_property
    def bounds_m(self) -> Floats:
        """South-west and north-east corner of the streets, (2, 2); empty where there are none."""
        if self.network is None:
            return np.array([[np.inf, np.inf], [-np.inf, -np.inf]])
        xy_m = self.network.streets.xy_m
        return np.array([xy_m.min(axis=0), xy_m.max(axis=0)])

    @cached_property
    def _water_tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.water)

    def water_at(self, xy_m: Floats) -> Longs:
        """Per point the place in `water` of a water that holds it, -1 on land."""
        held = np.full(len(xy_m), -1)
        if len(self.water):
            point, water = self._water_tree.query(shapely.points(xy_m))
            # Prepared polygons answer for many points at once; a predicate of the tree would not.
            inside = shapely.contains_xy(self.water[water], xy_m[point, 0], xy_m[point, 1])
            held[point[inside]] = water[inside]
        return held

    def in_use(self, code: str) -> str:
        """The code of a district today."""
        return self.recode.get(code, code)

    def district_at(self, xy_m: Floats) -> KnownDistrict | None:
        """The district that holds one point."""
        point = shapely.Point(xy_m)
        for district in self.districts.values():
            if district.shape.intersects(point):
                return district
        return None

    def named_districts(self, address: str) -> set[str]:
        """Codes of the known districts that an address names in full."""
        found = self._names_pattern.findall(address) if self.districts else []
        return {self._code_of_name[name] for name in found}

    @cached_property
    def _code_of_name(self) -> dict[str, str]:
        """Names in full, former ones too, to codes."""
        names = {d.name: code for code, d in self.districts.items() if len(d.name) > 1}
        for district in listed_districts():
            if district.code in self.districts:
                names |= {name: district.code for name in district.names if not name.isascii()}
        return names

    @cached_property
    def _names_pattern(self) -> re.Pattern[str]:
        names = sorted(self._code_of_name, key=len, reverse=True)
        return re.compile(f"({'|'.join(map(re.escape, names))}){_NOT_AFTER}")


def make_ground(
    projection: Projection,
    network: StreetNetwork | None = None,
    *,
    snap_limit_m: float = 200.0,
    water: Iterable[BaseGeometry] = (),
    districts: Iterable[Area] = (),
    recode: Mapping[str, str] | None = None,
) -> Ground:
    """The ground from its parts.

    Parameters
    ----------
    water
        WGS-84; only polygons count, a line says nothing of the width of its water.
    districts
        WGS-84, with a code and a name among their properties.
    recode
        Old codes to those in use; those of `geodata.districts` where None.
    """
    areas = [shape for shape in water if shape.geom_type in ("Polygon", "MultiPolygon")]
    polygons = shapely.get_parts(shapely.transform(np.array(areas, object), projection.to_xy))
    shapely.prepare(polygons)
    known = dict(old_codes()) if recode is None else dict(recode)
    if recode is None:
        known |= {area.code: area.district for area in mgmt_areas() if area.code and area.district}
    return Ground(
        projection=projection,
        network=network,
        snap_limit_m=snap_limit_m,
        water=polygons,
        districts=_united(_read_districts(districts, projection, known)),
        recode=known,
    )


def read_ground(view: CityVersion) -> Ground:
    """The ground of a city folder."""
    folder = view.workspace
    return make_ground(
        view.store.projection,
        view.network("walk"),
        snap_limit_m=view.config.station_snap_m,
        water=[area.shape for area in _areas(view.store.water_path)],
        districts=_areas(folder.districts_path),
    )


def _areas(path: Any) -> list[Area]:
    """Areas of one of our own files; it may be missing, or hold only lines."""
    try:
        return read_areas(path) if path.exists() else []
    except InputError:
        return []


def _read_districts(
    areas: Iterable[Area], projection: Projection, recode: Mapping[str, str]
) -> Iterator[KnownDistrict]:
    for area in areas:
        code = _property(area, _CODE_KEYS)
        shape = shapely.transform(area.shape, projection.to_xy)
        middles = [np.asarray(shapely.get_coordinates(shapely.centroid(shape)))]
        match area.properties.get("center"):
            case [float() | int() as lon_deg, float() | int() as lat_deg]:
                middles.append(projection.to_xy([[lon_deg, lat_deg]]))
        yield KnownDistrict(
            recode.get(code, code), _property(area, _NAME_KEYS), shape, np.vstack(middles)
        )


def _property(area: Area, keys: Iterable[str]) -> str:
    for key in keys:
        value = area.properties.get(key)
        if value not in (None, ""):
            return str(value).removesuffix(".0").strip()
    return ""


def _united(found: Iterable[KnownDistrict]) -> dict[str, KnownDistrict]:
    """Districts by code, or name where there is no code; parts of one are put together."""
    groups: dict[str, list[KnownDistrict]] = {}
    for district in found:
        groups.setdefault(district.code or district.name, []).append(district)
    united = {}
    for key, parts in groups.items():
        shape = shapely.union_all([part.shape for part in parts])
        shapely.prepare(shape)
        middles = np.vstack([part.middles_m for part in parts])
        united[key] = KnownDistrict(parts[0].code, parts[0].name, shape, middles)
    united.pop("", None)
    return united
