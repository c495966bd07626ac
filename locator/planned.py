"""Planned stations: what a scenario builds, as stations that stand nowhere yet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from locator.errors import InputError
from locator.modes import modes
from locator.pieces import locate_on_streets
from locator.stations import Station

if TYPE_CHECKING:
    from locator.version_like import VersionLike


def planned_stations(
    version: VersionLike, places: Sequence[tuple[int, float]], kind: str | None = None
) -> list[Station]:
    """A station for each (street, offset), with codes of their own, in the order of the places.

    They are built with what modes require of a station: a plan for lorries has room for them.

    Raises
    ------
    InputError
        A place is not on the streets.
    """
    streets = version.streets
    street = np.array([place[0] for place in places], np.int32)
    offset = np.array([place[1] for place in places], np.float64)
    if places and not (
        (street >= 0).all()
        and (street < len(streets)).all()
        and (offset >= 0).all()
        and (offset <= streets.length_m[street]).all()
    ):
        raise InputError("a site is not on the streets: give (street, offset) of this city")
    xy_m = locate_on_streets(streets, street, offset)
    lonlat = version.store.projection.to_lonlat(xy_m).reshape(-1, 2)
    fitted = {code: True for mode in modes().values() for code in mode.requires}
    taken = set(version.stations.code)
    free = (code for code in map("PLAN-{:04d}".format, count(1)) if code not in taken)
    return [
        Station(
            code=code,
            name=f"规划 {code.removeprefix('PLAN-')}",
            kind=kind or "rest_station",
            lon_deg=lon_deg,
            lat_deg=lat_deg,
            name_made=True,
            facilities=fitted,
        )
        for (lon_deg, lat_deg), code in zip(lonlat.tolist(), free, strict=False)
    ]
