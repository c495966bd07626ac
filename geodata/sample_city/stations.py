"""Invented stations along the streets of a sample, with the shares of everything as published.

Shares are kept as quotas, not as chances: 6.5 % of 314 rest stations are 20, whatever the seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from geodata.lines import ELEVATED, FOOT, TUNNEL
from geodata.sample_city.streets import SampleStreets, rule_ways
from geodata.sample_city.styles import CLASSES
from geodata.vocabulary import facilities

if TYPE_CHECKING:
    from geodata.sample_city.areas import SampleDistrict
    from geodata.sample_city.ground import Ground

Longs = NDArray[np.int64]
Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_DISTRICT_CANDIDATES = 6000
_PLAIN_BLOCK_M = 150.0
_LEAST_LENGTH_M = 12.0
_GRAIN_M = 20.0  # finer than density is known
_APART = 2.4  # block sizes between stations of a kind
# who puts a station where: streets before lanes, no farm tracks
_CLASS_WEIGHT = {
    "primary": 1.6, "secondary": 1.6, "tertiary": 1.4, "unclassified": 0.5, "residential": 1.0,
    "living_street": 1.2, "service": 0.5, "footway": 0.3,
}  # fmt: skip
_SUFFIX = {
    "rest_station": ("爱心驿站", "户外劳动者驿站"),
    "mother_baby_room": ("爱心母婴室",),
    "carnation_station": ("康乃馨服务站",),
    "worker_home": ("司机之家", "骑手之家", "快递职工之家"),
}
_MARK, _PLACE_NOTE = "示例", "位置虚构"


@dataclass(frozen=True, slots=True, eq=False)
class _Spots:
    """Places where a station could stand: position in metres, way, block size, district row."""

    xy_m: Floats
    way: Longs
    size_m: Floats
    district: Longs


def place_stations(
    ground: Ground,
    streets: SampleStreets,
    districts: Sequence[SampleDistrict],
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Station rows by kind and district; keys as in `geodata/data/columns.toml`."""
    spec = ground.plan.stations
    spots = _draw_spots(ground, streets, districts, rng)
    island = _find_island_spot(ground, streets, spots)
    rows: list[dict[str, Any]] = []
    for number, (kind, total) in enumerate(spec["counts"].items()):
        quotas = list(share_out(total, {d.adcode: d.population for d in districts}).values())
        first = [] if island is None or rows else [island]  # one station that no bridge leads to
        own = streets.reached[spots.way] & (
            np.arange(len(spots.way)) % len(spec["counts"]) == number
        )
        chosen = _choose_spots(spots, own, quotas, first, tuple(spec["spacing_m"]))
        attributes = _draw_attributes(spec, kind, len(chosen), rng)
        lonlat = ground.projection.to_lonlat(spots.xy_m[chosen]).round(6).tolist()
        for spot, (lon, lat), extra in zip(chosen.tolist(), lonlat, attributes, strict=True):
            district = districts[int(spots.district[spot])]
            where = _name_place(ground, streets, spots, spot)
            rows.append(
                {
                    "kind": kind,
                    "lon": lon,
                    "lat": lat,
                    "name": where,
                    "address": f"{_MARK}数据：{district.name}{where}附近（{_PLACE_NOTE}）",
                    "district_code": district.adcode,
                    **extra,
                    "sample": True,
                }
            )
    return _name_rows(rows, rng)


def share_out(total: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Whole numbers in proportion to weights that add up to the total (largest remainder).

    Examples
    --------
    >>> share_out(10, {"a": 1, "b": 1, "c": 2})
    {'a': 3, 'b': 2, 'c': 5}
    """
    whole = sum(weights.values())
    exact = {key: total * weight / whole for key, weight in weights.items()}
    found = {key: int(value) for key, value in exact.items()}
    rest = sorted(exact, key=lambda key: found[key] - exact[key])
    for key in rest[: total - sum(found.values())]:
        found[key] += 1
    return found


def _draw_spots(
    ground: Ground,
    streets: SampleStreets,
    districts: Sequence[SampleDistrict],
    rng: np.random.Generator,
) -> _Spots:
    """One spot beside each of many ways, the likeliest first in each district."""
    ways, spec = streets.ways, ground.plan.stations
    access, flags = rule_ways(ways)
    shapes = ways.shapes()
    length_m = shapely.length(shapes)
    middle = ways.xy_m[(ways.first[:-1] + ways.first[1:] - 1) // 2]
    grid = ground.bend.to_grid(middle, within_m=_GRAIN_M).astype(np.int64)
    size_m = ground.block_m(grid[:, 0], grid[:, 1]).astype(np.float64)
    weight = np.array([_CLASS_WEIGHT.get(name, 0.0) for name in CLASSES])[ways.highway] * length_m
    weight *= (_PLAIN_BLOCK_M / size_m) ** spec["density"]
    weight[((access & FOOT) != FOOT) | ((flags & (TUNNEL | ELEVATED)) > 0)] = 0.0
    weight[length_m < _LEAST_LENGTH_M] = 0.0
    # weighted order without replacement (Efraimidis and Spirakis 2006)
    with np.errstate(divide="ignore"):
        order = np.argsort(np.log(rng.random(len(ways))) / weight)[::-1]
    order = order[weight[order] > 0]
    xy_m = _step_aside(shapes[order], length_m[order], tuple(spec["offset_m"]), rng)
    dry = shapely.difference(ground.inner, shapely.union_all(ground.rivers))
    shapely.prepare(dry)
    near = shapely.contains_xy(dry, xy_m)
    district = np.full(len(order), -1, dtype=np.int64)
    for row, entry in enumerate(districts):
        shapely.prepare(entry.shape)
        district[shapely.contains_xy(entry.shape, xy_m)] = row
    good = near & (district >= 0)
    return _Spots(xy_m[good], order[good], size_m[order][good], district[good])


def _step_aside(
    shapes: NDArray[np.object_],
    length_m: Floats,
    offset_m: tuple[float, float],
    rng: np.random.Generator,
) -> Floats:
    """Points beside lines, left or right, off their ends."""
    along = rng.uniform(0.2, 0.8, len(shapes)) * length_m
    at, ahead = (
        shapely.get_coordinates(shapely.line_interpolate_point(shapes, place))
        for place in (along, along + 1.0)
    )
    step = ahead - at
    step /= np.hypot(*step.T)[:, None]
    side = rng.choice((-1.0, 1.0), len(shapes)) * rng.uniform(*offset_m, len(shapes))
    aside: Floats = at + side[:, None] * np.column_stack((-step[:, 1], step[:, 0]))
    return aside


def _choose_spots(
    spots: _Spots, own: Bools, quotas: list[int], first: list[int], spacing_m: tuple[float, float]
) -> Longs:
    """The likeliest own spots of each district that keep away from those chosen before."""
    chosen = list(first)
    apart = np.clip(_APART * spots.size_m, *spacing_m)
    for row, quota in enumerate(quotas):
        mine = np.flatnonzero((spots.district == row) & own)
        already = int((spots.district[first] == row).sum())
        count, loosen = len(chosen) + quota - already, 1.0
        while len(chosen) < count and len(mine):
            for spot in mine[:_DISTRICT_CANDIDATES].tolist():
                away = np.hypot(*(spots.xy_m[chosen] - spots.xy_m[spot]).T)
                if not chosen or away.min() >= apart[spot] * loosen:
                    chosen.append(spot)
                if len(chosen) == count:
                    break
            loosen *= 0.5
    return np.array(chosen, dtype=np.int64)


def _find_island_spot(ground: Ground, streets: SampleStreets, spots: _Spots) -> int | None:
    """The likeliest spot on the first island; None where it has no street for one."""
    if not ground.islands:
        return None
    there = shapely.contains_xy(ground.islands[0], spots.xy_m) & ~streets.reached[spots.way]
    return int(there.argmax()) if there.any() else None


def _name_place(ground: Ground, streets: SampleStreets, spots: _Spots, spot: int) -> str:
    """The street's name, else that of the nearest town."""
    name = streets.names[int(streets.ways.name[spots.way[spot]])]
    if name:
        return name
    x, y = spots.xy_m[spot]
    near = np.hypot(ground.bend.places[:, 0] - x, ground.bend.places[:, 1] - y).argmin()
    return ground.plan.places[int(near)].name


def _name_rows(rows: list[dict[str, Any]], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Names that say they are invented, numbered where a street has several of a kind."""
    seen: Counter[str] = Counter()
    for row in rows:
        suffixes = _SUFFIX[row["kind"]]
        stem = f"{_MARK}·{row['name']}{suffixes[int(rng.integers(len(suffixes)))]}"
        seen[stem] += 1
        row["name"] = f"{stem} {seen[stem]:02d}"
    return rows


def _draw_attributes(
    spec: Mapping[str, Any], kind: str, count: int, rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Hours, access, status and facilities of so many stations of a kind."""
    scope = _deal(spec["access_scope"][kind], count, rng)
    mode = _deal(spec["access_mode"][kind], count, rng)
    status = _deal(spec["status"], count, rng)
    hours = _deal_hours(spec["hours"], kind, count, rng)
    offered = _deal_facilities(spec["facilities"][kind], count, rng)
    return [
        {"hours": h, "access_scope": s, "access_mode": m, "status": st, "facilities": f}
        for h, s, m, st, f in zip(hours, scope, mode, status, offered, strict=True)
    ]


def _deal(parts: Mapping[str, float], count: int, rng: np.random.Generator) -> list[str]:
    """Values in the given proportion, in random order."""
    values = [value for value, share in share_out(count, parts).items() for _ in range(share)]
    return [values[row] for row in rng.permutation(count).tolist()]


def _deal_hours(
    rules: Sequence[Mapping[str, Any]], kind: str, count: int, rng: np.random.Generator
) -> list[str]:
    """Opening hours: each rule its share of all, the last one the rest."""
    texts: list[str] = []
    for rule in rules:
        if kind in rule["of"]:
            wanted = min(round(rule["share"] * count), count - len(texts))
            texts += [rule["texts"][i % len(rule["texts"])] for i in range(wanted)]
    return [texts[row] for row in rng.permutation(count).tolist()]


def _deal_facilities(
    shares: Mapping[str, Sequence[float]], count: int, rng: np.random.Generator
) -> list[dict[str, bool]]:
    """Facilities as yes and no; what is not known is left out.

    Stations are in an order of their own for each facility, but where FIRSTAID is told, those
    that have it come first for all of 八个一: who has the last of the eight has the others.
    """
    offered: list[dict[str, bool]] = [{} for _ in range(count)]
    lead = rng.permutation(count)
    for code, (yes, no) in shares.items():
        together = "FIRSTAID" in shares and facilities()[code].standard
        order = lead if together else rng.permutation(count)
        have, lack = round(yes / 100 * count), round(no / 100 * count)
        for row in order[:have].tolist():
            offered[row][code] = True
        for row in order[have : have + lack].tolist():
            offered[row][code] = False
    return offered
