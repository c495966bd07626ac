"""Positions that look wrong: each suspicion with what was found, and what to do about it.

Nothing here is an error: an import keeps such stations and says what it saw. A check that lacks
what it needs (no water on the map, no address in the row) is silent.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.lines import FOOT
from locator.errors import InputError

if TYPE_CHECKING:
    from locator.arrays import Floats
    from locator.ground import Ground, KnownDistrict

# All limits are our estimates; each says what it allows for.
IN_WATER_M = 5.0  # banks are drawn that roughly
ON_MOTORWAY_M = 10.0  # half a carriageway of three lanes and its shoulder (lanes of 3.75 m)
BESIDE_STREET_M = 30.0  # a walkable street this near makes it a roadside, even below a viaduct
DISTRICT_SLACK_M = 300.0  # public boundary files are generalised
ADDRESS_STREET_M = (
    1000.0  # maps miss parts of long streets; a mixed-up datum alone is 0.5 to 1.1 km
)
SEAT_M = 5.0
CROWD = 5  # stations of four kinds may share a door
COARSE_DECIMALS = 3  # 0.001 degrees are 111 m
_DEGREE_M = 111_195.0  # of latitude, on a sphere of 6,371,009 m
_FAR_TIMES = 20.0  # how many limits far a street is looked for, to say how far it is
_SAME_POINT_DECIMALS = 6
_MAX_LON_DEG, _MAX_LAT_DEG = 180.0, 90.0
_MANY_ADDRESSES = 10  # no more are told apart


@dataclass(frozen=True, slots=True)
class Place:
    """What the checks need of a station.

    Parameters
    ----------
    lon_deg, lat_deg
        WGS-84.
    given_deg
        Position as received, before any change of datum; None where it is the same.
    """

    lon_deg: float
    lat_deg: float
    address: str = ""
    district_code: str = ""
    name: str = ""
    given_deg: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One suspicion.

    Parameters
    ----------
    index
        Place in the list that was checked.
    check
        "in_water", "motor_only", "unroutable", "district", "address_district", "address_street",
        "same_point", "coarse" or "seat".
    value
        What was found, in short.
    message, fix
        What is suspicious, and what to do; one line each.
    """

    index: int
    check: str
    value: str
    message: str
    fix: str


def check_places(places: Sequence[Place], ground: Ground | None = None) -> list[Finding]:
    """Everything suspicious about positions, by place and check.

    Parameters
    ----------
    ground
        The city; None where nothing is known of it: then only the list itself is looked at.

    Raises
    ------
    InputError
        A position is no number or beyond 90 degrees of latitude.

    Notes
    -----
    O(n log n), and for addresses O(their length).
    """
    lonlat = np.array([(p.lon_deg, p.lat_deg) for p in places], np.float64).reshape(-1, 2)
    if not np.isfinite(lonlat).all():
        raise InputError("a place has no finite position; expected degrees, lon then lat")
    found = [*_check_same_points(places), *_check_decimals(places)]
    if ground is not None and len(places):
        xy_m = ground.projection.to_xy(lonlat)
        # Where the projection does not reach is not the city; the extent check says so.
        rows = np.flatnonzero(np.isfinite(xy_m).all(axis=1))
        batch = _Batch([places[row] for row in rows.tolist()], rows.tolist(), xy_m[rows], ground)
        for check in (
            _check_water, _check_streets, _check_districts, _check_addresses, _check_streets_named,
            _check_seats,
        ):  # fmt: skip
            found += check(batch)
    return sorted(found)


@dataclass(frozen=True, slots=True, eq=False)
class _Batch:
    """Places with their metres; `rows` are their indices in the whole list."""

    given: Sequence[Place]
    rows: Sequence[int]
    xy_m: Floats
    ground: Ground


# -- the ground --------------------------------------------------------------------------------


def _check_water(batch: _Batch) -> Iterator[Finding]:
    held = batch.ground.water_at(batch.xy_m)
    wet = np.flatnonzero(held >= 0)
    banks = shapely.boundary(batch.ground.water[held[wet]])
    depth_m = shapely.distance(banks, shapely.points(batch.xy_m[wet]))
    for at, away_m in zip(wet.tolist(), depth_m.tolist(), strict=True):
        if away_m > IN_WATER_M:
            yield Finding(
                batch.rows[at],
                "in_water",
                f"{away_m:.0f} m from the bank",
                f"the position is in water, {away_m:.0f} m from the bank",
                "check the datum, then look the address up",
            )


def _check_streets(batch: _Batch) -> Iterator[Finding]:
    """Out of reach of walkable streets, or on a street that only cars may use."""
    network = batch.ground.network
    if network is None:
        return
    limit_m = batch.ground.snap_limit_m
    walk_m = network.snap(batch.xy_m, max(limit_m * _FAR_TIMES, BESIDE_STREET_M)).snap_m
    motor_only = (network.streets.access & FOOT) == 0
    car_m = network.grid.snap(batch.xy_m, motor_only, ON_MOTORWAY_M).snap_m
    for at in np.flatnonzero((car_m <= ON_MOTORWAY_M) & (walk_m > BESIDE_STREET_M)).tolist():
        yield Finding(
            batch.rows[at],
            "motor_only",
            f"{car_m[at]:.0f} m",
            f"the position is {car_m[at]:.0f} m from a street for cars only, and "
            f"{_metres(walk_m[at])} from one that may be walked",
            "move it to the entrance",
        )
    for at in np.flatnonzero(walk_m > limit_m).tolist():
        yield Finding(
            batch.rows[at],
            "unroutable",
            _metres(walk_m[at]),
            f"the nearest street that may be walked is {_metres(walk_m[at])} away, farther than "
            f"{limit_m:.0f} m: nobody is sent there",
            "move it to the entrance, or complete the streets",
        )


def _check_districts(batch: _Batch) -> Iterator[Finding]:
    """Outside the district that its code means."""
    ground = batch.ground
    wanted = {
        at: ground.districts[code]
        for at, place in enumerate(batch.given)
        if (code := ground.in_use(place.district_code.strip())) in ground.districts
    }
    for at, district, away in _outside(batch, wanted):
        code = batch.given[at].district_code
        yield Finding(
            batch.rows[at],
            "district",
            code,
            f"district code {code} is {district.name or 'known'}, but the position is {away}",
            "correct the code or the position",
        )


def _check_addresses(batch: _Batch) -> Iterator[Finding]:
    """In another district than its address names; several named say nothing."""
    wanted = {}
    for at, place in enumerate(batch.given):
        named = batch.ground.named_districts(_plain(place.address)) if place.address else set()
        if len(named) == 1:
            wanted[at] = batch.ground.districts[named.pop()]
    for at, district, away in _outside(batch, wanted):
        yield Finding(
            batch.rows[at],
            "address_district",
            batch.given[at].address,
            f"the address names {district.name}, but the position is {away}",
            "correct the address or the position",
        )


def _outside(
    batch: _Batch, wanted: Mapping[int, KnownDistrict]
) -> Iterator[tuple[int, KnownDistrict, str]]:
    """Places that are not in the district they should be in, and how far out they are."""
    index = np.array(list(wanted), np.int64)
    shapes = np.array([district.shape for district in wanted.values()], object)
    points = shapely.points(batch.xy_m[index])
    for k in np.flatnonzero(~shapely.dwithin(shapes, points, DISTRICT_SLACK_M)).tolist():
        at = int(index[k])
        there = batch.ground.district_at(batch.xy_m[at])
        where = f", in {there.name}" if there and there.name else ""
        yield at, wanted[at], f"{_metres(shapely.distance(shapes[k], points[k]))} outside it{where}"


def _check_streets_named(batch: _Batch) -> Iterator[Finding]:
    """Far from every piece of the streets that its address names."""
    names = batch.ground.street_names
    if names is None:
        return
    found = [names.find(place.address) if place.address else () for place in batch.given]
    index = np.array([at for at, codes in enumerate(found) if codes], np.int64)
    shapes = np.array([names.shape(codes) for codes in found if codes], object)
    points = shapely.points(batch.xy_m[index])
    for k in np.flatnonzero(~shapely.dwithin(shapes, points, ADDRESS_STREET_M)).tolist():
        at = int(index[k])
        away = _metres(shapely.distance(shapes[k], points[k]))
        yield Finding(
            batch.rows[at],
            "address_street",
            batch.given[at].address,
            f"the address names {names.text(found[at])}, which is {away} away",
            "look the address up; where many rows say so, check the datum",
        )


def _check_seats(batch: _Batch) -> Iterator[Finding]:
    """At the middle of a district, where geocoders put what they do not find."""
    middles = [(d, xy) for d in batch.ground.districts.values() for xy in d.middles_m]
    for district, xy_m in middles:
        near = np.hypot(*(batch.xy_m - xy_m).T) <= SEAT_M
        for at in np.flatnonzero(near).tolist():
            yield Finding(
                batch.rows[at],
                "seat",
                district.name,
                f"the position is the middle of {district.name or 'a district'}, where geocoders "
                "put addresses that they do not find",
                "look the address up by hand",
            )


# -- the list itself ---------------------------------------------------------------------------


def _check_same_points(places: Sequence[Place]) -> Iterator[Finding]:
    """Several addresses, or very many stations, at the very same point."""
    groups: dict[tuple[float, ...], list[int]] = defaultdict(list)
    points = np.round([(place.lon_deg, place.lat_deg) for place in places], _SAME_POINT_DECIMALS)
    for row, point in enumerate(points.tolist()):
        groups[tuple(point)].append(row)
    for rows in groups.values():
        if len(rows) == 1:
            continue
        addresses = _different([places[row].address for row in rows])
        if len(rows) < CROWD and len(addresses) < 2:  # noqa: PLR2004 -- different ones
            continue
        what = f"{len(rows)} stations"
        if len(addresses) > 1:
            more = " or more" if len(addresses) == _MANY_ADDRESSES else ""
            what += f" with {len(addresses)}{more} addresses"
        for row in rows:
            yield Finding(
                row,
                "same_point",
                what,
                f"{what} have exactly this position",
                "look each address up: a geocoder may have put there what it did not find",
            )


def _different(addresses: Sequence[str]) -> list[str]:
    """Addresses without those that only say more or less of the same place."""
    told: list[str] = []
    for plain in sorted({_plain(address) for address in addresses} - {""}, key=len):
        if not any(known in plain for known in told):
            told.append(plain)
        if len(told) == _MANY_ADDRESSES:
            break
    return told


def _check_decimals(places: Sequence[Place]) -> Iterator[Finding]:
    """Positions rounded to about 100 m."""
    given = [_as_given(place) for place in places]
    decimals = [max(map(_count_decimals, position)) for position in given]
    # Of positions with four decimals every hundredth ends in two zeros by chance.
    often = Counter(decimals)
    usual = max(often, key=lambda count: (often[count], count), default=0)
    coarse = COARSE_DECIMALS - (usual == COARSE_DECIMALS + 1)
    for row, count in enumerate(decimals):
        if count <= coarse:
            lon_deg, lat_deg = given[row]
            off = _metres(_DEGREE_M / 10**count / 2)
            yield Finding(
                row,
                "coarse",
                f"{lon_deg:g}, {lat_deg:g}",
                f"the position has {count} decimals and may be {off} off, unless a spreadsheet "
                "dropped noughts at its end",
                "measure it again with five decimals, or leave it where they were noughts",
            )


def _as_given(place: Place) -> tuple[float, float]:
    """The degrees that were received; a sheet may give metres of a grid instead."""
    if place.given_deg is not None:
        lon_deg, lat_deg = place.given_deg
        if abs(lon_deg) <= _MAX_LON_DEG and abs(lat_deg) <= _MAX_LAT_DEG:
            return lon_deg, lat_deg
    return place.lon_deg, place.lat_deg


def _count_decimals(value_deg: float) -> int:
    """Decimals that a number was written with; 8 and more are 8."""
    return len(f"{value_deg:.8f}".rstrip("0").partition(".")[2])


def _plain(text: str) -> str:
    return re.sub(r"\s", "", unicodedata.normalize("NFKC", text))


def _metres(length_m: float) -> str:
    if not np.isfinite(length_m):
        return "very far"
    return f"{length_m:.0f} m" if length_m < 1000 else f"{length_m / 1000:.1f} km"  # noqa: PLR2004
